/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields from struct tcp_info (kernel: include/uapi/linux/tcp.h, tcp_get_info() in net/ipv4/tcp.c),
 * read by offset, since kernels only ever append to it: a member is there when it lies wholly
 * inside what was received. All times are in the unit of the struct.
 *
 * For a listener the kernel fills in next to nothing, so there only its few true members are shown;
 * unacked and sacked, which then stand for its queue, are backlog_used and backlog.
 *
 * Left out: tcpi_state, tcpi_retransmits and tcpi_probes (fields of their own), tcpi_last_ack_sent
 * (always 0), and the four bytes at 276, which hold other things in 6.18 than in 7.0 while nothing
 * in the struct tells which.
 */
#include "model/field_get.h"

enum {
	AT_CA_STATE = 1,
	AT_OPTIONS = 5,
	AT_WSCALE = 6, /* two fields of 4 bits: send, receive */
	AT_FLAGS = 7,  /* 1 bit: application limited; 2 bits: why TCP Fast Open failed */
	AT_RTT = 68,

	OPTION_WSCALE = 4,

	SSTHRESH_INFINITE = 0x7fffffff,
};

static bool tcp_number(const struct sock *sock, size_t offset, size_t size, uint64_t *number)
{
	return sock->facts && blob_number(&sock->facts->tcp_info, offset, size, number);
}

/* A member that means something only where there is a connection. */
static bool tcp_member(const struct sock *sock, size_t offset, size_t size, uint64_t *number)
{
	return !sock->listening && tcp_number(sock, offset, size, number);
}

/* width bits of a byte, from bit number first of its fields in the order of their declaration. */
static unsigned int bits_of(uint64_t byte, unsigned int first, unsigned int width)
{
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		first = 8 - first - width;
	return (unsigned int)(byte >> first) & ((1u << width) - 1);
}

static bool get_number(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	return i == 0 && tcp_member(sock, field->offset, field->size, &value->number);
}

/* Told of listeners too. All bits set: no limit. */
static bool get_any(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	return i == 0 && tcp_number(sock, field->offset, field->size, &value->number) &&
	       (field->size < sizeof(uint64_t) || value->number != UINT64_MAX);
}

/* Zero, or all bits set, as long as nothing has been measured. */
static bool get_measured(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	return get_number(field, sock, i, value) && value->number != 0 &&
	       value->number != (field->size < sizeof(uint64_t) ? UINT32_MAX : UINT64_MAX);
}

/* Starts with a guess, which is no measurement. */
static bool get_rttvar(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	uint64_t rtt;

	return tcp_member(sock, AT_RTT, sizeof(uint32_t), &rtt) && rtt != 0 &&
	       get_number(field, sock, i, value);
}

/* Nothing has come in before the connection is there; the kernel then counts from its boot. */
static bool get_since_received(const struct field *field, const struct sock *sock, uint32_t i,
			       struct value *value)
{
	return sock->state != TCP_STATE_SYN_SENT && get_number(field, sock, i, value);
}

static bool get_ssthresh(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	return get_number(field, sock, i, value) && value->number < SSTHRESH_INFINITE;
}

static bool get_option(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	uint64_t options;

	if (i != 0 || !tcp_member(sock, AT_OPTIONS, 1, &options))
		return false;
	value->flag = options & field->size;
	return true;
}

static bool get_wscale(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	uint64_t options, scales;

	if (i != 0 || !tcp_member(sock, AT_OPTIONS, 1, &options) || !(options & OPTION_WSCALE) ||
	    !tcp_member(sock, AT_WSCALE, 1, &scales))
		return false;
	value->number = bits_of(scales, field->offset, 4);
	return true;
}

static bool get_app_limited(const struct field *field, const struct sock *sock, uint32_t i,
			    struct value *value)
{
	uint64_t flags;

	(void)field;
	if (i != 0 || !tcp_member(sock, AT_FLAGS, 1, &flags))
		return false;
	value->flag = bits_of(flags, 0, 1);
	return true;
}

static bool get_fastopen_fail(const struct field *field, const struct sock *sock, uint32_t i,
			      struct value *value)
{
	static const char *const words[] = {
		"none",
		"cookie_unavailable",
		"data_not_acked",
		"syn_retransmitted",
	};
	uint64_t flags;

	(void)field;
	return i == 0 && tcp_member(sock, AT_FLAGS, 1, &flags) &&
	       value_word(value, words[bits_of(flags, 1, 2)]);
}

static bool get_ca_state(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	static const char *const words[] = { "open", "disorder", "cwr", "recovery", "loss" };
	uint64_t state;

	(void)field;
	return i == 0 && tcp_member(sock, AT_CA_STATE, 1, &state) && state < COUNT_OF(words) &&
	       value_word(value, words[state]);
}

/* A number at this place. */
#define AT(at, bytes, field_unit, getter)                                                       \
	.type = FIELD_UINT, .right = true, .needs = NEED_TCP_INFO | NEED_FACTS, .offset = (at), \
	.size = (bytes), .unit = (field_unit), .get = (getter)

#define OPTION(mask) \
	.type = FIELD_BOOL, .needs = NEED_TCP_INFO | NEED_FACTS, .size = (mask), .get = get_option

#define OTHER(field_type, getter) \
	.type = (field_type), .needs = NEED_TCP_INFO | NEED_FACTS, .get = (getter)

/* Comments name the kernel that brought a member. */
static const struct field rows[] = {
	{ .name = "rtt",
	  .title = "RTT",
	  AT(68, 4, UNIT_US, get_measured),
	  .help = "round-trip time, smoothed" },
	{ .name = "rttvar",
	  .title = "RTT-Var",
	  AT(72, 4, UNIT_US, get_rttvar),
	  .help = "mean deviation of the round-trip time" },
	{ .name = "min_rtt",
	  .title = "Min-RTT",
	  AT(148, 4, UNIT_US, get_measured), /* 4.6 */
	  .help = "smallest round-trip time seen lately" },
	{ .name = "rcv_rtt",
	  .title = "Rcv-RTT",
	  AT(92, 4, UNIT_US, get_measured),
	  .help = "round-trip time as the receiving side estimates it" },
	{ .name = "rto",
	  .title = "RTO",
	  AT(8, 4, UNIT_US, get_number),
	  .help = "time without an answer after which data is sent again" },
	{ .name = "ato",
	  .title = "ATO",
	  AT(12, 4, UNIT_US, get_number),
	  .help = "time by which an acknowledgement may be delayed" },
	{ .name = "backoff",
	  .title = "Backoff",
	  AT(4, 1, UNIT_COUNT_OF, get_number),
	  .help = "how often rto has been doubled" },
	{ .name = "cwnd",
	  .title = "Cwnd",
	  AT(80, 4, UNIT_SEGMENTS, get_any),
	  .help = "congestion window" },
	{ .name = "ssthresh",
	  .title = "Ssthresh",
	  AT(76, 4, UNIT_SEGMENTS, get_ssthresh),
	  .help = "congestion window at which slow start ends; absent before the first loss" },
	{ .name = "rcv_ssthresh",
	  .title = "Rcv-Ssthresh",
	  AT(64, 4, UNIT_BYTES, get_number),
	  .help = "largest receive window that is offered at present" },
	{ .name = "ca_state",
	  .words = "open disorder cwr recovery loss",
	  .title = "CA-State",
	  OTHER(FIELD_WORD, get_ca_state),
	  .help = "state of congestion control: open, disorder, cwr, recovery or loss" },
	{ .name = "mss",
	  .title = "MSS",
	  AT(16, 4, UNIT_BYTES, get_number),
	  .help = "largest segment that is sent" },
	{ .name = "rcv_mss",
	  .title = "Rcv-MSS",
	  AT(20, 4, UNIT_BYTES, get_number),
	  .help = "largest segment received lately, estimated" },
	{ .name = "advmss",
	  .title = "Adv-MSS",
	  AT(84, 4, UNIT_BYTES, get_number),
	  .help = "largest segment that this end has offered to take" },
	{ .name = "pmtu",
	  .title = "PMTU",
	  AT(60, 4, UNIT_BYTES, get_measured),
	  .help = "largest packet that fits the path" },
	{ .name = "snd_wscale",
	  .title = "Snd-Wscale",
	  AT(0, 1, UNIT_NONE, get_wscale),
	  .help = "bits by which the other end's window is shifted" },
	{ .name = "rcv_wscale",
	  .title = "Rcv-Wscale",
	  AT(4, 1, UNIT_NONE, get_wscale),
	  .help = "bits by which this end's window is shifted" },
	{ .name = "snd_wnd",
	  .title = "Snd-Wnd",
	  AT(228, 4, UNIT_BYTES, get_number), /* 5.4 */
	  .help = "receive window that the other end offers" },
	{ .name = "rcv_wnd",
	  .title = "Rcv-Wnd",
	  AT(232, 4, UNIT_BYTES, get_number), /* 6.2 */
	  .help = "receive window that this end offers" },
	{ .name = "rcv_space",
	  .title = "Rcv-Space",
	  AT(96, 4, UNIT_BYTES, get_number),
	  .help = "bytes the program reads in a round trip: what the receive buffer is sized by" },
	{ .name = "pacing_rate",
	  .title = "Pacing-Rate",
	  AT(104, 8, UNIT_BYTES_PER_S, get_any), /* 3.15 */
	  .help = "rate at which data is handed to the network; absent: no limit" },
	{ .name = "max_pacing_rate",
	  .title = "Max-Pacing-Rate",
	  AT(112, 8, UNIT_BYTES_PER_S, get_any), /* 3.15 */
	  .help = "limit of pacing_rate that the program has set; absent: none" },
	{ .name = "delivery_rate",
	  .title = "Delivery-Rate",
	  AT(160, 8, UNIT_BYTES_PER_S, get_measured), /* 4.9 */
	  .help = "rate at which the other end has acknowledged data lately" },
	{ .name = "app_limited",
	  .title = "App-Limited",
	  OTHER(FIELD_BOOL, get_app_limited),
	  .help = "delivery_rate was limited by the program, not by the network" },
	{ .name = "bytes_sent",
	  .title = "Bytes-Sent",
	  .counter = true,
	  AT(200, 8, UNIT_BYTES, get_number), /* 4.19 */
	  .help = "data bytes sent, with those sent again" },
	{ .name = "bytes_acked",
	  .title = "Bytes-Acked",
	  .counter = true,
	  AT(120, 8, UNIT_BYTES, get_number), /* 4.1 */
	  .help = "data bytes that the other end has acknowledged" },
	{ .name = "bytes_received",
	  .title = "Bytes-Received",
	  .counter = true,
	  AT(128, 8, UNIT_BYTES, get_number), /* 4.1 */
	  .help = "data bytes received and acknowledged" },
	{ .name = "bytes_retrans",
	  .title = "Bytes-Retrans",
	  .counter = true,
	  AT(208, 8, UNIT_BYTES, get_number), /* 4.19 */
	  .help = "data bytes sent again" },
	{ .name = "notsent",
	  .title = "Not-Sent",
	  AT(144, 4, UNIT_BYTES, get_number), /* 4.6 */
	  .help = "bytes in the send queue that have not been sent yet" },
	{ .name = "segs_out",
	  .title = "Segs-Out",
	  .counter = true,
	  AT(136, 4, UNIT_SEGMENTS, get_number), /* 4.2 */
	  .help = "segments sent, with those sent again" },
	{ .name = "segs_in",
	  .title = "Segs-In",
	  .counter = true,
	  AT(140, 4, UNIT_SEGMENTS, get_number), /* 4.2 */
	  .help = "segments received" },
	{ .name = "data_segs_out",
	  .title = "Data-Segs-Out",
	  .counter = true,
	  AT(156, 4, UNIT_SEGMENTS, get_number), /* 4.6 */
	  .help = "segments with data sent, with those sent again" },
	{ .name = "data_segs_in",
	  .title = "Data-Segs-In",
	  .counter = true,
	  AT(152, 4, UNIT_SEGMENTS, get_number), /* 4.6 */
	  .help = "segments with data received" },
	{ .name = "unacked",
	  .title = "Unacked",
	  AT(24, 4, UNIT_SEGMENTS, get_number),
	  .help = "segments sent and not yet acknowledged" },
	{ .name = "sacked",
	  .title = "Sacked",
	  AT(28, 4, UNIT_SEGMENTS, get_number),
	  .help = "segments that arrived behind a gap, as selective acknowledgements say" },
	{ .name = "lost",
	  .title = "Lost",
	  AT(32, 4, UNIT_SEGMENTS, get_number),
	  .help = "segments on their way that are taken for lost" },
	{ .name = "retrans",
	  .title = "Retrans",
	  AT(36, 4, UNIT_SEGMENTS, get_number),
	  .help = "segments sent again that are not yet acknowledged" },
	{ .name = "retrans_total",
	  .title = "Retrans-Total",
	  .counter = true,
	  AT(100, 4, UNIT_SEGMENTS, get_number),
	  .help = "segments sent again since the connection began" },
	{ .name = "fackets",
	  .title = "Fackets",
	  AT(40, 4, UNIT_SEGMENTS, get_number),
	  .help = "segments up to the last one selectively acknowledged (0 since kernel 4.15)" },
	{ .name = "dsack_dups",
	  .title = "DSACK-Dups",
	  .counter = true,
	  AT(216, 4, UNIT_SEGMENTS, get_number), /* 4.19 */
	  .help = "segments that the other end says it got twice" },
	{ .name = "reordering",
	  .title = "Reordering",
	  AT(88, 4, UNIT_SEGMENTS, get_any),
	  .help = "by how many segments the network may reorder before a loss is assumed" },
	{ .name = "reord_seen",
	  .title = "Reord-Seen",
	  .counter = true,
	  AT(220, 4, UNIT_COUNT_OF, get_number), /* 4.19 */
	  .help = "times the network has reordered segments" },
	{ .name = "rcv_ooopack",
	  .title = "Rcv-OOO",
	  .counter = true,
	  AT(224, 4, UNIT_SEGMENTS, get_number), /* 5.4 */
	  .help = "segments received out of order" },
	{ .name = "delivered",
	  .title = "Delivered",
	  .counter = true,
	  AT(192, 4, UNIT_SEGMENTS, get_number), /* 4.18 */
	  .help = "segments with data that have arrived at the other end" },
	{ .name = "delivered_ce",
	  .title = "Delivered-CE",
	  .counter = true,
	  AT(196, 4, UNIT_SEGMENTS, get_number), /* 4.18 */
	  .help = "those of delivered that met congestion on the way (ECN)" },
	{ .name = "last_data_sent",
	  .title = "Last-Data-Sent",
	  .clock = true,
	  AT(44, 4, UNIT_MS, get_number),
	  .help = "time since data was last sent" },
	{ .name = "last_data_recv",
	  .title = "Last-Data-Recv",
	  .clock = true,
	  AT(52, 4, UNIT_MS, get_since_received),
	  .help = "time since data was last received" },
	{ .name = "last_ack_recv",
	  .title = "Last-Ack-Recv",
	  .clock = true,
	  AT(56, 4, UNIT_MS, get_since_received),
	  .help = "time since an acknowledgement was last received" },
	{ .name = "busy_time",
	  .title = "Busy-Time",
	  AT(168, 8, UNIT_US, get_number), /* 4.10 */
	  .help = "time during which there was data to send" },
	{ .name = "rwnd_limited",
	  .title = "Rwnd-Limited",
	  AT(176, 8, UNIT_US, get_number), /* 4.10 */
	  .help = "that part of busy_time in which the other end's window was the limit" },
	{ .name = "sndbuf_limited",
	  .title = "Sndbuf-Limited",
	  AT(184, 8, UNIT_US, get_number), /* 4.10 */
	  .help = "that part of busy_time in which the send buffer was the limit" },
	{ .name = "rehash",
	  .title = "Rehash",
	  .counter = true,
	  AT(236, 4, UNIT_COUNT_OF, get_number), /* 6.2 */
	  .help = "times another path was tried after timeouts" },
	{ .name = "total_rto",
	  .title = "Total-RTO",
	  .counter = true,
	  AT(240, 2, UNIT_COUNT_OF, get_number), /* 6.7 */
	  .help = "retransmission timeouts since the connection began" },
	{ .name = "total_rto_recoveries",
	  .title = "Total-RTO-Recoveries",
	  .counter = true,
	  AT(242, 2, UNIT_COUNT_OF, get_number), /* 6.7 */
	  .help = "times the connection recovered from such timeouts" },
	{ .name = "total_rto_time",
	  .title = "Total-RTO-Time",
	  AT(244, 4, UNIT_MS, get_number), /* 6.7 */
	  .help = "time spent recovering from such timeouts" },
	{ .name = "opt_timestamps", .title = "Opt-TS", OPTION(1), .help = "timestamps are in use" },
	{ .name = "opt_sack",
	  .title = "Opt-SACK",
	  OPTION(2),
	  .help = "selective acknowledgements are in use" },
	{ .name = "opt_wscale",
	  .title = "Opt-Wscale",
	  OPTION(OPTION_WSCALE),
	  .help = "windows are scaled" },
	{ .name = "opt_ecn",
	  .title = "Opt-ECN",
	  OPTION(8),
	  .help = "explicit congestion notification has been agreed on" },
	{ .name = "opt_ecn_seen",
	  .title = "Opt-ECN-Seen",
	  OPTION(16),
	  .help = "a packet has come that says it can carry congestion marks" },
	{ .name = "opt_syn_data",
	  .title = "Opt-Syn-Data",
	  OPTION(32),
	  .help = "data in the first segment was acknowledged (TCP Fast Open)" },
	{ .name = "opt_usec_ts",
	  .title = "Opt-Usec-TS",
	  OPTION(64), /* 6.7 */
	  .help = "timestamps count microseconds" },
	{ .name = "opt_tfo_child",
	  .title = "Opt-TFO-Child",
	  OPTION(128), /* 6.15 */
	  .help = "the connection was accepted with data in its first segment (TCP Fast Open)" },
	{ .name = "fastopen_fail",
	  .words = "none cookie_unavailable data_not_acked syn_retransmitted",
	  .title = "Fastopen-Fail",
	  OTHER(FIELD_WORD, get_fastopen_fail), /* 5.5 */
	  .help = "why TCP Fast Open failed: cookie_unavailable, data_not_acked, syn_retransmitted; "
		  "none: no failure is known" },
	/* Accurate ECN: 6.18. Byte counters of 32 bits, which start again at 0. */
	{ .name = "received_ce",
	  .title = "Received-CE",
	  .counter = true,
	  AT(248, 4, UNIT_SEGMENTS, get_number),
	  .help = "segments received with a congestion mark (AccECN)" },
	{ .name = "delivered_e1_bytes",
	  .title = "Delivered-E1",
	  .counter = true,
	  AT(252, 4, UNIT_BYTES, get_number),
	  .help = "bytes that arrived at the other end marked ECT(1) (AccECN)" },
	{ .name = "delivered_e0_bytes",
	  .title = "Delivered-E0",
	  .counter = true,
	  AT(256, 4, UNIT_BYTES, get_number),
	  .help = "bytes that arrived at the other end marked ECT(0) (AccECN)" },
	{ .name = "delivered_ce_bytes",
	  .title = "Delivered-CE-Bytes",
	  .counter = true,
	  AT(260, 4, UNIT_BYTES, get_number),
	  .help = "bytes that arrived at the other end marked CE (AccECN)" },
	{ .name = "received_e1_bytes",
	  .title = "Received-E1",
	  .counter = true,
	  AT(264, 4, UNIT_BYTES, get_number),
	  .help = "bytes received marked ECT(1) (AccECN)" },
	{ .name = "received_e0_bytes",
	  .title = "Received-E0",
	  .counter = true,
	  AT(268, 4, UNIT_BYTES, get_number),
	  .help = "bytes received marked ECT(0) (AccECN)" },
	{ .name = "received_ce_bytes",
	  .title = "Received-CE-Bytes",
	  .counter = true,
	  AT(272, 4, UNIT_BYTES, get_number),
	  .help = "bytes received marked CE (AccECN)" },
	/* 6.18 has two numbers of 16 bits here (fail mode, option seen), 7.0 bits of another order
	 * in a struct of the same length: only as it is can it be told for what it is. */
	{ .name = "accecn_word",
	  .title = "AccECN-Word",
	  AT(276, 4, UNIT_NONE, get_number),
	  .help = "the last four bytes of tcp_info as a number: mode and failures of AccECN, laid out in "
		  "different ways by Linux 6.18 and 7.0" },
};

const struct field *field_tcp_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
