/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a table is read below /proc instead, what is said of it, and what is said when it cannot be
 * read at all. And, where the running kernel lets us, one look at a socket that really is there. */
#include "source/source.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "fake_link.h"

static char dir[] = "/tmp/lssock-test-XXXXXX";
static const char *const names[] = { "tcp", "tcp6", "udp", "raw", "unix", "udplite" };
static struct source_run *run;

static struct {
	size_t n;
	bool cancel;
} got;

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/net/%s", dir, name);
	return path;
}

static void finish(void)
{
	source_run_free(run);
	if (fake.env.proc_fd >= 0)
		close(fake.env.proc_fd);
	fake_end();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(path_of(""));
	rmdir(dir);
}

static void begin(void)
{
	fake_begin();
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(mkdir(path_of(""), 0700), 0);
	fake.env.proc_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	run = source_run_new(&fake.env, &fake.report, false);
	cr_assert_not_null(run);
}

TestSuite(source, .init = begin, .fini = finish);

static void file(const char *name, const char *text)
{
	FILE *stream = fopen(path_of(name), "w");

	cr_assert_not_null(stream);
	fputs(text, stream);
	fclose(stream);
}

static const char tcp_text[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
	"inode                                                     \n"
	"   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
	"1234 1 0000000000000000 100 0 0 10 0                     \n";

static const char raw_text[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
	"inode ref pointer drops\n"
	"   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
	"1235 2 0000000000000000 0         \n";

static const char unix_text[] =
	"Num       RefCount Protocol Flags    Type St Inode Path\n"
	"0000000000000000: 00000002 00000000 00010000 0001 01  1236 /run/x\n";

static int take(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	(void)rows;
	got.n += n;
	return got.cancel ? -EINTR : 0;
}

static enum source_result list(enum sock_proto proto, uint8_t family, bool asked)
{
	const struct sock_query query = {
		.proto = proto,
		.family = family,
		.states = TCP_STATES_ALL,
		.needs = NEED_REFCNT,
	};
	const struct sock_sink sink = { .take = take };

	got.n = 0;
	return source_list(run, &query, asked, &sink);
}

static void one_tcp_row(void)
{
	const struct inet_diag_msg msg = { .idiag_family = AF_INET, .id.idiag_cookie = { 1 } };

	fake_datagram();
	fake_row(&msg, sizeof(msg));
}

Test(source, netlink_is_asked_first)
{
	file("tcp", tcp_text);
	one_tcp_row();
	fake_done(0);
	cr_assert_eq(list(PROTO_TCP, AF_INET, true), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 1);
	fake_answer();
	fake_done(0); /* an empty table is an answer */
	cr_assert_eq(list(PROTO_TCP, AF_INET, true), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 0);
	cr_assert_str_eq(fake_report(), "");
}

Test(source, no_fallback_behind_rows)
{
	file("tcp", tcp_text);
	one_tcp_row();
	fake_error(-ENOMEM);
	cr_assert_eq(list(PROTO_TCP, AF_INET, true), SOURCE_PARTIAL);
	cr_assert_eq(got.n, 1);
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
}

Test(source, denied_netlink_is_told_once)
{
	file("tcp", tcp_text);
	file("raw", raw_text);
	file("unix", unix_text);
	fake.open_error = -EPERM;
	cr_assert_eq(list(PROTO_TCP, AF_INET, false), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 1);
	cr_assert_eq(list(PROTO_RAW, AF_INET, false), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 1);
	cr_assert_eq(list(PROTO_UNIX, AF_UNIX, false), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 1);
	cr_assert_eq(list(PROTO_TCP, AF_INET6, false), SOURCE_ABSENT); /* IPv6 is disabled */
	cr_assert_eq(list(PROTO_SCTP, AF_INET, false), SOURCE_ABSENT);
	cr_assert_eq(fake.n_opens, 1);
	cr_assert_eq(fake.report.level, REPORT_NOTE);
	cr_assert_str_eq(fake_report(),
			 "lssock: sock_diag is not available (Operation not permitted): reading "
			 "/proc/net; interface scopes and backlog limits are not known and UNIX "
			 "sockets may be forged\n");
}

/* Without unix_diag any user can forge rows: never without a word, asked for or not. */
Test(source, unix_fallback_is_always_told)
{
	file("unix", unix_text);
	fake_error(-ENOENT);
	cr_assert_eq(list(PROTO_UNIX, AF_UNIX, false), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 1);
	cr_assert_str_eq(fake_report(), "lssock: unix: this kernel has no unix_diag: read from "
					"/proc/net/unix, names and whole rows may be forged\n");
}

/* TCP over IPv4 is everywhere: without its file, something hides it. */
Test(source, denied_netlink_and_a_hidden_file)
{
	file("unix", unix_text);
	fake.open_error = -EPERM;
	cr_assert_eq(list(PROTO_TCP, AF_INET, false), SOURCE_UNREADABLE);
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
	cr_assert_str_eq(fake_report(), "lssock: tcp: cannot be listed: sock_diag: Operation not "
					"permitted; /proc/net/tcp: No such file or directory\n");
}

Test(source, missing_table_is_read_from_its_file)
{
	file("tcp", tcp_text);
	file("raw", raw_text);
	fake_done(-ENOENT);
	cr_assert_eq(list(PROTO_RAW, AF_INET, false), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 1);
	cr_assert_str_eq(fake_report(), "");
	fake_answer();
	fake_error(-EINVAL);
	cr_assert_eq(list(PROTO_RAW, AF_INET, true), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 1);
	cr_assert_str_eq(fake_report(), "lssock: raw: this kernel has no raw_diag: read from "
					"/proc/net/raw, interface scopes are not known\n");
	cr_assert_eq(fake.report.level, REPORT_NOTE);
}

Test(source, verbose_tells_of_every_fallback)
{
	source_run_free(run);
	run = source_run_new(&fake.env, &fake.report, true);
	file("raw", raw_text);
	fake_done(-ENOENT);
	cr_assert_eq(list(PROTO_RAW, AF_INET, false), SOURCE_COMPLETE);
	cr_assert_not_null(strstr(fake_report(), "raw_diag"));
}

Test(source, absent_in_both_ways)
{
	file("tcp", tcp_text);
	fake_done(-ENOENT);
	cr_assert_eq(list(PROTO_UDPLITE, AF_INET, true), SOURCE_ABSENT);
	cr_assert_str_eq(fake_report(), "");
}

Test(source, absent_is_not_out_of_sight)
{
	/* There is nothing below net/: whatever this is, it is no /proc. */
	fake_done(-ENOENT);
	cr_assert_eq(list(PROTO_UDPLITE, AF_INET, false), SOURCE_UNREADABLE);
	cr_assert_eq(fake.report.level, REPORT_PARTIAL);
	close(fake.env.proc_fd);
	fake.env.proc_fd = -EACCES;
	fake_answer();
	fake_done(-ENOENT);
	cr_assert_eq(list(PROTO_RAW, AF_INET, false), SOURCE_UNREADABLE);
	cr_assert_not_null(strstr(fake_report(),
				  "raw: cannot be listed: sock_diag: No such file or "
				  "directory; /proc/net/raw: Permission denied"));
}

Test(source, failure_of_netlink_is_always_told)
{
	char told[100];

	file("tcp", tcp_text); /* netlink stays silent */
	cr_assert_eq(list(PROTO_TCP, AF_INET, false), SOURCE_COMPLETE);
	cr_assert_eq(got.n, 1);
	cr_assert_eq(fake.report.level, REPORT_NOTE);
	snprintf(told, sizeof(told), "tcp: sock_diag failed (%s)", strerror(ETIMEDOUT));
	cr_assert_not_null(strstr(fake_report(), told));
}

Test(source, cancel)
{
	file("tcp", tcp_text);
	got.cancel = true;
	one_tcp_row();
	fake_done(0);
	cr_assert_eq(list(PROTO_TCP, AF_INET, false), SOURCE_CANCELED);
	fake.open_error = -EPERM;
	cr_assert_eq(list(PROTO_TCP, AF_INET, false), SOURCE_CANCELED);
}

static uint64_t wanted_inode;
static struct sock found;

static int find_inode(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++)
		if ((rows[i].has & SOCK_HAS_INODE) && rows[i].inode == wanted_inode)
			found = rows[i];
	return 0;
}

static void find(int fd, const struct sock_query *query)
{
	const struct sock_sink sink = { .take = find_inode };
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	wanted_inode = st.st_ino;
	memset(&found, 0, sizeof(found));
	cr_assert_eq(source_list(run, query, false, &sink), SOURCE_COMPLETE, "%s", fake_report());
	cr_assert_neq(found.inode, 0, "the socket was not listed");
}

/* The running kernel, when it lets us ask. */
Test(source, live)
{
	const struct sock_query tcp = { .proto = PROTO_TCP,
					.family = AF_INET,
					.states = 1 << TCP_STATE_LISTEN };
	const struct sock_query local = {
		.proto = PROTO_UNIX, .family = AF_UNIX, .states = UINT32_MAX, .needs = NEED_REFCNT
	};
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	struct nl_link *link;
	int fd, pair[2];

	if (nl_link_open_kernel(&fake.env, &link) < 0)
		cr_skip_test("sock_diag is denied here");
	nl_link_close(link);
	fake.env.diag_open = nl_link_open_kernel;
	close(fake.env.proc_fd);
	fake.env.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	cr_assert_eq(listen(fd, 17), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	find(fd, &tcp);
	cr_assert(found.listening);
	cr_assert_eq(found.local.port, ntohs(addr.sin_port));
	cr_assert_eq(found.uid, geteuid());
	close(fd);

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	find(pair[0], &local);
	cr_assert_eq(found.type, SOCK_SEQPACKET);
	cr_assert_eq(found.state, UNIX_STATE_CONNECTED);
	cr_assert(found.has & SOCK_HAS_REFCNT);
	close(pair[0]);
	close(pair[1]);
}
