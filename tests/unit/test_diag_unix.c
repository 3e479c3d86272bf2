/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unix_diag messages: names of every kind, states, damage. */
#include "source/diag_unix.h"

#include <linux/unix_diag.h>
#include <sys/socket.h>

#include "fake_link.h"

static struct nl_session session;

static void finish(void)
{
	nl_session_end(&session);
	fake_end();
}

TestSuite(diag_unix, .fini = finish);

static uint8_t body[512];
static size_t body_len;
static bool attrs_bad;
static struct sock row;

static void body_begin(uint8_t state, uint32_t inode)
{
	struct unix_diag_msg msg = {
		.udiag_family = AF_UNIX,
		.udiag_type = SOCK_SEQPACKET,
		.udiag_state = state,
		.udiag_ino = inode,
		.udiag_cookie = { inode, 1 },
	};

	memcpy(body, &msg, sizeof(msg));
	body_len = sizeof(msg);
}

static void body_attr(uint16_t type, const void *data, size_t n)
{
	body_len = fake_attr(body, body_len, type, data, n);
}

static enum nl_verdict parse(size_t len)
{
	memset(&row, 0xaa, sizeof(row));
	return diag_unix_parse(guard_copy(body, len), len, &row, &attrs_bad);
}

static void assert_name(enum unix_name_kind kind, const char *name, size_t n)
{
	cr_assert_eq(row.name_kind, kind);
	cr_assert_eq(row.name_len, n);
	if (n)
		cr_assert_eq(memcmp(row.name, name, n), 0);
}

static void parse_name(const void *name, size_t n)
{
	body_begin(TCP_STATE_CLOSE, 5);
	body_attr(UNIX_DIAG_NAME, name, n);
	cr_assert_eq(parse(body_len), NL_ROW);
}

Test(diag_unix, names)
{
	char longest[110];

	parse_name("/run/x", 7);
	assert_name(UNIX_PATHNAME, "/run/x", 6);
	parse_name("/run/x", 6);
	assert_name(UNIX_PATHNAME, "/run/x", 6);
	parse_name("@x", 3); /* a path */
	assert_name(UNIX_PATHNAME, "@x", 2);
	parse_name("\0x", 2);
	assert_name(UNIX_ABSTRACT, "x", 1);
	parse_name("\0a\0b\0", 5); /* NULs of an abstract name are its own, the last one too */
	assert_name(UNIX_ABSTRACT, "a\0b\0", 4);
	parse_name("\0", 1);
	assert_name(UNIX_ABSTRACT, "", 0);
	parse_name("a\nb \x1b", 6);
	assert_name(UNIX_PATHNAME, "a\nb \x1b", 5);
	parse_name(NULL, 0);
	assert_name(UNIX_UNNAMED, "", 0);
	memset(longest, 'x', sizeof(longest));
	parse_name(longest, 109);
	cr_assert_not(attrs_bad);
	assert_name(UNIX_PATHNAME, longest, 109);
	parse_name(longest, 110);
	cr_assert(attrs_bad);
	assert_name(UNIX_UNNAMED, "", 0);
}

Test(diag_unix, states)
{
	for (unsigned int state = 0; state < 256; state++) {
		unsigned int expected = UNIX_STATE_OTHER + state % UNIX_STATE_OTHER;

		if (state == TCP_STATE_ESTABLISHED)
			expected = UNIX_STATE_CONNECTED;
		if (state == TCP_STATE_LISTEN || state == TCP_STATE_CLOSE)
			expected = UNIX_STATE_UNCONNECTED;
		body_begin((uint8_t)state, 5);
		parse(body_len);
		cr_assert_eq(row.state, expected, "state %u", state);
		cr_assert_eq(row.listening, state == TCP_STATE_LISTEN);
	}
}

static void body_full(uint8_t state)
{
	body_begin(state, 77);
	body_attr(UNIX_DIAG_NAME, "\0name", 5);
	body_attr(UNIX_DIAG_PEER, &(uint32_t){ 78 }, 4);
	body_attr(999, "later", 5);
	body_attr(UNIX_DIAG_RQLEN, &(uint32_t[]){ 3, 128 }, 8);
	body_attr(UNIX_DIAG_SHUTDOWN, "\2", 1);
	body_attr(UNIX_DIAG_UID, &(uint32_t){ 1000 }, 4);
}

Test(diag_unix, facts)
{
	body_full(TCP_STATE_ESTABLISHED);
	cr_assert_eq(parse(body_len), NL_ROW);
	cr_assert_not(attrs_bad);
	cr_assert_eq(row.proto, PROTO_UNIX);
	cr_assert_eq(row.family, AF_UNIX);
	cr_assert_eq(row.type, SOCK_SEQPACKET);
	cr_assert_eq(row.inode, 77);
	cr_assert_eq(row.cookie, 0x10000004d);
	cr_assert_eq(row.peer_inode, 78);
	cr_assert_eq(row.recv_q, 3);
	cr_assert_eq(row.send_q, 128);
	cr_assert_eq(row.shutdown, 2);
	cr_assert_eq(row.uid, 1000);
	cr_assert_eq(row.has, SOCK_HAS_UID | SOCK_HAS_INODE | SOCK_HAS_COOKIE | SOCK_HAS_QUEUES |
				      SOCK_HAS_SHUTDOWN | SOCK_HAS_PEER);
	body_full(TCP_STATE_LISTEN);
	parse(body_len);
	cr_assert_eq(row.recv_q, 3);
	cr_assert_eq(row.send_q, 0);
	cr_assert_eq(row.backlog, 128);
	cr_assert(row.has & SOCK_HAS_BACKLOG);
}

Test(diag_unix, cut_at_every_length)
{
	size_t n_whole = 0;

	body_full(TCP_STATE_ESTABLISHED);
	for (size_t n = 0; n < sizeof(struct unix_diag_msg); n++)
		cr_assert_eq(parse(n), NL_DAMAGED);
	for (size_t n = sizeof(struct unix_diag_msg); n <= body_len; n++) {
		cr_assert_eq(parse(n), NL_ROW);
		cr_assert_eq(row.inode, 77);
		cr_assert_eq((row.has & SOCK_HAS_PEER) != 0, n >= 16 + 12 + 8);
		n_whole += !attrs_bad;
	}
	cr_assert_eq(n_whole, 1 + 4 + 1 + 4 + 1 + 4 + 1);
}

Test(diag_unix, damage)
{
	for (uint16_t type = 0; type < 10; type++) {
		body_begin(TCP_STATE_CLOSE, 5);
		body_attr(type, NULL, 0);
		cr_assert_eq(parse(body_len), NL_ROW);
		cr_assert_eq(row.has, SOCK_HAS_INODE | SOCK_HAS_COOKIE);
	}
	body_full(TCP_STATE_ESTABLISHED);
	for (size_t bit = 0; bit < body_len * 8; bit++) {
		uint8_t *copy = guard_copy(body, body_len);

		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (diag_unix_parse(copy, body_len, &row, &attrs_bad) == NL_ROW && row.name_len)
			cr_assert_geq(row.name[row.name_len - 1], 0); /* readable */
	}
	body[0] = AF_INET;
	cr_assert_eq(parse(body_len), NL_DAMAGED);
}

static size_t n_taken;

static int take(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(memcmp(rows[i].name, "name", 4), 0);
	n_taken += n;
	return 0;
}

Test(diag_unix, list)
{
	const struct sock_query query = { .proto = PROTO_UNIX,
					  .family = AF_UNIX,
					  .states = 1 << 10 };
	const struct sock_sink sink = { .take = take };
	const struct unix_diag_req *req;

	fake_begin();
	session = (struct nl_session){ .env = &fake.env, .report = &fake.report };
	for (uint32_t i = 1; i <= 400; i++) {
		body_full(TCP_STATE_LISTEN);
		memcpy(body + 8, &i, sizeof(i)); /* the cookie */
		if (i % 200 == 1)
			fake_datagram();
		fake_row(body, body_len);
	}
	fake_done(0);
	cr_assert_eq(diag_unix_list(&session, &query, &sink), 0);
	cr_assert_eq(n_taken, 400);
	req = (const void *)(fake.request + 16);
	cr_assert_eq(req->sdiag_family, AF_UNIX);
	cr_assert_eq(req->udiag_states, 1 << 10);
	/* Pending connections in a dump can make the kernel end it early without a word. */
	cr_assert_eq(req->udiag_show & UDIAG_SHOW_ICONS, 0);
	cr_assert(req->udiag_show & UDIAG_SHOW_NAME);
}
