/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of sources: for each table how it is listed through sock_diag, and what is read
 * below /proc/net when that fails before it handed anything on.
 *
 * Limit: a kernel that says "no such table" may lack the protocol or only its sock_diag module.
 * They are told apart by whether /proc/net has a file for it.
 */
#include "source/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/report.h"
#include "base/tree.h"
#include "model/proto.h"
#include "source/diag_inet.h"
#include "source/diag_special.h"
#include "source/diag_split.h"
#include "source/diag_unix.h"
#include "source/nl_dump.h"
#include "source/proc_can.h"
#include "source/proc_inet.h"
#include "source/proc_others.h"
#include "source/proc_protocols.h"
#include "source/proc_sctp.h"
#include "source/proc_special.h"
#include "source/proc_unix.h"
#include "source/unix_join.h"

struct source_run {
	struct nl_session session;
	bool verbose;
	struct source_answer answer; /* of the last listing */
};

/* One protocol: a table for each of its families. */
struct source {
	int (*list)(struct nl_session *session, const struct sock_query *query,
		    const struct sock_sink *sink);
	int (*fallback)(const struct env *env, struct report *report,
			const struct sock_query *query, const struct sock_sink *sink);
	const struct special_family *family; /* in place of list */
	const char *module;                  /* of the kernel, for messages; NULL: there is none */
	const char *path,
		*path6;   /* of the fallback, below /proc; path6: NULL when it is the same */
	const char *lost; /* by the fallback */
	/* Its names in /proc/net/protocols, where a kernel has it; name6: NULL when it is the same.
	 */
	const char *known, *known6;
	bool counted;   /* /proc/net/protocols says too how many sockets it has */
	bool always;    /* every kernel has it, but for its IPv6 half */
	bool forgeable; /* by the fallback, rows too: it is never used without a word */
};

/* A source and the query it is to answer. */
struct attempt {
	const struct source *source;
	const struct sock_query *query;
	bool asked;
};

static int list_unix(struct nl_session *session, const struct sock_query *query,
		     const struct sock_sink *sink)
{
	if (query->needs & NEED_REFCNT)
		return unix_join_list(session, query, sink);
	return diag_unix_list(session, query, sink);
}

static const char lost_scopes[] = "interface scopes are not known";
static const char lost_scopes_limits[] = "interface scopes and backlog limits are not known";
static const char lost_names[] = "names and whole rows may be forged";

static const struct source sources[PROTO_COUNT] = {
	[PROTO_TCP] = {
		.list = diag_split_list,
		.fallback = proc_inet_list,
		.module = "tcp_diag",
		.path = "net/tcp",
		.path6 = "net/tcp6",
		.lost = lost_scopes_limits,
		.always = true,
	},
	[PROTO_SCTP] = {
		.list = diag_inet_list,
		.fallback = proc_sctp_list,
		.module = "sctp_diag",
		.path = "net/sctp",
		.lost = lost_scopes_limits,
	},
	[PROTO_UDP] = {
		.list = diag_inet_list,
		.fallback = proc_inet_list,
		.module = "udp_diag",
		.path = "net/udp",
		.path6 = "net/udp6",
		.lost = lost_scopes,
		.always = true,
	},
	[PROTO_UDPLITE] = {
		.list = diag_inet_list,
		.fallback = proc_inet_list,
		.module = "udp_diag",
		.path = "net/udplite",
		.path6 = "net/udplite6",
		.lost = lost_scopes,
	},
	[PROTO_RAW] = {
		.list = diag_inet_list,
		.fallback = proc_inet_list,
		.module = "raw_diag",
		.path = "net/raw",
		.path6 = "net/raw6",
		.lost = lost_scopes,
	},
	[PROTO_UNIX] = {
		.list = list_unix,
		.fallback = proc_unix_list,
		.module = "unix_diag",
		.path = "net/unix",
		.lost = lost_names,
		.always = true,
		.forgeable = true,
	},
	[PROTO_MPTCP] = {
		.list = diag_inet_list,
		.module = "mptcp_diag",
		.known = "MPTCP",
		.known6 = "MPTCPv6",
		.counted = true,
	},
	[PROTO_DCCP] = {
		.list = diag_inet_list,
		.module = "dccp_diag",
		.known = "DCCP",
		.known6 = "DCCPv6",
		.counted = true,
	},
	[PROTO_PING] = {
		.fallback = proc_inet_list,
		.path = "net/icmp",
		.path6 = "net/icmp6",
		.known = "PING",
		.known6 = "PINGv6",
		.counted = true,
	},
	[PROTO_SMC] = {
		.family = &diag_smc_family,
		.module = "smc_diag",
		.known = "SMC",
	},
	[PROTO_PACKET] = {
		.family = &diag_packet_family,
		.fallback = proc_packet_list,
		.module = "packet_diag",
		.path = "net/packet",
		.lost = "rings and fanout are not known",
		.known = "PACKET",
		.counted = true,
	},
	[PROTO_NETLINK] = {
		.family = &diag_netlink_family,
		.fallback = proc_netlink_list,
		.module = "netlink_diag",
		.path = "net/netlink",
		.lost = "connections, flags and groups above 32 are not known",
		.known = "NETLINK",
	},
	[PROTO_VSOCK] = {
		.family = &diag_vsock_family,
		.module = "vsock_diag",
		.known = "AF_VSOCK",
	},
	[PROTO_TIPC] = {
		.family = &diag_tipc_family,
		.module = "tipc_diag",
		.known = "TIPC",
	},
	[PROTO_XDP] = {
		.family = &diag_xdp_family,
		.module = "xsk_diag",
		.known = "XDP",
		.counted = true,
	},
	[PROTO_BLUETOOTH] = { .fallback = proc_others_list, .path = "net/l2cap" },
	[PROTO_KCM] = { .fallback = proc_others_list, .path = "net/kcm" },
	[PROTO_KEY] = { .fallback = proc_others_list, .path = "net/pfkey" },
	[PROTO_PHONET] = { .fallback = proc_others_list, .path = "net/phonet" },
	[PROTO_PPPOE] = { .fallback = proc_others_list, .path = "net/pppoe" },
	[PROTO_CAN] = { .fallback = proc_can_list, .path = "net/can" },
	[PROTO_L2TP] = { .fallback = proc_others_list, .path = "net/pppol2tp" },
};

static const char *table_name(const struct sock_query *query)
{
	const struct proto *proto = proto_row(query->proto);

	return query->family == AF_INET6 ? proto->name6 : proto->name;
}

static const char *table_path(const struct attempt *attempt)
{
	const struct source *source = attempt->source;

	return attempt->query->family == AF_INET6 && source->path6 ? source->path6 : source->path;
}

/* Answers of a kernel that has no such table: of today, and of those before 3.3 and in gVisor. The
 * same errors of a link that could not be opened say nothing of tables. */
static bool is_missing(const struct source_run *run, int error)
{
	return !run->session.link_failed && (error == -ENOENT || error == -EINVAL ||
					     error == -EPROTONOSUPPORT || error == -EOPNOTSUPP);
}

/* Whether a file that is not below /proc/net is no table either, rather than out of sight. */
static bool proc_net_is_there(const struct env *env)
{
	static const char *const always[] = { "net/tcp", "net/udp", "net/unix" };
	size_t i;

	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (tree_has(env_net_fd(env), always[i]))
			return true;
	}
	return false;
}

static bool table_is_absent(const struct source_run *run, const struct attempt *attempt,
			    int diag_error, int proc_error)
{
	if (proc_error != -ENOENT || !proc_net_is_there(run->session.env))
		return false;
	if (run->session.open_error)
		return !attempt->source->always || attempt->query->family == AF_INET6;
	return is_missing(run, diag_error);
}

/* The fallback has served: says what it cannot tell. */
static void note_fallback(const struct source_run *run, const struct attempt *attempt,
			  int diag_error)
{
	const struct source *source = attempt->source;
	struct report *report = run->session.report;
	const char *name = table_name(attempt->query);
	const char *path = table_path(attempt);

	/* One cause, one line: the module serves both families. */
	if (is_missing(run, diag_error)) {
		name = proto_row(attempt->query->proto)->name;
		path = source->path;
	}
	if (run->session.open_error)
		report_add(report, REPORT_NOTE,
			   "sock_diag is not available (%s): reading /proc/net; interface scopes "
			   "and backlog limits are not known and UNIX sockets may be forged",
			   strerror(-run->session.open_error));
	else if (!is_missing(run, diag_error))
		report_add(report, REPORT_NOTE, "%s: sock_diag failed (%s): read from /proc/%s, %s",
			   name, strerror(-diag_error), path, source->lost);
	else if (attempt->asked || run->verbose || source->forgeable)
		report_add(report, REPORT_NOTE, "%s: this kernel has no %s: read from /proc/%s, %s",
			   name, source->module, path, source->lost);
}

static enum source_result source_result_of(int rc)
{
	if (rc == -ECANCELED)
		return SOURCE_CANCELED;
	return rc ? SOURCE_PARTIAL : SOURCE_COMPLETE;
}

struct source_run *source_run_new(const struct env *env, struct report *report, bool verbose)
{
	struct source_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->session.env = env;
	run->session.report = report;
	run->verbose = verbose;
	return run;
}

void source_run_free(struct source_run *run)
{
	if (!run)
		return;
	nl_session_end(&run->session);
	free(run);
}

/* By sock_diag: as nl_dump(), -EOPNOTSUPP where it never tells of such sockets. */
static int list_by_diag(struct source_run *run, const struct attempt *attempt,
			const struct sock_sink *sink)
{
	const struct source *source = attempt->source;

	if (source->list)
		return source->list(&run->session, attempt->query, sink);
	if (source->family)
		return diag_special_list(source->family, &run->session, attempt->query, sink);
	return -EOPNOTSUPP;
}

/*
 * What neither way has told of: whether there is anything to be told. A family that the kernel does
 * not have is absent; one that has no sockets, by its own count, is complete.
 */
static enum source_result settle_unlisted(struct source_run *run, const struct attempt *attempt,
					  int diag_error)
{
	const struct source *source = attempt->source;
	const struct sock_query *query = attempt->query;
	const char *known =
		query->family == AF_INET6 && source->known6 ? source->known6 : source->known;
	char number[40] = "";
	uint64_t n = 0;
	int err = proc_protocols_find(run->session.env, known, &n);

	if (err == -ENOENT)
		return SOURCE_ABSENT;
	if (err == 0 && source->counted && n == 0)
		return SOURCE_COMPLETE;
	run->answer.error = diag_error;
	if (err == 0 && source->counted)
		snprintf(number, sizeof(number), "; there %s %llu", n == 1 ? "is" : "are",
			 (unsigned long long)n);
	/* One cause, one line: the module serves both families. */
	if (is_missing(run, diag_error))
		report_add(run->session.report, REPORT_PARTIAL,
			   "%s: cannot be listed: this kernel has no %s%s",
			   proto_row(query->proto)->name, source->module, number);
	else
		report_add(run->session.report, REPORT_PARTIAL, "%s: cannot be listed: %s%s",
			   table_name(query), strerror(-diag_error), number);
	return SOURCE_UNREADABLE;
}

/* The second way: what /proc/net tells. */
static enum source_result list_by_proc(struct source_run *run, const struct attempt *attempt,
				       int diag_rc, const struct sock_sink *sink)
{
	const struct source *source = attempt->source;
	struct report *report = run->session.report;
	int rc = source->fallback(run->session.env, report, attempt->query, sink);

	run->answer.path = table_path(attempt);
	if (rc >= 0 && source->module)
		note_fallback(run, attempt, diag_rc);
	if (rc >= 0 || rc == -ECANCELED)
		return source_result_of(rc);
	run->answer.path = NULL;
	if (table_is_absent(run, attempt, diag_rc, rc))
		return SOURCE_ABSENT;
	run->answer.error = source->module && !is_missing(run, diag_rc) ? diag_rc : rc;
	if (source->module)
		report_add(report, REPORT_PARTIAL,
			   "%s: cannot be listed: sock_diag: %s; /proc/%s: %s",
			   table_name(attempt->query), strerror(-diag_rc), table_path(attempt),
			   strerror(-rc));
	else
		report_add(report, REPORT_PARTIAL, "%s: cannot be listed: /proc/%s: %s",
			   table_name(attempt->query), table_path(attempt), strerror(-rc));
	return SOURCE_UNREADABLE;
}

enum source_result source_list(struct source_run *run, const struct sock_query *query, bool asked,
			       const struct sock_sink *sink)
{
	const struct attempt attempt = {
		.source = &sources[query->proto],
		.query = query,
		.asked = asked,
	};
	int rc;

	run->answer = (struct source_answer){ .module = attempt.source->module };
	rc = list_by_diag(run, &attempt, sink);
	run->answer.by_diag = rc >= 0;
	run->answer.no_module = rc < 0 && attempt.source->module && is_missing(run, rc);
	if (rc >= 0 || rc == -ECANCELED)
		return source_result_of(rc);
	/* No kernel says so of its tables: this is one of a recording (src/capture/). */
	if (rc == -ENODATA) {
		report_add(run->session.report, REPORT_PARTIAL, "%s: not in the recording",
			   table_name(query));
		return SOURCE_UNREADABLE;
	}
	if (attempt.source->fallback)
		return list_by_proc(run, &attempt, rc, sink);
	return settle_unlisted(run, &attempt, rc);
}

const struct source_answer *source_last_answer(const struct source_run *run)
{
	return &run->answer;
}

bool source_is_known(struct source_run *run, const char *kernel_name)
{
	uint64_t n;

	return proc_protocols_find(run->session.env, kernel_name, &n) == 0;
}

bool source_list_both(struct source_run *run, const struct sock_query *query,
		      const struct sock_sink *sink, enum source_result *result)
{
	int rc = diag_split_list(&run->session, query, sink);

	if (rc < 0 && rc != -ECANCELED)
		return false;
	*result = source_result_of(rc);
	return true;
}
