/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place that knows all forms of output. */
#include "writers.h"

#include <stdlib.h>

#include "base/env.h"
#include "base/privileges.h"
#include "cli/request.h"
#include "confine.h"
#include "earlier.h"
#include "enrich/owners.h"
#include "expr_report.h"
#include "filter/expr.h"
#include "kill.h"
#include "output/netstat_table.h"
#include "output/screen.h"
#include "view/count_by.h"
#include "view/diff.h"
#include "view/drift_sums.h"
#include "view/expect.h"
#include "view/explain_states.h"
#include "view/listeners.h"
#include "view/metrics.h"
#include "view/ports.h"
#include "view/statistics.h"
#include "view/summary.h"
#include "view/time_wait.h"

static size_t terminal_width(const struct env *env)
{
	return env->width ? env->width(env) : 0;
}

static struct writer *new_netstat_table(const struct writers_config *config, struct obuf *out)
{
	const struct request *request = config->request;
	const struct netstat_table_config table = {
		.mode = config->plan->mode,
		.no_header = request->no_header,
		.user_inode = request->extend,
		.programs = request->programs,
		.context = request->context,
		.timers = request->timers,
		.netns = request->all_netns,
		.wide = request->wide,
		.utf8 = config->env->utf8,
		.labels = config->labels,
	};

	return netstat_table_new(&table, out);
}

static struct writer *new_columns(const struct writers_config *config,
				  const struct screen_inner *inner, struct obuf *out)
{
	const struct columns_config columns = {
		.fields = inner->fields,
		.n_fields = inner->n_fields,
		.no_header = config->request->no_header,
		.utf8 = config->env->utf8,
		.color = config->env->color,
		/* Widths that fit what comes would be known when it is all there. */
		.width = config->request->wide || config->plan->events ? 0 : inner->width,
	};

	return columns_new(&columns, out);
}

static struct writer *new_listing(const struct writers_config *config,
				  const struct screen_inner *inner, struct obuf *out)
{
	const struct plan *plan = config->plan;

	switch (plan->format) {
	case FORMAT_NETSTAT:
		return new_netstat_table(config, out);
	case FORMAT_COLUMNS:
		return new_columns(config, inner, out);
	case FORMAT_JSON:
		return json_new(plan->fields, plan->n_fields, config->run, out);
	case FORMAT_JSONL:
		return jsonl_new(plan->fields, plan->n_fields, config->run, out);
	case FORMAT_CSV:
		return csv_new(plan->fields, plan->n_fields, config->request->no_header, out);
	}
	return NULL;
}

/* The owners of some sockets, for views that show few of them. */
static void find_owners(const void *ctx, const uint64_t *inodes, size_t n, view_owner_found *found,
			void *arg)
{
	const struct writers_config *config = ctx;
	const struct owners_query query = { .inodes = inodes, .n_inodes = n };
	struct owners *owners = n > 0 ? owners_scan(config->env, config->report, &query) : NULL;
	bool hidden = owners_any_hidden(owners);

	confine_done(config->confine, PRIVILEGE_PROCESSES);

	for (size_t i = 0; i < n; i++) {
		uint32_t n_owners = 0;
		const struct owner *list =
			owners ? owners_find(owners, inodes[i], &n_owners) : NULL;

		found(arg, i, list, n_owners, hidden && n_owners == 0);
	}
	owners_free(owners);
}

static bool is_chosen(const void *ctx, const struct sock *row)
{
	const struct writers_config *config = ctx;
	const struct expr *expr = config->plan->view_expr;

	if (expr_is_undecided(expr, row, 0))
		expr_report_undecided(config->report, false);
	return expr_matches(expr, row);
}

static int read_earlier(const void *ctx, const struct view_earlier_sink *sink,
			struct view_earlier *about)
{
	const struct writers_config *config = ctx;
	const struct earlier_config earlier = {
		.earlier = config->earlier,
		.env = config->env,
		.report = config->report,
		.plan = config->plan,
		.status = config->status,
	};

	return earlier_read(&earlier, sink, about);
}

static unsigned int facets(const struct plan_compared *compared)
{
	return (compared->program ? DRIFT_PROGRAM : 0u) | (compared->unit ? DRIFT_UNIT : 0u) |
	       (compared->recv_q ? DRIFT_RECV_Q : 0u) | (compared->send_q ? DRIFT_SEND_Q : 0u);
}

static enum view_format view_format(enum request_format format)
{
	switch (format) {
	case FORMAT_NETSTAT:
	case FORMAT_COLUMNS:
		return VIEW_TEXT;
	case FORMAT_JSON:
		return VIEW_JSON;
	case FORMAT_JSONL:
		return VIEW_JSONL;
	case FORMAT_CSV:
		return VIEW_CSV;
	}
	return VIEW_TEXT;
}

static struct view_config view_config(const struct writers_config *config)
{
	const struct request *request = config->request;
	const struct plan *plan = config->plan;

	return (struct view_config){
		.env = config->env,
		.report = config->report,
		.run = config->run,
		.labels = &config->labels,
		.format = view_format(plan->format),
		.width = request->wide ? 0 : terminal_width(config->env),
		.color = config->env->color,
		.utf8 = config->env->utf8,
		.no_header = request->no_header,
		.continuous = request->continuous,
		.top = request->top,
		.filtered = plan->expr || plan->view_expr,
		.by_counters = plan->by_counters,
		.chosen = plan->view_expr ? is_chosen : NULL,
		.chosen_ctx = config,
		.protos = request->protos,
		.inet4 = request->inet4,
		.inet6 = request->inet6,
		.fields = plan->fields,
		.prefixes = plan->prefixes,
		.n_fields = plan->n_fields,
		.textfile = request->textfile,
		.explain_state = request->explain_state,
		.has_warn = request->has_warn,
		.has_crit = request->has_crit,
		.warn_pct = request->warn_pct,
		.crit_pct = request->crit_pct,
		.status = config->status,
		.find_owners = find_owners,
		.owners_ctx = config,
		.read_earlier = read_earlier,
		.earlier_ctx = config,
		.numeric_users = request->numeric_users,
		.quiet = config->quiet,
		.facets = facets(&plan->compared),
	};
}

static struct writer *new_kill(const struct writers_config *config, struct obuf *out)
{
	const struct kill_config kill = {
		.env = config->env,
		.report = config->report,
		.run = config->run,
		.confine = config->confine,
		.json = view_format(config->plan->format) != VIEW_TEXT,
	};

	return kill_new(&kill, out);
}

/* The writer itself, with or without a screen around it. */
static struct writer *new_writer(const void *ctx, const struct screen_inner *inner,
				 struct obuf *out)
{
	const struct writers_config *config = ctx;
	const struct view_config view = view_config(config);

	switch (config->plan->view) {
	case VIEW_ROWS:
		return new_listing(config, inner, out);
	case VIEW_COUNT_BY:
		return count_by_new(&view, out);
	case VIEW_SUMMARY:
		return summary_new(&view, out);
	case VIEW_PORTS:
		return ports_new(&view, out);
	case VIEW_TIME_WAIT:
		return time_wait_new(&view, out);
	case VIEW_LISTENERS:
		return listeners_new(&view, out);
	case VIEW_EXPLAIN:
		return explain_states_new(&view, out);
	case VIEW_STATISTICS:
		return statistics_new(&view, out);
	case VIEW_METRICS:
		return metrics_new(&view, out);
	case VIEW_DIFF:
		return diff_new(&view, out);
	case VIEW_EXPECT:
		return expect_new(&view, out);
	case VIEW_BASELINE:
		return baseline_new(&view, out);
	case VIEW_KILL:
		return new_kill(config, out);
	}
	return NULL;
}

/* Whether what is repeated is text for people on a terminal that can be drawn upon. */
static bool wants_screen(const struct writers_config *config)
{
	const struct plan *plan = config->plan;

	return config->request->continuous && config->request->count != 1 && config->env->redraws &&
	       view_format(plan->format) == VIEW_TEXT && plan->view != VIEW_METRICS;
}

static struct writer *new_screen(const struct writers_config *config, struct obuf *out)
{
	const struct plan *plan = config->plan;
	const bool rows = plan->view == VIEW_ROWS;
	const struct screen_config screen = {
		.env = config->env,
		.run = config->run,
		.interval_ns = config->request->interval_ns,
		.no_header = config->request->no_header,
		.rows = rows,
		.fields = plan->fields,
		.n_fields = rows ? plan->n_fields : 0,
		.make = new_writer,
		.make_ctx = config,
	};

	return screen_new(&screen, out);
}

struct writer *writers_new(const struct writers_config *config, struct obuf *out)
{
	const struct screen_inner inner = {
		.fields = config->plan->fields,
		.n_fields = config->plan->n_fields,
		.width = terminal_width(config->env),
	};

	return wants_screen(config) ? new_screen(config, out) : new_writer(config, &inner, out);
}

bool writers_are_of_one_round(const struct writers_config *config)
{
	return config->plan->view == VIEW_ROWS && config->plan->format == FORMAT_COLUMNS &&
	       !wants_screen(config);
}
