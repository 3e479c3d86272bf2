/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that is written: the escaper, widths, strings of JSON, messages, lines cut for a
 * terminal, and whole tables and documents of rows with any bytes in every text. No control byte
 * leaves, what leaves is valid UTF-8, it parses, and the bytes can be had back.
 *
 * Input: a byte of what is done, one of bits, one of a width; then text, or rows.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/escape.h"
#include "base/obuf.h"
#include "base/utf8.h"
#include "output/columns.h"
#include "output/csv.h"
#include "output/data.h"
#include "output/field_text.h"
#include "output/json.h"
#include "output/json_text.h"
#include "output/netstat_table.h"
#include "output/screen_text.h"
#include "output/text_table.h"
#include "rows.h"
#include "world.h"

enum { FIELDS_MAX = 256 };

static struct fuzz_world world;

/* Columns of a text that escape_text() wrote, by the C library alone. */
static size_t width_of(const char *text, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		uint32_t point;
		size_t len = utf8_decode((const uint8_t *)text + i, n - i, &point);
		int columns = wcwidth((wchar_t)point);

		FUZZ_CHECK(len > 0 && columns >= 0);
		width += (size_t)columns;
		i += len;
	}
	return width;
}

/* Cut text is the beginning of the whole, in room and width; and all of it that fits. */
static void check_cut(const uint8_t *text, size_t n, unsigned int flags, size_t max_width,
		      const char *whole, size_t whole_len)
{
	size_t room = max_width < whole_len ? max_width : whole_len, width, len;
	char *cut = malloc(whole_len + 1), *small = malloc(room + 1);

	if (!cut || !small)
		abort();
	len = escape_text(cut, whole_len, text, n, flags, max_width, &width);
	FUZZ_CHECK(len <= whole_len && memcmp(cut, whole, len) == 0);
	FUZZ_CHECK(width <= max_width && width == width_of(cut, len));
	FUZZ_CHECK(len == whole_len || width + 4 > max_width);
	FUZZ_CHECK(field_text_cut(whole, whole_len, max_width, &width) <= whole_len);
	FUZZ_CHECK(width <= max_width);
	small[room] = 'x';
	len = escape_text(small, room, text, n, flags, SIZE_MAX, NULL);
	FUZZ_CHECK(len <= room && memcmp(small, whole, len) == 0 && small[room] == 'x');
	free(cut);
	free(small);
}

static void check_escape(const uint8_t *text, size_t n, unsigned int flags, size_t max_width)
{
	size_t size = escape_bound(n), width, len, back_len = 0;
	char *out = malloc(size + 1), *back;

	if (!out)
		abort();
	len = escape_text(out, size, text, n, flags, SIZE_MAX, &width);
	FUZZ_CHECK(len <= size);
	fuzz_check_text(out, len, flags & ESCAPE_UTF8);
	FUZZ_CHECK(!memchr(out, '\n', len));
	FUZZ_CHECK(!(flags & ESCAPE_BLANK) || !memchr(out, ' ', len));
	FUZZ_CHECK(!(flags & ESCAPE_AT) || len == 0 || out[0] != '@');
	FUZZ_CHECK(width == width_of(out, len));
	back = malloc(len + 1);
	FUZZ_CHECK(back && unescape_text(back, out, len, &back_len) == 0);
	FUZZ_CHECK(back_len == n && memcmp(back, text, n) == 0);
	free(back);
	check_cut(text, n, flags, max_width, out, len);
	free(out);
}

/* Any text: what is taken back is what escaping it makes. */
static void check_unescape(const uint8_t *text, size_t n)
{
	char *back = malloc(n + 1);
	size_t len;

	if (!back)
		abort();
	if (unescape_text(back, (const char *)text, n, &len) == 0)
		FUZZ_CHECK(len <= n);
	free(back);
}

static void check_json_string(const uint8_t *text, size_t n)
{
	struct obuf out;
	size_t len;
	char *back, *bytes;
	bool valid;
	long got;

	FUZZ_CHECK(obuf_init_memory(&out) == 0);
	valid = json_put_string(&out, text, n);
	FUZZ_CHECK(valid == utf8_is_valid(text, n));
	FUZZ_CHECK(fuzz_is_json(out.data, out.len));
	FUZZ_CHECK(!memchr(out.data, '\n', out.len));
	back = malloc(out.len + 1);
	bytes = malloc(out.len + 1);
	if (!back || !bytes)
		abort();
	got = fuzz_json_string(out.data, out.len, back);
	FUZZ_CHECK(got >= 0);
	len = (size_t)got;
	/* What was no text is in the escaper's form. Its reader knows no '"' or '@' as an escape.
	 */
	if (!valid) {
		FUZZ_CHECK(unescape_text(bytes, back, (size_t)got, &len) == 0);
		memcpy(back, bytes, len);
	}
	FUZZ_CHECK(len == n && memcmp(back, text, n) == 0);
	out.len = 0;
	json_put_hex(&out, text, n);
	FUZZ_CHECK(fuzz_is_json(out.data, out.len) && out.len == 2 * n + 2);
	free(back);
	free(bytes);
	obuf_free(&out);
}

static void check_lines(const uint8_t *text, size_t n, unsigned int bits, size_t width)
{
	const struct screen_text_style style = { .plain = bits & 1, .utf8 = true };
	size_t columns, escapes = 0;
	struct obuf out;

	FUZZ_CHECK(obuf_init_memory(&out) == 0);
	columns = screen_text_put(&out, (const char *)text, n, width, &style);
	FUZZ_CHECK(columns <= width);
	for (size_t i = 0; i < out.len; i++) {
		FUZZ_CHECK((unsigned char)out.data[i] >= ' ' || out.data[i] == '\033');
		FUZZ_CHECK(out.data[i] != 0x7f);
		escapes += out.data[i] == '\033';
	}
	FUZZ_CHECK(!style.plain || escapes == 0);
	screen_text_hash((const char *)text, n);
	obuf_free(&out);
}

static void check_message(const uint8_t *text, size_t n)
{
	char *string = fuzz_string(text, n);

	world.report.utf8 = true;
	report_add(&world.report, REPORT_NOTE, "%s", string);
	report_add(&world.report, REPORT_NOTE, "%s", string);
	FUZZ_CHECK(world.report.n_messages == 1 && world.report.n_printed == 0);
	free(string);
}

/* --- whole documents ----------------------------------------------------------------------------
 */

static void write_rows(struct writer *writer, const struct fuzz_rows *rows, struct obuf *out)
{
	FUZZ_CHECK(writer && writer->begin(writer, SECTION_INET) == 0);
	for (size_t i = 0; i < rows->n; i++)
		if (rows->rows[i].proto != PROTO_UNIX)
			FUZZ_CHECK(writer->rows(writer, &rows->rows[i], 1) == 0);
	FUZZ_CHECK(writer->begin(writer, SECTION_UNIX) == 0);
	for (size_t i = 0; i < rows->n; i++)
		if (rows->rows[i].proto == PROTO_UNIX)
			FUZZ_CHECK(writer->rows(writer, &rows->rows[i], 1) == 0);
	FUZZ_CHECK(writer->end(writer) == 0);
	writer->free(writer);
	FUZZ_CHECK(out->error == 0);
}

static size_t count_lines(const char *text, size_t n)
{
	size_t lines = 0;

	FUZZ_CHECK(n == 0 || text[n - 1] == '\n');
	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

static void check_json(const struct fuzz_rows *rows, const struct field *const *fields, size_t n,
		       bool lines, struct obuf *out)
{
	const struct data_run run = { .host = rows->rows[0].user, .netns = rows->rows[0].cgroup };

	write_rows(lines ? jsonl_new(fields, n, &run, out) : json_new(fields, n, &run, out), rows,
		   out);
	if (!lines) {
		FUZZ_CHECK(fuzz_is_json(out->data, out->len));
		return;
	}
	FUZZ_CHECK(count_lines(out->data, out->len) == rows->n + 1);
	for (size_t at = 0; at < out->len;) {
		const char *line = out->data + at;
		size_t len = (size_t)((char *)memchr(line, '\n', out->len - at) - line);

		FUZZ_CHECK(fuzz_is_json(line, len) && *line == '{');
		at += len + 1;
	}
}

/* The value of a field whose bytes are those of the row's is found again. */
static void check_csv(const struct fuzz_rows *rows, const struct field *const *fields, size_t n,
		      bool no_header, struct obuf *out)
{
	size_t len, back_len;
	char *cell, *back;

	write_rows(csv_new(fields, n, no_header, out), rows, out);
	FUZZ_CHECK(utf8_is_valid((const uint8_t *)out->data, out->len));
	for (size_t i = 0; i < out->len; i++)
		FUZZ_CHECK((unsigned char)out->data[i] >= ' ' || out->data[i] == '\n' ||
			   (out->data[i] == '\r' && i + 1 < out->len && out->data[i + 1] == '\n'));
	FUZZ_CHECK(fuzz_read_csv(out->data, out->len, 0, 0, NULL, NULL) ==
		   (long)rows->n + !no_header);
	if (rows->n != 1 || !rows->rows[0].user)
		return;
	cell = malloc(out->len + 1);
	back = malloc(out->len + 1);
	if (!cell || !back)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (strcmp(fields[i]->name, "user") != 0)
			continue;
		fuzz_read_csv(out->data, out->len, !no_header, i, cell, &len);
		FUZZ_CHECK(unescape_text(back, cell, len, &back_len) == 0);
		FUZZ_CHECK(back_len == strlen(rows->rows[0].user) &&
			   memcmp(back, rows->rows[0].user, back_len) == 0);
	}
	free(cell);
	free(back);
}

static const char *label_ifname(void *ctx, uint32_t ifindex)
{
	(void)ctx;
	return ifindex & 1 ? "lo" : "2";
}

static void check_tables(const struct fuzz_rows *rows, const struct field *const *fields, size_t n,
			 unsigned int bits, size_t width, struct obuf *out)
{
	const struct netstat_table_config netstat = {
		.mode = (enum select_mode)(bits % 3),
		.user_inode = bits & 4,
		.programs = bits & 8,
		.context = bits & 16,
		.timers = bits & 32,
		.netns = bits & 64,
		.wide = bits & 128,
		.utf8 = true,
		.labels = { .ifname = label_ifname },
	};
	const struct columns_config columns = {
		.fields = fields,
		.n_fields = bits & 4 ? 12 : n,
		.no_header = bits & 8,
		.utf8 = bits & 16,
		.width = bits & 32 ? width : 0,
	};

	if (bits & 1) {
		write_rows(netstat_table_new(&netstat, out), rows, out);
		fuzz_check_text(out->data, out->len, true);
		count_lines(out->data, out->len);
		return;
	}
	write_rows(columns_new(&columns, out), rows, out);
	fuzz_check_text(out->data, out->len, columns.utf8);
	if (!columns.width)
		FUZZ_CHECK(count_lines(out->data, out->len) == rows->n + !columns.no_header);
	for (size_t at = 0; columns.width && at < out->len;) {
		const char *line = out->data + at;
		size_t len = (size_t)((char *)memchr(line, '\n', out->len - at) - line);

		/* The first column stays, whatever it takes. */
		FUZZ_CHECK(width_of(line, len) <= columns.width || columns.width < 64);
		at += len + 1;
	}
}

static void check_view_table(const struct fuzz_rows *rows, const struct field *const *fields,
			     size_t width, struct obuf *out)
{
	static const struct text_column columns[] = { { "A", false },
						      { "B", true },
						      { "C", false } };
	static const uint8_t order[] = { 2, 0 };
	struct text_table table;

	text_table_begin(&table, columns, 3, true);
	for (size_t i = 0; i < rows->n; i++) {
		const struct sock *row = &rows->rows[i];

		text_table_field(&table, fields[i], row);
		text_table_owner(&table, row->uid, row->user ? row->user : "");
		text_table_escaped(&table, row->name, row->name_len);
	}
	text_table_fit(&table, width, order, 2);
	FUZZ_CHECK(text_table_end(&table, out, 1, true) == 0);
	fuzz_check_text(out->data, out->len, true);
	FUZZ_CHECK(count_lines(out->data, out->len) == rows->n + 1);
}

static void check_documents(struct fuzz_input *input, unsigned int what, unsigned int bits,
			    size_t width)
{
	static struct fuzz_rows rows;
	const struct field *fields[FIELDS_MAX];
	struct obuf out;
	size_t n;
	const struct field *table = field_rows(&n);

	for (size_t i = 0; i < n; i++)
		fields[i] = &table[(i + width) % n];
	fuzz_rows_make(&rows, input);
	FUZZ_CHECK(obuf_init_memory(&out) == 0);
	if (what < 2)
		check_json(&rows, fields, n, what, &out);
	else if (what == 2)
		check_csv(&rows, fields, n, bits & 1, &out);
	else if (what == 3)
		check_tables(&rows, fields, n, bits, width, &out);
	else
		check_view_table(&rows, fields, width, &out);
	obuf_free(&out);
	fuzz_rows_free(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *locale;
	struct fuzz_input input = fuzz_input_of(data, size);
	unsigned int what = fuzz_u8(&input) % 10, bits = fuzz_u8(&input);
	size_t width = fuzz_u8(&input), n = fuzz_left(&input);
	uint8_t *text = fuzz_copy(input.at, n);

	/* Without it no character is known to have a width, and UTF-8 is never shown. */
	if (!locale)
		locale = setlocale(LC_CTYPE, "C.UTF-8") ? "C.UTF-8" : "C";
	if (strcmp(locale, "C") == 0)
		bits &= ~(unsigned int)ESCAPE_UTF8;
	fuzz_world_begin(&world);
	if (what == 0)
		check_escape(text, n, bits & 7, width);
	else if (what == 1)
		check_json_string(text, n);
	else if (what == 2)
		check_lines(text, n, bits, width);
	else if (what == 3)
		check_message(text, n);
	else if (what == 4)
		check_unescape(text, n);
	else
		check_documents(&input, what - 5, bits, width);
	free(text);
	fuzz_world_end(&world);
	return 0;
}
