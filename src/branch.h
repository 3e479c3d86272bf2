/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of several threads at once: which are shown is decided one batch at a time, but each thread
 * makes their text by itself, which takes longer.
 */
#ifndef LSSOCK_BRANCH_H
#define LSSOCK_BRANCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/sock.h"
#include "output/writer.h"

/* So many bytes of text may wait in all branches together. */
enum { BRANCH_ROOM = 7 << 20 };

/* What the branches have in common. Members but the last three are set by their owner. */
struct branches {
	struct writer *writer; /* one with format() and put() */
	/* Keeps those of *n rows at the front that are to be shown; *n: how many. For one thread at
	 * a time. 0 or negative to end the run. */
	int (*choose)(void *ctx, struct sock *rows, size_t *n);
	/* No text could be made of rows, for lack of memory. For one thread at a time. */
	void (*fail)(void *ctx);
	void *ctx;
	uint64_t *n_rows; /* counts the rows that were written */
	pthread_mutex_t lock;
	int error;      /* the first negative answer */
	size_t waiting; /* bytes of text */
};

/* As struct sock_branching has them. */
int branch_open(struct branches *branches, bool wait, struct sock_sink *sink);
int branch_close(struct sock_sink *sink, bool forget);

#endif
