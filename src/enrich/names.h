/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of hosts, services, users and interfaces. Look-ups that may block run side by side on
 * worker threads, each distinct one once, and the listing waits for them until its budget is over;
 * a name that comes later is kept for the next round of -c. What comes back is filtered: a host
 * name must be made of the letters that host names have and must not look like an address; a
 * service or user must not look like a number.
 */
#ifndef LSSOCK_ENRICH_NAMES_H
#define LSSOCK_ENRICH_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/labels.h"
#include "model/sock.h"

struct env;
struct report;
struct names;

struct names_config {
	bool hosts, services, users; /* what is to be looked up at all; none: no thread is started,
					no name service loaded */
	bool user_column;            /* users are only needed when their column is shown */
	int64_t budget_ns;           /* for all look-ups of a round */
};

/* Starts an empty store. NULL without memory. */
struct names *names_new(const struct env *env, struct report *report,
			const struct names_config *config);
/* Frees what no thread still uses; a look-up that hangs keeps its own memory. */
void names_free(struct names *names);

/* A new round begins: the budget is whole again. */
void names_begin_round(struct names *names);

/* Looks up whatever n rows need and waits for it within the budget. What is late is reported once,
 * as a note. */
void names_prefetch(struct names *names, const struct sock *rows, size_t n);

/* The answers, for a writer. Valid as long as names. */
/* Whether some names of this round came too late, or could not be looked up. */
bool names_any_late(const struct names *names);

struct labels names_labels(struct names *names);

/* The filters, pure, for tests: whether a name of n bytes may stand for a host, a service, a user.
 */
bool names_host_ok(const char *name, size_t n);
bool names_service_ok(const char *name, size_t n);
bool names_user_ok(const char *name, size_t n);

#endif
