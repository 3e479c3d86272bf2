/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records found again by their key. */
#include "capture/capture_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Another mix for each kind, so that a key need not be copied behind it. */
static uint64_t hash_of(enum capture_kind kind, const void *key, size_t key_len)
{
	return hash_bytes(key, key_len) ^ ((uint64_t)kind + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static bool has_key(const struct capture_record *record, enum capture_kind kind, const void *key,
		    size_t key_len)
{
	return record->kind == kind && record->key_len == key_len &&
	       (key_len == 0 || memcmp(record->key, key, key_len) == 0);
}

/* Adds the last entry to those of its key. Two keys of one hash are no recording of ours. */
static int add_key(struct capture_index *index)
{
	struct capture_entry *entry = &index->entries[index->n - 1], *first;
	const struct capture_record *record = &entry->record;
	uint32_t *place = hash64_add(&index->by_key,
				     hash_of(record->kind, record->key, record->key_len), NULL);

	if (!place)
		return -ENOMEM;
	if (!*place) {
		*place = (uint32_t)index->n;
		entry->last = entry->turn = *place;
		return 0;
	}
	first = &index->entries[*place - 1];
	if (!has_key(&first->record, record->kind, record->key, record->key_len))
		return -EBADMSG;
	index->entries[first->last - 1].next = (uint32_t)index->n;
	first->last = (uint32_t)index->n;
	return 0;
}

static int add_request(struct capture_index *index, const struct capture_record *record)
{
	void *data = index->talks;
	int err;

	if (record->key_len != 4 || capture_get_number(record->key, 4) != index->n_talks + 1)
		return -EBADMSG;
	err = array_grow(&data, &index->cap_talks, index->n_talks + 1, sizeof(*index->talks));
	index->talks = data;
	if (err < 0)
		return err;
	index->talks[index->n_talks++] = (struct capture_talk){
		.request = record->value,
		.len = record->value_len,
		.error = record->error,
	};
	return 0;
}

static int add_reply(struct capture_index *index, const struct capture_record *record)
{
	struct capture_talk *talk;
	uint64_t number;

	if (record->key_len != 9)
		return -EBADMSG;
	number = capture_get_number(record->key, 4);
	if (number == 0 || number > index->n_talks)
		return -EBADMSG;
	talk = &index->talks[number - 1];
	if (talk->last)
		index->entries[talk->last - 1].next = (uint32_t)index->n;
	else
		talk->first = (uint32_t)index->n;
	talk->last = (uint32_t)index->n;
	return 0;
}

static int add_record(struct capture_index *index, const struct capture_record *record)
{
	void *data = index->entries;
	int err;

	if (index->n == CAPTURE_RECORDS_MAX)
		return -EBADMSG;
	err = array_grow(&data, &index->cap, index->n + 1, sizeof(*index->entries));
	index->entries = data;
	if (err < 0)
		return err;
	index->entries[index->n++] = (struct capture_entry){ .record = *record };
	if (record->kind == CAPTURE_REQUEST)
		return add_request(index, record);
	if (record->kind == CAPTURE_REPLY)
		return add_reply(index, record);
	return add_key(index);
}

int capture_index_read(struct capture_index *index, const void *data, size_t len, size_t *offset)
{
	struct capture_record record;
	size_t pos = CAPTURE_HEAD;
	int got, err = 0;

	*index = (struct capture_index){ .n = 0 };
	*offset = 0;
	got = capture_check_head(data, len);
	if (got < 0)
		return got;
	do {
		*offset = pos;
		got = capture_next(data, len, &pos, &record);
		err = got == 1 ? add_record(index, &record) : 0;
	} while (got == 1 && err == 0);
	return err < 0 ? err : got;
}

void capture_index_free(struct capture_index *index)
{
	hash64_free(&index->by_key);
	free(index->entries);
	free(index->talks);
	*index = (struct capture_index){ .n = 0 };
}

/* The first entry of a key. */
static struct capture_entry *find_first(const struct capture_index *index, enum capture_kind kind,
					const void *key, size_t key_len)
{
	const uint32_t *place = hash64_find(&index->by_key, hash_of(kind, key, key_len));
	struct capture_entry *first = place ? &index->entries[*place - 1] : NULL;

	return first && has_key(&first->record, kind, key, key_len) ? first : NULL;
}

const struct capture_record *capture_index_find(struct capture_index *index, enum capture_kind kind,
						const void *key, size_t key_len)
{
	struct capture_entry *first = find_first(index, kind, key, key_len), *entry;

	if (!first)
		return NULL;
	entry = &index->entries[first->turn - 1];
	if (entry->next)
		first->turn = entry->next;
	return &entry->record;
}

const struct capture_record *capture_index_last(const struct capture_index *index,
						enum capture_kind kind, const void *key,
						size_t key_len)
{
	const struct capture_entry *first = find_first(index, kind, key, key_len);

	return first ? &index->entries[first->last - 1].record : NULL;
}

uint64_t capture_index_number(const struct capture_index *index, const char *name,
			      uint64_t fallback)
{
	const struct capture_record *record =
		capture_index_last(index, CAPTURE_FACT, name, strlen(name));

	if (!record || record->error || record->value_len != 8)
		return fallback;
	return capture_get_number(record->value, 8);
}
