/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The small tables of views: all cells are kept until the table is written, and every column is as
 * wide as its widest cell. Not for listings, whose rows have no end.
 */
#ifndef LSSOCK_OUTPUT_TEXT_TABLE_H
#define LSSOCK_OUTPUT_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/obuf.h"

struct endpoint;
struct field;
struct sock;

struct text_column {
	const char *title; /* NULL in every column: no line of headings */
	bool right;
};

struct text_cell {
	size_t at, len; /* bytes of the table's text */
	size_t width;   /* columns */
};

enum { TEXT_TABLE_MAX = 32 }; /* columns of a table that fits itself */

/* Made by text_table_begin(), ended by text_table_end(). Cells come row by row, left to right. */
struct text_table {
	const struct text_column *columns; /* borrowed */
	size_t n_columns;
	struct text_cell *cells;
	size_t n_cells, cap_cells;
	struct obuf text;
	bool utf8;   /* text of others may be shown in UTF-8 */
	bool failed; /* no memory: text_table_end() says so */
	/* text_table_fit() */
	size_t fit_width;
	const uint8_t *fit_order; /* borrowed */
	size_t n_fit_order;
};

/* Never fails; without memory text_table_end() does. */
void text_table_begin(struct text_table *table, const struct text_column *columns, size_t n_columns,
		      bool utf8);

/* One cell each. Text of our own, plain ASCII; NULL is "-". */
void text_table_str(struct text_table *table, const char *text);
/* printf's format; what comes out must be plain ASCII (no text of others). */
void text_table_format(struct text_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void text_table_uint(struct text_table *table, uint64_t value);
/* Text of others: escaped as one word, blanks too, or the word that stands for it
 * (field_text_word_of()). */
void text_table_escaped(struct text_table *table, const void *text, size_t n);
/* "812/nginx": the program's name as above. */
void text_table_owner(struct text_table *table, uint32_t pid, const char *program);
/* A field of a socket, as field_text_put_cell() writes it. */
void text_table_field(struct text_table *table, const struct field *field, const struct sock *sock);
/* An address, with ":port" behind it when port is not negative ("*": 0). IPv6 with a port stands in
 * brackets. */
void text_table_end_point(struct text_table *table, uint8_t family, const struct endpoint *end,
			  int port);
/* A bar of at most width columns, value of max; in ASCII, or in eighths where UTF-8 may be shown.
 */
void text_table_bar(struct text_table *table, uint64_t value, uint64_t max, size_t width);
/*
 * How a number went: a column for each of n values, higher for the larger ones up to max, blank for
 * 0; in ASCII, or in eighths of a block where UTF-8 may be shown.
 */
void text_table_course(struct text_table *table, const uint64_t *values, size_t n, uint64_t max);

/*
 * As long as lines are wider than width (0: nothing is too wide), columns are left out, in the
 * order of the list: n indices below TEXT_TABLE_MAX, borrowed until the table's end.
 */
void text_table_fit(struct text_table *table, size_t width, const uint8_t *order, size_t n);

/*
 * Writes headings (if with_head) and rows, each line after indent blanks, without blanks at its
 * end, and frees the table. 0, or -ENOMEM or the output's error.
 */
int text_table_end(struct text_table *table, struct obuf *out, size_t indent, bool with_head);

#endif
