/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether TIME_WAIT is a problem here, and what would help: chosen from the numbers of this host,
 * one or two things. Sentences are plain ASCII (names in them escaped). Pure.
 */
#ifndef LSSOCK_VIEW_TIME_WAIT_ADVICE_H
#define LSSOCK_VIEW_TIME_WAIT_ADVICE_H

#include <stddef.h>

#include "view/time_wait_findings.h"

enum { TIME_WAIT_ADVICE_MAX = 2, TIME_WAIT_SENTENCE = 480, TIME_WAIT_FOLK_MAX = 5 };

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

/*
 * After time_wait_take_ports() and time_wait_sums_finish(). client and server: the likely owners of
 * the two services above, escaped, or NULL where they are not known. filtered: an expression chose
 * the rows.
 */
void time_wait_advise(struct time_wait_advice *advice, const struct time_wait_sums *sums,
		      const struct ports_sums *ports, const struct time_wait_facts *facts,
		      const char *client, const char *server, bool filtered);

#endif
