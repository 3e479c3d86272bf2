/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to the name service, in a thread that may be left to itself. */
#include "enrich/host_lookup.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/env.h"
#include "base/resolver.h"
#include "base/thread.h"

/* How long a signal may go unnoticed. */
static const int64_t slice_ns = 50 * 1000000;

/* Shared by asker and thread; the last one to leave frees it. */
struct lookup {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	unsigned int users;
	bool is_done;
	int n; /* of addresses, or -errno */
	void (*begin_thread)(void);
	int (*addresses)(const char *name, uint8_t *families, uint8_t (*list)[16], size_t max);
	size_t max;
	uint8_t *families;
	uint8_t (*list)[16];
	char name[];
};

static void lookup_free(struct lookup *lookup)
{
	free(lookup->families);
	free(lookup->list);
	free(lookup);
}

static struct lookup *lookup_new(const struct env *env, const char *name, size_t max)
{
	size_t n = strlen(name) + 1;
	struct lookup *lookup = calloc(1, sizeof(*lookup) + n);
	pthread_condattr_t attr;

	if (!lookup)
		return NULL;
	memcpy(lookup->name, name, n);
	lookup->begin_thread = env->resolver->begin_thread;
	lookup->addresses = env->resolver->addresses;
	lookup->max = max;
	lookup->families = calloc(max, sizeof(*lookup->families));
	lookup->list = calloc(max, sizeof(*lookup->list));
	if (!lookup->families || !lookup->list || pthread_condattr_init(&attr) != 0) {
		lookup_free(lookup);
		return NULL;
	}
	lookup->users = 2;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&lookup->answered, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&lookup->lock, NULL);
	return lookup;
}

/* Leaves, with the lock held. */
static void lookup_leave(struct lookup *lookup)
{
	bool last = --lookup->users == 0;

	pthread_mutex_unlock(&lookup->lock);
	if (!last)
		return;
	pthread_cond_destroy(&lookup->answered);
	pthread_mutex_destroy(&lookup->lock);
	lookup_free(lookup);
}

static void *lookup_run(void *arg)
{
	struct lookup *lookup = arg;
	int n;

	if (lookup->begin_thread)
		lookup->begin_thread();
	n = lookup->addresses(lookup->name, lookup->families, lookup->list, lookup->max);

	pthread_mutex_lock(&lookup->lock);
	lookup->n = n;
	lookup->is_done = true;
	pthread_cond_signal(&lookup->answered);
	lookup_leave(lookup);
	return NULL;
}

/* With the lock held: 0, -ETIMEDOUT or -EINTR. */
static int lookup_wait(struct lookup *lookup, const struct env *env, int64_t deadline_ns)
{
	while (!lookup->is_done) {
		int64_t now = env->now_ns(env), until = now + slice_ns;
		struct timespec at;

		if (env->stop_signal(env))
			return -EINTR;
		if (now >= deadline_ns)
			return -ETIMEDOUT;
		if (until > deadline_ns)
			until = deadline_ns;
		at.tv_sec = (time_t)(until / 1000000000);
		at.tv_nsec = (long)(until % 1000000000);
		pthread_cond_timedwait(&lookup->answered, &lookup->lock, &at);
	}
	return 0;
}

int host_lookup(const struct env *env, const char *name, uint8_t *families, union inet_addr *list,
		size_t max, int64_t deadline_ns)
{
	struct lookup *lookup = lookup_new(env, name, max);
	pthread_t thread;
	int n;

	if (!lookup)
		return -ENOMEM;
	n = thread_start(&thread, THREAD_DETACHED, 0, lookup_run, lookup);
	pthread_mutex_lock(&lookup->lock);
	if (n < 0) {
		lookup->users--; /* there is no thread */
	} else {
		n = lookup_wait(lookup, env, deadline_ns);
		if (n == 0)
			n = lookup->n;
	}
	for (int i = 0; i < n && (size_t)i < max; i++) {
		families[i] = lookup->families[i];
		memcpy(list[i].bytes, lookup->list[i], sizeof(list[i].bytes));
	}
	lookup_leave(lookup);
	return n;
}
