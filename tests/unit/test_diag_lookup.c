/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which conditions name one connection, and how the kernel is asked for it. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "base/env.h"
#include "base/report.h"
#include "source/diag_lookup.h"
#include "source/nl_link.h"

static struct query_cond conds[8];

static const struct query_cond *port(size_t i, enum query_cond_kind kind, uint16_t low,
				     uint16_t high)
{
	conds[i] = (struct query_cond){ .kind = kind, .low = low, .high = high };
	return &conds[i];
}

static const struct query_cond *addr(size_t i, enum query_cond_kind kind, const char *text,
				     uint8_t prefix)
{
	conds[i] = (struct query_cond){ .kind = kind,
					.family = strchr(text, ':') ? AF_INET6 : AF_INET,
					.prefix = prefix };
	cr_assert_eq(inet_pton(conds[i].family, text, conds[i].addr.bytes), 1);
	return &conds[i];
}

static const struct query_cond *join(size_t i, enum query_cond_kind kind,
				     const struct query_cond *left, const struct query_cond *right)
{
	conds[i] = (struct query_cond){ .kind = kind, .left = left, .right = right };
	return &conds[i];
}

/* All four parts, the last one as given. */
static const struct query_cond *tuple_with(const struct query_cond *last)
{
	const struct query_cond *ports = join(5, COND_AND, port(0, COND_LOCAL_PORT, 40000, 40000),
					      port(1, COND_REMOTE_PORT, 443, 443));

	return join(7, COND_AND, join(6, COND_AND, addr(2, COND_LOCAL_ADDR, "10.0.0.1", 32), last),
		    ports);
}

Test(diag_lookup, a_tuple)
{
	struct diag_tuple tuple;

	cr_assert(diag_tuple_of(tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32)), AF_INET,
				&tuple));
	cr_assert_eq(tuple.local_port, 40000);
	cr_assert_eq(tuple.remote_port, 443);
	cr_assert_eq(tuple.local.bytes[0], 10);
	cr_assert_eq(tuple.remote.bytes[3], 7);
	cr_assert_not(diag_tuple_of(&conds[7], AF_INET6, &tuple));
}

Test(diag_lookup, what_is_none)
{
	struct diag_tuple tuple;

	cr_assert_not(diag_tuple_of(NULL, AF_INET, &tuple));
	cr_assert_not(diag_tuple_of(tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.0", 24)), AF_INET,
				    &tuple));
	cr_assert_not(
		diag_tuple_of(tuple_with(port(3, COND_REMOTE_PORT, 443, 443)), AF_INET, &tuple));
	cr_assert_not(diag_tuple_of(
		tuple_with(join(4, COND_NOT, addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32), NULL)),
		AF_INET, &tuple));
	tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32));
	conds[7].kind = COND_OR;
	cr_assert_not(diag_tuple_of(&conds[7], AF_INET, &tuple));
	conds[7].kind = COND_AND;
	conds[1].high++;
	cr_assert_not(diag_tuple_of(&conds[7], AF_INET, &tuple));
	conds[1].low = conds[1].high = 0; /* no connection has it */
	cr_assert_not(diag_tuple_of(&conds[7], AF_INET, &tuple));
}

/* A range beside the exact port does not hide it. */
Test(diag_lookup, more_conditions)
{
	struct diag_tuple tuple;
	const struct query_cond range = { .kind = COND_LOCAL_PORT, .low = 1, .high = 50000 };
	const struct query_cond *whole = tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32));
	const struct query_cond more = { .kind = COND_AND, .left = &range, .right = whole };
	const struct query_cond less = { .kind = COND_AND, .left = whole, .right = &range };

	cr_assert(diag_tuple_of(&more, AF_INET, &tuple));
	cr_assert_eq(tuple.local_port, 40000);
	cr_assert(diag_tuple_of(&less, AF_INET, &tuple));
	cr_assert_eq(tuple.local_port, 40000);
}

/* --- asking --- */

enum { PORTID = 4711 };

/* A kernel that answers one request with one message. */
static struct {
	struct nlmsghdr head;
	struct inet_diag_req_v2 request;
	unsigned int n_requests, n_rows;
	int error; /* answered in place of a socket; 0: there is one */
	bool answered;
} kernel;

static int kernel_send(struct nl_link *link, const void *request, size_t len)
{
	(void)link;
	cr_assert_eq(len, sizeof(kernel.head) + sizeof(kernel.request));
	memcpy(&kernel.head, request, sizeof(kernel.head));
	memcpy(&kernel.request, (const uint8_t *)request + sizeof(kernel.head),
	       sizeof(kernel.request));
	kernel.n_requests++;
	return 0;
}

static ssize_t kernel_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
			   uint32_t *from)
{
	struct {
		struct nlmsghdr head;
		uint8_t body[72];
	} answer = { .head = { .nlmsg_len = sizeof(answer),
			       .nlmsg_type = kernel.error ? NLMSG_ERROR : SOCK_DIAG_BY_FAMILY,
			       .nlmsg_seq = kernel.head.nlmsg_seq,
			       .nlmsg_pid = PORTID } };

	(void)link;
	if (kernel.answered)
		return -EAGAIN;
	kernel.answered = true;
	cr_assert_geq(size, sizeof(answer));
	memcpy(answer.body, &kernel.error, sizeof(kernel.error));
	memcpy(buf, &answer, sizeof(answer));
	*truncated = false;
	*from = 0;
	return sizeof(answer);
}

static void kernel_close(struct nl_link *link)
{
	(void)link;
}

static int kernel_open(const struct env *env, struct nl_link **out)
{
	static struct nl_link link = {
		.portid = PORTID, .send = kernel_send, .recv = kernel_recv, .close = kernel_close
	};

	(void)env;
	*out = &link;
	return 0;
}

static enum nl_verdict count_row(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	(void)ctx, (void)payload;
	cr_assert_eq(len, 72);
	*cookie = 1;
	return NL_ROW;
}

static void keep_row(void *ctx)
{
	(void)ctx;
	kernel.n_rows++;
}

static int flush_rows(void *ctx)
{
	(void)ctx;
	return 0;
}

static int look_up(enum sock_proto proto, uint32_t needs)
{
	static const struct nl_dump_ops ops = { .parse = count_row,
						.keep = keep_row,
						.flush = flush_rows };
	const struct env env = { .diag_open = kernel_open };
	const struct sock_query query = {
		.proto = proto,
		.family = AF_INET,
		.states = 1u << TCP_STATE_ESTABLISHED,
		.needs = needs,
		.cond = tuple_with(addr(3, COND_REMOTE_ADDR, "192.0.2.7", 32)),
	};
	struct report report;
	struct nl_session session = { .env = &env, .report = &report };
	int rc;

	report_init(&report, -1);
	kernel.answered = false;
	rc = diag_lookup(&session, "tcp", &query, &ops, NULL);
	nl_session_end(&session);
	report_free(&report);
	return rc;
}

Test(diag_lookup, asks_for_one_and_any_cookie)
{
	const struct inet_diag_sockid *id = &kernel.request.id;

	cr_assert_eq(look_up(PROTO_TCP, NEED_TCP_INFO), 0);
	cr_assert_eq(kernel.n_rows, 1);
	cr_assert_eq(kernel.head.nlmsg_flags, NLM_F_REQUEST, "no dump");
	cr_assert_eq(kernel.request.sdiag_family, AF_INET);
	cr_assert_eq(kernel.request.sdiag_protocol, IPPROTO_TCP);
	cr_assert_eq(kernel.request.idiag_states, 1u << TCP_STATE_ESTABLISHED);
	cr_assert(kernel.request.idiag_ext & 1u << (INET_DIAG_INFO - 1));
	cr_assert_eq(id->idiag_sport, htons(40000));
	cr_assert_eq(id->idiag_dport, htons(443));
	cr_assert_eq(id->idiag_src[0], inet_addr("10.0.0.1"));
	cr_assert_eq(id->idiag_dst[0], inet_addr("192.0.2.7"));
	cr_assert_eq(id->idiag_cookie[0], UINT32_MAX);
	cr_assert_eq(id->idiag_cookie[1], UINT32_MAX);
	cr_assert_eq(look_up(PROTO_TCP, 0), 0);
	cr_assert_not(kernel.request.idiag_ext & 1u << (INET_DIAG_INFO - 1));
}

Test(diag_lookup, no_socket_and_no_question)
{
	kernel.error = -ENOENT;
	cr_assert_eq(look_up(PROTO_TCP, 0), -ENOENT);
	cr_assert_eq(kernel.n_requests, 1);
	cr_assert_eq(look_up(PROTO_UDP, 0), -ENOENT,
		     "the kernel has no such look-up that is exact");
	cr_assert_eq(kernel.n_requests, 1);
	cr_assert_eq(kernel.n_rows, 0);
}
