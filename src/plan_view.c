/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each view wants to see of the sockets, where the command line does not say it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/privileges.h"
#include "model/proto.h"
#include "plan.h"
#include "plan_view.h"

static const struct view_wish wishes[] = {
	[VIEW_ROWS] = { .mode = SELECT_CONNECTED },
	[VIEW_COUNT_BY] = { .mode = SELECT_ALL },
	[VIEW_SUMMARY] = { .mode = SELECT_ALL,
			   .counted_protos = PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) |
					     PROTO_BIT(PROTO_RAW),
			   .counted_states =
				   1u << TCP_STATE_ESTABLISHED | 1u << TCP_STATE_TIME_WAIT },
	/* All sockets hold ports, whichever are to be shown. */
	[VIEW_PORTS] = { .protos = PROTO_BIT(PROTO_TCP),
			 .mode = SELECT_ALL,
			 .more_tcp_states = 1u << TCP_STATE_BOUND_INACTIVE,
			 .sees_all = true },
	[VIEW_TIME_WAIT] = { .protos = PROTO_BIT(PROTO_TCP),
			     .mode = SELECT_ALL,
			     .more_tcp_states = 1u << TCP_STATE_BOUND_INACTIVE,
			     .sees_all = true,
			     .all_states = true,
			     .finds_owners = true,
			     .listeners_first = true },
	[VIEW_LISTENERS] = { .protos = PROTO_BIT(PROTO_TCP),
			     .finds_owners = true,
			     .named = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_SCTP) |
				      PROTO_BIT(PROTO_UNIX),
			     .mode = SELECT_ALL,
			     .needs = NEED_FACTS | NEED_SKMEM,
			     .tcp_states = 1u << TCP_STATE_LISTEN | 1u << TCP_STATE_SYN_RECV |
					   1u << TCP_STATE_CLOSE_WAIT,
			     .both = true },
	[VIEW_EXPLAIN] = { .protos = PROTO_BIT(PROTO_TCP), .mode = SELECT_ALL, .all_states = true },
	[VIEW_STATISTICS] = { .no_rows = true },
	[VIEW_METRICS] = { .mode = SELECT_ALL,
			   .needs = NEED_FACTS | NEED_SKMEM,
			   .more_tcp_states = 1u << TCP_STATE_BOUND_INACTIVE,
			   .counted_protos = PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) |
					     PROTO_BIT(PROTO_RAW),
			   .sees_all = true,
			   .listeners_first = true },
	[VIEW_DIFF] = { .mode = SELECT_CONNECTED, .needs = NEED_INTERFACE },
	[VIEW_EXPECT] = { .protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP),
			  .named = served_protos,
			  .mode = SELECT_LISTENERS,
			  .needs = NEED_OWNERS | NEED_ALL_OWNERS | NEED_CGROUP | NEED_INTERFACE |
				   NEED_USER },
	[VIEW_BASELINE] = { .protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP),
			    .named = served_protos,
			    .mode = SELECT_LISTENERS,
			    .needs = NEED_OWNERS | NEED_ALL_OWNERS | NEED_CGROUP | NEED_INTERFACE |
				     NEED_USER },
	[VIEW_KILL] = { .mode = SELECT_CONNECTED },
};

/* One of the fields that --diff can be asked to compare. */
static bool add_compared(const char *name, size_t n, struct plan_compared *compared)
{
	const struct field *field = field_find(name, n);
	const char *is = field ? field->name : "";

	if (strcmp(is, "program") == 0 || strcmp(is, "owners") == 0)
		compared->program = true;
	else if (strcmp(is, "unit") == 0)
		compared->unit = true;
	else if (strcmp(is, "recv_q") == 0)
		compared->recv_q = true;
	else if (strcmp(is, "send_q") == 0)
		compared->send_q = true;
	else
		return strcmp(is, "state") == 0;
	return true;
}

static int refuse_column(struct plan_error *error)
{
	snprintf(error->text, sizeof(error->text),
		 "--diff compares state, program, unit, recv_q and send_q: no other column");
	return -EINVAL;
}

int plan_view_compared(const struct request *request, struct plan_compared *compared,
		       struct plan_error *error)
{
	*compared =
		(struct plan_compared){ .program = request->programs, .unit = request->programs };
	for (const char *at = request->columns; at; at = *at ? at + 1 : NULL) {
		size_t sign = *at == '+', n = strcspn(at + sign, ",");

		if (!add_compared(at + sign, n, compared))
			return refuse_column(error);
		at += sign + n;
		if (!*at)
			break;
	}
	return 0;
}

const struct view_wish *plan_view_wish(enum request_view view)
{
	return &wishes[view];
}

/* TIME_WAIT and SYN_RECV are no sockets that a process could hold. */
static bool may_have_owners(unsigned int state)
{
	return state != TCP_STATE_TIME_WAIT && state != TCP_STATE_SYN_RECV;
}

void plan_view_wishes(const struct request *request, enum select_mode *mode, uint32_t *protos,
		      uint32_t *needs, bool *no_rows)
{
	const struct view_wish *wish = &wishes[request->view];

	*mode = wish->mode;
	if (*protos & wish->named)
		*protos &= wish->named;
	else if (wish->protos)
		*protos = wish->protos;
	*needs |= wish->needs;
	/* Written as numbers then; --expect compares names all the same. */
	if (request->view == VIEW_BASELINE && request->numeric_users)
		*needs &= ~(uint32_t)NEED_USER;
	*no_rows = wish->no_rows;
	if (request->kill && !*protos)
		*protos = kill_protos;
	if (request->events && !*protos)
		*protos = closing_protos;
	if (request->view == VIEW_EXPLAIN && request->explain_state &&
	    may_have_owners(tcp_state_find(request->explain_state)))
		*needs |= NEED_OWNERS | NEED_ALL_OWNERS;
}

bool plan_view_listeners_first(const struct plan *plan)
{
	return wishes[plan->view].listeners_first;
}

const struct request *plan_view_request(const struct request *request, struct request *bare)
{
	*bare = *request;
	/* netstat's table has no place for what is told of them. */
	if (request->events && request->view == VIEW_ROWS && request->format == FORMAT_NETSTAT)
		bare->format = FORMAT_COLUMNS;
	if (!request->kill || !request->yes)
		return bare;
	bare->view = VIEW_KILL;
	bare->columns = bare->sort = NULL;
	bare->info = bare->memory = bare->extend = bare->timers = bare->context = false;
	bare->programs = false;
	return bare;
}

unsigned int plan_view_privileges(const struct request *request)
{
	if (request->view == VIEW_KILL)
		return PRIVILEGE_DESTROY;
	if (request->events) /* a large queue takes CAP_NET_ADMIN */
		return PRIVILEGE_FACTS;
	return plan_view_finds_owners(request->view) ? PRIVILEGE_PROCESSES : 0;
}

bool plan_view_finds_owners(enum request_view view)
{
	return wishes[view].finds_owners;
}

bool plan_view_sees_all(enum request_view view)
{
	return wishes[view].sees_all;
}

bool plan_view_wants_both(const struct request *request)
{
	return request->events || wishes[request->view].both;
}

uint32_t plan_view_states(const struct plan *plan, enum sock_proto proto, uint32_t states)
{
	const struct view_wish *wish = &wishes[plan->view];
	uint32_t wanted = plan->tcp_states ? plan->tcp_states : wish->tcp_states;

	if (plan->by_counters && (wish->counted_protos & PROTO_BIT(proto)))
		return 0;
	if (proto != PROTO_TCP)
		return states;
	if (plan->bound == PLAN_BOUND_ONLY)
		return 1u << TCP_STATE_BOUND_INACTIVE;
	if (plan->bound == PLAN_BOUND_TOO)
		states |= 1u << TCP_STATE_BOUND_INACTIVE;
	if (plan->by_counters)
		states &= ~wish->counted_states;
	return (wanted ? states & wanted : states) | wish->more_tcp_states;
}
