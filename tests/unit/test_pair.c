/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two families from one walk: when they fit, and in which order their rows leave. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/facts.h"
#include "pair.h"
#include "source/diag_inet.h"

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

static void begin_to_take(struct pair *pair)
{
	static const struct sock_sink sink = { .take = take };

	memset(taken, 0, sizeof(taken));
	n_taken = 0;
	*pair = (struct pair){ .sink = &sink };
}

Test(pair, rows_of_ipv6_wait)
{
	static const struct sock_facts facts;
	struct pair pair;
	struct sock rows[6] = { 0 };

	for (int large = 0; large < 2; large++) {
		begin_to_take(&pair);
		for (uint16_t i = 0; i < 6; i++) {
			rows[i] = (struct sock){ .type = SOCK_STREAM, .local.port = i };
			rows[i].family = i % 3 == 1 ? AF_INET6 : AF_INET;
			rows[i].facts = large ? &facts : NULL;
		}
		cr_assert_eq(pair_sink(&pair).take(&pair, rows, 6), 0);
		cr_assert_str_eq(taken, "acdf");
		cr_assert_eq(pair.n_small, large ? 0 : 2);
		cr_assert_eq(pair_hand_on(&pair), 0);
		cr_assert_str_eq(taken, "acdfbe");
		pair_free(&pair);
	}
}

static int refuse(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	(void)rows;
	(void)n;
	return -ECANCELED;
}

Test(pair, who_wants_no_more_gets_no_more)
{
	const struct sock_sink sink = { .take = refuse };
	struct pair pair = { .sink = &sink };
	struct sock row = { .type = SOCK_STREAM, .family = AF_INET6 };

	cr_assert_eq(pair_sink(&pair).take(&pair, &row, 1), 0);
	cr_assert_eq(pair_hand_on(&pair), -ECANCELED);
	pair_free(&pair);
}

Test(pair, too_many_to_wait)
{
	static const struct sock_facts facts;
	struct pair pair;
	struct sock row;

	for (int large = 0; large < 2; large++) {
		size_t room = pair_room(large ? NEED_FACTS : NEED_OWNERS, false);

		begin_to_take(&pair);
		/* What holds rows looks at its limit before it takes some. */
		for (size_t i = 0; i < room; i++) {
			row = (struct sock){ .type = SOCK_STREAM, .family = AF_INET6 };
			row.facts = large ? &facts : NULL;
			cr_assert_eq(pair_sink(&pair).take(&pair, &row, 1), 0);
		}
		cr_assert_not(pair.overflow);
		cr_assert_eq(pair_sink(&pair).take(&pair, &row, 1), 0);
		cr_assert(pair.overflow);
		cr_assert_eq(pair.n_small + pair.large.n, 0);
		cr_assert_eq(pair_hand_on(&pair), 0);
		cr_assert_eq(n_taken, 0);
		pair_free(&pair);
	}
}

/* Whatever sock_diag says of a socket of TCP without attributes asked for is still there. */
Test(pair, nothing_is_lost)
{
	struct sock row, again;
	struct sock_packed packed;
	uint8_t message[72 + 8 + 12 + 8 + 8];
	bool attrs_bad;

	for (unsigned int seed = 1; seed < 5000; seed++) {
		srandom(seed);
		for (size_t i = 0; i < sizeof(message); i++)
			message[i] = (uint8_t)random();
		/* Of some the other end has a scope. */
		if (seed % 3 == 0)
			memcpy(message + 24, "\xfe\x80", 2);
		message[0] = seed & 1 ? AF_INET6 : AF_INET;
		message[1] = (uint8_t)(seed % 13);
		memcpy(message + 72, "\x05\0\x08\0", 4); /* INET_DIAG_SHUTDOWN */
		message[76] &= 3;
		memcpy(message + 80, "\x0c\0\x15\0", 4);  /* INET_DIAG_CGROUP_ID */
		memcpy(message + 92, "\x05\0\x0b\0", 4);  /* INET_DIAG_SKV6ONLY */
		memcpy(message + 100, "\x06\0\x16\0", 4); /* INET_DIAG_SOCKOPT */
		cr_assert_eq(diag_inet_parse(PROTO_TCP, message, sizeof(message), &row, NULL, 0,
					     &attrs_bad),
			     NL_ROW);
		cr_assert(sock_can_pack(&row), "seed %u", seed);
		sock_pack(&packed, &row);
		sock_unpack(&again, &packed);
		cr_assert_eq(memcmp(&again, &row, sizeof(row)), 0, "seed %u", seed);
	}
}
