/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: what every spelling means, and that nonsense is refused with a word. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

static struct request request;
static struct options_error error;
static const char *operands[64];

/* Parses words separated by single blanks. */
static bool parse(const char *line)
{
	static char copy[512]; /* the request borrows words of it */
	char *argv[64] = { (char[]){ "lssock" } }, *save = NULL;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	error.text[0] = '\0';
	return options_parse(argc, argv, operands, &request, &error);
}

static void refused(const char *line, const char *words)
{
	cr_assert(!parse(line), "'%s' was taken", line);
	cr_assert(strstr(error.text, words), "'%s': \"%s\" lacks \"%s\"", line, error.text, words);
}

Test(options, nothing_asked)
{
	cr_assert(parse(""));
	cr_assert_eq(request.action, ACTION_LIST);
	cr_assert_eq(request.protos, 0);
	cr_assert(!request.all && !request.listening && !request.continuous);
	cr_assert_eq(request.interval_ns, 1000000000);
	cr_assert_eq(request.resolve_ns, 2000000000);
}

Test(options, letters_of_every_day)
{
	cr_assert(parse("-tulpn"));
	cr_assert_eq(request.protos, 1u << PROTO_TCP | 1u << PROTO_UDP);
	cr_assert(request.listening && request.programs);
	cr_assert(request.numeric_hosts && request.numeric_ports && request.numeric_users);
	cr_assert(parse("-antp -e -o -W -H"));
	cr_assert(request.all && request.extend && request.timers && request.wide &&
		  request.no_header);
	cr_assert(parse("-x -w -U -S"));
	cr_assert_eq(request.protos,
		     1u << PROTO_UNIX | 1u << PROTO_RAW | 1u << PROTO_UDPLITE | 1u << PROTO_SCTP);
}

Test(options, numeric_one_at_a_time)
{
	cr_assert(parse("--numeric-hosts"));
	cr_assert(request.numeric_hosts && !request.numeric_ports && !request.numeric_users);
	cr_assert(parse("--numeric-p"));
	cr_assert(!request.numeric_hosts && request.numeric_ports && !request.numeric_users);
	cr_assert(parse("--numeric-users"));
	cr_assert(!request.numeric_hosts && !request.numeric_ports && request.numeric_users);
}

Test(options, families)
{
	cr_assert(parse("-4"));
	cr_assert(request.inet4 && !request.inet6);
	cr_assert(parse("--inet6"));
	cr_assert(!request.inet4 && request.inet6);
	cr_assert(parse("--ip"));
	cr_assert(request.inet4 && !request.inet6);
	cr_assert(parse("-A inet,inet6,unix"));
	cr_assert(request.inet4 && request.inet6);
	cr_assert_eq(request.protos, 1u << PROTO_UNIX);
	cr_assert(parse("-Aip6"));
	cr_assert(request.inet6 && !request.inet4);
	cr_assert(parse("--protocol=inet --proto inet6"));
	cr_assert(request.inet4 && request.inet6);
	refused("-A foo", "'foo' is not an address family");
	refused("-A inet,", "'' is not an address family");
	refused("-A", "needs a value");
	refused("--protocol", "needs a value");
}

Test(options, families_that_netstat_does_not_know)
{
	cr_assert(parse("-0"));
	cr_assert_eq(request.protos, 1u << PROTO_PACKET);
	cr_assert(parse("--netlink --vsock --mptcp --dccp --tipc --xdp --smc"));
	cr_assert_eq(request.protos, 1u << PROTO_NETLINK | 1u << PROTO_VSOCK | 1u << PROTO_MPTCP |
					     1u << PROTO_DCCP | 1u << PROTO_TIPC | 1u << PROTO_XDP |
					     1u << PROTO_SMC);
	cr_assert(parse("-A link,icmp --family=mptcp"));
	cr_assert_eq(request.protos, 1u << PROTO_PACKET | 1u << PROTO_PING | 1u << PROTO_MPTCP);
	cr_assert(parse("-A all"));
	cr_assert(request.every_family && request.protos == 0);
	cr_assert(parse("-B"));
	cr_assert(request.bound_inactive);
	cr_assert(parse("-a0n"));
	cr_assert(request.all && request.protos == 1u << PROTO_PACKET);
	refused("-c1e400", "'-0' (in '-c1e400')");
	refused("-n40", "'-0'");
	cr_assert(parse("--list-families"));
	cr_assert_eq(request.action, ACTION_LIST_FAMILIES);
}

/* "u_str" is one type; who names the protocol too gets all of them, in whatever order. */
Test(options, types_of_sockets)
{
	static const char *const all[] = { "-A u_str -x", "-x -A u_str", "-A u_dgr,unix,u_seq" };

	cr_assert(parse("-A u_str"));
	cr_assert_eq(request.protos, 1u << PROTO_UNIX);
	cr_assert_eq(request.types[PROTO_UNIX], 1u << 1);
	cr_assert(parse("-A unix_seqpacket,u_dgr,p_raw,v_dgr"));
	cr_assert_eq(request.types[PROTO_UNIX], 1u << 5 | 1u << 2);
	cr_assert_eq(request.types[PROTO_PACKET], 1u << 3);
	cr_assert_eq(request.types[PROTO_VSOCK], 1u << 2);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		cr_assert(parse(all[i]));
		cr_assert_eq(request.types[PROTO_UNIX], 0, "%s", all[i]);
		cr_assert_eq(request.protos, 1u << PROTO_UNIX);
	}
	refused("-A u_raw", "'u_raw' is not an address family");
}

/* Whatever is unambiguous among netstat's options means what it means there. */
Test(options, no_option_of_ours_changes_an_abbreviation)
{
	size_t n_rows;
	const struct option_row *rows = options_rows(&n_rows);

	for (size_t i = 0; i < n_rows; i++) {
		char line[64];

		if (!rows[i].netstat || !rows[i].name || rows[i].arg == OPTION_ARG)
			continue;
		for (size_t n = 1; n <= strlen(rows[i].name); n++) {
			size_t fits = 0, ours = 0;

			for (size_t j = 0; j < n_rows; j++) {
				bool fit =
					rows[j].name && strncmp(rows[j].name, rows[i].name, n) == 0;

				fits += fit && rows[j].netstat;
				ours += fit && !rows[j].netstat && strlen(rows[j].name) == n;
			}
			cr_assert_eq(ours, 0, "--%.*s is an option of ours", (int)n, rows[i].name);
			if (fits != 1)
				continue;
			snprintf(line, sizeof(line), "--%.*s", (int)n, rows[i].name);
			parse(line);
			cr_assert_null(strstr(error.text, "ambiguous"), "%s: %s", line, error.text);
		}
	}
}

Test(options, abbreviations_keep_netstats_meaning)
{
	static const char *const listening[] = { "--li", "--list", "--listen" };

	for (size_t i = 0; i < sizeof(listening) / sizeof(listening[0]); i++) {
		cr_assert(parse(listening[i]), "%s: %s", listening[i], error.text);
		cr_assert(request.listening);
	}
	cr_assert(parse("--prog --ext --tim --wi --al --verb"));
	cr_assert(request.programs && request.extend && request.timers && request.wide &&
		  request.all && request.verbose);
	cr_assert(parse("--program"));
	cr_assert(request.programs);
	/* netstat takes the first of several address families. */
	cr_assert(parse("--ine"));
	cr_assert(request.inet4 && !request.inet6);
	cr_assert(parse("--w"));
	cr_assert(request.wide);
	cr_assert(parse("--vers"));
	cr_assert_eq(request.action, ACTION_VERSION);
	refused("--num", "ambiguous: --numeric --numeric-hosts --numeric-ports");
	refused("--ver", "ambiguous");
	refused("--in", "ambiguous");
	refused("--nonsense", "there is no option '--nonsense'");
	refused("--tcp=1", "takes no value");
	refused("--=1", "there is no option");
}

Test(options, every_name_and_letter_is_found)
{
	size_t n;
	const struct option_row *rows = options_rows(&n);

	for (size_t i = 0; i < n; i++) {
		char line[64];

		if (!rows[i].name)
			continue;
		snprintf(line, sizeof(line), "--%s%s", rows[i].name,
			 rows[i].arg == OPTION_ARG ? "=inet" : "");
		parse(line);
		cr_assert(!strstr(error.text, "there is no option") &&
				  !strstr(error.text, "ambiguous"),
			  "%s: %s", line, error.text);
		cr_assert(rows[i].group == GROUP_HIDDEN || rows[i].help, "%s has no help", line);
	}
}

Test(options, again_and_again)
{
	cr_assert(parse("-c"));
	cr_assert(request.continuous);
	cr_assert_eq(request.interval_ns, 1000000000);
	cr_assert(parse("-c5"));
	cr_assert_eq(request.interval_ns, 5000000000);
	cr_assert(parse("-c0.25tn"));
	cr_assert_eq(request.interval_ns, 250000000);
	cr_assert_eq(request.protos, 1u << PROTO_TCP);
	/* netstat's cluster of letters */
	cr_assert(parse("-ctn"));
	cr_assert(request.continuous && request.numeric_hosts);
	cr_assert_eq(request.protos, 1u << PROTO_TCP);
	cr_assert(parse("--continuous=2 --count=3"));
	cr_assert_eq(request.interval_ns, 2000000000);
	cr_assert_eq(request.count, 3);
	cr_assert(parse("--count 3"));
	cr_assert(request.continuous);
	/* Of events it is no number of rounds, wherever it stands. */
	cr_assert(parse("--count=3 --events"));
	cr_assert(request.events && !request.continuous);
	cr_assert(parse("--events --count=3 -c"));
	cr_assert(request.events && request.continuous);
	cr_assert_eq(request.count, 3);
	refused("-c0", "'0' is not a number of seconds");
	refused("--continuous=nan", "'nan' is not");
	refused("--continuous=1e400", "'1e400' is not");
	refused("--continuous=-1", "'-1' is not");
	refused("--continuous=1000000000", "is not");
	refused("-c1.2.3", "is not");
	refused("-c99999999999999999999999999999999999999", "too long");
	refused("-c-1", "there is no option '-c-1'");
	refused("-c1e3", "there is no option '-3' (in '-c1e3')");
	refused("--count=0", "not a number above 0");
	refused("--count=x", "not a number above 0");
	refused("--count=99999999999999999999", "not a number above 0");
	refused("--resolve-timeout=soon", "'soon' is not");
	refused("--resolve-timeout=", "'' is not");
	cr_assert(parse("--resolve-timeout=0.3"));
	cr_assert_eq(request.resolve_ns, 300000000);
}

Test(options, not_ours)
{
	refused("-r", "ip route");
	refused("--route", "ip route");
	refused("-i", "ip -s link");
	refused("-g", "ip maddr");
	refused("-M", "conntrack -L");
	refused("-F", "ip route");
	refused("-C", "ip route");
	refused("-N", "--netns=NAME");
	refused("-f", "--rfcomm as netstat's, or --family=LIST");
	refused("--ax25", "not listed");
	refused("-y", "there is no option '-y'");
	refused("-K", "there is no option '-K': ss's is --kill");
	refused("-tKn", "there is no option '-K' (in '-tKn'): ss's is --kill");
	cr_assert(parse("-t --"));
	cr_assert(parse("-d"));
	cr_assert(parse("-?"));
	cr_assert_eq(request.action, ACTION_HELP);
}

Test(options, bluetooth)
{
	cr_assert(parse("--bluetooth"));
	cr_assert_eq(request.protos, 1u << PROTO_BLUETOOTH);
	cr_assert_eq(request.types[PROTO_BLUETOOTH], 0);
	cr_assert(parse("-2 --rfcomm"));
	cr_assert_eq(request.protos, 1u << PROTO_BLUETOOTH);
	cr_assert_eq(request.types[PROTO_BLUETOOTH], 1 << 0 | 1 << 3);
	cr_assert(parse("-A rfcomm"));
	cr_assert_eq(request.types[PROTO_BLUETOOTH], 1 << 3);
	cr_assert(parse("-2A bt"));
	cr_assert_eq(request.types[PROTO_BLUETOOTH], 0);
}

Test(options, one_answer_at_a_time)
{
	cr_assert(parse("-s"));
	cr_assert_eq(request.view, VIEW_STATISTICS);
	cr_assert(parse("--summary --summary"));
	refused("--summary --ports", "another answer");
	cr_assert(parse("--explain=time-wait"));
	cr_assert_str_eq(request.explain_state, "time-wait");
	cr_assert(parse("--ports --warn=80% --crit 95"));
	cr_assert_eq(request.warn_pct, 80);
	cr_assert_eq(request.crit_pct, 95);
	refused("--warn=101", "percentage");
	refused("--warn=-1", "percentage");
	refused("--check=80 --wait=listen:80", "one question");
	cr_assert(parse("--wait listen:80 --timeout=0.5"));
	cr_assert(request.has_timeout);
	cr_assert_eq(request.timeout_ns, 500000000);
	/* netstat's abbreviations stay what they were. */
	cr_assert(parse("--list"));
	cr_assert(request.listening);
	cr_assert_eq(request.view, VIEW_ROWS);
	cr_assert(parse("--stat"));
	cr_assert_eq(request.view, VIEW_STATISTICS);
}

Test(options, words_are_the_expression)
{
	cr_assert(parse("state time-wait -tn sport = :443 - -- -a --nonsense"));
	cr_assert_eq(request.n_words, 8);
	cr_assert_str_eq(request.words[0], "state");
	cr_assert_str_eq(request.words[2], "sport");
	cr_assert_str_eq(request.words[5], "-");
	cr_assert_str_eq(request.words[6], "-a");
	cr_assert_str_eq(request.words[7], "--nonsense");
	cr_assert(!request.all && request.numeric_hosts);
}

Test(options, fields_and_data)
{
	cr_assert(parse("--columns=local_port,+pid --sort=-rtt,state --top=10"));
	cr_assert_eq(request.format, FORMAT_COLUMNS);
	cr_assert_str_eq(request.columns, "local_port,+pid");
	cr_assert_str_eq(request.sort, "-rtt,state");
	cr_assert_eq(request.top, 10);
	cr_assert(parse("--json --columns state"));
	cr_assert_eq(request.format, FORMAT_JSON);
	cr_assert(parse("--json --csv --info"));
	cr_assert_eq(request.format, FORMAT_CSV);
	cr_assert(request.info && !request.memory);
	cr_assert(parse("--list-columns"));
	cr_assert_eq(request.action, ACTION_LIST_COLUMNS);
	cr_assert(parse("-q"));
	cr_assert(request.quiet);
	refused("--top=0", "not a number above 0");
	refused("--columns=", "not a list of columns");
}

Test(options, long_words_are_cut_in_messages)
{
	char line[400];

	memset(line, 'q', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memcpy(line, "--", 2);
	cr_assert(!parse(line));
	cr_assert_lt(strlen(error.text), 120);
	memcpy(line, "-A", 2);
	cr_assert(!parse(line));
}

Test(options, limits_are_found_whatever_else_is_wrong)
{
	char lssock[] = "lssock", ports[] = "--ports", crit[] = "--crit=x", abbreviated[] = "--war",
	     nonsense[] = "--nonsense", end[] = "--", typo[] = "--crti=9", word[] = "crit";
	char *const found[][4] = {
		{ lssock, nonsense, crit, ports },
		{ lssock, ports, crit, nonsense },
		{ lssock, word, nonsense, abbreviated },
	};
	char *const none[][4] = {
		{ lssock, ports, typo, word },
		{ lssock, ports, end, crit },
	};

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		cr_assert(options_name_limits(4, found[i]), "%zu", i);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_assert_not(options_name_limits(4, none[i]), "%zu", i);
	cr_assert_not(options_name_limits(0, found[0]));
}
