/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages about closed sockets: sound ones, others that may come the same way, damaged ones. */
#include "source/diag_closed.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "closed_message.h"
#include "guard.h"
#include "model/field.h"

static struct sock row;
static struct sock_facts facts;
static bool attrs_bad;

static int parse(const void *datagram, size_t len)
{
	memset(&row, 0xaa, sizeof(row)); /* nothing may be left of it */
	memset(&facts, 0xaa, sizeof(facts));
	attrs_bad = false;
	return diag_closed_parse(guard_copy(datagram, len), len, &row, &facts, &attrs_bad);
}

static uint64_t number_of(const char *name)
{
	struct value value;

	cr_assert(field_get(field_find(name, strlen(name)), &row, 0, &value), "%s", name);
	return value.number;
}

static bool has(const char *name)
{
	struct value value;

	return field_get(field_find(name, strlen(name)), &row, 0, &value);
}

Test(diag_closed, tcp)
{
	struct closed_message message;
	size_t len = closed_message_make(&message, IPPROTO_TCP, 8080, 99);

	cr_assert_eq(parse(&message, len), 1);
	cr_assert_not(attrs_bad);
	cr_assert_eq(row.proto, PROTO_TCP);
	cr_assert_eq(row.family, AF_INET);
	cr_assert_eq(row.state, TCP_STATE_CLOSE);
	cr_assert_eq(row.facts, &facts);
	cr_assert_eq(number_of("local_port"), 8080);
	cr_assert_eq(number_of("remote_port"), 50000);
	cr_assert_eq(number_of("cookie"), 99);
	cr_assert_eq(number_of("rtt"), 1234);
	cr_assert_eq(number_of("retrans_total"), 3);
	cr_assert_eq(number_of("bytes_received"), 777);
	cr_assert_eq(number_of("bytes_sent"), 0);
	cr_assert_eq(number_of("retransmits"), 2);
}

/* The kernel says 0, -1 and "off" of them, whatever they were. */
Test(diag_closed, what_is_not_true_is_absent)
{
	static const char *const absent[] = { "recv_q", "send_q",    "uid",         "inode",
					      "timer",  "closed_at", "owner_source" };
	struct closed_message message;
	size_t len = closed_message_make(&message, IPPROTO_TCP, 8080, 99);

	cr_assert_eq(parse(&message, len), 1);
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		cr_assert_not(has(absent[i]), "%s", absent[i]);
	len = closed_message_make(&message, IPPROTO_UDP, 53, 100);
	cr_assert_eq(parse(&message, len), 1);
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		cr_assert_not(has(absent[i]), "%s", absent[i]);
}

Test(diag_closed, udp)
{
	struct closed_message message;
	size_t len = closed_message_make(&message, IPPROTO_UDP, 53, 100);

	cr_assert_eq(parse(&message, len), 1);
	cr_assert_not(attrs_bad);
	cr_assert_eq(row.proto, PROTO_UDP);
	cr_assert_eq(row.type, SOCK_DGRAM);
	cr_assert_eq(number_of("local_port"), 53);
	cr_assert_not(has("rtt"));
	cr_assert_not(has("bytes_received"));
}

/* tcp_diag may be a module that is not there. */
Test(diag_closed, tcp_without_info)
{
	struct closed_message message;

	closed_message_make(&message, IPPROTO_TCP, 8080, 99);
	message.head.nlmsg_len = CLOSED_UDP_LEN;
	cr_assert_eq(parse(&message, CLOSED_UDP_LEN), 1);
	cr_assert_not(has("rtt"));
	cr_assert_not(has("retransmits"));
}

Test(diag_closed, others_are_passed_over)
{
	struct closed_message message;
	size_t len = closed_message_make(&message, IPPROTO_SCTP, 8080, 99);

	cr_assert_eq(parse(&message, len), 0);
	len = closed_message_make(&message, IPPROTO_TCP, 8080, 99);
	message.head.nlmsg_type = NLMSG_NOOP;
	cr_assert_eq(parse(&message, len), 0);
}

Test(diag_closed, damaged)
{
	struct closed_message message, two[2];
	size_t len = closed_message_make(&message, IPPROTO_TCP, 8080, 99);

	message.msg.idiag_family = AF_UNIX;
	cr_assert_eq(parse(&message, len), -EBADMSG);
	closed_message_make(&message, IPPROTO_TCP, 8080, 99);
	message.proto.type = 200; /* no protocol */
	cr_assert_eq(parse(&message, len), -EBADMSG);
	closed_message_make(&message, IPPROTO_TCP, 8080, 99);
	message.proto.len = 4; /* an empty one */
	cr_assert_eq(parse(&message, len), -EBADMSG);
	closed_message_make(&message, IPPROTO_TCP, 8080, 99);
	message.info.len = 285; /* reaches outside */
	cr_assert_eq(parse(&message, len), 1);
	cr_assert(attrs_bad);
	cr_assert_not(has("rtt"));
	two[0] = two[1] = message;
	cr_assert_eq(parse(two, sizeof(two)), -EBADMSG);
	cr_assert_eq(parse(&message, 0), -EBADMSG);
}

/* Also where the header admits the cut. */
Test(diag_closed, cut_at_every_length)
{
	struct closed_message message;
	size_t len = closed_message_make(&message, IPPROTO_TCP, 8080, 99);

	for (size_t n = 0; n < len; n++) {
		cr_assert_eq(parse(&message, n), -EBADMSG, "%zu", n);
		if (n < sizeof(message.head))
			continue;
		message.head.nlmsg_len = (uint32_t)n;
		parse(&message, n);
		if (n < CLOSED_UDP_LEN - 3)
			cr_assert_neq(parse(&message, n), 1, "%zu", n);
		message.head.nlmsg_len = (uint32_t)len;
	}
}

Test(diag_closed, flipped_bits)
{
	struct closed_message message;
	size_t len = closed_message_make(&message, IPPROTO_TCP, 8080, 99);

	for (size_t bit = 0; bit < 8 * len; bit++) {
		((uint8_t *)&message)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (parse(&message, len) == 1) {
			cr_assert(row.proto == PROTO_TCP || row.proto == PROTO_UDP);
			cr_assert(row.family == AF_INET || row.family == AF_INET6);
			has("rtt");
		}
		((uint8_t *)&message)[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* Structs of other kernels are longer or shorter. */
Test(diag_closed, tcp_info_of_any_length)
{
	struct closed_message message;
	size_t rtt_end = offsetof(struct tcp_info, tcpi_rtt) + sizeof(uint32_t);

	for (size_t n = 0; n <= sizeof(message.info.info); n += 4) {
		size_t len = CLOSED_UDP_LEN + 4 + n;

		closed_message_make(&message, IPPROTO_TCP, 8080, 99);
		message.head.nlmsg_len = (uint32_t)len;
		message.info.len = (uint16_t)(4 + n);
		cr_assert_eq(parse(&message, len), 1);
		cr_assert_not(attrs_bad);
		cr_assert_eq(has("rtt"), n >= rtt_end);
	}
}
