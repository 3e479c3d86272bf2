/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of this host that stories about states name. */
#ifndef LSSOCK_VIEW_STATE_FACTS_H
#define LSSOCK_VIEW_STATE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "view/state_stories.h"

struct counters;
struct env;

/*
 * The number of a fact: false when it cannot be had. netstat: the counters of /proc/net/netstat.
 */
bool state_fact_value(const struct state_fact *fact, const struct env *env,
		      const struct counters *netstat, uint64_t *value);

/* Which kind of number it is, in data. */
enum state_fact_group {
	STATE_SETTINGS,
	STATE_COUNTERS,
	STATE_DERIVED, /* worked out from settings */
};

enum state_fact_group state_fact_group(const struct state_fact *fact);
/* Its name in data: the last part of a setting's, that of a counter, one with its unit. */
const char *state_fact_key(const struct state_fact *fact);

/* Whether a setting of the story can be read, or there is none in it. A single one may lack:
 * kernels are older, and some settings are not in every network namespace. */
bool state_facts_are_readable(const struct state_story *story, const struct env *env);

/*
 * Seconds until the kernel gives up when it sends again `retries` times, after 1, 2, 4 ... 120
 * seconds, and `linear` times before that after 1 second (net/ipv4/tcp_timer.c). Pure.
 */
uint64_t state_retry_seconds(uint64_t retries, uint64_t linear);

#endif
