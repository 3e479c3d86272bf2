/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names at the other ends of UNIX sockets. A row tells only its peer's inode, so all UNIX
 * sockets are listed once to learn their names, and a second time to be shown; what is made between
 * the two stays without. Most clients bind to nothing: then their server's sockets have no name
 * at the other end.
 */
#ifndef LSSOCK_ENRICH_UNIX_PEERS_H
#define LSSOCK_ENRICH_UNIX_PEERS_H

#include <stddef.h>

#include "base/mem.h"
#include "model/sock.h"

struct unix_peer;

/* A zeroed struct knows no socket. Memory: about 60 bytes and the name for each socket that has
 * one. */
struct unix_peers {
	struct hash64 by_inode; /* place in list */
	struct unix_peer *list;
	size_t n, cap;
	struct arena names;
};

/* Learns the names of n rows; rows of other protocols are passed over. 0 or -ENOMEM. */
int unix_peers_learn(struct unix_peers *peers, const struct sock *rows, size_t n);

/* Gives n rows the names of their peers, valid until unix_peers_clear(). */
void unix_peers_apply(const struct unix_peers *peers, struct sock *rows, size_t n);

/* Forgets all, keeps memory. */
void unix_peers_clear(struct unix_peers *peers);
void unix_peers_free(struct unix_peers *peers);

#endif
