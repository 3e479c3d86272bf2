/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CAN sockets: files of the broadcast manager and lists of filters as kernels print them, damaged
 * ones, and which sockets are told apart. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "guard.h"
#include "model/query.h"
#include "proc_dir.h"
#include "source/proc_can.h"

static struct sock sock;
static struct sock_special special;
static uint64_t id;

static const char bcm[] =
	">>> socket 00000000c0ffee01 / sk 00000000c0ffee02 / bo 00000000c0ffee02 / "
	"dropped 0 / bound vcan0 <<<";
static const char any_bcm[] = ">>> socket 0000000000000000 / sk 0000000000000000 / bo "
			      "0000000000000000 / dropped 12 / bound any <<<";
static const char raw[] =
	"   vcan0     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb         5  "
	"raw";
static const char isotp[] =
	"   any    98db33f1  dfffffff  00000000aaaaaaab  00000000cccccccc         "
	"0  isotp";

static int parse_filter(const char *line)
{
	size_t n = strlen(line);

	return proc_can_parse_filter(guard_copy(line, n), n, &sock, &special, &id);
}

static int parse_bcm(const char *line, size_t n)
{
	return proc_can_parse_bcm(guard_copy(line, n), n, &sock, &special);
}

static const char *local_text(const struct sock *row)
{
	static char text[SPECIAL_END_MAX + 1];

	text[special_format_end(text, row, false)] = '\0';
	return text;
}

Test(proc_can, bcm)
{
	cr_assert_eq(parse_bcm(bcm, strlen(bcm)), 1);
	cr_assert_eq(sock.family, AF_CAN);
	cr_assert_eq(sock.type, SOCK_DGRAM);
	cr_assert_str_eq(local_text(&sock), "bcm:vcan0");
	cr_assert_eq(parse_bcm(any_bcm, strlen(any_bcm)), 1);
	cr_assert_str_eq(local_text(&sock), "bcm:*");
	for (size_t n = 0; n < strlen(bcm); n++)
		cr_assert_eq(parse_bcm(bcm, n), -EBADMSG, "%zu", n);
	cr_assert_eq(parse_bcm(">>> socket 0 / bound a-name-that-is-too-long <<<", 48), -EBADMSG);
	cr_assert_eq(parse_bcm(">>> socket 0 / bound  <<<", 25), -EBADMSG);
}

Test(proc_can, filters)
{
	static const char *const others[] = {
		"",
		"receive list 'rx_all':",
		"  (any: no entry)",
		"  device   can_id   can_mask  function  userdata   matches  ident",
		/* What several sockets share, and what is listed elsewhere. */
		"   vcan0     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb         5  j1939",
		"   vcan0     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb         5  bcm",
	};
	static const char *const damaged[] = {
		"vcan0",
		"   vcan0     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb         5",
		"   vcan0     123    000007ff  00000000aaaaaaaa  (____ptrval____)         5  raw",
		"   vcan0     xyz    000007ff  00000000aaaaaaaa  00000000bbbbbbbb         5  raw",
		"   vcan0     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb        -5  raw",
		"   a-name-that-is-too-long 1 1 1 1 1 raw",
	};

	cr_assert_eq(parse_filter(raw), 1);
	cr_assert_eq(sock.type, SOCK_RAW);
	cr_assert_eq(id, 0xbbbbbbbb);
	cr_assert_str_eq(local_text(&sock), "raw:vcan0");
	cr_assert_eq(parse_filter(isotp), 1);
	cr_assert_eq(sock.type, SOCK_DGRAM);
	cr_assert_str_eq(local_text(&sock), "isotp:*");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_eq(parse_filter(others[i]), 0, "%s", others[i]);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		cr_assert_eq(parse_filter(damaged[i]), -EBADMSG, "%s", damaged[i]);
}

static char got[400];
static uint64_t inodes;

static int take(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	for (size_t i = 0; i < n; i++) {
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ", local_text(&rows[i]));
		if (rows[i].has & SOCK_HAS_INODE)
			inodes += rows[i].inode;
	}
	return 0;
}

static int list(void)
{
	const struct sock_query query = { .proto = PROTO_CAN, .states = UINT32_MAX };
	const struct sock_sink sink = { .take = take };

	*got = '\0';
	inodes = 0;
	return proc_can_list(&proc_dir_env, &proc_dir_report, &query, &sink);
}

#define TITLE "\nreceive list 'rx_all':\n  (any: no entry)\n"
#define FILTER(device, id, ident) \
	"   " device "     123    000007ff  00000000aaaaaaaa  " id "         5  " ident "\n"

Test(proc_can, a_socket_is_listed_once, .init = proc_dir_begin, .fini = proc_dir_end)
{
	cr_assert_eq(list(), -ENOENT, "this kernel has no CAN");
	proc_dir_put_text("net/can/rcvlist_all",
			  TITLE FILTER("vcan0", "00000000bbbbbbbb", "raw")
				  FILTER("vcan0", "00000000cccccccc", "raw"));
	proc_dir_put_text("net/can/rcvlist_sff",
			  TITLE FILTER("vcan0", "00000000bbbbbbbb", "raw")
				  FILTER("any", "00000000dddddddd", "isotp"));
	cr_assert_eq(list(), 0);
	cr_assert_str_eq(got, "raw:vcan0 raw:vcan0 isotp:* ");
	cr_assert_eq(inodes, 0);
	proc_dir_put_text("net/can-bcm/4711", ">>> socket 1 / sk 2 / bo 2 / dropped 0 / bound "
					      "vcan1 <<<\nrx_op: 123 any\n\n");
	cr_assert_eq(list(), 0);
	cr_assert_str_eq(got, "raw:vcan0 raw:vcan0 isotp:* bcm:vcan1 ");
	cr_assert_eq(inodes, 4711);
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(proc_can, what_cannot_be_told_apart_is_told, .init = proc_dir_begin, .fini = proc_dir_end)
{
	proc_dir_put_text("net/can/rcvlist_all",
			  TITLE FILTER("vcan0", "0000000000000000", "raw")
				  FILTER("vcan0", "0000000000000000", "raw"));
	cr_assert_eq(list(), 1);
	cr_assert_str_eq(got, "");
	cr_assert_not_null(strstr(proc_dir_heard(), "kptr_restrict"));
	cr_assert_eq(proc_dir_report.level, REPORT_PARTIAL);
}

Test(proc_can, damage_is_told, .init = proc_dir_begin, .fini = proc_dir_end)
{
	proc_dir_put_text("net/can-bcm/12", "nothing of the kind\n");
	cr_assert_eq(list(), 1);
	cr_assert_not_null(strstr(proc_dir_heard(), "/proc/net/can-bcm/12"));
	proc_dir_put_text("net/can/rcvlist_fil", TITLE "   vcan0 what is this\n");
	cr_assert_eq(list(), 1);
	cr_assert_not_null(strstr(proc_dir_heard(), "net/can/rcvlist_fil"));
	cr_assert_str_eq(got, "");
}
