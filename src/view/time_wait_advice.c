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

enum {
	SHARE = 4, /* one of so many ports in TIME_WAIT: what is done about it may be felt */
	BUCKET_BYTES = 256, /* of a TIME_WAIT in the kernel (slab tw_sock_TCP) */
	WIDE_RANGE = 50000, /* ports: there is not much more to be had */
};

static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void help(struct time_wait_advice *advice, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void folk(struct time_wait_advice *advice, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Connections that are not over hold most of the ports. */
static bool are_ports_live(const struct time_wait_findings *found)
{
	return found->load.live > found->load.time_wait &&
	       found->load.live > found->load.half_closed;
}

/* Connections that this host closed and the other end did not hold most of the ports. */
static bool are_ports_half_closed(const struct time_wait_findings *found)
{
	return found->load.half_closed > 0 && !are_ports_live(found) &&
	       found->load.half_closed >= found->load.time_wait;
}

static bool is_half_closed_worth_telling(const struct time_wait_findings *found)
{
	return are_ports_half_closed(found) ||
	       (found->load.half_closed > 0 &&
		(uint64_t)found->load.half_closed * SHARE >= found->load.used);
}

/* Enough of the ports are in TIME_WAIT for tcp_tw_reuse to change something. */
static bool is_reuse_felt(const struct time_wait_findings *found)
{
	return (uint64_t)found->load.time_wait * SHARE >= found->load.used;
}

/* And it would leave room. */
static bool would_reuse_help(const struct time_wait_findings *found)
{
	return is_reuse_felt(found) && found->load.hard_percent < TIME_WAIT_PERCENT_PROBLEM;
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

/* What takes the ports, where it is not TIME_WAIT alone. */
static void say_holders(char *text, const struct time_wait_load *load, bool half_closed)
{
	bool live = load->live > load->time_wait && load->live > load->half_closed;

	if (live)
		append(text, ", %" PRIu32 " of them by connections that are still there",
		       load->live);
	if (!half_closed)
		return;
	append(text,
	       "%s %" PRIu32 " %sby closed connections that wait in FIN_WAIT2 for the other end "
	       "to close as well",
	       live ? " and" : ",", load->half_closed, live ? "" : "of them ");
	if (!live && load->time_wait > 0)
		append(text, " and %" PRIu32 " by TIME_WAIT", load->time_wait);
}

static void say_ports(char *text, const struct time_wait_findings *found,
		      enum time_wait_level level)
{
	uint32_t capacity = found->ports->capacity;
	bool half_closed = is_half_closed_worth_telling(found);

	if (capacity == 0) {
		say_no_ports(text, found->ports);
		return;
	}
	append(text,
	       "%s: %" PRIu32 " of the %" PRIu32 " local ports that one source address has for "
	       "connections to %s are taken (%" PRIu64 "%%)",
	       level == TIME_WAIT_PROBLEM ? "Problem" : "Getting tight", found->load.used, capacity,
	       found->out_name, found->load.port_percent);
	say_holders(text, &found->load, half_closed);
	if (!are_ports_live(found) && found->load.needed >= capacity &&
	    (!half_closed || found->load.port_percent < TIME_WAIT_PERCENT_WATCH))
		append(text,
		       ", and at the rate of the last 10 s closed connections alone would take "
		       "%" PRIu64,
		       found->load.needed);
	append(text, "; without a free port connect() fails with EADDRNOTAVAIL.");
	if (found->load.reusable && level < TIME_WAIT_PROBLEM && is_reuse_felt(found))
		append(text, " tcp_tw_reuse takes the edge off: connect() may use ports in "
			     "TIME_WAIT again after about a second.");
}

static void say_buckets(char *text, const struct time_wait_findings *found,
			enum time_wait_level level)
{
	append(text,
	       "%s: %" PRIu64 " of %" PRIu64 " TIME_WAIT buckets are in use (%" PRIu64
	       "%%); when none is left, the kernel forgets closed connections at once, without "
	       "the protection that TIME_WAIT gives.",
	       level == TIME_WAIT_PROBLEM ? "Problem" : "Getting tight", found->buckets,
	       found->facts->max_buckets.value, found->bucket_percent);
}

static void say_fine(char *text, const struct time_wait_findings *found)
{
	const struct time_wait_sums *sums = found->sums;

	if (sums->count == 0)
		append(text, "No problem here: there is no TIME_WAIT.");
	else if (found->out && sums->of_side[TIME_WAIT_OUTBOUND] * 10 >= sums->count)
		append(text,
		       "No problem here: the busiest destination, %s, takes %" PRIu32
		       " of the %" PRIu32 " local ports it can have (%" PRIu64 "%%).",
		       found->out_name, found->load.used, found->ports->capacity,
		       found->load.port_percent);
	else if (sums->of_side[TIME_WAIT_INBOUND] * 2 >= sums->count)
		append(text, "No problem here: this host closed first as the server, and that "
			     "costs no ports, only a little memory.");
	else
		append(text,
		       "No problem here: %" PRIu64 " TIME_WAIT, and which side connected "
		       "cannot be told.",
		       sums->count);
}

static void say_verdict(struct time_wait_advice *advice, const struct time_wait_findings *found,
			bool filtered)
{
	enum time_wait_level ports = found->load.level, buckets = found->buckets_level;
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
static void help_by_setting(struct time_wait_advice *advice, const struct time_wait_findings *found)
{
	const struct time_wait_facts *facts = found->facts;
	const struct ports_sums *ports = found->ports;

	if (facts->tw_reuse.known && !found->load.reusable && facts->timestamps.known &&
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

static void help_half_closed(struct time_wait_advice *advice,
			     const struct time_wait_findings *found)
{
	const struct time_wait_number *timeout = &found->facts->fin_timeout_s;
	char now[48] = "";

	if (timeout->known)
		snprintf(now, sizeof(now), " (now %" PRIu64 " s)", timeout->value);
	help(advice,
	     "Let the other end of %s close its connections, best before this one does: while "
	     "it does not, each of the %" PRIu32 " keeps its port in FIN_WAIT2, for "
	     "net.ipv4.tcp_fin_timeout%s after the process closed it. A shorter one gives ports "
	     "back sooner; tcp_tw_reuse takes none in FIN_WAIT2. lssock --ports shows the "
	     "destinations.",
	     found->out_name, found->load.half_closed, now);
}

/* No range is wide enough when all of it is set aside. */
static void help_no_ports(struct time_wait_advice *advice, const struct ports_sums *ports)
{
	help(advice,
	     "A wider net.ipv4.ip_local_port_range (now %u to %u), or fewer ports of it in "
	     "net.ipv4.ip_local_reserved_ports (now %" PRIu32 ") and with listeners or bound (now "
	     "%" PRIu32 ").",
	     ports->set.low, ports->set.high, ports->n_reserved, ports->n_blocked);
}

static void help_ports(struct time_wait_advice *advice, const struct time_wait_findings *found)
{
	const struct time_wait_load *load = &found->load;
	const char *client = found->others ? NULL : found->client;
	const char *in = client ? " in what is likely " : "";
	uint64_t recent = found->others ? load->recent : found->out ? found->out->recent : 0;

	if (found->ports->capacity == 0) {
		help_no_ports(advice, found->ports);
		return;
	}
	if (are_ports_half_closed(found))
		help_half_closed(advice, found);
	else if (are_ports_live(found))
		help(advice,
		     "Close connections to %s that are not needed, or limit how many there may be "
		     "(the size of a pool)%s%s: %" PRIu32 " live ones hold the ports, not "
		     "TIME_WAIT.",
		     found->out_name, in, client ? client : "", load->live);
	else
		help(advice,
		     "Keep connections to %s open and use them again (keep-alive, a connection "
		     "pool)%s%s: %" PRIu64 ".%" PRIu64 " closes a second are what fills the "
		     "ports. Or let the server close first: then TIME_WAIT is there.",
		     found->out_name, in, client ? client : "", recent / 10, recent % 10);
	help_by_setting(advice, found);
}

static void help_buckets(struct time_wait_advice *advice, const struct time_wait_findings *found)
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
	else if (found->out && !found->others)
		help(advice, "Keep connections to %s open and use them again%s%s.", found->out_name,
		     found->client ? ", in what is likely " : "",
		     found->client ? found->client : "");
}

static void say_helps(struct time_wait_advice *advice, const struct time_wait_findings *found)
{
	bool overflowed = found->facts->overflows.known && found->facts->overflows.value > 0;

	if (found->load.level >= found->buckets_level && found->load.level > TIME_WAIT_FINE)
		help_ports(advice, found);
	if (found->buckets_level > TIME_WAIT_FINE || overflowed)
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

/* The setting that is for the other state than the one that takes the ports. */
static void say_folk_setting(struct time_wait_advice *advice,
			     const struct time_wait_findings *found)
{
	const struct time_wait_number *timeout = &found->facts->fin_timeout_s;
	char here[48] = "";

	if (timeout->known)
		snprintf(here, sizeof(here), " (%" PRIu64 " s here)", timeout->value);
	if (found->load.level == TIME_WAIT_FINE || !are_ports_half_closed(found))
		folk(advice, "tcp_fin_timeout",
		     "does not shorten it: that%s is for FIN_WAIT2; TIME_WAIT is fixed at 60 s",
		     here);
	else if (!would_reuse_help(found))
		folk(advice, "tcp_tw_reuse",
		     "gives no ports in FIN_WAIT2 back: connect() takes those in TIME_WAIT alone");
}

static void say_folk(struct time_wait_advice *advice, const struct time_wait_findings *found)
{
	say_folk_setting(advice, found);
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
	struct time_wait_findings found = time_wait_find_out(sums, ports, facts);

	memset(advice, 0, sizeof(*advice));
	found.client = client;
	found.server = server;
	say_verdict(advice, &found, filtered);
	say_helps(advice, &found);
	say_folk(advice, &found);
}
