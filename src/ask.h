/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --check and --wait: whether somebody listens, and waiting until somebody does, until nobody does,
 * or until nobody does and nothing of it is left. Passive: nothing is ever connected to.
 */
#ifndef LSSOCK_ASK_H
#define LSSOCK_ASK_H

#include "expr_world.h"

struct env;
struct report;
struct request;

/* Everything is borrowed. */
struct ask_config {
	const struct env *env;
	struct report *report;
	const struct request *request;
	const struct expr *expr;                /* only such sockets count; NULL: all */
	struct expr_surroundings *surroundings; /* of the expression */
};

/*
 * Answers the question of the request. Returns the exit status: 0 yes, 1 no or not in time, 2 the
 * question cannot be understood (reported), 3 or 4 when what was not seen might have changed the
 * answer. When a signal asked to stop, the status means nothing.
 */
int ask_run(const struct ask_config *config);

#endif
