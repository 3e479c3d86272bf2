/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking into one process, for the walks over all of them; only for enrich/owners_*.c. */
#ifndef LSSOCK_ENRICH_OWNERS_PROCESS_H
#define LSSOCK_ENRICH_OWNERS_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enrich/owners_walk.h"

struct dir_stream;
struct owner_record;

/* A process of which not all descriptors have been looked at. */
struct owner_rest {
	uint32_t pid;
	uint32_t from; /* the lowest descriptor that has not */
	int64_t at;    /* where its directory goes on, see dir_seek() */
};

struct owner_rests {
	struct owner_rest *list;
	size_t n, cap;
};

/* Several walks side by side, of one query. */
struct owner_crew {
	struct owner_rests now; /* what this round is about, in the order of processes */
	uint32_t to;            /* see owners_look() */
	size_t take;            /* so many at a time */
	atomic_size_t next;     /* the first that nobody has taken yet */
	atomic_size_t n_found;  /* wanted sockets that have an owner */
	/* Of each slot the lowest process that was found in this round, or 0; NULL: all sockets are
	 * wanted. */
	_Atomic uint32_t *owner;
	bool *settled; /* those found before this round, whose owner is not replaced */
	/* All have an owner: no process above this one can be another; 0: not yet. */
	_Atomic uint32_t last;
};

/* Processes, by their numbers. */
struct owner_pids {
	uint32_t *list;
	size_t n, cap;
};

/* Descriptors of a process that are looked at first; then as many again, and so on. */
enum { OWNERS_FIRST_FDS = 16 };
static const uint32_t OWNERS_ALL_FDS = UINT32_MAX;

/*
 * Looks into a process, from where *rest says and below the descriptor `to` (or OWNERS_ALL_FDS),
 * and adds what it holds to the walk. buf: DIR_BUF_SIZE bytes. Returns 1 when there are others from
 * `to` on, for which *rest has been moved on; 0 when there are none, also when the process has gone
 * or may not be looked into (see the members of the walk); or -ENOMEM.
 */
int owners_look_into(struct owner_walk *walk, struct owner_rest *rest, uint32_t to, char *buf);

/* A process's files, while they are read. */
struct owner_files {
	int dir_fd; /* /proc/PID, where the name, and what else is asked for, are read */
	uint32_t pid;
	const char *program; /* the name is known already, and the first descriptor of a socket that
				comes is the one to show; NULL: the lowest one is */
	bool named;          /* it is the last of walk->processes */
};

/* The process holds that socket. Returns 1 (also when it is not wanted), 0 when the process has
 * gone, or -ENOMEM. */
int owners_add_socket(struct owner_walk *walk, struct owner_files *files, uint64_t inode,
		      uint32_t fd);

/* The process that was added last holds the socket of that slot. 0 or -ENOMEM. */
int owners_push_hit(struct owner_walk *walk, uint32_t number, uint32_t fd);

/* All processes, of which nothing has been looked at. 0 or -ENOMEM. */
int owners_rests_begin(struct owner_rests *rests, const struct owner_pids *pids);

/*
 * Looks into a process in the round that goes below the descriptor `to`, or at all that it has
 * where rounds are of no use. If it has others it is put into more, for the next round. 0 or
 * -ENOMEM.
 */
int owners_look(struct owner_walk *walk, struct owner_rest rest, uint32_t to,
		struct owner_rests *more, char *buf);
/* How far the round goes that follows one below `to`; the first one goes below OWNERS_FIRST_FDS. */
uint32_t owners_next_round(uint32_t to);
/* Whether the walk is done before that process, or is to stop. */
bool owners_has_ended(const struct owner_walk *walk, uint32_t pid);

/* Whether several threads are faster, and may be had. */
bool owners_crew_pays(const struct owner_walk *walk, const struct owner_pids *pids);
/* Looks into all processes with several threads. Returns and members of the walk as those of
 * owners_walk_run(). */
int owners_crew_run(struct owner_walk *walk, const struct owner_pids *pids);

/* Whether it is faster to ask the kernel for its list, and what the walk is to find is in it. */
bool owners_kernel_pays(const struct owner_walk *walk, const struct owner_pids *pids);
/* Fills the walk from that list. 0, also when something is missing (see the members of the walk);
 * -errno when the list cannot be had or read: nothing was done then. */
int owners_kernel_run(struct owner_walk *walk);
/* Takes a record off the beginning of len bytes. Returns false when they are too few, or it is none
 * that could have been written. Pure. */
bool owners_parse_record(const void *data, size_t len, struct owner_record *record);

/* Whether the walk, which takes processes in rising order, may end before that one: nothing would
 * be shown that is not known. */
bool owners_is_done(const struct owner_walk *walk, uint32_t pid);

/* The slot of a socket, NULL when it is not wanted; a walk for all sockets makes one. -ENOMEM in
 * *err. */
const uint32_t *owners_slot(struct owner_walk *walk, uint64_t inode, int *err);

/* The next entry that is a number. Returns 1, 0 at the end, or -errno. The name is valid until the
 * next call. */
int owners_next_number(struct dir_stream *dir, const char **name, uint32_t *number);

/* array_grow() for a member of any pointer type: array is its address. */
int owners_grow(void *array, size_t *cap, size_t need, size_t elem);

#endif
