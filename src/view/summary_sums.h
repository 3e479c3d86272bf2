/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of --summary, made of rows and of what the kernel counts itself. Nothing is printed
 * here. Memory does not grow.
 *
 * Where no expression and no family chooses, two states of TCP and the protocols below are not
 * listed at all, because the kernel counts them for each network namespace:
 *
 *	ESTABLISHED	Tcp CurrEstab of net/snmp, which includes CLOSE_WAIT since Linux 6.10 (and
 *			in stable kernels of that time, so that no version tells); TCP inuse of
 *			net/sockstat shows which of the two it is
 *	TIME_WAIT	TCP tw of net/sockstat (namespaces apart since Linux 4.10), which includes
 *			the small entries that stand for closed sockets in FIN_WAIT2
 *	UDP, RAW ...	inuse of net/sockstat and net/sockstat6
 *
 * Known limit: rows and counters are read one after the other, so that on a busy host a socket may
 * be seen in two states or in none.
 */
#ifndef LSSOCK_VIEW_SUMMARY_SUMS_H
#define LSSOCK_VIEW_SUMMARY_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/counters.h"
#include "model/proto.h"
#include "model/sock.h"

struct env;
struct report;
struct view_config;

enum { SUMMARY_STATES = TCP_STATE_CLOSING + 1 };

struct summary_number {
	uint64_t value;
	bool known;
};

/* What is counted. */
struct summary_scope {
	uint32_t protos; /* 1 << enum sock_proto */
	bool inet4, inet6;
	bool by_counters; /* the kernel counts what is not listed */
};

/* What a listener's queue was seen to hold. */
struct summary_queue {
	bool known; /* there is a listener with connections waiting */
	uint8_t family;
	struct endpoint end;
	uint32_t used;
	struct summary_number limit; /* as given to listen(), cut by the kernel to somaxconn */
};

/* As many may wait; the limit is known. The kernel lets one more wait than it says. */
static inline uint64_t summary_queue_capacity(const struct summary_queue *queue)
{
	return queue->limit.value + 1;
}

struct summary_sums {
	/* Of this network namespace. */
	struct summary_number tcp[SUMMARY_STATES]; /* by enum tcp_state; 0 is none */
	struct summary_number tcp_all;
	uint64_t fin_wait2_entries; /* of TCP_STATE_FIN_WAIT2: the small ones that TIME_WAIT's
				       counter includes */
	struct summary_number tcp_orphans;          /* without a process, not yet closed */
	struct summary_number inet[PROTO_COUNT][2]; /* UDP, UDPLITE, RAW: IPv4 and IPv6 */
	struct summary_number sctp_endpoints, sctp_associations;
	struct summary_number unix_all, unix_stream, unix_dgram, unix_seqpacket;
	struct summary_number unix_listening, unix_connected;
	struct summary_number listeners, listeners_waiting; /* TCP; those with a queue */
	struct summary_queue fullest;

	/* Of the whole host, all namespaces together. */
	struct summary_number host_orphans, host_max_orphans;
	struct summary_number host_tcp_allocated;
	/* Bytes; limits are the kernel's three: low, pressure, high. They can only be read in the
	 * first network namespace. */
	struct summary_number host_tcp_mem, host_tcp_limits[3];
	struct summary_number host_udp_mem, host_udp_limits[3];
};

/* What the options choose, as plan.c has it. */
struct summary_scope summary_scope_of(const struct view_config *config);

/* Empty sums: what will be counted from rows is known and 0. */
void summary_sums_begin(struct summary_sums *sums, const struct summary_scope *scope);

void summary_sums_add(struct summary_sums *sums, const struct summary_scope *scope,
		      const struct sock *rows, size_t n);

/*
 * Adds what the kernel counts (net/snmp, net/sockstat, net/sockstat6 in one struct; page: bytes of
 * a page). What is not there stays unknown. Pure; after the last row.
 */
void summary_sums_take_counters(struct summary_sums *sums, const struct summary_scope *scope,
				const struct counters *counters, uint64_t page);

/* Reads those counters, and limits from /proc/sys, and ends the sums. What should be there and is
 * not is reported as partial. 0 or -ENOMEM. */
int summary_sums_read(struct summary_sums *sums, const struct summary_scope *scope,
		      const struct env *env, struct report *report);

/* IPv4 and IPv6 together, as far as they are counted. */
struct summary_number summary_inet_all(const struct summary_sums *sums, enum sock_proto proto);

#endif
