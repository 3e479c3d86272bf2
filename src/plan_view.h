/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What views wish of a plan, between plan_view.c, where they are, and plan_check.c. */
#ifndef LSSOCK_PLAN_VIEW_H
#define LSSOCK_PLAN_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/request.h"
#include "model/proto.h"
#include "model/query.h"

#define PROTO_BIT(proto) (1u << (proto))

/* Of those the kernel tells when they are closed. */
static const uint32_t closing_protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP);
static const uint32_t kill_protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP);

/* Those of which it can be said what a listener is, and who is served. */
enum {
	served_protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_SCTP) | PROTO_BIT(PROTO_UDP) |
			PROTO_BIT(PROTO_UDPLITE) | PROTO_BIT(PROTO_UNIX),
};

/* A view's wishes. */
struct view_wish {
	uint32_t protos; /* 0: those of the command line, or all; else never others ... */
	uint32_t named;  /* ... but these, in their place, where the command line names them */
	enum select_mode mode; /* where neither -a nor -l was given */
	uint32_t needs;
	uint32_t tcp_states;      /* 0: those of the mode */
	uint32_t more_tcp_states; /* beside those of the mode */
	/* What the kernel counts itself, and the view asks for only where an expression or a family
	 * chooses. */
	uint32_t counted_protos, counted_states;
	bool sees_all;        /* it applies expression and families itself */
	bool both;            /* listeners and connections, whatever -l says */
	bool no_rows;         /* it looks at no socket */
	bool all_states;      /* -l would keep from it what it is about */
	bool finds_owners;    /* of its own, at its end */
	bool listeners_first; /* it has to know them when it sees a connection */
};

/* Those of a view. */
const struct view_wish *plan_view_wish(enum request_view view);

#endif
