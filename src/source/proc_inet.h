/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of /proc/net/{tcp,udp,udplite,raw}{,6} (kernel: net/ipv4/tcp_ipv4.c, get_tcp4_sock()
 * and its kin; Documentation/networking/proc_net_tcp.rst). No cookies, interfaces, backlogs; times
 * in hundredths of a second.
 */
#ifndef LSSOCK_SOURCE_PROC_INET_H
#define LSSOCK_SOURCE_PROC_INET_H

#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"

struct env;
struct report;

/*
 * Parses one line (without newline, len bytes, any bytes) of the table of (proto, family). Returns
 * 0, or -EBADMSG for a line of another shape or with a number out of its range. The header line is
 * such a line: callers skip line 0. Pure.
 */
int proc_inet_parse(enum sock_proto proto, uint8_t family, const char *line, size_t len,
		    struct sock *out);

/*
 * Lists the file of (query->proto, query->family). Returns 0; 1 when bad lines were skipped or
 * reading failed half-way (reported as REPORT_PARTIAL, once, with the count); -ECANCELED; or -errno
 * of the open (-ENOENT: no such table in this kernel).
 */
int proc_inet_list(const struct env *env, struct report *report, const struct sock_query *query,
		   const struct sock_sink *sink);

#endif
