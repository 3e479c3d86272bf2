/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One socket of an earlier output: from the members of its record to a struct sock. For snapshot.c
 * and tests. */
#ifndef LSSOCK_SOURCE_SNAPSHOT_ROW_H
#define LSSOCK_SOURCE_SNAPSHOT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_read.h"
#include "model/sock.h"
#include "model/unit.h"
#include "source/snapshot.h"

#define SNAPSHOT_BIT(member) (1u << (member))

/* A text inside the row's bytes. */
struct snapshot_text {
	size_t at, len;
	bool known;
};

struct snapshot_owner {
	uint32_t pid, fd;
	struct snapshot_text program;
};

/* All of one record. A zeroed struct is an empty row; what it grew to is kept from row to row. */
struct snapshot_row {
	uint32_t seen;  /* 1 << enum snapshot_member: those that the record has, also as null */
	uint32_t known; /* those that are not null */
	struct snapshot_text texts[SNAPSHOT_MEMBER_COUNT];
	uint64_t numbers[SNAPSHOT_MEMBER_COUNT];

	struct snapshot_owner *owners;
	size_t n_owners, cap_owners;
	const char *error; /* after -EINVAL: a constant text */
	char *bytes;       /* of all texts, each with a NUL behind it */
	size_t n_bytes, cap_bytes;

	/* What snapshot_row_finish() makes of it. */
	bool passed_over; /* a socket of a family that is neither Internet nor UNIX: nothing */
	struct sock sock;
	struct owner *sock_owners;
	size_t cap_sock_owners;
	struct unit unit;
};

/* More bytes than this no record's texts may have. */
enum { SNAPSHOT_ROW_BYTES = 1 << 20, SNAPSHOT_ROW_OWNERS = 1 << 16 };

void snapshot_row_clear(struct snapshot_row *row);
void snapshot_row_free(struct snapshot_row *row);

/*
 * Takes the value of a member of the record, or of its last owner. 0, -EINVAL and row->error, or
 * -ENOMEM.
 */
int snapshot_row_take(struct snapshot_row *row, enum snapshot_member member, enum json_kind kind,
		      const struct json_token *value);
int snapshot_row_take_owner(struct snapshot_row *row, enum snapshot_member member,
			    enum json_kind kind, const struct json_token *value);
/* Another owner follows. The same returns. */
int snapshot_row_add_owner(struct snapshot_row *row);

/* The record is refused: returns -EINVAL. error: a constant text. */
int snapshot_row_bad(struct snapshot_row *row, const char *error);

/* The member of that name; SNAPSHOT_MEMBER_COUNT for one that nobody needs. */
enum snapshot_member snapshot_member_find(const struct json_token *key);

/* Makes row->sock of the members, which it borrows until the row is cleared. The same returns: a
 * record that is no socket says what is missing. */
int snapshot_row_finish(struct snapshot_row *row);

#endif
