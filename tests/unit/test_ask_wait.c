/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting, on a machine whose clock the test moves: how often it looks, what wakes it, and when it
 * gives up. The listener is a line of a /proc/net/tcp that comes and goes at set times.
 */
#include "ask.h"

#include <signal.h>

#include "base/resolver.h"
#include "cli/request.h"
#include "proc_dir.h"
#include "source/diag_events.h"

#define MS INT64_C(1000000)

static const char header[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
	"inode                                                     \n";
static const char listener[] =
	"   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
	"1234 1 0000000000000000 100 0 0 10 0                     \n";

static struct {
	int64_t now_ns, cost_ns; /* the clock moves on by that when it is read */
	int64_t comes_ns, goes_ns, seen_from_ns;
	unsigned int n_sleeps, n_waits;
	bool storm;      /* messages without end */
	int64_t stop_ns; /* a signal comes */
	int n_opens, n_closes;
	struct diag_events_query query;
} fake;

static const struct resolver resolver;
static struct expr_surroundings surroundings;
static struct request request;
static struct diag_events events;

static bool is_visible(void)
{
	return fake.now_ns >= fake.seen_from_ns;
}

/* The machine as it is at this moment. */
static void set_machine(void)
{
	bool listens = fake.now_ns >= fake.comes_ns && fake.now_ns < fake.goes_ns;
	char text[600];

	snprintf(text, sizeof(text), "%s%s", header, listens ? listener : "");
	unlinkat(proc_dir_env.proc_fd, "net/tcp", 0);
	unlinkat(proc_dir_env.proc_fd, "net/tcp6", 0);
	if (!is_visible())
		return;
	proc_dir_put_text("net/tcp", text);
	proc_dir_put_text("net/tcp6", header);
}

static int64_t now_ns(const struct env *env)
{
	(void)env;
	fake.now_ns += fake.cost_ns;
	return fake.now_ns;
}

static void pass_until(int64_t until_ns)
{
	if (until_ns > fake.stop_ns)
		until_ns = fake.stop_ns;
	if (until_ns > fake.now_ns)
		fake.now_ns = until_ns;
	set_machine();
}

static int sleep_until_ns(const struct env *env, int64_t until_ns)
{
	(void)env;
	fake.n_sleeps++;
	pass_until(until_ns);
	return fake.now_ns == fake.stop_ns ? -EINTR : 0;
}

static int stop_signal(const struct env *env)
{
	(void)env;
	return fake.now_ns >= fake.stop_ns ? SIGTERM : 0;
}

static int diag_open(const struct env *env, struct nl_link **out)
{
	(void)env, (void)out;
	return -EPERM;
}

static int wait_for_events(struct diag_events *of, int64_t for_ns)
{
	(void)of;
	fake.n_waits++;
	cr_assert_gt(for_ns, 0);
	if (fake.storm)
		return 1;
	pass_until(fake.now_ns + for_ns);
	return fake.now_ns == fake.stop_ns ? -EINTR : 0;
}

static void close_events(struct diag_events *of)
{
	cr_assert_eq(of, &events);
	fake.n_closes++;
}

static int events_open(const struct env *env, const struct diag_events_query *query,
		       struct diag_events **out)
{
	(void)env;
	fake.n_opens++;
	fake.query = *query;
	events = (struct diag_events){ .wait = wait_for_events, .close = close_events };
	*out = &events;
	return 0;
}

static void begin(void)
{
	proc_dir_begin();
	proc_dir_env.resolver = &resolver;
	proc_dir_env.diag_open = diag_open;
	proc_dir_env.now_ns = now_ns;
	proc_dir_env.sleep_until_ns = sleep_until_ns;
	proc_dir_env.stop_signal = stop_signal;
	fake.now_ns = 1000 * MS;
	fake.goes_ns = fake.stop_ns = INT64_MAX;
	set_machine();
}

TestSuite(ask_wait, .init = begin, .fini = proc_dir_end);

/* Asks; timeout_ms below 0: without one. Returns the exit status. */
static int ask(const char *target, int64_t timeout_ms)
{
	const struct ask_config config = {
		.env = &proc_dir_env,
		.report = &proc_dir_report,
		.request = &request,
		.surroundings = &surroundings,
	};

	request.question = strchr(target, ':') ? ASK_WAIT : ASK_CHECK;
	request.target = target;
	request.has_timeout = timeout_ms >= 0;
	request.timeout_ns = timeout_ms * MS;
	return ask_run(&config);
}

static int64_t ms_passed(void)
{
	return fake.now_ns / MS - 1000;
}

Test(ask_wait, a_check_looks_once)
{
	cr_assert_eq(ask("22", -1), 0);
	cr_assert_eq(ask("23", -1), 1);
	cr_assert_eq(fake.n_sleeps, 0);
	cr_assert_eq(fake.n_opens, 0);
	cr_assert_eq(ms_passed(), 0);
}

Test(ask_wait, what_is_so_already_needs_no_waiting)
{
	cr_assert_eq(ask("listen:22", -1), 0);
	cr_assert_eq(ask("free:23", -1), 0);
	cr_assert_eq(ask("drained:23", 0), 0);
	cr_assert_eq(ask("free:22", 0), 1);
	cr_assert_eq(fake.n_sleeps, 0);
}

Test(ask_wait, it_is_seen_within_100_ms)
{
	for (int64_t at = 2000; at < 2100; at += 7) {
		fake.now_ns = 1000 * MS;
		fake.comes_ns = at * MS;
		set_machine();
		cr_assert_eq(ask("listen:22", -1), 0);
		cr_assert(fake.now_ns >= at * MS && fake.now_ns < (at + 100) * MS);
	}
}

Test(ask_wait, the_last_look_is_at_the_end_of_the_time)
{
	fake.goes_ns = 4333 * MS;
	cr_assert_eq(ask("free:22", 3333), 0);
	fake.now_ns = 1000 * MS;
	fake.goes_ns++;
	set_machine();
	cr_assert_eq(ask("free:22", 3333), 1);
	cr_assert_eq(ms_passed(), 3333);
}

Test(ask_wait, messages_without_end_do_not_make_it_spin)
{
	proc_dir_env.events_open = events_open;
	fake.storm = true;
	cr_assert_eq(ask("free:22", 1000), 1);
	cr_assert_leq(fake.n_waits, 51);
	cr_assert_geq(fake.n_waits, 40);
	cr_assert_eq(fake.n_closes, fake.n_opens);
}

Test(ask_wait, without_messages_it_looks_20_times_a_second)
{
	proc_dir_env.events_open = events_open;
	cr_assert_eq(ask("free:22", 1000), 1);
	cr_assert(fake.n_waits >= 19 && fake.n_waits <= 21);
}

/* The time between the two readings of the clock around a look is what that look takes. */
Test(ask_wait, long_looks_are_made_less_often)
{
	proc_dir_env.events_open = events_open;
	fake.cost_ns = 10 * MS;
	cr_assert_eq(ask("free:22", 10000), 1);
	cr_assert(fake.n_waits > 20 && fake.n_waits < 60, "%u", fake.n_waits);
	fake.n_waits = 0;
	fake.storm = true;
	cr_assert_eq(ask("free:22", 10000), 1);
	cr_assert(fake.n_waits > 100 && fake.n_waits < 270, "%u", fake.n_waits);
	fake.n_waits = 0;
	fake.storm = false;
	fake.cost_ns = 500 * MS;
	cr_assert_eq(ask("free:22", 30000), 1);
	cr_assert(fake.n_waits > 8, "two seconds is the longest: %u", fake.n_waits);
}

Test(ask_wait, messages_are_asked_for_where_they_can_come)
{
	proc_dir_env.events_open = events_open;
	cr_assert_eq(ask("listen:23", 100), 1);
	cr_assert_eq(fake.n_opens, 0);
	cr_assert_eq(ask("drained:22", 100), 1);
	cr_assert_eq(fake.n_opens, 1);
	cr_assert(fake.query.tcp && !fake.query.udp);
	cr_assert_eq(fake.query.ports[0], 22);
	request.protos = 1u << PROTO_UDPLITE | 1u << PROTO_UDP;
	ask("free:22", 0);
	cr_assert(!fake.query.tcp && fake.query.udp);
	cr_assert_eq(fake.query.ports[0], 22);
	request.protos = 1u << PROTO_UNIX;
	ask("free:/x", 0);
	cr_assert_eq(fake.n_opens, 2);
}

Test(ask_wait, a_signal_ends_it)
{
	fake.stop_ns = 2345 * MS;
	ask("free:22", -1);
	cr_assert_eq(fake.now_ns, fake.stop_ns);
	fake.now_ns = 1000 * MS;
	proc_dir_env.events_open = events_open;
	ask("free:22", -1);
	cr_assert_eq(fake.now_ns, fake.stop_ns);
	cr_assert_eq(fake.n_closes, 1);
}

Test(ask_wait, what_cannot_be_read_for_a_moment)
{
	fake.seen_from_ns = 1400 * MS;
	fake.goes_ns = 1500 * MS;
	set_machine();
	cr_assert_eq(ask("free:22", -1), 0);
	cr_assert_geq(ms_passed(), 500);
}

Test(ask_wait, what_cannot_be_read_at_all)
{
	fake.seen_from_ns = INT64_MAX;
	set_machine();
	cr_assert_eq(ask("22", -1), 4);
	cr_assert_eq(ask("free:22", -1), 4);
	cr_assert_lt(ms_passed(), 2000);
	cr_assert_eq(ask("listen:22", -1), 4);
	cr_assert_eq(ask("drained:22", 10), 4);
}
