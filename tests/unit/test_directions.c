/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who began a connection, by the listeners and not by the number of the port. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

#include "enrich/directions.h"

static struct sock row(enum sock_proto proto, const char *local, uint16_t port, const char *remote,
		       uint16_t remote_port)
{
	struct sock sock = {
		.proto = (uint8_t)proto,
		.family = strchr(local, ':') ? AF_INET6 : AF_INET,
		.state = TCP_STATE_ESTABLISHED,
		.local.port = port,
		.remote.port = remote_port,
	};

	inet_pton(sock.family, local, &sock.local.addr);
	if (remote)
		inet_pton(sock.family, remote, &sock.remote.addr);
	return sock;
}

static struct sock listener(const char *local, uint16_t port)
{
	struct sock sock = row(PROTO_TCP, local, port, NULL, 0);

	sock.state = TCP_STATE_LISTEN;
	sock.listening = true;
	return sock;
}

static int direction(const struct directions *directions, struct sock sock)
{
	directions_apply(directions, &sock, 1);
	return sock.direction;
}

Test(directions, by_listeners)
{
	struct directions directions = { 0 };
	const struct sock rows[] = {
		listener("0.0.0.0", 50000),
		listener("192.0.2.1", 443),
		listener("::", 80),
		row(PROTO_UDP, "0.0.0.0", 53, NULL, 0),
		row(PROTO_UDP, "192.0.2.1", 5000, "192.0.2.9", 53), /* no listener */
	};

	cr_assert_eq(directions_learn(&directions, rows, 5), 0);
	/* A high port that is served, and a low one that is not. */
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "192.0.2.1", 50000, "192.0.2.9", 80)),
		     DIRECTION_IN);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "192.0.2.1", 22, "192.0.2.9", 50000)),
		     DIRECTION_OUT);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "192.0.2.1", 443, "192.0.2.9", 999)),
		     DIRECTION_IN);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "192.0.2.2", 443, "192.0.2.9", 999)),
		     DIRECTION_OUT, "a listener on another address is not its listener");
	cr_assert_eq(direction(&directions,
			       row(PROTO_TCP, "::ffff:192.0.2.1", 80, "::ffff:192.0.2.9", 999)),
		     DIRECTION_IN);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "192.0.2.1", 80, "192.0.2.9", 999)),
		     DIRECTION_OUT, "what [::] accepts is of its family");
	cr_assert_eq(direction(&directions, row(PROTO_UDP, "192.0.2.1", 53, "192.0.2.9", 999)),
		     DIRECTION_IN);
	cr_assert_eq(direction(&directions, row(PROTO_UDP, "192.0.2.1", 443, "192.0.2.9", 999)),
		     DIRECTION_OUT, "protocols are apart");
	cr_assert_eq(direction(&directions, row(PROTO_UDP, "192.0.2.1", 5000, "192.0.2.9", 53)),
		     DIRECTION_OUT);
	directions_clear(&directions);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "192.0.2.1", 443, "192.0.2.9", 999)),
		     DIRECTION_OUT);
	directions_free(&directions);
}

Test(directions, both_ends_here)
{
	struct directions directions = { 0 };
	const struct sock server = listener("0.0.0.0", 80);

	cr_assert_eq(directions_learn(&directions, &server, 1), 0);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "127.0.0.1", 80, "127.0.0.1", 999)),
		     DIRECTION_LOCAL);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "192.0.2.1", 80, "192.0.2.1", 999)),
		     DIRECTION_LOCAL);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "192.0.2.1", 999, "127.0.0.9", 80)),
		     DIRECTION_LOCAL);
	cr_assert_eq(direction(&directions, row(PROTO_TCP, "::1", 999, "::1", 80)),
		     DIRECTION_LOCAL);
	directions_free(&directions);
}

Test(directions, not_known_and_none)
{
	struct directions directions = { .unknown = 1u << PROTO_TCP };
	struct sock sock = row(PROTO_TCP, "192.0.2.1", 80, "192.0.2.9", 999);

	cr_assert_eq(direction(&directions, sock), DIRECTION_UNKNOWN);
	sock.state = TCP_STATE_SYN_SENT;
	cr_assert_eq(direction(&directions, sock), DIRECTION_OUT);
	sock.state = TCP_STATE_SYN_RECV;
	cr_assert_eq(direction(&directions, sock), DIRECTION_IN);
	cr_assert_eq(direction(&directions, row(PROTO_UDP, "192.0.2.1", 80, "192.0.2.9", 999)),
		     DIRECTION_OUT, "what is not known of one protocol is known of another");
	cr_assert_eq(direction(&directions, listener("0.0.0.0", 80)), DIRECTION_UNKNOWN);
	cr_assert_eq(direction(&directions, row(PROTO_UDP, "0.0.0.0", 80, NULL, 0)),
		     DIRECTION_UNKNOWN);
	cr_assert_eq(direction(&directions, row(PROTO_RAW, "192.0.2.1", 1, "192.0.2.9", 0)),
		     DIRECTION_UNKNOWN);
	cr_assert_eq(direction(&directions, (struct sock){ .proto = PROTO_UNIX }),
		     DIRECTION_UNKNOWN);
	directions_free(&directions);
}
