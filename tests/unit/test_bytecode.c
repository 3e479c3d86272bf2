/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytecode for inet_diag: random conditions, compiled, pass an audit with the kernel's rules
 * and decide about random sockets what the condition says. Auditor and interpreter are made here
 * from the description of the format.
 */
#include <criterion/criterion.h>
#include <linux/inet_diag.h>

#include "expr_gen.h"
#include "guard.h"
#include "source/diag_bytecode.h"

enum { JMP = 1, S_GE = 2, S_LE, D_GE, D_LE, S_COND = 7, D_COND, DEV_COND, MARK_COND, CGROUP = 13 };

static uint16_t no_of(const uint8_t *op)
{
	uint16_t no;

	memcpy(&no, op + 2, sizeof(no));
	return no;
}

/* What an operation needs, or 0 for one there is not. */
static size_t needed(const uint8_t *op, size_t left)
{
	switch (op[0]) {
	case JMP:
		return 4;
	case S_GE:
	case S_LE:
	case D_GE:
	case D_LE:
	case DEV_COND:
		return 8;
	case MARK_COND:
	case CGROUP:
		return 12;
	case S_COND:
	case D_COND:
		if (left < 12)
			return SIZE_MAX;
		if (op[4] == AF_UNSPEC)
			return op[5] == 0 ? 12 : 0;
		if (op[4] == AF_INET)
			return op[5] <= 32 ? 16 : 0;
		return op[4] == AF_INET6 && op[5] <= 128 ? 28 : 0;
	default:
		return 0;
	}
}

/* Whether the kernel would take the code. */
static bool audit(const uint8_t *code, size_t len)
{
	bool *starts = calloc(len + 5, sizeof(*starts));
	bool good = len % 4 == 0;
	size_t at;

	for (at = 0; good && at < len; at += code[at + 1]) {
		size_t n = needed(code + at, len - at);

		starts[at] = true;
		good = n && n <= len - at && code[at + 1] >= n && code[at + 1] % 4 == 0;
	}
	good = good && at == len;
	starts[len] = starts[len + 4] = true;
	for (at = 0; good && at < len; at += code[at + 1]) {
		uint16_t no = no_of(code + at);

		good = no >= needed(code + at, len - at) && at + no <= len + 4 && no % 4 == 0 &&
		       starts[at + no];
	}
	free(starts);
	return good;
}

static bool host_is(const uint8_t *op, const struct gen_sock *gen)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool remote = op[0] == D_COND;
	const uint8_t *addr = remote ? gen->sock.remote.addr.bytes : gen->sock.local.addr.bytes;
	uint16_t port = remote ? gen->kernel_dport : gen->sock.local.port;
	int32_t want;

	memcpy(&want, op + 8, sizeof(want));
	if (want != -1 && want != port)
		return false;
	if (op[4] != AF_UNSPEC && op[4] != gen->sock.family) {
		if (op[4] != AF_INET || memcmp(addr, mapped, 12) != 0)
			return false;
		addr += 12;
	}
	return gen_same_bits(addr, op + 12, op[5]);
}

static bool op_is(const uint8_t *op, const struct gen_sock *gen)
{
	uint16_t limit = op[0] >= S_GE && op[0] <= D_LE ? no_of(op + 4) : 0;
	uint32_t words[2] = { 0, 0 };
	uint64_t id;

	switch (op[0]) {
	case S_GE:
		return gen->sock.local.port >= limit;
	case S_LE:
		return gen->sock.local.port <= limit;
	case D_GE:
		return gen->kernel_dport >= limit;
	case D_LE:
		return gen->kernel_dport <= limit;
	case S_COND:
	case D_COND:
		return host_is(op, gen);
	case DEV_COND:
		memcpy(words, op + 4, 4);
		return words[0] == gen->sock.local.ifindex;
	case MARK_COND:
		memcpy(words, op + 4, 8);
		return (gen->kernel_mark & words[1]) == words[0];
	case CGROUP:
		memcpy(&id, op + 4, 8);
		return id == gen->kernel_cgroup;
	default:
		return false;
	}
}

/* What the kernel answers for a request with this filter. */
static bool run(const struct diag_filter *filter, const struct gen_sock *gen)
{
	size_t at = 0;

	if (filter->sport && filter->sport != gen->sock.local.port)
		return false;
	if (filter->dport && filter->dport != gen->kernel_dport)
		return false;
	while (at < filter->len)
		at += op_is(filter->code + at, gen) ? filter->code[at + 1]
						    : no_of(filter->code + at);
	return at == filter->len;
}

static void make_leaf(struct query_cond *cond)
{
	bool v6 = gen_below(2);

	memset(cond, 0, sizeof(*cond));
	cond->kind = COND_LOCAL_PORT + gen_below(COND_CGROUP - COND_LOCAL_PORT + 1);
	cond->low = GEN_PICK(gen_ports);
	cond->high = gen_below(2) ? cond->low : GEN_PICK(gen_ports);
	cond->family = v6 ? AF_INET6 : AF_INET;
	cond->prefix = (uint8_t)gen_below(v6 ? 129 : 33);
	cond->addr = address_of(v6 ? GEN_PICK(gen_v6) : GEN_PICK(gen_v4));
	cond->ifindex = gen_below(4);
	cond->mask = gen_below(2) ? 0xffffffff : 0x11;
	cond->value = gen_below(4) * 0x11 & cond->mask;
	cond->cgroup_id = 6 + gen_below(3);
}

static const struct query_cond *make_cond(struct query_cond *conds, size_t *n, unsigned int depth)
{
	struct query_cond *cond = &conds[(*n)++];
	unsigned int kind = depth ? gen_below(4) : 3;

	make_leaf(cond);
	if (kind == 3 || *n > 200)
		return cond;
	cond->kind = (enum query_cond_kind)kind;
	cond->left = make_cond(conds, n, depth - 1);
	if (cond->kind != COND_NOT)
		cond->right = make_cond(conds, n, depth - 1);
	return cond;
}

Test(bytecode, decides_what_the_condition_says, .timeout = 600)
{
	static struct query_cond conds[512];
	static struct gen_sock gen;
	size_t n_true = 0;

	for (int round = 0; round < 30000; round++) {
		struct diag_filter filter;
		size_t n = 0;
		const struct query_cond *cond = make_cond(conds, &n, gen_below(7));

		cr_assert_eq(diag_filter_compile(cond, &filter), 0);
		cr_assert(audit(filter.code, filter.len));
		for (int i = 0; i < 20; i++) {
			do
				gen_make_sock(&gen);
			while (gen.sock.family == AF_UNIX);
			n_true += gen_cond_is(cond, &gen);
			cr_assert_eq(run(&filter, &gen), gen_cond_is(cond, &gen));
		}
		diag_filter_free(&filter);
	}
	cr_assert_gt(n_true, 30000);
}

static void compile(const struct query_cond *cond, int rc, uint16_t sport, uint16_t dport,
		    size_t len)
{
	struct diag_filter filter;

	cr_assert_eq(diag_filter_compile(cond, &filter), rc);
	cr_assert_eq(filter.sport, sport);
	cr_assert_eq(filter.dport, dport);
	cr_assert_eq(filter.len, len);
	diag_filter_free(&filter);
}

/* One port at each end needs no bytecode. */
Test(bytecode, exact_ports_go_into_the_request)
{
	struct query_cond sport = { .kind = COND_LOCAL_PORT, .low = 22, .high = 22 };
	struct query_cond dport = { .kind = COND_REMOTE_PORT, .low = 80, .high = 80 };
	struct query_cond none = { .kind = COND_REMOTE_PORT };
	struct query_cond both = { .kind = COND_AND, .left = &sport, .right = &dport };
	struct query_cond more = { .kind = COND_AND, .left = &none, .right = &both };
	struct query_cond either = { .kind = COND_OR, .left = &sport, .right = &dport };

	compile(NULL, 0, 0, 0, 0);
	compile(&sport, 0, 22, 0, 0);
	compile(&both, 0, 22, 80, 0);
	compile(&more, 0, 22, 80, 12);
	/* 0 in a request means any port. */
	compile(&none, 0, 0, 0, 12);
	compile(&either, 0, 0, 0, 28);
}

/* What cannot be said is not said by half. */
Test(bytecode, too_long_or_too_deep)
{
	enum { N = 3000 };
	static struct query_cond leaves[N + 1], groups[N];
	const struct query_cond *chain = &leaves[N];

	for (size_t i = 0; i <= N; i++)
		leaves[i] = (struct query_cond){ .kind = COND_LOCAL_ADDR,
						 .family = AF_INET6,
						 .prefix = 128 };
	leaves[N] = (struct query_cond){ .kind = COND_LOCAL_PORT, .low = 5, .high = 5 };
	for (size_t i = 0; i < 1000; i++) {
		groups[i] =
			(struct query_cond){ .kind = COND_AND, .left = &leaves[i], .right = chain };
		chain = &groups[i];
	}
	compile(chain, 0, 5, 0, 28 * 1000);
	for (size_t i = 1000; i < N; i++) {
		groups[i] =
			(struct query_cond){ .kind = COND_AND, .left = &leaves[i], .right = chain };
		chain = &groups[i];
	}
	compile(chain, -E2BIG, 0, 0, 0);
}

/* What pushdown makes can always be compiled. */
Test(bytecode, takes_all_that_pushdown_makes)
{
	static char text[400000];
	const struct sock_query query = { .proto = PROTO_TCP,
					  .family = AF_INET6,
					  .states = TCP_STATES_ALL };
	struct expr_error error;
	struct pushdown pushdown;
	struct diag_filter filter;
	struct expr *expr;
	size_t len = 0;

	for (unsigned int i = 0; i < 900; i++)
		len += (size_t)sprintf(text + len, "%sdst != [2001:db8::%x%%1]:%u",
				       i ? " or not " : "", i, i);
	cr_assert_eq(expr_parse(text, len, &test_world, &expr, &error), 0, "%s", error.message);
	cr_assert_eq(expr_pushdown(expr, &query, &pushdown), 0);
	cr_assert_eq(diag_filter_compile(pushdown.root, &filter), 0);
	cr_assert(filter.len == 0 || audit(filter.code, filter.len));
	diag_filter_free(&filter);
	pushdown_free(&pushdown);
	expr_free(expr);
	len = 0;
	for (unsigned int i = 0; i < 450; i++)
		len += (size_t)sprintf(text + len, "%sdst 2001:db8::%x", i ? " or " : "", i);
	cr_assert_eq(expr_parse(text, len, &test_world, &expr, &error), 0, "%s", error.message);
	cr_assert_eq(expr_pushdown(expr, &query, &pushdown), 0);
	cr_assert_not_null(pushdown.root);
	cr_assert_eq(diag_filter_compile(pushdown.root, &filter), 0);
	cr_assert(audit(filter.code, filter.len));
	cr_assert_gt(filter.len, 450 * 28);
	diag_filter_free(&filter);
	pushdown_free(&pushdown);
	expr_free(expr);
}
