/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An expression as text, in one canonical form that parses to the same tree. What was looked up
 * (hosts, services, users, interfaces) is written as the number that was found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/num.h"
#include "filter/expr.h"
#include "filter/node.h"

struct text {
	char *data;
	size_t len, cap;
	bool failed; /* no memory */
};

static void put(struct text *text, const char *data, size_t n)
{
	void *grown = text->data;

	if (text->failed || array_grow(&grown, &text->cap, text->len + n + 1, 1) < 0) {
		text->failed = true;
		return;
	}
	text->data = grown;
	if (n)
		memcpy(text->data + text->len, data, n);
	text->len += n;
	text->data[text->len] = '\0';
}

static void put_str(struct text *text, const char *data)
{
	put(text, data, strlen(data));
}

static void put_number(struct text *text, uint64_t number)
{
	char digits[20];

	put(text, digits, num_format_u64(digits, number));
}

/* In single quotes, where nothing is special; a single quote itself goes into double ones. */
static void put_quoted(struct text *text, const char *data, size_t n)
{
	size_t from = 0;

	put_str(text, "'");
	for (size_t i = 0; i < n; i++) {
		if (data[i] != '\'')
			continue;
		put(text, data + from, i - from);
		put_str(text, "'\"'\"'");
		from = i + 1;
	}
	put(text, data + from, n - from);
	put_str(text, "'");
}

static void put_op(struct text *text, const struct node *leaf)
{
	static const char *const ops[] = {
		[OP_KNOWN] = "",  [OP_EQ] = " = ",    [OP_NE] = " != ",
		[OP_GT] = " > ",  [OP_LT] = " < ",    [OP_GE] = " >= ",
		[OP_LE] = " <= ", [OP_MATCH] = " ~ ", [OP_NO_MATCH] = " !~ ",
	};

	put_str(text, ops[leaf->op]);
}

static void put_or(struct text *text, bool *first)
{
	put_str(text, *first ? "( " : " or ");
	*first = false;
}

static void put_states(struct text *text, uint32_t mask)
{
	const char *name = state_name(mask);
	bool first = true;

	if (name || mask == 0) {
		put_str(text, name ? "state " : "not state all");
		put_str(text, name ? name : "");
		return;
	}
	for (int bit = 0; bit < 32; bit++) {
		name = mask & 1u << bit ? state_name(1u << bit) : NULL;
		if (!name)
			continue;
		put_or(text, &first);
		put_str(text, "state ");
		put_str(text, name);
	}
	put_str(text, " )");
}

/* What a field that depends on the table alone says of a table. */
static const char *table_word(const char *field_name, unsigned int number)
{
	const struct field *field = field_find(field_name, strlen(field_name));
	const struct sock sock = table_sock(number);
	struct value value;

	return field && field_get(field, &sock, 0, &value) ? value.word : "";
}

/* The tables of which a field says what it says of one of them, if mask has them all. */
static bool put_whole(struct text *text, const char *field_name, unsigned int number,
		      uint64_t *mask, bool *first)
{
	const char *word = table_word(field_name, number);
	uint64_t whole = 0;

	for (unsigned int i = 0; i < TABLE_COUNT; i++) {
		const struct sock sock = table_sock(i);

		if (strcmp(table_word(field_name, i), word) == 0)
			whole |= table_bit(sock.proto, sock.family);
	}
	if ((*mask & whole) != whole)
		return false;
	put_or(text, first);
	put_str(text, field_name);
	put_str(text, " = ");
	put_str(text, word);
	*mask &= ~whole;
	return true;
}

static void put_tables(struct text *text, uint64_t mask)
{
	bool first = true;

	if (mask == 0) {
		put_str(text, "( proto = tcp and proto = udp )");
		return;
	}
	for (unsigned int i = 0; i < TABLE_COUNT; i++) {
		if (!(mask & UINT64_C(1) << i) || put_whole(text, "family", i, &mask, &first) ||
		    put_whole(text, "proto", i, &mask, &first))
			continue;
		put_or(text, &first);
		put_str(text, "proto = ");
		put_str(text, table_word("proto", i));
		put_str(text, " and family = ");
		put_str(text, table_word("family", i));
	}
	put_str(text, " )");
}

static void put_addr(struct text *text, const struct node *leaf)
{
	char addr[ADDR_TEXT_MAX];
	bool v6 = leaf->addr.family == AF_INET6;

	put(text, addr,
	    v6 ? addr_format_v6(addr, leaf->addr.addr.bytes)
	       : addr_format_v4(addr, leaf->addr.addr.bytes));
	if (leaf->addr.ifindex) {
		put_str(text, "%");
		put_number(text, leaf->addr.ifindex);
	}
	if (leaf->addr.prefix != (v6 ? 128 : 32)) {
		put_str(text, "/");
		put_number(text, leaf->addr.prefix);
	}
}

/* A number with its unit where without one it would be taken for a plain count. */
static void put_amount(struct text *text, const struct field *field, uint64_t number)
{
	put_number(text, number);
	if (field->unit == UNIT_US || field->unit == UNIT_MS || field->unit == UNIT_SECONDS)
		put_str(text, field_unit_name(field->unit));
}

static void put_field(struct text *text, const struct expr *expr, const struct node *leaf)
{
	put_str(text, leaf->field->name);
	put_op(text, leaf);
	if (leaf->op == OP_KNOWN)
		return;
	switch (leaf->field->type) {
	case FIELD_WORD:
	case FIELD_TEXT:
		put_quoted(text, expr->strings + leaf->text.start, leaf->text.len);
		break;
	case FIELD_UINT:
		put_amount(text, leaf->field, leaf->number);
		break;
	case FIELD_BOOL:
		put_str(text, leaf->number ? "true" : "false");
		break;
	case FIELD_ADDR:
		put_addr(text, leaf);
		break;
	case FIELD_OWNERS:
		break;
	}
}

static void put_mark(struct text *text, const struct node *leaf)
{
	char mark[32];
	int n = snprintf(mark, sizeof(mark), "0x%x/0x%x", (unsigned int)leaf->mark.value,
			 (unsigned int)leaf->mark.mask);

	put(text, mark, (size_t)n);
}

static void put_leaf(struct text *text, const struct expr *expr, const struct node *leaf)
{
	static const char *const words[][2] = {
		[NODE_PORT] = { "sport", "dport" },  [NODE_ADDR] = { "src", "dst" },
		[NODE_NAME] = { "src", "dst" },      [NODE_INODE] = { "sport", "dport" },
		[NODE_DEVICE] = { "dev", "" },       [NODE_MARK] = { "fwmark", "" },
		[NODE_CGROUP] = { "cgroup_id", "" }, [NODE_AUTOBOUND] = { "autobound", "" },
	};

	if (leaf->negated)
		put_str(text, "not ");
	if (leaf->kind == NODE_TABLE)
		put_tables(text, leaf->mask);
	else if (leaf->kind == NODE_STATE)
		put_states(text, (uint32_t)leaf->mask);
	else if (leaf->field)
		put_field(text, expr, leaf);
	if (leaf->kind == NODE_TABLE || leaf->kind == NODE_STATE || leaf->field)
		return;
	put_str(text, words[leaf->kind][leaf->remote]);
	put_op(text, leaf);
	if (leaf->kind == NODE_NAME || leaf->kind == NODE_INODE)
		put_str(text, "unix:");
	if (leaf->kind == NODE_NAME)
		put_quoted(text, expr->strings + leaf->text.start, leaf->text.len);
	else if (leaf->kind == NODE_ADDR)
		put_addr(text, leaf);
	else if (leaf->kind == NODE_MARK)
		put_mark(text, leaf);
	else if (leaf->kind != NODE_AUTOBOUND)
		put_number(text, leaf->number);
}

/* From a node that has been written up to the groups it ends, and to the next one. Returns that, or
 * NODE_NONE. */
static uint32_t step_on(struct text *text, const struct expr *expr, uint32_t i)
{
	while (expr->nodes[i].next == NODE_NONE) {
		i = expr->nodes[i].parent;
		if (i == NODE_NONE)
			return NODE_NONE;
		if (expr->nodes[i].parent != NODE_NONE)
			put_str(text, " )");
	}
	put_str(text, expr->nodes[expr->nodes[i].parent].kind == NODE_AND ? " and " : " or ");
	return expr->nodes[i].next;
}

char *expr_print(const struct expr *expr)
{
	struct text text = { .data = NULL };
	uint32_t i = expr->n_nodes ? (uint32_t)expr->n_nodes - 1 : NODE_NONE;

	put(&text, "", 0);
	while (i != NODE_NONE) {
		const struct node *node = &expr->nodes[i];

		if (node_is_group(node)) {
			if (node->parent != NODE_NONE)
				put_str(&text, "( ");
			i = node->group.first;
			continue;
		}
		put_leaf(&text, expr, node);
		i = step_on(&text, expr, i);
	}
	if (text.failed) {
		free(text.data);
		return NULL;
	}
	return text.data;
}
