/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that ask the name service, side by side, and may hang there: whoever hands out the work
 * can stop waiting for it, and can go away altogether, without a lock or a byte of memory being
 * lost to the one that hangs. Only for enrich/names.c.
 */
#ifndef LSSOCK_ENRICH_NAME_POOL_H
#define LSSOCK_ENRICH_NAME_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/addr.h"

struct name_pool;
struct resolver;
struct service_table;

enum name_kind {
	NAME_HOST4,
	NAME_HOST6,
	NAME_USER,
	NAME_SERVICES, /* everything in the services and protocols databases at once */
};

/* What is asked. Compared as bytes, so unused ones are zero. */
struct name_key {
	uint32_t kind; /* enum name_kind */
	union {
		union inet_addr addr;
		uint32_t uid;
	};
};

/* One question, later with its answer. Allocated with malloc(); belongs to the pool between
 * name_pool_submit() and name_pool_answers() or name_pool_withdraw(). */
struct name_job {
	struct name_job *next;
	struct name_key key;
	uint32_t entry, epoch; /* the asker's own */
	uint32_t turn;         /* the pool's own */
	char *text;            /* the answer, unfiltered and at most 1024 bytes; NULL: no name */
	struct service_table *services; /* the answer to NAME_SERVICES; NULL: none */
	int error;                      /* 0, or -errno of the machine: there may be a name */
};

/* A pool without threads. NULL without memory. */
struct name_pool *name_pool_new(const struct resolver *resolver);

/* Never waits: threads that are idle end, those that hang end when they come back. */
void name_pool_close(struct name_pool *pool);

/*
 * Queues n jobs, linked from list on, and sees to it that threads are there for them. Returns 0, or
 * -errno when not one thread could be started (the jobs are queued all the same: withdraw them).
 */
int name_pool_submit(struct name_pool *pool, struct name_job *list, size_t n);

/* Waits for the jobs submitted since the last withdrawal, at most until that moment of
 * CLOCK_MONOTONIC. Returns whether all are answered. */
bool name_pool_wait(struct name_pool *pool, int64_t deadline_ns);

/* Jobs that are answered, linked; NULL: none. The caller frees them with name_job_free(). */
struct name_job *name_pool_answers(struct name_pool *pool);

/* Takes back the jobs that no thread has begun. Those begun are waited for no more, but their
 * answers will come. */
struct name_job *name_pool_withdraw(struct name_pool *pool);

/* Frees one job and its answer; NULL is nothing. */
void name_job_free(struct name_job *job);

#endif
