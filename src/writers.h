/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which writer a plan gets: netstat's tables, columns, data, or a view that computes; and whether
 * it is on a screen that is drawn again each round. */
#ifndef LSSOCK_WRITERS_H
#define LSSOCK_WRITERS_H

#include "model/labels.h"
#include "output/data.h"
#include "output/writer.h"
#include "plan.h"

struct confine;
struct earlier;
struct env;
struct obuf;
struct report;
struct request;

/* Everything is borrowed. */
struct writers_config {
	const struct env *env;
	struct report *report;
	const struct request *request;
	const struct plan *plan;
	const struct data_run *run;
	struct labels labels;
	struct confine *confine;       /* is told when a view has the owners it looked for */
	const struct earlier *earlier; /* the file of --diff or --expect */
	bool quiet;                    /* the status of that is the answer */
	int *status;                   /* for views with an exit status of their own */
};

/* NULL without memory. The config must live as long as the writer. */
struct writer *writers_new(const struct writers_config *config, struct obuf *out);

/* Whether the writer must be made anew for every round, because it depends on the terminal. */
bool writers_are_of_one_round(const struct writers_config *config);

#endif
