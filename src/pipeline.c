/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One listing, from the tables of the plan to the writer. */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include "base/env.h"
#include "base/privileges.h"
#include "base/report.h"
#include "branch.h"
#include "complete.h"
#include "confine.h"
#include "expr_report.h"
#include "filter/expr.h"
#include "filter/select.h"
#include "hold.h"
#include "sort.h"
#include "source/source.h"
#include "tables.h"
#include "tour.h"

struct pipeline {
	struct pipeline_config config;
	struct source_run *home_sources; /* of our own network namespace, from round to round */
	struct tour tour;
	struct hold hold;
	struct complete complete;
	struct tables tables;
	struct branches branches;

	/* Of this round. */
	struct writer *writer;
	bool holding; /* rows gather before they are written */
	bool done;    /* as many rows are written as were asked for */
	uint64_t n_rows;
};

/*
 * Whether a row whose facts are all there is to be shown. Where the answer hinges on what was kept
 * from us, a listing takes the fact for absent and says so, and no question is answered by it.
 */
static bool is_match(struct pipeline *pipeline, const struct sock *row)
{
	const struct plan *plan = pipeline->config.plan;

	if (expr_is_undecided(plan->expr, row, pipeline->complete.unseen)) {
		expr_report_undecided(pipeline->config.report, pipeline->config.sure);
		if (pipeline->config.quiet || pipeline->config.sure)
			return false;
	}
	return expr_matches(plan->expr, row);
}

/*
 * Keeps the rows that match the expression at the front; while facts are missing (NEED_*), those
 * that still may match. Returns how many.
 */
static size_t keep_matching(struct pipeline *pipeline, struct sock *rows, size_t n,
			    uint32_t missing)
{
	const struct plan *plan = pipeline->config.plan;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (missing ? !expr_may_match(plan->expr, &rows[i], missing)
			    : !is_match(pipeline, &rows[i]))
			continue;
		if (kept != i)
			rows[kept] = rows[i];
		kept++;
	}
	return kept;
}

/* Keeps the rows that the caller wants at the front. Returns how many. */
static size_t keep_wanted(const struct pipeline_config *config, struct sock *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!config->wants(config->wants_ctx, &rows[i]))
			continue;
		if (kept != i)
			rows[kept] = rows[i];
		kept++;
	}
	return kept;
}

static int out_of_memory(struct pipeline *pipeline)
{
	report_add(pipeline->config.report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

/* Finds out what the kernel did not say of *n rows, and keeps those that match: *n is then how
 * many. 0 or -ENOMEM. */
static int finish_rows(struct pipeline *pipeline, struct sock *rows, size_t *n)
{
	const struct plan *plan = pipeline->config.plan;
	int err = complete_rows(&pipeline->complete, rows, *n);

	if (err < 0)
		return err;
	if (plan->expr && !plan->expr_early)
		*n = keep_matching(pipeline, rows, *n, 0);
	complete_note_hidden(&pipeline->complete, rows, *n);
	return 0;
}

/* The last stage. */
static int write_rows(struct pipeline *pipeline, struct sock *rows, size_t n)
{
	uint64_t top = pipeline->config.plan->top;

	if (top && n > top - pipeline->n_rows)
		n = (size_t)(top - pipeline->n_rows);
	pipeline->n_rows += n;
	pipeline->done = (top && pipeline->n_rows == top) ||
			 (pipeline->config.quiet && pipeline->n_rows > 0);
	return pipeline->writer ? pipeline->writer->rows(pipeline->writer, rows, n) : 0;
}

/* Views get the memory of a round here. */
static int begin_writer(struct pipeline *pipeline, enum section section)
{
	int err = pipeline->writer ? pipeline->writer->begin(pipeline->writer, section) : 0;

	return err == -ENOMEM ? out_of_memory(pipeline) : err;
}

/* The rows of one section that were held, from .. to - 1; there may be none, and no memory of any.
 */
static int release_section(struct pipeline *pipeline, size_t from, size_t to)
{
	const struct plan *plan = pipeline->config.plan;
	struct sock *rows = from < to ? pipeline->hold.rows + from : NULL;
	size_t n = to - from;
	int err = finish_rows(pipeline, rows, &n);

	if (err < 0)
		return err;
	if (plan->n_keys && sort_rows(rows, n, plan->keys, plan->n_keys) < 0)
		return out_of_memory(pipeline);
	return write_rows(pipeline, rows, n);
}

/* Lets go of the rows held. last: there are no more. */
static int release(struct pipeline *pipeline, bool last)
{
	struct hold *hold = &pipeline->hold;
	size_t from = 0;
	int err = 0;

	if (pipeline->config.plan->needs & NEED_OWNERS)
		complete_find_owners(&pipeline->complete, last ? hold : NULL);
	/* The walk may have been broken off: what is held is then not fit to be shown. */
	if (pipeline->config.env->stop_signal(pipeline->config.env))
		err = -EINTR;
	for (size_t i = 0; err == 0 && i < hold->n_marks; i++) {
		size_t at = hold->marks[i].at;

		err = release_section(pipeline, from, at);
		if (err == 0)
			err = begin_writer(pipeline, hold->marks[i].section);
		from = at;
	}
	if (err == 0)
		err = release_section(pipeline, from, hold->n);
	hold_clear(hold);
	pipeline->holding = false;
	return err;
}

/* Keeps those of a batch at the front that are to be shown, or may be. 0 or negative. */
static int choose_early(struct pipeline *pipeline, struct sock *rows, size_t *n_rows)
{
	struct complete *complete = &pipeline->complete;
	const struct plan *plan = pipeline->config.plan;
	size_t n = *n_rows;
	int err;

	if (pipeline->config.env->stop_signal(pipeline->config.env))
		return -EINTR;
	for (size_t i = 0; i < n; i++)
		rows[i].netns = pipeline->tour.netns;
	err = complete_early(complete, rows, n);
	if (err < 0)
		return err;
	n = select_rows(plan->mode, rows, n);
	if (plan->by_type)
		n = select_types(plan->types, rows, n);
	err = complete_here(complete, rows, n);
	if (err < 0)
		return err;
	if (pipeline->config.wants)
		n = keep_wanted(&pipeline->config, rows, n);
	if (plan->expr)
		n = keep_matching(pipeline, rows, n,
				  complete_missing(complete, pipeline->holding, rows, n));
	*n_rows = n;
	return 0;
}

/* A batch from a source. */
static int take_rows(void *ctx, struct sock *rows, size_t n)
{
	struct pipeline *pipeline = ctx;
	const struct plan *plan = pipeline->config.plan;
	int err = choose_early(pipeline, rows, &n);

	if (err < 0)
		return err;
	if (pipeline->holding) {
		if (hold_add(&pipeline->hold, rows, n) < 0)
			return out_of_memory(pipeline);
		err = hold_is_full(&pipeline->hold) && !plan->n_keys ? release(pipeline, false) : 0;
	} else {
		err = finish_rows(pipeline, rows, &n);
		if (err < 0)
			return err;
		err = write_rows(pipeline, rows, n);
	}
	return err < 0 ? err : pipeline->done ? -ECANCELED : 0;
}

/* The same in two steps, of which branches take the second by themselves. */
static int choose_rows(void *ctx, struct sock *rows, size_t *n)
{
	int err = choose_early(ctx, rows, n);

	return err < 0 ? err : finish_rows(ctx, rows, n);
}

static void fail_branch(void *ctx)
{
	out_of_memory(ctx);
}

static int open_branch(void *ctx, bool wait, struct sock_sink *branch)
{
	struct pipeline *pipeline = ctx;

	return branch_open(&pipeline->branches, wait, branch);
}

static const struct sock_branching branching = { .open = open_branch, .close = branch_close };

/* Where rows go. Branches write each row once it is there, and never know which was the last. */
static struct sock_sink sink_of(struct pipeline *pipeline)
{
	const struct writer *writer = pipeline->writer;
	bool branches = writer && writer->format && !pipeline->holding &&
			!pipeline->config.plan->top && !pipeline->config.quiet;

	return (struct sock_sink){
		.take = take_rows,
		.ctx = pipeline,
		.branching = branches ? &branching : NULL,
	};
}

/* Only netstat's tables are several: everything else is one list, sorted as one. */
static int begin_section(struct pipeline *pipeline, enum section section)
{
	if (!pipeline->holding || pipeline->config.plan->format != FORMAT_NETSTAT)
		return begin_writer(pipeline, section);
	hold_mark(&pipeline->hold, section);
	return 0;
}

static int list_peers(struct pipeline *pipeline)
{
	complete_list_peers(&pipeline->complete, pipeline->tables.sources);
	return 0;
}

static int list_inet(struct pipeline *pipeline)
{
	const struct sock_sink sink = sink_of(pipeline);
	int err = 0;

	if (pipeline->config.plan->needs & NEED_DIRECTION)
		err = complete_list_listeners(&pipeline->complete, pipeline->tables.sources);
	return err < 0 ? err : tables_list(&pipeline->tables, SECTION_INET, &sink);
}

static int list_local(struct pipeline *pipeline)
{
	const struct sock_sink sink = sink_of(pipeline);

	return tables_list(&pipeline->tables, SECTION_UNIX, &sink);
}

static int list_further(struct pipeline *pipeline)
{
	const struct sock_sink sink = sink_of(pipeline);

	return tables_list(&pipeline->tables, SECTION_FURTHER, &sink);
}

/* What is known of a namespace says nothing of the next one. */
static int begin_stop(struct pipeline *pipeline)
{
	const struct pipeline_config *config = &pipeline->config;
	const struct tour *tour = &pipeline->tour;

	pipeline->tables.env = tour->env;
	expected_forget(&pipeline->tables.expected);
	complete_begin_stop(&pipeline->complete, tour->env, tour->netns);
	pipeline->tables.sources = pipeline->home_sources;
	if (tour->away)
		pipeline->tables.sources =
			source_run_new(tour->env, config->report, config->verbose);
	return pipeline->tables.sources ? 0 : out_of_memory(pipeline);
}

static void end_stop(struct pipeline *pipeline)
{
	if (pipeline->tour.away)
		source_run_free(pipeline->tables.sources);
	pipeline->tables.sources = NULL;
	complete_end_stop(&pipeline->complete);
}

/* Does the work in every network namespace that is wanted. 0, or negative when the round is to end.
 */
static int go_round(struct pipeline *pipeline, int (*work)(struct pipeline *pipeline))
{
	int err = 0;

	tour_begin(&pipeline->tour);
	while (err == 0 && tour_next(&pipeline->tour)) {
		err = begin_stop(pipeline);
		if (err == 0)
			err = work(pipeline);
		end_stop(pipeline);
	}
	tour_end(&pipeline->tour);
	return err == 0 && pipeline->tour.lost ? -EIO : err;
}

/* Lists a section that has tables. */
static int list_section(struct pipeline *pipeline, enum section section,
			int (*list)(struct pipeline *pipeline))
{
	int err;

	if (!tables_has(pipeline->config.plan, section))
		return 0;
	err = begin_section(pipeline, section);
	return err < 0 ? err : go_round(pipeline, list);
}

static int list_tables(struct pipeline *pipeline)
{
	const struct plan *plan = pipeline->config.plan;
	int err = plan->inet ? begin_section(pipeline, SECTION_INET) : 0;

	if (err == 0 && tables_has(plan, SECTION_INET))
		err = go_round(pipeline, list_inet);
	if (err == 0)
		err = list_section(pipeline, SECTION_UNIX, list_local);
	return err < 0 ? err : list_section(pipeline, SECTION_FURTHER, list_further);
}

static int begin_round(struct pipeline *pipeline, struct writer *writer)
{
	const struct pipeline_config *config = &pipeline->config;
	const struct plan *plan = config->plan;

	pipeline->writer = pipeline->branches.writer = writer;
	pipeline->branches.error = 0;
	pipeline->done = false;
	pipeline->n_rows = 0;
	pipeline->tables.n_listed = pipeline->tables.n_failed = 0;
	pipeline->holding =
		(plan->needs & NEED_OWNERS) || plan->hosts || plan->users || plan->n_keys;
	complete_begin_round(&pipeline->complete);
	if (tour_plan(&pipeline->tour, config->env, config->report, plan->all_netns,
		      plan->needs & NEED_NETNS) < 0)
		return out_of_memory(pipeline);
	return plan->needs & NEED_PEER_NAME ? go_round(pipeline, list_peers) : 0;
}

static void end_round(struct pipeline *pipeline)
{
	hold_clear(&pipeline->hold);
	complete_end_round(&pipeline->complete);
	expected_forget(&pipeline->tables.expected);
	/* Tables that were not asked at all count for neither. */
	if (pipeline->tables.n_failed > 0 && pipeline->tables.n_listed == 0)
		report_raise(pipeline->config.report, REPORT_FAILED);
}

int pipeline_round(struct pipeline *pipeline, struct writer *writer, bool *cut_short,
		   uint64_t *n_rows)
{
	int err, end = 0;

	err = begin_round(pipeline, writer);
	if (err == 0)
		err = list_tables(pipeline);
	confine_done(pipeline->config.confine, PRIVILEGE_FACTS | PRIVILEGE_NAMESPACES);
	if (err == 0 && pipeline->holding)
		err = release(pipeline, true);
	if (err < 0 && pipeline->done)
		err = 0;
	*cut_short = err < 0;
	/* The end is output, but for views that have more to do. */
	confine_done(pipeline->config.confine, PRIVILEGE_ALL & ~pipeline->config.plan->privileges);
	if (writer)
		end = writer->end(writer);
	*n_rows = pipeline->n_rows;
	end_round(pipeline);
	return err < 0 ? err : end;
}

struct pipeline *pipeline_new(const struct pipeline_config *config)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (!pipeline)
		return NULL;
	pipeline->config = *config;
	pipeline->complete = (struct complete){
		.env = config->env,
		.report = config->report,
		.plan = config->plan,
		.names = config->names,
		.confine = config->confine,
	};
	complete_init(&pipeline->complete);
	pipeline->tables = (struct tables){
		.report = config->report,
		.plan = config->plan,
		.inet6_named = config->inet6_named,
		.verbose = config->verbose,
	};
	pipeline->branches = (struct branches){
		.choose = choose_rows,
		.fail = fail_branch,
		.ctx = pipeline,
		.n_rows = &pipeline->n_rows,
	};
	pipeline->home_sources = source_run_new(config->env, config->report, config->verbose);
	if (!pipeline->home_sources) {
		free(pipeline);
		return NULL;
	}
	pthread_mutex_init(&pipeline->branches.lock, NULL);
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	source_run_free(pipeline->home_sources);
	pthread_mutex_destroy(&pipeline->branches.lock);
	tour_free(&pipeline->tour);
	hold_free(&pipeline->hold);
	complete_free(&pipeline->complete);
	expected_free(&pipeline->tables.expected);
	free(pipeline);
}
