/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ports run out. A port in FIN_WAIT2 is as taken as one in TIME_WAIT, and tcp_tw_reuse gives
 * it not back (kernel: tcp_twsk_unique() in net/ipv4/tcp_ipv4.c of Linux 6.18).
 */
#include "view/time_wait_findings.h"

#include <stdio.h>
#include <sys/socket.h>

#include "output/field_text.h"

enum { RECENT_TO_MINUTE = TIME_WAIT_MS / TIME_WAIT_RECENT_MS };

void time_wait_format_service(char dst[TIME_WAIT_NAME_MAX], const struct time_wait_key *key)
{
	const struct endpoint end = { .addr = key->addr, .ifindex = key->ifindex };
	const struct sock sock = { .family = key->family };
	const struct value value = { .type = FIELD_ADDR,
				     .addr = { .family = key->family, .end = &end } };
	char text[FIELD_TEXT_ADDR_MAX];
	bool brackets = key->family == AF_INET6;
	size_t n;

	if (key->side == TIME_WAIT_INBOUND) {
		snprintf(dst, TIME_WAIT_NAME_MAX, "port %u", key->port);
		return;
	}
	n = field_text_format_addr(text, &sock, &value);
	snprintf(dst, TIME_WAIT_NAME_MAX, "%s%.*s%s:%u", brackets ? "[" : "", (int)n, text,
		 brackets ? "]" : "", key->port);
}

static uint32_t at_most(uint32_t n, uint32_t limit)
{
	return n < limit ? n : limit;
}

static enum time_wait_level level_of(const struct ports_sums *ports,
				     const struct time_wait_load *load)
{
	uint64_t hard = load->reusable ? load->hard_percent : load->port_percent;

	if (ports->capacity == 0 || hard >= TIME_WAIT_PERCENT_PROBLEM)
		return TIME_WAIT_PROBLEM;
	if (load->port_percent >= TIME_WAIT_PERCENT_WATCH || load->needed >= ports->capacity)
		return TIME_WAIT_WATCH;
	return TIME_WAIT_FINE;
}

/* triple NULL: no port is in use. */
static struct time_wait_load load_of(const struct ports_sums *ports,
				     const struct ports_triple *triple)
{
	struct time_wait_load load = { .used = triple ? triple->used : 0 };
	uint32_t rest = load.used;

	if (triple) {
		load.reusable = ports_may_reuse(ports, &ports->ends[triple->source],
						&ports->ends[triple->dest]);
		load.time_wait = at_most(triple->time_wait, rest);
		rest -= load.time_wait;
		load.half_closed = at_most(triple->half_closed, rest);
		load.live = rest - load.half_closed;
		load.recent = triple->recent;
		load.needed = load.recent * RECENT_TO_MINUTE;
	}
	load.port_percent = ports_pct100(load.used, ports->capacity) / 100;
	load.hard_percent = ports_pct100(rest, ports->capacity) / 100;
	load.level = level_of(ports, &load);
	return load;
}

static bool is_worse(const struct time_wait_load *load, const struct time_wait_load *than)
{
	return load->level != than->level ? load->level > than->level : load->used > than->used;
}

const struct time_wait_service *time_wait_busiest(const struct time_wait_sums *sums,
						  const struct ports_sums *ports, size_t *i)
{
	const struct time_wait_service *best = NULL;
	struct time_wait_load worst = { 0 };

	for (size_t k = 0; k < sums->services.n; k++) {
		const struct time_wait_service *service = time_wait_service(sums, k);
		struct time_wait_load load;

		if (service->key.side != TIME_WAIT_OUTBOUND || service->count == 0)
			continue;
		load = load_of(ports, time_wait_triple(ports, service));
		if (!best || is_worse(&load, &worst)) {
			best = service;
			worst = load;
			*i = k;
		}
	}
	return best;
}

const struct time_wait_service *time_wait_busiest_inbound(const struct time_wait_sums *sums,
							  size_t *i)
{
	for (size_t k = 0; k < sums->services.n; k++) {
		const struct time_wait_service *service = time_wait_service(sums, k);

		if (service->key.side == TIME_WAIT_INBOUND && service->count > 0) {
			*i = k;
			return service;
		}
	}
	return NULL;
}

/* What runs out need not be of a destination that has TIME_WAIT at all. */
static void find_others(struct time_wait_findings *found)
{
	const struct ports_sums *ports = found->ports;
	struct time_wait_key key = { .side = TIME_WAIT_OUTBOUND };

	for (size_t i = 0; i < ports->n_triples; i++) {
		const struct ports_triple *triple = &ports->triples[i];
		struct time_wait_load load;

		if (triple->dest == PORTS_NONE || !triple->wanted)
			continue;
		load = load_of(ports, triple);
		if (!is_worse(&load, &found->load))
			continue;
		found->load = load;
		found->others = true;
		key.addr = ports->ends[triple->dest].addr;
		key.ifindex = ports->ends[triple->dest].ifindex;
		key.port = ports->ends[triple->dest].port;
		key.family = ports->ends[triple->dest].family;
	}
	if (found->others)
		time_wait_format_service(found->out_name, &key);
}

static void find_buckets(struct time_wait_findings *found)
{
	const struct time_wait_facts *facts = found->facts;
	uint64_t most = facts->max_buckets.value;

	found->buckets = facts->buckets.known ? facts->buckets.value
					      : found->sums->count + found->sums->fin_wait2;
	if (!facts->max_buckets.known)
		return;
	if (most)
		found->bucket_percent = found->buckets * 100 / most;
	else
		found->bucket_percent = found->buckets ? 100 : 0;
	if (found->bucket_percent >= TIME_WAIT_PERCENT_PROBLEM)
		found->buckets_level = TIME_WAIT_PROBLEM;
	else if (found->bucket_percent >= TIME_WAIT_PERCENT_WATCH)
		found->buckets_level = TIME_WAIT_WATCH;
}

struct time_wait_findings time_wait_find_out(const struct time_wait_sums *sums,
					     const struct ports_sums *ports,
					     const struct time_wait_facts *facts)
{
	struct time_wait_findings found = { .sums = sums, .ports = ports, .facts = facts };
	size_t i;

	found.out = time_wait_busiest(sums, ports, &i);
	found.in = time_wait_busiest_inbound(sums, &i);
	found.load = load_of(ports, found.out ? time_wait_triple(ports, found.out) : NULL);
	if (found.out)
		time_wait_format_service(found.out_name, &found.out->key);
	find_others(&found);
	find_buckets(&found);
	return found;
}
