/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One listing: source -> select -> expression -> (hold) -> owners, names, cgroups -> expression ->
 * sort -> writer, through the tables of the plan and the network namespaces; flow.h has the way of
 * the rows.
 */
#ifndef LSSOCK_PIPELINE_H
#define LSSOCK_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "output/writer.h"
#include "plan.h"

struct confine;
struct env;
struct names;
struct pipeline;
struct report;

struct pipeline_config {
	const struct env *env;
	struct report *report;
	const struct plan *plan;
	struct names *names;
	struct confine *confine; /* is told what is not needed any more; NULL: nobody is */
	bool inet6_named;        /* -6: say when there is no IPv6 */
	bool verbose;
	bool sure;  /* rows of which it is not known whether they match are left out */
	bool quiet; /* nothing is written; the first match ends the round */
	/* Rows that it does not want are dropped before anything is looked up for them. NULL: it
	 * wants all. */
	bool (*wants)(void *ctx, const struct sock *row);
	void *wants_ctx;
};

/* Starts an empty pipeline; everything in config is borrowed. NULL without memory. */
struct pipeline *pipeline_new(const struct pipeline_config *config);
void pipeline_free(struct pipeline *pipeline);

/*
 * Lists all tables of the plan once into writer (NULL with quiet), which is ended as well. *n_rows:
 * the rows that matched and were written. Returns 0, or negative when there is to be no further
 * round: the output failed, a signal asked to stop, no memory. What went wrong is reported.
 */
int pipeline_round(struct pipeline *pipeline, struct writer *writer, bool *cut_short,
		   uint64_t *n_rows);

#endif
