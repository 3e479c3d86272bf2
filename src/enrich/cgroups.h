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

struct cgroup {
	const char *path;
	const struct unit *unit; /* NULL: not parsed yet */
};

/* A zeroed struct with env and report set is ready. */
struct cgroups {
	const struct env *env;
	struct report *report;
	bool walked;
	bool unknown; /* the walk did not see all: the mount is not there, or memory */
	bool quiet;   /* paths are welcome, not asked for: nothing is said of a missing mount */
	struct hash64 by_id; /* place in groups */
	struct cgroup *groups;
	size_t n, cap;
	struct arena text;
};

/*
 * Fills the path of each row whose cgroup is known and visible here, and what it says (unit), both
 * valid until cgroups_forget().
 * The path is the one below the mount, with a leading '/', as it is: any bytes but NUL. A group
 * that has been removed, or lies outside this cgroup namespace, stays without. What hinders the
 * walk is reported: no cgroup2 here as REPORT_NOTE, the rest as REPORT_PARTIAL. 0, or negative when
 * paths could not be had for that reason.
 */
int cgroups_apply(struct cgroups *cgroups, struct sock *rows, size_t n);

/*
 * The id of the group with that path, below the mount (its leading '/' may be missing) or with the
 * place of the mount before it; *id is 0 when there is none. 0, or -errno when cgroup2 is not to be
 * seen here at all.
 */
int cgroups_find_id(const struct env *env, const char *path, uint64_t *id);

/* A new round: groups come and go. */
void cgroups_forget(struct cgroups *cgroups);
void cgroups_free(struct cgroups *cgroups);

#endif
