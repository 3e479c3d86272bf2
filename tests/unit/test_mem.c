/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow, the arena, and the hash, each against a plain model of what it promises. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

Test(mem, array_keeps_its_elements)
{
	uint64_t *items = NULL;
	size_t cap = 0, moves = 0;

	for (size_t i = 0; i < 10000; i++) {
		void *data = items;
		size_t before = cap;

		cr_assert_eq(array_grow(&data, &cap, i + 1, sizeof(*items)), 0);
		cr_assert_geq(cap, i + 1);
		if (cap != before) {
			cr_assert_geq(cap, before + before / 2);
			moves++;
		}
		items = data;
		items[i] = i * 3;
	}
	for (size_t i = 0; i < 10000; i++)
		cr_assert_eq(items[i], i * 3);
	cr_assert_lt(moves, 40);
	free(items);
}

Test(mem, array_refuses_what_overflows)
{
	void *data = malloc(16);
	void *before = data;
	size_t cap = 2;

	cr_assert_eq(array_grow(&data, &cap, SIZE_MAX / 8 + 1, 8), -ENOMEM);
	cr_assert_eq(array_grow(&data, &cap, SIZE_MAX, 8), -ENOMEM);
	cr_assert_eq(array_grow(&data, &cap, SIZE_MAX, 1), -ENOMEM);
	cr_assert_eq(array_grow(&data, &cap, SIZE_MAX / 8, 8), -ENOMEM);
	cr_assert_eq(array_grow(&data, &cap, PTRDIFF_MAX / 8 + 1, 8), -ENOMEM);
	cr_assert_eq(data, before);
	cr_assert_eq(cap, 2);
	cr_assert_eq(array_grow(&data, &cap, 2, 8), 0);
	cr_assert_eq(data, before);
	free(data);
}

Test(mem, arena_pieces_are_aligned_and_apart)
{
	static unsigned char *pieces[3000];
	struct arena arena = { 0 };

	for (int round = 0; round < 3; round++) {
		size_t total = 0;

		for (size_t i = 0; i < 3000; i++) {
			size_t n = i % 97 * (i % 7) + (i == 1500 ? 3000000 : 0);

			pieces[i] = arena_alloc(&arena, n);
			cr_assert_not_null(pieces[i]);
			cr_assert_eq((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
			memset(pieces[i], (int)(i % 251), n);
			total += n;
		}
		cr_assert_geq(arena.used, total);
		for (size_t i = 0; i < 3000; i++) {
			size_t n = i % 97 * (i % 7) + (i == 1500 ? 3000000 : 0);

			for (size_t j = 0; j < n; j++)
				cr_assert_eq(pieces[i][j], i % 251);
		}
		arena_reset(&arena);
		cr_assert_eq(arena.used, 0);
	}
	arena_free(&arena);
	cr_assert_null(arena.blocks);
}

Test(mem, arena_keeps_a_block_and_pieces_of_nothing_differ)
{
	struct arena arena = { 0 };
	void *first = arena_alloc(&arena, 100);

	arena_reset(&arena);
	cr_assert_eq(arena_alloc(&arena, 50), first);
	cr_assert_neq(arena_alloc(&arena, 0), arena_alloc(&arena, 0));
	arena_free(&arena);
	arena_free(&arena);
	cr_assert_not_null(arena_alloc(&arena, 1));
	arena_free(&arena);
}

Test(mem, arena_refuses_the_impossible)
{
	struct arena arena = { 0 };

	for (size_t i = 0; i < 64; i++)
		cr_assert_null(arena_alloc(&arena, SIZE_MAX - i));
	cr_assert_null(arena_alloc(&arena, SIZE_MAX / 2 + 1));
	cr_assert_eq(arena.used, 0);
	cr_assert_not_null(arena_alloc(&arena, 10));
	cr_assert_null(arena_alloc(&arena, SIZE_MAX - 100));
	arena_free(&arena);
}

Test(mem, arena_copy)
{
	struct arena arena = { 0 };
	char *copy = arena_copy(&arena, "a\0b", 4);

	cr_assert_eq(memcmp(copy, "a\0b", 4), 0);
	cr_assert_not_null(arena_copy(&arena, NULL, 0));
	arena_free(&arena);
}

/* Keys as the kernel makes them: counting up, in steps of a power of two, high bits only. */
static uint64_t key_of(unsigned int kind, uint64_t i)
{
	switch (kind) {
	case 0:
		return i;
	case 1:
		return i << 12;
	case 2:
		return i << 44;
	default:
		return ~i * UINT64_C(0x9e3779b97f4a7c15);
	}
}

Test(mem, hash_finds_what_was_added)
{
	for (unsigned int kind = 0; kind < 4; kind++) {
		struct hash64 hash = { 0 };
		const uint32_t n = 50000;
		bool added;

		cr_assert_null(hash64_find(&hash, 0));
		for (uint32_t i = 0; i < n; i++) {
			uint32_t *value = hash64_add(&hash, key_of(kind, i), &added);

			cr_assert_not_null(value);
			cr_assert(added);
			cr_assert_eq(*value, 0);
			*value = i + 1;
		}
		cr_assert_eq(hash.n, n);
		for (uint32_t i = 0; i < n; i++) {
			cr_assert_eq(*hash64_find(&hash, key_of(kind, i)), i + 1);
			cr_assert_eq(*hash64_add(&hash, key_of(kind, i), &added), i + 1);
			cr_assert(!added);
			cr_assert_null(hash64_find(&hash, key_of(kind, i + n)));
		}
		cr_assert_eq(hash.n, n);
		cr_assert_leq(hash.n * 10, hash.cap * 7);
		hash64_free(&hash);
	}
}

Test(mem, hash_reserve_keeps_places)
{
	struct hash64 hash = { 0 };
	uint32_t *first;
	size_t cap;

	cr_assert_eq(hash64_reserve(&hash, 1000), 0);
	cap = hash.cap;
	cr_assert_eq(cap & (cap - 1), 0);
	first = hash64_add(&hash, 0, NULL);
	*first = 9;
	for (uint64_t i = 1; i < 1000; i++)
		cr_assert_not_null(hash64_add(&hash, i, NULL));
	cr_assert_eq(hash.cap, cap);
	cr_assert_eq(hash64_find(&hash, 0), first);
	cr_assert_eq(*first, 9);
	cr_assert_eq(hash64_reserve(&hash, SIZE_MAX), -ENOMEM);
	cr_assert_eq(hash64_reserve(&hash, SIZE_MAX / 16), -ENOMEM);
	cr_assert_eq(hash64_find(&hash, 0), first);
	hash64_free(&hash);
}

Test(mem, hash_clear_forgets)
{
	struct hash64 hash = { 0 };
	bool added;

	hash64_clear(&hash);
	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 100; i++) {
			*hash64_add(&hash, i, &added) = 5;
			cr_assert(added);
		}
		hash64_clear(&hash);
		cr_assert_eq(hash.n, 0);
		cr_assert_null(hash64_find(&hash, 0));
		cr_assert_null(hash64_find(&hash, 99));
	}
	hash64_free(&hash);
	cr_assert_null(hash64_find(&hash, 0));
}

Test(mem, hash_bytes_tells_texts_apart)
{
	struct hash64 seen = { 0 };
	unsigned char text[64] = { 0 };
	bool added;

	/* Zeros of every length, then every single bit set in a text of every length. */
	for (size_t n = 0; n <= sizeof(text); n++) {
		hash64_add(&seen, hash_bytes(text, n), &added);
		cr_assert(added, "length %zu", n);
		for (size_t bit = 0; bit < n * 8; bit++) {
			text[bit / 8] = (unsigned char)(1u << bit % 8);
			hash64_add(&seen, hash_bytes(text, n), &added);
			cr_assert(added, "length %zu, bit %zu", n, bit);
			text[bit / 8] = 0;
		}
	}
	cr_assert_eq(hash_bytes("abc", 3), hash_bytes("abc", 3));
	cr_assert_neq(hash_bytes("12345678abcdefgh", 16), hash_bytes("abcdefgh12345678", 16));
	hash64_free(&seen);
}

Test(mem, hash_bytes_spreads_every_bit)
{
	unsigned int flips[64] = { 0 };
	const unsigned int rounds = 4000;

	for (unsigned int i = 0; i < rounds; i++) {
		uint64_t a = i, b = i ^ UINT64_C(1) << i % 64;
		uint64_t differ = hash_bytes(&a, sizeof(a)) ^ hash_bytes(&b, sizeof(b));

		for (int bit = 0; bit < 64; bit++)
			flips[bit] += differ >> bit & 1;
	}
	for (int bit = 0; bit < 64; bit++) {
		cr_assert_gt(flips[bit], rounds * 4 / 10, "bit %d", bit);
		cr_assert_lt(flips[bit], rounds * 6 / 10, "bit %d", bit);
	}
}
