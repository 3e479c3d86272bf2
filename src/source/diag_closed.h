/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message of the kernel about a TCP or UDP socket that was closed (kernel:
 * net/core/sock_diag.c, sock_diag_broadcast_destroy(); net/ipv4/inet_diag.c,
 * inet_diag_handler_get_info()).
 */
#ifndef LSSOCK_SOURCE_DIAG_CLOSED_H
#define LSSOCK_SOURCE_DIAG_CLOSED_H

#include <stdbool.h>
#include <stddef.h>

#include "model/facts.h"
#include "model/sock.h"

/*
 * Parses a datagram of len bytes: a netlink message with an inet_diag_msg, INET_DIAG_PROTOCOL and,
 * of TCP, INET_DIAG_INFO. Returns 1 and *out with out->facts = facts, both borrowing from the
 * datagram; 0 when it is about something else: another type of message, a protocol that is neither
 * TCP nor UDP; -EBADMSG when it is damaged: too short, lengths that contradict each other, another
 * family, no protocol, bytes behind the message. *attrs_bad: an attribute was damaged; *out holds
 * what came before it.
 *
 * Left out, because the kernel fills in what is not true of a closed socket: inode and user (always
 * 0), timer (always off), queues (sequence numbers of SYN and FIN are counted, and UDP's is one
 * less than nothing). Pure.
 */
int diag_closed_parse(const void *datagram, size_t len, struct sock *out, struct sock_facts *facts,
		      bool *attrs_bad);

#endif
