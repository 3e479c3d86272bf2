/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of chosen fields. A row is made of finished cells in a scratch buffer; it is then
 * written at once, or kept as it is until the widths are known.
 */
#include "output/columns.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/obuf.h"
#include "output/field_text.h"

/* How far columns give way on a narrow terminal: an IPv4 address always fits. */
enum { TEXT_MIN = 8, ADDR_MIN = 15 };
/* Without a terminal, columns are as wide as what they mostly hold: an end is an IPv4 address with
 * a port. */
enum { STATE_WIDTH = 11, TIME_WIDTH = 27, END_WIDTH = 21 };
/* Text wider than the terminal is cut once more when columns are fitted: it must still show that it
 * was cut. No unit of text is wider. */
enum { UNIT_MAX = 4 };

struct column {
	const struct field *field;
	size_t width;
	bool is_state, is_time, is_end;
};

struct cell {
	uint32_t at, len; /* bytes of the row's text */
	uint32_t width;   /* columns */
};

struct kept_row {
	struct kept_row *next;
	const char *text;
	struct cell cells[];
};

struct columns {
	struct writer writer;
	struct columns_config config;
	struct obuf *out;
	struct column *columns;
	size_t n_shown;   /* the others are left off */
	struct cell *row; /* the row at hand, its text in scratch */
	struct obuf scratch;

	bool keeping; /* widths are still open */
	bool headed;
	struct arena arena;
	struct kept_row *first, **last;
	size_t n_kept;
};

/* The colour of a state, or NULL. They group states: waiting for others, in use, on their way in,
 * forgotten by the program, on their way out. */
static const char *state_color(const char *word, size_t n)
{
	static const struct {
		const char *word, *color;
	} colors[] = {
		{ "LISTEN", "36" },     { "ESTABLISHED", "32" }, { "CONNECTED", "32" },
		{ "SYN_SENT", "33" },   { "SYN_RECV", "33" },    { "CONNECTING", "33" },
		{ "CLOSE_WAIT", "31" }, { "TIME_WAIT", "2" },    { "FIN_WAIT1", "2" },
		{ "FIN_WAIT2", "2" },   { "LAST_ACK", "2" },     { "CLOSING", "2" },
	};

	for (size_t i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		if (strlen(colors[i].word) == n && memcmp(colors[i].word, word, n) == 0)
			return colors[i].color;
	return NULL;
}

static const char *cut_mark(const struct columns *columns)
{
	return columns->config.utf8 ? "\xe2\x80\xa6" : ">";
}

/* What is not a whole fact any more when it is cut stays whole, but for lists, which have no bound.
 */
static bool may_be_cut(const struct field *field)
{
	return field->type == FIELD_TEXT || field->type == FIELD_OWNERS ||
	       field->type == FIELD_ADDR || field->list;
}

/* Appends one cell. late: columns that cells before it took too many; the padding makes up for
 * them. Returns what is then left of it. */
static size_t put_cell(struct columns *columns, const struct column *column, const char *text,
		       const struct cell *cell, size_t late, bool last)
{
	struct obuf *out = columns->out;
	size_t len = cell->len, width = cell->width, pad = 0;
	bool cut = columns->config.width > 0 && width > column->width && may_be_cut(column->field);
	const char *color = NULL;

	if (cut) {
		len = field_text_cut(text, len, column->width - 1, &width);
		width++;
	}
	if (width < column->width)
		pad = column->width - width;
	if (pad >= late) {
		pad -= late;
		late = 0;
	} else {
		late -= pad;
		pad = 0;
	}
	if (column->field->right)
		obuf_put_blanks(out, pad);
	if (columns->config.color && column->is_state)
		color = state_color(text, len);
	if (color) {
		obuf_put(out, "\033[", 2);
		obuf_put_str(out, color);
		obuf_put_char(out, 'm');
	}
	obuf_put(out, text, len);
	if (color)
		obuf_put(out, "\033[0m", 4);
	if (cut)
		obuf_put_str(out, cut_mark(columns));
	if (!column->field->right && !last)
		obuf_put_blanks(out, pad);
	return late + (width > column->width ? width - column->width : 0);
}

static int put_row(struct columns *columns, const char *text, const struct cell *cells)
{
	size_t late = 0;

	for (size_t i = 0; i < columns->n_shown; i++) {
		if (i > 0)
			obuf_put_char(columns->out, ' ');
		late = put_cell(columns, &columns->columns[i], text + cells[i].at, &cells[i], late,
				i + 1 == columns->n_shown);
	}
	obuf_put_char(columns->out, '\n');
	return obuf_end_row(columns->out);
}

static int put_header(struct columns *columns)
{
	struct obuf *out = columns->out;

	if (columns->headed || columns->config.no_header)
		return 0;
	columns->headed = true;
	for (size_t i = 0; i < columns->n_shown; i++) {
		const struct column *column = &columns->columns[i];
		size_t n = strlen(column->field->title), shown = n;

		if (i > 0)
			obuf_put_char(out, ' ');
		if (shown > column->width)
			shown = column->width - 1;
		if (column->field->right && shown == n)
			obuf_put_blanks(out, column->width - n);
		obuf_put(out, column->field->title, shown);
		if (shown < n)
			obuf_put_str(out, cut_mark(columns));
		else if (!column->field->right && i + 1 < columns->n_shown)
			obuf_put_blanks(out, column->width - n);
	}
	if (columns->n_shown < columns->config.n_fields) {
		obuf_put_char(out, ' ');
		obuf_put_str(out, cut_mark(columns));
	}
	obuf_put_char(out, '\n');
	return obuf_end_row(out);
}

static size_t table_width(const struct columns *columns)
{
	size_t sum = 0;

	for (size_t i = 0; i < columns->n_shown; i++)
		sum += columns->columns[i].width + (i > 0);
	return sum;
}

/* Down to where a column gives way, without and with addresses. */
static size_t column_min(const struct column *column, bool addresses)
{
	size_t min = SIZE_MAX;

	if (column->field->type == FIELD_ADDR)
		min = addresses ? ADDR_MIN : SIZE_MAX;
	else if (may_be_cut(column->field))
		min = TEXT_MIN;
	return column->width < min ? column->width : min;
}

/* What the columns shown take when all have given way. */
static size_t least_width(const struct columns *columns)
{
	size_t sum = columns->n_shown - 1;

	for (size_t i = 0; i < columns->n_shown; i++)
		sum += column_min(&columns->columns[i], true);
	return sum;
}

/* Takes excess columns from the widest ones that may give way, the widest first. Returns what is
 * left of it. */
static size_t take_width(struct columns *columns, bool addresses, size_t excess)
{
	while (excess > 0) {
		struct column *widest = NULL;
		size_t next = 0, take;

		for (size_t i = 0; i < columns->n_shown; i++) {
			struct column *column = &columns->columns[i];

			if (column->width == column_min(column, addresses))
				continue;
			if (!widest || column->width > widest->width) {
				next = widest ? widest->width : 0;
				widest = column;
			} else if (column->width > next) {
				next = column->width;
			}
		}
		if (!widest)
			break;
		if (next < column_min(widest, addresses))
			next = column_min(widest, addresses);
		take = next < widest->width ? widest->width - next : 1;
		take = take < excess ? take : excess;
		widest->width -= take;
		excess -= take;
	}
	return excess;
}

/* Makes the columns fit the terminal. */
static void fit_columns(struct columns *columns)
{
	size_t width = columns->config.width, mark = 0, sum;

	while (columns->n_shown > 1 && least_width(columns) + mark > width) {
		columns->n_shown--;
		mark = 2; /* behind the headings, with its blank */
	}
	sum = table_width(columns) + mark;
	if (sum > width)
		take_width(columns, true, take_width(columns, false, sum - width));
}

/* Nothing more is kept: the widths are settled, and what was kept is written. */
static int release_rows(struct columns *columns)
{
	int err;

	columns->keeping = false;
	fit_columns(columns);
	err = put_header(columns);
	for (struct kept_row *row = columns->first; err == 0 && row; row = row->next)
		err = put_row(columns, row->text, row->cells);
	columns->first = NULL;
	columns->last = &columns->first;
	columns->n_kept = 0;
	arena_reset(&columns->arena);
	return err;
}

/* Makes the cells of a row in scratch. */
static int make_row(struct columns *columns, const struct sock *sock)
{
	size_t width = columns->config.width;
	size_t max_width = width ? width + UNIT_MAX : SIZE_MAX;

	columns->scratch.len = 0;
	for (size_t i = 0; i < columns->config.n_fields; i++) {
		struct cell *cell = &columns->row[i];

		cell->at = (uint32_t)columns->scratch.len;
		cell->width =
			(uint32_t)field_text_put_cell(&columns->scratch, columns->config.fields[i],
						      sock, columns->config.utf8, max_width);
		cell->len = (uint32_t)columns->scratch.len - cell->at;
	}
	if (columns->scratch.error) /* for whoever asks how the output went */
		columns->out->error = columns->scratch.error;
	return -columns->scratch.error;
}

/* Keeps the row at hand. False without memory. */
static bool keep_row(struct columns *columns)
{
	size_t size = columns->config.n_fields * sizeof(struct cell);
	struct kept_row *row = arena_alloc(&columns->arena, sizeof(*row) + size);

	if (!row)
		return false;
	row->next = NULL;
	row->text = arena_copy(&columns->arena, columns->scratch.data, columns->scratch.len);
	if (!row->text)
		return false;
	memcpy(row->cells, columns->row, size);
	for (size_t i = 0; i < columns->config.n_fields; i++)
		if (columns->columns[i].width < row->cells[i].width)
			columns->columns[i].width = row->cells[i].width;
	*columns->last = row;
	columns->last = &row->next;
	columns->n_kept++;
	return true;
}

static int take_row(struct columns *columns, const struct sock *sock)
{
	int err = make_row(columns, sock);

	if (err < 0)
		return err;
	if (columns->keeping) {
		if (columns->n_kept < COLUMNS_KEPT_MAX && keep_row(columns))
			return 0;
		err = release_rows(columns);
	}
	return err < 0 ? err : put_row(columns, columns->scratch.data, columns->row);
}

static int columns_begin(struct writer *writer, enum section section)
{
	struct columns *columns = (struct columns *)writer;

	(void)section;
	return columns->keeping ? 0 : put_header(columns);
}

static int columns_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct columns *columns = (struct columns *)writer;
	int err = 0;

	for (size_t i = 0; err == 0 && i < n; i++)
		err = take_row(columns, &rows[i]);
	return err;
}

static size_t start_width(const struct columns *columns, const struct column *column)
{
	size_t width = columns->config.no_header ? 1 : strlen(column->field->title);
	size_t usual = 1;

	if (columns->config.width == 0 && column->field->type == FIELD_ADDR)
		usual = ADDR_MIN;
	else if (columns->config.width == 0 && column->is_state)
		usual = STATE_WIDTH;
	else if (columns->config.width == 0 && column->is_time)
		usual = TIME_WIDTH;
	else if (columns->config.width == 0 && column->is_end)
		usual = END_WIDTH;
	return width > usual ? width : usual;
}

static void start_round(struct columns *columns)
{
	columns->keeping = columns->config.width > 0;
	columns->headed = false;
	columns->n_shown = columns->config.n_fields;
	for (size_t i = 0; i < columns->config.n_fields; i++)
		columns->columns[i].width = start_width(columns, &columns->columns[i]);
}

static int columns_end(struct writer *writer)
{
	struct columns *columns = (struct columns *)writer;
	int err = columns->keeping ? release_rows(columns) : put_header(columns), end;

	end = obuf_flush(columns->out);
	start_round(columns);
	return err < 0 ? err : end;
}

static void columns_free(struct writer *writer)
{
	struct columns *columns = (struct columns *)writer;

	obuf_free(&columns->scratch);
	arena_free(&columns->arena);
	free(columns->columns);
	free(columns->row);
	free(columns);
}

struct writer *columns_new(const struct columns_config *config, struct obuf *out)
{
	struct columns *columns = calloc(1, sizeof(*columns));

	if (!columns)
		return NULL;
	columns->writer = (struct writer){
		.begin = columns_begin,
		.rows = columns_rows,
		.end = columns_end,
		.free = columns_free,
	};
	columns->config = *config;
	columns->out = out;
	columns->last = &columns->first;
	columns->columns = calloc(config->n_fields, sizeof(*columns->columns));
	columns->row = calloc(config->n_fields, sizeof(*columns->row));
	if (!columns->columns || !columns->row || obuf_init(&columns->scratch, -1) < 0) {
		columns_free(&columns->writer);
		return NULL;
	}
	for (size_t i = 0; i < config->n_fields; i++) {
		const char *name = config->fields[i]->name;

		columns->columns[i].field = config->fields[i];
		columns->columns[i].is_state = strcmp(name, "state") == 0;
		columns->columns[i].is_time = strcmp(name, "closed_at") == 0;
		columns->columns[i].is_end =
			strcmp(name, "local") == 0 || strcmp(name, "remote") == 0;
	}
	start_round(columns);
	return &columns->writer;
}
