/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ephemeral ports: what the sockets of a round come to: used, free, and for how long. */
#include <errno.h>
#include <sys/socket.h>

#include "view/ports_sums.h"

/* Whether a listener is there for the address and port: then the connection was accepted by it. */
static bool is_inbound(const struct ports_sums *sums, const struct ports_end *source, uint16_t port)
{
	struct ports_end listener = { .addr = source->addr,
				      .port = port,
				      .family = source->family };
	uint32_t at;

	if (!port_set_has(&sums->listening, port))
		return false;
	if (port_set_has(source->family == AF_INET ? &sums->listen4 : &sums->listen6, port))
		return true;
	at = ports_find_end(sums, &listener);
	return at != PORTS_NONE && sums->ends[at].listens;
}

static void count_ports(struct ports_sums *sums)
{
	sums->range = (uint32_t)sums->set.high - sums->set.low + 1;
	sums->n_reserved = port_set_count(&sums->set.reserved, sums->set.low, sums->set.high);
	sums->n_blocked = 0;
	for (uint32_t port = sums->set.low; port <= sums->set.high; port++) {
		if (port_set_has(&sums->set.reserved, (uint16_t)port))
			continue;
		if (port_set_has(&sums->listening, (uint16_t)port) ||
		    port_set_has(&sums->bound, (uint16_t)port))
			sums->n_blocked++;
		else
			port_set_add(&sums->usable, (uint16_t)port);
	}
	sums->bind_capacity = sums->range - sums->n_reserved;
	sums->capacity = sums->bind_capacity - sums->n_blocked;
}

/* What is in the way of connect(): of a triple, and of another one that has the same ports. */
struct blocking {
	uint32_t within[PORTS_TIME_WAIT_S + 1]; /* [s] ports come free within s seconds */
	uint64_t recent;                        /* connections, as in struct ports_triple */
};

/*
 * When the last port is taken, if connections go on to come as they came in the last PORTS_RECENT_S
 * seconds, each holds its port for life_s once it is closed, and those that are alive stay so.
 * Later than life_s as many come free as are taken.
 */
static uint8_t exhausted_in(const struct ports_sums *sums, const struct ports_triple *triple,
			    const struct blocking *blocking, uint32_t life_s)
{
	uint64_t freed = blocking->within[0];

	if (triple->used - freed >= sums->capacity)
		return 0;
	if (blocking->recent == 0)
		return PORTS_NEVER;
	for (uint32_t s = 1; s <= PORTS_TIME_WAIT_S; s++) {
		uint64_t taken = blocking->recent * (s < life_s ? s : life_s);

		freed += blocking->within[s];
		if ((triple->used - freed) * PORTS_RECENT_S + taken >=
		    (uint64_t)sums->capacity * PORTS_RECENT_S)
			return (uint8_t)s;
	}
	return PORTS_NEVER;
}

static uint32_t life_after_close(const struct ports_sums *sums, const struct ports_triple *triple)
{
	uint32_t delay = sums->set.tw_reuse_delay_ms;

	if (delay < PORTS_TIME_WAIT_S * 1000 &&
	    ports_may_reuse(sums, &sums->ends[triple->source], &sums->ends[triple->dest]))
		return (delay + 999) / 1000;
	return PORTS_TIME_WAIT_S;
}

static bool is_outbound(const struct ports_sums *sums, const struct ports_triple *triple,
			const struct ports_hold *hold)
{
	return hold->kind != PORTS_HOLD_OWNER &&
	       !is_inbound(sums, &sums->ends[triple->source], hold->port);
}

/* Notes of each port that the triple blocks how long it will be so. */
static void block_ports(struct ports_sums *sums, const struct ports_triple *triple,
			struct blocking *blocking)
{
	for (uint32_t at = triple->first; at != PORTS_NONE; at = sums->holds[at].next) {
		const struct ports_hold *hold = &sums->holds[at];
		uint8_t until = PORTS_NEVER;

		if (!is_outbound(sums, triple, hold))
			continue;
		blocking->recent += hold->recent;
		if (hold->frees_s <= PORTS_TIME_WAIT_S)
			until = hold->reusable ? 1 : hold->frees_s + 2;
		if (port_set_has(&sums->usable, hold->port) &&
		    until > sums->blocked_until[hold->port])
			sums->blocked_until[hold->port] = until;
	}
}

/* Counts for triple what was noted of the ports that another triple, or itself, blocks. */
static void count_blocked(struct ports_sums *sums, const struct ports_triple *by,
			  struct ports_triple *triple, struct blocking *blocking)
{
	for (uint32_t at = by->first; at != PORTS_NONE; at = sums->holds[at].next) {
		uint8_t *until = &sums->blocked_until[sums->holds[at].port];

		if (*until == 0)
			continue;
		triple->used++;
		triple->reusable += *until == 1;
		if (*until != PORTS_NEVER)
			blocking->within[*until == 1 ? 0 : *until - 2]++;
		*until = 0;
	}
}

/*
 * Whose ports a triple cannot have either: of one with a device, the triple without (kernel:
 * inet_sk_bound_dev_eq() in include/net/inet_sock.h: a socket without a device is in the way of
 * all). NULL: there is none.
 */
static const struct ports_triple *blocker_of(const struct ports_sums *sums,
					     const struct ports_triple *triple)
{
	const uint32_t *at;
	struct ports_end key;
	uint32_t dest;

	if (triple->dest == PORTS_NONE || !sums->ends[triple->dest].ifindex)
		return NULL;
	key = sums->ends[triple->dest];
	key.ifindex = 0;
	dest = ports_find_end(sums, &key);
	if (dest == PORTS_NONE)
		return NULL;
	at = hash64_find(&sums->triple_hash, (uint64_t)triple->source << 32 | dest);
	return at ? &sums->triples[*at] : NULL;
}

static void count_ports_of(struct ports_sums *sums, struct ports_triple *triple)
{
	const struct ports_triple *blocker = blocker_of(sums, triple);
	struct blocking blocking = { .recent = 0 };

	block_ports(sums, triple, &blocking);
	if (blocker)
		block_ports(sums, blocker, &blocking);
	count_blocked(sums, triple, triple, &blocking);
	if (blocker)
		count_blocked(sums, blocker, triple, &blocking);
	triple->exhausted_s = exhausted_in(sums, triple, &blocking, life_after_close(sums, triple));
}

/* Counts one connection from an ephemeral port. */
static void count_hold(struct ports_sums *sums, struct ports_triple *triple,
		       const struct ports_hold *hold)
{
	triple->established += hold->kind == PORTS_HOLD_ESTABLISHED;
	triple->time_wait += hold->kind == PORTS_HOLD_TIME_WAIT;
	triple->other += hold->kind == PORTS_HOLD_OTHER || hold->kind == PORTS_HOLD_HALF_CLOSED;
	triple->half_closed += hold->kind == PORTS_HOLD_HALF_CLOSED;
	triple->recent += hold->recent;
	sums->outbound[hold->port]++;
}

/* Whether the source owns the port for the first time, and no wildcard does. */
static bool owns_one_more(struct ports_sums *sums, uint32_t source, uint16_t port)
{
	bool v4 = sums->ends[source].family == AF_INET;

	if (port_set_has(&sums->set.reserved, port) ||
	    port_set_has(v4 ? &sums->wildcard4 : &sums->wildcard6, port) ||
	    sums->owned_by[port] == source + 1)
		return false;
	sums->owned_by[port] = source + 1;
	return true;
}

/* Counts a triple. Returns how many ports more its source address owns. */
static uint32_t finish_triple(struct ports_sums *sums, struct ports_triple *triple)
{
	uint32_t owned = 0;
	bool outbound = false;

	for (uint32_t at = triple->first; at != PORTS_NONE; at = sums->holds[at].next) {
		const struct ports_hold *hold = &sums->holds[at];

		owned += owns_one_more(sums, triple->source, hold->port);
		if (!is_outbound(sums, triple, hold))
			continue;
		outbound = true;
		count_hold(sums, triple, hold);
	}
	triple->wanted &= outbound;
	sums->n_wanted += triple->wanted;
	if (outbound)
		count_ports_of(sums, triple);
	return owned;
}

/* How many ports of the range, less the reserved ones, a wildcard owns. */
static uint32_t count_wildcard(const struct ports_sums *sums, const struct port_set *wildcard)
{
	uint32_t n = 0;

	for (uint32_t port = sums->set.low; port <= sums->set.high; port++)
		n += port_set_has(wildcard, (uint16_t)port) &&
		     !port_set_has(&sums->set.reserved, (uint16_t)port);
	return n;
}

/* Counts all of one source address; wildcard: ports that are owned on every address. */
static int finish_source(struct ports_sums *sums, uint32_t end, uint32_t wildcard)
{
	struct ports_source source = { .end = end, .used = wildcard };

	if (array_grow((void **)&sums->sources, &sums->cap_sources, sums->n_sources + 1,
		       sizeof(*sums->sources)) < 0)
		return -ENOMEM;
	for (uint32_t at = sums->ends[end].first; at != PORTS_NONE; at = sums->triples[at].next) {
		source.wanted |= sums->triples[at].wanted;
		source.used += finish_triple(sums, &sums->triples[at]);
	}
	sums->sources[sums->n_sources++] = source;
	return 0;
}

int ports_sums_finish(struct ports_sums *sums)
{
	uint32_t wildcard4 = count_wildcard(sums, &sums->wildcard4);
	uint32_t wildcard6 = count_wildcard(sums, &sums->wildcard6);

	count_ports(sums);
	for (uint32_t i = 0; i < sums->n_ends; i++) {
		bool v4 = sums->ends[i].family == AF_INET;

		if (sums->ends[i].first == PORTS_NONE)
			continue;
		if (finish_source(sums, i, v4 ? wildcard4 : wildcard6) < 0)
			return -ENOMEM;
	}
	return 0;
}

uint32_t ports_pct100(uint32_t used, uint32_t capacity)
{
	uint64_t pct100;

	if (used >= capacity)
		return 10000;
	pct100 = ((uint64_t)used * 10000 + capacity / 2) / capacity;
	return pct100 < 10000 ? (uint32_t)pct100 : 9999;
}

uint32_t ports_taken(const struct ports_triple *triple)
{
	return triple->used - triple->reusable;
}

uint32_t ports_free(uint32_t used, uint32_t capacity)
{
	return used < capacity ? capacity - used : 0;
}
