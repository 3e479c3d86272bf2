/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Families that only files below /proc/net tell of: lines as kernels print them, damaged ones, and
 * which files there are. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "guard.h"
#include "model/query.h"
#include "proc_dir.h"
#include "source/proc_others.h"

static struct sock sock;
static struct sock_special special;

static int parse(enum sock_proto proto, uint32_t protocol, const char *line)
{
	size_t n = strlen(line);

	return proc_others_parse(proto, protocol, guard_copy(line, n), n, &sock, &special);
}

static const char *end_text(bool remote)
{
	static char text[SPECIAL_END_MAX + 1];

	text[special_format_end(text, &sock, remote)] = '\0';
	return text;
}

static const char l2cap[] = "000000004a1c9d20 2      128    64     1000   139915 7     ";
static const char pfkey[] = "00000000fe21b1a0 3      0      0      0      28121 ";
static const char kcm[] = "   kcm-3       12         3456             7          890              2"
			  "        1280     0        -        RxWait ";
static const char phonet[] = " 2 6C10:0000:AA 0A 00000000:00000010  1000 4711 2 00000000abcdef01 0";
static const char pppoe[] = "00000100 52:54:00:12:34:56     eth0";

static const char l2tp[] = "  SESSION 'sess 7/1' C0A80001/1701 0007/0001 -> 12345678/00FF 1 Y";

Test(proc_others, l2tp)
{
	static const char *const others[] = {
		"TUNNEL name, user-data-ok session-count",
		" debug tx-pkts/bytes/errs rx-pkts/bytes/errs",
		"  SESSION name, addr/port src-tid/sid dest-tid/sid state user-data-ok",
		"   mtu/mru/rcvseq/sendseq/lns debug reorderto",
		"",
		"TUNNEL 'tunl 7', Y 1",
		" 00000000 0/0/0 0/0/0",
		"   0/0/-/-/LAC 00000000 0",
		"   interface ppp0",
		/* Without a socket. */
		"  SESSION 'sess 7/1' 00000000/0 0007/0001 -> 0007/0001 0 N",
	};
	static const char *const damaged[] = {
		"  SESSION 'sess 7/1",
		"  SESSION 'sess 7/1'",
		"  SESSION '' C0A80001/1701 0007/0001 -> 12345678/00FF 1",
		"  SESSION '' C0A80001/99999 0007/0001 -> 12345678/00FF 1 Y",
		"  SESSION '' C0A80001/1701 007/0001 -> 12345678/00FF 1 Y",
		"  SESSION '' C0A80001/1701 0007/0001 -> 123456789/00FF 1 Y",
		"  SESSION '' C0A80001/1701 0007/0001 - 1234/00FF 1 Y",
		"  SESSION '' C0A80001/1701 0007/000G -> 1234/00FF 1 Y",
		"  SESSION '' C0A80001/1701 0007/0001 -> 1234/00FF 256 Y",
		"  SESSION '' C0A80001/1701 0007/0001 -> 1234/00FF 1 YY",
	};

	cr_assert_eq(parse(PROTO_L2TP, 0, l2tp), 1);
	cr_assert_eq(sock.state, TCP_STATE_ESTABLISHED);
	cr_assert_str_eq(end_text(false), "7:1");
	cr_assert_str_eq(end_text(true), "305419896:255");
	/* A name that looks like the rest of a line. */
	cr_assert_eq(parse(PROTO_L2TP, 0,
			   "  SESSION 'x' 00000000/0 0001/0001 -> 0001/0001 1 Y' 00000000/0 "
			   "0007/0008 -> 0009/000A 2 Y"),
		     1);
	cr_assert_eq(sock.state, TCP_STATE_CLOSE);
	cr_assert_str_eq(end_text(false), "7:8");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_eq(parse(PROTO_L2TP, 0, others[i]), 0, "%s", others[i]);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		cr_assert_eq(parse(PROTO_L2TP, 0, damaged[i]), -EBADMSG, "%s", damaged[i]);
	for (size_t n = 11; n < sizeof(l2tp) - 1; n++)
		cr_assert_eq(
			proc_others_parse(PROTO_L2TP, 0, guard_copy(l2tp, n), n, &sock, &special),
			-EBADMSG, "%zu", n);
}

Test(proc_others, bluetooth)
{
	cr_assert_eq(parse(PROTO_BLUETOOTH, 3, l2cap), 1);
	cr_assert_eq(sock.family, AF_BLUETOOTH);
	cr_assert_eq(sock.inode, 139915);
	cr_assert_eq(sock.uid, 1000);
	cr_assert_eq(sock.recv_q, 128);
	cr_assert_eq(sock.send_q, 64);
	cr_assert_str_eq(end_text(false), "rfcomm:*");
	cr_assert_str_eq(end_text(true), "");
}

Test(proc_others, key)
{
	cr_assert_eq(parse(PROTO_KEY, 0, pfkey), 1);
	cr_assert_eq(sock.inode, 28121);
	cr_assert_eq(sock.has, SOCK_HAS_QUEUES | SOCK_HAS_UID | SOCK_HAS_REFCNT | SOCK_HAS_INODE);
	cr_assert_str_eq(end_text(false), "");
}

Test(proc_others, kcm)
{
	static const char *const others[] = {
		"*** KCM statistics (1 MUX) ****",
		"Object         RX-Msgs    RX-Bytes         TX-Msgs    TX-Bytes",
		"mux-1          -          -                -          -",
		"   psock-1     -          -                0          0                0        0",
		"",
	};

	cr_assert_eq(parse(PROTO_KCM, 0, kcm), 1);
	cr_assert_str_eq(end_text(false), "kcm-3");
	cr_assert_eq(sock.recv_q, 1280);
	cr_assert_eq(sock.has, SOCK_HAS_RECV_Q);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_eq(parse(PROTO_KCM, 0, others[i]), 0, "%s", others[i]);
	cr_assert_eq(parse(PROTO_KCM, 0, "   kcm-x 1 2 3 4 5 6 7 -"), -EBADMSG);
	cr_assert_eq(parse(PROTO_KCM, 0, "   kcm-1 1 2 3"), -EBADMSG);
}

Test(proc_others, phonet)
{
	cr_assert_eq(parse(PROTO_PHONET, 0, phonet), 1);
	cr_assert_str_eq(end_text(false), "6c10");
	cr_assert_str_eq(end_text(true), "");
	cr_assert(sock.listening);
	cr_assert_eq(sock.recv_q, 16);
	cr_assert_eq(sock.inode, 4711);
	cr_assert_eq(special.protocol, 2);
}

Test(proc_others, pppoe)
{
	char line[64];

	snprintf(line, sizeof(line), "%08X 52:54:00:12:34:56     eth0", htons(1234));
	cr_assert_eq(parse(PROTO_PPPOE, 0, line), 1);
	cr_assert_str_eq(end_text(false), "eth0:1234");
	cr_assert_str_eq(end_text(true), "52:54:00:12:34:56");
	cr_assert_eq(sock.has, 0, "no queues, no inode, no user");
	cr_assert_eq(parse(PROTO_PPPOE, 0, "00000100 52:54:00:12:34:56 sixteen-bytes-xx"),
		     -EBADMSG);
	cr_assert_eq(parse(PROTO_PPPOE, 0, "00000100 52:54:00:12:34     eth0"), -EBADMSG);
	cr_assert_eq(parse(PROTO_PPPOE, 0, "100 52:54:00:12:34:56 eth0"), -EBADMSG);
}

Test(proc_others, cut_at_every_length)
{
	static const struct {
		enum sock_proto proto;
		const char *line;
	} rows[] = {
		{ PROTO_BLUETOOTH, l2cap }, { PROTO_KEY, pfkey },   { PROTO_KCM, kcm },
		{ PROTO_PHONET, phonet },   { PROTO_PPPOE, pppoe },
	};
	char line[160];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t n = 0; n < strlen(rows[i].line); n++) {
			snprintf(line, sizeof(line), "%.*s", (int)n, rows[i].line);
			parse(rows[i].proto, 0, line);
			cr_assert_leq(special_format_end(line, &sock, false), SPECIAL_END_MAX);
		}
	}
}

static struct sock got[16];
static size_t n_got;

static int take(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n && n_got < 16; i++)
		got[n_got++] = rows[i];
	return 0;
}

static int list_types(enum sock_proto proto, uint16_t types)
{
	const struct sock_query query = { .proto = proto, .types = types };
	const struct sock_sink sink = { .take = take };

	n_got = 0;
	return proc_others_list(&proc_dir_env, &proc_dir_report, &query, &sink);
}

static int list(enum sock_proto proto)
{
	return list_types(proto, 0);
}

TestSuite(proc_others_files, .init = proc_dir_begin, .fini = proc_dir_end);

Test(proc_others_files, all_of_bluetooth)
{
	static const char header[] = "sk               RefCnt Rmem   Wmem   User   Inode  Parent\n";
	char text[256];

	cr_assert_eq(list(PROTO_BLUETOOTH), -ENOENT);
	snprintf(text, sizeof(text), "%s%s\n", header, l2cap);
	proc_dir_put("net/l2cap", text, strlen(text));
	proc_dir_put("net/sco", header, strlen(header));
	snprintf(text, sizeof(text), "%s%s\n%s\n", header, l2cap, "nonsense");
	proc_dir_put("net/hci", text, strlen(text));
	cr_assert_eq(list(PROTO_BLUETOOTH), 1, "a line that is not understood is told");
	cr_assert_eq(n_got, 2);
	/* Of one protocol the files of the others are none of its business. */
	cr_assert_eq(list_types(PROTO_BLUETOOTH, SELECT_TYPE(0)), 0);
	cr_assert_eq(n_got, 1);
	cr_assert_eq(list_types(PROTO_BLUETOOTH, SELECT_TYPE(3)), -ENOENT);
	cr_assert_eq(list(PROTO_KEY), -ENOENT);
}

Test(proc_others_files, kcm_has_lines_that_are_no_sockets)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "*** KCM statistics (1 MUX) ****\nObject RX-Msgs\n\nmux-1 -\n%s\n   psock-1 -\n",
		 kcm);
	proc_dir_put("net/kcm", text, strlen(text));
	cr_assert_eq(list(PROTO_KCM), 0);
	cr_assert_eq(n_got, 1);
}
