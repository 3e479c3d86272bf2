/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which options do not go together, with each other or with a view or question. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/proto.h"
#include "plan.h"
#include "plan_view.h"

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

	if (!plan_view_wish(request->view)->all_states)
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
		return request->protos & ~plan_view_wish(VIEW_LISTENERS)->named
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
	if (request->every_family || (request->protos & ~kill_protos))
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
	if (request->bound_inactive &&
	    (request->every_family || (request->protos & ~PROTO_BIT(PROTO_TCP))))
		return refuse(error, "-B lists sockets of TCP only: of protocols and families it "
				     "takes -t, -4 and -6");
	if ((request->every_family || (request->protos >> PROTO_MPTCP)) &&
	    (request->question != ASK_NOTHING ||
	     (request->view != VIEW_ROWS && request->view != VIEW_COUNT_BY)))
		return refuse(error, "families beyond Internet and UNIX are for listings, "
				     "--count-by and -q");
	if (request->action == ACTION_LIST_FAMILIES &&
	    (request->n_words > 0 || request->all_netns || request->format == FORMAT_CSV ||
	     request->protos || request->inet4 || request->inet6 || request->quiet ||
	     request->continuous))
		return refuse(error,
			      "--list-families is text or --json, once, of one network "
			      "namespace and all families: it takes no expression, protocol, "
			      "-q and -c");
	return 0;
}

/* What is told of sockets as they are closed. */
static int check_events(const struct request *request, struct plan_error *error)
{
	bool counted = request->view == VIEW_COUNT_BY;
	bool ends = request->count || request->has_timeout;

	if (!request->events)
		return 0;
	if (request->view != VIEW_ROWS && !counted)
		return refuse(error, "--events lists sockets as they are closed, or counts them "
				     "with --count-by: it goes with no other answer");
	if (request->question != ASK_NOTHING || request->quiet || request->kill ||
	    request->explain_filter || request->all_netns)
		return refuse(error,
			      "--events does not go with questions, --kill, --explain-filter "
			      "and --all-netns");
	if ((request->protos & ~closing_protos) || request->every_family)
		return refuse(error, "--events: the kernel tells of TCP and UDP sockets only that "
				     "they are closed");
	if (request->listening || request->sort || request->memory || request->timers)
		return refuse(error,
			      "--events takes no -l, -o, --sort and --memory: closed sockets "
			      "have none of that");
	if (request->top && !counted)
		return refuse(error, "--events: --count=N ends it; --top is for --count-by");
	if (request->continuous && !counted)
		return refuse(error, "--events goes on by itself; -c is for --count-by");
	if (request->format == FORMAT_JSON && !ends && !request->continuous)
		return refuse(error, "--events: a --json document has an end: add --count or "
				     "--timeout, or take --jsonl");
	if (counted && !ends && !request->continuous)
		return refuse(error,
			      "--events --count-by needs --timeout or --count, to count until "
			      "then, or -c, to count again and again");
	return 0;
}

/* --diff, --expect and --baseline. */
static int check_drift(const struct request *request, struct plan_error *error)
{
	if (request->view != VIEW_DIFF && request->view != VIEW_EXPECT &&
	    request->view != VIEW_BASELINE)
		return 0;
	if (request->continuous || request->top || request->format == FORMAT_CSV)
		return refuse(error, "--diff, --expect and --baseline are one answer, as text or "
				     "--json: they take no -c, --count, --top and --csv");
	if (request->sort || request->info || request->memory || request->extend ||
	    request->timers || request->context || (request->columns && request->view != VIEW_DIFF))
		return refuse(error, "-e, -o, -Z, --columns, --sort, --info and --memory are for "
				     "listings; --diff takes --columns=recv_q,send_q");
	if (request->view == VIEW_DIFF)
		return 0;
	if (request->types[PROTO_UNIX])
		return refuse(error, "a baseline does not tell the types of UNIX sockets: -x, not "
				     "u_str and the like");
	if (request->all || request->n_words > 0 || (request->protos & ~(uint32_t)served_protos))
		return refuse(error, "--expect and --baseline are about the listeners of TCP, UDP, "
				     "UDP-Lite, SCTP and UNIX: they take no -a, -w and expression");
	if (request->view == VIEW_BASELINE && request->format != FORMAT_NETSTAT)
		return refuse(error, "--baseline writes lines; --jsonl -tulp is a baseline too");
	return 0;
}

/* A recording is one look at one network namespace, and what is replayed cannot be changed. */
static int check_capture(const struct request *request, struct plan_error *error)
{
	if (request->record && request->replay)
		return refuse(error, "one of --record and --replay, not both");
	if (!request->record && !request->replay)
		return 0;
	if (request->continuous || request->question != ASK_NOTHING || request->kill ||
	    request->events)
		return refuse(error, "--record and --replay are for one look at the sockets: not "
				     "with -c, --count, --check, --wait, --kill and --events");
	if (request->all_netns || (request->replay && request->netns))
		return refuse(error,
			      "a recording is of one network namespace: --record goes with "
			      "--netns alone, --replay with neither --netns nor --all-netns");
	return 0;
}

int plan_check_view(const struct request *request, struct plan_error *error)
{
	bool listed = request->columns || request->sort || request->info || request->memory ||
		      request->extend || request->timers || request->context;

	if (check_capture(request, error) < 0 || check_kill(request, error) < 0 ||
	    check_families(request, error) < 0 || check_events(request, error) < 0)
		return -EINVAL;
	if ((request->has_warn || request->has_crit) && request->view != VIEW_PORTS)
		return refuse(error, "--warn and --crit belong to --ports");
	if (request->has_warn && request->has_crit && request->warn_pct > request->crit_pct)
		return refuse(error, "--warn may not be above --crit");
	if (request->has_timeout && request->question != ASK_WAIT && !request->events)
		return refuse(error, "--timeout belongs to --wait and --events");
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
	if (check_drift(request, error) < 0)
		return -EINVAL;
	/* netstat takes -e, -o and -Z with -s, where they change nothing. */
	if (request->view == VIEW_STATISTICS && !request->columns && !request->sort &&
	    !request->info && !request->memory)
		listed = false;
	if (request->view == VIEW_DIFF)
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
	if (plan_view_wish(request->view)->no_rows && request->n_words > 0)
		return refuse(error, "-s looks at no socket: it takes no expression");
	return check_sockets(request, error) < 0 ? -EINVAL : check_states(request, error);
}
