/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What expressions ask the world for: hosts, services, interfaces, users, cgroups, the ephemeral
 * ports and which of them a listener has.
 */
#ifndef LSSOCK_EXPR_WORLD_H
#define LSSOCK_EXPR_WORLD_H

#include <stdint.h>

#include "filter/expr.h"

struct env;

enum { EXPR_WORLD_PORTS = 65536 };

/* Must outlive the expressions that were parsed with its world. */
struct expr_surroundings {
	const struct env *env;
	int64_t budget_ns, deadline_ns; /* for looking up hosts; deadline 0: none was yet */
	bool served_known;              /* served tells TCP's listening ports */
	uint8_t served[EXPR_WORLD_PORTS / 8];
};

/*
 * The world as env shows it. family: AF_UNIX when only UNIX sockets are listed, else 0. Names are
 * looked up when an expression has them, however -n stands: the operator typed them. budget_ns: for
 * all host names together.
 */
struct expr_world expr_world_of(struct expr_surroundings *surroundings, const struct env *env,
				uint8_t family, int64_t budget_ns);

/* A new round: listeners come and go. */
void expr_world_forget(struct expr_surroundings *surroundings);

#endif
