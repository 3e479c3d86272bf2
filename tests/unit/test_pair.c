/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two families from one walk: when they fit, and in which order their rows leave. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

#include "pair.h"

static struct sock_query v4, v6;
static struct query_cond ports[2], addrs[2], both[2];

static void begin(void)
{
	for (int i = 0; i < 2; i++) {
		ports[i] = (struct query_cond){ .kind = COND_LOCAL_PORT, .low = 1, .high = 9 };
		addrs[i] = (struct query_cond){ .kind = COND_LOCAL_ADDR, .family = AF_INET };
		both[i] = (struct query_cond){ .kind = COND_AND,
					       .left = &ports[i],
					       .right = &addrs[i] };
	}
	v4 = (struct sock_query){ .proto = PROTO_TCP, .family = AF_INET, .states = 6 };
	v6 = v4;
	v6.family = AF_INET6;
	v4.cond = &both[0];
	v6.cond = &both[1];
}

TestSuite(pair, .init = begin);

Test(pair, fits)
{
	cr_assert(pair_fits(&v4, &v6));
	v4.cond = v6.cond = NULL;
	cr_assert(pair_fits(&v4, &v6));
}

Test(pair, fits_not)
{
	cr_assert_not(pair_fits(&v6, &v4));
	v6.states = 4;
	cr_assert_not(pair_fits(&v4, &v6));
	begin();
	v6.needs = NEED_TCP_INFO;
	cr_assert_not(pair_fits(&v4, &v6));
	begin();
	v6.proto = v4.proto = PROTO_UDP;
	cr_assert_not(pair_fits(&v4, &v6));
	begin();
	v4.any_will_do = true;
	cr_assert_not(pair_fits(&v4, &v6));
	begin();
	ports[1].high = 10;
	cr_assert_not(pair_fits(&v4, &v6));
	begin();
	addrs[1].addr.bytes[0] = 1;
	cr_assert_not(pair_fits(&v4, &v6));
	begin();
	both[1].kind = COND_OR;
	cr_assert_not(pair_fits(&v4, &v6));
	begin();
	both[1].right = NULL;
	cr_assert_not(pair_fits(&v4, &v6));
	begin();
	v6.cond = NULL;
	cr_assert_not(pair_fits(&v4, &v6));
}

/* A chain longer than is compared is no pair, and no overflow. */
Test(pair, long_conditions)
{
	static struct query_cond chain[2][200];

	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 200; k++)
			chain[i][k] =
				(struct query_cond){ .kind = COND_NOT,
						     .left = k ? &chain[i][k - 1] : &ports[i] };
	v4.cond = &chain[0][199];
	v6.cond = &chain[1][199];
	cr_assert_not(pair_fits(&v4, &v6));
}

static char taken[64];
static size_t n_taken;

static int take(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		taken[n_taken++ % (sizeof(taken) - 1)] = (char)('a' + rows[i].local.port);
	return 0;
}

Test(pair, rows_of_ipv6_wait)
{
	const struct sock_sink sink = { .take = take };
	struct pair pair = { .sink = &sink };
	struct sock rows[6] = { 0 };

	for (uint16_t i = 0; i < 6; i++) {
		rows[i].local.port = i;
		rows[i].family = i % 3 == 1 ? AF_INET6 : AF_INET;
	}
	cr_assert_eq(pair_take(&pair, rows, 6), 0);
	cr_assert_str_eq(taken, "acdf");
	cr_assert_eq(pair.later.n, 2);
	cr_assert_eq(pair.later.rows[0].local.port, 1);
	cr_assert_eq(pair.later.rows[1].local.port, 4);
	hold_free(&pair.later);
}

Test(pair, too_many_to_wait)
{
	const struct sock_sink sink = { .take = take };
	struct pair pair = { .sink = &sink };
	struct sock row;

	for (int i = 0; i < HOLD_MAX_ROWS + 5; i++) {
		row = (struct sock){ .family = AF_INET6 };
		cr_assert_eq(pair_take(&pair, &row, 1), 0);
	}
	cr_assert(pair.overflow);
	cr_assert_eq(pair.later.n, 0);
	hold_free(&pair.later);
}
