/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of --time-wait in one round, and the forms it is printed in. For time_wait*.c. */
#ifndef LSSOCK_VIEW_TIME_WAIT_ANSWER_H
#define LSSOCK_VIEW_TIME_WAIT_ANSWER_H

#include "view/time_wait_advice.h"
#include "view/time_wait_facts.h"
#include "view/time_wait_owners.h"
#include "view/time_wait_ports.h"
#include "view/time_wait_sums.h"
#include "view/view.h"

struct time_wait_answer {
	struct view_config config;
	struct time_wait_sums sums;
	struct ports_sums ports; /* of all sockets, chosen or not */
	struct time_wait_facts facts;
	struct time_wait_advice advice;
	struct likely_owners owners;
	/* How many of the sums' services and peers have a TIME_WAIT, and how many are shown. */
	size_t n_services, shown_services, n_peers, shown_peers;
};

/* Tenths of closes a second: over the last 10 seconds, and over the 60 that TIME_WAIT lasts. */
static inline uint64_t time_wait_rate_recent(uint64_t recent)
{
	return recent;
}

static inline uint64_t time_wait_rate(uint64_t count)
{
	return count * 10 / 60;
}

/* 0 or -errno of the output. */
int time_wait_put_text(const struct time_wait_answer *answer, struct obuf *out);
int time_wait_put_json(const struct time_wait_answer *answer, struct obuf *out);

#endif
