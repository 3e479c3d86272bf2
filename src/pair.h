/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two tables of TCP, IPv4 and IPv6, from one walk over the kernel's table, which both lie in: what
 * a walk costs does not hinge on how few of its sockets are ours. The rows of IPv6 wait until those
 * of IPv4 are through, so that the order stays what it is.
 */
#ifndef LSSOCK_PAIR_H
#define LSSOCK_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hold.h"
#include "model/query.h"
#include "model/sock.h"
#include "model/sock_packed.h"

/* So many rows of IPv6 may wait, which takes 6 MB; fewer where attributes are asked for, or where
 * it is long text that waits. */
enum { PAIR_MAX_ROWS = 65536, PAIR_MAX_LARGE = 10000 };

/* Threads that hand on rows at once, at most. */
enum { PAIR_MAX_BRANCHES = 8 };

/* A sink in front of another one. Free it with pair_free(). */
struct pair {
	const struct sock_sink *sink;
	/* Rows of IPv6: small ones, or those that do not fit there. */
	struct sock_packed *small;
	size_t n_small, cap_small;
	struct hold large;
	/* Or those of branches that have been closed. */
	struct sock_sink waiting[PAIR_MAX_BRANCHES];
	size_t n_waiting;
	bool overflow; /* there were too many of them: none is kept */
};

/* The sink that leads through pair, which has its own sink; with branches where that has some. */
struct sock_sink pair_sink(struct pair *pair);

/* Whether the two queries ask for the same but for the family: AF_INET first. Pure. */
bool pair_fits(const struct sock_query *v4, const struct sock_query *v6);

/* How many rows of IPv6 may wait when a query needs that (NEED_*). long_text: each of them makes
 * some hundred bytes of data. Pure. */
size_t pair_room(uint32_t needs, bool long_text);

/* Hands on the rows that wait: first those of each branch, then others in the order they came but
 * for small ones first. 0 or negative, as the sink answers. */
int pair_hand_on(struct pair *pair);

void pair_free(struct pair *pair);

#endif
