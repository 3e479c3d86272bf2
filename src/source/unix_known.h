/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The UNIX sockets that netlink has told of, kept while /proc/net/unix is read: found by inode, and
 * listeners by name. */
#ifndef LSSOCK_SOURCE_UNIX_KNOWN_H
#define LSSOCK_SOURCE_UNIX_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "model/sock.h"

/* Whether the file has shown it. */
enum unix_seen {
	UNIX_SEEN_NOT,
	UNIX_SEEN_OTHER_NAME, /* in a line with another name; refcnt is that of the line */
	UNIX_SEEN_LISTED,
};

/* A socket as netlink told it: the part of struct sock that UNIX uses. */
struct unix_known {
	uint64_t cookie, inode;
	const uint8_t *name;
	const struct sock_facts *facts; /* NULL: none asked for */
	uint32_t has, peer_inode, uid, recv_q, refcnt;
	uint32_t send_q; /* of a listener: its backlog */
	uint32_t next;   /* another one with this inode; position + 1 */
	uint16_t name_len;
	uint8_t type, state, name_kind, shutdown;
	uint8_t seen; /* enum unix_seen */
	bool listening;
};

/* All of them. A zeroed struct is an empty list. */
struct unix_list {
	struct unix_known *socks;
	size_t n, cap;
	struct arena names;
	struct hash64 by_inode; /* the first one; position + 1 */
	struct hash64 by_name;  /* listeners, by their names as the file shows them; position + 1 */
};

/*
 * Keeps a row of netlink, in place of an older one with the same inode and cookie. Inodes alone
 * may be the same, for netlink tells 32 bits of them. 0 or -ENOMEM.
 */
int unix_list_add(struct unix_list *list, const struct sock *row);

/* Makes listeners findable by their names; to be called once, behind the last unix_list_add(). 0 or
 * -ENOMEM. */
int unix_list_index(struct unix_list *list);

/* Whether the name stands at text[0..n) as the file shows it. NULL: the line has no name. */
bool unix_known_has_name(const struct unix_known *known, const char *text, size_t n);

/*
 * A socket with that inode that was not listed yet: one of that name (see unix_known_has_name()) or
 * else any. NULL when there is none.
 */
struct unix_known *unix_list_find(const struct unix_list *list, uint64_t inode, const char *text,
				  size_t n);

/*
 * The listener with the longest name that stands at text[0..n) as the file shows it, followed by a
 * newline or the end; NULL when there is none. *doubtful is set when it may as well be another one,
 * with a shorter name, and another line behind it; else it is left alone.
 */
const struct unix_known *unix_list_find_listener(const struct unix_list *list, const char *text,
						 size_t n, bool *doubtful);

void unix_list_free(struct unix_list *list);

/* Bytes of the name as the file shows it: an abstract one has a mark. 0: it has no name. */
size_t unix_known_shown_len(const struct unix_known *known);

/* Whether text[0..n) begins with the name as the file shows it, and the line ends there. */
bool unix_known_is_at(const struct unix_known *known, const char *text, size_t n);

/* The row, which borrows the name from the list. With RefCnt when the file has told it. */
void unix_known_row(const struct unix_known *known, struct sock *out);

#endif
