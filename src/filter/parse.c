/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of expressions: "not" binds before "and", "and" before "or"; terms side by side mean
 * "and". Brackets are the only thing that recurses, and EXPR_MAX_DEPTH bounds them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/parser.h"

/* Indexes of 32 bits must do for everything that is made of a text. */
enum { TEXT_MAX = 256 << 20 };

static int parse_or(struct parser *parser, uint32_t first, bool negated, uint32_t *index);

int parser_fail(struct parser *parser, const struct lex_token *at, const char *format, ...)
{
	va_list args;

	parser->error->start = at->start;
	parser->error->len = at->len;
	va_start(args, format);
	vsnprintf(parser->error->message, sizeof(parser->error->message), format, args);
	va_end(args);
	return -EINVAL;
}

int parser_next(struct parser *parser, enum lex_mode mode, struct lex_token *token)
{
	*token = lex_next(&parser->lex, mode);
	if (token->kind == LEX_BAD_QUOTE)
		return parser_fail(parser, token, "a quote is opened here and never closed");
	if (token->kind == LEX_BAD_WORD)
		return parser_fail(parser, token, "a word of more than %d bytes, or with a NUL",
				   LEX_WORD_MAX);
	return 0;
}

int parser_operator(struct parser *parser, enum node_op *op, struct lex_token *at)
{
	static const enum node_op ops[] = {
		[LEX_EQ] = OP_EQ, [LEX_NE] = OP_NE,       [LEX_GT] = OP_GT,
		[LEX_LT] = OP_LT, [LEX_GE] = OP_GE,       [LEX_LE] = OP_LE,
		[LEX_IN] = OP_EQ, [LEX_MATCH] = OP_MATCH, [LEX_NO_MATCH] = OP_NO_MATCH,
	};
	size_t pos = parser->lex.pos;

	*op = OP_KNOWN;
	/* What is no operator may be a value, which is read by other rules. */
	*at = lex_next(&parser->lex, LEX_NAME);
	if (at->kind < sizeof(ops) / sizeof(ops[0]))
		*op = ops[at->kind];
	if (*op == OP_KNOWN)
		parser->lex.pos = pos;
	return 0;
}

int parser_value(struct parser *parser, enum node_op op, const char *what, struct lex_token *token)
{
	const struct lex *lex = &parser->lex;
	int err = parser_next(parser, LEX_VALUE, token);

	if (err < 0)
		return err;
	if (token->kind != LEX_WORD)
		return parser_fail(parser, token, "expected %s", what);
	if (op == OP_KNOWN &&
	    (lex_is(lex, token, "and") || lex_is(lex, token, "or") || lex_is(lex, token, "not")))
		return parser_fail(parser, token, "expected %s", what);
	return 0;
}

int parser_leaf(struct parser *parser, const struct node *leaf, bool negated, uint32_t *index)
{
	struct node copy = *leaf;

	if (leaf->kind == NODE_TABLE)
		copy.mask = negated ? table_all() & ~leaf->mask : leaf->mask;
	else if (leaf->kind == NODE_STATE)
		copy.mask = negated ? STATES_ALL & ~leaf->mask : leaf->mask;
	else
		copy.negated = negated;
	return node_add(parser->expr, &copy, index);
}

void parser_group(struct node_group *group, bool all, bool negated)
{
	node_group_begin(group, all != negated ? NODE_AND : NODE_OR);
}

static int parse_brackets(struct parser *parser, const struct lex_token *open, bool negated,
			  uint32_t *index)
{
	struct lex_token token;
	int err;

	if (++parser->depth > EXPR_MAX_DEPTH)
		return parser_fail(parser, open, "more than %d brackets inside each other",
				   EXPR_MAX_DEPTH);
	err = parse_or(parser, NODE_NONE, negated, index);
	if (err == 0)
		err = parser_next(parser, LEX_NAME, &token);
	if (err)
		return err;
	if (token.kind != LEX_CLOSE)
		return parser_fail(parser, &token, "expected )");
	parser->depth--;
	return 0;
}

static int parse_operand(struct parser *parser, bool negated, uint32_t *index)
{
	struct lex_token token;
	int err = parser_next(parser, LEX_NAME, &token);

	while (err == 0 && token.kind == LEX_NOT) {
		negated = !negated;
		err = parser_next(parser, LEX_NAME, &token);
	}
	if (err < 0)
		return err;
	if (token.kind == LEX_OPEN)
		return parse_brackets(parser, &token, negated, index);
	if (token.kind == LEX_END)
		return parser_fail(parser, &token, "expected a condition, such as 'sport = 22'");
	if (token.kind != LEX_WORD)
		return parser_fail(parser, &token, "expected a condition before this");
	return term_parse(parser, &token, negated, index);
}

/* Whether "and" joins what comes next, with or without the word. */
static int more_to_and(struct parser *parser, bool *more)
{
	size_t pos = parser->lex.pos;
	struct lex_token token;
	int err = parser_next(parser, LEX_NAME, &token);

	if (err < 0)
		return err;
	*more = token.kind == LEX_AND || token.kind == LEX_WORD || token.kind == LEX_OPEN ||
		token.kind == LEX_NOT;
	parser->bare = parser->bare && token.kind == LEX_WORD;
	if (token.kind != LEX_AND)
		parser->lex.pos = pos;
	return 0;
}

/* first: an operand that has been parsed already, or NODE_NONE. */
static int parse_and(struct parser *parser, uint32_t first, bool negated, uint32_t *index)
{
	uint32_t operand = first;
	struct node_group group;
	bool more = true;
	int err = 0;

	parser_group(&group, true, negated);
	while (more) {
		if (operand == NODE_NONE)
			err = parse_operand(parser, negated, &operand);
		if (err < 0)
			return err;
		node_group_take(parser->expr, &group, operand);
		operand = NODE_NONE;
		err = more_to_and(parser, &more);
		if (err < 0)
			return err;
	}
	return node_group_end(parser->expr, &group, index);
}

static int parse_or(struct parser *parser, uint32_t first, bool negated, uint32_t *index)
{
	struct node_group group;

	parser_group(&group, false, negated);
	for (;;) {
		struct lex_token token;
		uint32_t operand;
		size_t pos;
		int err = parse_and(parser, first, negated, &operand);

		if (err < 0)
			return err;
		first = NODE_NONE;
		node_group_take(parser->expr, &group, operand);
		pos = parser->lex.pos;
		err = parser_next(parser, LEX_NAME, &token);
		if (err < 0)
			return err;
		if (token.kind == LEX_OR)
			continue;
		parser->lex.pos = pos;
		return node_group_end(parser->expr, &group, index);
	}
}

/*
 * Leading words "state X" and "exclude X" make one set, in their order: the first one says what it
 * begins with. *found: whether there were any.
 */
static int parse_prefix(struct parser *parser, uint64_t *mask, bool *found)
{
	for (*found = false;;) {
		size_t pos = parser->lex.pos;
		struct lex_token token = lex_next(&parser->lex, LEX_NAME);
		bool state = lex_is(&parser->lex, &token, "state");
		bool exclude = lex_is(&parser->lex, &token, "exclude") ||
			       lex_is(&parser->lex, &token, "excl");
		enum node_op op = OP_KNOWN;
		uint64_t more;
		int err;

		if (state || exclude)
			parser_operator(parser, &op, &token);
		if ((!state && !exclude) || op != OP_KNOWN) {
			parser->lex.pos = pos;
			return 0;
		}
		err = term_state_mask(parser, op, &more);
		if (err < 0)
			return err;
		if (!*found)
			*mask = state ? 0 : STATES_ALL;
		*mask = state ? *mask | more : *mask & ~more;
		*found = parser->expr->names_state = true;
	}
}

/* What follows the leading words: they hold for all of it, unless an operator makes them a term. */
static int parse_rest(struct parser *parser, const struct node *states, uint32_t *index)
{
	size_t pos = parser->lex.pos;
	struct node_group group;
	struct lex_token token;
	uint32_t leaf, rest;
	int err = parser_leaf(parser, states, false, &leaf);

	if (err == 0)
		err = parser_next(parser, LEX_NAME, &token);
	if (err)
		return err;
	parser->lex.pos = pos;
	*index = leaf;
	if (token.kind == LEX_END)
		return 0;
	if (token.kind == LEX_AND || token.kind == LEX_OR)
		return parse_or(parser, leaf, false, index);
	err = parse_or(parser, NODE_NONE, false, &rest);
	if (err < 0)
		return err;
	parser_group(&group, true, false);
	node_group_take(parser->expr, &group, leaf);
	node_group_take(parser->expr, &group, rest);
	return node_group_end(parser->expr, &group, index);
}

static int parse_all(struct parser *parser)
{
	struct node states = { .kind = NODE_STATE };
	struct lex_token token;
	uint32_t root;
	bool found;
	int err = parse_prefix(parser, &states.mask, &found);

	if (err < 0)
		return err;
	if (found) {
		err = parse_rest(parser, &states, &root);
	} else {
		size_t pos = parser->lex.pos;

		if (lex_next(&parser->lex, LEX_NAME).kind == LEX_END)
			return 0;
		parser->lex.pos = pos;
		err = parse_or(parser, NODE_NONE, false, &root);
	}
	if (err == 0)
		err = parser_next(parser, LEX_NAME, &token);
	if (err)
		return err;
	if (token.kind == LEX_CLOSE)
		return parser_fail(parser, &token, "this ) closes nothing");
	if (token.kind != LEX_END)
		return parser_fail(parser, &token, "expected and, or, or a condition");
	return node_finish(parser->expr, root);
}

int expr_parse(const char *text, size_t len, const struct expr_world *world, struct expr **out,
	       struct expr_error *error)
{
	struct parser *parser = calloc(1, sizeof(*parser));
	int err = -ENOMEM;

	*out = NULL;
	*error = (struct expr_error){ .start = 0 };
	if (!parser)
		return -ENOMEM;
	parser->lex.text = text;
	parser->lex.len = len;
	parser->world = world;
	parser->error = error;
	parser->expr = calloc(1, sizeof(*parser->expr));
	if (parser->expr && len > TEXT_MAX) {
		snprintf(error->message, sizeof(error->message), "the expression is too long");
		err = -EINVAL;
	} else if (parser->expr) {
		parser->expr->port_low = world->port_low;
		parser->expr->port_high = world->port_high;
		parser->expr->is_served = world->is_served;
		parser->expr->served_ctx = world->ctx;
		err = parse_all(parser);
	}
	if (err == 0)
		*out = parser->expr;
	else
		expr_free(parser->expr);
	free(parser);
	return err;
}

void expr_free(struct expr *expr)
{
	if (!expr)
		return;
	free(expr->nodes);
	free(expr->strings);
	free(expr);
}
