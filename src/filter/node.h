/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an expression is made of; for src/filter only.
 *
 * Nodes lie in one array, children before their parents, the root last, and point to each other by
 * index: every walk is a loop, and no depth of nesting needs a stack. There is no node for "not":
 * it is pushed down to the leaves while they are made (De Morgan), so that over-approximating a
 * leaf, as pushdown and expr_may_match() do, over-approximates the whole.
 */
#ifndef LSSOCK_FILTER_NODE_H
#define LSSOCK_FILTER_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/addr.h"
#include "model/field.h"
#include "model/sock.h"

#define NODE_NONE UINT32_MAX

enum node_kind {
	NODE_DEAD, /* was merged into another one */
	NODE_AND,
	NODE_OR,
	/* Leaves. The first two are never negated: their masks are turned around instead. */
	NODE_TABLE,  /* the socket is of one of these tables: table_bit() in mask */
	NODE_STATE,  /* its state is one of these: state_bit() in mask */
	NODE_PORT,   /* of an Internet socket, 0 for none */
	NODE_ADDR,   /* of an Internet socket */
	NODE_NAME,   /* UNIX: a glob, letters in both cases; unnamed: the empty name */
	NODE_INODE,  /* UNIX: of this end, or of the other one */
	NODE_DEVICE, /* bound to that interface */
	NODE_MARK,   /* (mark & mark.mask) == mark.value */
	NODE_CGROUP, /* number: its id */
	NODE_AUTOBOUND,
	NODE_FIELD, /* known when op is OP_KNOWN, else compared by its type */
};

enum node_op {
	OP_KNOWN,
	OP_EQ,
	OP_NE, /* known, and not equal */
	OP_GT,
	OP_LT,
	OP_GE,
	OP_LE,
	OP_MATCH,
	OP_NO_MATCH, /* known, and no match */
};

struct node {
	uint8_t kind, op;
	bool negated, remote;
	uint32_t parent, next;
	const struct field *field;
	union {
		/* Children: at most one NODE_TABLE and one NODE_STATE, which come first. */
		struct {
			uint32_t first, last, table, state;
		} group;
		uint64_t mask;
		uint64_t number;
		struct {
			uint32_t value, mask;
		} mark;
		struct {
			union inet_addr addr;
			uint32_t ifindex; /* 0: any */
			uint8_t family, prefix;
		} addr;
		struct {
			uint32_t start, len; /* in expr->strings */
		} text;
	};
};

struct expr {
	struct node *nodes;
	size_t n_nodes, cap_nodes;
	char *strings;
	size_t n_strings, cap_strings;
	bool names_state, names_bound;
	uint16_t port_low, port_high; /* for NODE_AUTOBOUND */
	bool (*is_served)(void *ctx, uint16_t port);
	void *served_ctx;
};

/* A group being made. */
struct node_group {
	enum node_kind kind; /* NODE_AND, NODE_OR */
	uint32_t first, last, table, state;
};

/* Appends a leaf and puts its index into *index. 0 or -ENOMEM. */
int node_add(struct expr *expr, const struct node *leaf, uint32_t *index);
/* Keeps n bytes for a leaf's text. 0 or -ENOMEM. */
int node_add_text(struct expr *expr, struct node *leaf, const char *text, size_t n);

/* Groups: an operand is a leaf or a finished group, used once. Groups of the same kind become one,
 * masks of states and tables become one leaf. */
void node_group_begin(struct node_group *group, enum node_kind kind);
void node_group_take(struct expr *expr, struct node_group *group, uint32_t operand);
/* The whole group, or its only operand. 0 or -ENOMEM (also for an empty one). */
int node_group_end(struct expr *expr, struct node_group *group, uint32_t *index);

/* Drops what belongs to no one and sets the parents; root becomes the last node. 0 or -ENOMEM. */
int node_finish(struct expr *expr, uint32_t root);

static inline bool node_is_group(const struct node *node)
{
	return node->kind == NODE_AND || node->kind == NODE_OR;
}

/* Whether a leaf is true of a socket. */
bool node_matches(const struct expr *expr, const struct node *leaf, const struct sock *sock);
/* The costly facts that a leaf needs: NEED_*. */
uint32_t node_needs(const struct node *leaf);

/* --- tables ------------------------------------------------------------------------------------
 */

/* Two places for each protocol: IPv4 and IPv6. Protocols of one family have only the first. */
enum { TABLE_COUNT = 2 * PROTO_COUNT };
_Static_assert((int)TABLE_COUNT <= 64, "a table is a bit of 64");

/*
 * The bit of a table: IPv4 and IPv6 of each protocol that has Internet addresses, and one for each
 * other protocol. Both bits for a table that has rows of both. 0: there is none such.
 */
uint64_t table_bit(unsigned int proto, unsigned int family);
/* A socket of which no more is known than its table's number; the numbers are 0 to TABLE_COUNT - 1,
 * and some of them mean the table before them. */
struct sock table_sock(unsigned int number);
/* All tables of a family: AF_INET, AF_INET6. */
uint64_t table_family(unsigned int family);
/* Those of Internet addresses, and all there are. */
uint64_t table_inet(void);
uint64_t table_all(void);

/* --- states ------------------------------------------------------------------------------------
 */

#define STATE_OTHER (1u << 31) /* numbers that have no name */
/* TCP's as it numbers them, BOUND_INACTIVE (13), what is SCTP's alone, from bit 16, and DCCP's,
 * from bit 24. */
#define STATES_ALL (TCP_STATES_ALL | 1u << 13 | 0xf6u << 16 | 3u << 24 | STATE_OTHER)

/* The mask of a state's or a group's name: any case, with or without '-' and '_'. 0: no such. */
uint32_t state_find(const char *word);
/* The name of exactly that mask, or NULL. */
const char *state_name(uint32_t mask);
/* The bit of a socket's state. */
uint32_t state_bit(const struct sock *sock);

#endif
