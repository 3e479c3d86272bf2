/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --time-wait as data. */
#include <sys/socket.h>

#include "base/obuf.h"
#include "output/json_doc.h"
#include "view/time_wait_answer.h"

static const char *const side_names[] = {
	[TIME_WAIT_OUTBOUND] = "client",
	[TIME_WAIT_INBOUND] = "server",
	[TIME_WAIT_UNCLEAR] = "unclear",
};

static const char *const level_names[] = {
	[TIME_WAIT_FINE] = "fine",
	[TIME_WAIT_WATCH] = "watch",
	[TIME_WAIT_PROBLEM] = "problem",
};

static void put_number(struct json_doc *doc, const char *key, const struct time_wait_number *number)
{
	json_doc_known(doc, key, number->known, number->value);
}

static void put_sides(struct json_doc *doc, const struct time_wait_sums *sums)
{
	json_doc_object(doc, "sides");
	for (int side = 0; side < TIME_WAIT_SIDES; side++) {
		json_doc_object(doc, side_names[side]);
		json_doc_uint(doc, "sockets", sums->of_side[side]);
		json_doc_uint(doc, "by_port_range", sums->by_range[side]);
		json_doc_end(doc);
	}
	json_doc_end(doc);
}

static void put_ages(struct json_doc *doc, const struct time_wait_sums *sums)
{
	const uint64_t width = TIME_WAIT_MS / TIME_WAIT_AGES;

	json_doc_array(doc, "ages");
	for (uint64_t i = 0; i < TIME_WAIT_AGES; i++) {
		json_doc_object(doc, NULL);
		json_doc_uint(doc, "from_ms", i * width);
		json_doc_uint(doc, "to_ms", (i + 1) * width);
		json_doc_uint(doc, "sockets", sums->ages[i]);
		json_doc_end(doc);
	}
	json_doc_end(doc);
	json_doc_uint(doc, "age_unknown", sums->n_without_age);
}

/* Closes a second; null where ages are not known. */
static void put_rate(struct json_doc *doc, const char *key, uint64_t tenths, bool known)
{
	if (known)
		json_doc_fixed(doc, key, tenths, 1);
	else
		json_doc_null(doc, key);
}

static void put_owners(struct json_doc *doc, const struct time_wait_answer *answer, size_t i)
{
	const struct time_wait_service *service = time_wait_service(&answer->sums, i);
	const struct likely_summary *summary = &answer->owners.services[i];
	char reason[160];

	json_doc_array(doc, "likely_owners");
	for (uint32_t k = 0; k < summary->n; k++) {
		const struct likely_owner *owner = &answer->owners.rows[summary->first + k];

		likely_owner_reason(reason, sizeof(reason), &answer->owners, i, service, owner);
		json_doc_object(doc, NULL);
		json_doc_uint(doc, "pid", owner->pid);
		json_doc_str(doc, "program", owner->program);
		json_doc_str(doc, "reason", reason);
		json_doc_end(doc);
	}
	json_doc_end(doc);
	json_doc_bool(doc, "likely_owners_cut", summary->more);
	if (summary->n > 0) {
		json_doc_null(doc, "owner_unknown_because");
		return;
	}
	likely_owner_reason(reason, sizeof(reason), &answer->owners, i, service, NULL);
	json_doc_str(doc, "owner_unknown_because", reason);
}

/* The source address with most ports in use towards a service. */
static void put_source(struct json_doc *doc, const struct time_wait_answer *answer,
		       const struct time_wait_service *service)
{
	const struct endpoint source = { .addr = time_wait_source(&answer->ports, service) };
	const struct ports_triple *triple = time_wait_triple(&answer->ports, service);

	if (!triple) {
		json_doc_null(doc, "source");
		return;
	}
	json_doc_object(doc, "source");
	json_doc_addr(doc, "local_address", service->key.family, &source);
	json_doc_uint(doc, "sockets", triple->time_wait);
	json_doc_uint(doc, "used", triple->used);
	json_doc_uint(doc, "capacity", answer->ports.capacity);
	json_doc_fixed(doc, "used_percent", ports_pct100(triple->used, answer->ports.capacity), 2);
	json_doc_bool(doc, "tw_reuse_applies", time_wait_is_reusable(&answer->ports, service));
	json_doc_end(doc);
}

static void put_service(struct json_doc *doc, const struct time_wait_answer *answer, size_t i)
{
	const struct time_wait_service *service = time_wait_service(&answer->sums, i);
	const struct endpoint end = { .addr = service->key.addr, .ifindex = service->key.ifindex };
	const bool inbound = service->key.side == TIME_WAIT_INBOUND;

	json_doc_object(doc, NULL);
	json_doc_str(doc, "side", side_names[service->key.side]);
	if (inbound)
		json_doc_null(doc, "remote_address");
	else
		json_doc_addr(doc, "remote_address", service->key.family, &end);
	json_doc_known(doc, "remote_port", !inbound, service->key.port);
	json_doc_known(doc, "local_port", inbound, service->key.port);
	json_doc_uint(doc, "sockets", service->count);
	json_doc_uint(doc, "by_port_range", service->by_range);
	put_rate(doc, "closes_per_s_10s", time_wait_rate_recent(service->recent),
		 answer->sums.n_without_age == 0);
	json_doc_known(doc, "live", service->key.side != TIME_WAIT_UNCLEAR, service->live);
	put_source(doc, answer, service);
	put_owners(doc, answer, i);
	json_doc_end(doc);
	obuf_end_row(doc->out);
}

static void put_peer(struct json_doc *doc, const struct time_wait_peer *peer)
{
	const struct endpoint end = { .addr = peer->key.addr, .ifindex = peer->key.ifindex };

	json_doc_object(doc, NULL);
	json_doc_addr(doc, "remote_address", peer->key.family, &end);
	json_doc_uint(doc, "sockets", peer->count);
	for (int side = 0; side < TIME_WAIT_SIDES; side++)
		json_doc_uint(doc, side_names[side], peer->of_side[side]);
	json_doc_end(doc);
	obuf_end_row(doc->out);
}

static void put_facts(struct json_doc *doc, const struct time_wait_answer *answer)
{
	const struct time_wait_facts *facts = &answer->facts;
	const struct ports_sums *ports = &answer->ports;

	put_number(doc, "buckets_used", &facts->buckets);
	json_doc_known(doc, "reserved_ports", facts->range_known && facts->reserved_known,
		       ports->n_reserved);
	json_doc_uint(doc, "blocked_ports", ports->n_blocked);
	json_doc_uint(doc, "capacity", ports->capacity);
	json_doc_object(doc, "counters");
	json_doc_object(doc, "TcpExt");
	put_number(doc, "TCPTimeWaitOverflow", &facts->overflows);
	put_number(doc, "TW", &facts->entered);
	put_number(doc, "TWRecycled", &facts->recycled);
	put_number(doc, "TWKilled", &facts->entered_short);
	json_doc_end(doc);
	json_doc_end(doc);
	json_doc_object(doc, "settings");
	view_put_port_range(doc, facts->range_known, facts->low, facts->high);
	put_number(doc, "tcp_tw_reuse", &facts->tw_reuse);
	put_number(doc, "tcp_tw_reuse_delay", &facts->tw_reuse_delay_ms);
	put_number(doc, "tcp_timestamps", &facts->timestamps);
	put_number(doc, "tcp_fin_timeout", &facts->fin_timeout_s);
	put_number(doc, "tcp_max_tw_buckets", &facts->max_buckets);
	json_doc_end(doc);
}

static void put_advice(struct json_doc *doc, const struct time_wait_advice *advice)
{
	json_doc_str(doc, "level", level_names[advice->level]);
	json_doc_str(doc, "verdict", advice->verdict);
	json_doc_array(doc, "helps");
	for (size_t i = 0; i < advice->n_helps; i++)
		json_doc_str(doc, NULL, advice->helps[i]);
	json_doc_end(doc);
	json_doc_array(doc, "does_not_help");
	for (size_t i = 0; i < advice->n_folk; i++) {
		json_doc_object(doc, NULL);
		json_doc_str(doc, "what", advice->folk[i]);
		json_doc_str(doc, "why", advice->folk_why[i]);
		json_doc_end(doc);
	}
	json_doc_end(doc);
}

int time_wait_put_json(const struct time_wait_answer *answer, struct obuf *out)
{
	const struct time_wait_sums *sums = &answer->sums;
	bool ages_known = sums->n_without_age == 0;
	struct json_doc doc;

	json_doc_begin_view(&doc, out, answer->config.run, "time_wait", answer->config.filtered);
	put_advice(&doc, &answer->advice);
	json_doc_uint(&doc, "sockets_total", sums->count);
	json_doc_uint(&doc, "small_fin_wait2", sums->fin_wait2);
	put_sides(&doc, sums);
	put_rate(&doc, "closes_per_s_10s", time_wait_rate_recent(sums->recent), ages_known);
	put_rate(&doc, "closes_per_s_60s", time_wait_rate(sums->count), ages_known);
	put_ages(&doc, sums);
	put_facts(&doc, answer);
	json_doc_uint(&doc, "services_total", answer->n_services);
	json_doc_array(&doc, "services");
	for (size_t i = 0; i < answer->shown_services; i++)
		put_service(&doc, answer, i);
	json_doc_end(&doc);
	json_doc_uint(&doc, "peers_total", answer->n_peers);
	json_doc_array(&doc, "peers");
	for (size_t i = 0; i < answer->shown_peers; i++)
		put_peer(&doc, time_wait_peer(sums, i));
	json_doc_end(&doc);
	json_doc_end_view(&doc, answer->config.run);
	return obuf_end_row(out);
}
