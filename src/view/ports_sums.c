/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ephemeral ports: gathers the sockets of a round. */
#include "view/ports_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { LOOPBACK_IFINDEX = 1 };

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
	memset(sums->owned_by, 0, sizeof(sums->owned_by));
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

uint32_t ports_find_end(const struct ports_sums *sums, const struct ports_end *key)
{
	const uint32_t *head = hash64_find(&sums->end_hash, hash_end(key));
	uint32_t at = head ? *head : PORTS_NONE;

	while (at != PORTS_NONE && !same_end(&sums->ends[at], key))
		at = sums->ends[at].next;
	return at;
}

/* The end of that key, added where it is missing. PORTS_NONE without memory. */
static uint32_t add_end(struct ports_sums *sums, const struct ports_end *key)
{
	struct ports_end *end;
	uint32_t *head, at;
	bool added;

	if (sums->n_ends == PORTS_NONE || array_grow((void **)&sums->ends, &sums->cap_ends,
						     sums->n_ends + 1, sizeof(*sums->ends)) < 0)
		return PORTS_NONE;
	head = hash64_add(&sums->end_hash, hash_end(key), &added);
	if (!head)
		return PORTS_NONE;
	for (at = added ? PORTS_NONE : *head; at != PORTS_NONE; at = sums->ends[at].next)
		if (same_end(&sums->ends[at], key))
			return at;
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

bool ports_may_reuse(const struct ports_sums *sums, const struct ports_end *source,
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
	if (hold->kind != PORTS_HOLD_TIME_WAIT || !may_be_reused)
		return;
	hold->reusable = age > delay;
	if (hold->reusable)
		hold->frees_s = 0;
	else if (delay - age < left)
		hold->frees_s = seconds_up(delay - age);
}

/* Puts the socket into a list: that of its triple, or of its source alone (no dest). */
static int add_hold(struct ports_sums *sums, const struct sock *row, enum ports_hold_kind kind,
		    bool wanted)
{
	struct ports_end source = source_of(row), dest = dest_of(row);
	struct ports_hold hold = { .port = row->local.port,
				   .kind = (uint8_t)kind & 7,
				   .frees_s = PORTS_NEVER };
	uint32_t source_at = add_end(sums, &source), dest_at = PORTS_NONE, at;
	struct ports_triple *triple;

	if (kind != PORTS_HOLD_OWNER)
		dest_at = add_end(sums, &dest);
	if (source_at == PORTS_NONE || (kind != PORTS_HOLD_OWNER && dest_at == PORTS_NONE) ||
	    sums->n_holds == PORTS_NONE ||
	    array_grow((void **)&sums->holds, &sums->cap_holds, sums->n_holds + 1,
		       sizeof(*sums->holds)) < 0)
		return -ENOMEM;
	at = add_triple(sums, source_at, dest_at);
	if (at == PORTS_NONE)
		return -ENOMEM;
	age_hold(sums, row, ports_may_reuse(sums, &source, &dest), &hold);
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
		return add_hold(sums, row, PORTS_HOLD_OWNER, wanted);
	add_wildcard(sums, row, end.family);
	return 0;
}

int ports_sums_add(struct ports_sums *sums, const struct sock *row, bool wanted)
{
	enum ports_hold_kind kind = PORTS_HOLD_OTHER;

	if (row->proto != PROTO_TCP || row->local.port < sums->set.low ||
	    row->local.port > sums->set.high)
		return 0;
	/* What is bound only may still have the peer of a connection that failed. */
	if (row->listening || row->remote.port == 0 || row->state == TCP_STATE_CLOSE)
		return add_owner(sums, row, wanted);
	if (row->state == TCP_STATE_ESTABLISHED)
		kind = PORTS_HOLD_ESTABLISHED;
	else if (row->state == TCP_STATE_TIME_WAIT)
		kind = PORTS_HOLD_TIME_WAIT;
	else if (row->state == TCP_STATE_FIN_WAIT2 && !(row->has & SOCK_HAS_INODE))
		kind = PORTS_HOLD_HALF_CLOSED;
	return add_hold(sums, row, kind, wanted);
}
