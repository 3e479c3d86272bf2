/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells of netstat's tables. On the path of every row: digits and addresses are written straight
 * into the output buffer; only what strangers named goes through the escaper.
 */
#include "output/cells.h"

#include <string.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "base/obuf.h"

/* netstat's "PID/Program name" and its security context: columns of 20 and 50, of which 19 are
 * used. */
enum { PROGRAM_WIDTH = 20, PROGRAM_CUT = 19, CONTEXT_WIDTH = 50 };

void cell_pad(struct obuf *out, size_t used, size_t width)
{
	if (used < width)
		obuf_put_blanks(out, width - used);
}

void cell_put(struct obuf *out, const char *text, size_t width)
{
	size_t n = strlen(text);

	obuf_put(out, text, n);
	cell_pad(out, n, width);
}

size_t cell_put_escaped(struct obuf *out, const struct netstat_table_config *config,
			const void *text, size_t n, unsigned int more, size_t max_width)
{
	unsigned int flags = ESCAPE_BLANK | more | (config->utf8 ? ESCAPE_UTF8 : 0);
	size_t room = escape_bound(n), width;

	if (obuf_reserve(out, room) < 0)
		return 0;
	out->len += escape_text(out->data + out->len, room, text, n, flags, max_width, &width);
	return width;
}

/* With --all-netns the name was asked for where the socket is. */
static void put_scope(struct obuf *out, const struct netstat_table_config *config,
		      const struct sock *sock, const struct endpoint *end)
{
	if (!config->netns)
		obuf_put_str(out, config->labels.ifname(config->labels.ctx, end->ifindex));
	else if (sock->interface && end->ifindex == sock->local.ifindex)
		cell_put_escaped(out, config, sock->interface, strlen(sock->interface), 0,
				 SIZE_MAX);
	else
		obuf_put_left(out, end->ifindex, 0);
}

static size_t put_v6(struct obuf *out, const struct netstat_table_config *config,
		     const struct sock *sock, const struct endpoint *end)
{
	size_t start = out->len;

	if (addr_is_any(&end->addr) && config->labels.host) {
		obuf_put(out, "[::]", 4);
		return 4;
	}
	if (obuf_reserve(out, ADDR_TEXT_MAX) < 0)
		return 0;
	if (addr_is_v4mapped(&end->addr))
		out->len += addr_format_v4(out->data + out->len, end->addr.bytes + 12);
	else
		out->len += addr_format_v6(out->data + out->len, end->addr.bytes);
	if (end->ifindex && addr_needs_scope(&end->addr)) {
		obuf_put_char(out, '%');
		put_scope(out, config, sock, end);
	}
	return out->len - start;
}

size_t cell_put_addr(struct obuf *out, const struct netstat_table_config *config,
		     const struct sock *sock, const struct endpoint *end)
{
	size_t start = out->len;
	bool v6 = sock->family == AF_INET6;

	if (config->labels.host && !addr_is_any(&end->addr)) {
		const char *name =
			config->labels.host(config->labels.ctx, sock->family, &end->addr);

		if (name) {
			obuf_put_str(out, name);
			return out->len - start;
		}
	}
	if (v6)
		return put_v6(out, config, sock, end);
	if (obuf_reserve(out, ADDR_TEXT_MAX) < 0)
		return 0;
	out->len += addr_format_v4(out->data + out->len, end->addr.bytes);
	return out->len - start;
}

/* Port 0 is always "*", also with -n. */
static void put_port(struct obuf *out, const struct netstat_table_config *config,
		     const struct sock *sock, uint16_t port)
{
	const char *name = NULL;

	if (port && config->labels.service)
		name = config->labels.service(config->labels.ctx, sock->proto, port);
	if (!port)
		obuf_put_char(out, '*');
	else if (name)
		obuf_put_str(out, name);
	else
		obuf_put_left(out, port, 0);
}

void cell_put_end(struct obuf *out, const struct netstat_table_config *config,
		  const struct sock *sock, const struct endpoint *end, size_t width)
{
	size_t start = out->len;

	cell_put_addr(out, config, sock, end);
	obuf_put_char(out, ':');
	put_port(out, config, sock, end->port);
	cell_pad(out, out->len - start, width);
}

void cell_put_program(struct obuf *out, const struct netstat_table_config *config,
		      const struct sock *sock)
{
	const struct owner *owner = sock->owners;
	size_t start, width;

	obuf_put_char(out, ' ');
	if (!sock->n_owners) {
		cell_put(out, "-", PROGRAM_WIDTH);
		return;
	}
	start = out->len;
	obuf_put_left(out, owner->pid, 0);
	obuf_put_char(out, '/');
	width = out->len - start;
	width += cell_put_escaped(out, config, owner->program, strlen(owner->program), 0,
				  config->wide ? SIZE_MAX : PROGRAM_CUT - width);
	cell_pad(out, width, PROGRAM_WIDTH);
}

void cell_put_context(struct obuf *out, const struct netstat_table_config *config,
		      const struct sock *sock)
{
	const char *context = sock->n_owners ? sock->owners->context : NULL;
	size_t width;

	obuf_put_char(out, ' ');
	if (!context)
		context = "-";
	width = cell_put_escaped(out, config, context, strlen(context), 0, SIZE_MAX);
	cell_pad(out, width, CONTEXT_WIDTH);
}

/* TCP's timers by name; the kernel's delayed-ACK timer is new and netstat knows it as no timer. */
static void put_timer_name(struct obuf *out, const struct sock *sock)
{
	static const char *const names[] = {
		[TIMER_OFF] = "off",
		[TIMER_ON] = "on",
		[TIMER_KEEPALIVE] = "keepalive",
		[TIMER_TIMEWAIT] = "timewait",
		[TIMER_PROBE] = "probe",
		[TIMER_DELACK] = "off",
	};

	if (sock->proto == PROTO_TCP && sock->timer < sizeof(names) / sizeof(names[0])) {
		obuf_put_str(out, names[sock->timer]);
		return;
	}
	if (sock->timer == TIMER_OFF) {
		obuf_put_str(out, "off");
		return;
	}
	obuf_put_str(out, sock->proto != PROTO_TCP && sock->timer <= 2 ? "on" : "unkn-");
	obuf_put_left(out, sock->timer, 0);
}

void cell_put_timer(struct obuf *out, const struct sock *sock)
{
	bool off = sock->timer == TIMER_OFF || sock->timer == TIMER_DELACK;
	uint32_t hundredths = off ? 0 : sock->timer_ms / 10;

	obuf_put_char(out, ' ');
	if (!proto_row(sock->proto)->has_timer)
		return;
	put_timer_name(out, sock);
	obuf_put_str(out, " (");
	obuf_put_left(out, hundredths / 100, 0);
	obuf_put_char(out, '.');
	obuf_put_char(out, (char)('0' + hundredths / 10 % 10));
	obuf_put_char(out, (char)('0' + hundredths % 10));
	obuf_put_char(out, '/');
	obuf_put_left(out, sock->retransmits, 0);
	obuf_put_char(out, '/');
	obuf_put_left(out, sock->probes, 0);
	obuf_put_char(out, ')');
}
