/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small tables whose columns are as wide as they need to be. */
#include "output/text_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "base/mem.h"
#include "model/field.h"
#include "output/field_text.h"

enum { COLUMN_GAP = 2 };

void text_table_begin(struct text_table *table, const struct text_column *columns, size_t n_columns,
		      bool utf8)
{
	*table = (struct text_table){ .columns = columns, .n_columns = n_columns, .utf8 = utf8 };
	if (obuf_init(&table->text, -1) < 0)
		table->failed = true;
}

/* The text from start on is a cell of that many columns. */
static void end_cell(struct text_table *table, size_t start, size_t width)
{
	if (table->failed || table->text.error ||
	    array_grow((void **)&table->cells, &table->cap_cells, table->n_cells + 1,
		       sizeof(*table->cells)) < 0) {
		table->failed = true;
		return;
	}
	table->cells[table->n_cells++] =
		(struct text_cell){ .at = start, .len = table->text.len - start, .width = width };
}

void text_table_str(struct text_table *table, const char *text)
{
	size_t start = table->text.len;

	if (table->failed)
		return;
	obuf_put_str(&table->text, text ? text : "-");
	end_cell(table, start, table->text.len - start);
}

void text_table_format(struct text_table *table, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_table_str(table, text);
}

void text_table_uint(struct text_table *table, uint64_t value)
{
	size_t start = table->text.len;

	if (table->failed)
		return;
	obuf_put_left(&table->text, value, 0);
	end_cell(table, start, table->text.len - start);
}

/* Appends text of others to a cell. Returns the columns it takes. */
static size_t put_escaped(struct text_table *table, const void *text, size_t n)
{
	const char *word = field_text_word_of(text, n);
	unsigned int flags = ESCAPE_BLANK | (table->utf8 ? ESCAPE_UTF8 : 0);
	struct obuf *to = &table->text;
	size_t width = 0;

	if (word) {
		obuf_put_str(to, word);
		return strlen(word);
	}
	if (obuf_reserve(to, escape_bound(n)) < 0) {
		table->failed = true;
		return 0;
	}
	to->len +=
		escape_text(to->data + to->len, escape_bound(n), text, n, flags, SIZE_MAX, &width);
	return width;
}

void text_table_escaped(struct text_table *table, const void *text, size_t n)
{
	size_t start = table->text.len, width;

	if (table->failed)
		return;
	width = put_escaped(table, text, n);
	end_cell(table, start, width);
}

void text_table_owner(struct text_table *table, uint32_t pid, const char *program)
{
	size_t start = table->text.len, width;

	if (table->failed)
		return;
	obuf_put_left(&table->text, pid, 0);
	obuf_put_char(&table->text, '/');
	width = table->text.len - start;
	width += put_escaped(table, program, strlen(program));
	end_cell(table, start, width);
}

void text_table_field(struct text_table *table, const struct field *field, const struct sock *sock)
{
	size_t start = table->text.len, width;

	if (table->failed)
		return;
	width = field_text_put_cell(&table->text, field, sock, table->utf8, SIZE_MAX);
	end_cell(table, start, width);
}

void text_table_end_point(struct text_table *table, uint8_t family, const struct endpoint *end,
			  int port)
{
	const struct sock sock = { .family = family };
	const struct value value = { .type = FIELD_ADDR, .addr = { .family = family, .end = end } };
	bool brackets = family == AF_INET6 && port >= 0;
	char text[FIELD_TEXT_ADDR_MAX + 16];
	size_t n = 0;

	if (brackets)
		text[n++] = '[';
	n += field_text_format_addr(text + n, &sock, &value);
	if (brackets)
		text[n++] = ']';
	if (port >= 0) {
		text[n++] = ':';
		if (port == 0)
			text[n++] = '*';
		else
			n += num_format_u64(text + n, (uint64_t)port);
	}
	text[n] = '\0';
	text_table_str(table, text);
}

void text_table_bar(struct text_table *table, uint64_t value, uint64_t max, size_t width)
{
	size_t start = table->text.len, eighths, full;

	if (table->failed)
		return;
	if (value > max)
		value = max;
	/* In floating point: a product of counts may overflow. */
	eighths = max ? (size_t)((double)value / (double)max * (double)width * 8 + 0.5) : 0;
	if (value > 0 && eighths == 0)
		eighths = 1;
	if (!table->utf8) {
		full = (eighths + 7) / 8;
		for (size_t i = 0; i < full; i++)
			obuf_put_char(&table->text, '#');
		end_cell(table, start, full);
		return;
	}
	full = eighths / 8;
	for (size_t i = 0; i < full; i++)
		obuf_put_str(&table->text, "\xe2\x96\x88");
	if (eighths % 8) { /* U+2588 is a full block, each one behind it an eighth less */
		obuf_put_str(&table->text, "\xe2\x96");
		obuf_put_char(&table->text, (char)(0x90 - eighths % 8));
		full++;
	}
	end_cell(table, start, full);
}

/* A value of max as one of so many levels, 0 for 0 alone. */
static size_t level_of(uint64_t value, uint64_t max, size_t levels)
{
	size_t level;

	if (value == 0)
		return 0;
	if (value >= max)
		return levels;
	level = (size_t)((double)value / (double)max * (double)levels + 0.5);
	return level < 1 ? 1 : level;
}

void text_table_course(struct text_table *table, const uint64_t *values, size_t n, uint64_t max)
{
	static const char ascii[] = " .:-=+*#%@";
	size_t start = table->text.len;

	if (table->failed)
		return;
	for (size_t i = 0; i < n; i++) {
		size_t level = level_of(values[i], max, table->utf8 ? 8 : sizeof(ascii) - 2);

		if (!table->utf8 || level == 0) {
			obuf_put_char(&table->text, ascii[level]);
			continue;
		}
		/* U+2581 is an eighth of a block high, each one behind it an eighth more. */
		obuf_put_str(&table->text, "\xe2\x96");
		obuf_put_char(&table->text, (char)(0x80 + level));
	}
	end_cell(table, start, n);
}

static size_t column_width(const struct text_table *table, size_t column, bool with_head)
{
	size_t width = with_head && table->columns[column].title
			       ? strlen(table->columns[column].title)
			       : 0;

	for (size_t i = column; i < table->n_cells; i += table->n_columns)
		if (table->cells[i].width > width)
			width = table->cells[i].width;
	return width;
}

/* Takes back the blanks that end a line. */
static void end_line(struct obuf *out, size_t start)
{
	while (out->len > start && out->data[out->len - 1] == ' ')
		out->len--;
	obuf_put_char(out, '\n');
}

static void put_cell(struct obuf *out, const char *text, size_t len, size_t used, size_t width,
		     bool right)
{
	size_t pad = width > used ? width - used : 0;

	obuf_put_blanks(out, right ? pad : 0);
	obuf_put(out, text, len);
	obuf_put_blanks(out, right ? 0 : pad);
}

void text_table_fit(struct text_table *table, size_t width, const uint8_t *order, size_t n)
{
	table->fit_width = width;
	table->fit_order = order;
	table->n_fit_order = n;
}

/* The columns that are left out, a bit each, so that lines fit. */
static uint32_t too_much(const struct text_table *table, const size_t *widths, size_t indent)
{
	size_t width = indent;
	uint32_t out = 0;

	for (size_t i = 0; i < table->n_columns; i++)
		width += widths[i] + (i > 0 ? COLUMN_GAP : 0);
	for (size_t i = 0; table->fit_width && i < table->n_fit_order; i++) {
		uint8_t column = table->fit_order[i];

		if (width <= table->fit_width)
			break;
		if (column >= table->n_columns)
			continue;
		out |= UINT32_C(1) << column;
		width -= widths[column] + COLUMN_GAP;
	}
	return out;
}

static void put_head(const struct text_table *table, struct obuf *out, const size_t *widths,
		     uint32_t left_out)
{
	size_t gap = 0;

	for (size_t i = 0; i < table->n_columns; i++) {
		const char *title = table->columns[i].title ? table->columns[i].title : "";

		if (left_out >> i & 1)
			continue;
		obuf_put_blanks(out, gap);
		gap = COLUMN_GAP;
		put_cell(out, title, strlen(title), strlen(title), widths[i],
			 table->columns[i].right);
	}
}

static void put_row(const struct text_table *table, struct obuf *out, const size_t *widths,
		    size_t first, uint32_t left_out)
{
	size_t gap = 0;

	for (size_t i = 0; i < table->n_columns && first + i < table->n_cells; i++) {
		const struct text_cell *cell = &table->cells[first + i];

		if (left_out >> i & 1)
			continue;
		obuf_put_blanks(out, gap);
		gap = COLUMN_GAP;
		put_cell(out, table->text.data + cell->at, cell->len, cell->width, widths[i],
			 table->columns[i].right);
	}
}

static bool has_titles(const struct text_table *table)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (table->columns[i].title)
			return true;
	return false;
}

static int put_table(const struct text_table *table, struct obuf *out, size_t indent,
		     bool with_head)
{
	size_t *widths = calloc(table->n_columns, sizeof(*widths)), start;
	uint32_t left_out = 0;
	int err = widths ? 0 : -ENOMEM;

	for (size_t i = 0; err == 0 && i < table->n_columns; i++)
		widths[i] = column_width(table, i, with_head);
	if (err == 0)
		left_out = too_much(table, widths, indent);
	if (err == 0 && with_head && has_titles(table)) {
		start = out->len;
		obuf_put_blanks(out, indent);
		put_head(table, out, widths, left_out);
		end_line(out, start);
	}
	for (size_t i = 0; err == 0 && i < table->n_cells; i += table->n_columns) {
		start = out->len;
		obuf_put_blanks(out, indent);
		put_row(table, out, widths, i, left_out);
		end_line(out, start);
		err = obuf_end_row(out);
	}
	free(widths);
	return err;
}

int text_table_end(struct text_table *table, struct obuf *out, size_t indent, bool with_head)
{
	int err = table->failed || table->text.error ? -ENOMEM
						     : put_table(table, out, indent, with_head);

	free(table->cells);
	obuf_free(&table->text);
	return err;
}
