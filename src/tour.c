/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one network namespace to the next. */
#include "tour.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/report.h"

/* The labels in the form that rows point to. 0 or -ENOMEM. */
static int make_tags(struct tour *tour)
{
	void *data = tour->tags;
	int err = array_grow(&data, &tour->cap_tags, tour->list.n + 1, sizeof(*tour->tags));

	tour->tags = data;
	if (err < 0)
		return err;
	for (size_t i = 0; i < tour->list.n; i++)
		tour->tags[i] = (struct sock_netns){
			.label = tour->list.list[i].label,
			.id = tour->list.list[i].id,
			.place = (uint32_t)i + 1,
		};
	return 0;
}

int tour_plan(struct tour *tour, const struct env *env, struct report *report, bool all, bool label)
{
	int err;

	tour->home = env;
	tour->report = report;
	tour->all = all;
	tour->list.n = 0;
	if (!all && !label)
		return 0;
	err = netns_list_read(&tour->list, env);
	if (err == -ENOMEM)
		return err;
	if (err < 0)
		report_add(report, all ? REPORT_PARTIAL : REPORT_NOTE,
			   "network namespaces cannot be seen: %s", strerror(-err));
	if (tour->list.cut)
		report_add(report, REPORT_PARTIAL,
			   "more than %d network namespaces: the rest is "
			   "left out",
			   NETNS_MAX);
	/* Where nothing can be seen, at least our own is listed. */
	if (tour->list.n == 0)
		tour->all = false;
	return make_tags(tour);
}

void tour_begin(struct tour *tour)
{
	tour->at = 0;
	tour->away = false;
	tour->n_closed = tour->n_by_files = 0;
}

static bool next_own(struct tour *tour)
{
	const struct netns *own;

	if (tour->at++ > 0)
		return false;
	own = netns_list_own(&tour->list, tour->home);
	tour->env = tour->home;
	tour->netns = own ? &tour->tags[own - tour->list.list] : NULL;
	return true;
}

/* What the tour has come across, in one line each. */
static void report_closed(const struct tour *tour)
{
	if (tour->n_by_files)
		report_add(tour->report, REPORT_NOTE,
			   "%zu of %zu network namespaces could not be entered (%s): what is shown "
			   "of them is what /proc/PID/net tells",
			   tour->n_by_files, tour->list.n, strerror(-tour->by_files_error));
	if (tour->n_closed)
		report_add(tour->report, REPORT_PARTIAL,
			   "%zu network namespaces that have a name could not be entered (%s): "
			   "their sockets are missing, unless they are listed by a process in them",
			   tour->n_closed, strerror(-tour->closed_error));
}

/* Enters one. Whether it is a stop. */
static bool enter(struct tour *tour, const struct netns *netns)
{
	int err = netns_list_visit(netns, tour->home, &tour->visit);

	if (err == -ENOENT || err == -ESRCH) {
		report_add(tour->report, REPORT_NOTE,
			   "the network namespace %s came to an end before it was listed",
			   netns->label);
		return false;
	}
	if (err < 0) {
		tour->closed_error = err;
		tour->n_closed++;
		return false;
	}
	if (tour->visit.enter_error) {
		tour->by_files_error = tour->visit.enter_error;
		tour->n_by_files++;
	}
	tour->away = !netns->is_own;
	tour->env = tour->away ? &tour->visit.env : tour->home;
	tour->netns = &tour->tags[netns - tour->list.list];
	return true;
}

bool tour_next(struct tour *tour)
{
	tour_end(tour);
	if (tour->lost)
		return false;
	if (!tour->all)
		return next_own(tour);
	while (tour->at < tour->list.n)
		if (enter(tour, &tour->list.list[tour->at++]))
			return true;
	report_closed(tour);
	return false;
}

void tour_end(struct tour *tour)
{
	int err = tour->away ? netns_visit_end(&tour->visit) : 0;

	tour->away = false;
	if (err == 0)
		return;
	tour->lost = true;
	report_add(tour->report, REPORT_FAILED,
		   "the network namespace lssock was started in cannot be entered any more: %s",
		   strerror(-err));
}

void tour_free(struct tour *tour)
{
	tour_end(tour);
	netns_list_free(&tour->list);
	free(tour->tags);
}
