/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Families of sock_diag beyond Internet and UNIX: what their dumps have in common. Each of them is
 * a struct special_family in a file of its own: a request, and the pure parser of one message.
 */
#ifndef LSSOCK_SOURCE_DIAG_SPECIAL_H
#define LSSOCK_SOURCE_DIAG_SPECIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/special.h"
#include "source/nl_dump.h"

/* Where a message goes: all of it is cleared before, and what it says borrows from the message. */
struct special_row {
	struct sock *sock;
	struct sock_special *special;
	struct sock_facts *facts; /* skmem */
};

struct special_family {
	const char *name; /* for messages */
	/* The kernel may tell of a socket twice, far apart; the second time is left out. */
	bool doubles;
	/* Bytes of a message in front of its attributes. */
	size_t message_size;
	/*
	 * The fixed part of a message, which is there whole. NL_DAMAGED when it is no message of
	 * this family. Pure.
	 */
	enum nl_verdict (*parse)(const void *message, struct special_row *row);
	/* One attribute. False when it is too short for what it is. Pure. */
	bool (*parse_attr)(const struct nl_attr *attr, struct special_row *row);
	/* Puts the request behind the header of a netlink message: its bytes, at most
	 * SPECIAL_REQUEST_MAX, into request. Returns how many. */
	size_t (*request)(const struct sock_query *query, void *request);
};

enum { SPECIAL_REQUEST_MAX = 64 };

/* Parses one message with its attributes. *attrs_bad: one was damaged, what came before it is
 * there. Pure. */
enum nl_verdict diag_special_parse(const struct special_family *family, const void *payload,
				   size_t len, struct special_row *row, bool *attrs_bad);

/* Dumps the sockets of a family. Returns as nl_dump(). */
int diag_special_list(const struct special_family *family, struct nl_session *session,
		      const struct sock_query *query, const struct sock_sink *sink);

/* A number of 32 bits. False when the attribute is too short for one. */
bool diag_special_u32(const struct nl_attr *attr, uint32_t *out);
/* Inode and cookie; 0 is none. */
void diag_special_identity(struct sock *sock, uint64_t inode, const uint32_t cookie[2]);
/* An attribute of SK_MEMINFO_VARS numbers: the queues, and skmem. */
bool diag_special_memory(const struct nl_attr *attr, struct special_row *row);
/* The user. */
bool diag_special_uid(const struct nl_attr *attr, struct special_row *row);

/* The families (enum sock_proto in their name). */
extern const struct special_family diag_packet_family;
extern const struct special_family diag_netlink_family;
extern const struct special_family diag_vsock_family;
extern const struct special_family diag_tipc_family;
extern const struct special_family diag_xdp_family;
extern const struct special_family diag_smc_family;

#endif
