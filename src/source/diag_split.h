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
	/* Below so many sockets threads cost more than they bring (about 20 ms of a dump). */
	DIAG_SPLIT_MIN_ROWS = 30000,
};

/*
 * As diag_inet_list(), and just that unless the query expects many rows and several processors are
 * free. The sink is called from several threads, each on a branch of its own where it has some and
 * never two at a time where it has not, and the order of the rows is no longer the kernel's.
 */
int diag_split_list(struct nl_session *session, const struct sock_query *query,
		    const struct sock_sink *sink);

#endif
