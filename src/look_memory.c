/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holders by cookie, by listener and by peer, in arrays and one arena. */
#include "look_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/unit.h"

/* What is kept of one socket. */
struct look_holder {
	uint64_t inode, cgroup_id;
	uint32_t has, uid; /* has: kept_facts */
	uint32_t n_owners;
	bool owners_hidden;
	bool v6only; /* a listener that takes no IPv4 */
	const struct owner *owners;
	const char *user, *cgroup;
	const struct unit *unit;
};

struct look_text {
	const char *data; /* NUL-terminated, may have others inside */
	size_t len;
};

struct look_group {
	const char *path;
	const struct unit *unit;
};

static const uint32_t kept_facts = SOCK_HAS_UID | SOCK_HAS_INODE | SOCK_HAS_CGROUP;

/* Why one socket is likened to another: it was accepted by that listener, or is connected to the
 * same address and port. */
enum likeness { LIKE_LISTENER, LIKE_PEER };

/* Where a listener or a peer is. IPv4 as IPv6 sees it, so that both find it; the wildcard of IPv6,
 * which may stand for both, is not that of IPv4. No padding: it is hashed. */
struct place {
	uint8_t addr[16];
	uint16_t port, kind;
	uint32_t proto;
};

void look_memory_clear(struct look_memory *memory)
{
	hash64_clear(&memory->by_cookie);
	hash64_clear(&memory->likely);
	hash64_clear(&memory->by_text);
	hash64_clear(&memory->by_group);
	arena_reset(&memory->arena);
	memory->n = memory->n_owners = memory->n_texts = memory->n_groups = 0;
	memory->text_bytes = 0;
	memory->full = false;
}

void look_memory_free(struct look_memory *memory)
{
	hash64_free(&memory->by_cookie);
	hash64_free(&memory->likely);
	hash64_free(&memory->by_text);
	hash64_free(&memory->by_group);
	free(memory->holders);
	free(memory->texts);
	free(memory->groups);
	arena_free(&memory->arena);
	*memory = (struct look_memory){ .n = 0 };
}

/* A copy of n bytes with a NUL behind them; the same one for the same bytes. NULL without memory.
 */
static const char *copy_text(struct look_memory *memory, const char *text, size_t n)
{
	void *texts = memory->texts;
	struct look_text *known;
	uint32_t *place;
	char *copy;

	place = hash64_add(&memory->by_text, hash_bytes(text, n), NULL);
	if (!place)
		return NULL;
	known = *place ? &memory->texts[*place - 1] : NULL;
	if (known && known->len == n && memcmp(known->data, text, n) == 0)
		return known->data;
	copy = arena_alloc(&memory->arena, n + 1);
	if (!copy ||
	    array_grow(&texts, &memory->cap_texts, memory->n_texts + 1, sizeof(*memory->texts)) < 0)
		return NULL;
	memory->texts = texts;
	memcpy(copy, text, n);
	copy[n] = '\0';
	memory->texts[memory->n_texts++] = (struct look_text){ copy, n };
	memory->text_bytes += n + 1;
	*place = (uint32_t)memory->n_texts;
	return copy;
}

/* Makes *text one of ours, where there is one. */
static int own_text(struct look_memory *memory, const char **text)
{
	if (!*text)
		return 0;
	*text = copy_text(memory, *text, strlen(*text));
	return *text ? 0 : -ENOMEM;
}

static int own_owner(struct look_memory *memory, struct owner *owner)
{
	if (owner->cmdline)
		owner->cmdline = copy_text(memory, owner->cmdline, owner->cmdline_len);
	if (own_text(memory, &owner->program) < 0 || own_text(memory, &owner->context) < 0 ||
	    own_text(memory, &owner->exe) < 0)
		return -ENOMEM;
	return owner->cmdline_len && !owner->cmdline ? -ENOMEM : 0;
}

static int own_owners(struct look_memory *memory, const struct sock *row,
		      struct look_holder *holder)
{
	struct owner *owners;

	if (!row->n_owners)
		return 0;
	owners = arena_copy(&memory->arena, row->owners, row->n_owners * sizeof(*owners));
	if (!owners)
		return -ENOMEM;
	memory->n_owners += row->n_owners;
	holder->owners = owners;
	holder->n_owners = row->n_owners;
	for (uint32_t i = 0; i < row->n_owners; i++)
		if (own_owner(memory, &owners[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* The path of a control group, and what it says. */
static int own_group(struct look_memory *memory, const struct sock *row, struct look_holder *holder)
{
	void *groups = memory->groups;
	struct look_group group;
	struct unit *unit;
	uint32_t *place;

	if (!row->cgroup)
		return 0;
	place = hash64_add(&memory->by_group, row->cgroup_id, NULL);
	if (!place)
		return -ENOMEM;
	if (*place == 0) {
		group.path = copy_text(memory, row->cgroup, strlen(row->cgroup));
		unit = arena_alloc(&memory->arena, sizeof(*unit));
		if (!group.path || !unit ||
		    array_grow(&groups, &memory->cap_groups, memory->n_groups + 1, sizeof(group)) <
			    0)
			return -ENOMEM;
		memory->groups = groups;
		unit_parse(group.path, strlen(group.path), unit);
		memory->text_bytes += sizeof(*unit);
		group.unit = unit;
		memory->groups[memory->n_groups++] = group;
		*place = (uint32_t)memory->n_groups;
	}
	holder->cgroup = memory->groups[*place - 1].path;
	holder->unit = row->unit ? memory->groups[*place - 1].unit : NULL;
	return 0;
}

static uint64_t key_of(enum likeness kind, const struct sock *row, uint8_t family,
		       const union inet_addr *addr, uint16_t port)
{
	struct place place = { .port = port, .kind = (uint16_t)kind, .proto = row->proto };

	if (family == AF_INET) {
		memset(place.addr + 10, 0xff, 2);
		memcpy(place.addr + 12, addr->bytes, 4);
	} else {
		memcpy(place.addr, addr->bytes, sizeof(place.addr));
	}
	return hash_bytes(&place, sizeof(place));
}

static uint64_t local_key(const struct sock *row)
{
	return key_of(LIKE_LISTENER, row, row->family, &row->local.addr, row->local.port);
}

static uint64_t peer_key(const struct sock *row)
{
	return key_of(LIKE_PEER, row, row->family, &row->remote.addr, row->remote.port);
}

/* Whether the same processes hold both, in the same order. */
static bool has_same_owners(const struct look_holder *a, const struct look_holder *b)
{
	const uint32_t n = b->n_owners;

	if (a->n_owners != n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (a->owners[i].pid != b->owners[i].pid)
			return false;
	return true;
}

/* Several may listen at one place (SO_REUSEPORT), or be connected to one peer: what differs between
 * them is not known of another one. */
static void join_holders(struct look_holder *known, const struct look_holder *other)
{
	if (known->uid != other->uid)
		known->has &= ~(uint32_t)SOCK_HAS_UID;
	if (known->user != other->user)
		known->user = NULL;
	if (known->cgroup_id != other->cgroup_id) {
		known->has &= ~(uint32_t)SOCK_HAS_CGROUP;
		known->cgroup = NULL;
		known->unit = NULL;
	}
	known->owners_hidden |= other->owners_hidden;
	if (has_same_owners(known, other))
		return;
	known->owners_hidden = true;
	known->owners = NULL;
	known->n_owners = 0;
}

static int add_holder(struct look_memory *memory, const struct look_holder *holder)
{
	void *holders = memory->holders;

	if (array_grow(&holders, &memory->cap, memory->n + 1, sizeof(*holder)) < 0)
		return -ENOMEM;
	memory->holders = holders;
	memory->holders[memory->n++] = *holder;
	return 0;
}

/* Of other sockets that may be likened to it by key. */
static int add_likely(struct look_memory *memory, uint64_t key, struct look_holder holder)
{
	uint32_t *place = hash64_add(&memory->likely, key, NULL);

	if (!place)
		return -ENOMEM;
	if (*place) {
		join_holders(&memory->holders[*place - 1], &holder);
		return 0;
	}
	holder.inode = 0;
	holder.has &= ~(uint32_t)SOCK_HAS_INODE;
	if (add_holder(memory, &holder) < 0)
		return -ENOMEM;
	*place = (uint32_t)memory->n;
	return 0;
}

static int add_row(struct look_memory *memory, const struct sock *row)
{
	struct look_holder holder = {
		.inode = row->inode,
		.cgroup_id = row->cgroup_id,
		.has = row->has & kept_facts,
		.uid = row->uid,
		.owners_hidden = row->owners_hidden,
		.v6only = (row->has & SOCK_HAS_V6ONLY) && row->v6only,
		.user = row->user,
	};
	uint32_t *place = hash64_add(&memory->by_cookie, row->cookie, NULL);

	if (!place || own_text(memory, &holder.user) < 0 || own_group(memory, row, &holder) < 0 ||
	    own_owners(memory, row, &holder) < 0 || add_holder(memory, &holder) < 0)
		return -ENOMEM;
	*place = (uint32_t)memory->n;
	if (row->listening)
		return add_likely(memory, local_key(row), holder);
	return row->remote.port ? add_likely(memory, peer_key(row), holder) : 0;
}

int look_memory_add(struct look_memory *memory, const struct sock *rows, size_t n)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < n; i++) {
		if (!(rows[i].has & SOCK_HAS_COOKIE))
			continue;
		/* Most take two places. */
		if (memory->n + 2 > LOOK_MEMORY_PLACES ||
		    memory->n_owners + rows[i].n_owners > LOOK_MEMORY_OWNERS ||
		    memory->text_bytes > LOOK_MEMORY_BYTES) {
			memory->full = true;
			return 0;
		}
		err = add_row(memory, &rows[i]);
	}
	return err;
}

static void fill(const struct look_holder *holder, struct sock *row)
{
	row->has = (row->has & ~kept_facts) | holder->has;
	row->inode = holder->inode;
	row->uid = holder->uid;
	row->cgroup_id = holder->cgroup_id;
	row->user = holder->user;
	row->cgroup = holder->cgroup;
	row->unit = holder->unit;
	row->owners = holder->owners;
	row->n_owners = holder->n_owners;
	row->owners_hidden = holder->owners_hidden;
}

bool look_memory_find(const struct look_memory *memory, struct sock *row)
{
	const uint32_t *place = NULL;

	if (row->has & SOCK_HAS_COOKIE)
		place = hash64_find(&memory->by_cookie, row->cookie);
	if (!place || !*place)
		return false;
	fill(&memory->holders[*place - 1], row);
	return true;
}

bool look_memory_find_listener(const struct look_memory *memory, struct sock *row)
{
	static const union inet_addr any;
	const uint64_t keys[] = {
		local_key(row),
		key_of(LIKE_LISTENER, row, AF_INET, &any, row->local.port),
		key_of(LIKE_LISTENER, row, AF_INET6, &any, row->local.port),
	};

	bool inet4 = row->family == AF_INET || addr_is_v4mapped(&row->local.addr);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const uint32_t *place = hash64_find(&memory->likely, keys[i]);
		const struct look_holder *holder;

		if (!place || !*place || (i == 1 && !inet4))
			continue;
		holder = &memory->holders[*place - 1];
		if (inet4 && holder->v6only)
			continue;
		fill(holder, row);
		return true;
	}
	return false;
}

bool look_memory_find_peer(const struct look_memory *memory, struct sock *row)
{
	const uint32_t *place = NULL;

	if (row->remote.port)
		place = hash64_find(&memory->likely, peer_key(row));
	if (!place || !*place)
		return false;
	fill(&memory->holders[*place - 1], row);
	return true;
}
