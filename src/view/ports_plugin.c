/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ports --warn --crit: status and line of a monitoring plugin (format: the Monitoring Plugins
 * Development Guidelines). */
#include <stdio.h>
#include <sys/socket.h>

#include "base/num.h"
#include "base/obuf.h"
#include "model/addr.h"
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

/* Where connect() gets no port at all, every limit is reached. */
static bool reaches(const struct ports_report *report, uint32_t pct)
{
	const struct ports_sums *sums = report->sums;

	if (sums->capacity == 0)
		return true;
	return report->fullest != PORTS_NONE &&
	       (uint64_t)ports_taken(&sums->triples[report->fullest]) * 100 >=
		       (uint64_t)pct * sums->capacity;
}

/* The source address at which bind() to port 0 finds none; NULL: there is none. The fullest comes
 * first. */
static const struct ports_source *without_bind(const struct ports_report *report)
{
	const struct ports_sums *sums = report->sums;
	const struct ports_source *first = sums->sources;

	return sums->n_sources > 0 && first->wanted && first->used >= sums->bind_capacity ? first
											  : NULL;
}

enum ports_status ports_status(const struct ports_report *report)
{
	const struct view_config *config = report->config;

	if (report->partial)
		return PORTS_UNKNOWN;
	if (config->has_crit && reaches(report, config->crit_pct))
		return PORTS_CRITICAL;
	if (config->has_warn && (reaches(report, config->warn_pct) || without_bind(report)))
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

/* "%lo" behind the address of a destination that only sockets of a device are about; link-local
 * addresses have it already. Returns the bytes written. */
static size_t format_device(const struct ports_report *report, const struct ports_end *end,
			    char *dst)
{
	if (!end->ifindex || (end->family == AF_INET6 && addr_needs_scope(&end->addr)))
		return 0;
	dst[0] = '%';
	return 1 + view_format_interface(report->config, end->ifindex, dst + 1);
}

void ports_format_end(const struct ports_report *report, const struct ports_end *end,
		      char dst[PORTS_END_MAX])
{
	bool brackets = end->port && end->family == AF_INET6;
	size_t n = 0;

	if (brackets)
		dst[n++] = '[';
	n += ports_format_addr(dst + n, end);
	if (brackets)
		dst[n++] = ']';
	n += format_device(report, end, dst + n);
	if (end->port) {
		dst[n++] = ':';
		n += num_format_u64(dst + n, end->port);
	}
	dst[n] = '\0';
}

static void put_end(const struct ports_report *report, const struct ports_end *end,
		    struct obuf *out)
{
	char text[PORTS_END_MAX];

	ports_format_end(report, end, text);
	obuf_put_str(out, text);
}

static void put_triple(const struct ports_report *report, const struct ports_triple *triple,
		       const char *between, struct obuf *out)
{
	put_end(report, &report->sums->ends[triple->source], out);
	obuf_put_str(out, between);
	put_end(report, &report->sums->ends[triple->dest], out);
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

/* Hundredths of a percent that are taken; at: a triple, or PORTS_NONE. */
static uint32_t taken100(const struct ports_report *report, uint32_t at)
{
	const struct ports_sums *sums = report->sums;

	return ports_pct100(at == PORTS_NONE ? 0 : ports_taken(&sums->triples[at]), sums->capacity);
}

static void put_fullest(const struct ports_report *report, struct obuf *out)
{
	const struct ports_sums *sums = report->sums;
	const struct ports_triple *triple = &sums->triples[report->fullest];

	put_triple(report, triple, " to ", out);
	obuf_put_str(out, ": ");
	put_pct(taken100(report, report->fullest), out);
	obuf_put_str(out, " taken, ");
	obuf_put_left(out, ports_free(ports_taken(triple), sums->capacity), 0);
	obuf_put_str(out, " of ");
	obuf_put_left(out, sums->capacity, 0);
	obuf_put_str(out, " ports left");
}

static void put_summary(const struct ports_report *report, struct obuf *out)
{
	const struct ports_source *source = without_bind(report);

	if (report->partial)
		obuf_put_str(out, "not everything could be seen; ");
	if (report->sums->capacity == 0)
		obuf_put_str(out, "connect() gets no port: all are reserved or blocked");
	else if (report->fullest == PORTS_NONE)
		obuf_put_str(out, "no connection from an ephemeral port");
	else
		put_fullest(report, out);
	if (source) {
		obuf_put_str(out, "; bind() to port 0 finds none at ");
		put_end(report, &report->sums->ends[source->end], out);
	}
}

void ports_put_plugin(const struct ports_report *report, struct obuf *out)
{
	const struct ports_sums *sums = report->sums;

	obuf_put_str(out, "PORTS ");
	obuf_put_str(out, ports_status_name(ports_status(report)));
	obuf_put_str(out, " - ");
	put_summary(report, out);
	obuf_put_str(out, " | 'highest'");
	put_value(report, taken100(report, report->fullest), out);
	for (size_t i = 0; i < report->n_top; i++) {
		obuf_put_str(out, " '");
		put_triple(report, &sums->triples[report->top[i]], "->", out);
		obuf_put_char(out, '\'');
		put_value(report, taken100(report, report->top[i]), out);
	}
	obuf_put_char(out, '\n');
}
