/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is summed of TCP sockets in TIME_WAIT: which side closed first, towards whom, how long ago.
 * Pure.
 *
 * Direction: a TIME_WAIT is inbound when someone listens on its local address and port, outbound
 * when its other end is a listener of this same host; where no listener tells, the range of
 * ephemeral ports decides, and it is counted that it did. So listeners have to be added before all
 * other rows. v4-mapped IPv6 is IPv4 here, as it is in the kernel's tables of ports.
 *
 * Which addresses are this host's (view/time_wait_here.h) may show only in a row that comes later.
 * So those rows are held back of which it decides the side: those from a port outside of the range
 * to one that is listened on here, on the wildcard.
 *
 * How many ports a service takes is what view/ports_sums.h counts; see view/time_wait_ports.h.
 *
 * Memory grows with the listeners, the addresses of this host, the distinct peers in TIME_WAIT, the
 * distinct (destination, port) of connections that this host opened, and the rows held back.
 */
#ifndef LSSOCK_VIEW_TIME_WAIT_SUMS_H
#define LSSOCK_VIEW_TIME_WAIT_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sock.h"
#include "view/keyed.h"
#include "view/time_wait_here.h"

enum time_wait_side {
	TIME_WAIT_UNCLEAR,  /* neither a listener nor the port range tells */
	TIME_WAIT_OUTBOUND, /* this host connected, and closed first */
	TIME_WAIT_INBOUND,  /* another one connected, and this host closed first */
	TIME_WAIT_SIDES,
};

enum {
	TIME_WAIT_MS = 60000,        /* how long it lasts (kernel: TCP_TIMEWAIT_LEN) */
	TIME_WAIT_RECENT_MS = 10000, /* closes of the last ten seconds are "recent" */
	TIME_WAIT_AGES = 12,         /* classes of age, equally long */
	TIME_WAIT_EXAMPLES = 8,      /* inodes kept of a service */
};

struct time_wait_key {
	union inet_addr addr; /* outbound and unclear: of the other end; inbound: zero */
	uint32_t ifindex;     /* where addr means nothing without it */
	uint16_t port;        /* outbound and unclear: of the other end; inbound: of this one */
	uint8_t family;       /* inbound services: 0 */
	uint8_t side;         /* enum time_wait_side */
};

/* (address, port) that this host connected to, or a port of its own that was connected to. */
struct time_wait_service {
	struct time_wait_key key;
	uint64_t count, recent; /* sockets in TIME_WAIT */
	uint64_t by_range;      /* of count: only the port range told the direction */
	uint64_t live;          /* connections that are not closed; unclear: not counted */
	/* Sockets whose owners may be those of the closed connections. Outbound: live connections;
	 * inbound: listeners. */
	uint64_t inodes[TIME_WAIT_EXAMPLES];
	uint32_t n_inodes;
	/* Outbound, once time_wait_take_ports() has told it: the number, plus 1, of the triple of
	 * ports_sums whose source address has most ports in use towards this service. 0: none. */
	uint32_t triple;
};

struct time_wait_peer {
	struct time_wait_key key; /* family, addr, ifindex */
	uint64_t count;
	uint64_t of_side[TIME_WAIT_SIDES];
};

struct time_wait_sums {
	/* Of this host; set before the first row. */
	uint16_t low, high;   /* ip_local_port_range */
	bool listeners_known; /* every listener of this host is among the rows */

	uint64_t count, recent; /* TIME_WAIT; those of the last TIME_WAIT_RECENT_MS */
	uint64_t of_side[TIME_WAIT_SIDES], by_range[TIME_WAIT_SIDES];
	uint64_t ages[TIME_WAIT_AGES], n_without_age;
	uint64_t fin_wait2; /* closed here, not yet by the other end, and without a process: kept as
			       small as TIME_WAIT is */

	struct keyed services; /* struct time_wait_service */
	struct keyed peers;    /* struct time_wait_peer */
	struct time_wait_here here;
	struct sock *held; /* rows whose side only the last row decides; no member borrowed */
	size_t n_held, cap_held;
};

void time_wait_sums_init(struct time_wait_sums *sums);
void time_wait_sums_free(struct time_wait_sums *sums);

/* Takes one row: listeners first; what is not TCP does not count. 0 or -ENOMEM. */
int time_wait_sums_add(struct time_wait_sums *sums, const struct sock *sock);

/* The same of a row that is not to be counted: it may be a listener, and tells addresses. 0 or
 * -ENOMEM. */
int time_wait_sums_look_at(struct time_wait_sums *sums, const struct sock *sock);

/* All rows are there: counts those that were held back. 0 or -ENOMEM. */
int time_wait_sums_settle(struct time_wait_sums *sums);

/* Settles, and orders services and peers, most TIME_WAIT first. 0 or -ENOMEM. */
int time_wait_sums_finish(struct time_wait_sums *sums);

/* Starts anew; low, high and listeners_known stay. */
void time_wait_sums_clear(struct time_wait_sums *sums);

/* Service or peer number i, after time_wait_sums_finish(). */
static inline const struct time_wait_service *time_wait_service(const struct time_wait_sums *sums,
								size_t i)
{
	return (const struct time_wait_service *)sums->services.rows + i;
}

static inline const struct time_wait_peer *time_wait_peer(const struct time_wait_sums *sums,
							  size_t i)
{
	return (const struct time_wait_peer *)sums->peers.rows + i;
}

#endif
