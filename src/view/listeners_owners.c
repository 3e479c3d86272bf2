/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners of listeners and of CLOSE_WAIT sockets, found together. */
#include "view/listeners_owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "view/view.h"

struct search {
	struct listeners_sums *sums;
	struct close_waits *waits;
	size_t *listeners; /* which listener inode i is of, for the first n_listeners inodes; the
			      others are those of the waiters, in their order */
	size_t n_listeners;
	int err;
};

/* A group's key as bytes without gaps. */
struct group_key {
	uint32_t holder, pid, server;
};

static struct close_wait_group *group_of(struct close_waits *waits, struct group_key key,
					 const char *program)
{
	uint64_t hash = hash_bytes(&key, sizeof(key));
	struct close_wait_group *group;
	uint32_t *slot;

	while ((slot = hash64_find(&waits->group_of, hash))) {
		group = &waits->groups[*slot];
		if (group->holder == key.holder && group->pid == key.pid &&
		    group->server == key.server)
			return group;
		hash++;
	}
	if (array_grow((void **)&waits->groups, &waits->cap, waits->n + 1, sizeof(*waits->groups)) <
	    0)
		return NULL;
	slot = hash64_add(&waits->group_of, hash, NULL);
	if (!slot)
		return NULL;
	*slot = (uint32_t)waits->n;
	group = &waits->groups[waits->n++];
	*group = (struct close_wait_group){
		.holder = key.holder,
		.pid = key.pid,
		.server = key.server,
	};
	if (!program)
		return group;
	group->program = arena_copy(&waits->names, program, strlen(program) + 1);
	return group->program ? group : NULL;
}

static int add_waiter(struct search *search, const struct listeners_waiter *waiter,
		      const struct owner *owners, uint32_t n, bool hidden)
{
	struct group_key key = {
		.holder = n > 0    ? CLOSE_WAIT_OWNED
			  : hidden ? CLOSE_WAIT_HIDDEN
				   : CLOSE_WAIT_NOT_SEEN,
		.pid = n > 0 ? owners[0].pid : 0,
		.server = search->sums->places[waiter->place].server,
	};
	struct close_wait_group *group =
		group_of(search->waits, key, n > 0 ? owners[0].program : NULL);

	if (!group)
		return -ENOMEM;
	group->sockets++;
	group->unread += waiter->unread;
	return 0;
}

/* Copies the owners behind a listener's row. */
static int keep_owners(struct listeners_sums *sums, struct sock *sock, const struct owner *owners,
		       uint32_t n, bool hidden)
{
	struct owner *copy = n ? arena_alloc(&sums->names, n * sizeof(*copy)) : NULL;

	sock->owners_hidden = hidden;
	if (n > 0 && !copy)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		copy[i] = (struct owner){ .pid = owners[i].pid, .fd = owners[i].fd };
		copy[i].program =
			arena_copy(&sums->names, owners[i].program, strlen(owners[i].program) + 1);
		if (!copy[i].program)
			return -ENOMEM;
	}
	sock->owners = copy;
	sock->n_owners = n;
	return 0;
}

static void take_owners(void *arg, size_t index, const struct owner *owners, uint32_t n,
			bool hidden)
{
	struct search *search = arg;
	struct listeners_sums *sums = search->sums;

	if (search->err < 0)
		return;
	if (index < search->n_listeners) {
		struct listener *listener = &sums->listeners[search->listeners[index]];

		search->err = keep_owners(sums, &listener->sock, owners, n, hidden);
	} else {
		search->err = add_waiter(search, &sums->waiters[index - search->n_listeners],
					 owners, n, hidden);
	}
}

/* What waits in accept queues needs no walk: nobody has it. */
static int add_unaccepted(struct listeners_sums *sums, struct close_waits *waits)
{
	for (size_t i = 0; i < sums->n_places; i++) {
		const struct listeners_place *place = &sums->places[i];
		struct group_key key = { .holder = CLOSE_WAIT_UNACCEPTED, .server = place->server };
		struct close_wait_group *group;

		if (place->own.unaccepted == 0)
			continue;
		group = group_of(waits, key, NULL);
		if (!group)
			return -ENOMEM;
		group->sockets += place->own.unaccepted;
		group->unread += place->own.unaccepted_unread;
	}
	return 0;
}

static int compare_groups(const void *a, const void *b)
{
	const struct close_wait_group *x = a, *y = b;

	if (x->sockets != y->sockets)
		return x->sockets > y->sockets ? -1 : 1;
	if (x->holder != y->holder)
		return x->holder < y->holder ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->server > y->server) - (x->server < y->server);
}

/* The inodes to be looked for. NULL without memory. */
static uint64_t *wanted_inodes(struct search *search, size_t n_listeners, size_t *n)
{
	const struct listeners_sums *sums = search->sums;
	uint64_t *inodes = malloc((n_listeners + sums->n_waiters + 1) * sizeof(*inodes));

	*n = 0;
	for (size_t i = 0; inodes && i < n_listeners; i++) {
		if (!(sums->listeners[i].sock.has & SOCK_HAS_INODE))
			continue;
		search->listeners[*n] = i;
		inodes[(*n)++] = sums->listeners[i].sock.inode;
	}
	search->n_listeners = *n;
	for (size_t i = 0; inodes && i < sums->n_waiters; i++)
		inodes[(*n)++] = sums->waiters[i].inode;
	return inodes;
}

int listeners_find_owners(struct listeners_sums *sums, size_t n_listeners,
			  struct close_waits *waits, const struct view_config *config)
{
	struct search search = { .sums = sums, .waits = waits };
	uint64_t *inodes = NULL;
	size_t n;

	search.listeners = malloc((n_listeners + 1) * sizeof(*search.listeners));
	if (search.listeners)
		inodes = wanted_inodes(&search, n_listeners, &n);
	if (!inodes)
		search.err = -ENOMEM;
	else if (config->find_owners) /* also for none: privileges are held until then */
		config->find_owners(config->owners_ctx, inodes, n, take_owners, &search);
	else
		for (size_t i = 0; i < n; i++)
			take_owners(&search, i, NULL, 0, true);
	if (search.err == 0)
		search.err = add_unaccepted(sums, waits);
	if (waits->n > 0)
		qsort(waits->groups, waits->n, sizeof(*waits->groups), compare_groups);
	free(search.listeners);
	free(inodes);
	return search.err;
}

void listeners_report_unknown(const struct listeners_sums *sums, struct report *report)
{
	if (listeners_any_unknown(sums))
		report_add(report, REPORT_PARTIAL,
			   "the limits of accept queues are not known, nor how full they are");
}

void close_waits_clear(struct close_waits *waits)
{
	waits->n = 0;
	hash64_clear(&waits->group_of);
	arena_reset(&waits->names);
}

void close_waits_free(struct close_waits *waits)
{
	free(waits->groups);
	hash64_free(&waits->group_of);
	arena_free(&waits->names);
	*waits = (struct close_waits){ 0 };
}
