/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --events, on a machine whose kernel says what a test has written down, at the times of a clock
 * that the test moves: what becomes a row, when it ends, and what is told of what was lost.
 */
#include "events.h"

#include <signal.h>

#include "base/obuf.h"
#include "base/resolver.h"
#include "cli/request.h"
#include "closed_message.h"
#include "confine.h"
#include "filter/expr.h"
#include "proc_dir.h"
#include "source/diag_events.h"

#define MS INT64_C(1000000)

enum { STEPS_MAX = 4096, KEPT_MAX = 512 };

/* What the kernel does next: a message, or that reading fails. */
struct step {
	int64_t at_ns;
	ssize_t error;
	size_t len;
	struct closed_message message;
};

static struct {
	int64_t now_ns;
	struct step steps[STEPS_MAX];
	size_t n_steps, next;
	uint64_t lost; /* since it was last asked */
	bool uncounted, reader_gone;
	int64_t stop_ns; /* a signal comes */
	int open_error;
	int n_opens, n_closes;
	struct diag_events_query query;
} fake;

static struct {
	struct writer writer;
	uint64_t cookies[KEPT_MAX];
	char closed_at[KEPT_MAX][CLOSED_AT_ROOM];
	size_t n, n_begins, n_ends;
	int error;
} kept;

static const struct resolver resolver;
static struct diag_events source;
static struct request request;
static struct plan plan;
static struct expr *expr;
static struct confine confine;
static struct obuf out;
static bool cut_short;
static uint64_t n_rows;

static int64_t now_ns(const struct env *env)
{
	(void)env;
	return fake.now_ns;
}

static void wall_time(const struct env *env, int64_t *second, uint32_t *ns)
{
	(void)env;
	*second = 1700000000 + fake.now_ns / (1000 * MS);
	*ns = (uint32_t)(fake.now_ns % (1000 * MS));
}

static int stop_signal(const struct env *env)
{
	(void)env;
	return fake.now_ns >= fake.stop_ns ? SIGINT : 0;
}

static int diag_open(const struct env *env, struct nl_link **link)
{
	(void)env, (void)link;
	return -EPERM;
}

/* Time passes until something happens. */
static int poll_events(struct diag_events *of, int64_t for_ns, int reader_fd)
{
	int64_t until = fake.now_ns + for_ns;

	(void)of, (void)reader_fd;
	cr_assert_geq(for_ns, 0);
	if (fake.reader_gone)
		return -EPIPE;
	if (fake.next < fake.n_steps && fake.steps[fake.next].at_ns <= until) {
		if (fake.now_ns < fake.steps[fake.next].at_ns)
			fake.now_ns = fake.steps[fake.next].at_ns;
		return 1;
	}
	fake.now_ns = until;
	return 0;
}

static ssize_t read_event(struct diag_events *of, void *buf, size_t size)
{
	struct step *step = &fake.steps[fake.next];

	(void)of;
	if (fake.next == fake.n_steps || step->at_ns > fake.now_ns)
		return -EAGAIN;
	fake.next++;
	if (step->error)
		return step->error;
	cr_assert_leq(step->len, size);
	memcpy(buf, &step->message, step->len);
	return (ssize_t)step->len;
}

static bool count_lost(struct diag_events *of, uint64_t *n)
{
	(void)of;
	*n = fake.lost;
	fake.lost = 0;
	return !fake.uncounted;
}

static void close_events(struct diag_events *of)
{
	cr_assert_eq(of, &source);
	fake.n_closes++;
}

static int events_open(const struct env *env, const struct diag_events_query *query,
		       struct diag_events **to)
{
	(void)env;
	fake.query = *query;
	if (fake.open_error)
		return fake.open_error;
	fake.n_opens++;
	source = (struct diag_events){
		.poll = poll_events,
		.read = read_event,
		.lost = count_lost,
		.close = close_events,
	};
	*to = &source;
	return 0;
}

static int keep_begin(struct writer *writer, enum section section)
{
	(void)writer, (void)section;
	kept.n_begins++;
	return 0;
}

static int keep_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	(void)writer;
	for (size_t i = 0; i < n; i++) {
		cr_assert_lt(kept.n, KEPT_MAX);
		cr_assert_not_null(rows[i].closing);
		memcpy(kept.closed_at[kept.n], rows[i].closing->closed_at, CLOSED_AT_ROOM);
		kept.cookies[kept.n++] = rows[i].cookie;
	}
	return kept.error;
}

static int keep_end(struct writer *writer)
{
	(void)writer;
	kept.n_ends++;
	return 0;
}

static void begin(void)
{
	proc_dir_begin();
	proc_dir_env.resolver = &resolver;
	proc_dir_env.diag_open = diag_open;
	proc_dir_env.events_open = events_open;
	proc_dir_env.now_ns = now_ns;
	proc_dir_env.wall_time = wall_time;
	proc_dir_env.stop_signal = stop_signal;
	fake.now_ns = 1000 * MS;
	fake.stop_ns = INT64_MAX;
	kept.writer = (struct writer){ .begin = keep_begin, .rows = keep_rows, .end = keep_end };
	request = (struct request){ .events = true, .interval_ns = 1000 * MS };
	cr_assert_eq(obuf_init_memory(&out), 0);
	confine_begin(&confine, &proc_dir_env, &proc_dir_report, false);
}

static void end(void)
{
	plan_free(&plan);
	expr_free(expr);
	obuf_free(&out);
	proc_dir_end();
}

TestSuite(events, .init = begin, .fini = end);

/* So many sockets with local ports from port on are closed at that time. */
static void add_closed(int64_t at_ms, uint16_t port, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct step *step = &fake.steps[fake.n_steps++];

		cr_assert_leq(fake.n_steps, STEPS_MAX);
		step->at_ns = at_ms * MS;
		step->len = closed_message_make(&step->message, IPPROTO_TCP, (uint16_t)(port + i),
						(uint32_t)fake.n_steps);
	}
}

static void add_error(int64_t at_ms, ssize_t error)
{
	fake.steps[fake.n_steps++] = (struct step){ .at_ns = at_ms * MS, .error = error };
}

static void set_expr(const char *text)
{
	const struct expr_world world = { .port_low = 32768, .port_high = 60999 };
	struct expr_error error;

	cr_assert_eq(expr_parse(text, strlen(text), &world, &expr, &error), 0);
}

static struct events *open_them(void)
{
	const struct events_config config = {
		.env = &proc_dir_env,
		.report = &proc_dir_report,
		.request = &request,
		.plan = &plan,
		.confine = &confine,
		.out = &out,
	};
	struct plan_error error;

	cr_assert_eq(plan_make(&request, expr, &plan, &error), 0, "%s", error.text);
	return events_new(&config);
}

/* One round from the opening to the end. Returns what events_round() did. */
static int go(void)
{
	struct events *events = open_them();
	int err;

	cr_assert_not_null(events);
	err = events_round(events, &kept.writer, &cut_short, &n_rows);
	events_free(events);
	cr_assert_eq(n_rows, kept.n);
	cr_assert_eq(fake.n_closes, 1);
	cr_assert_eq(kept.n_begins, 1);
	cr_assert_eq(kept.n_ends, 1);
	return err;
}

Test(events, ends_after_so_many)
{
	add_closed(2000, 80, 200);
	request.count = 130;
	cr_assert_eq(go(), 0);
	cr_assert_eq(kept.n, 130);
	for (size_t i = 0; i < kept.n; i++)
		cr_assert_eq(kept.cookies[i], i + 1);
	cr_assert_not(cut_short);
	cr_assert_str_eq(proc_dir_heard(), "");
	cr_assert_eq(report_status(&proc_dir_report), 0);
}

Test(events, ends_in_time)
{
	add_closed(1500, 80, 3);
	add_closed(2900, 80, 2);
	add_closed(3100, 80, 4);
	request.has_timeout = true;
	request.timeout_ns = 2000 * MS;
	cr_assert_eq(go(), 0);
	cr_assert_eq(fake.now_ns, 3000 * MS);
	cr_assert_eq(kept.n, 5);
	cr_assert_not(cut_short);
}

/* What waits when the time is over was closed within it. */
Test(events, what_waits_at_the_end_is_written)
{
	add_closed(3000, 80, 300);
	request.has_timeout = true;
	request.timeout_ns = 2000 * MS;
	cr_assert_eq(go(), 0);
	cr_assert_eq(kept.n, 300);
}

Test(events, each_has_its_time)
{
	add_closed(1250, 80, 1);
	add_closed(2000, 80, 1);
	request.count = 2;
	cr_assert_eq(go(), 0);
	cr_assert_str_eq(kept.closed_at[0], "2023-11-14T22:13:21.250000Z");
	cr_assert_str_eq(kept.closed_at[1], "2023-11-14T22:13:22.000000Z");
}

Test(events, time_format)
{
	char text[CLOSED_AT_ROOM];

	events_format_time(text, 0, 999);
	cr_assert_str_eq(text, "1970-01-01T00:00:00.000000Z");
	events_format_time(text, 951782400, 123456789);
	cr_assert_str_eq(text, "2000-02-29T00:00:00.123456Z");
	events_format_time(text, 253402300799, 999999999);
	cr_assert_str_eq(text, "9999-12-31T23:59:59.999999Z");
	events_format_time(text, 253402300800, 0);
	cr_assert_str_eq(text, "");
	events_format_time(text, -1, 0);
	cr_assert_str_eq(text, "");
	events_format_time(text, INT64_MAX, 0);
	cr_assert_str_eq(text, "");
}

/* The count is of those that match. */
Test(events, expressions_choose)
{
	add_closed(2000, 80, 10);
	add_closed(2100, 80, 10);
	set_expr("sport = :85");
	request.count = 2;
	cr_assert_eq(go(), 0);
	cr_assert_eq(kept.n, 2);
	cr_assert_eq(kept.cookies[0], 6);
	cr_assert_eq(kept.cookies[1], 16);
}

Test(events, protocols_and_families_choose)
{
	add_closed(2000, 80, 1);
	fake.steps[fake.n_steps].at_ns = 2000 * MS;
	fake.steps[fake.n_steps].len =
		closed_message_make(&fake.steps[fake.n_steps].message, IPPROTO_UDP, 53, 2);
	fake.n_steps++;
	request.protos = 1u << PROTO_UDP;
	request.inet4 = true;
	request.count = 1;
	cr_assert_eq(go(), 0);
	cr_assert_eq(kept.cookies[0], 2);
	cr_assert(fake.query.udp && !fake.query.tcp && fake.query.all_ports);
	cr_assert_eq(fake.query.family, AF_INET);
}

Test(events, what_is_lost_is_counted)
{
	add_closed(2000, 80, 3);
	add_error(2000, -ENOBUFS);
	add_closed(2000, 80, 2);
	add_error(2100, -ENOBUFS);
	add_closed(2200, 80, 1);
	fake.lost = 4898;
	request.count = 6;
	cr_assert_eq(go(), 0);
	cr_assert_eq(kept.n, 6);
	cr_assert_str_eq(proc_dir_heard(),
			 "lssock: the kernel's queue of messages was full: some closed sockets are "
			 "missing\n"
			 "lssock: 4898 closed sockets were not seen: the queue was full 2 times\n");
	cr_assert_eq(report_status(&proc_dir_report), 3);
	cr_assert_not(cut_short);
}

/* The queue may have been full when nobody was about to read. */
Test(events, what_is_lost_at_the_end_is_counted_too)
{
	add_closed(2000, 80, 1);
	fake.lost = 7;
	request.count = 1;
	cr_assert_eq(go(), 0);
	cr_assert_not_null(strstr(proc_dir_heard(), "7 closed sockets were not seen"));
	cr_assert_eq(report_status(&proc_dir_report), 3);
}

Test(events, what_is_lost_and_not_counted_is_told_all_the_same)
{
	add_error(2000, -ENOBUFS);
	add_closed(2000, 80, 1);
	fake.uncounted = true;
	request.count = 1;
	cr_assert_eq(go(), 0);
	cr_assert_not_null(strstr(proc_dir_heard(), "at least 1 closed sockets were not seen"));
	cr_assert_eq(report_status(&proc_dir_report), 3);
}

Test(events, damaged_messages_are_told)
{
	add_error(2000, -EBADMSG);
	add_closed(2000, 80, 3);
	fake.steps[1].len = 40;
	fake.steps[2].message.info.len = 285;
	request.count = 2;
	cr_assert_eq(go(), 0);
	cr_assert_eq(kept.cookies[0], 3);
	cr_assert_eq(kept.cookies[1], 4);
	cr_assert_not_null(strstr(proc_dir_heard(), "2 messages of the kernel were damaged"));
	cr_assert_not_null(strstr(proc_dir_heard(), "of 1 closed sockets some facts are missing"));
	cr_assert_eq(report_status(&proc_dir_report), 3);
}

Test(events, reading_fails)
{
	add_closed(2000, 80, 1);
	add_error(2100, -EIO);
	request.count = 2;
	cr_assert_eq(go(), -EIO);
	cr_assert(cut_short);
	cr_assert_not_null(strstr(proc_dir_heard(), "messages cannot be read"));
	cr_assert_eq(report_status(&proc_dir_report), 4);
}

/* Without --count and --timeout a signal is the end that was meant. */
Test(events, a_signal_ends_it)
{
	add_closed(1500, 80, 1);
	fake.stop_ns = 2000 * MS;
	cr_assert_eq(go(), -EINTR);
	cr_assert_not(cut_short);
	cr_assert_eq(kept.n, 1);
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(events, what_waits_when_a_signal_comes_is_written)
{
	add_closed(2500, 80, 300);
	fake.stop_ns = 2500 * MS;
	cr_assert_eq(go(), -EINTR);
	cr_assert_eq(kept.n, 300);
	cr_assert_eq(n_rows, 300);
	cr_assert_not(cut_short);
}

Test(events, a_signal_cuts_short_what_has_an_end)
{
	fake.stop_ns = 2000 * MS;
	request.count = 1;
	cr_assert_eq(go(), -EINTR);
	cr_assert(cut_short);
}

Test(events, nobody_reads_any_more)
{
	fake.reader_gone = true;
	cr_assert_eq(go(), -EPIPE);
	cr_assert_eq(out.error, EPIPE);
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(events, the_output_fails)
{
	add_closed(2000, 80, 1);
	kept.error = -ENOSPC;
	out.error = ENOSPC;
	cr_assert_eq(go(), -ENOSPC);
	cr_assert_str_eq(proc_dir_heard(), "", "app tells it");
}

Test(events, cannot_be_had)
{
	fake.open_error = -EPERM;
	cr_assert_null(open_them());
	cr_assert_str_eq(proc_dir_heard(), "lssock: the kernel does not tell of closed sockets: "
					   "Operation not permitted\n");
	cr_assert_eq(report_status(&proc_dir_report), 4);
}

/* -c: each round has its own, and what follows waits for the next. */
Test(events, rounds)
{
	struct events *events;

	add_closed(1500, 80, 3);
	add_closed(2500, 80, 2);
	request.view = VIEW_COUNT_BY;
	request.count_by = "local_port";
	request.continuous = true;
	request.has_timeout = true;
	request.timeout_ns = 2500 * MS;
	events = open_them();
	cr_assert_eq(events_round(events, &kept.writer, &cut_short, &n_rows), 0);
	cr_assert_eq(n_rows, 3);
	cr_assert_not(events_are_over(events));
	cr_assert_eq(events_round(events, &kept.writer, &cut_short, &n_rows), 0);
	cr_assert_eq(n_rows, 2);
	cr_assert_not(events_are_over(events));
	cr_assert_eq(events_round(events, &kept.writer, &cut_short, &n_rows), 0);
	cr_assert_eq(n_rows, 0);
	cr_assert(events_are_over(events));
	cr_assert_eq(fake.now_ns, 3500 * MS);
	events_free(events);
}

/* Without owners and the like nobody looks. */
Test(events, looks_only_for_who_asks)
{
	static const char *const cheap[] = { "+cookie", "+interface", "rtt,bytes_sent" };
	static const char *const costly[] = { "+pid",       "+unit", "+uid",         "+inode",
					      "+cgroup_id", "+user", "+owner_source" };
	struct plan_error error;

	request.format = FORMAT_COLUMNS;
	for (size_t i = 0; i < sizeof(cheap) / sizeof(cheap[0]); i++) {
		request.columns = cheap[i];
		cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
		cr_assert_eq(plan.needs & (NEED_OWNERS | NEED_CGROUP | NEED_HOLDER), 0, "%s",
			     cheap[i]);
	}
	for (size_t i = 0; i < sizeof(costly) / sizeof(costly[0]); i++) {
		request.columns = costly[i];
		cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
		cr_assert_neq(plan.needs & (NEED_OWNERS | NEED_CGROUP | NEED_HOLDER), 0, "%s",
			      costly[i]);
	}
}
