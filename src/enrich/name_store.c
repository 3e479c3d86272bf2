/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of names. Lives in the main thread alone, so that a writer reads it without a lock.
 * Keys are compared whole: remote peers choose their addresses, and two with the same hash must not
 * get each other's name.
 */
#include "enrich/name_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/*
 * A v4-mapped address is asked as the IPv4 address it stands for: that is what it is shown as, and
 * the hosts file has no other name for it.
 */
bool name_key_addr(struct name_key *key, int family, const union inet_addr *addr)
{
	memset(key, 0, sizeof(*key));
	if (family == AF_INET6 && !addr_is_v4mapped(addr)) {
		key->kind = NAME_HOST6;
		key->addr = *addr;
	} else {
		key->kind = NAME_HOST4;
		key->addr.words[0] = addr->words[family == AF_INET6 ? 3 : 0];
	}
	return !addr_is_any(&key->addr);
}

void name_key_uid(struct name_key *key, uint32_t uid)
{
	memset(key, 0, sizeof(*key));
	key->kind = NAME_USER;
	key->uid = uid;
}

struct name_entry *name_store_find(const struct name_store *store, const struct name_key *key)
{
	const uint32_t *place = hash64_find(&store->places, hash_bytes(key, sizeof(*key)));

	for (uint32_t i = place ? *place : 0; i; i = store->entries[i].next) {
		if (memcmp(&store->entries[i].key, key, sizeof(*key)) == 0)
			return &store->entries[i];
	}
	return NULL;
}

struct name_entry *name_store_add(struct name_store *store, const struct name_key *key)
{
	size_t i = store->n_entries ? store->n_entries : 1;
	void *entries = store->entries;
	uint32_t *place;

	if (i >= UINT32_MAX ||
	    array_grow(&entries, &store->cap_entries, i + 1, sizeof(*store->entries)) < 0)
		return NULL;
	store->entries = entries;
	place = hash64_add(&store->places, hash_bytes(key, sizeof(*key)), NULL);
	if (!place)
		return NULL;
	store->entries[i] = (struct name_entry){ .key = *key, .next = *place };
	*place = (uint32_t)i;
	store->n_entries = i + 1;
	return &store->entries[i];
}

void name_store_forget(struct name_store *store)
{
	hash64_clear(&store->places);
	arena_reset(&store->text);
	store->n_entries = 0;
}

void name_store_free(struct name_store *store)
{
	hash64_free(&store->places);
	arena_free(&store->text);
	free(store->entries);
}
