/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two readings of the same files have the same counters in the same places, so that the place is
 * tried first. */
#include "view/statistics_rates.h"

#include <string.h>

#include "kernel/counters.h"

static const struct {
	const char *group, *name;
} gauges[] = {
	{ "Ip", "Forwarding" }, { "Ip", "DefaultTTL" },        { "Tcp", "RtoAlgorithm" },
	{ "Tcp", "RtoMin" },    { "Tcp", "RtoMax" },           { "Tcp", "MaxConn" },
	{ "Tcp", "CurrEstab" }, { "MPTcpExt", "MPCurrEstab" }, { "Sctp", "SctpCurrEstab" },
};

bool statistics_is_gauge(const struct counter *counter)
{
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		if (strcmp(gauges[i].name, counter->name) == 0 &&
		    strcmp(gauges[i].group, counter->group) == 0)
			return true;
	return counter->negative;
}

static const struct counter *find_before(const struct counters *before,
					 const struct counter *counter, size_t index)
{
	const struct counter *there = index < before->n ? &before->rows[index] : NULL;

	if (there && strcmp(there->name, counter->name) == 0 &&
	    strcmp(there->group, counter->group) == 0)
		return there;
	return counters_find(before, counter->group, counter->name);
}

enum counter_change statistics_change(const struct counters *before, const struct counters *now,
				      size_t index, const struct counter **was)
{
	const struct counter *counter = &now->rows[index];

	*was = find_before(before, counter, index);
	if (!*was)
		return COUNTER_NEW;
	if ((*was)->value == counter->value && (*was)->negative == counter->negative)
		return COUNTER_SAME;
	if (statistics_is_gauge(counter) || (*was)->negative || counter->value < (*was)->value)
		return COUNTER_MOVED;
	return COUNTER_UP;
}

/* Long division, a digit at a time: the product with 10^11 would not fit. */
bool statistics_rate(uint64_t amount, int64_t elapsed_ns, uint64_t *hundredths)
{
	uint64_t ns = (uint64_t)elapsed_ns, rate, rest;

	if (elapsed_ns <= 0 || ns > UINT64_MAX / 10)
		return false;
	rate = amount / ns;
	rest = amount % ns;
	for (int digit = 0; digit < 9 + 2; digit++) {
		if (rate > (UINT64_MAX - 9) / 10)
			return false;
		rest *= 10;
		rate = rate * 10 + rest / ns;
		rest %= ns;
	}
	*hundredths = rate;
	return true;
}
