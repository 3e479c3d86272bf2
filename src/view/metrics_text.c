/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics as text: https://github.com/prometheus/OpenMetrics (1.0.0), and the format before it,
 * https://prometheus.io/docs/instrumenting/exposition_formats/. */
#include "view/metrics_text.h"

#include <string.h>

#include "model/field.h"
#include "output/field_text.h"

void metrics_begin(struct metrics_text *text, const struct metrics_family *family)
{
	text->family = family;
	text->described = false;
}

static void put_line(struct metrics_text *text, const char *keyword, const char *value)
{
	const struct metrics_family *family = text->family;

	obuf_put_str(text->out, "# ");
	obuf_put_str(text->out, keyword);
	obuf_put_char(text->out, ' ');
	obuf_put_str(text->out, family->name);
	if (family->counter && text->old_syntax)
		obuf_put_str(text->out, "_total");
	obuf_put_char(text->out, ' ');
	obuf_put_str(text->out, value);
	obuf_put_char(text->out, '\n');
}

static void describe(struct metrics_text *text)
{
	if (text->described)
		return;
	text->described = true;
	put_line(text, "TYPE", text->family->counter ? "counter" : "gauge");
	if (text->family->unit && !text->old_syntax)
		put_line(text, "UNIT", text->family->unit);
	put_line(text, "HELP", text->family->help);
}

/* A sample up to its value. */
static void begin_sample(struct metrics_text *text, struct metrics_labels labels)
{
	describe(text);
	obuf_put_str(text->out, text->family->name);
	if (text->family->counter)
		obuf_put_str(text->out, "_total");
	if (labels.len > 0) {
		obuf_put_char(text->out, '{');
		obuf_put(text->out, labels.text, labels.len);
		obuf_put_char(text->out, '}');
	}
	obuf_put_char(text->out, ' ');
}

void metrics_sample(struct metrics_text *text, struct metrics_labels labels, uint64_t value)
{
	begin_sample(text, labels);
	obuf_put_left(text->out, value, 0);
	obuf_put_char(text->out, '\n');
}

void metrics_sample_fixed(struct metrics_text *text, struct metrics_labels labels, uint64_t value,
			  unsigned int decimals)
{
	uint64_t one = 1;
	char digits[20];
	size_t n;

	for (unsigned int i = 0; i < decimals; i++)
		one *= 10;
	begin_sample(text, labels);
	obuf_put_left(text->out, value / one, 0);
	if (decimals > 0) {
		obuf_put_char(text->out, '.');
		n = num_format_u64(digits, value % one);
		for (size_t i = n; i < decimals; i++)
			obuf_put_char(text->out, '0');
		obuf_put(text->out, digits, n);
	}
	obuf_put_char(text->out, '\n');
}

void metrics_sample_word(struct metrics_text *text, const char *name, const char *value,
			 uint64_t number)
{
	describe(text);
	obuf_put_str(text->out, text->family->name);
	if (text->family->counter)
		obuf_put_str(text->out, "_total");
	obuf_put_char(text->out, '{');
	obuf_put_str(text->out, name);
	obuf_put_str(text->out, "=\"");
	obuf_put_str(text->out, value);
	obuf_put_str(text->out, "\"} ");
	obuf_put_left(text->out, number, 0);
	obuf_put_char(text->out, '\n');
}

void metrics_put(struct metrics_text *text, const struct metrics_family *family, uint64_t value)
{
	metrics_begin(text, family);
	metrics_sample(text, (struct metrics_labels){ 0 }, value);
}

void metrics_label(struct obuf *labels, const char *name, const void *value, size_t n)
{
	const char *bytes = value;

	if (labels->len > 0)
		obuf_put_char(labels, ',');
	obuf_put_str(labels, name);
	obuf_put_str(labels, "=\"");
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\\' || bytes[i] == '"')
			obuf_put_char(labels, '\\');
		if (bytes[i] == '\n')
			obuf_put_str(labels, "\\n");
		else
			obuf_put_char(labels, bytes[i]);
	}
	obuf_put_char(labels, '"');
}

void metrics_label_str(struct obuf *labels, const char *name, const char *value)
{
	metrics_label(labels, name, value, strlen(value));
}

void metrics_label_uint(struct obuf *labels, const char *name, uint64_t value)
{
	char digits[20];

	metrics_label(labels, name, digits, num_format_u64(digits, value));
}

void metrics_label_addr(struct obuf *labels, const char *name, uint8_t family,
			const struct endpoint *end)
{
	const struct sock sock = { .family = family };
	const struct value value = { .type = FIELD_ADDR, .addr = { .family = family, .end = end } };
	char text[FIELD_TEXT_ADDR_MAX];
	size_t n = field_text_format_addr(text, &sock, &value);

	metrics_label(labels, name, text, n);
}

void metrics_end(struct metrics_text *text)
{
	if (!text->old_syntax)
		obuf_put_str(text->out, "# EOF\n");
}
