/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of metrics, in two syntaxes that differ in how counters are described:
 *
 *	OpenMetrics 1.0			# TYPE x counter, then x_total; # UNIT; # EOF at the end
 *	Prometheus' text format 0.0.4	# TYPE x_total counter, then x_total
 *
 * No text is right in both: readers of the older format take a described x and an undescribed
 * x_total for two things, strict readers of OpenMetrics want x_total_total of the other.
 *
 * A family is described before its first sample; one without samples is not written at all.
 */
#ifndef LSSOCK_VIEW_METRICS_TEXT_H
#define LSSOCK_VIEW_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/obuf.h"

struct endpoint;

/* Names are [a-z_], and end with _UNIT where there is a unit; a counter's name is written with
 * _total behind it. Help is plain ASCII without backslash and quote. */
struct metrics_family {
	const char *name;
	const char *unit; /* NULL: none */
	const char *help;
	bool counter; /* else a gauge */
};

/* Labels as metrics_label() makes them (borrowed); zeroed: none. */
struct metrics_labels {
	const char *text;
	size_t len;
};

struct metrics_text {
	struct obuf *out;
	bool old_syntax; /* 0.0.4 */
	const struct metrics_family *family;
	bool described;
};

/* The samples that follow are of this family (borrowed). All of one family come together. */
void metrics_begin(struct metrics_text *text, const struct metrics_family *family);

/* One sample. */
void metrics_sample(struct metrics_text *text, struct metrics_labels labels, uint64_t value);
/* value / 10^decimals, with that many decimals (at most 9). */
void metrics_sample_fixed(struct metrics_text *text, struct metrics_labels labels, uint64_t value,
			  unsigned int decimals);
/* A sample with one label, both words of our own. */
void metrics_sample_word(struct metrics_text *text, const char *name, const char *value,
			 uint64_t number);
/* A family of one sample. */
void metrics_put(struct metrics_text *text, const struct metrics_family *family, uint64_t value);

/*
 * Appends a label to a set of them. The value is n bytes of UTF-8 (bytes that are none have been
 * escaped, see field_text_put_data()); backslash, quote and newline are escaped here.
 */
void metrics_label(struct obuf *labels, const char *name, const void *value, size_t n);
void metrics_label_str(struct obuf *labels, const char *name, const char *value);
void metrics_label_uint(struct obuf *labels, const char *name, uint64_t value);
void metrics_label_addr(struct obuf *labels, const char *name, uint8_t family,
			const struct endpoint *end);

/* Ends the text. */
void metrics_end(struct metrics_text *text);

#endif
