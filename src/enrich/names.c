/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of hosts, services, users and interfaces for the rows of a table.
 *
 * What is known is kept by name_store.c; what is asked goes to the threads of name_pool.c, of which
 * there are none until something has to be asked.
 *
 * Known limits: a name, also that there is none, is kept for the whole run; when more than
 * NAMES_KEPT_MAX are known at the start of a round of -c, all are forgotten.
 */
#include "enrich/names.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/env.h"
#include "base/escape.h"
#include "base/report.h"
#include "enrich/ifnames.h"
#include "enrich/name_pool.h"
#include "enrich/name_store.h"
#include "enrich/service_table.h"

enum { NAMES_KEPT_MAX = 64 * 1024 };

/* How long ^C may go unnoticed while every look-up hangs. */
static const int64_t wait_slice_ns = 50 * 1000 * 1000;

struct names {
	const struct env *env;
	struct report *report;
	struct names_config config;
	struct name_pool *pool; /* NULL until there is something to ask */
	int64_t spent_ns;       /* of this round's budget */
	bool stopped;           /* a signal asked the program to end */
	bool told_late;

	struct name_store store;
	struct ifnames ifnames;
	pthread_mutex_t ifnames_lock; /* rows are written by several threads */
	uint32_t epoch;               /* counts the times that everything was forgotten */

	enum name_state services_state;
	struct service_table *services;

	struct name_job *jobs, **jobs_tail; /* being gathered by names_prefetch() */
	size_t n_jobs;
	bool missing;  /* a row needs a name that is neither known nor asked for */
	bool any_late; /* names of this round are not there */
	int lack;      /* 0, or -errno: some cannot be looked up, or not be kept */
};

static int64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct names *names_new(const struct env *env, struct report *report,
			const struct names_config *config)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->env = env;
	names->report = report;
	names->config = *config;
	names->jobs_tail = &names->jobs;
	pthread_mutex_init(&names->ifnames_lock, NULL);
	return names;
}

static void free_jobs(struct name_job *list)
{
	while (list) {
		struct name_job *next = list->next;

		name_job_free(list);
		list = next;
	}
}

void names_free(struct names *names)
{
	if (!names)
		return;
	name_pool_close(names->pool);
	free_jobs(names->jobs);
	service_table_free(names->services);
	name_store_free(&names->store);
	ifnames_free(&names->ifnames);
	pthread_mutex_destroy(&names->ifnames_lock);
	free(names);
}

static bool names_budget_left(const struct names *names)
{
	return !names->stopped && names->spent_ns < names->config.budget_ns;
}

/* Puts a question into this batch: hosts behind the rest, since it is they whose answers hang.
 * False without memory. */
static bool names_ask(struct names *names, const struct name_key *key, uint32_t entry)
{
	struct name_job *job = calloc(1, sizeof(*job));

	if (!job)
		return false;
	job->key = *key;
	job->entry = entry;
	job->epoch = names->epoch;
	if (key->kind == NAME_HOST4 || key->kind == NAME_HOST6) {
		*names->jobs_tail = job;
		names->jobs_tail = &job->next;
	} else {
		job->next = names->jobs;
		names->jobs = job;
		if (!job->next)
			names->jobs_tail = &job->next;
	}
	names->n_jobs++;
	return true;
}

/* A row needs this name. One that is asked already is waited for with this batch, or was late in an
 * earlier round and is waited for no more. */
static void names_want(struct names *names, const struct name_key *key)
{
	struct name_entry *entry = name_store_find(&names->store, key);

	if (entry && entry->state != NAME_UNKNOWN)
		return;
	if (!names_budget_left(names)) {
		names->missing = true;
		return;
	}
	if (!entry)
		entry = name_store_add(&names->store, key);
	if (entry && names_ask(names, key, (uint32_t)(entry - names->store.entries)))
		entry->state = NAME_ASKED;
	else
		names->lack = -ENOMEM;
}

static void names_want_addr(struct names *names, int family, const union inet_addr *addr)
{
	struct name_key key;

	if (name_key_addr(&key, family, addr))
		names_want(names, &key);
}

static void names_want_services(struct names *names)
{
	const struct name_key key = { .kind = NAME_SERVICES };

	if (names->services_state != NAME_UNKNOWN)
		return;
	if (!names_budget_left(names))
		names->missing = true;
	else if (names_ask(names, &key, 0))
		names->services_state = NAME_ASKED;
	else
		names->lack = -ENOMEM;
}

static void names_want_row(struct names *names, const struct sock *row)
{
	struct name_key key;

	bool inet = row->family == AF_INET || row->family == AF_INET6;

	/* netstat's table names a user also where none is known: 0 is root. */
	if (names->config.users && names->config.user_column &&
	    (inet || (row->has & SOCK_HAS_UID))) {
		name_key_uid(&key, row->uid);
		names_want(names, &key);
	}
	if (!inet)
		return;
	if (names->config.services && proto_row((enum sock_proto)row->proto)->services)
		names_want_services(names);
	if (!names->config.hosts)
		return;
	names_want_addr(names, row->family, &row->local.addr);
	names_want_addr(names, row->family, &row->remote.addr);
	for (size_t i = 0; i < row->n_local_addrs; i++)
		names_want_addr(names, row->family, &row->local_addrs[i].addr);
	for (size_t i = 0; i < row->n_remote_addrs; i++)
		names_want_addr(names, row->family, &row->remote_addrs[i].addr);
}

/* Keeps what may be shown of an answer; NULL: nothing. */
static const char *names_keep_text(struct names *names, const struct name_job *job)
{
	size_t n = job->text ? strlen(job->text) : 0;
	unsigned int flags = ESCAPE_BLANK | (names->env->utf8 ? ESCAPE_UTF8 : 0);
	const char *text = job->text;
	char cell[1025];

	if (job->key.kind == NAME_USER) {
		if (!names_user_ok(text, n))
			return NULL;
		n = escape_text(cell, sizeof(cell) - 1, text, n, flags, SIZE_MAX, NULL);
		cell[n] = '\0';
		text = cell;
	} else if (!names_host_ok(text, n)) {
		return NULL;
	}
	text = arena_copy(&names->store.text, text, n + 1);
	if (!text)
		names->lack = -ENOMEM;
	return text;
}

static void names_take(struct names *names, struct name_job *job)
{
	struct name_entry *entry;

	if (job->error)
		names->lack = job->error;
	/* What this machine lacked it may have in the next round. */
	if (job->key.kind == NAME_SERVICES) {
		names->services = job->services;
		job->services = NULL;
		names->services_state = job->error ? NAME_UNKNOWN : NAME_KNOWN;
	} else if (job->epoch == names->epoch) {
		entry = &names->store.entries[job->entry];
		entry->text = names_keep_text(names, job);
		entry->state = job->error ? NAME_UNKNOWN : NAME_KNOWN;
	}
}

/* Takes in the answers that have come. */
static void names_collect(struct names *names)
{
	struct name_job *list = names->pool ? name_pool_answers(names->pool) : NULL;

	for (struct name_job *job = list; job; job = job->next)
		names_take(names, job);
	free_jobs(list);
}

/* Forgets that these were asked. */
static void names_unask(struct names *names, struct name_job *list)
{
	for (const struct name_job *job = list; job; job = job->next) {
		if (job->key.kind == NAME_SERVICES)
			names->services_state = NAME_UNKNOWN;
		else if (job->epoch == names->epoch)
			names->store.entries[job->entry].state = NAME_UNKNOWN;
	}
	free_jobs(list);
}

/* Hands the batch's questions to the threads. Returns 0 or -errno. */
static int names_submit(struct names *names)
{
	struct name_job *jobs = names->jobs;
	int ret;

	names->jobs = NULL;
	names->jobs_tail = &names->jobs;
	if (!names->pool)
		names->pool = name_pool_new(names->env->resolver);
	if (!names->pool) {
		names_unask(names, jobs);
		return -ENOMEM;
	}
	ret = name_pool_submit(names->pool, jobs, names->n_jobs);
	if (ret < 0)
		names_unask(names, name_pool_withdraw(names->pool));
	return ret;
}

/* Waits for the batch within the budget. Whatever is not answered then counts as missing. */
static void names_wait(struct names *names, int64_t start)
{
	int64_t deadline = start + names->config.budget_ns - names->spent_ns;
	const struct env *env = names->env;

	for (;;) {
		int64_t slice = monotonic_ns() + wait_slice_ns;

		if (name_pool_wait(names->pool, slice < deadline ? slice : deadline))
			return;
		names->stopped = env->stop_signal && env->stop_signal(env);
		if (names->stopped || monotonic_ns() >= deadline)
			break;
	}
	names->missing = true;
	names->any_late = true;
	names_unask(names, name_pool_withdraw(names->pool));
}

static void names_tell_late(struct names *names)
{
	int64_t ms = names->config.budget_ns / 1000000;

	if (!names->missing || names->told_late || names->stopped)
		return;
	names->told_late = true;
	report_add(names->report, REPORT_NOTE,
		   "names that took longer than %g s are shown as numbers (see --resolve-timeout)",
		   (double)ms / 1000);
}

/* Once: later rows, and rounds, may still get theirs. */
static void names_tell_lack(struct names *names)
{
	if (!names->lack)
		return;
	names->any_late = true;
	report_add(names->report, REPORT_NOTE, "names cannot be looked up: %s",
		   strerror(-names->lack));
	names->lack = 0;
}

void names_prefetch(struct names *names, const struct sock *rows, size_t n)
{
	int64_t start;
	int ret;

	if (!names->config.hosts && !names->config.services && !names->config.users)
		return;
	names_collect(names);
	if (!names_budget_left(names) && names->told_late) {
		names->any_late = true;
		return;
	}
	start = monotonic_ns();
	names->n_jobs = 0;
	names->missing = false;
	for (size_t i = 0; i < n; i++)
		names_want_row(names, &rows[i]);
	if (names->n_jobs) {
		ret = names_submit(names);
		if (ret < 0)
			names->lack = ret;
		else
			names_wait(names, start);
		names_collect(names);
	}
	names_tell_lack(names);
	names_tell_late(names);
	names->spent_ns += monotonic_ns() - start;
}

bool names_any_late(const struct names *names)
{
	return names->any_late;
}

void names_begin_round(struct names *names)
{
	names->spent_ns = 0;
	names->any_late = false;
	ifnames_forget(&names->ifnames);
	names_collect(names);
	/* A run of days must not keep every address it ever saw. */
	if (names->store.n_entries > NAMES_KEPT_MAX) {
		name_store_forget(&names->store);
		names->epoch++;
	}
}

static const char *names_text(const struct names *names, const struct name_key *key)
{
	const struct name_entry *entry = name_store_find(&names->store, key);

	return entry && entry->state == NAME_KNOWN ? entry->text : NULL;
}

static const char *label_host(void *ctx, int family, const union inet_addr *addr)
{
	struct name_key key;

	return name_key_addr(&key, family, addr) ? names_text(ctx, &key) : NULL;
}

static const char *label_service(void *ctx, enum sock_proto proto, uint16_t port)
{
	const struct names *names = ctx;

	return names->services ? service_table_find(names->services, proto, port) : NULL;
}

static const char *label_user(void *ctx, uint32_t uid)
{
	struct name_key key;

	name_key_uid(&key, uid);
	return names_text(ctx, &key);
}

static const char *label_ifname(void *ctx, uint32_t ifindex)
{
	struct names *names = ctx;

	const char *name;

	pthread_mutex_lock(&names->ifnames_lock);
	name = ifnames_find(&names->ifnames, names->env, ifindex);
	pthread_mutex_unlock(&names->ifnames_lock);
	return name;
}

struct labels names_labels(struct names *names)
{
	return (struct labels){
		.host = names->config.hosts ? label_host : NULL,
		.service = names->config.services ? label_service : NULL,
		.user = names->config.users ? label_user : NULL,
		.ifname = label_ifname,
		.ctx = names,
	};
}
