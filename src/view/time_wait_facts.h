/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this host is set to and has counted where TIME_WAIT is concerned. What ports there are is in
 * view/ports_sums.h. */
#ifndef LSSOCK_VIEW_TIME_WAIT_FACTS_H
#define LSSOCK_VIEW_TIME_WAIT_FACTS_H

#include <stdbool.h>
#include <stdint.h>

struct env;
struct report;

/* A number that may not be known. */
struct time_wait_number {
	bool known;
	uint64_t value;
};

/* Settings are those of net.ipv4, counters those of this network namespace since it began. */
struct time_wait_facts {
	uint16_t low, high; /* ip_local_port_range */
	bool range_known, reserved_known;
	struct time_wait_number tw_reuse, tw_reuse_delay_ms, timestamps, fin_timeout_s;
	struct time_wait_number max_buckets;   /* tcp_max_tw_buckets */
	struct time_wait_number buckets;       /* in use, as the kernel counts them */
	struct time_wait_number overflows;     /* TcpExt TCPTimeWaitOverflow */
	struct time_wait_number entered;       /* TcpExt TW: counted when it begins */
	struct time_wait_number recycled;      /* TcpExt TWRecycled: taken again by connect() */
	struct time_wait_number entered_short; /* TcpExt TWKilled: begun for 4 s or less */
};

/* Reads all of it; what cannot be read is not known. 0 or -ENOMEM. */
int time_wait_facts_read(struct time_wait_facts *facts, const struct env *env);

/* Reports settings and files of counters that could not be read, as partial; not those of ports. */
void time_wait_facts_report(const struct time_wait_facts *facts, struct report *report);

#endif
