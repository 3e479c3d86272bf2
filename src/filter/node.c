/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of an expression while it grows. */
#include "filter/node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int node_add(struct expr *expr, const struct node *leaf, uint32_t *index)
{
	void *nodes = expr->nodes;
	int err;

	if (expr->n_nodes >= NODE_NONE)
		return -ENOMEM;
	err = array_grow(&nodes, &expr->cap_nodes, expr->n_nodes + 1, sizeof(*leaf));
	if (err < 0)
		return err;
	expr->nodes = nodes;
	*index = (uint32_t)expr->n_nodes++;
	expr->nodes[*index] = *leaf;
	expr->nodes[*index].next = NODE_NONE;
	return 0;
}

int node_add_text(struct expr *expr, struct node *leaf, const char *text, size_t n)
{
	void *strings = expr->strings;
	int err;

	if (n > UINT32_MAX - 1 - expr->n_strings)
		return -ENOMEM;
	err = array_grow(&strings, &expr->cap_strings, expr->n_strings + n + 1, 1);
	if (err < 0)
		return err;
	expr->strings = strings;
	leaf->text.start = (uint32_t)expr->n_strings;
	leaf->text.len = (uint32_t)n;
	if (n)
		memcpy(expr->strings + expr->n_strings, text, n);
	expr->n_strings += n;
	return 0;
}

void node_group_begin(struct node_group *group, enum node_kind kind)
{
	*group = (struct node_group){
		.kind = kind,
		.first = NODE_NONE,
		.last = NODE_NONE,
		.table = NODE_NONE,
		.state = NODE_NONE,
	};
}

static void append_list(struct expr *expr, struct node_group *group, uint32_t first, uint32_t last)
{
	if (first == NODE_NONE)
		return;
	if (group->first == NODE_NONE)
		group->first = first;
	else
		expr->nodes[group->last].next = first;
	group->last = last;
}

/* A leaf with a mask: the group has one at most, at *slot. */
static void merge_mask(struct expr *expr, const struct node_group *group, uint32_t *slot,
		       uint32_t leaf)
{
	struct node *into;

	if (*slot == NODE_NONE) {
		*slot = leaf;
		return;
	}
	into = &expr->nodes[*slot];
	if (group->kind == NODE_AND)
		into->mask &= expr->nodes[leaf].mask;
	else
		into->mask |= expr->nodes[leaf].mask;
	expr->nodes[leaf].kind = NODE_DEAD;
	/* What was made last leaves no trace, so that long lists of states stay short. */
	if (leaf + 1 == expr->n_nodes)
		expr->n_nodes--;
}

static void take_group(struct expr *expr, struct node_group *group, uint32_t operand)
{
	struct node *inner = &expr->nodes[operand];
	uint32_t first = inner->group.first;

	/* The leaves with masks come first, and are taken one by one. */
	if (inner->group.table != NODE_NONE)
		first = expr->nodes[inner->group.table].next;
	if (inner->group.state != NODE_NONE)
		first = expr->nodes[inner->group.state].next;
	append_list(expr, group, first, first == NODE_NONE ? NODE_NONE : inner->group.last);
	inner->kind = NODE_DEAD;
	if (inner->group.table != NODE_NONE)
		merge_mask(expr, group, &group->table, inner->group.table);
	if (inner->group.state != NODE_NONE)
		merge_mask(expr, group, &group->state, inner->group.state);
}

void node_group_take(struct expr *expr, struct node_group *group, uint32_t operand)
{
	switch (expr->nodes[operand].kind) {
	case NODE_TABLE:
		merge_mask(expr, group, &group->table, operand);
		break;
	case NODE_STATE:
		merge_mask(expr, group, &group->state, operand);
		break;
	case NODE_AND:
	case NODE_OR:
		if (expr->nodes[operand].kind == group->kind) {
			take_group(expr, group, operand);
			break;
		}
		append_list(expr, group, operand, operand);
		break;
	default:
		append_list(expr, group, operand, operand);
		break;
	}
}

/* Puts a leaf in front of the list. */
static void prepend(struct expr *expr, struct node_group *group, uint32_t leaf)
{
	if (leaf == NODE_NONE)
		return;
	expr->nodes[leaf].next = group->first;
	group->first = leaf;
	if (group->last == NODE_NONE)
		group->last = leaf;
}

int node_group_end(struct expr *expr, struct node_group *group, uint32_t *index)
{
	struct node node = { .kind = (uint8_t)group->kind };

	prepend(expr, group, group->state);
	prepend(expr, group, group->table);
	if (group->first == NODE_NONE)
		return -ENOMEM;
	if (group->first == group->last) {
		*index = group->first;
		expr->nodes[*index].next = NODE_NONE;
		return 0;
	}
	expr->nodes[group->last].next = NODE_NONE;
	node.group.first = group->first;
	node.group.last = group->last;
	node.group.table = group->table;
	node.group.state = group->state;
	return node_add(expr, &node, index);
}

/* The new index of each node: those that are alive move together. */
static void renumber(struct expr *expr, uint32_t *moved)
{
	uint32_t n = 0;

	for (size_t i = 0; i < expr->n_nodes; i++)
		moved[i] = expr->nodes[i].kind == NODE_DEAD ? NODE_NONE : n++;
	for (size_t i = 0; i < expr->n_nodes; i++) {
		struct node *node = &expr->nodes[i];

		if (node->kind == NODE_DEAD)
			continue;
		if (node->next != NODE_NONE)
			node->next = moved[node->next];
		if (node_is_group(node)) {
			node->group.first = moved[node->group.first];
			node->group.last = moved[node->group.last];
		}
		expr->nodes[moved[i]] = *node;
	}
	expr->n_nodes = n;
}

int node_finish(struct expr *expr, uint32_t root)
{
	uint32_t *moved = malloc(expr->n_nodes * sizeof(*moved));

	if (!moved)
		return -ENOMEM;
	/* A lone operand may lie before nodes that died after it. */
	expr->nodes[root].next = NODE_NONE;
	renumber(expr, moved);
	free(moved);
	expr->nodes[expr->n_nodes - 1].parent = NODE_NONE;
	for (uint32_t i = 0; i < expr->n_nodes; i++) {
		if (!node_is_group(&expr->nodes[i]))
			continue;
		for (uint32_t child = expr->nodes[i].group.first; child != NODE_NONE;
		     child = expr->nodes[child].next)
			expr->nodes[child].parent = i;
	}
	return 0;
}
