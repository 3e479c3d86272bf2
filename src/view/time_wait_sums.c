/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TIME_WAIT by direction, service, peer and age. */
#include "view/time_wait_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* An end that is listened on. */
struct listener {
	struct time_wait_key key;
	bool takes_ipv4; /* an IPv6 wildcard that is not v6-only */
};

/* The ends of a socket as the kernel's port tables see them. */
struct ends {
	uint8_t family;
	union inet_addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t ifindex;
};

_Static_assert(sizeof(struct time_wait_key) == 24, "keys have no padding");

/* a.b.c.d of ::ffff:a.b.c.d, as IPv4 addresses are kept. */
static union inet_addr unmap(const union inet_addr *addr)
{
	return (union inet_addr){ .words = { addr->words[3] } };
}

static struct ends ends_of(const struct sock *sock)
{
	struct ends ends = {
		.family = sock->family,
		.local = sock->local.addr,
		.remote = sock->remote.addr,
		.local_port = sock->local.port,
		.remote_port = sock->remote.port,
	};

	if (sock->family == AF_INET6 && addr_is_v4mapped(&sock->local.addr)) {
		ends.family = AF_INET;
		ends.local = unmap(&sock->local.addr);
		ends.remote = unmap(&sock->remote.addr);
	} else if (sock->family == AF_INET6 && addr_needs_scope(&sock->remote.addr)) {
		ends.ifindex = sock->remote.ifindex ? sock->remote.ifindex : sock->local.ifindex;
	}
	return ends;
}

static bool in_range(const struct time_wait_sums *sums, uint16_t port)
{
	return port >= sums->low && port <= sums->high;
}

static const struct listener *find_listener(const struct time_wait_sums *sums, uint8_t family,
					    const union inet_addr *addr, uint16_t port)
{
	const struct time_wait_key key = { .family = family, .addr = *addr, .port = port };

	return keyed_find(&sums->listeners, &key);
}

/* Whether a listener takes what comes for this port on any address. */
static bool is_wildcard_listened_on(const struct time_wait_sums *sums, uint8_t family,
				    uint16_t port)
{
	static const union inet_addr any;
	const struct listener *listener;

	if (find_listener(sums, family, &any, port))
		return true;
	listener = family == AF_INET ? find_listener(sums, AF_INET6, &any, port) : NULL;
	return listener && listener->takes_ipv4;
}

static bool is_listened_on(const struct time_wait_sums *sums, uint8_t family,
			   const union inet_addr *addr, uint16_t port)
{
	return find_listener(sums, family, addr, port) ||
	       is_wildcard_listened_on(sums, family, port);
}

/* Other hosts have the same ones. */
static bool is_scoped(uint8_t family, const union inet_addr *addr)
{
	return family == AF_INET6 && addr_needs_scope(addr);
}

static struct time_wait_key address_key(uint8_t family, const union inet_addr *addr)
{
	return (struct time_wait_key){ .family = family, .addr = *addr };
}

/* Whether the address is known to be one of this host. */
static bool is_own_address(const struct time_wait_sums *sums, uint8_t family,
			   const union inet_addr *addr)
{
	static const union inet_addr loopback6 = { .bytes = { [15] = 1 } };
	const struct time_wait_key key = address_key(family, addr);

	if (family == AF_INET ? addr->bytes[0] == 127
			      : memcmp(addr, &loopback6, sizeof(loopback6)) == 0)
		return true;
	return keyed_find(&sums->addresses, &key) != NULL;
}

/* The local address of any socket is this host's. */
static int add_address(struct time_wait_sums *sums, const struct sock *sock)
{
	const struct ends ends = ends_of(sock);
	const struct time_wait_key key = address_key(ends.family, &ends.local);

	if (addr_is_any(&ends.local) || is_scoped(ends.family, &ends.local))
		return 0;
	return keyed_add(&sums->addresses, &key) ? 0 : -ENOMEM;
}

/* Whether the other end is listened on, on an address of this host. */
static bool is_remote_here(const struct time_wait_sums *sums, const struct ends *ends)
{
	bool same = memcmp(&ends->remote, &ends->local, sizeof(ends->local)) == 0;

	if (!same && (is_scoped(ends->family, &ends->remote) ||
		      !is_own_address(sums, ends->family, &ends->remote)))
		return false;
	return is_listened_on(sums, ends->family, &ends->remote, ends->remote_port);
}

/* Whether an address that is not yet known to be of this host would make it another side. */
static bool is_undecided(const struct time_wait_sums *sums, const struct ends *ends)
{
	return !in_range(sums, ends->local_port) &&
	       !is_listened_on(sums, ends->family, &ends->local, ends->local_port) &&
	       !is_scoped(ends->family, &ends->remote) &&
	       !is_own_address(sums, ends->family, &ends->remote) &&
	       is_wildcard_listened_on(sums, ends->family, ends->remote_port);
}

/* by_range: no listener told it. */
static enum time_wait_side side_of(const struct time_wait_sums *sums, const struct ends *ends,
				   bool *by_range)
{
	bool local = in_range(sums, ends->local_port), remote = in_range(sums, ends->remote_port);

	*by_range = false;
	if (is_listened_on(sums, ends->family, &ends->local, ends->local_port))
		return TIME_WAIT_INBOUND;
	if (is_remote_here(sums, ends))
		return TIME_WAIT_OUTBOUND;
	if (local && remote && !sums->listeners_known)
		return TIME_WAIT_UNCLEAR;
	if (!local && !remote)
		return TIME_WAIT_UNCLEAR;
	*by_range = true;
	return local ? TIME_WAIT_OUTBOUND : TIME_WAIT_INBOUND;
}

static void keep_inode(struct time_wait_service *service, const struct sock *sock)
{
	if ((sock->has & SOCK_HAS_INODE) && service->n_inodes < TIME_WAIT_EXAMPLES)
		service->inodes[service->n_inodes++] = sock->inode;
}

static struct time_wait_service *service_of(struct time_wait_sums *sums, const struct ends *ends,
					    enum time_wait_side side)
{
	struct time_wait_key key = { .side = (uint8_t)side };

	if (side == TIME_WAIT_INBOUND) {
		key.port = ends->local_port;
	} else {
		key.family = ends->family;
		key.addr = ends->remote;
		key.port = ends->remote_port;
		key.ifindex = ends->ifindex;
	}
	return keyed_add(&sums->services, &key);
}

static int add_listener(struct time_wait_sums *sums, const struct sock *sock)
{
	const struct ends ends = ends_of(sock);
	const struct time_wait_key key = {
		.family = ends.family,
		.addr = ends.local,
		.port = ends.local_port,
	};
	struct listener *listener = keyed_add(&sums->listeners, &key);
	struct time_wait_service *service = service_of(sums, &ends, TIME_WAIT_INBOUND);

	if (!listener || !service)
		return -ENOMEM;
	if (sock->family == AF_INET6 && !sock->v6only)
		listener->takes_ipv4 = true;
	keep_inode(service, sock);
	return 0;
}

static int add_live(struct time_wait_sums *sums, const struct sock *sock)
{
	const struct ends ends = ends_of(sock);
	bool by_range;
	enum time_wait_side side = side_of(sums, &ends, &by_range);
	struct time_wait_service *service;

	if (side == TIME_WAIT_UNCLEAR)
		return 0;
	service = service_of(sums, &ends, side);
	if (!service)
		return -ENOMEM;
	service->live++;
	if (side == TIME_WAIT_OUTBOUND)
		keep_inode(service, sock);
	return 0;
}

/* Counts its age; returns whether it is recent. */
static bool add_age(struct time_wait_sums *sums, const struct sock *sock)
{
	uint32_t left = sock->timer_ms < TIME_WAIT_MS ? sock->timer_ms : TIME_WAIT_MS;
	uint32_t age = TIME_WAIT_MS - left, class = age / (TIME_WAIT_MS / TIME_WAIT_AGES);

	if (!(sock->has & SOCK_HAS_TIMER)) {
		sums->n_without_age++;
		return false;
	}
	sums->ages[class < TIME_WAIT_AGES ? class : TIME_WAIT_AGES - 1]++;
	return age < TIME_WAIT_RECENT_MS;
}

static struct time_wait_peer *peer_of(struct time_wait_sums *sums, const struct ends *ends)
{
	const struct time_wait_key key = {
		.family = ends->family,
		.addr = ends->remote,
		.ifindex = ends->ifindex,
	};

	return keyed_add(&sums->peers, &key);
}

static int add_time_wait(struct time_wait_sums *sums, const struct sock *sock)
{
	const struct ends ends = ends_of(sock);
	bool by_range, recent = add_age(sums, sock);
	enum time_wait_side side = side_of(sums, &ends, &by_range);
	struct time_wait_service *service = service_of(sums, &ends, side);
	struct time_wait_peer *peer = peer_of(sums, &ends);

	if (!service || !peer)
		return -ENOMEM;
	sums->count++;
	sums->recent += recent;
	sums->of_side[side]++;
	sums->by_range[side] += by_range;
	service->count++;
	service->recent += recent;
	service->by_range += by_range;
	peer->count++;
	peer->of_side[side]++;
	return 0;
}

/* A row that is no listener's, once its side can be told. */
static int add_connection(struct time_wait_sums *sums, const struct sock *sock)
{
	switch (sock->state) {
	case TCP_STATE_TIME_WAIT:
		return add_time_wait(sums, sock);
	case TCP_STATE_FIN_WAIT2:
		if (!(sock->has & SOCK_HAS_TIMER) || sock->timer != TIMER_TIMEWAIT)
			return add_live(sums, sock);
		sums->fin_wait2++; /* without a process */
		return 0;
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_FIN_WAIT1:
	case TCP_STATE_CLOSE_WAIT:
	case TCP_STATE_LAST_ACK:
	case TCP_STATE_CLOSING:
		return add_live(sums, sock);
	default: /* SYN_RECV is nobody's yet, CLOSE has no other end */
		return 0;
	}
}

/* Only members that are no pointers are looked at again. */
static int hold(struct time_wait_sums *sums, const struct sock *sock)
{
	if (array_grow((void **)&sums->held, &sums->cap_held, sums->n_held + 1,
		       sizeof(*sums->held)) < 0)
		return -ENOMEM;
	sums->held[sums->n_held++] = *sock;
	return 0;
}

int time_wait_sums_look_at(struct time_wait_sums *sums, const struct sock *sock)
{
	int err;

	if (sock->proto != PROTO_TCP)
		return 0;
	err = add_address(sums, sock);
	return err == 0 && sock->listening ? add_listener(sums, sock) : err;
}

int time_wait_sums_add(struct time_wait_sums *sums, const struct sock *sock)
{
	int err = time_wait_sums_look_at(sums, sock);
	struct ends ends;

	if (err < 0 || sock->proto != PROTO_TCP || sock->listening)
		return err;
	ends = ends_of(sock);
	return is_undecided(sums, &ends) ? hold(sums, sock) : add_connection(sums, sock);
}

/* The port range was asked before the address was known to be this host's: the listener tells the
 * same. */
static void correct_by_range(struct time_wait_sums *sums, struct time_wait_service *service)
{
	const struct time_wait_key *key = &service->key;

	if (key->side != TIME_WAIT_OUTBOUND || service->by_range == 0 ||
	    is_scoped(key->family, &key->addr) || !is_own_address(sums, key->family, &key->addr) ||
	    !is_wildcard_listened_on(sums, key->family, key->port))
		return;
	sums->by_range[TIME_WAIT_OUTBOUND] -= service->by_range;
	service->by_range = 0;
}

int time_wait_sums_settle(struct time_wait_sums *sums)
{
	struct time_wait_service *services;
	int err = 0;

	for (size_t i = 0; err == 0 && i < sums->n_held; i++)
		err = add_connection(sums, &sums->held[i]);
	sums->n_held = 0;
	services = sums->services.rows;
	for (size_t i = 0; i < sums->services.n; i++)
		correct_by_range(sums, &services[i]);
	return err;
}

/* The first difference decides. */
static int compare_counts(uint64_t a, uint64_t b)
{
	return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_keys(const struct time_wait_key *a, const struct time_wait_key *b)
{
	int order = a->family - b->family;

	if (order == 0)
		order = memcmp(&a->addr, &b->addr, sizeof(a->addr));
	if (order == 0)
		order = a->port - b->port;
	if (order == 0)
		order = a->side - b->side;
	return order ? order : (a->ifindex > b->ifindex) - (a->ifindex < b->ifindex);
}

static int compare_services(const void *left, const void *right)
{
	const struct time_wait_service *a = left, *b = right;
	int order = compare_counts(a->count, b->count);

	return order ? order : compare_keys(&a->key, &b->key);
}

static int compare_peers(const void *left, const void *right)
{
	const struct time_wait_peer *a = left, *b = right;
	int order = compare_counts(a->count, b->count);

	return order ? order : compare_keys(&a->key, &b->key);
}

int time_wait_sums_finish(struct time_wait_sums *sums)
{
	int err = time_wait_sums_settle(sums);

	keyed_sort(&sums->services, compare_services);
	keyed_sort(&sums->peers, compare_peers);
	return err;
}

static struct keyed keyed_of(size_t size)
{
	return (struct keyed){ .key_size = sizeof(struct time_wait_key), .size = size };
}

void time_wait_sums_init(struct time_wait_sums *sums)
{
	*sums = (struct time_wait_sums){
		.services = keyed_of(sizeof(struct time_wait_service)),
		.peers = keyed_of(sizeof(struct time_wait_peer)),
		.listeners = keyed_of(sizeof(struct listener)),
		.addresses = keyed_of(sizeof(struct time_wait_key)),
	};
}

void time_wait_sums_free(struct time_wait_sums *sums)
{
	keyed_free(&sums->services);
	keyed_free(&sums->peers);
	keyed_free(&sums->listeners);
	keyed_free(&sums->addresses);
	free(sums->held);
}

void time_wait_sums_clear(struct time_wait_sums *sums)
{
	struct time_wait_sums fresh = {
		.low = sums->low,
		.high = sums->high,
		.listeners_known = sums->listeners_known,
		.services = sums->services,
		.peers = sums->peers,
		.listeners = sums->listeners,
		.addresses = sums->addresses,
		.held = sums->held,
		.cap_held = sums->cap_held,
	};

	keyed_clear(&fresh.services);
	keyed_clear(&fresh.peers);
	keyed_clear(&fresh.listeners);
	keyed_clear(&fresh.addresses);
	*sums = fresh;
}
