/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TCP socket in less than half the room, for keeping very many of them. */
#ifndef LSSOCK_MODEL_SOCK_PACKED_H
#define LSSOCK_MODEL_SOCK_PACKED_H

#include <stdbool.h>
#include <stdint.h>

#include "model/sock.h"

struct sock_packed {
	union inet_addr local, remote;
	uint64_t cookie, cgroup_id;
	uint32_t has, ifindex; /* of the local end */
	uint32_t timer_ms, retransmits, probes;
	uint32_t recv_q, send_q;
	uint32_t backlog, uid;
	uint32_t inode; /* sock_diag knows no larger ones */
	uint16_t local_port, remote_port;
	uint8_t family, state, timer;
	uint8_t shutdown : 2, v6only : 1, listening : 1;
	uint8_t scoped : 1; /* the remote end has the same interface, else none */
};

/* Whether nothing of the row is lost: it is TCP's, points to nothing, and no number is larger than
 * the kernel makes them. Pure. */
bool sock_can_pack(const struct sock *row);
/* Pure; only where sock_can_pack(). */
void sock_pack(struct sock_packed *packed, const struct sock *row);
/* The row that was packed. Pure. */
void sock_unpack(struct sock *row, const struct sock_packed *packed);

#endif
