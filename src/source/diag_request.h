/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The request for one table of inet_diag, with what the kernel is to filter. */
#ifndef LSSOCK_SOURCE_DIAG_REQUEST_H
#define LSSOCK_SOURCE_DIAG_REQUEST_H

#include "model/query.h"
#include "source/nl_dump.h"

/*
 * Asks for the table of query and feeds the answer to ops, as nl_dump() does and with its returns.
 * query->cond is left to the kernel as far as it goes: exact ports in the request, the rest as
 * bytecode. A kernel that refuses the bytecode (EPERM: a mark without CAP_NET_ADMIN; EINVAL: an
 * older kernel) is asked once more without it.
 */
int diag_request_dump(struct nl_session *session, const char *what, const struct sock_query *query,
		      const struct nl_dump_ops *ops, void *ctx);

#endif
