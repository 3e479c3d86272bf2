/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of two families apart. */
#include "pair.h"

#include <string.h>
#include <sys/socket.h>

/* Conditions compared at most; an expression that makes more is listed family by family. */
enum { CONDS_MAX = 32 };

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

int pair_take(void *ctx, struct sock *rows, size_t n)
{
	struct pair *pair = ctx;
	size_t n_v4 = 0;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].family != AF_INET6) {
			if (n_v4 != i)
				rows[n_v4] = rows[i];
			n_v4++;
			continue;
		}
		if (pair->overflow)
			continue;
		if (hold_is_full(&pair->later) || hold_add(&pair->later, &rows[i], 1) < 0) {
			pair->overflow = true;
			hold_clear(&pair->later);
		}
	}
	return n_v4 ? pair->sink->take(pair->sink->ctx, rows, n_v4) : 0;
}
