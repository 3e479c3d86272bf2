/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TIPC (kernel: net/tipc/{diag,socket}.c, include/uapi/linux/tipc_netlink.h). A message is one
 * nested attribute without a fixed part. States are numbered as TCP's. Limit: which services a
 * socket offers is not told, only that there are some.
 */
#include <sys/socket.h>

#include <linux/tipc_netlink.h>
#include <linux/tipc_sockets_diag.h>

#include "source/diag_special.h"

static enum nl_verdict tipc_parse(const void *message, struct special_row *row)
{
	(void)message;
	row->sock->proto = PROTO_TIPC;
	row->sock->family = AF_TIPC;
	row->sock->state = TCP_STATE_CLOSE;
	return NL_ROW;
}

/* Whom it is connected to. */
static bool parse_connection(const struct nl_attr *nest, struct special_row *row)
{
	struct sock_special *special = row->special;
	struct nl_attr attr;
	bool good = true;
	size_t pos = 0;
	int rc;

	while ((rc = nl_attr_next(nest->data, nest->len, &pos, &attr)) > 0) {
		if (attr.type == TIPC_NLA_CON_NODE)
			good &= diag_special_u32(&attr, &special->remote.node);
		else if (attr.type == TIPC_NLA_CON_SOCK)
			good &= diag_special_u32(&attr, &special->remote.port);
		else if (attr.type == TIPC_NLA_CON_TYPE)
			good &= diag_special_u32(&attr, &special->service_type);
		else if (attr.type == TIPC_NLA_CON_INST)
			good &= diag_special_u32(&attr, &special->service_instance);
		if (attr.type == TIPC_NLA_CON_TYPE)
			special->has |= SPECIAL_SERVICE;
	}
	if (good)
		special->has |= SPECIAL_REMOTE;
	return good && rc == 0;
}

/* What did not come, or came damaged, is not known. */
static bool parse_queues(const struct nl_attr *nest, struct special_row *row)
{
	bool good = true, has_recv = false, has_send = false;
	uint32_t recv_q = 0, send_q = 0;
	struct nl_attr attr;
	size_t pos = 0;
	int rc;

	while ((rc = nl_attr_next(nest->data, nest->len, &pos, &attr)) > 0) {
		if (attr.type == TIPC_NLA_SOCK_STAT_RCVQ)
			good &= has_recv = diag_special_u32(&attr, &recv_q);
		else if (attr.type == TIPC_NLA_SOCK_STAT_SENDQ)
			good &= has_send = diag_special_u32(&attr, &send_q);
	}
	if (has_recv) {
		row->sock->has |= has_send ? SOCK_HAS_QUEUES : SOCK_HAS_RECV_Q;
		row->sock->recv_q = recv_q;
		row->sock->send_q = has_send ? send_q : 0;
	}
	return good && rc == 0;
}

/* The type and the state are numbers of 32 bits that mean something up to 255. */
static bool parse_byte(const struct nl_attr *attr, uint8_t *out)
{
	uint32_t number;

	if (!diag_special_u32(attr, &number))
		return false;
	*out = number <= UINT8_MAX ? (uint8_t)number : UINT8_MAX;
	return true;
}

static bool parse_cookie(const struct nl_attr *attr, struct special_row *row)
{
	if (attr->len < sizeof(row->sock->cookie))
		return false;
	memcpy(&row->sock->cookie, attr->data, sizeof(row->sock->cookie));
	if (row->sock->cookie)
		row->sock->has |= SOCK_HAS_COOKIE;
	return true;
}

static bool parse_inode(const struct nl_attr *attr, struct special_row *row)
{
	uint32_t inode;

	if (!diag_special_u32(attr, &inode))
		return false;
	row->sock->inode = inode;
	if (inode)
		row->sock->has |= SOCK_HAS_INODE;
	return true;
}

static bool parse_sock_attr(const struct nl_attr *attr, struct special_row *row)
{
	struct sock_special *special = row->special;

	switch (attr->type) {
	case TIPC_NLA_SOCK_ADDR:
		return diag_special_u32(attr, &special->local.node);
	case TIPC_NLA_SOCK_REF:
		if (!diag_special_u32(attr, &special->local.port))
			return false;
		special->has |= SPECIAL_LOCAL;
		return true;
	case TIPC_NLA_SOCK_CON:
		return parse_connection(attr, row);
	case TIPC_NLA_SOCK_HAS_PUBL:
		special->published = true;
		return true;
	case TIPC_NLA_SOCK_STAT:
		return parse_queues(attr, row);
	case TIPC_NLA_SOCK_TYPE:
		return parse_byte(attr, &row->sock->type);
	case TIPC_NLA_SOCK_INO:
		return parse_inode(attr, row);
	case TIPC_NLA_SOCK_UID:
		return diag_special_uid(attr, row);
	case TIPC_NLA_SOCK_TIPC_STATE:
		return parse_byte(attr, &row->sock->state);
	case TIPC_NLA_SOCK_COOKIE:
		return parse_cookie(attr, row);
	default:
		return true;
	}
}

static bool tipc_parse_attr(const struct nl_attr *nest, struct special_row *row)
{
	struct nl_attr attr;
	bool good = true;
	size_t pos = 0;
	int rc;

	if (nest->type != TIPC_NLA_SOCK)
		return true;
	row->special->has |= SPECIAL_PUBLISHED;
	while ((rc = nl_attr_next(nest->data, nest->len, &pos, &attr)) > 0)
		good &= parse_sock_attr(&attr, row);
	row->sock->listening = row->sock->state == TCP_STATE_LISTEN;
	return good && rc == 0;
}

static size_t tipc_request(const struct sock_query *query, void *request)
{
	const struct tipc_sock_diag_req req = {
		.sdiag_family = AF_TIPC,
		.tidiag_states = UINT32_MAX,
	};

	(void)query;
	memcpy(request, &req, sizeof(req));
	return sizeof(req);
}

const struct special_family diag_tipc_family = {
	.name = "tipc",
	.message_size = 0,
	.parse = tipc_parse,
	.parse_attr = tipc_parse_attr,
	.request = tipc_request,
};
