/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Getters of the two ends as text, which all sockets have, and of what only sockets beyond Internet
 * and UNIX have.
 */
#include "model/field_get.h"

#include <stddef.h>

#include "model/special.h"

_Static_assert((int)SPECIAL_END_MAX <= (int)FIELD_ROOM, "an end fits into a value");

/* A UNIX socket's end is its name. */
static bool value_end(struct value *value, const struct sock *sock, bool remote)
{
	uint8_t kind = remote ? sock->peer_name_kind : sock->name_kind;
	size_t n;

	if (sock->proto != PROTO_UNIX) {
		n = special_format_end(value->room, sock, remote);
		return n > 0 && value_text(value, value->room, n, UNIX_UNNAMED);
	}
	if (kind == UNIX_UNNAMED)
		return false;
	n = remote ? sock->peer_name_len : sock->name_len;
	return value_text(value, n ? (const void *)(remote ? sock->peer_name : sock->name) : "", n,
			  (enum unix_name_kind)kind);
}

static bool get_local(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	(void)field;
	return i == 0 && value_end(value, sock, false);
}

static bool get_remote(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	return i == 0 && value_end(value, sock, true);
}

static bool has(const struct sock *sock, uint32_t facts)
{
	return sock->special && (sock->special->has & facts) == facts;
}

static bool get_protocol(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	(void)field;
	return i == 0 && has(sock, SPECIAL_PROTOCOL) &&
	       value_word(value, special_protocol_word((enum sock_proto)sock->proto,
						       sock->special->protocol));
}

/* A number or flag of struct sock_special. */
static bool get_member(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	struct blob blob = { .len = 0 };
	uint64_t number;

	if (i > 0 || !has(sock, field->special))
		return false;
	blob.data = (const uint8_t *)sock->special;
	blob.len = sizeof(*sock->special);
	if (!blob_number(&blob, field->offset, field->size, &number))
		return false;
	if (field->type == FIELD_BOOL)
		value->flag = number != 0;
	else
		value->number = number;
	return true;
}

/* The numbers of the ends: which member it is says the name, which family has it the field. */
static bool get_end_number(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value, enum sock_proto proto)
{
	return sock->proto == proto && get_member(field, sock, i, value);
}

static bool get_netlink_number(const struct field *field, const struct sock *sock, uint32_t i,
			       struct value *value)
{
	return get_end_number(field, sock, i, value, PROTO_NETLINK);
}

static bool get_tipc_number(const struct field *field, const struct sock *sock, uint32_t i,
			    struct value *value)
{
	return get_end_number(field, sock, i, value, PROTO_TIPC);
}

static bool get_xdp_number(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	return get_end_number(field, sock, i, value, PROTO_XDP);
}

/* The number that stands for all CIDs is none. */
static bool get_cid(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	return get_end_number(field, sock, i, value, PROTO_VSOCK) && value->number != UINT32_MAX;
}

/* Words with blanks between, as the bits of a number say. */
static bool value_bits(struct value *value, uint32_t bits, const char *const *words, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		size_t more = strlen(words[i]);

		if (!(bits >> i & 1) || len + more + 1 > FIELD_ROOM)
			continue;
		if (len > 0)
			value->room[len++] = ' ';
		memcpy(value->room + len, words[i], more);
		len += more;
	}
	return value_text(value, value->room, len, UNIX_UNNAMED) && len > 0;
}

static bool get_flags(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	/* PDI_* of linux/packet_diag.h and NDIAG_FLAG_* of linux/netlink_diag.h. */
	static const char *const packet[] = { "running", "auxdata", "origdev", "vnethdr", "loss" };
	static const char *const netlink[] = { "dumping",    "pktinfo",         "broadcast_error",
					       "no_enobufs", "listen_all_nsid", "cap_ack" };

	(void)field;
	if (i > 0 || !has(sock, SPECIAL_FLAGS))
		return false;
	if (sock->proto == PROTO_PACKET)
		return value_bits(value, sock->special->flags, packet, COUNT_OF(packet));
	return value_bits(value, sock->special->flags, netlink, COUNT_OF(netlink));
}

/*
 * A word of the bitmap. The kernel sets bits of its own longs (net/netlink/af_netlink.c), of which
 * the second half comes first where the first byte of a number is its highest. Four bytes alone,
 * which /proc tells, are no long there.
 */
static uint32_t group_word(const struct blob *groups, uint32_t at)
{
	bool halves = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && sizeof(long) == 8;
	uint32_t word;

	if (halves && groups->len % sizeof(uint64_t) == 0)
		at ^= (uint32_t)sizeof(word);
	memcpy(&word, groups->data + at, sizeof(word));
	return word;
}

/* Group number i of those whose bit is set. */
static bool get_groups(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	(void)field;
	if (!has(sock, SPECIAL_GROUPS))
		return false;
	for (uint32_t at = 0; at + 4 <= sock->special->groups.len; at += 4) {
		uint32_t word = group_word(&sock->special->groups, at);
		uint32_t set = (uint32_t)__builtin_popcount(word);

		if (i >= set) {
			i -= set;
			continue;
		}
		for (uint32_t bit = 0; bit < 32 && word >> bit; bit++) {
			if (!(word >> bit & 1) || i-- > 0)
				continue;
			return value_number(value, at * 8u + bit + 1, true);
		}
	}
	return false;
}

static bool get_fanout_type(const struct field *field, const struct sock *sock, uint32_t i,
			    struct value *value)
{
	/* PACKET_FANOUT_* of linux/if_packet.h. */
	static const char *const words[] = { "hash", "lb", "cpu",  "rollover",
					     "rnd",  "qm", "cbpf", "ebpf" };

	(void)field;
	return i == 0 && has(sock, SPECIAL_FANOUT) &&
	       sock->special->fanout_type < COUNT_OF(words) &&
	       value_word(value, words[sock->special->fanout_type]);
}

static bool get_smc_mode(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	/* SMC_DIAG_MODE_* of linux/smc_diag.h. */
	static const char *const words[] = { "smcr", "tcp", "smcd" };

	(void)field;
	/* Until there is a connection nothing is decided. */
	if (sock->listening || sock->state == TCP_STATE_CLOSE)
		return false;
	return i == 0 && has(sock, SPECIAL_MODE) && sock->special->mode < COUNT_OF(words) &&
	       value_word(value, words[sock->special->mode]);
}

/* struct xdp_diag_stats, read as far as it reaches. */
static bool get_xdp_stat(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	return i == 0 && sock->special &&
	       blob_number(&sock->special->xdp_stats, field->offset, sizeof(uint64_t),
			   &value->number);
}

#define NUMBER .type = FIELD_UINT, .right = true
#define MEMBER(fact, member)                                                \
	.special = (fact), .offset = offsetof(struct sock_special, member), \
	.size = sizeof(((struct sock_special *)NULL)->member)
#define STAT(number) .get = get_xdp_stat, .offset = 8 * (number)

static const struct field rows[] = {
	{ .name = "local",
	  .title = "Local",
	  .get = get_local,
	  .type = FIELD_TEXT,
	  .needs = NEED_INTERFACE,
	  .help = "this end as text, of every family: address:port, path, protocol:interface or cid:port" },
	{ .name = "remote",
	  .title = "Remote",
	  .get = get_remote,
	  .type = FIELD_TEXT,
	  .needs = NEED_INTERFACE | NEED_PEER_NAME,
	  .help = "the other end as text, of every family" },
	{ .name = "protocol",
	  .title = "Protocol",
	  .get = get_protocol,
	  .type = FIELD_WORD,
	  .help = "packet: which packets it receives, by name (all, ip, arp, lldp ...); netlink: which part of the kernel it talks to (route, generic, kobject_uevent ...); Bluetooth: l2cap, hci, sco, rfcomm and others; CAN: raw, bcm or isotp" },
	{ .name = "protocol_number",
	  .title = "Protocol-Number",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_PROTOCOL, protocol),
	  .help = "number of the protocol: EtherType of a packet socket, protocol of a netlink socket" },
	{ .name = "flags",
	  .title = "Flags",
	  .get = get_flags,
	  .type = FIELD_TEXT,
	  .diag = true,
	  .help = "packet: running, auxdata, origdev, vnethdr, loss; netlink: dumping, pktinfo, broadcast_error, no_enobufs, listen_all_nsid, cap_ack" },
	{ .name = "packet_version",
	  .title = "Packet-Version",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_PACKET, version),
	  .diag = true,
	  .help = "packet: version of its rings, 0 for TPACKET_V1" },
	{ .name = "copy_threshold",
	  .title = "Copy-Threshold",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_BYTES,
	  MEMBER(SPECIAL_PACKET, copy_threshold),
	  .diag = true,
	  .help = "packet: packets up to this length are copied" },
	{ .name = "fanout_id",
	  .title = "Fanout-ID",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_FANOUT, fanout_id),
	  .diag = true,
	  .help = "packet: number of the group of sockets that share the packets" },
	{ .name = "fanout_type",
	  .title = "Fanout-Type",
	  .words = "hash lb cpu rollover rnd qm cbpf ebpf",
	  .get = get_fanout_type,
	  .type = FIELD_WORD,
	  .diag = true,
	  .help = "packet: how they share them: hash, lb, cpu, rollover, rnd, qm, cbpf or ebpf" },
	{ .name = "rx_block_size",
	  .title = "RX-Block-Size",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_BYTES,
	  MEMBER(SPECIAL_RX_RING | SPECIAL_PACKET, rx_ring.block_size),
	  .diag = true,
	  .help = "packet: size of a block of the ring for receiving" },
	{ .name = "rx_blocks",
	  .title = "RX-Blocks",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  MEMBER(SPECIAL_RX_RING | SPECIAL_PACKET, rx_ring.blocks),
	  .diag = true,
	  .help = "packet: blocks of the ring for receiving" },
	{ .name = "rx_frames",
	  .title = "RX-Frames",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  MEMBER(SPECIAL_RX_RING, rx_ring.frames),
	  .diag = true,
	  .help = "packet, XDP: frames of the ring for receiving" },
	{ .name = "tx_block_size",
	  .title = "TX-Block-Size",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_BYTES,
	  MEMBER(SPECIAL_TX_RING | SPECIAL_PACKET, tx_ring.block_size),
	  .diag = true,
	  .help = "packet: size of a block of the ring for sending" },
	{ .name = "tx_blocks",
	  .title = "TX-Blocks",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  MEMBER(SPECIAL_TX_RING | SPECIAL_PACKET, tx_ring.blocks),
	  .diag = true,
	  .help = "packet: blocks of the ring for sending" },
	{ .name = "tx_frames",
	  .title = "TX-Frames",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  MEMBER(SPECIAL_TX_RING, tx_ring.frames),
	  .diag = true,
	  .help = "packet, XDP: frames of the ring for sending" },
	{ .name = "port_id",
	  .title = "Port-ID",
	  .get = get_netlink_number,
	  NUMBER,
	  MEMBER(SPECIAL_LOCAL, local.port),
	  .help = "netlink: number of the socket among those of its protocol, often a PID; 0 is the kernel's own" },
	{ .name = "remote_port_id",
	  .title = "Remote-Port-ID",
	  .get = get_netlink_number,
	  NUMBER,
	  MEMBER(SPECIAL_REMOTE, remote.port),
	  .diag = true,
	  .help = "netlink: port id that it is connected to" },
	{ .name = "groups",
	  .title = "Groups",
	  .get = get_groups,
	  NUMBER,
	  .list = true,
	  .help = "netlink: multicast groups that it listens to, all of them" },
	{ .name = "dst_group",
	  .title = "Dst-Group",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_DST_GROUP, dst_group),
	  .diag = true,
	  .help = "netlink: multicast group that it sends to" },
	{ .name = "local_cid",
	  .title = "Local-CID",
	  .get = get_cid,
	  NUMBER,
	  MEMBER(SPECIAL_LOCAL, local.node),
	  .help = "VSOCK: number of this machine among those that talk; 0 is the hypervisor, 1 local, 2 the host" },
	{ .name = "remote_cid",
	  .title = "Remote-CID",
	  .get = get_cid,
	  NUMBER,
	  MEMBER(SPECIAL_REMOTE, remote.node),
	  .help = "VSOCK: number of the machine at the other end" },
	{ .name = "local_node",
	  .title = "Local-Node",
	  .get = get_tipc_number,
	  NUMBER,
	  MEMBER(SPECIAL_LOCAL, local.node),
	  .help = "TIPC: this node of the cluster" },
	{ .name = "remote_node",
	  .title = "Remote-Node",
	  .get = get_tipc_number,
	  NUMBER,
	  MEMBER(SPECIAL_REMOTE, remote.node),
	  .help = "TIPC: node at the other end" },
	{ .name = "published",
	  .title = "Published",
	  .get = get_member,
	  .type = FIELD_BOOL,
	  MEMBER(SPECIAL_PUBLISHED, published),
	  .help = "TIPC: it has been given a service address" },
	{ .name = "service_type",
	  .title = "Service-Type",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_SERVICE, service_type),
	  .help = "TIPC: type of the service that it is connected by" },
	{ .name = "service_instance",
	  .title = "Service-Instance",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_SERVICE, service_instance),
	  .help = "TIPC: instance of the service that it is connected by" },
	{ .name = "queue",
	  .title = "Queue",
	  .get = get_xdp_number,
	  NUMBER,
	  MEMBER(SPECIAL_LOCAL, local.port),
	  .help = "XDP: queue of the interface that it is bound to" },
	{ .name = "fill_frames",
	  .title = "Fill-Frames",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  MEMBER(SPECIAL_FILL_RING, fill_ring.frames),
	  .help = "XDP: frames of the ring by which the program hands memory to the kernel" },
	{ .name = "completion_frames",
	  .title = "Completion-Frames",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  MEMBER(SPECIAL_DONE_RING, done_ring.frames),
	  .help = "XDP: frames of the ring by which the kernel hands it back" },
	{ .name = "umem_id",
	  .title = "Umem-ID",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_UMEM, umem.id),
	  .help = "XDP: number of the memory that it shares with the kernel" },
	{ .name = "umem_size",
	  .title = "Umem-Size",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_BYTES,
	  MEMBER(SPECIAL_UMEM, umem.size),
	  .help = "XDP: size of that memory" },
	{ .name = "umem_chunk_size",
	  .title = "Umem-Chunk-Size",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_BYTES,
	  MEMBER(SPECIAL_UMEM, umem.chunk_size),
	  .help = "XDP: size of a frame in that memory" },
	{ .name = "umem_headroom",
	  .title = "Umem-Headroom",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_BYTES,
	  MEMBER(SPECIAL_UMEM, umem.headroom),
	  .help = "XDP: bytes of a frame that are left free in front of the packet" },
	{ .name = "umem_refs",
	  .title = "Umem-Refs",
	  .get = get_member,
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  MEMBER(SPECIAL_UMEM, umem.refs),
	  .help = "XDP: users of that memory" },
	{ .name = "zero_copy",
	  .title = "Zero-Copy",
	  .get = get_member,
	  .type = FIELD_BOOL,
	  MEMBER(SPECIAL_UMEM, umem.zero_copy),
	  .help = "XDP: the interface uses that memory itself" },
	{ .name = "rx_dropped",
	  .title = "RX-Dropped",
	  STAT(0),
	  NUMBER,
	  .unit = UNIT_PACKETS,
	  .counter = true,
	  .help = "XDP: packets dropped on receiving, for other reasons than these" },
	{ .name = "rx_invalid",
	  .title = "RX-Invalid",
	  STAT(1),
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  .counter = true,
	  .help = "XDP: descriptors of the fill ring that were not valid" },
	{ .name = "rx_full",
	  .title = "RX-Full",
	  STAT(2),
	  NUMBER,
	  .unit = UNIT_PACKETS,
	  .counter = true,
	  .help = "XDP: packets dropped because the ring for receiving was full" },
	{ .name = "fill_empty",
	  .title = "Fill-Empty",
	  STAT(3),
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  .counter = true,
	  .help = "XDP: times that the fill ring was empty" },
	{ .name = "tx_invalid",
	  .title = "TX-Invalid",
	  STAT(4),
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  .counter = true,
	  .help = "XDP: descriptors of the ring for sending that were not valid" },
	{ .name = "tx_empty",
	  .title = "TX-Empty",
	  STAT(5),
	  NUMBER,
	  .unit = UNIT_COUNT_OF,
	  .counter = true,
	  .help = "XDP: times that the ring for sending was empty" },
	{ .name = "smc_mode",
	  .title = "SMC-Mode",
	  .words = "smcr tcp smcd",
	  .get = get_smc_mode,
	  .type = FIELD_WORD,
	  .help = "SMC: what carries the data: smcr (RDMA), smcd (shared memory) or tcp, which it has fallen back to" },
	{ .name = "fallback_reason",
	  .title = "Fallback-Reason",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_FALLBACK, fallback_reason),
	  .help = "SMC: why this end has fallen back to TCP, as the kernel numbers it" },
	{ .name = "peer_diagnosis",
	  .title = "Peer-Diagnosis",
	  .get = get_member,
	  NUMBER,
	  MEMBER(SPECIAL_PEER_DIAGNOSIS, peer_diagnosis),
	  .help = "SMC: why the other end has" },
};

const struct field *field_special_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
