/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who began a connection, from the listeners of the same network namespace.
 *
 * A connection has the family of its listener, also one with v4-mapped addresses (kernel:
 * net/ipv6/tcp_ipv6.c, tcp_v6_syn_recv_sock()), so whether that takes IPv4 need not be known.
 *
 * Limits: a connection whose listener has gone looks as if it went out. Devices that listeners are
 * bound to are not compared. An explicitly chosen own address at one end and another one of this
 * host's at the other looks like two hosts.
 */
#include "enrich/directions.h"

#include <errno.h>
#include <string.h>

#include "model/exposure.h"

static const union inet_addr wildcard;

/* The hash is another one in each run, so ends cannot be made to meet. */
static uint64_t end_key(const struct sock *sock, const union inet_addr *addr)
{
	struct {
		uint16_t proto, family;
		uint32_t port;
		union inet_addr addr;
	} end = { sock->proto, sock->family, sock->local.port, *addr };

	return hash_bytes(&end, sizeof(end));
}

static bool has_remote(const struct sock *sock)
{
	return !addr_is_any(&sock->remote.addr) || sock->remote.port != 0;
}

static bool is_listener(const struct sock *sock)
{
	switch (sock->proto) {
	case PROTO_TCP:
	case PROTO_SCTP:
		return sock->listening;
	case PROTO_UDP:
	case PROTO_UDPLITE:
		return sock->local.port != 0 && !has_remote(sock);
	default:
		return false;
	}
}

static bool is_connection(const struct sock *sock)
{
	return directions_has(sock->proto) && has_remote(sock);
}

int directions_learn(struct directions *directions, const struct sock *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_listener(&rows[i]) &&
		    !hash64_add(&directions->ends, end_key(&rows[i], &rows[i].local.addr), NULL))
			return -ENOMEM;
	return 0;
}

static bool is_served(const struct directions *directions, const struct sock *sock)
{
	return hash64_find(&directions->ends, end_key(sock, &sock->local.addr)) ||
	       hash64_find(&directions->ends, end_key(sock, &wildcard));
}

static enum sock_direction direction_of(const struct directions *directions,
					const struct sock *sock)
{
	if (memcmp(&sock->local.addr, &sock->remote.addr, sizeof(sock->local.addr)) == 0 ||
	    exposure_is_loopback(sock->family, &sock->local.addr) ||
	    exposure_is_loopback(sock->family, &sock->remote.addr))
		return DIRECTION_LOCAL;
	if (sock->proto == PROTO_TCP && sock->state == TCP_STATE_SYN_SENT)
		return DIRECTION_OUT;
	if (sock->proto == PROTO_TCP && sock->state == TCP_STATE_SYN_RECV)
		return DIRECTION_IN;
	if (directions->unknown & 1u << sock->proto)
		return DIRECTION_UNKNOWN;
	return is_served(directions, sock) ? DIRECTION_IN : DIRECTION_OUT;
}

void directions_apply(const struct directions *directions, struct sock *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rows[i].direction = is_connection(&rows[i]) ? direction_of(directions, &rows[i])
							    : DIRECTION_UNKNOWN;
}

void directions_clear(struct directions *directions)
{
	hash64_clear(&directions->ends);
	directions->unknown = 0;
}

void directions_free(struct directions *directions)
{
	hash64_free(&directions->ends);
}
