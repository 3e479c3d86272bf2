/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that answers what a test has written down: one answer a request, an answer a row of
 * datagrams and failures. nlmsg_seq and nlmsg_pid of the written messages are added to those of the
 * request, so 0 and 0 is a proper reply.
 */
#ifndef LSSOCK_TESTS_FAKE_LINK_H
#define LSSOCK_TESTS_FAKE_LINK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <linux/netlink.h>

#include "base/env.h"
#include "base/report.h"
#include "guard.h"
#include "source/nl_link.h"

enum {
	FAKE_PORTID = 4711,
	FAKE_ROW = 20, /* SOCK_DIAG_BY_FAMILY */
	FAKE_EVENTS = 4096,
	FAKE_POOL = 16 << 20,
};

struct fake_event {
	uint8_t *bytes;
	size_t len;
	ssize_t error; /* recv fails with it */
	bool truncated;
	uint32_t from;
};

struct fake_answer {
	struct fake_event *events;
	size_t n;
	bool forever; /* the last event comes again and again */
	int send_error;
};

static struct {
	struct fake_answer answers[64];
	size_t n_answers;
	struct env env;
	struct report report;
	int report_fd;

	int open_error;
	unsigned int n_opens, n_closes, n_sends, n_recvs;
	uint32_t seqs[64];
	size_t buf_sizes[64]; /* of the receive buffer, at each request */
	uint8_t request[256]; /* the last one */
	size_t request_len;
	bool busy;     /* a dump runs on the open link */
	bool was_busy; /* a request was sent all the same: the kernel would say EBUSY */
	size_t at;     /* next event of the current answer */
	uint8_t *pool; /* FAKE_POOL bytes that answers are made of, taken back by fake_begin() */
	size_t pool_used;
} fake;

struct fake_link {
	struct nl_link link;
};

static inline int fake_send(struct nl_link *link, const void *request, size_t len)
{
	const struct nlmsghdr *head = request;

	(void)link;
	cr_assert_lt(fake.n_sends, 64);
	cr_assert_leq(len, sizeof(fake.request));
	cr_assert_eq(len, head->nlmsg_len);
	cr_assert_eq(head->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	memcpy(fake.request, request, len);
	fake.request_len = len;
	fake.seqs[fake.n_sends++] = head->nlmsg_seq;
	fake.was_busy |= fake.busy;
	fake.busy = true;
	fake.at = 0;
	return fake.n_sends <= fake.n_answers ? fake.answers[fake.n_sends - 1].send_error : 0;
}

/* Makes written messages replies to the last request; ends the dump at a NLMSG_DONE. */
static inline void fake_address(uint8_t *bytes, size_t len)
{
	struct nlmsghdr head, request;
	size_t pos = 0;

	memcpy(&request, fake.request, sizeof(request));
	while (len - pos >= sizeof(head)) {
		memcpy(&head, bytes + pos, sizeof(head));
		head.nlmsg_seq += request.nlmsg_seq;
		head.nlmsg_pid += FAKE_PORTID;
		memcpy(bytes + pos, &head, sizeof(head));
		if (head.nlmsg_type == NLMSG_DONE)
			fake.busy = false;
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len - pos - 3)
			return;
		pos += NLMSG_ALIGN(head.nlmsg_len);
	}
}

static inline ssize_t fake_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
				uint32_t *from)
{
	const struct fake_answer *answer = &fake.answers[fake.n_sends - 1];
	const struct fake_event *event;
	size_t n;

	(void)link;
	fake.n_recvs++;
	fake.buf_sizes[fake.n_sends - 1] = size;
	if (fake.n_sends > fake.n_answers || !answer->n)
		return -EAGAIN;
	if (fake.at >= answer->n && !answer->forever)
		return -EAGAIN;
	event = &answer->events[fake.at < answer->n ? fake.at : answer->n - 1];
	fake.at++;
	if (event->error)
		return event->error;
	n = event->len < size ? event->len : size;
	if (n)
		memcpy(buf, event->bytes, n);
	fake_address(buf, n);
	*truncated = event->truncated || event->len > size;
	*from = event->from;
	return (ssize_t)n;
}

static inline void fake_close(struct nl_link *link)
{
	fake.n_closes++;
	fake.busy = false;
	free(link);
}

static inline int fake_open(const struct env *env, struct nl_link **out)
{
	(void)env;
	fake.n_opens++;
	if (fake.open_error)
		return fake.open_error;
	*out = calloc(1, sizeof(**out));
	**out = (struct nl_link){
		.portid = FAKE_PORTID,
		.send = fake_send,
		.recv = fake_recv,
		.close = fake_close,
	};
	return 0;
}

static inline void fake_end(void)
{
	report_free(&fake.report);
	if (fake.pool)
		close(fake.report_fd);
}

static inline void *fake_alloc(size_t n)
{
	size_t at = (fake.pool_used + 15) & ~(size_t)15;

	cr_assert_leq(n, FAKE_POOL - at);
	fake.pool_used = at + n;
	return fake.pool + at;
}

/* A kernel that has nothing to say, and a report that can be read. */
static inline void fake_begin(void)
{
	uint8_t *pool = fake.pool;

	if (!pool)
		pool = mmap(NULL, FAKE_POOL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	else
		fake_end();
	cr_assert_neq(pool, MAP_FAILED);
	memset(&fake, 0, sizeof(fake));
	fake.pool = pool;
	fake.env = (struct env){ .proc_fd = -ENOENT, .diag_open = fake_open };
	fake.report_fd = memfd_create("report", MFD_CLOEXEC);
	report_init(&fake.report, fake.report_fd);
}

/* Everything reported so far. */
static inline const char *fake_report(void)
{
	static char text[16384];
	ssize_t n = pread(fake.report_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* What follows is the answer to the next request. */
static inline void fake_answer(void)
{
	cr_assert_lt(fake.n_answers, 64);
	fake.answers[fake.n_answers++].events = fake_alloc(FAKE_EVENTS * sizeof(struct fake_event));
}

static inline struct fake_event *fake_event(void)
{
	struct fake_answer *answer;

	if (!fake.n_answers)
		fake_answer();
	answer = &fake.answers[fake.n_answers - 1];
	cr_assert_lt(answer->n, FAKE_EVENTS);
	memset(&answer->events[answer->n], 0, sizeof(*answer->events));
	return &answer->events[answer->n++];
}

static inline void fake_fail(int error)
{
	fake_event()->error = error;
}

/* Begins a datagram; messages and bytes are added to it. */
static inline void fake_datagram(void)
{
	fake_event();
}

static inline struct fake_event *fake_last(void)
{
	struct fake_answer *answer = &fake.answers[fake.n_answers - 1];

	return &answer->events[answer->n - 1];
}

static inline void fake_bytes(const void *data, size_t n)
{
	struct fake_event *event = fake_last();

	/* Only the last datagram grows, and the events have their place already: so it stays in
	 * one piece. */
	if (!event->bytes)
		event->bytes = fake.pool + fake.pool_used;
	cr_assert_leq(n, FAKE_POOL - fake.pool_used);
	if (n)
		memcpy(event->bytes + event->len, data, n);
	event->len += n;
	fake.pool_used += n;
}

/* A message whose header is as given but for its length. */
static inline void fake_message_of(struct nlmsghdr head, const void *payload, size_t n)
{
	static const uint8_t padding[4];

	head.nlmsg_len = (uint32_t)(sizeof(head) + n);
	fake_bytes(&head, sizeof(head));
	fake_bytes(payload, n);
	fake_bytes(padding, NLMSG_ALIGN(n) - n);
}

static inline void fake_message(uint16_t type, const void *payload, size_t n)
{
	fake_message_of((struct nlmsghdr){ .nlmsg_type = type, .nlmsg_flags = NLM_F_MULTI },
			payload, n);
}

static inline void fake_row(const void *payload, size_t n)
{
	fake_message(FAKE_ROW, payload, n);
}

/* In a datagram of its own, as the kernel sends it. */
static inline void fake_done(int error)
{
	fake_datagram();
	fake_message(NLMSG_DONE, &error, sizeof(error));
}

static inline void fake_error(int error)
{
	struct nlmsgerr body = { .error = error };

	fake_datagram();
	fake_message(NLMSG_ERROR, &body, sizeof(body));
}

/* An attribute at the end of a message that is being put together in buf; returns its new length.
 */
static inline size_t fake_attr(uint8_t *buf, size_t at, uint16_t type, const void *data, size_t n)
{
	struct nlattr head = { .nla_len = (uint16_t)(sizeof(head) + n), .nla_type = type };

	memcpy(buf + at, &head, sizeof(head));
	if (n)
		memcpy(buf + at + sizeof(head), data, n);
	memset(buf + at + sizeof(head) + n, 0, NLA_ALIGN(n) - n);
	return at + sizeof(head) + NLA_ALIGN(n);
}

#endif
