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

#include "hold.h"
#include "model/query.h"
#include "model/sock.h"

/* A sink in front of another one. */
struct pair {
	const struct sock_sink *sink;
	struct hold later; /* rows of IPv6 */
	bool overflow;     /* there were too many of them: none is kept */
};

/* Whether the two queries ask for the same but for the family: AF_INET first. Pure. */
bool pair_fits(const struct sock_query *v4, const struct sock_query *v6);

/* Hands on rows of IPv4, keeps those of IPv6. For struct sock_sink; ctx is a struct pair. */
int pair_take(void *ctx, struct sock *rows, size_t n);

#endif
