/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From where an address of this host can be reached, as far as the address itself says it. */
#ifndef LSSOCK_MODEL_EXPOSURE_H
#define LSSOCK_MODEL_EXPOSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/addr.h"
#include "model/sock.h"

/* In rising order of who can get there. */
enum exposure {
	EXPOSURE_LOOPBACK,  /* 127.0.0.0/8, ::1: this host alone */
	EXPOSURE_LINK,      /* 169.254.0.0/16, fe80::/10: the same link */
	EXPOSURE_MULTICAST, /* 224.0.0.0/4, ff00::/8: whoever sends to that group */
	EXPOSURE_BROADCAST, /* 255.255.255.255: the same link */
	/* 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918), 100.64.0.0/10 (RFC 6598),
	 * fc00::/7 (RFC 4193), fec0::/10 (RFC 3879): networks that are not routed in the Internet
	 */
	EXPOSURE_PRIVATE,
	EXPOSURE_PUBLIC,   /* every other address */
	EXPOSURE_WILDCARD, /* 0.0.0.0, ::, whether or not it takes IPv4: every address of the host
			    */
};

/* What kind of address it is; family AF_INET or AF_INET6, of which v4-mapped ones are judged as the
 * IPv4 address that they hold. Pure. */
enum exposure exposure_of_addr(uint8_t family, const union inet_addr *addr);

/*
 * The exposure of a socket's local end: that of its address, but EXPOSURE_LOOPBACK for one that is
 * bound to the loopback device, whose index is 1 in every network namespace (kernel:
 * include/net/flow.h, LOOPBACK_IFINDEX). False for sockets that have no address. Pure.
 */
bool exposure_of_sock(const struct sock *sock, enum exposure *exposure);

/* "loopback", "link-local" ... */
const char *exposure_word(enum exposure exposure);

/* Whether an address lies on this host whatever addresses this host has: 127.0.0.0/8, ::1. Pure. */
static inline bool exposure_is_loopback(uint8_t family, const union inet_addr *addr)
{
	return exposure_of_addr(family, addr) == EXPOSURE_LOOPBACK;
}

#endif
