/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of users and interfaces as members of a row, raw: for fields that are compared, sorted or
 * written as data. (A table's own columns ask for labels, which are fit to print.)
 */
#ifndef LSSOCK_ENRICH_ROW_NAMES_H
#define LSSOCK_ENRICH_ROW_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "model/labels.h"
#include "model/sock.h"

struct env;

/* A zeroed struct with env and labels set is ready. */
struct row_names {
	const struct env *env;
	struct labels labels;
	struct hash64 users, interfaces; /* uid or ifindex to a place in names, plus one */
	const char **names;
	size_t n, cap;
	struct arena text;
};

/*
 * Fills user (with NEED_USER in needs) and interface (with NEED_INTERFACE) of n rows, valid until
 * row_names_forget(). To be called behind names_prefetch(); for interfaces of other network
 * namespaces a first time with an env that is inside. A user or interface without a name, or whose
 * name came too late, stays NULL. 0 or -ENOMEM: then others are missing as well.
 */
int row_names_apply(struct row_names *names, uint32_t needs, struct sock *rows, size_t n);

/* A new round: interfaces come, go and are renamed. */
void row_names_forget(struct row_names *names);
void row_names_free(struct row_names *names);

#endif
