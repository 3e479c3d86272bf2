/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/packet, /proc/net/netlink and /proc/net/protocols: lines as kernels print them, and
 * damaged ones. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "guard.h"
#include "source/proc_protocols.h"
#include "source/proc_special.h"

static struct sock sock;
static struct sock_special special;
static uint32_t groups;

static int packet(const char *line)
{
	size_t n = strlen(line);

	return proc_packet_parse(guard_copy(line, n), n, &sock, &special);
}

static int netlink(const char *line)
{
	size_t n = strlen(line);

	return proc_netlink_parse(guard_copy(line, n), n, &sock, &special, &groups);
}

static const char packet_line[] =
	"000000003fbd1a4e 3      3    88cc   2     1 1536   1000   35021  ";
static const char netlink_line[] =
	"00000000b8e9c2d1 15  4294963199 00000001 1280     512      0     2   "
	"     7        19001   ";

Test(proc_special, packet)
{
	cr_assert_eq(packet(packet_line), 0);
	cr_assert_eq(sock.proto, PROTO_PACKET);
	cr_assert_eq(sock.family, AF_PACKET);
	cr_assert_eq(sock.type, SOCK_RAW);
	cr_assert_eq(sock.local.ifindex, 2);
	cr_assert_eq(sock.recv_q, 1536);
	cr_assert_eq(sock.uid, 1000);
	cr_assert_eq(sock.inode, 35021);
	cr_assert_eq(special.protocol, 0x88cc);
	cr_assert_eq(sock.has, SOCK_HAS_IFINDEX | SOCK_HAS_UID | SOCK_HAS_REFCNT | SOCK_HAS_RECV_Q |
				       SOCK_HAS_INODE);
	/* Kernels that hide pointers print zeros, 32-bit ones fewer digits. */
	cr_assert_eq(packet("00000000 3      2    0003   0     0 0      0      0     "), 0);
	cr_assert_not(sock.has & SOCK_HAS_INODE);
	cr_assert_eq(special.protocol, 3);
}

Test(proc_special, netlink)
{
	cr_assert_eq(netlink(netlink_line), 0);
	cr_assert_eq(sock.proto, PROTO_NETLINK);
	cr_assert_eq(special.protocol, 15);
	cr_assert_eq(special.local.port, 4294963199u);
	cr_assert_eq(sock.recv_q, 1280);
	cr_assert_eq(sock.send_q, 512);
	cr_assert_eq(sock.inode, 19001);
	cr_assert_eq(groups, 1);
	cr_assert_eq(special.groups.len, sizeof(groups));
	cr_assert_not(sock.has & (SOCK_HAS_UID | SOCK_HAS_COOKIE));
}

Test(proc_special, damaged_lines)
{
	static const char *const bad[] = {
		"",
		" ",
		"sk       RefCnt Type Proto  Iface R Rmem   User   Inode",
		"xyz 3      3    88cc   2     1 1536   1000   35021",
		"0 3 3 88cc 2 2 1536 1000 35021",   /* running twice */
		"0 3 256 88cc 2 1 1536 1000 35021", /* no such type */
		"0 3 3 88ccc 2 1 1536 1000 35021",
		"0 3 3 88cc 4294967296 1 1536 1000 35021",
		"0 3 3 88cc 2 1 -1 1000 35021",
		"0 3 3 88cc 2 1 1536 1000 35021x",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(packet(bad[i]), -EBADMSG, "%s", bad[i]);
	cr_assert_eq(netlink("0 256 1 00000001 0 0 0 2 0 1"), -EBADMSG);
	cr_assert_eq(netlink("0 15 -4097 00000001 0 0 0 2 0 1"), -EBADMSG);
	cr_assert_eq(netlink("0 15 1 0000001 0 0 0 2 0 1"), -EBADMSG);
	cr_assert_eq(netlink("0 15 1 00000001 0 0 0 2 0"), -EBADMSG);
	cr_assert_eq(netlink("0 15 1 00000001 0 0 0 2 0 18446744073709551616"), -EBADMSG);
}

/* A line that lost its end may still be read only where it ends with whole fields. */
Test(proc_special, cut_at_every_length)
{
	char line[200];

	for (size_t n = 0; n < sizeof(packet_line); n++) {
		snprintf(line, sizeof(line), "%.*s", (int)n, packet_line);
		if (packet(line) == 0)
			cr_assert_gt(n, sizeof(packet_line) - 8);
	}
	for (size_t n = 0; n < sizeof(netlink_line); n++) {
		snprintf(line, sizeof(line), "%.*s", (int)n, netlink_line);
		if (netlink(line) == 0)
			cr_assert_gt(n, sizeof(netlink_line) - 10);
	}
}

static int protocols(const char *line, const char *name, uint64_t *n)
{
	size_t len = strlen(line);

	return proc_protocols_parse(guard_copy(line, len), len, name, n);
}

Test(proc_special, protocols)
{
	static const char line[] =
		"PACKET    1600      6      -1   NI       0   no   kernel      n  n";
	uint64_t n;

	cr_assert_eq(protocols(line, "PACKET", &n), 0);
	cr_assert_eq(n, 6);
	cr_assert_eq(protocols(line, "PACK", &n), -ENOENT);
	cr_assert_eq(protocols(line, "PACKETS", &n), -ENOENT);
	cr_assert_eq(protocols("protocol  size sockets  memory press", "XDP", &n), -ENOENT);
	cr_assert_eq(protocols("XDP", "XDP", &n), -EBADMSG);
	cr_assert_eq(protocols("XDP 1088", "XDP", &n), -EBADMSG);
	cr_assert_eq(protocols("XDP 1088 -1 -1", "XDP", &n), -EBADMSG);
	cr_assert_eq(protocols("XDP 1088 1x -1", "XDP", &n), -EBADMSG);
	cr_assert_eq(protocols("", "XDP", &n), -EBADMSG);
	/* A long name leaves no blank for its number. */
	cr_assert_eq(protocols("UNIX-STREAM 1024      7      -1   NI", "UNIX-STREAM", &n), 0);
	cr_assert_eq(n, 7);
}
