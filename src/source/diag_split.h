/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A big table of TCP, dumped in several parts at once: each part has a range of ports, a link and a
 * thread of its own. Since Linux 6.9 the kernel lets dumps of one table run side by side; before,
 * they wait for each other, and nothing is gained.
 */
#ifndef LSSOCK_SOURCE_DIAG_SPLIT_H
#define LSSOCK_SOURCE_DIAG_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"
#include "source/nl_dump.h"

enum {
	DIAG_SPLIT_MAX = 4,       /* parts */
	DIAG_SPLIT_SAMPLE = 1024, /* sockets that are looked at to find the cuts */
	/* Below so many sockets threads cost more than they bring (about 20 ms of a dump). */
	DIAG_SPLIT_MIN_ROWS = 30000,
};

/* Where a table is cut: part i has the ports from cuts[i] to cuts[i + 1] - 1. */
struct diag_cuts {
	bool remote; /* by the remote port, else by the local one */
	size_t n;    /* parts; below 2: it does not pay */
	uint32_t cuts[DIAG_SPLIT_MAX + 1];
};

/*
 * Finds cuts into at most `parts` parts of about the same size, from a sample of n sockets whose
 * ports are given; both lists are sorted. Where the ports do not tell the sockets apart (a server
 * with one port and one client), n is 1. Pure.
 */
void diag_split_cut(uint16_t *local, uint16_t *remote, size_t n, size_t parts,
		    struct diag_cuts *cuts);

/*
 * As diag_inet_list(), and just that unless the query expects many rows and several processors are
 * free. sink is called from several threads, never from two at a time, and the
 * order of the rows is no longer the kernel's.
 */
int diag_split_list(struct nl_session *session, const struct sock_query *query,
		    const struct sock_sink *sink);

#endif
