/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each round reads the counters once, when it ends, and prints them. Which groups are shown is
 * netstat's choice: those of the protocols and the family that are named, and all groups that it
 * does not know. Text without a named family is about IPv4, as netstat's; data is about both.
 */
#include "view/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/obuf.h"
#include "base/report.h"
#include "kernel/counters.h"
#include "model/proto.h"
#include "output/json_doc.h"
#include "view/counter_text.h"
#include "view/statistics_rates.h"
#include "view/statistics_read.h"

enum { NS_PER_MS = 1000000 };

struct statistics {
	struct writer writer;
	struct view_config config;
	struct obuf *out;
	struct statistics_query query;
	struct counters now, before;
	int64_t now_ns, before_ns; /* when they were read */
	bool again;                /* there is a reading before */
	bool headed;               /* CSV has its header */
};

static bool is_shown(const struct statistics *statistics, const struct counter *counter)
{
	return counter_group_is_of(counter->group, statistics->query.protos);
}

/* Whether the row is the first of a pair of lines. The kernel has several for more than 16 types of
 * ICMP messages, and netstat a title for each of them. */
static bool begins_block(const struct counters *counters, size_t index)
{
	return index == 0 || counters->rows[index].group != counters->rows[index - 1].group;
}

/* Whether the row is the first of its group, which is one object of JSON. */
static bool begins_group(const struct counters *counters, size_t index)
{
	return index == 0 ||
	       strcmp(counters->rows[index].group, counters->rows[index - 1].group) != 0;
}

static int64_t elapsed_ns(const struct statistics *statistics)
{
	return statistics->now_ns - statistics->before_ns;
}

/* --- text --- */

static void put_title(struct statistics *statistics, const char *group)
{
	obuf_put_str(statistics->out, group);
	obuf_put_str(statistics->out, ":\n");
}

static int put_all(struct statistics *statistics)
{
	const struct counters *now = &statistics->now;
	struct counter_text text = { .out = statistics->out };
	int err = 0;

	for (size_t i = 0; err == 0 && i < now->n; i++) {
		bool shown = is_shown(statistics, &now->rows[i]);

		if (begins_block(now, i)) {
			counter_text_group(&text, now->rows[i].group);
			if (shown)
				put_title(statistics, now->rows[i].group);
		}
		if (shown && counter_text_put(&text, &now->rows[i])) {
			obuf_put_char(statistics->out, '\n');
			err = obuf_end_row(statistics->out);
		}
	}
	return err;
}

/* What became of it, behind its line: "  (+17, 8.50/s)". */
static void put_change(struct statistics *statistics, enum counter_change change,
		       const struct counter *now, const struct counter *was)
{
	struct obuf *out = statistics->out;
	uint64_t rate;

	if (change == COUNTER_NEW) {
		obuf_put_str(out, "  (new)");
		return;
	}
	if (change == COUNTER_MOVED) {
		obuf_put_str(out, "  (was ");
		counter_text_value(out, was);
		obuf_put_char(out, ')');
		return;
	}
	obuf_put_str(out, "  (+");
	obuf_put_left(out, now->value - was->value, 0);
	if (statistics_rate(now->value - was->value, elapsed_ns(statistics), &rate)) {
		obuf_put_str(out, ", ");
		obuf_put_left(out, rate / 100, 0);
		obuf_put_char(out, '.');
		obuf_put_char(out, (char)('0' + rate / 10 % 10));
		obuf_put_char(out, (char)('0' + rate % 10));
		obuf_put_str(out, "/s");
	}
	obuf_put_char(out, ')');
}

/* A counter that changed, below the title of its group, which is written once. */
static int put_changed(struct statistics *statistics, struct counter_text *text, size_t index,
		       bool *titled)
{
	const struct counter *counter = &statistics->now.rows[index], *was;
	enum counter_change change =
		statistics_change(&statistics->before, &statistics->now, index, &was);
	size_t start = statistics->out->len;

	if (change == COUNTER_SAME || !is_shown(statistics, counter)) {
		counter_text_pass(text, counter);
		return 0;
	}
	if (!*titled)
		put_title(statistics, counter->group);
	if (!counter_text_put(text, counter)) {
		if (!*titled)
			statistics->out->len = start;
		return 0;
	}
	*titled = true;
	put_change(statistics, change, counter, was);
	obuf_put_char(statistics->out, '\n');
	return obuf_end_row(statistics->out);
}

static int put_changes(struct statistics *statistics)
{
	const struct counters *now = &statistics->now;
	struct counter_text text = { .out = statistics->out, .zeros = true };
	bool titled = false, any = false;
	int err = 0;

	obuf_put_char(statistics->out, '\n');
	for (size_t i = 0; err == 0 && i < now->n; i++) {
		if (begins_block(now, i)) {
			counter_text_group(&text, now->rows[i].group);
			titled = false;
		}
		err = put_changed(statistics, &text, i, &titled);
		any |= titled;
	}
	if (!any)
		obuf_put_str(statistics->out, "No counter has changed.\n");
	return err;
}

/* --- JSON --- */

/* Puts what there is to say of a counter, if anything, as a member. */
typedef void put_member(const struct statistics *statistics, struct json_doc *doc, size_t index);

/* An object for each group. */
static void put_groups(const struct statistics *statistics, struct json_doc *doc, const char *key,
		       put_member *put)
{
	const struct counters *now = &statistics->now;
	bool open = false;

	json_doc_object(doc, key);
	for (size_t i = 0; i < now->n; i++) {
		if (begins_group(now, i)) {
			if (open)
				json_doc_end(doc);
			open = is_shown(statistics, &now->rows[i]);
			if (open)
				json_doc_object(doc, now->rows[i].group);
		}
		if (open)
			put(statistics, doc, i);
	}
	if (open)
		json_doc_end(doc);
	json_doc_end(doc);
}

static void put_counter(const struct statistics *statistics, struct json_doc *doc, size_t index)
{
	const struct counter *counter = &statistics->now.rows[index];

	if (counter->negative)
		json_doc_int(doc, counter->name, -(int64_t)counter->value);
	else
		json_doc_uint(doc, counter->name, counter->value);
}

/* The rate of a counter, where it has one: zero too. */
static void put_rate(const struct statistics *statistics, struct json_doc *doc, size_t index)
{
	const struct counter *counter = &statistics->now.rows[index], *was;
	enum counter_change change =
		statistics_change(&statistics->before, &statistics->now, index, &was);
	uint64_t rate;

	if (change != COUNTER_UP && (change != COUNTER_SAME || statistics_is_gauge(counter)))
		return;
	if (statistics_rate(counter->value - was->value, elapsed_ns(statistics), &rate))
		json_doc_fixed(doc, counter->name, rate, 2);
}

static int put_json(struct statistics *statistics)
{
	const struct data_run *run = statistics->config.run;
	struct json_doc doc;

	json_doc_begin_view(&doc, statistics->out, run, "statistics", false);
	put_groups(statistics, &doc, "counters", put_counter);
	if (statistics->again) {
		json_doc_uint(&doc, "interval_ms", (uint64_t)elapsed_ns(statistics) / NS_PER_MS);
		put_groups(statistics, &doc, "rates_per_s", put_rate);
	}
	json_doc_end_view(&doc, run);
	return obuf_end_row(statistics->out);
}

/* --- CSV --- */

/* A name of the kernel: printable ASCII without blanks. */
static void put_csv_name(struct obuf *out, const char *name)
{
	bool quoted = strpbrk(name, ",\"");

	if (quoted)
		obuf_put_char(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			obuf_put_char(out, '"');
		obuf_put_char(out, *name);
	}
	if (quoted)
		obuf_put_char(out, '"');
	obuf_put_char(out, ',');
}

static int put_csv(struct statistics *statistics)
{
	const struct counters *now = &statistics->now;
	int err = 0;

	if (!statistics->headed)
		obuf_put_str(statistics->out, "group,name,value\r\n");
	statistics->headed = true;
	for (size_t i = 0; err == 0 && i < now->n; i++) {
		if (!is_shown(statistics, &now->rows[i]))
			continue;
		put_csv_name(statistics->out, now->rows[i].group);
		put_csv_name(statistics->out, now->rows[i].name);
		counter_text_value(statistics->out, &now->rows[i]);
		obuf_put_str(statistics->out, "\r\n");
		err = obuf_end_row(statistics->out);
	}
	return err;
}

/* --- the writer --- */

static int read_counters(struct statistics *statistics)
{
	const struct view_config *config = &statistics->config;
	int err;

	statistics->now_ns = config->env->now_ns(config->env);
	if (config->protos & 1u << PROTO_UNIX)
		report_add(config->report, REPORT_NOTE,
			   "the kernel has no counters of UNIX sockets");
	if (config->protos == 1u << PROTO_UNIX && !config->inet4 && !config->inet6)
		return 0;
	err = statistics_read(&statistics->query, config->env, config->report, &statistics->now);
	if (err < 0)
		report_add(config->report, REPORT_FAILED, "out of memory");
	return err;
}

static int put_reading(struct statistics *statistics)
{
	switch (statistics->config.format) {
	case VIEW_TEXT:
		return statistics->again ? put_changes(statistics) : put_all(statistics);
	case VIEW_JSON:
	case VIEW_JSONL:
		return put_json(statistics);
	case VIEW_CSV:
		return put_csv(statistics);
	}
	return 0;
}

/* What was read now is what was there before. */
static void end_round(struct statistics *statistics)
{
	struct counters before = statistics->before;

	statistics->before = statistics->now;
	statistics->before_ns = statistics->now_ns;
	statistics->again = true;
	statistics->now = before;
	counters_clear(&statistics->now);
}

static int statistics_begin(struct writer *writer, enum section section)
{
	(void)writer, (void)section;
	return 0;
}

static int statistics_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	(void)writer, (void)rows, (void)n;
	return 0;
}

static int statistics_end(struct writer *writer)
{
	struct statistics *statistics = (struct statistics *)writer;
	int err = read_counters(statistics), flushed;

	if (err == 0)
		err = put_reading(statistics);
	end_round(statistics);
	flushed = obuf_flush(statistics->out);
	return err < 0 ? err : flushed;
}

static void statistics_free(struct writer *writer)
{
	struct statistics *statistics = (struct statistics *)writer;

	counters_free(&statistics->now);
	counters_free(&statistics->before);
	free(statistics);
}

struct writer *statistics_new(const struct view_config *config, struct obuf *out)
{
	struct statistics *statistics = calloc(1, sizeof(*statistics));
	bool named = config->inet4 || config->inet6;

	if (!statistics)
		return NULL;
	*statistics = (struct statistics){
		.writer = { .begin = statistics_begin,
			    .rows = statistics_rows,
			    .end = statistics_end,
			    .free = statistics_free },
		.config = *config,
		.out = out,
		.query = { .inet4 = config->inet4 || !named,
			   .inet6 = config->inet6 || (!named && config->format != VIEW_TEXT),
			   .protos = config->protos & ~(1u << PROTO_UNIX),
			   .inet6_named = config->inet6,
			   .unique = config->format != VIEW_TEXT },
		.headed = config->no_header,
	};
	return &statistics->writer;
}
