/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over many processes by several threads: each takes the next few processes of the list
 * and keeps what it finds to itself; in the end all is put together in the order of the processes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/dir.h"
#include "base/env.h"
#include "base/thread.h"
#include "enrich/owners_process.h"

enum {
	CREW_MAX = 4,
	CREW_MIN_PROCESSES = 64, /* fewer are looked into before a thread has begun */
	CREW_MIN_FDS = 64,       /* each thread opens up to three descriptors */
	TAKE = 8,                /* processes at a time */
};

struct crew_member {
	struct owner_walk walk;
	struct owner_rests more; /* of the processes it took */
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

static void *run_member(void *arg)
{
	struct crew_member *member = arg;
	struct owner_crew *crew = member->walk.crew;
	const struct owner_rests *now = &crew->now;
	size_t at;

	while ((at = atomic_fetch_add(&crew->next, crew->take)) < now->n)
		for (size_t i = at; i < now->n && i < at + crew->take; i++) {
			if (member->err < 0 || owners_has_ended(&member->walk, now->list[i].pid))
				return NULL;
			member->err = owners_look(&member->walk, now->list[i], crew->to,
						  &member->more, member->buf);
		}
	return NULL;
}

static int begin_member(struct crew_member *member, const struct owner_walk *walk,
			struct owner_crew *crew)
{
	*member = (struct crew_member){
		.walk = {
			.env = walk->env,
			.query = walk->query,
			.boot_time = walk->boot_time,
			.crew = crew,
		},
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

/* One round of all of them. A thread that cannot be had is done without. */
static void run_round(struct crew_member *members, size_t n, struct owner_crew *crew)
{
	/* So little is looked at before a thread has begun. */
	bool threads = crew->now.n > 1 &&
		       crew->now.n >= CREW_MIN_PROCESSES / (crew->to / OWNERS_FIRST_FDS);

	crew->take = crew->now.n >= CREW_MIN_PROCESSES ? TAKE : 1;
	atomic_store(&crew->next, 0);
	for (size_t i = 0; crew->settled && i < members[0].walk.n_slots; i++)
		crew->settled[i] = crew->owner[i] > 0;
	for (size_t i = 1; i < n && threads; i++)
		members[i].started =
			thread_start(&members[i].thread, 0, 0, run_member, &members[i]) == 0;
	run_member(&members[0]);
	for (size_t i = 1; i < n; i++) {
		if (members[i].started)
			pthread_join(members[i].thread, NULL);
		members[i].started = false;
	}
}

static int compare_rests(const void *a, const void *b)
{
	const struct owner_rest *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* What is left of all of them is what the next round is about. 0 or -ENOMEM. */
static int gather_rests(struct crew_member *members, size_t n, struct owner_crew *crew)
{
	struct owner_rests *now = &crew->now;

	now->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct owner_rests *more = &members[i].more;

		if (members[i].err < 0)
			return members[i].err;
		/* There were no fewer in the round before. */
		if (more->n > 0)
			memcpy(now->list + now->n, more->list, more->n * sizeof(*now->list));
		now->n += more->n;
		more->n = 0;
	}
	if (now->n > 0)
		qsort(now->list, now->n, sizeof(*now->list), compare_rests);
	return 0;
}

/* All stay in one round, so that who is found does not hinge on which thread was the faster one: it
 * is the first process of the first round in which there is one. 0 or -ENOMEM. */
static int run_rounds(struct crew_member *members, size_t n, struct owner_crew *crew,
		      const struct owner_pids *pids)
{
	int err = owners_rests_begin(&crew->now, pids);

	crew->to = OWNERS_FIRST_FDS;
	while (err == 0 && crew->now.n > 0 && !owners_has_ended(&members[0].walk, UINT32_MAX)) {
		run_round(members, n, crew);
		err = gather_rests(members, n, crew);
		crew->to = owners_next_round(crew->to);
	}
	return err;
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

/* Where one owner is enough, another thread may have found an earlier one in the same round. */
static bool is_owner(const struct owner_walk *from, uint32_t number, uint32_t pid)
{
	const struct owner_crew *crew = from->crew;

	return !from->query->first_only || !crew->owner || crew->owner[number] == pid;
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
		if (number && is_owner(from, hit->slot, from->processes[process].pid))
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
		err = begin_member(&members[i], walk, &crew);
	if (err == 0)
		err = run_rounds(members, n, &crew, pids);
	if (err == 0)
		err = put_together(walk, members, n);
	for (size_t i = 0; members && i < n; i++)
		end_member(&members[i]);
	free(members);
	free(crew.now.list);
	free(crew.owner);
	free(crew.settled);
	return err;
}
