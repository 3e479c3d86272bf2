/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields from struct mptcp_info (kernel: include/uapi/linux/mptcp.h, mptcp_diag_fill_info() in
 * net/mptcp/sockopt.c), read by offset: 48 bytes up to 6.4, longer ones since. And the token, by
 * which connections and their subflows are joined.
 */
#include "model/field_get.h"

enum {
	AT_FLAGS = 8, /* bit 0: fallen back to TCP */
	AT_TOKEN = 12,
	AT_RETRANSMITS = 44, /* padding in a struct that ends here */
	SIZE_WITHOUT_RETRANSMITS = 48,
};

static bool get_info(const struct field *field, const struct sock *sock, uint32_t i,
		     struct value *value)
{
	const struct blob *info = sock->facts ? &sock->facts->mptcp_info : NULL;

	if (i > 0 || !info ||
	    (field->offset == AT_RETRANSMITS && info->len <= SIZE_WITHOUT_RETRANSMITS))
		return false;
	return blob_number(info, field->offset, field->size, &value->number);
}

/* A subflow tells its connection's token to administrators. */
static bool get_token(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	if (i > 0 || !sock->facts)
		return false;
	if (sock->facts->has & FACT_MPTCP_TOKENS)
		return value_number(value, sock->facts->mptcp_token_local, true);
	return get_info(field, sock, i, value) && value->number != 0;
}

static bool get_fallback(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	if (!get_info(field, sock, i, value))
		return false;
	value->flag = value->number & 1;
	return true;
}

static bool get_checksum(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	if (!get_info(field, sock, i, value))
		return false;
	value->flag = value->number != 0;
	return true;
}

#define AT(at, bytes, field_unit)                                                               \
	.type = FIELD_UINT, .right = true, .needs = NEED_TCP_INFO | NEED_FACTS, .offset = (at), \
	.size = (bytes), .unit = (field_unit), .get = get_info

/* Comments name the kernel that brought a member. */
static const struct field rows[] = {
	{ .name = "mptcp_token",
	  .title = "MPTCP-Token",
	  .type = FIELD_UINT,
	  .right = true,
	  .root = true,
	  .needs = NEED_TCP_INFO | NEED_FACTS,
	  .offset = AT_TOKEN,
	  .size = 4,
	  .get = get_token,
	  .help = "number of the MPTCP connection on this host: of mptcp rows, and of the tcp rows that are its subflows" },
	{ .name = "mptcp_fallback",
	  .title = "MPTCP-Fallback",
	  .type = FIELD_BOOL,
	  .needs = NEED_TCP_INFO | NEED_FACTS,
	  .offset = AT_FLAGS,
	  .size = 4,
	  .get = get_fallback,
	  .help = "MPTCP: the connection has fallen back to plain TCP" },
	{ .name = "mptcp_subflows",
	  .title = "MPTCP-Subflows",
	  AT(0, 1, UNIT_COUNT_OF),
	  .help = "MPTCP: subflows beside the first one" },
	{ .name = "mptcp_subflows_max",
	  .title = "MPTCP-Subflows-Max",
	  AT(3, 1, UNIT_COUNT_OF),
	  .help = "MPTCP: as many there may be" },
	{ .name = "mptcp_subflows_total",
	  .title = "MPTCP-Subflows-Total",
	  AT(80, 1, UNIT_COUNT_OF), /* 6.9 */
	  .help = "MPTCP: all subflows that there are" },
	{ .name = "mptcp_addrs_announced",
	  .title = "MPTCP-Addrs-Announced",
	  AT(1, 1, UNIT_COUNT_OF),
	  .help = "MPTCP: further addresses that this end has announced" },
	{ .name = "mptcp_addrs_accepted",
	  .title = "MPTCP-Addrs-Accepted",
	  AT(2, 1, UNIT_COUNT_OF),
	  .help = "MPTCP: addresses announced by the other end that were taken" },
	{ .name = "mptcp_checksum",
	  .title = "MPTCP-Checksum",
	  .type = FIELD_BOOL,
	  .needs = NEED_TCP_INFO | NEED_FACTS,
	  .offset = 42, /* 5.14 */
	  .size = 1,
	  .get = get_checksum,
	  .help = "MPTCP: data has checksums of its own" },
	{ .name = "mptcp_retransmits",
	  .title = "MPTCP-Retransmits",
	  AT(AT_RETRANSMITS, 4, UNIT_COUNT_OF), /* 6.5 */
	  .counter = true,
	  .help = "MPTCP: times that data was sent again, maybe by another subflow" },
	{ .name = "mptcp_bytes_retrans",
	  .title = "MPTCP-Bytes-Retrans",
	  AT(48, 8, UNIT_BYTES), /* 6.5 */
	  .counter = true,
	  .help = "MPTCP: bytes sent again" },
	{ .name = "mptcp_bytes_sent",
	  .title = "MPTCP-Bytes-Sent",
	  AT(56, 8, UNIT_BYTES), /* 6.5 */
	  .counter = true,
	  .help = "MPTCP: bytes sent over all subflows" },
	{ .name = "mptcp_bytes_received",
	  .title = "MPTCP-Bytes-Received",
	  AT(64, 8, UNIT_BYTES), /* 6.5 */
	  .counter = true,
	  .help = "MPTCP: bytes received over all subflows" },
	{ .name = "mptcp_bytes_acked",
	  .title = "MPTCP-Bytes-Acked",
	  AT(72, 8, UNIT_BYTES), /* 6.5 */
	  .counter = true,
	  .help = "MPTCP: bytes that the other end has acknowledged" },
};

const struct field *field_mptcp_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
