/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of a plan, listed one after the other in one network namespace. */
#ifndef LSSOCK_TABLES_H
#define LSSOCK_TABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "expected.h"
#include "model/sock.h"
#include "output/writer.h"
#include "plan.h"

struct env;
struct report;
struct source_run;

struct tables {
	/* Borrowed. */
	const struct env *env;      /* of the namespace that is listed */
	struct source_run *sources; /* the same */
	struct report *report;
	const struct plan *plan;
	bool inet6_named; /* -6: say when there is no IPv6 */
	bool verbose;

	struct expected expected; /* freed by the owner */
	/* Tables that could be listed, and that could not; set back by the owner. */
	size_t n_listed, n_failed;
};

/* Whether the plan has a table in that section. */
bool tables_has(const struct plan *plan, enum section section);

/*
 * Lists the tables of a section into sink. 0, or -ECANCELED when the sink asked to stop. What is
 * missing is reported.
 */
int tables_list(struct tables *tables, enum section section, const struct sock_sink *sink);

#endif
