/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions: any text is parsed or refused with a place inside it; what was parsed is printed,
 * and the print means the same and prints the same; what is asked early never says no too soon; and
 * no socket that matches is kept out by what the kernel is asked, compiled or not.
 *
 * Input: four bytes that choose the sockets, one of the world, then the text.
 */
#include <stdlib.h>
#include <strings.h>

#include "../tests/unit/expr_gen.h"
#include "filter/glob.h"
#include "fuzz.h"
#include "source/diag_bytecode.h"
#include "source/diag_lookup.h"

enum { SOCKS = 12, TEXT_MAX = 6000 };

/* The bit by which a table is asked for a socket. */
static uint32_t asked_bit(const struct sock *sock)
{
	if (sock->family != AF_UNIX)
		return 1u << sock->state;
	if (sock->listening)
		return 1u << TCP_STATE_LISTEN;
	if (sock->state == UNIX_STATE_CONNECTED)
		return 1u << TCP_STATE_ESTABLISHED;
	return 1u << (sock->state == UNIX_STATE_CONNECTING ? TCP_STATE_SYN_SENT : TCP_STATE_CLOSE);
}

static void check_tuple(const struct pushdown *pushdown, const struct gen_sock *gen)
{
	const struct sock *sock = &gen->sock;
	struct diag_tuple tuple;

	if (sock->proto != PROTO_TCP || !pushdown->root ||
	    !diag_tuple_of(pushdown->root, sock->family, &tuple))
		return;
	FUZZ_CHECK(tuple.local_port && tuple.remote_port);
	FUZZ_CHECK(sock->local.port == tuple.local_port && sock->remote.port == tuple.remote_port);
}

/* The request's own ports are a part of the condition. */
static void check_compiled(const struct pushdown *pushdown, const struct gen_sock *gen)
{
	struct diag_filter filter;
	int rc = diag_filter_compile(pushdown->root, &filter);

	FUZZ_CHECK(rc == 0 || rc == -E2BIG);
	FUZZ_CHECK(filter.len <= DIAG_BYTECODE_MAX && filter.len % 4 == 0);
	FUZZ_CHECK(rc == 0 || filter.len == 0);
	FUZZ_CHECK(!filter.sport || filter.sport == gen->sock.local.port);
	FUZZ_CHECK(!filter.dport || filter.dport == gen->kernel_dport);
	for (size_t at = 0; at < filter.len; at += filter.code[at + 1])
		FUZZ_CHECK(filter.code[at + 1] >= 4 && filter.code[at + 1] % 4 == 0);
	diag_filter_free(&filter);
}

/* Nothing stands in the way of a socket that matches. */
static void check_pushdown(const struct expr *expr, const struct gen_sock *gen)
{
	const struct sock *sock = &gen->sock;
	const struct sock_query query = {
		.proto = (enum sock_proto)sock->proto,
		.family = sock->family,
		.states = TCP_STATES_ALL,
		.needs = gen_below(2) ? NEED_LISTENER_UID : 0,
	};
	struct pushdown pushdown;

	FUZZ_CHECK(expr_pushdown(expr, &query, &pushdown) == 0);
	FUZZ_CHECK(pushdown.n_conds <= PUSHDOWN_MAX_CONDS);
	FUZZ_CHECK(sock->proto == PROTO_SCTP ? pushdown.states != 0
					     : pushdown.states & asked_bit(sock));
	FUZZ_CHECK(!pushdown.root || gen_cond_is(pushdown.root, gen));
	check_tuple(&pushdown, gen);
	check_compiled(&pushdown, gen);
	pushdown_free(&pushdown);
	FUZZ_CHECK(expr_may_match_table(expr, (enum sock_proto)sock->proto, sock->family));
}

static void check_sock(const struct expr *expr, const struct expr *again, struct gen_sock *gen)
{
	bool matches = expr_matches(expr, &gen->sock);

	FUZZ_CHECK(expr_matches(again, &gen->sock) == matches);
	expr_is_undecided(expr, &gen->sock, 0);
	if (!matches)
		return;
	check_pushdown(expr, gen);
	FUZZ_CHECK(expr_may_match(expr, &gen->sock, 0));
	gen->sock.n_owners = 0;
	gen->sock.peer_name_kind = UNIX_UNNAMED;
	FUZZ_CHECK(
		expr_may_match(expr, &gen->sock, NEED_OWNERS | NEED_ALL_OWNERS | NEED_PEER_NAME));
}

static void check_error(const struct expr_error *error, size_t len)
{
	size_t n = strnlen(error->message, sizeof(error->message));

	FUZZ_CHECK(n > 0 && n < sizeof(error->message));
	FUZZ_CHECK(!memchr(error->message, '\n', n) || len > 0);
	FUZZ_CHECK(error->start <= len && error->len <= len - error->start);
}

static void check_expr(const struct expr *expr)
{
	/* The print means the same in a world of no family. */
	char *print = expr_print(expr), *twice;
	static struct gen_sock gen;
	struct expr_error error;
	struct expr *again;

	FUZZ_CHECK(print);
	if (expr_parse(print, strlen(print), &test_world, &again, &error) < 0)
		fuzz_fail(__FILE__, __LINE__, "printed, but refused: %s: %s", print, error.message);
	twice = expr_print(again);
	FUZZ_CHECK(twice);
	if (strcmp(print, twice) != 0)
		fuzz_fail(__FILE__, __LINE__, "printed: %s\nthen: %s", print, twice);
	FUZZ_CHECK(expr_needs(expr) == expr_needs(again));
	FUZZ_CHECK(expr_is_cheap(expr) == expr_is_cheap(again));
	for (int i = 0; i < SOCKS; i++) {
		gen_make_sock(&gen);
		check_sock(expr, again, &gen);
	}
	free(print);
	free(twice);
	expr_free(again);
}

/* A pattern and what it is matched with: the two halves. */
static void check_glob(const char *text, size_t n, bool fold)
{
	char *pattern = fuzz_copy(text, n / 2), *subject = fuzz_copy(text + n / 2, n - n / 2);
	const struct glob_subject all = { .data = (uint8_t *)subject, .len = n - n / 2 };
	static const char any[] = "*";

	glob_match(pattern, n / 2, &all, fold);
	FUZZ_CHECK(glob_match(any, 1, &all, fold));
	FUZZ_CHECK(glob_is_equal(subject, all.len, &all, fold));
	if (!memchr(pattern, '[', n / 2) && !memchr(pattern, '*', n / 2) &&
	    !memchr(pattern, '?', n / 2) && !memchr(pattern, '\\', n / 2))
		FUZZ_CHECK(glob_match(pattern, n / 2, &all, fold) ==
			   glob_is_equal(pattern, n / 2, &all, fold));
	free(pattern);
	free(subject);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	struct expr_world small = test_world;
	struct expr_error error;
	struct expr *expr = NULL;
	uint8_t bits;
	char *text;
	size_t n;
	int rc;

	gen_state = 88172645463325252ull ^ fuzz_number(&input, 4);
	bits = fuzz_u8(&input);
	small.family = bits & 1 ? AF_UNIX : 0;
	if (bits & 2) {
		small.many_netns = true;
		small.ifindex = NULL;
	}
	n = fuzz_left(&input) < TEXT_MAX ? fuzz_left(&input) : TEXT_MAX;
	text = fuzz_copy(input.at, n);
	if (bits & 4) {
		check_glob(text, n, bits & 8);
	} else {
		rc = expr_parse(text, n, &small, &expr, &error);
		FUZZ_CHECK(rc == 0 || rc == -EINVAL);
		if (rc == 0)
			check_expr(expr);
		else
			check_error(&error, n);
		if (rc == 0)
			expr_free(expr);
	}
	free(text);
	return 0;
}
