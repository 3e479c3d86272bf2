/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorded machine's answers to sock_diag requests; machine.h tells how they are written. */
#include "machine_files.h"

#include <ctype.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/proto.h"
#include "source/nl_link.h"

enum { PORTID = 4711, TABLES = 21, PROTOCOL_MPTCP = 262 };

/* One thing that receiving gives: a datagram or an error. */
struct play {
	uint8_t *data;
	size_t len;
	int error;
	uint32_t from;
	bool truncated;
};

/* The answers of one table: plays[0..again) to the first request, the rest to later ones. */
struct table {
	const char *key;
	uint8_t family;
	uint16_t protocol;
	struct play *plays;
	size_t n, again;
	unsigned int requests;
};

static struct table tables[TABLES] = {
	{ .key = "tcp", .family = AF_INET, .protocol = IPPROTO_TCP },
	{ .key = "tcp6", .family = AF_INET6, .protocol = IPPROTO_TCP },
	{ .key = "udp", .family = AF_INET, .protocol = IPPROTO_UDP },
	{ .key = "udp6", .family = AF_INET6, .protocol = IPPROTO_UDP },
	{ .key = "udplite", .family = AF_INET, .protocol = IPPROTO_UDPLITE },
	{ .key = "udplite6", .family = AF_INET6, .protocol = IPPROTO_UDPLITE },
	{ .key = "raw", .family = AF_INET, .protocol = IPPROTO_RAW },
	{ .key = "raw6", .family = AF_INET6, .protocol = IPPROTO_RAW },
	{ .key = "sctp", .family = AF_INET, .protocol = IPPROTO_SCTP },
	{ .key = "sctp6", .family = AF_INET6, .protocol = IPPROTO_SCTP },
	{ .key = "unix", .family = AF_UNIX },
	{ .key = "dccp", .family = AF_INET, .protocol = IPPROTO_DCCP },
	{ .key = "dccp6", .family = AF_INET6, .protocol = IPPROTO_DCCP },
	{ .key = "mptcp", .family = AF_INET, .protocol = PROTOCOL_MPTCP },
	{ .key = "mptcp6", .family = AF_INET6, .protocol = PROTOCOL_MPTCP },
	{ .key = "packet", .family = AF_PACKET },
	{ .key = "netlink", .family = AF_NETLINK, .protocol = UINT8_MAX },
	{ .key = "vsock", .family = AF_VSOCK },
	{ .key = "xdp", .family = AF_XDP },
	{ .key = "smc", .family = AF_SMC },
	{ .key = "tipc", .family = AF_TIPC },
};

static int open_error;

/* Adds a datagram of one message of ours, with or without a number in it. */
static void add_message(struct table *table, uint16_t type, const int *number)
{
	struct {
		struct nlmsghdr head;
		int number;
		struct nlmsghdr request; /* what NLMSG_ERROR quotes */
	} message = { .head.nlmsg_type = type };
	size_t n = type == NLMSG_ERROR ? sizeof(message) : NLMSG_LENGTH(number ? 4 : 0);
	struct play *play;

	message.head.nlmsg_len = (uint32_t)n;
	message.head.nlmsg_flags = type == NLMSG_DONE ? NLM_F_MULTI : 0;
	message.number = number ? *number : 0;
	table->plays = machine_grow(table->plays, table->n, sizeof(*table->plays));
	play = &table->plays[table->n++];
	play->data = malloc(n);
	if (!play->data)
		machine_die("out of memory");
	memcpy(play->data, &message, n);
	play->len = n;
}

/* Appends bytes in hexadecimal to the datagram begun last. */
static void add_bytes(struct table *table, const char *text)
{
	struct play *play = &table->plays[table->n - 1];
	unsigned int byte;

	for (; *text; text += 2) {
		text += strspn(text, " \t");
		if (!*text)
			break;
		if (!isxdigit((unsigned char)text[0]) || sscanf(text, "%2x", &byte) != 1 ||
		    !isxdigit((unsigned char)text[1]))
			machine_die("diag/%s: not understood: %s", table->key, text);
		play->data = machine_grow(play->data, play->len, 1);
		play->data[play->len++] = (uint8_t)byte;
	}
}

static void read_line(struct table *table, const char *line)
{
	bool numbered = false;
	char word[16] = "";
	int number = 0;

	numbered = sscanf(line, "%15s %d", word, &number) == 2;
	if (strcmp(word, "again") == 0) {
		table->again = table->n;
	} else if (strcmp(word, "errno") == 0 && numbered) {
		add_message(table, NLMSG_ERROR, &number);
	} else if (strcmp(word, "done") == 0) {
		add_message(table, NLMSG_DONE, numbered ? &number : NULL);
	} else if (strcmp(word, "datagram") == 0 || strcmp(word, "fail") == 0) {
		table->plays = machine_grow(table->plays, table->n, sizeof(*table->plays));
		table->plays[table->n++].error = number;
	} else if (word[0] && (table->n == 0 || table->again == table->n)) {
		machine_die("diag/%s: no datagram before: %s", table->key, line);
	} else if (strcmp(word, "truncated") == 0) {
		table->plays[table->n - 1].truncated = true;
	} else if (strcmp(word, "from") == 0) {
		table->plays[table->n - 1].from = (uint32_t)number;
	} else if (word[0]) {
		add_bytes(table, line);
	}
}

static void load_table(struct table *table)
{
	const int missing = -ENOENT, none = 0;
	char path[32], *line = NULL;
	size_t cap = 0;
	FILE *file;

	snprintf(path, sizeof(path), "diag/%s", table->key);
	file = machine_open_file(path);
	table->again = SIZE_MAX;
	while (file && getline(&line, &cap, file) >= 0) {
		line[strcspn(line, "#\n")] = '\0';
		if (strncmp(line, "again", 5) == 0)
			add_message(table, NLMSG_DONE, &none);
		read_line(table, line);
	}
	add_message(table, NLMSG_DONE, file ? &none : &missing);
	free(line);
	if (file)
		fclose(file);
}

struct machine_link {
	struct nl_link link;
	struct table *table; /* of the request last sent; NULL: none */
	size_t next, end;
	uint32_t seq, states;
};

/* The protocol that a request of inet_diag asks for: a number above 255 is in an attribute behind
 * all others. */
static unsigned int protocol_of(const uint8_t *request, size_t len)
{
	const size_t n = sizeof(uint32_t) + NLA_HDRLEN;
	uint16_t head[2];
	uint32_t protocol;

	if (len >= sizeof(struct inet_diag_req_v2) + n) {
		memcpy(head, request + len - n, sizeof(head));
		memcpy(&protocol, request + len - sizeof(protocol), sizeof(protocol));
		if (head[0] == n && head[1] == INET_DIAG_REQ_PROTOCOL)
			return protocol;
	}
	return request[1];
}

static int link_send(struct nl_link *link, const void *request, size_t len)
{
	struct machine_link *self = (struct machine_link *)link;
	const uint8_t *body = (const uint8_t *)request + NLMSG_HDRLEN;
	struct nlmsghdr head;
	struct inet_diag_req_v2 inet;
	struct unix_diag_req local;

	if (len < NLMSG_LENGTH(8))
		return -EINVAL;
	memcpy(&head, request, sizeof(head));
	if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || (head.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		return -EINVAL;
	memset(&inet, 0, sizeof(inet));
	memset(&local, 0, sizeof(local));
	len -= NLMSG_HDRLEN;
	memcpy(&local, body, len < sizeof(local) ? len : sizeof(local));
	memcpy(&inet, body, len < sizeof(inet) ? len : sizeof(inet));
	self->seq = head.nlmsg_seq;
	self->states = body[0] == AF_UNIX ? local.udiag_states : inet.idiag_states;
	self->table = NULL;
	for (size_t i = 0; i < TABLES; i++) {
		struct table *table = &tables[i];

		if (table->family == body[0] && table->protocol == protocol_of(body, len))
			self->table = table;
	}
	if (!self->table)
		return -EINVAL;
	self->next = 0;
	self->end = self->table->again < self->table->n ? self->table->again : self->table->n;
	if (self->table->requests++ > 0 && self->end < self->table->n) {
		self->next = self->end;
		self->end = self->table->n;
	}
	return 0;
}

/*
 * SCTP numbers its associations' states in a way of its own, and the kernel does not select by
 * them. Asked for nothing but endpoints it tells only of those without an association; the others
 * come with theirs (net/sctp/diag.c).
 */
static bool is_sctp_asked_for(const struct machine_link *self, bool has_remote)
{
	const uint32_t endpoints = 1u << TCP_STATE_LISTEN | 1u << TCP_STATE_CLOSE;

	return !has_remote || (self->states & ~endpoints);
}

/* Whether the kernel would have sent this message when asked for these states. */
static bool is_asked_for(const struct machine_link *self, const struct nlmsghdr *head,
			 const uint8_t *payload)
{
	unsigned int state;
	bool has_remote;

	if (self->table->family != AF_INET && self->table->family != AF_INET6 &&
	    self->table->family != AF_UNIX)
		return true;
	if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY || head->nlmsg_len < NLMSG_LENGTH(16))
		return true;
	has_remote = payload[6] || payload[7];
	if (self->table->family == AF_UNIX)
		return payload[2] > 12 || (self->states & 1u << payload[2]);
	if (self->table->protocol == IPPROTO_SCTP)
		return is_sctp_asked_for(self, has_remote);
	state = payload[1];
	/* TCP that is bound and no more has a bit of its own, since Linux 6.8. */
	if (self->table->protocol == IPPROTO_TCP && state == TCP_STATE_CLOSE && !has_remote)
		return self->states & 1u << TCP_STATE_BOUND_INACTIVE;
	return state > 12 || (self->states & 1u << state);
}

/*
 * Copies a datagram, with the request's numbers in its messages and without those that were not
 * asked for. From the first message that is not well-formed on it is copied as it is, but for the
 * numbers. Returns the length.
 */
static size_t copy_datagram(const struct machine_link *self, const struct play *play, uint8_t *out)
{
	size_t pos = 0, n = 0;

	while (play->len - pos >= NLMSG_HDRLEN) {
		size_t left = play->len - pos, step;
		struct nlmsghdr head;

		memcpy(&head, play->data + pos, sizeof(head));
		step = NLMSG_ALIGN((size_t)head.nlmsg_len);
		if (head.nlmsg_len < NLMSG_HDRLEN || step > left)
			step = left;
		else if (!is_asked_for(self, &head, play->data + pos + NLMSG_HDRLEN)) {
			pos += step;
			continue;
		}
		head.nlmsg_seq += self->seq;
		head.nlmsg_pid += self->link.portid;
		memcpy(out + n, play->data + pos, step);
		memcpy(out + n, &head, sizeof(head));
		pos += step;
		n += step;
	}
	memcpy(out + n, play->data + pos, play->len - pos);
	return n + play->len - pos;
}

static ssize_t link_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
			 uint32_t *from)
{
	struct machine_link *self = (struct machine_link *)link;

	while (self->table && self->next < self->end) {
		const struct play *play = &self->table->plays[self->next++];
		uint8_t *copy;
		size_t n;

		if (play->error)
			return play->error;
		copy = machine_grow(NULL, play->len, 1);
		n = copy_datagram(self, play, copy);
		*truncated = play->truncated || n > size;
		*from = play->from;
		if (n > 0 || play->len == 0) {
			memcpy(buf, copy, n < size ? n : size);
			free(copy);
			return (ssize_t)(n < size ? n : size);
		}
		free(copy);
	}
	return -EAGAIN;
}

static void link_close(struct nl_link *link)
{
	free(link);
}

int machine_diag_open(const struct env *env, struct nl_link **out)
{
	struct machine_link *self;

	(void)env;
	if (open_error)
		return open_error;
	self = machine_grow(NULL, 0, sizeof(*self));
	self->link.portid = PORTID;
	self->link.send = link_send;
	self->link.recv = link_recv;
	self->link.close = link_close;
	*out = &self->link;
	return 0;
}

void machine_diag_load(void)
{
	FILE *file = machine_open_file("diag/open");

	if (file && fscanf(file, " deny %d", &open_error) != 1)
		machine_die("diag/open: not understood");
	if (file)
		fclose(file);
	for (size_t i = 0; i < TABLES; i++)
		load_table(&tables[i]);
}
