/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an expression asks of sockets, by the names of fields. */
#include <stddef.h>

#include "filter/expr.h"
#include "filter/node.h"

static const char *leaf_name(const struct node *leaf)
{
	switch ((enum node_kind)leaf->kind) {
	case NODE_TABLE:
		return "proto";
	case NODE_STATE:
		return "state";
	case NODE_PORT:
		return leaf->remote ? "remote_port" : "local_port";
	case NODE_ADDR:
		if (leaf->addr.ifindex)
			return "interface_index";
		return leaf->remote ? "remote_address" : "local_address";
	case NODE_NAME:
		return leaf->remote ? "peer_path" : "path";
	case NODE_INODE:
		return leaf->remote ? "peer_inode" : "inode";
	case NODE_DEVICE:
		return "interface_index";
	case NODE_MARK:
		return "mark";
	case NODE_CGROUP:
		return "cgroup_id";
	case NODE_AUTOBOUND:
		return "autobound";
	case NODE_FIELD:
		return leaf->field->name;
	case NODE_DEAD:
	case NODE_AND:
	case NODE_OR:
		break;
	}
	return NULL;
}

const char *expr_asks_beyond(const struct expr *expr, bool (*is_told)(void *ctx, const char *name),
			     void *ctx)
{
	for (size_t i = 0; i < expr->n_nodes; i++) {
		const char *name = leaf_name(&expr->nodes[i]);

		if (name && !is_told(ctx, name))
			return name;
	}
	return NULL;
}
