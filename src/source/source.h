/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where sockets come from: a const registry of sources, one row for each (protocol, family), with
 * the fallback written in the row. The rest of the program sees only this header of the room.
 */
#ifndef LSSOCK_SOURCE_SOURCE_H
#define LSSOCK_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"

struct env;
struct report;
struct source_run;

/* How an attempt to list one table ended. */
enum source_result {
	SOURCE_COMPLETE,   /* every socket of the table was handed on (there may be none) */
	SOURCE_PARTIAL,    /* some were; what is missing was reported (REPORT_PARTIAL) */
	SOURCE_ABSENT,     /* the kernel has no such table: no such socket can exist, or none can be
			      seen. Nothing was reported */
	SOURCE_UNREADABLE, /* it may exist but cannot be read by any way; reported (REPORT_PARTIAL)
			    */
	SOURCE_CANCELED,   /* the sink asked to stop */
};

/* Where an answer came from. */
struct source_answer {
	bool by_diag;       /* sock_diag told it */
	bool no_module;     /* sock_diag does not know such sockets */
	const char *module; /* of the kernel, that tells of them; NULL: there is none */
	const char *path;   /* the file below /proc that told it in its place, or NULL */
	int error;          /* of SOURCE_UNREADABLE: -errno */
};

/* Starts what the sources of one run share (the netlink link, buffers). NULL without memory. */
struct source_run *source_run_new(const struct env *env, struct report *report, bool verbose);
void source_run_free(struct source_run *run);

/*
 * Lists the sockets of one (protocol, family) into sink, by sock_diag or, where that is denied or
 * missing, by /proc/net. asked: the operator named this protocol, so a fallback that loses facts is
 * worth a note.
 */
enum source_result source_list(struct source_run *run, const struct sock_query *query, bool asked,
			       const struct sock_sink *sink);

/* Where the answer of the last source_list() came from; valid until the next one. */
const struct source_answer *source_last_answer(const struct source_run *run);

/* Whether the kernel has sockets of that name in /proc/net/protocols ("CAN_RAW"): for families that
 * no source can list. */
bool source_is_known(struct source_run *run, const char *kernel_name);

/*
 * Lists TCP of both families (query->family: AF_UNSPEC) in one walk over the kernel's table, whose
 * rows come in any order. Returns true and *result, or false when that cannot be had: nothing was
 * handed on or reported, and each family is to be listed by itself.
 */
bool source_list_both(struct source_run *run, const struct sock_query *query,
		      const struct sock_sink *sink, enum source_result *result);

#endif
