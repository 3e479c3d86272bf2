/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many sockets a table is expected to have, by what the kernel counts. */
#include <criterion/criterion.h>

#include <sys/socket.h>

#include "expected.h"
#include "model/proto.h"
#include "proc_dir.h"

#define BIT(state) (1u << TCP_STATE_##state)

static uint64_t rows(enum sock_proto proto, uint8_t family, uint32_t states)
{
	const struct sock_query query = { .proto = proto, .family = family, .states = states };
	struct expected expected = { .is_read = false };
	uint64_t n = UINT64_MAX;

	if (!expected_rows(&expected, &proc_dir_env, &query, &n))
		n = UINT64_MAX;
	expected_free(&expected);
	return n;
}

Test(expected, by_state, .init = proc_dir_begin, .fini = proc_dir_end)
{
	const uint32_t all = TCP_STATES_ALL;

	proc_dir_put_text("net/sockstat",
			  "sockets: used 99\nTCP: inuse 5 orphan 0 tw 7 alloc 9 mem 1\n"
			  "UDP: inuse 3 mem 2\nRAW: inuse 0\n");
	proc_dir_put_text("net/sockstat6", "TCP6: inuse 2\nUDP6: inuse 0\n");
	cr_assert_eq(rows(PROTO_TCP, AF_INET, all), 12);
	cr_assert_eq(rows(PROTO_TCP, AF_INET6, all), 9, "TIME_WAIT is of both families");
	cr_assert_eq(rows(PROTO_TCP, AF_INET, BIT(TIME_WAIT)), 7);
	/* The small socket that waits in FIN_WAIT2 is counted as one that waits in TIME_WAIT. */
	cr_assert_eq(rows(PROTO_TCP, AF_INET, BIT(FIN_WAIT2)), 12);
	cr_assert_eq(rows(PROTO_TCP, AF_INET, BIT(ESTABLISHED) | BIT(LISTEN)), 5);
	cr_assert_eq(rows(PROTO_TCP, AF_INET, all | BIT(BOUND_INACTIVE)), UINT64_MAX);
	cr_assert_eq(rows(PROTO_UDP, AF_INET, UINT32_MAX), 3);
	cr_assert_eq(rows(PROTO_UDP, AF_INET6, UINT32_MAX), 0);
	cr_assert_eq(rows(PROTO_RAW, AF_INET, UINT32_MAX), 0);
	cr_assert_eq(rows(PROTO_RAW, AF_INET6, UINT32_MAX), UINT64_MAX);
	cr_assert_eq(rows(PROTO_SCTP, AF_INET, UINT32_MAX), UINT64_MAX);
}

Test(expected, nothing_to_read, .init = proc_dir_begin, .fini = proc_dir_end)
{
	cr_assert_eq(rows(PROTO_TCP, AF_INET, TCP_STATES_ALL), UINT64_MAX);
	proc_dir_put_text("net/sockstat", "TCP: inuse 5 orphan 0\n");
	cr_assert_eq(rows(PROTO_TCP, AF_INET, TCP_STATES_ALL), UINT64_MAX);
}

static bool both(uint32_t states, uint64_t *n, uint64_t *likely6)
{
	const struct sock_query query = { .proto = PROTO_TCP, .family = AF_INET, .states = states };
	struct expected expected = { .is_read = false };
	bool known = expected_both(&expected, &proc_dir_env, &query, n, likely6);

	expected_free(&expected);
	return known;
}

Test(expected, both_families, .init = proc_dir_begin, .fini = proc_dir_end)
{
	uint64_t n, likely6;

	cr_assert(!both(TCP_STATES_ALL, &n, &likely6));
	proc_dir_put_text("net/sockstat", "TCP: inuse 300 orphan 0 tw 1000 alloc 9 mem 1\n");
	cr_assert(!both(TCP_STATES_ALL, &n, &likely6), "IPv6 is not counted");
	proc_dir_put_text("net/sockstat6", "TCP6: inuse 100\n");
	cr_assert(both(TCP_STATES_ALL, &n, &likely6));
	cr_assert_eq(n, 1400, "TIME_WAIT is there once");
	cr_assert_eq(likely6, 350);
	cr_assert(both(BIT(TIME_WAIT), &n, &likely6));
	cr_assert_eq(n, 1000);
	cr_assert_eq(likely6, 250);
	cr_assert(both(BIT(ESTABLISHED), &n, &likely6));
	cr_assert_eq(n, 400);
	cr_assert_eq(likely6, 100);
	cr_assert(!both(TCP_STATES_ALL | BIT(BOUND_INACTIVE), &n, &likely6));
	proc_dir_put_text("net/sockstat", "TCP: inuse 0 orphan 0 tw 1000 alloc 9 mem 1\n");
	proc_dir_put_text("net/sockstat6", "TCP6: inuse 0\n");
	cr_assert(both(TCP_STATES_ALL, &n, &likely6));
	cr_assert_eq(n, 1000);
	cr_assert_eq(likely6, 0);
}
