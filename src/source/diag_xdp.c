/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XDP sockets (kernel: net/xdp/xsk_diag.c, include/uapi/linux/xdp_diag.h). */
#include <sys/socket.h>

#include <linux/xdp_diag.h>

#include "source/diag_special.h"

static enum nl_verdict xdp_parse(const void *message, struct special_row *row)
{
	struct xdp_diag_msg msg;

	memcpy(&msg, message, sizeof(msg));
	if (msg.xdiag_family != AF_XDP)
		return NL_DAMAGED;
	row->sock->proto = PROTO_XDP;
	row->sock->family = AF_XDP;
	row->sock->type = msg.xdiag_type;
	row->sock->state = TCP_STATE_CLOSE;
	diag_special_identity(row->sock, msg.xdiag_ino, msg.xdiag_cookie);
	return NL_ROW;
}

/* A socket that is bound to nothing has interface 0. */
static bool parse_info(const struct nl_attr *attr, struct special_row *row)
{
	struct xdp_diag_info info;

	if (attr->len < sizeof(info))
		return false;
	memcpy(&info, attr->data, sizeof(info));
	row->sock->has |= SOCK_HAS_IFINDEX;
	row->sock->local.ifindex = info.ifindex;
	row->special->local.port = info.queue_id;
	if (info.ifindex)
		row->special->has |= SPECIAL_LOCAL;
	return true;
}

static bool parse_umem(const struct nl_attr *attr, struct special_row *row)
{
	struct xdp_diag_umem umem;

	if (attr->len < sizeof(umem))
		return false;
	memcpy(&umem, attr->data, sizeof(umem));
	row->special->has |= SPECIAL_UMEM;
	row->special->umem = (struct special_umem){
		.size = umem.size,
		.id = umem.id,
		.pages = umem.num_pages,
		.chunk_size = umem.chunk_size,
		.headroom = umem.headroom,
		.refs = umem.refs,
		.zero_copy = umem.flags & XDP_DU_F_ZEROCOPY,
	};
	return true;
}

static bool parse_ring(const struct nl_attr *attr, struct special_row *row, enum special_has which,
		       struct special_ring *ring)
{
	if (!diag_special_u32(attr, &ring->frames))
		return false;
	row->special->has |= which;
	return true;
}

static bool xdp_parse_attr(const struct nl_attr *attr, struct special_row *row)
{
	struct sock_special *special = row->special;

	switch (attr->type) {
	case XDP_DIAG_INFO:
		return parse_info(attr, row);
	case XDP_DIAG_UID:
		return diag_special_uid(attr, row);
	case XDP_DIAG_RX_RING:
		return parse_ring(attr, row, SPECIAL_RX_RING, &special->rx_ring);
	case XDP_DIAG_TX_RING:
		return parse_ring(attr, row, SPECIAL_TX_RING, &special->tx_ring);
	case XDP_DIAG_UMEM:
		return parse_umem(attr, row);
	case XDP_DIAG_UMEM_FILL_RING:
		return parse_ring(attr, row, SPECIAL_FILL_RING, &special->fill_ring);
	case XDP_DIAG_UMEM_COMPLETION_RING:
		return parse_ring(attr, row, SPECIAL_DONE_RING, &special->done_ring);
	case XDP_DIAG_MEMINFO:
		return diag_special_memory(attr, row);
	case XDP_DIAG_STATS:
		special->xdp_stats = (struct blob){ attr->data, (uint32_t)attr->len };
		return true;
	default:
		return true;
	}
}

static size_t xdp_request(const struct sock_query *query, void *request)
{
	const struct xdp_diag_req req = {
		.sdiag_family = AF_XDP,
		.xdiag_show = XDP_SHOW_INFO | XDP_SHOW_RING_CFG | XDP_SHOW_UMEM | XDP_SHOW_MEMINFO |
			      XDP_SHOW_STATS,
	};

	(void)query;
	memcpy(request, &req, sizeof(req));
	return sizeof(req);
}

const struct special_family diag_xdp_family = {
	.name = "xdp",
	.message_size = sizeof(struct xdp_diag_msg),
	.parse = xdp_parse,
	.parse_attr = xdp_parse_attr,
	.request = xdp_request,
};
