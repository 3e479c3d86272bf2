/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/tcp and its kin: recorded lines, damaged lines, whole files, and this machine's own. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "source/proc_inet.h"

#include "guard.h"
#include "proc_dir.h"

static const char header[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
	"inode                                                     \n";

/* An address as the kernel prints it: words of memory as the host reads them. */
static const char *hex_addr(const char *addr)
{
	static char text[4][40];
	static unsigned int turn;
	char *out = text[turn++ % 4];
	uint32_t words[4];
	int n = 1;

	if (inet_pton(AF_INET, addr, words) != 1) {
		cr_assert_eq(inet_pton(AF_INET6, addr, words), 1);
		n = 4;
	}
	for (int i = 0; i < n; i++)
		sprintf(out + 8 * i, "%08X", words[i]);
	return out;
}

/* A line with this tail behind the addresses. */
static const char *make_line(const char *local, const char *remote, const char *tail)
{
	static char line[512];

	snprintf(line, sizeof(line), "   0: %s:1F90 %s:C001 %s", hex_addr(local), hex_addr(remote),
		 tail);
	return line;
}

static int parse(enum sock_proto proto, int family, const char *line, struct sock *out)
{
	size_t len = strlen(line);

	return proc_inet_parse(proto, (uint8_t)family, guard_copy(line, len), len, out);
}

static int parse_tail(const char *tail, struct sock *out)
{
	return parse(PROTO_TCP, AF_INET, make_line("127.0.0.1", "10.1.2.3", tail), out);
}

static const char established[] =
	"01 0000000A:0000000B 02:000A9F3B 00000003  1000        4 2791845 2 00000000a0b693da 20 4 "
	"30 10 -1                 ";

Test(proc_inet, established)
{
	struct sock row;

	cr_assert_eq(parse_tail(established, &row), 0);
	cr_assert_eq(row.proto, PROTO_TCP);
	cr_assert_eq(row.family, AF_INET);
	cr_assert_eq(row.type, SOCK_STREAM);
	cr_assert_eq(row.state, TCP_STATE_ESTABLISHED);
	cr_assert_eq(memcmp(row.local.addr.bytes, "\x7f\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16), 0);
	cr_assert_eq(memcmp(row.remote.addr.bytes, "\x0a\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0", 16), 0);
	cr_assert_eq(row.local.port, 8080);
	cr_assert_eq(row.remote.port, 0xc001);
	cr_assert_eq(row.send_q, 10);
	cr_assert_eq(row.recv_q, 11);
	cr_assert_eq(row.timer, TIMER_KEEPALIVE);
	cr_assert_eq(row.timer_ms, 0xa9f3bu * 10);
	cr_assert_eq(row.retransmits, 3);
	cr_assert_eq(row.uid, 1000);
	cr_assert_eq(row.probes, 4);
	cr_assert_eq(row.inode, 2791845);
	cr_assert_not(row.listening);
	cr_assert_eq(row.has, SOCK_HAS_UID | SOCK_HAS_INODE | SOCK_HAS_QUEUES | SOCK_HAS_TIMER |
				      SOCK_HAS_RETRANSMITS | SOCK_HAS_PROBES);
}

Test(proc_inet, listener)
{
	struct sock row;

	cr_assert_eq(parse_tail("0A 00000007:00000002 00:00000000 00000000     0        0 1065 1 "
				"00000000a0b693da 100 0 0 10 0",
				&row),
		     0);
	cr_assert(row.listening);
	cr_assert_eq(row.recv_q, 2, "waiting for accept()");
	cr_assert_eq(row.send_q, 0);
	cr_assert_not(row.has & SOCK_HAS_BACKLOG);
	cr_assert(row.has & SOCK_HAS_UID, "root's own");
}

Test(proc_inet, left_overs_have_no_user)
{
	struct sock row;

	cr_assert_eq(parse_tail("06 00000000:00000000 03:00001703 00000000     0        0 0 3 "
				"00000000a0b693da",
				&row),
		     0);
	cr_assert_eq(row.state, TCP_STATE_TIME_WAIT);
	cr_assert_not(row.has & (SOCK_HAS_UID | SOCK_HAS_INODE));
	cr_assert_eq(row.timer_ms, 58910);
	/* FIN_WAIT2 without a socket is the same kind of left-over. */
	cr_assert_eq(
		parse_tail("05 00000000:00000000 03:00001703 00000000     0        0 0 3 x", &row),
		0);
	cr_assert_not(row.has & SOCK_HAS_UID);
	/* SYN_RECV shows its listener's user, but no process can hold it. */
	cr_assert_eq(
		parse_tail("03 00000000:00000000 01:00000063 00000001    33        0 0 0 x", &row),
		0);
	cr_assert_eq(row.uid, 33);
	cr_assert_eq(row.has & (SOCK_HAS_UID | SOCK_HAS_INODE), SOCK_HAS_UID);
}

Test(proc_inet, ipv6)
{
	struct sock row;
	uint8_t want[16];
	const char *line =
		make_line("2001:db8:1111:2222:3333:4444:5555:6666", "::ffff:10.1.2.3", established);

	cr_assert_eq(parse(PROTO_TCP, AF_INET6, line, &row), 0);
	inet_pton(AF_INET6, "2001:db8:1111:2222:3333:4444:5555:6666", want);
	cr_assert_eq(memcmp(row.local.addr.bytes, want, 16), 0);
	inet_pton(AF_INET6, "::ffff:10.1.2.3", want);
	cr_assert_eq(memcmp(row.remote.addr.bytes, want, 16), 0);
	cr_assert_eq(row.family, AF_INET6);
	cr_assert_not(row.has & (SOCK_HAS_V6ONLY | SOCK_HAS_IFINDEX));
	cr_assert_eq(parse(PROTO_TCP, AF_INET, line, &row), -EBADMSG, "too wide for IPv4");
	cr_assert_eq(parse(PROTO_TCP, AF_INET6, make_line("1.2.3.4", "1.2.3.4", established), &row),
		     -EBADMSG, "too narrow for IPv6");
}

Test(proc_inet, other_protocols)
{
	struct sock row;
	const char *line = "  812: 0100007F:0035 00000000:0000 07 00000000:00000340 00:00000000 "
			   "00000000   101        0 21436 2 00000000f00dfeed 7";

	cr_assert_eq(parse(PROTO_UDP, AF_INET, line, &row), 0);
	cr_assert_eq(row.type, SOCK_DGRAM);
	cr_assert_eq(row.state, TCP_STATE_CLOSE);
	cr_assert_eq(row.recv_q, 832);
	cr_assert_not(row.listening);
	cr_assert(row.has & SOCK_HAS_INODE);
	cr_assert_eq(parse(PROTO_UDPLITE, AF_INET, line, &row), 0);
	cr_assert_eq(row.proto, PROTO_UDPLITE);
	cr_assert_eq(parse(PROTO_RAW, AF_INET, line, &row), 0);
	cr_assert_eq(row.type, SOCK_RAW);
	cr_assert_eq(row.local.port, 53, "the IP protocol");
	/* State 10 of a UDP socket would mean nothing. */
	line = "  1: 00000000:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 0 2";
	cr_assert_eq(parse(PROTO_UDP, AF_INET, line, &row), 0);
	cr_assert_not(row.listening);
	cr_assert_not(row.has & SOCK_HAS_INODE);
	cr_assert(row.has & SOCK_HAS_UID);
}

Test(proc_inet, ranges)
{
	static const struct {
		const char *tail;
		int result;
	} rows[] = {
		{ "FF 00000000:00000000 00:00000000 00000000 0 0 1", 0 },
		{ "0FF 00000000:00000000 00:00000000 00000000 0 0 1", -EBADMSG },
		{ "1 00000000:00000000 00:00000000 00000000 0 0 1", -EBADMSG },
		{ "01 000000000:00000000 00:00000000 00000000 0 0 1", -EBADMSG },
		{ "01 00000000:0000000G 00:00000000 00000000 0 0 1", -EBADMSG },
		{ "01 00000000:00000000 00:0000000 00000000 0 0 1", -EBADMSG },
		{ "01 00000000:00000000 00:00000000000000000 00000000 0 0 1", -EBADMSG },
		{ "01 00000000:00000000 00:00000000 00000000 4294967295 0 1", 0 },
		{ "01 00000000:00000000 00:00000000 00000000 4294967296 0 1", -EBADMSG },
		{ "01 00000000:00000000 00:00000000 00000000 -1 0 1", -EBADMSG },
		{ "01 00000000:00000000 00:00000000 00000000 0 -1 1", -EBADMSG },
		{ "01 00000000:00000000 00:00000000 00000000 0 0 18446744073709551615", 0 },
		{ "01 00000000:00000000 00:00000000 00000000 0 0 18446744073709551616", -EBADMSG },
		{ "01 00000000:00000000 00:00000000 00000000 0 0 -5", -EBADMSG },
		{ "01 00000000:00000000 00:00000000 00000000 0 0 5x", -EBADMSG },
		{ "01 00000000:00000000 00:00000000 00000000 0 0 ", -EBADMSG },
		{ "01 00000000:00000000 00:00000000 00000000 0 0", -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sock row;

		cr_assert_eq(parse_tail(rows[i].tail, &row), rows[i].result, "%s", rows[i].tail);
	}
}

Test(proc_inet, timer_that_cannot_be)
{
	static const struct {
		const char *when;
		uint32_t ms;
	} rows[] = {
		{ "00000001", 10 },
		{ "0000000000000001", 10 },
		{ "19999999", 0x19999999u * 10 },
		{ "1999999A", UINT32_MAX },
		{ "7FFFFFFF", UINT32_MAX },
		{ "FFFFFFF0", 0 },
		{ "FFFFFFFFFFFFFFF0", 0 },
		{ "100000000", UINT32_MAX },
		{ "7FFFFFFFFFFFFFFF", UINT32_MAX },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char tail[128];
		struct sock row;

		snprintf(tail, sizeof(tail), "01 00000000:00000000 01:%s 00000000 0 0 1",
			 rows[i].when);
		cr_assert_eq(parse_tail(tail, &row), 0, "%s", rows[i].when);
		cr_assert_eq(row.timer_ms, rows[i].ms, "%s", rows[i].when);
	}
}

Test(proc_inet, cut_anywhere)
{
	const char *line = make_line("127.0.0.1", "10.1.2.3", established);
	size_t inode_at = (size_t)(strstr(line, "2791845") - line);
	struct sock row;

	for (size_t len = 0; len <= strlen(line); len++)
		cr_assert_eq(proc_inet_parse(PROTO_TCP, AF_INET, guard_copy(line, len), len, &row),
			     len <= inode_at ? -EBADMSG : 0, "%zu", len);
	cr_assert_eq(parse(PROTO_TCP, AF_INET, header, &row), -EBADMSG);
}

Test(proc_inet, any_bit_flipped)
{
	const char *line = make_line("2001:db8::1", "fe80::2", established);
	size_t len = strlen(line);
	size_t bad = 0;

	for (size_t bit = 0; bit < len * 8; bit++) {
		char *copy = guard_copy(line, len);
		struct sock row;
		int result;

		copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
		result = proc_inet_parse(PROTO_TCP, AF_INET6, copy, len, &row);
		cr_assert(result == 0 || result == -EBADMSG);
		bad += result < 0;
	}
	cr_assert_gt(bad, len, "most damage is noticed");
}

TestSuite(proc_inet_list, .init = proc_dir_begin, .fini = proc_dir_end);

static struct proc_dir_rows kept;
static const struct sock_sink sink = { .take = proc_dir_take, .ctx = &kept };

static int list(enum sock_proto proto, uint8_t family, uint32_t states)
{
	const struct sock_query query = { .proto = proto, .family = family, .states = states };

	kept = (struct proc_dir_rows){ .cancel_at = kept.cancel_at };
	return proc_inet_list(&proc_dir_env, &proc_dir_report, &query, &sink);
}

/* Puts net/tcp with n good lines, the i-th with inode i + 1. */
static void put_table(size_t n)
{
	FILE *file;

	proc_dir_put_text("net/tcp", "");
	file = fdopen(openat(proc_dir_env.proc_fd, "net/tcp", O_WRONLY), "w");
	cr_assert_not_null(file);
	fputs(header, file);
	for (size_t i = 0; i < n; i++)
		fprintf(file,
			"%4zu: 0100007F:1F90 0100007F:%04zX 0%d 00000000:00000000 00:00000000 "
			"00000000     0        0 %zu 1 0000000000000000 20 0 0 10 -1\n",
			i, i, i % 2 ? 1 : 6, i + 1);
	fclose(file);
}

Test(proc_inet_list, batches_keep_the_order)
{
	put_table(700);
	cr_assert_eq(list(PROTO_TCP, AF_INET, TCP_STATES_ALL), 0);
	cr_assert_eq(kept.n, 700);
	cr_assert_eq(kept.batches, 3);
	for (size_t i = 0; i < 700; i++)
		cr_assert_eq(kept.rows[i].inode, i + 1);
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(proc_inet_list, only_wanted_states)
{
	put_table(10);
	cr_assert_eq(list(PROTO_TCP, AF_INET, 1u << TCP_STATE_ESTABLISHED), 0);
	cr_assert_eq(kept.n, 5);
	cr_assert_eq(kept.rows[0].inode, 2);
}

Test(proc_inet_list, cancel)
{
	put_table(700);
	kept.cancel_at = 256;
	cr_assert_eq(list(PROTO_TCP, AF_INET, TCP_STATES_ALL), -ECANCELED);
	cr_assert_eq(kept.n, 256);
	kept.cancel_at = 257;
	cr_assert_eq(list(PROTO_TCP, AF_INET, TCP_STATES_ALL), -ECANCELED);
	cr_assert_eq(kept.n, 512);
	kept.cancel_at = 700;
	cr_assert_eq(list(PROTO_TCP, AF_INET, TCP_STATES_ALL), -ECANCELED);
}

Test(proc_inet_list, bad_lines_are_told_once)
{
	char text[8192] = "header\n";
	size_t n = strlen(text);

	n += (size_t)sprintf(text + n, "%s\n", make_line("1.2.3.4", "0.0.0.0", established));
	n += (size_t)sprintf(text + n, "rubbish\n\n");
	memset(text + n, ' ', 5000);
	n += 5000;
	n += (size_t)sprintf(text + n, "\n%s", make_line("1.2.3.5", "0.0.0.0", established));
	proc_dir_put("net/tcp", text, n);
	cr_assert_eq(list(PROTO_TCP, AF_INET, TCP_STATES_ALL), 1);
	cr_assert_eq(kept.n, 2, "a last line without newline counts");
	cr_assert_eq(kept.rows[1].local.addr.bytes[3], 5);
	cr_assert_str_eq(proc_dir_heard(),
			 "lssock: net/tcp: 3 lines could not be understood and were skipped\n");
	cr_assert_eq(proc_dir_report.level, REPORT_PARTIAL);
}

Test(proc_inet_list, nothing_is_not_nothing_to_see)
{
	cr_assert_eq(list(PROTO_TCP, AF_INET, TCP_STATES_ALL), -ENOENT);
	put_table(0);
	cr_assert_eq(list(PROTO_TCP, AF_INET, TCP_STATES_ALL), 0, "no sockets");
	cr_assert_str_eq(proc_dir_heard(), "");
	proc_dir_put_text("net/udplite6", "");
	cr_assert_eq(list(PROTO_UDPLITE, AF_INET6, TCP_STATES_ALL), 1);
	cr_assert_not_null(strstr(proc_dir_heard(), "net/udplite6 is empty"));
	proc_dir_put_text("net/raw6/x", "");
	cr_assert_eq(list(PROTO_RAW, AF_INET6, TCP_STATES_ALL), 1, "reading a directory fails");
	cr_assert_not_null(strstr(proc_dir_heard(), "net/raw6 could not be read to its end"));
	close(proc_dir_env.proc_fd);
	proc_dir_env.proc_fd = -EMFILE;
	cr_assert_eq(list(PROTO_TCP, AF_INET, TCP_STATES_ALL), -EMFILE);
	cr_assert_eq(kept.n, 0);
}

/* A real listener, and this kernel's own files. */
Test(proc_inet_list, live)
{
	static const enum sock_proto protos[] = { PROTO_TCP, PROTO_UDP, PROTO_RAW };
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t size = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sock *found = NULL;
	struct stat st;

	if (getenv("TEST_RUNNER"))
		cr_skip_test("the kernel's numbers may have their bytes in another order here");
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	cr_assert_eq(listen(fd, 5), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&addr, &size), 0);
	cr_assert_eq(fstat(fd, &st), 0);
	close(proc_dir_env.proc_fd);
	proc_dir_env.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(list(PROTO_TCP, AF_INET, 1u << TCP_STATE_LISTEN), 0);
	for (size_t i = 0; i < kept.n; i++) {
		if (kept.rows[i].inode == st.st_ino)
			found = &kept.rows[i];
	}
	cr_assert_not_null(found);
	cr_assert_eq(found->local.port, ntohs(addr.sin_port));
	cr_assert_eq(memcmp(found->local.addr.bytes, &addr.sin_addr, 4), 0);
	cr_assert(found->listening);
	cr_assert_eq(found->uid, geteuid());
	for (size_t i = 0; i < 6; i++) {
		int result = list(protos[i / 2], i % 2 ? AF_INET6 : AF_INET, TCP_STATES_ALL);

		cr_assert(result == 0 || result == -ENOENT);
	}
	cr_assert_str_eq(proc_dir_heard(), "", "this kernel's lines are all understood");
	close(fd);
}
