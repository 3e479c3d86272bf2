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

/* By which of its ports a socket is in a part. The larger one is, of a client and its server, the
 * same, and mostly the one that the kernel chose. */
enum diag_cut_by {
	DIAG_CUT_LARGER,
	DIAG_CUT_LOCAL,
	DIAG_CUT_REMOTE,
};

/* Where a table is cut: part i has the ports from cuts[i] to cuts[i + 1] - 1. */
struct diag_cuts {
	enum diag_cut_by by;
	size_t n; /* parts; below 2: it does not pay */
	uint32_t cuts[DIAG_SPLIT_MAX + 1];
};

/* Ports of the sockets at the beginning of a table, and what the kernel chooses from. */
struct diag_sample {
	size_t n;
	uint16_t local[DIAG_SPLIT_SAMPLE], remote[DIAG_SPLIT_SAMPLE];
	uint16_t low, high; /* ip_local_port_range; 0: not known */
};

/*
 * Finds cuts into at most `parts` parts of about the same size. Where the ports do not tell the
 * sockets apart (a server with one port and one client), n is 1. Pure.
 *
 * Since 6.15 the kernel's table has the connections to one server side by side, in the order of
 * their local ports (inet_ehashfn() in net/ipv4/inet_hashtables.c), so that few clients at its
 * beginning say nothing of the others: those with ports of the kernel's choice are taken to have
 * all of these alike, those with ports of their own to be as the rest.
 */
void diag_split_cut(const struct diag_sample *sample, size_t parts, struct diag_cuts *cuts);

/*
 * As diag_inet_list(), and just that unless the query expects many rows and several processors are
 * free. The sink is called from several threads, each on a branch of its own where it has some and
 * never two at a time where it has not, and the order of the rows is no longer the kernel's.
 */
int diag_split_list(struct nl_session *session, const struct sock_query *query,
		    const struct sock_sink *sink);

#endif
