/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet and netlink sockets from /proc/net, where sock_diag tells nothing of them (kernel:
 * packet_seq_show() in net/packet/af_packet.c, netlink_native_seq_show() in
 * net/netlink/af_netlink.c).
 */
#ifndef LSSOCK_SOURCE_PROC_SPECIAL_H
#define LSSOCK_SOURCE_PROC_SPECIAL_H

#include <stddef.h>

#include "model/query.h"
#include "model/special.h"

struct env;
struct report;

/* Parse one line, without newline, of /proc/net/packet and /proc/net/netlink. 0, or -EBADMSG.
 * groups: room for the first word of the bitmap, which *special borrows. Pure. */
int proc_packet_parse(const char *line, size_t len, struct sock *sock,
		      struct sock_special *special);
int proc_netlink_parse(const char *line, size_t len, struct sock *sock,
		       struct sock_special *special, uint32_t *groups);

/* List the table. The returns are those of proc_table_open() and proc_table_close(). */
int proc_packet_list(const struct env *env, struct report *report, const struct sock_query *query,
		     const struct sock_sink *sink);
int proc_netlink_list(const struct env *env, struct report *report, const struct sock_query *query,
		      const struct sock_sink *sink);

#endif
