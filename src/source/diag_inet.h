/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inet_diag: TCP, UDP, UDP-Lite, RAW and SCTP sockets from sock_diag (kernel: net/ipv4/inet_diag.c,
 * include/uapi/linux/inet_diag.h). */
#ifndef LSSOCK_SOURCE_DIAG_INET_H
#define LSSOCK_SOURCE_DIAG_INET_H

#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"
#include "source/nl_dump.h"

/*
 * Parses the payload of one inet_diag message: struct inet_diag_msg (72 bytes) and attributes.
 * proto says what was asked for, since the message itself does not. addrs: room for SCTP's address
 * lists (n_addrs entries; NULL, 0: they are left out); the row borrows from it. Returns NL_ROW, or
 * NL_DAMAGED: shorter than the struct, a family other than AF_INET and AF_INET6. *attrs_bad: an
 * attribute was damaged; the row holds what came before it. Unknown attributes are passed over;
 * tcp_info of any length is understood as far as it goes. Pure.
 */
enum nl_verdict diag_inet_parse(enum sock_proto proto, const void *payload, size_t len,
				struct sock *out, struct endpoint *addrs, size_t n_addrs,
				bool *attrs_bad);

/* Dumps one (protocol, family). Returns as nl_dump(). */
int diag_inet_list(struct nl_session *session, const struct sock_query *query,
		   const struct sock_sink *sink);

#endif
