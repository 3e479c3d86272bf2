/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept of the sockets of one look: who holds them. Bounded; what does not fit is not kept,
 * and full says so.
 */
#ifndef LSSOCK_LOOK_MEMORY_H
#define LSSOCK_LOOK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "model/sock.h"

/* As much is kept at most: some 40 MB. */
enum {
	LOOK_MEMORY_PLACES = 1 << 17, /* one for a socket, and one for what may be likened to it */
	LOOK_MEMORY_OWNERS = 1 << 17,
	LOOK_MEMORY_BYTES = 12 << 20, /* of texts */
};

struct look_holder;
struct look_text;
struct look_group;

/* A zeroed struct is empty. */
struct look_memory {
	struct look_holder *holders;
	size_t n, cap, n_owners;
	/* Places in holders, plus one; likely: those of listeners by their address and port, and of
	 * others by that of their peer. */
	struct hash64 by_cookie, likely;
	struct look_text *texts; /* the same bytes once */
	size_t n_texts, cap_texts, text_bytes;
	struct hash64 by_text;
	struct look_group *groups;
	size_t n_groups, cap_groups;
	struct hash64 by_group;
	struct arena arena;
	bool full;
};

/* Forgets all sockets and keeps memory for the next ones. */
void look_memory_clear(struct look_memory *memory);
void look_memory_free(struct look_memory *memory);

/* Keeps copies of what n rows say: those with a cookie, whose owners, user, cgroup and unit are
 * filled in as far as they are wanted. 0 or -ENOMEM. */
int look_memory_add(struct look_memory *memory, const struct sock *rows, size_t n);

/*
 * Fills in inode, user, control group, unit and owners of a row, which borrow from the memory:
 * those of the socket with its cookie; or, but for the inode, those of (_listener) the listener at
 * its local address and port, or at the wildcard address with that port, or (_peer) a socket that
 * is connected to the same address and port. Where there are several of these, what differs between
 * them is absent. false: there is none such.
 */
bool look_memory_find(const struct look_memory *memory, struct sock *row);
bool look_memory_find_listener(const struct look_memory *memory, struct sock *row);
bool look_memory_find_peer(const struct look_memory *memory, struct sock *row);

#endif
