/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of counters between two readings. Pure. */
#ifndef LSSOCK_VIEW_STATISTICS_RATES_H
#define LSSOCK_VIEW_STATISTICS_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counter;
struct counters;

enum counter_change {
	COUNTER_SAME,
	COUNTER_UP,    /* it counted: there is a rate */
	COUNTER_MOVED, /* a level or setting that is another now, or a counter below what it was: it
			  was reset, or another namespace is read, or it wrapped around */
	COUNTER_NEW,   /* it was not there before */
};

/* A setting or a level (RtoMax, CurrEstab): it counts nothing, so that it has no rate. */
bool statistics_is_gauge(const struct counter *counter);

/*
 * What became of now->rows[index] since the reading before; *was is its counter then (NULL: there
 * was none).
 */
enum counter_change statistics_change(const struct counters *before, const struct counters *now,
				      size_t index, const struct counter **was);

/* amount per second in hundredths, cut off; elapsed_ns is how long it took. False where there is no
 * such number: no time has passed, or it does not fit. */
bool statistics_rate(uint64_t amount, int64_t elapsed_ns, uint64_t *hundredths);

#endif
