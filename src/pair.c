/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of two families apart. */
#include "pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

/* Conditions compared at most; an expression that makes more is listed family by family. */
enum { CONDS_MAX = 32 };

/* Rows that are handed on at once; they are 256 bytes each. */
enum { HAND_ON = 64 };

static bool same_leaf(const struct query_cond *a, const struct query_cond *b)
{
	return a->kind == b->kind && a->family == b->family && a->prefix == b->prefix &&
	       a->low == b->low && a->high == b->high && a->value == b->value &&
	       a->mask == b->mask && a->ifindex == b->ifindex && a->cgroup_id == b->cgroup_id &&
	       memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

static bool same_conds(const struct query_cond *a, const struct query_cond *b)
{
	const struct query_cond *pending[CONDS_MAX][2] = { { a, b } };
	size_t n = 1, seen = 0;

	while (n > 0) {
		a = pending[--n][0];
		b = pending[n][1];
		if (!a || !b) {
			if (a != b)
				return false;
			continue;
		}
		if (++seen > CONDS_MAX || n + 2 > CONDS_MAX || !same_leaf(a, b))
			return false;
		pending[n][0] = a->left;
		pending[n++][1] = b->left;
		pending[n][0] = a->right;
		pending[n++][1] = b->right;
	}
	return true;
}

bool pair_fits(const struct sock_query *v4, const struct sock_query *v6)
{
	return v4->proto == PROTO_TCP && v6->proto == PROTO_TCP && v4->family == AF_INET &&
	       v6->family == AF_INET6 && v4->states == v6->states && v4->needs == v6->needs &&
	       !v4->any_will_do && same_conds(v4->cond, v6->cond);
}

size_t pair_room(uint32_t needs, bool long_text)
{
	static const uint32_t attributes = NEED_FACTS | NEED_TCP_INFO | NEED_SKMEM |
					   NEED_CONGESTION | NEED_CC_INFO | NEED_TOS | NEED_TCLASS;

	return long_text || (needs & attributes) ? PAIR_MAX_LARGE : PAIR_MAX_ROWS;
}

static int keep_small(struct pair *pair, const struct sock *row)
{
	void *small = pair->small;
	int err;

	if (pair->n_small == PAIR_MAX_ROWS)
		return -E2BIG;
	err = array_grow(&small, &pair->cap_small, pair->n_small + 1, sizeof(*pair->small));
	pair->small = small;
	if (err == 0)
		sock_pack(&pair->small[pair->n_small++], row);
	return err;
}

static int keep(struct pair *pair, const struct sock *row)
{
	if (sock_can_pack(row))
		return keep_small(pair, row);
	return pair->large.n == PAIR_MAX_LARGE ? -E2BIG : hold_add(&pair->large, row, 1);
}

/* Everything that waits. */
static void forget(struct pair *pair)
{
	free(pair->small);
	pair->small = NULL;
	pair->n_small = pair->cap_small = 0;
	hold_free(&pair->large);
	pair->large = (struct hold){ .rows = NULL };
	while (pair->n_waiting > 0)
		pair->sink->branching->close(&pair->waiting[--pair->n_waiting], true);
}

/* Puts the rows of IPv4 before those of IPv6; returns how many they are. */
static size_t part_families(struct sock *rows, size_t n)
{
	size_t n_v4 = 0;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].family == AF_INET6)
			continue;
		if (n_v4 != i) {
			struct sock row = rows[i];

			rows[i] = rows[n_v4];
			rows[n_v4] = row;
		}
		n_v4++;
	}
	return n_v4;
}

static int pair_take(void *ctx, struct sock *rows, size_t n)
{
	struct pair *pair = ctx;
	size_t n_v4 = 0;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].family != AF_INET6) {
			if (n_v4 != i)
				rows[n_v4] = rows[i];
			n_v4++;
		} else if (!pair->overflow && keep(pair, &rows[i]) < 0) {
			pair->overflow = true;
			forget(pair);
		}
	}
	return n_v4 ? pair->sink->take(pair->sink->ctx, rows, n_v4) : 0;
}

/* A branch of the pair has two of the sink behind it. */
struct pair_branch {
	struct pair *pair;
	struct sock_sink v4, v6;
	bool overflow; /* v6 takes no more */
};

static int branch_take(void *ctx, struct sock *rows, size_t n)
{
	struct pair_branch *branch = ctx;
	size_t n_v4 = part_families(rows, n);
	int err = 0;

	if (n_v4 < n && !branch->overflow)
		err = branch->v6.take(branch->v6.ctx, rows + n_v4, n - n_v4);
	if (err == -E2BIG) {
		branch->overflow = true;
		err = 0;
	}
	if (err == 0 && n_v4 > 0)
		err = branch->v4.take(branch->v4.ctx, rows, n_v4);
	return err;
}

static int open_branch(void *ctx, bool wait, struct sock_sink *sink)
{
	struct pair *pair = ctx;
	const struct sock_sink *behind = pair->sink;
	struct pair_branch *branch = calloc(1, sizeof(*branch));

	if (!branch)
		return -ENOMEM;
	branch->pair = pair;
	if (behind->branching->open(behind->ctx, wait, &branch->v4) < 0) {
		free(branch);
		return -ENOMEM;
	}
	if (behind->branching->open(behind->ctx, true, &branch->v6) < 0) {
		behind->branching->close(&branch->v4, true);
		free(branch);
		return -ENOMEM;
	}
	*sink = (struct sock_sink){ .take = branch_take, .ctx = branch };
	return 0;
}

/* What it has of IPv6 waits for the other branches. */
static int close_branch(struct sock_sink *sink, bool forget_all)
{
	struct pair_branch *branch = sink->ctx;
	struct pair *pair = branch->pair;
	const struct sock_branching *branching = pair->sink->branching;
	int err = branching->close(&branch->v4, forget_all);

	if (branch->overflow)
		pair->overflow = true;
	if (forget_all || pair->overflow || pair->n_waiting == PAIR_MAX_BRANCHES) {
		pair->overflow |= !forget_all;
		branching->close(&branch->v6, true);
	} else {
		pair->waiting[pair->n_waiting++] = branch->v6;
	}
	if (pair->overflow)
		forget(pair);
	free(branch);
	return err;
}

struct sock_sink pair_sink(struct pair *pair)
{
	static const struct sock_branching branching = {
		.open = open_branch,
		.close = close_branch,
	};

	return (struct sock_sink){
		.take = pair_take,
		.ctx = pair,
		.branching = pair->sink->branching ? &branching : NULL,
	};
}

/* The small ones as they came, a few at a time: what is on the stack cannot fail. */
static int hand_on_small(const struct pair *pair)
{
	struct sock rows[HAND_ON];
	int err = 0;

	for (size_t at = 0, n; err == 0 && at < pair->n_small; at += n) {
		n = pair->n_small - at < HAND_ON ? pair->n_small - at : HAND_ON;
		for (size_t i = 0; i < n; i++)
			sock_unpack(&rows[i], &pair->small[at + i]);
		err = pair->sink->take(pair->sink->ctx, rows, n);
	}
	return err;
}

int pair_hand_on(struct pair *pair)
{
	const struct sock_sink *sink = pair->sink;
	int err = 0;

	for (size_t i = 0; i < pair->n_waiting; i++) {
		int rc = sink->branching->close(&pair->waiting[i], err < 0);

		err = err < 0 ? err : rc;
	}
	pair->n_waiting = 0;
	if (err == 0)
		err = hand_on_small(pair);
	if (err == 0 && pair->large.n)
		err = sink->take(sink->ctx, pair->large.rows, pair->large.n);
	return err;
}

void pair_free(struct pair *pair)
{
	forget(pair);
}
