/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters that -s shows, from the files that netstat takes them from: /proc/net/snmp, netstat
 * and sctp/snmp for IPv4 and for all that has no family; snmp6, and TCP from snmp, for IPv6.
 */
#ifndef LSSOCK_VIEW_STATISTICS_READ_H
#define LSSOCK_VIEW_STATISTICS_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counters;
struct env;
struct report;

struct statistics_query {
	bool inet4, inet6; /* at least one */
	uint32_t protos;   /* 1 << enum sock_proto of those named; 0: all */
	bool inet6_named;  /* say so when there is no IPv6 */
	bool unique; /* for data: each counter once and groups in one piece; doubles are told */
};

/*
 * Appends what there is, groups in the order of the output. Counters of files without groups get
 * those of netstat: "Sctp", and of snmp6 the name up to its first 6 ("Icmp6"). Groups of other
 * protocols may be among them. What is missing is reported: a failure where there is nothing at
 * all. 0 or -ENOMEM.
 */
int statistics_read(const struct statistics_query *query, const struct env *env,
		    struct report *report, struct counters *out);

#endif
