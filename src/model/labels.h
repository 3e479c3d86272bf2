/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for numbers, as a writer asks for them. A writer never waits: what it gets is what is known
 * by then. Every answer is filtered and fit to print (or NULL: print the number). Answers stay
 * valid until the end of the round.
 */
#ifndef LSSOCK_MODEL_LABELS_H
#define LSSOCK_MODEL_LABELS_H

#include <stdint.h>

#include "model/addr.h"
#include "model/proto.h"

struct labels {
	/* Host name of an address of that family; NULL: print the address. The member itself is
	 * NULL with --numeric-hosts. */
	const char *(*host)(void *ctx, int family, const union inet_addr *addr);
	/* Service on a port (RAW: the IP protocol's name). NULL member with --numeric-ports. */
	const char *(*service)(void *ctx, enum sock_proto proto, uint16_t port);
	/* Login name, escaped for a table cell. NULL member with --numeric-users. */
	const char *(*user)(void *ctx, uint32_t uid);
	/* Interface name, escaped; "N" the number where it has none. Never NULL. The only one that
	 * several threads may ask at once. */
	const char *(*ifname)(void *ctx, uint32_t ifindex);
	void *ctx;
};

#endif
