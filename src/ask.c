/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --check and --wait.
 *
 * Waiting is looking again: often enough to answer within 100 ms, and less often where a look takes
 * long. When TCP and UDP sockets cease to be, the kernel says so, and we look at once, if not too
 * soon after the last look. It says nothing when somebody begins to listen.
 */
#include "ask.h"

#include <errno.h>
#include <string.h>

#include "ask_look.h"
#include "ask_target.h"
#include "base/env.h"
#include "base/report.h"
#include "cli/request.h"
#include "plan.h"
#include "source/diag_events.h"

enum { STATUS_YES, STATUS_NO, STATUS_USAGE };

#define MS INT64_C(1000000)
#define PROTO_BIT(proto) (1u << (proto))

/* Between the starts of two looks: without a message of the kernel, and with one. */
static const int64_t interval_ns = 50 * MS, soonest_ns = 20 * MS;
/* The same as multiples of what a look takes, for hosts on which it takes long, and the longest. */
enum { INTERVAL_COSTS = 20, SOONEST_COSTS = 4 };
static const int64_t longest_ns = 2000 * MS;
/* What cannot be read may be read in a moment, but not after so many looks. */
enum { BLIND_LOOKS = 20 };

enum ask_what { WHAT_LISTEN, WHAT_FREE, WHAT_DRAINED };
enum ask_answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };

struct ask {
	struct ask_config config;
	enum ask_what what;
	uint32_t protos;
	struct ask_target target;
	struct ask_look *look;
	struct ask_seen seen; /* by the last look */
	int64_t deadline_ns;  /* INT64_MAX: none */
	struct diag_events *events;
};

static int usage(const struct ask *ask, const char *text)
{
	report_add(ask->config.report, REPORT_NOTE, "%s", text);
	return STATUS_USAGE;
}

/* What is not for questions. 0 or the exit status. */
static int check_options(struct ask *ask)
{
	const struct request *request = ask->config.request;
	struct plan_error error;

	ask->protos = request->protos ? request->protos : PROTO_BIT(PROTO_TCP);
	if (plan_check_view(request, &error) < 0)
		return usage(ask, error.text);
	if (request->continuous)
		return usage(ask, "-c and --count are for listings; --wait asks again by itself");
	if (request->explain_filter || request->format != FORMAT_NETSTAT || request->sort ||
	    request->top)
		return usage(ask, "--check and --wait answer by their exit status: they list "
				  "nothing, in no form and no order");
	if (ask->config.expr && (expr_needs(ask->config.expr) & NEED_DIRECTION))
		return usage(ask, "--check and --wait look at one port: 'direction' takes the "
				  "listeners of all");
	if (ask->protos & PROTO_BIT(PROTO_RAW))
		return usage(ask, "raw sockets have no ports to listen on");
	if ((ask->protos & PROTO_BIT(PROTO_UNIX)) &&
	    (ask->protos != PROTO_BIT(PROTO_UNIX) || request->inet4 || request->inet6))
		return usage(ask, "a target is a port or, with -x alone, a UNIX socket's name");
	return 0;
}

/* What --wait waits for; *target is what follows. */
static bool read_what(struct ask *ask, const char **target)
{
	static const char *const words[] = {
		[WHAT_LISTEN] = "listen:",
		[WHAT_FREE] = "free:",
		[WHAT_DRAINED] = "drained:",
	};

	*target = ask->config.request->target;
	if (ask->config.request->question == ASK_CHECK)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(*target, words[i], strlen(words[i])) != 0)
			continue;
		ask->what = (enum ask_what)i;
		*target += strlen(words[i]);
		return true;
	}
	return false;
}

/* Reads the question. 0 or the exit status. */
static int read_question(struct ask *ask)
{
	const struct request *request = ask->config.request;
	bool both = !request->inet4 && !request->inet6;
	struct expr_world world =
		expr_world_of(ask->config.surroundings, ask->config.env, 0, request->resolve_ns);
	struct ask_target_config config = {
		.protos = ask->protos,
		.inet4 = request->inet4 || both,
		.inet6 = request->inet6 || both,
		.no_hosts = request->numeric_hosts,
		.no_services = request->numeric_ports,
		.world = &world,
	};
	struct ask_error error = { .is_outage = false };
	const char *target;

	if (!read_what(ask, &target)) {
		report_add(ask->config.report, REPORT_NOTE,
			   "--wait=%.60s: expected listen:, free: or drained: before the target",
			   request->target);
		return STATUS_USAGE;
	}
	config.wide_wildcard = ask->what != WHAT_LISTEN;
	if (ask_target_parse(target, strlen(target), &config, &ask->target, &error) == 0)
		return 0;
	report_add(ask->config.report, REPORT_NOTE, "--%s: %s",
		   request->question == ASK_CHECK ? "check" : "wait", error.text);
	if (!error.is_outage)
		return STATUS_USAGE;
	report_raise(ask->config.report, REPORT_FAILED);
	return report_status(ask->config.report);
}

static enum ask_answer answer(const struct ask *ask)
{
	const struct ask_seen *seen = &ask->seen;

	if (seen->listens || seen->active)
		return ask->what == WHAT_LISTEN && seen->listens ? ANSWER_YES : ANSWER_NO;
	if (seen->may_listen || seen->hidden || seen->level >= REPORT_PARTIAL)
		return ANSWER_UNKNOWN;
	return ask->what == WHAT_LISTEN ? ANSWER_NO : ANSWER_YES;
}

/* Says why there is neither a yes nor a no. Returns the exit status. */
static int report_unknown(const struct ask *ask)
{
	struct report *report = ask->config.report;

	if (ask->seen.level == REPORT_FAILED)
		return report_status(report);
	if (ask->seen.may_listen)
		report_add(report, REPORT_PARTIAL,
			   "not known: whether %s takes IPv4 connections too (/proc/net does not "
			   "tell)",
			   ask->seen.example);
	else if (ask->seen.hidden)
		report_add(
			report, REPORT_PARTIAL,
			"not known: what the expression asks of a socket there, such as who owns it, "
			"cannot be seen by everybody");
	return report_status(report);
}

/* -v: what decided. */
static void tell_why(const struct ask *ask, const char *word)
{
	const struct ask_seen *seen = &ask->seen;
	struct report *report = ask->config.report;

	if (seen->listens)
		report_add(report, REPORT_NOTE, "%s: %s listens", word, seen->example);
	else if (seen->active)
		report_add(report, REPORT_NOTE, "%s: %s is active", word, seen->example);
	else
		report_add(report, REPORT_NOTE, "%s: nobody listens there%s", word,
			   ask->what == WHAT_DRAINED ? ", and no connection is active" : "");
}

static int conclude(const struct ask *ask, enum ask_answer said)
{
	if (said == ANSWER_UNKNOWN)
		return report_unknown(ask);
	if (ask->config.request->verbose)
		tell_why(ask, said == ANSWER_YES ? "yes" : "no");
	return said == ANSWER_YES ? STATUS_YES : STATUS_NO;
}

/* Whether there is no hope that another look sees more. */
static bool is_blind(const struct ask *ask)
{
	return ask->seen.level == REPORT_FAILED ||
	       (ask->seen.level == REPORT_PARTIAL && ask->what != WHAT_LISTEN);
}

/* Until it is time for the next look, after one that began and ended then. */
static void pause_until_next(const struct ask *ask, int64_t began, int64_t ended)
{
	const struct env *env = ask->config.env;
	int64_t cost = ended - began, next = INTERVAL_COSTS * cost, soonest = SOONEST_COSTS * cost;

	next = next < interval_ns ? interval_ns : next > longest_ns ? longest_ns : next;
	soonest = soonest < soonest_ns ? soonest_ns : soonest > next ? next : soonest;
	next += began;
	soonest += began;
	if (next > ask->deadline_ns)
		next = ask->deadline_ns;
	if (next <= ended)
		return;
	if (ask->events && ask->events->wait(ask->events, next - ended) != 1)
		return;
	env->sleep_until_ns(env, ask->events && soonest < next ? soonest : next);
}

/* Looks until the answer is yes or the time is over. */
static int wait_for_yes(struct ask *ask)
{
	const struct env *env = ask->config.env;
	unsigned int n_blind = 0;

	for (;;) {
		int64_t began = env->now_ns(env);
		int err = ask_look_now(ask->look, &ask->seen);
		enum ask_answer said = answer(ask);

		if (err < 0)
			return env->stop_signal(env) ? STATUS_NO
						     : report_status(ask->config.report);
		n_blind = said == ANSWER_UNKNOWN && is_blind(ask) ? n_blind + 1 : 0;
		if (said == ANSWER_YES || began >= ask->deadline_ns || n_blind == BLIND_LOOKS)
			return conclude(ask, said);
		pause_until_next(ask, began, env->now_ns(env));
		if (env->stop_signal(env))
			return STATUS_NO;
	}
}

/* The kernel's messages, where they can say anything about the question. Without them it only takes
 * a little longer. */
static void open_events(struct ask *ask)
{
	const struct env *env = ask->config.env;
	struct diag_events_query query = {
		.tcp = ask->protos & PROTO_BIT(PROTO_TCP),
		.udp = ask->protos & (PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE)),
		.ports = { ask->target.ports[PROTO_TCP], ask->target.ports[PROTO_UDP] },
	};

	if (!query.ports[0])
		query.ports[0] = query.ports[1];
	if (ask->what == WHAT_LISTEN || !env->events_open || !query.ports[0])
		return;
	if (env->events_open(env, &query, &ask->events) < 0)
		ask->events = NULL;
}

static void set_deadline(struct ask *ask)
{
	const struct request *request = ask->config.request;
	const struct env *env = ask->config.env;

	if (request->question == ASK_CHECK)
		ask->deadline_ns = 0;
	else if (request->has_timeout)
		ask->deadline_ns = env->now_ns(env) + request->timeout_ns;
	else
		ask->deadline_ns = INT64_MAX;
}

int ask_run(const struct ask_config *config)
{
	struct ask ask = { .config = *config, .what = WHAT_LISTEN };
	struct ask_look_config look = {
		.env = config->env,
		.report = config->report,
		.request = config->request,
		.target = &ask.target,
		.expr = config->expr,
		.surroundings = config->surroundings,
	};
	int status = check_options(&ask);

	if (status == 0)
		status = read_question(&ask);
	if (status)
		return status;
	look.protos = ask.protos;
	look.connections = ask.what == WHAT_DRAINED;
	set_deadline(&ask);
	open_events(&ask);
	ask.look = ask_look_new(&look);
	if (ask.look) {
		status = wait_for_yes(&ask);
	} else {
		report_add(config->report, REPORT_FAILED, "out of memory");
		status = report_status(config->report);
	}
	ask_look_free(ask.look);
	diag_events_close(ask.events);
	return status;
}
