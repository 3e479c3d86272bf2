/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel of a world: receiving gives the plays of the table that was asked for, one by one, and
 * then the end of a dump; the next request begins where the last one stopped, or anew. */
#include "world.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/nl_link.h"

enum { PORTID = 4711 };

struct world_link {
	struct nl_link link;
	struct fuzz_world *world;
	unsigned int table;
	struct nlmsghdr request;
	bool done;
};

unsigned int fuzz_table_of(uint8_t family, uint8_t protocol)
{
	static const uint8_t families[] = { AF_UNIX, AF_PACKET, AF_NETLINK, AF_VSOCK,
					    AF_TIPC, AF_XDP,    AF_SMC };
	/* MPTCP's number has no place in the request: there it is 0. */
	static const struct {
		uint8_t protocol, table;
	} protocols[] = {
		{ IPPROTO_TCP, 0 },  { IPPROTO_UDP, 2 }, { IPPROTO_UDPLITE, 4 }, { IPPROTO_RAW, 6 },
		{ IPPROTO_SCTP, 8 }, { 0, 17 },          { IPPROTO_DCCP, 19 },
	};

	for (unsigned int i = 0; i < sizeof(families); i++)
		if (families[i] == family)
			return 10 + i;
	for (unsigned int i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].protocol == protocol)
			return protocols[i].table + (family == AF_INET6);
	return FUZZ_TABLES - 1;
}

static int link_send(struct nl_link *link, const void *request, size_t len)
{
	struct world_link *self = (struct world_link *)link;
	uint8_t asked[2] = { 0, 0 };

	FUZZ_CHECK(len >= sizeof(self->request));
	memcpy(&self->request, request, sizeof(self->request));
	FUZZ_CHECK(self->request.nlmsg_len == len);
	if (len >= sizeof(self->request) + sizeof(asked))
		memcpy(asked, (const uint8_t *)request + sizeof(self->request), sizeof(asked));
	self->table = self->world->one_table ? 0 : fuzz_table_of(asked[0], asked[1]);
	self->done = false;
	/* Nobody retries for ever. */
	FUZZ_CHECK(++self->world->n_sends < 10000);
	return 0;
}

static const struct fuzz_play *next_play(struct world_link *self)
{
	struct fuzz_world *world = self->world;
	size_t *at = &world->at[self->table];

	for (; *at < world->n_plays; ++*at)
		if (world->one_table || world->plays[*at].table == self->table)
			return &world->plays[(*at)++];
	/* The next request is answered from the start. */
	*at = 0;
	return NULL;
}

/* Makes messages replies to the request. */
static void address(const struct world_link *self, uint8_t *bytes, size_t len)
{
	struct nlmsghdr head;
	size_t pos = 0;

	while (len - pos >= sizeof(head)) {
		memcpy(&head, bytes + pos, sizeof(head));
		head.nlmsg_seq += self->request.nlmsg_seq;
		head.nlmsg_pid += PORTID;
		memcpy(bytes + pos, &head, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len - pos)
			return;
		pos += NLMSG_ALIGN(head.nlmsg_len);
		if (pos > len)
			return;
	}
}

static ssize_t end_of_dump(struct world_link *self, void *buf, size_t size)
{
	struct nlmsghdr head = { .nlmsg_len = NLMSG_LENGTH(4), .nlmsg_type = NLMSG_DONE };

	if (self->done || size < NLMSG_LENGTH(4))
		return -EAGAIN;
	self->done = true;
	memcpy(buf, &head, sizeof(head));
	memset((uint8_t *)buf + sizeof(head), 0, 4);
	address(self, buf, NLMSG_LENGTH(4));
	return (ssize_t)NLMSG_LENGTH(4);
}

static ssize_t link_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
			 uint32_t *from)
{
	struct world_link *self = (struct world_link *)link;
	const struct fuzz_play *play = next_play(self);
	size_t n;

	*truncated = false;
	*from = 0;
	if (!play)
		return end_of_dump(self, buf, size);
	if (play->kind == FUZZ_SILENCE) {
		self->done = true;
		self->world->at[self->table] = 0;
		return -EAGAIN;
	}
	if (play->kind == FUZZ_ERROR) {
		n = play->len > 1 ? (play->data[0] | (size_t)play->data[1] << 8) % 4095 + 1 : 105;
		return -(ssize_t)n;
	}
	n = play->len < size ? play->len : size;
	if (n)
		memcpy(buf, play->data, n);
	address(self, buf, n);
	*truncated = play->kind == FUZZ_TRUNCATED || play->len > size;
	*from = play->kind == FUZZ_FOREIGN ? 1 : 0;
	return (ssize_t)n;
}

static void link_close(struct nl_link *link)
{
	free(link);
}

int fuzz_world_open(const struct env *env, struct nl_link **out)
{
	struct fuzz_world *world = env->diag_ctx;
	struct world_link *self;

	if (world->open_error)
		return world->open_error;
	self = calloc(1, sizeof(*self));
	if (!self)
		abort();
	self->world = world;
	self->link = (struct nl_link){
		.portid = PORTID, .send = link_send, .recv = link_recv, .close = link_close
	};
	*out = &self->link;
	return 0;
}

void fuzz_world_play(struct fuzz_world *world, const struct fuzz_chunk *chunk)
{
	if (world->n_plays == FUZZ_PLAYS_MAX)
		return;
	world->plays[world->n_plays++] = (struct fuzz_play){
		.kind = (enum fuzz_play_kind)(chunk->kind % FUZZ_PLAY_KINDS),
		.table = chunk->which % FUZZ_TABLES,
		.data = chunk->data,
		.len = chunk->len,
	};
}
