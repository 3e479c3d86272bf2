/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network namespaces that a round goes through. Without --all-netns it is the one we are in
 * alone.
 */
#ifndef LSSOCK_TOUR_H
#define LSSOCK_TOUR_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/netns_list.h"
#include "model/sock.h"

struct env;
struct report;

struct tour {
	/* The stop: set by tour_next(). */
	const struct env *env;          /* for everything that is done there */
	const struct sock_netns *netns; /* for its rows; NULL: not asked for, or not known */
	bool away;                      /* it is another namespace than our own */
	bool lost; /* there was no way home: nothing is to be listed any more */

	const struct env *home;
	struct report *report;
	bool all;
	struct netns_list list;
	struct sock_netns *tags; /* of the namespaces in list */
	size_t cap_tags;
	size_t at; /* the next stop */
	struct netns_visit visit;
	size_t n_closed, n_by_files; /* that could not be entered: not seen at all, seen by files */
	int closed_error, by_files_error;
};

/*
 * Plans the tour of a round: all namespaces (--all-netns), or our own, with its label when that is
 * asked for. env and report are borrowed; a zeroed struct is a fresh tour. What could not be seen
 * is reported. 0 or -ENOMEM.
 */
int tour_plan(struct tour *tour, const struct env *env, struct report *report, bool all,
	      bool label);

/* Goes back to the first stop; may be done again and again. */
void tour_begin(struct tour *tour);
/*
 * Goes on to the next stop, which the calling thread is inside then; false at the end, at home
 * unless it is lost.
 * Namespaces that are gone or closed are passed over and reported.
 */
bool tour_next(struct tour *tour);
/* Goes home, wherever the tour is. */
void tour_end(struct tour *tour);

void tour_free(struct tour *tour);

#endif
