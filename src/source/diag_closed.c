/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser of what the kernel says of closed sockets. */
#include "source/diag_closed.h"

#include <errno.h>
#include <string.h>
#include <netinet/in.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "source/diag_facts.h"
#include "source/diag_inet.h"
#include "source/nl_dump.h"

/* Since 4.2, as the messages themselves. */
enum { ATTR_PROTOCOL = 10 };

/* What is said of them is what they were when they were listed; a closed socket has none of it. */
static const uint32_t untrue =
	SOCK_HAS_UID | SOCK_HAS_INODE | SOCK_HAS_QUEUES | SOCK_HAS_BACKLOG | SOCK_HAS_TIMER;

/* The message's protocol. 1, or 0 for another one than ours, or -EBADMSG. */
static int find_proto(const void *payload, size_t len, enum sock_proto *proto)
{
	size_t pos = sizeof(struct inet_diag_msg);
	struct nl_attr attr;

	if (len < pos)
		return -EBADMSG;
	while (nl_attr_next(payload, len, &pos, &attr) > 0) {
		if (attr.type != ATTR_PROTOCOL)
			continue;
		if (attr.len < sizeof(uint8_t))
			return -EBADMSG;
		*proto = attr.data[0] == IPPROTO_TCP ? PROTO_TCP : PROTO_UDP;
		return attr.data[0] == IPPROTO_TCP || attr.data[0] == IPPROTO_UDP;
	}
	return -EBADMSG;
}

int diag_closed_parse(const void *datagram, size_t len, struct sock *out, struct sock_facts *facts,
		      bool *attrs_bad)
{
	const struct nlmsghdr *message, *second;
	struct nlmsghdr head; /* a copy: the datagram need not be aligned */
	enum sock_proto proto;
	struct nl_walk walk;
	const void *payload;
	size_t n;
	int rc;

	nl_walk_begin(&walk, datagram, len);
	if (nl_walk_next(&walk, &message) <= 0 || nl_walk_next(&walk, &second) != 0)
		return -EBADMSG;
	memcpy(&head, message, sizeof(head));
	if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return 0;
	payload = (const char *)message + NLMSG_HDRLEN;
	n = head.nlmsg_len - NLMSG_HDRLEN;
	rc = find_proto(payload, n, &proto);
	if (rc <= 0)
		return rc;
	if (diag_inet_parse(proto, payload, n, out, NULL, 0, attrs_bad) != NL_ROW)
		return -EBADMSG;
	if (!diag_facts_parse_inet(proto, payload, n, facts))
		*attrs_bad = true;
	out->facts = facts;
	out->has &= ~untrue;
	out->recv_q = out->send_q = out->backlog = 0;
	return 1;
}
