/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's counters: what is read of whole files, and of damaged ones. */
#include <criterion/criterion.h>

#include <errno.h>
#include <inttypes.h>

#include "guard.h"
#include "kernel/counters.h"
#include "proc_dir.h"

enum { N_LAYOUTS = 3 };

static const enum counters_layout layouts[N_LAYOUTS] = { COUNTERS_PAIRS, COUNTERS_NAMED,
							 COUNTERS_GROUPS };

static void parse(struct counters *counters, enum counters_layout layout, const char *text,
		  size_t len)
{
	*counters = (struct counters){ 0 };
	cr_assert_eq(counters_parse(counters, layout, guard_copy(text, len), len), 0);
}

static void parse_text(struct counters *counters, enum counters_layout layout, const char *text)
{
	parse(counters, layout, text, strlen(text));
}

static void check_row(const struct counters *counters, size_t index, const char *group,
		      const char *name, uint64_t value)
{
	const struct counter *row = &counters->rows[index];

	cr_assert_lt(index, counters->n);
	cr_assert_str_eq(row->group, group);
	cr_assert_str_eq(row->name, name);
	cr_assert_eq(row->value, value, "%s.%s is %" PRIu64, group, name, row->value);
}

/* Names and groups are words of printable ASCII, whatever came in. */
static void check_sane(const struct counters *counters)
{
	for (size_t i = 0; i < counters->n; i++) {
		const struct counter *row = &counters->rows[i];

		cr_assert_gt(strlen(row->name), 0);
		for (const char *c = row->name; *c; c++)
			cr_assert(*c > ' ' && *c < 0x7f);
		for (const char *c = row->group; *c; c++)
			cr_assert(*c > ' ' && *c < 0x7f);
		if (row->negative)
			cr_assert(row->value > 0 && row->value <= INT64_MAX);
	}
}

static const char pairs[] = "Tcp: RtoMin MaxConn InSegs\n"
			    "Tcp: 200 -1 18446744073709551615\n"
			    "Udp: InDatagrams NoPorts\n"
			    "Udp: 0 7\n";

Test(counters, pairs)
{
	struct counters counters;
	uint64_t value = 1;

	parse_text(&counters, COUNTERS_PAIRS, pairs);
	cr_assert_eq(counters.n, 5);
	cr_assert_eq(counters.n_damaged, 0);
	check_row(&counters, 0, "Tcp", "RtoMin", 200);
	check_row(&counters, 1, "Tcp", "MaxConn", 1);
	cr_assert(counters.rows[1].negative);
	check_row(&counters, 2, "Tcp", "InSegs", UINT64_MAX);
	cr_assert_not(counters.rows[2].negative);
	check_row(&counters, 3, "Udp", "InDatagrams", 0);
	check_row(&counters, 4, "Udp", "NoPorts", 7);
	cr_assert(counters_get(&counters, "Udp", "InDatagrams", &value));
	cr_assert_eq(value, 0);
	cr_assert_not(counters_get(&counters, "Tcp", "MaxConn", &value), "it is negative");
	cr_assert_not(counters_get(&counters, "Tcp", "NoPorts", &value), "it is of Udp");
	cr_assert_null(counters_find(&counters, "Udp", "NoPort"));
	cr_assert_eq(counters_find(&counters, "Udp", "NoPorts"), &counters.rows[4]);
	counters_free(&counters);
}

Test(counters, named)
{
	struct counters counters;

	parse_text(&counters, COUNTERS_NAMED,
		   "Ip6InReceives                   \t12\nIcmp6InMsgs\t3\n");
	cr_assert_eq(counters.n, 2);
	cr_assert_eq(counters.n_damaged, 0);
	check_row(&counters, 0, "", "Ip6InReceives", 12);
	check_row(&counters, 1, "", "Icmp6InMsgs", 3);
	counters_free(&counters);
}

Test(counters, groups)
{
	struct counters counters;

	parse_text(&counters, COUNTERS_GROUPS,
		   "sockets: used 120\nTCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1\n");
	cr_assert_eq(counters.n, 6);
	cr_assert_eq(counters.n_damaged, 0);
	check_row(&counters, 0, "sockets", "used", 120);
	check_row(&counters, 3, "TCP", "tw", 2);
	counters_free(&counters);
}

Test(counters, further_texts_are_appended_and_clear_forgets)
{
	struct counters counters;

	parse_text(&counters, COUNTERS_PAIRS, pairs);
	cr_assert_eq(counters_parse(&counters, COUNTERS_NAMED, "A 1", 3), 0);
	cr_assert_eq(counters.n, 6);
	check_row(&counters, 5, "", "A", 1);
	check_row(&counters, 0, "Tcp", "RtoMin", 200);
	counters_clear(&counters);
	cr_assert_eq(counters.n, 0);
	cr_assert_null(counters_find(&counters, "Tcp", "RtoMin"));
	cr_assert_eq(counters_parse(&counters, COUNTERS_PAIRS, pairs, strlen(pairs)), 0);
	cr_assert_eq(counters.n, 5);
	counters_free(&counters);
	cr_assert_null(counters.rows);
}

Test(counters, nothing_is_no_damage)
{
	struct counters counters;

	for (size_t i = 0; i < N_LAYOUTS; i++) {
		parse_text(&counters, layouts[i], "");
		cr_assert_eq(counters.n + counters.n_damaged, 0);
	}
}

/* What is damaged is left out and counted; what stands beside it is read. */
Test(counters, damaged_pairs)
{
	static const struct {
		const char *text;
		size_t n, damaged;
	} cases[] = {
		{ "Tcp: A\n", 0, 1 },
		{ "Tcp: A\nTcp:\n", 0, 1 },
		{ "Tcp: A B\nTcp: 1\n", 1, 1 },
		{ "Tcp: A\nTcp: 1 2\n", 1, 1 },
		{ "Tcp: A B C\nTcp: 1 x 3\n", 2, 1 },
		{ "Tcp: A B\nTcp: 18446744073709551616 2\n", 1, 1 },
		{ "Tcp: A B\nTcp: -9223372036854775808 2\n", 1, 1 },
		{ "Tcp: A B\nTcp: - 2\n", 1, 1 },
		{ "Tcp: A B\nTcp: --1 +2\n", 0, 2 },
		{ "Tcp: A\x01 B\nTcp: 1 2\n", 1, 1 },
		{ "Tcp: A\xff\nTcp: 1\n", 0, 1 },
		{ "Tcp A\nTcp 1\n", 0, 2 },
		{ ": A\n: 1\n", 0, 2 },
		{ "\n\n\n", 0, 3 },
		{ "Tcp: A\nUdp: B\nUdp: 2\n", 1, 1 },
		{ "junk\nTcp: A\nTcp: 1\n", 1, 1 },
		{ "Tcp: A\nTcp: 1\nTcp:", 1, 1 },
		{ "Tcp: A\r\nTcp: 1\r\n", 0, 1 },
		{ "Tcp:\nTcp:\n", 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct counters counters;

		parse_text(&counters, COUNTERS_PAIRS, cases[i].text);
		cr_assert_eq(counters.n, cases[i].n, "case %zu has %zu", i, counters.n);
		cr_assert_eq(counters.n_damaged, cases[i].damaged, "case %zu: %zu damaged", i,
			     counters.n_damaged);
		check_sane(&counters);
		counters_free(&counters);
	}
}

Test(counters, one_lost_line_costs_one_group)
{
	struct counters counters;

	parse_text(&counters, COUNTERS_PAIRS,
		   "Ip: A\nIp: 1\nTcp: B\nUdp: C\nUdp: 3\nUdpLite: D\nUdpLite: 4\n");
	cr_assert_eq(counters.n, 3);
	cr_assert_eq(counters.n_damaged, 1);
	check_row(&counters, 1, "Udp", "C", 3);
	check_row(&counters, 2, "UdpLite", "D", 4);
	counters_free(&counters);
}

Test(counters, damaged_couples)
{
	struct counters counters;

	parse_text(&counters, COUNTERS_NAMED, "A 1\nB\nC x\nD 4 E\n\n");
	cr_assert_eq(counters.n, 2);
	cr_assert_eq(counters.n_damaged, 3);
	check_row(&counters, 1, "", "D", 4);
	counters_free(&counters);
	parse_text(&counters, COUNTERS_GROUPS, "TCP: a 1 b\nnogroup 3\nUDP: c 2\n");
	cr_assert_eq(counters.n, 2);
	cr_assert_eq(counters.n_damaged, 2);
	check_row(&counters, 1, "UDP", "c", 2);
	counters_free(&counters);
}

Test(counters, cut_at_every_length_and_flipped)
{
	for (size_t i = 0; i < N_LAYOUTS; i++) {
		struct counters counters;
		char text[sizeof(pairs)];

		for (size_t len = 0; len < sizeof(pairs); len++) {
			parse(&counters, layouts[i], pairs, len);
			check_sane(&counters);
			counters_free(&counters);
		}
		for (size_t at = 0; at < (sizeof(pairs) - 1) * 8; at++) {
			memcpy(text, pairs, sizeof(pairs));
			text[at / 8] ^= (char)(1 << at % 8);
			parse(&counters, layouts[i], text, sizeof(pairs) - 1);
			check_sane(&counters);
			counters_free(&counters);
		}
	}
}

Test(counters_read, files, .init = proc_dir_begin, .fini = proc_dir_end)
{
	struct counters counters = { 0 };

	proc_dir_put_text("net/snmp", pairs);
	cr_assert_eq(counters_read(&counters, &proc_dir_env, "net/snmp", COUNTERS_PAIRS), 0);
	cr_assert_eq(counters.n, 5);
	cr_assert_eq(counters_read(&counters, &proc_dir_env, "net/snmp6", COUNTERS_NAMED), -ENOENT);
	cr_assert_eq(counters_read(&counters, &proc_dir_env, "net", COUNTERS_NAMED), -EISDIR);
	cr_assert_eq(counters.n, 5);
	counters_free(&counters);
}

Test(counters_read, no_proc)
{
	const struct env env = { .proc_fd = -EACCES };
	struct counters counters = { 0 };

	cr_assert_eq(counters_read(&counters, &env, "net/snmp", COUNTERS_PAIRS), -EACCES);
}

/* A number that is cut off must not become a smaller one. */
Test(counters_read, a_huge_file_is_cut_at_a_line, .init = proc_dir_begin, .fini = proc_dir_end)
{
	enum { LINE = 23, LINES = 12000 };
	static char text[LINE * LINES];
	struct counters counters = { 0 };

	for (size_t i = 0; i < LINES; i++) {
		char line[LINE + 1];

		snprintf(line, sizeof(line), "N%05zu 123456789012345\n", i);
		memcpy(text + i * LINE, line, LINE);
	}
	proc_dir_put("net/snmp6", text, sizeof(text));
	cr_assert_eq(counters_read(&counters, &proc_dir_env, "net/snmp6", COUNTERS_NAMED), 0);
	cr_assert_eq(counters.n, 256 * 1024 / LINE);
	cr_assert_eq(counters.n_damaged, 1);
	for (size_t i = 0; i < counters.n; i++)
		cr_assert_eq(counters.rows[i].value, UINT64_C(123456789012345));
	counters_free(&counters);
}
