/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One leaf of an expression as a condition for the kernel, or as true where the kernel could say no
 * to a socket for which the leaf is true. What must be known of the kernel (net/ipv4/inet_diag.c):
 * - for TIME_WAIT and SYN_RECV it has no cgroup (compares with 0), in older kernels no mark (0) or
 *   one it does not report. Our side does not know these facts and "not" makes that true: so a
 *   negated leaf about them is never pushed down, while "!=" of a known fact is;
 * - a raw socket has a remote port there, which means nothing and which we take for 0;
 * - SCTP's dumps pass conditions over, or ask them of the wrong addresses;
 * - an IPv4 prefix also matches v4-mapped addresses, as it does here.
 */
#include <string.h>
#include <sys/socket.h>

#include "filter/push.h"

static struct query_cond *new_cond(struct push *push, int *result)
{
	struct query_cond *cond = &push->conds[push->n_conds];

	*result = (int)push->n_conds++;
	memset(cond, 0, sizeof(*cond));
	return cond;
}

static int push_not(struct push *push, int of)
{
	struct query_cond *cond;
	int result;

	if (of < 0)
		return of == PUSH_TRUE ? PUSH_FALSE : PUSH_TRUE;
	cond = new_cond(push, &result);
	cond->kind = COND_NOT;
	cond->left = &push->conds[of];
	return result;
}

int push_both(struct push *push, enum query_cond_kind kind, int left, int right)
{
	struct query_cond *cond;
	int result;

	cond = new_cond(push, &result);
	cond->kind = kind;
	cond->left = &push->conds[left];
	cond->right = &push->conds[right];
	return result;
}

int push_port_range(struct push *push, bool remote, unsigned int low, unsigned int high)
{
	struct query_cond *cond;
	int result;

	if (low > high)
		return PUSH_FALSE;
	if (low == 0 && high == UINT16_MAX)
		return PUSH_TRUE;
	cond = new_cond(push, &result);
	cond->kind = remote ? COND_REMOTE_PORT : COND_LOCAL_PORT;
	cond->low = (uint16_t)low;
	cond->high = (uint16_t)high;
	return result;
}

/* op with a number that may be above every port. */
static int push_port(struct push *push, const struct node *leaf, bool remote)
{
	unsigned int port =
		leaf->number > UINT16_MAX ? UINT16_MAX + 1u : (unsigned int)leaf->number;

	switch (leaf->op) {
	case OP_EQ:
		return push_port_range(push, remote, port, port > UINT16_MAX ? 0 : port);
	case OP_NE:
		if (port > UINT16_MAX)
			return PUSH_TRUE;
		return push_not(push, push_port_range(push, remote, port, port));
	case OP_GT:
		return push_port_range(push, remote, port + 1, UINT16_MAX);
	case OP_GE:
		return push_port_range(push, remote, port, UINT16_MAX);
	case OP_LT:
		return port ? push_port_range(push, remote, 0, port - 1) : PUSH_FALSE;
	case OP_LE:
		return push_port_range(push, remote, 0, port > UINT16_MAX ? UINT16_MAX : port);
	default:
		return PUSH_TRUE;
	}
}

static int push_device(struct push *push, uint64_t number, enum node_op op)
{
	struct query_cond *cond;
	int result;

	if (number > UINT32_MAX || (op != OP_EQ && op != OP_NE))
		return PUSH_TRUE;
	cond = new_cond(push, &result);
	cond->kind = COND_DEVICE;
	cond->ifindex = (uint32_t)number;
	return op == OP_NE ? push_not(push, result) : result;
}

static int push_addr(struct push *push, const struct node *leaf, bool remote)
{
	struct query_cond *cond;
	int result;

	if (leaf->op == OP_NE && leaf->addr.ifindex)
		return PUSH_TRUE;
	/* No IPv4 socket has such an address: the table need not be listed at all. */
	if (leaf->addr.family == AF_INET6 && push->query->family == AF_INET &&
	    push->query->proto != PROTO_SCTP)
		return leaf->op == OP_NE ? PUSH_TRUE : PUSH_FALSE;
	cond = new_cond(push, &result);
	cond->kind = remote ? COND_REMOTE_ADDR : COND_LOCAL_ADDR;
	cond->family = leaf->addr.family;
	cond->prefix = leaf->addr.prefix;
	cond->addr = leaf->addr.addr;
	if (leaf->op == OP_NE)
		return push_not(push, result);
	if (leaf->addr.ifindex)
		result = push_both(push, COND_AND, result,
				   push_device(push, leaf->addr.ifindex, OP_EQ));
	return result;
}

static int push_mark(struct push *push, const struct node *leaf, uint64_t value, uint32_t mask)
{
	struct query_cond *cond;
	int result;

	if (value > UINT32_MAX || (leaf->op != OP_EQ && leaf->op != OP_NE))
		return PUSH_TRUE;
	cond = new_cond(push, &result);
	cond->kind = COND_MARK;
	cond->value = (uint32_t)value;
	cond->mask = mask;
	return leaf->op == OP_NE ? push_not(push, result) : result;
}

static int push_cgroup(struct push *push, const struct node *leaf)
{
	struct query_cond *cond;
	int result;

	if (leaf->op != OP_EQ && leaf->op != OP_NE)
		return PUSH_TRUE;
	cond = new_cond(push, &result);
	cond->kind = COND_CGROUP;
	cond->cgroup_id = leaf->number;
	return leaf->op == OP_NE ? push_not(push, result) : result;
}

/* Fields that tell what the kernel can compare, where they tell anything. */
static int push_field(struct push *push, const struct node *leaf)
{
	const char *name = leaf->field->name;

	if (leaf->op == OP_KNOWN || leaf->negated)
		return PUSH_TRUE;
	if (strcmp(name, "local_port") == 0)
		return push_port(push, leaf, false);
	if (strcmp(name, "remote_port") == 0)
		return push_port(push, leaf, true);
	if (strcmp(name, "local_address") == 0)
		return push_addr(push, leaf, false);
	if (strcmp(name, "remote_address") == 0)
		return push_addr(push, leaf, true);
	if (strcmp(name, "mark") == 0)
		return push_mark(push, leaf, leaf->number, UINT32_MAX);
	if (strcmp(name, "cgroup_id") == 0)
		return push_cgroup(push, leaf);
	if (strcmp(name, "interface_index") == 0)
		return push_device(push, leaf->number, leaf->op);
	return PUSH_TRUE;
}

/* A leaf of the expression about an Internet table. */
static int push_inet_leaf(struct push *push, const struct node *leaf)
{
	int result;

	if (leaf->kind == NODE_NAME || leaf->kind == NODE_INODE)
		return leaf->negated ? PUSH_TRUE : PUSH_FALSE;
	/* The longest: an address with a scope, turned around. */
	if (push->query->proto == PROTO_SCTP || !push_has_room(push, 4))
		return PUSH_TRUE;
	if (leaf->field)
		return push_field(push, leaf);
	switch (leaf->kind) {
	case NODE_PORT:
		if (push->query->proto == PROTO_RAW && leaf->remote)
			return PUSH_TRUE;
		result = push_port(push, leaf, leaf->remote);
		return leaf->negated ? push_not(push, result) : result;
	case NODE_ADDR:
		if (leaf->negated && leaf->addr.ifindex)
			return PUSH_TRUE;
		result = push_addr(push, leaf, leaf->remote);
		return leaf->negated ? push_not(push, result) : result;
	default:
		break;
	}
	if (leaf->negated)
		return PUSH_TRUE;
	switch (leaf->kind) {
	case NODE_DEVICE:
		return push_device(push, leaf->number, leaf->op);
	case NODE_MARK:
		return push_mark(push, leaf, leaf->mark.value, leaf->mark.mask);
	case NODE_CGROUP:
		return push_cgroup(push, leaf);
	default:
		return PUSH_TRUE;
	}
}

int push_leaf(struct push *push, const struct node *leaf)
{
	switch (leaf->kind) {
	case NODE_TABLE:
		return leaf->mask & push->table ? PUSH_TRUE : PUSH_FALSE;
	case NODE_STATE:
		return leaf->mask & push->possible ? PUSH_TRUE : PUSH_FALSE;
	case NODE_DEVICE:
		/* They have no addresses, and an interface all the same. */
		if (push->query->proto == PROTO_PACKET || push->query->proto == PROTO_XDP)
			return PUSH_TRUE;
		__attribute__((fallthrough));
	case NODE_PORT:
	case NODE_ADDR:
		if (!proto_has_addresses(push->query->proto))
			return leaf->negated ? PUSH_TRUE : PUSH_FALSE;
		break;
	default:
		break;
	}
	/* SMC does not look at what it is asked. */
	if (!proto_has_addresses(push->query->proto) || push->query->proto == PROTO_SMC)
		return PUSH_TRUE;
	return push_inet_leaf(push, leaf);
}
