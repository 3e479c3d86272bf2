/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection by its addresses and ports: the kernel's own look-up in place of a dump (kernel:
 * inet_diag_dump_one_icsk(), net/ipv4/inet_diag.c). */
#ifndef LSSOCK_SOURCE_DIAG_LOOKUP_H
#define LSSOCK_SOURCE_DIAG_LOOKUP_H

#include <stdbool.h>

#include "model/query.h"
#include "source/nl_dump.h"

struct diag_tuple {
	union inet_addr local, remote;
	uint16_t local_port, remote_port; /* host order, not 0 */
};

/* Whether cond names one tuple of that family, whatever else it says, and which. Pure. */
bool diag_tuple_of(const struct query_cond *cond, uint8_t family, struct diag_tuple *tuple);

/*
 * Looks the query's tuple up and feeds the socket to ops, as nl_dump() does and with its returns;
 * -ENOENT also where the query is not for one tuple of TCP.
 *
 * What is found may be another socket (a listener on the local port, in place of a connection that
 * there is not), and what is not found may be there all the same: a socket that is bound to an
 * interface is seen only by who names the interface, and hides behind one that is not. So a match
 * is an answer, and everything else is none.
 */
int diag_lookup(struct nl_session *session, const char *what, const struct sock_query *query,
		const struct nl_dump_ops *ops, void *ctx);

#endif
