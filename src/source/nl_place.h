/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The place in a dump: which sockets were handed on last, by their cookies. Tells the doubles that
 * the kernel makes where one datagram ends and the next begins, and finds the place again when a
 * dump is started anew.
 */
#ifndef LSSOCK_SOURCE_NL_PLACE_H
#define LSSOCK_SOURCE_NL_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NL_PLACE_RESTARTS = 3, /* how often nl_place_restart() may be called */
	/* Twice the messages of a full datagram: the smallest has some 60 bytes. */
	NL_PLACE_SLOTS = 1024,
	/* Datagrams that are remembered, of the dump that runs and of each one that broke off. */
	NL_PLACE_PAGES = 3,
	NL_PLACE_SETS = NL_PLACE_PAGES * (NL_PLACE_RESTARTS + 1),
};

/* The cookies of one datagram; 0 marks a free slot. */
struct nl_cookies {
	size_t n;
	uint64_t slots[NL_PLACE_SLOTS];
};

/* Some 100 KiB: not for the stack. */
struct nl_place {
	/*
	 * sets[0..n_frozen) are of dumps that were broken off: none of it is handed on again.
	 * Behind them are the pages of this dump: this datagram, the one before (the border where
	 * the kernel may double a row), and one more, to be found again by.
	 */
	struct nl_cookies *current, *previous, *older;
	size_t n_frozen;
	size_t n_passed; /* the first of the frozen, which are no places to go on from any more */
	bool following;  /* silently, until one of the other frozen cookies is met */
	bool forgot;     /* this dump handed on more than its pages hold */
	struct nl_cookies sets[NL_PLACE_SETS];
};

/* Starts at the first socket of a dump. The struct must be zeroed. */
void nl_place_begin(struct nl_place *place);

/* Whether the socket with that cookie (0: it has none) is to be handed on; it is then taken for
 * handed on. */
bool nl_place_is_new(struct nl_place *place, uint64_t cookie);

/* A datagram is at its end. */
void nl_place_turn_page(struct nl_place *place);

/* The dump was broken off and starts again: nothing is new until the place is met. */
void nl_place_restart(struct nl_place *place);

#endif
