/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listeners, how full their accept queues are, and what waits for them: the sums behind
 * --listeners and --openmetrics. Nothing here reads or prints.
 *
 * Memory grows with the number of listeners and of local (address, port) pairs that have
 * connections in SYN_RECV or CLOSE_WAIT; of the CLOSE_WAIT sockets themselves a bounded number is
 * remembered.
 */
#ifndef LSSOCK_VIEW_LISTENERS_SUMS_H
#define LSSOCK_VIEW_LISTENERS_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "model/sock.h"

enum {
	LISTENERS_WAITERS_MAX = 65536, /* CLOSE_WAIT sockets that are remembered */
};

#define LISTENERS_NO_PLACE UINT32_MAX

/* Connections of a local address and port. */
struct listeners_counts {
	uint64_t syn_recv;
	uint64_t close_wait;
	uint64_t unaccepted; /* of close_wait: still in the accept queue, no program has them */
	/* Of close_wait: the program has not read up to the end, so that it may not know of it.
	 * (The end counts as one byte in the receive queue.) */
	uint64_t unread;
	uint64_t unaccepted_unread; /* both */
};

/* A local address and port: of listeners, or of connections. An IPv4 address inside an IPv6 one
 * (v4-mapped) is the same place as that IPv4 address. */
struct listeners_place {
	uint32_t key[6];      /* address, interface, family and port */
	uint32_t n_listeners; /* TCP listeners there; 0: none */
	bool dual;            /* one of them is an IPv6 socket that takes IPv4 as well */
	struct listeners_counts own;
	/* Set by listeners_sums_finish(). */
	uint32_t server; /* the place whose listeners serve this one, or LISTENERS_NO_PLACE */
	struct listeners_counts served; /* of all places that this one serves */
};

struct listener {
	/* Without what a batch lends, but for a UNIX socket's name. */
	struct sock sock;
	bool has_drops;
	uint32_t drops; /* connections the kernel gave up since the socket was made */
	uint32_t place; /* TCP: index; else LISTENERS_NO_PLACE */
};

/* A socket in CLOSE_WAIT that a program holds. */
struct listeners_waiter {
	uint64_t inode;
	uint32_t place;
	bool unread;
};

/* A zeroed struct is empty. */
struct listeners_sums {
	struct listener *listeners;
	size_t n_listeners, cap_listeners;
	struct listeners_place *places;
	size_t n_places, cap_places;
	struct hash64 place_of;
	struct listeners_waiter *waiters;
	size_t n_waiters, cap_waiters;
	struct arena names;
	struct listeners_counts counts; /* of all places */
	struct listeners_counts stray;  /* of places that no listener serves; after finish */
};

/* Adds n rows: listeners of TCP, SCTP and UNIX, and TCP in SYN_RECV and CLOSE_WAIT; all others are
 * passed over. 0 or -ENOMEM. */
int listeners_sums_add(struct listeners_sums *sums, const struct sock *rows, size_t n);

/*
 * All rows are there: finds out which listeners serve which connections and puts the listeners in
 * order, the fullest queue first, then the longest, the most drops, and by address.
 */
void listeners_sums_finish(struct listeners_sums *sums);

/* Forgets everything and keeps memory. */
void listeners_sums_clear(struct listeners_sums *sums);
void listeners_sums_free(struct listeners_sums *sums);

/* How many connections the accept queue takes: the kernel drops the next one when the queue is
 * longer than the backlog, so one more than that fits. False where the backlog is not known. */
bool listener_capacity(const struct listener *listener, uint64_t *capacity);

/* Whether the limit of some listener's queue is not known (/proc/net does not tell it). */
bool listeners_any_unknown(const struct listeners_sums *sums);

/* Percent of the capacity in use, rounded down. False where it is not known. */
bool listener_fill_percent(const struct listener *listener, uint64_t *percent);

/* The connections that wait for the listeners of that address and port. NULL: not TCP. */
const struct listeners_counts *listener_counts(const struct listeners_sums *sums,
					       const struct listener *listener);

#endif
