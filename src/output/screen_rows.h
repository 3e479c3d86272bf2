/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a screen remembers of a round, so that the next one can be compared with it: for each socket
 * who it is, what its row said, and the row's text. Memory is linear in the rows, which are at most
 * SCREEN_ROWS_MAX.
 */
#ifndef LSSOCK_OUTPUT_SCREEN_ROWS_H
#define LSSOCK_OUTPUT_SCREEN_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/obuf.h"
#include "model/sock.h"

enum { SCREEN_ROWS_MAX = 10000 };

enum screen_mark {
	SCREEN_SAME,
	SCREEN_NEW,
	SCREEN_GONE,
	SCREEN_CHANGED,
};

enum { SCREEN_MARKS = SCREEN_CHANGED + 1 };

struct screen_row {
	uint64_t id;      /* who it is */
	uint64_t content; /* a hash of what the row says */
	size_t at, len;   /* its text, without the last newline */
	size_t n_lines;
	bool heading; /* no socket: neither counted nor marked */
	enum screen_mark mark;
	/* Numbers of rows, counted from 1; 0: none. */
	size_t former; /* the same one in the former round */
	size_t first_gone,
		last_gone; /* rows of the former round that stood behind it and are gone */
	size_t next_gone;  /* of a row that is gone: the one behind it */
};

/* A zeroed struct is an empty round, but for its text. */
struct screen_round {
	struct obuf text; /* in memory */
	struct screen_row *rows;
	size_t n_rows, cap_rows;
	struct hash64 ids;            /* id -> number of the row, from 1 */
	size_t first_gone, last_gone; /* those that stood before everything */
	uint64_t n_sockets;           /* of the round, also those that are not kept */
	uint64_t n_kept;
	uint64_t marks[SCREEN_MARKS]; /* how many have each, by screen_rows_compare() */
};

int screen_rows_init(struct screen_round *round); /* 0 or -ENOMEM */
void screen_rows_clear(struct screen_round *round);
void screen_rows_free(struct screen_round *round);

/*
 * Who a socket is from round to round: a TCP connection its two ends (so that it stays itself when
 * it comes to TIME_WAIT, where the kernel gives it another cookie), any other socket its cookie, or
 * its inode, or, without both, its addresses or name. Associations of SCTP share a socket: they are
 * told apart by their ends as well.
 */
uint64_t screen_rows_identity(const struct sock *sock);

/* Adds a row (its text comes later) and finds it in the former round. Two of one identity are
 * numbered in their order. NULL without memory; valid until the next one is added. */
struct screen_row *screen_rows_add(struct screen_round *round, const struct screen_round *former,
				   uint64_t id, bool heading);

/* Whether every socket of the round is among its rows. */
static inline bool screen_rows_are_all(const struct screen_round *round)
{
	return round->n_sockets == round->n_kept;
}

/*
 * Marks what is new and what says something else than before, and lists what is gone behind the row
 * that stood before it. Both rounds must have all their sockets. The former round's rows get a mark
 * too (SCREEN_GONE) and their links.
 */
void screen_rows_compare(struct screen_round *round, struct screen_round *former);

#endif
