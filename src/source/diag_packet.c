/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet sockets (kernel: net/packet/diag.c, include/uapi/linux/packet_diag.h). Their filters,
 * which the kernel tells administrators, and multicast lists are not asked for.
 */
#include <sys/socket.h>

#include <linux/packet_diag.h>

#include "source/diag_special.h"

/* The type of a fanout group has flags above these bits (PACKET_FANOUT_FLAG_*). */
enum { FANOUT_TYPE_MASK = 0xff };

static enum nl_verdict packet_parse(const void *message, struct special_row *row)
{
	struct packet_diag_msg msg;

	memcpy(&msg, message, sizeof(msg));
	if (msg.pdiag_family != AF_PACKET)
		return NL_DAMAGED;
	row->sock->proto = PROTO_PACKET;
	row->sock->family = AF_PACKET;
	row->sock->type = msg.pdiag_type;
	row->sock->state = TCP_STATE_CLOSE;
	diag_special_identity(row->sock, msg.pdiag_ino, msg.pdiag_cookie);
	row->special->has = SPECIAL_PROTOCOL | SPECIAL_LOCAL;
	row->special->protocol = msg.pdiag_num;
	return NL_ROW;
}

static bool parse_info(const struct nl_attr *attr, struct special_row *row)
{
	struct packet_diag_info info;

	if (attr->len < sizeof(info))
		return false;
	memcpy(&info, attr->data, sizeof(info));
	row->sock->has |= SOCK_HAS_IFINDEX;
	row->sock->local.ifindex = info.pdi_index;
	row->special->has |= SPECIAL_PACKET | SPECIAL_FLAGS;
	row->special->version = info.pdi_version;
	row->special->copy_threshold = info.pdi_copy_thresh;
	row->special->flags = info.pdi_flags;
	return true;
}

static bool parse_ring(const struct nl_attr *attr, struct special_row *row, enum special_has which,
		       struct special_ring *out)
{
	struct packet_diag_ring ring;

	if (attr->len < offsetof(struct packet_diag_ring, pdr_retire_tmo))
		return false;
	memcpy(&ring, attr->data, offsetof(struct packet_diag_ring, pdr_retire_tmo));
	row->special->has |= which;
	*out = (struct special_ring){
		.block_size = ring.pdr_block_size,
		.blocks = ring.pdr_block_nr,
		.frame_size = ring.pdr_frame_size,
		.frames = ring.pdr_frame_nr,
	};
	return true;
}

static bool parse_fanout(const struct nl_attr *attr, struct special_row *row)
{
	uint32_t fanout;

	if (!diag_special_u32(attr, &fanout))
		return false;
	row->special->has |= SPECIAL_FANOUT;
	row->special->fanout_id = (uint16_t)fanout;
	row->special->fanout_type = (uint16_t)(fanout >> 16 & FANOUT_TYPE_MASK);
	return true;
}

static bool packet_parse_attr(const struct nl_attr *attr, struct special_row *row)
{
	switch (attr->type) {
	case PACKET_DIAG_INFO:
		return parse_info(attr, row);
	case PACKET_DIAG_RX_RING:
		return parse_ring(attr, row, SPECIAL_RX_RING, &row->special->rx_ring);
	case PACKET_DIAG_TX_RING:
		return parse_ring(attr, row, SPECIAL_TX_RING, &row->special->tx_ring);
	case PACKET_DIAG_FANOUT:
		return parse_fanout(attr, row);
	case PACKET_DIAG_UID:
		return diag_special_uid(attr, row);
	case PACKET_DIAG_MEMINFO:
		return diag_special_memory(attr, row);
	default:
		return true;
	}
}

static size_t packet_request(const struct sock_query *query, void *request)
{
	const struct packet_diag_req req = {
		.sdiag_family = AF_PACKET,
		.pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_RING_CFG | PACKET_SHOW_FANOUT |
			      PACKET_SHOW_MEMINFO,
	};

	(void)query;
	memcpy(request, &req, sizeof(req));
	return sizeof(req);
}

const struct special_family diag_packet_family = {
	.name = "packet",
	.message_size = sizeof(struct packet_diag_msg),
	.parse = packet_parse,
	.parse_attr = packet_parse_attr,
	.request = packet_request,
};
