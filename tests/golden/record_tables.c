/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of sock_diag and how each is asked for everything it knows: linux/inet_diag.h,
 * unix_diag.h, packet_diag.h, netlink_diag.h, vm_sockets_diag.h, xdp_diag.h, smc_diag.h,
 * tipc_sockets_diag.h.
 */
#include "record_tables.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/tipc_sockets_diag.h>
#include <linux/unix_diag.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Not in every C library. */
enum { PROTOCOL_MPTCP = 262, FAMILY_SMC = 43, FAMILY_XDP = 44, EVERYTHING = 0xff };

#define INET(name_, family_, protocol_)                                        \
	{                                                                      \
		.name = (name_), .family = (family_), .protocol = (protocol_), \
		.body = sizeof(struct inet_diag_msg),                          \
		.inode_at = offsetof(struct inet_diag_msg, idiag_inode)        \
	}

const struct record_table record_tables[] = {
	INET("tcp", AF_INET, IPPROTO_TCP),
	INET("tcp6", AF_INET6, IPPROTO_TCP),
	INET("udp", AF_INET, IPPROTO_UDP),
	INET("udp6", AF_INET6, IPPROTO_UDP),
	INET("udplite", AF_INET, IPPROTO_UDPLITE),
	INET("udplite6", AF_INET6, IPPROTO_UDPLITE),
	INET("raw", AF_INET, IPPROTO_RAW),
	INET("raw6", AF_INET6, IPPROTO_RAW),
	INET("sctp", AF_INET, IPPROTO_SCTP),
	INET("sctp6", AF_INET6, IPPROTO_SCTP),
	INET("dccp", AF_INET, IPPROTO_DCCP),
	INET("dccp6", AF_INET6, IPPROTO_DCCP),
	INET("mptcp", AF_INET, PROTOCOL_MPTCP),
	INET("mptcp6", AF_INET6, PROTOCOL_MPTCP),
	{ .name = "unix",
	  .family = AF_UNIX,
	  .body = sizeof(struct unix_diag_msg),
	  .inode_at = offsetof(struct unix_diag_msg, udiag_ino) },
	{ .name = "packet",
	  .family = AF_PACKET,
	  .body = sizeof(struct packet_diag_msg),
	  .inode_at = offsetof(struct packet_diag_msg, pdiag_ino) },
	{ .name = "netlink",
	  .family = AF_NETLINK,
	  .protocol = NDIAG_PROTO_ALL,
	  .body = sizeof(struct netlink_diag_msg),
	  .inode_at = offsetof(struct netlink_diag_msg, ndiag_ino) },
	{ .name = "vsock",
	  .family = AF_VSOCK,
	  .body = sizeof(struct vsock_diag_msg),
	  .inode_at = offsetof(struct vsock_diag_msg, vdiag_ino) },
	{ .name = "xdp",
	  .family = FAMILY_XDP,
	  .body = sizeof(struct xdp_diag_msg),
	  .inode_at = offsetof(struct xdp_diag_msg, xdiag_ino) },
	{ .name = "smc",
	  .family = FAMILY_SMC,
	  .body = sizeof(struct smc_diag_msg),
	  .inode_at = offsetof(struct smc_diag_msg, diag_inode) },
	{ .name = "tipc", .family = AF_TIPC },
};

const size_t record_tables_n = sizeof(record_tables) / sizeof(*record_tables);

/* What follows the header in a request. */
union request {
	struct {
		struct inet_diag_req_v2 fixed;
		struct nlattr head;
		uint32_t protocol;
	} inet;
	struct unix_diag_req local;
	struct packet_diag_req packet;
	struct netlink_diag_req netlink;
	struct vsock_diag_req vsock;
	struct xdp_diag_req xdp;
	struct smc_diag_req smc;
	struct tipc_sock_diag_req tipc;
};

static size_t ask_inet(const struct record_table *table, union request *request)
{
	request->inet.fixed.sdiag_family = table->family;
	request->inet.fixed.sdiag_protocol = (uint8_t)table->protocol;
	request->inet.fixed.idiag_states = UINT32_MAX;
	request->inet.fixed.idiag_ext = EVERYTHING;
	if (table->protocol <= UINT8_MAX)
		return sizeof(request->inet.fixed);
	request->inet.fixed.sdiag_protocol = IPPROTO_RAW;
	request->inet.head.nla_len = NLA_HDRLEN + sizeof(uint32_t);
	request->inet.head.nla_type = INET_DIAG_REQ_PROTOCOL;
	request->inet.protocol = table->protocol;
	return sizeof(request->inet);
}

static size_t ask_other(const struct record_table *table, union request *request)
{
	switch (table->family) {
	case AF_PACKET:
		request->packet.sdiag_family = AF_PACKET;
		request->packet.pdiag_show = EVERYTHING;
		return sizeof(request->packet);
	case AF_NETLINK:
		request->netlink.sdiag_family = AF_NETLINK;
		request->netlink.sdiag_protocol = NDIAG_PROTO_ALL;
		request->netlink.ndiag_show = EVERYTHING;
		return sizeof(request->netlink);
	case AF_VSOCK:
		request->vsock.sdiag_family = AF_VSOCK;
		request->vsock.vdiag_states = UINT32_MAX;
		return sizeof(request->vsock);
	case FAMILY_XDP:
		request->xdp.sdiag_family = FAMILY_XDP;
		request->xdp.xdiag_show = EVERYTHING;
		return sizeof(request->xdp);
	case FAMILY_SMC:
		request->smc.diag_family = FAMILY_SMC;
		request->smc.diag_ext = EVERYTHING;
		return sizeof(request->smc);
	default:
		request->tipc.sdiag_family = AF_TIPC;
		request->tipc.tidiag_states = UINT32_MAX;
		return sizeof(request->tipc);
	}
}

static size_t ask_unix(union request *request)
{
	request->local.sdiag_family = AF_UNIX;
	request->local.udiag_states = UINT32_MAX;
	/* Not the connections not yet accepted, which may end a dump early. */
	request->local.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER |
				    UDIAG_SHOW_RQLEN | UDIAG_SHOW_MEMINFO | UDIAG_SHOW_UID;
	return sizeof(request->local);
}

size_t record_request(const struct record_table *table, void *buf)
{
	struct nlmsghdr *head = buf;
	union request request;
	size_t n;

	_Static_assert(NLMSG_HDRLEN + sizeof(request) <= RECORD_REQUEST_MAX, "too small");
	memset(&request, 0, sizeof(request));
	if (table->family == AF_INET || table->family == AF_INET6)
		n = ask_inet(table, &request);
	else if (table->family == AF_UNIX)
		n = ask_unix(&request);
	else
		n = ask_other(table, &request);
	*head = (struct nlmsghdr){ .nlmsg_len = (uint32_t)NLMSG_LENGTH(n),
				   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
				   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				   .nlmsg_seq = 1 };
	memcpy((char *)buf + NLMSG_HDRLEN, &request, n);
	return head->nlmsg_len;
}
