/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pipeline: source -> select -> (hold) -> owners, names -> writer, a batch at a time.
 *
 * Rows are held back only when many of them are better served together: one walk over /proc that
 * ends when all of them have an owner, all names looked up side by side. A listing too long for
 * that gets the complete owner map once and flows on from there, so that memory does not grow with
 * the number of sockets.
 */
#include "app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/obuf.h"
#include "base/report.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "enrich/listener_uids.h"
#include "enrich/names.h"
#include "enrich/owners.h"
#include "filter/select.h"
#include "hold.h"
#include "output/netstat_table.h"
#include "plan.h"
#include "source/source.h"

enum { STATUS_USAGE = 2 };

struct app {
	const struct env *env;
	struct request request;
	struct plan plan;
	struct report report;
	struct obuf out;
	struct source_run *sources;
	struct names *names;
	struct writer *writer;

	uint64_t n_rounds; /* that are over */

	/* Of this round. */
	struct hold hold;
	bool holding; /* rows gather before they are written */
	struct listener_uids listener_uids;
	struct owners *owners;     /* NULL until the walk */
	size_t n_listed, n_failed; /* tables */
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

/* Walks /proc once for this round: for the sockets held when these are all, else for every socket.
 */
static void find_owners(struct app *app, bool all_rows_held)
{
	struct owners_query query = {
		.first_only = true,
		.again = app->n_rounds > 0,
		.context = app->plan.needs & NEED_CONTEXT,
	};
	uint64_t *inodes = NULL;

	if (all_rows_held) {
		inodes = wanted_inodes(&app->hold, &query.n_inodes);
		query.inodes = inodes;
	}
	app->owners = owners_scan(app->env, &app->report, &query);
	free(inodes);
}

/* The last stages, for rows that need not wait for others any more. */
static int write_rows(struct app *app, struct sock *rows, size_t n)
{
	if (app->owners)
		for (size_t i = 0; i < n; i++)
			if (rows[i].has & SOCK_HAS_INODE)
				rows[i].owners =
					owners_find(app->owners, rows[i].inode, &rows[i].n_owners);
	names_prefetch(app->names, rows, n);
	return app->writer->rows(app->writer, rows, n);
}

/* Lets go of the rows held. last: there are no more. */
static int release(struct app *app, bool last)
{
	struct hold *hold = &app->hold;
	size_t from = 0;
	int err = 0;

	if (app->plan.needs & NEED_OWNERS)
		find_owners(app, last);
	for (size_t i = 0; err == 0 && i < hold->n_marks; i++) {
		size_t at = hold->marks[i].at;

		err = write_rows(app, hold->rows + from, at - from);
		if (err == 0)
			err = app->writer->begin(app->writer, hold->marks[i].section);
		from = at;
	}
	if (err == 0)
		err = write_rows(app, hold->rows + from, hold->n - from);
	hold_clear(hold);
	app->holding = false;
	return err;
}

/* A batch from a source. */
static int take_rows(void *ctx, struct sock *rows, size_t n)
{
	struct app *app = ctx;

	if (app->env->stop_signal(app->env))
		return -EINTR;
	if ((app->plan.needs & NEED_LISTENER_UID) &&
	    listener_uids_apply(&app->listener_uids, rows, n) < 0)
		goto no_memory;
	n = select_rows(app->plan.mode, rows, n);
	if (!app->holding)
		return write_rows(app, rows, n);
	if (hold_add(&app->hold, rows, n) < 0)
		goto no_memory;
	return hold_is_full(&app->hold) ? release(app, false) : 0;

no_memory:
	report_add(&app->report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

static int begin_section(struct app *app, enum section section)
{
	if (!app->holding)
		return app->writer->begin(app->writer, section);
	hold_mark(&app->hold, section);
	return 0;
}

/*
 * A table that this kernel does not have. Without IPv6 the answer is complete; a protocol that was
 * named and is not there makes it incomplete.
 */
static void report_absent(struct app *app, const struct plan_table *table)
{
	const char *name = proto_row(table->query.proto)->name;

	if (table->query.family == AF_INET6 && table->query.proto != PROTO_SCTP) {
		if (app->request.inet6 || app->request.verbose)
			report_add(&app->report, REPORT_NOTE, "%s: this kernel has no IPv6", name);
	} else if (table->asked || app->request.verbose) {
		report_add(&app->report, table->asked ? REPORT_PARTIAL : REPORT_NOTE,
			   "%s: this kernel has no such sockets", name);
	}
}

/* Lists one table. 0, or -ECANCELED when the run is to end. */
static int list_table(struct app *app, const struct plan_table *table)
{
	struct sock_sink sink = { .take = take_rows, .ctx = app };

	switch (source_list(app->sources, &table->query, table->asked, &sink)) {
	case SOURCE_COMPLETE:
	case SOURCE_PARTIAL:
		app->n_listed++;
		return 0;
	case SOURCE_ABSENT:
		report_absent(app, table);
		return 0;
	case SOURCE_UNREADABLE:
		app->n_failed++;
		return 0;
	case SOURCE_CANCELED:
		break;
	}
	return -ECANCELED;
}

static int list_tables(struct app *app)
{
	int err = app->plan.inet ? begin_section(app, SECTION_INET) : 0;

	for (size_t i = 0; err == 0 && i < app->plan.n_tables; i++) {
		const struct plan_table *table = &app->plan.tables[i];

		if (table->query.proto == PROTO_UNIX)
			err = begin_section(app, SECTION_UNIX);
		if (err == 0)
			err = list_table(app, table);
	}
	return err;
}

/* One whole listing. 0, or negative when there is to be no further one. */
static int run_round(struct app *app)
{
	int err, end;

	app->n_listed = app->n_failed = 0;
	app->holding = (app->plan.needs & NEED_OWNERS) || app->plan.hosts || app->plan.users;
	names_begin_round(app->names);
	err = list_tables(app);
	if (err == 0 && app->holding)
		err = release(app, true);
	end = app->writer->end(app->writer);
	hold_clear(&app->hold);
	listener_uids_clear(&app->listener_uids);
	owners_free(app->owners);
	app->owners = NULL;
	if (app->n_failed > 0 && app->n_listed == 0)
		report_raise(&app->report, REPORT_FAILED);
	return err < 0 ? err : end;
}

/* Rounds on a steady grid of time: a late or stopped round is followed by the next moment of the
 * grid, never by a burst. */
static void run_rounds(struct app *app)
{
	const struct env *env = app->env;
	int64_t interval = app->request.interval_ns, next = env->now_ns(env);

	for (;;) {
		int64_t now;

		if (run_round(app) < 0 || env->stop_signal(env))
			return;
		if (!app->request.continuous || ++app->n_rounds == app->request.count)
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

static struct writer *make_writer(struct app *app)
{
	const struct netstat_table_config config = {
		.mode = app->plan.mode,
		.no_header = app->request.no_header,
		.user_inode = app->request.extend,
		.programs = app->request.programs,
		.context = app->request.context,
		.timers = app->request.timers,
		.wide = app->request.wide,
		.utf8 = app->env->utf8,
		.labels = names_labels(app->names),
	};

	return netstat_table_new(&config, &app->out);
}

static void list_sockets(struct app *app)
{
	struct names_config names;

	plan_make(&app->request, &app->plan);
	if ((app->plan.needs & NEED_CONTEXT) && !owners_have_context(app->env)) {
		report_add(&app->report, REPORT_FAILED,
			   "-Z: this system gives processes no security context");
		return;
	}
	names = (struct names_config){
		.hosts = app->plan.hosts,
		.services = app->plan.services,
		.users = app->plan.users,
		.user_column = app->plan.users,
		.budget_ns = app->request.resolve_ns,
	};
	app->sources = source_run_new(app->env, &app->report, app->request.verbose);
	app->names = names_new(app->env, &app->report, &names);
	app->writer = app->names ? make_writer(app) : NULL;
	if (app->sources && app->writer)
		run_rounds(app);
	else
		report_add(&app->report, REPORT_FAILED, "out of memory");
	if (app->writer)
		app->writer->free(app->writer);
	names_free(app->names);
	source_run_free(app->sources);
	hold_free(&app->hold);
	listener_uids_free(&app->listener_uids);
}

/* What became of the output. A reader that went away knows it; everything else is told. */
static void report_output(struct app *app)
{
	int error = -obuf_flush(&app->out);

	if (error == 0)
		return;
	if (error == EPIPE)
		report_raise(&app->report, REPORT_FAILED);
	else
		report_add(&app->report, REPORT_FAILED, "cannot write the output: %s",
			   strerror(error));
}

static int run_request(struct app *app)
{
	if (obuf_init(&app->out, app->env->out_fd) < 0) {
		report_add(&app->report, REPORT_FAILED, "out of memory");
		return report_status(&app->report);
	}
	if (app->env->out_fd < 0)
		app->out.error = EBADF;
	else if (app->request.action == ACTION_HELP)
		usage_help(&app->out);
	else if (app->request.action == ACTION_VERSION)
		usage_version(&app->out);
	else
		list_sockets(app);
	report_output(app);
	obuf_free(&app->out);
	return report_status(&app->report);
}

int app_main(const struct env *env, int argc, char *const argv[])
{
	struct app app = { .env = env };
	struct options_error error;
	int status;

	report_init(&app.report, env->err_fd);
	app.report.utf8 = env->utf8;
	if (options_parse(argc, argv, &app.request, &error)) {
		status = run_request(&app);
	} else {
		report_add(&app.report, REPORT_NOTE, "%s; see 'lssock --help'", error.text);
		status = STATUS_USAGE;
	}
	report_free(&app.report);
	return status;
}
