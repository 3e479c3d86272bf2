/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says unasked: that a TCP or UDP socket has ceased to be. The seam between waiting
 * and the kernel (or a test). No message comes for TIME_WAIT, for connections not yet established,
 * for UDP-Lite, nor when the queue is full. For --wait one is a reason to look again and nothing
 * else, and looking now and then cannot be spared; --events reads them.
 */
#ifndef LSSOCK_SOURCE_DIAG_EVENTS_H
#define LSSOCK_SOURCE_DIAG_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct env;

/* Of which sockets. */
struct diag_events_query {
	bool tcp, udp;
	uint8_t family;    /* AF_INET, AF_INET6; 0: both */
	uint16_t ports[2]; /* local ones, of either protocol; 0: no second one */
	/* Of all ports, and to be read: with as large a queue as the kernel lets us have. */
	bool all_ports;
};

struct diag_events {
	/*
	 * Waits at most for_ns nanoseconds for a message. Returns 1 when one or more came (all that
	 * wait are taken off the queue), 0 when the time is over, -EINTR when a signal came.
	 */
	int (*wait)(struct diag_events *events, int64_t for_ns);
	/*
	 * The same, but the messages stay where they are, to be read. -EPIPE when reader_fd (of a
	 * pipe; negative: none) has nobody at its other end any more.
	 */
	int (*poll)(struct diag_events *events, int64_t for_ns, int reader_fd);
	/*
	 * Takes one message off the queue, as one datagram. Returns its length, or -errno: -EAGAIN
	 * when none waits, -ENOBUFS when the queue was full since the last call (once for any
	 * number of messages that were lost; what waits can still be read), -EBADMSG when it was
	 * longer than size or is not from the kernel: it is then lost, and others as recvmsg(2).
	 */
	ssize_t (*read)(struct diag_events *events, void *buf, size_t size);
	/*
	 * How many messages the kernel had to drop since the last call, because the queue was full.
	 * false where it does not count them (before Linux 4.12).
	 */
	bool (*lost)(struct diag_events *events, uint64_t *n);
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
