/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc/net/sockstat and sockstat6 count of the tables of this namespace. */
#include "expected.h"

#include <sys/socket.h>

#include "base/env.h"

static void read_counters(struct expected *expected, const struct env *env)
{
	expected->is_read = true;
	if (counters_read(&expected->counters, env, "net/sockstat", COUNTERS_GROUPS) == 0)
		counters_read(&expected->counters, env, "net/sockstat6", COUNTERS_GROUPS);
}

/* Stubs in FIN_WAIT2 are counted with those in TIME_WAIT. */
static const uint32_t STUBS = 1u << TCP_STATE_TIME_WAIT | 1u << TCP_STATE_FIN_WAIT2;

/* Whether any but stubs are asked for. */
static bool asks_for_full(const struct sock_query *query)
{
	return query->states & TCP_STATES_ALL & ~(1u << TCP_STATE_TIME_WAIT);
}

bool expected_rows(struct expected *expected, const struct env *env, const struct sock_query *query,
		   uint64_t *n)
{
	static const char *const groups[PROTO_COUNT][2] = {
		[PROTO_TCP] = { "TCP", "TCP6" },
		[PROTO_UDP] = { "UDP", "UDP6" },
		[PROTO_UDPLITE] = { "UDPLITE", "UDPLITE6" },
		[PROTO_RAW] = { "RAW", "RAW6" },
	};
	const char *group = groups[query->proto][query->family == AF_INET6];
	uint64_t waiting;

	if (!group ||
	    (query->proto == PROTO_TCP && (query->states & 1u << TCP_STATE_BOUND_INACTIVE)))
		return false;
	if (!expected->is_read)
		read_counters(expected, env);
	if (!counters_get(&expected->counters, group, "inuse", n))
		return false;
	if (query->proto != PROTO_TCP)
		return true;
	if (!counters_get(&expected->counters, "TCP", "tw", &waiting))
		return false;
	if (!asks_for_full(query))
		*n = 0;
	if (query->states & STUBS)
		*n += waiting;
	return true;
}

bool expected_both(struct expected *expected, const struct env *env, const struct sock_query *query,
		   uint64_t *n, uint64_t *likely6)
{
	const struct counters *counters = &expected->counters;
	uint64_t v4, v6, waiting, in_use;

	/* Reads the counters, and knows what they do not count. */
	if (!expected_rows(expected, env, query, n) ||
	    !counters_get(counters, "TCP", "inuse", &v4) ||
	    !counters_get(counters, "TCP6", "inuse", &v6) ||
	    !counters_get(counters, "TCP", "tw", &waiting))
		return false;
	in_use = v4 + v6;
	*n = asks_for_full(query) ? in_use : 0;
	*likely6 = asks_for_full(query) ? v6 : 0;
	if (query->states & STUBS) {
		*n += waiting;
		if (in_use)
			*likely6 += (uint64_t)((double)waiting * (double)v6 / (double)in_use);
	}
	return true;
}

void expected_forget(struct expected *expected)
{
	counters_clear(&expected->counters);
	expected->is_read = false;
}

void expected_free(struct expected *expected)
{
	counters_free(&expected->counters);
}
