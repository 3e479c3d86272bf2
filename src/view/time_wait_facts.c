/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings (kernel: ip-sysctl.rst) and counters (net/ipv4/proc.c) around TIME_WAIT. */
#include "view/time_wait_facts.h"

#include <errno.h>

#include "kernel/counters.h"
#include "kernel/sysctl.h"

static struct time_wait_number setting(const struct env *env, const char *name)
{
	struct time_wait_number number = { 0 };

	number.known = sysctl_number(env, name, &number.value);
	return number;
}

static struct time_wait_number counter(const struct counters *counters, const char *group,
				       const char *name)
{
	struct time_wait_number number = { 0 };

	number.known = counters_get(counters, group, name, &number.value);
	return number;
}

static void read_ports(struct time_wait_facts *facts, const struct env *env)
{
	struct port_set reserved = { 0 };
	uint32_t n;

	facts->range_known = sysctl_port_range(env, &facts->low, &facts->high);
	facts->reserved_known = sysctl_reserved_ports(env, &reserved) == 0;
	n = facts->low <= facts->high ? (uint32_t)(facts->high - facts->low) + 1 : 0;
	facts->reserved = n ? port_set_count(&reserved, facts->low, facts->high) : 0;
	facts->capacity = n - facts->reserved;
}

int time_wait_facts_read(struct time_wait_facts *facts, const struct env *env)
{
	struct counters counters = { 0 };
	int err, sockstat_err;

	*facts = (struct time_wait_facts){
		.tw_reuse = setting(env, "net/ipv4/tcp_tw_reuse"),
		.tw_reuse_delay_ms = setting(env, "net/ipv4/tcp_tw_reuse_delay"),
		.timestamps = setting(env, "net/ipv4/tcp_timestamps"),
		.fin_timeout_s = setting(env, "net/ipv4/tcp_fin_timeout"),
		.max_buckets = setting(env, "net/ipv4/tcp_max_tw_buckets"),
	};
	read_ports(facts, env);
	err = counters_read(&counters, env, "net/netstat", COUNTERS_PAIRS);
	sockstat_err = counters_read(&counters, env, "net/sockstat", COUNTERS_GROUPS);
	facts->overflows = counter(&counters, "TcpExt", "TCPTimeWaitOverflow");
	facts->entered = counter(&counters, "TcpExt", "TW");
	facts->recycled = counter(&counters, "TcpExt", "TWRecycled");
	facts->entered_short = counter(&counters, "TcpExt", "TWKilled");
	facts->buckets = counter(&counters, "TCP", "tw");
	counters_free(&counters);
	return err == -ENOMEM || sockstat_err == -ENOMEM ? -ENOMEM : 0;
}
