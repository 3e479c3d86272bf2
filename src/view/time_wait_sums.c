/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TIME_WAIT by direction, service, peer and age. */
#include "view/time_wait_sums.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Ports of the range towards one destination, from one source address. */
struct route {
	struct time_wait_key key;
	uint64_t used, count, recent;
};

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

_Static_assert(sizeof(struct time_wait_key) == 40, "keys have no padding");

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

static bool is_listened_on(const struct time_wait_sums *sums, uint8_t family,
			   const union inet_addr *addr, uint16_t port)
{
	static const union inet_addr any;
	const struct listener *listener;

	if (find_listener(sums, family, addr, port) || find_listener(sums, family, &any, port))
		return true;
	listener = family == AF_INET ? find_listener(sums, AF_INET6, &any, port) : NULL;
	return listener && listener->takes_ipv4;
}

/* Whether the other end is an address of this host as well, as far as the socket itself shows. */
static bool is_own_address(const struct ends *ends)
{
	static const union inet_addr loopback6 = { .bytes = { [15] = 1 } };

	if (memcmp(&ends->remote, &ends->local, sizeof(ends->local)) == 0)
		return true;
	return ends->family == AF_INET ? ends->remote.bytes[0] == 127
				       : memcmp(&ends->remote, &loopback6, sizeof(loopback6)) == 0;
}

/* by_range: no listener told it. */
static enum time_wait_side side_of(const struct time_wait_sums *sums, const struct ends *ends,
				   bool *by_range)
{
	bool local = in_range(sums, ends->local_port), remote = in_range(sums, ends->remote_port);

	*by_range = false;
	if (is_listened_on(sums, ends->family, &ends->local, ends->local_port))
		return TIME_WAIT_INBOUND;
	if (is_own_address(ends) &&
	    is_listened_on(sums, ends->family, &ends->remote, ends->remote_port))
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

/* A port of ours that no other connection from the same source to the same destination can have. */
static struct route *route_of(struct time_wait_sums *sums, const struct ends *ends)
{
	const struct time_wait_key key = {
		.family = ends->family,
		.addr = ends->remote,
		.source = ends->local,
		.port = ends->remote_port,
		.ifindex = ends->ifindex,
		.side = TIME_WAIT_OUTBOUND,
	};
	struct route *route = keyed_add(&sums->routes, &key);

	if (route && in_range(sums, ends->local_port))
		route->used++;
	return route;
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
	if (side == TIME_WAIT_INBOUND)
		return 0;
	keep_inode(service, sock);
	return route_of(sums, &ends) ? 0 : -ENOMEM;
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
	struct route *route = side == TIME_WAIT_OUTBOUND ? route_of(sums, &ends) : NULL;

	if (!service || !peer || (side == TIME_WAIT_OUTBOUND && !route))
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
	if (route) {
		route->count++;
		route->recent += recent;
	}
	return 0;
}

/* FIN_WAIT2 without a process. It takes a port as TIME_WAIT does. */
static int add_fin_wait2(struct time_wait_sums *sums, const struct sock *sock)
{
	const struct ends ends = ends_of(sock);
	bool by_range;

	sums->fin_wait2++;
	if (side_of(sums, &ends, &by_range) != TIME_WAIT_OUTBOUND)
		return 0;
	return route_of(sums, &ends) ? 0 : -ENOMEM;
}

int time_wait_sums_add(struct time_wait_sums *sums, const struct sock *sock)
{
	if (sock->proto != PROTO_TCP)
		return 0;
	if (sock->listening)
		return add_listener(sums, sock);
	switch (sock->state) {
	case TCP_STATE_TIME_WAIT:
		return add_time_wait(sums, sock);
	case TCP_STATE_FIN_WAIT2:
		if ((sock->has & SOCK_HAS_TIMER) && sock->timer == TIMER_TIMEWAIT)
			return add_fin_wait2(sums, sock);
		return add_live(sums, sock);
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

/* Tells the service of a route if there is none with more ports in use; by address where equal. */
static void offer_route(struct time_wait_sums *sums, const struct route *route)
{
	struct time_wait_key key = route->key;
	struct time_wait_service *service;

	key.source = (union inet_addr){ 0 };
	service = keyed_find(&sums->services, &key);
	if (!service || service->source_used > route->used)
		return;
	if (service->source_used == route->used && service->source_used &&
	    memcmp(&service->source, &route->key.source, sizeof(service->source)) < 0)
		return;
	service->source = route->key.source;
	service->source_used = route->used;
	service->source_count = route->count;
	service->source_recent = route->recent;
}

void time_wait_sums_finish(struct time_wait_sums *sums)
{
	const struct route *routes = sums->routes.rows;

	for (size_t i = 0; i < sums->routes.n; i++)
		offer_route(sums, &routes[i]);
	keyed_sort(&sums->services, compare_services);
	keyed_sort(&sums->peers, compare_peers);
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
		.routes = keyed_of(sizeof(struct route)),
		.listeners = keyed_of(sizeof(struct listener)),
	};
}

void time_wait_sums_free(struct time_wait_sums *sums)
{
	keyed_free(&sums->services);
	keyed_free(&sums->peers);
	keyed_free(&sums->routes);
	keyed_free(&sums->listeners);
}

void time_wait_sums_clear(struct time_wait_sums *sums)
{
	struct time_wait_sums fresh = {
		.low = sums->low,
		.high = sums->high,
		.listeners_known = sums->listeners_known,
		.services = sums->services,
		.peers = sums->peers,
		.routes = sums->routes,
		.listeners = sums->listeners,
	};

	keyed_clear(&fresh.services);
	keyed_clear(&fresh.peers);
	keyed_clear(&fresh.routes);
	keyed_clear(&fresh.listeners);
	*sums = fresh;
}
