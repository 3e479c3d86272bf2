/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows kept for a while, in order, with the places where sections begin: whoever needs several rows
 * at once (one walk over /proc for all of them, their names side by side) lets them gather here
 * first. Bounded: when it is full the rows go on.
 */
#ifndef LSSOCK_HOLD_H
#define LSSOCK_HOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "model/sock.h"
#include "output/writer.h"

/* As many rows as are kept at most (3 MB). */
enum { HOLD_MAX_ROWS = 16384, HOLD_MAX_MARKS = SECTION_COUNT };

struct hold_mark {
	enum section section;
	size_t at; /* index of the section's first row */
};

/* A zeroed struct is an empty hold. */
struct hold {
	struct sock *rows;
	size_t n, cap;
	struct hold_mark marks[HOLD_MAX_MARKS];
	size_t n_marks;
	struct arena arena; /* what rows point to */
};

/* A section begins with the next row. */
void hold_mark(struct hold *hold, enum section section);
/* Keeps copies of n rows and of all their sources made them point to; what enrich has filled in
 * stays where it is, for it is valid until the end of the round. 0 or -ENOMEM. */
int hold_add(struct hold *hold, const struct sock *rows, size_t n);
/* Whether no further batch should be added. */
bool hold_is_full(const struct hold *hold);
/* Forgets rows and marks, keeps memory for the next ones. */
void hold_clear(struct hold *hold);
void hold_free(struct hold *hold);

#endif
