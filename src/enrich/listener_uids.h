/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user of connections in SYN_RECV. /proc/net/tcp shows their listener's user there and so does
 * netstat, but sock_diag tells none (kernel: net/ipv4/inet_diag.c, inet_req_diag_fill()). A dump
 * hands on listeners before connections, so each listener seen is remembered and lends its user.
 */
#ifndef LSSOCK_ENRICH_LISTENER_UIDS_H
#define LSSOCK_ENRICH_LISTENER_UIDS_H

#include <stddef.h>

#include "base/mem.h"
#include "model/sock.h"

/* A zeroed struct knows no listener. Memory: some 32 bytes a listening address. */
struct listener_uids {
	struct hash64 by_end; /* hash of family, port and address -> user */
};

/*
 * Learns the TCP listeners among n rows and gives those in SYN_RECV the user of the listener on
 * their local address, or else on the wildcard. A row whose listener is not known stays as it is.
 * 0 or -ENOMEM.
 */
int listener_uids_apply(struct listener_uids *uids, struct sock *rows, size_t n);

/* Forgets all, keeps the memory. */
void listener_uids_clear(struct listener_uids *uids);
void listener_uids_free(struct listener_uids *uids);

#endif
