/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many TCP sockets are in each state, and which programs hold those of one state. Pure. Memory
 * grows with the processes that hold some of them.
 */
#ifndef LSSOCK_VIEW_EXPLAIN_SUMS_H
#define LSSOCK_VIEW_EXPLAIN_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include "model/sock.h"
#include "view/keyed.h"

enum { EXPLAIN_STATES = 12, EXPLAIN_NAME = 64 };

struct explain_program {
	char name[EXPLAIN_NAME]; /* the key: raw, filled up with NUL */
	uint64_t sockets;        /* that at least one of its processes holds */
	uint64_t n_processes;
	uint64_t busiest_sockets; /* of the process with most, and its number */
	uint32_t busiest_pid;
	uint64_t last; /* the number of the last socket that was counted */
};

struct explain_sums {
	unsigned int wanted; /* the state whose owners are counted; 0: none. Set before the rows */
	uint64_t counts[EXPLAIN_STATES];
	/* Of the wanted state: */
	uint64_t n_orphans; /* no process can hold them, and they are not small */
	uint64_t n_hidden;  /* this user may not see who holds them */
	uint64_t n_unheld;  /* no process holds them (the kernel does), or none any more */
	uint64_t n_small;   /* stubs: kept as small as TIME_WAIT (FIN_WAIT2) */

	struct keyed programs;  /* struct explain_program */
	struct keyed processes; /* sockets by process */
};

void explain_sums_init(struct explain_sums *sums);
void explain_sums_free(struct explain_sums *sums);
/* Takes one row; what is not TCP does not count. 0 or -ENOMEM. */
int explain_sums_add(struct explain_sums *sums, const struct sock *sock);
/* All rows are there: fills the processes of programs and orders these, most sockets first. */
void explain_sums_finish(struct explain_sums *sums);
/* Starts anew; wanted stays. */
void explain_sums_clear(struct explain_sums *sums);

/* Program number i, after explain_sums_finish(). */
static inline const struct explain_program *explain_program(const struct explain_sums *sums,
							    size_t i)
{
	return (const struct explain_program *)sums->programs.rows + i;
}

#endif
