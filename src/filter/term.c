/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terms of ss's language; what begins with no word of theirs begins with a field's name. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "filter/parser.h"

struct term {
	const char *word;
	int (*parse)(struct parser *parser, const struct lex_token *word, bool negated,
		     uint32_t *index);
};

/* An operator that must be = or != where there is one. */
static int parse_equality(struct parser *parser, enum node_op *op)
{
	struct lex_token at;

	parser_operator(parser, op, &at);
	if (*op > OP_NE || at.kind == LEX_IN)
		return parser_fail(parser, &at, "expected = or !=");
	return 0;
}

int term_state_mask(struct parser *parser, enum node_op op, uint64_t *mask)
{
	static const char expected[] =
		"a state, such as established, time-wait, listening or connected";
	struct lex_token token;
	int err = parser_value(parser, op, expected, &token);

	if (err < 0)
		return err;
	*mask = state_find(parser->lex.word);
	if (!*mask)
		return parser_fail(parser, &token, "expected %s", expected);
	/* Named by itself it is looked for, and never else. */
	if (*mask == 1u << TCP_STATE_BOUND_INACTIVE)
		parser->expr->names_bound = true;
	return 0;
}

static int parse_state(struct parser *parser, const struct lex_token *word, bool negated,
		       uint32_t *index)
{
	struct node leaf = { .kind = NODE_STATE };
	size_t pos = parser->lex.pos;
	struct lex_token at;
	enum node_op op;
	int err;

	parser->expr->names_state = true;
	parser_operator(parser, &op, &at);
	if (op == OP_MATCH || op == OP_NO_MATCH) {
		const struct field *field = field_find("state", strlen("state"));

		parser->lex.pos = pos;
		if (field)
			return field_term_parse(parser, field, word, negated, index);
	}
	parser->lex.pos = pos;
	err = parse_equality(parser, &op);
	if (err == 0)
		err = term_state_mask(parser, op, &leaf.mask);
	if (err < 0)
		return err;
	return parser_leaf(parser, &leaf, negated != (op == OP_NE), index);
}

static int parse_exclude(struct parser *parser, const struct lex_token *word, bool negated,
			 uint32_t *index)
{
	struct node leaf = { .kind = NODE_STATE };
	int err = term_state_mask(parser, OP_KNOWN, &leaf.mask);

	(void)word;
	parser->expr->names_state = true;
	return err < 0 ? err : parser_leaf(parser, &leaf, !negated, index);
}

static int parse_host(struct parser *parser, bool remote, bool negated, uint32_t *index)
{
	struct lex_token token;
	enum node_op op;
	int err = parse_equality(parser, &op);

	if (err == 0)
		err = parser_value(parser, op, "an address, such as 10.0.0.0/8 or [::1]:22",
				   &token);
	if (err < 0)
		return err;
	if (op == OP_KNOWN)
		op = OP_EQ;
	return host_term_parse(parser, &token, op, remote, false, negated, index);
}

static int parse_src(struct parser *parser, const struct lex_token *word, bool negated,
		     uint32_t *index)
{
	(void)word;
	return parse_host(parser, false, negated, index);
}

static int parse_dst(struct parser *parser, const struct lex_token *word, bool negated,
		     uint32_t *index)
{
	(void)word;
	return parse_host(parser, true, negated, index);
}

static int parse_port(struct parser *parser, bool remote, bool negated, uint32_t *index)
{
	struct lex_token token;
	enum node_op op;
	int err;

	parser_operator(parser, &op, &token);
	if (op > OP_LE || token.kind == LEX_IN)
		return parser_fail(parser, &token, "expected =, !=, <, <=, > or >=");
	err = parser_value(parser, op, "a port, such as 22 or :ssh", &token);
	if (err < 0)
		return err;
	if (op == OP_KNOWN)
		op = OP_EQ;
	return host_term_parse(parser, &token, op, remote, true, negated, index);
}

static int parse_sport(struct parser *parser, const struct lex_token *word, bool negated,
		       uint32_t *index)
{
	(void)word;
	return parse_port(parser, false, negated, index);
}

static int parse_dport(struct parser *parser, const struct lex_token *word, bool negated,
		       uint32_t *index)
{
	(void)word;
	return parse_port(parser, true, negated, index);
}

static int parse_dev(struct parser *parser, const struct lex_token *word, bool negated,
		     uint32_t *index)
{
	static const char expected[] = "the name or the number of an interface";
	const struct expr_world *world = parser->world;
	struct node leaf = { .kind = NODE_DEVICE };
	struct lex_token token;
	enum node_op op;
	int err = parse_equality(parser, &op);

	(void)word;
	if (err == 0)
		err = parser_value(parser, op, expected, &token);
	if (err < 0)
		return err;
	leaf.op = op == OP_NE ? OP_NE : OP_EQ;
	if (!num_parse_u64(parser->lex.word, parser->lex.word_len, UINT32_MAX, &leaf.number) &&
	    world->ifindex)
		leaf.number = world->ifindex(world->ctx, parser->lex.word);
	if (leaf.number == 0 && world->many_netns)
		return parser_fail(parser, &token,
				   "every network namespace has its own interfaces: with "
				   "--all-netns write interface = %.16s",
				   parser->lex.word);
	if (leaf.number == 0)
		return parser_fail(parser, &token, "expected %s; there is none such", expected);
	return parser_leaf(parser, &leaf, negated, index);
}

/* Decimal or 0x and hexadecimal. */
static bool parse_u32(const char *text, size_t n, uint32_t *out)
{
	uint64_t number;
	bool hex = n > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	if (!(hex ? num_parse_hex(text + 2, n - 2, UINT32_MAX, &number)
		  : num_parse_u64(text, n, UINT32_MAX, &number)))
		return false;
	*out = (uint32_t)number;
	return true;
}

static int parse_fwmark(struct parser *parser, const struct lex_token *word, bool negated,
			uint32_t *index)
{
	static const char expected[] = "a mark, such as 0x10 or 0x10/0xff";
	struct node leaf = { .kind = NODE_MARK, .mark.mask = UINT32_MAX };
	const char *text = parser->lex.word, *slash;
	struct lex_token token;
	enum node_op op;
	size_t n;
	int err = parse_equality(parser, &op);

	(void)word;
	if (err == 0)
		err = parser_value(parser, op, expected, &token);
	if (err < 0)
		return err;
	leaf.op = op == OP_NE ? OP_NE : OP_EQ;
	slash = strchr(text, '/');
	n = slash ? (size_t)(slash - text) : parser->lex.word_len;
	if (!parse_u32(text, n, &leaf.mark.value) ||
	    (slash && !parse_u32(slash + 1, parser->lex.word_len - n - 1, &leaf.mark.mask)))
		return parser_fail(parser, &token, "expected %s", expected);
	/* Bits outside the mask take no part in the comparison, as in tc(8) and ip-rule(8). */
	leaf.mark.value &= leaf.mark.mask;
	return parser_leaf(parser, &leaf, negated, index);
}

/* Whether a word comes next that is no part of the grammar. */
static bool is_word_next(struct parser *parser)
{
	struct lex_token token = lex_next(&parser->lex, LEX_NAME);

	return token.kind == LEX_WORD;
}

static int parse_cgroup(struct parser *parser, const struct lex_token *word, bool negated,
			uint32_t *index)
{
	static const char expected[] = "the path of a control group";
	const struct expr_world *world = parser->world;
	struct node leaf = { .kind = NODE_CGROUP };
	size_t pos = parser->lex.pos;
	struct lex_token token;
	enum node_op op;
	bool alone;
	int err;

	parser_operator(parser, &op, &token);
	alone = op == OP_KNOWN && !is_word_next(parser);
	parser->lex.pos = pos;
	if (op == OP_MATCH || op == OP_NO_MATCH || alone) {
		const struct field *field = field_find("cgroup", strlen("cgroup"));

		if (field)
			return field_term_parse(parser, field, word, negated, index);
	}
	err = parse_equality(parser, &op);
	if (err == 0)
		err = parser_value(parser, op, expected, &token);
	if (err < 0)
		return err;
	leaf.op = op == OP_NE ? OP_NE : OP_EQ;
	err = world->cgroup ? world->cgroup(world->ctx, parser->lex.word, &leaf.number) : 0;
	/* Where no control group is known, it is a question that no row answers. */
	leaf.field = err == -ENOENT ? field_find("cgroup", strlen("cgroup")) : NULL;
	if (leaf.field) {
		leaf.kind = NODE_FIELD;
		err = node_add_text(parser->expr, &leaf, parser->lex.word, parser->lex.word_len);
		return err < 0 ? err : parser_leaf(parser, &leaf, negated, index);
	}
	if (err < 0) {
		parser->error->is_outage = true;
		return parser_fail(parser, &token, "control groups are not known: %s",
				   strerror(-err));
	}
	if (leaf.number == 0)
		return parser_fail(parser, &token, "expected %s; there is none such", expected);
	return parser_leaf(parser, &leaf, negated, index);
}

static int parse_autobound(struct parser *parser, const struct lex_token *word, bool negated,
			   uint32_t *index)
{
	const struct node leaf = { .kind = NODE_AUTOBOUND };

	if (parser->world->many_netns)
		return parser_fail(parser, word,
				   "every network namespace has its own range of ports: "
				   "autobound does not go with --all-netns");
	if (parser->world->port_range)
		parser->world->port_range(parser->world->ctx, &parser->expr->port_low,
					  &parser->expr->port_high);
	return parser_leaf(parser, &leaf, negated, index);
}

static const struct term terms[] = {
	{ "state", parse_state },
	{ "exclude", parse_exclude },
	{ "excl", parse_exclude },
	{ "src", parse_src },
	{ "dst", parse_dst },
	{ "sport", parse_sport },
	{ "dport", parse_dport },
	{ "dev", parse_dev },
	{ "fwmark", parse_fwmark },
	{ "cgroup", parse_cgroup },
	{ "autobound", parse_autobound },
};

int term_parse(struct parser *parser, const struct lex_token *token, bool negated, uint32_t *index)
{
	const struct field *field;
	bool after_field = parser->bare;

	parser->bare = false;
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		if (lex_is(&parser->lex, token, terms[i].word))
			return terms[i].parse(parser, token, negated, index);
	field = token->plain ? field_find(parser->lex.word, parser->lex.word_len) : NULL;
	if (field)
		return field_term_parse(parser, field, token, negated, index);
	if (state_find(parser->lex.word))
		return parser_fail(parser, token,
				   "expected a condition; write 'state' before this");
	if (after_field)
		return parser_fail(parser, token,
				   "expected a condition; write =, ~ or another operator before "
				   "the value of a field");
	return parser_fail(parser, token,
			   "expected sport, dport, src, dst, state, dev, fwmark, cgroup, "
			   "autobound or the name of a field (see --list-columns)");
}
