/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One listing: through the tables of the plan, the network namespaces and the rounds. */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include "base/env.h"
#include "base/privileges.h"
#include "base/report.h"
#include "complete.h"
#include "confine.h"
#include "flow.h"
#include "source/source.h"
#include "tables.h"
#include "tour.h"

struct pipeline {
	struct pipeline_config config;
	struct source_run *home_sources; /* of our own network namespace, from round to round */
	struct tour tour;
	struct complete complete;
	struct tables tables;
	struct flow flow;
};

static int out_of_memory(struct pipeline *pipeline)
{
	report_add(pipeline->config.report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

static int list_peers(struct pipeline *pipeline)
{
	complete_list_peers(&pipeline->complete, pipeline->tables.sources);
	return 0;
}

static int list_inet(struct pipeline *pipeline)
{
	const struct sock_sink sink = flow_sink(&pipeline->flow);
	int err = 0;

	if (pipeline->config.plan->needs & NEED_DIRECTION)
		err = complete_list_listeners(&pipeline->complete, pipeline->tables.sources);
	return err < 0 ? err : tables_list(&pipeline->tables, SECTION_INET, &sink);
}

static int list_local(struct pipeline *pipeline)
{
	const struct sock_sink sink = flow_sink(&pipeline->flow);

	return tables_list(&pipeline->tables, SECTION_UNIX, &sink);
}

static int list_further(struct pipeline *pipeline)
{
	const struct sock_sink sink = flow_sink(&pipeline->flow);

	return tables_list(&pipeline->tables, SECTION_FURTHER, &sink);
}

/* What is known of a namespace says nothing of the next one. */
static int begin_stop(struct pipeline *pipeline)
{
	const struct pipeline_config *config = &pipeline->config;
	const struct tour *tour = &pipeline->tour;

	pipeline->tables.env = tour->env;
	pipeline->flow.netns = tour->netns;
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
	err = flow_begin_section(&pipeline->flow, section);
	return err < 0 ? err : go_round(pipeline, list);
}

static int list_tables(struct pipeline *pipeline)
{
	const struct plan *plan = pipeline->config.plan;
	int err = plan->inet ? flow_begin_section(&pipeline->flow, SECTION_INET) : 0;

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

	flow_begin_round(&pipeline->flow, writer);
	pipeline->tables.n_listed = pipeline->tables.n_failed = 0;
	complete_begin_round(&pipeline->complete);
	if (tour_plan(&pipeline->tour, config->env, config->report, plan->all_netns,
		      plan->needs & NEED_NETNS) < 0)
		return out_of_memory(pipeline);
	return plan->needs & NEED_PEER_NAME ? go_round(pipeline, list_peers) : 0;
}

static void end_round(struct pipeline *pipeline)
{
	flow_end_round(&pipeline->flow);
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
	if (err == 0)
		err = flow_finish(&pipeline->flow);
	if (err < 0 && pipeline->flow.done)
		err = 0;
	*cut_short = err < 0;
	/* The end is output, but for views that have more to do. */
	confine_done(pipeline->config.confine, PRIVILEGE_ALL & ~pipeline->config.plan->privileges);
	if (writer)
		end = writer->end(writer);
	*n_rows = pipeline->flow.n_rows;
	end_round(pipeline);
	return err < 0 ? err : end;
}

struct pipeline *pipeline_new(const struct pipeline_config *config)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	const struct flow_config flow = {
		.env = config->env,
		.report = config->report,
		.plan = config->plan,
		.complete = pipeline ? &pipeline->complete : NULL,
		.sure = config->sure,
		.quiet = config->quiet,
		.wants = config->wants,
		.wants_ctx = config->wants_ctx,
	};

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
	flow_init(&pipeline->flow, &flow);
	pipeline->home_sources = source_run_new(config->env, config->report, config->verbose);
	if (!pipeline->home_sources) {
		pipeline_free(pipeline);
		return NULL;
	}
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	source_run_free(pipeline->home_sources);
	tour_free(&pipeline->tour);
	flow_free(&pipeline->flow);
	complete_free(&pipeline->complete);
	expected_free(&pipeline->tables.expected);
	free(pipeline);
}
