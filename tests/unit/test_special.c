/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Families beyond Internet and UNIX: messages as kernel 6.12 sent them, damaged ones, the words for
 * numbers, and ends as text.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <sys/socket.h>

#include "guard.h"
#include "model/field.h"
#include "model/special.h"
#include "source/diag_special.h"

/* What "ss -Hanpem" says of each is beside it. */
static const struct recorded {
	const struct special_family *family;
	const char *hex;
} recorded[] = {
	/* p_raw [2054]:lo ino:267 sk:1005 ver:2 flags( running )
	   ring_rx(blk_size:4096,blk_nr:4,frm_size:2048,frm_nr:8,tmo:60,features:0x0) */
	{ &diag_packet_family,
	  "110306080b01000005100000000000001c000000010000000200000000000000000000000000000001000000"
	  "08000500000000000400010020000200001000000400000000080000080000003c000000000000000000"
	  "000028000600000000000040030000000000004003000000000000000000000000000000000000000000" },
	/* p_raw [34525]:lo ino:263 fanout(id:77,type:hash) */
	{ &diag_packet_family,
	  "1103dd860701000003100000000000001c000000010000000000000000000000000000000000000001000000"
	  "080005000000000004000100080004004d00000028000600800300000040030000000000004003000000000000"
	  "000000000000000000000000000000" },
	/* 0:7001 groups=0x00000011, cut: it is in group 33 too */
	{ &diag_netlink_family,
	  "10030007591b000000000000000000000d01000007100000000000000c000100110000000100000028000000"
	  "0000000000400300000000000040030000000000000000000000000000000000000000000800040000000000" },
	/* v_str ESTAB 1:2002 1:1234 */
	{ &diag_vsock_family, "2801010001000000d207000001000000d2040000150100004a00000000000000" },
	/* ESTAB 0:1971290785 0:3183331238 ino:1475 sk:51, connected by {18889,5} */
	{ &diag_tipc_family,
	  "8400020008000200a1827f75080001000000000028000300080002000000000008000300a6c7bdbd04000100"
	  "08000400c949000008000500050000000800060001000000080009000100000008000700c3050000080008"
	  "00000000000c000a0051000000000000001c000500080000000000000008000100000000000800040000000000" },
	/* LISTEN 0:3267942969 ino:284 sk:53 publ */
	{ &diag_tipc_family,
	  "600002000800020039dac8c20800010000000000040004000800060001000000080009000a00000008000700"
	  "1c01000008000800000000000c000a0053000000000000001c00050008000000000000000800010000000000"
	  "0800040000000000" },
	/* lo:q0 ino:288 rx(entries:64) tx(entries:64) umem(id:0,size:262144,chunk_size:4096,refs:1)
	   fr(entries:64) cr(entries:64) */
	{ &diag_xdp_family,
	  "2c030000200100005a000000000000000c000100010000000000000008000200000000000800030040000000"
	  "08000400400000002c0005000000040000000000000000004000000000100000000000000100000000000000"
	  "0000000001000000080006004000000008000700400000002800080000000000004003000000000000400300"
	  "0000000000000000000000000000000000000000340009000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000000000000000000000000000" },
	/* ss has nothing of SMC: fallen back, connected, inode 1449 */
	{ &diag_smc_family,
	  "2b010100196519667f0000010000000000000000000000007f00000100000000000000000000000000000000"
	  "1a1000000000000000000000a90500000000000005000300000000000c0005000000000500000303" },
	/* A listener of IPv6. */
	{ &diag_smc_family,
	  "2b0a0000196f0000000000000000000000000000000000010000000000000000000000000000000000000000"
	  "1d1000000000000000000000aa0500000000000005000300000000000c0005000000000000000000" },
};

enum { N_RECORDED = sizeof(recorded) / sizeof(recorded[0]) };

static uint8_t body[512];
static size_t body_len;
static struct sock sock;
static struct sock_special special;
static struct sock_facts facts;
static bool attrs_bad;

static void load(size_t number)
{
	const char *hex = recorded[number].hex;
	unsigned int byte;

	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		cr_skip_test("the messages are those of a little-endian machine");
	body_len = 0;
	for (; *hex; hex += 2) {
		cr_assert_eq(sscanf(hex, "%2x", &byte), 1);
		body[body_len++] = (uint8_t)byte;
	}
}

static enum nl_verdict parse(const struct special_family *family, size_t len)
{
	struct special_row row = { &sock, &special, &facts };

	memset(&sock, 0xaa, sizeof(sock));
	memset(&special, 0xaa, sizeof(special));
	memset(&facts, 0xaa, sizeof(facts));
	return diag_special_parse(family, guard_copy(body, len), len, &row, &attrs_bad);
}

static void parse_recorded(size_t number)
{
	load(number);
	cr_assert_eq(parse(recorded[number].family, body_len), NL_ROW);
	cr_assert_not(attrs_bad);
}

static const char *end_text(bool remote)
{
	static char text[SPECIAL_END_MAX + 1];

	text[special_format_end(text, &sock, remote)] = '\0';
	return text;
}

static uint64_t number(const char *name)
{
	const struct field *field = field_find(name, strlen(name));
	struct value value;

	cr_assert_not_null(field, "%s", name);
	cr_assert(field_get(field, &sock, 0, &value), "%s is absent", name);
	return field->type == FIELD_BOOL ? value.flag : value.number;
}

static const char *word(const char *name)
{
	static char text[FIELD_ROOM + 1];
	const struct field *field = field_find(name, strlen(name));
	struct value value;

	cr_assert_not_null(field, "%s", name);
	if (!field_get(field, &sock, 0, &value))
		return NULL;
	if (field->type == FIELD_WORD)
		return value.word;
	memcpy(text, value.text.data, value.text.len);
	text[value.text.len] = '\0';
	return text;
}

static bool absent(const char *name)
{
	const struct field *field = field_find(name, strlen(name));
	struct value value;

	cr_assert_not_null(field, "%s", name);
	return !field_get(field, &sock, 0, &value);
}

Test(special, packet)
{
	parse_recorded(0);
	cr_assert_eq(sock.proto, PROTO_PACKET);
	cr_assert_eq(sock.type, SOCK_RAW);
	cr_assert_eq(number("inode"), 267);
	cr_assert_eq(number("cookie"), 0x1005);
	cr_assert_eq(number("uid"), 0);
	cr_assert_str_eq(end_text(false), "arp:1");
	sock.interface = "lo";
	cr_assert_str_eq(end_text(false), "arp:lo");
	cr_assert_str_eq(end_text(true), "");
	cr_assert_str_eq(word("flags"), "running");
	cr_assert_str_eq(word("protocol"), "arp");
	cr_assert_eq(number("protocol_number"), 0x806);
	cr_assert_eq(number("packet_version"), 2);
	cr_assert_eq(number("rx_block_size"), 4096);
	cr_assert_eq(number("rx_blocks"), 4);
	cr_assert_eq(number("rx_frames"), 8);
	cr_assert_eq(facts.skmem.len, 36);
	cr_assert(absent("tx_frames") && absent("fanout_id") && absent("remote"));
	cr_assert_str_eq(word("state"), "UNCONNECTED");
	parse_recorded(1);
	cr_assert_eq(number("fanout_id"), 77);
	cr_assert_str_eq(word("fanout_type"), "hash");
	cr_assert_eq(number("recv_q"), 896);
	cr_assert(absent("rx_frames"));
}

/* On every machine: the kernel sets bits of longs. */
Test(special, groups_are_bits_of_the_kernels_longs)
{
	enum { BITS = 8 * sizeof(long) };
	const unsigned long longs[] = { 1ul | 1ul << 4 | 1ul << (BITS - 1), 0, 1ul << 1 };
	const uint32_t want[] = { 1, 5, BITS, 2 * BITS + 2 }, of_proc = 1u << 31 | 1;
	const struct field *groups = field_find("groups", 6);
	struct value value;

	special = (struct sock_special){ .has = SPECIAL_GROUPS };
	special.groups = (struct blob){ guard_copy(longs, sizeof(longs)), sizeof(longs) };
	sock = (struct sock){ .proto = PROTO_NETLINK, .special = &special };
	for (uint32_t i = 0; i < 4; i++) {
		cr_assert(field_get(groups, &sock, i, &value));
		cr_assert_eq(value.number, want[i]);
	}
	cr_assert_not(field_get(groups, &sock, 4, &value));
	special.groups = (struct blob){ guard_copy(&of_proc, sizeof(of_proc)), sizeof(of_proc) };
	for (uint32_t i = 0; i < 2; i++) {
		cr_assert(field_get(groups, &sock, i, &value));
		cr_assert_eq(value.number, i ? 32 : 1);
	}
	cr_assert_not(field_get(groups, &sock, 2, &value));
}

Test(special, netlink)
{
	const struct field *groups = field_find("groups", 6);
	struct value value;
	static const uint64_t want[] = { 1, 5, 33 };

	parse_recorded(2);
	cr_assert_eq(sock.proto, PROTO_NETLINK);
	cr_assert_str_eq(end_text(false), "route:7001");
	cr_assert_eq(number("port_id"), 7001);
	cr_assert_eq(number("inode"), 269);
	cr_assert(absent("uid") && absent("remote") && absent("flags") && absent("local_port"));
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert(field_get(groups, &sock, i, &value));
		cr_assert_eq(value.number, want[i]);
	}
	cr_assert_not(field_get(groups, &sock, 3, &value));
	cr_assert_not(field_get(groups, &sock, UINT32_MAX, &value));
	/* Group 32 is the last bit of its word. */
	special.groups = (struct blob){ (const uint8_t *)"\1\0\0\200\0\0\0\200", 8 };
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert(field_get(groups, &sock, i, &value));
		cr_assert_eq(value.number, ((const uint64_t[]){ 1, 32, 64 })[i]);
	}
	cr_assert_not(field_get(groups, &sock, 3, &value));
	special.local.port = 0;
	special.protocol = 17;
	cr_assert_str_eq(end_text(false), "17:kernel");
	/* Connected: to the port id behind its own. */
	load(2);
	body[3] = 1;
	body[8] = 9;
	cr_assert_eq(parse(&diag_netlink_family, body_len), NL_ROW);
	cr_assert_str_eq(end_text(true), "route:9");
	cr_assert_eq(number("remote_port_id"), 9);
	cr_assert_str_eq(word("state"), "ESTABLISHED");
}

Test(special, vsock)
{
	parse_recorded(3);
	cr_assert_str_eq(end_text(false), "local:2002");
	cr_assert_str_eq(end_text(true), "local:1234");
	cr_assert_eq(number("local_cid"), 1);
	cr_assert_eq(number("remote_port"), 1234);
	cr_assert_str_eq(word("type"), "STREAM");
	cr_assert(absent("recv_q") && absent("uid") && absent("protocol"));
	/* A listener of any CID, of which ss does not know the type. */
	memset(body + 4, 0xff, 4);
	memset(body + 12, 0xff, 8);
	body[1] = SOCK_SEQPACKET;
	body[2] = TCP_STATE_LISTEN;
	cr_assert_eq(parse(&diag_vsock_family, body_len), NL_ROW);
	cr_assert_str_eq(end_text(false), "*:2002");
	cr_assert_str_eq(end_text(true), "");
	cr_assert_str_eq(word("type"), "SEQPACKET");
	cr_assert(sock.listening && absent("local_cid") && absent("remote_port"));
	memset(body + 4, 0, 4);
	memset(body + 8, 0xff, 4);
	cr_assert_eq(parse(&diag_vsock_family, body_len), NL_ROW);
	cr_assert_str_eq(end_text(false), "hypervisor:*");
	cr_assert(absent("local_port"));
}

Test(special, tipc)
{
	parse_recorded(4);
	cr_assert_str_eq(end_text(false), "0:1971290785");
	cr_assert_str_eq(end_text(true), "0:3183331238");
	cr_assert_str_eq(word("state"), "ESTABLISHED");
	cr_assert_eq(number("service_type"), 18889);
	cr_assert_eq(number("service_instance"), 5);
	cr_assert_eq(number("inode"), 1475);
	cr_assert_eq(number("cookie"), 0x51);
	cr_assert_eq(number("published"), false);
	parse_recorded(5);
	cr_assert(sock.listening);
	cr_assert_eq(number("published"), true);
	cr_assert(absent("service_type") && absent("remote"));
	cr_assert_eq(number("recv_q"), 0);
}

/* Of two queues one is damaged, or did not come: it is not known, and nothing stays behind. */
Test(special, tipc_with_half_a_queue)
{
	/* In a nest of the socket one of its statistics: the queue to be read, and to be sent. */
	static const uint8_t damaged[] = { 24, 0, 2, 0, 20, 0, 5, 0, 8, 0, 0, 0,
					   9,  0, 0, 0, 7,  0, 1, 0, 5, 0, 0, 0 };
	static const uint8_t alone[] = { 16, 0, 2, 0, 12, 0, 5, 0, 8, 0, 1, 0, 5, 0, 0, 0 };
	size_t at = diag_tipc_family.message_size;

	load(5);
	memcpy(body + at, damaged, sizeof(damaged));
	cr_assert_eq(parse(&diag_tipc_family, at + sizeof(damaged)), NL_ROW);
	cr_assert(attrs_bad);
	cr_assert_eq(number("recv_q"), 9);
	cr_assert(absent("send_q"));
	cr_assert_eq(sock.send_q, 0);
	memcpy(body + at, alone, sizeof(alone));
	cr_assert_eq(parse(&diag_tipc_family, at + sizeof(alone)), NL_ROW);
	cr_assert_not(attrs_bad);
	cr_assert(absent("recv_q") && absent("send_q"));
}

Test(special, xdp)
{
	parse_recorded(6);
	sock.interface = "lo";
	cr_assert_str_eq(end_text(false), "lo:q0");
	cr_assert_eq(number("queue"), 0);
	cr_assert_eq(number("umem_size"), 262144);
	cr_assert_eq(number("umem_refs"), 1);
	cr_assert_eq(number("zero_copy"), false);
	cr_assert_eq(number("fill_frames"), 64);
	cr_assert_eq(number("completion_frames"), 64);
	cr_assert_eq(number("rx_frames"), 64);
	cr_assert_eq(number("tx_empty"), 0);
	cr_assert(absent("rx_block_size") && absent("port_id") && absent("local_port"));
	/* Bound to nothing. */
	body[20] = 0;
	cr_assert_eq(parse(&diag_xdp_family, body_len), NL_ROW);
	cr_assert_str_eq(end_text(false), "");
	cr_assert(absent("queue"));
	/* Statistics of a kernel that has fewer of them. */
	load(6);
	body[152] = 4 + 24;
	cr_assert_eq(parse(&diag_xdp_family, 152 + 4 + 24), NL_ROW);
	cr_assert_not(attrs_bad);
	cr_assert_eq(number("rx_full"), 0);
	cr_assert(absent("fill_empty"));
}

Test(special, smc)
{
	parse_recorded(7);
	cr_assert_eq(sock.family, AF_INET);
	cr_assert_str_eq(end_text(false), "127.0.0.1:6501");
	cr_assert_str_eq(end_text(true), "127.0.0.1:6502");
	cr_assert_str_eq(word("smc_mode"), "tcp");
	cr_assert_eq(number("fallback_reason"), 0x05000000);
	cr_assert_eq(number("peer_diagnosis"), 0x03030000);
	cr_assert_eq(number("inode"), 1449);
	parse_recorded(8);
	cr_assert_eq(sock.family, AF_INET6);
	cr_assert(sock.listening);
	cr_assert_str_eq(end_text(false), "[::1]:6511");
	cr_assert_str_eq(end_text(true), "");
	cr_assert(absent("smc_mode") && absent("fallback_reason") && absent("peer_diagnosis"));
	/* A state that TCP does not have: SMC_PEERCLOSEWAIT1. */
	body[1] = 20;
	cr_assert_eq(parse(&diag_smc_family, body_len), NL_ROW);
	cr_assert_str_eq(word("state"), "FIN_WAIT1");
}

/* Whatever a row holds, its fields can be asked for and its ends written. */
static void use_row(void)
{
	char text[SPECIAL_END_MAX];
	size_t n;
	const struct field *rows = field_rows(&n);
	struct value value;

	sock.facts = &facts;
	for (size_t i = 0; i < n; i++)
		for (uint32_t at = 0; at < 3; at++)
			field_get(&rows[i], &sock, at, &value);
	cr_assert_leq(special_format_end(text, &sock, false), sizeof(text));
	cr_assert_leq(special_format_end(text, &sock, true), sizeof(text));
}

Test(special, cut_at_every_length)
{
	for (size_t i = 0; i < N_RECORDED; i++) {
		load(i);
		for (size_t len = 0; len < body_len; len++) {
			enum nl_verdict verdict = parse(recorded[i].family, len);

			cr_assert_eq(verdict == NL_DAMAGED, len < recorded[i].family->message_size);
			if (verdict == NL_ROW)
				use_row();
		}
	}
}

Test(special, flipped_bits)
{
	for (size_t i = 0; i < N_RECORDED; i++) {
		load(i);
		for (size_t bit = 0; bit < 8 * body_len; bit++) {
			body[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (parse(recorded[i].family, body_len) == NL_ROW)
				use_row();
			body[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

/* An attribute that is too short is told, and what it would have said is not known. */
Test(special, short_attributes)
{
	static const struct {
		const struct special_family *family;
		uint16_t type;
		const char *field;
	} rows[] = {
		{ &diag_packet_family, 0, "flags" },        { &diag_packet_family, 2, "rx_frames" },
		{ &diag_packet_family, 4, "fanout_id" },    { &diag_packet_family, 5, "uid" },
		{ &diag_packet_family, 6, "recv_q" },       { &diag_netlink_family, 0, "recv_q" },
		{ &diag_netlink_family, 4, "flags" },       { &diag_xdp_family, 1, "queue" },
		{ &diag_xdp_family, 3, "rx_frames" },       { &diag_xdp_family, 5, "umem_id" },
		{ &diag_smc_family, 5, "fallback_reason" }, { &diag_smc_family, 3, "shutdown" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t at = rows[i].family->message_size;
		const uint16_t head[2] = { 4, rows[i].type };

		for (size_t j = 0; j < N_RECORDED; j++)
			if (recorded[j].family == rows[i].family)
				load(j);
		memcpy(body + at, head, sizeof(head));
		cr_assert_eq(parse(rows[i].family, at + 4), NL_ROW);
		cr_assert(attrs_bad, "%s", rows[i].field);
		cr_assert(absent(rows[i].field), "%s", rows[i].field);
	}
}

Test(special, another_family_is_damage)
{
	load(0);
	body[0] = AF_NETLINK;
	cr_assert_eq(parse(&diag_packet_family, body_len), NL_DAMAGED);
	load(2);
	body[0] = AF_PACKET;
	cr_assert_eq(parse(&diag_netlink_family, body_len), NL_DAMAGED);
	load(7);
	body[0] = AF_INET;
	cr_assert_eq(parse(&diag_smc_family, body_len), NL_DAMAGED);
}

/* The longest ends there are. */
Test(special, ends_fit)
{
	static char name[300];
	char text[SPECIAL_END_MAX];

	memset(name, 'x', sizeof(name) - 1);
	sock = (struct sock){ .family = AF_INET6, .interface = name, .special = &special };
	memset(&sock.local, 0xff, sizeof(sock.local));
	sock.local.addr.bytes[0] = 0xfe;
	sock.local.addr.bytes[1] = 0x80;
	special = (struct sock_special){ .has = UINT32_MAX,
					 .protocol = UINT32_MAX,
					 .local = { UINT32_MAX, UINT32_MAX - 1 } };
	cr_assert_leq(special_format_end(text, &sock, false), sizeof(text));
	for (unsigned int proto = PROTO_PACKET; proto < PROTO_COUNT; proto++) {
		sock.proto = (uint8_t)proto;
		sock.family = proto_row((enum sock_proto)proto)->family;
		cr_assert_leq(special_format_end(text, &sock, false), sizeof(text));
		cr_assert_gt(special_format_end(text, &sock, false), 0, "%u", proto);
	}
}

static void assert_found(enum sock_proto proto, const char *text, uint32_t want)
{
	size_t n = strlen(text);
	uint32_t found = 12345;

	cr_assert(special_protocol_find(proto, guard_copy(text, n), n, &found), "%s", text);
	cr_assert_eq(found, want, "%s", text);
}

Test(special, words)
{
	static const char *const none[] = {
		"", "x", "0x", "-1", "4294967296", "0x100000000", "all "
	};
	uint32_t out;

	assert_found(PROTO_PACKET, "all", 3);
	assert_found(PROTO_PACKET, "LLDP", 0x88cc);
	assert_found(PROTO_PACKET, "0x88cc", 0x88cc);
	assert_found(PROTO_PACKET, "35020", 0x88cc);
	assert_found(PROTO_NETLINK, "rtnl", 0);
	assert_found(PROTO_NETLINK, "route", 0);
	assert_found(PROTO_NETLINK, "genl", 16);
	assert_found(PROTO_NETLINK, "31", 31);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		cr_assert_not(special_protocol_find(PROTO_PACKET, none[i], strlen(none[i]), &out));
		cr_assert_not(special_cid_find(none[i], strlen(none[i]), &out));
	}
	/* What is shown is found again. */
	for (uint32_t i = 0; i < 0x10000; i++)
		for (int proto = PROTO_PACKET; proto <= PROTO_NETLINK; proto++) {
			const char *text = special_protocol_word((enum sock_proto)proto, i);

			if (text)
				assert_found((enum sock_proto)proto, text, i);
		}
	cr_assert(special_cid_find("host", 4, &out) && out == 2);
	cr_assert_str_eq(special_cid_word(0), "hypervisor");
	cr_assert_null(special_cid_word(3));
}
