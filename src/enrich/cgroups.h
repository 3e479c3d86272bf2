/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of control groups. sock_diag tells the id of a socket's cgroup, which is the inode number
 * of its directory in the cgroup2 file system; so that is walked, once a round, and only when there
 * is an id to be looked up. Nothing but directories is ever opened.
 */
#ifndef LSSOCK_ENRICH_CGROUPS_H
#define LSSOCK_ENRICH_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "model/sock.h"

struct env;
struct report;

/* As many groups are looked at at most, and as much text is kept. */
enum { CGROUPS_MAX = 1 << 18, CGROUPS_MAX_TEXT = 64 << 20 };

/* A zeroed struct with env and report set is ready. */
struct cgroups {
	const struct env *env;
	struct report *report;
	bool walked;
	struct hash64 by_id; /* place in paths */
	const char **paths;
	size_t n, cap;
	struct arena text;
};

/*
 * Fills the path of each row whose cgroup is known and visible here, valid until cgroups_forget().
 * The path is the one below the mount, with a leading '/', as it is: any bytes but NUL. A group
 * that has been removed, or lies outside this cgroup namespace, stays without. What hinders the
 * walk is reported: no cgroup2 here as REPORT_NOTE, the rest as REPORT_PARTIAL.
 */
void cgroups_apply(struct cgroups *cgroups, struct sock *rows, size_t n);

/* The id of the group with that path (its leading '/' may be missing), or 0 when there is none. */
uint64_t cgroups_find_id(const struct env *env, const char *path);

/* A new round: groups come and go. */
void cgroups_forget(struct cgroups *cgroups);
void cgroups_free(struct cgroups *cgroups);

#endif
