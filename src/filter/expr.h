/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions: ss's filter language as its manual describes it, and every field of the field table
 * by name.
 *
 *     expression   [state X | exclude X]... [or-list]
 *     or-list      and-list { or and-list }                  or  ||  |
 *     and-list     operand { [and] operand }                 and &&  &   side by side: and
 *     operand      { not } ( or-list )  or  { not } term     not !
 *     term         src|dst [OP] HOST      sport|dport [OP] PORT     state [OP] STATE     exclude
 * STATE dev [OP] NAME|INDEX    fwmark [OP] MARK[/MASK]   cgroup [OP] PATH     autobound FIELD OP
 * VALUE         FIELD OP           = == eq   != ne neq   < lt   <= le leq   > gt   >= ge geq   ~ !~
 * (globs)   in
 *
 * Leading "state X" and "exclude X" make one set that holds for all that follows, unless an
 * operator follows them: then they are a term like any other. Words may be quoted, wholly or in
 * part; blanks around operators and brackets are not needed. Keywords are such in any case, fields
 * with '-' or
 * '_'.
 *
 * What it means:
 * - A comparison with a fact that the socket does not have is false, also with "!="; "not" turns it
 *   around. A field alone is true when it is known, a bool field alone when it is true. Of a field
 *   with several values (owners) any will do; "!=" and "!~" want that none is equal.
 * - sport, dport, src and dst without a family are about Internet sockets (with world.family
 * AF_UNIX: about UNIX ones). 0 is a port like any other; of a raw socket sport is the IP protocol,
 * dport 0. A service with different ports for TCP, UDP and SCTP means each one's.
 * - Addresses compare as families: an IPv4 prefix matches IPv4 sockets and v4-mapped ones, never
 * the first bytes of an IPv6 address. "inet:" and "inet6:" allow sockets of that family only.
 * Missing numbers of an IPv4 address are 0. A host's name means all of its addresses.
 * - unix:GLOB, /GLOB and @GLOB: the name, in any case of its letters; unnamed sockets have the
 * empty one. sport and dport unix:N are the inodes of this end and of the other. link:, netlink:,
 * vsock: and the like are accepted and match nothing.
 * - dev is the interface that the socket is bound to (SO_BINDTODEVICE or a scope; bind() of packet
 *   and XDP sockets), which is all the kernel tells; "!=" is also true of one bound to none.
 * - autobound: an Internet port within net.ipv4.ip_local_port_range, but not that of connections
 *   which a listener accepted; a UNIX socket that has no name or one that the kernel gave it.
 * - States: SCTP associations and UNIX sockets take part under the TCP state that says the same
 *   (UNCONNECTED: closed, CONNECTED: established).
 * - Words (FIELD_WORD) compare in any case, texts (FIELD_TEXT) exactly. Of arguments (cmdline) the
 *   NULs between them match as blanks.
 */
#ifndef LSSOCK_FILTER_EXPR_H
#define LSSOCK_FILTER_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/query.h"
#include "model/sock.h"

struct expr;

/* Where the text is wrong: the word text[start..start + len) and what was expected. At the end of
 * the text len is 0. */
struct expr_error {
	size_t start, len;
	char message[200]; /* one line, not escaped */
	bool is_outage;    /* the text may be right: a name could not be looked up */
};

/* What parsing asks the world for. Members may be NULL: then such words are refused. */
struct expr_world {
	/* All addresses of a host name into list (at most max). Returns how many, 0 for none, or
	 * -errno. */
	int (*addresses)(void *ctx, const char *name, uint8_t *families, union inet_addr *list,
			 size_t max);
	/* The port of a service name for a protocol's word ("tcp", "udp", "sctp"), 0 for none. */
	uint16_t (*service)(void *ctx, const char *name, const char *proto);
	/* The number of an interface, a user, 0 / -ENOENT for none. */
	uint32_t (*ifindex)(void *ctx, const char *name);
	int (*uid)(void *ctx, const char *name, uint32_t *uid);
	/* The id of a cgroup path (its directory's inode), 0 for none; or -errno where none can be
	 * seen. */
	int (*cgroup)(void *ctx, const char *path, uint64_t *id);
	/*
	 * Whether a TCP listener has that port: asked while matching autobound, so it must stay
	 * valid as long as the expression. NULL: not known, and connections that a listener
	 * accepted on a port of the range count as autobound.
	 */
	bool (*is_served)(void *ctx, uint16_t port);
	/* Rows come from several network namespaces: what each of them has of its own, interfaces
	 * by name and the range of autobound, is refused. */
	bool many_netns;
	/* net.ipv4.ip_local_port_range, for autobound: as numbers, or asked for where the word
	 * stands. */
	uint16_t port_low, port_high;
	void (*port_range)(void *ctx, uint16_t *low, uint16_t *high);
	/* AF_UNIX when only UNIX sockets are listed: what hosts and ports without a family mean. */
	uint8_t family;
	void *ctx;
};

/*
 * Parses text (len bytes, any bytes; the words of the command line joined by blanks). Returns 0 and
 * *out, -EINVAL and *error, or -ENOMEM. Nesting is bounded (EXPR_MAX_DEPTH brackets); time and
 * memory are linear in len. An empty text is an expression that is always true.
 */
int expr_parse(const char *text, size_t len, const struct expr_world *world, struct expr **out,
	       struct expr_error *error);
void expr_free(struct expr *expr);

enum { EXPR_MAX_DEPTH = 1000 };

/* Whether the socket matches. Pure (but for world.is_served); needs no stack. */
bool expr_matches(const struct expr *expr, const struct sock *sock);
/* The needs that no source fulfils: they are looked up for the rows that it has sent. */
#define EXPR_LATE_NEEDS                                                                    \
	((uint32_t)(NEED_OWNERS | NEED_ALL_OWNERS | NEED_OWNER_DETAILS | NEED_START_TIME | \
		    NEED_CONTEXT | NEED_USER | NEED_INTERFACE | NEED_CGROUP | NEED_PEER_NAME))

/*
 * Whether it may match once the facts of missing (NEED_*) are filled in, or if those that are kept
 * from us were known: false only when they cannot help. For dropping rows before owners, names and
 * cgroups are looked up.
 */
bool expr_may_match(const struct expr *expr, const struct sock *sock, uint32_t missing);

/*
 * Whether the answer for this socket (all that could be had of it is filled in) hinges on a fact
 * that was kept from us: owners of others' sockets, marks and what else goes with CAP_NET_ADMIN,
 * what /proc/net does not tell, and unseen (NEED_*): what could not be had in this round.
 * expr_matches() then takes the fact for absent.
 */
bool expr_is_undecided(const struct expr *expr, const struct sock *sock, uint32_t unseen);

/* The costly facts its fields need: NEED_*. */
uint32_t expr_needs(const struct expr *expr);
/* Whether a source alone tells all of them, so that expr_matches() can be asked at once. */
bool expr_is_cheap(const struct expr *expr);

/*
 * The first thing that the expression asks of sockets and that is_told() does not say is known of
 * them: the name of a field, or "autobound". NULL: there is none. For sockets that are not the
 * kernel's.
 */
const char *expr_asks_beyond(const struct expr *expr, bool (*is_told)(void *ctx, const char *name),
			     void *ctx);

/* The canonical text of the expression, which parses to the same in a world of family 0: for
 * --explain-filter and tests. malloc()ed; NULL without memory. */
char *expr_print(const struct expr *expr);

/* Whether any socket of a table can match. */
bool expr_may_match_table(const struct expr *expr, enum sock_proto proto, uint8_t family);
/* Whether it names TCP's state bound-inactive, which is not listed otherwise. */
bool expr_names_bound(const struct expr *expr);
/* Whether it speaks of states at all (then netstat's choice of connections is not applied). */
bool expr_names_state(const struct expr *expr);

/* What is left to the kernel for one table. */
struct pushdown {
	uint32_t states;          /* narrowed from query->states; 0: nothing can match */
	struct query_cond *conds; /* owned; NULL: nothing to push */
	size_t n_conds;
	const struct query_cond *root;
};

/* Deeper than this no condition is nested. */
enum { PUSHDOWN_MAX_CONDS = 1024 };

/*
 * Computes what the kernel can decide of expr for the table of query: a condition that is true of
 * every socket that expr is true of. The condition is bounded in size; what does not fit stays with
 * expr_matches(). With NEED_LISTENER_UID listeners are asked for too where SYN_RECV is: they tell
 * its user. 0 or -ENOMEM. Pure.
 */
int expr_pushdown(const struct expr *expr, const struct sock_query *query, struct pushdown *out);
void pushdown_free(struct pushdown *pushdown);

#endif
