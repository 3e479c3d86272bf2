/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the states of TCP mean: RFC 9293, 3.3.2, and what Linux makes of them (net/ipv4/tcp*.c,
 * Documentation/networking/ip-sysctl.rst). Plain ASCII.
 */
#ifndef LSSOCK_VIEW_STATE_STORIES_H
#define LSSOCK_VIEW_STATE_STORIES_H

#include <stdbool.h>
#include <stddef.h>

enum { STATE_FACTS_MAX = 9, STATE_COUNT = 11 };

enum state_fact_kind {
	STATE_SETTING, /* a sysctl of one number */
	STATE_COUNTER, /* of TcpExt in /proc/net/netstat */
	/* Seconds, worked out from settings: */
	STATE_SYN_SECONDS,       /* until connect() gives up */
	STATE_SYNACK_SECONDS,    /* until a SYN_RECV is forgotten */
	STATE_KEEPALIVE_SECONDS, /* until SO_KEEPALIVE gives a silent peer up */
};

/* A number of this host that matters in a state. */
struct state_fact {
	enum state_fact_kind kind;
	const char *name; /* "net.ipv4.tcp_fin_timeout", "ListenDrops"; NULL ends the list */
	const char *meaning;
};

struct state_story {
	unsigned int state;   /* enum tcp_state */
	const char *rfc, *ss; /* its name in RFC 9293, and ss's */
	const char *brief;    /* in a few words */
	const char *meaning, *enters, *leaves, *many_mean, *look_next; /* sentences */
	/* Why sockets of this state may have no process. Of TIME_WAIT, SYN_RECV and CLOSE: why none
	 * has (never_owned). */
	const char *without_process;
	bool never_owned;
	bool never_listed; /* the kernel lists no socket in this state */
	struct state_fact facts[STATE_FACTS_MAX];
};

/* The story of a TCP state, or NULL. */
const struct state_story *state_story_find(unsigned int state);
/* All of them in the order of RFC 9293, i from 0 to STATE_COUNT - 1. */
const struct state_story *state_story_at(size_t i);

#endif
