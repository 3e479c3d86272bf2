/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rates of counters. Only the numbers of the former round are kept, a pair a counter and row.
 * Known limit: a counter of 32 bits that starts again at 0 has no rate in that round.
 */
#include "output/rates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct reading {
	uint64_t number;
	bool known;
};

struct rate {
	struct field field; /* first: a getter gets it back from there */
	const struct field *counter;
	struct rates *rates;
	size_t index;              /* of the counter among the counters */
	char text[RATES_TEXT_MAX]; /* the last value given out */
};

struct rates {
	const struct field **fields;
	struct rate *rates;
	size_t n_fields, n_rates;
	uint64_t elapsed_ns;
	struct reading *now, *before; /* rows of n_rates each */
	size_t cap_now, cap_before;
	const struct reading *row, *former; /* of the socket at hand; NULL: none */
};

const char *rates_format(char text[RATES_TEXT_MAX], uint64_t n, uint64_t elapsed_ns)
{
	enum { SECOND_MS = 1000 };
	uint64_t ms = elapsed_ns / 1000000, tenths;

	if (ms == 0 || n == 0) {
		snprintf(text, RATES_TEXT_MAX, "0");
		return text;
	}
	/* What would overflow is large enough to be divided first. */
	tenths = n <= UINT64_MAX / (20 * SECOND_MS) ? (n * 10 * SECOND_MS + ms / 2) / ms
						    : UINT64_MAX;
	if (tenths < 100)
		snprintf(text, RATES_TEXT_MAX, "%u.%u", (unsigned int)tenths / 10,
			 (unsigned int)tenths % 10);
	else if (tenths < UINT64_MAX)
		snprintf(text, RATES_TEXT_MAX, "%llu", (unsigned long long)((tenths + 5) / 10));
	else if (n / ms <= UINT64_MAX / SECOND_MS)
		snprintf(text, RATES_TEXT_MAX, "%llu", (unsigned long long)(n / ms * SECOND_MS));
	else
		snprintf(text, RATES_TEXT_MAX, "%llu", (unsigned long long)UINT64_MAX);
	return text;
}

static bool get_rate(const struct field *field, const struct sock *sock, uint32_t i,
		     struct value *value)
{
	struct rate *rate = (struct rate *)(uintptr_t)field;
	const struct rates *rates = rate->rates;
	const struct reading *now, *before;

	(void)sock;
	if (i != 0 || !rates->row || !rates->former)
		return false;
	now = &rates->row[rate->index];
	before = &rates->former[rate->index];
	if (!now->known || !before->known || now->number < before->number)
		return false;
	value->word = rates_format(rate->text, now->number - before->number, rates->elapsed_ns);
	return true;
}

/* Sets up the field behind a counter. */
static void make_rate(struct rates *rates, const struct field *counter)
{
	struct rate *rate = &rates->rates[rates->n_rates];

	*rate = (struct rate){
		.field = { .name = counter->name,
			   .title = "/s", /* it stands beside the counter's own */
			   .help = counter->help,
			   .type = FIELD_WORD,
			   .right = true,
			   .needs = counter->needs,
			   .get = get_rate },
		.counter = counter,
		.rates = rates,
		.index = rates->n_rates,
	};
	rates->n_rates++;
	rates->fields[rates->n_fields++] = &rate->field;
}

struct rates *rates_new(const struct field *const *fields, size_t n_fields)
{
	struct rates *rates = calloc(1, sizeof(*rates));

	if (!rates)
		return NULL;
	rates->fields = calloc(2 * n_fields + 1, sizeof(*rates->fields));
	rates->rates = calloc(n_fields + 1, sizeof(*rates->rates));
	if (!rates->fields || !rates->rates) {
		rates_free(rates);
		return NULL;
	}
	for (size_t i = 0; i < n_fields; i++) {
		rates->fields[rates->n_fields++] = fields[i];
		if (fields[i]->counter)
			make_rate(rates, fields[i]);
	}
	return rates;
}

void rates_free(struct rates *rates)
{
	if (!rates)
		return;
	free(rates->fields);
	free(rates->rates);
	free(rates->now);
	free(rates->before);
	free(rates);
}

const struct field *const *rates_fields(const struct rates *rates, size_t *n)
{
	*n = rates->n_fields;
	return rates->fields;
}

void rates_begin_round(struct rates *rates, uint64_t elapsed_ns)
{
	struct reading *now = rates->before;
	size_t cap = rates->cap_before;

	rates->before = rates->now;
	rates->cap_before = rates->cap_now;
	rates->now = now;
	rates->cap_now = cap;
	rates->elapsed_ns = elapsed_ns;
	rates->row = rates->former = NULL;
}

int rates_set_row(struct rates *rates, const struct sock *sock, size_t row, size_t former)
{
	size_t at = row * rates->n_rates;

	if (rates->n_rates == 0)
		return 0;
	if (array_grow((void **)&rates->now, &rates->cap_now, at + rates->n_rates,
		       sizeof(*rates->now)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < rates->n_rates; i++) {
		struct value value = { .number = 0 };
		bool known = field_get(rates->rates[i].counter, sock, 0, &value);

		rates->now[at + i] = (struct reading){ value.number, known };
	}
	rates->row = &rates->now[at];
	rates->former = former ? &rates->before[(former - 1) * rates->n_rates] : NULL;
	return 0;
}
