/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether TIME_WAIT is a problem here, and what would help: chosen from the numbers of this host,
 * one or two things. Sentences are plain ASCII (names in them escaped). Pure.
 */
#ifndef LSSOCK_VIEW_TIME_WAIT_ADVICE_H
#define LSSOCK_VIEW_TIME_WAIT_ADVICE_H

#include <stddef.h>

#include "view/time_wait_facts.h"
#include "view/time_wait_ports.h"
#include "view/time_wait_sums.h"

enum time_wait_level {
	TIME_WAIT_FINE,
	TIME_WAIT_WATCH,   /* half of something is used up, or would be at the present rate */
	TIME_WAIT_PROBLEM, /* nine tenths are used up */
};

enum { TIME_WAIT_ADVICE_MAX = 2, TIME_WAIT_SENTENCE = 400, TIME_WAIT_FOLK_MAX = 5 };

struct time_wait_advice {
	enum time_wait_level level;
	char verdict[2 * TIME_WAIT_SENTENCE]; /* one or two sentences */
	char helps[TIME_WAIT_ADVICE_MAX][TIME_WAIT_SENTENCE];
	size_t n_helps;
	/* What people try and what does nothing, with the reason. */
	const char *folk[TIME_WAIT_FOLK_MAX];
	char folk_why[TIME_WAIT_FOLK_MAX][TIME_WAIT_SENTENCE];
	size_t n_folk;
};

/* The outbound service that has most ports of one source address in use; its number in *i. NULL:
 * none is in TIME_WAIT. */
const struct time_wait_service *time_wait_busiest(const struct time_wait_sums *sums,
						  const struct ports_sums *ports, size_t *i);

/* The inbound service with most TIME_WAIT, or NULL. */
const struct time_wait_service *time_wait_busiest_inbound(const struct time_wait_sums *sums,
							  size_t *i);

/*
 * After time_wait_take_ports() and time_wait_sums_finish(). client and server: the likely owners of
 * the two services above, escaped, or NULL where they are not known. filtered: an expression chose
 * the rows.
 */
void time_wait_advise(struct time_wait_advice *advice, const struct time_wait_sums *sums,
		      const struct ports_sums *ports, const struct time_wait_facts *facts,
		      const char *client, const char *server, bool filtered);

/* "address:port" of a service ("port N" of an inbound one) at dst, NUL-terminated. */
enum { TIME_WAIT_NAME_MAX = 96 };
void time_wait_format_service(char *dst, const struct time_wait_key *key);

#endif
