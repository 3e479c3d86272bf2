/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the parser share; for src/filter only. */
#ifndef LSSOCK_FILTER_PARSER_H
#define LSSOCK_FILTER_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include "filter/expr.h"
#include "filter/lex.h"
#include "filter/node.h"

struct parser {
	struct lex lex;
	const struct expr_world *world;
	struct expr *expr;
	struct expr_error *error;
	unsigned int depth; /* of brackets */
	bool bare;          /* a field without operator and value was the last thing */
};

/* All functions here that return int: 0, -EINVAL with parser->error filled, or -ENOMEM. */

/* Says what is wrong with a token. Returns -EINVAL. */
int parser_fail(struct parser *parser, const struct lex_token *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The next token, which is a sound one. */
int parser_next(struct parser *parser, enum lex_mode mode, struct lex_token *token);
/* An operator of comparison, if there is one (else *op is OP_KNOWN and at where it would be). */
int parser_operator(struct parser *parser, enum node_op *op, struct lex_token *at);
/* The word to compare with; what says in an error what was expected. */
int parser_value(struct parser *parser, enum node_op op, const char *what, struct lex_token *token);

/* Adds a leaf, turned around when negated. */
int parser_leaf(struct parser *parser, const struct node *leaf, bool negated, uint32_t *index);
/* Begins a group that is true when all of its operands are (or any); negated turns that around, and
 * whoever makes the operands turns them around too. */
void parser_group(struct node_group *group, bool all, bool negated);

/* A term that begins with the token just read (parser->lex has its text). */
int term_parse(struct parser *parser, const struct lex_token *token, bool negated, uint32_t *index);
/* The rest of a term that began with a field's name. */
int field_term_parse(struct parser *parser, const struct field *field,
		     const struct lex_token *token, bool negated, uint32_t *index);
/* The mask of the state whose name is the next word. */
int term_state_mask(struct parser *parser, enum node_op op, uint64_t *mask);

/* --- numbers ------------------------------------------------------------------------------------
 */

enum number_fault {
	NUMBER_GOOD,
	NUMBER_BAD,       /* not a number */
	NUMBER_BAD_UNIT,  /* a unit that this kind of number does not have */
	NUMBER_TOO_LARGE, /* above 64 bits */
};

/*
 * A number with a unit: decimal, at most 6 decimals after a point, or 0x and hexadecimal digits
 * without a unit. *out is in the field's unit, rounded down; *exact tells whether that is all of
 * it. Pure.
 */
enum number_fault number_parse(const char *text, enum field_unit unit, uint64_t *out, bool *exact);
/* What number_parse() takes, for messages. */
const char *number_expected(enum field_unit unit);

/* --- hosts and ports ----------------------------------------------------------------------------
 */

enum { HOST_ADDRS_MAX = 64 };

/* Ports differ where a service has another one with UDP or SCTP. */
enum port_of {
	PORT_OF_TCP, /* and RAW */
	PORT_OF_UDP, /* and UDP-Lite */
	PORT_OF_SCTP,
	PORT_OF_COUNT,
};

struct host {
	uint64_t tables; /* the family that was asked for by its prefix; 0: any */
	bool any_addr, any_port;
	size_t n;
	uint8_t families[HOST_ADDRS_MAX];
	union inet_addr addrs[HOST_ADDRS_MAX];
	uint8_t prefix; /* of the only address; UINT8_MAX: all of its bits */
	uint32_t ifindex;
	uint16_t ports[PORT_OF_COUNT];
};

/* What src, dst, sport and dport are compared with; the word is in parser->lex. is_port: a lone
 * word is a port, else a host. */
int host_term_parse(struct parser *parser, const struct lex_token *token, enum node_op op,
		    bool remote, bool is_port, bool negated, uint32_t *index);

/* src, dst, sport or dport of a family that has no Internet addresses. */
struct end_term {
	enum sock_proto proto;
	enum node_op op;
	bool remote, is_port, negated;
};

/* The same for "link:", "netlink:" and so on: the word is in parser->lex, the prefix takes skip
 * bytes of it. */
int end_term_parse(struct parser *parser, const struct lex_token *token,
		   const struct end_term *term, size_t skip, uint32_t *index);

/* An address, a prefix or a host's name into host; family: 0 for any. */
int host_parse_address(struct parser *parser, const struct lex_token *token, char *text,
		       unsigned int family, struct host *host);
/* A port's number or service. */
int host_parse_port(struct parser *parser, const struct lex_token *token, const char *text,
		    uint16_t ports[PORT_OF_COUNT]);

/* Leaves for the addresses of a host, made from a leaf that has all but the address (op: OP_EQ or
 * OP_NE). */
int host_emit_addresses(struct parser *parser, const struct host *host, const struct node *leaf,
			bool negated, uint32_t *index);
/* Leaves for ports, made from a leaf that has all but the number. */
int host_emit_ports(struct parser *parser, const uint16_t ports[PORT_OF_COUNT],
		    const struct node *leaf, bool negated, uint32_t *index);

#endif
