/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expressions mean, term by term: which of a small population they match, and what is said
 * about those that mean nothing. */
#include <criterion/criterion.h>

#include "fake_world.h"
#include "guard.h"
#include "model/facts.h"
#include "model/special.h"

enum {
	LISTENER, /* *:22 on eth0 */
	SSH,      /* 10.0.0.1:22 from 192.0.2.7:40001 */
	MAPPED,   /* ::ffff:10.0.0.1:80 from ::ffff:193.233.7.9:443 */
	SIX,      /* [2001:db8::1]:22 to [fe80::5%3]:36266 */
	WAIT,     /* 10.0.0.1:40000, TIME_WAIT */
	UDP,      /* 0.0.0.0:514 */
	RAW,      /* icmp */
	SCTP,     /* an association with several addresses */
	PATH,     /* a UNIX listener */
	ABSTRACT, /* connected to it */
	UNNAMED,
	N_SOCKS,
};

static const struct sock_facts marked = { .has = FACT_MARK, .mark = 0x13 };
static const struct owner owners[] = {
	{ .pid = 812, .fd = 3, .program = "nginx" },
	{ .pid = 813, .fd = 3, .program = "it's (x" },
};
static const char cmdline[] = "nginx: master\0-g\0";
static const struct owner sshd[] = {
	{ .pid = 1, .program = "sshd", .cmdline = cmdline, .cmdline_len = sizeof(cmdline) - 1 },
};
static struct endpoint sctp_addrs[2];
static struct sock socks[N_SOCKS];

static struct endpoint end(const char *addr, uint16_t port, uint32_t ifindex)
{
	return (struct endpoint){ .addr = address_of(addr), .port = port, .ifindex = ifindex };
}

static struct sock inet(enum sock_proto proto, uint8_t state, struct endpoint local,
			struct endpoint remote, uint8_t family)
{
	return (struct sock){
		.proto = (uint8_t)proto,
		.family = family,
		.state = state,
		.listening = proto == PROTO_TCP && state == TCP_STATE_LISTEN,
		.local = local,
		.remote = remote,
		.has = SOCK_HAS_IFINDEX | SOCK_HAS_QUEUES,
	};
}

static struct sock unix_sock(uint8_t state, bool listening, enum unix_name_kind kind,
			     const char *name)
{
	return (struct sock){
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.type = SOCK_STREAM,
		.state = state,
		.listening = listening,
		.name_kind = (uint8_t)kind,
		.name = (const uint8_t *)name,
		.name_len = (uint16_t)strlen(name),
		.has = SOCK_HAS_INODE,
	};
}

static void set_up_inet(void)
{
	socks[LISTENER] = inet(PROTO_TCP, TCP_STATE_LISTEN, end("0.0.0.0", 22, 2),
			       end("0.0.0.0", 0, 0), AF_INET);
	socks[LISTENER].owners = sshd;
	socks[LISTENER].n_owners = 1;
	socks[SSH] = inet(PROTO_TCP, TCP_STATE_ESTABLISHED, end("10.0.0.1", 22, 0),
			  end("192.0.2.7", 40001, 0), AF_INET);
	socks[SSH].recv_q = 70000;
	socks[SSH].uid = 33;
	socks[SSH].has |= SOCK_HAS_UID | SOCK_HAS_CGROUP;
	socks[SSH].cgroup_id = 7;
	socks[SSH].facts = &marked;
	socks[MAPPED] = inet(PROTO_TCP, TCP_STATE_CLOSE_WAIT, end("::ffff:10.0.0.1", 80, 0),
			     end("::ffff:193.233.7.9", 443, 0), AF_INET6);
	socks[MAPPED].owners = owners;
	socks[MAPPED].n_owners = 2;
	socks[MAPPED].has |= SOCK_HAS_UID;
	socks[SIX] = inet(PROTO_TCP, TCP_STATE_SYN_SENT, end("2001:db8::1", 22, 3),
			  end("fe80::5", 36266, 3), AF_INET6);
	socks[WAIT] = inet(PROTO_TCP, TCP_STATE_TIME_WAIT, end("10.0.0.1", 40000, 0),
			   end("10.9.9.9", 22, 0), AF_INET);
	socks[UDP] = inet(PROTO_UDP, TCP_STATE_CLOSE, end("0.0.0.0", 1514, 0), end("0.0.0.0", 0, 0),
			  AF_INET);
	socks[RAW] = inet(PROTO_RAW, TCP_STATE_CLOSE, end("0.0.0.0", 1, 0), end("0.0.0.0", 0, 0),
			  AF_INET);
	socks[SCTP] = inet(PROTO_SCTP, SCTP_STATE_COOKIE_WAIT, end("192.0.2.1", 2514, 0),
			   end("192.0.2.7", 9, 0), AF_INET);
	socks[SCTP].sctp_assoc = true;
	sctp_addrs[0] = socks[SCTP].local;
	sctp_addrs[1] = end("172.16.0.1", 2514, 0);
	socks[SCTP].local_addrs = sctp_addrs;
	socks[SCTP].n_local_addrs = 2;
}

/* Sockets of other families, for tests of their own. */
enum { PACKET, ROUTE, GUEST, N_FURTHER };

static struct sock further[N_FURTHER];

/* 1, 5 and 33, in longs as the kernel has them. */
static const unsigned long route_groups[] = { (unsigned long)(UINT64_C(1) << 32 | 0x11),
					      sizeof(long) == 4 };

static void set_up_further(void)
{
	static const struct sock_special packet = {
		.has = SPECIAL_PROTOCOL | SPECIAL_LOCAL,
		.protocol = 0x88cc,
	};
	static const struct sock_special route = {
		.has = SPECIAL_PROTOCOL | SPECIAL_LOCAL | SPECIAL_GROUPS,
		.local = { .port = 812 },
		.groups = { (const uint8_t *)route_groups, sizeof(route_groups) },
	};
	static const struct sock_special guest = {
		.has = SPECIAL_LOCAL | SPECIAL_REMOTE,
		.local = { 3, 1024 },
		.remote = { 2, 22 },
	};

	further[PACKET] = (struct sock){
		.proto = PROTO_PACKET,
		.family = AF_PACKET,
		.state = TCP_STATE_CLOSE,
		.has = SOCK_HAS_IFINDEX,
		.local = { .ifindex = 2 },
		.interface = "eth0",
		.special = &packet,
	};
	further[ROUTE] = (struct sock){
		.proto = PROTO_NETLINK,
		.family = AF_NETLINK,
		.state = TCP_STATE_CLOSE,
		.special = &route,
	};
	further[GUEST] = (struct sock){
		.proto = PROTO_VSOCK,
		.family = AF_VSOCK,
		.state = TCP_STATE_ESTABLISHED,
		.special = &guest,
	};
}

static void set_up(void)
{
	set_up_inet();
	set_up_further();
	socks[PATH] = unix_sock(UNIX_STATE_UNCONNECTED, true, UNIX_PATHNAME, "/tmp/.X11-unix/X0");
	socks[PATH].inode = 22;
	socks[ABSTRACT] = unix_sock(UNIX_STATE_CONNECTED, false, UNIX_ABSTRACT, "0a1f3");
	socks[ABSTRACT].inode = 4242;
	socks[ABSTRACT].peer_inode = 22;
	socks[ABSTRACT].has |= SOCK_HAS_PEER;
	socks[ABSTRACT].peer_name = socks[PATH].name;
	socks[ABSTRACT].peer_name_len = socks[PATH].name_len;
	socks[ABSTRACT].peer_name_kind = UNIX_PATHNAME;
	socks[UNNAMED] = unix_sock(UNIX_STATE_CONNECTED, false, UNIX_UNNAMED, "");
}

TestSuite(expr, .init = set_up);
TestSuite(expr_error, .init = set_up);
TestSuite(expr_size, .init = set_up, .timeout = 600);

static struct expr *parse_in(const struct expr_world *world, const char *text)
{
	struct expr_error error;
	struct expr *expr;
	size_t n = strlen(text);

	cr_assert_eq(expr_parse(guard_copy(text, n), n, world, &expr, &error), 0,
		     "%s: at %zu, %zu: %s", text, error.start, error.len, error.message);
	return expr;
}

static struct expr *parse(const char *text)
{
	return parse_in(&test_world, text);
}

/* The sockets an expression matches, as a set of bits. */
static unsigned int matching(const struct expr *expr)
{
	unsigned int set = 0;

	for (int i = 0; i < N_SOCKS; i++)
		set |= expr_matches(expr, &socks[i]) ? 1u << i : 0;
	return set;
}

#define BITS(...) bits_of((const int[]){ __VA_ARGS__, -1 })
#define ALL ((1u << N_SOCKS) - 1)
#define UNIX BITS(PATH, ABSTRACT, UNNAMED)
#define INET (ALL & ~UNIX)

static unsigned int bits_of(const int *numbers)
{
	unsigned int set = 0;

	for (; *numbers >= 0; numbers++)
		set |= 1u << *numbers;
	return set;
}

/* It means that, and so does its canonical text, which is its own. */
static void check_in(const struct expr_world *world, const char *text, unsigned int want)
{
	struct expr *expr = parse_in(world, text), *again;
	char *print = expr_print(expr), *twice;
	unsigned int set = matching(expr);

	cr_assert_eq(set, want, "%s: want %x, got %x", text, want, set);
	again = parse(print);
	twice = expr_print(again);
	cr_assert_str_eq(print, twice, "%s", text);
	cr_assert_eq(matching(again), want, "%s, as %s", text, print);
	free(print);
	free(twice);
	expr_free(expr);
	expr_free(again);
}

static void check(const char *text, unsigned int want)
{
	check_in(&test_world, text, want);
}

Test(expr, empty_is_true)
{
	check("", ALL);
	check(" \t\n", ALL);
}

Test(expr, ports)
{
	unsigned int local22 = BITS(LISTENER, SSH, SIX);
	static const char *const same[] = {
		"sport = 22",
		"sport 22",
		"sport = :22",
		"sport :22",
		"sport=22",
		"(sport=22)",
		"sport eq ssh",
		"sport :ssh",
		"sport == *:22",
		"( (sport = 22) )",
		"not sport!=22 sport = 22",
		"sport>=22&sport<=22",
		"SPORT = 22",
		"sport = \"22\"",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		check(same[i], local22);
	check("dport = 443", BITS(MAPPED));
	check("sport != 22", INET & ~local22);
	check("not sport = 22", ALL & ~local22);
	check("sport > 22", INET & ~local22 & ~BITS(RAW));
	check("sport < 22", BITS(RAW));
	check("sport ge 40000", BITS(WAIT));
	check("dport = 0", BITS(LISTENER, UDP, RAW));
	check("sport = *", INET);
	check("sport = 10.0.0.1:22", BITS(SSH));
	check("sport != 10.0.0.1:22", INET & ~BITS(SSH));
	check("sport = [2001:db8::1]:22", BITS(SIX));
	/* A number of a port is no inode. */
	check("sport = 4242", 0);
}

/* A service may have another port with another protocol. */
Test(expr, services)
{
	check("sport = split", BITS(UDP, SCTP));
	check("sport != split", INET & ~BITS(UDP, SCTP));
	check("not sport = split", ALL & ~BITS(UDP, SCTP));
	check("local_port = ssh", BITS(LISTENER, SSH, SIX));
}

Test(expr, addresses)
{
	check("src 10.0.0.1", BITS(SSH, MAPPED, WAIT));
	check("src = 10/8", BITS(SSH, MAPPED, WAIT));
	check("src != 10/8", INET & ~BITS(SSH, MAPPED, WAIT));
	check("dst 193.233.7/24", BITS(MAPPED));
	check("dst 192.0.2.0/29 or dst 10.9/16", BITS(SSH, SCTP, WAIT));
	check("src 10.0.0.1:22", BITS(SSH));
	check("src 10.0.0.0/30:80", BITS(MAPPED));
	check("dst :22", BITS(WAIT));
	check("dst *:ssh", BITS(WAIT));
	check("src *", INET);
	check("src 0/0", INET & ~BITS(SIX));
	check("src 0.0.0.0", BITS(LISTENER, UDP, RAW));
	check("src [2001:db8::1]", BITS(SIX));
	check("src 2001:db8::1", BITS(SIX));
	check("src [2001:db8::]/32:22", BITS(SIX));
	check("src [2001:db8::/32]", BITS(SIX));
	check("src ::/0", BITS(MAPPED, SIX));
	check("src ::ffff:10.0.0.1", BITS(MAPPED));
	check("dst [fe80::5%3]:36266", BITS(SIX));
	check("dst fe80::5%eth0", 0);
	check("dst fe80::/10", BITS(SIX));
}

/* An IPv4 prefix is not compared with the first bytes of an IPv6 address: 32.1.13.184 is 2001:db8.
 */
Test(expr, families_are_families)
{
	check("src 32.1.13.184/32", 0);
	check("src 32/8 or dst 254/7", 0);
	check("src inet:*", INET & ~BITS(MAPPED, SIX));
	check("src inet:10/8", BITS(SSH, WAIT));
	check("src inet6:*", BITS(MAPPED, SIX));
	check("sport = inet6:22", BITS(SIX));
	check("sport != inet6:22", BITS(MAPPED));
	/* One prefix does not take the families of another one. */
	check("src inet:10.0.0.1 or src inet6:[2001:db8::1]", BITS(SSH, WAIT, SIX));
	check("family = inet6", BITS(MAPPED, SIX));
	check("proto = tcp and family = inet", BITS(LISTENER, SSH, WAIT));
	check("not proto = tcp", ALL & ~BITS(LISTENER, SSH, MAPPED, SIX, WAIT));
	check("proto != tcp", ALL & ~BITS(LISTENER, SSH, MAPPED, SIX, WAIT));
	check("proto ~ 'ud*'", BITS(UDP));
}

Test(expr, a_host_is_all_of_its_addresses)
{
	check("src three", BITS(SSH, MAPPED, WAIT, SIX));
	check("dst three", BITS(SSH, SCTP));
	check("src != three", INET & ~BITS(SSH, MAPPED, WAIT, SIX));
	check("src three:22", BITS(SSH, SIX));
	check("src inet6:three", BITS(SIX));
	check("not src three", ALL & ~BITS(SSH, MAPPED, WAIT, SIX));
	check("local_address = three", BITS(SSH, MAPPED, WAIT, SIX));
}

Test(expr, all_addresses_of_an_association)
{
	check("src 172.16/12", BITS(SCTP));
	check("src != 172.16/12", INET & ~BITS(SCTP));
	check("local_addresses = 172.16.0.1", BITS(SCTP));
}

Test(expr, unix_names)
{
	check("src unix:/tmp/.x11-UNIX/*", BITS(PATH));
	check("src /tmp/.X11-unix/*", BITS(PATH));
	check("dst unix:/tmp/*", BITS(ABSTRACT));
	check("src @0a1f3", BITS(ABSTRACT));
	check("src unix:@*", BITS(ABSTRACT));
	check("src unix:*", UNIX);
	check("src != unix:/tmp/*", BITS(ABSTRACT, UNNAMED));
	check("not src unix:/tmp/*", ALL & ~BITS(PATH));
	check("src unix:/tmp/\\*", 0);
	check("sport unix:4242", BITS(ABSTRACT));
	check("dport = unix::22", BITS(ABSTRACT));
	check("sport > unix:22", BITS(ABSTRACT));
	check("path ~ '/tmp/*'", BITS(PATH));
	check("path ~ '/TMP/*'", 0);
	check("path !~ '/tmp/*'", BITS(ABSTRACT));
	check("path = @0a1f3", BITS(ABSTRACT));
	check("path", BITS(PATH, ABSTRACT));
	check("peer_path = '/tmp/.X11-unix/X0'", BITS(ABSTRACT));
}

/* With UNIX sockets alone what has no family is theirs, as with ss -x. */
Test(expr, unix_is_the_default_where_nothing_else_is_listed)
{
	struct expr_world world = test_world;

	world.family = AF_UNIX;
	check_in(&world, "src *X0", BITS(PATH));
	check_in(&world, "sport = 22", BITS(PATH));
	check_in(&world, "src inet:10.0.0.1", BITS(SSH, WAIT));
}

static void check_further(const char *text, uint32_t want)
{
	struct expr *expr = parse(text), *again;
	char *print = expr_print(expr);

	again = parse(print);
	for (int i = 0; i < N_FURTHER; i++) {
		cr_expect_eq(expr_matches(expr, &further[i]), (want >> i & 1) != 0, "%s: %d", text,
			     i);
		cr_expect_eq(expr_matches(again, &further[i]), (want >> i & 1) != 0, "%s: %d",
			     print, i);
		cr_expect(!(want >> i & 1) ||
				  expr_may_match_table(expr, (enum sock_proto)further[i].proto,
						       further[i].family),
			  "%s: %d", text, i);
	}
	free(print);
	expr_free(expr);
	expr_free(again);
}

Test(expr, ends_of_other_families)
{
	check_further("src link:lldp:eth0", BITS(PACKET));
	check_further("src LINK:0x88cc", BITS(PACKET));
	check_further("src packet:*:eth*", BITS(PACKET));
	check_further("src link:ip:eth0 or dst netlink:route:kernel", 0);
	check_further("src netlink:rtnl:812", BITS(ROUTE));
	check_further("src netlink:0:*", BITS(ROUTE));
	check_further("sport = netlink:812", BITS(ROUTE));
	check_further("src netlink:genl", 0);
	check_further("src vsock:3:1024", BITS(GUEST));
	check_further("dst vsock:host:22", BITS(GUEST));
	check_further("dst vsock:2:1024", 0);
	check_further("not src vsock:2:1024", BITS(PACKET, ROUTE, GUEST));
	check("not src vsock:2:1024", ALL);
	check("src link:* or dst vsock:*", 0);
	check_further("sport = vsock::1024", BITS(GUEST));
	check_further("dport != vsock:23", BITS(GUEST));
	check_further("src tipc:0:1 or src xdp:eth0:0", 0);
	/* Internet addresses and ports are no facts of theirs. */
	check_further("( not sport = 99 ) and proto = vsock", BITS(GUEST));
	check_further("sport = 1024 or src 0.0.0.3", 0);
	check_further("groups = 33", BITS(ROUTE));
	check_further("groups != 5", 0);
	check_further("groups != 6", BITS(ROUTE));
	check_further("family = netlink or proto = packet", BITS(ROUTE, PACKET));
	check_further("local ~ '*:eth0'", BITS(PACKET));
	check("local = 10.0.0.1:22", BITS(SSH));
}

Test(expr, bound_inactive_has_to_be_named)
{
	static const char *const named[] = {
		"state bound-inactive",
		"not state bound-inactive",
		"exclude bound-inactive",
		"sport = 1 or state BOUND_INACTIVE",
	};
	static const char *const not_named[] = { "state all", "not state listening",
						 "state closed" };
	struct sock bound = inet(PROTO_TCP, TCP_STATE_CLOSE, end("10.0.0.1", 80, 0),
				 end("0.0.0.0", 0, 0), AF_INET);
	struct expr *expr;

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		expr = parse(named[i]);
		cr_assert(expr_names_bound(expr), "%s", named[i]);
		cr_assert_eq(expr_matches(expr, &bound), i == 0 || i == 3, "%s", named[i]);
		expr_free(expr);
	}
	for (size_t i = 0; i < sizeof(not_named) / sizeof(not_named[0]); i++) {
		expr = parse(not_named[i]);
		cr_assert_not(expr_names_bound(expr), "%s", not_named[i]);
		expr_free(expr);
	}
}

Test(expr, states_of_dccp)
{
	struct sock sock = inet(PROTO_DCCP, DCCP_STATE_PARTOPEN, end("10.0.0.1", 80, 0),
				end("10.0.0.2", 80, 0), AF_INET);
	struct expr *expr = parse("state partopen");

	cr_assert(expr_matches(expr, &sock));
	sock.state = TCP_STATE_ESTABLISHED;
	cr_assert_not(expr_matches(expr, &sock));
	sock.state = 13;
	cr_assert_not(expr_matches(expr, &sock));
	expr_free(expr);
	expr = parse("state unknown");
	cr_assert(expr_matches(expr, &sock));
	expr_free(expr);
}

Test(expr, states)
{
	check("state established", BITS(SSH, ABSTRACT, UNNAMED));
	check("state ESTAB", BITS(SSH, ABSTRACT, UNNAMED));
	check("state syn-sent", BITS(SIX));
	check("state SYN_SENT", BITS(SIX));
	check("state timewait", BITS(WAIT));
	check("state = TIME_WAIT", BITS(WAIT));
	check("state time-wait", BITS(WAIT));
	check("state listen", BITS(LISTENER, PATH));
	check("state listening", BITS(LISTENER, PATH));
	check("state unconnected", BITS(UDP, RAW));
	check("state closed", BITS(UDP, RAW));
	check("state CLOSE_WAIT", BITS(MAPPED));
	check("state cookie_wait", BITS(SCTP));
	check("state all", ALL);
	check("state connected", ALL & ~BITS(LISTENER, PATH, UDP, RAW));
	check("state synchronized", ALL & ~BITS(LISTENER, PATH, UDP, RAW, SIX, SCTP));
	check("state bucket", BITS(WAIT));
	check("state big", ALL & ~BITS(WAIT));
	check("state != established", ALL & ~BITS(SSH, ABSTRACT, UNNAMED));
	check("state ~ 'LIST*'", BITS(LISTENER, PATH));
	for (const char *const *name =
		     (const char *const[]){ "fin-wait-1", "FIN_WAIT1", "finwait1", "fin-wait-2",
					    "syn-rcv", "syn-recv", "last-ack", "closing", "close",
					    "unconn", "bound-inactive", NULL };
	     *name; name++) {
		char text[64];

		snprintf(text, sizeof(text), "state %s", *name);
		expr_free(parse(text));
	}
}

/* Leading ones hold for all that follows; elsewhere they are terms. */
Test(expr, states_in_front_and_inside)
{
	check("state established sport = 22 or sport = 80", BITS(SSH));
	check("state established state close-wait sport = 22 or sport = 80", BITS(SSH, MAPPED));
	check("state connected exclude time-wait exclude established exclude syn-sent",
	      BITS(MAPPED, SCTP));
	check("exclude established sport = 22", BITS(LISTENER, SIX));
	check("excl established and sport = 22", BITS(LISTENER, SIX));
	check("sport = :22 state syn-sent", BITS(SIX));
	check("state established or sport = 22", BITS(SSH, ABSTRACT, UNNAMED, LISTENER, SIX));
	check("sport = 22 and ( state listening or state syn-sent )", BITS(LISTENER, SIX));
	check("not state established and sport = 22", BITS(LISTENER, SIX));
	check("sport = 22 exclude listening", BITS(SSH, SIX));
	check("state established state listening", BITS(SSH, ABSTRACT, UNNAMED, LISTENER, PATH));
	check("( state established state listening )", 0);
}

/* not, and, or: as everywhere, and unlike what ss does. */
Test(expr, precedence)
{
	check("sport = 80 or sport = 22 and dport = 40001", BITS(MAPPED, SSH));
	check("sport = 22 and dport = 40001 or sport = 80", BITS(MAPPED, SSH));
	check("sport = 80 or sport = 22 dport = 40001", BITS(MAPPED, SSH));
	check("( sport = 80 or sport = 22 ) and dport = 40001", BITS(SSH));
	check("not sport = 22 and src 10/8", BITS(MAPPED, WAIT));
	check("not ( sport = 22 or src 10/8 )", BITS(UDP, RAW, SCTP) | UNIX);
	check("! ! sport = 22", BITS(LISTENER, SSH, SIX));
	check("sport=22&&!dport=0||sport=80", BITS(SSH, SIX, MAPPED));
}

Test(expr, devices_marks_cgroups)
{
	check("dev eth0", BITS(LISTENER));
	check("dev = 3", BITS(SIX));
	check("dev != eth0", INET & ~BITS(LISTENER));
	check("not dev eth0", ALL & ~BITS(LISTENER));
	check("fwmark 0x13", BITS(SSH));
	check("fwmark = 19", BITS(SSH));
	check("fwmark = 0x01/0x03", 0);
	check("fwmark 0x03/0x03", BITS(SSH));
	check("fwmark != 0x01/0x03", BITS(SSH));
	check("mark = 0x13", BITS(SSH));
	check("cgroup /system.slice", BITS(SSH));
	check("cgroup != /system.slice", 0);
	check("cgroup != /", BITS(SSH));
	check("not cgroup /system.slice", ALL & ~BITS(SSH));
	check("cgroup_id = 7", BITS(SSH));
}

/* A port of the range that a listener has was not taken by the kernel for this connection. */
Test(expr, autobound)
{
	struct expr_world world = test_world;

	check("autobound", BITS(ABSTRACT, UNNAMED));
	world.is_served = NULL;
	struct expr *expr = parse_in(&world, "autobound");
	cr_assert_eq(matching(expr), BITS(ABSTRACT, UNNAMED, WAIT));
	expr_free(expr);
	socks[WAIT].local.port = 40001;
	check("autobound", BITS(ABSTRACT, UNNAMED, WAIT));
	socks[WAIT].local.port = 61000;
	check("autobound", BITS(ABSTRACT, UNNAMED));
}

Test(expr, fields)
{
	check("recv_q > 0", BITS(SSH));
	check("recv-q > 0", BITS(SSH));
	check("recv_q >= 64K", BITS(SSH));
	check("recv_q > 69KiB", 0);
	check("recv_q > 0.06M", BITS(SSH));
	check("recv_q", INET);
	check("uid < 1000", BITS(SSH, MAPPED));
	check("uid = www-data", BITS(SSH));
	check("user = www-data", BITS(SSH));
	check("user = 33", BITS(SSH));
	check("user != root", BITS(SSH));
	check("user = root", BITS(MAPPED));
	check("local_port = 22", BITS(LISTENER, SSH, SIX));
	check("remote_address in 10.0.0.0/8", BITS(WAIT));
	check("remote-address = 192.0.2.7", BITS(SSH, SCTP));
	check("remote_address != 192.0.2.7", BITS(MAPPED, SIX, WAIT));
	check("not remote_address = 192.0.2.7", ALL & ~BITS(SSH, SCTP));
	check("local_address = [2001:db8::1]", BITS(SIX));
	check("type = stream", UNIX);
}

Test(expr, any_owner_will_do)
{
	check("pid = 812", BITS(MAPPED));
	check("pid = 813", BITS(MAPPED));
	check("pid != 812", BITS(LISTENER));
	check("not pid = 812", ALL & ~BITS(MAPPED));
	check("pid", BITS(LISTENER, MAPPED));
	check("program = nginx", BITS(MAPPED));
	check("program ~ \"it's (*\"", BITS(MAPPED));
	check("program = \"it's (x\"", BITS(MAPPED));
	check("program !~ n*", BITS(LISTENER));
	check("exe = /bin/x", 0);
	check("cmdline = 'nginx: master -g'", BITS(LISTENER));
	check("cmdline ~ 'nginx: m* -g'", BITS(LISTENER));
}

Test(expr, numbers_have_the_units_of_their_field)
{
	socks[WAIT].has |= SOCK_HAS_TIMER;
	socks[WAIT].timer = TIMER_TIMEWAIT;
	socks[WAIT].timer_ms = 1500;
	check("timer_ms = 1.5s", BITS(WAIT));
	check("timer_ms = 1500", BITS(WAIT));
	check("timer_ms > 1499999us", BITS(WAIT));
	check("timer_ms >= 1500001us", 0);
	check("timer_ms < 1500001us", BITS(WAIT));
	check("timer_ms <= 1499999us", 0);
	check("timer_ms = 1499999us", 0);
	check("timer_ms != 1499999us", BITS(WAIT));
	check("timer_ms < 1m", BITS(WAIT));
	check("timer = timewait", BITS(WAIT));
}

Test(expr, early_answers_wait_for_what_is_missing)
{
	struct expr *expr = parse("sport = 80 and not program = nginx");

	cr_assert_not(expr_matches(expr, &socks[MAPPED]));
	cr_assert(expr_may_match(expr, &socks[MAPPED], NEED_OWNERS));
	cr_assert_not(expr_may_match(expr, &socks[SSH], NEED_OWNERS));
	cr_assert_not(expr_is_cheap(expr));
	cr_assert_eq(expr_needs(expr), NEED_OWNERS | NEED_ALL_OWNERS);
	expr_free(expr);
	expr = parse("sport = 80 or fwmark 1");
	cr_assert(expr_is_cheap(expr));
	cr_assert_eq(expr_needs(expr), NEED_FACTS);
	cr_assert_not(expr_names_state(expr));
	expr_free(expr);
	expr = parse("exclude listening");
	cr_assert(expr_names_state(expr));
	expr_free(expr);
}

Test(expr, yes_and_no)
{
	static const char *const yes[] = { "true", "yes", "on", "1" }, *const no[] = { "false",
										       "no", "off",
										       "0" };
	char text[64];

	/* Of the others it is not known. */
	socks[SIX].has |= SOCK_HAS_V6ONLY;
	socks[SIX].v6only = true;
	socks[MAPPED].has |= SOCK_HAS_V6ONLY;
	for (size_t i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "v6only = %s", yes[i]);
		check(text, BITS(SIX));
		snprintf(text, sizeof(text), "v6only = %s", no[i]);
		check(text, BITS(MAPPED));
		snprintf(text, sizeof(text), "not v6only != %s", no[i]);
		check(text, ALL & ~BITS(SIX));
	}
	check("v6only", BITS(SIX));
	check("not v6only", ALL & ~BITS(SIX));
}

/* Names as the output escapes them. */
Test(expr, escaped_words)
{
	check("program = ngin\\x78", BITS(MAPPED));
	check("program = \"\\x6e\\x67inx\"", BITS(MAPPED));
	check("program = nginx\\x7", 0);
	check("program ~ '\\x6e*'", 0);
	check("src = /tmp/.X11-unix/\\x58\\x30", BITS(PATH));
}

Test(expr, any_inode_of_unix)
{
	check("sport = unix:*", UNIX);
	check("not dport = unix:*", INET);
	check("sport = unix:22", BITS(PATH));
	check("dport = unix::22", BITS(ABSTRACT));
}

/* States that no kernel has yet are none of those with names. */
Test(expr, states_of_other_kernels)
{
	socks[UNNAMED].state = UNIX_STATE_OTHER + 3;
	socks[SSH].state = 77;
	socks[SCTP].state = 99;
	check("state connected or state listening or state closed",
	      ALL & ~BITS(UNNAMED, SSH, SCTP));
	check("state all", ALL);
	socks[UNNAMED].state = UNIX_STATE_DISCONNECTING;
	socks[ABSTRACT].state = UNIX_STATE_CONNECTING;
	socks[SCTP].state = SCTP_STATE_CLOSED;
	check("state closing", BITS(UNNAMED));
	check("state syn-sent", BITS(SIX, ABSTRACT));
	check("state closed", BITS(UDP, RAW, SCTP));
}

Test(expr, tables)
{
	struct expr *expr = parse("src inet6:* and sport = 22 or src unix:/x");

	cr_assert(expr_may_match_table(expr, PROTO_TCP, AF_INET6));
	cr_assert_not(expr_may_match_table(expr, PROTO_TCP, AF_INET));
	cr_assert(expr_may_match_table(expr, PROTO_UNIX, AF_UNIX));
	expr_free(expr);
	expr = parse("sport = 22 proto = udp");
	cr_assert_not(expr_may_match_table(expr, PROTO_TCP, AF_INET));
	cr_assert(expr_may_match_table(expr, PROTO_UDP, AF_INET));
	cr_assert_not(expr_may_match_table(expr, PROTO_UNIX, AF_UNIX));
	expr_free(expr);
}

/* The error is about the word that stands in the text, and says that. */
static void check_error(const char *text, const char *word, const char *says)
{
	struct expr_error error;
	struct expr *expr;
	size_t n = strlen(text);

	cr_assert_eq(expr_parse(guard_copy(text, n), n, &test_world, &expr, &error), -EINVAL, "%s",
		     text);
	cr_assert_null(expr);
	cr_assert_leq(error.start + error.len, n);
	cr_assert(error.len == strlen(word) && memcmp(text + error.start, word, error.len) == 0,
		  "%s: points at '%.*s'", text, (int)error.len, text + error.start);
	cr_assert(strstr(error.message, says), "%s: %s", text, error.message);
}

Test(expr_error, points_at_the_word)
{
	check_error("sport = 22 and dprot = 1", "dprot", "expected sport, dport");
	check_error("sport = 70000", "70000", "0 to 65535");
	check_error("sport = nonsuch", "nonsuch", "a port");
	check_error("sport =", "", "a port");
	check_error("sport", "", "a port");
	check_error("( sport = 22", "", "expected )");
	check_error("sport = 22 )", ")", "closes nothing");
	check_error("( )", ")", "a condition");
	check_error("and sport = 22", "and", "a condition before this");
	check_error("sport = 22 or", "", "a condition");
	check_error("not", "", "a condition");
	check_error("state nonsuch", "nonsuch", "a state");
	check_error("established", "established", "write 'state'");
	check_error("src > 10.0.0.1", ">", "= or !=");
	check_error("src 10.0.0.1/33", "10.0.0.1/33", "32 bits");
	check_error("src 10.0.0.256", "10.0.0.256", "expected an address");
	check_error("src 0127.0.0.1", "0127.0.0.1", "expected an address");
	check_error("dst 443", "443", "a port is written :443");
	check_error("src [::1]2:22", "[::1]2:22", "expected ADDRESS:PORT");
	check_error("src [10.0.0.]1:80", "[10.0.0.]1:80", "expected ADDRESS:PORT");
	check_error("timer = time-wait", "time-wait", "timewait");
	check_error("owners_status = nonee", "nonee", "hidden");
	check_error("src link:nonsuch:eth0", "link:nonsuch:eth0", "a protocol");
	check_error("dst vsock:guest:22", "vsock:guest:22", "a CID");
	check_error("sport > vsock:22", "vsock:22", "equal or not");
	check_error("proto = nonsuch", "nonsuch", "netlink");
	check_error("src [::1", "[::1", "[ ]");
	check_error("src [::1]22", "[::1]22", "[ ]");
	check_error("src [::g]", "[::g]", "IPv6");
	check_error("src fe80::1%nonsuch", "fe80::1%nonsuch", "an interface");
	check_error("src inet6:10.0.0.1", "inet6:10.0.0.1", "no IPv6");
	check_error("dst gone", "gone", "cannot be looked up");
	check_error("dst unknown.example", "unknown.example", "none such");
	check_error("sport > 10.0.0.1:22", "10.0.0.1:22", "only a port");
	check_error("sport unix:x", "unix:x", "inode");
	check_error("dev nonsuch", "nonsuch", "an interface");
	check_error("fwmark x", "x", "a mark");
	check_error("fwmark 1/", "1/", "a mark");
	check_error("cgroup /nonsuch", "/nonsuch", "control group");
	check_error("program = 'x", "'x", "never closed");
	check_error("recv_q ~ 1", "~", "=, !=, <");
	check_error("recv_q = 5ms", "5ms", "bytes");
	check_error("timer_ms = 5K", "5K", "a time");
	check_error("pid = 5k", "5k", "a number");
	check_error("pid = -1", "-1", "a number");
	check_error("recv_q = 99999999999999999999", "99999999999999999999", "too large");
	check_error("recv_q = 99999999999999T", "99999999999999T", "too large");
	check_error("user = nonsuch", "nonsuch", "name of a user");
	check_error("user = gone", "gone", "cannot be looked up");
	check_error("uid = gone", "gone", "cannot be looked up");
	check_error("v6only = maybe", "maybe", "true or false");
	check_error("program in x", "in", "=, !=");
	check_error("pid 812", "812", "write =, ~ or another operator before");
	check_error("program and nginx", "nginx", "expected sport");
	check_error("src fe80::1/129", "fe80::1/129", "128 of an IPv6 one");
	check_error("sport = :nonsuch", ":nonsuch", "none of this name");
	check_error("proto = icmp", "icmp", "tcp, sctp");
	check_error("owners = x", "=", "pid or program");
	check_error("\\dst 10/8", "\\dst", "expected sport");
	check_error("'sport' = 22", "'sport'", "expected sport");
	check_error("src or sport = 22", "or", "an address");
	check_error("0", "0", "expected sport");
}

/* Every text that was cut or had a byte changed gets an answer. */
static int no_cgroups(void *ctx, const char *path, uint64_t *id)
{
	(void)ctx, (void)path, (void)id;
	return -EACCES;
}

/* What another world lacks: a control group may be right and not to be had, an interface of all
 * namespaces may not. */
Test(expr_error, worlds)
{
	static const struct {
		const char *text, *says;
		bool is_outage;
	} errors[] = {
		{ "cgroup = /system.slice", "control groups are not known: Permission denied",
		  true },
		{ "dev = lo", "every network namespace has its own interfaces", false },
		{ "not autobound", "every network namespace has its own range of ports", false },
	};
	struct expr_world world = test_world;

	world.cgroup = no_cgroups;
	world.many_netns = true;
	world.ifindex = NULL;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct expr_error error;
		struct expr *expr;

		cr_assert_eq(
			expr_parse(errors[i].text, strlen(errors[i].text), &world, &expr, &error),
			-EINVAL);
		cr_assert(strstr(error.message, errors[i].says), "%s", error.message);
		cr_assert_eq(error.is_outage, errors[i].is_outage);
	}
	world.ifindex = test_world.ifindex;
	check_in(&world, "dev = 2", BITS(LISTENER));
}

Test(expr_error, operators_that_mean_nothing)
{
	check_error("sport in 22", "in", "expected =, !=, <, <=, > or >=");
	check_error("dport ~ 22", "~", "expected =, !=, <, <=, > or >=");
	check_error("src > 10.0.0.1", ">", "expected = or !=");
	check_error("v6only = maybe", "maybe", "true or false");
	check_error("sport = unix:x", "unix:x", "the inode of a UNIX socket");
	check_error("src = inet:", "inet:", "expected an address");
}

Test(expr_error, damaged_texts)
{
	static const char text[] = "state established exclude closed ( sport = :ssh or dport >= "
				   "split ) and not src [2001:db8::/32]:22 or recv_q > 1.5K "
				   "path ~ '/a*' dst three fwmark 0x1/0x3 unix cgroup_id != 5";
	size_t n = sizeof(text) - 1;

	srand(3);
	for (size_t i = 0; i < 30000; i++) {
		char changed[sizeof(text)];
		struct expr_error error;
		struct expr *expr;
		size_t len = i < n ? i : n;
		int rc;

		memcpy(changed, text, n);
		if (i >= n)
			changed[(size_t)rand() % n] = "\0\xff()='\"\\ !:/[]%5"[rand() % 17];
		rc = expr_parse(guard_copy(changed, len), len, &test_world, &expr, &error);
		cr_assert(rc == 0 || rc == -EINVAL);
		if (rc < 0) {
			cr_assert_leq(error.start + error.len, len);
			cr_assert_neq(error.message[0], '\0');
		}
		expr_free(expr);
	}
}

static char *repeat(const char *one, size_t n, const char *last)
{
	size_t len = strlen(one);
	char *text = malloc(n * len + strlen(last) + 1);

	cr_assert_not_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, one, len);
	memcpy(text + n * len, last, strlen(last) + 1);
	return text;
}

static int parse_only(char *text, struct expr **expr)
{
	struct expr_error error;
	int rc = expr_parse(text, strlen(text), &test_world, expr, &error);

	free(text);
	return rc;
}

Test(expr_size, a_million_terms)
{
	static const struct {
		const char *text;
		size_t n;
	} terms[] = {
		{ "sport=1 or ", 1000000 },
		{ "not ", 1000000 },
		{ "sport=1 ", 100000 },
		{ "state established or ", 100000 },
		{ "exclude established ", 100000 },
		{ "proto = tcp or sport = split and ", 100000 },
		{ "src three or ", 100000 },
		{ "path~'x*' and ", 100000 },
	};

	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		struct pushdown pushdown;
		const struct sock_query query = {
			.proto = PROTO_TCP,
			.family = AF_INET,
			.states = TCP_STATES_ALL,
		};
		struct expr *expr;

		cr_assert_eq(parse_only(repeat(terms[i].text, terms[i].n, "sport=22"), &expr), 0,
			     "%s", terms[i].text);
		matching(expr);
		cr_assert_eq(expr_pushdown(expr, &query, &pushdown), 0);
		cr_assert_leq(pushdown.n_conds, PUSHDOWN_MAX_CONDS);
		pushdown_free(&pushdown);
		free(expr_print(expr));
		expr_free(expr);
	}
}

Test(expr_size, brackets)
{
	struct expr *expr;
	char *open = repeat("(", EXPR_MAX_DEPTH, "sport=22"), *all;
	char *close = repeat(")", EXPR_MAX_DEPTH, "");

	cr_assert_eq(asprintf(&all, "%s%s", open, close), 2 * EXPR_MAX_DEPTH + 8);
	free(open);
	free(close);
	cr_assert_eq(parse_only(all, &expr), 0);
	cr_assert_eq(matching(expr), BITS(LISTENER, SSH, SIX));
	expr_free(expr);
	cr_assert_eq(parse_only(repeat("(", 100000, "sport=22"), &expr), -EINVAL);
	cr_assert_eq(parse_only(repeat("not(", 100000, "sport=22"), &expr), -EINVAL);
	cr_assert_eq(parse_only(repeat(")", 100000, ""), &expr), -EINVAL);
	/* Side by side they are no depth. */
	cr_assert_eq(parse_only(repeat("(sport=22)or(not(dport=1 sport=2))", 100000, ""), &expr),
		     0);
	expr_free(expr);
}

/* Groups that join at every level are joined once, not once a level. */
Test(expr_size, nested_lists)
{
	char *inner = repeat("sport=1 or ", 1000000, "sport=2"), *text;
	char *open = repeat("(", 900, ""), *close = repeat(" or dport=3)", 900, "");
	struct expr *expr;

	cr_assert_gt(asprintf(&text, "%s%s%s", open, inner, close), 0);
	free(inner);
	free(open);
	free(close);
	cr_assert_eq(parse_only(text, &expr), 0);
	expr_free(expr);
}
