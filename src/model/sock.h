/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a socket is: the one normal record that every source fills and everything behind it reads. A
 * fact that the kernel did not tell has a clear bit in `has`; its member is then zero. Rows come in
 * batches and are borrowed: the record and everything it points to is valid until the function that
 * was given it returns.
 */
#ifndef LSSOCK_MODEL_SOCK_H
#define LSSOCK_MODEL_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/addr.h"
#include "model/proto.h"

/* One end of an Internet socket. */
struct endpoint {
	union inet_addr addr;
	uint32_t ifindex; /* interface the address is scoped to or the socket bound to; 0: none or
			     unknown */
	uint16_t port;    /* host order; for RAW the IP protocol's number */
};

/* Facts that may be missing. */
enum sock_fact {
	SOCK_HAS_UID = 1 << 0,
	SOCK_HAS_INODE = 1 << 1, /* clear: no process can hold the socket (TIME_WAIT, SYN_RECV,
				    orphans, not yet accepted) */
	SOCK_HAS_COOKIE = 1 << 2,
	SOCK_HAS_QUEUES = 1 << 3, /* recv_q, send_q */
	SOCK_HAS_BACKLOG =
		1 << 4, /* the limit of a listener's accept queue; recv_q is then its length */
	SOCK_HAS_TIMER = 1 << 5, /* timer, timer_ms */
	SOCK_HAS_RETRANSMITS = 1 << 6,
	SOCK_HAS_PROBES = 1 << 7,
	SOCK_HAS_IFINDEX = 1 << 8, /* the source tells interfaces (then ifindex 0 means: none) */
	SOCK_HAS_REFCNT = 1 << 9,
	SOCK_HAS_V6ONLY = 1 << 10,
	SOCK_HAS_SHUTDOWN = 1 << 11,
	SOCK_HAS_CGROUP = 1 << 12,
	SOCK_HAS_PEER = 1 << 13,   /* UNIX: peer_inode (0: the other end is not accepted yet) */
	SOCK_HAS_RECV_Q = 1 << 14, /* recv_q alone */
};

/* Which timer is running (inet_diag's idiag_timer, /proc/net/tcp's "tr"). */
enum sock_timer {
	TIMER_OFF,
	TIMER_ON,        /* retransmission, early retransmit, loss probe */
	TIMER_KEEPALIVE, /* also SYN-ACK retransmission on old kernels */
	TIMER_TIMEWAIT,
	TIMER_PROBE,  /* zero window probe */
	TIMER_DELACK, /* delayed ACK; kernels since 7.0 tell it */
};

/* Who began a connection. */
enum sock_direction {
	DIRECTION_UNKNOWN, /* no connection, or not known, or not asked for */
	DIRECTION_IN,      /* a listener of this network namespace accepts there */
	DIRECTION_OUT,     /* none does */
	DIRECTION_LOCAL,   /* both ends are on this host */
};

/* How a UNIX socket is named. */
enum unix_name_kind {
	UNIX_UNNAMED,
	UNIX_PATHNAME,
	UNIX_ABSTRACT,
};

/* A process that holds a socket. */
struct owner {
	uint32_t pid;
	uint32_t fd;
	/* The kernel's comm: up to 15 bytes (63 for kernel threads), any but NUL; NUL-terminated.
	 */
	const char *program;
	/* Security context, NUL-terminated; NULL when not asked for or unknown. */
	const char *context;
	/* With NEED_OWNER_DETAILS; NULL and 0 when not asked for or unknown. */
	const char *exe;     /* what /proc/PID/exe leads to, raw, NUL-terminated */
	const char *cmdline; /* the arguments, raw: each one ends with a NUL */
	uint32_t cmdline_len;
	bool cmdline_cut;    /* there is more of it */
	uint64_t start_time; /* seconds since 1970 */
};

/* A network namespace. */
struct sock_netns {
	const char *label; /* as kernel/netns_list.h has it, any bytes, NUL-terminated */
	uint64_t id;       /* of "net:[N]"; 0: not known */
	uint32_t place;    /* its number in this round, above 0: what tells equal labels apart */
};

/* How it is known who held a socket that is closed. */
enum holder_source {
	HOLDER_UNKNOWN,
	HOLDER_LAST_LOOK, /* it was seen while it was open */
	/* It was not, but there was a listener at its local port: who held that one most likely
	 * held what it accepted. */
	HOLDER_LISTENER,
	/* It was not, but another one connected to the same address and port was. */
	HOLDER_SAME_PEER,
};

enum { CLOSED_AT_ROOM = 32 };

/* A socket that has been closed, as the kernel told it when that happened. */
struct sock_closing {
	/* When the kernel's message was read, RFC 3339, UTC, microseconds; "" when not known. */
	char closed_at[CLOSED_AT_ROOM];
	/* The kernel has forgotten by then who held it: inode, uid, cgroup and owners are from what
	 * was seen before. */
	enum holder_source holder_source;
};

struct sock_facts;
struct sock_special;
struct unit;

struct sock {
	uint32_t has;   /* SOCK_HAS_* */
	uint8_t proto;  /* enum sock_proto */
	uint8_t family; /* AF_INET, AF_INET6, AF_UNIX, or what proto_row() says */
	uint8_t type;   /* SOCK_STREAM ... */
	/*
	 * SCTP associations: enum sctp_state; UNIX: enum unix_state; DCCP: enum dccp_state or enum
	 * tcp_state; all others, SCTP endpoints among them: enum tcp_state. Or a number that none
	 * of them has.
	 */
	uint8_t state;
	bool listening;  /* waits for connections: TCP and SCTP LISTEN, UNIX with ACC */
	bool sctp_assoc; /* SCTP: an association, not an endpoint */
	bool v6only;
	uint8_t shutdown;  /* bit 0: no more receiving, bit 1: no more sending */
	uint8_t timer;     /* enum sock_timer, or a number none of them has */
	uint8_t name_kind; /* enum unix_name_kind */
	uint16_t name_len;
	struct endpoint local, remote;
	uint32_t timer_ms; /* until the timer fires */
	uint32_t retransmits, probes;
	/* Bytes; recv_q of a listener: connections waiting for accept(). */
	uint32_t recv_q, send_q;
	uint32_t backlog;
	uint32_t uid;
	uint32_t refcnt;     /* UNIX: as /proc/net/unix shows it */
	uint32_t unix_proto; /* UNIX: the Protocol column there, 0 in every kernel so far */
	uint32_t peer_inode;
	uint64_t inode;
	uint64_t cookie; /* unique since boot; the low word first, as sock_diag has it */
	uint64_t cgroup_id;
	/*
	 * UNIX: name_len bytes, any bytes, without an abstract name's leading NUL and a path's
	 * final NUL.
	 */
	const uint8_t *name;
	/* SCTP: all addresses where they are known; the first ones repeat local and remote. */
	const struct endpoint *local_addrs, *remote_addrs;
	uint16_t n_local_addrs, n_remote_addrs;
	/* Where it is, with NEED_NETNS; valid until the end of the round. NULL: not known. */
	const struct sock_netns *netns;
	const struct sock_facts *facts; /* model/facts.h; NULL when none were asked for */
	/* What only families beyond Internet and UNIX have (model/special.h), or NULL. */
	const struct sock_special *special;
	const struct sock_closing *closing; /* NULL: it is there, and was listed */
	/* Filled by enrich/owners: all owners, in the order the processes were found. */
	const struct owner *owners;
	uint32_t n_owners;
	bool owners_hidden; /* no owner was found, but not every process could be looked into */
	/* Filled by enrich when asked for, NULL where there is none; raw, NUL-terminated. */
	const char *user, *interface, *cgroup;
	const struct unit *unit; /* what cgroup says (model/unit.h); NULL with it */
	/* The name of the socket at the other end of a UNIX socket, filled by enrich when asked
	 * for. */
	uint8_t peer_name_kind; /* UNIX_UNNAMED: none or not known */
	uint8_t direction;      /* enum sock_direction, filled by enrich when asked for */
	uint16_t peer_name_len;
	const uint8_t *peer_name;
};

struct sock_branching;

/* Where a batch of rows goes. */
struct sock_sink {
	/*
	 * Takes n rows (borrowed, may be changed in place). Returns 0, or negative to end the run:
	 * the source stops at once and answers -ECANCELED.
	 */
	int (*take)(void *ctx, struct sock *rows, size_t n);
	void *ctx;
	/* How several threads hand on rows at once; NULL: one at a time. */
	const struct sock_branching *branching;
};

/*
 * Branches of a sink: each is a sink for one thread, and the take() of one may run beside that of
 * the others, but not beside the take() of the sink itself. When one has answered negative, so do
 * all. They are opened and closed while no thread uses any.
 */
struct sock_branching {
	/* Opens one. wait: what it takes goes on when it is closed, not before; it answers -E2BIG
	 * when too much waits. 0 or -ENOMEM. */
	int (*open)(void *ctx, bool wait, struct sock_sink *branch);
	/* Hands on what is left, or forgets it, and frees the branch. 0 or negative, as take(). */
	int (*close)(struct sock_sink *branch, bool forget);
};

#endif
