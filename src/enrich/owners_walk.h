/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk over /proc/PID/fd behind owners.h: what it has found, in the order it was found. */
#ifndef LSSOCK_ENRICH_OWNERS_WALK_H
#define LSSOCK_ENRICH_OWNERS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/mem.h"
#include "enrich/owners.h"

/* What the walk knows of a socket. */
struct owner_slot {
	uint64_t inode; /* where all sockets are wanted */
	uint32_t n_hits;
	uint32_t last; /* its last hit so far */
};

/* A process that holds a socket; processes and slots by their position. */
struct owner_hit {
	uint32_t slot, process, fd;
};

struct owner_process {
	uint32_t pid;
	const char *program, *context, *exe, *cmdline; /* in the arena */
	uint32_t cmdline_len;
	bool cmdline_cut;
	uint64_t start_time; /* seconds since 1970; 0: not known */
};

struct owner_crew;

struct owner_walk {
	const struct env *env;
	const struct owners_query *query;
	struct owner_crew *crew; /* the walk is one of several side by side; NULL: it is alone */
	struct hash64 numbers;   /* inode -> slot */
	struct arena arena;
	struct owner_slot *slots;
	size_t n_slots, cap_slots;
	struct owner_hit *hits; /* in the order of their processes; one a process and socket */
	size_t n_hits, cap_hits;
	struct owner_process *processes; /* those that hold something, as they were looked into */
	size_t n_processes, cap_processes;
	size_t n_found;     /* slots that have an owner */
	size_t n_hidden;    /* processes that we may not look into */
	bool saw_init;      /* process 1 is visible */
	uint64_t boot_time; /* seconds since 1970; 0: not known or not needed */
	int boot_error;     /* -errno why it is not known; 0: it is, or is not needed */
	int problem; /* first errno that is neither that nor a process that has gone; 0: none */
};

/*
 * Walks env->proc_fd, or asks the kernel for its list where that is faster. env, query and, unless
 * all sockets are wanted, numbers and slots are set; the rest is zero. Returns 0, also when there
 * was trouble with processes (see the members), or -ENOMEM. The caller frees with
 * owners_walk_free() in any case.
 */
int owners_walk_run(struct owner_walk *walk);
void owners_walk_free(struct owner_walk *walk);

/* Reads a small text below a directory into buf: up to a NUL, without one final newline, cut at
 * size - 1 bytes, NUL-terminated. Returns its length or -errno. */
ssize_t owners_read_text(int dir_fd, const char *path, char *buf, size_t size);

/* The start of a process in clock ticks since boot, from the text of its stat file. comm, the
 * second field, may contain anything, so the fields are counted from its last ')'. Pure. */
bool owners_parse_start(const char *text, size_t len, uint64_t *ticks);

#endif
