/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Terms about fields of the field table. What a field is compared with is checked by its type, so
 * that a unit or an operator that makes no sense is an error instead of an empty answer.
 */
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "filter/parser.h"

/* A field's term on its way. */
struct field_term {
	struct parser *parser;
	struct node leaf;
	struct lex_token op_at, value; /* the value's text is in parser->lex */
	bool negated;
};

static bool is_named(const struct field *field, const char *name)
{
	return strcmp(field->name, name) == 0;
}

/* A comparison with a part of a unit: the numbers that are on the same side of it. */
static void round_number(struct node *leaf)
{
	switch (leaf->op) {
	case OP_GE:
		leaf->op = OP_GT;
		break;
	case OP_LT:
		leaf->op = OP_LE;
		break;
	case OP_EQ: /* none of them */
		leaf->op = OP_LT;
		leaf->number = 0;
		break;
	case OP_NE: /* all of them */
		leaf->op = OP_GE;
		leaf->number = 0;
		break;
	default:
		break;
	}
}

/* A login name in place of its number. 1: found; 0: there is none; or -EINVAL, told. */
static int find_uid(struct field_term *term)
{
	const struct expr_world *world = term->parser->world;
	const char *name = term->parser->lex.word;
	uint32_t uid;
	int err = world->uid ? world->uid(world->ctx, name, &uid) : -ENOENT;

	if (err == -ENOENT)
		return 0;
	if (err < 0) {
		term->parser->error->is_outage = true;
		return parser_fail(term->parser, &term->value,
				   "the user '%s' cannot be looked up: %s", name, strerror(-err));
	}
	term->leaf.number = uid;
	return 1;
}

static int parse_uint(struct field_term *term, uint32_t *index)
{
	struct parser *parser = term->parser;
	const struct field *field = term->leaf.field;
	const char *text = parser->lex.word;
	bool exact = true;
	int found;

	if (is_named(field, "local_port") || is_named(field, "remote_port")) {
		uint16_t ports[PORT_OF_COUNT] = { 0 };
		/* As sport and dport take it. */
		int err = host_parse_port(parser, &term->value, text + (*text == ':'), ports);

		return err < 0 ? err
			       : host_emit_ports(parser, ports, &term->leaf, term->negated, index);
	}
	switch (number_parse(text, field->unit, &term->leaf.number, &exact)) {
	case NUMBER_GOOD:
		break;
	case NUMBER_TOO_LARGE:
		return parser_fail(parser, &term->value, "this number is too large");
	case NUMBER_BAD_UNIT:
		return parser_fail(parser, &term->value, "%s: expected %s", field->name,
				   number_expected(field->unit));
	case NUMBER_BAD:
		found = is_named(field, "uid") ? find_uid(term) : 0;
		if (found > 0)
			break;
		if (found < 0)
			return found;
		return parser_fail(parser, &term->value, "%s: expected %s", field->name,
				   is_named(field, "uid")
					   ? "a number or the name of a user; there is "
					     "none of this name"
					   : number_expected(field->unit));
	}
	if (!exact)
		round_number(&term->leaf);
	return parser_leaf(parser, &term->leaf, term->negated, index);
}

/* The protocol and the family of a socket are those of its table, which is known before anything
 * is listed. */
static int emit_tables(struct field_term *term, uint32_t *index)
{
	struct node tables = { .kind = NODE_TABLE };

	for (unsigned int i = 0; i < TABLE_COUNT; i++) {
		struct sock sock = table_sock(i);

		if (node_matches(term->parser->expr, &term->leaf, &sock))
			tables.mask |= table_bit(sock.proto, sock.family);
	}
	if (!tables.mask && term->leaf.op == OP_EQ)
		return parser_fail(
			term->parser, &term->value, "expected %s",
			is_named(term->leaf.field, "family")
				? "inet, inet6, unix, packet, netlink, vsock and so on"
				: "tcp, sctp, udp, udplite, raw, unix, mptcp, dccp, ping, "
				  "smc, packet, netlink, vsock, tipc, xdp, bluetooth, "
				  "kcm, key, phonet, pppoe, can or l2tp");
	return parser_leaf(term->parser, &tables, term->negated, index);
}

/* Whether the word is among those that the field can be. */
static bool is_possible(const struct field *field, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = field->words; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == len && strncasecmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static int parse_text(struct field_term *term, uint32_t *index)
{
	struct parser *parser = term->parser;
	const struct field *field = term->leaf.field;
	bool glob = term->leaf.op == OP_MATCH || term->leaf.op == OP_NO_MATCH;
	int err;

	if (is_named(field, "user") && !glob) {
		term->leaf.field = field_find("uid", strlen("uid"));
		err = term->leaf.field ? find_uid(term) : 0;
		if (err)
			return err < 0 ? err
				       : parser_leaf(parser, &term->leaf, term->negated, index);
		if (term->leaf.field)
			return parse_uint(term, index);
		term->leaf.field = field;
	}
	if (field->words && !glob && !is_possible(field, parser->lex.word))
		return parser_fail(parser, &term->value, "%s: expected one of %s", field->name,
				   field->words);
	err = node_add_text(parser->expr, &term->leaf,
			    glob ? parser->lex.pattern : parser->lex.word,
			    glob ? parser->lex.pattern_len : parser->lex.word_len);
	if (err < 0)
		return err;
	if (is_named(field, "proto") || is_named(field, "family"))
		return emit_tables(term, index);
	return parser_leaf(parser, &term->leaf, term->negated, index);
}

static int parse_bool(struct field_term *term, uint32_t *index)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
	struct parser *parser = term->parser;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(parser->lex.word, words[i]) != 0)
			continue;
		term->leaf.number = i % 2;
		return parser_leaf(parser, &term->leaf, term->negated, index);
	}
	return parser_fail(parser, &term->value, "%s: expected true or false",
			   term->leaf.field->name);
}

static int parse_address(struct field_term *term, uint32_t *index)
{
	struct parser *parser = term->parser;
	struct host host = { .prefix = UINT8_MAX };
	char *text = parser->lex.word;
	size_t n = parser->lex.word_len;
	int err;

	/* [::1], as src and dst take it. */
	if (n > 1 && text[0] == '[' && text[n - 1] == ']') {
		text[n - 1] = '\0';
		text++;
	}
	err = host_parse_address(parser, &term->value, text, 0, &host);
	if (err < 0)
		return err;
	return host_emit_addresses(parser, &host, &term->leaf, term->negated, index);
}

/* Which operators a type has. */
static const char *check_operator(const struct field_term *term)
{
	enum node_op op = term->leaf.op;
	bool in = term->op_at.kind == LEX_IN;

	switch (term->leaf.field->type) {
	case FIELD_UINT:
		return !in && op <= OP_LE ? NULL : "=, !=, <, <=, > or >=";
	case FIELD_TEXT:
	case FIELD_WORD:
		return !in && (op <= OP_NE || op >= OP_MATCH) ? NULL : "=, !=, ~ or !~";
	case FIELD_ADDR:
		return op <= OP_NE ? NULL : "=, != or in";
	case FIELD_BOOL:
		return !in && op <= OP_NE ? NULL : "= or !=";
	case FIELD_OWNERS:
		break;
	}
	return "nothing behind this field: compare pid or program";
}

static int parse_value(struct field_term *term, uint32_t *index)
{
	switch (term->leaf.field->type) {
	case FIELD_UINT:
		return parse_uint(term, index);
	case FIELD_TEXT:
	case FIELD_WORD:
		return parse_text(term, index);
	case FIELD_ADDR:
		return parse_address(term, index);
	case FIELD_BOOL:
	case FIELD_OWNERS:
		break;
	}
	return parse_bool(term, index);
}

int field_term_parse(struct parser *parser, const struct field *field,
		     const struct lex_token *token, bool negated, uint32_t *index)
{
	struct field_term term = {
		.parser = parser,
		.leaf = { .kind = NODE_FIELD, .field = field },
		.negated = negated,
	};
	const char *expected;
	enum node_op op;
	char what[64];
	int err;

	(void)token;
	parser_operator(parser, &op, &term.op_at);
	term.leaf.op = (uint8_t)op;
	if (op == OP_KNOWN && field->type == FIELD_BOOL) {
		term.leaf.op = OP_EQ;
		term.leaf.number = 1;
		return parser_leaf(parser, &term.leaf, negated, index);
	}
	if (op == OP_KNOWN) {
		parser->bare = true;
		return parser_leaf(parser, &term.leaf, negated, index);
	}
	expected = check_operator(&term);
	if (expected)
		return parser_fail(parser, &term.op_at, "%s: expected %s", field->name, expected);
	snprintf(what, sizeof(what), "a value for %s", field->name);
	err = parser_value(parser, op, what, &term.value);
	return err < 0 ? err : parse_value(&term, index);
}
