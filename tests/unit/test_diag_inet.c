/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inet_diag messages: sound ones of every kind, damaged ones, and the requests that fetch them. */
#include "source/diag_inet.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <sys/socket.h>

#include "fake_link.h"

static struct nl_session session;

static void finish(void)
{
	nl_session_end(&session);
	fake_end();
}

TestSuite(diag_inet, .fini = finish);

static void begin(void)
{
	nl_session_end(&session);
	fake_begin();
	session = (struct nl_session){ .env = &fake.env, .report = &fake.report };
}

/* An established TCP connection of user 1000 between 10.0.0.1:22 and 10.0.0.2:50000. */
static struct inet_diag_msg a_connection(void)
{
	return (struct inet_diag_msg){
		.idiag_family = AF_INET,
		.idiag_state = TCP_STATE_ESTABLISHED,
		.id = {
			.idiag_sport = htons(22),
			.idiag_dport = htons(50000),
			.idiag_src = { htonl(0x0a000001) },
			.idiag_dst = { htonl(0x0a000002) },
			.idiag_if = 3,
			.idiag_cookie = { 0x11111111, 0x22222222 },
		},
		.idiag_rqueue = 7,
		.idiag_wqueue = 0xfffffff0,
		.idiag_uid = 1000,
		.idiag_inode = 0xfffffffe,
	};
}

static bool attrs_bad;

static enum nl_verdict parse(enum sock_proto proto, const struct inet_diag_msg *msg,
			     struct sock *row)
{
	memset(row, 0xaa, sizeof(*row)); /* nothing may be left of it */
	return diag_inet_parse(proto, guard_copy(msg, sizeof(*msg)), sizeof(*msg), row, NULL, 0,
			       &attrs_bad);
}

Test(diag_inet, connection)
{
	struct inet_diag_msg msg = a_connection();
	struct sock row;

	cr_assert_eq(parse(PROTO_TCP, &msg, &row), NL_ROW);
	cr_assert_not(attrs_bad);
	cr_assert_eq(row.proto, PROTO_TCP);
	cr_assert_eq(row.family, AF_INET);
	cr_assert_eq(row.type, SOCK_STREAM);
	cr_assert_eq(row.state, TCP_STATE_ESTABLISHED);
	cr_assert_not(row.listening);
	cr_assert_eq(row.local.port, 22);
	cr_assert_eq(row.remote.port, 50000);
	cr_assert_eq(memcmp(row.local.addr.bytes, "\x0a\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16), 0);
	cr_assert_eq(memcmp(row.remote.addr.bytes, "\x0a\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16), 0);
	cr_assert_eq(row.local.ifindex, 3);
	cr_assert_eq(row.remote.ifindex, 0);
	cr_assert_eq(row.recv_q, 7);
	cr_assert_eq(row.send_q, 0xfffffff0);
	cr_assert_eq(row.uid, 1000);
	cr_assert_eq(row.inode, 0xfffffffe);
	cr_assert_eq(row.cookie, 0x2222222211111111);
	cr_assert_eq(row.timer, TIMER_OFF);
	cr_assert_eq(row.has, SOCK_HAS_UID | SOCK_HAS_INODE | SOCK_HAS_COOKIE | SOCK_HAS_QUEUES |
				      SOCK_HAS_TIMER | SOCK_HAS_IFINDEX);
	cr_assert_null(row.name);
	cr_assert_eq(row.n_owners, 0);
}

Test(diag_inet, every_short_message_is_damaged)
{
	struct inet_diag_msg msg = a_connection();
	struct sock row;

	for (size_t n = 0; n < sizeof(msg); n++)
		cr_assert_eq(diag_inet_parse(PROTO_TCP, guard_copy(&msg, n), n, &row, NULL, 0,
					     &attrs_bad),
			     NL_DAMAGED);
	for (int family = 0; family < 256; family++) {
		msg.idiag_family = (uint8_t)family;
		cr_assert_eq(parse(PROTO_TCP, &msg, &row),
			     family == AF_INET || family == AF_INET6 ? NL_ROW : NL_DAMAGED);
	}
}

Test(diag_inet, listener_has_a_backlog_and_no_send_queue)
{
	struct inet_diag_msg msg = a_connection();
	struct sock row;

	msg.idiag_state = TCP_STATE_LISTEN;
	msg.idiag_wqueue = 128;
	parse(PROTO_TCP, &msg, &row);
	cr_assert(row.listening);
	cr_assert_eq(row.recv_q, 7);
	cr_assert_eq(row.send_q, 0);
	cr_assert_eq(row.backlog, 128);
	cr_assert(row.has & SOCK_HAS_BACKLOG);
	parse(PROTO_UDP, &msg, &row);
	cr_assert_not(row.listening);
	cr_assert_eq(row.send_q, 128);
	cr_assert_not(row.has & SOCK_HAS_BACKLOG);
}

static const struct {
	const char *what;
	uint8_t state, timer;
	uint32_t inode, uid;
	uint32_t has;
} identities[] = {
	{ "connection", TCP_STATE_ESTABLISHED, 0, 5, 0, SOCK_HAS_UID | SOCK_HAS_INODE },
	{ "not accepted", TCP_STATE_ESTABLISHED, 0, 0, 0, 0 },
	{ "orphan whose user is known", TCP_STATE_FIN_WAIT1, 1, 0, 33, SOCK_HAS_UID },
	{ "orphan", TCP_STATE_LAST_ACK, 1, 0, 0, 0 },
	{ "TIME_WAIT", TCP_STATE_TIME_WAIT, 3, 0, 0, 0 },
	{ "TIME_WAIT with a stray user", TCP_STATE_TIME_WAIT, 3, 0, 9, 0 },
	{ "TIME_WAIT that calls itself FIN_WAIT2", TCP_STATE_FIN_WAIT2, 3, 0, 9, 0 },
	{ "FIN_WAIT2", TCP_STATE_FIN_WAIT2, 0, 5, 33, SOCK_HAS_UID | SOCK_HAS_INODE },
	{ "SYN_RECV", TCP_STATE_SYN_RECV, 1, 0, 0, 0 },
	{ "simultaneous open", TCP_STATE_SYN_RECV, 1, 5, 33, SOCK_HAS_UID | SOCK_HAS_INODE },
};

Test(diag_inet, who_holds_it)
{
	for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
		struct inet_diag_msg msg = a_connection();
		struct sock row;

		msg.idiag_state = identities[i].state;
		msg.idiag_timer = identities[i].timer;
		msg.idiag_inode = identities[i].inode;
		msg.idiag_uid = identities[i].uid;
		parse(PROTO_TCP, &msg, &row);
		cr_assert_eq(row.has & (SOCK_HAS_UID | SOCK_HAS_INODE), identities[i].has, "%s",
			     identities[i].what);
		if (!(row.has & SOCK_HAS_UID))
			cr_assert_eq(row.uid, 0, "%s", identities[i].what);
	}
}

Test(diag_inet, timers)
{
	static const struct {
		uint8_t timer;
		uint32_t has;
	} timers[] = {
		{ TIMER_OFF, 0 },
		{ TIMER_ON, SOCK_HAS_RETRANSMITS },
		{ TIMER_KEEPALIVE, SOCK_HAS_PROBES },
		{ TIMER_TIMEWAIT, 0 },
		{ TIMER_PROBE, SOCK_HAS_PROBES },
		{ TIMER_DELACK, 0 },
		{ 77, 0 },
	};
	const uint32_t counters = SOCK_HAS_RETRANSMITS | SOCK_HAS_PROBES;

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		struct inet_diag_msg msg = a_connection();
		struct sock row;

		msg.idiag_timer = timers[i].timer;
		msg.idiag_retrans = 3;
		msg.idiag_expires = 4500;
		parse(PROTO_TCP, &msg, &row);
		cr_assert_eq(row.timer, timers[i].timer);
		cr_assert_eq(row.timer_ms, timers[i].timer ? 4500 : 0);
		cr_assert_eq(row.has & counters, timers[i].has, "timer %u", timers[i].timer);
		cr_assert_eq(row.retransmits, timers[i].has & SOCK_HAS_RETRANSMITS ? 3 : 0);
		cr_assert_eq(row.probes, timers[i].has & SOCK_HAS_PROBES ? 3 : 0);
	}
}

Test(diag_inet, ipv6_scopes)
{
	struct inet_diag_msg msg = a_connection();
	struct sock row;

	msg.idiag_family = AF_INET6;
	inet_pton(AF_INET6, "2001:db8::1", msg.id.idiag_src);
	inet_pton(AF_INET6, "fe80::2", msg.id.idiag_dst);
	parse(PROTO_TCP, &msg, &row);
	cr_assert_eq(memcmp(row.local.addr.bytes, msg.id.idiag_src, 16), 0);
	cr_assert_eq(memcmp(row.remote.addr.bytes, msg.id.idiag_dst, 16), 0);
	cr_assert_eq(row.local.ifindex, 3);
	cr_assert_eq(row.remote.ifindex, 3);
	inet_pton(AF_INET6, "2001:db8::2", msg.id.idiag_dst);
	parse(PROTO_TCP, &msg, &row);
	cr_assert_eq(row.remote.ifindex, 0);
}

Test(diag_inet, raw_socket_has_its_protocol_for_a_port)
{
	struct inet_diag_msg msg = a_connection();
	struct sock row;

	msg.id.idiag_sport = htons(89);
	parse(PROTO_RAW, &msg, &row);
	cr_assert_eq(row.type, SOCK_RAW);
	cr_assert_eq(row.local.port, 89);
	cr_assert_eq(row.remote.port, 0);
}

static uint8_t body[8192];
static size_t body_len;

static void body_begin(const struct inet_diag_msg *msg)
{
	memcpy(body, msg, sizeof(*msg));
	body_len = sizeof(*msg);
}

static void body_attr(uint16_t type, const void *data, size_t n)
{
	body_len = fake_attr(body, body_len, type, data, n);
}

static enum nl_verdict body_parse(enum sock_proto proto, size_t len, struct sock *row)
{
	return diag_inet_parse(proto, guard_copy(body, len), len, row, NULL, 0, &attrs_bad);
}

/* A message with every attribute we read and some we do not. */
static void body_full(void)
{
	struct inet_diag_msg msg = a_connection();
	uint64_t cgroup = 0x123456789abc;
	uint8_t info[280] = { [2] = 5, [3] = 6 };

	body_begin(&msg);
	body_attr(INET_DIAG_SHUTDOWN, "\3", 1);
	body_attr(9999, "unknown", 7);
	body_attr(21 /* INET_DIAG_CGROUP_ID */, &cgroup, sizeof(cgroup));
	body_attr(INET_DIAG_SKV6ONLY | NLA_F_NET_BYTEORDER, "\1", 1);
	body_attr(INET_DIAG_CONG, "cubic", 6);
	body_attr(INET_DIAG_INFO, info, sizeof(info));
	body_attr(0x3fff, NULL, 0);
}

Test(diag_inet, attributes)
{
	struct sock row;

	body_full();
	cr_assert_eq(body_parse(PROTO_TCP, body_len, &row), NL_ROW);
	cr_assert_not(attrs_bad);
	cr_assert_eq(row.shutdown, 3);
	cr_assert_eq(row.cgroup_id, 0x123456789abc);
	cr_assert(row.v6only);
	cr_assert_eq(row.retransmits, 5);
	cr_assert_eq(row.probes, 6);
	cr_assert_eq(row.has & ~(uint32_t)0xff, SOCK_HAS_IFINDEX | SOCK_HAS_V6ONLY |
							SOCK_HAS_SHUTDOWN | SOCK_HAS_CGROUP |
							(SOCK_HAS_PROBES & ~0xff));
	cr_assert(row.has & SOCK_HAS_RETRANSMITS);
}

Test(diag_inet, cut_at_every_length)
{
	struct sock row;
	size_t n_whole = 0;

	body_full();
	for (size_t n = sizeof(struct inet_diag_msg); n <= body_len; n++) {
		cr_assert_eq(body_parse(PROTO_TCP, n, &row), NL_ROW);
		n_whole += !attrs_bad;
		cr_assert_eq(row.inode, 0xfffffffe);
		cr_assert_eq((row.has & SOCK_HAS_CGROUP) != 0, n >= 72 + 8 + 12 + 12);
	}
	/* Cuts between attributes, and those that only take padding away. */
	cr_assert_eq(n_whole, 1 + 4 + 2 + 1 + 4 + 3 + 1 + 1);
}

Test(diag_inet, attribute_lengths_that_lie)
{
	static const uint16_t lies[] = { 0, 1, 3, 0x00f0, 0x7fff, 0xffff };
	struct inet_diag_msg msg = a_connection();
	struct sock row;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		body_begin(&msg);
		body_attr(INET_DIAG_SHUTDOWN, "\1", 1);
		memcpy(body + body_len, &lies[i], 2);
		memcpy(body + body_len + 2, "\2\0\0\0\0\0", 6);
		cr_assert_eq(body_parse(PROTO_TCP, body_len + 8, &row), NL_ROW);
		cr_assert(attrs_bad);
		cr_assert_eq(row.shutdown, 1);
		cr_assert_eq(row.local.port, 22);
	}
}

Test(diag_inet, attributes_too_short_for_what_they_are)
{
	struct inet_diag_msg msg = a_connection();
	struct sock row;

	for (uint16_t type = 0; type < 30; type++) {
		body_begin(&msg);
		body_attr(type, NULL, 0);
		cr_assert_eq(body_parse(PROTO_TCP, body_len, &row), NL_ROW);
		cr_assert_eq(row.has & (SOCK_HAS_SHUTDOWN | SOCK_HAS_V6ONLY | SOCK_HAS_CGROUP |
					SOCK_HAS_RETRANSMITS | SOCK_HAS_PROBES),
			     0);
	}
	for (size_t n = 0; n <= 8; n++) {
		body_begin(&msg);
		body_attr(INET_DIAG_INFO, "\0\0\x7\x8\0\0\0\0", n);
		body_parse(PROTO_TCP, body_len, &row);
		cr_assert_not(attrs_bad);
		cr_assert_eq((row.has & SOCK_HAS_RETRANSMITS) != 0, n >= 3);
		cr_assert_eq((row.has & SOCK_HAS_PROBES) != 0, n >= 4);
		cr_assert_eq(row.retransmits, n >= 3 ? 7 : 0);
		cr_assert_eq(row.probes, n >= 4 ? 8 : 0);
	}
}

Test(diag_inet, flipped_bits)
{
	struct sock row;
	struct endpoint addrs[4];
	uint8_t list[128] = { AF_INET, AF_INET }; /* of either byte order */

	for (int proto = PROTO_TCP; proto <= PROTO_RAW; proto++) {
		body_full();
		body_attr(12, list, sizeof(list));
		for (size_t bit = 0; bit < body_len * 8; bit++) {
			uint8_t *copy = guard_copy(body, body_len);

			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
			diag_inet_parse((enum sock_proto)proto, copy, body_len, &row, addrs, 4,
					&attrs_bad);
		}
	}
}

/* An array of struct sockaddr_storage: "4" and "6" addresses numbered from first. */
static size_t sockaddrs(uint8_t *data, const char *kinds, uint8_t first)
{
	size_t n = 0;

	for (; *kinds; kinds++, n++) {
		uint8_t *one = data + 128 * n;
		uint16_t family = *kinds == '4' ? AF_INET : *kinds == '6' ? AF_INET6 : 99;

		memset(one, 0, 128);
		memcpy(one, &family, sizeof(family));
		if (family == AF_INET)
			memcpy(one + 4, (uint8_t[]){ 127, 0, 0, (uint8_t)(first + n) }, 4);
		else
			memcpy(one + 8, (uint8_t[16]){ 0x20, 1, [15] = (uint8_t)(first + n) }, 16);
	}
	return 128 * n;
}

static const uint8_t mapped_1[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 };

Test(diag_inet, sctp_endpoint)
{
	struct inet_diag_msg msg = a_connection();
	struct endpoint addrs[8];
	uint8_t list[256];
	struct sock row;

	msg.idiag_state = TCP_STATE_LISTEN;
	msg.idiag_wqueue = 9;
	body_begin(&msg);
	body_attr(12, list, sockaddrs(list, "44", 1));
	cr_assert_eq(diag_inet_parse(PROTO_SCTP, body, body_len, &row, addrs, 8, &attrs_bad),
		     NL_ROW);
	cr_assert_not(row.sctp_assoc);
	cr_assert(row.listening);
	cr_assert_eq(row.backlog, 9);
	cr_assert_eq(row.n_local_addrs, 2);
	cr_assert_eq(row.n_remote_addrs, 0);
	cr_assert_eq(memcmp(row.local.addr.bytes, "\x7f\0\0\1", 4), 0);
	cr_assert_eq(memcmp(&row.local_addrs[0], &row.local, sizeof(row.local)), 0);
	cr_assert_eq(row.local_addrs[1].addr.bytes[3], 2);
	cr_assert_eq(row.local_addrs[1].port, 22);
}

Test(diag_inet, sctp_association)
{
	struct inet_diag_msg msg = a_connection();
	struct endpoint addrs[8];
	uint8_t list[512];
	struct sock row;

	msg.idiag_state = SCTP_STATE_ESTABLISHED;
	memcpy(msg.id.idiag_dst, "\x7f\0\0\4", 4); /* the primary path is the second */
	body_begin(&msg);
	body_attr(12, list, sockaddrs(list, "44", 1));
	body_attr(13, list, sockaddrs(list, "44", 3));
	diag_inet_parse(PROTO_SCTP, body, body_len, &row, addrs, 8, &attrs_bad);
	cr_assert(row.sctp_assoc);
	cr_assert_not(row.listening);
	cr_assert_eq(row.state, SCTP_STATE_ESTABLISHED);
	cr_assert_eq(row.n_local_addrs, 2);
	cr_assert_eq(row.n_remote_addrs, 2);
	cr_assert_eq(row.remote.addr.bytes[3], 4);
	cr_assert_eq(row.remote_addrs[0].addr.bytes[3], 4);
	cr_assert_eq(row.remote_addrs[1].addr.bytes[3], 3);
	/* Without room for the lists, the ends are still right. */
	diag_inet_parse(PROTO_SCTP, body, body_len, &row, addrs, 3, &attrs_bad);
	cr_assert_eq(row.n_local_addrs, 0);
	cr_assert_null(row.remote_addrs);
	cr_assert_eq(row.local.addr.bytes[3], 1);
}

/* The kernel says "::" for an IPv6 association whose addresses are IPv4. */
Test(diag_inet, sctp_association_without_its_addresses)
{
	struct inet_diag_msg msg = a_connection();
	struct endpoint addrs[8];
	uint8_t list[512];
	struct sock row;

	msg.idiag_family = AF_INET6;
	memset(msg.id.idiag_src, 0, 16);
	memset(msg.id.idiag_dst, 0, 16);
	body_begin(&msg);
	body_attr(12, list, sockaddrs(list, "46", 1));
	body_attr(13, list, sockaddrs(list, "x6", 1));
	diag_inet_parse(PROTO_SCTP, body, body_len, &row, addrs, 8, &attrs_bad);
	cr_assert_eq(memcmp(row.local.addr.bytes, mapped_1, 16), 0);
	cr_assert_eq(row.remote.addr.bytes[0], 0x20);
	cr_assert_eq(row.n_local_addrs, 2);
	cr_assert_eq(row.n_remote_addrs, 1);
}

Test(diag_inet, sctp_timer)
{
	struct inet_diag_msg msg = a_connection();
	struct sock row;

	msg.idiag_timer = 4;
	msg.idiag_expires = 300;
	msg.idiag_retrans = 2;
	parse(PROTO_SCTP, &msg, &row);
	cr_assert_eq(row.timer, TIMER_ON);
	cr_assert_eq(row.timer_ms, 300);
	cr_assert_eq(row.retransmits, 2);
	msg.idiag_expires = (uint32_t)-300; /* not running */
	parse(PROTO_SCTP, &msg, &row);
	cr_assert_eq(row.timer, TIMER_OFF);
	cr_assert_eq(row.timer_ms, 0);
}

static struct {
	size_t n, n_calls, cancel_at;
	uint64_t sum;
	size_t n_addrs;
} taken;

static int take(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	taken.n += n;
	taken.n_calls++;
	for (size_t i = 0; i < n; i++) {
		taken.sum += rows[i].inode;
		for (size_t j = 0; j < rows[i].n_local_addrs; j++)
			taken.n_addrs += rows[i].local_addrs[j].addr.bytes[3] == j;
	}
	return taken.cancel_at && taken.n >= taken.cancel_at ? -EINTR : 0;
}

static const struct sock_sink sink = { .take = take };

static const struct inet_diag_req_v2 *request_for(const struct sock_query *query)
{
	begin();
	fake_done(0);
	cr_assert_eq(diag_inet_list(&session, query, &sink), 0);
	cr_assert_eq(fake.request_len, 16 + sizeof(struct inet_diag_req_v2));
	return (const void *)(fake.request + 16);
}

Test(diag_inet, requests)
{
	const struct inet_diag_req_v2 *req;

	req = request_for(&(struct sock_query){
		.proto = PROTO_TCP, .family = AF_INET6, .states = 1 << TCP_STATE_LISTEN });
	cr_assert_eq(((const struct nlmsghdr *)fake.request)->nlmsg_type, FAKE_ROW);
	cr_assert_eq(req->sdiag_family, AF_INET6);
	cr_assert_eq(req->sdiag_protocol, 6);
	cr_assert_eq(req->idiag_states, 1 << TCP_STATE_LISTEN);
	cr_assert_eq(req->idiag_ext, 0);
	req = request_for(&(struct sock_query){ .proto = PROTO_TCP,
						.family = AF_INET,
						.states = UINT32_MAX,
						.needs = NEED_TCP_INFO });
	cr_assert_eq(req->idiag_states, TCP_STATES_ALL | 1u << TCP_STATE_BOUND_INACTIVE);
	cr_assert_eq(req->idiag_ext, 1 << (INET_DIAG_INFO - 1));
	req = request_for(&(struct sock_query){ .proto = PROTO_UDP,
						.family = AF_INET,
						.states = 1 << TCP_STATE_CLOSE,
						.needs = NEED_TCP_INFO });
	cr_assert_eq(req->sdiag_protocol, 17);
	cr_assert_eq(req->idiag_ext, 0);
	req = request_for(&(struct sock_query){
		.proto = PROTO_SCTP, .family = AF_INET, .states = 1 << TCP_STATE_CLOSE });
	cr_assert_eq(req->sdiag_protocol, 132);
	cr_assert(req->idiag_states & 1 << TCP_STATE_LISTEN);
	req = request_for(&(struct sock_query){ .proto = PROTO_UDPLITE, .family = AF_INET });
	cr_assert_eq(req->sdiag_protocol, 136);
	req = request_for(&(struct sock_query){ .proto = PROTO_RAW, .family = AF_INET });
	cr_assert_eq(req->sdiag_protocol, 255);
}

static void rows(uint32_t from, uint32_t to)
{
	struct inet_diag_msg msg = a_connection();

	fake_datagram();
	for (uint32_t i = from; i <= to; i++) {
		msg.idiag_inode = i;
		msg.id.idiag_cookie[0] = i;
		fake_row(&msg, sizeof(msg));
	}
}

static const struct sock_query tcp = { .proto = PROTO_TCP, .family = AF_INET, .states = 2 };

Test(diag_inet, long_list)
{
	begin();
	memset(&taken, 0, sizeof(taken));
	for (uint32_t i = 0; i < 10; i++)
		rows(i * 300 + 1, i * 300 + 300);
	fake_done(0);
	cr_assert_eq(diag_inet_list(&session, &tcp, &sink), 0);
	cr_assert_eq(taken.n, 3000);
	cr_assert_eq(taken.sum, 3000u * 3001 / 2);
	cr_assert_str_eq(fake_report(), "");
}

Test(diag_inet, canceled_in_the_middle_of_a_datagram)
{
	begin();
	memset(&taken, 0, sizeof(taken));
	taken.cancel_at = 1;
	rows(1, 300);
	rows(301, 600);
	cr_assert_eq(diag_inet_list(&session, &tcp, &sink), -ECANCELED);
	cr_assert_eq(taken.n_calls, 1);
}

Test(diag_inet, damaged_attributes_are_told)
{
	struct inet_diag_msg msg = a_connection();
	uint8_t bad[sizeof(msg) + 4] = { 0 };

	begin();
	memset(&taken, 0, sizeof(taken));
	rows(1, 2);
	memcpy(bad, &msg, sizeof(msg));
	fake_row(bad, sizeof(bad));
	fake_done(0);
	cr_assert_eq(diag_inet_list(&session, &tcp, &sink), 1);
	cr_assert_eq(taken.n, 3);
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
	cr_assert_str_eq(fake_report(),
			 "lssock: tcp: 1 message from the kernel had a damaged attribute\n");
}

/* Many rows with many addresses each: the lists stay whole however the rows are cut in batches. */
/* An endpoint and two associations of it, all with its cookie, listed for these states. */
static size_t list_sctp_family(uint32_t states)
{
	const struct sock_query query = { .proto = PROTO_SCTP,
					  .family = AF_INET,
					  .states = states };
	struct inet_diag_msg msg = a_connection();
	static uint8_t list[128];

	begin();
	memset(&taken, 0, sizeof(taken));
	msg.id.idiag_cookie[0] = 7;
	fake_datagram();
	for (int i = 0; i < 3; i++) {
		body_begin(&msg);
		body_attr(12, list, sockaddrs(list, "4", 0));
		if (i > 0)
			body_attr(13, list, sockaddrs(list, "4", 0));
		fake_row(body, body_len);
	}
	fake_done(0);
	cr_assert_eq(diag_inet_list(&session, &query, &sink), 0);
	return taken.n;
}

Test(diag_inet, sctp_associations_are_not_their_endpoint)
{
	const uint32_t endpoints = 1u << TCP_STATE_LISTEN | 1u << TCP_STATE_CLOSE;

	cr_assert_eq(list_sctp_family(TCP_STATES_ALL), 3, "none is taken for a duplicate");
	cr_assert_eq(list_sctp_family(endpoints), 1);
	cr_assert_eq(list_sctp_family(TCP_STATES_ALL & ~endpoints), 2);
}

Test(diag_inet, sctp_lists_survive_batches)
{
	const struct sock_query query = { .proto = PROTO_SCTP,
					  .family = AF_INET,
					  .states = TCP_STATES_ALL };
	struct inet_diag_msg msg = a_connection();
	static uint8_t list[128 * 40];
	char kinds[41];

	begin();
	memset(&taken, 0, sizeof(taken));
	memset(kinds, '4', 40);
	kinds[40] = '\0';
	for (uint32_t i = 1; i <= 200; i++) {
		msg.id.idiag_cookie[0] = i;
		msg.idiag_inode = i;
		body_begin(&msg);
		body_attr(12, list, sockaddrs(list, kinds, 0));
		if (i % 5 == 1)
			fake_datagram();
		fake_row(body, body_len);
	}
	fake_done(0);
	cr_assert_eq(diag_inet_list(&session, &query, &sink), 0);
	cr_assert_eq(taken.n, 200);
	cr_assert_eq(taken.n_addrs, 200 * 40);
}
