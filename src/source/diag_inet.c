/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inet_diag: the parser of one message and the listing of one table (kernel:
 * net/ipv4/{inet,tcp,udp,raw}_diag.c, net/sctp/diag.c).
 *
 * Limits: of sockets without an inode (TIME_WAIT, SYN_RECV, orphans, not yet accepted) the kernel
 * does not know the user either and says 0, which is then not taken for root. Retransmits of a
 * socket with no timer running come only with NEED_TCP_INFO, which takes each socket's lock.
 */
#include "source/diag_inet.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>
#include <linux/tcp.h>

#include "base/env.h"
#include "base/mem.h"
#include "model/proto.h"
#include "source/diag_facts.h"
#include "source/diag_lookup.h"
#include "source/diag_newer.h"
#include "source/diag_request.h"

/* SCTP's only timer here (include/net/sctp/constants.h, SCTP_EVENT_TIMEOUT_T3_RTX). */
enum { SCTP_TIMER_T3_RTX = 4 };

/* What a query asks SCTP's endpoints by; its other states are those of associations. */
#define SCTP_ENDPOINT_STATES ((uint32_t)(1u << TCP_STATE_LISTEN | 1u << TCP_STATE_CLOSE))

/* SCTP sends its addresses as an array of struct sockaddr_storage. */
enum {
	SOCKADDR_SIZE = 128,
	ADDRS_PER_MESSAGE = 2 * (UINT16_MAX / SOCKADDR_SIZE),
	ADDRS_MAX = 2 * ADDRS_PER_MESSAGE,
};

/* What the attributes of one message said that the row has no member for. */
struct inet_extra {
	struct nl_attr locals, peers;
	bool has_peers;
};

static void parse_address(union inet_addr *addr, uint8_t family, const uint32_t words[4])
{
	/* Of known length each: no call. */
	if (family == AF_INET)
		memcpy(addr->bytes, words, 4);
	else
		memcpy(addr->bytes, words, 16);
}

static void parse_endpoints(const struct inet_diag_msg *msg, struct sock *out)
{
	out->local.port = ntohs(msg->id.idiag_sport);
	out->remote.port = ntohs(msg->id.idiag_dport);
	parse_address(&out->local.addr, out->family, msg->id.idiag_src);
	parse_address(&out->remote.addr, out->family, msg->id.idiag_dst);
	/* A connected raw socket keeps what connect(2) was given as a port; it means nothing. */
	if (out->proto == PROTO_RAW)
		out->remote.port = 0;
	out->has |= SOCK_HAS_IFINDEX;
	out->local.ifindex = msg->id.idiag_if;
	if (msg->id.idiag_if && out->family == AF_INET6 && addr_needs_scope(&out->remote.addr))
		out->remote.ifindex = msg->id.idiag_if;
}

/* Whether the kernel keeps no more than a stub of the socket, without user and inode. */
static bool is_stub(const struct sock *sock)
{
	if (sock->proto != PROTO_TCP)
		return false;
	return sock->state == TCP_STATE_TIME_WAIT || sock->state == TCP_STATE_SYN_RECV ||
	       (sock->state == TCP_STATE_FIN_WAIT2 && sock->timer == TIMER_TIMEWAIT);
}

static void parse_identity(const struct inet_diag_msg *msg, struct sock *out)
{
	out->cookie = msg->id.idiag_cookie[0] | (uint64_t)msg->id.idiag_cookie[1] << 32;
	out->inode = msg->idiag_inode;
	if (out->cookie)
		out->has |= SOCK_HAS_COOKIE;
	if (out->inode)
		out->has |= SOCK_HAS_INODE;
	/* Without an inode, 0 is what kernels say that have forgotten the user. */
	if (out->inode || (msg->idiag_uid && !is_stub(out))) {
		out->has |= SOCK_HAS_UID;
		out->uid = msg->idiag_uid;
	}
}

static void parse_timer(const struct inet_diag_msg *msg, struct sock *out)
{
	out->has |= SOCK_HAS_TIMER;
	out->timer = msg->idiag_timer;
	out->timer_ms = msg->idiag_expires;
	if (out->proto == PROTO_SCTP && out->timer == SCTP_TIMER_T3_RTX)
		out->timer = TIMER_ON;
	/* Some kernels tell SCTP's timer even when it is not running; it then lies in the past. */
	if (out->proto == PROTO_SCTP && out->timer_ms > INT32_MAX)
		out->timer = TIMER_OFF;
	if (out->timer == TIMER_OFF)
		out->timer_ms = 0;
	if (out->timer == TIMER_ON) {
		out->has |= SOCK_HAS_RETRANSMITS;
		out->retransmits = msg->idiag_retrans;
	}
	if (out->timer == TIMER_KEEPALIVE || out->timer == TIMER_PROBE) {
		out->has |= SOCK_HAS_PROBES;
		out->probes = msg->idiag_retrans;
	}
}

/* Needs to know a listener and an SCTP endpoint when it sees one. */
static void parse_queues(const struct inet_diag_msg *msg, struct sock *out)
{
	out->has |= SOCK_HAS_QUEUES;
	out->recv_q = msg->idiag_rqueue;
	if (out->listening) {
		out->has |= SOCK_HAS_BACKLOG;
		out->backlog = msg->idiag_wqueue;
	} else if (out->proto != PROTO_SCTP || out->sctp_assoc) {
		out->send_q = msg->idiag_wqueue;
	}
}

static void parse_tcp_info(const struct nl_attr *attr, struct sock *out)
{
	const size_t retransmits = offsetof(struct tcp_info, tcpi_retransmits);
	const size_t probes = offsetof(struct tcp_info, tcpi_probes);

	if (attr->len > retransmits) {
		out->has |= SOCK_HAS_RETRANSMITS;
		out->retransmits = attr->data[retransmits];
	}
	if (attr->len > probes) {
		out->has |= SOCK_HAS_PROBES;
		out->probes = attr->data[probes];
	}
}

/* One attribute. False when it is too short for what it is. */
static bool parse_attr(const struct nl_attr *attr, struct sock *out, struct inet_extra *extra)
{
	switch (attr->type) {
	case INET_DIAG_SHUTDOWN:
		if (attr->len < sizeof(uint8_t))
			return false;
		out->has |= SOCK_HAS_SHUTDOWN;
		out->shutdown = attr->data[0];
		return true;
	case INET_DIAG_SKV6ONLY:
		if (attr->len < sizeof(uint8_t))
			return false;
		out->has |= SOCK_HAS_V6ONLY;
		out->v6only = attr->data[0] != 0;
		return true;
	case ATTR_CGROUP_ID:
		if (attr->len < sizeof(out->cgroup_id))
			return false;
		out->has |= SOCK_HAS_CGROUP;
		memcpy(&out->cgroup_id, attr->data, sizeof(out->cgroup_id));
		return true;
	case INET_DIAG_INFO:
		if (out->proto == PROTO_TCP)
			parse_tcp_info(attr, out);
		return true;
	case ATTR_LOCALS:
		extra->locals = *attr;
		return attr->len % SOCKADDR_SIZE == 0;
	case ATTR_PEERS:
		extra->peers = *attr;
		extra->has_peers = true;
		return attr->len % SOCKADDR_SIZE == 0;
	default:
		return true;
	}
}

/* One struct sockaddr_storage, as an address of the row's family. False when it cannot be one. */
static bool parse_sockaddr(const uint8_t *data, const struct sock *row, uint16_t port,
			   struct endpoint *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint16_t family;

	memcpy(&family, data, sizeof(family));
	*out = (struct endpoint){ .port = port };
	if (family == AF_INET6 && row->family == AF_INET6) {
		memcpy(out->addr.bytes, data + 8, 16);
		if (addr_needs_scope(&out->addr))
			memcpy(&out->ifindex, data + 24, sizeof(out->ifindex));
		return true;
	}
	if (family != AF_INET)
		return false;
	/* IPv6 associations have IPv4 addresses among the others. */
	if (row->family == AF_INET6)
		memcpy(out->addr.bytes, mapped, sizeof(mapped));
	memcpy(out->addr.bytes + (row->family == AF_INET6 ? sizeof(mapped) : 0), data + 4, 4);
	return true;
}

/*
 * A list of addresses. The first one becomes the endpoint's where the kernel has none: in an IPv6
 * association whose address is IPv4 it copies the wrong bytes and says "::". list may be NULL.
 */
static size_t parse_addresses(const struct nl_attr *attr, const struct sock *row,
			      struct endpoint *end, bool prefer_list, struct endpoint *list)
{
	struct endpoint one, swap;
	size_t i, n = 0;

	for (i = 0; i + SOCKADDR_SIZE <= attr->len; i += SOCKADDR_SIZE) {
		if (!parse_sockaddr(attr->data + i, row, end->port, &one))
			continue;
		if (!one.ifindex)
			one.ifindex = end->ifindex;
		if (n == 0 && (prefer_list || addr_is_any(&end->addr)))
			*end = one;
		if (list)
			list[n] = one;
		n++;
		/* The endpoint's own address comes first: the primary path of the peers. */
		if (list && n > 1 && memcmp(&one.addr, &end->addr, sizeof(one.addr)) == 0) {
			swap = list[0];
			list[0] = one;
			list[n - 1] = swap;
		}
	}
	return list ? n : 0;
}

static void parse_sctp(const struct inet_extra *extra, struct sock *out, struct endpoint *addrs,
		       size_t n_addrs)
{
	size_t n_locals = extra->locals.len / SOCKADDR_SIZE;
	size_t n_peers = extra->peers.len / SOCKADDR_SIZE;
	bool fits = addrs && n_locals + n_peers <= n_addrs;
	struct endpoint *locals = fits ? addrs : NULL;
	struct endpoint *peers = fits ? addrs + n_locals : NULL;

	out->sctp_assoc = extra->has_peers;
	n_locals = parse_addresses(&extra->locals, out, &out->local, true, locals);
	n_peers = parse_addresses(&extra->peers, out, &out->remote, false, peers);
	if (n_locals) {
		out->local_addrs = locals;
		out->n_local_addrs = (uint16_t)n_locals;
	}
	if (n_peers) {
		out->remote_addrs = peers;
		out->n_remote_addrs = (uint16_t)n_peers;
	}
}

enum nl_verdict diag_inet_parse(enum sock_proto proto, const void *payload, size_t len,
				struct sock *out, struct endpoint *addrs, size_t n_addrs,
				bool *attrs_bad)
{
	struct inet_extra extra = { .has_peers = false };
	struct inet_diag_msg msg;
	struct nl_attr attr;
	size_t pos = sizeof(msg);
	int rc;

	if (len < sizeof(msg))
		return NL_DAMAGED;
	memcpy(&msg, payload, sizeof(msg));
	if (msg.idiag_family != AF_INET && msg.idiag_family != AF_INET6)
		return NL_DAMAGED;
	memset(out, 0, sizeof(*out));
	out->proto = (uint8_t)proto;
	out->family = msg.idiag_family;
	out->type = proto_row(proto)->type;
	out->state = msg.idiag_state;
	parse_endpoints(&msg, out);
	parse_timer(&msg, out);
	parse_identity(&msg, out);
	*attrs_bad = false;
	while ((rc = nl_attr_next(payload, len, &pos, &attr)) > 0) {
		if (!parse_attr(&attr, out, &extra))
			*attrs_bad = true;
	}
	if (rc < 0)
		*attrs_bad = true;
	if (proto == PROTO_SCTP)
		parse_sctp(&extra, out, addrs, n_addrs);
	out->listening = (proto == PROTO_TCP || proto == PROTO_SCTP || proto_is_further(proto)) &&
			 !out->sctp_assoc && out->state == TCP_STATE_LISTEN;
	parse_queues(&msg, out);
	return NL_ROW;
}

/* A dump on its way. */
struct inet_list {
	const struct sock_query *query;
	unsigned int kernel; /* its version */
	struct nl_batch batch;
	struct endpoint *addrs; /* ADDRS_MAX; NULL but for SCTP */
	size_t n_addrs;
	struct sock_facts *facts; /* one for each row of the batch; NULL: not asked for */
	unsigned long long n_attrs_bad;
	bool attrs_bad; /* of the row just parsed */
};

/* sctp_diag sends an association's endpoint along with it, asked for or not. */
static bool sctp_is_asked(const struct sock_query *query, const struct sock *row)
{
	return query->states & (row->sctp_assoc ? ~SCTP_ENDPOINT_STATES : SCTP_ENDPOINT_STATES);
}

static enum nl_verdict inet_list_parse(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	struct inet_list *list = ctx;
	struct sock *row = &list->batch.rows[list->batch.n];
	struct endpoint *addrs = list->addrs ? list->addrs + list->n_addrs : NULL;
	enum nl_verdict verdict;

	if (list->batch.canceled)
		return NL_SKIP;
	verdict = diag_inet_parse((enum sock_proto)list->query->proto, payload, len, row, addrs,
				  addrs ? ADDRS_MAX - list->n_addrs : 0, &list->attrs_bad);
	if (verdict == NL_ROW && row->proto == PROTO_DCCP)
		row->state = dccp_state_of(row->state, list->kernel);
	if (verdict == NL_ROW && row->proto == PROTO_SCTP && !sctp_is_asked(list->query, row))
		return NL_SKIP;
	if (verdict == NL_ROW && list->facts) {
		row->facts = &list->facts[list->batch.n];
		if (!diag_facts_parse_inet((enum sock_proto)list->query->proto, payload, len,
					   &list->facts[list->batch.n]))
			list->attrs_bad = true;
	}
	/* An SCTP association has its endpoint's cookie and is none the less not the same. */
	*cookie = verdict == NL_ROW && !row->sctp_assoc ? row->cookie : 0;
	return verdict;
}

static void inet_list_keep(void *ctx)
{
	struct inet_list *list = ctx;
	const struct sock *row = &list->batch.rows[list->batch.n];

	list->n_attrs_bad += list->attrs_bad;
	list->n_addrs += (size_t)row->n_local_addrs + row->n_remote_addrs;
	nl_batch_keep(&list->batch);
	if (list->n_addrs > ADDRS_MAX - ADDRS_PER_MESSAGE)
		nl_batch_flush(&list->batch);
	if (!list->batch.n)
		list->n_addrs = 0;
}

static int inet_list_flush(void *ctx)
{
	struct inet_list *list = ctx;

	list->n_addrs = 0;
	return nl_batch_flush(&list->batch);
}

int diag_inet_list(struct nl_session *session, const struct sock_query *query,
		   const struct sock_sink *sink)
{
	static const struct nl_dump_ops ops = {
		.parse = inet_list_parse,
		.keep = inet_list_keep,
		.flush = inet_list_flush,
	};
	const struct proto *proto = proto_row(query->proto);
	const char *what = query->family == AF_INET6 ? proto->name6 : proto->name;
	struct inet_list list = { .query = query, .kernel = session->env->kernel };
	int rc;

	rc = nl_batch_begin(&list.batch, sink);
	if (rc < 0)
		return rc;
	if (query->proto == PROTO_SCTP)
		list.addrs = malloc(ADDRS_MAX * sizeof(*list.addrs));
	if (diag_facts_wanted(query->needs))
		list.facts = malloc(NL_BATCH_ROWS * sizeof(*list.facts));
	if ((query->proto == PROTO_SCTP && !list.addrs) ||
	    (diag_facts_wanted(query->needs) && !list.facts)) {
		rc = -ENOMEM;
		goto out;
	}
	if (query->any_will_do && diag_lookup(session, what, query, &ops, &list) == -ECANCELED) {
		rc = -ECANCELED;
		goto out;
	}
	rc = diag_request_dump(session, what, query, &ops, &list);
	if (nl_report_bad_attrs(session, what, list.n_attrs_bad) && rc == 0)
		rc = 1;
out:
	free(list.addrs);
	free(list.facts);
	nl_batch_end(&list.batch);
	return rc;
}
