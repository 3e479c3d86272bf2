/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --time-wait for people: one sentence whether there is a problem, then the numbers behind it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "output/text_table.h"
#include "view/time_wait_answer.h"
#include "view/wrapped.h"

enum { INDENT = 2, BAR_WIDTH = 40, CLASS_S = TIME_WAIT_MS / TIME_WAIT_AGES / 1000 };

static const char *const side_names[] = {
	[TIME_WAIT_OUTBOUND] = "client",
	[TIME_WAIT_INBOUND] = "server",
	[TIME_WAIT_UNCLEAR] = "unclear",
};

static void put_heading(struct obuf *out, const char *text)
{
	obuf_put_char(out, '\n');
	obuf_put_str(out, text);
	obuf_put_char(out, '\n');
}

static void put_explanation(const struct time_wait_answer *answer, struct obuf *out)
{
	put_heading(out, "What TIME_WAIT is");
	obuf_put_blanks(out, INDENT);
	wrapped_put(out,
		    "TIME_WAIT is what is left of a connection at the end that closed first. The "
		    "kernel keeps it for 60 seconds, so that segments still under way cannot end "
		    "up in a new connection between the same ports. It is small, it is normal, and "
		    "no process owns it.",
		    INDENT, INDENT, answer->config.width);
}

/* Which side of the connections this host was, and what follows. */
static int put_sides(const struct time_wait_answer *answer, struct obuf *out)
{
	static const struct text_column columns[] = {
		{ "SIDE", false },
		{ "TIME_WAIT", true },
		{ "BY_PORT_RANGE", true },
		{ "WHAT IT COSTS", false },
	};
	static const char *const costs[] = {
		[TIME_WAIT_OUTBOUND] = "each keeps a local port from the same peer and port",
		[TIME_WAIT_INBOUND] = "no ports, only memory",
		[TIME_WAIT_UNCLEAR] = "neither a listener nor the port range tells the side",
	};
	static const enum time_wait_side order[] = { TIME_WAIT_OUTBOUND, TIME_WAIT_INBOUND,
						     TIME_WAIT_UNCLEAR };
	const struct time_wait_sums *sums = &answer->sums;
	struct text_table table;

	put_heading(out, "Which side this host was; it closed first in all of them");
	text_table_begin(&table, columns, 4, answer->config.utf8);
	for (size_t i = 0; i < TIME_WAIT_SIDES; i++) {
		enum time_wait_side side = order[i];

		if (side == TIME_WAIT_UNCLEAR && sums->of_side[side] == 0)
			continue;
		text_table_str(&table, side_names[side]);
		text_table_uint(&table, sums->of_side[side]);
		text_table_uint(&table, sums->by_range[side]);
		text_table_str(&table, costs[side]);
	}
	return text_table_end(&table, out, INDENT, true);
}

/* What a service or a peer is. */
static void put_end_point(struct text_table *table, const struct time_wait_key *key, bool port)
{
	const struct endpoint end = { .addr = key->addr, .ifindex = key->ifindex };

	if (port && key->side == TIME_WAIT_INBOUND)
		text_table_format(table, "port %u here", key->port);
	else
		text_table_end_point(table, key->family, &end, port ? key->port : -1);
}

static void put_owner(struct text_table *table, const struct time_wait_answer *answer, size_t i)
{
	const struct likely_owner *owner = likely_owners_first(&answer->owners, i);
	char reason[160];

	likely_owner_reason(reason, sizeof(reason), &answer->owners, i,
			    time_wait_service(&answer->sums, i), owner);
	if (owner)
		text_table_owner(table, owner->pid, owner->program);
	else
		text_table_str(table, answer->owners.services[i].hidden ? "(hidden)" : NULL);
	text_table_str(table, reason);
}

static void put_tenths(struct text_table *table, uint64_t tenths)
{
	text_table_format(table, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
}

static void put_service(struct text_table *table, const struct time_wait_answer *answer, size_t i)
{
	const struct time_wait_service *service = time_wait_service(&answer->sums, i);
	const struct ports_triple *triple;

	text_table_str(table, side_names[service->key.side]);
	put_end_point(table, &service->key, true);
	text_table_uint(table, service->count);
	if (answer->sums.n_without_age == 0)
		put_tenths(table, time_wait_rate_recent(service->recent));
	else
		text_table_str(table, NULL);
	triple = time_wait_triple(&answer->ports, service);
	if (triple)
		text_table_format(table, "%u%%",
				  ports_pct100(triple->used, answer->ports.capacity) / 100);
	else
		text_table_str(table, NULL);
	put_owner(table, answer, i);
}

static void put_rest(struct obuf *out, size_t n, size_t shown, const char *what)
{
	char text[120];

	if (n == shown)
		return;
	snprintf(text, sizeof(text), "  (%zu more %s; --top=N shows N)\n", n - shown, what);
	obuf_put_str(out, text);
}

static int put_services(const struct time_wait_answer *answer, struct obuf *out)
{
	static const struct text_column columns[] = {
		{ "SIDE", false },      { "SERVICE", false },   { "TIME_WAIT", true },
		{ "PER_SECOND", true }, { "PORTS_USED", true }, { "LIKELY_OWNER", false },
		{ "REASON", false },
	};
	struct text_table table;
	int err;

	put_heading(out, "Services (PER_SECOND: closes, over the last 10 s; PORTS_USED: by one "
			 "source address)");
	text_table_begin(&table, columns, 7, answer->config.utf8);
	for (size_t i = 0; i < answer->shown_services; i++)
		put_service(&table, answer, i);
	err = text_table_end(&table, out, INDENT, true);
	put_rest(out, answer->n_services, answer->shown_services, "services");
	return err;
}

static int put_peers(const struct time_wait_answer *answer, struct obuf *out)
{
	static const struct text_column columns[] = {
		{ "PEER", false },     { "TIME_WAIT", true }, { "AS_CLIENT", true },
		{ "AS_SERVER", true }, { "UNCLEAR", true },
	};
	struct text_table table;
	int err;

	put_heading(out, "Peers");
	text_table_begin(&table, columns, 5, answer->config.utf8);
	for (size_t i = 0; i < answer->shown_peers; i++) {
		const struct time_wait_peer *peer = time_wait_peer(&answer->sums, i);

		put_end_point(&table, &peer->key, false);
		text_table_uint(&table, peer->count);
		text_table_uint(&table, peer->of_side[TIME_WAIT_OUTBOUND]);
		text_table_uint(&table, peer->of_side[TIME_WAIT_INBOUND]);
		text_table_uint(&table, peer->of_side[TIME_WAIT_UNCLEAR]);
	}
	err = text_table_end(&table, out, INDENT, true);
	put_rest(out, answer->n_peers, answer->shown_peers, "peers");
	return err;
}

static int put_ages(const struct time_wait_answer *answer, struct obuf *out)
{
	static const struct text_column columns[] = { { "SECONDS", true },
						      { "TIME_WAIT", true },
						      { "", false } };
	const struct time_wait_sums *sums = &answer->sums;
	uint64_t rate = time_wait_rate(sums->count), most = 0;
	struct text_table table;
	char text[160];

	snprintf(text, sizeof(text),
		 "When they were closed, seconds ago: %" PRIu64 ".%" PRIu64
		 " a second over the last 10 s, %" PRIu64 ".%" PRIu64 " over 60 s",
		 sums->recent / 10, sums->recent % 10, rate / 10, rate % 10);
	put_heading(out, sums->n_without_age ? "When they were closed is not known of all" : text);
	for (int i = 0; i < TIME_WAIT_AGES; i++)
		most = sums->ages[i] > most ? sums->ages[i] : most;
	text_table_begin(&table, columns, 3, answer->config.utf8);
	for (int i = 0; i < TIME_WAIT_AGES; i++) {
		text_table_format(&table, "%d-%d", i * CLASS_S, (i + 1) * CLASS_S);
		text_table_uint(&table, sums->ages[i]);
		text_table_bar(&table, sums->ages[i], most, BAR_WIDTH);
	}
	return text_table_end(&table, out, INDENT, true);
}

static void put_number(struct text_table *table, const char *name,
		       const struct time_wait_number *number, const char *meaning)
{
	text_table_str(table, name);
	if (number->known)
		text_table_uint(table, number->value);
	else
		text_table_str(table, NULL);
	text_table_str(table, meaning);
}

static void put_range(struct text_table *table, const struct time_wait_answer *answer)
{
	const struct time_wait_facts *facts = &answer->facts;
	const struct ports_sums *ports = &answer->ports;

	text_table_str(table, "ip_local_port_range");
	text_table_format(table, "%u-%u", ports->set.low, ports->set.high);
	text_table_format(table, "%s%" PRIu32 " for each (source, destination, port)",
			  facts->range_known ? "" : "not readable, the usual one is assumed: ",
			  ports->capacity);
	text_table_str(table, "ports not to be had");
	text_table_uint(table, ports->n_reserved + ports->n_blocked);
	text_table_format(table, "%" PRIu32 " listened on or bound, %s%" PRIu32 " reserved",
			  ports->n_blocked, facts->reserved_known ? "" : "at least ",
			  ports->n_reserved);
}

static int put_facts(const struct time_wait_answer *answer, struct obuf *out)
{
	static const struct text_column columns[] = { { NULL, false },
						      { NULL, true },
						      { NULL, false } };
	const struct time_wait_facts *facts = &answer->facts;
	const struct time_wait_number fin_wait2 = { true, answer->sums.fin_wait2 };
	struct text_table table;

	put_heading(out, "This host (settings of net.ipv4; counters since the network namespace "
			 "began)");
	text_table_begin(&table, columns, 3, answer->config.utf8);
	put_number(&table, "buckets in use", &facts->buckets, "TIME_WAIT and small FIN_WAIT2");
	put_number(&table, "tcp_max_tw_buckets", &facts->max_buckets, "as many there can be");
	put_number(&table, "TCPTimeWaitOverflow", &facts->overflows,
		   "closed without one: the buckets were full");
	put_number(&table, "TW", &facts->entered, "entered, small FIN_WAIT2 too");
	put_number(&table, "TWRecycled", &facts->recycled, "taken again by connect()");
	put_number(&table, "TWKilled", &facts->entered_short, "entered for 4 s or less");
	put_number(&table, "small FIN_WAIT2", &fin_wait2, "closed here, not by the other end");
	put_number(&table, "tcp_fin_timeout", &facts->fin_timeout_s,
		   "seconds that FIN_WAIT2 lasts");
	put_number(&table, "tcp_tw_reuse", &facts->tw_reuse,
		   "reuse by connect(): 0 no, 1 yes, 2 loopback");
	put_number(&table, "tcp_timestamps", &facts->timestamps, "tcp_tw_reuse needs them");
	put_range(&table, answer);
	return text_table_end(&table, out, INDENT, false);
}

static void put_helps(const struct time_wait_answer *answer, struct obuf *out)
{
	const struct time_wait_advice *advice = &answer->advice;

	put_heading(out, "What would help here");
	if (advice->n_helps == 0)
		obuf_put_str(out, "  Nothing needs to be changed.\n");
	for (size_t i = 0; i < advice->n_helps; i++)
		wrapped_put_labelled(out, "  -", advice->helps[i], 4, answer->config.width);
}

static void put_folk(const struct time_wait_answer *answer, struct obuf *out)
{
	const struct time_wait_advice *advice = &answer->advice;

	put_heading(out, "What people try, and what comes of it");
	for (size_t i = 0; i < advice->n_folk; i++) {
		obuf_put_str(out, "  ");
		obuf_put_str(out, advice->folk[i]);
		obuf_put_char(out, ' ');
		wrapped_put(out, advice->folk_why[i], strlen(advice->folk[i]) + 3, 4,
			    answer->config.width);
	}
}

/* What is to be known first comes first: a screen may end after 24 lines. */
int time_wait_put_text(const struct time_wait_answer *answer, struct obuf *out)
{
	bool any = answer->sums.count > 0;
	int err;

	wrapped_put(out, answer->advice.verdict, 0, 0, answer->config.width);
	put_helps(answer, out);
	err = any ? put_services(answer, out) : 0;
	if (err == 0 && any)
		err = put_sides(answer, out);
	if (err == 0 && any)
		err = put_peers(answer, out);
	if (err == 0 && any)
		err = put_ages(answer, out);
	if (err == 0)
		err = put_facts(answer, out);
	put_folk(answer, out);
	put_explanation(answer, out);
	if (answer->config.continuous)
		obuf_put_char(out, '\n');
	return err < 0 ? err : obuf_end_row(out);
}
