/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random expressions against random sockets: expr_matches() says what the expression means, its
 * canonical text means the same, what is asked early never says no too soon, and the kernel is
 * never asked for less than matches.
 */
#include <criterion/criterion.h>
#include <strings.h>

#include "expr_gen.h"

enum { ROUNDS = 20000, SOCKS = 25 };

TestSuite(pushdown, .timeout = 600);

/* The bit by which a table is asked for a socket. */
static uint32_t asked_bit(const struct sock *sock)
{
	if (sock->family != AF_UNIX)
		return 1u << sock->state;
	if (sock->listening)
		return 1u << TCP_STATE_LISTEN;
	return 1u << (sock->state == UNIX_STATE_CONNECTED    ? TCP_STATE_ESTABLISHED
		      : sock->state == UNIX_STATE_CONNECTING ? TCP_STATE_SYN_SENT
							     : TCP_STATE_CLOSE);
}

/* What stands in the way of a socket in the end. */
static const char *kept_out_by(const struct expr *expr, const struct gen_sock *gen, uint32_t needs)
{
	const struct sock *sock = &gen->sock;
	const struct sock_query query = {
		.proto = (enum sock_proto)sock->proto,
		.family = sock->family,
		.states = TCP_STATES_ALL,
		.needs = needs,
	};
	struct pushdown pushdown;
	const char *by = NULL;

	cr_assert_eq(expr_pushdown(expr, &query, &pushdown), 0);
	/* SCTP's states are those of two numberings, and one of them begins with 0. */
	if (sock->proto == PROTO_SCTP ? !pushdown.states : !(pushdown.states & asked_bit(sock)))
		by = "states";
	else if (pushdown.root && !gen_cond_is(pushdown.root, gen))
		by = "condition";
	pushdown_free(&pushdown);
	if (!expr_may_match_table(expr, (enum sock_proto)sock->proto, sock->family))
		by = "table";
	return by;
}

static struct expr *parse(const char *text)
{
	struct expr_error error;
	struct expr *expr;

	cr_assert_eq(expr_parse(text, strlen(text), &test_world, &expr, &error), 0, "%s: %s at %zu",
		     text, error.message, error.start);
	return expr;
}

static void check_sock(const struct expr *expr, const struct expr *again, const char *text,
		       const struct gen_term *term, struct gen_sock *gen)
{
	bool want = gen_term_is(term, gen);
	const char *by;

	cr_assert_eq(expr_matches(expr, &gen->sock), want,
		     "%s: is %d for proto %u family %u state %u port %u", text, !want,
		     gen->sock.proto, gen->sock.family, gen->sock.state, gen->sock.local.port);
	cr_assert_eq(expr_matches(again, &gen->sock), want, "printed: %s", text);
	if (!want)
		return;
	by = kept_out_by(expr, gen, gen_below(2) ? NEED_LISTENER_UID : 0);
	cr_assert_null(by, "%s: kept out by %s: proto %u family %u state %u", text, by,
		       gen->sock.proto, gen->sock.family, gen->sock.state);
	gen->sock.n_owners = 0;
	gen->sock.peer_name_kind = UNIX_UNNAMED;
	cr_assert(expr_may_match(expr, &gen->sock, NEED_OWNERS | NEED_PEER_NAME), "%s", text);
}

Test(pushdown, means_what_it_says)
{
	static struct gen_text text;
	static struct gen_sock gen;
	size_t n_true = 0;

	for (int round = 0; round < ROUNDS; round++) {
		const struct gen_term *term = gen_make_expr(&text, gen_below(6));
		struct expr *expr = parse(text.text), *again;
		char *print = expr_print(expr), *twice;

		again = parse(print);
		twice = expr_print(again);
		cr_assert_str_eq(print, twice, "%s", text.text);
		for (int i = 0; i < SOCKS; i++) {
			gen_make_sock(&gen);
			n_true += gen_term_is(term, &gen);
			check_sock(expr, again, text.text, term, &gen);
		}
		free(print);
		free(twice);
		expr_free(expr);
		expr_free(again);
	}
	/* Otherwise this would show nothing. */
	cr_assert_gt(n_true, ROUNDS * SOCKS / 10);
	cr_assert_lt(n_true, ROUNDS * SOCKS * 9 / 10);
}

/* Long lists are cut down for the kernel, and only to let more through. */
Test(pushdown, long_lists)
{
	static char text[200000];
	static struct gen_sock gen;
	size_t len = 0;

	for (unsigned int i = 0; i < 3000; i++) {
		const char *joint = i == 0 ? "" : i % 97 ? " and " : " or ";

		len += (size_t)sprintf(text + len, "%s%s != 10.0.0.%u:%u", joint,
				       i % 2 ? "src" : "dst", i % 256, i);
	}
	struct expr *expr = parse(text);
	for (int i = 0; i < 300; i++) {
		gen_make_sock(&gen);
		if (expr_matches(expr, &gen.sock))
			cr_assert_null(kept_out_by(expr, &gen, 0));
	}
	expr_free(expr);
}

static void check(const char *text, enum sock_proto proto, uint32_t states, int root)
{
	const struct sock_query query = {
		.proto = proto,
		.family = AF_INET,
		.states = TCP_STATES_ALL,
	};
	struct pushdown pushdown;
	struct expr *expr = parse(text);

	cr_assert_eq(expr_pushdown(expr, &query, &pushdown), 0);
	cr_assert_eq(pushdown.states, states, "%s: states %x", text, pushdown.states);
	cr_assert_eq(pushdown.root ? (int)pushdown.root->kind : -1, root, "%s", text);
	pushdown_free(&pushdown);
	expr_free(expr);
}

#define ESTABLISHED (1u << TCP_STATE_ESTABLISHED)
#define LISTEN (1u << TCP_STATE_LISTEN)
#define ALL TCP_STATES_ALL

/* What is worth being pushed down is. */
Test(pushdown, is_used)
{
	check("", PROTO_TCP, ALL, -1);
	check("state established", PROTO_TCP, ESTABLISHED, -1);
	check("state established or state listening", PROTO_TCP, ESTABLISHED | LISTEN, -1);
	check("not state listening", PROTO_TCP, ALL & ~LISTEN, -1);
	check("state listening and state established", PROTO_TCP, 0, -1);
	check("sport = 22", PROTO_TCP, ALL, COND_LOCAL_PORT);
	check("local_port = 22", PROTO_TCP, ALL, COND_LOCAL_PORT);
	check("not sport = 22", PROTO_TCP, ALL, COND_NOT);
	check("dport > 22", PROTO_UDP, ALL, COND_REMOTE_PORT);
	check("dport > 22", PROTO_RAW, ALL, -1);
	check("sport >= 0", PROTO_TCP, ALL, -1);
	check("sport > 65535", PROTO_TCP, 0, -1);
	check("src 10/8", PROTO_TCP, ALL, COND_LOCAL_ADDR);
	check("src three", PROTO_TCP, ALL, COND_OR);
	check("dst 10.0.0.1:80", PROTO_TCP, ALL, COND_AND);
	check("dev eth0", PROTO_TCP, ALL, COND_DEVICE);
	check("fwmark 1", PROTO_TCP, ALL, COND_MARK);
	check("cgroup /", PROTO_TCP, ALL, COND_CGROUP);
	check("cgroup_id != 1", PROTO_TCP, ALL, COND_NOT);
	check("cgroup_id > 1", PROTO_TCP, ALL, -1);
	check("mark = 17", PROTO_TCP, ALL, COND_MARK);
	check("mark != 17", PROTO_TCP, ALL, COND_NOT);
	check("mark < 17", PROTO_TCP, ALL, -1);
	check("mark = 4294967296", PROTO_TCP, ALL, -1);
	check("interface_index = 2", PROTO_TCP, ALL, COND_DEVICE);
	check("interface_index >= 2", PROTO_TCP, ALL, -1);
	check("dst [2001:db8::1]", PROTO_TCP, 0, -1);
	check("dst [2001:db8::1%2]", PROTO_SCTP, ALL, -1);
	check("rtt > 5", PROTO_TCP, ALL, -1);
	check("sport = 22 and pid = 1", PROTO_TCP, ALL, COND_LOCAL_PORT);
	check("sport = 22 or pid = 1", PROTO_TCP, ALL, -1);
	check("not ( sport = 22 or pid = 1 )", PROTO_TCP, ALL, COND_NOT);
	check("not cgroup /", PROTO_TCP, ALL, -1);
	check("not fwmark 0", PROTO_TCP, ALL, -1);
	check("src unix:/x", PROTO_TCP, 0, -1);
	check("src unix:/x or sport = 22", PROTO_TCP, ALL, COND_LOCAL_PORT);
	check("proto = udp or sport = 22", PROTO_UDP, ALL, -1);
	check("sport = 22", PROTO_SCTP, ALL, -1);
	/* Endpoints and associations number their states in different ways. */
	check("state cookie-wait", PROTO_SCTP, ALL, -1);
	check("state established", PROTO_SCTP, ALL, -1);
	check("state established and sport = 22 or state listening and pid = 1 and sport = 80",
	      PROTO_TCP, ESTABLISHED | LISTEN, COND_OR);
	check("( state time-wait or sport = 22 ) and state established", PROTO_TCP, ESTABLISHED,
	      COND_LOCAL_PORT);
}

/* Listeners tell the user of SYN_RECV. */
Test(pushdown, listeners_pass_for_syn_recv)
{
	struct sock_query query = {
		.proto = PROTO_TCP,
		.family = AF_INET,
		.states = TCP_STATES_ALL,
		.needs = NEED_LISTENER_UID,
	};
	static const struct gen_sock listener = {
		.sock = { .proto = PROTO_TCP, .family = AF_INET, .local.port = 22 }
	};
	struct expr *expr = parse("state syn-recv dport = 5 uid = 33");
	struct pushdown pushdown;

	/* Also where no listeners are to be shown. */
	query.states &= ~LISTEN;
	cr_assert_eq(expr_pushdown(expr, &query, &pushdown), 0);
	cr_assert_eq(pushdown.states, LISTEN | 1u << TCP_STATE_SYN_RECV);
	cr_assert(gen_cond_is(pushdown.root, &listener));
	pushdown_free(&pushdown);
	query.needs = 0;
	query.states = TCP_STATES_ALL;
	cr_assert_eq(expr_pushdown(expr, &query, &pushdown), 0);
	cr_assert_eq(pushdown.states, 1u << TCP_STATE_SYN_RECV);
	cr_assert_not(gen_cond_is(pushdown.root, &listener));
	pushdown_free(&pushdown);
	expr_free(expr);
}
