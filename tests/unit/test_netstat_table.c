/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables, byte for byte as net-tools 2.10 prints the same sockets with -W. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/obuf.h"
#include "output/netstat_table.h"

static const char *test_ifname(void *ctx, uint32_t ifindex)
{
	(void)ctx;
	return ifindex == 2 ? "eth0" : "7";
}

static const char *test_host(void *ctx, int family, const union inet_addr *addr)
{
	(void)ctx;
	return family == AF_INET && addr->bytes[3] == 1 ? "localhost" : NULL;
}

static const char *test_service(void *ctx, enum sock_proto proto, uint16_t port)
{
	(void)ctx;
	return proto == PROTO_TCP && port == 80 ? "http" : NULL;
}

static const char *test_user(void *ctx, uint32_t uid)
{
	(void)ctx;
	return uid == 33 ? "www-data" : uid == 34 ? "a-very-long-name" : NULL;
}

static struct endpoint end(const char *addr, uint16_t port)
{
	struct endpoint result = { .port = port };

	inet_pton(strchr(addr, ':') ? AF_INET6 : AF_INET, addr, &result.addr);
	return result;
}

/* What a table prints for rows, headers left out unless the configuration wants them. */
static const char *print(struct netstat_table_config config, enum section section,
			 const struct sock *rows, size_t n)
{
	static char text[8192];
	int fd = memfd_create("table", 0);
	struct obuf out;
	struct writer *writer;
	ssize_t len;

	config.labels.ifname = test_ifname;
	cr_assert_eq(obuf_init(&out, fd), 0);
	writer = netstat_table_new(&config, &out);
	cr_assert_not_null(writer);
	cr_assert_eq(writer->begin(writer, section), 0);
	cr_assert_eq(writer->rows(writer, rows, n), 0);
	cr_assert_eq(writer->end(writer), 0);
	writer->free(writer);
	obuf_free(&out);
	len = pread(fd, text, sizeof(text) - 1, 0);
	cr_assert_geq(len, 0);
	text[len] = '\0';
	close(fd);
	return text;
}

static const struct netstat_table_config plain = { .no_header = true };
static const struct netstat_table_config full = {
	.no_header = true, .user_inode = true, .programs = true, .timers = true
};

static struct sock tcp_row(void)
{
	return (struct sock){
		.proto = PROTO_TCP,
		.family = AF_INET,
		.state = TCP_STATE_LISTEN,
		.listening = true,
		.recv_q = 1,
		.backlog = 5,
		.local = end("127.0.0.1", 18080),
		.remote = end("0.0.0.0", 0),
		.inode = 2791843,
		.has = SOCK_HAS_INODE | SOCK_HAS_UID | SOCK_HAS_QUEUES,
	};
}

Test(netstat_table, headers)
{
	struct netstat_table_config config = { .mode = SELECT_ALL };

	cr_assert_str_eq(print(config, SECTION_INET, NULL, 0),
			 "Active Internet connections (servers and established)\n"
			 "Proto Recv-Q Send-Q Local Address           Foreign Address         "
			 "State      \n");
	config.mode = SELECT_LISTENERS;
	config.user_inode = config.programs = config.timers = true;
	cr_assert_str_eq(print(config, SECTION_INET, NULL, 0),
			 "Active Internet connections (only servers)\n"
			 "Proto Recv-Q Send-Q Local Address           Foreign Address         "
			 "State       User       Inode      PID/Program name     Timer\n");
	config.mode = SELECT_CONNECTED;
	cr_assert_str_eq(print(config, SECTION_UNIX, NULL, 0),
			 "Active UNIX domain sockets (w/o servers)\n"
			 "Proto RefCnt Flags       Type       State         I-Node   "
			 "PID/Program name     Path\n");
	config.programs = false;
	cr_assert_str_eq(print(config, SECTION_UNIX, NULL, 0),
			 "Active UNIX domain sockets (w/o servers)\n"
			 "Proto RefCnt Flags       Type       State         I-Node   Path\n");
	config.no_header = true;
	cr_assert_str_eq(print(config, SECTION_UNIX, NULL, 0), "");
}

Test(netstat_table, tcp)
{
	static const struct owner owner = { .pid = 7785, .fd = 3, .program = "python3" };
	struct sock row = tcp_row();

	cr_assert_str_eq(print(plain, SECTION_INET, &row, 1),
			 "tcp        1      0 127.0.0.1:18080         0.0.0.0:*               "
			 "LISTEN     \n");
	row.owners = &owner;
	row.n_owners = 1;
	cr_assert_str_eq(print(full, SECTION_INET, &row, 1),
			 "tcp        1      0 127.0.0.1:18080         0.0.0.0:*               "
			 "LISTEN      0          2791843    7785/python3         off (0.00/0/0)\n");
	row.state = TCP_STATE_ESTABLISHED;
	row.remote = end("127.0.0.1", 46346);
	row.timer = TIMER_KEEPALIVE;
	row.timer_ms = 6933379;
	row.n_owners = 0;
	row.retransmits = 3;
	row.probes = 2;
	cr_assert_str_eq(print(full, SECTION_INET, &row, 1),
			 "tcp        1      0 127.0.0.1:18080         127.0.0.1:46346         "
			 "ESTABLISHED 0          2791843    -                    "
			 "keepalive (6933.37/3/2)\n");
}

Test(netstat_table, addresses)
{
	struct sock row = tcp_row();

	row.family = AF_INET6;
	row.local = end("::ffff:127.0.0.1", 18081);
	row.remote = end("2001:db8:1111:2222:3333:4444:5555:6666", 443);
	cr_assert_str_eq(print(plain, SECTION_INET, &row, 1),
			 "tcp6       1      0 127.0.0.1:18081         "
			 "2001:db8:1111:2222:3333:4444:5555:6666:443 LISTEN     \n");
	row.local = end("fe80::1", 22);
	row.local.ifindex = 2;
	row.remote = end("::", 0);
	cr_assert_str_eq(print(plain, SECTION_INET, &row, 1),
			 "tcp6       1      0 fe80::1%eth0:22         :::*                    "
			 "LISTEN     \n");
	/* an interface that a global address is bound to is not part of the address */
	row.local = end("2001:db8::1", 22);
	row.local.ifindex = 2;
	cr_assert_str_eq(print(plain, SECTION_INET, &row, 1),
			 "tcp6       1      0 2001:db8::1:22          :::*                    "
			 "LISTEN     \n");
}

Test(netstat_table, names)
{
	struct netstat_table_config config = plain;
	struct sock row = tcp_row();

	config.user_inode = true;
	config.labels =
		(struct labels){ .host = test_host, .service = test_service, .user = test_user };
	row.local.port = 80;
	row.uid = 33;
	cr_assert_str_eq(print(config, SECTION_INET, &row, 1),
			 "tcp        1      0 localhost:http          0.0.0.0:*               "
			 "LISTEN      www-data   2791843   \n");
	row.family = AF_INET6;
	row.local = end("::", 81);
	row.remote = end("::", 0);
	row.uid = 34;
	row.inode = 12345678901;
	cr_assert_str_eq(print(config, SECTION_INET, &row, 1),
			 "tcp6       1      0 [::]:81                 [::]:*                  "
			 "LISTEN      a-very-long-name 12345678901\n");
}

Test(netstat_table, udp_and_raw)
{
	struct sock row = tcp_row();

	row.proto = PROTO_UDP;
	row.state = TCP_STATE_CLOSE;
	row.recv_q = 832;
	cr_assert_str_eq(print(full, SECTION_INET, &row, 1),
			 "udp      832      0 127.0.0.1:18080         0.0.0.0:*               "
			 "            0          2791843    -                    off (0.00/0/0)\n");
	row.state = TCP_STATE_ESTABLISHED;
	row.timer = 2;
	row.timer_ms = 1239;
	cr_assert_str_eq(print(full, SECTION_INET, &row, 1),
			 "udp      832      0 127.0.0.1:18080         0.0.0.0:*               "
			 "ESTABLISHED 0          2791843    -                    on2 (1.23/0/0)\n");
	row.state = 9;
	row.timer = 0;
	cr_assert_str_eq(print(plain, SECTION_INET, &row, 1),
			 "udp      832      0 127.0.0.1:18080         0.0.0.0:*               "
			 "9          \n");
	row.proto = PROTO_RAW;
	row.family = AF_INET6;
	row.local = end("::", 58);
	row.remote = end("::", 0);
	row.state = 7;
	cr_assert_str_eq(print(plain, SECTION_INET, &row, 1),
			 "raw6     832      0 :::58                   :::*                    "
			 "7          \n");
	row.proto = PROTO_UDPLITE;
	row.state = TCP_STATE_CLOSE;
	cr_assert_str_eq(print(plain, SECTION_INET, &row, 1),
			 "udpl6    832      0 :::58                   :::*                    "
			 "           \n");
}

Test(netstat_table, every_tcp_state)
{
	static const char *const states[] = {
		"0          ", "ESTABLISHED", "SYN_SENT   ", "SYN_RECV   ", "FIN_WAIT1  ",
		"FIN_WAIT2  ", "TIME_WAIT  ", "CLOSE      ", "CLOSE_WAIT ", "LAST_ACK   ",
		"LISTEN     ", "CLOSING    ", "12         ", "13         ",
	};

	for (uint8_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct sock row = tcp_row();
		const char *line;

		row.state = i;
		line = print(plain, SECTION_INET, &row, 1);
		cr_assert_eq(strlen(line), 80);
		cr_assert_eq(memcmp(line + 68, states[i], 11), 0, "state %u: %s", i, line);
	}
}

Test(netstat_table, timers)
{
	static const char *const timers[] = {
		"off (0.00/",   "on (1.50/",  "keepalive (1.50/", "timewait (1.50/",
		"probe (1.50/", "off (0.00/", "unkn-6 (1.50/",
	};

	for (uint8_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		struct sock row = tcp_row();

		row.timer = i;
		row.timer_ms = 1509;
		cr_assert_not_null(strstr(print(full, SECTION_INET, &row, 1), timers[i]), "%s",
				   timers[i]);
	}
}

Test(netstat_table, programs_are_cut_whole)
{
	static const struct owner owner = { .pid = 1234567, .program = "a b\x1b[31mlongname" };
	struct netstat_table_config config = plain;
	struct sock row = tcp_row();

	config.programs = true;
	row.owners = &owner;
	row.n_owners = 1;
	/* 1234567/a\x20b is 14 columns; \x1b makes 18, the bracket 19 */
	cr_assert_not_null(
		strstr(print(config, SECTION_INET, &row, 1), " 1234567/a\\x20b\\x1b[ \n"));
	config.wide = true;
	cr_assert_not_null(strstr(print(config, SECTION_INET, &row, 1),
				  " 1234567/a\\x20b\\x1b[31mlongname\n"));
}

static struct sock unix_row(enum unix_name_kind kind, const char *name, size_t n)
{
	return (struct sock){
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.type = SOCK_STREAM,
		.state = UNIX_STATE_UNCONNECTED,
		.refcnt = 2,
		.inode = 2791863,
		.has = SOCK_HAS_REFCNT | SOCK_HAS_INODE,
		.name_kind = kind,
		.name = (const uint8_t *)name,
		.name_len = (uint16_t)n,
	};
}

Test(netstat_table, unix_sockets)
{
	struct netstat_table_config config = plain;
	struct sock rows[4] = {
		unix_row(UNIX_PATHNAME, "/srv/src/a", 10),
		unix_row(UNIX_UNNAMED, NULL, 0),
		unix_row(UNIX_ABSTRACT, "abs", 3),
		unix_row(UNIX_ABSTRACT, "x\0y", 3),
	};

	rows[0].listening = true;
	rows[1].state = UNIX_STATE_CONNECTED;
	rows[1].refcnt = 3;
	rows[1].inode = 2791874;
	rows[2].state = UNIX_STATE_CONNECTING;
	rows[2].refcnt = 3;
	rows[2].inode = 0;
	rows[3].type = SOCK_DGRAM;
	rows[3].inode = 2791871;
	config.programs = true;
	cr_assert_str_eq(
		print(config, SECTION_UNIX, rows, 4),
		"unix  2      [ ACC ]     STREAM     LISTENING     2791863  -                    /srv/src/a\n"
		"unix  3      [ ]         STREAM     CONNECTED     2791874  -                    \n"
		"unix  3      [ ]         STREAM     CONNECTING    0        -                    @abs\n"
		"unix  2      [ ]         DGRAM                    2791871  -                    @x\\x00y\n");
}

Test(netstat_table, unix_names_never_look_alike)
{
	struct sock path = unix_row(UNIX_PATHNAME, "@x", 2);
	struct sock abstract = unix_row(UNIX_ABSTRACT, "x", 1);
	struct sock forged = unix_row(UNIX_PATHNAME, "a\nunix  2 b", 11);
	struct sock empty = unix_row(UNIX_ABSTRACT, "", 0);

	cr_assert_not_null(strstr(print(plain, SECTION_UNIX, &path, 1), "2791863  \\x40x\n"));
	cr_assert_not_null(strstr(print(plain, SECTION_UNIX, &abstract, 1), "2791863  @x\n"));
	cr_assert_not_null(strstr(print(plain, SECTION_UNIX, &empty, 1), "2791863  @\n"));
	cr_assert_not_null(strstr(print(plain, SECTION_UNIX, &forged, 1),
				  "2791863  a\\x0aunix\\x20\\x202\\x20b\n"));
}

Test(netstat_table, unix_oddities)
{
	struct sock row = unix_row(UNIX_UNNAMED, NULL, 0);

	row.has = 0;
	row.type = 77;
	row.state = UNIX_STATE_OTHER + 9;
	row.inode = 1234567890;
	row.unix_proto = 1;
	cr_assert_str_eq(print(plain, SECTION_UNIX, &row, 1),
			 "??    -      [ ]         77         9             1234567890 \n");
}

Test(netstat_table, sctp)
{
	struct endpoint local[2] = { end("127.0.0.1", 5001), end("127.0.0.2", 5001) };
	struct endpoint remote[3] = { end("127.0.0.3", 5002), end("127.0.0.4", 5002),
				      end("127.0.0.5", 5002) };
	struct sock row = {
		.proto = PROTO_SCTP,
		.family = AF_INET,
		.state = TCP_STATE_LISTEN,
		.local = local[0],
		.local_addrs = local,
		.n_local_addrs = 2,
		.inode = 42,
	};
	struct netstat_table_config config = full;

	config.programs = false;
	cr_assert_str_eq(
		print(config, SECTION_INET, &row, 1),
		"sctp                127.0.0.1:5001                                  LISTEN     \n"
		"                    127.0.0.2:5001                                             "
		" 0          42         \n");
	row.sctp_assoc = true;
	row.state = SCTP_STATE_ESTABLISHED;
	row.recv_q = 242;
	row.remote = remote[0];
	row.remote_addrs = remote;
	row.n_remote_addrs = 3;
	cr_assert_str_eq(
		print(plain, SECTION_INET, &row, 1),
		"sctp     242      0 127.0.0.1:5001          127.0.0.3:5002          ESTABLISHED\n"
		"                    127.0.0.2               127.0.0.4                          \n"
		"                                            127.0.0.5                          \n");
}

Test(netstat_table, netns_is_last_but_for_paths)
{
	static const struct sock_netns blue = { .label = "b l\033", .id = 7, .place = 1 };
	struct netstat_table_config config = { .no_header = true, .netns = true };
	struct sock row = tcp_row(), local = {
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.type = SOCK_STREAM,
		.state = UNIX_STATE_CONNECTED,
		.has = SOCK_HAS_REFCNT,
		.refcnt = 3,
		.inode = 12,
		.name = (const uint8_t *)"/run/x",
		.name_len = 6,
		.name_kind = UNIX_PATHNAME,
		.netns = &blue,
	};

	row.netns = &blue;
	cr_assert_str_eq(print(config, SECTION_INET, &row, 1),
			 "tcp        1      0 127.0.0.1:18080         0.0.0.0:*               "
			 "LISTEN      b\\x20l\\x1b\n");
	row.netns = NULL;
	cr_assert_str_eq(print(config, SECTION_INET, &row, 1),
			 "tcp        1      0 127.0.0.1:18080         0.0.0.0:*               "
			 "LISTEN      -\n");
	cr_assert_str_eq(print(config, SECTION_UNIX, &local, 1),
			 "unix  3      [ ]         STREAM     CONNECTED     12       "
			 "b\\x20l\\x1b           /run/x\n");
	config.no_header = false;
	config.mode = SELECT_ALL;
	cr_assert_str_eq(print(config, SECTION_UNIX, NULL, 0),
			 "Active UNIX domain sockets (servers and established)\n"
			 "Proto RefCnt Flags       Type       State         I-Node   "
			 "Netns                Path\n");
	config.timers = true;
	cr_assert_str_eq(print(config, SECTION_INET, NULL, 0),
			 "Active Internet connections (servers and established)\n"
			 "Proto Recv-Q Send-Q Local Address           Foreign Address         "
			 "State       Timer Netns\n");
}

/* Interfaces of other namespaces have names of their own: ours are not asked for. */
Test(netstat_table, netns_scopes)
{
	struct netstat_table_config config = { .no_header = true, .netns = true };
	struct sock row = tcp_row();

	row.family = AF_INET6;
	row.local = end("fe80::1", 80);
	row.local.ifindex = 2;
	row.remote = end("::", 0);
	cr_assert_not_null(strstr(print(config, SECTION_INET, &row, 1), " fe80::1%2:80 "));
	row.interface = "v 0";
	cr_assert_not_null(strstr(print(config, SECTION_INET, &row, 1), " fe80::1%v\\x200:80 "));
}
