/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What src, dst, sport and dport are compared with when the word begins with a family that has no
 * Internet addresses: link:PROTOCOL:INTERFACE, netlink:PROTOCOL:PORT-ID, vsock:CID:PORT,
 * tipc:NODE:PORT, xdp:INTERFACE:QUEUE, each part a '*' for any. It becomes a pattern for the text
 * of that end (model/special.h), of sockets of that family alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "filter/parser.h"
#include "model/special.h"

enum { PATTERN_MAX = 200 };

/* One of the two parts, written as patterns are. */
struct part {
	const char *text;
	size_t n;
};

static bool is_any(const struct part *part)
{
	return part->n == 0 || (part->n == 1 && part->text[0] == '*');
}

/* The first part as the text of an end has it, for room bytes. False when it is none such. */
static bool put_first(enum sock_proto proto, const struct part *part, char *dst, size_t room)
{
	const char *word = NULL;
	uint32_t number;

	if (is_any(part) ||
	    (proto != PROTO_PACKET && proto != PROTO_NETLINK && proto != PROTO_VSOCK)) {
		snprintf(dst, room, "%.*s", is_any(part) ? 1 : (int)part->n,
			 is_any(part) ? "*" : part->text);
		return true;
	}
	if (proto == PROTO_VSOCK) {
		if (!special_cid_find(part->text, part->n, &number))
			return false;
		word = special_cid_word(number);
	} else {
		if (!special_protocol_find(proto, part->text, part->n, &number))
			return false;
		word = special_protocol_word(proto, number);
	}
	if (word)
		snprintf(dst, room, "%s", word);
	else
		snprintf(dst, room, proto == PROTO_PACKET ? "0x%04x" : "%u", number);
	return true;
}

/* Takes the word apart: "FIRST:SECOND", where of a port FIRST may be missing, and else SECOND. */
static void split(const char *pattern, size_t n, bool is_port, struct part *first,
		  struct part *second)
{
	const char *colon = memchr(pattern, ':', n);
	const struct part whole = { pattern, n };

	*first = *second = (struct part){ "*", 1 };
	if (colon) {
		*first = (struct part){ pattern, (size_t)(colon - pattern) };
		*second = (struct part){ colon + 1, n - first->n - 1 };
	} else if (is_port) {
		*second = whole;
	} else {
		*first = whole;
	}
	if (is_any(second))
		*second = (struct part){ "*", 1 };
}

static int emit(struct parser *parser, const struct end_term *term, const char *pattern,
		uint32_t *index)
{
	const struct node table = {
		.kind = NODE_TABLE,
		.mask = table_bit(term->proto, proto_row(term->proto)->family),
	};
	const char *name = term->remote ? "remote" : "local";
	struct node leaf = {
		.kind = NODE_FIELD,
		.op = term->op == OP_NE ? OP_NO_MATCH : OP_MATCH,
		.field = field_find(name, strlen(name)),
	};
	struct node_group group;
	uint32_t operand;
	int err = parser_leaf(parser, &table, term->negated, &operand);

	parser_group(&group, true, term->negated);
	if (err < 0)
		return err;
	node_group_take(parser->expr, &group, operand);
	err = node_add_text(parser->expr, &leaf, pattern, strlen(pattern));
	if (err == 0)
		err = parser_leaf(parser, &leaf, term->negated, &operand);
	if (err < 0)
		return err;
	node_group_take(parser->expr, &group, operand);
	return node_group_end(parser->expr, &group, index);
}

int end_term_parse(struct parser *parser, const struct lex_token *token,
		   const struct end_term *term, size_t skip, uint32_t *index)
{
	char pattern[PATTERN_MAX], start[PATTERN_MAX / 2];
	struct part first, second;
	bool queue;

	if (term->op > OP_NE)
		return parser_fail(parser, token, "such ends can only be equal or not");
	split(parser->lex.pattern + skip, parser->lex.pattern_len - skip, term->is_port, &first,
	      &second);
	if (first.n >= sizeof(start) || second.n >= sizeof(pattern) - sizeof(start) - 2)
		return parser_fail(parser, token, "no such end is that long");
	if (!put_first(term->proto, &first, start, sizeof(start)))
		return parser_fail(
			parser, token,
			term->proto == PROTO_VSOCK
				? "expected CID:PORT; a CID is a number, hypervisor, local or host"
				: "expected a protocol by name or number in front of the :");
	queue = term->proto == PROTO_XDP && second.text[0] >= '0' && second.text[0] <= '9';
	snprintf(pattern, sizeof(pattern), "%s:%s%.*s", start, queue ? "q" : "", (int)second.n,
		 second.text);
	return emit(parser, term, pattern, index);
}
