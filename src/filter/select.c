/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netstat's choice between listeners and connections. */
#include "filter/select.h"

#include <stdbool.h>

#include "model/special.h"

enum { STATE_LISTEN = 1 << TCP_STATE_LISTEN, STATE_CLOSE = 1 << TCP_STATE_CLOSE };

uint32_t select_states(enum select_mode mode, enum sock_proto proto)
{
	uint32_t listeners;

	switch (proto) {
	case PROTO_TCP:
	case PROTO_UNIX:
	case PROTO_MPTCP:
		listeners = STATE_LISTEN;
		break;
	case PROTO_PING:
		listeners = STATE_CLOSE;
		break;
	case PROTO_SCTP: /* endpoints; the other states are those of associations */
		listeners = STATE_LISTEN | STATE_CLOSE;
		break;
	default: /* unconnected datagram sockets, which netstat counts as servers */
		if (proto_is_further(proto))
			return TCP_STATES_ALL; /* of these there are never many */
		listeners = STATE_CLOSE;
		break;
	}
	if (mode == SELECT_ALL)
		return TCP_STATES_ALL;
	return mode == SELECT_LISTENERS ? listeners : TCP_STATES_ALL & ~listeners;
}

/* Sockets that neither listen nor connect: they take what comes, whoever sends it. */
static bool is_neither(const struct sock *sock)
{
	return sock->proto == PROTO_PACKET || sock->proto == PROTO_NETLINK ||
	       sock->proto == PROTO_XDP || sock->proto == PROTO_BLUETOOTH ||
	       sock->proto == PROTO_KCM || sock->proto == PROTO_KEY || sock->proto == PROTO_CAN;
}

static bool is_server(const struct sock *sock)
{
	switch (sock->proto) {
	case PROTO_TCP:
	case PROTO_UNIX:
	case PROTO_MPTCP:
	case PROTO_DCCP:
	case PROTO_SMC:
	case PROTO_VSOCK:
	case PROTO_TIPC:
	case PROTO_PHONET:
	case PROTO_PPPOE:
	case PROTO_L2TP:
		return sock->listening;
	case PROTO_SCTP:
		return !sock->sctp_assoc;
	default:
		return addr_is_any(&sock->remote.addr);
	}
}

size_t select_rows(enum select_mode mode, struct sock *rows, size_t n)
{
	size_t kept = 0;

	if (mode == SELECT_ALL)
		return n;
	for (size_t i = 0; i < n; i++) {
		if (!is_neither(&rows[i]) && is_server(&rows[i]) != (mode == SELECT_LISTENERS))
			continue;
		if (kept != i)
			rows[kept] = rows[i];
		kept++;
	}
	return kept;
}

/* The kernel tells no type of a Bluetooth socket, but of which protocol it is. */
static uint16_t type_of(const struct sock *sock)
{
	bool by_protocol = sock->proto == PROTO_BLUETOOTH && sock->special;

	return SELECT_TYPE(by_protocol ? sock->special->protocol : sock->type);
}

size_t select_types(const uint16_t types[PROTO_COUNT], struct sock *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t wanted = types[rows[i].proto];

		if (wanted && !(wanted & type_of(&rows[i])))
			continue;
		if (kept != i)
			rows[kept] = rows[i];
		kept++;
	}
	return kept;
}
