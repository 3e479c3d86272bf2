/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions in requests, and kernels that refuse them. */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <sys/socket.h>

#include "fake_link.h"
#include "source/diag_request.h"

enum { PLAIN = 16 + sizeof(struct inet_diag_req_v2) };

static struct nl_session session;

static void begin(void)
{
	fake_begin();
	nl_session_end(&session);
	session = (struct nl_session){ .env = &fake.env, .report = &fake.report };
}

static void end(void)
{
	nl_session_end(&session);
	fake_end();
}

TestSuite(diag_request, .init = begin, .fini = end);

static enum nl_verdict parse(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	(void)ctx;
	(void)payload;
	*cookie = len;
	return NL_SKIP;
}

static void keep(void *ctx)
{
	(void)ctx;
}

static int flush(void *ctx)
{
	(void)ctx;
	return 0;
}

static int dump_table(enum sock_proto proto, uint32_t states, const struct query_cond *cond)
{
	static const struct nl_dump_ops ops = { .parse = parse, .keep = keep, .flush = flush };
	const struct sock_query query = {
		.proto = proto, .family = AF_INET, .states = states, .cond = cond
	};

	return diag_request_dump(&session, "tcp", &query, &ops, NULL);
}

static int dump(const struct query_cond *cond)
{
	return dump_table(PROTO_TCP, TCP_STATES_ALL, cond);
}

static struct inet_diag_req_v2 last_request(void)
{
	struct inet_diag_req_v2 req;

	memcpy(&req, fake.request + 16, sizeof(req));
	return req;
}

static const struct query_cond sport = { .kind = COND_LOCAL_PORT, .low = 22, .high = 22 };
static const struct query_cond mark = { .kind = COND_MARK, .value = 1, .mask = 1 };
static const struct query_cond both = { .kind = COND_AND, .left = &sport, .right = &mark };

Test(diag_request, no_condition)
{
	fake_done(0);
	cr_assert_eq(dump(NULL), 0);
	cr_assert_eq(fake.request_len, PLAIN);
	cr_assert_eq(last_request().id.idiag_sport, 0);
}

/* Other bits than the states mean other tables, or nothing yet. */
Test(diag_request, sockets_that_are_bound_only_are_a_thing_of_tcp)
{
	const uint32_t bound_only = 1u << TCP_STATE_BOUND_INACTIVE;

	fake_done(0);
	cr_assert_eq(dump(NULL), 0);
	cr_assert_eq(last_request().idiag_states, TCP_STATES_ALL);
	fake_answer();
	fake_done(0);
	cr_assert_eq(dump_table(PROTO_TCP, UINT32_MAX, NULL), 0);
	cr_assert_eq(last_request().idiag_states, TCP_STATES_ALL | bound_only);
	fake_answer();
	fake_done(0);
	cr_assert_eq(dump_table(PROTO_UDP, UINT32_MAX, NULL), 0);
	cr_assert_eq(last_request().idiag_states, TCP_STATES_ALL);
}

Test(diag_request, a_port_alone)
{
	fake_done(0);
	cr_assert_eq(dump(&sport), 0);
	cr_assert_eq(fake.request_len, PLAIN);
	cr_assert_eq(last_request().id.idiag_sport, htons(22));
	cr_assert_eq(last_request().id.idiag_dport, 0);
}

Test(diag_request, bytecode)
{
	struct nlattr head;

	fake_done(0);
	cr_assert_eq(dump(&both), 0);
	cr_assert_eq(fake.request_len, PLAIN + 4 + 12);
	memcpy(&head, fake.request + PLAIN, sizeof(head));
	cr_assert_eq(head.nla_type, INET_DIAG_REQ_BYTECODE);
	cr_assert_eq(head.nla_len, 16);
	cr_assert_eq(last_request().id.idiag_sport, htons(22));
	cr_assert_eq(fake.n_sends, 1);
}

/* Asked once more, and no more than once. */
Test(diag_request, an_old_kernel)
{
	fake_error(-EINVAL);
	fake_answer();
	fake_done(0);
	cr_assert_eq(dump(&both), 0);
	cr_assert_eq(fake.n_sends, 2);
	cr_assert_eq(fake.request_len, PLAIN);
	cr_assert_eq(last_request().id.idiag_sport, htons(22));
	cr_assert_str_eq(fake_report(), "");
	begin();
	fake_error(-EINVAL);
	fake_answer();
	fake_error(-EINVAL);
	cr_assert_eq(dump(&both), -EINVAL);
	cr_assert_eq(fake.n_sends, 2);
	begin();
	fake_error(-EINVAL);
	cr_assert_eq(dump(&sport), -EINVAL);
	cr_assert_eq(fake.n_sends, 1);
}

/* What the kernel does not decide, the rows tell: they have no mark. */
Test(diag_request, a_mark_without_privilege)
{
	fake_error(-EPERM);
	fake_answer();
	fake_done(0);
	cr_assert_eq(dump(&both), 0);
	cr_assert_eq(fake.n_sends, 2);
	cr_assert_eq(fake.request_len, PLAIN);
	cr_assert_str_eq(fake_report(), "");
	begin();
	fake_error(-EPERM);
	cr_assert_eq(dump(&sport), -EPERM);
	cr_assert_eq(fake.n_sends, 1);
	cr_assert_str_eq(fake_report(), "");
}

Test(diag_request, a_kernel_without_the_table)
{
	fake_done(-ENOENT);
	cr_assert_eq(dump(&both), -ENOENT);
	cr_assert_eq(fake.n_sends, 1);
}
