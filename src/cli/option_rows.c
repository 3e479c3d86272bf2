/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option rows and what each does to the request. Adding an option is one row here. */
#include "cli/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define SECOND_NS INT64_C(1000000000)

static const int64_t min_interval_ns = SECOND_NS / 1000;
static const int64_t max_interval_ns = 86400 * SECOND_NS;
static const int64_t max_resolve_ns = 3600 * SECOND_NS;

/* Most options set one member of the request, which their row names. */
static bool set_flag(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error)
{
	(void)value, (void)error;
	memcpy((char *)request + row->flag, &(bool){ true }, sizeof(bool));
	return true;
}

static bool bad_value(const struct option_row *row, const char *value, const char *expected,
		      struct options_error *error)
{
	snprintf(error->text, sizeof(error->text), "option '--%s': '%.60s' is not %s", row->name,
		 value, expected);
	return false;
}

/* The protocol options: which letter stands for which protocol. */
static bool add_proto(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error)
{
	static const struct {
		char letter;
		enum sock_proto proto;
	} letters[] = {
		{ 't', PROTO_TCP },  { 'u', PROTO_UDP }, { 'U', PROTO_UDPLITE },
		{ 'S', PROTO_SCTP }, { 'w', PROTO_RAW }, { 'x', PROTO_UNIX },
	};

	(void)value, (void)error;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].letter == row->letter)
			request->protos |= 1u << letters[i].proto;
	return true;
}

/* Address families as -A names them. */
static bool add_family(const char *name, size_t n, struct request *request)
{
	static const struct {
		const char *name;
		bool inet4, inet6, local;
	} families[] = {
		{ "inet", .inet4 = true },  { "ip", .inet4 = true },  { "tcpip", .inet4 = true },
		{ "inet6", .inet6 = true }, { "ip6", .inet6 = true }, { "unix", .local = true },
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (strlen(families[i].name) != n || memcmp(families[i].name, name, n) != 0)
			continue;
		request->inet4 |= families[i].inet4;
		request->inet6 |= families[i].inet6;
		if (families[i].local)
			request->protos |= 1u << PROTO_UNIX;
		return true;
	}
	return false;
}

static bool add_families(const struct option_row *row, const char *value, struct request *request,
			 struct options_error *error)
{
	char name[64];

	for (const char *at = value;; at++) {
		size_t n = strcspn(at, ",");

		if (!add_family(at, n, request)) {
			snprintf(name, sizeof(name), "%.*s", (int)(n < 60 ? n : 60), at);
			return bad_value(row, name,
					 "an address family that is listed (inet, inet6, unix)",
					 error);
		}
		at += n;
		if (!*at)
			return true;
	}
}

static bool set_numeric(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	(void)value, (void)error;
	if (row->letter || strcmp(row->name, "numeric-hosts") == 0)
		request->numeric_hosts = true;
	if (row->letter || strcmp(row->name, "numeric-ports") == 0)
		request->numeric_ports = true;
	if (row->letter || strcmp(row->name, "numeric-users") == 0)
		request->numeric_users = true;
	return true;
}

static bool set_context(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->context = true;
	request->programs = true;
	return true;
}

/* The forms of output: the last one wins. */
static bool set_format(const struct option_row *row, const char *value, struct request *request,
		       struct options_error *error)
{
	(void)value, (void)error;
	if (strcmp(row->name, "json") == 0)
		request->format = FORMAT_JSON;
	else if (strcmp(row->name, "jsonl") == 0)
		request->format = FORMAT_JSONL;
	else
		request->format = FORMAT_CSV;
	return true;
}

/* Fields turn netstat's tables into one of columns; data formats stay what they are. */
static void want_columns(struct request *request)
{
	if (request->format == FORMAT_NETSTAT)
		request->format = FORMAT_COLUMNS;
}

static bool set_columns(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	if (!*value)
		return bad_value(row, value, "a list of columns (see --list-columns)", error);
	request->columns = value;
	want_columns(request);
	return true;
}

static bool set_preset(const struct option_row *row, const char *value, struct request *request,
		       struct options_error *error)
{
	(void)value, (void)error;
	if (strcmp(row->name, "info") == 0)
		request->info = true;
	else
		request->memory = true;
	want_columns(request);
	return true;
}

static bool set_sort(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error)
{
	if (!*value)
		return bad_value(row, value, "a list of columns (see --list-columns)", error);
	request->sort = value;
	return true;
}

static bool set_top(const struct option_row *row, const char *value, struct request *request,
		    struct options_error *error)
{
	if (!num_parse_u64(value, strlen(value), UINT64_MAX, &request->top) || request->top == 0)
		return bad_value(row, value, "a number above 0", error);
	return true;
}

static bool set_list_columns(const struct option_row *row, const char *value,
			     struct request *request, struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->action = ACTION_LIST_COLUMNS;
	return true;
}

static bool set_continuous(const struct option_row *row, const char *value, struct request *request,
			   struct options_error *error)
{
	request->continuous = true;
	if (value &&
	    !num_parse_seconds(value, min_interval_ns, max_interval_ns, &request->interval_ns))
		return bad_value(row, value, "a number of seconds from 0.001 to 86400", error);
	return true;
}

static bool set_count(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error)
{
	uint64_t count;

	if (!num_parse_u64(value, strlen(value), UINT64_MAX, &count) || count == 0)
		return bad_value(row, value, "a number above 0", error);
	request->continuous = true;
	request->count = count;
	return true;
}

static bool set_resolve_timeout(const struct option_row *row, const char *value,
				struct request *request, struct options_error *error)
{
	if (!num_parse_seconds(value, 0, max_resolve_ns, &request->resolve_ns))
		return bad_value(row, value, "a number of seconds from 0 to 3600", error);
	return true;
}

static bool set_help(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->action = ACTION_HELP;
	return true;
}

static bool set_version(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error)
{
	(void)row, (void)value, (void)error;
	request->action = ACTION_VERSION;
	return true;
}

static bool accept_quietly(const struct option_row *row, const char *value, struct request *request,
			   struct options_error *error)
{
	(void)row, (void)value, (void)request, (void)error;
	return true;
}

/* Options of netstat that are about something else: say who does it. */
static bool refuse(const struct option_row *row, const char *value, struct request *request,
		   struct options_error *error)
{
	(void)value, (void)request;
	if (row->letter && row->name)
		snprintf(error->text, sizeof(error->text), "-%c, --%s: %s", row->letter, row->name,
			 row->hint);
	else
		snprintf(error->text, sizeof(error->text), "--%s: %s", row->name, row->hint);
	error->is_final = true;
	return false;
}

static const char use_ip_route[] = "lssock lists sockets; for routes use 'ip route'";
static const char use_ip_link[] = "lssock lists sockets; for interfaces use 'ip -s link'";
static const char use_ip_maddr[] = "lssock lists sockets; for multicast groups use 'ip maddr'";
static const char use_conntrack[] = "lssock lists sockets; for masquerading use 'conntrack -L'";
static const char use_nstat[] = "protocol counters are not shown yet; use 'nstat -az'";
static const char no_family[] = "sockets of this address family are not listed";

/* How a row says which member it sets. */
#define FLAG_OF(member) set_flag, .flag = offsetof(struct request, member)
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
#define NO_FAMILY(letter_, name_)                                                     \
	{                                                                             \
		.letter = letter_, .name = name_, .apply = refuse, .hint = no_family, \
		.group = GROUP_HIDDEN, .netstat = true, .family = true                \
	}
#define REFUSED(letter_, name_, hint_)                                            \
	{                                                                         \
		.letter = letter_, .name = name_, .apply = refuse, .hint = hint_, \
		.group = GROUP_HIDDEN, .netstat = true                            \
	}

static const struct option_row rows[] = {
	SELECT('a', "all", FLAG_OF(all), "listeners and connections (default: connections)"),
	SELECT('l', "listening", FLAG_OF(listening), "listeners only"),
	SELECT('t', "tcp", add_proto, "TCP"),
	SELECT('u', "udp", add_proto, "UDP"),
	SELECT('U', "udplite", add_proto, "UDP-Lite"),
	SELECT('S', "sctp", add_proto, "SCTP"),
	SELECT('w', "raw", add_proto, "raw IP sockets"),
	SELECT('x', "unix", add_proto, "UNIX domain sockets"),
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
	  .apply = add_families,
	  .help = "address families, with commas: inet, inet6, unix",
	  .group = GROUP_SELECT,
	  .netstat = true },

	SHOW('n', "numeric", set_numeric, "no names at all: no resolver is asked"),
	SHOW(0, "numeric-hosts", set_numeric, "no host names"),
	SHOW(0, "numeric-ports", set_numeric, "no service names"),
	SHOW(0, "numeric-users", set_numeric, "no user names"),
	SHOW('p', "programs", FLAG_OF(programs), "PID and program of each socket"),
	SHOW('e', "extend", FLAG_OF(extend), "user and inode"),
	SHOW('o', "timers", FLAG_OF(timers), "timers"),
	SHOW('Z', "context", set_context, "security context of each socket's program"),
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
	  .apply = set_resolve_timeout,
	  .help = "time for all names together (default 2);\nwhat comes later prints as a number",
	  .group = GROUP_SHOW },

	{ .name = "columns",
	  .arg = OPTION_ARG,
	  .arg_name = "LIST",
	  .apply = set_columns,
	  .help = "a table of these fields; +NAME adds one to the\nusual ones, -NAME takes one away",
	  .group = GROUP_DATA },
	{ .name = "list-columns",
	  .apply = set_list_columns,
	  .help = "all fields and what they mean",
	  .group = GROUP_DATA },
	{ .name = "info",
	  .apply = set_preset,
	  .help = "columns of TCP's round trips, windows, rates",
	  .group = GROUP_DATA },
	{ .name = "memory",
	  .apply = set_preset,
	  .help = "columns of socket memory",
	  .group = GROUP_DATA },
	{ .name = "sort",
	  .arg = OPTION_ARG,
	  .arg_name = "LIST",
	  .apply = set_sort,
	  .help = "by these fields; -NAME from the largest",
	  .group = GROUP_DATA },
	{ .name = "top",
	  .arg = OPTION_ARG,
	  .arg_name = "N",
	  .apply = set_top,
	  .help = "the first N sockets only",
	  .group = GROUP_DATA },
	{ .name = "json", .apply = set_format, .help = "one JSON document", .group = GROUP_DATA },
	{ .name = "jsonl",
	  .apply = set_format,
	  .help = "a JSON record a line, as they come",
	  .group = GROUP_DATA },
	{ .name = "csv",
	  .apply = set_format,
	  .help = "comma-separated values (RFC 4180)",
	  .group = GROUP_DATA },

	{ .letter = 'q',
	  .name = "quiet",
	  FLAG(quiet),
	  .help = "no output: status 0 if a socket matches, else 1",
	  .group = GROUP_OTHER },
	{ .name = "explain-filter",
	  FLAG(explain_filter),
	  .help = "say what of EXPRESSION the kernel decides",
	  .group = GROUP_OTHER },

	{ .letter = 'c',
	  .name = "continuous",
	  .arg = OPTION_OPTIONAL_ARG,
	  .arg_name = "SECONDS",
	  .apply = set_continuous,
	  .help = "again every second, or every SECONDS",
	  .group = GROUP_REPEAT,
	  .netstat = true },
	{ .name = "count",
	  .arg = OPTION_ARG,
	  .arg_name = "N",
	  .apply = set_count,
	  .help = "again, N times in all",
	  .group = GROUP_REPEAT },

	{ .letter = 'v',
	  .name = "verbose",
	  FLAG(verbose),
	  .help = "say what is left out because the kernel has none",
	  .group = GROUP_OTHER,
	  .netstat = true },
	{ .letter = 'V',
	  .name = "version",
	  .apply = set_version,
	  .help = "name and version",
	  .group = GROUP_OTHER,
	  .netstat = true },
	{ .letter = 'h',
	  .name = "help",
	  .apply = set_help,
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
	REFUSED('s', "statistics", use_nstat),
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
	{ .letter = '?', .apply = set_help, .group = GROUP_HIDDEN, .netstat = true },
	/* netstat takes -d and does nothing with it. */
	{ .letter = 'd', .apply = accept_quietly, .group = GROUP_HIDDEN, .netstat = true },
};

const struct option_row *options_rows(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}
