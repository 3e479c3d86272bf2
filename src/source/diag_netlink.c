/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink sockets (kernel: net/netlink/diag.c, include/uapi/linux/netlink_diag.h), the kernel's own
 * among them. The kernel walks over its table and then over the members of multicast groups, which
 * it has told of already, and a table that grows meanwhile may be walked over again: a socket is
 * known by its cookie. Limit: the kernel does not tell their user.
 */
#include <sys/socket.h>

#include <linux/netlink_diag.h>

#include "source/diag_special.h"

/* NETLINK_CONNECTED of net/netlink/af_netlink.c. */
enum { STATE_CONNECTED = 1 };

static enum nl_verdict netlink_parse(const void *message, struct special_row *row)
{
	struct netlink_diag_msg msg;
	struct sock_special *special = row->special;

	memcpy(&msg, message, sizeof(msg));
	if (msg.ndiag_family != AF_NETLINK)
		return NL_DAMAGED;
	row->sock->proto = PROTO_NETLINK;
	row->sock->family = AF_NETLINK;
	row->sock->type = msg.ndiag_type;
	row->sock->state =
		msg.ndiag_state == STATE_CONNECTED ? TCP_STATE_ESTABLISHED : TCP_STATE_CLOSE;
	diag_special_identity(row->sock, msg.ndiag_ino, msg.ndiag_cookie);
	special->has = SPECIAL_PROTOCOL | SPECIAL_LOCAL;
	special->protocol = msg.ndiag_protocol;
	special->local.port = msg.ndiag_portid;
	if (msg.ndiag_state == STATE_CONNECTED) {
		special->has |= SPECIAL_REMOTE;
		special->remote.port = msg.ndiag_dst_portid;
	}
	if (msg.ndiag_dst_group) {
		special->has |= SPECIAL_DST_GROUP;
		special->dst_group = msg.ndiag_dst_group;
	}
	return NL_ROW;
}

static bool netlink_parse_attr(const struct nl_attr *attr, struct special_row *row)
{
	switch (attr->type) {
	case NETLINK_DIAG_MEMINFO:
		return diag_special_memory(attr, row);
	case NETLINK_DIAG_GROUPS:
		row->special->has |= SPECIAL_GROUPS;
		row->special->groups = (struct blob){ attr->data, (uint32_t)attr->len };
		return attr->len % sizeof(uint32_t) == 0;
	case NETLINK_DIAG_FLAGS:
		if (!diag_special_u32(attr, &row->special->flags))
			return false;
		row->special->has |= SPECIAL_FLAGS;
		return true;
	default:
		return true;
	}
}

static size_t netlink_request(const struct sock_query *query, void *request)
{
	const struct netlink_diag_req req = {
		.sdiag_family = AF_NETLINK,
		.sdiag_protocol = NDIAG_PROTO_ALL,
		.ndiag_show = NDIAG_SHOW_MEMINFO | NDIAG_SHOW_GROUPS | NDIAG_SHOW_FLAGS,
	};

	(void)query;
	memcpy(request, &req, sizeof(req));
	return sizeof(req);
}

const struct special_family diag_netlink_family = {
	.name = "netlink",
	.doubles = true,
	.message_size = sizeof(struct netlink_diag_msg),
	.parse = netlink_parse,
	.parse_attr = netlink_parse_attr,
	.request = netlink_request,
};
