/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -s: the lines of counters, which of them are read, and their rates. */
#include <criterion/criterion.h>

#include <errno.h>
#include <inttypes.h>

#include "base/obuf.h"
#include "kernel/counters.h"
#include "model/proto.h"
#include "output/data.h"
#include "proc_dir.h"
#include "view/counter_text.h"
#include "view/statistics.h"
#include "view/statistics_rates.h"
#include "view/statistics_read.h"

#define PROTO_BIT(proto) (1u << (proto))

/* --- lines --- */

static struct obuf out;
static struct counter_text lines;

static void begin_lines(void)
{
	cr_assert_eq(obuf_init(&out, -1), 0);
	lines = (struct counter_text){ .out = &out };
}

static void end_lines(void)
{
	obuf_free(&out);
}

static void put(const char *name, uint64_t value)
{
	const struct counter counter = { .name = name, .value = value };

	if (counter_text_put(&lines, &counter))
		obuf_put_char(&out, '\n');
}

static void check_lines(const char *want)
{
	obuf_put_char(&out, '\0');
	cr_assert_str_eq(out.data, want);
}

TestSuite(counter_text, .init = begin_lines, .fini = end_lines);

Test(counter_text, words_and_names)
{
	counter_text_group(&lines, "TcpExt");
	put("SyncookiesSent", 1);
	put("SyncookiesRecv", 0);
	put("TCPHPHits", 0);
	put("DelayedACKLost", 1);
	put("TCPTimeouts", UINT64_MAX);
	put("TCPLossProbes", 0);
	counter_text_group(&lines, "Tcp");
	put("RtoMin", 200);
	put("ActiveOpens", 0);
	put("SyncookiesSent", 5);
	check_lines("    1 SYN cookies sent\n"
		    "    0 packet headers predicted\n"
		    "    Quick ack mode was activated 1 times\n"
		    "    TCPTimeouts: 18446744073709551615\n"
		    "    0 active connection openings\n"
		    "    SyncookiesSent: 5\n");
}

/* The heading of a histogram stands there even when all below it is zero; what is indented stays so
 * until a known counter, or a known group, comes. */
Test(counter_text, histograms)
{
	counter_text_group(&lines, "Icmp");
	put("InDestUnreachs", 0);
	put("InEchos", 3);
	put("InNew", 4);
	put("OutMsgs", 5);
	put("OutEchos", 6);
	counter_text_group(&lines, "IcmpMsg");
	put("InType3", 7);
	counter_text_group(&lines, "Ip");
	put("New", 8);
	check_lines("    ICMP input histogram:\n"
		    "        echo requests: 3\n"
		    "        InNew: 4\n"
		    "    5 ICMP messages sent\n"
		    "    ICMP output histogram:\n"
		    "        echo requests: 6\n"
		    "        InType3: 7\n"
		    "    New: 8\n");
}

Test(counter_text, zeros_where_they_are_wanted)
{
	lines.zeros = true;
	counter_text_group(&lines, "Ip");
	put("FragOKs", 0);
	put("New", 0);
	put("DefaultTTL", 0);
	check_lines("    0 outgoing packets fragmented ok\n    New: 0\n");
}

Test(counter_text, a_histogram_ends_with_a_counter_that_is_passed_over)
{
	const struct counter sent = { .name = "OutMsgs" };

	counter_text_group(&lines, "Icmp");
	put("InEchos", 3);
	counter_text_pass(&lines, &sent);
	put("OutEchos", 6);
	check_lines("    ICMP input histogram:\n"
		    "        echo requests: 3\n"
		    "    ICMP output histogram:\n"
		    "        echo requests: 6\n");
}

Test(counter_text, groups_of_protocols)
{
	cr_assert(counter_group_is_of("Tcp", 0));
	cr_assert(counter_group_is_of("Tcp", PROTO_BIT(PROTO_TCP)));
	cr_assert(counter_group_is_of("TcpExt", PROTO_BIT(PROTO_TCP) | PROTO_BIT(PROTO_UDP)));
	cr_assert_not(counter_group_is_of("Tcp", PROTO_BIT(PROTO_UDP)));
	cr_assert_not(counter_group_is_of("Ip", PROTO_BIT(PROTO_TCP)));
	cr_assert(counter_group_is_of("Icmp6", PROTO_BIT(PROTO_RAW)));
	cr_assert_not(counter_group_is_of("Sctp", PROTO_BIT(PROTO_UDPLITE)));
	cr_assert(counter_group_is_of("MPTcpExt", PROTO_BIT(PROTO_UDP)), "of all of them");
}

/* --- rates --- */

static struct counters parse(const char *text)
{
	struct counters counters = { 0 };

	cr_assert_eq(counters_parse(&counters, COUNTERS_PAIRS, text, strlen(text)), 0);
	return counters;
}

static enum counter_change change_of(const char *before_text, const char *now_text, size_t index)
{
	struct counters before = parse(before_text), now = parse(now_text);
	const struct counter *was;
	enum counter_change change = statistics_change(&before, &now, index, &was);

	cr_assert_eq(was == NULL, change == COUNTER_NEW);
	counters_free(&before);
	counters_free(&now);
	return change;
}

Test(statistics, changes)
{
	cr_assert_eq(change_of("Tcp: A\nTcp: 1\n", "Tcp: A\nTcp: 1\n", 0), COUNTER_SAME);
	cr_assert_eq(change_of("Tcp: A\nTcp: 1\n", "Tcp: A\nTcp: 3\n", 0), COUNTER_UP);
	cr_assert_eq(change_of("Tcp: A\nTcp: 3\n", "Tcp: A\nTcp: 1\n", 0), COUNTER_MOVED, "reset");
	cr_assert_eq(change_of("Tcp: CurrEstab\nTcp: 1\n", "Tcp: CurrEstab\nTcp: 3\n", 0),
		     COUNTER_MOVED, "a level");
	cr_assert_eq(
		change_of("TcpExt: CurrEstab\nTcpExt: 1\n", "TcpExt: CurrEstab\nTcpExt: 3\n", 0),
		COUNTER_UP, "another group's");
	cr_assert_eq(change_of("Tcp: MaxConn\nTcp: -1\n", "Tcp: MaxConn\nTcp: 1\n", 0),
		     COUNTER_MOVED);
	cr_assert_eq(change_of("Tcp: X\nTcp: -1\n", "Tcp: X\nTcp: 5\n", 0), COUNTER_MOVED);
	cr_assert_eq(change_of("Tcp: A\nTcp: 1\n", "Udp: A\nUdp: 3\n", 0), COUNTER_NEW);
}

/* A group that grew between two readings moves all that follow. */
Test(statistics, counters_are_found_where_they_moved_to)
{
	static const char before[] = "IcmpMsg: InType3\nIcmpMsg: 1\nTcp: A B\nTcp: 1 2\n";
	static const char now[] = "IcmpMsg: InType0 InType3\nIcmpMsg: 9 1\nTcp: A B\nTcp: 1 5\n";

	cr_assert_eq(change_of(before, now, 0), COUNTER_NEW);
	cr_assert_eq(change_of(before, now, 1), COUNTER_SAME);
	cr_assert_eq(change_of(before, now, 2), COUNTER_SAME);
	cr_assert_eq(change_of(before, now, 3), COUNTER_UP);
	cr_assert_eq(change_of(now, before, 2), COUNTER_MOVED);
}

static void check_rate(uint64_t amount, int64_t ns, uint64_t want)
{
	uint64_t rate = 0;

	cr_assert(statistics_rate(amount, ns, &rate), "%" PRIu64 " in %" PRId64, amount, ns);
	cr_assert_eq(rate, want, "%" PRIu64 " in %" PRId64 " is %" PRIu64, amount, ns, rate);
}

Test(statistics, rates)
{
	static const int64_t second = 1000000000;
	uint64_t rate = 7;

	check_rate(0, second, 0);
	check_rate(17, second, 1700);
	check_rate(17, 2 * second, 850);
	check_rate(1, 3 * second, 33);
	check_rate(2, 3 * second, 66);
	check_rate(1, 86400 * second, 0);
	check_rate(1, second / 10, 1000);
	check_rate(1, 1, UINT64_C(100000000000));
	check_rate(UINT64_C(50000000000000), 3600 * second, UINT64_C(1388888888888));
	check_rate(UINT64_MAX, 1000 * second, UINT64_C(1844674407370955161));
	cr_assert_not(statistics_rate(UINT64_MAX, second, &rate), "does not fit");
	cr_assert_not(statistics_rate(1, 0, &rate));
	cr_assert_not(statistics_rate(1, -5, &rate));
	cr_assert_not(statistics_rate(1, INT64_MAX, &rate));
	cr_assert_eq(rate, 7);
}

/* --- reading --- */

static const char snmp[] = "Ip: InReceives\nIp: 1\nTcp: InSegs\nTcp: 2\nUdpLite: A\nUdpLite: 3\n";
static const char netstat[] = "TcpExt: TW\nTcpExt: 4\n";
static const char snmp6[] = "Ip6InReceives 5\nIcmp6InMsgs 6\nIcmp6OutType6 7\nOther 8\n";
static const char sctp[] = "SctpCurrEstab 9\n";

static void put_files(void)
{
	proc_dir_begin();
	proc_dir_put_text("net/snmp", snmp);
	proc_dir_put_text("net/netstat", netstat);
	proc_dir_put_text("net/snmp6", snmp6);
	proc_dir_put_text("net/sctp/snmp", sctp);
}

static void drop(const char *path)
{
	cr_assert_eq(unlinkat(proc_dir_env.proc_fd, path, 0), 0);
}

/* What was read as "Group.Name=value" and a blank each. */
static const char *read_all(const struct statistics_query *query)
{
	static char text[1000];
	struct counters counters = { 0 };
	size_t n = 0;

	cr_assert_eq(statistics_read(query, &proc_dir_env, &proc_dir_report, &counters), 0);
	text[0] = '\0';
	for (size_t i = 0; i < counters.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s.%s=%" PRIu64 " ",
				      counters.rows[i].group, counters.rows[i].name,
				      counters.rows[i].value);
	counters_free(&counters);
	return text;
}

TestSuite(statistics_read, .init = put_files, .fini = proc_dir_end);

Test(statistics_read, families)
{
	struct statistics_query query = { .inet4 = true };

	cr_assert_str_eq(read_all(&query), "Ip.InReceives=1 Tcp.InSegs=2 UdpLite.A=3 TcpExt.TW=4 "
					   "Sctp.SctpCurrEstab=9 ");
	query = (struct statistics_query){ .inet6 = true };
	cr_assert_str_eq(read_all(&query), "Ip6.Ip6InReceives=5 Icmp6.Icmp6InMsgs=6 "
					   "Icmp6.Icmp6OutType6=7 Other.Other=8 Tcp.InSegs=2 ");
	query = (struct statistics_query){ .inet4 = true, .inet6 = true };
	cr_assert_str_eq(read_all(&query), "Ip.InReceives=1 Tcp.InSegs=2 UdpLite.A=3 TcpExt.TW=4 "
					   "Sctp.SctpCurrEstab=9 Ip6.Ip6InReceives=5 "
					   "Icmp6.Icmp6InMsgs=6 Icmp6.Icmp6OutType6=7 "
					   "Other.Other=8 ");
	query = (struct statistics_query){ .inet4 = true, .protos = PROTO_BIT(PROTO_TCP) };
	cr_assert_null(strstr(read_all(&query), "Sctp"));
	cr_assert_eq(report_status(&proc_dir_report), 0);
}

Test(statistics_read, what_a_kernel_may_lack)
{
	struct statistics_query query = { .inet4 = true, .inet6 = true };

	drop("net/snmp6");
	drop("net/sctp/snmp");
	cr_assert_str_eq(read_all(&query), "Ip.InReceives=1 Tcp.InSegs=2 UdpLite.A=3 "
					   "TcpExt.TW=4 ");
	cr_assert_str_eq(proc_dir_heard(), "");
	query.inet6_named = true;
	query.protos = PROTO_BIT(PROTO_SCTP);
	read_all(&query);
	cr_assert_not_null(strstr(proc_dir_heard(), "no counters of IPv6"));
	cr_assert_not_null(strstr(proc_dir_heard(), "no counters of SCTP"));
	cr_assert_eq(report_status(&proc_dir_report), 0);
}

Test(statistics_read, what_is_missing_is_told)
{
	const struct statistics_query query = { .inet4 = true };

	drop("net/netstat");
	cr_assert_str_eq(read_all(&query), "Ip.InReceives=1 Tcp.InSegs=2 UdpLite.A=3 "
					   "Sctp.SctpCurrEstab=9 ");
	cr_assert_not_null(strstr(proc_dir_heard(), "cannot read /proc/net/netstat ("));
	cr_assert_eq(report_status(&proc_dir_report), 3);
}

Test(statistics_read, damage_is_told)
{
	const struct statistics_query query = { .inet4 = true };

	proc_dir_put_text("net/netstat", "TcpExt: TW A\nTcpExt: 4\n");
	cr_assert_not_null(strstr(read_all(&query), "TcpExt.TW=4"));
	cr_assert_not_null(strstr(proc_dir_heard(), "in /proc/net/netstat 1 "));
	cr_assert_eq(report_status(&proc_dir_report), 3);
}

/* In data each counter is one member of the one object of its group. */
Test(statistics_read, each_counter_once_and_groups_in_one_piece)
{
	const struct statistics_query query = {
		.inet4 = true,
		.protos = PROTO_BIT(PROTO_TCP),
		.unique = true,
	};

	proc_dir_put_text("net/snmp",
			  "Tcp: InSegs\nTcp: 2\nUdp: A\nUdp: 3\nTcp: InSegs B\nTcp: 4 5\n");
	proc_dir_put_text("net/netstat", "TcpExt: TW\nTcpExt: 6\nTcp: A\nTcp: 7\n");
	cr_assert_str_eq(read_all(&query), "Tcp.InSegs=2 Tcp.B=5 Tcp.A=7 Udp.A=3 TcpExt.TW=6 ");
	cr_assert_not_null(strstr(proc_dir_heard(), "1 counter below /proc/net is told twice"));
	cr_assert_eq(report_status(&proc_dir_report), 3);
}

Test(statistics_read, nothing_at_all_is_a_failure)
{
	const struct statistics_query query = { .inet4 = true, .inet6 = true };

	drop("net/snmp");
	drop("net/netstat");
	drop("net/snmp6");
	drop("net/sctp/snmp");
	cr_assert_str_eq(read_all(&query), "");
	cr_assert_eq(report_status(&proc_dir_report), 4);
}

/* --- rounds --- */

static int64_t clock_ns;

static int64_t read_clock(const struct env *env)
{
	(void)env;
	return clock_ns;
}

static struct view_config config;
static const struct data_run run = { .host = "h", .netns = "n" };

static struct writer *new_view(enum view_format format)
{
	struct writer *writer;

	proc_dir_env.now_ns = read_clock;
	clock_ns = 5;
	cr_assert_eq(obuf_init(&out, memfd_create("out", MFD_CLOEXEC)), 0);
	config = (struct view_config){ .env = &proc_dir_env,
				       .report = &proc_dir_report,
				       .run = &run,
				       .format = format,
				       .inet4 = true };
	writer = statistics_new(&config, &out);
	cr_assert_not_null(writer);
	return writer;
}

/* Another second, and what it printed. */
static const char *round_of(struct writer *writer)
{
	static char text[8192];
	off_t start = lseek(out.fd, 0, SEEK_CUR);
	ssize_t n;

	cr_assert_eq(writer->end(writer), 0);
	n = pread(out.fd, text, sizeof(text) - 1, start);
	text[n > 0 ? n : 0] = '\0';
	clock_ns += 2000000000;
	return text;
}

static void end_view(struct writer *writer)
{
	writer->free(writer);
	close(out.fd);
	obuf_free(&out);
}

TestSuite(statistics_rounds, .init = put_files, .fini = proc_dir_end);

Test(statistics_rounds, text)
{
	struct writer *writer = new_view(VIEW_TEXT);

	drop("net/sctp/snmp");
	cr_assert_str_eq(round_of(writer), "Ip:\n    1 total packets received\n"
					   "Tcp:\n    2 segments received\n"
					   "UdpLite:\n    A: 3\n"
					   "TcpExt:\n"
					   "    4 TCP sockets finished time wait in fast timer\n");
	cr_assert_str_eq(round_of(writer), "\nNo counter has changed.\n");
	proc_dir_put_text("net/snmp", "Ip: InReceives New\nIp: 18 1\nTcp: InSegs\nTcp: 2\n"
				      "UdpLite: A\nUdpLite: 0\n");
	cr_assert_str_eq(round_of(writer), "\nIp:\n"
					   "    18 total packets received  (+17, 8.50/s)\n"
					   "    New: 1  (new)\n"
					   "UdpLite:\n"
					   "    A: 0  (was 3)\n");
	end_view(writer);
}

Test(statistics_rounds, json)
{
	struct writer *writer = new_view(VIEW_JSONL);
	const char *text;

	proc_dir_put_text("net/snmp", "Tcp: MaxConn CurrEstab InSegs\nTcp: -1 3 2\n");
	text = round_of(writer);
	cr_assert_not_null(
		strstr(text, "\"view\":\"statistics\",\"filtered\":false,\"counters\":{\"Tcp\":{"
			     "\"MaxConn\":-1,\"CurrEstab\":3,\"InSegs\":2},"
			     "\"TcpExt\":{\"TW\":4},"
			     "\"Sctp\":{\"SctpCurrEstab\":9}},\"complete\":true"));
	proc_dir_put_text("net/snmp", "Tcp: MaxConn CurrEstab InSegs\nTcp: -1 4 5\n");
	proc_dir_put_text("net/netstat", "TcpExt: TW\nTcpExt: 3\n");
	text = round_of(writer);
	cr_assert_not_null(strstr(text, "\"interval_ms\":2000,\"rates_per_s\":{"
					"\"Tcp\":{\"InSegs\":1.50},\"TcpExt\":{},\"Sctp\":{}},"));
	cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1, "one line a round");
	end_view(writer);
}

/* The kernel writes 16 types of ICMP messages into a pair of lines, and begins the next. */
Test(statistics_rounds, a_group_of_two_pairs)
{
	static const char many[] = "IcmpMsg: InType0\nIcmpMsg: 1\nIcmpMsg: InType8\nIcmpMsg: 2\n";
	struct writer *writer;

	drop("net/sctp/snmp");
	proc_dir_put_text("net/snmp", many);
	proc_dir_put_text("net/netstat", "");
	writer = new_view(VIEW_TEXT);
	cr_assert_str_eq(round_of(writer), "IcmpMsg:\n    InType0: 1\nIcmpMsg:\n    InType8: 2\n");
	end_view(writer);
	writer = new_view(VIEW_JSON);
	cr_assert_not_null(strstr(round_of(writer), "\"counters\":{\"IcmpMsg\":{\"InType0\":1,"
						    "\"InType8\":2}},"));
	end_view(writer);
}

Test(statistics_rounds, csv)
{
	struct writer *writer = new_view(VIEW_CSV);

	drop("net/sctp/snmp");
	proc_dir_put_text("net/snmp", "Tcp: MaxConn A,\"B\nTcp: -1 2\n");
	cr_assert_str_eq(round_of(writer), "group,name,value\r\nTcp,MaxConn,-1\r\n"
					   "Tcp,\"A,\"\"B\",2\r\nTcpExt,TW,4\r\n");
	cr_assert_str_eq(round_of(writer), "Tcp,MaxConn,-1\r\n"
					   "Tcp,\"A,\"\"B\",2\r\nTcpExt,TW,4\r\n");
	end_view(writer);
}
