/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of the sockets that --kill was to close. */
#ifndef LSSOCK_VIEW_KILL_ANSWER_H
#define LSSOCK_VIEW_KILL_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "model/sock_id.h"

struct data_run;
struct obuf;

/* The outcome of a struct sock_id. */
enum kill_outcome {
	KILL_PENDING,     /* not asked for yet, or the kernel did not find it and it is there */
	KILL_CLOSED,      /* the kernel says so, and it is not there any more (UDP: it says so) */
	KILL_GONE,        /* it was not there any more */
	KILL_REFUSED,     /* for want of privilege */
	KILL_UNSUPPORTED, /* by this kernel */
	KILL_FAILED,      /* it is still there, or nobody knows */
	KILL_OUTCOMES,
};

struct kill_sums {
	uint64_t n[KILL_OUTCOMES];
};

/* Counts them. Pure. */
struct kill_sums kill_sums_of(const struct sock_id *list, size_t n);

/* One line: "closed 3, gone 0, refused 0, failed 0". What is not closed, gone or refused failed. */
void kill_put_text(struct obuf *out, const struct kill_sums *sums);

/* One document, with each socket and its outcome. */
void kill_put_json(struct obuf *out, const struct data_run *run, const struct kill_sums *sums,
		   const struct sock_id *list, size_t n);

#endif
