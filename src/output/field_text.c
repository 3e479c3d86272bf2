/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as text. Two forms: the cell of a table, which is looked at (locale, one word, widths),
 * and data, which is read by programs and is the same everywhere. Known limit: a cell of a table
 * shows of several processes only the first.
 */
#include "output/field_text.h"

#include <string.h>
#include <sys/socket.h>
#include <wchar.h>

#include "base/escape.h"
#include "base/obuf.h"
#include "base/utf8.h"
#include "model/unit.h"

enum { ZONE_NAME_MAX = 15 }; /* IFNAMSIZ less the NUL; longer ones are alternative names */

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Whether an interface name can stand in an address without being quoted or taken apart. */
static bool zone_is_plain(const char *name)
{
	size_t n = strnlen(name, ZONE_NAME_MAX + 1);

	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' || strchr("\"%,\\", name[i]))
			return false;
	return n > 0 && n <= ZONE_NAME_MAX;
}

size_t field_text_format_addr(char *dst, const struct sock *sock, const struct value *value)
{
	const struct endpoint *end = value->addr.end;
	size_t n, len;

	if (value->addr.family == AF_INET)
		return addr_format_v4(dst, end->addr.bytes);
	n = addr_format_v6(dst, end->addr.bytes);
	if (!end->ifindex || !addr_needs_scope(&end->addr))
		return n;
	dst[n++] = '%';
	if (!sock->interface || end->ifindex != sock->local.ifindex ||
	    !zone_is_plain(sock->interface))
		return n + num_format_u64(dst + n, end->ifindex);
	len = strlen(sock->interface);
	memcpy(dst + n, sock->interface, len);
	return n + len;
}

/* All addresses of a field. */
static void put_addrs(struct obuf *out, const struct field *field, const struct sock *sock,
		      char separator)
{
	VALUE_UNCLEARED struct value value;

	for (uint32_t i = 0; field_get(field, sock, i, &value); i++) {
		if (i > 0)
			obuf_put_char(out, separator);
		if (obuf_reserve(out, FIELD_TEXT_ADDR_MAX) < 0)
			return;
		out->len += field_text_format_addr(out->data + out->len, sock, &value);
		if (!field->many)
			return;
	}
}

/* A number, or all of a list. */
static void put_numbers(struct obuf *out, const struct field *field, const struct sock *sock,
			struct value *value, char separator)
{
	obuf_put_left(out, value->number, 0);
	for (uint32_t i = 1; field->list && field_get(field, sock, i, value); i++) {
		obuf_put_char(out, separator);
		obuf_put_left(out, value->number, 0);
	}
}

/* Appends at most max_width columns of text. Returns the columns. */
static size_t put_escaped(struct obuf *out, const void *text, size_t n, unsigned int flags,
			  size_t max_width)
{
	size_t room = escape_bound(n), width;

	if (obuf_reserve(out, room) < 0)
		return 0;
	out->len += escape_text(out->data + out->len, room, text, n, flags, max_width, &width);
	return width;
}

const char *field_text_word_of(const void *text, size_t n)
{
	static const struct {
		const char *text, *word;
	} words[] = {
		{ "", "\"\"" },
		{ "-", "\\x2d" },
		{ "\"\"", "\\x22\\x22" },
		{ "(hidden)", "\\x28hidden)" },
		{ "(other)", "\\x28other)" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].text) == n && (n == 0 || memcmp(text, words[i].text, n) == 0))
			return words[i].word;
	return NULL;
}

/* A word of our own, cut as texts are. */
static size_t put_cell_word(struct obuf *out, const char *word, size_t max_width)
{
	size_t width;

	obuf_put(out, word, field_text_cut(word, strlen(word), max_width, &width));
	return width;
}

/* A cell that begins with '[' is no program's. */
static size_t put_cell_program(struct obuf *out, const struct value *value, unsigned int flags,
			       size_t max_width)
{
	static const char bracket[] = "\\x5b";
	const size_t n = sizeof(bracket) - 1;

	if (max_width < n)
		return 0;
	obuf_put(out, bracket, n);
	return n +
	       put_escaped(out, value->text.data + 1, value->text.len - 1, flags, max_width - n);
}

static size_t put_cell_text(struct obuf *out, const struct field *field, const struct value *value,
			    bool utf8, size_t max_width)
{
	unsigned int flags = ESCAPE_BLANK | (utf8 ? ESCAPE_UTF8 : 0);
	const char *word;

	if (value->text.kind == UNIX_ABSTRACT) {
		if (max_width == 0)
			return 0;
		obuf_put_char(out, '@');
		return 1 +
		       put_escaped(out, value->text.data, value->text.len, flags, max_width - 1);
	}
	word = field_text_word_of(value->text.data, value->text.len);
	if (word)
		return put_cell_word(out, word, max_width);
	if (field->stand_in && value->text.data[0] == '[')
		return put_cell_program(out, value, flags, max_width);
	if (value->text.kind == UNIX_PATHNAME)
		flags |= ESCAPE_AT;
	return put_escaped(out, value->text.data, value->text.len, flags, max_width);
}

enum { OWNERS_MORE_MAX = 12 };

static size_t put_cell_owner(struct obuf *out, const struct sock *sock, bool utf8, size_t max_width)
{
	const struct owner *owner = sock->owners;
	size_t start = out->len, width;

	obuf_put_left(out, owner->pid, 0);
	obuf_put_char(out, '/');
	width = out->len - start;
	if (max_width <= width)
		return width;
	width += put_escaped(out, owner->program, strlen(owner->program),
			     ESCAPE_BLANK | (utf8 ? ESCAPE_UTF8 : 0), max_width - width);
	if (sock->n_owners < 2 || max_width < width + OWNERS_MORE_MAX)
		return width;
	/* There are more of them. */
	start = out->len;
	obuf_put_str(out, ",+");
	obuf_put_left(out, sock->n_owners - 1, 0);
	return width + (out->len - start);
}

/* What is in the brackets of a unit's cell: the container, else the unit, else the pod. text has
 * room for UNIT_CELL_MAX bytes. */
static size_t format_unit(char *text, const struct unit *unit)
{
	const char *kind = unit_runtime_word(unit), *name = unit->name;
	size_t n = 0, n_name = unit->name_len;

	if (unit->container_len > 0) {
		kind = kind ? kind : "container";
		name = unit->container;
		n_name = unit->container_len == UNIT_CONTAINER_ID ? UNIT_CONTAINER_SHORT
								  : unit->container_len;
	} else if (!name) {
		kind = "pod";
		name = unit->pod;
		n_name = unit->pod_len;
	}
	if (n_name == 0)
		return 0;
	if (unit->has_uid) {
		n = 5;
		memcpy(text, "user-", n);
		n += num_format_u64(text + n, unit->uid);
		text[n++] = '/';
	}
	if (kind) {
		memcpy(text + n, kind, strlen(kind));
		n += strlen(kind);
		text[n++] = ':';
	}
	memcpy(text + n, name, n_name);
	return n + n_name;
}

enum { UNIT_CELL_MAX = UNIT_NAME_MAX + 32 };

static size_t put_cell_unit(struct obuf *out, const struct unit *unit, bool utf8, size_t max_width)
{
	char text[UNIT_CELL_MAX];
	size_t n = format_unit(text, unit), width;

	if (n == 0 || max_width < 2) {
		obuf_put_char(out, '-');
		return 1;
	}
	obuf_put_char(out, '[');
	width = put_escaped(out, text, n, ESCAPE_BLANK | (utf8 ? ESCAPE_UTF8 : 0), max_width - 2);
	obuf_put_char(out, ']');
	return width + 2;
}

size_t field_text_put_cell(struct obuf *out, const struct field *field, const struct sock *sock,
			   bool utf8, size_t max_width)
{
	size_t start = out->len;
	VALUE_UNCLEARED struct value value;

	if (!field_get(field, sock, 0, &value)) {
		if (field->stand_in && sock->owners_hidden && sock->unit)
			return put_cell_unit(out, sock->unit, utf8, max_width);
		obuf_put_char(out, '-');
		return 1;
	}
	switch (field->type) {
	case FIELD_WORD:
		obuf_put_str(out, value.word);
		break;
	case FIELD_TEXT:
		return put_cell_text(out, field, &value, utf8, max_width);
	case FIELD_UINT:
		put_numbers(out, field, sock, &value, ',');
		break;
	case FIELD_BOOL:
		obuf_put_str(out, value.flag ? "true" : "false");
		break;
	case FIELD_ADDR:
		put_addrs(out, field, sock, ',');
		break;
	case FIELD_OWNERS:
		return put_cell_owner(out, sock, utf8, max_width);
	}
	return out->len - start;
}

/* Bytes of the unit at cell, and its columns. Cells hold no controls and no broken UTF-8. */
static size_t cell_unit(const char *cell, size_t n, size_t *width)
{
	const uint8_t *text = (const uint8_t *)cell;
	uint32_t point;
	size_t len;
	int columns;

	*width = 1;
	if (text[0] == '\\' && n > 1) {
		len = min_size(n, text[1] == 'x' ? 4 : 2);
		*width = len;
		return len;
	}
	len = utf8_decode(text, n, &point);
	if (len <= 1)
		return 1;
	columns = wcwidth((wchar_t)point);
	*width = columns < 0 ? 1 : (size_t)columns;
	return len;
}

size_t field_text_cut(const char *cell, size_t n, size_t max_width, size_t *width)
{
	size_t at = 0, columns = 0;

	while (at < n) {
		size_t unit_width;
		size_t len = cell_unit(cell + at, n - at, &unit_width);

		if (unit_width > max_width - columns)
			break;
		columns += unit_width;
		at += len;
	}
	*width = columns;
	return at;
}

/* The unit at text in its form for data. Returns the bytes it stands for. */
static size_t put_data_unit(struct obuf *out, const uint8_t *text, size_t n, bool one_word)
{
	static const char digits[] = "0123456789abcdef";
	const char hex[4] = { '\\', 'x', digits[text[0] >> 4], digits[text[0] & 15] };
	uint32_t point = 0;
	size_t len = utf8_decode(text, n, &point);

	if (point == '\\') {
		obuf_put(out, "\\\\", 2);
		return 1;
	}
	if (len == 0 || point < ' ' || point == 0x7f || (point == ' ' && one_word) ||
	    (len > 1 && utf8_is_hidden(point))) {
		obuf_put(out, hex, sizeof(hex));
		return 1;
	}
	obuf_put(out, text, len);
	return len;
}

static void put_data_text(struct obuf *out, const void *data, size_t n, bool one_word)
{
	const uint8_t *text = data;
	size_t i = 0;

	while (i < n) {
		size_t run = i;

		while (run < n && text[run] > ' ' && text[run] < 0x7f && text[run] != '\\')
			run++;
		obuf_put(out, text + i, run - i);
		i = run;
		if (i < n)
			i += put_data_unit(out, text + i, n - i, one_word);
	}
}

static void put_data_name(struct obuf *out, const struct value *value)
{
	const uint8_t *text = value->text.data;
	size_t n = value->text.len;

	if (value->text.kind == UNIX_ABSTRACT) {
		obuf_put_char(out, '@');
	} else if (value->text.kind == UNIX_PATHNAME && n > 0 && text[0] == '@') {
		obuf_put(out, "\\x40", 4);
		text++;
		n--;
	}
	put_data_text(out, text, n, false);
}

static void put_data_owners(struct obuf *out, const struct sock *sock)
{
	for (uint32_t i = 0; i < sock->n_owners; i++) {
		const char *program = sock->owners[i].program;

		if (i > 0)
			obuf_put_char(out, ' ');
		obuf_put_left(out, sock->owners[i].pid, 0);
		obuf_put_char(out, '/');
		put_data_text(out, program, strlen(program), true);
	}
}

bool field_text_put_data(struct obuf *out, const struct field *field, const struct sock *sock)
{
	VALUE_UNCLEARED struct value value;

	if (field->type == FIELD_OWNERS) {
		put_data_owners(out, sock);
		return sock->n_owners > 0 || !sock->owners_hidden;
	}
	if (!field_get(field, sock, 0, &value))
		return false;
	switch (field->type) {
	case FIELD_WORD:
		obuf_put_str(out, value.word);
		break;
	case FIELD_TEXT:
		put_data_name(out, &value);
		break;
	case FIELD_UINT:
		put_numbers(out, field, sock, &value, ' ');
		break;
	case FIELD_BOOL:
		obuf_put_str(out, value.flag ? "true" : "false");
		break;
	case FIELD_ADDR:
		put_addrs(out, field, sock, ' ');
		break;
	case FIELD_OWNERS:
		break;
	}
	return true;
}
