/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records found by a key of several bytes: the sums of views. A record begins with its key, which
 * has no padding; keys are compared whole, so that no two share a record whatever their hashes are.
 */
#ifndef LSSOCK_VIEW_KEYED_H
#define LSSOCK_VIEW_KEYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

/* Made by an initialiser that says key_size and size. */
struct keyed {
	size_t key_size, size; /* bytes of a key, and of a record with its key */
	void *rows;            /* n records, in the order they were added */
	size_t n, cap;
	uint32_t *next; /* the record, plus 1, with another key of the same hash; 0: none */
	size_t cap_next;
	struct hash64 hash;
};

/* The record of a key, or NULL. */
void *keyed_find(const struct keyed *keyed, const void *key);
/* The same, added with all else zero where it was missing. NULL without memory. Records move when
 * one is added. */
void *keyed_add(struct keyed *keyed, const void *key);
/* Orders the records. From then on until keyed_clear() nothing may be found or added. */
void keyed_sort(struct keyed *keyed, int (*compare)(const void *a, const void *b));
/* Forgets all records and keeps memory. */
void keyed_clear(struct keyed *keyed);
void keyed_free(struct keyed *keyed);

#endif
