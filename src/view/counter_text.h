/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A counter as a line of `netstat -s` (net-tools 2.10): words for the counters it has words for,
 * "Name: value" for all others, those that are zero left out but for a few.
 */
#ifndef LSSOCK_VIEW_COUNTER_TEXT_H
#define LSSOCK_VIEW_COUNTER_TEXT_H

#include <stdbool.h>
#include <stdint.h>

struct counter;
struct counter_group;
struct obuf;

/* Where the text stands: histograms of ICMP are indented, and what follows them up to the next
 * group that netstat knows. */
enum counter_histogram { HISTOGRAM_NONE, HISTOGRAM_INPUT, HISTOGRAM_OUTPUT };

/* Starts with everything but out zeroed. */
struct counter_text {
	struct obuf *out;
	const struct counter_group *group; /* NULL: netstat knows nothing of it */
	enum counter_histogram histogram;
	bool zeros; /* counters that are zero get their line too */
};

/*
 * Whether netstat shows that group when these protocols (1 << enum sock_proto; 0: none) are named:
 * a group that it does not know belongs to all of them.
 */
bool counter_group_is_of(const char *group, uint32_t protos);

/* The counters that follow are of that group, be it shown or not. */
void counter_text_group(struct counter_text *text, const char *group);

/* Writes the line of a counter without its newline. False: it has none. */
bool counter_text_put(struct counter_text *text, const struct counter *counter);

/* Writes a value alone. */
void counter_text_value(struct obuf *out, const struct counter *counter);

/* Passes over a counter whose line is not wanted. */
void counter_text_pass(struct counter_text *text, const struct counter *counter);

#endif
