/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A strict reader of CSV (RFC 4180): every record ends with CR LF, quotes stand around whole fields
 * only. Made from the grammar, with nothing of src/output. */
#include "fuzz.h"

/* Where the wanted field goes; dst NULL: nowhere. */
struct wanted {
	char *dst;
	size_t len;
};

static void keep(struct wanted *wanted, char c)
{
	if (wanted->dst)
		wanted->dst[wanted->len++] = c;
}

/* The field at at; returns where it ends, or NULL. */
static const char *field(const char *at, const char *end, struct wanted *wanted)
{
	if (at == end || *at != '"') {
		for (; at < end && *at != ',' && *at != '\r'; at++) {
			if (*at == '"' || *at == '\n')
				return NULL;
			keep(wanted, *at);
		}
		return at;
	}
	for (at++; at < end; at++) {
		if (*at == '"') {
			at++;
			if (at == end || *at != '"')
				return at;
		}
		keep(wanted, *at);
	}
	return NULL;
}

long fuzz_read_csv(const char *text, size_t n, size_t record, size_t column, char *dst, size_t *len)
{
	const char *at = text, *end = text + n;
	size_t n_records = 0, n_fields = 0;

	if (len)
		*len = 0;
	while (at < end) {
		size_t fields = 0;

		for (;;) {
			bool is_it = n_records == record && fields == column;
			struct wanted wanted = { .dst = is_it ? dst : NULL };

			at = field(at, end, &wanted);
			if (!at || at == end)
				return -1;
			if (is_it && dst)
				*len = wanted.len;
			fields++;
			if (*at != ',')
				break;
			at++;
		}
		if (end - at < 2 || at[0] != '\r' || at[1] != '\n')
			return -1;
		at += 2;
		if (n_records++ > 0 && fields != n_fields)
			return -1;
		n_fields = fields;
	}
	return (long)n_records;
}
