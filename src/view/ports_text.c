/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ports as text. */
#include <stdarg.h>
#include <stdio.h>

#include "base/obuf.h"
#include "model/labels.h"
#include "output/field_text.h"
#include "output/text_table.h"
#include "view/ports_report.h"

enum {
	SOURCES_MAX = 5,     /* source addresses for bind() */
	SOURCES_FROM = 1000, /* in hundredths of a percent: others are not worth a line */
	WARNINGS_MAX = 20,
};

static void put_line(struct obuf *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void put_line(struct obuf *out, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	obuf_put_str(out, text);
	obuf_put_char(out, '\n');
}

/* Why TIME_WAIT keeps its port for connect() too, as far as is known; NULL: it does not. */
static const char *why_no_reuse(const struct ports_settings *set)
{
	if (set->unread & PORTS_NO_REUSE)
		return "tcp_tw_reuse is not known";
	if (set->tw_reuse == 0)
		return "tcp_tw_reuse=0";
	if (set->unread & PORTS_NO_TIMESTAMPS)
		return "tcp_timestamps is not known";
	if (set->unread & PORTS_NO_REUSE_DELAY)
		return "tcp_tw_reuse_delay is not known";
	return set->timestamps ? NULL : "tcp_timestamps=0";
}

static void put_reuse(const struct ports_settings *set, struct obuf *out)
{
	const char *why = why_no_reuse(set);

	if (why)
		put_line(out, "TIME_WAIT holds a port %d s (%s)", PORTS_TIME_WAIT_S, why);
	else
		put_line(out,
			 "TIME_WAIT holds a port %d s, %s%u ms for connect() (tcp_tw_reuse=%u)",
			 PORTS_TIME_WAIT_S, set->tw_reuse == 2 ? "on loopback " : "",
			 set->tw_reuse_delay_ms, set->tw_reuse);
}

static void put_head(const struct ports_report *report, struct obuf *out)
{
	const struct ports_sums *sums = report->sums;
	uint32_t rate = sums->capacity * 100 / PORTS_TIME_WAIT_S;
	char reserved[16];

	if (report->partial)
		put_line(out, "Not everything could be seen: more ports may be in use than shown");
	snprintf(reserved, sizeof(reserved), "%u", sums->n_reserved);
	put_line(out, "Ephemeral TCP ports %u-%u%s: %u, of them %s reserved and %u blocked",
		 sums->set.low, sums->set.high,
		 sums->set.unread & PORTS_NO_RANGE ? " (assumed)" : "", sums->range,
		 sums->set.unread & PORTS_NO_RESERVED ? "?" : reserved, sums->n_blocked);
	put_line(out, "Each source, destination and port has %u: %u.%02u new connections a second",
		 sums->capacity, rate / 100, rate % 100);
	if (sums->capacity == 0)
		put_line(out, "connect() gets no port: all are reserved or blocked");
	put_reuse(&sums->set, out);
}

static const struct text_column triple_columns[] = {
	{ "Source", false },  { "Destination", false }, { "Used", true },
	{ "Of", true },       { "Used%", true },        { "Free", true },
	{ "Reusable", true }, { "Established", true },  { "TimeWait", true },
	{ "Other", true },    { "New/s", true },        { "Lasts", true },
	{ "Service", false },
};

/* What a narrow terminal does without, the least needed first. */
static const uint8_t triple_fit[] = {
	3,  /* Of: the same in every row, and above */
	9,  /* Other */
	7,  /* Established */
	12, /* Service */
	8,  /* TimeWait */
	10, /* New/s */
	6,  /* Reusable */
	2,  /* Used */
};

static void put_triple(const struct ports_report *report, struct text_table *table,
		       const struct ports_triple *triple)
{
	const struct ports_sums *sums = report->sums;
	const struct ports_end *source = &sums->ends[triple->source];
	const struct ports_end *dest = &sums->ends[triple->dest];
	const struct endpoint from = ports_endpoint(source);
	uint32_t pct = ports_pct100(triple->used, sums->capacity);
	char to[PORTS_END_MAX];

	text_table_end_point(table, source->family, &from, -1);
	ports_format_end(report, dest, to);
	text_table_str(table, to);
	text_table_uint(table, triple->used);
	text_table_uint(table, sums->capacity);
	text_table_format(table, "%u.%02u", pct / 100, pct % 100);
	text_table_uint(table, ports_free(triple->used, sums->capacity));
	if (ports_reuse_is_known(&sums->set))
		text_table_uint(table, triple->reusable);
	else
		text_table_str(table, NULL);
	text_table_uint(table, triple->established);
	text_table_uint(table, triple->time_wait);
	text_table_uint(table, triple->other);
	text_table_format(table, "%u.%u", triple->recent / PORTS_RECENT_S,
			  triple->recent % PORTS_RECENT_S);
	if (triple->exhausted_s == PORTS_NEVER)
		text_table_str(table, NULL);
	else
		text_table_format(table, "%us", triple->exhausted_s);
	if (report->config->labels->service)
		text_table_str(table, ports_service(report, dest->port));
}

static int put_triples(const struct ports_report *report, struct obuf *out)
{
	const struct ports_sums *sums = report->sums;
	size_t n_columns = sizeof(triple_columns) / sizeof(triple_columns[0]);
	size_t rest = sums->n_wanted - report->n_top;
	struct text_table table;
	int err;

	obuf_put_char(out, '\n');
	if (report->n_top == 0) {
		put_line(out, "No connection from an ephemeral port%s",
			 report->config->filtered ? " was chosen" : "");
		return 0;
	}
	text_table_begin(&table, triple_columns, n_columns - !report->config->labels->service,
			 report->config->utf8);
	for (size_t i = 0; i < report->n_top; i++)
		put_triple(report, &table, &sums->triples[report->top[i]]);
	text_table_fit(&table, view_width(report->config), triple_fit, sizeof(triple_fit));
	err = text_table_end(&table, out, 0, true);
	if (report->rest_at != PORTS_NONE) {
		uint32_t used = sums->triples[report->rest_at].used;
		uint32_t pct = ports_pct100(used, sums->capacity);

		put_line(out, "and %zu more, none with more than %u ports used (%u.%02u%%)", rest,
			 used, pct / 100, pct % 100);
	}
	return err;
}

static bool is_worth_a_line(const struct ports_report *report, const struct ports_source *source)
{
	return source->wanted && source->used > 0 &&
	       ports_pct100(source->used, report->sums->bind_capacity) >= SOURCES_FROM;
}

/* bind() to port 0; only what is near enough to its end to matter. */
static int put_sources(const struct ports_report *report, struct obuf *out)
{
	static const struct text_column columns[] = {
		{ "Source", false }, { "Used", true }, { "Of", true },
		{ "Used%", true },   { "Free", true },
	};
	const struct ports_sums *sums = report->sums;
	struct text_table table;

	if (sums->n_sources == 0 || !is_worth_a_line(report, &sums->sources[0]))
		return 0;
	put_line(out, "\nPorts for bind() to port 0, by source address");
	text_table_begin(&table, columns, sizeof(columns) / sizeof(columns[0]),
			 report->config->utf8);
	for (size_t i = 0; i < sums->n_sources && i < SOURCES_MAX; i++) {
		const struct ports_source *source = &sums->sources[i];
		const struct endpoint from = ports_endpoint(&sums->ends[source->end]);
		uint32_t pct = ports_pct100(source->used, sums->bind_capacity);

		if (!is_worth_a_line(report, source))
			break;
		text_table_end_point(&table, sums->ends[source->end].family, &from, -1);
		text_table_uint(&table, source->used);
		text_table_uint(&table, sums->bind_capacity);
		text_table_format(&table, "%u.%02u", pct / 100, pct % 100);
		text_table_uint(&table, ports_free(source->used, sums->bind_capacity));
	}
	return text_table_end(&table, out, 0, true);
}

static void put_service(struct obuf *out, const struct ports_warning *warning)
{
	obuf_put_left(out, warning->port, 0);
	if (!warning->service)
		return;
	obuf_put_str(out, " (");
	obuf_put_str(out, warning->service);
	obuf_put_char(out, ')');
}

static void put_warning(const struct ports_report *report, const struct ports_warning *warning,
			struct obuf *out)
{
	char addr[FIELD_TEXT_ADDR_MAX];

	obuf_put_str(out, "warning: port ");
	put_service(out, warning);
	if (warning->kind == PORTS_LISTENER_IN_RANGE) {
		obuf_put_str(out, " is listened on at ");
		obuf_put(out, addr, ports_format_addr(addr, &report->sums->ends[warning->end]));
		obuf_put_str(out, " and not reserved");
	} else {
		obuf_put_str(out, " of a listener has outgoing connections on it: ");
		obuf_put_left(out, warning->connections, 0);
	}
	obuf_put_char(out, '\n');
}

static void put_warnings(const struct ports_report *report, struct obuf *out)
{
	if (report->n_warnings == 0)
		return;
	obuf_put_char(out, '\n');
	for (size_t i = 0; i < report->n_warnings && i < WARNINGS_MAX; i++)
		put_warning(report, &report->warnings[i], out);
	if (report->n_warnings > WARNINGS_MAX)
		put_line(out, "and %zu more warnings", report->n_warnings - WARNINGS_MAX);
	/* As long as the list is; nothing of a fixed size holds it. */
	obuf_put_str(out, "cure: ");
	obuf_put_str(out, report->cure);
	obuf_put_str(out,
		     "\n(it lasts until the next boot; to keep it, put it into /etc/sysctl.d)\n");
}

int ports_put_text(const struct ports_report *report, struct obuf *out)
{
	int err;

	put_head(report, out);
	err = put_triples(report, out);
	if (err == 0)
		err = put_sources(report, out);
	if (err < 0)
		return err;
	put_warnings(report, out);
	if (report->config->continuous)
		obuf_put_char(out, '\n');
	return obuf_end_row(out);
}
