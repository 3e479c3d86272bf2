/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listeners and addresses of this host. */
#include "view/time_wait_here.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "model/addr.h"

/* An address (port 0), or an end that is listened on. */
struct place {
	union inet_addr addr;
	uint16_t port;
	uint8_t family, zero;
};

struct listener {
	struct place key;
	bool takes_ipv4; /* an IPv6 wildcard that is not v6-only */
};

_Static_assert(sizeof(struct place) == 20, "keys have no padding");

/* a.b.c.d of ::ffff:a.b.c.d, as IPv4 addresses are kept. */
static union inet_addr unmap(const union inet_addr *addr)
{
	return (union inet_addr){ .words = { addr->words[3] } };
}

struct time_wait_ends time_wait_ends_of(const struct sock *sock)
{
	struct time_wait_ends ends = {
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

static struct place place_of(uint8_t family, const union inet_addr *addr, uint16_t port)
{
	return (struct place){ .addr = *addr, .port = port, .family = family };
}

void time_wait_here_init(struct time_wait_here *here)
{
	*here = (struct time_wait_here){
		.listeners = { .key_size = sizeof(struct place), .size = sizeof(struct listener) },
		.addresses = { .key_size = sizeof(struct place), .size = sizeof(struct place) },
	};
}

void time_wait_here_free(struct time_wait_here *here)
{
	keyed_free(&here->listeners);
	keyed_free(&here->addresses);
}

void time_wait_here_clear(struct time_wait_here *here)
{
	keyed_clear(&here->listeners);
	keyed_clear(&here->addresses);
}

static bool is_scoped(uint8_t family, const union inet_addr *addr)
{
	return family == AF_INET6 && addr_needs_scope(addr);
}

int time_wait_here_add(struct time_wait_here *here, const struct sock *sock)
{
	const struct time_wait_ends ends = time_wait_ends_of(sock);
	const struct place address = place_of(ends.family, &ends.local, 0);
	const struct place end = place_of(ends.family, &ends.local, ends.local_port);
	struct listener *listener;

	if (!addr_is_any(&ends.local) && !is_scoped(ends.family, &ends.local) &&
	    !keyed_add(&here->addresses, &address))
		return -ENOMEM;
	if (!sock->listening)
		return 0;
	listener = keyed_add(&here->listeners, &end);
	if (!listener)
		return -ENOMEM;
	if (sock->family == AF_INET6 && !sock->v6only)
		listener->takes_ipv4 = true;
	return 0;
}

static const struct listener *find_listener(const struct time_wait_here *here, uint8_t family,
					    const union inet_addr *addr, uint16_t port)
{
	const struct place key = place_of(family, addr, port);

	return keyed_find(&here->listeners, &key);
}

bool time_wait_here_listens_on_any(const struct time_wait_here *here, uint8_t family, uint16_t port)
{
	static const union inet_addr any;
	const struct listener *listener;

	if (find_listener(here, family, &any, port))
		return true;
	listener = family == AF_INET ? find_listener(here, AF_INET6, &any, port) : NULL;
	return listener && listener->takes_ipv4;
}

bool time_wait_here_listens(const struct time_wait_here *here, uint8_t family,
			    const union inet_addr *addr, uint16_t port)
{
	return find_listener(here, family, addr, port) ||
	       time_wait_here_listens_on_any(here, family, port);
}

static bool is_loopback(uint8_t family, const union inet_addr *addr)
{
	static const union inet_addr loopback6 = { .bytes = { [15] = 1 } };

	return family == AF_INET ? addr->bytes[0] == 127
				 : memcmp(addr, &loopback6, sizeof(loopback6)) == 0;
}

bool time_wait_here_owns(const struct time_wait_here *here, uint8_t family,
			 const union inet_addr *addr)
{
	const struct place key = place_of(family, addr, 0);

	return is_loopback(family, addr) || keyed_find(&here->addresses, &key) != NULL;
}

bool time_wait_here_may_own(const struct time_wait_here *here, uint8_t family,
			    const union inet_addr *addr)
{
	return !is_scoped(family, addr) && !time_wait_here_owns(here, family, addr);
}

bool time_wait_here_has_remote(const struct time_wait_here *here, const struct time_wait_ends *ends)
{
	bool same = memcmp(&ends->remote, &ends->local, sizeof(ends->local)) == 0;

	return (same || time_wait_here_owns(here, ends->family, &ends->remote)) &&
	       time_wait_here_listens(here, ends->family, &ends->remote, ends->remote_port);
}
