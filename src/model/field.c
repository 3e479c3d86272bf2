/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The field table: the groups of field_*.c in one row of rows, and how to find a field.
 *
 * The groups are put together at the first call, which is made before there are threads.
 */
#include "model/field.h"

#include "model/field_get.h"

enum { FIELDS_MAX = 256 };

static struct field all_rows[FIELDS_MAX];
static size_t n_all_rows;

static const struct field *(*const groups[])(size_t *n) = {
	field_sock_rows,  field_unit_rows,    field_unix_rows,   field_owner_rows,
	field_tcp_rows,   field_cc_rows,      field_memory_rows, field_facts_rows,
	field_netns_rows, field_special_rows, field_mptcp_rows,  field_closing_rows,
	field_reach_rows,
};

static void gather_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		size_t n;
		const struct field *rows = groups[i](&n);

		for (size_t row = 0; row < n && n_all_rows < FIELDS_MAX; row++)
			all_rows[n_all_rows++] = rows[row];
	}
}

const struct field *field_rows(size_t *n)
{
	if (n_all_rows == 0)
		gather_rows();
	*n = n_all_rows;
	return all_rows;
}

/* Letters of ASCII in any case; '-' and '_' are the same. */
static char plain_char(char c)
{
	if (c == '-')
		return '_';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *field, const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (name[i] == '\0' || plain_char(field[i]) != plain_char(name[i]))
			return false;
	return field[n] == '\0';
}

const struct field *field_find(const char *name, size_t n)
{
	size_t n_rows;
	const struct field *rows = field_rows(&n_rows);

	for (size_t i = 0; i < n_rows; i++)
		if (same_name(rows[i].name, name, n))
			return &rows[i];
	for (size_t i = 0; i < n_rows; i++)
		if (same_name(rows[i].title, name, n))
			return &rows[i];
	return NULL;
}

const char *field_type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_WORD] = "word", [FIELD_TEXT] = "text",    [FIELD_UINT] = "uint",
		[FIELD_BOOL] = "bool", [FIELD_ADDR] = "address", [FIELD_OWNERS] = "owners",
	};

	return names[type];
}

const char *field_unit_name(enum field_unit unit)
{
	static const char *const names[] = {
		[UNIT_NONE] = "",
		[UNIT_BYTES] = "bytes",
		[UNIT_SEGMENTS] = "segments",
		[UNIT_PACKETS] = "packets",
		[UNIT_MS] = "ms",
		[UNIT_US] = "us",
		[UNIT_SECONDS] = "s",
		[UNIT_BYTES_PER_S] = "bytes/s",
		[UNIT_COUNT_OF] = "count",
	};

	return names[unit];
}
