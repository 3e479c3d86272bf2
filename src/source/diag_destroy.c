/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SOCK_DESTROY: a request with the whole identity of one socket, and an acknowledgement.
 *
 * Known limits: what "closed" means is the kernel's affair. TCP: the peer gets a reset, the program
 * ECONNABORTED. UDP: the program gets ECONNABORTED and the socket is disconnected, but one that was
 * bound stays bound. Kernels before 6.11 leave connections that their program has closed already.
 */
#include "source/diag_destroy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "model/proto.h"
#include "source/nl_dump.h"

enum { REQUEST_DESTROY = 21 }; /* SOCK_DESTROY, which headers before 4.5 lack */

struct diag_destroyer {
	struct nl_session session;
};

struct diag_destroyer *diag_destroyer_new(const struct env *env, struct report *report)
{
	struct diag_destroyer *destroyer = calloc(1, sizeof(*destroyer));

	if (!destroyer)
		return NULL;
	destroyer->session.env = env;
	destroyer->session.report = report;
	return destroyer;
}

void diag_destroyer_free(struct diag_destroyer *destroyer)
{
	if (!destroyer)
		return;
	nl_session_end(&destroyer->session);
	free(destroyer);
}

/* Nothing but an acknowledgement is expected. */
static enum nl_verdict parse_nothing(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	(void)ctx, (void)payload, (void)len, (void)cookie;
	return NL_SKIP;
}

static void keep_nothing(void *ctx)
{
	(void)ctx;
}

static int flush_nothing(void *ctx)
{
	(void)ctx;
	return 0;
}

static void set_id(struct inet_diag_sockid *to, const struct sock_id *id)
{
	to->idiag_sport = htons(id->local.port);
	to->idiag_dport = htons(id->remote.port);
	memcpy(to->idiag_src, id->local.addr.bytes, sizeof(to->idiag_src));
	memcpy(to->idiag_dst, id->remote.addr.bytes, sizeof(to->idiag_dst));
	to->idiag_if = id->local.ifindex;
	to->idiag_cookie[0] = (uint32_t)id->cookie;
	to->idiag_cookie[1] = (uint32_t)(id->cookie >> 32);
}

int diag_destroy(struct diag_destroyer *destroyer, const struct sock_id *id)
{
	static const struct nl_dump_ops ops = {
		.parse = parse_nothing,
		.keep = keep_nothing,
		.flush = flush_nothing,
	};
	uint32_t buf[(NLMSG_HDRLEN + sizeof(struct inet_diag_req_v2)) / sizeof(uint32_t)];
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *request;
	int rc;

	/* All ones would mean any socket in that place (INET_DIAG_NOCOOKIE). */
	if (id->cookie == 0 || id->cookie == UINT64_MAX)
		return -EINVAL;
	request = mnl_nlmsg_put_header(buf);
	req = mnl_nlmsg_put_extra_header(request, sizeof(*req));
	request->nlmsg_type = REQUEST_DESTROY;
	request->nlmsg_flags = NLM_F_ACK;
	req->sdiag_family = id->family;
	req->sdiag_protocol = proto_row((enum sock_proto)id->proto)->ipproto;
	req->idiag_states = UINT32_MAX;
	set_id(&req->id, id);
	rc = nl_ask(&destroyer->session, proto_row((enum sock_proto)id->proto)->name, request, &ops,
		    NULL);
	/* A kernel that does not know the request at all. */
	return rc == -EINVAL ? -EOPNOTSUPP : rc;
}
