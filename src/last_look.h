/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds which socket, as it was when somebody last looked: for those who are told of sockets
 * only when they are closed, and the kernel has forgotten it.
 *
 * What two looks saw is kept: while one is taken, sockets are closed that only the one before it
 * can have seen.
 *
 * Limits: a socket that is opened and closed between two looks is in none of them. It is then taken
 * for one of the listener at its port, or of whom is connected to the same address and port: a
 * guess, and labelled as such.
 */
#ifndef LSSOCK_LAST_LOOK_H
#define LSSOCK_LAST_LOOK_H

#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"

struct env;
struct last_look;
struct plan;
struct report;
struct request;

/* The facts that a look is needed for where sockets are not listed. */
#define LAST_LOOK_NEEDS                                                                    \
	((uint32_t)(NEED_OWNERS | NEED_ALL_OWNERS | NEED_OWNER_DETAILS | NEED_START_TIME | \
		    NEED_CONTEXT | NEED_USER | NEED_CGROUP | NEED_HOLDER))

/* Everything is borrowed. */
struct last_look_config {
	const struct env *env;
	struct report *report;
	const struct request *request;
	const struct plan *plan; /* what is to be found out: of its needs, those above */
	uint32_t protos;         /* 1 << enum sock_proto: PROTO_TCP, PROTO_UDP */
};

/* Has not looked yet. NULL without memory. */
struct last_look *last_look_new(const struct last_look_config *config);
void last_look_free(struct last_look *look);

/* Looks. What went wrong is reported; so is, as REPORT_PARTIAL, that there are more sockets than
 * are kept (look_memory.h). 0, or negative when there is no use in going on: a signal, no memory.
 */
int last_look_again(struct last_look *look);

/*
 * Fills what is known of a closed socket: inode, user, control group, unit, owners; valid until the
 * next look but one. What is not known is absent, and with HOLDER_UNKNOWN owners_hidden is set:
 * there may have been some.
 */
enum holder_source last_look_find(const struct last_look *look, struct sock *row);

#endif
