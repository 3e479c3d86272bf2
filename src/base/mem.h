/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays, a bump arena, and a hash from 64-bit keys to array positions. No function here
 * ends the program. */
#ifndef LSSOCK_BASE_MEM_H
#define LSSOCK_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Makes room for need elements of elem bytes in the array *data of capacity *cap, growing by at
 * least half. Returns 0, or -ENOMEM (also when the product overflows) with the array as it was.
 * *data is freed with free().
 */
int array_grow(void **data, size_t *cap, size_t need, size_t elem);

/* Memory given out in pieces and taken back all at once. A zeroed struct is an empty arena. */
struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes given out since the last reset */
};

/* n bytes aligned for any object, uninitialised; NULL when there is no memory. Valid until
 * arena_reset() or arena_free(). */
void *arena_alloc(struct arena *arena, size_t n);
/* A copy of n bytes (NULL without memory). */
void *arena_copy(struct arena *arena, const void *data, size_t n);
/* What `from` has given out belongs to arena from now on; from is empty then. */
void arena_join(struct arena *arena, struct arena *from);
/* Takes everything back but keeps one block for the next use. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

/* Open-addressing hash of 64-bit keys to 32-bit values. Key 0 is a key like any other. A zeroed
 * struct is an empty hash. */
struct hash64 {
	struct hash64_slot *slots;
	size_t cap; /* a power of two, or 0 */
	size_t n;
};

/* Makes room for n keys in all. 0 or -ENOMEM. */
int hash64_reserve(struct hash64 *hash, size_t n);
/* The value's place for key, added with value 0 where it was missing; *added tells (may be NULL).
 * NULL without memory. Valid until the next add. */
uint32_t *hash64_add(struct hash64 *hash, uint64_t key, bool *added);
/* The value's place, or NULL when the key is not there. */
uint32_t *hash64_find(const struct hash64 *hash, uint64_t key);
/* Forgets all keys and keeps the memory. */
void hash64_clear(struct hash64 *hash);
void hash64_free(struct hash64 *hash);

/* A well-mixed 64-bit hash of n bytes, another one in each run: nobody can prepare bytes whose
 * hashes are the same. */
uint64_t hash_bytes(const void *data, size_t n);

#endif
