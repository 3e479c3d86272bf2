/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CAN sockets: files of the broadcast manager and lists of filters as kernels print them, damaged
 * ones, and which sockets are told apart. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "guard.h"
#include "model/field.h"
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

static const char j1939[] =
	"   vcan0  80000000  80000000  00000000aaaaaaac  00000000eeeeeeee         0  j1939";

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
		"  (device: no entry)",
		/* What is listed elsewhere, and what is no socket's. */
		"   vcan0     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb         5  bcm",
		"   vcan0     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb         5  gw",
	};
	static const char *const damaged[] = {
		"vcan0",
		"vcan0     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb         5  raw",
		"   ",
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
	cr_assert_eq(parse_filter(j1939), 2);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_eq(parse_filter(others[i]), 0, "%s", others[i]);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		cr_assert_eq(parse_filter(damaged[i]), -EBADMSG, "%s", damaged[i]);
}

/* An interface may be called as the kernel's titles are. */
Test(proc_can, names_that_look_like_titles)
{
	static const char *const names[] = { "device", "receive", "(any:", "receivelist'rx_" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char line[120], wanted[32];

		snprintf(line, sizeof(line),
			 "   %-5s     123    000007ff  00000000aaaaaaaa  00000000bbbbbbbb"
			 "         5  raw",
			 names[i]);
		snprintf(wanted, sizeof(wanted), "raw:%s", names[i]);
		cr_assert_eq(parse_filter(line), 1, "%s", line);
		cr_assert_str_eq(local_text(&sock), wanted);
	}
}

/* Sockets that only send broadcasts wait for the echo of what they have sent, and for nothing
 * else; others wait for both. */
Test(proc_can, isotp_sockets_that_only_send)
{
	cr_assert_eq(parse_filter("   vcan0     321    c00007ff  00000000aaaaaaab  "
				  "00000000cccccccc         0  isotpe"),
		     1);
	cr_assert_eq(sock.type, SOCK_DGRAM);
	cr_assert_eq(id, 0xcccccccc);
	cr_assert_str_eq(local_text(&sock), "isotp:vcan0");
}

Test(proc_can, cut_at_every_length)
{
	static const char *const lines[] = { raw, isotp, j1939 };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t whole = strlen(lines[i]) - strlen(strrchr(lines[i], ' '));

		for (size_t n = 1; n <= whole; n++)
			cr_assert_eq(proc_can_parse_filter(guard_copy(lines[i], n), n, &sock,
							   &special, &id),
				     -EBADMSG, "%s: %zu", lines[i], n);
	}
}

/* The kernel tells the name alone. */
Test(proc_can, the_interface_is_a_field)
{
	const struct field *field = field_find("interface", strlen("interface"));
	struct value value;

	cr_assert_not_null(field);
	cr_assert_eq(parse_bcm(bcm, strlen(bcm)), 1);
	cr_assert(field_get(field, &sock, 0, &value));
	cr_assert_eq(value.text.len, 5);
	cr_assert_eq(memcmp(value.text.data, "vcan0", 5), 0);
	cr_assert_eq(parse_bcm(any_bcm, strlen(any_bcm)), 1);
	cr_assert_not(field_get(field, &sock, 0, &value));
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
				  FILTER("any", "00000000dddddddd", "isotp")
					  FILTER("any", "00000000dddddddd", "isotpe"));
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

/* There are such sockets, and not how many. */
Test(proc_can, j1939_is_told, .init = proc_dir_begin, .fini = proc_dir_end)
{
	proc_dir_put_text("net/can/rcvlist_all",
			  TITLE FILTER("vcan0", "00000000bbbbbbbb", "raw")
				  FILTER("vcan0", "00000000cccccccc", "j1939"));
	cr_assert_eq(list(), 1);
	cr_assert_str_eq(got, "raw:vcan0 ");
	cr_assert_not_null(strstr(proc_dir_heard(), "J1939"));
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
