/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option rows. Adding an option is one row here. */
#include <stddef.h>

#include "cli/option_apply.h"

static const char use_ip_route[] = "lssock lists sockets; for routes use 'ip route'";
static const char use_ip_link[] = "lssock lists sockets; for interfaces use 'ip -s link'";
static const char use_ip_maddr[] = "lssock lists sockets; for multicast groups use 'ip maddr'";
static const char use_conntrack[] = "lssock lists sockets; for masquerading use 'conntrack -L'";
static const char no_family[] = "sockets of this address family are not listed";

/* How a row says which member it sets. */
#define FLAG_OF(member) option_set_flag, .flag = offsetof(struct request, member)
#define FLAG(member) .apply = FLAG_OF(member)

#define SELECT(letter_, name_, apply_, help_)                                     \
	{                                                                         \
		.letter = letter_, .name = name_, .apply = apply_, .help = help_, \
		.group = GROUP_SELECT, .netstat = true                            \
	}
#define SHOW(letter_, name_, apply_, help_)                                       \
	{                                                                         \
		.letter = letter_, .name = name_, .apply = apply_, .help = help_, \
		.group = GROUP_SHOW, .netstat = true                              \
	}
#define FAMILY(letter_, name_, apply_, help_)                                     \
	{                                                                         \
		.letter = letter_, .name = name_, .apply = apply_, .help = help_, \
		.group = GROUP_SELECT, .netstat = true, .family = true            \
	}
/* A family that netstat does not know. */
#define FURTHER(letter_, name_, help_)                                                      \
	{                                                                                   \
		.letter = letter_, .name = name_, .apply = option_add_proto, .help = help_, \
		.group = GROUP_SELECT                                                       \
	}
#define NO_FAMILY(letter_, name_)                                                            \
	{                                                                                    \
		.letter = letter_, .name = name_, .apply = option_refuse, .hint = no_family, \
		.group = GROUP_HIDDEN, .netstat = true, .family = true                       \
	}
#define REFUSED(letter_, name_, hint_)                                                   \
	{                                                                                \
		.letter = letter_, .name = name_, .apply = option_refuse, .hint = hint_, \
		.group = GROUP_HIDDEN, .netstat = true                                   \
	}

static const struct option_row rows[] = {
	SELECT('a', "all", FLAG_OF(all), "listeners and connections (default: connections)"),
	SELECT('l', "listening", FLAG_OF(listening), "listeners only"),
	SELECT('t', "tcp", option_add_proto, "TCP"),
	SELECT('u', "udp", option_add_proto, "UDP"),
	SELECT('U', "udplite", option_add_proto, "UDP-Lite"),
	SELECT('S', "sctp", option_add_proto, "SCTP"),
	SELECT('w', "raw", option_add_proto, "raw IP sockets"),
	SELECT('x', "unix", option_add_proto, "UNIX domain sockets"),
	FAMILY('4', "inet", FLAG_OF(inet4), "IPv4; alone: every Internet protocol"),
	FAMILY('6', "inet6", FLAG_OF(inet6), "IPv6; alone: every Internet protocol"),
	{ .letter = '4',
	  .name = "ip",
	  FLAG(inet4),
	  .group = GROUP_HIDDEN,
	  .netstat = true,
	  .family = true },
	{ .name = "tcpip", FLAG(inet4), .group = GROUP_HIDDEN, .netstat = true, .family = true },
	{ .letter = 'A',
	  .name = "protocol",
	  .arg = OPTION_ARG,
	  .arg_name = "LIST",
	  .apply = option_add_families,
	  .help = "families, with commas: inet, inet6, unix, packet,\nnetlink, u_str and other words of ss, all",
	  .group = GROUP_SELECT,
	  .netstat = true },
	{ .name = "family",
	  .arg = OPTION_ARG,
	  .arg_name = "LIST",
	  .apply = option_add_families,
	  .help = "the same",
	  .group = GROUP_SELECT },
	FURTHER('0', "packet", "packet sockets"),
	FURTHER(0, "netlink", "netlink sockets"),
	FURTHER(0, "mptcp", "Multipath TCP connections"),
	FURTHER(0, "dccp", "DCCP"),
	FURTHER(0, "smc", "SMC"),
	FURTHER(0, "vsock", "VSOCK, between virtual machines and their host"),
	FURTHER(0, "tipc", "TIPC"),
	FURTHER(0, "xdp", "XDP sockets"),
	{ .name = "list-families",
	  .apply = option_set_list_families,
	  .help = "which families this host has, and how each is seen",
	  .group = GROUP_SELECT },
	{ .letter = 'B',
	  .name = "bound-inactive",
	  FLAG(bound_inactive),
	  .help = "only TCP sockets that are bound and neither listen\nnor connect",
	  .group = GROUP_SELECT },

	{ .name = "netns",
	  .arg = OPTION_ARG,
	  .arg_name = "NETNS",
	  .apply = option_set_netns,
	  .help = "another network namespace: an ip-netns name,\na PID, or a path",
	  .group = GROUP_SELECT },
	{ .name = "all-netns",
	  FLAG(all_netns),
	  .help = "every network namespace, and a column that tells\nwhich",
	  .group = GROUP_SELECT },

	SHOW('n', "numeric", option_set_numeric, "no names at all: no resolver is asked"),
	SHOW(0, "numeric-hosts", option_set_numeric, "no host names"),
	SHOW(0, "numeric-ports", option_set_numeric, "no service names"),
	SHOW(0, "numeric-users", option_set_numeric, "no user names"),
	SHOW('p', "programs", FLAG_OF(programs), "PID and program of each socket"),
	SHOW('e', "extend", FLAG_OF(extend), "user and inode"),
	SHOW('o', "timers", FLAG_OF(timers), "timers"),
	SHOW('Z', "context", option_set_context, "security context of each socket's program"),
	SHOW('W', "wide", FLAG_OF(wide), "program names in full (addresses are never cut)"),
	{ .letter = 'T',
	  .name = "notrim",
	  FLAG(wide),
	  .help = "the same",
	  .group = GROUP_SHOW,
	  .netstat = true },
	{ .letter = 'H',
	  .name = "no-header",
	  FLAG(no_header),
	  .help = "no header lines",
	  .group = GROUP_SHOW },
	{ .name = "resolve-timeout",
	  .arg = OPTION_ARG,
	  .arg_name = "SECONDS",
	  .apply = option_set_resolve_timeout,
	  .help = "time for all names together (default 2);\nwhat comes later prints as a number",
	  .group = GROUP_SHOW },

	{ .name = "columns",
	  .arg = OPTION_ARG,
	  .arg_name = "LIST",
	  .apply = option_set_columns,
	  .help = "a table of these fields; +NAME adds one to the\nusual ones, -NAME takes one away",
	  .group = GROUP_DATA },
	{ .name = "list-columns",
	  .apply = option_set_list_columns,
	  .help = "all fields and what they mean",
	  .group = GROUP_DATA },
	{ .name = "info",
	  .apply = option_set_preset,
	  .help = "columns of TCP's round trips, windows, rates",
	  .group = GROUP_DATA },
	{ .name = "memory",
	  .apply = option_set_preset,
	  .help = "columns of socket memory",
	  .group = GROUP_DATA },
	{ .name = "sort",
	  .arg = OPTION_ARG,
	  .arg_name = "LIST",
	  .apply = option_set_sort,
	  .help = "by these fields; -NAME from the largest",
	  .group = GROUP_DATA },
	{ .name = "top",
	  .arg = OPTION_ARG,
	  .arg_name = "N",
	  .apply = option_set_top,
	  .help = "the first N sockets only, or the N largest groups",
	  .group = GROUP_DATA },
	{ .name = "json",
	  .apply = option_set_format,
	  .help = "one JSON document",
	  .group = GROUP_DATA },
	{ .name = "jsonl",
	  .apply = option_set_format,
	  .help = "a JSON record a line, as they come",
	  .group = GROUP_DATA },
	{ .name = "csv",
	  .apply = option_set_format,
	  .help = "comma-separated values (RFC 4180)",
	  .group = GROUP_DATA },

	{ .name = "summary",
	  .apply = option_set_view,
	  .help = "sockets by protocol and state, queues, memory",
	  .group = GROUP_ANSWER },
	{ .name = "count-by",
	  .arg = OPTION_ARG,
	  .arg_name = "LIST",
	  .apply = option_set_count_by,
	  .help = "how many sockets have which values of these\nfields; addresses as remote_address/24",
	  .group = GROUP_ANSWER },
	{ .name = "ports",
	  .apply = option_set_view,
	  .help = "ephemeral ports: used, free, how long they last",
	  .group = GROUP_ANSWER },
	{ .name = "warn",
	  .arg = OPTION_ARG,
	  .arg_name = "PCT",
	  .apply = option_set_limit,
	  .help = "with --ports: status 1 from PCT percent taken",
	  .group = GROUP_ANSWER },
	{ .name = "crit",
	  .arg = OPTION_ARG,
	  .arg_name = "PCT",
	  .apply = option_set_limit,
	  .help = "with --ports: status 2 from PCT percent taken",
	  .group = GROUP_ANSWER },
	{ .name = "time-wait",
	  .apply = option_set_view,
	  .help = "TIME_WAIT: who makes it, what it costs, what helps",
	  .group = GROUP_ANSWER },
	{ .name = "listeners",
	  .apply = option_set_view,
	  .help = "accept queues, overflows, forgotten CLOSE_WAIT",
	  .group = GROUP_ANSWER },
	{ .name = "explain",
	  .arg = OPTION_OPTIONAL_ARG,
	  .arg_name = "STATE",
	  .apply = option_set_view,
	  .help = "what the states of TCP mean, on this host",
	  .group = GROUP_ANSWER },
	{ .letter = 's',
	  .name = "statistics",
	  .apply = option_set_view,
	  .help = "counters of the protocols",
	  .group = GROUP_ANSWER,
	  .netstat = true },
	{ .name = "openmetrics",
	  .arg = OPTION_OPTIONAL_ARG,
	  .arg_name = "textfile",
	  .apply = option_set_view,
	  .help = "--summary, --ports, --time-wait and --listeners\nas OpenMetrics text; textfile: for Prometheus'\nnode_exporter",
	  .group = GROUP_ANSWER },

	{ .letter = 'q',
	  .name = "quiet",
	  FLAG(quiet),
	  .help = "no output: status 0 if a socket matches, else 1",
	  .group = GROUP_ASK },
	{ .name = "check",
	  .arg = OPTION_ARG,
	  .arg_name = "TARGET",
	  .apply = option_set_question,
	  .help = "status 0 if someone listens at [ADDR:]PORT, else 1;\nwith -x at a path or @name",
	  .group = GROUP_ASK },
	{ .name = "wait",
	  .arg = OPTION_ARG,
	  .arg_name = "WHAT:TARGET",
	  .apply = option_set_question,
	  .help = "until it is so: listen, free, or drained",
	  .group = GROUP_ASK },
	{ .name = "timeout",
	  .arg = OPTION_ARG,
	  .arg_name = "SECONDS",
	  .apply = option_set_timeout,
	  .help = "with --wait: give up with status 1",
	  .group = GROUP_ASK },
	{ .name = "explain-filter",
	  FLAG(explain_filter),
	  .help = "say what of EXPRESSION the kernel decides",
	  .group = GROUP_OTHER },

	{ .letter = 'c',
	  .name = "continuous",
	  .arg = OPTION_OPTIONAL_ARG,
	  .arg_name = "SECONDS",
	  .apply = option_set_continuous,
	  .help = "again every second, or every SECONDS",
	  .group = GROUP_REPEAT,
	  .netstat = true },
	{ .name = "count",
	  .arg = OPTION_ARG,
	  .arg_name = "N",
	  .apply = option_set_count,
	  .help = "again, N times in all",
	  .group = GROUP_REPEAT },

	{ .name = "kill",
	  FLAG(kill),
	  .help = "TCP and UDP sockets that EXPRESSION chooses:\nlist them, and with --yes close them",
	  .group = GROUP_CLOSE },
	{ .name = "yes", FLAG(yes), .help = "with --kill: do it", .group = GROUP_CLOSE },

	{ .letter = 'v',
	  .name = "verbose",
	  FLAG(verbose),
	  .help = "say what is left out because the kernel has none",
	  .group = GROUP_OTHER,
	  .netstat = true },
	{ .name = "no-sandbox",
	  FLAG(no_sandbox),
	  .help = "without seccomp and Landlock, for name service\nmodules that start programs or write files",
	  .group = GROUP_OTHER },
	{ .letter = 'V',
	  .name = "version",
	  .apply = option_set_version,
	  .help = "name and version",
	  .group = GROUP_OTHER,
	  .netstat = true },
	{ .letter = 'h',
	  .name = "help",
	  .apply = option_set_help,
	  .help = "this text",
	  .group = GROUP_OTHER,
	  .netstat = true },

	REFUSED('r', "route", use_ip_route),
	REFUSED('i', "interfaces", use_ip_link),
	REFUSED('g', "groups", use_ip_maddr),
	REFUSED('M', "masquerade", use_conntrack),
	REFUSED('F', "fib", use_ip_route),
	REFUSED('C', "cache", use_ip_route),
	REFUSED('N', "symbolic", use_ip_link),
	NO_FAMILY('2', "l2cap"),
	NO_FAMILY('f', "rfcomm"),
	NO_FAMILY(0, "bluetooth"),
	NO_FAMILY(0, "ax25"),
	NO_FAMILY(0, "x25"),
	NO_FAMILY(0, "ipx"),
	NO_FAMILY(0, "netrom"),
	NO_FAMILY(0, "rose"),
	NO_FAMILY(0, "ddp"),
	NO_FAMILY(0, "appletalk"),
	{ .letter = '?', .apply = option_set_help, .group = GROUP_HIDDEN, .netstat = true },
	/* netstat takes -d and does nothing with it. */
	{ .letter = 'd', .apply = option_accept_quietly, .group = GROUP_HIDDEN, .netstat = true },
};

const struct option_row *options_rows(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}
