/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VSOCK (kernel: net/vmw_vsock/diag.c, include/uapi/linux/vm_sockets_diag.h). Limit: the kernel
 * tells no queues and no user, and connections that are not accepted yet have no inode.
 */
#include <sys/socket.h>

#include <linux/vm_sockets_diag.h>

#include "source/diag_special.h"

static enum nl_verdict vsock_parse(const void *message, struct special_row *row)
{
	struct vsock_diag_msg msg;
	struct sock_special *special = row->special;

	memcpy(&msg, message, sizeof(msg));
	if (msg.vdiag_family != AF_VSOCK)
		return NL_DAMAGED;
	row->sock->proto = PROTO_VSOCK;
	row->sock->family = AF_VSOCK;
	row->sock->type = msg.vdiag_type;
	row->sock->state = msg.vdiag_state;
	row->sock->listening = msg.vdiag_state == TCP_STATE_LISTEN;
	row->sock->has |= SOCK_HAS_SHUTDOWN;
	row->sock->shutdown = msg.vdiag_shutdown;
	diag_special_identity(row->sock, msg.vdiag_ino, msg.vdiag_cookie);
	special->has = SPECIAL_LOCAL;
	special->local = (struct special_end){ msg.vdiag_src_cid, msg.vdiag_src_port };
	special->remote = (struct special_end){ msg.vdiag_dst_cid, msg.vdiag_dst_port };
	if (special->remote.node != UINT32_MAX || special->remote.port != UINT32_MAX)
		special->has |= SPECIAL_REMOTE;
	return NL_ROW;
}

/* There are none so far. */
static bool vsock_parse_attr(const struct nl_attr *attr, struct special_row *row)
{
	(void)attr, (void)row;
	return true;
}

static size_t vsock_request(const struct sock_query *query, void *request)
{
	const struct vsock_diag_req req = {
		.sdiag_family = AF_VSOCK,
		.vdiag_states = query->states,
	};

	memcpy(request, &req, sizeof(req));
	return sizeof(req);
}

const struct special_family diag_vsock_family = {
	.name = "vsock",
	.message_size = sizeof(struct vsock_diag_msg),
	.parse = vsock_parse,
	.parse_attr = vsock_parse_attr,
	.request = vsock_request,
};
