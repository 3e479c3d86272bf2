/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Batches of rows, from the sources to the writer. */
#include "flow.h"

#include <errno.h>

#include "base/env.h"
#include "base/report.h"
#include "complete.h"
#include "expr_report.h"
#include "filter/expr.h"
#include "filter/select.h"
#include "sort.h"

/*
 * Whether a row whose facts are all there is to be shown. Where the answer hinges on what was kept
 * from us, a listing takes the fact for absent and says so, and no question is answered by it.
 */
static bool is_match(struct flow *flow, const struct sock *row)
{
	const struct plan *plan = flow->config.plan;

	if (expr_is_undecided(plan->expr, row, flow->config.complete->unseen)) {
		expr_report_undecided(flow->config.report, flow->config.sure);
		if (flow->config.quiet || flow->config.sure)
			return false;
	}
	return expr_matches(plan->expr, row);
}

/*
 * Keeps the rows that match the expression at the front; while facts are missing (NEED_*), those
 * that still may match. Returns how many.
 */
static size_t keep_matching(struct flow *flow, struct sock *rows, size_t n, uint32_t missing)
{
	const struct plan *plan = flow->config.plan;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (missing ? !expr_may_match(plan->expr, &rows[i], missing)
			    : !is_match(flow, &rows[i]))
			continue;
		if (kept != i)
			rows[kept] = rows[i];
		kept++;
	}
	return kept;
}

/* Keeps the rows that the caller wants at the front. Returns how many. */
static size_t keep_wanted(const struct flow_config *config, struct sock *rows, size_t n)
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

static int out_of_memory(struct flow *flow)
{
	report_add(flow->config.report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

/* Finds out what the kernel did not say of *n rows, and keeps those that match: *n is then how
 * many. 0 or -ENOMEM. */
static int finish_rows(struct flow *flow, struct sock *rows, size_t *n)
{
	const struct plan *plan = flow->config.plan;
	int err = complete_rows(flow->config.complete, rows, *n);

	if (err < 0)
		return err;
	if (plan->expr && !plan->expr_early)
		*n = keep_matching(flow, rows, *n, 0);
	complete_note_hidden(flow->config.complete, rows, *n);
	return 0;
}

/* The last stage. */
static int write_rows(struct flow *flow, struct sock *rows, size_t n)
{
	uint64_t top = flow->config.plan->top;

	if (top && n > top - flow->n_rows)
		n = (size_t)(top - flow->n_rows);
	flow->n_rows += n;
	flow->done = (top && flow->n_rows == top) || (flow->config.quiet && flow->n_rows > 0);
	return flow->writer ? flow->writer->rows(flow->writer, rows, n) : 0;
}

/* Views get the memory of a round here. */
static int begin_writer(struct flow *flow, enum section section)
{
	int err = flow->writer ? flow->writer->begin(flow->writer, section) : 0;

	return err == -ENOMEM ? out_of_memory(flow) : err;
}

/* The rows of one section that were held, from .. to - 1; there may be none, and no memory of any.
 */
static int release_section(struct flow *flow, size_t from, size_t to)
{
	const struct plan *plan = flow->config.plan;
	struct sock *rows = from < to ? flow->hold.rows + from : NULL;
	size_t n = to - from;
	int err = finish_rows(flow, rows, &n);

	if (err < 0)
		return err;
	if (plan->n_keys && sort_rows(rows, n, plan->keys, plan->n_keys) < 0)
		return out_of_memory(flow);
	return write_rows(flow, rows, n);
}

/* Lets go of the rows held. last: there are no more. */
static int release(struct flow *flow, bool last)
{
	struct hold *hold = &flow->hold;
	size_t from = 0;
	int err = 0;

	if (flow->config.plan->needs & NEED_OWNERS)
		complete_find_owners(flow->config.complete, last ? hold : NULL);
	/* The walk may have been broken off: what is held is then not fit to be shown. */
	if (flow->config.env->stop_signal(flow->config.env))
		err = -EINTR;
	for (size_t i = 0; err == 0 && i < hold->n_marks; i++) {
		size_t at = hold->marks[i].at;

		err = release_section(flow, from, at);
		if (err == 0)
			err = begin_writer(flow, hold->marks[i].section);
		from = at;
	}
	if (err == 0)
		err = release_section(flow, from, hold->n);
	hold_clear(hold);
	flow->holding = false;
	return err;
}

/* Keeps those of a batch at the front that are to be shown, or may be. 0 or negative. */
static int choose_early(struct flow *flow, struct sock *rows, size_t *n_rows)
{
	struct complete *complete = flow->config.complete;
	const struct plan *plan = flow->config.plan;
	size_t n = *n_rows;
	int err;

	if (flow->config.env->stop_signal(flow->config.env))
		return -EINTR;
	for (size_t i = 0; i < n; i++)
		rows[i].netns = flow->netns;
	err = complete_early(complete, rows, n);
	if (err < 0)
		return err;
	n = select_rows(plan->mode, rows, n);
	if (plan->by_type)
		n = select_types(plan->types, rows, n);
	err = complete_here(complete, rows, n);
	if (err < 0)
		return err;
	if (flow->config.wants)
		n = keep_wanted(&flow->config, rows, n);
	if (plan->expr)
		n = keep_matching(flow, rows, n,
				  complete_missing(complete, flow->holding, rows, n));
	*n_rows = n;
	return 0;
}

/* A batch from a source. */
static int take_rows(void *ctx, struct sock *rows, size_t n)
{
	struct flow *flow = ctx;
	const struct plan *plan = flow->config.plan;
	int err = choose_early(flow, rows, &n);

	if (err < 0)
		return err;
	if (flow->holding) {
		if (hold_add(&flow->hold, rows, n) < 0)
			return out_of_memory(flow);
		err = hold_is_full(&flow->hold) && !plan->n_keys ? release(flow, false) : 0;
	} else {
		err = finish_rows(flow, rows, &n);
		if (err < 0)
			return err;
		err = write_rows(flow, rows, n);
	}
	return err < 0 ? err : flow->done ? -ECANCELED : 0;
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
	struct flow *flow = ctx;

	return branch_open(&flow->branches, wait, branch);
}

static const struct sock_branching branching = { .open = open_branch, .close = branch_close };

/* Where rows go. Branches write each row once it is there, and never know which was the last. */
struct sock_sink flow_sink(struct flow *flow)
{
	const struct writer *writer = flow->writer;
	bool branches = writer && writer->format && !flow->holding && !flow->config.plan->top &&
			!flow->config.quiet;

	return (struct sock_sink){
		.take = take_rows,
		.ctx = flow,
		.branching = branches ? &branching : NULL,
	};
}

/* Only netstat's tables are several: everything else is one list, sorted as one. */
int flow_begin_section(struct flow *flow, enum section section)
{
	if (!flow->holding || flow->config.plan->format != FORMAT_NETSTAT)
		return begin_writer(flow, section);
	hold_mark(&flow->hold, section);
	return 0;
}

void flow_begin_round(struct flow *flow, struct writer *writer)
{
	const struct plan *plan = flow->config.plan;

	flow->writer = flow->branches.writer = writer;
	flow->branches.error = 0;
	flow->done = false;
	flow->n_rows = 0;
	flow->holding = (plan->needs & NEED_OWNERS) || plan->hosts || plan->users || plan->n_keys;
}

int flow_finish(struct flow *flow)
{
	return flow->holding ? release(flow, true) : 0;
}

void flow_end_round(struct flow *flow)
{
	hold_clear(&flow->hold);
}

void flow_init(struct flow *flow, const struct flow_config *config)
{
	*flow = (struct flow){
		.config = *config,
		.branches = {
			.choose = choose_rows,
			.fail = fail_branch,
			.ctx = flow,
			.n_rows = &flow->n_rows,
		},
	};
	pthread_mutex_init(&flow->branches.lock, NULL);
}

void flow_free(struct flow *flow)
{
	pthread_mutex_destroy(&flow->branches.lock);
	hold_free(&flow->hold);
}
