/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One screen that is drawn again each round, around another writer: what that one writes goes into
 * memory, and its lines take the place of those of the round before. Rows of sockets are marked
 * when they are new, gone or changed.
 *
 * Only sequences of ECMA-48 that every terminal in use knows: CUP, EL, ED, SGR, and DEC's cursor on
 * and off. A frame is written as one piece; it leaves the cursor below its last line, switched on,
 * and no colour. So nothing is to be restored when the program is ended, stopped or killed between
 * two of them, and the last screen stays. The normal screen is used; what it shows at the start is
 * scrolled out at its top.
 */
#ifndef LSSOCK_OUTPUT_SCREEN_H
#define LSSOCK_OUTPUT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/field.h"
#include "output/writer.h"

struct data_run;
struct env;
struct obuf;

/* What the inner writer depends on. */
struct screen_inner {
	const struct field *const *fields; /* of columns: with those of rates among them */
	size_t n_fields;
	size_t width; /* columns of the terminal that it has */
};

/* Everything is borrowed. */
struct screen_config {
	const struct env *env; /* with width, height, now_ns */
	const struct data_run *run;
	int64_t interval_ns; /* told in the line on top */
	bool no_header;      /* no line on top, and the inner writer has no headings */
	/*
	 * Whether the inner writer lists sockets: then its lines are marked. It is made anew for
	 * each round. Otherwise it is a view, made once, and its text replaces the former one.
	 */
	bool rows;
	/*
	 * The fields it shows; none: it writes a row when it gets it, and all else that it writes
	 * are headings, in its begin(). With fields, it may keep rows until its end() and then
	 * writes one line a row behind at most one line of headings.
	 */
	const struct field *const *fields;
	size_t n_fields;
	/* Makes it, into out. NULL without memory. */
	struct writer *(*make)(const void *ctx, const struct screen_inner *inner, struct obuf *out);
	const void *make_ctx;
};

/*
 * A round that was cut short is not drawn. Of more
 * than SCREEN_ROWS_MAX sockets only so many are kept and none is marked. NULL without memory; ended
 * with its free().
 */
struct writer *screen_new(const struct screen_config *config, struct obuf *out);

#endif
