/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a baseline. */
#include "view/baseline.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"
#include "model/proto.h"

/* A part of the line. */
struct part {
	const char *text;
	size_t len;
};

/* A line on its way. */
struct parser {
	struct part rest;
	struct baseline_line *line;
	char *error;
	size_t size;
};

static int bad(struct parser *parser, const char *what, struct part word)
{
	snprintf(parser->error, parser->size, "'%.*s' is %s", (int)(word.len < 60 ? word.len : 60),
		 word.text, what);
	return -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_word(struct part part, const char *word)
{
	return part.len == strlen(word) && memcmp(part.text, word, part.len) == 0;
}

/* The next word; false at the end of the line or where a comment begins. */
static bool next_word(struct parser *parser, struct part *word)
{
	struct part *rest = &parser->rest;

	while (rest->len && is_blank(*rest->text))
		rest->text++, rest->len--;
	*word = (struct part){ rest->text, 0 };
	if (!rest->len || *rest->text == '#')
		return false;
	while (rest->len && !is_blank(*rest->text))
		rest->text++, rest->len--, word->len++;
	return true;
}

/* A word without its escapes, into dst: any byte may have one, whether or not it needs it. Returns
 * its bytes, or -EINVAL for what is no escape, and for bytes that must have one. */
static int unescape(char *dst, struct part word)
{
	int n = 0;

	for (size_t i = 0; i < word.len; i++) {
		uint64_t byte;

		if ((unsigned char)word.text[i] < ' ' || word.text[i] == 0x7f)
			return -EINVAL;
		if (word.text[i] != '\\') {
			dst[n++] = word.text[i];
		} else if (word.len - i > 1 && word.text[i + 1] == '\\') {
			dst[n++] = '\\';
			i++;
		} else if (word.len - i > 3 && word.text[i + 1] == 'x' &&
			   num_parse_hex(word.text + i + 2, 2, UINT8_MAX, &byte)) {
			dst[n++] = (char)byte;
			i += 3;
		} else {
			return -EINVAL;
		}
	}
	return n;
}

/* Keeps a word without its escapes. */
static int keep(struct parser *parser, struct part word, struct baseline_text *out)
{
	struct baseline_line *line = parser->line;
	char *dst = line->bytes + line->n_bytes;
	int n = unescape(dst, word);

	if (n == 0)
		return bad(parser, "no text, where one should be", word);
	/* Only abstract UNIX names have NULs. */
	if (n < 0 || (out != &line->name && memchr(dst, '\0', (size_t)n)))
		return bad(parser, "no text with escapes as \\xHH and \\\\", word);
	*out = (struct baseline_text){ dst, (size_t)n };
	dst[n] = '\0';
	line->n_bytes += (size_t)n + 1;
	return 0;
}

static int parse_proto(struct parser *parser, struct part word)
{
	static const struct {
		const char *name;
		uint8_t proto, family;
	} protos[] = {
		{ "tcp", PROTO_TCP, 0 },         { "tcp6", PROTO_TCP, AF_INET6 },
		{ "udp", PROTO_UDP, 0 },         { "udp6", PROTO_UDP, AF_INET6 },
		{ "udplite", PROTO_UDPLITE, 0 }, { "udplite6", PROTO_UDPLITE, AF_INET6 },
		{ "udpl", PROTO_UDPLITE, 0 },    { "udpl6", PROTO_UDPLITE, AF_INET6 },
		{ "sctp", PROTO_SCTP, 0 },       { "sctp6", PROTO_SCTP, AF_INET6 },
		{ "unix", PROTO_UNIX, AF_UNIX },
	};

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (!is_word(word, protos[i].name))
			continue;
		parser->line->proto = protos[i].proto;
		parser->line->family = protos[i].family;
		return 0;
	}
	return bad(parser,
		   "no protocol (tcp, tcp6, udp, udp6, udplite, udplite6, sctp, sctp6, unix)",
		   word);
}

static int parse_ports(struct parser *parser, struct part ports)
{
	const char *dash = memchr(ports.text, '-', ports.len);
	size_t n = dash ? (size_t)(dash - ports.text) : ports.len;
	uint64_t low, high;

	if (!num_parse_u64(ports.text, n, UINT16_MAX, &low) || low == 0)
		return bad(parser, "no port from 1 to 65535", ports);
	high = low;
	if (dash && (!num_parse_u64(dash + 1, ports.len - n - 1, UINT16_MAX, &high) || high < low))
		return bad(parser, "no range of ports, LOW-HIGH", ports);
	parser->line->low = (uint16_t)low;
	parser->line->high = (uint16_t)high;
	return 0;
}

/* An address with its interface, without brackets. */
static int parse_address(struct parser *parser, struct part host, uint8_t family)
{
	struct baseline_line *line = parser->line;
	const char *percent = host.len ? memchr(host.text, '%', host.len) : NULL;
	size_t n = percent ? (size_t)(percent - host.text) : host.len;
	char text[INET6_ADDRSTRLEN] = "";

	if (n >= sizeof(text) || memchr(host.text, '\0', n))
		return bad(parser, "no address", host);
	memcpy(text, host.text, n);
	if (inet_pton(family, text, &line->addr) != 1)
		return bad(parser,
			   family == AF_INET6 ? "no IPv6 address"
					      : "no IPv4 address (IPv6 has brackets)",
			   host);
	if (line->family == AF_INET6 && family == AF_INET)
		return bad(parser, "no IPv6 address in brackets", host);
	line->family = family;
	if (!percent)
		return 0;
	return keep(parser, (struct part){ percent + 1, host.len - n - 1 }, &line->interface);
}

static int parse_place(struct parser *parser, struct part word)
{
	struct part host = word, ports = word;

	while (host.len && host.text[host.len - 1] != ':')
		host.len--;
	if (host.len == 0)
		return bad(parser, "no ADDRESS:PORT", word);
	ports.text += host.len;
	ports.len -= host.len;
	host.len--;
	if (parse_ports(parser, ports) < 0)
		return -EINVAL;
	if (is_word(host, "*")) {
		parser->line->any_addr = true;
		return 0;
	}
	if (host.len >= 2 && host.text[0] == '[' && host.text[host.len - 1] == ']')
		return parse_address(parser, (struct part){ host.text + 1, host.len - 2 },
				     AF_INET6);
	return parse_address(parser, host, AF_INET);
}

static int parse_name(struct parser *parser, struct part word)
{
	struct baseline_line *line = parser->line;

	line->abstract = word.text[0] == '@';
	if (!line->abstract)
		return keep(parser, word, &line->name);
	if (word.len > 1)
		return keep(parser, (struct part){ word.text + 1, word.len - 1 }, &line->name);
	line->name = (struct baseline_text){ "", 0 };
	return 0;
}

/* The part behind "NAME=", or false. */
static bool has_name(struct part word, const char *name, struct part *value)
{
	size_t n = strlen(name);

	if (word.len < n || memcmp(word.text, name, n) != 0)
		return false;
	*value = (struct part){ word.text + n, word.len - n };
	return true;
}

/* What follows the place. */
static int parse_holder(struct parser *parser, struct part word, bool first)
{
	struct baseline_line *line = parser->line;
	struct part value;

	if (has_name(word, "unit=", &value))
		return line->unit.text ? bad(parser, "a second unit", word)
				       : keep(parser, value, &line->unit);
	if (has_name(word, "user=", &value))
		return line->user.text ? bad(parser, "a second user", word)
				       : keep(parser, value, &line->user);
	if (!first)
		return bad(parser,
			   "neither unit=UNIT nor user=USER (a name is one word: see ESCAPING in "
			   "the manual page)",
			   word);
	return is_word(word, "*") ? 0 : keep(parser, word, &line->program);
}

static int parse_words(struct parser *parser, struct part word)
{
	bool first = true;
	int err = parse_proto(parser, word);

	if (err < 0)
		return err;
	if (!next_word(parser, &word)) {
		snprintf(parser->error, parser->size, "no address and port follow the protocol");
		return -EINVAL;
	}
	err = parser->line->proto == PROTO_UNIX ? parse_name(parser, word)
						: parse_place(parser, word);
	for (; err == 0 && next_word(parser, &word); first = false)
		err = parse_holder(parser, word, first);
	return err;
}

int baseline_parse(const char *text, size_t len, struct baseline_line *line, char error[],
		   size_t size)
{
	struct parser parser = {
		.rest = { text, len }, .line = line, .error = error, .size = size
	};
	struct part word;

	memset(line, 0, offsetof(struct baseline_line, bytes));
	line->n_bytes = 0;
	if (len > BASELINE_LINE_MAX) {
		snprintf(error, size, "this line is longer than %d bytes", BASELINE_LINE_MAX);
		return -EINVAL;
	}
	line->blank = !next_word(&parser, &word);
	if (line->blank)
		return 0;
	if (word.text[0] == '?') {
		line->optional = true;
		word.text++;
		word.len--;
		if (word.len == 0 && !next_word(&parser, &word)) {
			snprintf(error, size, "nothing follows the '?'");
			return -EINVAL;
		}
	}
	return parse_words(&parser, word);
}
