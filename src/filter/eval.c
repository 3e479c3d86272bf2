/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a socket matches an expression: a walk over the tree in its own order, without a stack.
 * A fact that is not known fails every comparison; node.h says why negation needs no step here.
 */
#include <string.h>
#include <sys/socket.h>

#include "filter/expr.h"
#include "filter/glob.h"
#include "filter/node.h"
#include "model/facts.h"

static bool compare_number(enum node_op op, uint64_t value, uint64_t with)
{
	switch (op) {
	case OP_EQ:
		return value == with;
	case OP_NE:
		return value != with;
	case OP_GT:
		return value > with;
	case OP_LT:
		return value < with;
	case OP_GE:
		return value >= with;
	case OP_LE:
		return value <= with;
	default:
		return false;
	}
}

static bool is_inet(const struct sock *sock)
{
	return sock->family == AF_INET || sock->family == AF_INET6;
}

static bool in_prefix(const uint8_t *addr, const uint8_t *prefix, unsigned int bits)
{
	unsigned int rest = bits % 8;

	if (memcmp(addr, prefix, bits / 8) != 0)
		return false;
	return rest == 0 || ((addr[bits / 8] ^ prefix[bits / 8]) & (0xff00 >> rest) & 0xff) == 0;
}

/* Families are families: no IPv4 prefix is compared with the first bytes of an IPv6 address. */
static bool match_addr(const struct node *leaf, unsigned int family, const struct endpoint *end)
{
	const uint8_t *addr = end->addr.bytes;

	if (leaf->addr.ifindex && leaf->addr.ifindex != end->ifindex)
		return false;
	if (family != leaf->addr.family) {
		if (leaf->addr.family != AF_INET || !addr_is_v4mapped(&end->addr))
			return false;
		addr += 12;
	}
	return in_prefix(addr, leaf->addr.addr.bytes, leaf->addr.prefix);
}

/* An association of SCTP has several addresses at each end, and any of them will do. */
static bool match_ends(const struct node *leaf, const struct sock *sock)
{
	const struct endpoint *list = leaf->remote ? sock->remote_addrs : sock->local_addrs;
	size_t n = leaf->remote ? sock->n_remote_addrs : sock->n_local_addrs;
	bool found = match_addr(leaf, sock->family, leaf->remote ? &sock->remote : &sock->local);

	for (size_t i = 0; !found && i < n; i++)
		found = match_addr(leaf, sock->family, &list[i]);
	return is_inet(sock) && found == (leaf->op == OP_EQ);
}

static bool match_port(const struct node *leaf, const struct sock *sock)
{
	uint16_t port = leaf->remote ? sock->remote.port : sock->local.port;

	return is_inet(sock) && compare_number(leaf->op, port, leaf->number);
}

static bool match_name(const struct expr *expr, const struct node *leaf, const struct sock *sock)
{
	uint8_t kind = leaf->remote ? sock->peer_name_kind : sock->name_kind;
	struct glob_subject subject = {
		.data = leaf->remote ? sock->peer_name : sock->name,
		.len = leaf->remote ? sock->peer_name_len : sock->name_len,
		.at = kind == UNIX_ABSTRACT,
	};

	if (sock->family != AF_UNIX)
		return false;
	if (kind == UNIX_UNNAMED)
		subject.len = 0;
	return glob_match(expr->strings + leaf->text.start, leaf->text.len, &subject, true) ==
	       (leaf->op == OP_EQ);
}

static bool match_inode(const struct node *leaf, const struct sock *sock)
{
	bool known = leaf->remote ? (sock->has & SOCK_HAS_PEER) && sock->peer_inode
				  : (sock->has & SOCK_HAS_INODE) != 0;

	if (sock->family != AF_UNIX || !known)
		return false;
	return compare_number(leaf->op, leaf->remote ? sock->peer_inode : sock->inode,
			      leaf->number);
}

static bool match_mark(const struct node *leaf, const struct sock *sock)
{
	if (!sock->facts || !(sock->facts->has & FACT_MARK))
		return false;
	return compare_number(leaf->op, sock->facts->mark & leaf->mark.mask, leaf->mark.value);
}

/* The kernel names an unbound UNIX socket itself: '@' and five hexadecimal digits. */
static bool is_autobound_name(const struct sock *sock)
{
	if (sock->name_kind == UNIX_UNNAMED)
		return true;
	if (sock->name_kind != UNIX_ABSTRACT || sock->name_len != 5)
		return false;
	for (size_t i = 0; i < 5; i++)
		if (!memchr("0123456789abcdef", sock->name[i], 16))
			return false;
	return true;
}

static bool is_autobound(const struct expr *expr, const struct sock *sock)
{
	uint16_t port = sock->local.port;

	if (sock->family == AF_UNIX)
		return is_autobound_name(sock);
	if (!is_inet(sock) || sock->proto == PROTO_RAW)
		return false;
	if (port == 0 || port < expr->port_low || port > expr->port_high)
		return false;
	/* What a listener accepted has the listener's port. */
	return sock->proto != PROTO_TCP || sock->listening || !expr->is_served ||
	       !expr->is_served(expr->served_ctx, port);
}

static bool match_text(const struct expr *expr, const struct node *leaf, const struct value *value)
{
	const char *text = expr->strings + leaf->text.start;
	bool is_word = value->type == FIELD_WORD;
	bool is_name = !is_word && value->text.kind != UNIX_UNNAMED;
	struct glob_subject subject = { .nul_is_blank = !is_name };

	subject.data = is_word ? (const uint8_t *)value->word : value->text.data;
	subject.len = is_word ? strlen(value->word) : value->text.len;
	subject.at = is_name && value->text.kind == UNIX_ABSTRACT;
	/* A list of arguments ends with a NUL. */
	if (!is_name && subject.len && subject.data[subject.len - 1] == '\0')
		subject.len--;
	if (leaf->op == OP_MATCH || leaf->op == OP_NO_MATCH)
		return glob_match(text, leaf->text.len, &subject, is_word);
	return glob_is_equal(text, leaf->text.len, &subject, is_word);
}

static bool match_value(const struct expr *expr, const struct node *leaf, const struct value *value,
			enum node_op op)
{
	switch (value->type) {
	case FIELD_WORD:
	case FIELD_TEXT:
		return match_text(expr, leaf, value);
	case FIELD_UINT:
		return compare_number(op, value->number, leaf->number);
	case FIELD_BOOL:
		return value->flag == (leaf->number != 0);
	case FIELD_ADDR:
		return match_addr(leaf, value->addr.family, value->addr.end);
	case FIELD_OWNERS:
		break;
	}
	return false;
}

/* How many values a field may have of this socket; some of them may be unknown. A list ends at the
 * first one. */
static uint32_t count_values(const struct field *field, const struct sock *sock)
{
	uint32_t n = sock->n_owners;

	if (field->list)
		return UINT32_MAX;
	if (!field->many)
		return 1;
	if (n < sock->n_local_addrs)
		n = sock->n_local_addrs;
	return n < sock->n_remote_addrs ? sock->n_remote_addrs : n;
}

/* Any of the values will do; "!=" and "!~" want that none is equal. */
static bool match_field(const struct expr *expr, const struct node *leaf, const struct sock *sock)
{
	bool differs = leaf->op == OP_NE || leaf->op == OP_NO_MATCH;
	enum node_op op = leaf->op == OP_NE ? OP_EQ : leaf->op;
	uint32_t n = count_values(leaf->field, sock);
	bool known = false;

	for (uint32_t i = 0; i < n; i++) {
		VALUE_UNCLEARED struct value value;

		if (!field_get(leaf->field, sock, i, &value)) {
			if (leaf->field->list)
				break;
			continue;
		}
		known = true;
		if (op == OP_KNOWN || match_value(expr, leaf, &value, op))
			return !differs;
	}
	return known && differs;
}

bool node_matches(const struct expr *expr, const struct node *leaf, const struct sock *sock)
{
	if (leaf->field)
		return match_field(expr, leaf, sock);
	switch (leaf->kind) {
	case NODE_TABLE:
		return table_bit(sock->proto, sock->family) & leaf->mask;
	case NODE_STATE:
		return state_bit(sock) & leaf->mask;
	case NODE_PORT:
		return match_port(leaf, sock);
	case NODE_ADDR:
		return match_ends(leaf, sock);
	case NODE_NAME:
		return match_name(expr, leaf, sock);
	case NODE_INODE:
		return match_inode(leaf, sock);
	case NODE_DEVICE:
		return (sock->has & SOCK_HAS_IFINDEX) &&
		       compare_number(leaf->op, sock->local.ifindex, leaf->number);
	case NODE_MARK:
		return match_mark(leaf, sock);
	case NODE_CGROUP:
		return (sock->has & SOCK_HAS_CGROUP) &&
		       compare_number(leaf->op, sock->cgroup_id, leaf->number);
	case NODE_AUTOBOUND:
		return is_autobound(expr, sock);
	default:
		return false;
	}
}

static uint32_t first_leaf(const struct expr *expr, uint32_t i)
{
	while (node_is_group(&expr->nodes[i]))
		i = expr->nodes[i].group.first;
	return i;
}

/* What sock_diag alone tells. */
static const uint32_t diag_needs = NEED_TCP_INFO | NEED_FACTS | NEED_SKMEM | NEED_CONGESTION |
				   NEED_CC_INFO | NEED_TOS | NEED_TCLASS;

/* Only a row of /proc/net has no cookie. */
static bool is_from_proc(const struct sock *sock)
{
	return is_inet(sock) && !(sock->has & SOCK_HAS_COOKIE);
}

/* Marks are told of every Internet socket, or of none to those without CAP_NET_ADMIN, and with them
 * what else is theirs. */
static bool hides_marks(const struct sock *sock)
{
	return is_inet(sock) && sock->facts && !(sock->facts->has & FACT_MARK);
}

static bool is_known(const struct expr *expr, const struct field *field, const struct sock *sock)
{
	return match_field(expr, &(struct node){ .field = field, .op = OP_KNOWN }, sock);
}

/* Whether it was kept from us whether the leaf is true of this socket. */
static bool is_hidden(const struct expr *expr, const struct node *leaf, const struct sock *sock,
		      uint32_t unseen)
{
	const struct field *field = leaf->field;

	if (node_needs(leaf) & unseen)
		return true;
	if (field && (field->needs & NEED_OWNERS))
		return field->root && sock->owners_hidden;
	if ((leaf->kind == NODE_MARK || (field && field->root)) && hides_marks(sock))
		return !field || !is_known(expr, field, sock);
	if (!is_from_proc(sock))
		return false;
	if (!field)
		return leaf->kind == NODE_MARK || leaf->kind == NODE_CGROUP ||
		       leaf->kind == NODE_DEVICE;
	if (field->needs & diag_needs)
		return true;
	return field->diag && !is_known(expr, field, sock);
}

/* Whether there is anything to be hidden of a row at all: asked first, for it is cheap. */
static bool may_hide(const struct sock *sock, uint32_t unseen)
{
	return unseen || sock->owners_hidden || hides_marks(sock) || is_from_proc(sock);
}

/* What leaves are that cannot be decided. */
enum unknown_leaves {
	UNKNOWN_IS_ABSENT, /* as if there were no such fact */
	UNKNOWN_IS_TRUE,
	UNKNOWN_IS_FALSE,
};

static bool is_leaf_true(const struct expr *expr, const struct node *leaf, const struct sock *sock,
			 uint32_t missing, enum unknown_leaves unknown)
{
	if (unknown == UNKNOWN_IS_ABSENT && missing && (node_needs(leaf) & missing))
		return true;
	if (unknown != UNKNOWN_IS_ABSENT && is_hidden(expr, leaf, sock, missing))
		return unknown == UNKNOWN_IS_TRUE;
	return node_matches(expr, leaf, sock) != leaf->negated;
}

/* missing: needs whose leaves may be true (UNKNOWN_IS_ABSENT), or whose facts were not to be had.
 */
static bool evaluate(const struct expr *expr, const struct sock *sock, uint32_t missing,
		     enum unknown_leaves unknown)
{
	uint32_t i, parent;
	bool is_true;

	if (expr->n_nodes == 0)
		return true;
	for (i = first_leaf(expr, (uint32_t)expr->n_nodes - 1);;) {
		is_true = is_leaf_true(expr, &expr->nodes[i], sock, missing, unknown);
		/* Up, as long as this settles the group or ends it. */
		while ((parent = expr->nodes[i].parent) != NODE_NONE) {
			bool settled = is_true == (expr->nodes[parent].kind == NODE_OR);

			if (!settled && expr->nodes[i].next != NODE_NONE)
				break;
			i = parent;
		}
		if (parent == NODE_NONE)
			return is_true;
		i = first_leaf(expr, expr->nodes[i].next);
	}
}

bool expr_may_match(const struct expr *expr, const struct sock *sock, uint32_t missing)
{
	return evaluate(expr, sock, missing,
			may_hide(sock, 0) ? UNKNOWN_IS_TRUE : UNKNOWN_IS_ABSENT);
}

bool expr_matches(const struct expr *expr, const struct sock *sock)
{
	return evaluate(expr, sock, 0, UNKNOWN_IS_ABSENT);
}

bool expr_is_undecided(const struct expr *expr, const struct sock *sock, uint32_t unseen)
{
	if (!may_hide(sock, unseen))
		return false;
	return evaluate(expr, sock, unseen, UNKNOWN_IS_TRUE) !=
	       evaluate(expr, sock, unseen, UNKNOWN_IS_FALSE);
}

uint32_t node_needs(const struct node *leaf)
{
	const struct field *field = leaf->field;

	if (field)
		return field->needs |
		       (field->many && (field->needs & NEED_OWNERS) ? NEED_ALL_OWNERS : 0);
	if (leaf->kind == NODE_MARK)
		return NEED_FACTS;
	if (leaf->kind == NODE_CGROUP)
		return NEED_HOLDER;
	return leaf->kind == NODE_NAME && leaf->remote ? NEED_PEER_NAME : 0;
}

uint32_t expr_needs(const struct expr *expr)
{
	uint32_t needs = 0;

	for (size_t i = 0; i < expr->n_nodes; i++)
		if (!node_is_group(&expr->nodes[i]))
			needs |= node_needs(&expr->nodes[i]);
	return needs;
}

bool expr_is_cheap(const struct expr *expr)
{
	return !(expr_needs(expr) & EXPR_LATE_NEEDS);
}

bool expr_names_state(const struct expr *expr)
{
	return expr->names_state;
}

bool expr_names_bound(const struct expr *expr)
{
	return expr->names_bound;
}
