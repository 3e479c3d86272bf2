/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many sockets a table will have, by what the kernel counts anyway: a table without sockets
 * need not be walked, and a big one may be walked in parts. */
#ifndef LSSOCK_EXPECTED_H
#define LSSOCK_EXPECTED_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/counters.h"
#include "model/query.h"

struct env;

/* A zeroed struct has read nothing yet. */
struct expected {
	struct counters counters;
	bool is_read;
};

/*
 * The number of sockets of the query's table in this namespace, at most: those in TIME_WAIT (of
 * both families) only where the query asks for them, the others only where it asks for any of them.
 * False when the kernel does not count them, or not all that the query asks for: TCP sockets that
 * are bound and nothing else are in no count. Reads /proc/net/sockstat at the first call of a
 * round.
 */
bool expected_rows(struct expected *expected, const struct env *env, const struct sock_query *query,
		   uint64_t *n);

/*
 * The number of TCP sockets of both families, for a query that asks for the same of each: *n, at
 * most, and how many of them are likely to be IPv6's. The kernel does not count those in TIME_WAIT
 * by family, so they are divided as the others are. False as above.
 */
bool expected_both(struct expected *expected, const struct env *env, const struct sock_query *query,
		   uint64_t *n, uint64_t *likely6);

/* A new round. */
void expected_forget(struct expected *expected);
void expected_free(struct expected *expected);

#endif
