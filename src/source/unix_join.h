/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UNIX sockets as netstat's table needs them: unix_diag for what they are, /proc/net/unix for
 * RefCnt and for the connections that nobody has accepted yet (inode 0: netlink leaves them out).
 *
 * netlink is dumped first and every name kept by inode; then the file is read as a stream of bytes,
 * where each line's inode tells which name must follow, byte for byte, newlines and all. So a name
 * that contains a forged line makes no row. Rows come in the order of the file, which is netlink's
 * order. Memory: about 64 bytes a UNIX socket and its name, since the two lists have to meet.
 */
#ifndef LSSOCK_SOURCE_UNIX_JOIN_H
#define LSSOCK_SOURCE_UNIX_JOIN_H

#include "model/query.h"
#include "model/sock.h"
#include "source/nl_dump.h"

/*
 * Lists UNIX sockets with RefCnt. Returns as nl_dump(); when /proc/net/unix cannot be read the
 * sockets come from netlink alone, without SOCK_HAS_REFCNT, reported as REPORT_PARTIAL, and the
 * return is 1.
 */
int unix_join_list(struct nl_session *session, const struct sock_query *query,
		   const struct sock_sink *sink);

#endif
