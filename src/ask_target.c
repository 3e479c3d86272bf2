/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Targets of --check and --wait, from text.
 *
 * Nothing is guessed: ":::80", which netstat prints for [::]:80, could as well be an address
 * without a port, and "10.1" would be 10.0.0.1 to the C library. Such things are refused with a
 * hint.
 */
#include "ask_target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

/* What is read, and into what. */
struct reader {
	const struct ask_target_config *config;
	struct ask_target *target;
	struct ask_error *error;
};

static int fail(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reader->error->text, sizeof(reader->error->text), format, args);
	va_end(args);
	return -EINVAL;
}

static bool wants_family(const struct reader *reader, uint8_t family)
{
	return family == AF_INET ? reader->config->inet4 : reader->config->inet6;
}

/* Adds an address that somebody may answer for, if its family is asked about. */
static void add_addr(struct reader *reader, uint8_t family, const union inet_addr *addr,
		     uint32_t ifindex)
{
	struct ask_target *target = reader->target;
	struct ask_addr one = { .family = family, .ifindex = ifindex };

	if (addr && family == AF_INET6 && addr_is_v4mapped(addr)) {
		one.family = AF_INET;
		memcpy(one.addr.bytes, addr->bytes + 12, 4);
	} else if (addr) {
		one.addr = *addr;
	}
	one.any = !addr || (reader->config->wide_wildcard && addr_is_any(&one.addr));
	if (wants_family(reader, one.family) && target->n_addrs < ASK_ADDRS_MAX)
		target->addrs[target->n_addrs++] = one;
}

/* Adds the address that was written, or says that its family is not the one asked about. */
static int add_written(struct reader *reader, const char *text, uint8_t family,
		       const union inet_addr *addr, uint32_t ifindex)
{
	add_addr(reader, family, addr, ifindex);
	if (reader->target->n_addrs == 0)
		return fail(reader, "'%.60s' is not of the family that -%c asks about", text,
			    reader->config->inet4 ? '4' : '6');
	return 0;
}

/* An IPv6 address, which may have a scope. */
static int read_v6(struct reader *reader, char *text)
{
	const struct expr_world *world = reader->config->world;
	char *percent = strchr(text, '%');
	union inet_addr addr = { .words = { 0 } };
	uint64_t ifindex = 0;

	if (percent) {
		*percent++ = '\0';
		if (!num_parse_u64(percent, strlen(percent), UINT32_MAX, &ifindex) &&
		    world->ifindex)
			ifindex = world->ifindex(world->ctx, percent);
		if (ifindex == 0)
			return fail(reader, "there is no interface '%.60s'", percent);
	}
	if (inet_pton(AF_INET6, text, addr.bytes) != 1)
		return fail(reader, "'%.60s' is no IPv6 address", text);
	if (percent && !addr_needs_scope(&addr))
		return fail(reader, "'%.60s' is no link-local address: it has no scope", text);
	return add_written(reader, text, AF_INET6, &addr, (uint32_t)ifindex);
}

/* Whether the C library could take it for an address in one of the old forms ("10.1", "0x7f.1"). */
static bool ends_in_number(const char *text)
{
	const char *dot = strrchr(text, '.'), *last = dot ? dot + 1 : text;

	return *last == '\0' || strspn(last, "0123456789") == strlen(last) ||
	       strncmp(last, "0x", 2) == 0 || strncmp(last, "0X", 2) == 0;
}

static bool is_host_name(const char *text)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-_";

	return text[0] != '-' && text[0] != '.' && strspn(text, good) == strlen(text);
}

/* A host's name stands for all of its addresses of the families asked about. */
static int read_host(struct reader *reader, const char *name)
{
	const struct expr_world *world = reader->config->world;
	uint8_t families[ASK_ADDRS_MAX];
	union inet_addr addrs[ASK_ADDRS_MAX];
	int n = 0;

	if (ends_in_number(name) || !is_host_name(name))
		return fail(reader, "'%.60s' is neither an address nor the name of a host", name);
	if (reader->config->no_hosts)
		return fail(reader, "'%.60s' is no address, and with -n no host is looked up",
			    name);
	if (world->addresses)
		n = world->addresses(world->ctx, name, families, addrs, ASK_ADDRS_MAX);
	if (n < 0) {
		reader->error->is_outage = true;
		return fail(reader, "the addresses of '%.60s' cannot be looked up: %s", name,
			    strerror(-n));
	}
	for (int i = 0; i < n && i < ASK_ADDRS_MAX; i++)
		add_addr(reader, families[i], &addrs[i], 0);
	if (n > 0 && reader->target->n_addrs == 0)
		return fail(reader, "the host '%.60s' has no address of the family asked about",
			    name);
	if (n == 0)
		return fail(reader, "there is no host '%.60s'", name);
	return 0;
}

static int read_address(struct reader *reader, char *text, bool in_brackets)
{
	union inet_addr addr = { .words = { 0 } };

	if (in_brackets)
		return read_v6(reader, text);
	if (*text == '\0' || strcmp(text, "*") == 0) {
		add_addr(reader, AF_INET, NULL, 0);
		add_addr(reader, AF_INET6, NULL, 0);
		return 0;
	}
	if (inet_pton(AF_INET, text, addr.bytes) == 1)
		return add_written(reader, text, AF_INET, &addr, 0);
	return read_host(reader, text);
}

/* The port of a service, for each protocol asked for that has it; how many have it. */
static unsigned int find_service(struct reader *reader, const char *name)
{
	const struct expr_world *world = reader->config->world;
	unsigned int n_found = 0;

	for (int proto = 0; proto < PROTO_UNIX; proto++) {
		const char *word = proto_row((enum sock_proto)proto)->services;

		if (!(reader->config->protos & 1u << proto) || !word || !world->service)
			continue;
		reader->target->ports[proto] = world->service(world->ctx, name, word);
		n_found += reader->target->ports[proto] != 0;
	}
	return n_found;
}

static int read_port(struct reader *reader, const char *text)
{
	uint64_t number;

	if (*text == '\0' || strspn(text, "0123456789") == strlen(text)) {
		if (!num_parse_u64(text, strlen(text), UINT16_MAX, &number) || number == 0)
			return fail(reader, "'%.60s' is no port: a number from 1 to 65535", text);
		for (int proto = 0; proto < PROTO_UNIX; proto++)
			if (reader->config->protos & 1u << proto)
				reader->target->ports[proto] = (uint16_t)number;
		return 0;
	}
	if (reader->config->no_services)
		return fail(reader,
			    "'%.60s' is no port number, and with -n no service is looked up", text);
	if (find_service(reader, text) == 0)
		return fail(reader,
			    "'%.60s' is neither a port (1 to 65535) nor the name of a service",
			    text);
	return 0;
}

/* Takes a target apart in place. */
static int read_inet(struct reader *reader, char *text)
{
	bool in_brackets = text[0] == '[';
	char *colon = strchr(text, ':'), *end = strchr(text, ']');
	char *addr = in_brackets ? text + 1 : text, *port = text;
	int err;

	if (in_brackets && (!end || end[1] != ':'))
		return fail(reader, "'%.60s': after [ADDRESS] comes :PORT", text);
	if (!in_brackets && colon && strchr(colon + 1, ':'))
		return fail(reader,
			    "'%.60s': an IPv6 address stands in brackets before its port, as in "
			    "[::1]:80",
			    text);
	if (in_brackets) {
		*end = '\0';
		port = end + 2;
	} else if (colon) {
		*colon = '\0';
		port = colon + 1;
	} else {
		addr = text + strlen(text);
	}
	/* The port first: a mistake there costs no look-up. */
	err = read_port(reader, port);
	return err < 0 ? err : read_address(reader, addr, in_brackets);
}

static int read_name(struct reader *reader, const char *text, size_t len)
{
	struct ask_target *target = reader->target;

	target->name_kind = UNIX_PATHNAME;
	if (len == 0)
		return fail(reader, "the name of a UNIX socket is a path, or @ and a name");
	if (text[0] == '@') {
		target->name_kind = UNIX_ABSTRACT;
		text++;
		len--;
	}
	if (len > (target->name_kind == UNIX_ABSTRACT ? ASK_NAME_MAX - 1 : ASK_NAME_MAX))
		return fail(reader, "no UNIX socket has a name that long (%zu bytes)", len);
	memcpy(target->name, text, len);
	target->name_len = (uint16_t)len;
	return 0;
}

int ask_target_parse(const char *text, size_t len, const struct ask_target_config *config,
		     struct ask_target *target, struct ask_error *error)
{
	struct reader reader = { .config = config, .target = target, .error = error };
	char copy[ASK_TARGET_MAX + 1];

	*target = (struct ask_target){ .name_kind = UNIX_UNNAMED };
	if (config->protos & 1u << PROTO_UNIX)
		return read_name(&reader, text, len);
	if (len == 0)
		return fail(&reader, "a target is [ADDRESS:]PORT");
	if (len > ASK_TARGET_MAX || memchr(text, '\0', len))
		return fail(&reader, "this is no [ADDRESS:]PORT");
	memcpy(copy, text, len);
	copy[len] = '\0';
	return read_inet(&reader, copy);
}
