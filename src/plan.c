/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netstat's rules of what the options select together, and what the chosen columns need. */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "filter/select.h"

#define PROTO_BIT(proto) (1u << (proto))

static const uint32_t inet_protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_SCTP) |
				    PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) |
				    PROTO_BIT(PROTO_RAW);

/* Those that netstat lists, and those that it does not, with and without Internet addresses. */
static const uint32_t netstat_protos = PROTO_BIT(PROTO_MPTCP) - 1;
static const uint32_t every_proto = PROTO_BIT(PROTO_COUNT) - 1;
static const uint32_t address_protos =
	PROTO_BIT(PROTO_UNIX) - 1 + (PROTO_BIT(PROTO_PACKET) - PROTO_BIT(PROTO_MPTCP));

/* The needs that mean something for a protocol. */
static uint32_t table_needs(const struct plan *plan, enum sock_proto proto)
{
	static const uint32_t tcp_needs =
		NEED_TCP_INFO | NEED_LISTENER_UID | NEED_CONGESTION | NEED_CC_INFO;
	static const uint32_t unix_needs = NEED_REFCNT | NEED_VFS | NEED_PEER_NAME;
	uint32_t needs = plan->needs & ~(tcp_needs | unix_needs);

	if (proto == PROTO_TCP)
		needs |= plan->needs & tcp_needs;
	if (proto == PROTO_MPTCP)
		needs |= plan->needs & (NEED_TCP_INFO | NEED_CONGESTION);
	/* Without NEED_REFCNT connections not yet accepted would be missing. */
	if (proto == PROTO_UNIX)
		needs |= (plan->needs & unix_needs) | NEED_REFCNT;
	return needs;
}

static void add_table(struct plan *plan, enum sock_proto proto, uint8_t family, uint32_t states,
		      bool asked)
{
	uint32_t needs = table_needs(plan, proto);

	if (plan->expr && !expr_may_match_table(plan->expr, proto, family))
		return;
	plan->tables[plan->n_tables++] = (struct plan_table){
		.query = {
			.proto = proto,
			.family = family,
			.states = states,
			.needs = needs,
		},
		.asked = asked,
	};
}

/* The tables of a protocol, IPv4 before IPv6. netstat lists all endpoints of SCTP before any
 * association; some views want the same of TCP's listeners. */
static void add_inet(struct plan *plan, enum sock_proto proto, bool inet4, bool inet6, bool asked)
{
	uint32_t states = plan_view_states(plan, proto, select_states(plan->mode, proto));
	uint32_t endpoints = select_states(SELECT_LISTENERS, proto);
	uint32_t parts[2] = { states, 0 };

	if (proto == PROTO_SCTP || (proto == PROTO_TCP && plan_view_listeners_first(plan))) {
		parts[0] = states & endpoints;
		parts[1] = states & ~endpoints;
	}
	for (int part = 0; part < 2; part++) {
		if (parts[part] && inet4)
			add_table(plan, proto, AF_INET, parts[part], asked);
		if (parts[part] && inet6)
			add_table(plan, proto, AF_INET6, parts[part], asked);
	}
}

static uint32_t needs_of(const struct request *request)
{
	/* Numbers of interfaces mean nothing outside of their namespace. */
	uint32_t needs = request->all_netns ? NEED_NETNS | NEED_INTERFACE : 0;

	if (request->format != FORMAT_NETSTAT)
		return needs | (request->extend ? NEED_LISTENER_UID : 0);
	if (request->timers)
		needs |= NEED_TCP_INFO;
	if (request->extend)
		needs |= NEED_LISTENER_UID;
	/* Views look for the owners of what they show by themselves. */
	if (request->programs && request->view == VIEW_ROWS)
		needs |= NEED_OWNERS;
	if (request->context)
		needs |= NEED_CONTEXT;
	/* Their addresses have interfaces by name. */
	if (request->every_family || (request->protos & ~(address_protos | netstat_protos)))
		needs |= NEED_INTERFACE;
	return needs;
}

/* Whether one match ends it, and nothing has to be found out of it first. */
static bool any_will_do(const struct request *request, const struct plan *plan)
{
	bool one = request->quiet || (plan->top == 1 && !plan->n_keys);

	return one && plan->expr_early && !plan->hosts && !plan->users &&
	       !(plan->needs & NEED_OWNERS);
}

/* Whether ports are shown by their services' names: never in data, nor where no port is shown, of a
 * question, or where it is a field, which is a number. */
static bool shows_services(const struct request *request)
{
	if (request->quiet)
		return false;
	switch (request->view) {
	case VIEW_COUNT_BY:
	case VIEW_SUMMARY:
	case VIEW_LISTENERS:
	case VIEW_METRICS:
	case VIEW_DIFF:
	case VIEW_EXPECT:
	case VIEW_BASELINE:
		return false;
	default:
		break;
	}
	return request->format == FORMAT_NETSTAT && !request->numeric_ports;
}

/* What an expression leaves to the kernel, for every table. */
static int push_down(struct plan *plan, bool one)
{
	for (size_t i = 0; i < plan->n_tables; i++) {
		struct plan_table *table = &plan->tables[i];
		struct sock_query *query = &table->query;

		if (plan->expr) {
			if (expr_pushdown(plan->expr, query, &table->pushdown) < 0)
				return -ENOMEM;
			query->states = table->pushdown.states;
			query->cond = table->pushdown.root;
			query->any_will_do = one;
		}
		/* Connections in SYN_RECV get their user from their listener; those cost nothing.
		 */
		if (query->proto == PROTO_TCP && (query->needs & NEED_LISTENER_UID) &&
		    (query->states & 1u << TCP_STATE_SYN_RECV))
			query->states |= 1u << TCP_STATE_LISTEN;
	}
	return 0;
}

/* A protocol that netstat does not list. */
static void add_further(struct plan *plan, enum sock_proto proto, bool inet4, bool inet6,
			bool asked)
{
	uint8_t family = proto_row(proto)->family;

	if (family)
		add_table(plan, proto, family, select_states(plan->mode, proto), asked);
	else
		add_inet(plan, proto, inet4, inet6, asked);
}

static void add_tables(struct plan *plan, uint32_t protos, bool inet4, bool inet6, uint32_t asked)
{
	for (int proto = 0; proto < PROTO_UNIX; proto++)
		if (protos & PROTO_BIT(proto))
			add_inet(plan, proto, inet4, inet6, asked & PROTO_BIT(proto));
	if (plan->local)
		add_table(plan, PROTO_UNIX, AF_UNIX, select_states(plan->mode, PROTO_UNIX),
			  asked & PROTO_BIT(PROTO_UNIX));
	for (int proto = PROTO_UNIX + 1; proto < PROTO_COUNT; proto++)
		if (protos & PROTO_BIT(proto))
			add_further(plan, proto, inet4, inet6, asked & PROTO_BIT(proto));
}

/* A section of which an expression leaves no table is not shown at all, unless none would be left.
 */
static void drop_empty_sections(struct plan *plan)
{
	if (plan->n_tables == 0)
		return;
	plan->inet = plan->local = plan->further = false;
	for (size_t i = 0; i < plan->n_tables; i++) {
		if (proto_is_further(plan->tables[i].query.proto))
			plan->further = true;
		else if (plan->tables[i].query.proto == PROTO_UNIX)
			plan->local = true;
		else
			plan->inet = true;
	}
}

/* The state that --explain is asked about, as a bit; 0: none, or all. */
static uint32_t explained_state(const struct request *request)
{
	bool one = request->view == VIEW_EXPLAIN && request->explain_state;

	return one ? 1u << tcp_state_find(request->explain_state) : 0;
}

static void choose_types(const struct request *request, struct plan *plan)
{
	for (int proto = 0; proto < PROTO_COUNT; proto++) {
		plan->types[proto] = request->types[proto];
		plan->by_type |= request->types[proto] != 0;
	}
}

/* What is listed when these were named, or wished for by the view. */
static uint32_t listed_protos(const struct request *request, uint32_t protos)
{
	bool family = request->inet4 || request->inet6;

	/* What --info shows only TCP has. */
	if (request->bound_inactive || (request->info && !protos))
		protos |= PROTO_BIT(PROTO_TCP);
	if (request->every_family)
		return every_proto;
	if (!protos && !family)
		return netstat_protos;
	return family && !(protos & address_protos) ? protos | inet_protos : protos;
}

static void set_sections(struct plan *plan, uint32_t protos)
{
	plan->inet = protos & inet_protos;
	plan->local = protos & PROTO_BIT(PROTO_UNIX);
	plan->further = protos & ~netstat_protos;
}

/* What --diff compares has to be known. */
static int need_compared(const struct request *request, struct plan *plan, struct plan_error *error)
{
	struct plan_compared *compared = &plan->compared;

	if (request->view != VIEW_DIFF)
		return 0;
	if (plan_view_compared(request, compared, error) < 0)
		return -EINVAL;
	if (compared->program)
		plan->needs |= NEED_OWNERS | NEED_ALL_OWNERS;
	if (compared->unit)
		plan->needs |= NEED_CGROUP;
	plan->cgroups_asked |= compared->unit;
	return 0;
}

/* viewed: the mode of the view, where nothing else decides. */
static enum select_mode choose_mode(const struct request *request, const struct expr *expr,
				    enum select_mode viewed)
{
	if (request->all || request->bound_inactive || plan_view_sees_all(request->view) ||
	    plan_view_wants_both(request))
		return SELECT_ALL;
	if (request->listening)
		return SELECT_LISTENERS;
	/* As in ss: all states are looked at where the expression names some. */
	return expr && expr_names_state(expr) ? SELECT_ALL : viewed;
}

/* plan_make() for options that go together. */
static int make(const struct request *request, const struct expr *expr, struct plan *plan,
		struct plan_error *error)
{
	bool listed =
		request->format == FORMAT_NETSTAT && request->view == VIEW_ROWS && !request->quiet;
	uint32_t protos = request->protos;
	uint32_t needs = needs_of(request) | (expr ? expr_needs(expr) : 0);
	bool inet4 = request->inet4, inet6 = request->inet6, no_rows;
	bool sees_all = plan_view_sees_all(request->view);
	enum select_mode mode;
	int err;

	plan_view_wishes(request, &mode, &protos, &needs, &no_rows);
	*plan = (struct plan){
		.view = request->view,
		.mode = choose_mode(request, expr, mode),
		.bound = request->bound_inactive          ? PLAN_BOUND_ONLY
			 : expr && expr_names_bound(expr) ? PLAN_BOUND_TOO
							  : PLAN_BOUND_NOT,
		.needs = needs,
		.privileges = plan_view_privileges(request),
		.tcp_states = explained_state(request),
		.by_counters = !expr && !inet4 && !inet6,
		.hosts = listed && !request->numeric_hosts,
		.services = shows_services(request),
		.format = request->format,
		.top = request->view == VIEW_ROWS ? request->top : 0,
		.expr = sees_all ? NULL : expr,
		.expr_early = !sees_all && expr && expr_is_cheap(expr),
		.view_expr = sees_all ? expr : NULL,
		.cgroups_asked = needs & NEED_CGROUP,
		.all_netns = request->all_netns,
		.events = request->events,
	};
	protos = listed_protos(request, protos);
	if ((!inet4 && !inet6) || sees_all)
		inet4 = inet6 = true;

	if (need_compared(request, plan, error) < 0)
		return -EINVAL;
	set_sections(plan, protos);
	if (!request->every_family)
		choose_types(request, plan);
	err = plan_choose_fields(request, plan, error);
	if (err < 0)
		return err;
	if (!plan->local)
		plan->needs &= ~(uint32_t)NEED_PEER_NAME;
	plan->users =
		(plan->needs & NEED_USER) || (listed && !request->numeric_users && request->extend);
	if (!no_rows)
		add_tables(plan, protos, inet4, inet6, request->protos);
	if (no_rows)
		set_sections(plan, 0);
	else if (plan->expr)
		drop_empty_sections(plan);
	return push_down(plan, any_will_do(request, plan));
}

int plan_make(const struct request *request, const struct expr *expr, struct plan *plan,
	      struct plan_error *error)
{
	struct request bare;
	int err = plan_check_view(request, error);

	plan->n_tables = 0;
	return err < 0 ? err : make(plan_view_request(request, &bare), expr, plan, error);
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_tables; i++)
		pushdown_free(&plan->tables[i].pushdown);
	plan->n_tables = 0;
}
