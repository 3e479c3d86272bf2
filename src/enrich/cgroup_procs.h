/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes are in some control groups: where the owners of those groups' sockets most likely
 * are. */
#ifndef LSSOCK_ENRICH_CGROUP_PROCS_H
#define LSSOCK_ENRICH_CGROUP_PROCS_H

#include <stddef.h>
#include <stdint.h>

struct env;

/* With more processes than this in a group it is not worth while. */
enum { CGROUP_PROCS_MAX = 256 };

/*
 * Writes the numbers of the processes in the groups with these ids at pids, which has room for
 * CGROUP_PROCS_MAX. Returns how many; 0 also when there are more than that, or when a group cannot
 * be looked into: it is gone, has threads of several groups, lies elsewhere, or only root may open
 * it so. Nothing is reported: whoever asks can do without.
 */
size_t cgroup_procs_list(const struct env *env, const uint64_t *ids, size_t n, uint32_t *pids);

/* Adds the processes in the text of a cgroup.procs file, len bytes, to the *n at pids. 0, or -E2BIG
 * when there are more than CGROUP_PROCS_MAX. 0, a process that this PID namespace cannot name, and
 * what is no number are passed over. Pure. */
int cgroup_procs_parse(const char *text, size_t len, uint32_t *pids, size_t *n);

#endif
