/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The expression of a request. */
#ifndef LSSOCK_EXPR_REQUEST_H
#define LSSOCK_EXPR_REQUEST_H

#include "filter/expr.h"

struct env;
struct expr_surroundings;
struct report;
struct request;

/* Everything is borrowed; surroundings must outlive the expression. */
struct expr_request {
	const struct env *env;
	struct report *report;
	const struct request *request;
	struct expr_surroundings *surroundings;
};

/*
 * Parses the expression that the words of the request are, into *expr: left as it is when there are
 * none, else to be freed by the caller. 0, or the exit status of what was reported: 2 for a text
 * that is no expression, 4 for hosts that could not be looked up and for want of memory.
 */
int expr_request_parse(const struct expr_request *from, struct expr **expr);

#endif
