/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of --summary: from rows, from counters, and from both. And how they went. */
#include <stdio.h>

#include "data_rows.h"
#include "output/text_table.h"
#include "proc_dir.h"
#include "view/summary_sums.h"
#include "view/view.h"

static struct summary_sums sums;

static const struct summary_scope everything = {
	.protos = (2u << PROTO_UNIX) - 1,
	.inet4 = true,
	.inet6 = true,
};

static struct summary_scope counting(void)
{
	struct summary_scope scope = everything;

	scope.by_counters = true;
	return scope;
}

static void add(const struct summary_scope *scope, struct sock sock, size_t times)
{
	for (size_t i = 0; i < times; i++)
		summary_sums_add(&sums, scope, &sock, 1);
}

static struct sock in_state(enum tcp_state state)
{
	struct sock sock = data_tcp();

	sock.state = (uint8_t)state;
	return sock;
}

/* The small entry that stands for a closed socket. */
static struct sock entry(enum tcp_state state)
{
	struct sock sock = in_state(state);

	sock.has &= ~(uint32_t)SOCK_HAS_INODE;
	sock.timer = TIMER_TIMEWAIT;
	return sock;
}

static void take(const struct summary_scope *scope, const char *snmp, const char *sockstat)
{
	struct counters counters = { .n = 0 };

	cr_assert_eq(counters_parse(&counters, COUNTERS_PAIRS, snmp, strlen(snmp)), 0);
	cr_assert_eq(counters_parse(&counters, COUNTERS_GROUPS, sockstat, strlen(sockstat)), 0);
	summary_sums_take_counters(&sums, scope, &counters, 4096);
	counters_free(&counters);
}

static void known(struct summary_number number, uint64_t value)
{
	cr_assert(number.known);
	cr_assert_eq(number.value, value);
}

static const char snmp[] = "Tcp: RtoMin CurrEstab\nTcp: 200 1000\n";
static const char sockstat[] = "sockets: used 5\n"
			       "TCP: inuse 700 orphan 3 tw 500 alloc 77 mem 10\n"
			       "UDP: inuse 6 mem 2\nUDPLITE: inuse 0\nRAW: inuse 1\n"
			       "TCP6: inuse 302\nUDP6: inuse 4\nUDPLITE6: inuse 0\nRAW6: inuse 0\n";

Test(summary_sums, all_from_rows)
{
	struct sock udp = { .proto = PROTO_UDP, .family = AF_INET6 };

	summary_sums_begin(&sums, &everything);
	for (int state = TCP_STATE_ESTABLISHED; state <= TCP_STATE_CLOSING; state++)
		add(&everything, in_state((enum tcp_state)state), (size_t)state);
	add(&everything, udp, 3);
	add(&everything, in_state((enum tcp_state)0), 1); /* no states: not counted */
	add(&everything, in_state((enum tcp_state)13), 1);
	take(&everything, snmp, sockstat);
	for (int state = TCP_STATE_ESTABLISHED; state <= TCP_STATE_CLOSING; state++)
		known(sums.tcp[state], (uint64_t)state);
	known(sums.tcp_all, 66);
	known(sums.inet[PROTO_UDP][0], 0);
	known(sums.inet[PROTO_UDP][1], 3);
	known(summary_inet_all(&sums, PROTO_UDP), 3);
	known(sums.host_orphans, 3);
	known(sums.host_tcp_allocated, 77);
	known(sums.host_tcp_mem, 40960);
	known(sums.host_udp_mem, 8192);
}

Test(summary_sums, counters_for_what_was_not_listed)
{
	const struct summary_scope scope = counting();

	summary_sums_begin(&sums, &scope);
	add(&scope, in_state(TCP_STATE_CLOSE_WAIT), 10);
	add(&scope, in_state(TCP_STATE_FIN_WAIT2), 2);
	add(&scope, entry(TCP_STATE_FIN_WAIT2), 5);
	/* A source may tell of these all the same. */
	add(&scope, in_state(TCP_STATE_ESTABLISHED), 3);
	add(&scope, entry(TCP_STATE_TIME_WAIT), 3);
	take(&scope, snmp, sockstat);
	known(sums.tcp[TCP_STATE_ESTABLISHED], 990);
	known(sums.tcp[TCP_STATE_TIME_WAIT], 495);
	known(sums.tcp[TCP_STATE_FIN_WAIT2], 7);
	known(sums.tcp_all, 990 + 495 + 7 + 10);
	known(sums.tcp_orphans, 0);
	known(sums.inet[PROTO_UDP][0], 6);
	known(sums.inet[PROTO_UDP][1], 4);
	known(summary_inet_all(&sums, PROTO_RAW), 1);
}

/* Before Linux 6.10 CurrEstab was ESTABLISHED alone: 1000 of them are then in use besides those
 * that were listed. */
Test(summary_sums, older_kernels_count_established_alone)
{
	const struct summary_scope scope = counting();

	summary_sums_begin(&sums, &scope);
	add(&scope, in_state(TCP_STATE_CLOSE_WAIT), 10);
	add(&scope, in_state(TCP_STATE_FIN_WAIT2), 2);
	add(&scope, entry(TCP_STATE_FIN_WAIT2), 5);
	add(&scope, in_state(TCP_STATE_SYN_RECV), 50);
	take(&scope, snmp, "TCP: inuse 710 tw 500\nTCP6: inuse 302\n");
	known(sums.tcp[TCP_STATE_ESTABLISHED], 1000);
	/* Which of the two it is cannot be known without the sockets in use. */
	take(&scope, snmp, "TCP: tw 500\n");
	cr_assert_not(sums.tcp[TCP_STATE_ESTABLISHED].known);
}

Test(summary_sums, moments_that_do_not_fit_make_no_number_below_zero)
{
	const struct summary_scope scope = counting();

	summary_sums_begin(&sums, &scope);
	add(&scope, in_state(TCP_STATE_CLOSE_WAIT), 10);
	add(&scope, entry(TCP_STATE_FIN_WAIT2), 5);
	take(&scope, "Tcp: CurrEstab\nTcp: 4\n", "TCP: inuse 9 tw 1\n");
	known(sums.tcp[TCP_STATE_ESTABLISHED], 0);
	known(sums.tcp[TCP_STATE_TIME_WAIT], 0);
}

Test(summary_sums, what_is_not_told_is_not_zero)
{
	const struct summary_scope scope = counting();

	summary_sums_begin(&sums, &scope);
	add(&scope, in_state(TCP_STATE_LISTEN), 1);
	take(&scope, "Tcp: CurrEstab\nTcp: -1\n", "TCP: inuse 1\nUDP6: inuse 2\n");
	cr_assert_not(sums.tcp[TCP_STATE_ESTABLISHED].known);
	cr_assert_not(sums.tcp[TCP_STATE_TIME_WAIT].known);
	cr_assert_not(sums.tcp_all.known);
	cr_assert_not(sums.host_tcp_mem.known);
	cr_assert_not(sums.inet[PROTO_UDP][0].known);
	known(summary_inet_all(&sums, PROTO_UDP), 2);
	cr_assert_not(summary_inet_all(&sums, PROTO_UDPLITE).known);
	known(sums.tcp[TCP_STATE_LISTEN], 1);
}

Test(summary_sums, orphans_are_closed_by_their_process)
{
	struct sock sock;

	summary_sums_begin(&sums, &everything);
	for (int state = TCP_STATE_ESTABLISHED; state <= TCP_STATE_CLOSING; state++) {
		add(&everything, in_state((enum tcp_state)state), 1); /* held by a process */
		sock = in_state((enum tcp_state)state);
		sock.has &= ~(uint32_t)SOCK_HAS_INODE;
		add(&everything, sock, 1);
		add(&everything, entry((enum tcp_state)state), 1);
	}
	/* FIN_WAIT1, FIN_WAIT2, LAST_ACK, CLOSING; others without an inode are not yet accepted. */
	known(sums.tcp_orphans, 4);
}

static void listener(uint32_t used, uint32_t limit, bool limit_known, uint16_t port)
{
	struct sock sock = in_state(TCP_STATE_LISTEN);

	sock.listening = true;
	sock.recv_q = used;
	sock.backlog = limit;
	sock.has |= limit_known ? SOCK_HAS_BACKLOG : 0u;
	sock.local.port = port;
	add(&everything, sock, 1);
}

Test(summary_sums, the_fullest_queue)
{
	summary_sums_begin(&sums, &everything);
	listener(0, 0, true, 1);
	cr_assert_not(sums.fullest.known);
	listener(100, 4096, true, 2);
	cr_assert_eq(sums.fullest.end.port, 2);
	listener(6, 5, true, 3); /* full: one more than the limit waits */
	cr_assert_eq(sums.fullest.end.port, 3);
	listener(129, 128, true, 4); /* as full, and longer */
	cr_assert_eq(sums.fullest.end.port, 4);
	listener(5, 5, true, 5);
	cr_assert_eq(sums.fullest.end.port, 4);
	listener(UINT32_MAX, UINT32_MAX, true, 6);
	cr_assert_eq(sums.fullest.end.port, 4);
	listener(130, 0, false, 7); /* no limit known: the longer one */
	cr_assert_eq(sums.fullest.end.port, 7);
	cr_assert_not(sums.fullest.limit.known);
	known(sums.listeners, 7);
	known(sums.listeners_waiting, 6);
}

Test(summary_sums, what_the_options_choose)
{
	struct view_config config = { .by_counters = true };
	struct summary_scope scope = summary_scope_of(&config);

	cr_assert_eq(scope.protos, (2u << PROTO_UNIX) - 1);
	cr_assert(scope.inet4 && scope.inet6 && scope.by_counters);
	config = (struct view_config){ .inet4 = true };
	scope = summary_scope_of(&config);
	cr_assert_eq(scope.protos, (1u << PROTO_UNIX) - 1);
	cr_assert(scope.inet4 && !scope.inet6 && !scope.by_counters);
	summary_sums_begin(&sums, &scope);
	cr_assert(sums.inet[PROTO_UDP][0].known);
	cr_assert_not(sums.inet[PROTO_UDP][1].known);
	cr_assert_not(sums.unix_all.known);
	config = (struct view_config){ .protos = 1u << PROTO_UNIX, .inet6 = true };
	scope = summary_scope_of(&config);
	cr_assert_eq(scope.protos, (2u << PROTO_UNIX) - 1);
	config = (struct view_config){ .protos = 1u << PROTO_UDP };
	scope = summary_scope_of(&config);
	cr_assert_eq(scope.protos, 1u << PROTO_UDP);
}

static void read_here(const struct summary_scope *scope)
{
	summary_sums_begin(&sums, scope);
	cr_assert_eq(summary_sums_read(&sums, scope, &proc_dir_env, &proc_dir_report), 0);
}

Test(summary_sums, files_and_limits, .init = proc_dir_begin, .fini = proc_dir_end)
{
	const struct summary_scope scope = counting();
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	proc_dir_put_text("net/snmp", snmp);
	proc_dir_put_text("net/sockstat", sockstat);
	proc_dir_put_text("sys/net/ipv4/tcp_mem", "10\t20\t30\n");
	proc_dir_put_text("sys/net/ipv4/tcp_max_orphans", "8192\n");
	read_here(&scope);
	known(sums.tcp[TCP_STATE_ESTABLISHED], 1000);
	known(sums.host_tcp_limits[0], 10 * page);
	known(sums.host_tcp_limits[2], 30 * page);
	known(sums.host_max_orphans, 8192);
	cr_assert_not(sums.host_udp_limits[1].known);
	/* No net/sockstat6: a kernel without IPv6, and nothing to report. */
	cr_assert_str_eq(proc_dir_heard(), "");
	cr_assert_eq(report_status(&proc_dir_report), 0);
}

Test(summary_sums, a_missing_file_is_one_message, .init = proc_dir_begin, .fini = proc_dir_end)
{
	const struct summary_scope scope = counting();
	struct summary_scope local = { .protos = 1u << PROTO_UNIX, .by_counters = true };

	read_here(&local); /* needs none */
	cr_assert_str_eq(proc_dir_heard(), "");
	proc_dir_put_text("net/sockstat", sockstat);
	read_here(&scope);
	cr_assert_str_eq(proc_dir_heard(),
			 "lssock: cannot read /proc/net/snmp: No such file or directory; missing: "
			 "the number of ESTABLISHED sockets\n");
	cr_assert_eq(report_status(&proc_dir_report), 3);
	cr_assert_not(sums.tcp_all.known);
}

Test(summary_sums, a_missing_counter_is_told, .init = proc_dir_begin, .fini = proc_dir_end)
{
	const struct summary_scope scope = counting();

	proc_dir_put_text("net/snmp", "Tcp: CurrEstab\nTcp: junk\n");
	proc_dir_put_text("net/sockstat", sockstat);
	read_here(&scope);
	cr_assert(strstr(proc_dir_heard(), "ESTABLISHED"));
	cr_assert_eq(report_status(&proc_dir_report), 3);
}

/* A course as the only cell of a table. */
static const char *course(const uint64_t *values, size_t n, uint64_t max, bool utf8)
{
	static const struct text_column column = { .title = NULL };
	static char text[512];
	struct text_table table;
	struct obuf out;

	cr_assert_eq(obuf_init(&out, -1), 0);
	text_table_begin(&table, &column, 1, utf8);
	text_table_course(&table, values, n, max);
	cr_assert_eq(text_table_end(&table, &out, 0, false), 0);
	snprintf(text, sizeof(text), "%.*s", (int)out.len, out.data);
	obuf_free(&out);
	return text;
}

Test(summary_sums, courses)
{
	static const uint64_t climb[] = { 0, 1, 250, 500, 750, 1000 };
	static const uint64_t huge[] = { UINT64_MAX, UINT64_MAX / 2, 1 };

	cr_assert_str_eq(course(climb, 6, 1000, false), " .:+#@\n");
	cr_assert_str_eq(course(climb, 6, 1000, true),
			 " \xe2\x96\x81\xe2\x96\x82\xe2\x96\x84\xe2\x96\x86\xe2\x96\x88\n");
	cr_assert_str_eq(course(huge, 3, UINT64_MAX, false), "@+.\n");
	cr_assert_str_eq(course(climb, 1, 0, true), "\n");
	cr_assert_str_eq(course(NULL, 0, 0, false), "\n");
}
