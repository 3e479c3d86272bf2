/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the run still needs of its privileges, from stage to stage. Nothing is held for later that
 * no later stage needs: a listing without owners and marks gives everything up before it has read
 * the first byte that the kernel answers; the others when they have what it was for, if no further
 * round is to come. Before the name service is asked by the main thread, what is held is put out of
 * effect; threads that ask it give it up.
 *
 * Limit: views that look for owners at their end have had names looked up before; the threads of
 * that are not in the Landlock domain, which the main thread enters afterwards.
 */
#ifndef LSSOCK_CONFINE_H
#define LSSOCK_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

struct env;
struct report;

struct confine {
	const struct env *env;
	struct report *report;
	unsigned int held; /* enum privilege: what has not been given up, if we ever had it */
	bool sandboxed;    /* what is never done is to be forbidden */
	bool filtered;     /* SANDBOX_CALLS is done */
	bool no_owners;    /* SANDBOX_OWNERS is done */
	bool no_files;     /* SANDBOX_FILES is done */
	bool last_round;   /* none will follow */
};

/* The command line is understood: keeps what any listing could need. sandboxed: not with
 * --no-sandbox. Call before threads are started. */
void confine_begin(struct confine *confine, const struct env *env, struct report *report,
		   bool sandboxed);

/* It is known what is to be found out (needs: NEED_*), and what else is to be done (more: enum
 * privilege). Keeps that. */
void confine_to_needs(struct confine *confine, uint32_t needs, unsigned int more);

/* The round that begins is the last one. */
void confine_last_round(struct confine *confine);

/* This round has what these privileges (enum privilege) are for: without a further round they are
 * given up. NULL: there is nothing to be done. */
void confine_done(struct confine *confine, unsigned int privileges);

/* Nothing is to be found out any more. */
void confine_end(struct confine *confine);

#endif
