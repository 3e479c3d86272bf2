/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TIME_WAIT by direction, service, peer and age. */
#include "view/time_wait_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert(sizeof(struct time_wait_key) == 24, "keys have no padding");

static bool in_range(const struct time_wait_sums *sums, uint16_t port)
{
	return port >= sums->low && port <= sums->high;
}

/* Whether an address that is not yet known to be of this host would make it another side. */
static bool is_undecided(const struct time_wait_sums *sums, const struct time_wait_ends *ends)
{
	const struct time_wait_here *here = &sums->here;

	return !in_range(sums, ends->local_port) &&
	       !time_wait_here_listens(here, ends->family, &ends->local, ends->local_port) &&
	       time_wait_here_may_own(here, ends->family, &ends->remote) &&
	       time_wait_here_listens_on_any(here, ends->family, ends->remote_port);
}

/* by_range: no listener told it. */
static enum time_wait_side side_of(const struct time_wait_sums *sums,
				   const struct time_wait_ends *ends, bool *by_range)
{
	bool local = in_range(sums, ends->local_port), remote = in_range(sums, ends->remote_port);

	*by_range = false;
	if (time_wait_here_listens(&sums->here, ends->family, &ends->local, ends->local_port))
		return TIME_WAIT_INBOUND;
	if (time_wait_here_has_remote(&sums->here, ends))
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

static struct time_wait_service *service_of(struct time_wait_sums *sums,
					    const struct time_wait_ends *ends,
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

/* The service that it offers, and who does. */
static int add_listener(struct time_wait_sums *sums, const struct sock *sock)
{
	const struct time_wait_ends ends = time_wait_ends_of(sock);
	struct time_wait_service *service = service_of(sums, &ends, TIME_WAIT_INBOUND);

	if (!service)
		return -ENOMEM;
	keep_inode(service, sock);
	return 0;
}

static int add_live(struct time_wait_sums *sums, const struct sock *sock)
{
	const struct time_wait_ends ends = time_wait_ends_of(sock);
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

static struct time_wait_peer *peer_of(struct time_wait_sums *sums,
				      const struct time_wait_ends *ends)
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
	const struct time_wait_ends ends = time_wait_ends_of(sock);
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
	err = time_wait_here_add(&sums->here, sock);
	return err == 0 && sock->listening ? add_listener(sums, sock) : err;
}

int time_wait_sums_add(struct time_wait_sums *sums, const struct sock *sock)
{
	int err = time_wait_sums_look_at(sums, sock);
	struct time_wait_ends ends;

	if (err < 0 || sock->proto != PROTO_TCP || sock->listening)
		return err;
	ends = time_wait_ends_of(sock);
	return is_undecided(sums, &ends) ? hold(sums, sock) : add_connection(sums, sock);
}

/* The port range was asked before the address was known to be this host's: the listener tells the
 * same. */
static void correct_by_range(struct time_wait_sums *sums, struct time_wait_service *service)
{
	const struct time_wait_key *key = &service->key;

	if (key->side != TIME_WAIT_OUTBOUND || service->by_range == 0 ||
	    !time_wait_here_owns(&sums->here, key->family, &key->addr) ||
	    !time_wait_here_listens_on_any(&sums->here, key->family, key->port))
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
	};
	time_wait_here_init(&sums->here);
}

void time_wait_sums_free(struct time_wait_sums *sums)
{
	keyed_free(&sums->services);
	keyed_free(&sums->peers);
	time_wait_here_free(&sums->here);
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
		.here = sums->here,
		.held = sums->held,
		.cap_held = sums->cap_held,
	};

	keyed_clear(&fresh.services);
	keyed_clear(&fresh.peers);
	time_wait_here_clear(&fresh.here);
	*sums = fresh;
}
