/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unix_diag: UNIX sockets from sock_diag (kernel: net/unix/diag.c, include/uapi/linux/unix_diag.h).
 * Names come with their length, so no name can look like another row. The kernel leaves out sockets
 * without inode (connections not yet accepted) and tells no reference count; when those are needed,
 * source/unix_join.h brings them from /proc/net/unix.
 */
#ifndef LSSOCK_SOURCE_DIAG_UNIX_H
#define LSSOCK_SOURCE_DIAG_UNIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"
#include "source/nl_dump.h"

/* Parses struct unix_diag_msg (16 bytes) and attributes; the name points into payload. The returns
 * are those of diag_inet_parse(). Pure. */
enum nl_verdict diag_unix_parse(const void *payload, size_t len, struct sock *out, bool *attrs_bad);

/* Asks for the sockets of these states with everything diag_unix_parse() understands, and what
 * needs (NEED_*) say besides. Returns as nl_dump(). */
int diag_unix_dump(struct nl_session *session, uint32_t states, uint32_t needs,
		   const struct nl_dump_ops *ops, void *ctx);

/* Dumps the UNIX sockets of the states in query, as netlink tells them. Returns as nl_dump(). */
int diag_unix_list(struct nl_session *session, const struct sock_query *query,
		   const struct sock_sink *sink);

#endif
