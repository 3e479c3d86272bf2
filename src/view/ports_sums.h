/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ephemeral ports: who holds which, and for how long they will last. Fed with every TCP socket of a
 * network namespace, in any order; nothing is read from outside.
 *
 * The model (kernel: __inet_hash_connect() in net/ipv4/inet_hashtables.c): connect() looks for a
 * local port of net.ipv4.ip_local_port_range that is not reserved, that no socket was bound to
 * explicitly (a listener on any address of any family, a socket between bind() and connect()), and
 * with which the four-tuple is free. So the ports are there once for each (source address,
 * destination address, destination port), a "triple" here, and what blocks a port blocks it for all
 * of them. A device that sockets are bound to makes a triple of its own, whose ports those of the
 * triple without a device block too, and not the other way round. bind() to port 0 looks for a port
 * that no socket of that source address, or of a wildcard, has at all.
 *
 * Limits: a connection whose port was bound before connect(), and one that a listener accepted
 * which is closed by now, block their port for all triples as long as they live (TIME_WAIT too);
 * the kernel does not tell such connections from others, so they are taken for outbound ones of
 * their own triple and the other triples' free ports are too many by them. Timestamps, which a
 * TIME_WAIT needs to be used again, are not told either.
 *
 * Memory: 8 bytes a socket whose local port is in the range, 48 a triple, 32 an address or a
 * (destination, port), and the hashes of both: some 150 bytes for a triple with a destination of
 * its own. Less than 1 MB besides. Nothing is allocated for a row but by growing arrays.
 */
#ifndef LSSOCK_VIEW_PORTS_SUMS_H
#define LSSOCK_VIEW_PORTS_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "kernel/sysctl.h"
#include "model/sock.h"

enum {
	PORTS_TIME_WAIT_S = 60, /* TCP_TIMEWAIT_LEN; no sysctl changes it */
	PORTS_RECENT_S = 10,    /* new connections are those closed in so many seconds */
	PORTS_NEVER = UINT8_MAX,
	PORTS_COUNT = 65536,
};

#define PORTS_NONE UINT32_MAX

/* Settings that could not be read. */
enum ports_unread {
	PORTS_NO_RANGE = 1,
	PORTS_NO_RESERVED = 2,
	PORTS_NO_REUSE = 4,
	PORTS_NO_REUSE_DELAY = 8,
	PORTS_NO_TIMESTAMPS = 16,
};

/* What the kernel is set to, or has by default where it could not be read. */
struct ports_settings {
	uint32_t unread; /* of enum ports_unread */
	uint16_t low, high;
	struct port_set reserved;
	uint32_t tw_reuse;          /* 0 no, 1 yes, 2 on loopback only */
	uint32_t tw_reuse_delay_ms; /* how old a TIME_WAIT must be */
	bool timestamps;            /* without them none is used again */
};

/* An address, or an address and a port. IPv4 also where a socket had it as ::ffff:a.b.c.d. */
struct ports_end {
	union inet_addr addr;
	/* Of a destination: the device that the sockets are bound to; of a source: that of a
	 * link-local address. 0: none. */
	uint32_t ifindex;
	uint32_t next;  /* of the same hash */
	uint32_t first; /* a source: the first of its triples */
	uint16_t port;  /* 0: an address alone */
	uint8_t family; /* AF_INET, AF_INET6 */
	bool listens;   /* a socket listens on it */
};

/* The connections from ephemeral ports of one source to one destination. */
struct ports_triple {
	uint32_t source, dest; /* ends; dest PORTS_NONE: sockets of the source without one */
	uint32_t next;         /* of the same source */
	uint32_t first;        /* of its sockets */
	uint32_t established, time_wait, other;
	uint32_t half_closed; /* of other: in FIN_WAIT2, closed here and held by no process */
	/* Ports of the capacity that connections have: those of the triple, and where it has a
	 * device those of the triple without too. */
	uint32_t used;
	uint32_t reusable;   /* of these: TIME_WAIT that connect() may take again */
	uint32_t recent;     /* connections that went to TIME_WAIT in the last PORTS_RECENT_S */
	uint8_t exhausted_s; /* seconds; PORTS_NEVER: not at this rate */
	bool wanted;         /* to be shown */
};

/* The ports of one source address as bind() to port 0 sees them. */
struct ports_source {
	uint32_t end;
	uint32_t used; /* ports that are not reserved and have an owner */
	bool wanted;
};

enum ports_hold_kind {
	PORTS_HOLD_ESTABLISHED,
	PORTS_HOLD_TIME_WAIT,
	PORTS_HOLD_HALF_CLOSED, /* FIN_WAIT2 without a process */
	PORTS_HOLD_OTHER,
	PORTS_HOLD_OWNER, /* listens, or is bound only */
};

/* One socket with a local port in the range. */
struct ports_hold {
	uint32_t next; /* of the same triple */
	uint16_t port;
	uint8_t kind : 3;
	bool reusable : 1, recent : 1;
	/* Seconds until the port is free again, rounded up; PORTS_NEVER: nobody knows. */
	uint8_t frees_s;
};

struct ports_sums {
	struct ports_settings set;
	/* A zeroed struct has none of these. */
	struct ports_end *ends;
	size_t n_ends, cap_ends;
	struct hash64 end_hash;
	struct ports_triple *triples;
	size_t n_triples, cap_triples;
	struct hash64 triple_hash; /* (source, dest) -> index */
	struct ports_hold *holds;  /* sockets with a local port in the range */
	size_t n_holds, cap_holds;

	struct port_set listening;            /* a listener on any address */
	struct port_set bound;                /* bound, neither listening nor connected */
	struct port_set listen4, listen6;     /* listeners on the wildcard of that family */
	struct port_set wildcard4, wildcard6; /* these, and sockets only bound to it */

	/* From here on: results of ports_sums_finish(). */
	struct port_set usable;
	uint32_t range, n_reserved, n_blocked; /* ports; blocked: not reserved, yet not usable */
	uint32_t capacity;                     /* range - n_reserved - n_blocked */
	uint32_t bind_capacity;                /* range - n_reserved */
	struct ports_source *sources;
	size_t n_sources, cap_sources;
	size_t n_wanted;                /* triples to be shown */
	uint32_t outbound[PORTS_COUNT]; /* connections from that port which no listener accepted */
	/* While a triple is counted: 0 not at all, 1 by a TIME_WAIT that may be used again, else 2
	 * more than the seconds, or PORTS_NEVER. */
	uint8_t blocked_until[PORTS_COUNT];
	uint32_t owned_by[PORTS_COUNT]; /* the last source found to own the port, plus 1 */
};

/* Forgets the sockets of the round before and keeps memory. The range must have low <= high. */
void ports_sums_begin(struct ports_sums *sums, const struct ports_settings *settings);
void ports_sums_free(struct ports_sums *sums);

/*
 * Adds one socket; of other protocols than TCP nothing is taken. wanted: its triple and its source
 * are to be shown. 0 or -ENOMEM.
 */
int ports_sums_add(struct ports_sums *sums, const struct sock *row, bool wanted);

/* Computes what the members of the sums say, once after the last socket. 0 or -ENOMEM. */
int ports_sums_finish(struct ports_sums *sums);

/*
 * The at most max triples to be shown of which most ports are used, these first, then in the order
 * of their addresses: *list gets their indices (malloc()ed, the caller frees it), *n how many. 0 or
 * -ENOMEM.
 */
int ports_sums_top(const struct ports_sums *sums, size_t max, uint32_t **list, size_t *n);

/* Ports of the triple that connect() cannot get: those used less those to be taken again. */
uint32_t ports_taken(const struct ports_triple *triple);
/* The triple to be shown of which most are taken, the first of them in the order above; PORTS_NONE:
 * there is none. */
uint32_t ports_sums_fullest(const struct ports_sums *sums);

/* The same order for sources: sorts sums->sources, those not to be shown last. */
void ports_sums_sort_sources(struct ports_sums *sums);

/* The end of that key, or PORTS_NONE. Only the members that make the key are looked at: addr,
 * ifindex, port, family. */
uint32_t ports_find_end(const struct ports_sums *sums, const struct ports_end *key);
/* Whether connect() may take a TIME_WAIT of these ends again, once it is old enough and if it has
 * timestamps (kernel: tcp_twsk_unique() in net/ipv4/tcp_ipv4.c). */
bool ports_may_reuse(const struct ports_sums *sums, const struct ports_end *source,
		     const struct ports_end *dest);

/* used of capacity in hundredths of a percent, rounded, but 10000 only where none is left; that too
 * where there is no capacity. */
uint32_t ports_pct100(uint32_t used, uint32_t capacity);
/* capacity - used, never below zero. */
uint32_t ports_free(uint32_t used, uint32_t capacity);

/*
 * Writes the set as ip_local_reserved_ports takes it ("8080,9000-9010") at dst, size bytes with the
 * final NUL. Returns false when it does not fit; PORTS_LIST_MAX always does.
 */
bool ports_format_set(const struct port_set *set, char *dst, size_t size);
enum { PORTS_LIST_MAX = 6 * PORTS_COUNT };

#endif
