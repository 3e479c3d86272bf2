/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own list of who holds sockets, as a program that is loaded into it writes it: one
 * read instead of a walk over /proc. */
#ifndef LSSOCK_ENRICH_OWNERS_ITER_H
#define LSSOCK_ENRICH_OWNERS_ITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct env;

/*
 * Opens that list as it is now (env->owners_open). Returns a descriptor that yields struct
 * owner_record after struct owner_record until its end, by the order of the threads' numbers; or
 * -errno: -ENOSYS when built without, -EPERM when this process may not or should not, whatever the
 * kernel says when it cannot. What has been refused once is not asked for again. Not by two threads
 * at once.
 */
int owners_iter_open(const struct env *env);

/*
 * Whether the process of that /proc/self/status may load programs into the kernel, is bound by no
 * seccomp filters but own_filters of its own (another's might end it for asking), and is known
 * there by the number pid alone: /proc shows the PID namespace that it is in, and its numbers are
 * those of the list. Pure.
 */
bool owners_iter_may(const char *status, size_t len, uint32_t pid, unsigned int own_filters);

#endif
