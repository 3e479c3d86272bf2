/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two files of pushdown share; for src/filter only. */
#ifndef LSSOCK_FILTER_PUSH_H
#define LSSOCK_FILTER_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/node.h"
#include "model/query.h"

/* What becomes of a node: a constant, or the number of a condition. */
enum { PUSH_TRUE = -1, PUSH_FALSE = -2 };

struct push {
	const struct expr *expr;
	const struct sock_query *query;
	uint64_t table;    /* its bit, or bits */
	uint32_t possible; /* bits of state_bit() that sockets of the table can have */
	struct query_cond *conds;
	size_t n_conds, cap_conds;
};

static inline bool push_has_room(const struct push *push, size_t n)
{
	return push->cap_conds - push->n_conds >= n;
}

/* All of these return a constant or the number of a condition, for which there must be room. */

int push_both(struct push *push, enum query_cond_kind kind, int left, int right);
int push_port_range(struct push *push, bool remote, unsigned int low, unsigned int high);
/* A leaf of the expression, negated or not; sees to the room by itself. */
int push_leaf(struct push *push, const struct node *leaf);

#endif
