/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets of two moments by what they are, not by who is behind them at the time: those that are
 * the same in all that counts are one record with a number for each moment. Memory: some 150 bytes
 * a record, and each name once.
 */
#ifndef LSSOCK_VIEW_DRIFT_SUMS_H
#define LSSOCK_VIEW_DRIFT_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sock.h"
#include "view/keyed.h"
#include "view/words.h"

enum drift_side { DRIFT_BEFORE, DRIFT_NOW };

/* Which facts count beside protocol, addresses, ports and state. */
enum drift_facet {
	DRIFT_PROGRAM = 1 << 0,
	DRIFT_UNIT = 1 << 1,
	DRIFT_RECV_Q = 1 << 2,
	DRIFT_SEND_Q = 1 << 3,
	DRIFT_USER = 1 << 4,
	DRIFT_UNIT_SEEN = 1 << 5, /* with DRIFT_UNIT: no unit is told from one that is not known */
};

/* Of drift_key.program and unit: the numbers that are no words. */
enum { DRIFT_NONE = 0, DRIFT_HIDDEN = UINT32_MAX };

/* No padding; what tells sockets apart comes first. Names are numbers of words, DRIFT_NONE: none.
 */
struct drift_key {
	uint8_t proto, family, type, name_kind;
	uint16_t local_port, remote_port;
	union inet_addr local, remote;
	uint32_t interface; /* that it is bound to, or its address is scoped to */
	uint32_t name;      /* UNIX */
	/* What may change. */
	uint32_t state;   /* of struct sock; DRIFT_LISTENING beside it */
	uint32_t program; /* the names of all owners, each with a NUL behind it; DRIFT_HIDDEN */
	uint32_t unit;    /* DRIFT_HIDDEN: it may be any (with DRIFT_UNIT_SEEN) */
	uint32_t recv_q, send_q;
	uint32_t user;
	uint32_t uid; /* plus 1; 0: not known */
};

enum { DRIFT_LISTENING = 1 << 8, DRIFT_ASSOC = 1 << 9 };

/* So much of a key tells one socket from another. */
#define DRIFT_IDENTITY offsetof(struct drift_key, state)

struct drift_row {
	struct drift_key key;
	uint32_t n[2]; /* sockets, by enum drift_side; they stay at UINT32_MAX */
	uint32_t pid;  /* of the first owner now; 0: not known */
};

struct drift_sums {
	struct keyed rows; /* struct drift_row */
	struct words words;
	unsigned int facets; /* enum drift_facet: what is not among them is DRIFT_NONE */
	bool untold_types, untold_interfaces; /* of rows that come: left out, as they were before */
};

void drift_sums_init(struct drift_sums *sums, unsigned int facets);
void drift_sums_free(struct drift_sums *sums);

/* Counts n rows. 0 or -ENOMEM. */
int drift_sums_add(struct drift_sums *sums, enum drift_side side, const struct sock *rows,
		   size_t n);

static inline struct drift_row *drift_row_at(const struct drift_sums *sums, size_t i)
{
	return (struct drift_row *)sums->rows.rows + i;
}

/* What fields show of a key: borrows from it and from the words. Owners and unit are not among it.
 */
struct sock drift_sock(const struct drift_sums *sums, const struct drift_key *key);

/* The text of a member that is a word; NULL: DRIFT_NONE or DRIFT_HIDDEN. */
const char *drift_word(const struct drift_sums *sums, uint32_t number);

/* The next of the names in program, in their order; *at begins as NULL. NULL at the end. */
const char *drift_next_program(const struct drift_sums *sums, uint32_t program, const char *at);

#endif
