/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --columns: a table of chosen fields. */
#ifndef LSSOCK_OUTPUT_COLUMNS_H
#define LSSOCK_OUTPUT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/field.h"
#include "output/writer.h"

struct obuf;

enum { COLUMNS_KEPT_MAX = 10000 };

struct columns_config {
	const struct field *const *fields; /* borrowed; at least one */
	size_t n_fields;
	bool no_header;
	bool utf8;    /* text may be shown in UTF-8 */
	bool color;   /* words of the state in colour (ANSI), on top of what they say */
	size_t width; /* of the terminal in columns; 0: no terminal */
};

/*
 * One line of headings a round and one line a socket; a cell is one word, "-" where there is no
 * such fact, escaped by base/escape. A field of many values shows its first, an address list all of
 * them.
 *
 * On a terminal the rows of a round are kept until its end (or COLUMNS_KEPT_MAX) and the columns
 * made as wide as they need to be. When that is more than the terminal has, the widest free text
 * gives way first, then addresses; what is cut ends in a mark. Columns that still do not fit are
 * left off at the right, and the headings end in the mark. Rows behind COLUMNS_KEPT_MAX are written
 * with the widths found until then.
 *
 * Elsewhere nothing is cut or kept, and columns are at least as wide as their headings.
 *
 * NULL without memory; ended with its free().
 */
struct writer *columns_new(const struct columns_config *config, struct obuf *out);

#endif
