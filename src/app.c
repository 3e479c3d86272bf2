/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the command line to the exit status: what is asked is parsed and planned, then done. */
#include "app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/env.h"
#include "base/escape.h"
#include "base/obuf.h"
#include "base/privileges.h"
#include "base/report.h"
#include "base/status.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "confine.h"
#include "explain.h"
#include "expr_request.h"
#include "expr_world.h"
#include "families.h"
#include "filter/expr.h"
#include "listing.h"
#include "output/field_list.h"
#include "plan.h"
#include "world.h"

struct app {
	const struct env *env;
	struct request request;
	struct expr_surroundings surroundings;
	struct expr *expr; /* NULL: none */
	struct plan plan;
	struct report report;
	struct confine confine;
	struct obuf out;
	struct world world;
	bool quiet_view;    /* -q with --diff or --expect */
	int view_status;    /* negative: the view has none of its own */
	uint64_t n_matches; /* of all rounds */
};

static struct listing_config listing_config_of(struct app *app)
{
	return (struct listing_config){
		.env = app->env,
		.report = &app->report,
		.request = &app->request,
		.plan = &app->plan,
		.confine = &app->confine,
		.out = &app->out,
		.surroundings = &app->surroundings,
		.earlier = &app->world.earlier,
		.quiet = app->quiet_view,
		.status = &app->view_status,
	};
}

static void list_sockets(struct app *app)
{
	const struct listing_config config = listing_config_of(app);

	app->n_matches = listing_run(&config);
}

static void list_families(struct app *app)
{
	const struct listing_config config = listing_config_of(app);
	struct listing_about about;

	listing_describe(&config, 0, &about);
	families_put(app->env, &app->report, &about.run, &app->out,
		     app->request.format == FORMAT_JSON || app->request.format == FORMAT_JSONL,
		     !app->request.no_header);
}

/* What became of the output. A reader that went away knows it, and so does who asked to stop;
 * everything else is told. */
static void report_output(struct app *app)
{
	int error = -obuf_flush(&app->out);

	if (error == 0)
		return;
	if (error == EPIPE || error == EINTR)
		report_raise(&app->report, REPORT_FAILED);
	else
		report_add(&app->report, REPORT_FAILED, "cannot write the output: %s",
			   strerror(error));
}

static void run_action(struct app *app)
{
	switch (app->request.action) {
	case ACTION_HELP:
		usage_help(&app->out);
		break;
	case ACTION_VERSION:
		usage_version(&app->out);
		break;
	case ACTION_LIST_COLUMNS:
		if (app->request.format == FORMAT_JSON || app->request.format == FORMAT_JSONL)
			field_list_put_json(&app->out);
		else
			field_list_put(&app->out, !app->request.no_header);
		break;
	case ACTION_LIST_FAMILIES:
		list_families(app);
		break;
	case ACTION_LIST:
		if (!app->request.explain_filter)
			list_sockets(app);
		else if (explain_put(&app->plan, &app->out, app->env->utf8) < 0)
			report_add(&app->report, REPORT_FAILED, "out of memory");
		break;
	}
}

/* The status of a question: yes or no, unless what was not seen might have been a yes. */
static int quiet_status(const struct app *app)
{
	if (app->n_matches > 0)
		return 0;
	return report_status(&app->report) ? report_status(&app->report) : STATUS_NO;
}

static int run_request(struct app *app)
{
	bool silent = app->request.quiet && app->request.action == ACTION_LIST &&
		      !app->request.explain_filter;

	if (silent) {
		list_sockets(app);
		return quiet_status(app);
	}
	if (obuf_init(&app->out, app->env->out_fd) < 0) {
		report_add(&app->report, REPORT_FAILED, "out of memory");
		return report_status(&app->report);
	}
	app->out.env = app->env;
	if (app->env->out_fd < 0 && !app->quiet_view)
		app->out.error = EBADF;
	else
		run_action(app);
	confine_end(&app->confine);
	if (!app->quiet_view)
		report_output(app);
	obuf_free(&app->out);
	if (app->view_status < 0)
		return report_status(&app->report);
	/* An answer that did not get out, or that nothing stands behind, is none. */
	if (report_status(&app->report) != STATUS_FAILED)
		return app->view_status;
	return app->request.view == VIEW_PORTS ? STATUS_UNKNOWN : STATUS_FAILED;
}

static int ask_question(struct app *app)
{
	const struct ask_config config = {
		.env = app->env,
		.report = &app->report,
		.request = &app->request,
		.expr = app->expr,
		.surroundings = &app->surroundings,
	};

	return ask_run(&config);
}

/* Where no socket is looked at, nothing is needed. */
static void confine_to_plan(struct app *app)
{
	const struct plan *plan = &app->plan;
	bool looks = app->request.action == ACTION_LIST && !app->request.explain_filter &&
		     !app->request.replay;
	unsigned int more = looks ? plan->privileges : 0;

	/* Names are asked for at home. */
	if (looks && app->request.netns && (plan->hosts || plan->services || plan->users))
		more |= PRIVILEGE_HOME;
	confine_to_needs(&app->confine, looks ? plan->needs : 0, more);
}

static int plan_and_run(struct app *app)
{
	const struct expr_request from = {
		.env = app->env,
		.report = &app->report,
		.request = &app->request,
		.surroundings = &app->surroundings,
	};
	struct plan_error error;
	int status, err;

	status = expr_request_parse(&from, &app->expr);
	if (status)
		return status;
	if (app->request.question != ASK_NOTHING && app->request.action == ACTION_LIST) {
		confine_to_needs(&app->confine, app->expr ? expr_needs(app->expr) : 0, 0);
		return ask_question(app);
	}
	err = plan_make(&app->request, app->expr, &app->plan, &error);
	if (err == -EINVAL) {
		report_add(&app->report, REPORT_NOTE, "%s", error.text);
		status = STATUS_USAGE;
	} else if (err < 0) {
		report_add(&app->report, REPORT_FAILED, "out of memory");
		status = report_status(&app->report);
	} else {
		confine_to_plan(app);
		status = run_request(app);
	}
	plan_free(&app->plan);
	return status;
}

/*
 * A monitoring check that could not be made: its statuses are not ours, and 2 would be CRITICAL.
 * The line has the first message, without the '|' that would begin performance data.
 */
static int tell_unknown(struct app *app)
{
	size_t at = 0;
	const struct report_message *message = report_next_message(&app->report, &at);
	const char *why = message && message->text ? message->text : "out of memory";
	char text[400];
	size_t n = escape_text(text, sizeof(text), why, strlen(why), 0, SIZE_MAX, NULL);

	if (app->request.format != FORMAT_NETSTAT || app->env->out_fd < 0 ||
	    obuf_init(&app->out, app->env->out_fd) < 0)
		return STATUS_UNKNOWN;
	for (size_t i = 0; i < n; i++)
		if (text[i] == '|')
			text[i] = '/';
	app->out.env = app->env;
	obuf_put_str(&app->out, "PORTS UNKNOWN - ");
	obuf_put(&app->out, text, n);
	obuf_put_char(&app->out, '\n');
	report_output(app);
	obuf_free(&app->out);
	return STATUS_UNKNOWN;
}

/* What has to be known before anything is done. 0 or the exit status. */
static int check_request(struct app *app)
{
	struct request *request = &app->request;
	struct plan_error error;

	/* All sockets are looked at, whatever the first one says. */
	if (request->view == VIEW_DIFF || request->view == VIEW_EXPECT) {
		app->quiet_view = request->quiet;
		request->quiet = false;
	}
	/* A recording is not begun, and none is read, for what will not be done. */
	if (!world_is_captured(request) || plan_check_view(request, &error) == 0)
		return 0;
	report_add(&app->report, REPORT_NOTE, "%s", error.text);
	return STATUS_USAGE;
}

/* What was asked for, where it was asked for. Returns the exit status. */
static int run_in_world(struct app *app)
{
	int status = check_request(app);

	if (status == 0)
		status = world_enter(&app->world);
	if (status)
		return status;
	app->env = app->world.env;
	confine_begin(&app->confine, app->env, &app->report, !app->request.no_sandbox);
	status = plan_and_run(app);
	return world_end(&app->world, status, status == STATUS_USAGE && app->view_status < 0);
}

int app_main(const struct env *env, int argc, char *const argv[])
{
	struct app app = { .env = env, .view_status = -1 };
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	struct options_error error;
	int status;

	report_init(&app.report, env->err_fd);
	app.report.utf8 = env->utf8;
	world_init(&app.world, env, &app.request, &app.report);
	if (!words) {
		report_add(&app.report, REPORT_FAILED, "out of memory");
		status = report_status(&app.report);
	} else if (!options_parse(argc, argv, words, &app.request, &error)) {
		report_add(&app.report, REPORT_NOTE,
			   error.is_final ? "%s" : "%s; see 'lssock --help'", error.text);
		status = STATUS_USAGE;
	} else {
		status = run_in_world(&app);
	}
	world_leave(&app.world);
	if (status && app.view_status < 0 && options_name_limits(argc, argv))
		status = tell_unknown(&app);
	expr_free(app.expr);
	free(words);
	report_free(&app.report);
	return status;
}
