/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may run out on this host, and how far it has: ports of one (source, destination, port),
 * whatever takes them, and buckets of the network namespace. Pure.
 */
#ifndef LSSOCK_VIEW_TIME_WAIT_FINDINGS_H
#define LSSOCK_VIEW_TIME_WAIT_FINDINGS_H

#include <stddef.h>

#include "view/time_wait_facts.h"
#include "view/time_wait_ports.h"
#include "view/time_wait_sums.h"

enum { TIME_WAIT_PERCENT_WATCH = 50, TIME_WAIT_PERCENT_PROBLEM = 90, TIME_WAIT_NAME_MAX = 96 };

enum time_wait_level {
	TIME_WAIT_FINE,
	TIME_WAIT_WATCH,   /* half of something is used up, or would be at the present rate */
	TIME_WAIT_PROBLEM, /* nine tenths are used up */
};

/* The ports that one source address has for one destination. */
struct time_wait_load {
	enum time_wait_level level;
	/* Those in use, and by what: used is the sum of the others. */
	uint32_t used, time_wait, half_closed, live;
	bool reusable;         /* connect() may take those in TIME_WAIT again, by tcp_tw_reuse */
	uint64_t port_percent; /* used */
	uint64_t hard_percent; /* without TIME_WAIT */
	uint64_t recent;       /* connections closed in the last TIME_WAIT_RECENT_MS */
	uint64_t needed;       /* ports it would need at this rate */
};

struct time_wait_findings {
	const struct time_wait_sums *sums;
	const struct ports_sums *ports;
	const struct time_wait_facts *facts;
	const struct time_wait_service *out, *in; /* time_wait_busiest(), .._inbound(), or NULL */
	/* The worst load, and where; others: not that of the service out. */
	struct time_wait_load load;
	char out_name[TIME_WAIT_NAME_MAX];
	bool others;
	enum time_wait_level buckets_level;
	uint64_t buckets, bucket_percent;
	/* Likely owners of out and in, escaped; NULL: not known. For the caller to set. */
	const char *client, *server;
};

/* The outbound service with TIME_WAIT whose load is the worst; its number in *i. NULL: none. */
const struct time_wait_service *time_wait_busiest(const struct time_wait_sums *sums,
						  const struct ports_sums *ports, size_t *i);

/* The inbound service with most TIME_WAIT, or NULL. */
const struct time_wait_service *time_wait_busiest_inbound(const struct time_wait_sums *sums,
							  size_t *i);

/* After time_wait_take_ports() and time_wait_sums_finish(); borrows all three. */
struct time_wait_findings time_wait_find_out(const struct time_wait_sums *sums,
					     const struct ports_sums *ports,
					     const struct time_wait_facts *facts);

/* "address:port" of a service ("port N" of an inbound one) at dst, NUL-terminated. */
void time_wait_format_service(char dst[TIME_WAIT_NAME_MAX], const struct time_wait_key *key);

#endif
