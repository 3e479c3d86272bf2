/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which answers serve which questions. */
#include <criterion/criterion.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "guard.h"
#include "source/diag_covers.h"

struct inet {
	struct nlmsghdr head;
	struct inet_diag_req_v2 req;
	uint8_t more[8];
};

struct local {
	struct nlmsghdr head;
	struct unix_diag_req req;
};

static struct inet inet(uint8_t family, uint8_t protocol, uint32_t states, uint8_t ext)
{
	return (struct inet){
		.head = { .nlmsg_len = NLMSG_HDRLEN + sizeof(struct inet_diag_req_v2),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = family,
			 .sdiag_protocol = protocol,
			 .idiag_states = states,
			 .idiag_ext = ext },
	};
}

static struct local local(uint32_t states, uint32_t show)
{
	return (struct local){
		.head = { .nlmsg_len = sizeof(struct local),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = AF_UNIX, .udiag_states = states, .udiag_show = show },
	};
}

static enum diag_covers covers(const void *a, const void *b)
{
	const struct nlmsghdr *from = a, *to = b;

	return diag_covers(guard_copy(a, from->nlmsg_len), from->nlmsg_len,
			   guard_copy(b, to->nlmsg_len), to->nlmsg_len);
}

Test(covers, states_and_facts)
{
	struct inet wide = inet(AF_INET, IPPROTO_TCP, 0xfff, 2);
	struct inet narrow = inet(AF_INET, IPPROTO_TCP, 0x400, 0);
	struct inet udp = inet(AF_INET, IPPROTO_UDP, 0xfff, 2);
	struct inet six = inet(AF_INET6, IPPROTO_TCP, 0xfff, 2);

	cr_assert_eq(covers(&wide, &narrow), DIAG_COVERS_ALL);
	cr_assert_eq(covers(&narrow, &wide), DIAG_COVERS_PART);
	cr_assert_eq(covers(&wide, &udp), DIAG_COVERS_NOT);
	cr_assert_eq(covers(&wide, &six), DIAG_COVERS_NOT);
	narrow.req.idiag_ext = 4;
	cr_assert_eq(covers(&wide, &narrow), DIAG_COVERS_PART);
	wide.head.nlmsg_seq = 7;
	cr_assert_eq(covers(&wide, &wide), DIAG_COVERS_ALL);
}

Test(covers, conditions_leave_sockets_out)
{
	struct inet all = inet(AF_INET, IPPROTO_TCP, 0xfff, 0), some = all, port = all, other = all;

	some.head.nlmsg_len = sizeof(some); /* bytecode behind it */
	some.more[0] = 8;
	some.more[2] = INET_DIAG_REQ_BYTECODE;
	port.req.id.idiag_sport = 80;
	other.req.id.idiag_sport = 81;
	cr_assert_eq(covers(&some, &all), DIAG_COVERS_PART);
	cr_assert_eq(covers(&all, &some), DIAG_COVERS_ALL);
	cr_assert_eq(covers(&some, &some), DIAG_COVERS_ALL);
	cr_assert_eq(covers(&port, &all), DIAG_COVERS_PART);
	cr_assert_eq(covers(&port, &other), DIAG_COVERS_PART);
	cr_assert_eq(covers(&all, &port), DIAG_COVERS_ALL);
}

/* MPTCP's number is TCP's in the byte that the struct has for it. */
Test(covers, protocols_above_255)
{
	struct inet tcp = inet(AF_INET, IPPROTO_TCP, 0xfff, 0), mptcp = tcp, few;
	const uint16_t attr[] = { 8, INET_DIAG_REQ_PROTOCOL };
	const uint32_t protocol = 262;

	memcpy(mptcp.more, attr, sizeof(attr));
	memcpy(mptcp.more + sizeof(attr), &protocol, sizeof(protocol));
	mptcp.head.nlmsg_len = sizeof(mptcp);
	few = mptcp;
	few.req.idiag_states = 2;
	cr_assert_eq(covers(&tcp, &mptcp), DIAG_COVERS_NOT);
	cr_assert_eq(covers(&mptcp, &tcp), DIAG_COVERS_NOT);
	cr_assert_eq(covers(&mptcp, &few), DIAG_COVERS_ALL);
	cr_assert_eq(covers(&few, &mptcp), DIAG_COVERS_PART);
}

Test(covers, one_socket_is_no_dump)
{
	struct inet dump = inet(AF_INET, IPPROTO_TCP, 0xfff, 0), one = dump;

	one.head.nlmsg_flags = NLM_F_REQUEST;
	cr_assert_eq(covers(&one, &dump), DIAG_COVERS_NOT);
	cr_assert_eq(covers(&dump, &one), DIAG_COVERS_NOT);
	cr_assert_eq(covers(&one, &one), DIAG_COVERS_ALL);
}

Test(covers, unix_sockets)
{
	struct local all = local(0xffffffff, UDIAG_SHOW_NAME | UDIAG_SHOW_PEER);
	struct local few = local(1 << 10, UDIAG_SHOW_NAME);
	struct inet tcp = inet(AF_INET, IPPROTO_TCP, 0xfff, 0);

	cr_assert_eq(covers(&all, &few), DIAG_COVERS_ALL);
	cr_assert_eq(covers(&few, &all), DIAG_COVERS_PART);
	cr_assert_eq(covers(&all, &tcp), DIAG_COVERS_NOT);
}

Test(covers, cut_at_every_length)
{
	struct inet tcp = inet(AF_INET, IPPROTO_TCP, 0xfff, 0);

	for (size_t len = 0; len < tcp.head.nlmsg_len; len++) {
		struct inet cut = tcp;

		cr_assert_eq(diag_covers(guard_copy(&tcp, len), len, &tcp, sizeof(tcp)),
			     DIAG_COVERS_NOT);
		cut.head.nlmsg_len = (uint32_t)len;
		cr_assert_eq(
			diag_covers(guard_copy(&cut, sizeof(cut)), sizeof(cut), &tcp, sizeof(tcp)),
			DIAG_COVERS_NOT, "%zu", len);
	}
}
