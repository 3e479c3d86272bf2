/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -a, -l and neither, and that the kernel is never asked for less than is shown. */
#include <criterion/criterion.h>
#include <sys/socket.h>

#include "filter/select.h"
#include "model/special.h"

static const struct sock population[] = {
	{ .proto = PROTO_TCP, .state = TCP_STATE_LISTEN, .listening = true },
	{ .proto = PROTO_TCP, .state = TCP_STATE_ESTABLISHED },
	{ .proto = PROTO_TCP, .state = TCP_STATE_TIME_WAIT },
	{ .proto = PROTO_UDP, .state = TCP_STATE_CLOSE },
	{ .proto = PROTO_UDP, .state = TCP_STATE_ESTABLISHED, .remote = { .addr.bytes = { 127 } } },
	{ .proto = PROTO_RAW, .state = TCP_STATE_CLOSE },
	{ .proto = PROTO_RAW, .state = TCP_STATE_ESTABLISHED, .remote = { .addr.bytes = { 127 } } },
	{ .proto = PROTO_SCTP, .state = TCP_STATE_LISTEN, .listening = true },
	{ .proto = PROTO_SCTP, .state = TCP_STATE_CLOSE },
	{ .proto = PROTO_SCTP, .state = SCTP_STATE_ESTABLISHED, .sctp_assoc = true },
	{ .proto = PROTO_UNIX, .state = UNIX_STATE_UNCONNECTED, .listening = true },
	{ .proto = PROTO_UNIX, .state = UNIX_STATE_UNCONNECTED },
	{ .proto = PROTO_UNIX, .state = UNIX_STATE_CONNECTED },
};
enum { N = sizeof(population) / sizeof(population[0]) };

/* The state as sock_diag's bit; unix_diag speaks of TCP's states. */
static uint32_t diag_bit(const struct sock *sock)
{
	if (sock->proto != PROTO_UNIX)
		return 1u << sock->state;
	if (sock->listening)
		return 1u << TCP_STATE_LISTEN;
	return 1u << (sock->state == UNIX_STATE_CONNECTED ? TCP_STATE_ESTABLISHED
							  : TCP_STATE_CLOSE);
}

static size_t run(enum select_mode mode, struct sock *rows)
{
	for (size_t i = 0; i < N; i++)
		rows[i] = population[i];
	return select_rows(mode, rows, N);
}

Test(select, modes_divide_all)
{
	struct sock rows[N];
	size_t listeners = run(SELECT_LISTENERS, rows);

	cr_assert_eq(listeners, 6);
	for (size_t i = 0; i < listeners; i++)
		cr_assert(rows[i].listening || rows[i].state == TCP_STATE_CLOSE);
	cr_assert_eq(run(SELECT_CONNECTED, rows), N - listeners);
	cr_assert_eq(rows[0].state, TCP_STATE_ESTABLISHED);
	cr_assert_eq(run(SELECT_ALL, rows), N);
}

Test(select, kernel_is_asked_for_all_that_is_kept)
{
	for (int mode = SELECT_CONNECTED; mode <= SELECT_ALL; mode++) {
		struct sock rows[N];
		size_t n = run(mode, rows);

		for (size_t i = 0; i < n; i++)
			cr_assert(select_states(mode, rows[i].proto) & diag_bit(&rows[i]),
				  "mode %d row %zu", mode, i);
	}
}

Test(select, listening_never_walks_the_connections)
{
	cr_assert_eq(select_states(SELECT_LISTENERS, PROTO_TCP), 1u << TCP_STATE_LISTEN);
	cr_assert_eq(select_states(SELECT_ALL, PROTO_TCP), 0xffe);
}

/* What neither listens nor connects is always shown; what does is divided. */
Test(select, other_families)
{
	static const struct sock rows[] = {
		{ .proto = PROTO_PACKET, .state = TCP_STATE_CLOSE },
		{ .proto = PROTO_NETLINK, .state = TCP_STATE_CLOSE },
		{ .proto = PROTO_XDP, .state = TCP_STATE_CLOSE },
		{ .proto = PROTO_MPTCP, .state = TCP_STATE_LISTEN, .listening = true },
		{ .proto = PROTO_VSOCK, .state = TCP_STATE_LISTEN, .listening = true },
		{ .proto = PROTO_VSOCK, .state = TCP_STATE_CLOSE },
		{ .proto = PROTO_PING, .state = TCP_STATE_CLOSE },
	};
	enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct sock copy[N_ROWS];

	memcpy(copy, rows, sizeof(rows));
	cr_assert_eq(select_rows(SELECT_LISTENERS, copy, N_ROWS), 6);
	memcpy(copy, rows, sizeof(rows));
	cr_assert_eq(select_rows(SELECT_CONNECTED, copy, N_ROWS), 4);
}

Test(select, types)
{
	static const uint16_t types[PROTO_COUNT] = {
		[PROTO_UNIX] = SELECT_TYPE(SOCK_STREAM) | SELECT_TYPE(SOCK_SEQPACKET),
	};
	struct sock rows[] = {
		{ .proto = PROTO_UNIX, .type = SOCK_STREAM },
		{ .proto = PROTO_UNIX, .type = SOCK_DGRAM },
		{ .proto = PROTO_TCP, .type = SOCK_STREAM },
		{ .proto = PROTO_UNIX, .type = SOCK_SEQPACKET },
		{ .proto = PROTO_UNIX, .type = 0 },
	};

	cr_assert_eq(select_types(types, rows, 5), 3);
	cr_assert_eq(rows[1].proto, PROTO_TCP);
	cr_assert_eq(rows[2].type, SOCK_SEQPACKET);
}

Test(select, protocols_of_bluetooth)
{
	static const struct sock_special l2cap = { .protocol = 0 }, rfcomm = { .protocol = 3 };
	const uint16_t types[PROTO_COUNT] = { [PROTO_BLUETOOTH] = SELECT_TYPE(3) };
	struct sock rows[] = {
		{ .proto = PROTO_BLUETOOTH, .special = &l2cap },
		{ .proto = PROTO_BLUETOOTH, .special = &rfcomm },
		{ .proto = PROTO_TCP, .type = SOCK_STREAM },
	};

	cr_assert_eq(select_types(types, rows, 3), 2);
	cr_assert_eq(rows[0].special, &rfcomm);
	cr_assert_eq(rows[1].proto, PROTO_TCP);
}
