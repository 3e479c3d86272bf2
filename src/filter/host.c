/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What src, dst, sport and dport are compared with: [FAMILY:]ADDRESS[:PORT] as ss's manual has it.
 *
 * A name stands for all of its addresses. "inet:" and "inet6:" restrict the one comparison they
 * are written in, not the whole listing. Families that are not listed match nothing.
 */
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/num.h"
#include "filter/parser.h"

enum prefix_kind {
	PREFIX_NONE,
	PREFIX_INET,
	PREFIX_INET6,
	PREFIX_UNIX,
	PREFIX_FURTHER,
};

static const struct {
	const char *word; /* with its colon */
	enum prefix_kind kind;
	enum sock_proto proto; /* of PREFIX_FURTHER */
} prefixes[] = {
	{ "inet:", PREFIX_INET, 0 },
	{ "inet6:", PREFIX_INET6, 0 },
	{ "unix:", PREFIX_UNIX, 0 },
	{ "link:", PREFIX_FURTHER, PROTO_PACKET },
	{ "packet:", PREFIX_FURTHER, PROTO_PACKET },
	{ "netlink:", PREFIX_FURTHER, PROTO_NETLINK },
	{ "vsock:", PREFIX_FURTHER, PROTO_VSOCK },
	{ "tipc:", PREFIX_FURTHER, PROTO_TIPC },
	{ "xdp:", PREFIX_FURTHER, PROTO_XDP },
};

static enum prefix_kind find_prefix(const struct parser *parser, size_t *len,
				    enum sock_proto *proto)
{
	const struct lex *lex = &parser->lex;

	*len = 0;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t n = strlen(prefixes[i].word);

		/* The pattern has it too, unless it was written with backslashes. */
		if (strncasecmp(lex->word, prefixes[i].word, n) == 0 &&
		    strncasecmp(lex->pattern, prefixes[i].word, n) == 0) {
			*len = n;
			*proto = prefixes[i].proto;
			return prefixes[i].kind;
		}
	}
	if (lex->word[0] == '/' || lex->word[0] == '@' || parser->world->family == AF_UNIX)
		return PREFIX_UNIX;
	return PREFIX_NONE;
}

/* sport and dport of UNIX sockets: inodes. */
static int emit_inode(struct parser *parser, const struct lex_token *token, size_t skip,
		      struct node *leaf, bool negated, uint32_t *index)
{
	const char *text = parser->lex.word + skip;

	if (*text == ':')
		text++;
	leaf->kind = NODE_INODE;
	if (strcmp(text, "*") == 0 && leaf->op == OP_EQ) {
		leaf->kind = NODE_TABLE;
		leaf->mask = table_bit(PROTO_UNIX, AF_UNIX);
	} else if (!num_parse_u64(text, strlen(text), UINT64_MAX, &leaf->number)) {
		return parser_fail(parser, token,
				   "expected the inode of a UNIX socket, which has no port");
	}
	return parser_leaf(parser, leaf, negated, index);
}

static int emit_unix(struct parser *parser, const struct lex_token *token, size_t skip,
		     enum node_op op, bool remote, bool is_port, bool negated, uint32_t *index)
{
	struct node leaf = { .kind = NODE_NAME, .op = (uint8_t)op, .remote = remote };
	int err;

	if (is_port)
		return emit_inode(parser, token, skip, &leaf, negated, index);
	err = node_add_text(parser->expr, &leaf, parser->lex.pattern + skip,
			    parser->lex.pattern_len - skip);
	return err < 0 ? err : parser_leaf(parser, &leaf, negated, index);
}

/*
 * Takes a word apart in place: *addr and *port, NULL for what it does not have. False: it is
 * neither.
 */
static bool split_host(char *text, bool is_port, char **addr, char **port)
{
	char *colon = strrchr(text, ':'), *end;

	*addr = text;
	*port = NULL;
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || !strchr(":/", end[1])) /* the NUL is among these */
			return false;
		/* [::1]/64 means what [::1/64] means: the bracket gives way. */
		memmove(text, text + 1, (size_t)(end - text - 1));
		memmove(end - 1, end + 1, strlen(end + 1) + 1);
		colon = strchr(end - 1, ':');
	} else if (colon && strchr(text, ':') != colon) {
		return !is_port; /* an IPv6 address, all of it */
	} else if (!colon && is_port) {
		*addr = NULL;
		*port = text;
	}
	if (colon) {
		*colon = '\0';
		*port = colon + 1;
	}
	return true;
}

static int parse_parts(struct parser *parser, const struct lex_token *token, char *text,
		       unsigned int family, bool is_port, struct host *host)
{
	char *addr, *port;
	int err;

	if (!split_host(text, is_port, &addr, &port))
		return parser_fail(parser, token,
				   "expected ADDRESS:PORT, an IPv6 address in [ ] before its port");
	host->any_addr = !addr || addr[0] == '\0' || strcmp(addr, "*") == 0;
	host->any_port = !port || strcmp(port, "*") == 0;
	if (!port && addr[0] == '\0')
		return parser_fail(parser, token, "expected an address");
	if (!host->any_port) {
		err = host_parse_port(parser, token, port, host->ports);
		if (err < 0)
			return err;
	}
	return host->any_addr ? 0 : host_parse_address(parser, token, addr, family, host);
}

int host_emit_addresses(struct parser *parser, const struct host *host, const struct node *leaf,
			bool negated, uint32_t *index)
{
	struct node_group group;
	uint32_t operand;
	int err;

	parser_group(&group, leaf->op == OP_NE, negated);
	for (size_t i = 0; i < host->n; i++) {
		struct node one = *leaf;
		uint8_t bits = host->families[i] == AF_INET6 ? 128 : 32;

		one.addr.addr = host->addrs[i];
		one.addr.family = host->families[i];
		one.addr.prefix = host->prefix == UINT8_MAX ? bits : host->prefix;
		one.addr.ifindex = host->ifindex;
		err = parser_leaf(parser, &one, negated, &operand);
		if (err < 0)
			return err;
		node_group_take(parser->expr, &group, operand);
	}
	return node_group_end(parser->expr, &group, index);
}

/* A leaf that holds for some tables only. */
static int emit_for_tables(struct parser *parser, uint64_t tables, const struct node *leaf,
			   bool negated, uint32_t *index)
{
	const struct node only = { .kind = NODE_TABLE, .mask = tables };
	struct node_group group;
	uint32_t operand;
	int err = parser_leaf(parser, &only, negated, &operand);

	parser_group(&group, true, negated);
	if (err < 0)
		return err;
	node_group_take(parser->expr, &group, operand);
	err = parser_leaf(parser, leaf, negated, &operand);
	if (err < 0)
		return err;
	node_group_take(parser->expr, &group, operand);
	return node_group_end(parser->expr, &group, index);
}

int host_emit_ports(struct parser *parser, const uint16_t ports[PORT_OF_COUNT],
		    const struct node *leaf, bool negated, uint32_t *index)
{
	uint64_t tables[PORT_OF_COUNT] = {
		[PORT_OF_UDP] = table_bit(PROTO_UDP, AF_INET) | table_bit(PROTO_UDP, AF_INET6) |
				table_bit(PROTO_UDPLITE, AF_INET) |
				table_bit(PROTO_UDPLITE, AF_INET6),
		[PORT_OF_SCTP] = table_bit(PROTO_SCTP, AF_INET) | table_bit(PROTO_SCTP, AF_INET6),
	};
	struct node one = *leaf;
	struct node_group group;
	uint32_t operand;
	int err;

	one.number = ports[PORT_OF_TCP];
	if (ports[PORT_OF_UDP] == one.number && ports[PORT_OF_SCTP] == one.number)
		return parser_leaf(parser, &one, negated, index);
	tables[PORT_OF_TCP] = table_inet() & ~(tables[PORT_OF_UDP] | tables[PORT_OF_SCTP]);
	parser_group(&group, false, negated);
	for (int of = 0; of < PORT_OF_COUNT; of++) {
		one.number = ports[of];
		err = emit_for_tables(parser, tables[of], &one, negated, &operand);
		if (err < 0)
			return err;
		node_group_take(parser->expr, &group, operand);
	}
	return node_group_end(parser->expr, &group, index);
}

/* Address and port: both of them with "=", either of them with "!=". */
static int emit_pair(struct parser *parser, const struct host *host, enum node_op op, bool remote,
		     bool negated, uint32_t *index)
{
	struct node leaf = { .kind = NODE_ADDR, .op = (uint8_t)op, .remote = remote };
	struct node_group group;
	uint32_t operand;
	int err = 0;

	parser_group(&group, op != OP_NE, negated);
	if (!host->any_addr) {
		err = host_emit_addresses(parser, host, &leaf, negated, &operand);
		if (err < 0)
			return err;
		node_group_take(parser->expr, &group, operand);
	}
	if (!host->any_port) {
		leaf.kind = NODE_PORT;
		err = host_emit_ports(parser, host->ports, &leaf, negated, &operand);
		if (err < 0)
			return err;
		node_group_take(parser->expr, &group, operand);
	}
	if (host->any_addr && host->any_port) {
		leaf.kind = NODE_TABLE;
		leaf.mask = op == OP_NE ? 0 : table_inet();
		err = parser_leaf(parser, &leaf, negated, &operand);
		if (err < 0)
			return err;
		node_group_take(parser->expr, &group, operand);
	}
	return node_group_end(parser->expr, &group, index);
}

static int emit_host(struct parser *parser, const struct host *host, enum node_op op, bool remote,
		     bool negated, uint32_t *index)
{
	struct node leaf = { .kind = NODE_TABLE, .mask = host->tables };
	struct node_group group;
	uint32_t operand;
	int err;

	if (!host->tables)
		return emit_pair(parser, host, op, remote, negated, index);
	parser_group(&group, true, negated);
	err = parser_leaf(parser, &leaf, negated, &operand);
	if (err < 0)
		return err;
	node_group_take(parser->expr, &group, operand);
	err = emit_pair(parser, host, op, remote, negated, &operand);
	if (err < 0)
		return err;
	node_group_take(parser->expr, &group, operand);
	return node_group_end(parser->expr, &group, index);
}

int host_term_parse(struct parser *parser, const struct lex_token *token, enum node_op op,
		    bool remote, bool is_port, bool negated, uint32_t *index)
{
	struct host host = { .prefix = UINT8_MAX };
	enum sock_proto proto = PROTO_COUNT;
	unsigned int family = 0;
	size_t skip;
	int err;

	switch (find_prefix(parser, &skip, &proto)) {
	case PREFIX_FURTHER:
		return end_term_parse(parser, token,
				      &(struct end_term){ proto, op, remote, is_port, negated },
				      skip, index);
	case PREFIX_UNIX:
		return emit_unix(parser, token, skip, op, remote, is_port, negated, index);
	case PREFIX_INET:
		family = AF_INET;
		break;
	case PREFIX_INET6:
		family = AF_INET6;
		break;
	case PREFIX_NONE:
		break;
	}
	if (family)
		host.tables = table_family(family);
	err = parse_parts(parser, token, parser->lex.word + skip, family, is_port, &host);
	if (err < 0)
		return err;
	if (op > OP_NE && (!host.any_addr || host.any_port))
		return parser_fail(parser, token, "only a port can be more or less than another");
	return emit_host(parser, &host, op, remote, negated, index);
}
