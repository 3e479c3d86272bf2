/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows and counters into the numbers of --summary. */
#include "view/summary_sums.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/env.h"
#include "base/report.h"
#include "kernel/sysctl.h"
#include "view/view.h"

#define PROTO_BIT(proto) (1u << (proto))
/* Those in counted[]. */
#define COUNTED_PROTOS (PROTO_BIT(PROTO_UDP) | PROTO_BIT(PROTO_UDPLITE) | PROTO_BIT(PROTO_RAW))

static const struct summary_number none_yet = { .known = true };

/* The protocols that the kernel counts by the sockets in use. */
static const struct {
	enum sock_proto proto;
	const char *groups[2]; /* of net/sockstat, net/sockstat6 */
} counted[] = {
	{ PROTO_UDP, { "UDP", "UDP6" } },
	{ PROTO_UDPLITE, { "UDPLITE", "UDPLITE6" } },
	{ PROTO_RAW, { "RAW", "RAW6" } },
};

enum { N_COUNTED = sizeof(counted) / sizeof(counted[0]) };

struct summary_scope summary_scope_of(const struct view_config *config)
{
	const uint32_t local = PROTO_BIT(PROTO_UNIX), inet = PROTO_BIT(PROTO_UNIX) - 1;
	struct summary_scope scope = {
		.protos = config->protos,
		.inet4 = config->inet4 || !config->inet6,
		.inet6 = config->inet6 || !config->inet4,
		.by_counters = config->by_counters,
	};

	if (!config->protos && !config->inet4 && !config->inet6)
		scope.protos = inet | local;
	else if (!(config->protos & inet) && (config->inet4 || config->inet6))
		scope.protos |= inet;
	return scope;
}

static bool has_family(const struct summary_scope *scope, int family)
{
	return family == 0 ? scope->inet4 : scope->inet6;
}

static void begin_tcp(struct summary_sums *sums, const struct summary_scope *scope)
{
	for (int state = TCP_STATE_ESTABLISHED; state < SUMMARY_STATES; state++)
		sums->tcp[state].known = true;
	if (scope->by_counters) {
		sums->tcp[TCP_STATE_ESTABLISHED].known = false;
		sums->tcp[TCP_STATE_TIME_WAIT].known = false;
	}
	sums->tcp_orphans = sums->listeners = sums->listeners_waiting = none_yet;
}

void summary_sums_begin(struct summary_sums *sums, const struct summary_scope *scope)
{
	*sums = (struct summary_sums){ .fin_wait2_entries = 0 };
	if (scope->protos & PROTO_BIT(PROTO_TCP))
		begin_tcp(sums, scope);
	for (int i = 0; i < N_COUNTED && !scope->by_counters; i++)
		for (int family = 0; family < 2; family++)
			sums->inet[counted[i].proto][family].known =
				(scope->protos & PROTO_BIT(counted[i].proto)) &&
				has_family(scope, family);
	if (scope->protos & PROTO_BIT(PROTO_SCTP))
		sums->sctp_endpoints = sums->sctp_associations = none_yet;
	if (scope->protos & PROTO_BIT(PROTO_UNIX)) {
		sums->unix_all = sums->unix_listening = sums->unix_connected = none_yet;
		sums->unix_stream = sums->unix_dgram = sums->unix_seqpacket = none_yet;
	}
}

/* Whether the first queue is the fuller one: by share where both limits are known. The kernel lets
 * one connection more wait than the limit says. */
static bool is_fuller(const struct sock *sock, const struct summary_queue *than)
{
	uint64_t mine, theirs;

	if (!than->known)
		return true;
	mine = sock->recv_q;
	theirs = than->used;
	if ((sock->has & SOCK_HAS_BACKLOG) && than->limit.known) {
		mine *= summary_queue_capacity(than);
		theirs *= (uint64_t)sock->backlog + 1;
	}
	return mine > theirs || (mine == theirs && sock->recv_q > than->used);
}

static void add_listener(struct summary_sums *sums, const struct sock *sock)
{
	sums->listeners.value++;
	if (!(sock->has & SOCK_HAS_QUEUES) || sock->recv_q == 0)
		return;
	sums->listeners_waiting.value++;
	if (!is_fuller(sock, &sums->fullest))
		return;
	sums->fullest = (struct summary_queue){
		.known = true,
		.family = sock->family,
		.end = sock->local,
		.used = sock->recv_q,
		.limit = { .value = sock->backlog, .known = sock->has & SOCK_HAS_BACKLOG },
	};
}

/* A socket that its process has closed, but whose last words are not yet acknowledged: no inode in
 * a state that only a closing side reaches. */
static bool is_orphan(const struct sock *sock)
{
	const uint32_t states = 1u << TCP_STATE_FIN_WAIT1 | 1u << TCP_STATE_FIN_WAIT2 |
				1u << TCP_STATE_LAST_ACK | 1u << TCP_STATE_CLOSING;

	return !(sock->has & SOCK_HAS_INODE) && sock->timer != TIMER_TIMEWAIT &&
	       (states >> sock->state & 1);
}

static void add_tcp(struct summary_sums *sums, const struct summary_scope *scope,
		    const struct sock *sock)
{
	if (sock->state == 0 || sock->state >= SUMMARY_STATES)
		return;
	/* A source may answer with more than it was asked for: what counters answer stays theirs.
	 */
	if (scope->by_counters && !sums->tcp[sock->state].known)
		return;
	sums->tcp[sock->state].value++;
	if (sock->state == TCP_STATE_LISTEN)
		add_listener(sums, sock);
	if (sock->state == TCP_STATE_FIN_WAIT2 && sock->timer == TIMER_TIMEWAIT)
		sums->fin_wait2_entries++;
	if (is_orphan(sock))
		sums->tcp_orphans.value++;
}

static void add_unix(struct summary_sums *sums, const struct sock *sock)
{
	sums->unix_all.value++;
	sums->unix_stream.value += sock->type == SOCK_STREAM;
	sums->unix_dgram.value += sock->type == SOCK_DGRAM;
	sums->unix_seqpacket.value += sock->type == SOCK_SEQPACKET;
	sums->unix_listening.value += sock->listening;
	sums->unix_connected.value += sock->state == UNIX_STATE_CONNECTED;
}

void summary_sums_add(struct summary_sums *sums, const struct summary_scope *scope,
		      const struct sock *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct sock *sock = &rows[i];

		switch ((enum sock_proto)sock->proto) {
		case PROTO_TCP:
			add_tcp(sums, scope, sock);
			break;
		case PROTO_SCTP:
			sums->sctp_endpoints.value += !sock->sctp_assoc;
			sums->sctp_associations.value += sock->sctp_assoc;
			break;
		case PROTO_UDP:
		case PROTO_UDPLITE:
		case PROTO_RAW:
			if (!scope->by_counters)
				sums->inet[sock->proto][sock->family == AF_INET6].value++;
			break;
		case PROTO_UNIX:
			add_unix(sums, sock);
			break;
		default: /* --summary is about what netstat lists */
			break;
		}
	}
}

static struct summary_number get(const struct counters *counters, const char *group,
				 const char *name)
{
	struct summary_number number = { .value = 0 };

	number.known = counters_get(counters, group, name, &number.value);
	return number;
}

/* A counter without what is counted elsewhere; both were not read at the same moment. */
static struct summary_number less(struct summary_number number, uint64_t part)
{
	number.value = number.value > part ? number.value - part : 0;
	return number;
}

/* The sockets that were listed and that the kernel counts as in use: neither the small entries nor
 * the requests of SYN_RECV are. */
static uint64_t listed_in_use(const struct summary_sums *sums)
{
	uint64_t n = 0;

	for (int state = TCP_STATE_ESTABLISHED; state < SUMMARY_STATES; state++)
		if (state != TCP_STATE_SYN_RECV && sums->tcp[state].known)
			n += sums->tcp[state].value;
	return n - sums->fin_wait2_entries;
}

/*
 * CurrEstab with or without the sockets in CLOSE_WAIT: whichever comes nearer to those in use that
 * were not listed. That number alone would do, but all that comes and goes between the listing and
 * the counters would be in it.
 */
static struct summary_number get_established(const struct summary_sums *sums,
					     const struct counters *counters)
{
	uint64_t close_wait = sums->tcp[TCP_STATE_CLOSE_WAIT].value, rest, far, near;
	struct summary_number with = get(counters, "Tcp", "CurrEstab");
	struct summary_number without = less(with, close_wait);
	struct summary_number in_use = get(counters, "TCP", "inuse");

	if (close_wait == 0 || !with.known)
		return with;
	if (!in_use.known)
		return in_use;
	in_use.value += get(counters, "TCP6", "inuse").value;
	rest = less(in_use, listed_in_use(sums)).value;
	far = rest > with.value ? rest - with.value : with.value - rest;
	near = rest > without.value ? rest - without.value : without.value - rest;
	return near <= far ? without : with;
}

static void take_inet(struct summary_sums *sums, const struct summary_scope *scope,
		      const struct counters *counters)
{
	for (int i = 0; i < N_COUNTED; i++)
		for (int family = 0; family < 2; family++)
			if (scope->protos & PROTO_BIT(counted[i].proto))
				sums->inet[counted[i].proto][family] =
					get(counters, counted[i].groups[family], "inuse");
}

static void sum_up_tcp(struct summary_sums *sums)
{
	sums->tcp_all = none_yet;
	for (int state = TCP_STATE_ESTABLISHED; state < SUMMARY_STATES; state++) {
		sums->tcp_all.known &= sums->tcp[state].known;
		sums->tcp_all.value += sums->tcp[state].value;
	}
}

void summary_sums_take_counters(struct summary_sums *sums, const struct summary_scope *scope,
				const struct counters *counters, uint64_t page)
{
	bool tcp = scope->protos & PROTO_BIT(PROTO_TCP);

	if (tcp && scope->by_counters) {
		sums->tcp[TCP_STATE_ESTABLISHED] = get_established(sums, counters);
		sums->tcp[TCP_STATE_TIME_WAIT] =
			less(get(counters, "TCP", "tw"), sums->fin_wait2_entries);
	}
	if (scope->by_counters)
		take_inet(sums, scope, counters);
	if (tcp) {
		sum_up_tcp(sums);
		sums->host_orphans = get(counters, "TCP", "orphan");
		sums->host_tcp_allocated = get(counters, "TCP", "alloc");
		sums->host_tcp_mem = get(counters, "TCP", "mem");
		sums->host_tcp_mem.value *= page;
	}
	if (scope->protos & PROTO_BIT(PROTO_UDP)) {
		sums->host_udp_mem = get(counters, "UDP", "mem");
		sums->host_udp_mem.value *= page;
	}
}

/* The three limits of "net/ipv4/tcp_mem", in pages there. */
static void read_limits(struct summary_number limits[3], const struct env *env, const char *name,
			uint64_t page)
{
	uint64_t pages[3];

	if (sysctl_numbers(env, name, pages, 3) != 3)
		return;
	for (int i = 0; i < 3; i++)
		limits[i] = (struct summary_number){ .value = pages[i] * page, .known = true };
}

/* The files of counters, who needs them, and for what. */
static const struct counter_file {
	const char *path;
	enum counters_layout layout;
	uint32_t protos;
	bool only_by_counters; /* where everything is listed they are not needed */
	bool may_lack;         /* a kernel without IPv6 */
	const char *lost;
} counter_files[] = {
	{ .path = "net/snmp",
	  .layout = COUNTERS_PAIRS,
	  .protos = PROTO_BIT(PROTO_TCP),
	  .only_by_counters = true,
	  .lost = "the number of ESTABLISHED sockets" },
	{ .path = "net/sockstat",
	  .layout = COUNTERS_GROUPS,
	  .protos = PROTO_BIT(PROTO_TCP) | COUNTED_PROTOS,
	  .lost = "the numbers of TIME_WAIT, UDP, RAW and of the whole host" },
	{ .path = "net/sockstat6",
	  .layout = COUNTERS_GROUPS,
	  .protos = PROTO_BIT(PROTO_TCP) | COUNTED_PROTOS,
	  .only_by_counters = true,
	  .may_lack = true,
	  .lost = "the numbers of sockets over IPv6" },
};

/* Reads the files that are needed; *all: each of them was there. 0 or -ENOMEM. */
static int read_counters(struct counters *counters, const struct summary_scope *scope,
			 const struct env *env, struct report *report, bool *all)
{
	*all = true;
	for (size_t i = 0; i < sizeof(counter_files) / sizeof(counter_files[0]); i++) {
		const struct counter_file *file = &counter_files[i];
		int err;

		if (!(scope->protos & file->protos) ||
		    (file->only_by_counters && !scope->by_counters))
			continue;
		err = counters_read(counters, env, file->path, file->layout);
		if (err == -ENOMEM)
			return err;
		if (err == 0 || (file->may_lack && err == -ENOENT))
			continue;
		*all = false;
		report_add(report, REPORT_PARTIAL, "cannot read /proc/%s: %s; missing: %s",
			   file->path, strerror(-err), file->lost);
	}
	return 0;
}

/* Files that were read may still lack a counter. */
static void report_missing(const struct summary_sums *sums, const struct summary_scope *scope,
			   struct report *report)
{
	if (scope->protos & PROTO_BIT(PROTO_TCP))
		for (int state = TCP_STATE_ESTABLISHED; state < SUMMARY_STATES; state++)
			if (!sums->tcp[state].known)
				report_add(report, REPORT_PARTIAL,
					   "the kernel does not say how many sockets are in %s",
					   tcp_state_name((unsigned int)state));
	if ((scope->protos & PROTO_BIT(PROTO_UDP)) && !summary_inet_all(sums, PROTO_UDP).known)
		report_add(report, REPORT_PARTIAL,
			   "the kernel does not say how many UDP sockets there are");
}

int summary_sums_read(struct summary_sums *sums, const struct summary_scope *scope,
		      const struct env *env, struct report *report)
{
	long size = env->page_size ? (long)env->page_size : sysconf(_SC_PAGESIZE);
	uint64_t page = size > 0 ? (uint64_t)size : 4096;
	struct counters counters = { .n = 0 };
	bool all;
	int err = read_counters(&counters, scope, env, report, &all);

	if (err == 0) {
		summary_sums_take_counters(sums, scope, &counters, page);
		if (all)
			report_missing(sums, scope, report);
	}
	if (scope->protos & PROTO_BIT(PROTO_TCP)) {
		read_limits(sums->host_tcp_limits, env, "net/ipv4/tcp_mem", page);
		sums->host_max_orphans.known = sysctl_number(env, "net/ipv4/tcp_max_orphans",
							     &sums->host_max_orphans.value);
	}
	if (scope->protos & PROTO_BIT(PROTO_UDP))
		read_limits(sums->host_udp_limits, env, "net/ipv4/udp_mem", page);
	counters_free(&counters);
	return err;
}

struct summary_number summary_inet_all(const struct summary_sums *sums, enum sock_proto proto)
{
	const struct summary_number *both = sums->inet[proto];

	return (struct summary_number){
		.value = both[0].value + both[1].value,
		.known = both[0].known || both[1].known,
	};
}
