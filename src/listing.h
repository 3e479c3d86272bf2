/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer to a request that looks at sockets: one round, or those of -c, or --events. */
#ifndef LSSOCK_LISTING_H
#define LSSOCK_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "output/data.h"

struct confine;
struct earlier;
struct env;
struct expr_surroundings;
struct obuf;
struct plan;
struct report;
struct request;

/* Everything is borrowed. */
struct listing_config {
	const struct env *env;
	struct report *report;
	const struct request *request;
	const struct plan *plan; /* of the request */
	struct confine *confine;
	struct obuf *out;                       /* unused with -q */
	struct expr_surroundings *surroundings; /* of the plan's expression */
	const struct earlier *earlier;          /* the file of --diff or --expect */
	bool quiet;                             /* its status is the answer */
	int *status;                            /* for views with an exit status of their own */
};

struct listing_about {
	struct data_run run;
	char netns[64]; /* what it may point to: not to be copied or moved */
};

/* What data formats, and the line on top of a screen, say of a round, which counts from 1. */
void listing_describe(const struct listing_config *config, uint64_t round,
		      struct listing_about *about);

/* Lists the sockets; what goes wrong is reported. Returns how many matched, in all rounds. */
uint64_t listing_run(const struct listing_config *config);

#endif
