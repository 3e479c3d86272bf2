/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of a recording, by kind and key, and its conversations with the kernel. */
#ifndef LSSOCK_CAPTURE_INDEX_H
#define LSSOCK_CAPTURE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "capture/capture_file.h"

struct capture_entry {
	struct capture_record record;
	/* Places, plus one, of the next one with the same key (or, of a reply, to the same request)
	 * and, in the first one of a key, of the last one and of the one that comes next. */
	uint32_t next, last, turn;
};

/* A request with its answers. */
struct capture_talk {
	const uint8_t *request; /* the netlink message */
	size_t len;
	int error;            /* of sending it, 0 or positive */
	uint32_t first, last; /* its replies: places plus one; 0: none */
	bool used;
};

struct capture_index {
	struct capture_entry *entries;
	size_t n, cap;
	struct capture_talk *talks;
	size_t n_talks, cap_talks;
	struct hash64 by_key;
};

/*
 * Takes in all records of a file, head included, which is borrowed. 0; -ENOMEM; or what
 * capture_next() says is wrong, at *offset: -EBADMSG also for records that contradict each other
 * and for more than CAPTURE_RECORDS_MAX.
 */
int capture_index_read(struct capture_index *index, const void *data, size_t len, size_t *offset);
void capture_index_free(struct capture_index *index);

/*
 * The record of that kind and key whose turn it is: each once, in their order, the last one for
 * ever. NULL: there is none.
 */
const struct capture_record *capture_index_find(struct capture_index *index, enum capture_kind kind,
						const void *key, size_t key_len);
/* The last one; for names, whose look-ups come in any order. Does not change the index. */
const struct capture_record *capture_index_last(const struct capture_index *index,
						enum capture_kind kind, const void *key,
						size_t key_len);

/* A fact of 8 bytes; fallback where there is none. */
uint64_t capture_index_number(const struct capture_index *index, const char *name,
			      uint64_t fallback);

#endif
