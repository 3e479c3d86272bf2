/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/sctp/eps and assocs: recorded and damaged lines, whole files. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "source/proc_sctp.h"

#include "guard.h"
#include "proc_dir.h"

static const char eps_header[] = " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n";
static const char eps_listener[] =
	"ffff888003a3c000 ffff888004f4d100 2   10  30   5001      0 12345 127.0.0.1 127.0.0.2 ";
static const char eps_v6[] =
	"       0        0 0   7   28   38412  1000 31337 2001:0db8:0000:0000:0000:0000:0000:0001 "
	"10.0.0.1 ";

static const char assocs_header[] =
	" ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS "
	"<-> RADDRS HBINT INS OUTS MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf\n";
static const char assoc[] =
	"0000000000000000 0000000000000000 2   1   3  0       7       12       34      33 2345 "
	"5001   5002  *127.0.0.1 127.0.0.2 <-> *127.0.0.3 127.0.0.4 127.0.0.5 \t    7500    10    "
	"10   10    0    0        0        1        0   212992   212992";

static struct endpoint addrs[PROC_SCTP_ADDRS_MAX];

static int parse_eps(const char *line, struct sock *out)
{
	size_t len = strlen(line);

	return proc_sctp_parse_eps(guard_copy(line, len), len, out, addrs, PROC_SCTP_ADDRS_MAX);
}

static int parse_assoc(const char *line, struct sock *out)
{
	size_t len = strlen(line);

	return proc_sctp_parse_assoc(guard_copy(line, len), len, out, addrs, PROC_SCTP_ADDRS_MAX);
}

/* Whether an end is this address and port. */
static bool is_end(int family, const struct endpoint *end, const char *addr, uint16_t port)
{
	union inet_addr want = { .words = { 0 } };

	cr_assert_eq(inet_pton(family, addr, &want), 1);
	return memcmp(&want, &end->addr, sizeof(want)) == 0 && end->port == port &&
	       end->ifindex == 0;
}

Test(proc_sctp, endpoint)
{
	struct sock row;

	cr_assert_eq(parse_eps(eps_listener, &row), 0);
	cr_assert_eq(row.proto, PROTO_SCTP);
	cr_assert_eq(row.family, AF_INET);
	cr_assert_eq(row.type, SOCK_STREAM);
	cr_assert_eq(row.state, TCP_STATE_LISTEN);
	cr_assert(row.listening);
	cr_assert_not(row.sctp_assoc);
	cr_assert_eq(row.uid, 0);
	cr_assert_eq(row.inode, 12345);
	cr_assert_eq(row.has, SOCK_HAS_UID | SOCK_HAS_INODE);
	cr_assert_eq(row.n_local_addrs, 2);
	cr_assert_eq(row.n_remote_addrs, 0);
	cr_assert(is_end(AF_INET, &row.local, "127.0.0.1", 5001));
	cr_assert(is_end(AF_INET, &row.local_addrs[0], "127.0.0.1", 5001));
	cr_assert(is_end(AF_INET, &row.local_addrs[1], "127.0.0.2", 5001));
	cr_assert(is_end(AF_INET, &row.remote, "0.0.0.0", 0));
}

Test(proc_sctp, endpoint_of_both_families)
{
	struct sock row;

	cr_assert_eq(parse_eps(eps_v6, &row), 0);
	cr_assert_eq(row.family, AF_INET6);
	cr_assert_eq(row.type, SOCK_SEQPACKET);
	cr_assert_not(row.listening);
	cr_assert(is_end(AF_INET6, &row.local_addrs[0], "2001:db8::1", 38412));
	cr_assert(is_end(AF_INET6, &row.local_addrs[1], "::ffff:10.0.0.1", 38412));
	/* The order does not matter, nor how short an address is written. */
	cr_assert_eq(parse_eps("1 2 2 10 30 5001 0 0 10.0.0.1 ::1", &row), 0);
	cr_assert_eq(row.family, AF_INET6);
	cr_assert(is_end(AF_INET6, &row.local, "::ffff:10.0.0.1", 5001));
	cr_assert_not(row.has & SOCK_HAS_INODE);
}

Test(proc_sctp, association)
{
	struct sock row;

	cr_assert_eq(parse_assoc(assoc, &row), 0);
	cr_assert(row.sctp_assoc);
	cr_assert_not(row.listening);
	cr_assert_eq(row.family, AF_INET);
	cr_assert_eq(row.state, SCTP_STATE_ESTABLISHED);
	cr_assert_eq(row.send_q, 12);
	cr_assert_eq(row.recv_q, 34);
	cr_assert_eq(row.uid, 33);
	cr_assert_eq(row.inode, 2345);
	cr_assert_eq(row.has, SOCK_HAS_UID | SOCK_HAS_INODE | SOCK_HAS_QUEUES);
	cr_assert_eq(row.n_local_addrs, 2);
	cr_assert_eq(row.n_remote_addrs, 3);
	cr_assert(is_end(AF_INET, &row.local, "127.0.0.1", 5001));
	cr_assert(is_end(AF_INET, &row.local_addrs[1], "127.0.0.2", 5001));
	cr_assert(is_end(AF_INET, &row.remote, "127.0.0.3", 5002));
	cr_assert(is_end(AF_INET, &row.remote_addrs[2], "127.0.0.5", 5002));
}

/* A dying association has no local address any more: still a row, of its peer's family. */
Test(proc_sctp, association_without_local_address)
{
	struct sock row;

	cr_assert_eq(parse_assoc("0 0 2 1 4 0 7 0 0 0 0 5001 5002  <-> *::1 ", &row), 0);
	cr_assert_eq(row.family, AF_INET6);
	cr_assert(is_end(AF_INET6, &row.local, "::", 5001));
	cr_assert_eq(row.n_local_addrs, 0);
	cr_assert(is_end(AF_INET6, &row.remote, "::1", 5002));
}

Test(proc_sctp, bad_lines)
{
	static const char *const eps[] = {
		"",
		" ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS",
		"1 2 2 10 30 5001 0 12345 ",
		"1 2 2 10 30 5001 0 12345 localhost",
		"1 2 2 10 30 5001 0 12345 1.2.3",
		"1 2 2 10 30 5001 0 12345 *",
		"1 2 2 10 30 65536 0 12345 1.2.3.4",
		"1 2 2 256 30 5001 0 12345 1.2.3.4",
		"1 2 3 10 30 5001 0 12345 1.2.3.4",
		"1 2 2 10 30 5001 -1 12345 1.2.3.4",
		"1 2 2 10 30 5001 0 18446744073709551616 1.2.3.4",
		"1 2 2 10 30 5001 0 12x 1.2.3.4",
		"x 2 2 10 30 5001 0 12345 1.2.3.4",
		"11112222333344445 2 2 10 30 5001 0 12345 1.2.3.4",
		"1 2 2 10 30 5001 0 12345 0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001",
	};
	static const char *const assocs[] = {
		"",
		"0 0 2 1 3 0 7 0 0 0 0 5001 5002 1.2.3.4 1.2.3.5",
		"0 0 2 1 3 0 7 0 0 0 0 5001 5002 <->",
		"0 0 2 1 3 0 7 0 0 0 0 5001 5002 1.2.3.4 <-> 1.2.3.5 <-> 1.2.3.6",
		"0 0 2 1 3 0 7 0 0 0 0 5001 1.2.3.4 <-> 1.2.3.5",
		"0 0 2 1 3 0 7 4294967296 0 0 0 5001 5002 1.2.3.4 <-> 1.2.3.5",
	};
	struct sock row;

	for (size_t i = 0; i < sizeof(eps) / sizeof(eps[0]); i++)
		cr_assert_eq(parse_eps(eps[i], &row), -EBADMSG, "%s", eps[i]);
	for (size_t i = 0; i < sizeof(assocs) / sizeof(assocs[0]); i++)
		cr_assert_eq(parse_assoc(assocs[i], &row), -EBADMSG, "%s", assocs[i]);
	cr_assert_eq(proc_sctp_parse_eps("1 2 2 10 30 1 0 1 1.2.3.4\0x", 27, &row, addrs, 8),
		     -EBADMSG);
	cr_assert_eq(proc_sctp_parse_eps(eps_listener, strlen(eps_listener), &row, addrs, 1),
		     -EBADMSG, "more addresses than there is room for");
	cr_assert_eq(proc_sctp_parse_eps(eps_listener, strlen(eps_listener), &row, addrs, 2), 0);
}

Test(proc_sctp, cut_or_flipped_anywhere)
{
	size_t arrow = (size_t)(strstr(assoc, "<->") - assoc);
	struct endpoint *room = guard_copy(addrs, 5 * sizeof(*addrs));
	struct sock row;

	for (size_t len = 0; len <= strlen(assoc); len++) {
		int result = proc_sctp_parse_assoc(guard_copy(assoc, len), len, &row, room, 5);

		cr_assert(result == 0 || result == -EBADMSG);
		cr_assert(result < 0 || len >= arrow + 3);
	}
	for (size_t bit = 0; bit < strlen(assoc) * 8; bit++) {
		char *copy = guard_copy(assoc, strlen(assoc));
		int result;

		copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
		result = proc_sctp_parse_assoc(copy, strlen(assoc), &row, room, 5);
		cr_assert(result == 0 || result == -EBADMSG);
	}
}

TestSuite(proc_sctp_list, .init = proc_dir_begin, .fini = proc_dir_end);

static struct proc_dir_rows kept;

static int list(uint8_t family, uint32_t states)
{
	const struct sock_query query = {
		.proto = PROTO_SCTP,
		.family = family,
		.states = states,
	};
	const struct sock_sink sink = { .take = proc_dir_take, .ctx = &kept };

	kept = (struct proc_dir_rows){ .cancel_at = kept.cancel_at };
	return proc_sctp_list(&proc_dir_env, &proc_dir_report, &query, &sink);
}

static void put_lines(const char *path, const char *header, const char *line1, const char *line2)
{
	char text[2048];

	snprintf(text, sizeof(text), "%s%s\n%s\n", header, line1, line2);
	proc_dir_put_text(path, text);
}

Test(proc_sctp_list, endpoints_and_associations)
{
	cr_assert_eq(list(AF_INET, TCP_STATES_ALL), -ENOENT, "no such protocol here");
	put_lines("net/sctp/eps", eps_header, eps_listener, eps_v6);
	put_lines("net/sctp/assocs", assocs_header, assoc, assoc);
	cr_assert_eq(list(AF_INET, TCP_STATES_ALL), 0);
	cr_assert_eq(kept.n, 3);
	cr_assert(kept.rows[0].listening);
	cr_assert(kept.rows[1].sctp_assoc);
	cr_assert_eq(list(AF_INET6, TCP_STATES_ALL), 0);
	cr_assert_eq(kept.n, 1);
	cr_assert_eq(kept.rows[0].inode, 31337);
	cr_assert_eq(list(AF_INET, 1u << TCP_STATE_LISTEN), 0);
	cr_assert_eq(kept.n, 1);
	cr_assert_eq(
		list(AF_INET, TCP_STATES_ALL & ~(1u << TCP_STATE_LISTEN | 1u << TCP_STATE_CLOSE)),
		0);
	cr_assert_eq(kept.n, 2);
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(proc_sctp_list, half_of_it)
{
	put_lines("net/sctp/eps", eps_header, eps_listener, "rubbish");
	cr_assert_eq(list(AF_INET, TCP_STATES_ALL), 1, "rows were handed on: no failure to open");
	cr_assert_eq(kept.n, 1);
	cr_assert_not_null(
		strstr(proc_dir_heard(),
		       "net/sctp/eps: 1 line could not be understood and was skipped\n"));
	cr_assert_not_null(strstr(proc_dir_heard(), "net/sctp/assocs could not be read"));
	kept.cancel_at = 1;
	cr_assert_eq(list(AF_INET, TCP_STATES_ALL), -ECANCELED);
}

/* What the sink sees of each row's addresses: rows of a batch share their room. */
static int check_addrs(void *ctx, struct sock *rows, size_t n)
{
	size_t *seen = ctx;

	for (size_t i = 0; i < n; i++, ++*seen) {
		cr_assert_eq(rows[i].n_local_addrs, 40);
		for (size_t j = 0; j < 40; j++) {
			char want[64];

			snprintf(want, sizeof(want), "10.%zu.%zu.%zu", *seen / 256, *seen % 256, j);
			cr_assert(is_end(AF_INET, &rows[i].local_addrs[j], want, 9));
		}
	}
	return 0;
}

Test(proc_sctp_list, addresses_live_until_the_batch_is_taken)
{
	const struct sock_query query = {
		.proto = PROTO_SCTP,
		.family = AF_INET,
		.states = 1u << TCP_STATE_LISTEN,
	};
	size_t seen = 0;
	const struct sock_sink sink = { .take = check_addrs, .ctx = &seen };
	FILE *file;

	proc_dir_put_text("net/sctp/eps", "");
	file = fdopen(openat(proc_dir_env.proc_fd, "net/sctp/eps", O_WRONLY), "w");
	fputs(eps_header, file);
	for (int i = 0; i < 600; i++) {
		fputs("0 0 2 10 0 9 0 1 ", file);
		for (int j = 0; j < 40; j++)
			fprintf(file, "10.%d.%d.%d ", i / 256, i % 256, j);
		fputc('\n', file);
	}
	fclose(file);
	cr_assert_eq(proc_sctp_list(&proc_dir_env, &proc_dir_report, &query, &sink), 0);
	cr_assert_eq(seen, 600);
}
