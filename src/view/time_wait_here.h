/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sockets of this host show of it: where it listens, and which addresses are its own.
 * Pure.
 *
 * An address of this host is loopback, or one that a socket has as its own; a listener is one of
 * these. Link-local addresses are left out: other hosts may have the same. Known limit: with
 * IP_TRANSPARENT an address that is not this host's looks as if it were.
 *
 * Memory grows with the listeners and the addresses.
 */
#ifndef LSSOCK_VIEW_TIME_WAIT_HERE_H
#define LSSOCK_VIEW_TIME_WAIT_HERE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/sock.h"
#include "view/keyed.h"

/* The ends of a socket as the kernel's port tables see them: v4-mapped IPv6 is IPv4. */
struct time_wait_ends {
	uint8_t family;
	union inet_addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t ifindex; /* where the remote address means nothing without it */
};

struct time_wait_here {
	struct keyed listeners; /* ends that are listened on */
	struct keyed addresses;
};

struct time_wait_ends time_wait_ends_of(const struct sock *sock);

void time_wait_here_init(struct time_wait_here *here);
void time_wait_here_free(struct time_wait_here *here);
/* Forgets all and keeps memory. */
void time_wait_here_clear(struct time_wait_here *here);

/* Takes a row of TCP: its local address, and that it listens if it does. 0 or -ENOMEM. */
int time_wait_here_add(struct time_wait_here *here, const struct sock *sock);

/* Whether a listener takes what comes for this port on that address, or on any. */
bool time_wait_here_listens(const struct time_wait_here *here, uint8_t family,
			    const union inet_addr *addr, uint16_t port);
bool time_wait_here_listens_on_any(const struct time_wait_here *here, uint8_t family,
				   uint16_t port);

/* Whether the address is known to be one of this host; whether a row to come may yet show it. */
bool time_wait_here_owns(const struct time_wait_here *here, uint8_t family,
			 const union inet_addr *addr);
bool time_wait_here_may_own(const struct time_wait_here *here, uint8_t family,
			    const union inet_addr *addr);

/* Whether the other end is listened on, on an address that is known to be one of this host. */
bool time_wait_here_has_remote(const struct time_wait_here *here,
			       const struct time_wait_ends *ends);

#endif
