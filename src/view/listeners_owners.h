/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who owns listeners, and who keeps connections in CLOSE_WAIT. */
#ifndef LSSOCK_VIEW_LISTENERS_OWNERS_H
#define LSSOCK_VIEW_LISTENERS_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "view/listeners_sums.h"

struct report;
struct view_config;

enum close_wait_holder {
	CLOSE_WAIT_OWNED,      /* pid and program are known */
	CLOSE_WAIT_HIDDEN,     /* a process that may not be looked into */
	CLOSE_WAIT_NOT_SEEN,   /* no process in sight has it (another PID namespace, or closed by
				  now) */
	CLOSE_WAIT_UNACCEPTED, /* still in the accept queue */
};

/* CLOSE_WAIT sockets of one holder that came through one listener. */
struct close_wait_group {
	enum close_wait_holder holder;
	uint32_t pid;        /* the first owner: a socket that several processes share */
	const char *program; /* counts once */
	uint32_t server;     /* a place of the sums; LISTENERS_NO_PLACE: made by connect(), or the
				listener is gone */
	uint64_t sockets, unread;
};

/* A zeroed struct is empty. */
struct close_waits {
	struct close_wait_group *groups; /* the largest first */
	size_t n, cap;
	struct hash64 group_of;
	struct arena names;
};

/*
 * Finds the owners of the first n_listeners listeners (into their rows) and of all CLOSE_WAIT
 * sockets that are remembered, by one walk over /proc, and groups the latter. The sums are
 * finished. 0 or -ENOMEM.
 */
int listeners_find_owners(struct listeners_sums *sums, size_t n_listeners,
			  struct close_waits *waits, const struct view_config *config);

/* Reports (REPORT_PARTIAL) that limits of queues are not known, where it is so. */
void listeners_report_unknown(const struct listeners_sums *sums, struct report *report);

void close_waits_clear(struct close_waits *waits);
void close_waits_free(struct close_waits *waits);

#endif
