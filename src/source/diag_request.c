/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests of inet_diag (kernel: struct inet_diag_req_v2, include/uapi/linux/inet_diag.h). */
#include "source/diag_request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "base/env.h"
#include "base/report.h"
#include "model/proto.h"
#include "source/diag_bytecode.h"
#include "source/diag_facts.h"
#include "source/diag_newer.h"

_Static_assert(sizeof(struct inet_diag_req) >= sizeof(struct inet_diag_req_v2),
	       "room for either request");

/* The states of SCTP's endpoints; the others are those of associations. */
enum { SCTP_ENDPOINT_STATES = 1 << TCP_STATE_LISTEN | 1 << TCP_STATE_CLOSE };

static uint32_t request_states(const struct sock_query *query)
{
	/* sctp_diag looks at LISTEN alone to decide whether to walk the endpoints at all. */
	if (query->proto == PROTO_SCTP && (query->states & SCTP_ENDPOINT_STATES))
		return (query->states | SCTP_ENDPOINT_STATES) & TCP_STATES_ALL;
	/* Bits above the eleven states mean other tables. */
	if (query->proto == PROTO_TCP)
		return query->states & (TCP_STATES_ALL | 1u << TCP_STATE_BOUND_INACTIVE);
	/* DCCP numbers two of its states from the end of TCP's on. */
	if (query->proto == PROTO_DCCP && query->states == TCP_STATES_ALL)
		return TCP_STATES_ALL | 7u << 13;
	return query->states & TCP_STATES_ALL;
}

static uint8_t request_ext(const struct sock_query *query)
{
	uint8_t ext = diag_facts_inet_ext(query->needs);

	if ((query->proto == PROTO_TCP || query->proto == PROTO_MPTCP) &&
	    (query->needs & NEED_TCP_INFO))
		ext |= 1u << (INET_DIAG_INFO - 1);
	return ext;
}

/*
 * The request of old, which has no place for a protocol but its type and is answered with the
 * sockets of both families: one walk over the table in place of two. (Kernel:
 * inet_diag_rcv_msg_compat().)
 */
static void put_request_of_both(struct nlmsghdr *request, const struct sock_query *query,
				const struct diag_filter *filter)
{
	struct inet_diag_req *req = mnl_nlmsg_put_extra_header(request, sizeof(*req));

	request->nlmsg_type = TCPDIAG_GETSOCK;
	req->idiag_family = AF_INET; /* looked at by no kernel */
	req->idiag_states = request_states(query);
	req->idiag_ext = request_ext(query);
	req->id.idiag_sport = htons(filter->sport);
	req->id.idiag_dport = htons(filter->dport);
}

static void put_request(struct nlmsghdr *request, const struct sock_query *query,
			const struct diag_filter *filter)
{
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(request, sizeof(*req));

	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = query->family;
	/* A kernel that does not know the attribute for larger numbers has no such protocol. */
	if (proto_row(query->proto)->ipproto <= UINT8_MAX)
		req->sdiag_protocol = (uint8_t)proto_row(query->proto)->ipproto;
	req->idiag_states = request_states(query);
	req->idiag_ext = request_ext(query);
	req->id.idiag_sport = htons(filter->sport);
	req->id.idiag_dport = htons(filter->dport);
}

/* malloc()ed; NULL without memory. */
static struct nlmsghdr *request_build(const struct sock_query *query,
				      const struct diag_filter *filter)
{
	/* The larger one of the two. */
	size_t size = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct inet_diag_req));
	const uint32_t protocol = proto_row(query->proto)->ipproto;
	struct nlmsghdr *request;
	void *buf;

	if (filter->len)
		size += (size_t)MNL_ATTR_HDRLEN + MNL_ALIGN(filter->len);
	if (protocol > UINT8_MAX)
		size += (size_t)MNL_ATTR_HDRLEN + sizeof(protocol);
	buf = malloc(size);
	if (!buf)
		return NULL;
	request = mnl_nlmsg_put_header(buf);
	if (query->family == AF_UNSPEC)
		put_request_of_both(request, query, filter);
	else
		put_request(request, query, filter);
	if (filter->len)
		mnl_attr_put(request, INET_DIAG_REQ_BYTECODE, filter->len, filter->code);
	if (protocol > UINT8_MAX)
		mnl_attr_put_u32(request, ATTR_REQ_PROTOCOL, protocol);
	return request;
}

static int dump_filtered(struct nl_session *session, const char *what,
			 const struct sock_query *query, const struct diag_filter *filter,
			 const struct nl_dump_ops *ops, void *ctx)
{
	struct nlmsghdr *request = request_build(query, filter);
	int rc;

	if (!request)
		return -ENOMEM;
	rc = nl_dump(session, what, request, ops, ctx);
	free(request);
	return rc;
}

int diag_request_dump(struct nl_session *session, const char *what, const struct sock_query *query,
		      const struct nl_dump_ops *ops, void *ctx)
{
	struct diag_filter filter;
	bool plain = session->env->plain;
	int rc = diag_filter_compile(plain ? NULL : query->cond, &filter);

	if (rc < 0 && rc != -E2BIG)
		goto out;
	rc = dump_filtered(session, what, query, &filter, ops, ctx);
	/* Of all that can be asked, only the mark is kept from others; what that means for the
	 * answer is seen from the rows, which then tell no mark. */
	if (filter.len && !session->link_failed && (rc == -EPERM || rc == -EINVAL)) {
		filter.len = 0;
		rc = dump_filtered(session, what, query, &filter, ops, ctx);
	}
out:
	diag_filter_free(&filter);
	return rc;
}
