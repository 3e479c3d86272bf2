/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a table of TCP is cut into parts of about the same size, by the ports of its sockets. */
#ifndef LSSOCK_SOURCE_DIAG_CUT_H
#define LSSOCK_SOURCE_DIAG_CUT_H

#include <stddef.h>
#include <stdint.h>

enum {
	DIAG_CUT_PARTS = 4,     /* at most */
	DIAG_CUT_SAMPLE = 1024, /* sockets that are looked at */
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
	uint32_t cuts[DIAG_CUT_PARTS + 1];
};

/* Ports of the sockets at the beginning of a table, and what the kernel chooses from. */
struct diag_sample {
	size_t n;
	uint16_t local[DIAG_CUT_SAMPLE], remote[DIAG_CUT_SAMPLE];
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
void diag_cut_find(const struct diag_sample *sample, size_t parts, struct diag_cuts *cuts);

#endif
