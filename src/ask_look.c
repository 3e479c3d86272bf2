/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look is a listing that nobody sees: a plan of its own, and a writer that decides.
 *
 * The expression is not left to the pipeline, which drops a row that does not match: whether owners
 * that are hidden could have matched makes the difference between "no" and "not known".
 */
#include "ask_look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "cli/request.h"
#include "enrich/names.h"
#include "filter/select.h"
#include "output/writer.h"
#include "pipeline.h"
#include "plan.h"

struct ask_look {
	struct writer writer; /* first: the pipeline hands us its address back */
	struct ask_look_config config;
	struct plan plan;
	uint32_t states[PLAN_MAX_TABLES]; /* of the plan, before a look narrows them */
	struct query_cond conds[2 * PLAN_MAX_TABLES];
	struct names *names;
	struct pipeline *pipeline;
	struct ask_seen *seen; /* of this look */
};

static void format_end(char *dst, size_t size, const struct sock *sock, const struct endpoint *end)
{
	bool inet6 = sock->family == AF_INET6;
	char text[ADDR_TEXT_MAX];
	size_t n = inet6 ? addr_format_v6(text, end->addr.bytes)
			 : addr_format_v4(text, end->addr.bytes);

	snprintf(dst, size, "%s%.*s%s:%u", inet6 ? "[" : "", (int)n, text, inet6 ? "]" : "",
		 end->port);
}

/* Which socket it was, for -v. */
static void note_example(struct ask_seen *seen, const struct sock *sock)
{
	const struct proto *proto = proto_row((enum sock_proto)sock->proto);
	char local[ADDR_TEXT_MAX + 16], remote[ADDR_TEXT_MAX + 16] = "";
	const char *state =
		sock->proto == PROTO_TCP && !sock->listening ? tcp_state_name(sock->state) : NULL;

	if (sock->proto == PROTO_UNIX) {
		snprintf(seen->example, sizeof(seen->example), "unix %s%.*s",
			 sock->name_kind == UNIX_ABSTRACT ? "@" : "", (int)sock->name_len,
			 (const char *)sock->name);
		return;
	}
	format_end(local, sizeof(local), sock, &sock->local);
	if (!addr_is_any(&sock->remote.addr))
		format_end(remote, sizeof(remote), sock, &sock->remote);
	snprintf(seen->example, sizeof(seen->example), "%s %s%s%s%s%s",
		 sock->family == AF_INET6 ? proto->name6 : proto->name, local, *remote ? " " : "",
		 remote, state ? " " : "", state ? state : "");
}

/* Whether a row counts. What a hidden owner or mark would have decided is not known. */
static bool counts(struct ask_look *look, const struct sock *row)
{
	const struct expr *expr = look->config.expr;

	if (!expr)
		return true;
	if (expr_is_undecided(expr, row, 0)) {
		look->seen->hidden = true;
		return false;
	}
	return expr_matches(expr, row);
}

static int take_row(struct ask_look *look, const struct sock *row)
{
	enum ask_relation relation = ask_target_relation(look->config.target, row);
	struct ask_seen *seen = look->seen;

	if (relation == ASK_NOTHING_TO_DO || !counts(look, row))
		return 0;
	if (relation == ASK_ACTIVE && !look->config.connections)
		return 0;
	note_example(seen, row);
	if (relation == ASK_MAY_LISTEN) {
		seen->may_listen = true;
		return 0;
	}
	if (relation == ASK_LISTENS)
		seen->listens = true;
	else
		seen->active = true;
	/* What is told of a list that may be forged is told at its end. */
	return row->proto == PROTO_UNIX ? 0 : -ECANCELED;
}

static int look_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < n; i++)
		err = take_row((struct ask_look *)writer, &rows[i]);
	return err;
}

static int look_begin(struct writer *writer, enum section section)
{
	(void)writer, (void)section;
	return 0;
}

static int look_end(struct writer *writer)
{
	(void)writer;
	return 0;
}

/* Before owners and the like are known. */
static bool look_wants(void *ctx, const struct sock *row)
{
	const struct ask_look *look = ctx;
	const struct expr *expr = look->config.expr;

	return ask_target_relation(look->config.target, row) != ASK_NOTHING_TO_DO &&
	       (!expr || expr_may_match(expr, row, EXPR_LATE_NEEDS));
}

/* The states that a look at one table is about. */
static uint32_t states_of(enum sock_proto proto, bool connections)
{
	/* Datagram sockets with a name are in whatever state they are. */
	if (proto == PROTO_UNIX)
		return TCP_STATES_ALL;
	if (!connections)
		return select_states(SELECT_LISTENERS, proto);
	return proto == PROTO_TCP ? TCP_STATES_ALL & ~(1u << TCP_STATE_TIME_WAIT) : TCP_STATES_ALL;
}

static int look_round(struct ask_look *look, bool connections)
{
	struct ask_seen *seen = look->seen;
	bool cut_short;
	uint64_t n_rows;
	int err;

	*seen = (struct ask_seen){ .level = REPORT_NOTE };
	for (size_t i = 0; i < look->plan.n_tables; i++) {
		struct sock_query *query = &look->plan.tables[i].query;

		query->states = look->states[i] & states_of(query->proto, connections);
	}
	report_begin_round(look->config.report);
	expr_world_forget(look->config.surroundings);
	err = pipeline_round(look->pipeline, &look->writer, &cut_short, &n_rows);
	seen->level = report_round_level(look->config.report);
	return seen->listens || seen->active ? 0 : err;
}

int ask_look_now(struct ask_look *look, struct ask_seen *seen)
{
	int err;

	look->seen = seen;
	/* As long as somebody listens, connections need not be looked for: with them the kernel
	 * walks all there are. */
	err = look_round(look, false);
	if (err < 0 || seen->listens || !look->config.connections)
		return err;
	return look_round(look, true);
}

/* Leaves the port to the kernel, beside what the plan leaves to it of the expression. */
static void push_port(struct ask_look *look, size_t i)
{
	struct sock_query *query = &look->plan.tables[i].query;
	uint16_t number = look->config.target->ports[query->proto];
	struct query_cond *port = &look->conds[2 * i], *both = port + 1;

	/* SCTP's dumps pass conditions over. */
	if (query->proto == PROTO_UNIX || query->proto == PROTO_SCTP)
		return;
	*port = (struct query_cond){ .kind = COND_LOCAL_PORT, .low = number, .high = number };
	*both = (struct query_cond){ .kind = COND_AND, .left = port, .right = query->cond };
	query->cond = query->cond ? both : port;
}

static int make_plan(struct ask_look *look)
{
	const struct ask_look_config *config = &look->config;
	struct request request = {
		.all = true,
		.protos = config->protos,
		.numeric_hosts = true,
		.numeric_ports = true,
		.numeric_users = true,
	};
	struct plan_error error;
	int err;

	for (size_t i = 0; i < config->target->n_addrs; i++) {
		request.inet4 |= config->target->addrs[i].family == AF_INET;
		request.inet6 = true; /* also sockets of IPv6 answer for IPv4 */
	}
	err = plan_make(&request, config->expr, &look->plan, &error);
	look->plan.expr = NULL;
	for (size_t i = 0; i < look->plan.n_tables; i++) {
		struct sock_query *query = &look->plan.tables[i].query;
		bool named = query->proto == PROTO_UNIX || config->target->ports[query->proto];

		look->states[i] = named ? query->states : 0;
		/* Connections that nobody has accepted yet are told by /proc/net/unix alone. */
		if (query->proto == PROTO_UNIX && !config->connections)
			query->needs &= ~(uint32_t)NEED_REFCNT;
		push_port(look, i);
	}
	return err;
}

struct ask_look *ask_look_new(const struct ask_look_config *config)
{
	struct ask_look *look = calloc(1, sizeof(*look));
	struct names_config names = { .budget_ns = config->request->resolve_ns };
	struct pipeline_config pipeline = {
		.env = config->env,
		.report = config->report,
		.verbose = config->request->verbose,
		.wants = look_wants,
		.wants_ctx = look,
	};

	if (!look)
		return NULL;
	look->config = *config;
	look->writer = (struct writer){ .begin = look_begin, .rows = look_rows, .end = look_end };
	if (make_plan(look) == 0) {
		names.users = look->plan.users;
		look->names = names_new(config->env, config->report, &names);
	}
	pipeline.plan = &look->plan;
	pipeline.names = look->names;
	if (look->names)
		look->pipeline = pipeline_new(&pipeline);
	if (look->pipeline)
		return look;
	ask_look_free(look);
	return NULL;
}

void ask_look_free(struct ask_look *look)
{
	if (!look)
		return;
	pipeline_free(look->pipeline);
	names_free(look->names);
	plan_free(&look->plan);
	free(look);
}
