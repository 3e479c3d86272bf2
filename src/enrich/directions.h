/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who began a connection: whoever has a listener on the local end was called. Which ports are
 * commonly served says nothing; what listens now does.
 */
#ifndef LSSOCK_ENRICH_DIRECTIONS_H
#define LSSOCK_ENRICH_DIRECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "model/proto.h"
#include "model/sock.h"

/* A zeroed struct knows no listener. Memory: some 32 bytes a listening address. */
struct directions {
	struct hash64 ends; /* hash of protocol, family, address and port */
	uint32_t unknown;   /* 1 << enum sock_proto: not all of its listeners are known */
};

/* Whether sockets of that protocol have a direction: TCP, SCTP, UDP, UDP-Lite. */
static inline bool directions_has(unsigned int proto)
{
	return proto == PROTO_TCP || proto == PROTO_SCTP || proto == PROTO_UDP ||
	       proto == PROTO_UDPLITE;
}

/* Learns the listeners among n rows: TCP and SCTP in LISTEN, UDP and UDP-Lite that are bound and
 * not connected. 0 or -ENOMEM. */
int directions_learn(struct directions *directions, const struct sock *rows, size_t n);

/*
 * Says of each of n rows that is connected which direction it has:
 * - local: both ends have the same address, or one of them is a loopback address;
 * - out: SYN_SENT. in: SYN_RECV;
 * - in: there is a listener of its protocol and family on its local address and port, or on the
 *   wildcard and that port; else out.
 * Nothing is said of rows without a remote end, of protocols without ports, and of in and out where
 * directions->unknown has the protocol.
 */
void directions_apply(const struct directions *directions, struct sock *rows, size_t n);

/* Forgets all, keeps the memory. */
void directions_clear(struct directions *directions);
void directions_free(struct directions *directions);

#endif
