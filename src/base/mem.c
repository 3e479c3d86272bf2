/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing arrays, the arena and the hash. Known limit: the hashes are not keyed; they serve numbers
 * that the kernel hands out (inodes, cookies, ids), which an outsider can influence but not choose.
 */
#include "base/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

int array_grow(void **data, size_t *cap, size_t need, size_t elem)
{
	size_t more;
	void *grown;

	if (need <= *cap)
		return 0;
	if (elem == 0 || need > PTRDIFF_MAX / elem)
		return -ENOMEM;
	more = *cap < 8 ? 8 : *cap + *cap / 2; /* cannot wrap: *cap * elem bytes exist */
	if (more < need || more > PTRDIFF_MAX / elem)
		more = need;
	grown = realloc(*data, more * elem);
	if (!grown)
		return -ENOMEM;
	*data = grown;
	*cap = more;
	return 0;
}

enum { ARENA_BLOCK_MIN = 4096, ARENA_BLOCK_MAX = 1024 * 1024 };

/* The first block of the list is the one that pieces are cut from. */
struct arena_block {
	struct arena_block *next;
	size_t size, used; /* of data */
	_Alignas(max_align_t) unsigned char data[];
};

/* A block for n bytes (a multiple of the alignment), each twice as large as the one before. */
static struct arena_block *arena_add_block(struct arena *arena, size_t n)
{
	struct arena_block *head = arena->blocks;
	size_t size = ARENA_BLOCK_MIN;
	struct arena_block *block;

	if (head)
		size = head->size < ARENA_BLOCK_MAX / 2 ? head->size * 2 : ARENA_BLOCK_MAX;
	if (size < n)
		size = n;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	block->used = 0;
	if (head && n > ARENA_BLOCK_MAX) { /* its own block; go on cutting from the head */
		block->next = head->next;
		head->next = block;
	} else {
		block->next = head;
		arena->blocks = block;
	}
	return block;
}

void *arena_alloc(struct arena *arena, size_t n)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_block *block = arena->blocks;
	void *piece;

	if (n == 0) /* still a pointer of its own: NULL means no memory */
		n = 1;
	if (n > PTRDIFF_MAX / 2) /* rounding and the block's head must not wrap */
		return NULL;
	n = (n + align - 1) / align * align;
	if (!block || block->size - block->used < n)
		block = arena_add_block(arena, n);
	if (!block)
		return NULL;
	piece = block->data + block->used;
	block->used += n;
	arena->used += n;
	return piece;
}

void *arena_copy(struct arena *arena, const void *data, size_t n)
{
	void *copy = arena_alloc(arena, n);

	if (copy && n)
		memcpy(copy, data, n);
	return copy;
}

void arena_join(struct arena *arena, struct arena *from)
{
	struct arena_block **tail = &arena->blocks;

	while (*tail)
		tail = &(*tail)->next;
	*tail = from->blocks;
	arena->used += from->used;
	*from = (struct arena){ .blocks = NULL };
}

void arena_reset(struct arena *arena)
{
	struct arena_block *keep = NULL;

	for (struct arena_block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		if (!keep || block->size > keep->size) {
			free(keep);
			keep = block;
		} else {
			free(block);
		}
	}
	if (keep) {
		keep->next = NULL;
		keep->used = 0;
	}
	arena->blocks = keep;
	arena->used = 0;
}

void arena_free(struct arena *arena)
{
	arena_reset(arena);
	free(arena->blocks);
	arena->blocks = NULL;
}

struct hash64_slot {
	uint64_t key;
	uint32_t value;
	bool taken;
};

/*
 * A number that is another one in each run (getauxval(3), AT_RANDOM), so that nobody can prepare
 * names or addresses that all fall into one place.
 */
static uint64_t hash_secret(void)
{
	static const uint64_t none;
	static _Atomic(const void *) found; /* by any thread, and always the same place */
	const void *random = atomic_load_explicit(&found, memory_order_relaxed);
	uint64_t secret;

	if (!random) {
		random = (const void *)getauxval(AT_RANDOM);
		random = random ? random : &none;
		atomic_store_explicit(&found, random, memory_order_relaxed);
	}
	memcpy(&secret, random, sizeof(secret));
	return secret;
}

/* Spreads every bit of x over all 64: a bijection (multiply and shift rounds). */
static uint64_t hash_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	return x;
}

/* Keys that fit before the chains get long: five eighths. */
static size_t hash64_limit(size_t cap)
{
	return cap / 8 * 5;
}

/* The slot that holds key, or the free one where it belongs. There is always a free one. */
static struct hash64_slot *hash64_probe(struct hash64_slot *slots, size_t cap, uint64_t key)
{
	size_t at = (size_t)hash_mix(key ^ hash_secret()) & (cap - 1);

	while (slots[at].taken && slots[at].key != key)
		at = (at + 1) & (cap - 1);
	return &slots[at];
}

int hash64_reserve(struct hash64 *hash, size_t n)
{
	size_t cap = hash->cap ? hash->cap : 16;
	struct hash64_slot *slots;

	if (hash->cap && n <= hash64_limit(hash->cap))
		return 0;
	while (hash64_limit(cap) < n) {
		if (cap > PTRDIFF_MAX / 2 / sizeof(*slots))
			return -ENOMEM;
		cap *= 2;
	}
	slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < hash->cap; i++) {
		if (hash->slots[i].taken)
			*hash64_probe(slots, cap, hash->slots[i].key) = hash->slots[i];
	}
	free(hash->slots);
	hash->slots = slots;
	hash->cap = cap;
	return 0;
}

uint32_t *hash64_add(struct hash64 *hash, uint64_t key, bool *added)
{
	uint32_t *found = hash64_find(hash, key);
	struct hash64_slot *slot;

	if (added)
		*added = !found;
	if (found)
		return found;
	if (hash64_reserve(hash, hash->n + 1) < 0) {
		if (added)
			*added = false;
		return NULL;
	}
	slot = hash64_probe(hash->slots, hash->cap, key);
	*slot = (struct hash64_slot){ .key = key, .taken = true };
	hash->n++;
	return &slot->value;
}

uint32_t *hash64_find(const struct hash64 *hash, uint64_t key)
{
	struct hash64_slot *slot;

	if (hash->n == 0)
		return NULL;
	slot = hash64_probe(hash->slots, hash->cap, key);
	return slot->taken ? &slot->value : NULL;
}

void hash64_clear(struct hash64 *hash)
{
	if (hash->n)
		memset(hash->slots, 0, hash->cap * sizeof(*hash->slots));
	hash->n = 0;
}

void hash64_free(struct hash64 *hash)
{
	free(hash->slots);
	*hash = (struct hash64){ 0 };
}

uint64_t hash_bytes(const void *data, size_t n)
{
	const unsigned char *bytes = data;
	uint64_t secret = hash_secret();
	uint64_t hash = hash_mix(n + UINT64_C(0x9e3779b97f4a7c15)) ^ secret;

	while (n > 0) {
		size_t step = n < 8 ? n : 8;
		uint64_t word = 0;

		memcpy(&word, bytes, step);
		hash = hash_mix(hash ^ word) + (UINT64_C(0x9e3779b97f4a7c15) ^ secret);
		bytes += step;
		n -= step;
	}
	return hash;
}
