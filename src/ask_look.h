/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One look at the sockets that a question is about. The kernel is asked for its port alone, and for
 * listeners alone where these decide: then it walks only its table of listeners.
 */
#ifndef LSSOCK_ASK_LOOK_H
#define LSSOCK_ASK_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "ask_target.h"
#include "base/report.h"
#include "expr_world.h"

struct ask_look;
struct env;
struct request;

/* Everything is borrowed. */
struct ask_look_config {
	const struct env *env;
	struct report *report;
	const struct request *request;
	const struct ask_target *target;
	uint32_t protos;                        /* 1 << enum sock_proto */
	bool connections;                       /* they count too, where nobody listens */
	const struct expr *expr;                /* only such sockets count; NULL: all */
	struct expr_surroundings *surroundings; /* of the expression */
};

/* What was seen. With listens or active the look ended there, and the rest may be anything. */
struct ask_seen {
	bool listens, active;
	bool may_listen; /* see ASK_MAY_LISTEN */
	bool hidden;     /* the expression is about owners, and those of a socket are hidden */
	enum report_level level; /* REPORT_PARTIAL or more: something could not be read */
	char example[240];       /* the socket that listens, is active, or may listen; one line, not
				    escaped */
};

/* NULL without memory. */
struct ask_look *ask_look_new(const struct ask_look_config *config);
void ask_look_free(struct ask_look *look);

/* Looks. 0, or negative when there is no use in another look: a signal, no memory (reported). */
int ask_look_now(struct ask_look *look, struct ask_seen *seen);

#endif
