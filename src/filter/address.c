/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, prefixes, names of hosts and ports, as words of an expression. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/num.h"
#include "filter/parser.h"

/*
 * One to four numbers; those that are not written are 0, so that 10/8 and 193.233.7/24 can be
 * written.
 */
static bool parse_v4(const char *text, union inet_addr *addr)
{
	*addr = (union inet_addr){ .words = { 0 } };
	for (size_t i = 0; i < 4; i++) {
		size_t n = strcspn(text, ".");
		uint64_t number;

		if (n > 3 || !num_parse_u64(text, n, 255, &number))
			return false;
		addr->bytes[i] = (uint8_t)number;
		if (text[n] == '\0')
			return true;
		text += n + 1;
	}
	return false;
}

/* Takes "/len" off the end. False when there is one that is no number up to 128. */
static bool split_prefix(char *text, uint8_t *prefix)
{
	char *slash = strchr(text, '/');
	uint64_t number;

	if (!slash)
		return true;
	if (!num_parse_u64(slash + 1, strlen(slash + 1), 128, &number))
		return false;
	*prefix = (uint8_t)number;
	*slash = '\0';
	return true;
}

/* Takes "%interface" off the end. False when there is no such interface. */
static bool split_scope(const struct expr_world *world, char *text, uint32_t *ifindex)
{
	char *percent = strchr(text, '%');
	uint64_t number = 0;

	if (!percent)
		return true;
	*percent++ = '\0';
	if (num_parse_u64(percent, strlen(percent), UINT32_MAX, &number))
		*ifindex = (uint32_t)number;
	else if (world->ifindex)
		*ifindex = world->ifindex(world->ctx, percent);
	return *ifindex != 0;
}

/* A name has a letter: what has none was meant to be a number, and the C library would make some
 * address of it. */
static bool is_host_name(const char *text)
{
	size_t digits = strspn(text, "0123456789.");
	size_t n =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

	return n > 0 && text[n] == '\0' && text[digits] != '\0' && text[0] != '-' && text[0] != '.';
}

static int look_up(struct parser *parser, const struct lex_token *token, const char *name,
		   unsigned int family, struct host *host)
{
	const struct expr_world *world = parser->world;
	int n = 0;

	if (name[strspn(name, "0123456789")] == '\0')
		return parser_fail(parser, token, "expected an address; a port is written :%s",
				   name);
	if (!is_host_name(name))
		return parser_fail(
			parser, token,
			"expected an address, such as 10.0.0.0/8 or [::1]:22, or a host");
	if (host->prefix != UINT8_MAX)
		return parser_fail(parser, token, "expected an address before the prefix length");
	if (world->addresses)
		n = world->addresses(world->ctx, name, host->families, host->addrs, HOST_ADDRS_MAX);
	if (n < 0) {
		parser->error->is_outage = true;
		return parser_fail(parser, token, "the addresses of '%s' cannot be looked up: %s",
				   name, strerror(-n));
	}
	for (int i = 0; i < n && i < HOST_ADDRS_MAX; i++) {
		if (family && host->families[i] != family)
			continue;
		host->families[host->n] = host->families[i];
		host->addrs[host->n++] = host->addrs[i];
	}
	if (host->n == 0)
		return parser_fail(parser, token, "expected an address or a host; %s",
				   world->addresses ? "none such is known"
						    : "names are not looked up");
	return 0;
}

int host_parse_address(struct parser *parser, const struct lex_token *token, char *text,
		       unsigned int family, struct host *host)
{
	union inet_addr *addr = &host->addrs[0];

	if (!split_prefix(text, &host->prefix))
		return parser_fail(parser, token,
				   "expected a prefix length after the /: up to 32 bits of an "
				   "IPv4 address, 128 of an IPv6 one");
	if (strchr(text, ':')) {
		if (!split_scope(parser->world, text, &host->ifindex))
			return parser_fail(parser, token, "expected an interface after the %%");
		if (inet_pton(AF_INET6, text, addr->bytes) != 1)
			return parser_fail(parser, token, "this is no IPv6 address");
		host->families[0] = AF_INET6;
	} else if (parse_v4(text, addr)) {
		host->families[0] = AF_INET;
		if (host->prefix != UINT8_MAX && host->prefix > 32)
			return parser_fail(parser, token,
					   "an IPv4 address has a prefix of up to 32 bits");
	} else {
		return look_up(parser, token, text, family, host);
	}
	host->n = 1;
	if (family && family != host->families[0])
		return parser_fail(parser, token, "this is no %s address",
				   family == AF_INET ? "IPv4" : "IPv6");
	return 0;
}

static void find_service(const struct expr_world *world, const char *name,
			 uint16_t ports[PORT_OF_COUNT])
{
	static const char *const protos[PORT_OF_COUNT] = { "tcp", "udp", "sctp" };
	uint16_t any = 0;

	for (int of = PORT_OF_COUNT - 1; of >= 0; of--) {
		ports[of] = world->service(world->ctx, name, protos[of]);
		if (ports[of])
			any = ports[of];
	}
	for (int of = 0; of < PORT_OF_COUNT; of++)
		if (!ports[of])
			ports[of] = any;
}

int host_parse_port(struct parser *parser, const struct lex_token *token, const char *text,
		    uint16_t ports[PORT_OF_COUNT])
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number = 0;

	if (digits && text[digits] == '\0') {
		if (!num_parse_u64(text, digits, UINT16_MAX, &number))
			return parser_fail(parser, token, "a port is a number from 0 to 65535");
		for (int of = 0; of < PORT_OF_COUNT; of++)
			ports[of] = (uint16_t)number;
		return 0;
	}
	if (text[0] != '\0' && parser->world->service)
		find_service(parser->world, text, ports);
	if (!ports[PORT_OF_TCP])
		return parser_fail(parser, token,
				   "expected a port: a number or the name of a service%s",
				   text[0] != '\0' ? "; there is none of this name" : "");
	return 0;
}
