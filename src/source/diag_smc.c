/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMC (kernel: net/smc/smc_diag.c, include/uapi/linux/smc_diag.h): a socket that has a TCP socket
 * of its own beneath it, whose addresses these are. Limits: the message does not tell IPv4 from
 * IPv6; an IPv6 socket of which no address reaches beyond the first four bytes ("::" to "::") is
 * taken for one of IPv4. Queues are not told.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include <linux/inet_diag.h>

#include "source/diag_newer.h"
#include "source/diag_special.h"

/*
 * struct smc_diag_msg and its kin, declared here because the kernel's header draws in those of RDMA
 * (4.13; struct smc_diag_fallback 4.20).
 */
struct smc_message {
	uint8_t family, state, mode, shutdown;
	struct inet_diag_sockid id;
	uint32_t uid;
	uint64_t inode __attribute__((aligned(8)));
};

struct smc_request {
	uint8_t family, pad[2], ext;
	struct inet_diag_sockid id;
};

_Static_assert(sizeof(struct smc_message) == 64, "as the kernel sends it");

/* TCP's state that says the same. */
static uint8_t smc_state(uint8_t state)
{
	switch (state) {
	case SMC_STATE_INIT:
		return TCP_STATE_CLOSE;
	case SMC_STATE_PEERCLOSEWAIT1:
		return TCP_STATE_FIN_WAIT1;
	case SMC_STATE_PEERCLOSEWAIT2:
		return TCP_STATE_FIN_WAIT2;
	case SMC_STATE_APPCLOSEWAIT1:
	case SMC_STATE_APPCLOSEWAIT2:
		return TCP_STATE_CLOSE_WAIT;
	case SMC_STATE_APPFINCLOSEWAIT:
	case SMC_STATE_PEERFINCLOSEWAIT:
	case SMC_STATE_PEERABORTWAIT:
	case SMC_STATE_PROCESSABORT:
		return TCP_STATE_CLOSING;
	default:
		return state;
	}
}

static bool is_v6(const struct inet_diag_sockid *id)
{
	for (int i = 1; i < 4; i++)
		if (id->idiag_src[i] || id->idiag_dst[i])
			return true;
	return false;
}

static enum nl_verdict smc_parse(const void *message, struct special_row *row)
{
	struct sock *sock = row->sock;
	struct smc_message msg;
	size_t n;

	memcpy(&msg, message, sizeof(msg));
	if (msg.family != AF_SMC)
		return NL_DAMAGED;
	sock->proto = PROTO_SMC;
	sock->family = is_v6(&msg.id) ? AF_INET6 : AF_INET;
	sock->type = SOCK_STREAM;
	sock->state = smc_state(msg.state);
	sock->listening = sock->state == TCP_STATE_LISTEN;
	n = sock->family == AF_INET6 ? 16 : 4;
	memcpy(sock->local.addr.bytes, msg.id.idiag_src, n);
	memcpy(sock->remote.addr.bytes, msg.id.idiag_dst, n);
	sock->local.port = ntohs(msg.id.idiag_sport);
	sock->remote.port = ntohs(msg.id.idiag_dport);
	sock->has |= SOCK_HAS_IFINDEX | SOCK_HAS_UID;
	sock->local.ifindex = msg.id.idiag_if;
	sock->uid = msg.uid;
	diag_special_identity(sock, msg.inode, msg.id.idiag_cookie);
	row->special->has = SPECIAL_MODE;
	row->special->mode = msg.mode;
	return NL_ROW;
}

/* 0 is no reason, which is told also where nothing fell back. */
static bool parse_fallback(const struct nl_attr *attr, struct sock_special *special)
{
	if (attr->len < 2 * sizeof(uint32_t))
		return false;
	memcpy(&special->fallback_reason, attr->data, sizeof(uint32_t));
	memcpy(&special->peer_diagnosis, attr->data + sizeof(uint32_t), sizeof(uint32_t));
	if (special->fallback_reason)
		special->has |= SPECIAL_FALLBACK;
	if (special->peer_diagnosis)
		special->has |= SPECIAL_PEER_DIAGNOSIS;
	return true;
}

static bool smc_parse_attr(const struct nl_attr *attr, struct special_row *row)
{
	struct sock_special *special = row->special;

	switch (attr->type) {
	case SMC_ATTR_SHUTDOWN:
		if (attr->len < sizeof(uint8_t))
			return false;
		row->sock->has |= SOCK_HAS_SHUTDOWN;
		row->sock->shutdown = attr->data[0];
		return true;
	case SMC_ATTR_FALLBACK:
		return parse_fallback(attr, special);
	default:
		return true;
	}
}

static size_t smc_request(const struct sock_query *query, void *request)
{
	const struct smc_request req = {
		.family = AF_SMC,
		.ext = 1u << (SMC_ATTR_FALLBACK - 1),
	};

	(void)query;
	memcpy(request, &req, sizeof(req));
	return sizeof(req);
}

const struct special_family diag_smc_family = {
	.name = "smc",
	.message_size = sizeof(struct smc_message),
	.parse = smc_parse,
	.parse_attr = smc_parse_attr,
	.request = smc_request,
};
