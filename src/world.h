/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything comes from, as the command line has it: --netns, --record, --replay, and the
 * file of --diff and --expect. It is made ready before privileges are given up.
 */
#ifndef LSSOCK_WORLD_H
#define LSSOCK_WORLD_H

#include <stdbool.h>

#include "base/env.h"
#include "earlier.h"
#include "kernel/netns.h"

struct report;
struct request;

struct world {
	/* Borrowed. env: what everything is to be done with; it may point into this struct, which
	 * is therefore not copied or moved. */
	const struct env *env;
	const struct request *request;
	struct report *report;

	struct earlier earlier;   /* the file of --diff or --expect */
	struct env capture;       /* of --record and --replay */
	bool captures;            /* it is what env points to */
	struct netns_visit visit; /* of --netns, to the end */
};

/* Whether --record or --replay has a meaning: wherever the machine is looked at. Pure. */
bool world_is_captured(const struct request *request);

/* Nothing is opened yet. */
void world_init(struct world *world, const struct env *env, const struct request *request,
		struct report *report);

/* Opens and enters all that the request names; its options go together. 0, or the exit status of
 * what was reported. world_leave() is called in any case. */
int world_enter(struct world *world);

/* Ends a recording or its replay after a run with that status. is_wrong: the command line turned
 * out to be wrong, no recording is left behind. Returns the exit status, which may have become
 * worse. */
int world_end(struct world *world, int status, bool is_wrong);

void world_leave(struct world *world);

#endif
