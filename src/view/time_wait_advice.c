/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict on TIME_WAIT and what would help. What can run out: ports of one (source,
 * destination, port), and buckets of the network namespace.
 */
#include "view/time_wait_advice.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "output/field_text.h"

enum {
	PERCENT_WATCH = 50,
	PERCENT_PROBLEM = 90,
	SHARE = 4, /* one of so many ports in TIME_WAIT: what is done about it may be felt */
	BUCKET_BYTES = 256, /* of a TIME_WAIT in the kernel (slab tw_sock_TCP) */
	WIDE_RANGE = 50000, /* ports: there is not much more to be had */
	RECENT_TO_MINUTE = TIME_WAIT_MS / TIME_WAIT_RECENT_MS,
};

/* What was found out on the way to the verdict. */
struct findings {
	const struct time_wait_sums *sums;
	const struct ports_sums *ports;
	const struct time_wait_facts *facts;
	const char *client, *server; /* likely owners, escaped; NULL: not known */
	const struct time_wait_service *out, *in;
	char out_name[TIME_WAIT_NAME_MAX];
	/* Of the busiest, out: */
	bool reusable;
	uint32_t used, time_wait; /* ports, and those of them in TIME_WAIT */
	uint64_t port_percent;
	uint64_t live_percent; /* without TIME_WAIT */
	uint64_t needed;       /* ports it would need at this rate */
	bool others;           /* these are of a destination without TIME_WAIT, which has more */
	uint64_t buckets, bucket_percent;
};

static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void help(struct time_wait_advice *advice, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void folk(struct time_wait_advice *advice, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void time_wait_format_service(char *dst, const struct time_wait_key *key)
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

static uint32_t used_of(const struct ports_sums *ports, const struct time_wait_service *service)
{
	const struct ports_triple *triple = time_wait_triple(ports, service);

	return triple ? triple->used : 0;
}

const struct time_wait_service *time_wait_busiest(const struct time_wait_sums *sums,
						  const struct ports_sums *ports, size_t *i)
{
	const struct time_wait_service *best = NULL;

	for (size_t k = 0; k < sums->services.n; k++) {
		const struct time_wait_service *service = time_wait_service(sums, k);

		if (service->key.side != TIME_WAIT_OUTBOUND || service->count == 0)
			continue;
		if (!best || used_of(ports, service) > used_of(ports, best)) {
			best = service;
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

static uint64_t percent(uint64_t part, uint64_t whole)
{
	return whole ? part * 100 / whole : part > 0 ? 100 : 0;
}

static void find_out_ports(struct findings *found)
{
	const struct ports_sums *ports = found->ports;
	const struct ports_triple *triple = time_wait_triple(ports, found->out);

	time_wait_format_service(found->out_name, &found->out->key);
	if (!triple)
		return;
	found->reusable = time_wait_is_reusable(ports, found->out);
	found->used = triple->used;
	found->time_wait = triple->time_wait < triple->used ? triple->time_wait : triple->used;
	found->port_percent = ports_pct100(found->used, ports->capacity) / 100;
	found->live_percent = ports_pct100(found->used - found->time_wait, ports->capacity) / 100;
	found->needed = (uint64_t)triple->recent * RECENT_TO_MINUTE;
}

/* Connections of one source to one destination that take more ports than any others. */
static const struct ports_triple *fullest(const struct ports_sums *ports)
{
	const struct ports_triple *best = NULL;

	for (size_t i = 0; i < ports->n_triples; i++) {
		const struct ports_triple *triple = &ports->triples[i];

		if (triple->dest != PORTS_NONE && triple->wanted &&
		    (!best || triple->used > best->used))
			best = triple;
	}
	return best;
}

/* What runs out need not be of a destination that has TIME_WAIT at all. */
static void find_other_ports(struct findings *found)
{
	const struct ports_sums *ports = found->ports;
	const struct ports_triple *triple = fullest(ports);
	struct time_wait_key key = { .side = TIME_WAIT_OUTBOUND };
	uint64_t taken;

	if (!triple || triple->used <= found->used)
		return;
	taken = ports_pct100(triple->used, ports->capacity) / 100;
	if (taken < PERCENT_WATCH)
		return;
	key.addr = ports->ends[triple->dest].addr;
	key.ifindex = ports->ends[triple->dest].ifindex;
	key.port = ports->ends[triple->dest].port;
	key.family = ports->ends[triple->dest].family;
	time_wait_format_service(found->out_name, &key);
	found->others = true;
	found->reusable = false;
	found->used = triple->used;
	found->time_wait = 0;
	found->port_percent = found->live_percent = taken;
	found->needed = 0;
}

static struct findings find_out(const struct time_wait_sums *sums, const struct ports_sums *ports,
				const struct time_wait_facts *facts)
{
	struct findings found = { .sums = sums, .ports = ports, .facts = facts };
	size_t i;

	found.out = time_wait_busiest(sums, ports, &i);
	found.in = time_wait_busiest_inbound(sums, &i);
	if (found.out)
		find_out_ports(&found);
	find_other_ports(&found);
	found.buckets = facts->buckets.known ? facts->buckets.value : sums->count + sums->fin_wait2;
	if (facts->max_buckets.known)
		found.bucket_percent = percent(found.buckets, facts->max_buckets.value);
	return found;
}

/* Most of the ports may be held by connections that only the other end has not closed. */
static bool are_ports_half_closed(const struct findings *found)
{
	return found->others && found->sums->fin_wait2 * 2 >= found->used;
}

/* Connections that are not over hold most of the ports. */
static bool are_ports_live(const struct findings *found)
{
	return found->used > 0 && found->time_wait < found->used / 2 &&
	       !are_ports_half_closed(found);
}

/* Enough of the ports are in TIME_WAIT for tcp_tw_reuse to change something, and it would leave
 * room. */
static bool would_reuse_help(const struct findings *found)
{
	return (uint64_t)found->time_wait * SHARE >= found->used &&
	       found->live_percent < PERCENT_PROBLEM;
}

static enum time_wait_level level_of_buckets(const struct findings *found)
{
	if (found->bucket_percent >= PERCENT_PROBLEM)
		return TIME_WAIT_PROBLEM;
	return found->bucket_percent >= PERCENT_WATCH ? TIME_WAIT_WATCH : TIME_WAIT_FINE;
}

static enum time_wait_level level_of_ports(const struct findings *found)
{
	uint64_t hard = found->reusable ? found->live_percent : found->port_percent;

	if (!found->out && !found->others)
		return TIME_WAIT_FINE;
	if (found->ports->capacity == 0 || hard >= PERCENT_PROBLEM)
		return TIME_WAIT_PROBLEM;
	if (found->port_percent >= PERCENT_WATCH || found->needed >= found->ports->capacity)
		return TIME_WAIT_WATCH;
	return TIME_WAIT_FINE;
}

/* Appends to a text of TIME_WAIT_SENTENCE times 2 bytes. */
static void append(char *text, const char *format, ...)
{
	size_t n = strlen(text), size = 2 * TIME_WAIT_SENTENCE;
	va_list args;

	va_start(args, format);
	vsnprintf(text + n, size - n, format, args);
	va_end(args);
}

static void say_no_ports(char *text, const struct ports_sums *ports)
{
	append(text,
	       "Problem: none of the %" PRIu32 " local ports can be had for connections: %" PRIu32
	       " are reserved, and on %" PRIu32 " others someone listens or is bound; connect() "
	       "fails with EADDRNOTAVAIL.",
	       ports->range, ports->n_reserved, ports->n_blocked);
}

static void say_ports(char *text, const struct findings *found, enum time_wait_level level)
{
	uint32_t capacity = found->ports->capacity;

	if (capacity == 0) {
		say_no_ports(text, found->ports);
		return;
	}
	append(text,
	       "%s: %" PRIu32 " of the %" PRIu32 " local ports that one source address has for "
	       "connections to %s are taken (%" PRIu64 "%%)",
	       level == TIME_WAIT_PROBLEM ? "Problem" : "Getting tight", found->used, capacity,
	       found->out_name, found->port_percent);
	if (are_ports_half_closed(found))
		append(text,
		       ", none of them by TIME_WAIT; on this host %" PRIu64 " connections are "
		       "closed, and wait in FIN_WAIT2 for the other end to close as well",
		       found->sums->fin_wait2);
	else if (are_ports_live(found))
		append(text, ", %" PRIu32 " of them by connections that are still there",
		       found->used - found->time_wait);
	else if (found->needed >= capacity)
		append(text,
		       ", and at the rate of the last 10 s closed connections alone would take "
		       "%" PRIu64,
		       found->needed);
	append(text, "; without a free port connect() fails with EADDRNOTAVAIL.");
	if (found->reusable && level < TIME_WAIT_PROBLEM)
		append(text, " tcp_tw_reuse takes the edge off: connect() may use ports in "
			     "TIME_WAIT again after about a second.");
}

static void say_buckets(char *text, const struct findings *found, enum time_wait_level level)
{
	append(text,
	       "%s: %" PRIu64 " of %" PRIu64 " TIME_WAIT buckets are in use (%" PRIu64
	       "%%); when none is left, the kernel forgets closed connections at once, without "
	       "the protection that TIME_WAIT gives.",
	       level == TIME_WAIT_PROBLEM ? "Problem" : "Getting tight", found->buckets,
	       found->facts->max_buckets.value, found->bucket_percent);
}

static void say_fine(char *text, const struct findings *found)
{
	const struct time_wait_sums *sums = found->sums;

	if (sums->count == 0)
		append(text, "No problem here: there is no TIME_WAIT.");
	else if (found->out && sums->of_side[TIME_WAIT_OUTBOUND] * 10 >= sums->count)
		append(text,
		       "No problem here: the busiest destination, %s, takes %" PRIu32
		       " of the %" PRIu32 " local ports it can have (%" PRIu64 "%%).",
		       found->out_name, found->used, found->ports->capacity, found->port_percent);
	else if (sums->of_side[TIME_WAIT_INBOUND] * 2 >= sums->count)
		append(text, "No problem here: this host closed first as the server, and that "
			     "costs no ports, only a little memory.");
	else
		append(text,
		       "No problem here: %" PRIu64 " TIME_WAIT, and which side connected "
		       "cannot be told.",
		       sums->count);
}

static void say_verdict(struct time_wait_advice *advice, const struct findings *found,
			bool filtered)
{
	enum time_wait_level ports = level_of_ports(found), buckets = level_of_buckets(found);
	const struct time_wait_number *overflows = &found->facts->overflows;

	advice->level = ports > buckets ? ports : buckets;
	if (filtered)
		append(advice->verdict, "Of the chosen connections: ");
	if (advice->level == TIME_WAIT_FINE)
		say_fine(advice->verdict, found);
	else if (advice->level == ports)
		say_ports(advice->verdict, found, ports);
	else
		say_buckets(advice->verdict, found, buckets);
	if (overflows->known && overflows->value > 0)
		append(advice->verdict,
		       " The buckets have been full: %" PRIu64 " connections went without "
		       "TIME_WAIT since this network namespace began.",
		       overflows->value);
}

static void help(struct time_wait_advice *advice, const char *format, ...)
{
	va_list args;

	if (advice->n_helps == TIME_WAIT_ADVICE_MAX)
		return;
	va_start(args, format);
	vsnprintf(advice->helps[advice->n_helps++], TIME_WAIT_SENTENCE, format, args);
	va_end(args);
}

/* The setting that gives most, after the program itself. */
static void help_by_setting(struct time_wait_advice *advice, const struct findings *found)
{
	const struct time_wait_facts *facts = found->facts;
	const struct ports_sums *ports = found->ports;

	if (facts->tw_reuse.known && !found->reusable && facts->timestamps.known &&
	    facts->timestamps.value && would_reuse_help(found))
		help(advice,
		     "net.ipv4.tcp_tw_reuse=1 (now %" PRIu64 "%s): connect() may then take a port "
		     "in TIME_WAIT again after about a second, if both ends use TCP timestamps; "
		     "they are on here.",
		     facts->tw_reuse.value, facts->tw_reuse.value == 2 ? ", loopback only" : "");
	else if (ports->range < WIDE_RANGE)
		help(advice,
		     "A wider net.ipv4.ip_local_port_range (now %u to %u): 10240 65535 gives "
		     "55296; ports in it that services listen on belong into "
		     "net.ipv4.ip_local_reserved_ports.",
		     ports->set.low, ports->set.high);
	else
		help(advice,
		     "More source addresses: each one has %" PRIu32 " ports of its own for %s.",
		     ports->capacity, found->out_name);
}

static void help_half_closed(struct time_wait_advice *advice, const struct findings *found)
{
	const struct time_wait_number *timeout = &found->facts->fin_timeout_s;
	char now[48] = "";

	if (timeout->known)
		snprintf(now, sizeof(now), " (now %" PRIu64 " s)", timeout->value);
	help(advice,
	     "Let the other end of %s close its connections when this one has: until then, or "
	     "until net.ipv4.tcp_fin_timeout%s is over, each keeps its port in FIN_WAIT2. A "
	     "smaller one gives ports back sooner.",
	     found->out_name, now);
}

static void help_ports(struct time_wait_advice *advice, const struct findings *found)
{
	const char *in = found->client ? " in what is likely " : "";
	const char *client = found->client ? found->client : "";

	if (are_ports_half_closed(found))
		help_half_closed(advice, found);
	else if (are_ports_live(found))
		help(advice,
		     "Close connections to %s that are not needed, or limit how many there may be "
		     "(the size of a pool)%s%s: %" PRIu32 " live ones hold the ports, not "
		     "TIME_WAIT.",
		     found->out_name, in, client, found->used - found->time_wait);
	else if (found->out && found->ports->capacity > 0)
		help(advice,
		     "Keep connections to %s open and use them again (keep-alive, a connection "
		     "pool)%s%s: %" PRIu64 ".%" PRIu64 " closes a second are what fills the "
		     "ports. Or let the server close first: then TIME_WAIT is there.",
		     found->out_name, in, client, found->out->recent / 10, found->out->recent % 10);
	help_by_setting(advice, found);
}

static void help_buckets(struct time_wait_advice *advice, const struct findings *found)
{
	const struct time_wait_facts *facts = found->facts;
	uint64_t more = facts->max_buckets.known ? 2 * facts->max_buckets.value : 0;

	if (more)
		help(advice,
		     "net.ipv4.tcp_max_tw_buckets=%" PRIu64 " (now %" PRIu64 "): twice as many "
		     "take %" PRIu64 " MiB at most, at about %d bytes each.",
		     more, facts->max_buckets.value, (more * BUCKET_BYTES + (1 << 20) - 1) >> 20,
		     BUCKET_BYTES);
	if (found->in && found->sums->of_side[TIME_WAIT_INBOUND] * 2 >= found->sums->count)
		help(advice,
		     "Keep-alive for the clients of port %u%s%s, or let them close first: whoever "
		     "closes first has the TIME_WAIT.",
		     found->in->key.port, found->server ? ", in what is likely " : "",
		     found->server ? found->server : "");
	else if (found->out)
		help(advice, "Keep connections to %s open and use them again%s%s.", found->out_name,
		     found->client ? ", in what is likely " : "",
		     found->client ? found->client : "");
}

static void say_helps(struct time_wait_advice *advice, const struct findings *found)
{
	bool overflowed = found->facts->overflows.known && found->facts->overflows.value > 0;

	if (level_of_ports(found) >= level_of_buckets(found) &&
	    level_of_ports(found) > TIME_WAIT_FINE)
		help_ports(advice, found);
	if (level_of_buckets(found) > TIME_WAIT_FINE || overflowed)
		help_buckets(advice, found);
}

static void folk(struct time_wait_advice *advice, const char *what, const char *format, ...)
{
	va_list args;

	advice->folk[advice->n_folk] = what;
	va_start(args, format);
	vsnprintf(advice->folk_why[advice->n_folk++], TIME_WAIT_SENTENCE, format, args);
	va_end(args);
}

static void say_folk(struct time_wait_advice *advice, const struct time_wait_facts *facts)
{
	char here[48] = "";

	if (facts->fin_timeout_s.known)
		snprintf(here, sizeof(here), " (%" PRIu64 " s here)", facts->fin_timeout_s.value);
	folk(advice, "tcp_fin_timeout",
	     "does not shorten it: that%s is for FIN_WAIT2; TIME_WAIT is fixed at 60 s", here);
	folk(advice, "tcp_tw_recycle",
	     "is gone since Linux 4.12; it broke clients behind address translation");
	folk(advice, "killing or restarting",
	     "changes nothing: TIME_WAIT belongs to the kernel and to no process");
	folk(advice, "SO_REUSEADDR",
	     "lets a restarted server bind its port again; connect() finds no more ports by it");
	folk(advice, "fewer tcp_max_tw_buckets",
	     "throws them away, and with them what they are for: no bytes of an old connection "
	     "reach a new one, and a lost last ACK is sent again");
}

void time_wait_advise(struct time_wait_advice *advice, const struct time_wait_sums *sums,
		      const struct ports_sums *ports, const struct time_wait_facts *facts,
		      const char *client, const char *server, bool filtered)
{
	struct findings found = find_out(sums, ports, facts);

	memset(advice, 0, sizeof(*advice));
	found.client = client;
	found.server = server;
	say_verdict(advice, &found, filtered);
	say_helps(advice, &found);
	say_folk(advice, facts);
}
