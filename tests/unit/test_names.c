/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of hosts, services, users and interfaces, with a name service that is slow, hangs and lies.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "base/report.h"
#include "base/resolver.h"
#include "enrich/names.h"
#include "guard.h"

static const int64_t ms_ns = 1000 * 1000;

/* Where nothing is to come late, on no machine. */
enum { PLENTY_MS = 300 * 1000 };

/* What is asked to take a time is tried with longer ones, until a slow machine, whose delays do not
 * grow with them, cannot be the reason that it takes too long. */
static const int paces[] = { 1, 4, 16 };

enum { N_PACES = sizeof(paces) / sizeof(paces[0]) };

/* What the fake name service does, set by each test before it asks. */
static int host_delay_ms;
static bool host_hangs, user_hangs;
static const char *host_answer; /* NULL: made from the address */
static const char *user_answer;
static int user_error;
static atomic_int host_calls, user_calls, service_calls, gate;

static void wait_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* Hangs until the test opens the gate, which most never do. */
static void hang(void)
{
	while (!atomic_load(&gate))
		wait_ms(5);
}

static int fake_host(int family, const void *addr, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	atomic_fetch_add(&host_calls, 1);
	if (host_hangs)
		hang();
	if (host_delay_ms)
		wait_ms(host_delay_ms);
	if (host_answer) {
		snprintf(buf, size, "%s", host_answer);
		return 0;
	}
	inet_ntop(family, addr, text, sizeof(text));
	if (strcmp(text, "192.0.2.99") == 0)
		return -ENOENT;
	for (char *c = text; *c; c++) {
		if (*c == ':' || *c == '.')
			*c = '-';
	}
	snprintf(buf, size, "h%s.example", text);
	return 0;
}

static int fake_user(uint32_t uid, char *buf, size_t size)
{
	atomic_fetch_add(&user_calls, 1);
	if (user_hangs)
		hang();
	if (uid == 4000000000u)
		return -ENOENT;
	if (user_error)
		return user_error;
	if (user_answer)
		snprintf(buf, size, "%s", user_answer);
	else
		snprintf(buf, size, "user%u", uid);
	return 0;
}

static int fake_services(void (*row)(void *ctx, const char *proto, uint16_t port, const char *name),
			 void *ctx)
{
	atomic_fetch_add(&service_calls, 1);
	row(ctx, "tcp", 80, "http");
	row(ctx, "tcp", 25, "smtp");
	row(ctx, "tcp", 25, "mail");
	row(ctx, "udp", 53, "domain");
	row(ctx, "tcp", 81, "8080");
	row(ctx, "tcp", 82, "a b");
	row(ctx, "tcp", 83, "\033[31mred");
	row(ctx, "tcp", 84, "");
	row(ctx, "nonsense", 80, "wrong");
	row(ctx, "ip", 1, "icmp");
	return 0;
}

static const struct resolver fake = {
	.host = fake_host,
	.user = fake_user,
	.services = fake_services,
};

static int ifname_calls;

static int fake_ifname(const struct env *env, uint32_t ifindex, char *buf)
{
	(void)env;
	ifname_calls++;
	if (ifindex == 9)
		return -ENXIO;
	if (ifindex == 3)
		memcpy(buf, "\033[2J0123456789ab", IF_NAMESIZE);
	else if (ifindex == 4)
		memcpy(buf, "a b", 4);
	else
		snprintf(buf, IF_NAMESIZE, "eth%u", ifindex);
	return 0;
}

static int stop_after_calls;

static int fake_stop(const struct env *env)
{
	(void)env;
	return stop_after_calls && --stop_after_calls == 0 ? SIGINT : 0;
}

static const struct env env = {
	.resolver = &fake,
	.ifname = fake_ifname,
	.stop_signal = fake_stop,
};

static struct report report;
static int report_pipe[2];

static void setup(void)
{
	cr_assert_eq(pipe(report_pipe), 0);
	report_init(&report, report_pipe[1]);
}

TestSuite(names, .init = setup, .timeout = 600);

static struct names *start(bool hosts, bool services, bool users, int64_t budget_ms)
{
	struct names_config config = {
		.hosts = hosts,
		.services = services,
		.users = users,
		.user_column = users,
		.budget_ns = budget_ms * ms_ns,
	};
	struct names *names = names_new(&env, &report, &config);

	cr_assert_not_null(names);
	names_begin_round(names);
	return names;
}

/* What was reported so far, in a static buffer. */
static const char *reported(void)
{
	static char text[4096];
	struct pollfd ready = { .fd = report_pipe[0], .events = POLLIN };
	ssize_t n = 0;

	if (poll(&ready, 1, 0) == 1)
		n = read(report_pipe[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static struct sock row4(const char *local, const char *remote)
{
	struct sock row = { .proto = PROTO_TCP, .family = AF_INET, .uid = 1000 };

	cr_assert_eq(inet_pton(AF_INET, local, row.local.addr.bytes), 1);
	cr_assert_eq(inet_pton(AF_INET, remote, row.remote.addr.bytes), 1);
	return row;
}

static struct sock row6(const char *local, const char *remote)
{
	struct sock row = { .proto = PROTO_TCP, .family = AF_INET6, .uid = 1000 };

	cr_assert_eq(inet_pton(AF_INET6, local, row.local.addr.bytes), 1);
	cr_assert_eq(inet_pton(AF_INET6, remote, row.remote.addr.bytes), 1);
	return row;
}

static const char *host_of(struct names *names, int family, const union inet_addr *addr)
{
	struct labels labels = names_labels(names);

	return labels.host(labels.ctx, family, addr);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = 0;

	cr_assert_not_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir));)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

Test(names, host_filter)
{
	static const char *const good[] = {
		"localhost", "www.example.org",  "a",    "xn--bcher-kva.example", "_dmarc.example",
		"3com.com",  "10-0-0-1.isp.net", "A.B.", "1.2.example",           "0xg.1",
	};
	static const char *const bad[] = {
		"",           "127.0.0.1",   "::1",          "2001:db8::1", "1.2",       "0x7f.1",
		"0x7f000001", "2130706433",  "017700000001", "1.2.3.4.5",   "999.999.1", ".",
		"..",         "1.",          ".example",     "-x",          "a b",       "a\n",
		"a\033[31m",  "caf\303\251", "a%eth0",       "0x7f.1.",     "a/b",       "[::1]",
		"a:80",       "127.0.0.1.",  "0x7f.0.0.1.",
	};
	char long_name[300];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		size_t n = strlen(good[i]);

		cr_expect(names_host_ok(guard_copy(good[i], n), n), "%s", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		size_t n = strlen(bad[i]);

		cr_expect(!names_host_ok(guard_copy(bad[i], n), n), "%s", bad[i]);
	}
	memset(long_name, 'a', sizeof(long_name));
	cr_expect(names_host_ok(guard_copy(long_name, 253), 253));
	cr_expect(!names_host_ok(guard_copy(long_name, 254), 254));
	cr_expect(!names_host_ok("a\0b", 3));
}

Test(names, service_and_user_filters)
{
	char long_name[300];

	memset(long_name, 'a', sizeof(long_name));
	cr_expect(names_service_ok("http", 4));
	cr_expect(names_service_ok("whois++", 7));
	cr_expect(names_service_ok("A/N", 3));
	cr_expect(names_service_ok("ipv6-icmp", 9));
	cr_expect(names_service_ok("802-11-iapp", 11));
	cr_expect(names_service_ok(long_name, 63));
	cr_expect(!names_service_ok(long_name, 64));
	cr_expect(!names_service_ok("", 0));
	cr_expect(!names_service_ok("80", 2));
	cr_expect(!names_service_ok("a b", 3));
	cr_expect(!names_service_ok("a:1", 3));
	cr_expect(!names_service_ok("a\033", 2));
	cr_expect(!names_service_ok("a\0b", 3));

	cr_expect(names_user_ok("root", 4));
	cr_expect(names_user_ok("DOM\\jane doe", 12));
	cr_expect(names_user_ok("j\303\266rg", 5));
	cr_expect(names_user_ok(long_name, 255));
	cr_expect(!names_user_ok(long_name, 256));
	cr_expect(!names_user_ok("", 0));
	cr_expect(!names_user_ok("0", 1));
	cr_expect(!names_user_ok("a:b", 3));
	cr_expect(!names_user_ok("a\nb", 3));
	cr_expect(!names_user_ok("a\033[m", 4));
	cr_expect(!names_user_ok("a\177", 2));
}

Test(names, hosts_of_both_ends)
{
	struct names *names = start(true, false, false, PLENTY_MS);
	struct sock rows[] = {
		row4("192.0.2.1", "192.0.2.2"),
		row6("2001:db8::1", "::ffff:192.0.2.3"),
		row4("0.0.0.0", "192.0.2.99"),
		row6("::", "::ffff:0.0.0.0"),
	};

	names_prefetch(names, rows, 4);
	cr_expect_str_eq(host_of(names, AF_INET, &rows[0].local.addr), "h192-0-2-1.example");
	cr_expect_str_eq(host_of(names, AF_INET, &rows[0].remote.addr), "h192-0-2-2.example");
	cr_expect_str_eq(host_of(names, AF_INET6, &rows[1].local.addr), "h2001-db8--1.example");
	/* A v4-mapped address has the name of the IPv4 address. */
	cr_expect_str_eq(host_of(names, AF_INET6, &rows[1].remote.addr), "h192-0-2-3.example");
	cr_expect_null(host_of(names, AF_INET, &rows[2].local.addr));
	cr_expect_null(host_of(names, AF_INET, &rows[2].remote.addr));
	cr_expect_null(host_of(names, AF_INET6, &rows[3].local.addr));
	cr_expect_null(host_of(names, AF_INET6, &rows[3].remote.addr));
	cr_expect_eq(atomic_load(&host_calls), 5);
	cr_expect_str_eq(reported(), "");
	names_free(names);
}

Test(names, each_once_and_no_name_is_remembered)
{
	struct names *names = start(true, true, true, PLENTY_MS);
	struct sock rows[100];

	for (int i = 0; i < 100; i++)
		rows[i] = row4("192.0.2.1", "192.0.2.99");
	for (int round = 0; round < 3; round++) {
		names_begin_round(names);
		names_prefetch(names, rows, 50);
		names_prefetch(names, rows + 50, 50);
	}
	cr_expect_eq(atomic_load(&host_calls), 2);
	cr_expect_eq(atomic_load(&user_calls), 1);
	cr_expect_eq(atomic_load(&service_calls), 1);
	names_free(names);
}

Test(names, all_addresses_of_an_association)
{
	struct names *names = start(true, false, false, PLENTY_MS);
	struct sock row = row4("192.0.2.1", "192.0.2.2");
	struct endpoint local[2] = { row.local,
				     { .addr = row4("192.0.2.11", "0.0.0.0").local.addr } };
	struct endpoint remote[2] = { row.remote,
				      { .addr = row4("192.0.2.12", "0.0.0.0").local.addr } };

	row.proto = PROTO_SCTP;
	row.local_addrs = local;
	row.remote_addrs = remote;
	row.n_local_addrs = row.n_remote_addrs = 2;
	names_prefetch(names, &row, 1);
	cr_expect_str_eq(host_of(names, AF_INET, &local[1].addr), "h192-0-2-11.example");
	cr_expect_str_eq(host_of(names, AF_INET, &remote[1].addr), "h192-0-2-12.example");
	names_free(names);
}

Test(names, services)
{
	struct names *names = start(false, true, false, PLENTY_MS);
	struct labels labels = names_labels(names);
	struct sock row = row4("192.0.2.1", "192.0.2.2");

	names_prefetch(names, &row, 1);
	cr_expect_str_eq(labels.service(labels.ctx, PROTO_TCP, 80), "http");
	cr_expect_str_eq(labels.service(labels.ctx, PROTO_UDP, 53), "domain");
	cr_expect_str_eq(labels.service(labels.ctx, PROTO_RAW, 1), "icmp");
	/* Of two entries the last one, as in netstat. */
	cr_expect_str_eq(labels.service(labels.ctx, PROTO_TCP, 25), "mail");
	cr_expect_null(labels.service(labels.ctx, PROTO_TCP, 53));
	cr_expect_null(labels.service(labels.ctx, PROTO_UDP, 80));
	for (uint16_t port = 81; port <= 84; port++)
		cr_expect_null(labels.service(labels.ctx, PROTO_TCP, port), "%u", port);
	cr_expect_null(labels.host);
	cr_expect_null(labels.user);
	cr_expect_eq(atomic_load(&host_calls), 0);
	names_free(names);
}

Test(names, users)
{
	struct names *names = start(false, false, true, PLENTY_MS);
	struct labels labels = names_labels(names);
	struct sock rows[] = { row4("192.0.2.1", "192.0.2.2"), row4("192.0.2.1", "192.0.2.2"),
			       row4("192.0.2.1", "192.0.2.2") };

	rows[1].uid = 0;
	rows[2].uid = 4000000000u;
	names_prefetch(names, rows, 3);
	cr_expect_str_eq(labels.user(labels.ctx, 1000), "user1000");
	cr_expect_str_eq(labels.user(labels.ctx, 0), "user0");
	cr_expect_null(labels.user(labels.ctx, 4000000000u));
	cr_expect_null(labels.user(labels.ctx, 7));
	cr_expect_eq(atomic_load(&service_calls), 0);
	names_free(names);
}

Test(names, what_the_machine_lacks_is_told_and_asked_for_again)
{
	struct names *names = start(false, false, true, PLENTY_MS);
	struct labels labels = names_labels(names);
	struct sock row = row4("192.0.2.1", "192.0.2.2");
	char told[100];

	user_error = -EMFILE;
	names_prefetch(names, &row, 1);
	cr_expect_null(labels.user(labels.ctx, 1000));
	cr_expect(names_any_late(names));
	snprintf(told, sizeof(told), "lssock: names cannot be looked up: %s\n", strerror(EMFILE));
	cr_expect_str_eq(reported(), told);
	cr_expect_eq(report_status(&report), 0);
	user_error = 0;
	names_begin_round(names);
	names_prefetch(names, &row, 1);
	cr_expect_str_eq(labels.user(labels.ctx, 1000), "user1000");
	cr_expect_not(names_any_late(names));
	names_free(names);
}

Test(names, users_only_for_their_column)
{
	struct names_config config = { .users = true,
				       .services = true,
				       .budget_ns = PLENTY_MS * ms_ns };
	struct names *names = names_new(&env, &report, &config);
	struct sock row = row4("192.0.2.1", "192.0.2.2");

	names_begin_round(names);
	names_prefetch(names, &row, 1);
	cr_expect_eq(atomic_load(&user_calls), 0);
	cr_expect_eq(atomic_load(&service_calls), 1);
	names_free(names);
}

Test(names, user_is_escaped_for_a_cell)
{
	struct names *names = start(false, false, true, PLENTY_MS);
	struct labels labels = names_labels(names);
	struct sock row = row4("192.0.2.1", "192.0.2.2");

	user_answer = "DOM\\jane doe\303\251";
	names_prefetch(names, &row, 1);
	cr_expect_str_eq(labels.user(labels.ctx, 1000), "DOM\\\\jane\\x20doe\\xc3\\xa9");
	names_free(names);
}

Test(names, hostile_names_become_numbers)
{
	static const char *const hostile[] = { "\033]0;owned\007", "127.0.0.1", "", "-x", "a\nb",
					       "0x7f.1",           "::1" };
	char long_name[301];

	for (size_t i = 0; i <= sizeof(hostile) / sizeof(*hostile); i++) {
		struct names *names = start(true, false, true, PLENTY_MS);
		struct labels labels = names_labels(names);
		struct sock row = row4("192.0.2.1", "192.0.2.2");

		memset(long_name, 'a', 300);
		long_name[300] = '\0';
		host_answer = i < sizeof(hostile) / sizeof(*hostile) ? hostile[i] : long_name;
		user_answer = i % 2 ? "\033[31mroot" : "12345";
		names_prefetch(names, &row, 1);
		cr_expect_null(host_of(names, AF_INET, &row.local.addr), "%zu", i);
		cr_expect_null(labels.user(labels.ctx, 1000), "%zu", i);
		names_free(names);
	}
	cr_expect_str_eq(reported(), "");
}

Test(names, nothing_wanted_starts_nothing)
{
	struct names *names = start(false, false, false, PLENTY_MS);
	struct labels labels = names_labels(names);
	struct sock row = row4("192.0.2.1", "192.0.2.2");
	int before = count_threads();

	names_prefetch(names, &row, 1);
	cr_expect_eq(count_threads(), before);
	cr_expect_null(labels.host);
	cr_expect_null(labels.service);
	cr_expect_null(labels.user);
	cr_expect_eq(atomic_load(&host_calls) + atomic_load(&user_calls) +
			     atomic_load(&service_calls),
		     0);
	names_free(names);
}

Test(names, nothing_needed_starts_nothing)
{
	struct names *names = start(true, true, true, PLENTY_MS);
	struct sock row = { .proto = PROTO_UNIX, .family = AF_UNIX };
	int before = count_threads();

	names_prefetch(names, &row, 1);
	names_prefetch(names, NULL, 0);
	cr_expect_eq(count_threads(), before);
	cr_expect_eq(atomic_load(&service_calls), 0);
	names_free(names);
}

Test(names, threads_are_few_and_end)
{
	struct names *names = start(true, false, false, PLENTY_MS);
	static struct sock rows[500];
	int before = count_threads(), during;

	for (int i = 0; i < 500; i++) {
		rows[i] = row4("192.0.2.1", "10.0.0.0");
		rows[i].remote.addr.words[0] = htonl(0x0a000001u + (uint32_t)i);
	}
	names_prefetch(names, rows, 500);
	during = count_threads();
	cr_expect_gt(during, before);
	cr_expect_leq(during, before + 16);
	names_free(names);
	for (int i = 0; i < PLENTY_MS / 5 && count_threads() > before; i++)
		wait_ms(5);
	cr_expect_eq(count_threads(), before);
}

Test(names, five_thousand_side_by_side)
{
	struct names *names = NULL;
	static struct sock rows[5000];
	bool in_time = false;
	char want[64];

	for (int i = 0; i < 5000; i++) {
		rows[i] = row4("0.0.0.0", "10.0.0.0");
		rows[i].remote.addr.words[0] = htonl(0x0a000001u + (uint32_t)i);
	}
	for (int i = 0; i < N_PACES && !in_time; i++) {
		int64_t begin;

		if (names)
			names_free(names);
		names = start(true, false, false, PLENTY_MS);
		host_delay_ms = paces[i];
		atomic_store(&host_calls, 0);
		begin = now_ms();
		names_prefetch(names, rows, 5000);
		/* One after the other takes more than twice as long. */
		in_time = now_ms() - begin < 2500 * paces[i];
		cr_expect_eq(atomic_load(&host_calls), 5000);
	}
	cr_expect(in_time);
	for (int i = 0; i < 5000; i += 499) {
		uint32_t a = 0x0a000001u + (uint32_t)i;

		snprintf(want, sizeof(want), "h10-0-%u-%u.example", a >> 8 & 255, a & 255);
		cr_expect_str_eq(host_of(names, AF_INET, &rows[i].remote.addr), want);
	}
	cr_expect_str_eq(reported(), "");
	names_free(names);
}

/* Whether it took what the budget allows, and what needs no time was there. */
static bool keeps_budget(int64_t budget_ms)
{
	struct names *names = start(true, true, true, budget_ms);
	static struct sock rows[100];
	struct labels labels = names_labels(names);
	int64_t begin = now_ms(), spent;
	const char *service, *user;
	char told[100];
	int calls;

	for (int i = 0; i < 100; i++) {
		rows[i] = row4("0.0.0.0", "10.0.0.0");
		rows[i].remote.addr.words[0] = htonl(0x0a000001u + (uint32_t)i);
	}
	atomic_store(&host_calls, 0);
	names_prefetch(names, rows, 50);
	calls = atomic_load(&host_calls);
	cr_expect_leq(calls, 16);
	names_prefetch(names, rows + 50, 50);
	names_prefetch(names, rows, 100);
	spent = now_ms() - begin;
	cr_expect_geq(spent, budget_ms - 20);
	cr_expect_eq(atomic_load(&host_calls), calls);
	cr_expect_null(host_of(names, AF_INET, &rows[0].remote.addr));
	snprintf(told, sizeof(told),
		 "lssock: names that took longer than %g s are shown as "
		 "numbers (see --resolve-timeout)\n",
		 (double)budget_ms / 1000);
	cr_expect_str_eq(reported(), told);
	cr_expect_eq(report_status(&report), 0);
	/* The hosts hang, yet the rest was answered. */
	service = labels.service(labels.ctx, PROTO_TCP, 80);
	user = labels.user(labels.ctx, 1000);
	cr_expect(!service || strcmp(service, "http") == 0);
	cr_expect(!user || strcmp(user, "user1000") == 0);
	spent = spent <= budget_ms * 6 / 5 && service && user;
	names_free(names);
	return spent;
}

Test(names, budget_is_kept_for_the_whole_round)
{
	bool kept = false;

	host_hangs = true;
	for (int i = 0; i < N_PACES && !kept; i++)
		kept = keeps_budget(500 * paces[i]);
	cr_expect(kept);
}

static int64_t spent_on_slow_batches(int pace)
{
	struct names *names = start(true, false, false, 500 * pace);
	int64_t begin = now_ms(), spent;
	struct sock row;

	host_delay_ms = 120 * pace;
	atomic_store(&host_calls, 0);
	for (uint32_t i = 0; i < 20; i++) {
		row = row4("0.0.0.0", "10.0.0.0");
		row.remote.addr.words[0] = htonl(0x0a000001u + i);
		names_prefetch(names, &row, 1);
	}
	spent = now_ms() - begin;
	cr_expect_leq(atomic_load(&host_calls), 5);
	names_free(names);
	return spent;
}

Test(names, slow_batches_share_the_budget)
{
	bool in_time = false;

	for (int i = 0; i < N_PACES && !in_time; i++)
		in_time = spent_on_slow_batches(paces[i]) <= 600 * paces[i];
	cr_expect(in_time);
}

Test(names, late_answers_serve_the_next_round)
{
	struct names *names = start(true, false, false, 100);
	static struct sock rows[40];
	int named = 0;

	host_hangs = true;
	for (int i = 0; i < 40; i++) {
		rows[i] = row4("0.0.0.0", "10.0.0.0");
		rows[i].remote.addr.words[0] = htonl(0x0a000001u + (uint32_t)i);
	}
	names_prefetch(names, rows, 40);
	cr_expect_null(host_of(names, AF_INET, &rows[0].remote.addr));
	atomic_store(&gate, 1);
	wait_ms(200);
	/* What hung is there without being asked again; what was never begun is asked now, or in
	 * further rounds where one of them is too short. */
	for (int round = 0; round < 600 && named < 40; round++) {
		names_begin_round(names);
		names_prefetch(names, rows, 40);
		named = 0;
		for (int i = 0; i < 40; i++)
			named += host_of(names, AF_INET, &rows[i].remote.addr) != NULL;
	}
	cr_expect_eq(named, 40);
	cr_expect_eq(atomic_load(&host_calls), 40);
	names_free(names);
}

Test(names, what_hangs_is_waited_for_once)
{
	struct sock row = row4("192.0.2.1", "0.0.0.0");
	bool at_once = false;

	host_hangs = true;
	for (int i = 0; i < N_PACES && !at_once; i++) {
		struct names *names = start(true, false, false, 300 * paces[i]);
		int64_t begin;

		atomic_store(&host_calls, 0);
		names_prefetch(names, &row, 1);
		names_begin_round(names);
		begin = now_ms();
		names_prefetch(names, &row, 1);
		at_once = now_ms() - begin < 100 * paces[i];
		cr_expect_leq(atomic_load(&host_calls), 1);
		names_free(names);
	}
	cr_expect(at_once);
}

Test(names, freed_while_look_ups_hang)
{
	struct names *names = start(true, true, true, 50);
	struct sock rows[30];

	host_hangs = user_hangs = true;
	for (int i = 0; i < 30; i++) {
		rows[i] = row4("0.0.0.0", "10.0.0.0");
		rows[i].remote.addr.words[0] = htonl(0x0a000001u + (uint32_t)i);
		rows[i].uid = (uint32_t)i;
	}
	names_prefetch(names, rows, 30);
	names_free(names);
	wait_ms(50);
	/* They come back into what they own themselves. */
	atomic_store(&gate, 1);
	wait_ms(200);
}

Test(names, a_signal_ends_the_wait)
{
	struct names *names = start(true, false, false, PLENTY_MS);
	struct sock row = row4("192.0.2.1", "192.0.2.2");
	int64_t begin = now_ms();

	host_hangs = true;
	stop_after_calls = 2;
	names_prefetch(names, &row, 1);
	names_prefetch(names, &row, 1);
	cr_expect_lt(now_ms() - begin, PLENTY_MS / 2);
	cr_expect_str_eq(reported(), "");
	names_free(names);
}

static atomic_int alarms_in_main, alarms_elsewhere;
static pthread_t main_thread;

static void on_alarm(int signal)
{
	(void)signal;
	atomic_fetch_add(pthread_equal(pthread_self(), main_thread) ? &alarms_in_main
								    : &alarms_elsewhere,
			 1);
}

/* Whether the budget was kept although signals came all the time. */
static bool keeps_budget_under_alarms(int64_t budget_ms)
{
	struct names *names = start(true, false, false, budget_ms);
	struct sock rows[] = { row4("192.0.2.1", "192.0.2.2"), row4("192.0.2.3", "192.0.2.4") };
	int64_t begin = now_ms(), spent;

	ualarm(10000, 10000);
	names_prefetch(names, rows, 2);
	ualarm(0, 0);
	spent = now_ms() - begin;
	cr_expect_geq(spent, budget_ms - 10);
	names_free(names);
	return spent <= budget_ms * 6 / 5 && atomic_load(&alarms_in_main) > 3;
}

Test(names, signals_go_to_the_main_thread)
{
	struct sigaction action = { .sa_handler = on_alarm };
	bool kept = false;

	main_thread = pthread_self();
	sigaction(SIGALRM, &action, NULL);
	host_hangs = true;
	for (int i = 0; i < N_PACES && !kept; i++)
		kept = keeps_budget_under_alarms(300 * paces[i]);
	cr_expect(kept);
	cr_expect_eq(atomic_load(&alarms_elsewhere), 0);
}

Test(names, a_run_of_days_forgets)
{
	struct names *names = start(true, false, false, PLENTY_MS);
	static struct sock rows[70000];
	int calls;

	for (int i = 0; i < 70000; i++) {
		rows[i] = row4("0.0.0.0", "10.0.0.0");
		rows[i].remote.addr.words[0] = htonl(0x0a000001u + (uint32_t)i);
	}
	names_prefetch(names, rows, 70000);
	calls = atomic_load(&host_calls);
	cr_expect_eq(calls, 70000);
	cr_expect_not_null(host_of(names, AF_INET, &rows[69999].remote.addr));
	names_begin_round(names);
	cr_expect_null(host_of(names, AF_INET, &rows[0].remote.addr));
	names_prefetch(names, rows, 2);
	cr_expect_str_eq(host_of(names, AF_INET, &rows[0].remote.addr), "h10-0-0-1.example");
	cr_expect_eq(atomic_load(&host_calls), calls + 2);
	names_free(names);
}

Test(names, interfaces)
{
	struct names *names = start(false, false, false, 0);
	struct labels labels = names_labels(names);

	for (int i = 0; i < 3; i++) {
		cr_expect_str_eq(labels.ifname(labels.ctx, 2), "eth2");
		cr_expect_str_eq(labels.ifname(labels.ctx, 9), "9");
		cr_expect_str_eq(labels.ifname(labels.ctx, 3), "\\x1b[2J0123456789ab");
		cr_expect_str_eq(labels.ifname(labels.ctx, 4), "a\\x20b");
		cr_expect_str_eq(labels.ifname(labels.ctx, UINT32_MAX), "eth4294967295");
	}
	cr_expect_eq(ifname_calls, 5);
	names_begin_round(names);
	cr_expect_str_eq(labels.ifname(labels.ctx, 2), "eth2");
	cr_expect_eq(ifname_calls, 6);
	names_free(names);
}

static int n_tcp_80, n_icmp;

static void count_row(void *ctx, const char *proto, uint16_t port, const char *name)
{
	(void)ctx;
	n_tcp_80 += strcmp(proto, "tcp") == 0 && port == 80 && strcmp(name, "http") == 0;
	n_icmp += strcmp(proto, "ip") == 0 && port == 1 && strcmp(name, "icmp") == 0;
}

Test(names, the_c_library)
{
	char name[1025];
	uint8_t loopback[4] = { 127, 0, 0, 1 };

	if (access("/etc/services", R_OK) == 0 && access("/etc/protocols", R_OK) == 0) {
		cr_expect_eq(resolver_libc.services(count_row, NULL), 0);
		cr_expect_eq(n_tcp_80, 1);
		cr_expect_eq(n_icmp, 1);
	}
	cr_expect_eq(resolver_libc.user(0, name, sizeof(name)), 0);
	cr_expect_str_eq(name, "root");
	cr_expect_eq(resolver_libc.user(0, name, 4), -ENAMETOOLONG);
	cr_expect_eq(resolver_libc.user(3999999999u, name, sizeof(name)), -ENOENT);
	cr_expect_eq(resolver_libc.host(AF_UNIX, loopback, name, sizeof(name)), -EAFNOSUPPORT);
	if (resolver_libc.host(AF_INET, loopback, name, sizeof(name)) == 0)
		cr_expect(names_host_ok(name, strlen(name)));
}
