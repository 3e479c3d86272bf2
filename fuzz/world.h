/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world made of an input: a kernel that answers what the input says, a /proc whose files it
 * wrote, a report that is looked at in the end.
 */
#ifndef LSSOCK_FUZZ_WORLD_H
#define LSSOCK_FUZZ_WORLD_H

#include "base/env.h"
#include "base/report.h"
#include "fuzz.h"

/* What a piece of an input means to the kernel of a world; which: the table, and bits. */
enum fuzz_play_kind {
	FUZZ_DATAGRAM,  /* received as it is, but for the request's numbers */
	FUZZ_TRUNCATED, /* the same, and its end is lost */
	FUZZ_FOREIGN,   /* from another netlink port */
	FUZZ_ERROR,     /* receiving fails with the first two bytes, 0 to 4095 */
	FUZZ_SILENCE,   /* from here on nothing comes, no end either */
	FUZZ_PLAY_KINDS,
};

enum { FUZZ_PLAYS_MAX = 256, FUZZ_TABLES = 22 };

struct fuzz_play {
	enum fuzz_play_kind kind;
	uint8_t table;
	const uint8_t *data;
	size_t len;
};

struct fuzz_world {
	struct env env;
	struct report report;
	struct fuzz_play plays[FUZZ_PLAYS_MAX];
	size_t n_plays;
	size_t at[FUZZ_TABLES]; /* the next play of a table */
	bool one_table;         /* the plays answer whatever is asked */
	int open_error;         /* of the link */
	unsigned int n_sends;
	int64_t now_ns;
	unsigned int n_sleeps, max_sleeps; /* then a signal asks to stop */
};

/* An empty world, for one input. Borrows what the plays point to. */
void fuzz_world_begin(struct fuzz_world *world);
/* Checks the report's lines and takes back everything. */
void fuzz_world_end(struct fuzz_world *world);

/* The kernel's answer goes on with this piece; further ones than fit are left out. */
void fuzz_world_play(struct fuzz_world *world, const struct fuzz_chunk *chunk);
/* For struct env's diag_open, with the world in diag_ctx. */
struct nl_link;
int fuzz_world_open(const struct env *env, struct nl_link **out);
/* The number of a table by what a request asks: 0 tcp, 1 tcp6, udp, udplite, raw, sctp, 10 unix,
 * packet, netlink, vsock, tipc, xdp, smc, 17 mptcp, 18 mptcp6, dccp, 21 any other. */
unsigned int fuzz_table_of(uint8_t family, uint8_t protocol);

/* Writes a file below /proc, and the directories it needs, until the world ends. */
void fuzz_world_file(struct fuzz_world *world, const char *path, const void *data, size_t n);
/* A link; a text with a NUL or without any bytes makes none. */
void fuzz_world_link(struct fuzz_world *world, const char *path, const void *data, size_t n);

/* A file in memory for output: emptied, and its text (to be freed) with a NUL behind it. */
int fuzz_memory_file(void);
char *fuzz_memory_text(int fd, size_t *n);

/* What the row does not know is zero; for the first rows of an input: its fields can be written in
 * every form, and nothing but text comes out. */
struct sock;
void fuzz_check_row(const struct sock *row);

#endif
