/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what was asked for to what is to be done: which tables, with which states and conditions,
 * which fields, which costly facts, in which order.
 */
#ifndef LSSOCK_PLAN_H
#define LSSOCK_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/request.h"
#include "filter/expr.h"
#include "model/field.h"
#include "model/query.h"

/* SCTP has four tables: endpoints and associations of both families. So may TCP: listeners and the
 * rest. */
enum { PLAN_MAX_TABLES = 2 * PROTO_COUNT + 4, PLAN_MAX_FIELDS = 256, PLAN_MAX_KEYS = 8 };

/* One table of the kernel to be listed. */
struct plan_table {
	struct sock_query query;
	bool asked; /* the operator named its protocol: say so when there is none */
	struct pushdown pushdown;
};

/* TCP sockets that are bound and neither listen nor connect: kernels since 6.8 tell them. */
enum plan_bound {
	PLAN_BOUND_NOT,
	PLAN_BOUND_TOO,  /* beside the others: the expression names them */
	PLAN_BOUND_ONLY, /* -B */
};

/* What --diff compares beside states. */
struct plan_compared {
	bool program, unit, recv_q, send_q;
};

struct plan_key {
	const struct field *field;
	bool descending;
};

struct plan {
	enum request_view view;
	enum select_mode mode;
	enum plan_bound bound;
	struct plan_table tables[PLAN_MAX_TABLES]; /* in the order of the output */
	size_t n_tables;
	uint32_t tcp_states; /* those that the view was asked about; 0: not said */
	/* Nothing chooses among the sockets of a protocol: where the kernel's own counters answer,
	 * views leave sockets out of the tables. */
	bool by_counters;
	bool inet, local, further; /* which sections appear, even empty */
	bool by_type; /* of some protocols only these types are wanted: bits SELECT_TYPE() */
	uint16_t types[PROTO_COUNT];
	uint32_t needs;              /* all needs of all tables */
	unsigned int privileges;     /* beside those: enum privilege */
	bool hosts, services, users; /* names to be looked up */

	enum request_format format;
	const struct field *fields[PLAN_MAX_FIELDS]; /* none for netstat's tables */
	uint8_t prefixes[PLAN_MAX_FIELDS]; /* --count-by: bits of an address; 0: whole values */
	size_t n_fields;
	bool units;         /* where owners are hidden, the unit is shown */
	bool cgroups_asked; /* somebody named a field that is made of control groups */
	struct plan_key keys[PLAN_MAX_KEYS]; /* to sort by */
	size_t n_keys;
	struct plan_compared compared;
	uint64_t top;   /* rows at most; 0: all */
	bool all_netns; /* the tables of every network namespace */
	bool events;    /* none of the tables is listed: they say of which sockets the kernel is to
			   tell that they are closed */

	const struct expr *expr; /* borrowed; NULL: none */
	bool expr_early;         /* it can be asked before owners and names are known */
	/* The same where the view gets all rows and asks itself; expr is then NULL. */
	const struct expr *view_expr;
};

struct plan_error {
	char text[240]; /* one line, not escaped */
};

/*
 * Makes the plan of a request with its parsed expression (NULL: none). Returns 0, -EINVAL and
 * *error (a field that there is not: status 2), or -ENOMEM. Pure. The plan is freed in any case.
 */
int plan_make(const struct request *request, const struct expr *expr, struct plan *plan,
	      struct plan_error *error);
void plan_free(struct plan *plan);

/* Whether the options go together with the view or question; 0, or -EINVAL and *error. For plan.c
 * and ask.c. */
int plan_check_view(const struct request *request, struct plan_error *error);
/* What the view of the request wants to see: the mode where none was named, the protocols where it
 * knows only some, needs to add, and whether it wants no rows at all. For plan.c. */
void plan_view_wishes(const struct request *request, enum select_mode *mode, uint32_t *protos,
		      uint32_t *needs, bool *no_rows);
/* Whether the view sees all sockets of its protocols, whatever expression, families and -l say: it
 * chooses what to show by itself. For plan.c. */
bool plan_view_sees_all(enum request_view view);
/* Whether the view needs listeners and connections even with -l. For plan.c. */
bool plan_view_wants_both(const struct request *request);
/* The states of a table that the view wants, of those that could be had or beside them. For plan.c.
 */
uint32_t plan_view_states(const struct plan *plan, enum sock_proto proto, uint32_t states);

/* The request as its view reads it, made of it in *bare, which is returned: with --kill --yes
 * nothing is listed, whatever is to be shown; --events has a table of columns. For plan.c. */
const struct request *plan_view_request(const struct request *request, struct request *bare);
/* What the view does beside listing that takes privileges (enum privilege). For plan.c. */
unsigned int plan_view_privileges(const struct request *request);

/* What --diff compares; 0, or -EINVAL and *error for a column that it cannot. For plan.c. */
int plan_view_compared(const struct request *request, struct plan_compared *compared,
		       struct plan_error *error);

/* Whether the view looks for the owners of some sockets when it has seen all of them. */
bool plan_view_finds_owners(enum request_view view);

/* Whether the view wants the listeners of TCP before everything else of it. For plan.c. */
bool plan_view_listeners_first(const struct plan *plan);

/*
 * Puts the fields and sort keys of a request into the plan, and their needs. The returns are those
 * of plan_make(). For plan.c and tests.
 */
int plan_choose_fields(const struct request *request, struct plan *plan, struct plan_error *error);

#endif
