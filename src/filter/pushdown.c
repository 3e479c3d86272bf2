/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel can decide of an expression: states in the request itself, and a condition on
 * ports, addresses, mark, cgroup and device.
 *
 * Everything here errs on the side of more rows. Negation stands at the leaves alone (node.h), so
 * that a leaf which is left out, counted as true, cannot turn into something that is false.
 */
#include <errno.h>
#include <stdlib.h>

#include "filter/expr.h"
#include "filter/push.h"

#define BIT(state) (1u << (state))

/* The states of sockets that a table can send when it is asked for these ones. */
static uint32_t possible_states(const struct sock_query *query, uint32_t asked)
{
	if (asked == 0)
		return 0;
	switch (query->proto) {
	case PROTO_SCTP:
		return STATES_ALL;
	case PROTO_UNIX:
		if (asked == BIT(TCP_STATE_LISTEN))
			return asked;
		return asked & BIT(TCP_STATE_LISTEN) ? STATES_ALL
						     : STATES_ALL & ~BIT(TCP_STATE_LISTEN);
	case PROTO_TCP:
		return asked & (TCP_STATES_ALL | BIT(TCP_STATE_BOUND_INACTIVE));
	default:
		return proto_is_further(query->proto) ? STATES_ALL : asked & TCP_STATES_ALL;
	}
}

/*
 * The states to ask a table for, to be sent all sockets that have one of these. SCTP's endpoints
 * and associations number theirs in different ways and are few. UNIX sockets listen or do not; what
 * else they are has more names than unix_diag knows.
 */
static uint32_t narrow_states(const struct sock_query *query, uint32_t states)
{
	const uint32_t listen = BIT(TCP_STATE_LISTEN);

	if (states == 0)
		return 0;
	switch (query->proto) {
	case PROTO_SCTP:
		return query->states;
	case PROTO_UNIX:
		if (states == listen)
			return query->states & listen;
		return states & listen ? query->states : query->states & ~listen;
	default:
		/* These are few, and some number their states in their own way. */
		if (proto_is_further(query->proto))
			return query->states;
		return query->states & states;
	}
}

static int push_group(struct push *push, const struct node *group, const int *results)
{
	const struct node *nodes = push->expr->nodes;
	bool all = group->kind == NODE_AND;
	int neutral = all ? PUSH_TRUE : PUSH_FALSE, result = neutral;

	for (uint32_t i = group->group.first; i != NODE_NONE; i = nodes[i].next) {
		int one = results[i];

		if (one == neutral)
			continue;
		if (one < 0) /* the other constant settles it */
			return one;
		if (result == neutral)
			result = one;
		else if (push_has_room(push, 1))
			result = push_both(push, all ? COND_AND : COND_OR, one, result);
		else if (!all)
			return PUSH_TRUE;
	}
	return result;
}

/* The states that sockets can have for which the expression is true. */
static uint32_t wanted_states(const struct expr *expr, uint64_t table, uint32_t *masks)
{
	for (size_t i = 0; i < expr->n_nodes; i++) {
		const struct node *node = &expr->nodes[i];
		bool all = node->kind == NODE_AND;

		masks[i] = STATES_ALL;
		if (node->kind == NODE_STATE)
			masks[i] = (uint32_t)node->mask;
		else if (node->kind == NODE_TABLE && !(node->mask & table))
			masks[i] = 0;
		if (!node_is_group(node))
			continue;
		masks[i] = all ? STATES_ALL : 0;
		for (uint32_t child = node->group.first; child != NODE_NONE;
		     child = expr->nodes[child].next)
			masks[i] = all ? masks[i] & masks[child] : masks[i] | masks[child];
	}
	return masks[expr->n_nodes - 1];
}

/* Listeners tell the user of connections in SYN_RECV, and must come through for that. */
static int let_listeners_pass(struct push *push, struct pushdown *out, int root)
{
	if (push->query->proto != PROTO_TCP || !(push->query->needs & NEED_LISTENER_UID) ||
	    !(out->states & BIT(TCP_STATE_SYN_RECV)))
		return root;
	out->states |= BIT(TCP_STATE_LISTEN);
	if (root == PUSH_TRUE || !push_has_room(push, 2))
		return PUSH_TRUE;
	return push_both(push, COND_OR, push_port_range(push, true, 0, 0), root);
}

static int push_expr(struct push *push, int *results, struct pushdown *out)
{
	const struct expr *expr = push->expr;
	int root = PUSH_TRUE;

	/* The same memory serves both walks. */
	out->states =
		narrow_states(push->query, wanted_states(expr, push->table, (uint32_t *)results));
	push->possible = possible_states(push->query, out->states);
	for (size_t i = 0; i < expr->n_nodes; i++) {
		const struct node *node = &expr->nodes[i];

		root = node_is_group(node) ? push_group(push, node, results)
					   : push_leaf(push, node);
		results[i] = root;
	}
	if (root == PUSH_FALSE)
		out->states = 0;
	return let_listeners_pass(push, out, root);
}

int expr_pushdown(const struct expr *expr, const struct sock_query *query, struct pushdown *out)
{
	struct push push = {
		.expr = expr,
		.query = query,
		.table = table_bit(query->proto, query->family),
	};
	int *results = NULL, root;

	*out = (struct pushdown){ .states = query->states };
	if (expr->n_nodes == 0)
		return 0;
	push.cap_conds =
		expr->n_nodes < PUSHDOWN_MAX_CONDS / 8 ? 8 * expr->n_nodes + 8 : PUSHDOWN_MAX_CONDS;
	push.conds = malloc(push.cap_conds * sizeof(*push.conds));
	results = malloc(expr->n_nodes * sizeof(*results));
	if (!push.conds || !results) {
		free(push.conds);
		free(results);
		return -ENOMEM;
	}
	root = push_expr(&push, results, out);
	free(results);
	if (root < 0) {
		free(push.conds);
		return 0;
	}
	out->conds = push.conds;
	out->n_conds = push.n_conds;
	out->root = &push.conds[root];
	return 0;
}

void pushdown_free(struct pushdown *pushdown)
{
	free(pushdown->conds);
	*pushdown = (struct pushdown){ .states = 0 };
}

bool expr_may_match_table(const struct expr *expr, enum sock_proto proto, uint8_t family)
{
	const struct sock_query query = {
		.proto = proto,
		.family = family,
		.states = TCP_STATES_ALL | BIT(TCP_STATE_BOUND_INACTIVE),
	};
	struct pushdown pushdown;
	bool may;

	/* Without memory all that is lost is a table that need not have been listed. */
	if (expr_pushdown(expr, &query, &pushdown) < 0)
		return true;
	may = pushdown.states != 0;
	pushdown_free(&pushdown);
	return may;
}
