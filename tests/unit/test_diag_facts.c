/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sock_diag tells besides plain rows: its attributes sound and damaged, that they are asked
 * for only when wanted, and that each row gets its own. */
#include "source/diag_facts.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include "source/diag_inet.h"
#include "source/diag_unix.h"
#include "source/unix_join.h"

#include "fake_link.h"

enum { MESSAGE_MAX = 1024, NESTED = 0x8000 };

/* struct inet_diag_msg or unix_diag_msg, and attributes. */
struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t n;
};

static void put(struct message *message, uint16_t type, const void *data, size_t n)
{
	message->n = fake_attr(message->bytes, message->n, type, data, n);
}

static struct message inet_message(void)
{
	const struct inet_diag_msg msg = { .idiag_family = AF_INET, .idiag_state = 1 };
	struct message message = { .n = sizeof(msg) };

	memcpy(message.bytes, &msg, sizeof(msg));
	return message;
}

static struct message unix_message(uint32_t inode)
{
	const struct unix_diag_msg msg = {
		.udiag_family = AF_UNIX,
		.udiag_type = SOCK_STREAM,
		.udiag_state = TCP_STATE_ESTABLISHED,
		.udiag_ino = inode,
		.udiag_cookie = { inode, 0 },
	};
	struct message message = { .n = sizeof(msg) };

	memcpy(message.bytes, &msg, sizeof(msg));
	return message;
}

static bool parse(enum sock_proto proto, const struct message *message, size_t n,
		  struct sock_facts *facts)
{
	memset(facts, 0xaa, sizeof(*facts)); /* nothing may be left of it */
	return diag_facts_parse_inet(proto, guard_copy(message->bytes, n), n, facts);
}

static void assert_blob(const struct blob *blob, const void *data, size_t n)
{
	cr_assert_eq(blob->len, n);
	cr_assert_eq(memcmp(blob->data, data, n), 0);
}

/* Everything there is, as a message of TCP. */
static struct message full_message(void)
{
	static const uint8_t info[280] = { [0] = 1, [279] = 7 }, skmem[36] = { 1 };
	static const uint8_t vegas[16] = { 2 }, dctcp[16] = { 3 }, bbr[20] = { 4 };
	static const uint8_t keys[300] = "key";
	const uint32_t mark = 0x1234, class_id = 0x10002, token_remote = 77, token_local = 78;
	const uint16_t version = 0x0304, cipher = 51, tx = 2, rx = 3;
	struct message message = inet_message(), ulp = { .n = 0 }, tls = { .n = 0 },
		       subflow = { .n = 0 };

	put(&tls, 1, &version, 2);
	put(&tls, 2, &cipher, 2);
	put(&tls, 3, &tx, 2);
	put(&tls, 4, &rx, 2);
	put(&tls, 5, NULL, 0);
	put(&tls, 99, "new", 3);
	put(&subflow, 1, &token_remote, 4);
	put(&subflow, 2, &token_local, 4);
	put(&subflow, 9, "\x05", 1);
	put(&subflow, 10, "\x06", 1);
	put(&ulp, 1, "tls", 4);
	put(&ulp, 2 | NESTED, tls.bytes, tls.n);
	put(&ulp, 3 | NESTED, subflow.bytes, subflow.n);
	put(&message, INET_DIAG_SHUTDOWN, "\x03", 1);
	put(&message, INET_DIAG_TOS, "\x10", 1);
	put(&message, INET_DIAG_TCLASS, "\x20", 1);
	put(&message, 17, &class_id, 4);
	put(&message, INET_DIAG_MARK, &mark, 4);
	put(&message, INET_DIAG_SKMEMINFO, skmem, sizeof(skmem));
	put(&message, INET_DIAG_CONG, "cubic", 6);
	put(&message, 18, keys, sizeof(keys));
	put(&message, 22, "\x05\x02", 2);
	put(&message, INET_DIAG_VEGASINFO, vegas, sizeof(vegas));
	put(&message, INET_DIAG_DCTCPINFO, dctcp, sizeof(dctcp));
	put(&message, 16, bbr, sizeof(bbr));
	put(&message, 19 | NESTED, ulp.bytes, ulp.n);
	put(&message, 500, "unknown", 7);
	put(&message, INET_DIAG_INFO, info, sizeof(info));
	return message;
}

Test(diag_facts, everything)
{
	const struct message message = full_message();
	struct sock_facts facts;

	cr_assert(parse(PROTO_TCP, &message, message.n, &facts));
	cr_assert_eq(facts.has, FACT_MARK | FACT_TOS | FACT_TCLASS | FACT_CLASS_ID | FACT_SOCKOPT |
					FACT_MD5 | FACT_TLS | FACT_TLS_VERSION | FACT_TLS_CIPHER |
					FACT_TLS_TX | FACT_TLS_RX | FACT_MPTCP_TOKENS |
					FACT_MPTCP_IDS);
	cr_assert_eq(facts.mark, 0x1234);
	cr_assert_eq(facts.class_id, 0x10002);
	cr_assert_eq(facts.tos, 0x10);
	cr_assert_eq(facts.tclass, 0x20);
	cr_assert_eq(facts.n_md5, 3);
	cr_assert_eq(facts.tls_version, 0x0304);
	cr_assert_eq(facts.tls_cipher, 51);
	cr_assert_eq(facts.tls_tx, 2);
	cr_assert_eq(facts.tls_rx, 3);
	cr_assert(facts.tls_zero_copy);
	cr_assert_not(facts.tls_no_pad);
	cr_assert_eq(facts.mptcp_token_local, 78);
	cr_assert_eq(facts.mptcp_token_remote, 77);
	cr_assert_eq(facts.mptcp_id_local, 6);
	cr_assert_eq(facts.mptcp_id_remote, 5);
	assert_blob(&facts.congestion, "cubic", 5);
	assert_blob(&facts.ulp, "tls", 3);
	cr_assert_eq(facts.tcp_info.len, 280);
	cr_assert_eq(facts.tcp_info.data[279], 7);
	cr_assert_eq(facts.skmem.len, 36);
	cr_assert_eq(facts.vegas.data[0], 2);
	cr_assert_eq(facts.dctcp.data[0], 3);
	cr_assert_eq(facts.bbr.data[0], 4);
	cr_assert_eq(facts.vfs_inode, 0);
}

/* The compiler's word on where bit-fields are. */
Test(diag_facts, socket_options_begin_at_the_low_bit)
{
	const struct inet_diag_sockopt options = { .recverr = 1,
						   .transparent = 1,
						   .recverr_rfc4884 = 1 };
	struct message message = inet_message();
	struct sock_facts facts;

	put(&message, 22, &options, sizeof(options));
	cr_assert(parse(PROTO_UDP, &message, message.n, &facts));
	cr_assert_eq(facts.sockopt[0], 1 << 0 | 1 << 5);
	cr_assert_eq(facts.sockopt[1], 1 << 1);
}

Test(diag_facts, sctp_has_another_info)
{
	struct message message = inet_message();
	struct sock_facts facts;

	put(&message, INET_DIAG_INFO, "12345678", 8);
	cr_assert(parse(PROTO_SCTP, &message, message.n, &facts));
	cr_assert_null(facts.tcp_info.data);
	cr_assert_eq(facts.tcp_info.len, 0);
}

Test(diag_facts, of_every_length)
{
	const struct message message = full_message();
	struct sock_facts facts;
	size_t n_good = 0;

	for (size_t n = 0; n < message.n; n++) {
		bool good = parse(PROTO_TCP, &message, n, &facts);

		n_good += good;
		cr_assert_eq(facts.tcp_info.len, 0, "%zu", n);
	}
	/* Between attributes, where nothing shows that any is missing; a last padding may be gone.
	 */
	cr_assert_geq(n_good, 15);
	cr_assert_leq(n_good, 15 * 4);
}

/* What was told before the damage is kept, and attributes too short for what they are give nothing.
 */
Test(diag_facts, short_attributes)
{
	static const struct {
		uint16_t type;
		size_t need;
	} rows[] = {
		{ INET_DIAG_TOS, 1 }, { INET_DIAG_TCLASS, 1 }, { 17, 4 }, { 15, 4 }, { 22, 2 }
	};
	static const uint8_t zeros[8];
	struct sock_facts facts;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t n = 0; n < 6; n++) {
			struct message message = inet_message();

			put(&message, rows[i].type, zeros, n);
			cr_assert_eq(parse(PROTO_TCP, &message, message.n, &facts),
				     n >= rows[i].need);
			cr_assert_eq(facts.has != 0, n >= rows[i].need);
		}
	}
	for (size_t n = 0; n < 250; n++) {
		static const uint8_t keys[250];
		struct message message = inet_message();

		put(&message, 18, keys, n);
		cr_assert_eq(parse(PROTO_TCP, &message, message.n, &facts), n % 100 == 0);
		cr_assert_eq(facts.n_md5, n / 100);
	}
}

Test(diag_facts, names_without_an_end)
{
	struct message message = inet_message(), empty = inet_message();
	struct sock_facts facts;

	put(&message, INET_DIAG_CONG, "bbr", 3);
	cr_assert(parse(PROTO_TCP, &message, sizeof(struct inet_diag_msg) + 7, &facts));
	assert_blob(&facts.congestion, "bbr", 3);
	put(&empty, INET_DIAG_CONG, "", 1);
	cr_assert(parse(PROTO_TCP, &empty, empty.n, &facts));
	cr_assert_null(facts.congestion.data);
}

/* Nested ones that reach beyond what holds them. */
Test(diag_facts, damaged_nested_attributes)
{
	struct message message = full_message();
	struct sock_facts facts;
	unsigned int n_bad = 0;

	for (size_t at = sizeof(struct inet_diag_msg); at < message.n - 284; at++) {
		for (int bit = 0; bit < 8; bit++) {
			message.bytes[at] ^= (uint8_t)(1 << bit);
			n_bad += !parse(PROTO_TCP, &message, message.n, &facts);
			message.bytes[at] ^= (uint8_t)(1 << bit);
		}
	}
	cr_assert_gt(n_bad, 100);
}

Test(diag_facts, unix_file_and_memory)
{
	const struct unix_diag_vfs vfs = { .udiag_vfs_ino = UINT32_MAX, .udiag_vfs_dev = 0x800001 };
	static const uint8_t skmem[36] = { 9 };
	struct message message = unix_message(1);
	struct sock_facts facts;

	put(&message, UNIX_DIAG_VFS, &vfs, sizeof(vfs));
	put(&message, UNIX_DIAG_MEMINFO, skmem, sizeof(skmem));
	for (size_t n = 0; n <= message.n; n++) {
		bool good = diag_facts_parse_unix(guard_copy(message.bytes, n), n, &facts);

		cr_assert_eq(good, n == 16 || n == 28 || n == message.n, "%zu", n);
		cr_assert_eq(facts.has, n >= 28 ? FACT_VFS : 0);
	}
	cr_assert_eq(facts.vfs_inode, UINT32_MAX);
	cr_assert_eq(facts.vfs_device, 0x800001);
	assert_blob(&facts.skmem, skmem, sizeof(skmem));
	message = unix_message(1);
	put(&message, UNIX_DIAG_VFS, &vfs, 7);
	cr_assert_not(diag_facts_parse_unix(message.bytes, message.n, &facts));
	cr_assert_eq(facts.has, 0);
}

static struct nl_session session;

static void begin(void)
{
	fake_begin();
	session = (struct nl_session){ .env = &fake.env, .report = &fake.report };
}

static void finish(void)
{
	nl_session_end(&session);
	fake_end();
}

TestSuite(diag_facts_dump, .init = begin, .fini = finish);

static size_t n_rows;

/* Each row's mark, or the first byte of its memory, is its inode. */
static int take(void *ctx, struct sock *rows, size_t n)
{
	bool wanted = ctx != NULL;

	for (size_t i = 0; i < n; i++) {
		cr_assert_eq(rows[i].facts != NULL, wanted);
		if (!wanted)
			continue;
		if (rows[i].proto == PROTO_UNIX)
			cr_assert_eq(rows[i].facts->skmem.data[0], (uint8_t)rows[i].inode);
		else
			cr_assert_eq(rows[i].facts->mark, rows[i].inode);
	}
	n_rows += n;
	return 0;
}

/* The fixed part of the request behind netlink's header. */
static const void *list(const struct sock_query *query,
			int (*lister)(struct nl_session *, const struct sock_query *,
				      const struct sock_sink *))
{
	const struct sock_sink sink = { .take = take,
					.ctx = diag_facts_wanted(query->needs) ? &fake : NULL };

	n_rows = 0;
	cr_assert_geq(lister(&session, query, &sink), 0);
	return fake.request + NLMSG_HDRLEN;
}

static void answer_inet(uint32_t n)
{
	fake_answer();
	fake_datagram();
	for (uint32_t i = 1; i <= n; i++) {
		const struct inet_diag_msg msg = {
			.idiag_family = AF_INET,
			.idiag_state = 1,
			.idiag_inode = i,
			.id = { .idiag_cookie = { i, 0 } },
		};
		struct message message = { .n = sizeof(msg) };

		memcpy(message.bytes, &msg, sizeof(msg));
		put(&message, INET_DIAG_MARK, &i, sizeof(i));
		fake_row(message.bytes, message.n);
		if (i % 100 == 0)
			fake_datagram();
	}
	fake_done(0);
}

Test(diag_facts_dump, every_row_has_its_own)
{
	answer_inet(1050);
	list(&(struct sock_query){ .proto = PROTO_TCP, .family = AF_INET, .needs = NEED_FACTS },
	     diag_inet_list);
	cr_assert_eq(n_rows, 1050);
	answer_inet(1050);
	list(&(struct sock_query){ .proto = PROTO_TCP, .family = AF_INET }, diag_inet_list);
	cr_assert_eq(n_rows, 1050);
}

Test(diag_facts_dump, nothing_is_asked_for_without_need)
{
	static const struct {
		uint32_t needs;
		uint8_t ext;
	} rows[] = {
		{ 0, 0 },
		{ NEED_FACTS, 0 },
		{ NEED_FACTS | NEED_TCP_INFO, 1 << (INET_DIAG_INFO - 1) },
		{ NEED_FACTS | NEED_SKMEM, 1 << (INET_DIAG_SKMEMINFO - 1) },
		{ NEED_FACTS | NEED_CONGESTION, 1 << (INET_DIAG_CONG - 1) },
		{ NEED_FACTS | NEED_CC_INFO, 1 << (INET_DIAG_VEGASINFO - 1) },
		{ NEED_FACTS | NEED_TOS, 1 << (INET_DIAG_TOS - 1) },
		{ NEED_FACTS | NEED_TCLASS, 1 << (INET_DIAG_TCLASS - 1) },
		{ NEED_VFS | NEED_OWNERS | NEED_REFCNT | NEED_USER, 0 },
		{ UINT32_MAX, 0x7e },
	};
	const struct inet_diag_req_v2 *req;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer_inet(0);
		req = list(&(struct sock_query){ .proto = PROTO_TCP,
						 .family = AF_INET,
						 .needs = rows[i].needs },
			   diag_inet_list);
		cr_assert_eq(req->idiag_ext, rows[i].ext, "%zu", i);
	}
	answer_inet(0);
	req = list(&(struct sock_query){ .proto = PROTO_UDP,
					 .family = AF_INET,
					 .needs = NEED_FACTS | NEED_TCP_INFO | NEED_SKMEM },
		   diag_inet_list);
	cr_assert_eq(req->idiag_ext, 1 << (INET_DIAG_SKMEMINFO - 1));
}

static void answer_unix(uint32_t n)
{
	fake_answer();
	fake_datagram();
	for (uint32_t i = 1; i <= n; i++) {
		struct message message = unix_message(i);
		const uint8_t skmem[36] = { (uint8_t)i };

		put(&message, UNIX_DIAG_MEMINFO, skmem, sizeof(skmem));
		fake_row(message.bytes, message.n);
		if (i % 100 == 0)
			fake_datagram();
	}
	fake_done(0);
}

Test(diag_facts_dump, unix_rows)
{
	const uint32_t plain =
		UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
	const struct unix_diag_req *req;
	struct sock_query query = { .proto = PROTO_UNIX, .family = AF_UNIX, .states = UINT32_MAX };

	answer_unix(300);
	req = list(&query, diag_unix_list);
	cr_assert_eq(req->udiag_show, plain);
	cr_assert_eq(n_rows, 300);
	query.needs = NEED_FACTS | NEED_SKMEM;
	answer_unix(300);
	req = list(&query, diag_unix_list);
	cr_assert_eq(req->udiag_show, plain | UDIAG_SHOW_MEMINFO);
	cr_assert_eq(n_rows, 300);
	query.needs = NEED_FACTS | NEED_SKMEM | NEED_VFS;
	answer_unix(300);
	req = list(&query, unix_join_list);
	cr_assert_eq(req->udiag_show, plain | UDIAG_SHOW_MEMINFO | UDIAG_SHOW_VFS);
	cr_assert_eq(n_rows, 300);
}

Test(diag_facts_dump, damage_is_told_once)
{
	const struct sock_sink sink = { .take = take, .ctx = &fake };
	const struct inet_diag_msg msg = { .idiag_family = AF_INET, .idiag_state = 1 };
	struct message message = { .n = sizeof(msg) };

	memcpy(message.bytes, &msg, sizeof(msg));
	put(&message, INET_DIAG_MARK, "x", 1);
	fake_answer();
	fake_datagram();
	fake_row(message.bytes, message.n);
	fake_done(0);
	cr_assert_eq(diag_inet_list(&session,
				    &(struct sock_query){ .proto = PROTO_TCP,
							  .family = AF_INET,
							  .needs = NEED_FACTS },
				    &sink),
		     1);
	cr_assert_neq(fake_report()[0], '\0');
	cr_assert_null(strchr(strchr(fake_report(), '\n') + 1, '\n'));
}
