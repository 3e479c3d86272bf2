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

/* Whether a setting of the story can be read, or there is none in it. A single one may lack:
 * kernels are older, and some settings are not in every network namespace. */
bool state_facts_are_readable(const struct state_story *story, const struct env *env);

/*
 * Seconds until the kernel gives up when it sends again `retries` times, after 1, 2, 4 ... 120
 * seconds, and `linear` times before that after 1 second (net/ipv4/tcp_timer.c). Pure.
 */
uint64_t state_retry_seconds(uint64_t retries, uint64_t linear);

#endif
