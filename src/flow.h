/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of rows between a source and the writer, a batch at a time: the mode, types and the
 * expression choose, what the kernel did not say is found out, they are sorted and written.
 *
 * Rows are held back only when many of them are better served together: one walk over /proc that
 * ends when all of them have an owner, all names looked up side by side; or when all are needed, to
 * sort them. A listing too long to be held gets the complete owner map once and flows on from
 * there, so that memory does not grow with the number of sockets.
 */
#ifndef LSSOCK_FLOW_H
#define LSSOCK_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "branch.h"
#include "hold.h"
#include "model/sock.h"
#include "output/writer.h"
#include "plan.h"

struct complete;
struct env;
struct report;

/* All of it is borrowed. */
struct flow_config {
	const struct env *env;
	struct report *report;
	const struct plan *plan;
	struct complete *complete; /* finds out what the kernel did not say */
	bool sure;  /* rows of which it is not known whether they match are left out */
	bool quiet; /* nothing is written; the first match ends the round */
	/* Rows that it does not want are dropped before anything is looked up for them. NULL: it
	 * wants all. */
	bool (*wants)(void *ctx, const struct sock *row);
	void *wants_ctx;
};

struct flow {
	struct flow_config config;
	struct hold hold;
	struct branches branches;

	/* Of this round. */
	struct writer *writer;
	const struct sock_netns *netns; /* whose rows come now; set by who lists them */
	bool holding;                   /* rows gather before they are written */
	bool done;                      /* as many rows are written as were asked for */
	uint64_t n_rows;                /* that were written */
};

void flow_init(struct flow *flow, const struct flow_config *config);
void flow_free(struct flow *flow);

/* A round begins; writer: NULL with quiet. */
void flow_begin_round(struct flow *flow, struct writer *writer);
/* A table begins. 0, or negative to end the round. */
int flow_begin_section(struct flow *flow, enum section section);
/* Where rows of the table go; valid until the round ends. A source that gets a negative answer
 * stops: -ECANCELED when there are enough rows, which flow->done tells as well. */
struct sock_sink flow_sink(struct flow *flow);
/* There are no more rows: those held are written. 0, or negative to end the round. */
int flow_finish(struct flow *flow);
void flow_end_round(struct flow *flow);

#endif
