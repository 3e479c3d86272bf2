/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that ask the name service (POSIX threads, detached).
 *
 * A job belongs to exactly one side: on the queue or the list of answers to the pool, in between to
 * the thread that works on it, with no lock held. The pool itself is freed by the last one to leave
 * it: the asker, or a thread that came back late.
 */
#include "enrich/name_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/resolver.h"
#include "base/thread.h"
#include "enrich/service_table.h"

enum {
	POOL_THREADS_MAX = 16,
	POOL_STACK = 1024 * 1024, /* name service modules are generous with theirs */
	NAME_TEXT_MAX = 1025,     /* NI_MAXHOST */
};

struct name_pool {
	struct resolver resolver;
	pthread_mutex_t lock;
	pthread_cond_t work, answered;
	struct name_job *queue, **queue_tail;
	struct name_job *done, **done_tail;
	size_t awaited; /* jobs of this turn that are not yet answered */
	uint32_t turn;
	unsigned int threads, idle, users;
	bool closing;
};

void name_job_free(struct name_job *job)
{
	if (!job)
		return;
	free(job->text);
	service_table_free(job->services);
	free(job);
}

static void name_jobs_free(struct name_job *list)
{
	while (list) {
		struct name_job *next = list->next;

		name_job_free(list);
		list = next;
	}
}

static int name_pool_init_locks(struct name_pool *pool)
{
	pthread_condattr_t attr;
	int error = pthread_condattr_init(&attr);

	if (error)
		return -error;
	error = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (!error)
		error = pthread_cond_init(&pool->answered, &attr);
	pthread_condattr_destroy(&attr);
	if (error)
		return -error;
	pthread_cond_init(&pool->work, NULL);
	pthread_mutex_init(&pool->lock, NULL);
	return 0;
}

struct name_pool *name_pool_new(const struct resolver *resolver)
{
	struct name_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	if (name_pool_init_locks(pool) < 0) {
		free(pool);
		return NULL;
	}
	pool->resolver = *resolver;
	pool->queue_tail = &pool->queue;
	pool->done_tail = &pool->done;
	pool->users = 1;
	return pool;
}

/* Leaves the pool, whose lock is held; the last one frees it. */
static void name_pool_leave(struct name_pool *pool)
{
	bool last = --pool->users == 0;

	pthread_mutex_unlock(&pool->lock);
	if (!last)
		return;
	name_jobs_free(pool->queue);
	name_jobs_free(pool->done);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->answered);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

void name_pool_close(struct name_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	pthread_cond_broadcast(&pool->work);
	name_pool_leave(pool);
}

/* What says nothing of the name: this machine lacks something, or nobody may be asked. */
static bool is_lack(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE || error == -EACCES;
}

/* Asks the name service: as slow as that is, and without the lock. */
static void name_job_run(const struct resolver *resolver, struct name_job *job)
{
	char text[NAME_TEXT_MAX];
	int error = -EINVAL;

	switch ((enum name_kind)job->key.kind) {
	case NAME_HOST4:
		error = resolver->host(AF_INET, job->key.addr.bytes, text, sizeof(text));
		break;
	case NAME_HOST6:
		error = resolver->host(AF_INET6, job->key.addr.bytes, text, sizeof(text));
		break;
	case NAME_USER:
		error = resolver->user(job->key.uid, text, sizeof(text));
		break;
	case NAME_SERVICES:
		job->services = service_table_load(resolver);
		job->error = job->services ? 0 : -ENOMEM;
		return;
	}
	if (!error)
		job->text = strndup(text, sizeof(text) - 1);
	if (!error && !job->text)
		error = -ENOMEM;
	job->error = is_lack(error) ? error : 0;
}

static void name_pool_answer(struct name_pool *pool, struct name_job *job)
{
	job->next = NULL;
	*pool->done_tail = job;
	pool->done_tail = &job->next;
	if (job->turn == pool->turn && --pool->awaited == 0)
		pthread_cond_signal(&pool->answered);
}

static void *name_pool_thread(void *arg)
{
	struct name_pool *pool = arg;

	if (pool->resolver.begin_thread)
		pool->resolver.begin_thread();
	pthread_mutex_lock(&pool->lock);
	while (!pool->closing) {
		struct name_job *job = pool->queue;

		if (!job) {
			pool->idle++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->idle--;
			continue;
		}
		pool->queue = job->next;
		if (!pool->queue)
			pool->queue_tail = &pool->queue;
		pthread_mutex_unlock(&pool->lock);
		name_job_run(&pool->resolver, job);
		pthread_mutex_lock(&pool->lock);
		name_pool_answer(pool, job);
	}
	name_pool_leave(pool);
	return NULL;
}

int name_pool_submit(struct name_pool *pool, struct name_job *list, size_t n)
{
	pthread_t thread;
	int ret = 0;

	pthread_mutex_lock(&pool->lock);
	*pool->queue_tail = list;
	for (struct name_job *job = list; job; job = job->next) {
		job->turn = pool->turn;
		pool->queue_tail = &job->next;
	}
	pool->awaited += n;
	for (size_t i = pool->idle; i < n && pool->threads < POOL_THREADS_MAX; i++) {
		pool->users++;
		pool->threads++;
		ret = thread_start(&thread, THREAD_DETACHED, POOL_STACK, name_pool_thread, pool);
		if (ret < 0) {
			pool->users--;
			pool->threads--;
			break;
		}
	}
	pthread_cond_broadcast(&pool->work);
	ret = pool->threads ? 0 : ret;
	pthread_mutex_unlock(&pool->lock);
	return ret;
}

bool name_pool_wait(struct name_pool *pool, int64_t deadline_ns)
{
	struct timespec until = {
		.tv_sec = (time_t)(deadline_ns / 1000000000),
		.tv_nsec = (long)(deadline_ns % 1000000000),
	};
	bool all;

	pthread_mutex_lock(&pool->lock);
	while (pool->awaited && pthread_cond_timedwait(&pool->answered, &pool->lock, &until) == 0)
		;
	all = pool->awaited == 0;
	pthread_mutex_unlock(&pool->lock);
	return all;
}

struct name_job *name_pool_answers(struct name_pool *pool)
{
	struct name_job *list;

	pthread_mutex_lock(&pool->lock);
	list = pool->done;
	pool->done = NULL;
	pool->done_tail = &pool->done;
	pthread_mutex_unlock(&pool->lock);
	return list;
}

struct name_job *name_pool_withdraw(struct name_pool *pool)
{
	struct name_job *list;

	pthread_mutex_lock(&pool->lock);
	list = pool->queue;
	pool->queue = NULL;
	pool->queue_tail = &pool->queue;
	pool->awaited = 0;
	pool->turn++;
	pthread_mutex_unlock(&pool->lock);
	return list;
}
