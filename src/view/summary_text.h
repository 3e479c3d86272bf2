/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --summary as text, and with -c on a terminal how the numbers went in the last rounds. */
#ifndef LSSOCK_VIEW_SUMMARY_TEXT_H
#define LSSOCK_VIEW_SUMMARY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view/summary_sums.h"

struct obuf;
struct view_config;

/* One line for each state of TCP, and one for each protocol. */
enum { SUMMARY_COURSE_MAX = 60, SUMMARY_LINES = SUMMARY_STATES + PROTO_COUNT };

/* The last values of one line, the newest at the end. */
struct summary_course {
	uint64_t values[SUMMARY_COURSE_MAX];
	size_t n;
};

/* A zeroed struct is one before the first round. */
struct summary_text {
	struct summary_course courses[SUMMARY_LINES];
	int64_t last_ns; /* of the round before; CLOCK_MONOTONIC */
	uint64_t n_rounds;
};

/* Writes one round. 0 or -errno of the output. */
int summary_text_put(struct summary_text *text, const struct summary_sums *sums,
		     const struct summary_scope *scope, const struct view_config *config,
		     int64_t now_ns, struct obuf *out);

#endif
