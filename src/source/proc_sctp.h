/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of /proc/net/sctp/eps and /proc/net/sctp/assocs (kernel: net/sctp/proc.c). Both files
 * mix IPv4 and IPv6 sockets, and one socket may have addresses of both kinds: a row with any IPv6
 * address is an IPv6 row, and its IPv4 addresses are then v4-mapped. Endpoints have no queues here.
 */
#ifndef LSSOCK_SOURCE_PROC_SCTP_H
#define LSSOCK_SOURCE_PROC_SCTP_H

#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"

struct env;
struct report;

/* Addresses one row may have at both ends together; what the kernel prints for one socket is far
 * below. */
enum { PROC_SCTP_ADDRS_MAX = 512 };

/*
 * Parse one line (no newline) of eps or of assocs. addrs: room for n_addrs addresses, shared by
 * both ends of the row, which borrows from it; addresses that do not fit are -EBADMSG, as is
 * a row without any. Return 0 or -EBADMSG. Pure.
 */
int proc_sctp_parse_eps(const char *line, size_t len, struct sock *out, struct endpoint *addrs,
			size_t n_addrs);
int proc_sctp_parse_assoc(const char *line, size_t len, struct sock *out, struct endpoint *addrs,
			  size_t n_addrs);

/* Lists the endpoints (when query->states has LISTEN or CLOSE) and associations (any other state)
 * of query->family. Returns as proc_inet_list(). */
int proc_sctp_list(const struct env *env, struct report *report, const struct sock_query *query,
		   const struct sock_sink *sink);

#endif
