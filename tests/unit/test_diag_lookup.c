/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which conditions name one connection. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

#include "source/diag_lookup.h"

static struct query_cond conds[8];

static const struct query_cond *port(size_t i, enum query_cond_kind kind, uint16_t low,
				     uint16_t high)
{
	conds[i] = (struct query_cond){ .kind = kind, .low = low, .high = high };
	return &conds[i];
}

static const struct query_cond *addr(size_t i, enum query_cond_kind kind, const char *text,
				     uint8_t prefix)
{
	conds[i] = (struct query_cond){ .kind = kind,
					.family = strchr(text, ':') ? AF_INET6 : AF_INET,
					.prefix = prefix };
	cr_assert_eq(inet_pton(conds[i].family, text, conds[i].addr.bytes), 1);
	return &conds[i];
}

static const struct query_cond *join(size_t i, enum query_cond_kind kind,
				     const struct query_cond *left, const struct query_cond *right)
{
	conds[i] = (struct query_cond){ .kind = kind, .left = left, .right = right };
	return &conds[i];
}

/* All four parts, the last one as given. */
static const struct query_cond *tuple_with(const struct query_cond *last)
{
	const struct query_cond *ports = join(5, COND_AND, port(0, COND_LOCAL_PORT, 40000, 40000),
					      port(1, COND_REMOTE_PORT, 443, 443));

	return join(7, COND_AND, join(6, COND_AND, addr(2, COND_LOCAL_ADDR, "10.0.0.1", 32), last),
		    ports);
}

Test(diag_lookup, a_tuple)
{
	struct diag_tuple tuple;

	cr_assert(diag_tuple_of(tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32)), AF_INET,
				&tuple));
	cr_assert_eq(tuple.local_port, 40000);
	cr_assert_eq(tuple.remote_port, 443);
	cr_assert_eq(tuple.local.bytes[0], 10);
	cr_assert_eq(tuple.remote.bytes[3], 7);
	cr_assert_not(diag_tuple_of(&conds[7], AF_INET6, &tuple));
}

Test(diag_lookup, what_is_none)
{
	struct diag_tuple tuple;

	cr_assert_not(diag_tuple_of(NULL, AF_INET, &tuple));
	cr_assert_not(diag_tuple_of(tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.0", 24)), AF_INET,
				    &tuple));
	cr_assert_not(
		diag_tuple_of(tuple_with(port(3, COND_REMOTE_PORT, 443, 443)), AF_INET, &tuple));
	cr_assert_not(diag_tuple_of(
		tuple_with(join(4, COND_NOT, addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32), NULL)),
		AF_INET, &tuple));
	tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32));
	conds[7].kind = COND_OR;
	cr_assert_not(diag_tuple_of(&conds[7], AF_INET, &tuple));
	conds[7].kind = COND_AND;
	conds[1].high++;
	cr_assert_not(diag_tuple_of(&conds[7], AF_INET, &tuple));
	conds[1].low = conds[1].high = 0; /* no connection has it */
	cr_assert_not(diag_tuple_of(&conds[7], AF_INET, &tuple));
}

/* A range beside the exact port does not hide it. */
Test(diag_lookup, more_conditions)
{
	struct diag_tuple tuple;
	const struct query_cond range = { .kind = COND_LOCAL_PORT, .low = 1, .high = 50000 };
	const struct query_cond *whole = tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32));
	const struct query_cond more = { .kind = COND_AND, .left = &range, .right = whole };
	const struct query_cond less = { .kind = COND_AND, .left = whole, .right = &range };

	cr_assert(diag_tuple_of(&more, AF_INET, &tuple));
	cr_assert_eq(tuple.local_port, 40000);
	cr_assert(diag_tuple_of(&less, AF_INET, &tuple));
	cr_assert_eq(tuple.local_port, 40000);
}
