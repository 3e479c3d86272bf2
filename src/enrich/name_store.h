/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of names, by what was asked. Only for enrich/names.c. */
#ifndef LSSOCK_ENRICH_NAME_STORE_H
#define LSSOCK_ENRICH_NAME_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "enrich/name_pool.h"

enum name_state {
	NAME_UNKNOWN, /* never asked, or asked and withdrawn: may be asked again */
	NAME_ASKED,
	NAME_KNOWN, /* text, or NULL: it has none */
};

struct name_entry {
	struct name_key key;
	enum name_state state;
	uint32_t next; /* the next entry whose key has the same hash; 0: none */
	const char *text;
};

/* A zeroed struct is an empty store. */
struct name_store {
	struct name_entry *entries; /* [0] is unused; moved by name_store_add() */
	size_t n_entries, cap_entries;
	struct hash64 places; /* hash of a key to its first entry */
	struct arena text;
};

/* The key of an address; false for a wildcard, which has no name. */
bool name_key_addr(struct name_key *key, int family, const union inet_addr *addr);
void name_key_uid(struct name_key *key, uint32_t uid);

/* The entry of a key, NULL when there is none. Valid until the next name_store_add(). */
struct name_entry *name_store_find(const struct name_store *store, const struct name_key *key);

/* Adds an unknown entry for a key that has none. NULL without memory. */
struct name_entry *name_store_add(struct name_store *store, const struct name_key *key);

/* Forgets all and keeps the memory. */
void name_store_forget(struct name_store *store);
void name_store_free(struct name_store *store);

#endif
