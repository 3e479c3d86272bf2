/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field table: that its rows are sound, that the kernel's structs are read where they are and
 * no further than they reach, and that what is not known is absent. */
#include <criterion/criterion.h>

#include <ctype.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "model/facts.h"
#include "model/field.h"
#include "model/query.h"
#include "model/unit.h"

#include "guard.h"

static const struct field *field(const char *name)
{
	const struct field *found = field_find(name, strlen(name));

	cr_assert_not_null(found, "no field %s", name);
	return found;
}

static bool get(const char *name, const struct sock *sock, struct value *value)
{
	return field_get(field(name), sock, 0, value);
}

/* A number that must be there. */
static uint64_t number(const char *name, const struct sock *sock)
{
	struct value value;

	cr_assert(get(name, sock, &value), "%s is absent", name);
	cr_assert_eq(value.type, FIELD_UINT, "%s", name);
	return value.number;
}

static const char *word(const char *name, const struct sock *sock)
{
	struct value value;

	cr_assert(get(name, sock, &value), "%s is absent", name);
	cr_assert_eq(value.type, FIELD_WORD, "%s", name);
	return value.word;
}

static bool flag(const char *name, const struct sock *sock)
{
	struct value value;

	cr_assert(get(name, sock, &value), "%s is absent", name);
	cr_assert_eq(value.type, FIELD_BOOL, "%s", name);
	return value.flag;
}

static void assert_text(const char *name, const struct sock *sock, const char *text, size_t len)
{
	struct value value;

	cr_assert(get(name, sock, &value), "%s is absent", name);
	cr_assert_eq(value.type, FIELD_TEXT, "%s", name);
	cr_assert_eq(value.text.len, len, "%s", name);
	cr_assert_eq(memcmp(value.text.data, text, len), 0, "%s", name);
}

static bool absent(const char *name, const struct sock *sock)
{
	struct value value;

	return !get(name, sock, &value);
}

/* Whether the table's documentation can be printed as it is. */
static void assert_words(const char *text, const char *what)
{
	cr_assert_not_null(text, "%s", what);
	cr_assert_neq(text[0], '\0', "%s", what);
	for (const char *c = text; *c; c++)
		cr_assert(isprint((unsigned char)*c), "%s", what);
}

Test(field, rows_are_sound)
{
	size_t n;
	const struct field *rows = field_rows(&n);

	cr_assert_gt(n, 140);
	cr_assert_lt(n, 256, "the table is full: rows may be missing");
	for (size_t i = 0; i < n; i++) {
		const struct field *row = &rows[i];

		for (const char *c = row->name; *c; c++)
			cr_assert(islower((unsigned char)*c) || isdigit((unsigned char)*c) ||
					  *c == '_',
				  "%s", row->name);
		assert_words(row->name, row->name);
		assert_words(row->title, row->name);
		assert_words(row->help, row->name);
		cr_assert_null(strchr(row->title, ' '), "%s", row->title);
		cr_assert_neq(row->help[strlen(row->help) - 1], '.', "%s", row->name);
		cr_assert_not_null(row->get, "%s", row->name);
		cr_assert_not_null(field_type_name(row->type));
		cr_assert_not_null(field_unit_name(row->unit));
		cr_assert_eq(row->right, row->type == FIELD_UINT, "%s", row->name);
		cr_assert_eq(field_find(row->name, strlen(row->name)), row, "%s is there twice",
			     row->name);
		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(rows[j].title, row->title);
	}
}

/* What is subtracted is one number, and no gauge: those the kernel also lowers. */
Test(field, counters_and_clocks)
{
	static const char *const gauges[] = { "recv_q",  "send_q", "unacked", "lost",
					      "retrans", "cwnd",   "notsent", "rtt" };
	size_t n, n_counters = 0;
	const struct field *rows = field_rows(&n);

	for (size_t i = 0; i < n; i++) {
		if (rows[i].counter)
			cr_expect(rows[i].type == FIELD_UINT && !rows[i].many && rows[i].right,
				  "%s", rows[i].name);
		cr_expect_not(rows[i].counter && rows[i].clock, "%s", rows[i].name);
		n_counters += rows[i].counter;
	}
	cr_expect_geq(n_counters, 20);
	cr_expect(field("bytes_sent")->counter && field("drops")->counter);
	cr_expect(field("timer_ms")->clock);
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		cr_expect_not(field(gauges[i])->counter, "%s", gauges[i]);
}

Test(field, every_attribute_is_asked_for_with_its_room)
{
	const uint32_t attrs =
		NEED_SKMEM | NEED_CONGESTION | NEED_CC_INFO | NEED_TOS | NEED_TCLASS | NEED_VFS;
	size_t n;
	const struct field *rows = field_rows(&n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].needs & attrs)
			cr_assert(rows[i].needs & NEED_FACTS, "%s", rows[i].name);
	cr_assert_eq(field("local_port")->needs, 0);
	cr_assert_eq(field("rtt")->needs, NEED_TCP_INFO | NEED_FACTS);
	cr_assert_eq(field("retransmits")->needs, NEED_TCP_INFO);
}

Test(field, find)
{
	cr_assert_eq(field_find("recv-q", 6), field("recv_q"));
	cr_assert_eq(field_find("recv_qx", 6), field("recv_q"));
	cr_assert_null(field_find("recv_q", 5));
	cr_assert_eq(field_find("RECV_Q", 6), field("recv_q"));
	cr_assert_eq(field_find("Local-Port", 10), field("local_port"));
	cr_assert_eq(field_find("RTT-Var", 7), field("rttvar"));
	cr_assert_null(field_find("", 0));
	cr_assert_null(field_find("recv_q\0", 7));
	cr_assert_null(field_find(guard_copy("unit_", 5), 5));
}

Test(field, nothing_is_known_of_an_empty_socket)
{
	static const char *const always[] = { "proto",         "family",
					      "state",         "local_address",
					      "owners_status", "local",
					      "exposure",      NULL };
	const struct sock sock = { .proto = PROTO_TCP, .family = AF_INET, .state = 1 };
	const struct sock_facts facts = { .has = 0 };
	struct sock with = sock;
	size_t n;
	const struct field *rows = field_rows(&n);

	with.facts = &facts;
	for (size_t i = 0; i < n; i++) {
		bool expected = false;
		struct value value;

		for (size_t j = 0; always[j]; j++)
			expected |= strcmp(rows[i].name, always[j]) == 0;
		cr_assert_eq(field_get(&rows[i], &sock, 0, &value), expected, "%s", rows[i].name);
		cr_assert_eq(field_get(&rows[i], &with, 0, &value), expected, "%s", rows[i].name);
		cr_assert_not(field_get(&rows[i], &with, 1, &value), "%s", rows[i].name);
		cr_assert_not(field_get(&rows[i], &with, UINT32_MAX, &value), "%s", rows[i].name);
	}
}

/* The struct as kernel 6.18 has it: the header's may be shorter. */
enum { TCP_INFO_SIZE = 280 };

/* Writes size bytes of a number at offset in this machine's order. */
static void poke(uint8_t *to, size_t offset, size_t size, uint64_t value)
{
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	memcpy(to + offset,
	       size == 1   ? (const void *)&u8
	       : size == 2 ? (const void *)&u16
	       : size == 4 ? (const void *)&u32
			   : (const void *)&value,
	       size);
}

static bool is_tcp_info(const struct field *row)
{
	return (row->needs & NEED_TCP_INFO) && (row->needs & NEED_FACTS);
}

#define MEMBER(field_name, member)                                \
	{                                                         \
		field_name, offsetof(struct tcp_info, member),    \
			sizeof(((struct tcp_info *)NULL)->member) \
	}

/* The header's word on where things are. */
static const struct {
	const char *name;
	size_t offset, size;
} members[] = {
	MEMBER("backoff", tcpi_backoff),
	MEMBER("rto", tcpi_rto),
	MEMBER("ato", tcpi_ato),
	MEMBER("mss", tcpi_snd_mss),
	MEMBER("rcv_mss", tcpi_rcv_mss),
	MEMBER("unacked", tcpi_unacked),
	MEMBER("sacked", tcpi_sacked),
	MEMBER("lost", tcpi_lost),
	MEMBER("retrans", tcpi_retrans),
	MEMBER("fackets", tcpi_fackets),
	MEMBER("last_data_sent", tcpi_last_data_sent),
	MEMBER("last_data_recv", tcpi_last_data_recv),
	MEMBER("last_ack_recv", tcpi_last_ack_recv),
	MEMBER("pmtu", tcpi_pmtu),
	MEMBER("rcv_ssthresh", tcpi_rcv_ssthresh),
	MEMBER("rtt", tcpi_rtt),
	MEMBER("rttvar", tcpi_rttvar),
	MEMBER("ssthresh", tcpi_snd_ssthresh),
	MEMBER("cwnd", tcpi_snd_cwnd),
	MEMBER("advmss", tcpi_advmss),
	MEMBER("reordering", tcpi_reordering),
	MEMBER("rcv_rtt", tcpi_rcv_rtt),
	MEMBER("rcv_space", tcpi_rcv_space),
	MEMBER("retrans_total", tcpi_total_retrans),
	MEMBER("pacing_rate", tcpi_pacing_rate),
	MEMBER("max_pacing_rate", tcpi_max_pacing_rate),
	MEMBER("bytes_acked", tcpi_bytes_acked),
	MEMBER("bytes_received", tcpi_bytes_received),
	MEMBER("segs_out", tcpi_segs_out),
	MEMBER("segs_in", tcpi_segs_in),
	MEMBER("notsent", tcpi_notsent_bytes),
	MEMBER("min_rtt", tcpi_min_rtt),
	MEMBER("data_segs_in", tcpi_data_segs_in),
	MEMBER("data_segs_out", tcpi_data_segs_out),
	MEMBER("delivery_rate", tcpi_delivery_rate),
	MEMBER("busy_time", tcpi_busy_time),
	MEMBER("rwnd_limited", tcpi_rwnd_limited),
	MEMBER("sndbuf_limited", tcpi_sndbuf_limited),
	MEMBER("delivered", tcpi_delivered),
	MEMBER("delivered_ce", tcpi_delivered_ce),
	MEMBER("bytes_sent", tcpi_bytes_sent),
	MEMBER("bytes_retrans", tcpi_bytes_retrans),
	MEMBER("dsack_dups", tcpi_dsack_dups),
	MEMBER("reord_seen", tcpi_reord_seen),
	MEMBER("rcv_ooopack", tcpi_rcv_ooopack),
	MEMBER("snd_wnd", tcpi_snd_wnd),
	/* Newer than kernel 6.1's header. */
	{ "rcv_wnd", 232, 4 },
	{ "rehash", 236, 4 },
	{ "total_rto", 240, 2 },
	{ "total_rto_recoveries", 242, 2 },
	{ "total_rto_time", 244, 4 },
	{ "received_ce", 248, 4 },
	{ "delivered_e1_bytes", 252, 4 },
	{ "delivered_e0_bytes", 256, 4 },
	{ "delivered_ce_bytes", 260, 4 },
	{ "received_e1_bytes", 264, 4 },
	{ "received_e0_bytes", 268, 4 },
	{ "received_ce_bytes", 272, 4 },
	{ "accecn_word", 276, 4 },
};

enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

Test(field, tcp_info_members_are_where_the_header_says)
{
	for (size_t i = 0; i < N_MEMBERS; i++) {
		uint8_t info[TCP_INFO_SIZE] = { 0 };
		/* 64 bits stay exact. */
		uint64_t want = members[i].size == 8   ? 0x7123456789abcdefu
				: members[i].size == 4 ? 0x71234567u
				: members[i].size == 2 ? 0x7123u
						       : 0x71u;
		const struct sock_facts facts = { .tcp_info = { info, sizeof(info) } };
		const struct sock sock = { .proto = PROTO_TCP, .state = 1, .facts = &facts };

		poke(info, offsetof(struct tcp_info, tcpi_rtt), 4, 1);
		poke(info, members[i].offset, members[i].size, want);
		cr_assert_eq(number(members[i].name, &sock), want, "%s", members[i].name);
	}
}

Test(field, tcp_info_of_every_length)
{
	uint8_t info[TCP_INFO_SIZE + 8];
	size_t n_rows;
	const struct field *rows = field_rows(&n_rows);

	memset(info, 0x11, sizeof(info));
	for (size_t len = 0; len <= sizeof(info); len++) {
		struct sock_facts facts = { .tcp_info = { guard_copy(info, len), (uint32_t)len } };
		const struct sock sock = { .proto = PROTO_TCP, .state = 1, .facts = &facts };
		size_t n = 0;

		for (size_t i = 0; i < N_MEMBERS; i++)
			cr_assert_eq(absent(members[i].name, &sock),
				     members[i].offset + members[i].size > len, "%s at %zu",
				     members[i].name, len);
		for (size_t i = 0; i < n_rows; i++) {
			struct value value;

			n += is_tcp_info(&rows[i]) && field_get(&rows[i], &sock, 0, &value);
		}
		if (len >= TCP_INFO_SIZE)
			cr_assert_gt(n, N_MEMBERS + 8);
	}
}

Test(field, tcp_info_bits)
{
	uint8_t bytes[TCP_INFO_SIZE] = { 0 };
	struct tcp_info info = { 0 };
	const struct sock_facts facts = { .tcp_info = { bytes, sizeof(bytes) } };
	const struct sock sock = { .proto = PROTO_TCP, .state = 1, .facts = &facts };

	/* The compiler's word on where bit-fields are. */
	info.tcpi_snd_wscale = 7;
	info.tcpi_rcv_wscale = 11;
	info.tcpi_delivery_rate_app_limited = 1;
	info.tcpi_fastopen_client_fail = 2;
	info.tcpi_ca_state = 3;
	memcpy(bytes, &info, sizeof(info));
	cr_assert(absent("snd_wscale", &sock));
	cr_assert(absent("rcv_wscale", &sock));
	info.tcpi_options = TCPI_OPT_WSCALE | TCPI_OPT_SACK;
	memcpy(bytes, &info, sizeof(info));
	cr_assert_eq(number("snd_wscale", &sock), 7);
	cr_assert_eq(number("rcv_wscale", &sock), 11);
	cr_assert(flag("app_limited", &sock));
	cr_assert_str_eq(word("fastopen_fail", &sock), "data_not_acked");
	cr_assert_str_eq(word("ca_state", &sock), "recovery");
	cr_assert(flag("opt_wscale", &sock));
	cr_assert(flag("opt_sack", &sock));
	cr_assert_not(flag("opt_timestamps", &sock));
	cr_assert_not(flag("opt_ecn", &sock));

	info.tcpi_options = 0x80 | TCPI_OPT_ECN | TCPI_OPT_TIMESTAMPS;
	info.tcpi_delivery_rate_app_limited = 0;
	info.tcpi_fastopen_client_fail = 0;
	info.tcpi_ca_state = 17;
	memcpy(bytes, &info, sizeof(info));
	cr_assert(flag("opt_tfo_child", &sock));
	cr_assert(flag("opt_ecn", &sock));
	cr_assert(flag("opt_timestamps", &sock));
	cr_assert_not(flag("opt_usec_ts", &sock));
	cr_assert_not(flag("app_limited", &sock));
	cr_assert_str_eq(word("fastopen_fail", &sock), "none");
	cr_assert(absent("ca_state", &sock));
}

Test(field, tcp_info_without_a_measurement)
{
	uint8_t info[TCP_INFO_SIZE] = { 0 };
	const struct sock_facts facts = { .tcp_info = { info, sizeof(info) } };
	struct sock sock = { .proto = PROTO_TCP, .state = TCP_STATE_SYN_SENT, .facts = &facts };

	poke(info, offsetof(struct tcp_info, tcpi_rttvar), 4, 250000);
	poke(info, offsetof(struct tcp_info, tcpi_min_rtt), 4, UINT32_MAX);
	poke(info, offsetof(struct tcp_info, tcpi_snd_ssthresh), 4, 0x7fffffff);
	poke(info, offsetof(struct tcp_info, tcpi_pacing_rate), 8, UINT64_MAX);
	poke(info, offsetof(struct tcp_info, tcpi_max_pacing_rate), 8, UINT64_MAX);
	poke(info, offsetof(struct tcp_info, tcpi_last_ack_recv), 4, 4000000);
	cr_assert(absent("rtt", &sock));
	cr_assert(absent("rttvar", &sock));
	cr_assert(absent("min_rtt", &sock));
	cr_assert(absent("rcv_rtt", &sock));
	cr_assert(absent("ssthresh", &sock));
	cr_assert(absent("pacing_rate", &sock));
	cr_assert(absent("max_pacing_rate", &sock));
	cr_assert(absent("delivery_rate", &sock));
	cr_assert(absent("last_ack_recv", &sock));
	/* Zero is a value where it was counted. */
	cr_assert_eq(number("retrans_total", &sock), 0);
	cr_assert_eq(number("bytes_acked", &sock), 0);
	sock.state = TCP_STATE_ESTABLISHED;
	cr_assert_eq(number("last_ack_recv", &sock), 4000000);
	poke(info, offsetof(struct tcp_info, tcpi_snd_ssthresh), 4, 7);
	poke(info, offsetof(struct tcp_info, tcpi_pacing_rate), 8, UINT64_MAX - 1);
	cr_assert_eq(number("ssthresh", &sock), 7);
	cr_assert_eq(number("pacing_rate", &sock), UINT64_MAX - 1);
}

Test(field, tcp_info_of_a_listener)
{
	uint8_t info[TCP_INFO_SIZE] = { 0 };
	const struct sock_facts facts = { .tcp_info = { info, sizeof(info) } };
	const struct sock sock = {
		.proto = PROTO_TCP,
		.has = SOCK_HAS_QUEUES | SOCK_HAS_BACKLOG,
		.state = TCP_STATE_LISTEN,
		.listening = true,
		.recv_q = 3,
		.backlog = 128,
		.facts = &facts,
	};
	size_t n, n_told = 0;
	const struct field *rows = field_rows(&n);

	poke(info, offsetof(struct tcp_info, tcpi_unacked), 4, 3);
	poke(info, offsetof(struct tcp_info, tcpi_sacked), 4, 128);
	poke(info, offsetof(struct tcp_info, tcpi_snd_cwnd), 4, 10);
	for (size_t i = 0; i < n; i++) {
		struct value value;

		n_told += is_tcp_info(&rows[i]) && field_get(&rows[i], &sock, 0, &value);
	}
	cr_assert_eq(n_told, 4); /* cwnd, reordering, the two pacing rates */
	cr_assert_eq(number("cwnd", &sock), 10);
	cr_assert(absent("unacked", &sock));
	cr_assert(absent("sacked", &sock));
	cr_assert(absent("send_q", &sock));
	cr_assert_eq(number("backlog_used", &sock), 3);
	cr_assert_eq(number("backlog", &sock), 128);
}

Test(field, memory_of_every_length)
{
	static const char *const names[] = { "mem_rmem",   "mem_rcvbuf",    "mem_wmem",
					     "mem_sndbuf", "mem_fwd_alloc", "mem_wmem_queued",
					     "mem_optmem", "mem_backlog",   "drops" };
	uint32_t skmem[9] = { 1, 2, 3, 4, 5, 6, 7, 8, UINT32_MAX };

	for (size_t len = 0; len <= sizeof(skmem); len++) {
		const struct sock_facts facts = { .skmem = { guard_copy(skmem, len),
							     (uint32_t)len } };
		const struct sock sock = { .proto = PROTO_UDP, .facts = &facts };

		for (size_t i = 0; i < 9; i++) {
			if ((i + 1) * 4 > len)
				cr_assert(absent(names[i], &sock));
			else
				cr_assert_eq(number(names[i], &sock), skmem[i]);
		}
	}
	skmem[4] = (uint32_t)-4096;
	cr_assert(absent("mem_fwd_alloc",
			 &(struct sock){ .facts = &(struct sock_facts){
						 .skmem = { (uint8_t *)skmem, sizeof(skmem) } } }));
}

Test(field, facts)
{
	static const uint32_t vegas[] = { 1, 12, 340, 0x7fffffff };
	static const uint32_t bbr[] = { 0x9abcdef0, 0x12, 77, 739, 512 };
	struct sock_facts facts = {
		.has = FACT_MARK | FACT_TOS | FACT_TCLASS | FACT_CLASS_ID | FACT_SOCKOPT |
		       FACT_MD5 | FACT_TLS | FACT_TLS_VERSION | FACT_TLS_CIPHER | FACT_TLS_TX |
		       FACT_TLS_RX | FACT_MPTCP_TOKENS | FACT_MPTCP_IDS,
		.mark = 0xffffffff,
		.class_id = 0x10001,
		.tos = 16,
		.tclass = 32,
		.sockopt = { 0x81, 0x04 },
		.tls_version = 0x0304,
		.tls_cipher = 52,
		.tls_tx = 2,
		.tls_rx = 1,
		.n_md5 = 2,
		.mptcp_token_local = 5,
		.mptcp_token_remote = 6,
		.mptcp_id_remote = 255,
		.congestion = { (const uint8_t *)"cubic", 5 },
		.ulp = { (const uint8_t *)"tls", 3 },
		.vegas = { (const uint8_t *)vegas, sizeof(vegas) },
		.bbr = { (const uint8_t *)bbr, sizeof(bbr) },
	};
	const struct sock sock = { .proto = PROTO_TCP, .facts = &facts };

	cr_assert_eq(number("mark", &sock), 0xffffffff);
	cr_assert_eq(number("class_id", &sock), 0x10001);
	cr_assert_eq(number("tos", &sock), 16);
	cr_assert_eq(number("tclass", &sock), 32);
	cr_assert(flag("sockopt_recverr", &sock));
	cr_assert_not(flag("sockopt_is_icsk", &sock));
	cr_assert(flag("sockopt_nodefrag", &sock));
	cr_assert_not(flag("sockopt_bind_address_no_port", &sock));
	cr_assert(flag("sockopt_defer_connect", &sock));
	cr_assert(flag("md5", &sock));
	cr_assert_eq(number("md5_keys", &sock), 2);
	cr_assert_str_eq(word("tls_version", &sock), "1.3");
	cr_assert_str_eq(word("tls_cipher", &sock), "aes-gcm-256");
	cr_assert_str_eq(word("tls_tx", &sock), "software");
	cr_assert_str_eq(word("tls_rx", &sock), "none");
	cr_assert_not(flag("tls_zero_copy", &sock));
	cr_assert_eq(number("mptcp_token_local", &sock), 5);
	cr_assert_eq(number("mptcp_token_remote", &sock), 6);
	cr_assert_eq(number("mptcp_id_local", &sock), 0);
	cr_assert_eq(number("mptcp_id_remote", &sock), 255);
	assert_text("congestion", &sock, "cubic", 5);
	assert_text("ulp", &sock, "tls", 3);
	cr_assert(flag("vegas_enabled", &sock));
	cr_assert_eq(number("vegas_rtt_count", &sock), 12);
	cr_assert_eq(number("vegas_rtt", &sock), 340);
	cr_assert(absent("vegas_min_rtt", &sock));
	cr_assert_eq(number("bbr_bandwidth", &sock), 0x129abcdef0u);
	cr_assert_eq(number("bbr_min_rtt", &sock), 77);
	cr_assert_eq(number("bbr_pacing_gain", &sock), 739);
	cr_assert_eq(number("bbr_cwnd_gain", &sock), 512);

	facts.tls_version = 0x0302;
	facts.tls_tx = 9;
	facts.mptcp_token_remote = 0;
	cr_assert(absent("mptcp_token_remote", &sock));
	for (unsigned int cipher = 0; cipher <= UINT16_MAX; cipher++) {
		facts.tls_cipher = (uint16_t)cipher;
		cr_assert_eq(absent("tls_cipher", &sock), cipher < 51 || cipher > 58);
	}
	cr_assert(absent("tls_version", &sock));
	cr_assert(absent("tls_tx", &sock));
}

Test(field, dctcp)
{
	uint8_t dctcp[16] = { 0 };
	const struct sock_facts facts = { .dctcp = { dctcp, sizeof(dctcp) } };
	const struct sock sock = { .proto = PROTO_TCP, .facts = &facts };

	poke(dctcp, 2, 2, 1);
	poke(dctcp, 4, 4, 1024);
	poke(dctcp, 12, 4, 9);
	cr_assert_not(flag("dctcp_enabled", &sock));
	poke(dctcp, 0, 2, 1);
	cr_assert(flag("dctcp_enabled", &sock));
	cr_assert_eq(number("dctcp_ce_state", &sock), 1);
	cr_assert_eq(number("dctcp_alpha", &sock), 1024);
	cr_assert_eq(number("dctcp_ab_ecn", &sock), 0);
	cr_assert_eq(number("dctcp_ab_total", &sock), 9);
	cr_assert(absent("bbr_bandwidth", &sock));
	cr_assert(absent("vegas_enabled", &sock));
}

Test(field, words_of_states)
{
	struct sock sock = { .proto = PROTO_TCP, .family = AF_INET6, .state = 6 };

	cr_assert_str_eq(word("state", &sock), "TIME_WAIT");
	cr_assert_str_eq(word("proto", &sock), "tcp");
	cr_assert_str_eq(word("family", &sock), "inet6");
	sock.state = TCP_STATE_CLOSE;
	cr_assert_str_eq(word("state", &sock), "CLOSE");
	sock.proto = PROTO_UDPLITE;
	cr_assert_str_eq(word("state", &sock), "UNCONNECTED");
	cr_assert_str_eq(word("proto", &sock), "udplite");
	sock.state = 200;
	cr_assert(absent("state", &sock));
	sock.proto = PROTO_SCTP;
	sock.state = 3;
	cr_assert_str_eq(word("state", &sock), "SYN_RECV");
	sock.sctp_assoc = true;
	cr_assert_str_eq(word("state", &sock), "ESTABLISHED");
	sock.proto = 99;
	cr_assert(absent("proto", &sock));

	sock = (struct sock){ .proto = PROTO_UNIX, .family = AF_UNIX, .type = SOCK_SEQPACKET };
	sock.state = UNIX_STATE_UNCONNECTED;
	cr_assert_str_eq(word("state", &sock), "UNCONNECTED");
	cr_assert_str_eq(word("type", &sock), "SEQPACKET");
	sock.listening = true;
	cr_assert_str_eq(word("state", &sock), "LISTEN");
	sock.listening = false;
	sock.state = UNIX_STATE_CONNECTED;
	cr_assert_str_eq(word("state", &sock), "CONNECTED");
	sock.state = UNIX_STATE_OTHER + 3;
	cr_assert(absent("state", &sock));
	cr_assert(absent("local_address", &sock));
	cr_assert(absent("local_port", &sock));
}

Test(field, addresses)
{
	struct endpoint more[2] = { { .port = 1 }, { .port = 2 } };
	struct sock sock = {
		.proto = PROTO_TCP,
		.family = AF_INET,
		.has = SOCK_HAS_IFINDEX,
		.local = { .port = 80 },
		.remote_addrs = more,
		.n_remote_addrs = 2,
	};
	struct value value;

	cr_assert(get("local_address", &sock, &value));
	cr_assert_eq(value.addr.end, &sock.local);
	cr_assert_eq(value.addr.family, AF_INET);
	cr_assert_eq(number("local_port", &sock), 80);
	cr_assert(absent("remote_address", &sock));
	cr_assert(absent("remote_port", &sock));
	cr_assert(absent("interface_index", &sock));
	sock.local.ifindex = 4;
	cr_assert_eq(number("interface_index", &sock), 4);
	sock.remote.addr.bytes[0] = 10;
	cr_assert(get("remote_address", &sock, &value));
	cr_assert_eq(value.addr.end, &sock.remote);
	cr_assert(field_get(field("remote_addresses"), &sock, 1, &value));
	cr_assert_eq(value.addr.end, &more[1]);
	cr_assert_not(field_get(field("remote_addresses"), &sock, 2, &value));
	cr_assert(absent("local_addresses", &sock));

	sock.proto = PROTO_RAW;
	sock.local.port = 58;
	cr_assert(absent("local_port", &sock));
	cr_assert_eq(number("raw_protocol", &sock), 58);
}

Test(field, unix_names)
{
	struct sock_facts facts = { .has = FACT_VFS,
				    .vfs_inode = UINT32_MAX,
				    .vfs_device = 8u << 20 | 1 };
	struct sock sock = {
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.name_kind = UNIX_ABSTRACT,
		.facts = &facts,
	};
	struct value value;

	assert_text("path", &sock, "", 0);
	cr_assert_str_eq(word("path_kind", &sock), "abstract");
	sock.name = (const uint8_t *)"a\0b";
	sock.name_len = 3;
	assert_text("path", &sock, "a\0b", 3);
	cr_assert(get("path", &sock, &value));
	cr_assert_eq(value.text.kind, UNIX_ABSTRACT);
	sock.name_kind = UNIX_PATHNAME;
	cr_assert(get("path", &sock, &value));
	cr_assert_eq(value.text.kind, UNIX_PATHNAME);
	sock.name_kind = UNIX_UNNAMED;
	cr_assert(absent("path", &sock));
	cr_assert_str_eq(word("path_kind", &sock), "unnamed");
	cr_assert_eq(number("path_major", &sock), 8);
	cr_assert_eq(number("path_minor", &sock), 1);
	cr_assert_eq(number("path_inode", &sock), UINT32_MAX);
	cr_assert(absent("peer_path", &sock));
	cr_assert(absent("peer_path_kind", &sock));
	sock.peer_name = (const uint8_t *)"/p";
	sock.peer_name_len = 2;
	sock.peer_name_kind = UNIX_PATHNAME;
	assert_text("peer_path", &sock, "/p", 2);
	cr_assert_str_eq(word("peer_path_kind", &sock), "path");
	sock.has = SOCK_HAS_PEER;
	cr_assert(absent("peer_inode", &sock));
	sock.peer_inode = 9;
	cr_assert_eq(number("peer_inode", &sock), 9);
}

Test(field, plain_members)
{
	const struct sock sock = {
		.proto = PROTO_TCP,
		.has = SOCK_HAS_UID | SOCK_HAS_INODE | SOCK_HAS_COOKIE | SOCK_HAS_QUEUES |
		       SOCK_HAS_TIMER | SOCK_HAS_RETRANSMITS | SOCK_HAS_PROBES | SOCK_HAS_REFCNT |
		       SOCK_HAS_V6ONLY | SOCK_HAS_SHUTDOWN | SOCK_HAS_CGROUP,
		.uid = 0,
		.inode = 1,
		.cookie = UINT64_MAX,
		.recv_q = 2,
		.send_q = 3,
		.timer = TIMER_DELACK,
		.timer_ms = 4,
		.retransmits = 5,
		.probes = 6,
		.refcnt = 7,
		.shutdown = 2,
		.cgroup_id = (uint64_t)1 << 40,
		.cgroup = "/system.slice",
		.user = "www-data",
		.interface = "eth0",
	};

	cr_assert_eq(number("uid", &sock), 0);
	cr_assert_eq(number("inode", &sock), 1);
	cr_assert_eq(number("cookie", &sock), UINT64_MAX);
	cr_assert_eq(number("recv_q", &sock), 2);
	cr_assert_eq(number("send_q", &sock), 3);
	cr_assert_str_eq(word("timer", &sock), "delack");
	cr_assert_eq(number("timer_ms", &sock), 4);
	cr_assert_eq(number("retransmits", &sock), 5);
	cr_assert_eq(number("probes", &sock), 6);
	cr_assert_eq(number("refcnt", &sock), 7);
	cr_assert_not(flag("v6only", &sock));
	cr_assert_str_eq(word("shutdown", &sock), "send");
	cr_assert_eq(number("cgroup_id", &sock), (uint64_t)1 << 40);
	assert_text("cgroup", &sock, "/system.slice", 13);
	assert_text("user", &sock, "www-data", 8);
	assert_text("interface", &sock, "eth0", 4);
	cr_assert(absent("backlog", &sock));
	cr_assert(absent("backlog_used", &sock));
	cr_assert(absent("type", &sock));
	cr_assert(absent("timer_ms", &(struct sock){ .has = SOCK_HAS_TIMER }));
	cr_assert_str_eq(word("timer", &(struct sock){ .has = SOCK_HAS_TIMER }), "off");
}

Test(field, units)
{
	static const char path[] = "/user.slice/user-7.slice/user@7.service/app.slice/db.service/"
				   "libpod-payload-0123456789abcdef0123456789abcdef"
				   "0123456789abcdef0123456789abcdef";
	struct sock sock = { .proto = PROTO_TCP };
	struct unit unit;

	unit_parse(path, strlen(path), &unit);
	sock.unit = &unit;
	assert_text("unit", &sock, "db.service", 10);
	cr_assert_eq(number("unit_uid", &sock), 7);
	assert_text("container", &sock, path + strlen(path) - 64, 64);
	cr_assert_str_eq(word("container_runtime", &sock), "podman");
	cr_assert(absent("pod", &sock));
	unit_parse("/kubepods/pod0123456789abcdef0123456789abcdef", 45, &unit);
	assert_text("pod", &sock, "0123456789abcdef0123456789abcdef", 32);
	cr_assert(absent("unit", &sock));
	cr_assert(absent("unit_uid", &sock));
	cr_assert(absent("container", &sock));
	cr_assert(absent("container_runtime", &sock));
}

/* What a listener's process holds it by says nothing of what it accepted. */
Test(field, closed_sockets)
{
	const struct owner owner = { .pid = 10, .fd = 3, .program = "a" };
	struct sock_closing closing = { .closed_at = "2026-11-28T03:35:47.893407Z" };
	struct sock sock = { .proto = PROTO_TCP, .owners = &owner, .n_owners = 1 };

	cr_assert(absent("closed_at", &sock));
	cr_assert(absent("owner_source", &sock));
	sock.closing = &closing;
	cr_assert_str_eq(word("closed_at", &sock), "2026-11-28T03:35:47.893407Z");
	cr_assert(absent("owner_source", &sock));
	closing.holder_source = HOLDER_LAST_LOOK;
	cr_assert_str_eq(word("owner_source", &sock), "last-look");
	cr_assert_eq(number("fd", &sock), 3);
	closing.holder_source = HOLDER_LISTENER;
	cr_assert_str_eq(word("owner_source", &sock), "listener");
	cr_assert(absent("fd", &sock));
	cr_assert_eq(number("pid", &sock), 10);
	closing.holder_source = HOLDER_SAME_PEER;
	cr_assert_str_eq(word("owner_source", &sock), "same-peer");
	sock.n_owners = 0;
	sock.owners_hidden = true;
	cr_assert_str_eq(word("owners_status", &sock), "hidden");
}

Test(field, owners)
{
	const struct owner owners[] = {
		{ .pid = 10, .fd = 3, .program = "" },
		{ .pid = 4194304,
		  .fd = 0,
		  .program = "x y",
		  .context = "unconfined",
		  .exe = "/bin/x (deleted)",
		  .cmdline = "x\0y",
		  .cmdline_len = 4,
		  .start_time = 1700000000 },
	};
	struct sock sock = { .proto = PROTO_TCP, .owners = owners, .n_owners = 2 };
	struct value value;

	assert_text("program", &sock, "", 0);
	cr_assert_eq(number("pid", &sock), 10);
	cr_assert(absent("exe", &sock));
	cr_assert(absent("cmdline", &sock));
	cr_assert(absent("start_time", &sock));
	cr_assert(absent("context", &sock));
	cr_assert_not(absent("owners", &sock));
	cr_assert(field_get(field("pid"), &sock, 1, &value));
	cr_assert_eq(value.number, 4194304);
	cr_assert(field_get(field("cmdline"), &sock, 1, &value));
	cr_assert_eq(value.text.len, 4);
	cr_assert_eq(memcmp(value.text.data, "x\0y", 4), 0);
	cr_assert(field_get(field("start_time"), &sock, 1, &value));
	cr_assert_eq(value.number, 1700000000);
	cr_assert(field_get(field("exe"), &sock, 1, &value));
	cr_assert_not(field_get(field("pid"), &sock, 2, &value));
	cr_assert_str_eq(word("owners_status", &sock), "known");
	sock.n_owners = 0;
	cr_assert_str_eq(word("owners_status", &sock), "none");
	sock.owners_hidden = true;
	cr_assert_str_eq(word("owners_status", &sock), "none");
	sock.has = SOCK_HAS_INODE;
	cr_assert_str_eq(word("owners_status", &sock), "hidden");
	cr_assert(absent("owners", &sock));
}

/* The words that a field may be are all that its getter knows, so that a mistyped one is found. */
Test(field, words_are_all_of_them)
{
	static const char *const names[] = { "type",       "timer",          "shutdown",
					     "path_kind",  "peer_path_kind", "owners_status",
					     "ca_state",   "fastopen_fail",  "tls_version",
					     "tls_cipher", "tls_tx",         "tls_rx" };
	uint8_t info[8];
	struct sock_facts facts = { .has = UINT32_MAX, .tcp_info = { info, sizeof(info) } };
	struct sock sock = { .has = UINT32_MAX, .family = AF_UNIX, .facts = &facts };
	struct value value;

	for (unsigned int number = 0; number < 0x10000; number++) {
		memset(info, (int)(number & 0xff), sizeof(info));
		sock.type = sock.timer = sock.shutdown = sock.name_kind = (uint8_t)number;
		sock.peer_name_kind = (uint8_t)number;
		sock.owners_hidden = number & 1;
		facts.tls_version = facts.tls_cipher = (uint16_t)number;
		facts.tls_tx = facts.tls_rx = (uint8_t)number;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			const struct field *row = field(names[i]);
			const char *at;

			if (!field_get(row, &sock, 0, &value))
				continue;
			at = strstr(row->words, value.word);
			cr_assert_not_null(at, "%s: %s", names[i], value.word);
		}
	}
}
