/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says when a socket is closed, as Linux 6.18 sends it. */
#ifndef LSSOCK_TESTS_CLOSED_MESSAGE_H
#define LSSOCK_TESTS_CLOSED_MESSAGE_H

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "model/proto.h"

struct closed_message {
	struct nlmsghdr head;
	struct inet_diag_msg msg;
	struct {
		uint16_t len, type;
		uint8_t proto, pad[3];
	} proto;
	struct {
		uint16_t len, type;
		uint8_t info[280]; /* of struct tcp_info */
	} info;
};

enum {
	CLOSED_TCP_LEN = sizeof(struct closed_message),
	CLOSED_UDP_LEN = offsetof(struct closed_message, info),
};

static inline void closed_put_u32(struct closed_message *message, size_t at, uint32_t value)
{
	memcpy(message->info.info + at, &value, sizeof(value));
}

static inline void closed_put_u64(struct closed_message *message, size_t at, uint64_t value)
{
	memcpy(message->info.info + at, &value, sizeof(value));
}

/* A connection between 10.0.0.1:port and 10.0.0.2:50000, or such a socket of UDP. number: its
 * cookie. Returns the length of the datagram. */
static inline size_t closed_message_make(struct closed_message *message, uint8_t ip_proto,
					 uint16_t port, uint32_t number)
{
	size_t len = ip_proto == IPPROTO_TCP ? CLOSED_TCP_LEN : CLOSED_UDP_LEN;

	*message = (struct closed_message){
		.head = { .nlmsg_len = (uint32_t)len, .nlmsg_type = SOCK_DIAG_BY_FAMILY },
		.msg = {
			.idiag_family = AF_INET,
			.idiag_state = TCP_STATE_CLOSE,
			.id = {
				.idiag_sport = htons(port),
				.idiag_dport = htons(50000),
				.idiag_src = { htonl(0x0a000001) },
				.idiag_dst = { htonl(0x0a000002) },
				.idiag_cookie = { number, 0 },
			},
			/* As it comes: a FIN, and one byte less than nothing. */
			.idiag_rqueue = 1,
			.idiag_wqueue = UINT32_MAX,
		},
		.proto = { .len = 5, .type = 10, .proto = ip_proto },
		.info = { .len = 284, .type = INET_DIAG_INFO },
	};
	closed_put_u32(message, offsetof(struct tcp_info, tcpi_rtt), 1234);
	closed_put_u32(message, offsetof(struct tcp_info, tcpi_total_retrans), 3);
	closed_put_u64(message, offsetof(struct tcp_info, tcpi_bytes_received), 777);
	message->info.info[offsetof(struct tcp_info, tcpi_retransmits)] = 2;
	return len;
}

#endif
