/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes hold which sockets: one walk over /proc/PID/fd (proc(5)). Each /proc/PID is
 * opened once as a directory and read through that descriptor, so a process that ends and whose
 * number is used again can never lend its name to another's socket; what vanishes meanwhile is no
 * error.
 */
#ifndef LSSOCK_ENRICH_OWNERS_H
#define LSSOCK_ENRICH_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sock.h"

struct env;
struct report;
struct owners;

/* What a walk is to find. */
struct owners_query {
	const uint64_t *inodes; /* the sockets wanted (no zeros); NULL: all there are */
	size_t n_inodes;
	/*
	 * Processes that are looked into before all others, in any order; they may have ended, or
	 * hold nothing. With first_only the walk ends with them where they hold all that is wanted;
	 * else it goes on, and they only decide which owner comes first.
	 */
	const uint32_t *likely;
	size_t n_likely;
	bool first_only; /* one owner a socket is enough: the walk ends when each wanted socket has
			    one */
	bool again;      /* an earlier round has told what is hidden: say it no more */
	bool units;      /* what is hidden shows its unit: say that too */
	bool context;    /* also each owner's security context (/proc/PID/attr/current) */
	bool details;    /* also exe, cmdline and start_time: more files to read, and reading the
			    arguments waits while the process changes its memory */
	bool start_time; /* with details: say so where start times cannot be known */
};

/*
 * Walks /proc. Returns the map, or NULL without memory (reported, REPORT_PARTIAL). Processes come
 * in the order of their numbers. Where one owner is enough it is the first of those who have the
 * socket below descriptor 16, or where none has below 32, and so on (init: below 1024 at first);
 * likely ones come before all others. The same sockets have the same owners each time. The two
 * notes for those who may not look into other users' processes are reported as REPORT_NOTE; a
 * missing or foreign /proc as REPORT_NOTE too; a scan cut short by a lack of descriptors or memory
 * as REPORT_PARTIAL.
 */
struct owners *owners_scan(const struct env *env, struct report *report,
			   const struct owners_query *query);
void owners_free(struct owners *owners);

/* The owners of a socket (inode 0 has none): *n of them, valid until owners_free(); NULL and 0 when
 * none is known. */
const struct owner *owners_find(const struct owners *owners, uint64_t inode, uint32_t *n);

/* Whether a socket with an inode but without known owners may have some that the walk could not
 * see. NULL: yes. */
bool owners_any_hidden(const struct owners *owners);

/* Parses the text of a /proc/PID/fd link: "socket:[N]" or the old "[0000]:N". Returns true and
 * *inode (not 0). Pure. */
bool owners_parse_link(const char *text, size_t len, uint64_t *inode);

/* Whether this system gives processes a security context (/proc/self/attr/current can be read and
 * is not empty). */
bool owners_have_context(const struct env *env);

#endif
