/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets, listed in rounds. */
#include "listing.h"

#include <errno.h>
#include <string.h>

#include "base/env.h"
#include "base/report.h"
#include "base/tree.h"
#include "cli/request.h"
#include "confine.h"
#include "enrich/names.h"
#include "enrich/owners.h"
#include "events.h"
#include "expr_world.h"
#include "pipeline.h"
#include "plan.h"
#include "writers.h"

static const int64_t longest_sleep_ns = 500 * 1000 * 1000;

struct listing {
	struct listing_config config;
	struct names *names;
	struct pipeline *pipeline;
	struct events *events; /* in place of the pipeline; NULL: sockets are listed */
	struct writer *writer; /* NULL: not yet, or quiet */
	struct writers_config writers;
	struct listing_about about; /* the round */
	uint64_t n_matches;         /* of all rounds */
};

void listing_describe(const struct listing_config *config, uint64_t round,
		      struct listing_about *about)
{
	const struct env *env = config->env;
	ssize_t n = -1;

	if (config->request->all_netns)
		n = 0;
	else if (env->net_fd)
		n = tree_readlink(env->net_fd, "ns/net", about->netns, sizeof(about->netns) - 1);
	else if (env->proc_fd >= 0)
		n = tree_readlink(env->proc_fd, "self/ns/net", about->netns,
				  sizeof(about->netns) - 1);
	if (n == -ENOMEM || n == -EMFILE || n == -ENFILE)
		report_add(config->report, REPORT_PARTIAL,
			   "the network namespace cannot be named: %s", strerror((int)-n));
	about->netns[n > 0 ? n : 0] = '\0';
	about->run = (struct data_run){
		.host = env->host,
		.netns = n > 0 ? about->netns : NULL,
		.round = config->request->continuous ? round : 0,
		.report = config->report,
	};
	if (env->wall_time)
		env->wall_time(env, &about->run.time_s, &about->run.time_ns);
}

/* Sees to it that there is a writer. A table of columns is made anew: the terminal may have another
 * width by now. */
static int prepare_writer(struct listing *listing)
{
	if (listing->config.request->quiet)
		return 0;
	if (listing->writer && writers_are_of_one_round(&listing->writers)) {
		listing->writer->free(listing->writer);
		listing->writer = NULL;
	}
	if (!listing->writer)
		listing->writer = writers_new(&listing->writers, listing->config.out);
	if (listing->writer)
		return 0;
	report_add(listing->config.report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

static int run_round(struct listing *listing, uint64_t round)
{
	const struct listing_config *config = &listing->config;
	bool *cut_short = &listing->about.run.cut_short;
	uint64_t n_rows;
	int err;

	report_begin_round(config->report);
	expr_world_forget(config->surroundings);
	if (config->plan->format == FORMAT_JSON || config->plan->format == FORMAT_JSONL ||
	    config->plan->view != VIEW_ROWS || config->request->continuous)
		listing_describe(config, round, &listing->about);
	err = prepare_writer(listing);
	if (err < 0)
		return err;
	if (listing->events)
		err = events_round(listing->events, listing->writer, cut_short, &n_rows);
	else
		err = pipeline_round(listing->pipeline, listing->writer, cut_short, &n_rows);
	listing->n_matches += n_rows;
	return err;
}

/* Sleeps until that moment, or a signal that asks us to end. One that comes just before we go to
 * sleep is seen after half a second at the latest. */
static void sleep_until(const struct env *env, int64_t end_ns)
{
	while (!env->stop_signal(env)) {
		int64_t until = env->now_ns(env) + longest_sleep_ns;

		if (env->sleep_until_ns(env, until < end_ns ? until : end_ns) == 0 &&
		    until >= end_ns)
			return;
	}
}

/* Rounds on a steady grid of time: a late or stopped round is followed by the next moment of the
 * grid, never by a burst. */
static void run_rounds(struct listing *listing)
{
	const struct request *request = listing->config.request;
	const struct env *env = listing->config.env;
	int64_t interval = request->interval_ns, next = env->now_ns(env);

	for (uint64_t round = 1;; round++) {
		int64_t now;

		if (!request->continuous || round == request->count)
			confine_last_round(listing->config.confine);
		if (run_round(listing, round) < 0 || env->stop_signal(env))
			return;
		if (request->quiet && listing->n_matches > 0)
			return;
		if (!request->continuous || round == request->count)
			return;
		now = env->now_ns(env);
		next += interval;
		if (next <= now)
			next += ((now - next) / interval + 1) * interval;
		sleep_until(env, next);
		if (env->stop_signal(env))
			return;
	}
}

/* --events: there is one round, but with -c. */
static void run_events(struct listing *listing)
{
	const struct events_config config = {
		.env = listing->config.env,
		.report = listing->config.report,
		.request = listing->config.request,
		.plan = listing->config.plan,
		.confine = listing->config.confine,
		.out = listing->config.out,
	};
	uint64_t round = 1;

	listing->events = events_new(&config);
	if (!listing->events)
		return;
	while (run_round(listing, round++) == 0 && !events_are_over(listing->events))
		;
	events_free(listing->events);
	listing->events = NULL;
}

/* Without memory there is no pipeline. */
static void open_pipeline(struct listing *listing)
{
	const struct listing_config *from = &listing->config;
	const struct names_config names = {
		.hosts = from->plan->hosts,
		.services = from->plan->services,
		.users = from->plan->users,
		.user_column = from->plan->users,
		.budget_ns = from->request->resolve_ns,
	};
	struct pipeline_config config = {
		.env = from->env,
		.report = from->report,
		.plan = from->plan,
		.confine = from->confine,
		.inet6_named = from->request->inet6,
		.verbose = from->request->verbose,
		.quiet = from->request->quiet,
		.sure = from->request->kill,
	};

	listing->names = config.names = names_new(from->env, from->report, &names);
	listing->writers = (struct writers_config){
		.env = from->env,
		.report = from->report,
		.request = from->request,
		.plan = from->plan,
		.run = &listing->about.run,
		.earlier = from->earlier,
		.quiet = from->quiet,
		.status = from->status,
		.confine = from->confine,
	};
	if (listing->names)
		listing->writers.labels = names_labels(listing->names);
	listing->pipeline = listing->names ? pipeline_new(&config) : NULL;
	if (!listing->pipeline)
		report_add(from->report, REPORT_FAILED, "out of memory");
}

/* --kill without --yes. */
static void note_not_killed(const struct listing *listing)
{
	uint64_t n = listing->n_matches;

	if (!listing->config.request->kill || listing->config.request->yes ||
	    listing->config.report->level >= REPORT_FAILED)
		return;
	report_add(listing->config.report, REPORT_NOTE,
		   "%llu socket%s would be closed; add --yes to close %s", (unsigned long long)n,
		   n == 1 ? "" : "s", n == 1 ? "it" : "them");
}

uint64_t listing_run(const struct listing_config *config)
{
	struct listing listing = { .config = *config };

	if (config->request->context && !owners_have_context(config->env)) {
		report_add(config->report, REPORT_FAILED,
			   "-Z: this system gives processes no security context");
		return 0;
	}
	open_pipeline(&listing);
	if (listing.pipeline && config->plan->events)
		run_events(&listing);
	else if (listing.pipeline)
		run_rounds(&listing);
	if (listing.pipeline)
		note_not_killed(&listing);
	if (listing.writer)
		listing.writer->free(listing.writer);
	pipeline_free(listing.pipeline);
	names_free(listing.names);
	return listing.n_matches;
}
