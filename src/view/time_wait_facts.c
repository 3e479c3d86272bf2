/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings (kernel: ip-sysctl.rst) and counters (net/ipv4/proc.c) around TIME_WAIT. */
#include "view/time_wait_facts.h"

#include <errno.h>

#include "base/report.h"
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

	facts->range_known = sysctl_port_range(env, &facts->low, &facts->high);
	facts->reserved_known = sysctl_reserved_ports(env, &reserved) == 0;
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

void time_wait_facts_report(const struct time_wait_facts *facts, struct report *report)
{
	/* In the words of --ports, which reads it too. */
	if (!facts->reserved_known)
		report_add(report, REPORT_PARTIAL,
			   "net.ipv4.ip_local_reserved_ports cannot be read: none is assumed");
	/* tcp_tw_reuse_delay is not among them: older kernels have none. */
	const struct {
		const char *name;
		const struct time_wait_number *number;
	} settings[] = {
		{ "tcp_tw_reuse", &facts->tw_reuse },
		{ "tcp_timestamps", &facts->timestamps },
		{ "tcp_fin_timeout", &facts->fin_timeout_s },
		{ "tcp_max_tw_buckets", &facts->max_buckets },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!settings[i].number->known)
			report_add(report, REPORT_PARTIAL, "net.ipv4.%s cannot be read",
				   settings[i].name);
	if (!facts->overflows.known && !facts->entered.known)
		report_add(report, REPORT_PARTIAL,
			   "the counters of TIME_WAIT in /proc/net/netstat cannot be read");
	if (!facts->buckets.known)
		report_add(report, REPORT_PARTIAL,
			   "the TIME_WAIT buckets in use cannot be read from /proc/net/sockstat");
}
