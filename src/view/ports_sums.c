/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ephemeral ports: sockets in, free ports and how long they last out. */
#include "view/ports_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { LOOPBACK_IFINDEX = 1 };

enum hold_kind {
	HOLD_ESTABLISHED,
	HOLD_TIME_WAIT,
	HOLD_OTHER,
	HOLD_OWNER, /* listens, or is bound only */
};

/* One socket with a local port in the range. */
struct ports_hold {
	uint32_t next; /* of the same triple */
	uint16_t port;
	uint8_t kind : 2;
	bool reusable : 1, recent : 1;
	/* Seconds until the port is free again, rounded up; PORTS_NEVER: nobody knows. */
	uint8_t frees_s;
};

void ports_sums_begin(struct ports_sums *sums, const struct ports_settings *settings)
{
	static const struct port_set none;

	sums->set = *settings;
	sums->n_ends = sums->n_triples = sums->n_holds = sums->n_sources = sums->n_wanted = 0;
	hash64_clear(&sums->end_hash);
	hash64_clear(&sums->triple_hash);
	sums->listening = sums->bound = sums->listen4 = sums->listen6 = none;
	sums->wildcard4 = sums->wildcard6 = sums->usable = none;
	memset(sums->outbound, 0, sizeof(sums->outbound));
}

void ports_sums_free(struct ports_sums *sums)
{
	free(sums->ends);
	free(sums->triples);
	free(sums->holds);
	free(sums->sources);
	hash64_free(&sums->end_hash);
	hash64_free(&sums->triple_hash);
}

static uint64_t hash_end(const struct ports_end *key)
{
	uint8_t bytes[sizeof(key->addr) + 8] = { 0 };

	memcpy(bytes, &key->addr, sizeof(key->addr));
	memcpy(bytes + 16, &key->ifindex, sizeof(key->ifindex));
	memcpy(bytes + 20, &key->port, sizeof(key->port));
	bytes[22] = key->family;
	return hash_bytes(bytes, sizeof(bytes));
}

static bool same_end(const struct ports_end *a, const struct ports_end *b)
{
	return memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0 && a->ifindex == b->ifindex &&
	       a->port == b->port && a->family == b->family;
}

/* The end of that key, or PORTS_NONE. */
static uint32_t find_end(const struct ports_sums *sums, const struct ports_end *key)
{
	const uint32_t *head = hash64_find(&sums->end_hash, hash_end(key));
	uint32_t at = head ? *head : PORTS_NONE;

	while (at != PORTS_NONE && !same_end(&sums->ends[at], key))
		at = sums->ends[at].next;
	return at;
}

/* The same, added where it is missing. PORTS_NONE without memory. */
static uint32_t add_end(struct ports_sums *sums, const struct ports_end *key)
{
	uint32_t at = find_end(sums, key), *head;
	struct ports_end *end;
	bool added;

	if (at != PORTS_NONE || sums->n_ends == PORTS_NONE ||
	    array_grow((void **)&sums->ends, &sums->cap_ends, sums->n_ends + 1,
		       sizeof(*sums->ends)) < 0)
		return at;
	head = hash64_add(&sums->end_hash, hash_end(key), &added);
	if (!head)
		return PORTS_NONE;
	end = &sums->ends[sums->n_ends];
	*end = *key;
	end->next = added ? PORTS_NONE : *head;
	end->first = PORTS_NONE;
	*head = (uint32_t)sums->n_ends++;
	return *head;
}

/* The triple of source and dest, added where it is missing. PORTS_NONE without memory. */
static uint32_t add_triple(struct ports_sums *sums, uint32_t source, uint32_t dest)
{
	struct ports_triple *triple;
	uint32_t *at;
	bool added;

	if (sums->n_triples == PORTS_NONE ||
	    array_grow((void **)&sums->triples, &sums->cap_triples, sums->n_triples + 1,
		       sizeof(*sums->triples)) < 0)
		return PORTS_NONE;
	at = hash64_add(&sums->triple_hash, (uint64_t)source << 32 | dest, &added);
	if (!at)
		return PORTS_NONE;
	if (!added)
		return *at;
	triple = &sums->triples[sums->n_triples];
	*triple = (struct ports_triple){
		.source = source,
		.dest = dest,
		.next = sums->ends[source].first,
		.first = PORTS_NONE,
		.exhausted_s = PORTS_NEVER,
	};
	*at = sums->ends[source].first = (uint32_t)sums->n_triples++;
	return *at;
}

/* An address, IPv4 where it is v4-mapped. */
static struct ports_end fold(const struct sock *row, const struct endpoint *from)
{
	struct ports_end end = { .addr = from->addr, .family = row->family };

	if (row->family != AF_INET6 || !addr_is_v4mapped(&from->addr))
		return end;
	end.family = AF_INET;
	memset(&end.addr, 0, sizeof(end.addr));
	memcpy(end.addr.bytes, from->addr.bytes + 12, 4);
	return end;
}

static struct ports_end source_of(const struct sock *row)
{
	struct ports_end end = fold(row, &row->local);

	if (end.family == AF_INET6 && addr_needs_scope(&end.addr))
		end.ifindex = row->local.ifindex;
	return end;
}

static struct ports_end dest_of(const struct sock *row)
{
	struct ports_end end = fold(row, &row->remote);

	end.ifindex = row->local.ifindex;
	end.port = row->remote.port;
	return end;
}

static bool is_loopback(const struct ports_end *end)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (end->family == AF_INET)
		return end->addr.bytes[0] == 127;
	return memcmp(end->addr.bytes, loopback6, sizeof(loopback6)) == 0;
}

/* Whether connect() may take a TIME_WAIT of these ends again (tcp_twsk_unique()). */
static bool may_reuse(const struct ports_sums *sums, const struct ports_end *source,
		      const struct ports_end *dest)
{
	if (!sums->set.timestamps)
		return false;
	if (sums->set.tw_reuse == 2)
		return is_loopback(source) || is_loopback(dest) ||
		       dest->ifindex == LOOPBACK_IFINDEX;
	return sums->set.tw_reuse == 1;
}

static uint8_t seconds_up(uint32_t ms)
{
	return (uint8_t)((ms + 999) / 1000);
}

/* What the timer of TIME_WAIT, or of what is left of a socket in FIN_WAIT2, says. */
static void age_hold(const struct ports_sums *sums, const struct sock *row, bool may_be_reused,
		     struct ports_hold *hold)
{
	const uint32_t life = PORTS_TIME_WAIT_S * 1000, delay = sums->set.tw_reuse_delay_ms;
	uint32_t left = row->timer_ms < life ? row->timer_ms : life, age = life - left;

	if (!(row->has & SOCK_HAS_TIMER) || row->timer != TIMER_TIMEWAIT)
		return;
	hold->recent = age <= PORTS_RECENT_S * 1000;
	hold->frees_s = seconds_up(left);
	if (hold->kind != HOLD_TIME_WAIT || !may_be_reused)
		return;
	hold->reusable = age > delay;
	if (hold->reusable)
		hold->frees_s = 0;
	else if (delay - age < left)
		hold->frees_s = seconds_up(delay - age);
}

/* Puts the socket into a list: that of its triple, or of its source alone (no dest). */
static int add_hold(struct ports_sums *sums, const struct sock *row, enum hold_kind kind,
		    bool wanted)
{
	struct ports_end source = source_of(row), dest = dest_of(row);
	struct ports_hold hold = { .port = row->local.port,
				   .kind = (uint8_t)kind & 3,
				   .frees_s = PORTS_NEVER };
	uint32_t source_at = add_end(sums, &source), dest_at = PORTS_NONE, at;
	struct ports_triple *triple;

	if (kind != HOLD_OWNER)
		dest_at = add_end(sums, &dest);
	if (source_at == PORTS_NONE || (kind != HOLD_OWNER && dest_at == PORTS_NONE) ||
	    sums->n_holds == PORTS_NONE ||
	    array_grow((void **)&sums->holds, &sums->cap_holds, sums->n_holds + 1,
		       sizeof(*sums->holds)) < 0)
		return -ENOMEM;
	at = add_triple(sums, source_at, dest_at);
	if (at == PORTS_NONE)
		return -ENOMEM;
	age_hold(sums, row, may_reuse(sums, &source, &dest), &hold);
	triple = &sums->triples[at];
	triple->wanted |= wanted;
	hold.next = triple->first;
	triple->first = (uint32_t)sums->n_holds;
	sums->holds[sums->n_holds++] = hold;
	return 0;
}

/* A socket on a wildcard address: it owns the port on all addresses of its family, and of IPv4 too
 * unless it is for IPv6 only. */
static void add_wildcard(struct ports_sums *sums, const struct sock *row, uint8_t family)
{
	uint16_t port = row->local.port;
	bool v4 = family == AF_INET || !row->v6only;

	if (v4)
		port_set_add(&sums->wildcard4, port);
	if (family == AF_INET6)
		port_set_add(&sums->wildcard6, port);
	if (row->listening && v4)
		port_set_add(&sums->listen4, port);
	if (row->listening && family == AF_INET6)
		port_set_add(&sums->listen6, port);
}

/* A listener, or a socket that is bound only. */
static int add_owner(struct ports_sums *sums, const struct sock *row, bool wanted)
{
	struct ports_end end = fold(row, &row->local);

	port_set_add(row->listening ? &sums->listening : &sums->bound, row->local.port);
	if (row->listening) {
		struct ports_end listener = end;
		uint32_t at;

		listener.port = row->local.port;
		at = add_end(sums, &listener);
		if (at == PORTS_NONE)
			return -ENOMEM;
		sums->ends[at].listens = true;
	}
	if (!addr_is_any(&end.addr))
		return add_hold(sums, row, HOLD_OWNER, wanted);
	add_wildcard(sums, row, end.family);
	return 0;
}

int ports_sums_add(struct ports_sums *sums, const struct sock *row, bool wanted)
{
	enum hold_kind kind = HOLD_OTHER;

	if (row->proto != PROTO_TCP || row->local.port < sums->set.low ||
	    row->local.port > sums->set.high)
		return 0;
	/* What is bound only may still have the peer of a connection that failed. */
	if (row->listening || row->remote.port == 0 || row->state == TCP_STATE_CLOSE)
		return add_owner(sums, row, wanted);
	if (row->state == TCP_STATE_ESTABLISHED)
		kind = HOLD_ESTABLISHED;
	else if (row->state == TCP_STATE_TIME_WAIT)
		kind = HOLD_TIME_WAIT;
	return add_hold(sums, row, kind, wanted);
}

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
	at = find_end(sums, &listener);
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

/* How the ports of a triple come free: [s] within s seconds. */
struct release {
	uint32_t within[PORTS_TIME_WAIT_S + 1];
};

/*
 * When the last port is taken, if connections go on to come as they came in the last PORTS_RECENT_S
 * seconds, each holds its port for life_s once it is closed, and those that are alive stay so.
 * Later than life_s as many come free as are taken.
 */
static uint8_t exhausted_in(const struct ports_sums *sums, const struct ports_triple *triple,
			    const struct release *release, uint32_t life_s)
{
	uint64_t freed = release->within[0];

	if (triple->used - freed >= sums->capacity)
		return 0;
	if (triple->recent == 0)
		return PORTS_NEVER;
	for (uint32_t s = 1; s <= PORTS_TIME_WAIT_S; s++) {
		uint64_t taken = (uint64_t)triple->recent * (s < life_s ? s : life_s);

		freed += release->within[s];
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
	    may_reuse(sums, &sums->ends[triple->source], &sums->ends[triple->dest]))
		return seconds_up(delay);
	return PORTS_TIME_WAIT_S;
}

/* Counts one connection from an ephemeral port. */
static void count_hold(struct ports_sums *sums, struct ports_triple *triple,
		       const struct ports_hold *hold, struct release *release)
{
	triple->established += hold->kind == HOLD_ESTABLISHED;
	triple->time_wait += hold->kind == HOLD_TIME_WAIT;
	triple->other += hold->kind == HOLD_OTHER;
	triple->recent += hold->recent;
	sums->outbound[hold->port]++;
	if (!port_set_has(&sums->usable, hold->port))
		return;
	triple->used++;
	triple->reusable += hold->reusable;
	if (hold->frees_s <= PORTS_TIME_WAIT_S)
		release->within[hold->frees_s]++;
}

/* Counts a triple, and adds its ports to those that its source address owns. */
static void finish_triple(struct ports_sums *sums, struct ports_triple *triple,
			  struct port_set *owned)
{
	const struct ports_end *source = &sums->ends[triple->source];
	struct release release = { { 0 } };
	bool outbound = false;

	for (uint32_t at = triple->first; at != PORTS_NONE; at = sums->holds[at].next) {
		const struct ports_hold *hold = &sums->holds[at];

		port_set_add(owned, hold->port);
		if (hold->kind == HOLD_OWNER || is_inbound(sums, source, hold->port))
			continue;
		outbound = true;
		count_hold(sums, triple, hold, &release);
	}
	triple->wanted &= outbound;
	sums->n_wanted += triple->wanted;
	if (outbound)
		triple->exhausted_s =
			exhausted_in(sums, triple, &release, life_after_close(sums, triple));
}

/* Counts all of one source address. */
static int finish_source(struct ports_sums *sums, uint32_t end)
{
	const struct ports_end *source = &sums->ends[end];
	struct port_set owned = source->family == AF_INET ? sums->wildcard4 : sums->wildcard6;
	struct ports_source *out;
	bool wanted = false;

	if (array_grow((void **)&sums->sources, &sums->cap_sources, sums->n_sources + 1,
		       sizeof(*sums->sources)) < 0)
		return -ENOMEM;
	for (uint32_t at = source->first; at != PORTS_NONE; at = sums->triples[at].next) {
		wanted |= sums->triples[at].wanted;
		finish_triple(sums, &sums->triples[at], &owned);
	}
	for (size_t i = 0; i < sizeof(owned.bits) / sizeof(owned.bits[0]); i++)
		owned.bits[i] &= ~sums->set.reserved.bits[i];
	out = &sums->sources[sums->n_sources++];
	*out = (struct ports_source){
		.end = end,
		.used = port_set_count(&owned, sums->set.low, sums->set.high),
		.wanted = wanted,
	};
	return 0;
}

int ports_sums_finish(struct ports_sums *sums)
{
	count_ports(sums);
	for (size_t i = 0; i < sums->n_ends; i++) {
		if (sums->ends[i].first == PORTS_NONE)
			continue;
		if (finish_source(sums, (uint32_t)i) < 0)
			return -ENOMEM;
	}
	return 0;
}

uint32_t ports_pct100(uint32_t used, uint32_t capacity)
{
	if (capacity == 0)
		return 10000;
	return (uint32_t)((uint64_t)used * 10000 / capacity);
}

uint32_t ports_free(uint32_t used, uint32_t capacity)
{
	return used < capacity ? capacity - used : 0;
}
