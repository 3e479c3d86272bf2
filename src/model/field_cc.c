/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of congestion control: its name and what some algorithms tell of themselves (kernel:
 * struct tcpvegas_info, tcp_dctcp_info and tcp_bbr_info in include/uapi/linux/inet_diag.h). */
#include "model/field_get.h"

/* Numbers of 32 bits in struct tcp_bbr_info. */
enum {
	BBR_BANDWIDTH_LOW = 0,
	BBR_BANDWIDTH_HIGH = 4,

	VEGAS_RTT_INFINITE = 0x7fffffff,
};

static bool get_congestion(const struct field *field, const struct sock *sock, uint32_t i,
			   struct value *value)
{
	(void)field;
	return i == 0 && sock->facts &&
	       value_text(value, sock->facts->congestion.data, sock->facts->congestion.len,
			  UNIX_UNNAMED);
}

static bool get_vegas(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	return i == 0 && sock->facts &&
	       blob_number(&sock->facts->vegas, field->offset, field->size, &value->number);
}

static bool get_vegas_rtt(const struct field *field, const struct sock *sock, uint32_t i,
			  struct value *value)
{
	return get_vegas(field, sock, i, value) && value->number < VEGAS_RTT_INFINITE;
}

static bool get_vegas_enabled(const struct field *field, const struct sock *sock, uint32_t i,
			      struct value *value)
{
	if (!get_vegas(field, sock, i, value))
		return false;
	value->flag = value->number != 0;
	return true;
}

static bool get_dctcp(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	return i == 0 && sock->facts &&
	       blob_number(&sock->facts->dctcp, field->offset, field->size, &value->number);
}

static bool get_dctcp_enabled(const struct field *field, const struct sock *sock, uint32_t i,
			      struct value *value)
{
	if (!get_dctcp(field, sock, i, value))
		return false;
	value->flag = value->number != 0;
	return true;
}

static bool get_bbr(const struct field *field, const struct sock *sock, uint32_t i,
		    struct value *value)
{
	return i == 0 && sock->facts &&
	       blob_number(&sock->facts->bbr, field->offset, field->size, &value->number);
}

static bool get_bbr_bandwidth(const struct field *field, const struct sock *sock, uint32_t i,
			      struct value *value)
{
	uint64_t low, high;

	(void)field;
	if (i != 0 || !sock->facts ||
	    !blob_number(&sock->facts->bbr, BBR_BANDWIDTH_LOW, sizeof(uint32_t), &low) ||
	    !blob_number(&sock->facts->bbr, BBR_BANDWIDTH_HIGH, sizeof(uint32_t), &high))
		return false;
	return value_number(value, high << 32 | low, true);
}

#define NUMBER(getter) \
	.type = FIELD_UINT, .right = true, .needs = NEED_FACTS | NEED_CC_INFO, .get = (getter)

#define CC(at, bytes, field_unit, getter) \
	.unit = (field_unit), .offset = (at), .size = (bytes), NUMBER(getter)

#define CC_BOOL(bytes, getter) \
	.type = FIELD_BOOL, .needs = NEED_FACTS | NEED_CC_INFO, .size = (bytes), .get = (getter)

static const struct field rows[] = {
	{ .name = "congestion",
	  .title = "Congestion",
	  .type = FIELD_TEXT,
	  .get = get_congestion,
	  .needs = NEED_FACTS | NEED_CONGESTION,
	  .help = "congestion control algorithm" },
	{ .name = "bbr_bandwidth",
	  .title = "BBR-Bandwidth",
	  .unit = UNIT_BYTES_PER_S,
	  NUMBER(get_bbr_bandwidth),
	  .help = "BBR: estimated bandwidth of the path" },
	{ .name = "bbr_min_rtt",
	  .title = "BBR-Min-RTT",
	  CC(8, 4, UNIT_US, get_bbr),
	  .help = "BBR: smallest round-trip time" },
	{ .name = "bbr_pacing_gain",
	  .title = "BBR-Pacing-Gain",
	  CC(12, 4, UNIT_NONE, get_bbr),
	  .help = "BBR: gain of the pacing rate, in 1/256" },
	{ .name = "bbr_cwnd_gain",
	  .title = "BBR-Cwnd-Gain",
	  CC(16, 4, UNIT_NONE, get_bbr),
	  .help = "BBR: gain of the congestion window, in 1/256" },
	{ .name = "dctcp_enabled",
	  .title = "DCTCP-Enabled",
	  CC_BOOL(2, get_dctcp_enabled),
	  .help = "DCTCP: at work (otherwise it has fallen back to Reno)" },
	{ .name = "dctcp_ce_state",
	  .title = "DCTCP-CE-State",
	  CC(2, 2, UNIT_NONE, get_dctcp),
	  .help = "DCTCP: 1 when the last packet met congestion" },
	{ .name = "dctcp_alpha",
	  .title = "DCTCP-Alpha",
	  CC(4, 4, UNIT_NONE, get_dctcp),
	  .help = "DCTCP: estimated share of marked packets, in 1/1024" },
	{ .name = "dctcp_ab_ecn",
	  .title = "DCTCP-Ab-ECN",
	  CC(8, 4, UNIT_BYTES, get_dctcp),
	  .help = "DCTCP: bytes acknowledged in this window that met congestion" },
	{ .name = "dctcp_ab_total",
	  .title = "DCTCP-Ab-Total",
	  CC(12, 4, UNIT_BYTES, get_dctcp),
	  .help = "DCTCP: bytes acknowledged in this window" },
	{ .name = "vegas_enabled",
	  .title = "Vegas-Enabled",
	  CC_BOOL(4, get_vegas_enabled),
	  .help = "Vegas and its kin: at work" },
	{ .name = "vegas_rtt_count",
	  .title = "Vegas-RTT-Count",
	  CC(4, 4, UNIT_COUNT_OF, get_vegas),
	  .help = "Vegas: round-trip times measured in this window" },
	{ .name = "vegas_rtt",
	  .title = "Vegas-RTT",
	  CC(8, 4, UNIT_US, get_vegas_rtt),
	  .help = "Vegas: round-trip time of this window" },
	{ .name = "vegas_min_rtt",
	  .title = "Vegas-Min-RTT",
	  CC(12, 4, UNIT_US, get_vegas_rtt),
	  .help = "Vegas: smallest round-trip time" },
};

const struct field *field_cc_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
