/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the rows of a table are shown: netstat's -a, -l, and neither. */
#ifndef LSSOCK_FILTER_SELECT_H
#define LSSOCK_FILTER_SELECT_H

#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"

/* The states of a protocol to ask the kernel for, as struct sock_query has them. May ask for more
 * than select_rows() keeps, never for less. Pure. */
uint32_t select_states(enum select_mode mode, enum sock_proto proto);

/*
 * Keeps the rows of that mode, in order, at the front of rows. Returns how many. TCP, SCTP and
 * UNIX: a listener listens; UDP, UDP-Lite and RAW: it has no remote address, as in netstat; packet,
 * netlink and XDP sockets are kept in every mode. Pure.
 */
size_t select_rows(enum select_mode mode, struct sock *rows, size_t n);

/* Keeps the rows that are of the types wanted of their protocol: bits SELECT_TYPE(), 0 for
 * all. The same returns. Pure. */
size_t select_types(const uint16_t types[PROTO_COUNT], struct sock *rows, size_t n);

#endif
