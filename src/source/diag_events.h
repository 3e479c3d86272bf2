/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says unasked: that a TCP or UDP socket with a certain local port has ceased to
 * be. The seam between waiting and the kernel (or a test). A message is a reason to look again and
 * nothing else: none comes for TIME_WAIT, for connections not yet established, or when the queue is
 * full, so looking now and then cannot be spared.
 */
#ifndef LSSOCK_SOURCE_DIAG_EVENTS_H
#define LSSOCK_SOURCE_DIAG_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct env;

/* Of which sockets. */
struct diag_events_query {
	bool tcp, udp;     /* udp: UDP-Lite too */
	uint16_t ports[2]; /* local ones, of either protocol; 0: no second one */
};

struct diag_events {
	/*
	 * Waits at most for_ns nanoseconds for a message. Returns 1 when one or more came (all that
	 * wait are taken off the queue), 0 when the time is over, -EINTR when a signal came.
	 */
	int (*wait)(struct diag_events *events, int64_t for_ns);
	void (*close)(struct diag_events *events);
};

/*
 * Opens the messages of the running kernel; for struct env's events_open. Any user may. 0 and *out,
 * or -errno.
 */
int diag_events_open_kernel(const struct env *env, const struct diag_events_query *query,
			    struct diag_events **out);

static inline void diag_events_close(struct diag_events *events)
{
	if (events)
		events->close(events);
}

#endif
