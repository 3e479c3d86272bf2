/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What "ss -D FILE" writes: the kernel's answers about TCP as they came, one netlink message behind
 * the other (include/uapi/linux/netlink.h, inet_diag.h), each padded to 4 bytes. Nothing in it says
 * of which protocol a socket is; ss reads them as TCP, and so does lssock.
 */
#ifndef LSSOCK_CAPTURE_SS_H
#define LSSOCK_CAPTURE_SS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_link;

/* No kernel makes longer messages of sock_diag. */
enum { CAPTURE_SS_MESSAGE_MAX = 64 * 1024 };

/* Whether data begins as such a file does. Pure. */
bool capture_ss_is_one(const uint8_t *data, size_t len);

struct capture_ss {
	const uint8_t *data; /* borrowed */
	size_t len;
	size_t n_rows;   /* sockets of IPv4 or IPv6 */
	size_t n_others; /* messages that are none and no end or note of a dump */
};

/* Looks at every message. 0, or -EBADMSG and *offset of the one that is none. */
int capture_ss_read(struct capture_ss *ss, const uint8_t *data, size_t len, size_t *offset);

/* A link that answers a dump of TCP with the sockets of the family, or of both (AF_UNSPEC). Any
 * other question: send() says -ENODATA. NULL without memory. */
struct nl_link *capture_ss_open(const struct capture_ss *ss);

#endif
