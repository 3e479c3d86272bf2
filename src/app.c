/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the command line to the exit status: what is asked is parsed and planned, then listed in
 * rounds. */
#include "app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "base/env.h"
#include "base/escape.h"
#include "base/obuf.h"
#include "base/privileges.h"
#include "base/report.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "confine.h"
#include "enrich/names.h"
#include "enrich/owners.h"
#include "explain.h"
#include "expr_report.h"
#include "expr_world.h"
#include "families.h"
#include "filter/expr.h"
#include "kernel/netns.h"
#include "output/data.h"
#include "output/field_list.h"
#include "pipeline.h"
#include "plan.h"
#include "writers.h"

enum { STATUS_NO = 1, STATUS_USAGE = 2, STATUS_UNKNOWN = 3, STATUS_FAILED = 4 };

struct app {
	const struct env *env;
	struct request request;
	struct expr_surroundings surroundings;
	struct expr *expr; /* NULL: none */
	struct plan plan;
	struct report report;
	struct confine confine;
	struct obuf out;
	struct names *names;
	struct pipeline *pipeline;
	struct writer *writer; /* NULL: not yet, or quiet */
	struct writers_config writers;
	struct data_run run;
	int view_status;          /* negative: the view has none of its own */
	struct netns_visit visit; /* of --netns, to the end */
	char netns[64];
	uint64_t n_matches; /* of all rounds */
};

/* What data formats, and the line on top of a screen, say of a round. */
static void describe_run(struct app *app, uint64_t round)
{
	const struct env *env = app->env;
	ssize_t n = -1;

	if (app->request.all_netns)
		n = 0;
	else if (env->net_fd)
		n = readlinkat(env->net_fd, "ns/net", app->netns, sizeof(app->netns) - 1);
	else if (env->proc_fd >= 0)
		n = readlinkat(env->proc_fd, "self/ns/net", app->netns, sizeof(app->netns) - 1);
	app->netns[n > 0 ? n : 0] = '\0';
	app->run = (struct data_run){
		.host = env->host,
		.netns = n > 0 ? app->netns : NULL,
		.round = app->request.continuous ? round : 0,
		.report = &app->report,
	};
	if (env->wall_time)
		env->wall_time(env, &app->run.time_s, &app->run.time_ns);
}

/* Sees to it that there is a writer. A table of columns is made anew: the terminal may have another
 * width by now. */
static int prepare_writer(struct app *app)
{
	if (app->request.quiet)
		return 0;
	if (app->writer && writers_are_of_one_round(&app->writers)) {
		app->writer->free(app->writer);
		app->writer = NULL;
	}
	if (!app->writer)
		app->writer = writers_new(&app->writers, &app->out);
	if (app->writer)
		return 0;
	report_add(&app->report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

static int run_round(struct app *app, uint64_t round)
{
	uint64_t n_rows;
	int err;

	report_begin_round(&app->report);
	expr_world_forget(&app->surroundings);
	if (app->plan.format == FORMAT_JSON || app->plan.format == FORMAT_JSONL ||
	    app->plan.view != VIEW_ROWS || app->request.continuous)
		describe_run(app, round);
	err = prepare_writer(app);
	if (err < 0)
		return err;
	err = pipeline_round(app->pipeline, app->writer, &app->run.cut_short, &n_rows);
	app->n_matches += n_rows;
	return err;
}

/* Rounds on a steady grid of time: a late or stopped round is followed by the next moment of the
 * grid, never by a burst. */
static void run_rounds(struct app *app)
{
	const struct env *env = app->env;
	int64_t interval = app->request.interval_ns, next = env->now_ns(env);

	for (uint64_t round = 1;; round++) {
		int64_t now;

		if (!app->request.continuous || round == app->request.count)
			confine_last_round(&app->confine);
		if (run_round(app, round) < 0 || env->stop_signal(env))
			return;
		if (app->request.quiet && app->n_matches > 0)
			return;
		if (!app->request.continuous || round == app->request.count)
			return;
		now = env->now_ns(env);
		next += interval;
		if (next <= now)
			next += ((now - next) / interval + 1) * interval;
		while (env->sleep_until_ns(env, next) == -EINTR)
			if (env->stop_signal(env))
				return;
	}
}

static void list_sockets(struct app *app)
{
	const struct names_config names = {
		.hosts = app->plan.hosts,
		.services = app->plan.services,
		.users = app->plan.users,
		.user_column = app->plan.users,
		.budget_ns = app->request.resolve_ns,
	};
	struct pipeline_config config = {
		.env = app->env,
		.report = &app->report,
		.plan = &app->plan,
		.confine = &app->confine,
		.inet6_named = app->request.inet6,
		.verbose = app->request.verbose,
		.quiet = app->request.quiet,
		.sure = app->request.kill,
	};

	if (app->request.context && !owners_have_context(app->env)) {
		report_add(&app->report, REPORT_FAILED,
			   "-Z: this system gives processes no security context");
		return;
	}
	app->names = config.names = names_new(app->env, &app->report, &names);
	app->writers = (struct writers_config){
		.env = app->env,
		.report = &app->report,
		.request = &app->request,
		.plan = &app->plan,
		.run = &app->run,
		.status = &app->view_status,
		.confine = &app->confine,
	};
	if (app->names)
		app->writers.labels = names_labels(app->names);
	app->pipeline = app->names ? pipeline_new(&config) : NULL;
	if (app->pipeline)
		run_rounds(app);
	if (app->pipeline && app->request.kill && !app->request.yes)
		report_add(&app->report, REPORT_NOTE,
			   "%llu socket%s would be closed; add --yes to close %s",
			   (unsigned long long)app->n_matches, app->n_matches == 1 ? "" : "s",
			   app->n_matches == 1 ? "it" : "them");
	if (!app->pipeline)
		report_add(&app->report, REPORT_FAILED, "out of memory");
	if (app->writer)
		app->writer->free(app->writer);
	pipeline_free(app->pipeline);
	names_free(app->names);
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
			field_list_put(&app->out);
		break;
	case ACTION_LIST_FAMILIES:
		describe_run(app, 0);
		families_put(app->env, &app->report, &app->run, &app->out,
			     app->request.format == FORMAT_JSON ||
				     app->request.format == FORMAT_JSONL);
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
	if (app->env->out_fd < 0)
		app->out.error = EBADF;
	else
		run_action(app);
	confine_end(&app->confine);
	report_output(app);
	obuf_free(&app->out);
	if (app->view_status < 0)
		return report_status(&app->report);
	/* An answer that did not get out, or that nothing stands behind, is none. */
	return report_status(&app->report) == STATUS_FAILED ? STATUS_UNKNOWN : app->view_status;
}

/* The words of the expression in one text. NULL without memory. */
static char *join_words(const struct request *request)
{
	size_t len = 1;
	char *text, *at;

	for (size_t i = 0; i < request->n_words; i++)
		len += strlen(request->words[i]) + 1;
	text = at = malloc(len);
	for (size_t i = 0; text && i < request->n_words; i++) {
		if (i > 0)
			*at++ = ' ';
		at = stpcpy(at, request->words[i]);
	}
	if (text)
		*at = '\0';
	return text;
}

/* Parses the expression. 0 or the exit status. */
/* "--explain time-wait": an expression it is not. */
static bool is_state_to_explain(const struct request *request)
{
	return request->view == VIEW_EXPLAIN && !request->explain_state && request->n_words == 1 &&
	       tcp_state_find(request->words[0]);
}

static int parse_expression(struct app *app)
{
	const struct request *request = &app->request;
	bool only_unix = request->protos == 1u << PROTO_UNIX && !request->every_family &&
			 !request->inet4 && !request->inet6;
	struct expr_world world;
	struct expr_error error;
	char *text;
	int err;

	if (request->n_words == 0)
		return 0;
	if (is_state_to_explain(request)) {
		report_add(&app->report, REPORT_NOTE,
			   "--explain takes the state in one word: --explain=%s",
			   request->words[0]);
		return STATUS_USAGE;
	}
	world = expr_world_of(&app->surroundings, app->env, only_unix ? AF_UNIX : 0,
			      request->resolve_ns);
	if (request->all_netns) {
		world.many_netns = true;
		world.ifindex = NULL;
	}
	text = join_words(&app->request);
	err = text ? expr_parse(text, strlen(text), &world, &app->expr, &error) : -ENOMEM;
	if (err == -EINVAL && error.is_outage) {
		report_add(&app->report, REPORT_FAILED, "expression: %s", error.message);
		err = -EIO;
	} else if (err == -EINVAL) {
		expr_report(&app->report, text, &error);
		if (request->continuous && strspn(text, "0123456789.") == strlen(text))
			report_add(&app->report, REPORT_NOTE, "for an interval write -c%s", text);
	} else if (err < 0) {
		report_add(&app->report, REPORT_FAILED, "out of memory");
	}
	free(text);
	if (err == -EINVAL)
		return STATUS_USAGE;
	return err < 0 ? report_status(&app->report) : 0;
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

/* --netns: from here on everything is that of the other network namespace. 0 or the exit status. */
static int enter_netns(struct app *app)
{
	struct netns_target target;
	char text[256];

	if (!app->request.netns ||
	    (app->request.action != ACTION_LIST && app->request.action != ACTION_LIST_FAMILIES))
		return 0;
	if (!netns_parse_target(app->request.netns, &target)) {
		report_add(&app->report, REPORT_NOTE,
			   "--netns: '%s' is no name, PID or path of a network namespace",
			   app->request.netns);
		return STATUS_USAGE;
	}
	if (netns_move(&app->visit, app->env, &target, text, sizeof(text)) < 0) {
		report_add(&app->report, REPORT_FAILED, "%s", text);
		return report_status(&app->report);
	}
	if (*text)
		report_add(&app->report, REPORT_NOTE, "%s", text);
	app->env = &app->visit.env;
	return 0;
}

/* Where no socket is looked at, nothing is needed. */
static void confine_to_plan(struct app *app)
{
	const struct plan *plan = &app->plan;
	bool looks = app->request.action == ACTION_LIST && !app->request.explain_filter;
	unsigned int more = looks ? plan->privileges : 0;

	/* Names are asked for at home. */
	if (looks && app->request.netns && (plan->hosts || plan->services || plan->users))
		more |= PRIVILEGE_HOME;
	confine_to_needs(&app->confine, looks ? plan->needs : 0, more);
}

static int plan_and_run(struct app *app)
{
	struct plan_error error;
	int status, err;

	status = parse_expression(app);
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

int app_main(const struct env *env, int argc, char *const argv[])
{
	struct app app = {
		.env = env,
		.view_status = -1,
		.visit = { .home_fd = -1, .proc_pid_fd = -1 },
	};
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	struct options_error error;
	int status;

	report_init(&app.report, env->err_fd);
	app.report.utf8 = env->utf8;
	if (!words) {
		report_add(&app.report, REPORT_FAILED, "out of memory");
		status = report_status(&app.report);
	} else if (!options_parse(argc, argv, words, &app.request, &error)) {
		report_add(&app.report, REPORT_NOTE,
			   error.is_final ? "%s" : "%s; see 'lssock --help'", error.text);
		status = STATUS_USAGE;
	} else {
		status = enter_netns(&app);
		if (status == 0) {
			confine_begin(&app.confine, app.env, &app.report, !app.request.no_sandbox);
			status = plan_and_run(&app);
		}
	}
	netns_visit_end(&app.visit);
	if (status && app.view_status < 0 && options_name_limits(argc, argv))
		status = tell_unknown(&app);
	expr_free(app.expr);
	free(words);
	report_free(&app.report);
	return status;
}
