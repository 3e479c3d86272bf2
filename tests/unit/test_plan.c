/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netstat's rules of what options select together, the fixed order, and who pays for what. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/privileges.h"
#include "plan.h"

static struct plan_error error;

/* The tables of a plan as words, "tcp tcp6 unix". */
static const char *tables(const struct request *request)
{
	static char text[200];
	struct plan plan;

	cr_assert_eq(plan_make(request, NULL, &plan, &error), 0);
	text[0] = '\0';
	for (size_t i = 0; i < plan.n_tables; i++) {
		const struct sock_query *query = &plan.tables[i].query;
		const struct proto *proto = proto_row(query->proto);

		strcat(text, i ? " " : "");
		strcat(text, proto->name);
		if (query->family == AF_INET6)
			strcat(text, "6");
	}
	return text;
}

Test(plan, nothing_named_is_everything_in_order)
{
	struct request request = { 0 };

	cr_assert_str_eq(tables(&request), "tcp tcp6 sctp sctp6 udp udp6 udpl udpl6 raw raw6 unix");
}

Test(plan, protocols_and_families)
{
	struct request request = { .protos = 1u << PROTO_UDP | 1u << PROTO_TCP };

	cr_assert_str_eq(tables(&request), "tcp tcp6 udp udp6");
	request.inet4 = true;
	cr_assert_str_eq(tables(&request), "tcp udp");
	request.inet6 = true;
	cr_assert_str_eq(tables(&request), "tcp tcp6 udp udp6");
	request = (struct request){ .inet6 = true };
	cr_assert_str_eq(tables(&request), "tcp6 sctp6 udp6 udpl6 raw6");
	request = (struct request){ .protos = 1u << PROTO_UNIX };
	cr_assert_str_eq(tables(&request), "unix");
	request.inet4 = true;
	cr_assert_str_eq(tables(&request), "tcp sctp udp udpl raw unix");
}

Test(plan, other_families_only_when_asked_for)
{
	struct request request = { .protos = 1u << PROTO_PACKET | 1u << PROTO_MPTCP };
	struct plan plan;

	cr_assert_str_eq(tables(&request), "mptcp mptcp6 packet");
	request.inet6 = true;
	cr_assert_str_eq(tables(&request), "mptcp6 packet");
	request = (struct request){ .every_family = true };
	cr_assert_str_eq(
		tables(&request),
		"tcp tcp6 sctp sctp6 udp udp6 udpl udpl6 raw raw6 unix mptcp mptcp6 dccp "
		"dccp6 ping ping6 smc packet netlink vsock tipc xdp bt kcm key phonet pppoe can l2tp");
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(plan.inet && plan.local && plan.further && !plan.by_type);
	for (size_t i = 0; i < plan.n_tables; i++)
		cr_assert_not(plan.tables[i].asked,
			      "nobody named it: that it is missing is no failure");
	request = (struct request){ 0 };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_not(plan.further);
	request = (struct request){ .protos = 1u << PROTO_NETLINK, .types = { [PROTO_UNIX] = 0 } };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(plan.further && !plan.inet && !plan.local);
	cr_assert(plan.tables[0].asked);
	/* Their ends are no Internet addresses. */
	request = (struct request){ .format = FORMAT_COLUMNS,
				    .memory = true,
				    .protos = 1u << PROTO_NETLINK };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_str_eq(plan.fields[plan.n_fields - 2]->name, "local");
	/* What counts or asks is about what it knows. */
	request = (struct request){ .view = VIEW_SUMMARY, .protos = 1u << PROTO_NETLINK };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	request = (struct request){ .view = VIEW_COUNT_BY,
				    .count_by = "protocol",
				    .protos = 1u << PROTO_NETLINK };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
}

Test(plan, bound_inactive)
{
	const uint32_t bound = 1u << TCP_STATE_BOUND_INACTIVE;
	struct request request = { .bound_inactive = true };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.n_tables, 2);
	cr_assert_eq(plan.tables[0].query.states, bound);
	cr_assert_eq(plan.mode, SELECT_ALL);
	request = (struct request){ .all = true, .protos = 1u << PROTO_TCP };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_not(plan.tables[0].query.states & bound);
	request = (struct request){ .bound_inactive = true,
				    .inet6 = true,
				    .protos = 1u << PROTO_TCP };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.n_tables, 1);
	/* Others have no such state, and would be listed in all of theirs. */
	request = (struct request){ .bound_inactive = true,
				    .protos = 1u << PROTO_TCP | 1u << PROTO_UDP };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	request = (struct request){ .bound_inactive = true, .protos = 1u << PROTO_PACKET };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	request = (struct request){ .bound_inactive = true, .every_family = true };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
}

Test(plan, sections_appear_as_in_netstat)
{
	struct request request = { .protos = 1u << PROTO_UNIX };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(!plan.inet && plan.local);
	request = (struct request){ .protos = 1u << PROTO_RAW };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(plan.inet && !plan.local);
	request = (struct request){ 0 };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(plan.inet && plan.local);
}

Test(plan, a_question_shows_no_names)
{
	struct request request = { .quiet = true, .extend = true };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(!plan.hosts && !plan.services && !plan.users);
	plan_free(&plan);
}

Test(plan, nobody_pays_for_what_is_not_shown)
{
	struct request request = { .numeric_hosts = true,
				   .numeric_ports = true,
				   .numeric_users = true };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.needs, 0);
	cr_assert(!plan.hosts && !plan.services && !plan.users);
	for (size_t i = 0; i < plan.n_tables; i++)
		cr_assert_eq(plan.tables[i].query.needs & NEED_TCP_INFO, 0);
	request.timers = true;
	request.programs = true;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	for (size_t i = 0; i < plan.n_tables; i++)
		cr_assert_eq(!!(plan.tables[i].query.needs & NEED_TCP_INFO),
			     plan.tables[i].query.proto == PROTO_TCP);
	cr_assert(plan.needs & NEED_OWNERS);
	/* user names are only looked up for the column that shows them */
	request.numeric_users = false;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(!plan.users);
	request.extend = true;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(plan.users);
}

Test(plan, all_wins_over_listening)
{
	struct request request = { .all = true, .listening = true };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.mode, SELECT_ALL);
}

/* The fields of a plan as words. */
static const char *fields(const struct request *request)
{
	static char text[4096];
	struct plan plan;

	cr_assert_eq(plan_make(request, NULL, &plan, &error), 0, "%s", error.text);
	text[0] = '\0';
	for (size_t i = 0; i < plan.n_fields; i++) {
		strcat(text, i ? " " : "");
		strcat(text, plan.fields[i]->name);
	}
	plan_free(&plan);
	return text;
}

Test(plan, columns)
{
	struct request request = { .format = FORMAT_COLUMNS,
				   .protos = 1u << PROTO_TCP,
				   .columns = "state,local-port,state" };

	cr_assert_str_eq(fields(&request), "state local_port");
	request.columns = "-recv_q,-send_q,+uid,-remote_address,-remote_port";
	cr_assert_str_eq(fields(&request), "proto local_address local_port state uid");
	request.columns = NULL;
	request.programs = true;
	cr_assert_str_eq(fields(&request),
			 "proto recv_q send_q local_address local_port remote_address remote_port "
			 "state pid program");
	request = (struct request){ .format = FORMAT_COLUMNS, .protos = 1u << PROTO_UNIX };
	cr_assert_str_eq(fields(&request), "proto type state inode path");
}

/* Whether units are shown where owners are hidden, and whether somebody asked for groups. */
static void check_units(const struct request *request, bool units, bool asked, bool needed)
{
	struct plan plan;

	cr_assert_eq(plan_make(request, NULL, &plan, &error), 0, "%s", error.text);
	cr_expect_eq(plan.units, units);
	cr_expect_eq(plan.cgroups_asked, asked);
	cr_expect_eq((plan.needs & NEED_CGROUP) != 0, needed);
	plan_free(&plan);
}

Test(plan, units_with_programs)
{
	struct request request = { .protos = 1u << PROTO_TCP, .programs = true };

	check_units(&request, false, false, false);
	request.format = FORMAT_COLUMNS;
	check_units(&request, true, false, false);
	request.columns = "+unit";
	check_units(&request, true, true, true);
	request.columns = "pid,fd";
	check_units(&request, false, false, false);
	request.columns = NULL;
	request.format = FORMAT_JSON;
	cr_assert_not_null(strstr(fields(&request), " owners owners_status unit"));
	check_units(&request, true, false, true);
	request.columns = "-unit";
	check_units(&request, false, false, false);
	request.columns = "pid";
	check_units(&request, false, false, false);
	request.columns = NULL;
	request.format = FORMAT_CSV;
	cr_assert_not_null(strstr(fields(&request), " pid program unit"));
	request.programs = false;
	check_units(&request, false, false, false);
	request.sort = "unit";
	check_units(&request, false, true, true);
}

Test(plan, wrong_fields)
{
	static const char *const lists[] = { "nonsense", "state,",  ",state",
					     "+",        "state,-", "-state" };
	struct plan plan;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct request request = { .format = FORMAT_COLUMNS, .columns = lists[i] };

		if (i + 1 == sizeof(lists) / sizeof(lists[0]))
			request.columns = "-proto,-recv_q,-send_q,-local_address,-local_port,"
					  "-remote_address,-remote_port,-state,-path";
		cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL, "%s", lists[i]);
		cr_assert_gt(strlen(error.text), 0);
		plan_free(&plan);
	}
}

Test(plan, what_is_chosen_is_what_is_fetched)
{
	struct request request = { .format = FORMAT_COLUMNS, .columns = "state", .sort = "-rtt" };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(plan.needs & NEED_TCP_INFO);
	cr_assert_eq(plan.n_keys, 1);
	cr_assert(plan.keys[0].descending);
	plan_free(&plan);
	request.sort = NULL;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.needs, 0);
	cr_assert(!plan.hosts && !plan.services, "data and columns have no host names");
	plan_free(&plan);
}

/* netstat takes -e and -o with -s, where they change nothing. */
Test(plan, statistics_with_options_of_listings)
{
	struct request request = { .view = VIEW_STATISTICS, .extend = true, .timers = true };
	const char *words[] = { "state", "listening" };

	cr_assert_str_eq(tables(&request), "", "it looks at no socket");
	request.columns = "state";
	cr_assert_eq(plan_make(&request, NULL, &(struct plan){ 0 }, &error), -EINVAL);
	request = (struct request){ .view = VIEW_STATISTICS, .words = words, .n_words = 2 };
	cr_assert_eq(plan_make(&request, NULL, &(struct plan){ 0 }, &error), -EINVAL);
	request = (struct request){ .view = VIEW_SUMMARY, .extend = true };
	cr_assert_eq(plan_make(&request, NULL, &(struct plan){ 0 }, &error), -EINVAL);
}

/* The tables of a view, with the states of each. */
static struct plan plan_of_view(enum request_view view, const char *state)
{
	struct request request = { .view = view, .explain_state = state };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	return plan;
}

Test(plan, time_wait_sees_listeners_before_all_else)
{
	struct plan plan = plan_of_view(VIEW_TIME_WAIT, NULL);
	uint32_t listen = 1u << TCP_STATE_LISTEN;

	cr_assert_eq(plan.n_tables, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct sock_query *query = &plan.tables[i].query;

		cr_assert_eq(query->proto, PROTO_TCP);
		cr_assert_eq(query->family, i % 2 ? AF_INET6 : AF_INET);
		/* Sockets that are only bound hold ports too. */
		cr_assert_eq(query->states,
			     i < 2 ? listen
				   : (TCP_STATES_ALL & ~listen) | 1u << TCP_STATE_BOUND_INACTIVE);
		cr_assert_eq(query->needs, 0);
	}
	plan_free(&plan);
}

Test(plan, one_explained_state_is_all_that_is_asked_for)
{
	struct plan plan = plan_of_view(VIEW_EXPLAIN, "Close-Wait");

	cr_assert_eq(plan.n_tables, 2);
	cr_assert_eq(plan.tables[0].query.states, 1u << TCP_STATE_CLOSE_WAIT);
	cr_assert_eq(plan.needs, NEED_OWNERS | NEED_ALL_OWNERS);
	plan_free(&plan);
	plan = plan_of_view(VIEW_EXPLAIN, "TIME_WAIT");
	cr_assert_eq(plan.tables[1].query.states, 1u << TCP_STATE_TIME_WAIT);
	cr_assert_eq(plan.needs, 0);
	plan_free(&plan);
	plan = plan_of_view(VIEW_EXPLAIN, NULL);
	cr_assert_eq(plan.tables[0].query.states, TCP_STATES_ALL);
}

static int count_by(const char *list, struct plan *plan)
{
	struct request request = { .view = VIEW_COUNT_BY, .count_by = list };

	return plan_make(&request, NULL, plan, &error);
}

Test(plan, what_is_counted_by)
{
	struct plan plan;

	cr_assert_eq(count_by("state,remote-address/24,program", &plan), 0);
	cr_assert_eq(plan.n_fields, 3);
	cr_assert_str_eq(plan.fields[1]->name, "remote_address");
	cr_assert_eq(plan.prefixes[0], 0);
	cr_assert_eq(plan.prefixes[1], 24);
	cr_assert_eq(plan.mode, SELECT_ALL);
	/* The first owner will do, and nothing else is fetched. */
	cr_assert_eq(plan.needs & (NEED_OWNERS | NEED_ALL_OWNERS), NEED_OWNERS);
	plan_free(&plan);
	cr_assert_eq(count_by("state", &plan), 0);
	cr_assert_eq(plan.needs, 0);
	cr_assert_not(plan.hosts || plan.services || plan.users);
	plan_free(&plan);
}

Test(plan, states_and_what_does_not_go_with_them)
{
	static const struct request wrong[] = {
		{ .view = VIEW_EXPLAIN, .explain_state = "time" },
		{ .view = VIEW_EXPLAIN, .explain_state = "" },
		{ .view = VIEW_EXPLAIN, .listening = true },
		{ .view = VIEW_EXPLAIN, .format = FORMAT_CSV },
		{ .view = VIEW_TIME_WAIT, .listening = true },
		{ .view = VIEW_TIME_WAIT, .format = FORMAT_CSV },
		{ .view = VIEW_TIME_WAIT, .protos = 1u << PROTO_UDP },
		{ .view = VIEW_TIME_WAIT, .protos = 1u << PROTO_TCP | 1u << PROTO_UNIX },
		{ .view = VIEW_EXPLAIN, .protos = 1u << PROTO_UNIX },
		{ .view = VIEW_TIME_WAIT, .no_header = true },
		{ .view = VIEW_EXPLAIN, .explain_state = "closing", .no_header = true },
	};
	struct plan plan;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(plan_make(&wrong[i], NULL, &plan, &error), -EINVAL, "%zu", i);
	plan_make(&wrong[0], NULL, &plan, &error);
	cr_assert_not_null(strstr(error.text, "--explain=time: no state of TCP"));
	/* Whole, to the last state. */
	cr_assert_not_null(strstr(error.text, "listen, closing"));
}

Test(plan, what_cannot_be_counted_by)
{
	static const struct {
		const char *list, *said;
	} cases[] = {
		{ "nothing", "nothing" },
		{ "state,", "no field ''" },
		{ "-state", "-state" },
		{ "state,local_port,state", "'state' twice" },
		{ "remote_address/8,remote-address/16", "'remote_address' twice" },
		{ "owners", "pid or program" },
		{ "protocol,groups", "'groups' is a list" },
		{ "state/8", "'state' is no address" },
		{ "remote_address/0", "'remote_address'" },
		{ "remote_address/129", "1 to 128" },
		{ "remote_address/", "1 to 128" },
		{ "remote_address/8/8", "1 to 128" },
		{ "remote_address/x", "1 to 128" },
	};
	struct plan plan;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_eq(count_by(cases[i].list, &plan), -EINVAL, "%s", cases[i].list);
		cr_assert(strstr(error.text, cases[i].said), "%s", error.text);
		plan_free(&plan);
	}
}

Test(plan, a_summary_leaves_to_the_kernel_what_it_counts)
{
	const uint32_t counted = 1u << TCP_STATE_ESTABLISHED | 1u << TCP_STATE_TIME_WAIT;
	struct request request = { .view = VIEW_SUMMARY };
	struct plan plan;

	cr_assert_str_eq(tables(&request), "tcp tcp6 sctp sctp6 sctp sctp6 unix");
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.tables[0].query.states, TCP_STATES_ALL & ~counted);
	cr_assert(plan.by_counters);
	plan_free(&plan);
	/* The counters know nothing of families. */
	request.inet4 = true;
	cr_assert_str_eq(tables(&request), "tcp sctp sctp udp udpl raw");
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.tables[0].query.states, TCP_STATES_ALL);
	cr_assert_not(plan.by_counters);
	plan_free(&plan);
	/* As data it needs no more. */
	request.format = FORMAT_JSON;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.needs, 0);
}

/* All sockets hold ports, whatever is to be shown of them. */
Test(plan, ports_are_computed_of_all_tcp_sockets)
{
	const uint32_t bound_only = 1u << TCP_STATE_BOUND_INACTIVE;
	const struct expr_world world = { .port_low = 1, .port_high = 2 };
	struct request request = { .view = VIEW_PORTS, .inet6 = true };
	struct expr_error expr_error;
	struct expr *expr;
	struct plan plan;

	cr_assert_str_eq(tables(&request), "tcp tcp6");
	cr_assert_eq(expr_parse("state listening and sport = 5", 29, &world, &expr, &expr_error),
		     0);
	cr_assert_eq(plan_make(&request, expr, &plan, &error), 0);
	cr_assert_eq(plan.n_tables, 2);
	for (size_t i = 0; i < plan.n_tables; i++) {
		cr_assert_eq(plan.tables[i].query.states, TCP_STATES_ALL | bound_only);
		cr_assert_null(plan.tables[i].query.cond);
	}
	cr_assert_eq(plan.mode, SELECT_ALL);
	cr_assert_null(plan.expr);
	cr_assert_eq(plan.view_expr, expr);
	plan_free(&plan);

	/* Listings know of no such sockets. */
	request = (struct request){ .all = true };
	cr_assert_eq(plan_make(&request, expr, &plan, &error), 0);
	for (size_t i = 0; i < plan.n_tables; i++)
		cr_assert_eq(plan.tables[i].query.states & bound_only, 0);
	cr_assert_eq(plan.expr, expr);
	cr_assert_null(plan.view_expr);
	plan_free(&plan);
	expr_free(expr);
}

static const char *refusal(struct request request)
{
	struct plan plan;
	int err = plan_make(&request, NULL, &plan, &error);

	plan_free(&plan);
	return err == 0 ? NULL : error.text;
}

Test(plan, ports_are_about_tcp_and_all_of_it)
{
	const uint32_t tcp = 1u << PROTO_TCP, udp = 1u << PROTO_UDP;
	const char *text;

	cr_assert_null(refusal((struct request){ .view = VIEW_PORTS, .protos = tcp }));
	text = refusal((struct request){ .view = VIEW_PORTS, .protos = tcp | udp });
	cr_assert(text && strstr(text, "TCP"), "%s", text);
	text = refusal((struct request){ .view = VIEW_PORTS, .protos = 1u << PROTO_UNIX });
	cr_assert(text && strstr(text, "TCP"), "%s", text);
	text = refusal((struct request){ .view = VIEW_PORTS, .listening = true });
	cr_assert(text && strstr(text, "-l"), "%s", text);
	cr_assert_null(
		refusal((struct request){ .view = VIEW_PORTS, .listening = true, .all = true }));
	text = refusal((struct request){ .view = VIEW_LISTENERS, .protos = tcp | udp });
	cr_assert(text && strstr(text, "--listeners is about"), "%s", text);
}

Test(plan, answers_of_several_tables_keep_their_headings)
{
	const enum request_view views[] = { VIEW_PORTS, VIEW_LISTENERS };

	for (size_t i = 0; i < 2; i++) {
		const char *text = refusal((struct request){ .view = views[i], .no_header = true });

		cr_assert(text && strstr(text, "-H"), "%s", text);
		cr_assert_null(refusal((struct request){
			.view = views[i], .no_header = true, .format = FORMAT_CSV }));
	}
}

Test(plan, limits_are_of_ports_and_in_order)
{
	struct request request = { .has_warn = true, .warn_pct = 80 };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	cr_assert_str_eq(error.text, "--warn and --crit belong to --ports");
	request.view = VIEW_PORTS;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	plan_free(&plan);
	request.has_crit = true;
	request.crit_pct = 79;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	cr_assert_str_eq(error.text, "--warn may not be above --crit");
	request.crit_pct = 80;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	plan_free(&plan);
}

Test(plan, queues_of_listeners_need_what_waits_for_them)
{
	struct request request = { .view = VIEW_LISTENERS, .listening = true, .programs = true };
	struct plan plan;

	cr_assert_str_eq(tables(&request), "tcp tcp6");
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.tables[0].query.states, 1u << TCP_STATE_LISTEN |
							  1u << TCP_STATE_SYN_RECV |
							  1u << TCP_STATE_CLOSE_WAIT);
	cr_assert_eq(plan.needs, NEED_FACTS | NEED_SKMEM);
	plan_free(&plan);
	request.protos = 1u << PROTO_UNIX;
	cr_assert_str_eq(tables(&request), "unix");
	request.protos = 1u << PROTO_UDP;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	cr_assert(strstr(error.text, "--listeners"), "%s", error.text);
	plan_free(&plan);
}

Test(plan, metrics_are_about_everything)
{
	struct request request = { .view = VIEW_METRICS, .top = 3, .listening = true };
	struct plan plan;

	cr_assert_str_eq(tables(&request), "tcp tcp6 tcp tcp6 sctp sctp6 sctp sctp6 unix");
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.tables[0].query.states & TCP_STATES_ALL, 1u << TCP_STATE_LISTEN,
		     "listeners come first");
	cr_assert_not(plan.hosts || plan.services || plan.users);
	plan_free(&plan);
	request.protos = 1u << PROTO_TCP;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	cr_assert(strstr(error.text, "--openmetrics"), "%s", error.text);
	plan_free(&plan);
}

Test(plan, every_network_namespace)
{
	struct request request = { .all_netns = true, .format = FORMAT_COLUMNS };
	struct plan plan;

	cr_assert_eq(strncmp(fields(&request), "netns proto ", 12), 0, "%s", fields(&request));
	request.columns = "state,netns_id,local_port";
	cr_assert_str_eq(fields(&request), "netns state netns_id local_port");
	request.columns = "local_port,netns";
	cr_assert_str_eq(fields(&request), "netns local_port");
	request.columns = "-netns,-type";
	cr_assert_eq(strncmp(fields(&request), "proto ", 6), 0, "%s", fields(&request));
	request = (struct request){ .all_netns = true, .format = FORMAT_JSON };
	cr_assert_eq(strncmp(fields(&request), "netns netns_id proto ", 21), 0, "%s",
		     fields(&request));
	request = (struct request){ .all_netns = true };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(plan.all_netns);
	cr_assert_eq(plan.needs & (NEED_NETNS | NEED_INTERFACE), NEED_NETNS | NEED_INTERFACE);
	plan_free(&plan);

	request = (struct request){ .netns = "blue" };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(!plan.all_netns && !(plan.needs & NEED_NETNS));
	plan_free(&plan);
}

Test(plan, what_network_namespaces_do_not_go_with)
{
	struct request request = { .all_netns = true, .netns = "blue" };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	cr_assert_str_eq(error.text, "one of --netns and --all-netns, not both");
	for (int view = VIEW_SUMMARY; view <= VIEW_METRICS; view++) {
		request = (struct request){ .all_netns = true, .view = view };
		cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL, "%d", view);
		request = (struct request){ .netns = "blue", .view = view };
		cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0, "%d", view);
		plan_free(&plan);
	}
}

Test(plan, events_of_what_the_kernel_tells)
{
	struct request request = { .events = true, .format = FORMAT_NETSTAT };
	struct plan plan;

	cr_assert_str_eq(tables(&request), "tcp tcp6 udp udp6");
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert(plan.events);
	cr_assert_eq(plan.format, FORMAT_COLUMNS);
	cr_assert_str_eq(plan.fields[0]->name, "closed_at");
	cr_assert_not(plan.hosts || plan.services || plan.users, "no name is asked for");
	cr_assert_eq(plan.privileges, PRIVILEGE_FACTS);
	plan_free(&plan);
	request.protos = 1u << PROTO_UDP;
	request.inet6 = true;
	cr_assert_str_eq(tables(&request), "udp6");
	request.protos = 1u << PROTO_UDPLITE;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	request = (struct request){ .events = true, .columns = "+direction" };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	cr_assert_str_eq(error.text, "--events: 'direction' is not known of closed sockets");
	request = (struct request){ .events = true, .format = FORMAT_JSON };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL, "it has no end");
	request.has_timeout = true;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	plan_free(&plan);
	for (int view = VIEW_SUMMARY; view <= VIEW_METRICS; view++) {
		request = (struct request){ .events = true, .view = view };
		cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL, "%d", view);
	}
}

Test(plan, kill_wants_a_choice_and_only_what_can_be_closed)
{
	static const char *blank[] = { " ", "" }, *words[] = { "sport", "=", ":80" };
	struct request request = { .kill = true };
	struct plan plan;

	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	cr_assert_str_eq(error.text, "--kill needs an expression that says which sockets");
	request.words = blank;
	request.n_words = 2;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	request.words = words;
	request.n_words = 3;
	cr_assert_str_eq(tables(&request), "tcp tcp6 udp udp6");
	request.protos = 1u << PROTO_UNIX;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	request.protos = 0;
	request.every_family = true;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL, "-A all");
	cr_assert_str_eq(error.text, "--kill closes sockets of TCP and UDP only");
	request.every_family = false;
	request.protos = 1u << PROTO_TCP;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.view, VIEW_ROWS);
	cr_assert_eq(plan.privileges, 0);
	plan_free(&plan);

	/* What is closed is what was listed, whatever was shown of it. */
	request.yes = request.programs = request.extend = true;
	request.columns = "mark";
	request.format = FORMAT_COLUMNS;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), 0);
	cr_assert_eq(plan.view, VIEW_KILL);
	cr_assert_eq(plan.needs, 0);
	cr_assert_eq(plan.privileges, PRIVILEGE_DESTROY);
	cr_assert_eq(plan.mode, SELECT_CONNECTED);
	plan_free(&plan);

	request.all_netns = true;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	request.all_netns = false;
	request.top = 3;
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	request = (struct request){ .yes = true };
	cr_assert_eq(plan_make(&request, NULL, &plan, &error), -EINVAL);
	cr_assert_str_eq(error.text, "--yes belongs to --kill");
}
