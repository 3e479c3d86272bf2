/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One link to NETLINK_SOCK_DIAG: the seam between the dump loop and the kernel (or a recorded
 * machine). */
#ifndef LSSOCK_SOURCE_NL_LINK_H
#define LSSOCK_SOURCE_NL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct env;

struct nl_link {
	uint32_t portid; /* ours: what replies must be addressed to */

	/* Sends one request. 0 or -errno (-EINTR is retried inside). */
	int (*send)(struct nl_link *link, const void *request, size_t len);
	/*
	 * Receives one datagram into buf. Returns its length, or -errno: -EINTR (nothing was lost,
	 * call again), -EAGAIN (the kernel was silent for NL_LINK_TIMEOUT_S), -ENOBUFS, and others
	 * as recvmsg(2). *truncated: the datagram did not fit, its rest is lost. *from: netlink
	 * port of the sender; only 0 is the kernel.
	 */
	ssize_t (*recv)(struct nl_link *link, void *buf, size_t size, bool *truncated,
			uint32_t *from);
	void (*close)(struct nl_link *link);
};

enum { NL_LINK_TIMEOUT_S = 5 };

/* Opens a link to the running kernel through libmnl; for struct env's diag_open. 0 and *out, or
 * -errno. */
int nl_link_open_kernel(const struct env *env, struct nl_link **out);

static inline void nl_link_close(struct nl_link *link)
{
	if (link)
		link->close(link);
}

#endif
