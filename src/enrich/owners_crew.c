/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over many processes by several threads: each takes the next few processes of the list
 * and keeps what it finds to itself; in the end all is put together in the order of the processes.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/dir.h"
#include "base/env.h"
#include "enrich/owners_process.h"

enum {
	CREW_MAX = 4,
	CREW_MIN_PROCESSES = 64, /* fewer are looked into before a thread has begun */
	CREW_MIN_FDS = 64,       /* each thread opens up to three descriptors */
	TAKE = 8,                /* processes at a time */
};

struct crew_member {
	struct owner_walk walk;
	const struct owner_pids *pids;
	struct owner_rests more; /* of the processes it took */
	uint32_t to;             /* the round: see owners_look_once_more() */
	char *buf;
	int err;
	bool started;
	pthread_t thread;
	size_t at_process, at_hit; /* what has been put together so far */
};

bool owners_crew_pays(const struct owner_walk *walk, const struct owner_pids *pids)
{
	struct rlimit files;

	return walk->env->cpus > 1 && pids->n >= CREW_MIN_PROCESSES &&
	       getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur >= CREW_MIN_FDS;
}

/* The first round takes processes off the list, the others go on with those. */
static void *run_member(void *arg)
{
	struct crew_member *member = arg;
	struct owner_walk *walk = &member->walk;
	const struct owner_pids *pids = member->pids;
	size_t at;

	if (member->to > 0) {
		member->err = owners_look_once_more(walk, &member->more, member->to, member->buf);
		return NULL;
	}
	while ((at = atomic_fetch_add(&walk->crew->next, TAKE)) < pids->n)
		for (size_t i = at; i < pids->n && i < at + TAKE; i++) {
			if (member->err < 0 || owners_has_ended(walk, pids->list[i]))
				return NULL;
			member->err =
				owners_first_look(walk, pids->list[i], &member->more, member->buf);
		}
	return NULL;
}

static int begin_member(struct crew_member *member, const struct owner_walk *walk,
			struct owner_crew *crew, const struct owner_pids *pids)
{
	*member = (struct crew_member){
		.walk = {
			.env = walk->env,
			.query = walk->query,
			.boot_time = walk->boot_time,
			.crew = crew,
		},
		.pids = pids,
		.buf = malloc(DIR_BUF_SIZE),
	};
	if (walk->query->inodes) {
		/* Who is wanted is only read. */
		member->walk.numbers = walk->numbers;
		member->walk.n_slots = walk->n_slots;
		member->walk.slots = calloc(walk->n_slots + 1, sizeof(*walk->slots));
	}
	return member->buf && (member->walk.slots || !walk->query->inodes) ? 0 : -ENOMEM;
}

static void end_member(struct crew_member *member)
{
	if (member->walk.query && member->walk.query->inodes)
		member->walk.numbers = (struct hash64){ 0 };
	owners_walk_free(&member->walk);
	free(member->more.list);
	free(member->buf);
}

/* Signals are for the main thread. */
static void start_member(struct crew_member *member)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	member->started = pthread_create(&member->thread, NULL, run_member, member) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* One round of all of them. A thread that cannot be had, or is not worth it, is done without. */
static void run_round(struct crew_member *members, size_t n, bool threads)
{
	for (size_t i = 1; i < n && threads; i++)
		start_member(&members[i]);
	run_member(&members[0]);
	for (size_t i = 1; i < n; i++) {
		if (members[i].started)
			pthread_join(members[i].thread, NULL);
		else
			run_member(&members[i]);
		members[i].started = false;
	}
}

/* How many processes have descriptors left to be looked at; 0, too, when the walk is to end. */
static size_t left_over(const struct crew_member *members, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		if (members[i].err < 0)
			return 0;
		left += members[i].more.n;
	}
	return owners_has_ended(&members[0].walk, UINT32_MAX) ? 0 : left;
}

static void settle(struct owner_crew *crew, size_t n_slots)
{
	for (size_t i = 0; crew->settled && i < n_slots; i++)
		crew->settled[i] = crew->owner[i] > 0;
}

/* All stay in one round, so that who is found does not hinge on which thread was the faster one: it
 * is the first process of the first round in which there is one. */
static void run_rounds(struct crew_member *members, size_t n, struct owner_crew *crew)
{
	const size_t n_slots = members[0].walk.n_slots;
	uint32_t to = OWNERS_FIRST_FDS;
	size_t left;

	settle(crew, n_slots);
	run_round(members, n, true);
	while ((left = left_over(members, n)) > 0) {
		settle(crew, n_slots);
		to = owners_next_round(to);
		for (size_t i = 0; i < n; i++)
			members[i].to = to;
		run_round(members, n, left >= CREW_MIN_PROCESSES);
	}
}

/* The member whose next process has the lowest number; NULL: there are no more. */
static struct crew_member *next_member(struct crew_member *members, size_t n)
{
	struct crew_member *next = NULL;

	for (size_t i = 0; i < n; i++) {
		struct crew_member *member = &members[i];

		if (member->at_process == member->walk.n_processes)
			continue;
		if (!next || member->walk.processes[member->at_process].pid <
				     next->walk.processes[next->at_process].pid)
			next = member;
	}
	return next;
}

/* Takes over what a member knows of its next process. 0 or -ENOMEM. */
static int take_process(struct owner_walk *walk, struct crew_member *member)
{
	const struct owner_walk *from = &member->walk;
	uint32_t process = (uint32_t)member->at_process++;
	int err = 0;

	if (owners_grow(&walk->processes, &walk->cap_processes, walk->n_processes + 1,
			sizeof(*walk->processes)) < 0)
		return -ENOMEM;
	walk->processes[walk->n_processes++] = from->processes[process];
	for (; member->at_hit < from->n_hits; member->at_hit++) {
		const struct owner_hit *hit = &from->hits[member->at_hit];
		const uint32_t *number = &hit->slot;

		if (hit->process != process)
			return 0;
		if (!walk->query->inodes)
			number = owners_slot(walk, from->slots[hit->slot].inode, &err);
		if (number)
			err = owners_push_hit(walk, *number, hit->fd);
		if (err < 0)
			return err;
	}
	return 0;
}

static int put_together(struct owner_walk *walk, struct crew_member *members, size_t n)
{
	struct crew_member *member;
	int err = 0;

	for (size_t i = 0; i < n; i++) {
		if (members[i].err < 0)
			err = members[i].err;
		walk->n_hidden += members[i].walk.n_hidden;
		if (walk->problem == 0)
			walk->problem = members[i].walk.problem;
		arena_join(&walk->arena, &members[i].walk.arena);
	}
	while (err == 0 && (member = next_member(members, n)))
		err = take_process(walk, member);
	return err;
}

int owners_crew_run(struct owner_walk *walk, const struct owner_pids *pids)
{
	size_t n = walk->env->cpus < CREW_MAX ? walk->env->cpus : CREW_MAX;
	struct owner_crew crew = { .n_found = walk->n_found };
	struct crew_member *members = calloc(n, sizeof(*members));
	int err = members ? 0 : -ENOMEM;

	if (walk->query->inodes && err == 0) {
		crew.owner = calloc(walk->n_slots + 1, sizeof(*crew.owner));
		crew.settled = calloc(walk->n_slots + 1, sizeof(*crew.settled));
		if (!crew.owner || !crew.settled)
			err = -ENOMEM;
		for (size_t i = 0; err == 0 && i < walk->n_slots; i++)
			crew.owner[i] = walk->slots[i].n_hits > 0;
	}
	for (size_t i = 0; i < n && err == 0; i++)
		err = begin_member(&members[i], walk, &crew, pids);
	if (err == 0)
		run_rounds(members, n, &crew);
	if (err == 0)
		err = put_together(walk, members, n);
	for (size_t i = 0; members && i < n; i++)
		end_member(&members[i]);
	free(members);
	free(crew.owner);
	free(crew.settled);
	return err;
}
