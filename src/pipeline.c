/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One listing, from the tables of the plan to the writer. */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/privileges.h"
#include "base/report.h"
#include "confine.h"
#include "enrich/cgroup_procs.h"
#include "enrich/cgroups.h"
#include "enrich/listener_uids.h"
#include "enrich/names.h"
#include "enrich/owners.h"
#include "enrich/row_names.h"
#include "enrich/unix_peers.h"
#include "expr_report.h"
#include "filter/expr.h"
#include "filter/select.h"
#include "hold.h"
#include "model/facts.h"
#include "sort.h"
#include "source/source.h"
#include "tables.h"
#include "tour.h"

struct pipeline {
	struct pipeline_config config;
	struct source_run *home_sources; /* of our own network namespace, from round to round */
	struct tour tour;
	struct hold hold;
	struct listener_uids listener_uids;
	struct unix_peers unix_peers;
	struct cgroups cgroups;
	struct row_names row_names;
	struct tables tables;
	uint64_t n_rounds; /* that are over */

	/* Of this round. */
	struct writer *writer;
	bool holding;          /* rows gather before they are written */
	uint32_t unseen;       /* NEED_* that could not be had */
	bool admin_facts;      /* facts are shown that only administrators are told */
	bool done;             /* as many rows are written as were asked for */
	struct owners *owners; /* NULL until the walk */
	uint64_t n_rows;
};

/* The inodes of the rows held, for an owner walk that may end early. NULL without memory. */
static uint64_t *wanted_inodes(const struct hold *hold, size_t *n)
{
	uint64_t *inodes = malloc((hold->n + 1) * sizeof(*inodes));

	*n = 0;
	for (size_t i = 0; inodes && i < hold->n; i++)
		if (hold->rows[i].has & SOCK_HAS_INODE)
			inodes[(*n)++] = hold->rows[i].inode;
	return inodes;
}

/* As many rows and control groups are few: their processes are looked into first. */
enum { FEW_ROWS = 64, FEW_GROUPS = 16 };

/* The control groups of the rows held that may have an owner, each once; 0: those are many, or not
 * known of every one. */
static size_t wanted_groups(const struct hold *hold, uint64_t ids[FEW_GROUPS])
{
	size_t n = 0, n_rows = 0;

	for (size_t i = 0; i < hold->n; i++) {
		const struct sock *row = &hold->rows[i];
		size_t at = 0;

		if (!(row->has & SOCK_HAS_INODE))
			continue;
		if (!(row->has & SOCK_HAS_CGROUP) || ++n_rows > FEW_ROWS)
			return 0;
		while (at < n && ids[at] != row->cgroup_id)
			at++;
		if (at == FEW_GROUPS)
			return 0;
		if (at == n)
			ids[n++] = row->cgroup_id;
	}
	return n;
}

/* Walks /proc once for this round: for the sockets held when these are all, else for every socket.
 */
static void find_owners(struct pipeline *pipeline, bool all_rows_held)
{
	uint32_t needs = pipeline->config.plan->needs;
	struct owners_query query = {
		.first_only = !(needs & NEED_ALL_OWNERS),
		.again = pipeline->n_rounds > 0,
		.units = pipeline->config.plan->units,
		.context = needs & NEED_CONTEXT,
		.details = needs & NEED_OWNER_DETAILS,
	};
	uint64_t *inodes = NULL, groups[FEW_GROUPS];
	uint32_t likely[CGROUP_PROCS_MAX];

	if (all_rows_held) {
		inodes = wanted_inodes(&pipeline->hold, &query.n_inodes);
		query.inodes = inodes;
	}
	if (all_rows_held && query.first_only) {
		query.likely = likely;
		query.n_likely = cgroup_procs_list(pipeline->config.env, groups,
						   wanted_groups(&pipeline->hold, groups), likely);
	}
	pipeline->owners = owners_scan(pipeline->config.env, pipeline->config.report, &query);
	free(inodes);
	/* Views that look for more owners do so at their end. */
	confine_done(pipeline->config.confine,
		     PRIVILEGE_PROCESSES & ~pipeline->config.plan->privileges);
}

static void set_owners(const struct owners *owners, struct sock *rows, size_t n)
{
	bool hidden = owners_any_hidden(owners);

	for (size_t i = 0; i < n; i++) {
		if (!(rows[i].has & SOCK_HAS_INODE))
			continue;
		rows[i].owners = owners_find(owners, rows[i].inode, &rows[i].n_owners);
		rows[i].owners_hidden = hidden && !rows[i].n_owners;
	}
}

/*
 * Whether a row whose facts are all there is to be shown. Where the answer hinges on what was kept
 * from us, a listing takes the fact for absent and says so, and no question is answered by it.
 */
static bool is_match(struct pipeline *pipeline, const struct sock *row)
{
	const struct plan *plan = pipeline->config.plan;

	if (expr_is_undecided(plan->expr, row, pipeline->unseen)) {
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

/* A column that is empty because of who asks is told, once. */
static void note_hidden_facts(struct pipeline *pipeline, const struct sock *rows, size_t n)
{
	if (!pipeline->admin_facts)
		return;
	for (size_t i = 0; i < n; i++) {
		if ((rows[i].family != AF_INET && rows[i].family != AF_INET6) || !rows[i].facts ||
		    (rows[i].facts->has & FACT_MARK))
			continue;
		report_add(pipeline->config.report, REPORT_NOTE,
			   "marks, MD5 keys and upper layer protocols are told to administrators "
			   "only (CAP_NET_ADMIN)");
		pipeline->admin_facts = false;
		return;
	}
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

/* Units stand in for owners only where some are hidden. */
static bool wants_cgroups(const struct pipeline *pipeline)
{
	const struct plan *plan = pipeline->config.plan;

	return (plan->needs & NEED_CGROUP) ||
	       (plan->units && pipeline->owners && owners_any_hidden(pipeline->owners));
}

/* Finds out what the kernel did not say of n rows, and keeps those that match. Returns how many. */
static size_t complete_rows(struct pipeline *pipeline, struct sock *rows, size_t n)
{
	const struct plan *plan = pipeline->config.plan;

	if (pipeline->owners)
		set_owners(pipeline->owners, rows, n);
	if (wants_cgroups(pipeline) && cgroups_apply(&pipeline->cgroups, rows, n) < 0)
		pipeline->unseen |= NEED_CGROUP;
	if (pipeline->cgroups.walked)
		confine_done(pipeline->config.confine, PRIVILEGE_CGROUPS);
	if (plan->needs & NEED_PEER_NAME)
		unix_peers_apply(&pipeline->unix_peers, rows, n);
	names_prefetch(pipeline->config.names, rows, n);
	if (plan->needs & (NEED_USER | NEED_INTERFACE))
		row_names_apply(&pipeline->row_names, plan->needs, rows, n);
	if ((plan->needs & NEED_USER) && names_any_late(pipeline->config.names))
		pipeline->unseen |= NEED_USER;
	if (plan->expr && !plan->expr_early)
		n = keep_matching(pipeline, rows, n, 0);
	return n;
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

static int out_of_memory(struct pipeline *pipeline)
{
	report_add(pipeline->config.report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
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

	n = complete_rows(pipeline, rows, n);
	note_hidden_facts(pipeline, rows, n);
	if (plan->n_keys && sort_rows(rows, n, plan->keys, plan->n_keys) < 0)
		return -ENOMEM;
	return write_rows(pipeline, rows, n);
}

/* Lets go of the rows held. last: there are no more. */
static int release(struct pipeline *pipeline, bool last)
{
	struct hold *hold = &pipeline->hold;
	size_t from = 0;
	int err = 0;

	if (pipeline->config.plan->needs & NEED_OWNERS)
		find_owners(pipeline, last);
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

/* The facts (NEED_*) that the expression will have to wait for. Control groups are looked up at
 * once where that spares the owners of other groups' sockets. */
static uint32_t missing_facts(struct pipeline *pipeline, struct sock *rows, size_t n)
{
	const struct plan *plan = pipeline->config.plan;

	if (plan->expr_early)
		return 0;
	if (pipeline->holding && (expr_needs(plan->expr) & NEED_CGROUP) &&
	    cgroups_apply(&pipeline->cgroups, rows, n) == 0)
		return EXPR_LATE_NEEDS & ~(uint32_t)NEED_CGROUP;
	return EXPR_LATE_NEEDS;
}

/* A batch from a source. */
static int take_rows(void *ctx, struct sock *rows, size_t n)
{
	struct pipeline *pipeline = ctx;
	const struct plan *plan = pipeline->config.plan;
	int err;

	if (pipeline->config.env->stop_signal(pipeline->config.env))
		return -EINTR;
	for (size_t i = 0; i < n; i++)
		rows[i].netns = pipeline->tour.netns;
	if ((plan->needs & NEED_LISTENER_UID) &&
	    listener_uids_apply(&pipeline->listener_uids, rows, n) < 0)
		return out_of_memory(pipeline);
	n = select_rows(plan->mode, rows, n);
	if (plan->by_type)
		n = select_types(plan->types, rows, n);
	/* Later nobody is there to be asked. */
	if (plan->all_netns)
		row_names_apply(&pipeline->row_names, NEED_INTERFACE, rows, n);
	if (pipeline->config.wants)
		n = keep_wanted(&pipeline->config, rows, n);
	if (plan->expr)
		n = keep_matching(pipeline, rows, n, missing_facts(pipeline, rows, n));
	if (pipeline->holding) {
		if (hold_add(&pipeline->hold, rows, n) < 0)
			return out_of_memory(pipeline);
		err = hold_is_full(&pipeline->hold) && !plan->n_keys ? release(pipeline, false) : 0;
	} else {
		n = complete_rows(pipeline, rows, n);
		note_hidden_facts(pipeline, rows, n);
		err = write_rows(pipeline, rows, n);
	}
	return err < 0 ? err : pipeline->done ? -ECANCELED : 0;
}

/* Only netstat's tables are several: everything else is one list, sorted as one. */
static int begin_section(struct pipeline *pipeline, enum section section)
{
	if (!pipeline->holding || pipeline->config.plan->format != FORMAT_NETSTAT)
		return begin_writer(pipeline, section);
	hold_mark(&pipeline->hold, section);
	return 0;
}

static int learn_peers(void *ctx, struct sock *rows, size_t n)
{
	return unix_peers_learn(ctx, rows, n);
}

/* Reads the names of all UNIX sockets, so that each may tell the one at its other end, which may be
 * in another network namespace. */
static int list_peers(struct pipeline *pipeline)
{
	const struct sock_query query = { .proto = PROTO_UNIX,
					  .family = AF_UNIX,
					  .states = TCP_STATES_ALL };
	struct sock_sink sink = { .take = learn_peers, .ctx = &pipeline->unix_peers };

	source_list(pipeline->tables.sources, &query, false, &sink);
	return 0;
}

static int list_inet(struct pipeline *pipeline)
{
	const struct sock_sink sink = { .take = take_rows, .ctx = pipeline };

	return tables_list(&pipeline->tables, SECTION_INET, &sink);
}

static int list_local(struct pipeline *pipeline)
{
	const struct sock_sink sink = { .take = take_rows, .ctx = pipeline };

	return tables_list(&pipeline->tables, SECTION_UNIX, &sink);
}

static int list_further(struct pipeline *pipeline)
{
	const struct sock_sink sink = { .take = take_rows, .ctx = pipeline };

	return tables_list(&pipeline->tables, SECTION_FURTHER, &sink);
}

/* What is known of a namespace says nothing of the next one. */
static int begin_stop(struct pipeline *pipeline)
{
	const struct pipeline_config *config = &pipeline->config;
	const struct tour *tour = &pipeline->tour;

	pipeline->tables.env = tour->env;
	pipeline->row_names.env = tour->env;
	expected_forget(&pipeline->tables.expected);
	listener_uids_clear(&pipeline->listener_uids);
	if ((config->plan->needs & NEED_NETNS) && !tour->netns)
		pipeline->unseen |= NEED_NETNS;
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
	pipeline->row_names.env = pipeline->config.env;
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

	pipeline->writer = writer;
	pipeline->done = false;
	pipeline->n_rows = 0;
	pipeline->unseen = 0;
	pipeline->admin_facts = false;
	for (size_t i = 0; i < plan->n_fields; i++)
		if (plan->fields[i]->root && !(plan->fields[i]->needs & NEED_OWNERS))
			pipeline->admin_facts = true;
	pipeline->tables.n_listed = pipeline->tables.n_failed = 0;
	pipeline->holding =
		(plan->needs & NEED_OWNERS) || plan->hosts || plan->users || plan->n_keys;
	names_begin_round(config->names);
	if (tour_plan(&pipeline->tour, config->env, config->report, plan->all_netns,
		      plan->needs & NEED_NETNS) < 0)
		return out_of_memory(pipeline);
	return plan->needs & NEED_PEER_NAME ? go_round(pipeline, list_peers) : 0;
}

static void end_round(struct pipeline *pipeline)
{
	hold_clear(&pipeline->hold);
	listener_uids_clear(&pipeline->listener_uids);
	unix_peers_clear(&pipeline->unix_peers);
	row_names_forget(&pipeline->row_names);
	expected_forget(&pipeline->tables.expected);
	cgroups_forget(&pipeline->cgroups);
	owners_free(pipeline->owners);
	pipeline->owners = NULL;
	pipeline->n_rounds++;
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
	pipeline->row_names.env = config->env;
	pipeline->row_names.labels = names_labels(config->names);
	pipeline->tables = (struct tables){
		.report = config->report,
		.plan = config->plan,
		.inet6_named = config->inet6_named,
		.verbose = config->verbose,
	};
	pipeline->cgroups.env = config->env;
	pipeline->cgroups.report = config->report;
	pipeline->cgroups.quiet = !config->plan->cgroups_asked;
	pipeline->home_sources = source_run_new(config->env, config->report, config->verbose);
	if (pipeline->home_sources)
		return pipeline;
	free(pipeline);
	return NULL;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	source_run_free(pipeline->home_sources);
	tour_free(&pipeline->tour);
	hold_free(&pipeline->hold);
	listener_uids_free(&pipeline->listener_uids);
	unix_peers_free(&pipeline->unix_peers);
	cgroups_free(&pipeline->cgroups);
	row_names_free(&pipeline->row_names);
	expected_free(&pipeline->tables.expected);
	free(pipeline);
}
