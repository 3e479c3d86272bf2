/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ports --warn --crit: status and line of a monitoring plugin (format: the Monitoring Plugins
 * Development Guidelines). */
#include <stdio.h>
#include <sys/socket.h>

#include "base/obuf.h"
#include "output/field_text.h"
#include "view/ports_report.h"

const char *ports_status_name(enum ports_status status)
{
	static const char *const names[] = {
		[PORTS_OK] = "OK",
		[PORTS_WARNING] = "WARNING",
		[PORTS_CRITICAL] = "CRITICAL",
		[PORTS_UNKNOWN] = "UNKNOWN",
	};

	return names[status];
}

static bool reaches(const struct ports_report *report, uint32_t pct)
{
	uint32_t used, capacity = report->sums->capacity;

	if (report->n_top == 0)
		return false;
	used = report->sums->triples[report->top[0]].used;
	return ports_free(used, capacity) == 0 || (uint64_t)used * 100 >= (uint64_t)pct * capacity;
}

enum ports_status ports_status(const struct ports_report *report)
{
	const struct view_config *config = report->config;

	if (report->partial)
		return PORTS_UNKNOWN;
	if (config->has_crit && reaches(report, config->crit_pct))
		return PORTS_CRITICAL;
	if (config->has_warn && reaches(report, config->warn_pct))
		return PORTS_WARNING;
	return PORTS_OK;
}

struct endpoint ports_endpoint(const struct ports_end *end)
{
	return (struct endpoint){ .addr = end->addr, .ifindex = end->ifindex, .port = end->port };
}

size_t ports_format_addr(char *dst, const struct ports_end *end)
{
	const struct sock sock = { .family = end->family };
	const struct endpoint at = ports_endpoint(end);
	const struct value value = { .type = FIELD_ADDR,
				     .addr = { .family = end->family, .end = &at } };

	return field_text_format_addr(dst, &sock, &value);
}

static void put_end(struct obuf *out, const struct ports_end *end)
{
	char text[FIELD_TEXT_ADDR_MAX];
	size_t n = ports_format_addr(text, end);

	if (!end->port) {
		obuf_put(out, text, n);
		return;
	}
	if (end->family == AF_INET6)
		obuf_put_char(out, '[');
	obuf_put(out, text, n);
	obuf_put_str(out, end->family == AF_INET6 ? "]:" : ":");
	obuf_put_left(out, end->port, 0);
}

static void put_triple(const struct ports_report *report, const struct ports_triple *triple,
		       const char *between, struct obuf *out)
{
	put_end(out, &report->sums->ends[triple->source]);
	obuf_put_str(out, between);
	put_end(out, &report->sums->ends[triple->dest]);
}

static void put_pct(uint32_t pct100, struct obuf *out)
{
	char text[32];

	snprintf(text, sizeof(text), "%u.%02u%%", pct100 / 100, pct100 % 100);
	obuf_put_str(out, text);
}

/* =value;warn;crit;min;max */
static void put_value(const struct ports_report *report, uint32_t pct100, struct obuf *out)
{
	const struct view_config *config = report->config;

	obuf_put_char(out, '=');
	put_pct(pct100, out);
	obuf_put_char(out, ';');
	if (config->has_warn)
		obuf_put_left(out, config->warn_pct, 0);
	obuf_put_char(out, ';');
	if (config->has_crit)
		obuf_put_left(out, config->crit_pct, 0);
	obuf_put_str(out, ";0;100");
}

static uint32_t pct100_of(const struct ports_report *report, size_t at)
{
	const struct ports_sums *sums = report->sums;

	return ports_pct100(sums->triples[report->top[at]].used, sums->capacity);
}

static void put_summary(const struct ports_report *report, struct obuf *out)
{
	const struct ports_sums *sums = report->sums;
	const struct ports_triple *first;

	if (report->partial)
		obuf_put_str(out, "not everything could be seen; ");
	if (report->n_top == 0) {
		obuf_put_str(out, "no connection from an ephemeral port");
		return;
	}
	first = &sums->triples[report->top[0]];
	put_triple(report, first, " to ", out);
	obuf_put_str(out, ": ");
	put_pct(pct100_of(report, 0), out);
	obuf_put_str(out, " in use, ");
	obuf_put_left(out, ports_free(first->used, sums->capacity), 0);
	obuf_put_str(out, " of ");
	obuf_put_left(out, sums->capacity, 0);
	obuf_put_str(out, " ports free");
}

void ports_put_plugin(const struct ports_report *report, struct obuf *out)
{
	const struct ports_sums *sums = report->sums;

	obuf_put_str(out, "PORTS ");
	obuf_put_str(out, ports_status_name(ports_status(report)));
	obuf_put_str(out, " - ");
	put_summary(report, out);
	obuf_put_str(out, " | 'highest'");
	put_value(report, report->n_top ? pct100_of(report, 0) : 0, out);
	for (size_t i = 0; i < report->n_top; i++) {
		obuf_put_str(out, " '");
		put_triple(report, &sums->triples[report->top[i]], "->", out);
		obuf_put_char(out, '\'');
		put_value(report, pct100_of(report, i), out);
	}
	obuf_put_char(out, '\n');
}
