/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exact look-up of inet_diag: a request without NLM_F_DUMP, answered by one message. */
#include "source/diag_lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "base/env.h"
#include "model/proto.h"
#include "source/diag_facts.h"

/* Conditions waiting for their turn; an expression that needs more is no plain tuple. */
enum { PENDING_MAX = 32 };

enum tuple_part {
	HAS_LOCAL = 1,
	HAS_REMOTE = 2,
	HAS_LOCAL_PORT = 4,
	HAS_REMOTE_PORT = 8,
	HAS_ALL = 15,
};

/* Takes one condition that every match fulfils. Returns the part that it settles, or 0. */
static unsigned int take_leaf(const struct query_cond *cond, uint8_t family,
			      struct diag_tuple *tuple)
{
	bool whole = cond->family == family && cond->prefix == (family == AF_INET6 ? 128 : 32);
	bool one = cond->low == cond->high && cond->low != 0;

	switch (cond->kind) {
	case COND_LOCAL_ADDR:
		tuple->local = cond->addr;
		return whole ? HAS_LOCAL : 0;
	case COND_REMOTE_ADDR:
		tuple->remote = cond->addr;
		return whole ? HAS_REMOTE : 0;
	case COND_LOCAL_PORT:
		tuple->local_port = cond->low;
		return one ? HAS_LOCAL_PORT : 0;
	case COND_REMOTE_PORT:
		tuple->remote_port = cond->low;
		return one ? HAS_REMOTE_PORT : 0;
	default:
		return 0;
	}
}

bool diag_tuple_of(const struct query_cond *cond, uint8_t family, struct diag_tuple *tuple)
{
	const struct query_cond *pending[PENDING_MAX];
	unsigned int parts = 0;
	size_t n = 0;

	if (cond)
		pending[n++] = cond;
	while (n > 0 && parts != HAS_ALL) {
		const struct query_cond *next = pending[--n];
		struct diag_tuple taken = *tuple;
		unsigned int part;

		if (next->kind == COND_AND) {
			if (n + 2 > PENDING_MAX)
				return false;
			pending[n++] = next->right;
			pending[n++] = next->left;
			continue;
		}
		part = take_leaf(next, family, &taken);
		if (part)
			*tuple = taken;
		parts |= part;
	}
	return parts == HAS_ALL;
}

int diag_lookup(struct nl_session *session, const char *what, const struct sock_query *query,
		const struct nl_dump_ops *ops, void *ctx)
{
	uint32_t buf[(NLMSG_HDRLEN + sizeof(struct inet_diag_req_v2)) / sizeof(uint32_t)];
	struct diag_tuple tuple = { .local_port = 0 };
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *request;

	if (session->env->plain || query->proto != PROTO_TCP ||
	    !diag_tuple_of(query->cond, query->family, &tuple))
		return -ENOENT;
	request = mnl_nlmsg_put_header(buf);
	req = mnl_nlmsg_put_extra_header(request, sizeof(*req));
	request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = query->family;
	req->sdiag_protocol = proto_row(query->proto)->ipproto;
	req->idiag_states = query->states;
	req->idiag_ext = diag_facts_inet_ext(query->needs);
	if (query->needs & NEED_TCP_INFO)
		req->idiag_ext |= 1u << (INET_DIAG_INFO - 1);
	req->id.idiag_sport = htons(tuple.local_port);
	req->id.idiag_dport = htons(tuple.remote_port);
	memcpy(req->id.idiag_src, tuple.local.bytes, sizeof(req->id.idiag_src));
	memcpy(req->id.idiag_dst, tuple.remote.bytes, sizeof(req->id.idiag_dst));
	/* INET_DIAG_NOCOOKIE, in both halves. */
	memset(req->id.idiag_cookie, 0xff, sizeof(req->id.idiag_cookie));
	return nl_ask(session, what, request, ops, ctx);
}
