/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ss's dump files. (ss itself stops at the first message that is the end of a dump, of which there
 * is one for each family.)
 */
#include "capture/capture_ss.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "source/nl_dump.h"
#include "source/nl_link.h"

/* Types of messages, and the bytes that every request begins with: family and protocol. */
enum { TYPE_OLD = 18 /* TCPDIAG_GETSOCK */, TYPE = 20 /* SOCK_DIAG_BY_FAMILY */, REQUEST_MIN = 2 };

static bool is_row_type(unsigned int type)
{
	return type == TYPE || type == TYPE_OLD;
}

bool capture_ss_is_one(const uint8_t *data, size_t len)
{
	struct nlmsghdr head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, data, sizeof(head));
	return head.nlmsg_len >= NLMSG_HDRLEN && head.nlmsg_len <= CAPTURE_SS_MESSAGE_MAX &&
	       (is_row_type(head.nlmsg_type) || head.nlmsg_type == NLMSG_DONE ||
		head.nlmsg_type == NLMSG_ERROR);
}

/* The family of the socket that a message tells of, or 0. */
static uint8_t family_of(const struct nlmsghdr *msg, const struct nlmsghdr *head)
{
	const uint8_t *payload = (const uint8_t *)msg + NLMSG_HDRLEN;

	if (!is_row_type(head->nlmsg_type) || head->nlmsg_len == NLMSG_HDRLEN)
		return 0;
	return payload[0] == AF_INET || payload[0] == AF_INET6 ? payload[0] : 0;
}

int capture_ss_read(struct capture_ss *ss, const uint8_t *data, size_t len, size_t *offset)
{
	const struct nlmsghdr *msg;
	struct nlmsghdr head = { .nlmsg_len = 0 }; /* a copy: msg need not be aligned */
	struct nl_walk walk;
	int got;

	*ss = (struct capture_ss){ .data = data, .len = len };
	nl_walk_begin(&walk, data, len);
	do {
		*offset = walk.pos;
		got = nl_walk_next(&walk, &msg);
		if (got == 1)
			memcpy(&head, msg, sizeof(head));
		if (got == 1 && head.nlmsg_len > CAPTURE_SS_MESSAGE_MAX)
			got = -EBADMSG;
		if (got == 1 && family_of(msg, &head))
			ss->n_rows++;
		else if (got == 1 && head.nlmsg_type >= NLMSG_MIN_TYPE)
			ss->n_others++;
	} while (got == 1);
	return got;
}

struct ss_link {
	struct nl_link link; /* first: the seam hands us its address back */
	const struct capture_ss *ss;
	struct nlmsghdr request;
	uint8_t family;
	struct nl_walk walk;
	bool busy;
};

static int ss_send(struct nl_link *link, const void *request, size_t len)
{
	struct ss_link *ss = (struct ss_link *)link;
	const uint8_t *payload = (const uint8_t *)request + NLMSG_HDRLEN;

	if (len < NLMSG_HDRLEN + REQUEST_MIN)
		return -EINVAL;
	memcpy(&ss->request, request, sizeof(ss->request));
	ss->family = payload[0];
	if (ss->request.nlmsg_type == TYPE_OLD)
		ss->family = AF_UNSPEC;
	else if ((ss->family != AF_INET && ss->family != AF_INET6) || payload[1] != IPPROTO_TCP)
		return -ENODATA;
	if (!(ss->request.nlmsg_flags & NLM_F_DUMP))
		return -ENODATA;
	nl_walk_begin(&ss->walk, ss->ss->data, ss->ss->len);
	ss->busy = true;
	return 0;
}

static void put_head(const struct ss_link *ss, uint8_t *to, const struct nlmsghdr *msg)
{
	struct nlmsghdr head = *msg;

	head.nlmsg_seq = ss->request.nlmsg_seq;
	head.nlmsg_pid = ss->link.portid;
	head.nlmsg_flags = NLM_F_MULTI;
	memcpy(to, &head, sizeof(head));
}

/* The next messages, as many as there is room for, or the end of the dump. */
static ssize_t ss_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
		       uint32_t *from)
{
	struct ss_link *ss = (struct ss_link *)link;
	const struct nlmsghdr done = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = NLMSG_DONE };
	const struct nlmsghdr *msg;
	uint8_t *to = buf;
	size_t n = 0, before;

	*truncated = false;
	*from = 0;
	if (!ss->busy || size < NLMSG_HDRLEN)
		return -EAGAIN;
	while (before = ss->walk.pos, nl_walk_next(&ss->walk, &msg) == 1) {
		struct nlmsghdr head;
		size_t aligned;
		uint8_t family;

		memcpy(&head, msg, sizeof(head));
		aligned = NLMSG_ALIGN(head.nlmsg_len);
		family = family_of(msg, &head);
		if (!family || (ss->family != AF_UNSPEC && family != ss->family))
			continue;
		if (aligned > size - n) {
			ss->walk.pos = before;
			*truncated = n == 0;
			return n ? (ssize_t)n : (ssize_t)size;
		}
		memcpy(to + n, msg, head.nlmsg_len);
		memset(to + n + head.nlmsg_len, 0, aligned - head.nlmsg_len);
		head.nlmsg_type = ss->request.nlmsg_type;
		put_head(ss, to + n, &head);
		n += aligned;
	}
	if (n > 0)
		return (ssize_t)n;
	ss->busy = false;
	put_head(ss, to, &done);
	return NLMSG_HDRLEN;
}

static void ss_close(struct nl_link *link)
{
	free(link);
}

struct nl_link *capture_ss_open(const struct capture_ss *ss)
{
	struct ss_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->ss = ss;
	link->link = (struct nl_link){
		.portid = 1,
		.send = ss_send,
		.recv = ss_recv,
		.close = ss_close,
	};
	return &link->link;
}
