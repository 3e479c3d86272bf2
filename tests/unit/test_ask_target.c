/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets of --check and --wait: how they are read, and which sockets answer for them. */
#include "ask_target.h"

#include <criterion/criterion.h>

#include "fake_world.h"
#include "guard.h"

static struct ask_target target;
static struct ask_error error;
static struct ask_target_config config;

static void begin(void)
{
	config = (struct ask_target_config){
		.protos = 1u << PROTO_TCP,
		.inet4 = true,
		.inet6 = true,
		.world = &test_world,
	};
}

TestSuite(ask_target, .init = begin);

static int parse_bytes(const char *text, size_t len)
{
	memset(&error, 0, sizeof(error));
	return ask_target_parse(guard_copy(text, len), len, &config, &target, &error);
}

static int parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void refuse(const char *text, const char *why)
{
	cr_assert_eq(parse(text), -EINVAL, "%s was taken", text);
	cr_assert_not_null(strstr(error.text, why), "%s: %s", text, error.text);
}

static void expect_addr(size_t i, const char *text)
{
	union inet_addr addr = address_of(text);

	cr_assert_lt(i, target.n_addrs);
	cr_assert_eq(target.addrs[i].family, strchr(text, ':') ? AF_INET6 : AF_INET);
	cr_assert_eq(memcmp(&target.addrs[i].addr, &addr, sizeof(addr)), 0, "%s", text);
	cr_assert_eq(target.addrs[i].any, false);
}

static void expect_any(void)
{
	cr_assert_eq(target.n_addrs, 2);
	cr_assert(target.addrs[0].any && target.addrs[0].family == AF_INET);
	cr_assert(target.addrs[1].any && target.addrs[1].family == AF_INET6);
}

Test(ask_target, a_port_of_any_address)
{
	static const char *const texts[] = { "80", ":80", "*:80", "http", ":http", "0080" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(parse(texts[i]), 0, "%s: %s", texts[i], error.text);
		cr_assert_eq(target.ports[PROTO_TCP], 80);
		cr_assert_eq(target.ports[PROTO_UDP], 0);
		cr_assert_eq(target.name_kind, UNIX_UNNAMED);
		expect_any();
	}
}

Test(ask_target, addresses)
{
	cr_assert_eq(parse("10.0.0.1:65535"), 0);
	cr_assert_eq(target.ports[PROTO_TCP], 65535);
	expect_addr(0, "10.0.0.1");
	cr_assert_eq(parse("[2001:db8::1]:1"), 0);
	cr_assert_eq(target.ports[PROTO_TCP], 1);
	expect_addr(0, "2001:db8::1");
	cr_assert_eq(parse("[::ffff:10.0.0.1]:80"), 0);
	expect_addr(0, "10.0.0.1");
	cr_assert_eq(target.n_addrs, 1);
	cr_assert_eq(parse("[fe80::1%eth0]:80"), 0);
	expect_addr(0, "fe80::1");
	cr_assert_eq(target.addrs[0].ifindex, 2);
	cr_assert_eq(parse("[fe80::1%7]:80"), 0);
	cr_assert_eq(target.addrs[0].ifindex, 7);
	cr_assert_eq(parse("0.0.0.0:80"), 0);
	expect_addr(0, "0.0.0.0");
}

Test(ask_target, a_wildcard_that_is_meant_wide)
{
	config.wide_wildcard = true;
	cr_assert_eq(parse("0.0.0.0:80"), 0);
	cr_assert(target.n_addrs == 1 && target.addrs[0].any && target.addrs[0].family == AF_INET);
	cr_assert_eq(parse("[::]:80"), 0);
	cr_assert(target.n_addrs == 1 && target.addrs[0].any && target.addrs[0].family == AF_INET6);
}

Test(ask_target, names)
{
	cr_assert_eq(parse("three:ssh"), 0);
	cr_assert_eq(target.ports[PROTO_TCP], 22);
	cr_assert_eq(target.n_addrs, 3);
	expect_addr(0, "10.0.0.1");
	expect_addr(1, "192.0.2.7");
	expect_addr(2, "2001:db8::1");
	config.protos = 1u << PROTO_TCP | 1u << PROTO_UDP | 1u << PROTO_SCTP;
	cr_assert_eq(parse("split"), 0);
	cr_assert_eq(target.ports[PROTO_TCP], 514);
	cr_assert_eq(target.ports[PROTO_UDP], 1514);
	cr_assert_eq(target.ports[PROTO_SCTP], 2514);
	cr_assert_eq(parse("ssh"), 0);
	cr_assert_eq(target.ports[PROTO_TCP], 22);
	cr_assert_eq(target.ports[PROTO_UDP], 0);
	refuse("nohost:80", "there is no host");
	refuse("gone:80", "cannot be looked up");
	config.no_hosts = config.no_services = true;
	refuse("three:22", "with -n no host");
	refuse("ssh", "with -n no service");
	cr_assert_eq(parse("10.0.0.1:22"), 0);
}

Test(ask_target, one_family)
{
	config.inet6 = false;
	cr_assert_eq(parse("80"), 0);
	cr_assert(target.n_addrs == 1 && target.addrs[0].family == AF_INET);
	cr_assert_eq(parse("three:80"), 0);
	cr_assert_eq(target.n_addrs, 2);
	cr_assert_eq(parse("[::ffff:10.0.0.1]:80"), 0);
	refuse("[::1]:80", "not of the family that -4");
	config.inet4 = false;
	config.inet6 = true;
	refuse("10.0.0.1:80", "not of the family that -6");
	cr_assert_eq(parse("three:80"), 0);
	cr_assert_eq(target.n_addrs, 1);
}

Test(ask_target, nothing_is_guessed)
{
	static const char *const ports[] = {
		"0", ":0", "65536", "[::1]:0", "1.1.1.1:", "[::1]:", ":", "99999999999999999999"
	};
	static const char *const ambiguous[] = { "::1", ":::80", "::1:80", "fe80::1%eth0:80" };
	static const char *const hosts[] = { "10.1:80",     "1:80",     "10.0.0.256:80",
					     "0x7f.1:80",   "a.0x1:80", "10.0.0.1.:80",
					     "a b:80",      "10/8:80",  "-n:80",
					     "10.0.0.01:80" };

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		refuse(ports[i], "is no port: a number from 1 to 65535");
	for (size_t i = 0; i < sizeof(ambiguous) / sizeof(ambiguous[0]); i++)
		refuse(ambiguous[i], "stands in brackets");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		refuse(hosts[i], "neither an address nor the name of a host");
	refuse("", "[ADDRESS:]PORT");
	refuse("-80", "nor the name of a service");
	refuse("80 ", "nor the name of a service");
	refuse("http:*", "nor the name of a service");
	refuse("[::1]80", "comes :PORT");
	refuse("[::1", "comes :PORT");
	refuse("[]:80", "is no IPv6 address");
	refuse("[10.0.0.1]:80", "is no IPv6 address");
	refuse("[fe80::1%nope]:80", "there is no interface 'nope'");
	refuse("[fe80::1%0]:80", "there is no interface '0'");
	refuse("[::1%eth0]:80", "it has no scope");
}

Test(ask_target, hostile_bytes)
{
	static const char text[] = "[fe80::1%eth0]:http";
	char big[5000];

	for (size_t n = 0; n < sizeof(text); n++) {
		char copy[sizeof(text)];

		for (unsigned int byte = 0; n + 1 < sizeof(text) && byte < 256; byte++) {
			memcpy(copy, text, sizeof(text));
			copy[n] = (char)byte;
			parse_bytes(copy, sizeof(text) - 1);
		}
		cr_assert_eq(parse_bytes(text, n), n == sizeof(text) - 1 ? 0 : -EINVAL);
	}
	memset(big, '1', sizeof(big));
	cr_assert_eq(parse_bytes(big, sizeof(big)), -EINVAL);
	cr_assert_eq(parse_bytes(big, ASK_TARGET_MAX), -EINVAL);
	cr_assert_eq(parse_bytes("80\0001", 4), -EINVAL);
}

Test(ask_target, names_of_unix_sockets)
{
	char path[ASK_NAME_MAX + 1];

	config.protos = 1u << PROTO_UNIX;
	cr_assert_eq(parse("/run/../x:80"), 0);
	cr_assert_eq(target.name_kind, UNIX_PATHNAME);
	cr_assert_eq(target.name_len, 12);
	cr_assert_eq(memcmp(target.name, "/run/../x:80", 12), 0);
	cr_assert_eq(parse("@a"), 0);
	cr_assert_eq(target.name_kind, UNIX_ABSTRACT);
	cr_assert_eq(target.name_len, 1);
	cr_assert_eq(parse_bytes("@a\0", 3), 0);
	cr_assert_eq(target.name_len, 2);
	refuse("", "a path, or @ and a name");
	memset(path, 'p', sizeof(path));
	cr_assert_eq(parse_bytes(path, ASK_NAME_MAX), 0);
	cr_assert_eq(parse_bytes(path, ASK_NAME_MAX + 1), -EINVAL);
	path[0] = '@';
	cr_assert_eq(parse_bytes(path, ASK_NAME_MAX), 0);
	cr_assert_eq(target.name_len, ASK_NAME_MAX - 1);
	cr_assert_eq(parse_bytes(path, ASK_NAME_MAX + 1), -EINVAL);
}

/* --- which sockets answer --- */

static struct sock listener(const char *address)
{
	return (struct sock){
		.proto = PROTO_TCP,
		.family = strchr(address, ':') ? AF_INET6 : AF_INET,
		.has = SOCK_HAS_V6ONLY,
		.state = TCP_STATE_LISTEN,
		.listening = true,
		.local = { .addr = address_of(address), .port = 80 },
	};
}

static enum ask_relation relation(const char *text, const struct sock *sock)
{
	cr_assert_eq(parse(text), 0, "%s: %s", text, error.text);
	return ask_target_relation(&target, sock);
}

static bool answers(const char *address, const char *text)
{
	struct sock sock = listener(address);

	return relation(text, &sock) == ASK_LISTENS;
}

Test(ask_target, who_answers_for_an_address)
{
	static const struct {
		const char *address, *text;
		bool yes;
	} rows[] = {
		{ "127.0.0.1", "80", true },
		{ "127.0.0.1", "81", false },
		{ "127.0.0.1", "127.0.0.1:80", true },
		{ "127.0.0.1", "127.0.0.2:80", false },
		{ "127.0.0.1", "0.0.0.0:80", false },
		{ "127.0.0.1", "[::1]:80", false },
		{ "127.0.0.1", "[::ffff:127.0.0.1]:80", true },
		{ "0.0.0.0", "127.0.0.2:80", true },
		{ "0.0.0.0", "0.0.0.0:80", true },
		{ "0.0.0.0", "[::]:80", false },
		{ "0.0.0.0", "three:80", true },
		{ "::", "127.0.0.1:80", true },
		{ "::", "0.0.0.0:80", true },
		{ "::", "[::1]:80", true },
		{ "::", "[::]:80", true },
		{ "::1", "127.0.0.1:80", false },
		{ "::1", "[::1]:80", true },
		{ "::1", "[::2]:80", false },
		{ "::1", "[::]:80", false },
		{ "::ffff:127.0.0.1", "127.0.0.1:80", true },
		{ "::ffff:127.0.0.1", "127.0.0.2:80", false },
		{ "::ffff:127.0.0.1", "[::]:80", false },
		{ "::ffff:0.0.0.0", "127.0.0.2:80", true },
		{ "::ffff:0.0.0.0", "[::1]:80", false },
		{ "2001:db8::1", "three:80", true },
		{ "fe80::1", "[fe80::1]:80", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_assert_eq(answers(rows[i].address, rows[i].text), rows[i].yes, "%s for %s",
			     rows[i].address, rows[i].text);
}

Test(ask_target, v6only)
{
	struct sock sock = listener("::");

	sock.v6only = true;
	cr_assert_eq(relation("80", &sock), ASK_LISTENS);
	cr_assert_eq(relation("[::1]:80", &sock), ASK_LISTENS);
	cr_assert_eq(relation("127.0.0.1:80", &sock), ASK_NOTHING_TO_DO);
	/* /proc/net/tcp6 does not tell. */
	sock.v6only = false;
	sock.has = 0;
	cr_assert_eq(relation("80", &sock), ASK_LISTENS);
	cr_assert_eq(relation("[::1]:80", &sock), ASK_LISTENS);
	cr_assert_eq(relation("127.0.0.1:80", &sock), ASK_MAY_LISTEN);
	config.inet6 = false;
	cr_assert_eq(relation("80", &sock), ASK_MAY_LISTEN);
}

Test(ask_target, one_family_is_what_is_answered_for)
{
	config.inet6 = false;
	cr_assert(answers("::", "80"));
	cr_assert(answers("::ffff:10.0.0.1", "80"));
	cr_assert(!answers("::1", "80"));
	config.inet6 = true;
	config.inet4 = false;
	cr_assert(answers("::", "80"));
	cr_assert(!answers("::ffff:10.0.0.1", "80"));
	cr_assert(!answers("0.0.0.0", "80"));
}

Test(ask_target, scopes)
{
	struct sock sock = listener("fe80::1");

	sock.local.ifindex = 2;
	cr_assert_eq(relation("[fe80::1%eth0]:80", &sock), ASK_LISTENS);
	cr_assert_eq(relation("[fe80::1%lo]:80", &sock), ASK_NOTHING_TO_DO);
	cr_assert_eq(relation("[fe80::1]:80", &sock), ASK_LISTENS);
	sock.local.addr = address_of("::");
	cr_assert_eq(relation("[fe80::1%eth0]:80", &sock), ASK_LISTENS);
	cr_assert_eq(relation("[fe80::1%lo]:80", &sock), ASK_NOTHING_TO_DO);
	cr_assert_eq(relation("80", &sock), ASK_LISTENS);
}

Test(ask_target, which_states_are_active)
{
	struct sock sock = listener("127.0.0.1");

	sock.listening = false;
	sock.remote = (struct endpoint){ .addr = address_of("127.0.0.1"), .port = 40000 };
	for (uint8_t state = TCP_STATE_ESTABLISHED; state <= TCP_STATE_CLOSING; state++) {
		sock.state = state;
		cr_assert_eq(relation("80", &sock),
			     state == TCP_STATE_TIME_WAIT ? ASK_NOTHING_TO_DO : ASK_ACTIVE,
			     "state %u", state);
	}
	sock.state = TCP_STATE_FIN_WAIT2;
	sock.timer = TIMER_TIMEWAIT;
	cr_assert_eq(relation("80", &sock), ASK_NOTHING_TO_DO);
	sock.timer = TIMER_KEEPALIVE;
	cr_assert_eq(relation("80", &sock), ASK_ACTIVE);
	cr_assert_eq(relation("40000", &sock), ASK_NOTHING_TO_DO, "the other end's port");
	cr_assert_eq(relation("127.0.0.2:80", &sock), ASK_NOTHING_TO_DO);
}

Test(ask_target, udp)
{
	struct sock sock = listener("127.0.0.1");

	config.protos = 1u << PROTO_UDP;
	sock.proto = PROTO_UDP;
	sock.listening = false;
	sock.state = TCP_STATE_CLOSE;
	cr_assert_eq(relation("80", &sock), ASK_LISTENS);
	sock.state = TCP_STATE_ESTABLISHED;
	sock.remote = (struct endpoint){ .addr = address_of("127.0.0.1"), .port = 53 };
	cr_assert_eq(relation("80", &sock), ASK_ACTIVE);
	config.protos = 1u << PROTO_TCP;
	cr_assert_eq(relation("80", &sock), ASK_NOTHING_TO_DO);
}

Test(ask_target, sctp_listens_on_several_addresses)
{
	const struct endpoint both[] = {
		{ .addr = address_of("127.0.0.1"), .port = 80 },
		{ .addr = address_of("127.0.0.2"), .port = 80 },
	};
	struct sock sock = listener("127.0.0.1");

	config.protos = 1u << PROTO_SCTP;
	sock.proto = PROTO_SCTP;
	sock.local_addrs = both;
	sock.n_local_addrs = 2;
	cr_assert_eq(relation("127.0.0.2:80", &sock), ASK_LISTENS);
	cr_assert_eq(relation("127.0.0.3:80", &sock), ASK_NOTHING_TO_DO);
}

Test(ask_target, unix_sockets)
{
	struct sock sock = {
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.type = SOCK_STREAM,
		.state = UNIX_STATE_UNCONNECTED,
		.listening = true,
		.name_kind = UNIX_PATHNAME,
		.name_len = 2,
		.name = (const uint8_t *)"/x",
	};

	config.protos = 1u << PROTO_UNIX;
	cr_assert_eq(relation("/x", &sock), ASK_LISTENS);
	cr_assert_eq(relation("@/x", &sock), ASK_NOTHING_TO_DO);
	cr_assert_eq(relation("/xy", &sock), ASK_NOTHING_TO_DO);
	cr_assert_eq(relation("/", &sock), ASK_NOTHING_TO_DO);
	sock.listening = false;
	cr_assert_eq(relation("/x", &sock), ASK_NOTHING_TO_DO, "bound, and that is all");
	sock.state = UNIX_STATE_CONNECTED;
	cr_assert_eq(relation("/x", &sock), ASK_ACTIVE);
	sock.type = SOCK_DGRAM;
	cr_assert_eq(relation("/x", &sock), ASK_LISTENS);
	sock.name_kind = UNIX_ABSTRACT;
	sock.name_len = 0;
	sock.name = NULL;
	cr_assert_eq(relation("@", &sock), ASK_LISTENS);
}
