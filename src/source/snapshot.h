/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets from what lssock --json or --jsonl wrote earlier (doc/lssock.schema.json), also when jq
 * or another program has written it anew. The text is handed in piece by piece; it may be anybody's
 * and is checked as such. Families beyond Internet and UNIX are passed over. Memory: one record's.
 */
#ifndef LSSOCK_SOURCE_SNAPSHOT_H
#define LSSOCK_SOURCE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sock.h"

struct snapshot;

/* What is taken of a record; everything else is passed over. */
enum snapshot_member {
	SNAPSHOT_PROTO,
	SNAPSHOT_FAMILY,
	SNAPSHOT_TYPE,
	SNAPSHOT_STATE,
	SNAPSHOT_LOCAL_ADDRESS,
	SNAPSHOT_LOCAL_PORT,
	SNAPSHOT_REMOTE_ADDRESS,
	SNAPSHOT_REMOTE_PORT,
	SNAPSHOT_INTERFACE,
	SNAPSHOT_RECV_Q,
	SNAPSHOT_SEND_Q,
	SNAPSHOT_BACKLOG,
	SNAPSHOT_UID,
	SNAPSHOT_USER,
	SNAPSHOT_INODE,
	SNAPSHOT_V6ONLY,
	SNAPSHOT_PATH,
	SNAPSHOT_PATH_HEX,
	SNAPSHOT_PATH_KIND,
	SNAPSHOT_UNIT,
	SNAPSHOT_OWNERS,
	SNAPSHOT_PROGRAM, /* of the record itself: its first owner's */
	SNAPSHOT_PROGRAM_HEX,
	SNAPSHOT_PID,
	SNAPSHOT_FD,
	SNAPSHOT_DIRECTION,
	SNAPSHOT_NETNS,
	SNAPSHOT_MEMBER_COUNT,
};

/* What the whole of it said. */
struct snapshot_about {
	uint64_t n_rows;
	uint32_t common;   /* 1 << enum snapshot_member: the members that all records have */
	uint32_t any;      /* the same: those that some have; an interface may be in an address */
	bool complete;     /* it says that nothing is missing, and it has its end */
	bool many_netns;   /* records tell of namespaces: more than one was listed */
	const char *host;  /* escaped nowhere; NULL: not known. Until snapshot_free() */
	const char *error; /* after -EINVAL: a constant text */
	uint64_t line;     /* and the line that it is about, from 1 */
};

/* Rows go into sink one by one, each borrowed until the sink returns. NULL without memory. */
struct snapshot *snapshot_new(const struct sock_sink *sink);
void snapshot_free(struct snapshot *snapshot);

/*
 * Takes the len bytes of text that follow; last: there are no more. *used: how many are done with;
 * the rest is to come again with more behind it. 0, -EINVAL: it is no such output (about->error),
 * -ENOMEM, -EFBIG: something in it is longer than this text may get (the caller's word, from
 * *used == 0), or what the sink returned.
 */
int snapshot_feed(struct snapshot *snapshot, const char *text, size_t len, bool last, size_t *used);

const struct snapshot_about *snapshot_about(const struct snapshot *snapshot);

/* The member that tells the field of that name; SNAPSHOT_MEMBER_COUNT: none does. */
enum snapshot_member snapshot_member_of(const char *field);

#endif
