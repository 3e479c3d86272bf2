/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file to compare with, another network namespace, a recording: opened in this order. */
#include "world.h"

#include "base/env.h"
#include "base/report.h"
#include "base/status.h"
#include "capture/capture_record.h"
#include "capture/capture_replay.h"
#include "cli/request.h"

void world_init(struct world *world, const struct env *env, const struct request *request,
		struct report *report)
{
	*world = (struct world){
		.env = env,
		.request = request,
		.report = report,
		.earlier = { .fd = -1 },
		.visit = { .home_fd = -1, .proc_pid_fd = -1 },
	};
}

bool world_is_captured(const struct request *request)
{
	bool looks = request->action != ACTION_HELP && request->action != ACTION_VERSION &&
		     request->action != ACTION_LIST_COLUMNS;

	return looks && (request->record || request->replay);
}

/* The file of --diff or --expect, with the privileges of whoever named it. 0 or the exit status. */
static int open_earlier(struct world *world)
{
	const struct request *request = world->request;

	if (request->view != VIEW_DIFF && request->view != VIEW_EXPECT)
		return 0;
	if (request->action != ACTION_LIST || request->explain_filter)
		return 0;
	return earlier_open(&world->earlier, request->file, world->report) < 0 ? STATUS_USAGE : 0;
}

/* --netns: from here on everything is that of the other network namespace. 0 or the exit status. */
static int enter_netns(struct world *world)
{
	struct netns_target target;
	char text[256];

	if (!world->request->netns || (world->request->action != ACTION_LIST &&
				       world->request->action != ACTION_LIST_FAMILIES))
		return 0;
	if (!netns_parse_target(world->request->netns, &target)) {
		report_add(world->report, REPORT_NOTE,
			   "--netns: '%s' is no name, PID or path of a network namespace",
			   world->request->netns);
		return STATUS_USAGE;
	}
	if (netns_move(&world->visit, world->env, &target, text, sizeof(text)) < 0) {
		report_add(world->report, REPORT_FAILED, "%s", text);
		return report_status(world->report);
	}
	if (*text)
		report_add(world->report, REPORT_NOTE, "%s", text);
	world->env = &world->visit.env;
	return 0;
}

/* --record and --replay: everything is written down, or is that of the file. 0 or the exit status.
 */
static int begin_capture(struct world *world)
{
	const struct request *request = world->request;
	char text[1024];
	int err;

	if (!world_is_captured(request))
		return 0;
	if (request->record)
		err = capture_record_begin(world->env, request->record, world->report,
					   &world->capture, text, sizeof(text));
	else
		err = capture_replay_begin(world->env, request->replay, world->report,
					   &world->capture, text, sizeof(text));
	if (err < 0) {
		report_add(world->report, REPORT_FAILED, "%s", text);
		return report_status(world->report);
	}
	world->captures = true;
	world->env = &world->capture;
	return 0;
}

int world_end(struct world *world, int status, bool is_wrong)
{
	char text[256];

	if (!world->captures)
		return status;
	if (world->request->replay) {
		capture_replay_end();
		return status == 0 && !world->request->quiet ? report_status(world->report)
							     : status;
	}
	if (capture_record_end(is_wrong, text, sizeof(text)) == 0)
		return status;
	report_add(world->report, REPORT_FAILED, "%s", text);
	return STATUS_FAILED;
}

int world_enter(struct world *world)
{
	int status = open_earlier(world);

	if (status == 0)
		status = enter_netns(world);
	return status ? status : begin_capture(world);
}

void world_leave(struct world *world)
{
	netns_visit_end(&world->visit);
	earlier_close(&world->earlier);
}
