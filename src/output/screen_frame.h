/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One frame of a screen, as text for a terminal. */
#ifndef LSSOCK_OUTPUT_SCREEN_FRAME_H
#define LSSOCK_OUTPUT_SCREEN_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/screen_rows.h"

struct obuf;
struct report;

enum { SCREEN_MARK_WIDTH = 2 };

struct screen_frame {
	size_t width, height; /* of the terminal */
	bool color, utf8;
	bool first;     /* what is on the terminal is scrolled out */
	bool status;    /* a line on top */
	bool has_marks; /* the rounds were compared */
	bool lists;     /* rows of sockets; false: text of a view, without marks */
	int64_t time_s;
	int64_t interval_ns, elapsed_ns;
	const struct report *report; /* its messages are told at the bottom; NULL: none */
};

/*
 * Appends the frame of a round, and of what is gone since the former one. It takes at most height
 * lines, the last of them for the cursor; what does not fit is counted. Pure.
 */
void screen_frame_put(const struct screen_frame *frame, const struct screen_round *round,
		      const struct screen_round *former, struct obuf *out);

#endif
