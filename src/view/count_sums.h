/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many sockets have which values: the sums behind --count-by. What is kept of a group is its
 * values in one run of bytes, the key, which is what two sockets of one group have in common to the
 * last byte.
 *
 * Memory grows with the number of groups, not with that of sockets. A socket of a group that is
 * there already allocates nothing.
 */
#ifndef LSSOCK_VIEW_COUNT_SUMS_H
#define LSSOCK_VIEW_COUNT_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "model/field.h"
#include "model/sock.h"

/* What a value of a group is. In the order in which groups of the same size are told. */
enum count_kind {
	COUNT_WORD,
	COUNT_TEXT,
	COUNT_UINT,
	COUNT_BOOL,
	COUNT_ADDR,
	COUNT_HIDDEN, /* of owners: there is or may be one that could not be looked into */
	COUNT_ABSENT,
};

/* One value of a group, borrowed from its key. */
struct count_value {
	enum count_kind kind;
	uint64_t number;     /* COUNT_UINT, COUNT_BOOL */
	const uint8_t *text; /* COUNT_WORD, COUNT_TEXT; a NUL stands behind it */
	size_t len;
	uint8_t name_kind; /* COUNT_TEXT: enum unix_name_kind */
	/* COUNT_ADDR. An IPv4 address that came as IPv6 is an IPv4 address here. */
	uint8_t family, prefix; /* prefix: bits that count; 0: all of them */
	struct endpoint end;    /* addr, and ifindex where it means nothing without */
	const char *zone;       /* name of that interface, or NULL */
};

struct count_group {
	const uint8_t *key;
	uint32_t key_len;
	uint32_t next; /* number + 1 of another group of the same hash; 0: none */
	uint64_t count;
};

struct count_sums {
	const struct field *const *fields; /* borrowed, n_fields of them */
	const uint8_t *prefixes; /* of each field: bits of an address that count; 0: all */
	size_t n_fields;

	struct count_group *groups;
	size_t n_groups, cap_groups;
	struct hash64 hash; /* of keys -> number of the group + 1 */
	struct arena keys;
	uint8_t *key; /* of the socket at hand */
	size_t key_len, cap_key;
	uint64_t total; /* sockets */
};

/* Empty sums over n fields, none of them of type FIELD_OWNERS. */
void count_sums_init(struct count_sums *sums, const struct field *const *fields,
		     const uint8_t *prefixes, size_t n);

/* Adds n sockets. 0, or -ENOMEM: the sums then lack some of them. */
int count_sums_add(struct count_sums *sums, const struct sock *rows, size_t n);

/* The largest group first; those of one size by their values. Nothing can be added any more until
 * count_sums_clear(). */
void count_sums_sort(struct count_sums *sums);

/* Forgets all groups and keeps memory. */
void count_sums_clear(struct count_sums *sums);
void count_sums_free(struct count_sums *sums);

/* Reads the values of a group one after the other, in the order of the fields: *at begins as 0. */
struct count_value count_group_next(const struct count_group *group, size_t *at);

#endif
