/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source is asked for. Sources may answer with more rows than asked; the filter behind them
 * is the truth. */
#ifndef LSSOCK_MODEL_QUERY_H
#define LSSOCK_MODEL_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/addr.h"
#include "model/proto.h"

/* Which of the sockets of a table are shown. */
enum select_mode {
	SELECT_CONNECTED, /* neither -a nor -l: all but listeners */
	SELECT_LISTENERS, /* -l */
	SELECT_ALL,       /* -a */
};

/* The bit of a socket's type (SOCK_*, which the kernel numbers up to 10; Bluetooth: its protocol,
 * BTPROTO_*, up to 8). */
#define SELECT_TYPE(type) ((uint16_t)(1u << ((type)&15)))

/* Facts that cost something to get; nobody fetches them unless asked. */
enum sock_need {
	/* tcp_info, and with it exact retransmits and probes. It takes each socket's lock. */
	NEED_TCP_INFO = 1 << 0,
	/* UNIX: RefCnt and connections not yet accepted (reads /proc/net/unix beside netlink). */
	NEED_REFCNT = 1 << 1,
	NEED_OWNERS = 1 << 2,       /* the walk over /proc/PID/fd */
	NEED_CONTEXT = 1 << 3,      /* security contexts of the owners */
	NEED_LISTENER_UID = 1 << 4, /* the user of SYN_RECV rows, which sock_diag does not tell */
	NEED_FACTS = 1 << 5, /* attributes that sock_diag sends unasked, in struct sock_facts */
	NEED_SKMEM = 1 << 6, /* INET_DIAG_SKMEMINFO, UDIAG_SHOW_MEMINFO */
	NEED_CONGESTION = 1 << 7, /* INET_DIAG_CONG */
	NEED_CC_INFO = 1 << 8,    /* INET_DIAG_VEGASINFO: also BBR and DCTCP */
	NEED_TOS = 1 << 9,        /* INET_DIAG_TOS */
	NEED_TCLASS = 1 << 10,    /* INET_DIAG_TCLASS: also CLASS_ID */
	NEED_VFS = 1 << 11,       /* UNIX: device and inode of the path */
	NEED_USER = 1 << 12,      /* login names */
	NEED_INTERFACE = 1 << 13, /* interface names */
	NEED_CGROUP = 1 << 14,    /* cgroup paths: reads the cgroup2 mount */
	NEED_PEER_NAME =
		1 << 15, /* UNIX: the name at the other end: all UNIX sockets are read twice */
	NEED_OWNER_DETAILS = 1 << 16, /* exe, cmdline, start time of the owners */
	NEED_ALL_OWNERS = 1 << 17,    /* more than the first one */
	NEED_NETNS = 1 << 18,         /* the network namespace: looks at all processes' */
	/* User, inode and control group's id: told of every socket that is open, and not of one
	 * that has been closed. */
	NEED_HOLDER = 1 << 19,
	NEED_DIRECTION = 1 << 20, /* in or out: the listeners are listed first */
	/* With NEED_OWNER_DETAILS: that it cannot be known is told. */
	NEED_START_TIME = 1 << 21,
};

/* What the kernel can decide about an Internet socket. */
enum query_cond_kind {
	COND_AND, /* of left and right */
	COND_OR,
	COND_NOT,        /* of left */
	COND_LOCAL_PORT, /* low <= local port <= high */
	COND_REMOTE_PORT,
	COND_LOCAL_ADDR, /* the first prefix bits of the address; family as given */
	COND_REMOTE_ADDR,
	COND_DEVICE, /* bound to that interface */
	COND_MARK,   /* (mark & mask) == value; the kernel wants CAP_NET_ADMIN */
	COND_CGROUP, /* that cgroup id */
};

/*
 * A condition that a source may leave to the kernel. It never keeps out a row that the whole
 * expression would keep: whatever the kernel cannot decide has been left out of it by
 * filter/pushdown.
 */
struct query_cond {
	enum query_cond_kind kind;
	const struct query_cond *left, *right;
	uint8_t family, prefix; /* AF_INET or AF_INET6; bits */
	uint16_t low, high;
	union inet_addr addr;
	uint32_t value, mask, ifindex;
	uint64_t cgroup_id;
};

struct sock_query {
	enum sock_proto proto;
	uint8_t family; /* AF_INET, AF_INET6, AF_UNIX; for source_list_both() AF_UNSPEC */
	/*
	 * 1 << state. UNIX: bits of TCP's ESTABLISHED, LISTEN and CLOSE, as unix_diag has them.
	 */
	uint32_t states;
	uint32_t needs;                /* NEED_* */
	const struct query_cond *cond; /* NULL: none; a source may pass it over */
	uint16_t types;                /* bits SELECT_TYPE() of those wanted, 0: all; the same */
	/* One match is all that is wanted: the sink asks to stop when it has it, and does not mind
	 * a row that it is given twice. */
	bool any_will_do;
	uint64_t expected; /* about so many sockets has the table; 0: not known */
	/* Of a big table: the local ports that the kernel chooses from; 0: not known. */
	uint16_t chosen_low, chosen_high;
};

#endif
