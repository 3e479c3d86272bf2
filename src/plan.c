/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netstat's rules of what the options select together, and what the chosen columns need. */
#include "plan.h"

#include <sys/socket.h>

#include "filter/select.h"

#define PROTO_BIT(proto) (1u << (proto))

static const uint32_t inet_protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_SCTP) |
				    PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) |
				    PROTO_BIT(PROTO_RAW);

static void add_table(struct plan *plan, enum sock_proto proto, uint8_t family, uint32_t states,
		      bool asked)
{
	static const uint32_t tcp_needs = NEED_TCP_INFO | NEED_LISTENER_UID;
	uint32_t needs = plan->needs & ~(uint32_t)(NEED_REFCNT | tcp_needs);

	if (proto == PROTO_TCP)
		needs |= plan->needs & tcp_needs;
	if (proto == PROTO_UNIX)
		needs |= NEED_REFCNT;
	/* Connections in SYN_RECV get their user from their listener; listing those costs nothing.
	 */
	if ((needs & NEED_LISTENER_UID) && (states & 1u << TCP_STATE_SYN_RECV))
		states |= 1u << TCP_STATE_LISTEN;
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
 * association. */
static void add_inet(struct plan *plan, enum sock_proto proto, bool inet4, bool inet6, bool asked)
{
	uint32_t states = select_states(plan->mode, proto);
	uint32_t endpoints = select_states(SELECT_LISTENERS, PROTO_SCTP);
	uint32_t parts[2] = { states, 0 };

	if (proto == PROTO_SCTP) {
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
	uint32_t needs = 0;

	if (request->timers)
		needs |= NEED_TCP_INFO;
	if (request->extend)
		needs |= NEED_LISTENER_UID;
	if (request->programs)
		needs |= NEED_OWNERS;
	if (request->context)
		needs |= NEED_CONTEXT;
	return needs;
}

void plan_make(const struct request *request, struct plan *plan)
{
	uint32_t protos = request->protos;
	bool inet4 = request->inet4, inet6 = request->inet6;

	*plan = (struct plan){
		.mode = request->all         ? SELECT_ALL
			: request->listening ? SELECT_LISTENERS
					     : SELECT_CONNECTED,
		.needs = needs_of(request),
		.hosts = !request->numeric_hosts,
		.services = !request->numeric_ports,
		.users = !request->numeric_users && request->extend,
	};
	if (!protos && !inet4 && !inet6)
		protos = inet_protos | PROTO_BIT(PROTO_UNIX);
	else if (!(protos & inet_protos) && (inet4 || inet6))
		protos |= inet_protos;
	if (!inet4 && !inet6)
		inet4 = inet6 = true;

	plan->inet = protos & inet_protos;
	plan->local = protos & PROTO_BIT(PROTO_UNIX);
	for (int proto = 0; proto < PROTO_UNIX; proto++)
		if (protos & PROTO_BIT(proto))
			add_inet(plan, proto, inet4, inet6, request->protos & PROTO_BIT(proto));
	if (plan->local)
		add_table(plan, PROTO_UNIX, AF_UNIX, select_states(plan->mode, PROTO_UNIX),
			  request->protos & PROTO_BIT(PROTO_UNIX));
}
