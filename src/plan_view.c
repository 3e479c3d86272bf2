/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each view wants to see of the sockets, where the command line does not say it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/privileges.h"
#include "model/proto.h"
#include "plan.h"

#define PROTO_BIT(proto) (1u << (proto))

static const uint32_t kill_protos = PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP);

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
	[VIEW_KILL] = { .mode = SELECT_CONNECTED },
};

static int refuse(struct plan_error *error, const char *text)
{
	snprintf(error->text, sizeof(error->text), "%s", text);
	return -EINVAL;
}

static bool is_text(const struct request *request)
{
	return request->format == FORMAT_NETSTAT || request->format == FORMAT_COLUMNS;
}

/* What --time-wait and --explain cannot be combined with. */
static int check_states(const struct request *request, struct plan_error *error)
{
	bool csv = request->format == FORMAT_CSV;

	if (!wishes[request->view].all_states)
		return 0;
	if (csv)
		return refuse(error, "--time-wait and --explain are no table: --json, not --csv");
	if (request->listening && !request->all)
		return refuse(error, "--time-wait and --explain look at all states: not with -l");
	if (request->protos & ~PROTO_BIT(PROTO_TCP))
		return refuse(error, "--time-wait and --explain are about TCP: of the protocols "
				     "they take -t alone");
	if (request->no_header && is_text(request) &&
	    (request->view == VIEW_TIME_WAIT || request->explain_state))
		return refuse(error, "-H is for tables; --time-wait and --explain=STATE are "
				     "several, with titles that tell them apart");
	if (!request->explain_state || tcp_state_find(request->explain_state))
		return 0;
	snprintf(error->text, sizeof(error->text),
		 "--explain=%.60s: no state of TCP; there are established, syn-sent, syn-recv, "
		 "fin-wait-1, fin-wait-2, time-wait, closed, close-wait, last-ack, listen, closing",
		 request->explain_state);
	return -EINVAL;
}

/* Answers that are about one protocol, or a few, and of several tables. */
static int check_sockets(const struct request *request, struct plan_error *error)
{
	const bool text = request->format == FORMAT_NETSTAT;

	if (request->view != VIEW_PORTS && request->view != VIEW_LISTENERS)
		return 0;
	if (request->no_header && text)
		return refuse(error, "--ports and --listeners are several tables: --csv, which is "
				     "one, takes -H");
	if (request->view == VIEW_LISTENERS)
		return request->protos & ~wishes[VIEW_LISTENERS].named
			       ? refuse(error, "--listeners is about TCP, SCTP and UNIX sockets")
			       : 0;
	if (request->protos & ~PROTO_BIT(PROTO_TCP))
		return refuse(error, "--ports is about TCP, whose connections use ports up");
	if (request->listening && !request->all)
		return refuse(error, "--ports looks at all sockets of TCP: not with -l");
	return 0;
}

/* What is closed must have been chosen, and must be what was listed. */
static int check_kill(const struct request *request, struct plan_error *error)
{
	bool chosen = false;

	if (request->yes && !request->kill)
		return refuse(error, "--yes belongs to --kill");
	if (!request->kill || request->action != ACTION_LIST)
		return 0;
	for (size_t i = 0; i < request->n_words; i++)
		chosen |= request->words[i][strspn(request->words[i], " \t\n")] != '\0';
	if (!chosen)
		return refuse(error, "--kill needs an expression that says which sockets");
	if (request->protos & ~kill_protos)
		return refuse(error, "--kill closes sockets of TCP and UDP only");
	if (request->view != VIEW_ROWS || request->question != ASK_NOTHING || request->quiet)
		return refuse(error, "one of --kill, an answer in place of rows, and a question");
	if (request->continuous || request->top)
		return refuse(error, "--kill closes all that match, once: it takes no -c, --count "
				     "and --top");
	if (request->all_netns)
		return refuse(error, "--kill closes sockets of one network namespace: --netns");
	if (request->yes && request->format == FORMAT_CSV)
		return refuse(error, "what --kill closed is a line or --json, not --csv");
	return 0;
}

/* What netstat does not know is listed and no more. */
static int check_families(const struct request *request, struct plan_error *error)
{
	if (request->bound_inactive &&
	    (request->view != VIEW_ROWS || request->question != ASK_NOTHING || request->kill))
		return refuse(error, "-B is for listings");
	if ((request->every_family || (request->protos >> PROTO_MPTCP)) &&
	    (request->question != ASK_NOTHING ||
	     (request->view != VIEW_ROWS && request->view != VIEW_COUNT_BY)))
		return refuse(error, "families that netstat does not know are for listings, "
				     "--count-by and -q");
	if (request->action == ACTION_LIST_FAMILIES &&
	    (request->n_words > 0 || request->all_netns || request->format == FORMAT_CSV))
		return refuse(error, "--list-families is text or --json, of one network namespace "
				     "and all sockets: it takes no expression");
	return 0;
}

int plan_check_view(const struct request *request, struct plan_error *error)
{
	bool listed = request->columns || request->sort || request->info || request->memory ||
		      request->extend || request->timers || request->context;

	if (check_kill(request, error) < 0 || check_families(request, error) < 0)
		return -EINVAL;
	if ((request->has_warn || request->has_crit) && request->view != VIEW_PORTS)
		return refuse(error, "--warn and --crit belong to --ports");
	if (request->has_warn && request->has_crit && request->warn_pct > request->crit_pct)
		return refuse(error, "--warn may not be above --crit");
	if (request->has_timeout && request->question != ASK_WAIT)
		return refuse(error, "--timeout belongs to --wait");
	if (request->action == ACTION_LIST_COLUMNS && request->n_words > 0)
		return refuse(error, "--list-columns takes no expression");
	if (request->action == ACTION_LIST_COLUMNS && request->format == FORMAT_CSV)
		return refuse(error, "--list-columns is text or --json");
	if (request->netns && request->all_netns)
		return refuse(error, "one of --netns and --all-netns, not both");
	if (request->all_netns && ((request->view != VIEW_ROWS && request->view != VIEW_COUNT_BY) ||
				   request->question != ASK_NOTHING))
		return refuse(error, "--all-netns goes with listings, --count-by and -q; for other "
				     "answers name one namespace with --netns");
	if (request->view == VIEW_ROWS)
		return 0;
	/* netstat takes -e, -o and -Z with -s, where they change nothing. */
	if (request->view == VIEW_STATISTICS && !request->columns && !request->sort &&
	    !request->info && !request->memory)
		listed = false;
	if (listed)
		return refuse(error, "-e, -o, -Z, --columns, --sort, --info and --memory are for "
				     "listings, not for answers in place of rows");
	if (request->question != ASK_NOTHING || request->quiet)
		return refuse(error, "one of a question and an answer in place of rows, not both");
	if (request->programs && request->view == VIEW_COUNT_BY)
		return refuse(error, "-p is for listings; --count-by takes the fields pid and "
				     "program");
	if (request->view == VIEW_SUMMARY && (request->programs || request->listening ||
					      request->top || request->format == FORMAT_CSV))
		return refuse(error, "--summary counts all sockets of the protocols named: it "
				     "takes no -l, -p, --top and --csv");
	if (request->view == VIEW_METRICS &&
	    (request->n_words > 0 || request->protos || request->inet4 || request->inet6 ||
	     request->programs || request->continuous || request->format != FORMAT_NETSTAT))
		return refuse(error, "--openmetrics is one text about all sockets: of the other "
				     "options it takes --top alone");
	if (wishes[request->view].no_rows && request->n_words > 0)
		return refuse(error, "-s looks at no socket: it takes no expression");
	return check_sockets(request, error) < 0 ? -EINVAL : check_states(request, error);
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
	*no_rows = wish->no_rows;
	if (request->kill && !*protos)
		*protos = kill_protos;
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
	if (!request->kill || !request->yes)
		return request;
	*bare = *request;
	bare->view = VIEW_KILL;
	bare->columns = bare->sort = NULL;
	bare->info = bare->memory = bare->extend = bare->timers = bare->context = false;
	bare->programs = false;
	return bare;
}

unsigned int plan_view_privileges(enum request_view view)
{
	if (view == VIEW_KILL)
		return PRIVILEGE_DESTROY;
	return plan_view_finds_owners(view) ? PRIVILEGE_PROCESSES : 0;
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
	return wishes[request->view].both;
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
