/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of a host name that an operator typed, without waiting longer than he wants. */
#ifndef LSSOCK_ENRICH_HOST_LOOKUP_H
#define LSSOCK_ENRICH_HOST_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "model/addr.h"

struct env;

/*
 * All addresses of name, at most max: families gets AF_INET or AF_INET6 for each. Waits until that
 * moment of CLOCK_MONOTONIC at most, or until a signal asks to stop. How many, 0 for none, or
 * -errno: -ETIMEDOUT, -EINTR, what the name service says (-EAGAIN: it is out of order), -ENOMEM. A
 * thread that hangs in the name service is left behind with memory of its own.
 */
int host_lookup(const struct env *env, const char *name, uint8_t *families, union inet_addr *list,
		size_t max, int64_t deadline_ns);

#endif
