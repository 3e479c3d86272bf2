/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accept queues, and connections matched with the listeners that they came through. The kernel does
 * not tell which listener a connection belongs to: it is the one at the most exact address, as in
 * the kernel's own look-up (inet_lookup_listener()). Known limits: listeners that share an address
 * and port (SO_REUSEPORT) cannot be told apart; a connection that a device of another number
 * brought to a listener bound to a device counts for the listener without one.
 */
#include "view/listeners_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/facts.h"

enum {
	KEY_DEVICE = 4,
	KEY_FAMILY_PORT = 5,
	SKMEM_DROPS = 8, /* SK_MEMINFO_DROPS of include/uapi/linux/sock_diag.h */
};

static void set_key(uint32_t key[6], uint8_t family, const union inet_addr *addr, uint16_t port,
		    uint32_t ifindex)
{
	memset(key, 0, 6 * sizeof(*key));
	if (family == AF_INET6 && addr_is_v4mapped(addr)) {
		family = AF_INET;
		key[0] = addr->words[3];
	} else if (family == AF_INET) {
		key[0] = addr->words[0];
	} else {
		memcpy(key, addr->words, sizeof(addr->words));
	}
	key[KEY_DEVICE] = ifindex;
	key[KEY_FAMILY_PORT] = (uint32_t)family << 16 | port;
}

/* The key's slot in the hash: its value is the index of a place, plus one. Keys whose hashes are
 * the same stand at the next free number. */
static uint32_t *find_slot(const struct listeners_sums *sums, const uint32_t key[6], uint64_t *hash)
{
	uint32_t *slot;

	*hash = hash_bytes(key, 6 * sizeof(*key));
	while ((slot = hash64_find(&sums->place_of, *hash))) {
		if (memcmp(sums->places[*slot - 1].key, key, 6 * sizeof(*key)) == 0)
			return slot;
		(*hash)++;
	}
	return NULL;
}

/* The index of the place of that key, made where there was none; or LISTENERS_NO_PLACE without
 * memory. */
static uint32_t add_place(struct listeners_sums *sums, const uint32_t key[6])
{
	struct listeners_place *place;
	uint64_t hash;
	uint32_t *slot = find_slot(sums, key, &hash);

	if (slot)
		return *slot - 1;
	if (sums->n_places >= LISTENERS_NO_PLACE - 1 ||
	    array_grow((void **)&sums->places, &sums->cap_places, sums->n_places + 1,
		       sizeof(*sums->places)) < 0)
		return LISTENERS_NO_PLACE;
	slot = hash64_add(&sums->place_of, hash, NULL);
	if (!slot)
		return LISTENERS_NO_PLACE;
	place = &sums->places[sums->n_places++];
	*place = (struct listeners_place){ .server = LISTENERS_NO_PLACE };
	memcpy(place->key, key, sizeof(place->key));
	*slot = (uint32_t)sums->n_places;
	return *slot - 1;
}

static uint32_t add_place_of(struct listeners_sums *sums, const struct sock *sock)
{
	uint32_t key[6];

	set_key(key, sock->family, &sock->local.addr, sock->local.port, sock->local.ifindex);
	return add_place(sums, key);
}

static bool read_drops(const struct sock *sock, uint32_t *drops)
{
	const size_t at = SKMEM_DROPS * sizeof(*drops);
	const struct blob *skmem = sock->facts ? &sock->facts->skmem : NULL;

	if (sock->proto != PROTO_TCP || !skmem || !skmem->data || skmem->len < at + sizeof(*drops))
		return false;
	memcpy(drops, skmem->data + at, sizeof(*drops));
	return true;
}

/* A copy of the row that outlives its batch. 0 or -ENOMEM. */
static int keep_sock(struct listeners_sums *sums, const struct sock *row, struct sock *out)
{
	*out = *row;
	out->local_addrs = out->remote_addrs = NULL;
	out->n_local_addrs = out->n_remote_addrs = 0;
	out->facts = NULL;
	out->owners = NULL;
	out->n_owners = 0;
	out->owners_hidden = false;
	out->user = out->interface = out->cgroup = NULL;
	out->peer_name = NULL;
	out->peer_name_kind = UNIX_UNNAMED;
	out->peer_name_len = 0;
	out->name = row->name_len ? arena_copy(&sums->names, row->name, row->name_len) : NULL;
	return row->name_len && !out->name ? -ENOMEM : 0;
}

static int add_listener(struct listeners_sums *sums, const struct sock *row)
{
	struct listener *listener;
	struct listeners_place *place;

	if (array_grow((void **)&sums->listeners, &sums->cap_listeners, sums->n_listeners + 1,
		       sizeof(*sums->listeners)) < 0)
		return -ENOMEM;
	listener = &sums->listeners[sums->n_listeners];
	*listener = (struct listener){ .place = LISTENERS_NO_PLACE };
	if (keep_sock(sums, row, &listener->sock) < 0)
		return -ENOMEM;
	listener->has_drops = read_drops(row, &listener->drops);
	if (row->proto == PROTO_TCP) {
		listener->place = add_place_of(sums, row);
		if (listener->place == LISTENERS_NO_PLACE)
			return -ENOMEM;
		place = &sums->places[listener->place];
		place->n_listeners++;
		/* Where the kernel does not tell, it is taken for what is usual. */
		if (row->family == AF_INET6 && !row->v6only)
			place->dual = true;
	}
	sums->n_listeners++;
	return 0;
}

static int add_waiter(struct listeners_sums *sums, const struct sock *row, uint32_t place,
		      bool unread)
{
	if (sums->n_waiters == LISTENERS_WAITERS_MAX)
		return 0;
	if (array_grow((void **)&sums->waiters, &sums->cap_waiters, sums->n_waiters + 1,
		       sizeof(*sums->waiters)) < 0)
		return -ENOMEM;
	sums->waiters[sums->n_waiters++] = (struct listeners_waiter){
		.inode = row->inode,
		.place = place,
		.unread = unread,
	};
	return 0;
}

static void add_counts(struct listeners_counts *to, const struct listeners_counts *from)
{
	to->syn_recv += from->syn_recv;
	to->close_wait += from->close_wait;
	to->unaccepted += from->unaccepted;
	to->unread += from->unread;
	to->unaccepted_unread += from->unaccepted_unread;
}

static int add_connection(struct listeners_sums *sums, const struct sock *row)
{
	bool held = row->has & SOCK_HAS_INODE;
	bool unread = (row->has & SOCK_HAS_QUEUES) && row->recv_q > 0;
	struct listeners_counts counts = { 0 };
	uint32_t place = add_place_of(sums, row);

	if (place == LISTENERS_NO_PLACE)
		return -ENOMEM;
	if (row->state == TCP_STATE_SYN_RECV) {
		counts.syn_recv = 1;
	} else {
		counts.close_wait = 1;
		counts.unaccepted = !held;
		counts.unread = unread;
		counts.unaccepted_unread = !held && unread;
	}
	add_counts(&sums->places[place].own, &counts);
	add_counts(&sums->counts, &counts);
	if (row->state == TCP_STATE_CLOSE_WAIT && held)
		return add_waiter(sums, row, place, unread);
	return 0;
}

int listeners_sums_add(struct listeners_sums *sums, const struct sock *rows, size_t n)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < n; i++) {
		const struct sock *row = &rows[i];

		if (row->listening)
			err = add_listener(sums, row);
		else if (row->proto == PROTO_TCP &&
			 (row->state == TCP_STATE_SYN_RECV || row->state == TCP_STATE_CLOSE_WAIT))
			err = add_connection(sums, row);
	}
	return err;
}

/* The place of that key if listeners are there (for IPv4 at an IPv6 place: some that take it). */
static uint32_t find_server(const struct listeners_sums *sums, const uint32_t key[6], bool dual)
{
	uint64_t hash;
	const uint32_t *slot = find_slot(sums, key, &hash);
	const struct listeners_place *place = slot ? &sums->places[*slot - 1] : NULL;

	if (!place || place->n_listeners == 0 || (dual && !place->dual))
		return LISTENERS_NO_PLACE;
	return *slot - 1;
}

/* The wildcard listeners that take what comes to a place: its own family before the other one, its
 * own device before any. */
static uint32_t find_wildcard(const struct listeners_sums *sums, const uint32_t place[6])
{
	static const union inet_addr any;
	uint8_t family = (uint8_t)(place[KEY_FAMILY_PORT] >> 16);
	uint16_t port = (uint16_t)place[KEY_FAMILY_PORT];
	uint32_t key[6], found;

	for (int device = 0; device < 2; device++) {
		uint32_t ifindex = device == 0 ? place[KEY_DEVICE] : 0;

		set_key(key, family, &any, port, ifindex);
		found = find_server(sums, key, false);
		if (found == LISTENERS_NO_PLACE && family == AF_INET) {
			set_key(key, AF_INET6, &any, port, ifindex);
			found = find_server(sums, key, true);
		}
		if (found != LISTENERS_NO_PLACE)
			return found;
	}
	return LISTENERS_NO_PLACE;
}

static uint32_t server_of(const struct listeners_sums *sums, const struct listeners_place *place)
{
	uint32_t key[6], found = find_server(sums, place->key, false);

	if (found == LISTENERS_NO_PLACE) {
		memcpy(key, place->key, sizeof(key));
		key[KEY_DEVICE] = 0;
		found = find_server(sums, key, false);
	}
	return found == LISTENERS_NO_PLACE ? find_wildcard(sums, place->key) : found;
}

static int compare_addresses(const struct sock *x, const struct sock *y)
{
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int order = x->proto - y->proto;

	if (order == 0)
		order = x->local.port - y->local.port;
	if (order == 0)
		order = x->family - y->family;
	if (order == 0)
		order = memcmp(&x->local.addr, &y->local.addr, sizeof(x->local.addr));
	if (order == 0 && n > 0)
		order = memcmp(x->name, y->name, n);
	if (order == 0)
		order = x->name_len - y->name_len;
	return order;
}

static int compare_listeners(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;
	uint64_t fill_x = 0, fill_y = 0;
	int order;

	listener_fill_percent(x, &fill_x);
	listener_fill_percent(y, &fill_y);
	if (fill_x != fill_y)
		return fill_x > fill_y ? -1 : 1;
	if (x->sock.recv_q != y->sock.recv_q)
		return x->sock.recv_q > y->sock.recv_q ? -1 : 1;
	if (x->drops != y->drops)
		return x->drops > y->drops ? -1 : 1;
	order = compare_addresses(&x->sock, &y->sock);
	if (order == 0)
		order = (x->sock.inode > y->sock.inode) - (x->sock.inode < y->sock.inode);
	return order;
}

void listeners_sums_finish(struct listeners_sums *sums)
{
	for (size_t i = 0; sums->places && i < sums->n_places; i++) {
		struct listeners_place *place = &sums->places[i];

		place->server = server_of(sums, place);
		add_counts(place->server == LISTENERS_NO_PLACE
				   ? &sums->stray
				   : &sums->places[place->server].served,
			   &place->own);
	}
	if (sums->n_listeners > 0)
		qsort(sums->listeners, sums->n_listeners, sizeof(*sums->listeners),
		      compare_listeners);
}

void listeners_sums_clear(struct listeners_sums *sums)
{
	sums->n_listeners = sums->n_places = sums->n_waiters = 0;
	sums->counts = sums->stray = (struct listeners_counts){ 0 };
	hash64_clear(&sums->place_of);
	arena_reset(&sums->names);
}

void listeners_sums_free(struct listeners_sums *sums)
{
	free(sums->listeners);
	free(sums->places);
	free(sums->waiters);
	hash64_free(&sums->place_of);
	arena_free(&sums->names);
	*sums = (struct listeners_sums){ 0 };
}

bool listener_capacity(const struct listener *listener, uint64_t *capacity)
{
	*capacity = (uint64_t)listener->sock.backlog + 1;
	return listener->sock.has & SOCK_HAS_BACKLOG;
}

bool listeners_any_unknown(const struct listeners_sums *sums)
{
	for (size_t i = 0; i < sums->n_listeners; i++)
		if (!(sums->listeners[i].sock.has & SOCK_HAS_BACKLOG))
			return true;
	return false;
}

bool listener_fill_percent(const struct listener *listener, uint64_t *percent)
{
	uint64_t capacity;

	if (!(listener->sock.has & SOCK_HAS_QUEUES) || !listener_capacity(listener, &capacity))
		return false;
	*percent = (uint64_t)listener->sock.recv_q * 100 / capacity;
	return true;
}

const struct listeners_counts *listener_counts(const struct listeners_sums *sums,
					       const struct listener *listener)
{
	return listener->place == LISTENERS_NO_PLACE ? NULL : &sums->places[listener->place].served;
}
