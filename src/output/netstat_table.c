/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netstat's two tables, and one for what netstat does not list. Which columns a row has is decided
 * once, before the first row. */
#include "output/netstat_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "base/obuf.h"
#include "model/special.h"
#include "output/cells.h"

enum {
	PROTO_WIDTH = 6,
	QUEUE_WIDTH = 6,
	END_WIDTH = 23,
	STATE_WIDTH = 11,
	MAX_TAIL = 5,
	NETNS_WIDTH = 20,
	FURTHER_PROTO_WIDTH = 8,
	TYPE_WIDTH = 9,
};
/* SCTP: where the addresses begin, and the one wide address column of an endpoint. */
enum { SCTP_INDENT = 20, SCTP_END_WIDTH = 47 };

struct table {
	struct writer writer;
	struct netstat_table_config config;
	struct obuf *out;
	enum section section;
	/* The columns behind the fixed ones, in their order. */
	void (*tail[MAX_TAIL])(struct table *table, const struct sock *sock);
	size_t n_tail;
};

static void tail_user_inode(struct table *table, const struct sock *sock)
{
	struct obuf *out = table->out;
	const struct labels *labels = &table->config.labels;
	const char *user = labels->user ? labels->user(labels->ctx, sock->uid) : NULL;

	obuf_put_char(out, ' ');
	/* Some families do not tell it; of the others netstat shows 0. */
	if (proto_is_further(sock->proto) && !(sock->has & SOCK_HAS_UID))
		cell_put(out, "-", 10);
	else if (user)
		cell_put(out, user, 10);
	else
		obuf_put_left(out, sock->uid, 10);
	obuf_put_char(out, ' ');
	obuf_put_left(out, sock->inode, 10);
}

static void tail_program(struct table *table, const struct sock *sock)
{
	cell_put_program(table->out, &table->config, sock);
}

static void tail_context(struct table *table, const struct sock *sock)
{
	cell_put_context(table->out, &table->config, sock);
}

static void tail_timer(struct table *table, const struct sock *sock)
{
	cell_put_timer(table->out, sock);
}

static void put_netns(struct table *table, const struct sock *sock, size_t width)
{
	const char *label = sock->netns ? sock->netns->label : NULL;
	size_t used = 1;

	obuf_put_char(table->out, ' ');
	if (label)
		used = cell_put_escaped(table->out, &table->config, label, strlen(label), 0,
					SIZE_MAX);
	else
		obuf_put_char(table->out, '-');
	cell_pad(table->out, used, width);
}

static void tail_netns(struct table *table, const struct sock *sock)
{
	put_netns(table, sock, 0);
}

/* The State column: a name, a number where there is none, and nothing for a UDP socket without
 * peer. */
static void put_state(struct obuf *out, const struct sock *sock)
{
	const char *name =
		sock->sctp_assoc ? sctp_state_name(sock->state) : tcp_state_name(sock->state);

	switch (sock->proto) {
	case PROTO_RAW:
		name = NULL;
		break;
	case PROTO_UDP:
	case PROTO_UDPLITE:
		if (sock->state == TCP_STATE_CLOSE)
			name = "";
		else if (sock->state != TCP_STATE_ESTABLISHED)
			name = NULL;
		break;
	default:
		break;
	}
	if (name)
		cell_put(out, name, STATE_WIDTH);
	else
		obuf_put_left(out, sock->state, STATE_WIDTH);
}

static void put_inet(struct table *table, const struct sock *sock)
{
	struct obuf *out = table->out;
	const struct proto *proto = proto_row(sock->proto);

	cell_put(out, sock->family == AF_INET6 ? proto->name6 : proto->name, PROTO_WIDTH);
	obuf_put_right(out, sock->recv_q, QUEUE_WIDTH);
	obuf_put_char(out, ' ');
	obuf_put_right(out, sock->send_q, QUEUE_WIDTH);
	obuf_put_char(out, ' ');
	cell_put_end(out, &table->config, sock, &sock->local, END_WIDTH);
	obuf_put_char(out, ' ');
	cell_put_end(out, &table->config, sock, &sock->remote, END_WIDTH);
	obuf_put_char(out, ' ');
	put_state(out, sock);
}

/* One address of an SCTP association's further lines: no port, and blanks where this end has no
 * more. */
static void put_sctp_addr(struct table *table, const struct sock *sock,
			  const struct endpoint *addrs, size_t n, size_t i)
{
	size_t used = 0;

	if (i < n)
		used = cell_put_addr(table->out, &table->config, sock, &addrs[i]);
	cell_pad(table->out, used, END_WIDTH);
}

/* netstat prints every address of an SCTP socket, the further ones on lines of their own. */
static void put_sctp_assoc(struct table *table, const struct sock *sock)
{
	struct obuf *out = table->out;

	put_inet(table, sock);
	for (size_t i = 1; i < sock->n_local_addrs || i < sock->n_remote_addrs; i++) {
		obuf_put_char(out, '\n');
		obuf_put_blanks(out, SCTP_INDENT);
		put_sctp_addr(table, sock, sock->local_addrs, sock->n_local_addrs, i);
		obuf_put_char(out, ' ');
		put_sctp_addr(table, sock, sock->remote_addrs, sock->n_remote_addrs, i);
		obuf_put_char(out, ' ');
		obuf_put_blanks(out, STATE_WIDTH);
	}
}

static void put_sctp_endpoint(struct table *table, const struct sock *sock)
{
	struct obuf *out = table->out;

	cell_put(out, proto_row(sock->proto)->name, SCTP_INDENT);
	cell_put_end(out, &table->config, sock, &sock->local, SCTP_END_WIDTH);
	obuf_put_char(out, ' ');
	put_state(out, sock);
	for (size_t i = 1; i < sock->n_local_addrs; i++) {
		obuf_put_char(out, '\n');
		obuf_put_blanks(out, SCTP_INDENT);
		cell_put_end(out, &table->config, sock, &sock->local_addrs[i], SCTP_END_WIDTH);
		obuf_put_char(out, ' ');
		obuf_put_blanks(out, STATE_WIDTH);
	}
}

/* The State column of a UNIX socket: nothing for one that is neither connected nor listening. */
static void put_unix_state(struct obuf *out, const struct sock *sock)
{
	static const char *const names[] = {
		[UNIX_STATE_FREE] = "FREE",
		[UNIX_STATE_UNCONNECTED] = "",
		[UNIX_STATE_CONNECTING] = "CONNECTING",
		[UNIX_STATE_CONNECTED] = "CONNECTED",
		[UNIX_STATE_DISCONNECTING] = "DISCONNECTING",
	};

	if (sock->state == UNIX_STATE_UNCONNECTED && sock->listening)
		cell_put(out, "LISTENING", 13);
	else if (sock->state < sizeof(names) / sizeof(names[0]))
		cell_put(out, names[sock->state], 13);
	else
		obuf_put_left(out, sock->state & ~(unsigned int)UNIX_STATE_OTHER, 13);
}

static void put_unix_name(struct table *table, const struct sock *sock)
{
	if (sock->name_kind == UNIX_ABSTRACT)
		obuf_put_char(table->out, '@');
	cell_put_escaped(table->out, &table->config, sock->name, sock->name_len,
			 sock->name_kind == UNIX_PATHNAME ? ESCAPE_AT : 0, SIZE_MAX);
}

static void put_unix(struct table *table, const struct sock *sock)
{
	struct obuf *out = table->out;
	const char *type = unix_type_name(sock->type);

	obuf_put_str(out, sock->unix_proto ? "??    " : "unix  ");
	if (sock->has & SOCK_HAS_REFCNT)
		obuf_put_left(out, sock->refcnt, 6);
	else
		cell_put(out, "-", 6);
	obuf_put_str(out, sock->listening ? " [ ACC ]     " : " [ ]         ");
	if (type)
		cell_put(out, type, 10);
	else
		obuf_put_left(out, sock->type, 10);
	obuf_put_char(out, ' ');
	put_unix_state(out, sock);
	obuf_put_char(out, ' ');
	obuf_put_left(out, sock->inode, 8);
	if (table->config.programs)
		cell_put_program(out, &table->config, sock);
	if (table->config.context)
		cell_put_context(out, &table->config, sock);
	if (table->config.netns)
		put_netns(table, sock, NETNS_WIDTH);
	obuf_put_char(out, ' ');
	put_unix_name(table, sock);
}

static void put_queue(struct obuf *out, uint32_t queue, bool known)
{
	if (known)
		obuf_put_right(out, queue, QUEUE_WIDTH);
	else
		obuf_put_str(out, "     -");
	obuf_put_char(out, ' ');
}

/* One end of a family that netstat does not list; "*" where there is none. */
static void put_further_end(struct table *table, const struct sock *sock, bool remote)
{
	const struct endpoint *end = remote ? &sock->remote : &sock->local;
	char text[SPECIAL_END_MAX];
	size_t used = 1, n;

	if (proto_has_addresses(sock->proto)) {
		cell_put_end(table->out, &table->config, sock, end, END_WIDTH);
		return;
	}
	n = special_format_end(text, sock, remote);
	if (n > 0)
		used = cell_put_escaped(table->out, &table->config, text, n, 0, SIZE_MAX);
	else
		obuf_put_char(table->out, '*');
	cell_pad(table->out, used, END_WIDTH);
}

/* Nothing for what has no other end, as netstat has it for UDP and UNIX. */
static void put_further_state(struct obuf *out, const struct sock *sock)
{
	const char *name = sock->proto == PROTO_DCCP ? dccp_state_name(sock->state)
						     : tcp_state_name(sock->state);

	if (sock->state == TCP_STATE_CLOSE)
		name = "";
	if (name)
		cell_put(out, name, STATE_WIDTH);
	else
		obuf_put_left(out, sock->state, STATE_WIDTH);
}

static void put_further(struct table *table, const struct sock *sock)
{
	struct obuf *out = table->out;
	const struct proto *proto = proto_row(sock->proto);
	const char *type = unix_type_name(sock->type);

	cell_put(out, sock->family == AF_INET6 ? proto->name6 : proto->name, FURTHER_PROTO_WIDTH);
	put_queue(out, sock->recv_q, sock->has & (SOCK_HAS_QUEUES | SOCK_HAS_RECV_Q));
	put_queue(out, sock->send_q, sock->has & SOCK_HAS_QUEUES);
	if (type)
		cell_put(out, type, TYPE_WIDTH);
	else if (sock->type)
		obuf_put_left(out, sock->type, TYPE_WIDTH);
	else
		cell_put(out, "-", TYPE_WIDTH);
	obuf_put_char(out, ' ');
	put_further_end(table, sock, false);
	obuf_put_char(out, ' ');
	put_further_end(table, sock, true);
	obuf_put_char(out, ' ');
	put_further_state(out, sock);
}

static void put_row(struct table *table, const struct sock *sock)
{
	if (sock->proto == PROTO_UNIX) {
		put_unix(table, sock);
	} else {
		if (proto_is_further(sock->proto))
			put_further(table, sock);
		else if (sock->proto != PROTO_SCTP)
			put_inet(table, sock);
		else if (sock->sctp_assoc)
			put_sctp_assoc(table, sock);
		else
			put_sctp_endpoint(table, sock);
		for (size_t i = 0; i < table->n_tail; i++)
			table->tail[i](table, sock);
	}
	obuf_put_char(table->out, '\n');
}

static int table_format(const struct writer *writer, struct obuf *text, const struct sock *rows,
			size_t n)
{
	struct table table = *(const struct table *)writer;

	table.out = text;
	for (size_t i = 0; i < n; i++)
		put_row(&table, &rows[i]);
	return -text->error;
}

static int table_put(struct writer *writer, struct obuf *text)
{
	return obuf_move_rows(((struct table *)writer)->out, text, 0);
}

static int table_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct table *table = (struct table *)writer;

	for (size_t i = 0; i < n; i++) {
		int err;

		put_row(table, &rows[i]);
		err = obuf_end_row(table->out);
		if (err < 0)
			return err;
	}
	return 0;
}

static void put_title(struct table *table, const char *what)
{
	static const char *const which[] = {
		[SELECT_CONNECTED] = "(w/o servers)\n",
		[SELECT_LISTENERS] = "(only servers)\n",
		[SELECT_ALL] = "(servers and established)\n",
	};

	obuf_put_str(table->out, what);
	obuf_put_str(table->out, which[table->config.mode]);
}

/* The heading above a context is a column narrower than the cells below it; so it is in netstat. */
static void put_program_headings(struct table *table)
{
	if (table->config.programs)
		cell_put(table->out, "PID/Program name", 20);
	if (table->config.context)
		cell_put(table->out, " Security Context", 50);
}

static void put_unix_headings(struct table *table)
{
	struct obuf *out = table->out;

	put_title(table, "Active UNIX domain sockets ");
	obuf_put_str(out, "Proto RefCnt Flags       Type       State         I-Node  ");
	if (table->config.programs)
		obuf_put_char(out, ' ');
	put_program_headings(table);
	if (table->config.netns)
		cell_put(out, " Netns", NETNS_WIDTH + 1);
	obuf_put_str(out, " Path");
}

/* Those of the columns behind the fixed ones. */
static void put_tail_headings(struct table *table)
{
	struct obuf *out = table->out;

	if (table->config.user_inode)
		obuf_put_str(out, " User       Inode     ");
	if (table->config.programs)
		obuf_put_char(out, ' ');
	put_program_headings(table);
	if (table->config.timers)
		obuf_put_str(out, " Timer");
	if (table->config.netns)
		obuf_put_str(out, " Netns");
}

static int table_begin(struct writer *writer, enum section section)
{
	struct table *table = (struct table *)writer;
	struct obuf *out = table->out;

	table->section = section;
	if (table->config.no_header)
		return 0;
	if (section == SECTION_UNIX) {
		put_unix_headings(table);
	} else if (section == SECTION_FURTHER) {
		put_title(table, "Active sockets of other families ");
		obuf_put_str(out, "Proto   Recv-Q Send-Q Type      Local Address           "
				  "Foreign Address         State      ");
		put_tail_headings(table);
	} else {
		put_title(table, "Active Internet connections ");
		obuf_put_str(out, "Proto Recv-Q Send-Q Local Address           "
				  "Foreign Address         State      ");
		put_tail_headings(table);
	}
	obuf_put_char(out, '\n');
	return obuf_end_row(out);
}

static int table_end(struct writer *writer)
{
	return obuf_flush(((struct table *)writer)->out);
}

static void table_free(struct writer *writer)
{
	free(writer);
}

struct writer *netstat_table_new(const struct netstat_table_config *config, struct obuf *out)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->writer = (struct writer){
		.begin = table_begin, .rows = table_rows, .end = table_end, .free = table_free
	};
	table->config = *config;
	table->out = out;
	/* Names of hosts, services and users are not for several threads. */
	if (!config->labels.host && !config->labels.service &&
	    !(config->user_inode && config->labels.user)) {
		table->writer.format = table_format;
		table->writer.put = table_put;
	}
	if (config->user_inode)
		table->tail[table->n_tail++] = tail_user_inode;
	if (config->programs)
		table->tail[table->n_tail++] = tail_program;
	if (config->context)
		table->tail[table->n_tail++] = tail_context;
	if (config->timers)
		table->tail[table->n_tail++] = tail_timer;
	if (config->netns)
		table->tail[table->n_tail++] = tail_netns;
	return &table->writer;
}
