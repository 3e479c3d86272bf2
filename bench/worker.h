/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process of the population: what it opens, and how many file descriptors that takes. A worker
 * has addresses of its own (127.1.0.0 and fd00:: plus its number), so that workers never meet.
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

enum kind {
	KIND_LISTENERS,
	KIND_CONNECTIONS,  /* each has two sockets, both held by the worker */
	KIND_ACCEPT_QUEUE, /* connections that nobody accepts; the worker holds the client */
	KIND_UDP,
	KIND_UDP_ONE_PORT,
	KIND_UNIX,
	KIND_TIME_WAIT, /* last, so that they are young when the rest stands */
	KIND_COUNT
};

/* What stands, counted as it was opened. time_wait holds for 60 s after the last filling. */
struct tally {
	unsigned listen;
	unsigned established;
	unsigned time_wait;
	unsigned udp;
	unsigned unix_sockets;
};

enum { ACCEPTOR_PORTS = 16 };

struct worker {
	unsigned number;
	unsigned first[KIND_COUNT]; /* its share of each kind: these and */
	unsigned count[KIND_COUNT]; /* so many */
	unsigned idle_fds;
	unsigned v6_percent;
	/* Listening sockets that the connections go through: [is IPv6][port], 0 if not yet open. */
	int acceptors[2][2 * ACCEPTOR_PORTS];
	struct tally tally;
};

/* File descriptors that one of a kind takes. */
unsigned kind_fds(enum kind kind);

/* The address of a worker's end; port in host order. Returns its length. */
socklen_t worker_address(struct sockaddr_storage *to, bool v6, unsigned number, unsigned port);

/* The listener whose queue fills up belongs to the parent. Returns it, or -errno. */
int worker_open_queue(unsigned backlog);

/* Opens everything but TIME_WAIT and tells on stderr what failed. Returns 0 or -errno. */
int worker_open(struct worker *worker);

/*
 * Makes the TIME_WAIT sockets, or makes them anew: the same addresses and ports again take the
 * place of those that are there, so that their number stays the same. Returns 0 or -errno.
 */
int worker_fill_time_wait(struct worker *worker);

#endif
