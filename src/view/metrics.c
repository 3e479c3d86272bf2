/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --openmetrics: rows feed the sums of the other views, and their end writes one text. When
 * something is missing, lssock_complete says so; a round that was cut short writes nothing. */
#include "view/metrics.h"

#include <errno.h>
#include <stdlib.h>

#include "base/env.h"
#include "base/report.h"
#include "output/data.h"
#include "view/listeners_owners.h"
#include "view/metrics_sources.h"
#include "view/ports_report.h"

enum { TOP_DEFAULT = 20 };

struct metrics {
	struct writer writer;
	struct view_config config;
	struct metrics_text text;
	struct summary_scope scope;
	struct summary_sums summary;
	struct listeners_sums listeners;
	struct listeners_kernel kernel;
	struct ports_sums ports;
	struct time_wait_sums time_wait;
	struct time_wait_facts facts;
	bool begun;
	int64_t begun_ns;
};

static int begin_round(struct metrics *view)
{
	const struct view_config *config = &view->config;
	struct ports_settings settings;
	int err;

	if (view->begun)
		return 0;
	view->begun = true;
	view->begun_ns = config->env->now_ns(config->env);
	view->scope = summary_scope_of(config);
	summary_sums_begin(&view->summary, &view->scope);
	ports_read_settings(config, &settings);
	ports_sums_begin(&view->ports, &settings);
	err = time_wait_facts_read(&view->facts, config->env);
	view->time_wait.low = view->facts.low;
	view->time_wait.high = view->facts.high;
	view->time_wait.listeners_known = true;
	return err;
}

static int metrics_begin_section(struct writer *writer, enum section section)
{
	(void)section;
	return begin_round((struct metrics *)writer);
}

static int add_rows(struct metrics *view, const struct sock *rows, size_t n)
{
	int err = begin_round(view);

	if (err == 0)
		err = listeners_sums_add(&view->listeners, rows, n);
	for (size_t i = 0; err == 0 && i < n; i++) {
		err = ports_sums_add(&view->ports, &rows[i], true);
		if (err == 0)
			err = time_wait_sums_add(&view->time_wait, &rows[i]);
	}
	if (err == 0)
		summary_sums_add(&view->summary, &view->scope, rows, n);
	return err;
}

static int out_of_memory(const struct metrics *view)
{
	report_add(view->config.report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

static int metrics_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct metrics *view = (struct metrics *)writer;

	return add_rows(view, rows, n) < 0 ? out_of_memory(view) : 0;
}

/* What the kernel counts is read right behind the rows. */
static int finish_sums(struct metrics *view)
{
	const struct view_config *config = &view->config;
	int err = summary_sums_read(&view->summary, &view->scope, config->env, config->report);

	listeners_kernel_read(&view->kernel, config->env, config->report, true);
	listeners_sums_finish(&view->listeners);
	listeners_report_unknown(&view->listeners, config->report);
	if (err == 0)
		err = time_wait_sums_finish(&view->time_wait);
	return err < 0 ? err : ports_sums_finish(&view->ports);
}

static void put_outcome(struct metrics *view)
{
	static const struct metrics_family duration = { "lssock_run_duration_seconds", "seconds",
							"How long it took to gather these numbers.",
							false };
	static const struct metrics_family complete = { "lssock_complete", NULL,
							"0: something is missing of these numbers.",
							false };
	static const struct metrics_family version = { "lssock_build_info", NULL,
						       "Always 1; the version is in the label.",
						       false };
	const struct view_config *config = &view->config;
	int64_t ns = config->env->now_ns(config->env) - view->begun_ns;
	bool good = report_round_level(config->report) == REPORT_NOTE;

	metrics_begin(&view->text, &duration);
	metrics_sample_fixed(&view->text, (struct metrics_labels){ 0 },
			     ns > 0 ? (uint64_t)ns / 1000 : 0, 6);
	metrics_put(&view->text, &complete, good);
	metrics_begin(&view->text, &version);
	metrics_sample_word(&view->text, "version", PACKAGE_VERSION, 1);
	metrics_end(&view->text);
}

static int put_all(struct metrics *view)
{
	uint64_t top = view->config.top ? view->config.top : TOP_DEFAULT;
	size_t n = top < SIZE_MAX ? (size_t)top : SIZE_MAX;
	struct metrics_text *text = &view->text;
	int err;

	metrics_put_summary(text, &view->summary);
	err = metrics_put_listeners(text, &view->listeners, &view->kernel, n);
	if (err == 0)
		err = metrics_put_ports(text, &view->ports, n);
	if (err < 0)
		return err;
	metrics_put_time_wait(text, &view->time_wait, &view->facts);
	put_outcome(view);
	return 0;
}

static int write_round(struct metrics *view)
{
	int err = view->config.run->cut_short ? 0 : begin_round(view);

	if (err < 0 || view->config.run->cut_short)
		return err;
	err = finish_sums(view);
	return err < 0 ? err : put_all(view);
}

static int metrics_end_round(struct writer *writer)
{
	struct metrics *view = (struct metrics *)writer;
	int err = write_round(view);

	listeners_sums_clear(&view->listeners);
	time_wait_sums_clear(&view->time_wait);
	view->begun = false;
	if (err < 0)
		return out_of_memory(view);
	return obuf_flush(view->text.out);
}

static void metrics_free(struct writer *writer)
{
	struct metrics *view = (struct metrics *)writer;

	listeners_sums_free(&view->listeners);
	ports_sums_free(&view->ports);
	time_wait_sums_free(&view->time_wait);
	free(view);
}

struct writer *metrics_new(const struct view_config *config, struct obuf *out)
{
	struct metrics *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->writer = (struct writer){
		.begin = metrics_begin_section,
		.rows = metrics_rows,
		.end = metrics_end_round,
		.free = metrics_free,
	};
	view->config = *config;
	view->text = (struct metrics_text){ .out = out, .old_syntax = config->textfile };
	time_wait_sums_init(&view->time_wait);
	return &view->writer;
}
