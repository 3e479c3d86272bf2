/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the kernel's messages to the writer. The time of an event is when its message was read: the
 * kernel sends it from a work queue, a moment after the socket was closed.
 */
#include "events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/env.h"
#include "base/obuf.h"
#include "base/privileges.h"
#include "base/report.h"
#include "cli/request.h"
#include "confine.h"
#include "enrich/row_names.h"
#include "expr_report.h"
#include "filter/expr.h"
#include "last_look.h"
#include "model/facts.h"
#include "source/diag_closed.h"
#include "source/diag_events.h"
#include "source/source.h"

#define SECOND_NS INT64_C(1000000000)
#define PROTO_BIT(proto) (1u << (proto))

/* Messages are read in batches; one of them is some 400 bytes long, and grows with struct tcp_info.
 */
enum { BATCH = 64, MESSAGE_ROOM = 4096 };
/* Between the ends and the starts of two looks: the shortest, and as a multiple of what a look
 * takes. */
enum { LOOK_COSTS = 10 };
static const int64_t look_interval_ns = 2 * SECOND_NS;
/* A signal that comes just before we go to sleep is seen after this time at the latest. */
static const int64_t longest_wait_ns = SECOND_NS / 2;
/* What waits when the time is over was closed before; where more and more comes, so long. */
static const int64_t drain_ns = SECOND_NS;

struct events {
	struct events_config config;
	struct diag_events *source;
	struct last_look *look; /* NULL: nothing is asked for that it tells */
	int64_t next_look_ns;
	struct row_names row_names;
	struct writer *writer; /* of this round */
	int64_t deadline_ns;   /* of --timeout; INT64_MAX: none */
	uint64_t n_left;       /* of --count; UINT64_MAX: no end */
	bool over;

	uint64_t n_overruns, n_lost, n_damaged, n_attrs_bad;
	bool uncounted; /* the kernel does not count what is lost */

	/* The batch at hand. */
	uint8_t *buffers;
	struct sock rows[BATCH];
	struct sock_facts facts[BATCH];
	struct sock_closing closings[BATCH];
	size_t n;
	int64_t text_second; /* of which time_text is */
	char time_text[CLOSED_AT_ROOM];
};

void events_format_time(char *text, int64_t second, uint32_t ns)
{
	time_t time = (time_t)second;
	struct tm tm;
	size_t n;

	*text = '\0';
	if (second < 0 || time != second || !gmtime_r(&time, &tm) || tm.tm_year > 9999 - 1900)
		return;
	n = strftime(text, CLOSED_AT_ROOM, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, CLOSED_AT_ROOM - n, ".%06uZ", (unsigned int)(ns / 1000 % 1000000));
}

/* The date is made once a second, only the digits behind it for each event. */
static void set_time(struct events *events, char *text)
{
	const struct env *env = events->config.env;
	int64_t second;
	uint32_t ns;
	char *digit;

	*text = '\0';
	if (!env->wall_time)
		return;
	env->wall_time(env, &second, &ns);
	if (second != events->text_second)
		events_format_time(events->time_text, second, 0);
	events->text_second = second;
	memcpy(text, events->time_text, CLOSED_AT_ROOM);
	if (!*text)
		return;
	digit = strchr(text, 'Z');
	for (uint32_t us = ns / 1000; *--digit != '.'; us /= 10)
		*digit = (char)('0' + us % 10);
}

/* Of what was lost since it was last asked. */
static void count_lost(struct events *events)
{
	uint64_t n;

	if (events->source->lost(events->source, &n))
		events->n_lost += n;
	else
		events->uncounted = true;
}

static void note_overrun(struct events *events)
{
	events->n_overruns++;
	count_lost(events);
	report_add(events->config.report, REPORT_PARTIAL,
		   "the kernel's queue of messages was full: some closed sockets are missing");
}

/*
 * Reads into the batch what waits, as far as it has room. Returns 0 when nothing more waits, 1 when
 * there may be more, or -errno.
 */
static int read_batch(struct events *events)
{
	for (int i = 0; i < BATCH; i++) {
		uint8_t *buffer = events->buffers + events->n * MESSAGE_ROOM;
		struct sock *row = &events->rows[events->n];
		struct sock_closing *closing = &events->closings[events->n];
		bool attrs_bad = false;
		ssize_t n = events->source->read(events->source, buffer, MESSAGE_ROOM);
		int rc;

		if (n == -EAGAIN)
			return 0;
		if (n == -ENOBUFS)
			note_overrun(events);
		else if (n < 0 && n != -EBADMSG)
			return (int)n;
		if (n == -ENOBUFS)
			continue;
		rc = n < 0 ? (int)n
			   : diag_closed_parse(buffer, (size_t)n, row, &events->facts[events->n],
					       &attrs_bad);
		events->n_damaged += rc < 0;
		if (rc <= 0)
			continue;
		events->n_attrs_bad += attrs_bad;
		closing->holder_source = HOLDER_UNKNOWN;
		set_time(events, closing->closed_at);
		row->closing = closing;
		events->n++;
	}
	return 1;
}

/* Whether families and protocols are those that were asked for: a queue may hold others. */
static bool is_wanted(const struct events *events, const struct sock *row)
{
	const struct plan *plan = events->config.plan;

	for (size_t i = 0; i < plan->n_tables; i++)
		if (plan->tables[i].query.proto == row->proto &&
		    plan->tables[i].query.family == row->family)
			return true;
	return false;
}

static bool is_match(struct events *events, const struct sock *row)
{
	const struct expr *expr = events->config.plan->expr;
	uint32_t unseen = 0;

	if (!expr)
		return true;
	if (row->closing->holder_source == HOLDER_UNKNOWN)
		unseen = LAST_LOOK_NEEDS;
	if (expr_is_undecided(expr, row, unseen))
		expr_report_undecided(events->config.report, false);
	return expr_matches(expr, row);
}

/* Finds out what is not in the messages, and drops what does not match. */
static void complete_batch(struct events *events)
{
	size_t kept = 0;

	for (size_t i = 0; events->look && i < events->n; i++)
		events->closings[i].holder_source = last_look_find(events->look, &events->rows[i]);
	if (row_names_apply(&events->row_names, events->config.plan->needs & NEED_INTERFACE,
			    events->rows, events->n) < 0)
		report_add(events->config.report, REPORT_FAILED, "out of memory");
	for (size_t i = 0; i < events->n; i++)
		if (is_wanted(events, &events->rows[i]) && is_match(events, &events->rows[i]))
			events->rows[kept++] = events->rows[i];
	events->n = kept;
}

/* Takes what waits, at most a batch of it, to the writer. Returns as read_batch(). */
static int take_batch(struct events *events, uint64_t *n_rows)
{
	int more, err = 0;

	events->n = 0;
	more = read_batch(events);
	complete_batch(events);
	if (events->n > events->n_left)
		events->n = (size_t)events->n_left;
	if (events->n > 0)
		err = events->writer->rows(events->writer, events->rows, events->n);
	if (err < 0)
		return err;
	*n_rows += events->n;
	if (events->n_left != UINT64_MAX)
		events->n_left -= events->n;
	return more;
}

/* Looks who holds what, if it is time to. */
static int look_around(struct events *events)
{
	const struct env *env = events->config.env;
	int64_t began = env->now_ns(env), ended;
	int err;

	if (!events->look || began < events->next_look_ns)
		return 0;
	/* Interfaces come and go as well. */
	row_names_forget(&events->row_names);
	err = last_look_again(events->look);
	ended = env->now_ns(env);
	events->next_look_ns = ended + (LOOK_COSTS * (ended - began) > look_interval_ns
						? LOOK_COSTS * (ended - began)
						: look_interval_ns);
	return err;
}

/* Sleeps until there is something to do before the moment of the round's end. */
static int sleep_until(struct events *events, int64_t end_ns)
{
	const struct env *env = events->config.env;
	int64_t now = env->now_ns(env), until = now + longest_wait_ns;
	int rc;

	if (end_ns < until)
		until = end_ns;
	if (events->look && events->next_look_ns < until)
		until = events->next_look_ns;
	rc = events->source->poll(events->source, until - now, env->out_fd);
	if (rc == -EPIPE)
		events->config.out->error = EPIPE;
	return rc == -EPIPE ? rc : 0;
}

/* Whether the round is over. What waits goes to the next one, if there is one. */
static bool is_time(const struct events *events, int64_t end_ns, bool more_waits)
{
	int64_t now = events->config.env->now_ns(events->config.env);

	if (more_waits && end_ns == events->deadline_ns)
		now -= drain_ns;
	return now >= end_ns;
}

/* Until the round is over. */
static int run(struct events *events, int64_t end_ns, uint64_t *n_rows)
{
	const struct env *env = events->config.env;
	int64_t stop_ns = INT64_MAX;
	int rc;

	for (;;) {
		/* What was closed before the signal came is still told. */
		if (stop_ns == INT64_MAX && env->stop_signal(env))
			stop_ns = env->now_ns(env) + drain_ns;
		rc = take_batch(events, n_rows);
		if (rc < 0)
			return rc;
		if (stop_ns != INT64_MAX && (rc == 0 || env->now_ns(env) >= stop_ns))
			return -EINTR;
		if (events->n_left == 0 || is_time(events, end_ns, rc > 0))
			return 0;
		if (rc > 0)
			continue;
		rc = obuf_flush(events->config.out);
		if (rc == 0)
			rc = look_around(events);
		if (rc == 0)
			rc = sleep_until(events, end_ns);
		if (rc < 0)
			return rc;
	}
}

/* What did not get into the output. */
static void report_losses(struct events *events)
{
	struct report *report = events->config.report;

	count_lost(events);
	if (events->n_lost > 0)
		report_add(report, REPORT_PARTIAL,
			   "%llu closed sockets were not seen: the queue was full %llu time%s",
			   (unsigned long long)events->n_lost,
			   (unsigned long long)events->n_overruns,
			   events->n_overruns == 1 ? "" : "s");
	else if (events->n_overruns > 0 && events->uncounted)
		report_add(
			report, REPORT_PARTIAL,
			"at least %llu closed sockets were not seen: the queue was full as often "
			"(this kernel does not count what it drops)",
			(unsigned long long)events->n_overruns);
	if (events->n_damaged > 0)
		report_add(report, REPORT_PARTIAL, "%llu messages of the kernel were damaged",
			   (unsigned long long)events->n_damaged);
	if (events->n_attrs_bad > 0)
		report_add(report, REPORT_PARTIAL,
			   "of %llu closed sockets some facts are missing: the kernel's messages "
			   "were damaged",
			   (unsigned long long)events->n_attrs_bad);
}

int events_round(struct events *events, struct writer *writer, bool *cut_short, uint64_t *n_rows)
{
	const struct request *request = events->config.request;
	const struct env *env = events->config.env;
	int64_t now = env->now_ns(env), end_ns = events->deadline_ns;
	bool has_end = request->continuous || request->count || request->has_timeout;
	/* What somebody at a terminal did not want to wait for any longer is still theirs to read.
	 */
	bool counted = request->view == VIEW_COUNT_BY && request->format == FORMAT_NETSTAT &&
		       !request->continuous;
	int err, end;

	*n_rows = 0;
	events->writer = writer;
	events->n_overruns = events->n_lost = events->n_damaged = events->n_attrs_bad = 0;
	if (request->continuous && now + request->interval_ns < end_ns)
		end_ns = now + request->interval_ns;
	err = look_around(events);
	if (err == 0)
		err = writer->begin(writer, SECTION_INET);
	if (err == 0)
		err = run(events, end_ns, n_rows);
	if (err < 0 && err != -EINTR && err != -EPIPE && !events->config.out->error)
		report_add(events->config.report, REPORT_FAILED,
			   "the kernel's messages cannot be read: %s", strerror(-err));
	/* One that is to go on until a signal comes lacks nothing when it does. */
	*cut_short = err < 0 && (err != -EINTR || (has_end && !counted));
	events->over = events->n_left == 0 || env->now_ns(env) >= events->deadline_ns;
	report_losses(events);
	end = writer->end(writer);
	return err < 0 ? err : end;
}

bool events_are_over(const struct events *events)
{
	return events->over;
}

static int stop_at_once(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx, (void)rows, (void)n;
	return -ECANCELED;
}

/* Where tcp_diag is a module that nobody has needed yet, messages come without struct tcp_info. A
 * question of any kind loads it; what it answers, and whether, is of no interest. */
static void load_tcp_diag(const struct events *events)
{
	const struct sock_query query = {
		.proto = PROTO_TCP,
		.family = AF_INET,
		.states = 1u << TCP_STATE_LISTEN,
	};
	const struct sock_sink sink = { .take = stop_at_once };
	struct source_run *run;
	struct report silent;

	report_init(&silent, -1);
	run = source_run_new(events->config.env, &silent, false);
	if (run)
		source_list(run, &query, false, &sink);
	source_run_free(run);
	report_free(&silent);
}

/* 0 or -errno. */
static int open_source(struct events *events)
{
	const struct plan *plan = events->config.plan;
	const struct env *env = events->config.env;
	struct diag_events_query query = { .all_ports = true };
	bool inet4 = false, inet6 = false;

	for (size_t i = 0; i < plan->n_tables; i++) {
		query.tcp |= plan->tables[i].query.proto == PROTO_TCP;
		query.udp |= plan->tables[i].query.proto == PROTO_UDP;
		inet4 |= plan->tables[i].query.family == AF_INET;
		inet6 |= plan->tables[i].query.family == AF_INET6;
	}
	if (inet4 != inet6)
		query.family = inet4 ? AF_INET : AF_INET6;
	return env->events_open ? env->events_open(env, &query, &events->source) : -EOPNOTSUPP;
}

static struct last_look *new_look(const struct events *events)
{
	const struct events_config *config = &events->config;
	struct last_look_config look = {
		.env = config->env,
		.report = config->report,
		.request = config->request,
		.plan = config->plan,
	};

	for (size_t i = 0; i < config->plan->n_tables; i++)
		look.protos |= PROTO_BIT(config->plan->tables[i].query.proto);
	return last_look_new(&look);
}

/* What is left to be done takes no privilege but for looks, which are taken again and again. */
static void give_up_privileges(const struct events *events)
{
	unsigned int done = PRIVILEGE_ALL;

	if (events->look)
		done &= ~(unsigned int)(PRIVILEGE_PROCESSES | PRIVILEGE_CGROUPS | PRIVILEGE_HOME);
	confine_last_round(events->config.confine);
	confine_done(events->config.confine, done);
}

struct events *events_new(const struct events_config *config)
{
	const struct request *request = config->request;
	struct events *events = calloc(1, sizeof(*events));
	bool looks = config->plan->needs & LAST_LOOK_NEEDS;
	int err = -ENOMEM;

	if (!events)
		goto out;
	events->config = *config;
	events->row_names.env = config->env;
	events->text_second = -1;
	events->n_left = request->count ? request->count : UINT64_MAX;
	events->buffers = malloc((size_t)BATCH * MESSAGE_ROOM);
	if (looks)
		events->look = new_look(events);
	if (!events->buffers || (looks && !events->look))
		goto out;
	err = open_source(events);
	if (err < 0)
		goto out;
	events->deadline_ns = request->has_timeout
				      ? config->env->now_ns(config->env) + request->timeout_ns
				      : INT64_MAX;
	load_tcp_diag(events);
	give_up_privileges(events);
	return events;
out:
	if (err == -ENOMEM)
		report_add(config->report, REPORT_FAILED, "out of memory");
	else
		report_add(config->report, REPORT_FAILED,
			   "the kernel does not tell of closed sockets: %s", strerror(-err));
	events_free(events);
	return NULL;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	diag_events_close(events->source);
	last_look_free(events->look);
	row_names_free(&events->row_names);
	free(events->buffers);
	free(events);
}
