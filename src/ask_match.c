/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a socket is to the target of --check and --wait. */
#include <string.h>
#include <sys/socket.h>

#include "ask_target.h"

/* Whether something is so, as far as the source has told. */
enum answer { NO, YES, UNKNOWN };

/* A socket bound to an IPv6 address that is no wildcard, or to an IPv4 one. */
static bool is_bound_to(const struct endpoint *local, uint8_t family, const struct ask_addr *wanted)
{
	size_t n = wanted->family == AF_INET6 ? 16 : 4, from = 0;

	if (family == AF_INET6 && addr_is_v4mapped(&local->addr)) {
		from = 12;
		family = AF_INET;
	}
	if (family != wanted->family)
		return false;
	if (wanted->any)
		return true;
	if (memcmp(local->addr.bytes + from, wanted->addr.bytes, n) != 0) {
		/* ::ffff:0.0.0.0 and 0.0.0.0: all of IPv4. */
		static const uint8_t none[4];

		if (family != AF_INET || memcmp(local->addr.bytes + from, none, 4) != 0)
			return false;
	}
	/* A source that tells no interfaces says 0, and may be about any. */
	return !wanted->ifindex || !local->ifindex || local->ifindex == wanted->ifindex;
}

/* Whether a socket with this local end has the address. */
static enum answer has_addr(const struct sock *sock, const struct endpoint *local,
			    const struct ask_addr *wanted)
{
	if (sock->family != AF_INET6 || !addr_is_any(&local->addr))
		return is_bound_to(local, sock->family, wanted) ? YES : NO;
	if (wanted->family == AF_INET6) {
		if (wanted->ifindex && local->ifindex && local->ifindex != wanted->ifindex)
			return NO;
		return YES;
	}
	if (!(sock->has & SOCK_HAS_V6ONLY))
		return UNKNOWN;
	return sock->v6only ? NO : YES;
}

/* Whether it has one of the addresses of the target. */
static enum answer has_any_addr(const struct ask_target *target, const struct sock *sock)
{
	size_t n_locals = sock->n_local_addrs ? sock->n_local_addrs : 1;
	const struct endpoint *locals = sock->n_local_addrs ? sock->local_addrs : &sock->local;
	enum answer answer = NO;

	for (size_t i = 0; i < target->n_addrs; i++) {
		for (size_t j = 0; j < n_locals; j++) {
			enum answer one = has_addr(sock, &locals[j], &target->addrs[i]);

			if (one == YES)
				return YES;
			if (one == UNKNOWN)
				answer = UNKNOWN;
		}
	}
	return answer;
}

/* TIME_WAIT, and FIN_WAIT2 where the kernel has put the same kind of stub in the socket's place. */
static bool is_over(const struct sock *sock)
{
	return sock->proto == PROTO_TCP &&
	       (sock->state == TCP_STATE_TIME_WAIT ||
		(sock->state == TCP_STATE_FIN_WAIT2 && sock->timer == TIMER_TIMEWAIT));
}

static enum ask_relation inet_relation(const struct ask_target *target, const struct sock *sock)
{
	bool listens = sock->listening;

	if (!target->ports[sock->proto] || target->ports[sock->proto] != sock->local.port)
		return ASK_NOTHING_TO_DO;
	if (is_over(sock))
		return ASK_NOTHING_TO_DO;
	if (sock->proto == PROTO_UDP || sock->proto == PROTO_UDPLITE)
		listens = addr_is_any(&sock->remote.addr) && !sock->remote.port;
	switch (has_any_addr(target, sock)) {
	case YES:
		return listens ? ASK_LISTENS : ASK_ACTIVE;
	case UNKNOWN:
		return listens ? ASK_MAY_LISTEN : ASK_ACTIVE;
	case NO:
		break;
	}
	return ASK_NOTHING_TO_DO;
}

static enum ask_relation unix_relation(const struct ask_target *target, const struct sock *sock)
{
	if (sock->name_kind != target->name_kind || sock->name_len != target->name_len)
		return ASK_NOTHING_TO_DO;
	if (target->name_len && memcmp(sock->name, target->name, target->name_len) != 0)
		return ASK_NOTHING_TO_DO;
	/* A datagram socket with a name takes what is sent there. */
	if (sock->listening || sock->type == SOCK_DGRAM)
		return ASK_LISTENS;
	/* Only bound: nobody can reach it, and it reaches nobody. */
	return sock->state == UNIX_STATE_UNCONNECTED ? ASK_NOTHING_TO_DO : ASK_ACTIVE;
}

enum ask_relation ask_target_relation(const struct ask_target *target, const struct sock *sock)
{
	if ((sock->proto == PROTO_UNIX) != (target->name_kind != UNIX_UNNAMED))
		return ASK_NOTHING_TO_DO;
	return sock->proto == PROTO_UNIX ? unix_relation(target, sock)
					 : inet_relation(target, sock);
}
