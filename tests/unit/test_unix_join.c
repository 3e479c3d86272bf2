/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink and /proc/net/unix joined: RefCnt, connections not yet accepted, and names that try to
 * pass for lines. */
#include "source/unix_join.h"

#include <fcntl.h>
#include <linux/unix_diag.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "fake_link.h"

enum { FREE_STATE = 7, CONNECTED = 1, LISTENING = 10, ROWS_MAX = 3000 };

/* What a row was, with its name as text ("-": unnamed, "P:", "A:"). */
struct seen {
	uint64_t inode;
	uint32_t refcnt; /* 0: not known */
	uint32_t has;
	uint8_t state, type;
	bool listening;
	char name[128];
};

static struct {
	struct seen rows[ROWS_MAX];
	size_t n, cancel_at;
} got;

static struct nl_session session;
static char dir[] = "/tmp/lssock-test-XXXXXX";
static char path[64];
static char file[1 << 20];
static size_t file_len;

static void finish(void)
{
	nl_session_end(&session);
	if (fake.env.proc_fd >= 0)
		close(fake.env.proc_fd);
	fake_end();
	unlink(path);
	path[strlen(dir) + 4] = '\0'; /* ".../net" */
	rmdir(path);
	rmdir(dir);
}

static void begin(void)
{
	fake_begin();
	fake_datagram();
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/net", dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/net/unix", dir);
	fake.env.proc_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	session = (struct nl_session){ .env = &fake.env, .report = &fake.report };
	file_len =
		(size_t)sprintf(file, "Num       RefCount Protocol Flags    Type St Inode Path\n");
}

TestSuite(unix_join, .init = begin, .fini = finish);

static uint32_t cookie_high = 1; /* of the sockets that known() makes */

/* A socket in netlink's list; name with its leading or final NUL, NULL: unnamed. */
static void known(uint32_t inode, uint8_t state, const void *name, size_t n)
{
	struct unix_diag_msg msg = {
		.udiag_family = AF_UNIX,
		.udiag_type = SOCK_STREAM,
		.udiag_state = state,
		.udiag_ino = inode,
		.udiag_cookie = { inode, cookie_high },
	};
	uint32_t queues[] = { 1, 2 }, uid = 1000;
	uint8_t body[512];
	size_t len = sizeof(msg);

	memcpy(body, &msg, sizeof(msg));
	if (name)
		len = fake_attr(body, len, UNIX_DIAG_NAME, name, n);
	len = fake_attr(body, len, UNIX_DIAG_RQLEN, queues, sizeof(queues));
	len = fake_attr(body, len, UNIX_DIAG_UID, &uid, sizeof(uid));
	fake_row(body, len);
}

__attribute__((format(printf, 1, 2))) static void text(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	file_len += (size_t)vsnprintf(file + file_len, sizeof(file) - file_len, format, args);
	va_end(args);
}

/* A line of the file as the kernel prints it, without its newline. */
static void head(uint32_t inode, unsigned int refcnt, uint8_t state)
{
	bool connected = state == CONNECTED;

	text("0000000000000000: %08X 00000000 %08X 0001 %02X %5u", refcnt,
	     state == LISTENING ? 0x10000 : 0,
	     inode ? (connected ? UNIX_STATE_CONNECTED : UNIX_STATE_UNCONNECTED)
		   : (connected ? UNIX_STATE_CONNECTING : UNIX_STATE_DISCONNECTING),
	     inode);
}

static void line(uint32_t inode, unsigned int refcnt, uint8_t state, const char *name)
{
	head(inode, refcnt, state);
	text("%s%s\n", *name ? " " : "", name);
}

static int take(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		const struct sock *row = &rows[i];
		struct seen *seen = &got.rows[got.n++];

		cr_assert_eq(row->proto, PROTO_UNIX);
		cr_assert_eq(row->family, AF_UNIX);
		*seen = (struct seen){
			.inode = row->inode,
			.refcnt = row->refcnt,
			.has = row->has,
			.state = row->state,
			.type = row->type,
			.listening = row->listening,
		};
		snprintf(seen->name, sizeof(seen->name), "%s%.*s",
			 row->name_kind == UNIX_UNNAMED    ? "-"
			 : row->name_kind == UNIX_ABSTRACT ? "A:"
							   : "P:",
			 row->name_len, row->name_len ? (const char *)row->name : "");
		cr_assert_eq((row->has & SOCK_HAS_REFCNT) != 0, row->refcnt != 0);
		cr_assert_eq((row->has & SOCK_HAS_INODE) != 0, row->inode != 0);
	}
	return got.cancel_at && got.n >= got.cancel_at ? -EINTR : 0;
}

static int run(void)
{
	static const struct sock_query query = {
		.proto = PROTO_UNIX, .family = AF_UNIX, .needs = NEED_REFCNT, .states = 1 << 10
	};
	static const struct sock_sink sink = { .take = take };
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_eq(write(fd, file, file_len), (ssize_t)file_len);
	close(fd);
	fake_done(0);
	return unix_join_list(&session, &query, &sink);
}

static void assert_row(size_t i, uint64_t inode, uint32_t refcnt, const char *name)
{
	cr_assert_lt(i, got.n, "only %zu rows", got.n);
	cr_assert_eq(got.rows[i].inode, inode, "row %zu has inode %llu", i,
		     (unsigned long long)got.rows[i].inode);
	cr_assert_eq(got.rows[i].refcnt, refcnt, "row %zu has refcnt %u", i, got.rows[i].refcnt);
	cr_assert_str_eq(got.rows[i].name, name);
}

static void assert_quiet(void)
{
	cr_assert_str_eq(fake_report(), "");
}

Test(unix_join, rows_in_the_order_of_the_file)
{
	known(11, LISTENING, "/run/a", 7);
	known(12, CONNECTED, NULL, 0);
	known(13, FREE_STATE, "\0abs", 4);
	known(14, CONNECTED, "/run/a", 7);
	line(13, 2, FREE_STATE, "@abs");
	line(11, 3, LISTENING, "/run/a");
	line(14, 4, CONNECTED, "/run/a");
	line(12, 5, CONNECTED, "");
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 4);
	assert_row(0, 13, 2, "A:abs");
	assert_row(1, 11, 3, "P:/run/a");
	cr_assert(got.rows[1].listening);
	assert_row(2, 14, 4, "P:/run/a");
	cr_assert_eq(got.rows[2].state, UNIX_STATE_CONNECTED);
	assert_row(3, 12, 5, "-");
	cr_assert(got.rows[3].has & SOCK_HAS_UID);
	assert_quiet();
	/* Names of sockets that were not asked for are needed as well. */
	cr_assert_eq(
		((const struct unix_diag_req *)(const void *)(fake.request + 16))->udiag_states,
		UINT32_MAX);
}

Test(unix_join, names_that_look_alike_in_the_file)
{
	known(11, FREE_STATE, "@a", 3);
	known(12, FREE_STATE, "\0a", 2);
	known(13, FREE_STATE, "\0", 1);
	known(14, FREE_STATE, "\0a\0b", 4);
	known(15, FREE_STATE, " b  c ", 7);
	line(11, 2, FREE_STATE, "@a");
	line(12, 2, FREE_STATE, "@a");
	line(13, 2, FREE_STATE, "@");
	line(14, 2, FREE_STATE, "@a@b");
	line(15, 2, FREE_STATE, " b  c ");
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 5);
	assert_row(0, 11, 2, "P:@a");
	assert_row(1, 12, 2, "A:a");
	assert_row(2, 13, 2, "A:");
	assert_row(4, 15, 2, "P: b  c ");
	assert_quiet();
}

/* A name with a newline and behind it a line, of a socket that does not exist or of another one. */
static void forged(uint32_t inode, const char *victim, char *name)
{
	sprintf(name, "x\n0000000000000000: 00000099 00000000 00010000 0001 01 %5u%s", inode,
		victim);
}

Test(unix_join, forged_lines_make_no_rows)
{
	char name[128];

	forged(77, " /run/evil", name);
	known(11, FREE_STATE, name, strlen(name) + 1);
	line(11, 2, FREE_STATE, name);
	forged(12, " /run/ssh", name); /* before the true line */
	known(13, FREE_STATE, name, strlen(name) + 1);
	line(13, 2, FREE_STATE, name);
	known(12, LISTENING, "/run/ssh", 9);
	line(12, 3, LISTENING, "/run/ssh");
	forged(0, " /run/ssh", name); /* a connection that nobody made */
	memcpy(strstr(name, " 01 "), " 02 ", 4);
	known(14, FREE_STATE, name, strlen(name) + 1);
	line(14, 2, FREE_STATE, name);
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 4);
	cr_assert_eq(got.rows[0].inode, 11);
	cr_assert_eq(got.rows[1].inode, 13);
	assert_row(2, 12, 3, "P:/run/ssh");
	cr_assert_eq(got.rows[3].inode, 14);
	assert_quiet();
}

Test(unix_join, forgery_by_a_socket_that_netlink_did_not_see)
{
	char name[128];

	/* It was bound after the dump; its name may go on behind the newline. */
	known(12, LISTENING, "/run/ssh", 9);
	forged(12, " /run/other", name);
	line(55, 2, FREE_STATE, name);
	forged(66, " /run/evil", name);
	line(56, 2, FREE_STATE, name);
	line(12, 3, LISTENING, "/run/ssh");
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 1);
	assert_row(0, 12, 3, "P:/run/ssh"); /* the RefCnt of the true line */
	assert_quiet();
}

Test(unix_join, forged_connections_of_a_name_nobody_knows_are_left_out_and_told)
{
	char name[128];

	known(12, LISTENING, "/run/ssh", 9);
	line(12, 3, LISTENING, "/run/ssh");
	forged(0, " /run/ssh", name);
	memcpy(strstr(name, " 01 "), " 02 ", 4);
	line(0, 2, CONNECTED, name); /* of a listener in another namespace */
	cr_assert_eq(run(), 1);
	cr_assert_eq(got.n, 2);
	assert_row(0, 12, 3, "P:/run/ssh");
	assert_row(1, 0, 2, "P:x");
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
	cr_assert_str_eq(fake_report(),
			 "lssock: unix: 1 connection not yet accepted was left out: another "
			 "socket's name may have made them up\n");
}

Test(unix_join, connections_not_yet_accepted)
{
	known(11, LISTENING, "/run/a", 7);
	known(12, LISTENING, "\0abs", 4);
	line(11, 3, LISTENING, "/run/a");
	line(0, 2, CONNECTED, "/run/a");
	line(0, 2, CONNECTED, "/run/a");
	line(12, 3, LISTENING, "@abs");
	line(0, 4, CONNECTED, "@abs");
	line(0, 5, FREE_STATE, "/run/a");
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 6);
	assert_row(1, 0, 2, "P:/run/a");
	cr_assert_eq(got.rows[1].state, UNIX_STATE_CONNECTING);
	cr_assert_not(got.rows[1].listening);
	cr_assert_not(got.rows[1].has & SOCK_HAS_UID);
	assert_row(2, 0, 2, "P:/run/a");
	assert_row(4, 0, 4, "A:abs");
	assert_row(5, 0, 5, "P:/run/a");
	cr_assert_eq(got.rows[5].state, UNIX_STATE_DISCONNECTING);
	assert_quiet();
}

/* Two connections to one listener read just as one to another whose name holds the second's line:
 * nothing is made up, and what may be missing is told. */
Test(unix_join, a_name_that_looks_like_the_next_connection)
{
	static const char name[] =
		"/run/a\n0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a";

	known(12, LISTENING, "/run/a", 7);
	known(13, LISTENING, name, sizeof(name));
	line(12, 3, LISTENING, "/run/a");
	line(0, 2, CONNECTED, "/run/a");
	line(0, 2, CONNECTED, "/run/a");
	line(13, 3, LISTENING, name);
	cr_assert_eq(run(), 1);
	cr_assert_eq(got.n, 3);
	assert_row(0, 12, 3, "P:/run/a");
	cr_assert_eq(got.rows[1].inode, 0);
	cr_assert_eq(got.rows[2].inode, 13);
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
	cr_assert_str_eq(fake_report(),
			 "lssock: unix: connections not yet accepted may be missing: "
			 "the name of a listener looks like theirs\n");
}

/* The same of a listener that came after sock_diag was asked: its name reads like two connections,
 * and where it stands itself, the doubt is told. */
Test(unix_join, a_new_name_that_looks_like_the_next_connection)
{
	static const char name[] =
		"/run/a\n0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a";

	known(12, LISTENING, "/run/a", 7);
	line(12, 3, LISTENING, "/run/a");
	line(0, 2, CONNECTED, name);
	line(13, 3, LISTENING, name);
	cr_assert_eq(run(), 1);
	assert_row(0, 12, 3, "P:/run/a");
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
	cr_assert_str_eq(fake_report(),
			 "lssock: unix: 1 connection not yet accepted was left out: another "
			 "socket's name may have made them up\n");
}

Test(unix_join, connections_to_a_name_with_newlines)
{
	known(11, LISTENING, "/run/a", 7);
	known(12, LISTENING, "/run/a\nb", 9);
	known(13, LISTENING, "/run/a\nb\nc", 11);
	line(0, 2, CONNECTED, "/run/a\nb");
	line(0, 3, CONNECTED, "/run/a\nb\nc");
	line(0, 4, CONNECTED, "/run/a");
	line(13, 5, LISTENING, "/run/a\nb\nc");
	line(11, 6, LISTENING, "/run/a");
	line(12, 7, LISTENING, "/run/a\nb");
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 6);
	assert_row(0, 0, 2, "P:/run/a\nb");
	assert_row(1, 0, 3, "P:/run/a\nb\nc");
	assert_row(2, 0, 4, "P:/run/a");
	assert_row(3, 13, 5, "P:/run/a\nb\nc");
	assert_quiet();
}

Test(unix_join, connections_to_listeners_elsewhere)
{
	char path_of_108[109];

	memset(path_of_108, 'x', 108);
	path_of_108[108] = '\0';
	line(0, 2, CONNECTED, "/elsewhere");
	line(11, 2, CONNECTED, "");
	line(12, 2, CONNECTED, "");
	known(11, CONNECTED, NULL, 0);
	known(12, CONNECTED, NULL, 0);
	line(0, 3, CONNECTED, "@elsewhere");
	line(13, 2, FREE_STATE, path_of_108);
	known(13, FREE_STATE, path_of_108, 109);
	line(0, 4, CONNECTED, "/elsewhere"); /* too far behind the last to be part of its name */
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 6);
	assert_row(0, 0, 2, "P:/elsewhere");
	assert_row(3, 0, 3, "A:elsewhere");
	cr_assert_eq(got.rows[4].inode, 13);
	assert_row(5, 0, 4, "P:/elsewhere");
	assert_quiet();
}

Test(unix_join, sockets_that_come_and_go_between_the_lists)
{
	known(11, FREE_STATE, "/run/gone", 10);
	known(12, FREE_STATE, "/run/a", 7);
	known(13, FREE_STATE, NULL, 0); /* bound meanwhile */
	line(20, 2, FREE_STATE, "/run/new");
	line(21, 2, FREE_STATE, "");
	line(13, 4, FREE_STATE, "/run/bound");
	line(12, 3, FREE_STATE, "/run/a");
	line(12, 9, FREE_STATE, "/run/a"); /* met twice */
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 3);
	assert_row(0, 12, 3, "P:/run/a");
	assert_row(1, 11, 0, "P:/run/gone");
	assert_row(2, 13, 4, "-");
	assert_quiet();
}

Test(unix_join, socket_met_twice_by_netlink)
{
	known(11, FREE_STATE, NULL, 0);
	fake_datagram();
	known(12, FREE_STATE, NULL, 0);
	fake_datagram();
	known(13, FREE_STATE, NULL, 0);
	known(11, FREE_STATE, "/run/a", 7);
	line(11, 2, FREE_STATE, "/run/a");
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 3);
	assert_row(0, 11, 2, "P:/run/a");
}

/* netlink tells 32 bits of an inode, and on a host that runs for long they come again. */
Test(unix_join, two_sockets_with_one_inode)
{
	known(777, LISTENING, "/run/one", 9);
	cookie_high = 2;
	known(777, LISTENING, "/run/two", 9);
	cookie_high = 3;
	known(777, FREE_STATE, NULL, 0);
	line(777, 2, LISTENING, "/run/two");
	line(777, 4, FREE_STATE, "");
	line(777, 3, LISTENING, "/run/one");
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 3);
	assert_row(0, 777, 2, "P:/run/two");
	assert_row(1, 777, 4, "-");
	assert_row(2, 777, 3, "P:/run/one");
	assert_quiet();
}

Test(unix_join, inode_of_more_than_32_bits)
{
	known(5, FREE_STATE, "/run/a", 7);
	text("0000000000000000: 00000002 00000000 00000000 0001 01 4294967301 /run/a\n");
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 1);
	assert_row(0, 4294967301, 2, "P:/run/a");
}

Test(unix_join, file_that_cannot_be_opened)
{
	known(11, FREE_STATE, "/run/a", 7);
	close(fake.env.proc_fd);
	fake.env.proc_fd = -EACCES;
	cr_assert_eq(run(), 1);
	cr_assert_eq(got.n, 1);
	assert_row(0, 11, 0, "P:/run/a");
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
	cr_assert_not_null(strstr(fake_report(), strerror(EACCES)));
}

Test(unix_join, empty_file_is_not_an_empty_table)
{
	known(11, FREE_STATE, "/run/a", 7);
	file_len = 0;
	cr_assert_eq(run(), 1);
	assert_row(0, 11, 0, "P:/run/a");
}

Test(unix_join, lines_not_understood)
{
	known(11, FREE_STATE, "/run/a", 7);
	text("what is this\n\n");
	line(11, 2, FREE_STATE, "/run/a");
	text("0000000000000000: 0000000");
	cr_assert_eq(run(), 1);
	cr_assert_eq(got.n, 1);
	assert_row(0, 11, 2, "P:/run/a");
	cr_assert_str_eq(fake_report(), "lssock: unix: 3 lines of /proc/net/unix were skipped\n");
}

Test(unix_join, cut_at_every_length)
{
	size_t whole;

	known(11, LISTENING, "/run/a", 7);
	known(12, FREE_STATE, "\0abs\n0000", 9);
	line(12, 2, FREE_STATE, "@abs\n0000");
	line(0, 2, CONNECTED, "/run/a");
	line(11, 2, LISTENING, "/run/a");
	fake_done(0);
	for (whole = file_len; file_len > 0; file_len--) {
		fake.answers[fake.n_sends] = fake.answers[0];
		fake.n_answers = fake.n_sends + 1;
		if (fake.n_sends == 60)
			fake.n_sends = 0;
		got.n = 0;
		cr_assert_geq(run(), 0);
		cr_assert_geq(got.n, 2, "%zu of %zu bytes: %zu rows", file_len, whole, got.n);
		cr_assert_leq(got.n, 3);
	}
}

Test(unix_join, netlink_failures_leave_room_for_a_fallback)
{
	fake.open_error = -EPERM;
	cr_assert_eq(run(), -EPERM);
	cr_assert_eq(got.n, 0);
	assert_quiet();
}

Test(unix_join, partial_netlink_list)
{
	known(11, FREE_STATE, "/run/a", 7);
	fake_error(-ENOMEM);
	line(11, 2, FREE_STATE, "/run/a");
	line(12, 2, FREE_STATE, "/run/b");
	cr_assert_eq(run(), 1);
	cr_assert_eq(got.n, 1);
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
}

Test(unix_join, cancel)
{
	char name[32];

	for (uint32_t i = 1; i <= 1000; i++) {
		int n = sprintf(name, "/run/%u", i);

		if (i % 200 == 1)
			fake_datagram();
		known(i, FREE_STATE, name, (size_t)n + 1);
		line(i, 2, FREE_STATE, name);
	}
	got.cancel_at = 1;
	cr_assert_eq(run(), -ECANCELED);
	cr_assert_lt(got.n, 200);
}

Test(unix_join, many)
{
	char name[32];

	for (uint32_t i = 1; i <= 2500; i++) {
		int n = sprintf(name, "/run/%u", i);

		if (i % 200 == 1)
			fake_datagram();
		known(i, FREE_STATE, name, (size_t)n + 1);
		line(2501 - i, i, FREE_STATE, "");
		file_len--;
		text(" /run/%u\n", 2501 - i);
	}
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 2500);
	assert_row(0, 2500, 1, "P:/run/2500");
	assert_row(2499, 1, 2500, "P:/run/1");
	assert_quiet();
}
