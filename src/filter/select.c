/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netstat's choice between listeners and connections. */
#include "filter/select.h"

#include <stdbool.h>

enum { STATE_LISTEN = 1 << TCP_STATE_LISTEN, STATE_CLOSE = 1 << TCP_STATE_CLOSE };

uint32_t select_states(enum select_mode mode, enum sock_proto proto)
{
	uint32_t listeners;

	switch (proto) {
	case PROTO_TCP:
	case PROTO_UNIX:
		listeners = STATE_LISTEN;
		break;
	case PROTO_SCTP: /* endpoints; the other states are those of associations */
		listeners = STATE_LISTEN | STATE_CLOSE;
		break;
	default: /* unconnected datagram sockets, which netstat counts as servers */
		listeners = STATE_CLOSE;
		break;
	}
	if (mode == SELECT_ALL)
		return TCP_STATES_ALL;
	return mode == SELECT_LISTENERS ? listeners : TCP_STATES_ALL & ~listeners;
}

static bool is_server(const struct sock *sock)
{
	switch (sock->proto) {
	case PROTO_TCP:
	case PROTO_UNIX:
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
		if (is_server(&rows[i]) != (mode == SELECT_LISTENERS))
			continue;
		if (kept != i)
			rows[kept] = rows[i];
		kept++;
	}
	return kept;
}
