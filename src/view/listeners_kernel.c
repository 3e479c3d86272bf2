/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters and settings of accept queues (kernel: SNMP_MIB_SENTINEL tables of net/ipv4/proc.c,
 * Documentation/networking/ip-sysctl.rst). All of them are of the network namespace.
 */
#include "view/listeners_kernel.h"

#include <errno.h>
#include <string.h>

#include "base/env.h"
#include "base/report.h"
#include "kernel/counters.h"
#include "kernel/sysctl.h"

const struct listeners_counter_row listeners_counter_rows[LISTENERS_N_COUNTERS] = {
	[LISTENERS_PASSIVE_OPENS] = { "Tcp", "PassiveOpens",
				      "connections that came through listeners" },
	[LISTENERS_OVERFLOWS] = { "TcpExt", "ListenOverflows", "times an accept queue was full" },
	[LISTENERS_DROPS] = { "TcpExt", "ListenDrops", "what listeners dropped, for any reason" },
	[LISTENERS_SYN_DROPS] = { "TcpExt", "TCPReqQFullDrop",
				  "SYNs dropped for want of room in SYN_RECV" },
	[LISTENERS_SYN_COOKIES] = { "TcpExt", "TCPReqQFullDoCookies",
				    "SYNs answered with a cookie for want of room" },
	[LISTENERS_COOKIES_SENT] = { "TcpExt", "SyncookiesSent", "cookies sent" },
	[LISTENERS_COOKIES_RECEIVED] = { "TcpExt", "SyncookiesRecv", "cookies that came back" },
	[LISTENERS_COOKIES_FAILED] = { "TcpExt", "SyncookiesFailed",
				       "ACKs whose cookie was wrong" },
	[LISTENERS_FAST_OPEN_OVERFLOWS] = { "TcpExt", "TCPFastOpenListenOverflow",
					    "Fast Open requests above a listener's limit" },
	[LISTENERS_DEFER_DROPS] = { "TcpExt", "TCPDeferAcceptDrop",
				    "bare ACKs passed over by TCP_DEFER_ACCEPT" },
};

const struct listeners_setting_row listeners_setting_rows[LISTENERS_N_SETTINGS] = {
	[LISTENERS_SOMAXCONN] = { "net/core/somaxconn", "net.core.somaxconn", "somaxconn",
				  "what listen() grants at most" },
	[LISTENERS_MAX_SYN_BACKLOG] = { "net/ipv4/tcp_max_syn_backlog",
					"net.ipv4.tcp_max_syn_backlog", "tcp_max_syn_backlog",
					"SYN_RECV of a listener without cookies" },
	[LISTENERS_SYNCOOKIES] = { "net/ipv4/tcp_syncookies", "net.ipv4.tcp_syncookies",
				   "tcp_syncookies", "0: no cookies, 1: when full, 2: always" },
	[LISTENERS_ABORT_ON_OVERFLOW] = { "net/ipv4/tcp_abort_on_overflow",
					  "net.ipv4.tcp_abort_on_overflow", "tcp_abort_on_overflow",
					  "1: a full queue resets, 0: it drops" },
};

static void read_file(struct counters *counters, const struct env *env, struct report *report,
		      const char *path)
{
	int err = counters_read(counters, env, path, COUNTERS_PAIRS);

	if (err < 0)
		report_add(report, REPORT_PARTIAL, "the counters in /proc/%s cannot be read: %s",
			   path, strerror(-err));
}

static void set_counter(struct listeners_number *number, bool known, uint64_t value,
			int64_t elapsed_ms)
{
	number->has_rate = known && number->known && value >= number->value && elapsed_ms > 0;
	number->per_1000_s = 0;
	if (number->has_rate)
		number->per_1000_s = (value - number->value) * 1000000 / (uint64_t)elapsed_ms;
	number->known = known;
	number->value = value;
}

static void read_counters(struct listeners_kernel *kernel, const struct env *env,
			  struct report *report, int64_t elapsed_ms)
{
	struct counters counters = { 0 };

	read_file(&counters, env, report, "net/snmp");
	read_file(&counters, env, report, "net/netstat");
	for (size_t i = 0; i < LISTENERS_N_COUNTERS; i++) {
		const struct listeners_counter_row *row = &listeners_counter_rows[i];
		uint64_t value = 0;
		bool known = counters_get(&counters, row->group, row->name, &value);

		set_counter(&kernel->counters[i], known, value, elapsed_ms);
	}
	counters_free(&counters);
}

/* One that is not there is one that this kernel does not have, but for somaxconn: all have it. */
static void read_setting(struct listeners_kernel *kernel, const struct env *env,
			 struct report *report, enum listeners_setting which)
{
	const struct listeners_setting_row *row = &listeners_setting_rows[which];
	struct listeners_number *number = &kernel->settings[which];
	int n = sysctl_numbers(env, row->file, &number->value, 1);

	number->known = n == 1;
	if (n != 1 && (n != -ENOENT || which == LISTENERS_SOMAXCONN))
		report_add(report, REPORT_PARTIAL, "%s cannot be read: %s", row->name,
			   n < 0 ? strerror(-n) : "it is empty");
}

void listeners_kernel_read(struct listeners_kernel *kernel, const struct env *env,
			   struct report *report, bool tcp)
{
	int64_t now_ns = env->now_ns(env);

	kernel->elapsed_ms = kernel->at_ns ? (now_ns - kernel->at_ns) / 1000000 : 0;
	if (tcp)
		read_counters(kernel, env, report, kernel->elapsed_ms);
	for (size_t i = 0; i < LISTENERS_N_SETTINGS; i++)
		if (tcp || i == LISTENERS_SOMAXCONN)
			read_setting(kernel, env, report, i);
	kernel->at_ns = now_ns;
}
