/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CAN sockets, of which only files below /proc/net tell: a file for each broadcast manager socket
 * (bcm_proc_show() in net/can/bcm.c, whose name is the inode), and the lists of what is received
 * (can_print_rcvlist() in net/can/proc.c), a line for each filter of a socket.
 */
#ifndef LSSOCK_SOURCE_PROC_CAN_H
#define LSSOCK_SOURCE_PROC_CAN_H

#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/special.h"

struct env;
struct report;

/* CAN_RAW, CAN_BCM and CAN_ISOTP of <linux/can.h>. */
enum { CAN_PROTOCOL_RAW = 1, CAN_PROTOCOL_BCM = 2, CAN_PROTOCOL_ISOTP = 6 };

/* The first line of a socket's file below net/can-bcm, without newline. Returns 1 and *sock, which
 * borrows *special and lacks its inode, or -EBADMSG. Pure. */
int proc_can_parse_bcm(const char *line, size_t len, struct sock *sock,
		       struct sock_special *special);

/*
 * A line of net/can/rcvlist_*, without newline. Returns 1, *sock as above and *id, the same for all
 * filters of one socket (0: the kernel hides it from us); 0 for a line that is no filter of a
 * socket of its own; 2 for the filter that the J1939 sockets of an interface share; or -EBADMSG.
 * Pure.
 */
int proc_can_parse_filter(const char *line, size_t len, struct sock *sock,
			  struct sock_special *special, uint64_t *id);

/* Lists the sockets. Returns as proc_inet_list(); -ENOENT where none of the files is there. */
int proc_can_list(const struct env *env, struct report *report, const struct sock_query *query,
		  const struct sock_sink *sink);

#endif
