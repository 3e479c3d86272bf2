/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what was asked for to what is to be done: which tables, with which states, which costly
 * facts, in which order. */
#ifndef LSSOCK_PLAN_H
#define LSSOCK_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/request.h"
#include "model/query.h"

enum { PLAN_MAX_TABLES = 2 * PROTO_COUNT + 2 }; /* SCTP has four */

/* One table of the kernel to be listed. */
struct plan_table {
	struct sock_query query;
	bool asked; /* the operator named its protocol: say so when there is none */
};

struct plan {
	enum select_mode mode;
	struct plan_table tables[PLAN_MAX_TABLES]; /* in the order of the output */
	size_t n_tables;
	bool inet, local;            /* which sections appear, even empty */
	uint32_t needs;              /* all needs of all tables */
	bool hosts, services, users; /* names to be looked up */
};

/* Makes the plan of a request. Pure. */
void plan_make(const struct request *request, struct plan *plan);

#endif
