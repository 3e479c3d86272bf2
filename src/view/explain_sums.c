/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets by state, and by the programs that hold them. */
#include "view/explain_sums.h"

#include <errno.h>
#include <string.h>

struct process_key {
	char name[EXPLAIN_NAME];
	uint32_t pid;
	uint32_t zero;
};

struct process {
	struct process_key key;
	uint64_t sockets;
};

/* socket: its number, so that a socket counts once for a program with many processes. */
static int count_owner(struct explain_sums *sums, const struct owner *owner, uint64_t socket)
{
	struct process_key key = { .pid = owner->pid };
	struct explain_program *program;
	struct process *process;

	memcpy(key.name, owner->program, strnlen(owner->program, sizeof(key.name) - 1));
	process = keyed_add(&sums->processes, &key);
	program = keyed_add(&sums->programs, key.name);
	if (!process || !program)
		return -ENOMEM;
	process->sockets++;
	program->sockets += program->last != socket;
	program->last = socket;
	return 0;
}

static int count_owners(struct explain_sums *sums, const struct sock *sock)
{
	uint64_t socket = sums->counts[sums->wanted]; /* from 1 */
	int err = 0;

	if (!(sock->has & SOCK_HAS_INODE)) {
		if ((sock->has & SOCK_HAS_TIMER) && sock->timer == TIMER_TIMEWAIT)
			sums->n_small++;
		else
			sums->n_orphans++;
		return 0;
	}
	if (sock->n_owners == 0) {
		if (sock->owners_hidden)
			sums->n_hidden++;
		else
			sums->n_unheld++;
	}
	for (uint32_t i = 0; err == 0 && i < sock->n_owners; i++)
		/* A process may hold a socket by several descriptors. */
		if (i == 0 || sock->owners[i].pid != sock->owners[i - 1].pid)
			err = count_owner(sums, &sock->owners[i], socket);
	return err;
}

int explain_sums_add(struct explain_sums *sums, const struct sock *sock)
{
	if (sock->proto != PROTO_TCP || sock->state == 0 || sock->state >= EXPLAIN_STATES)
		return 0;
	sums->counts[sock->state]++;
	return sock->state == sums->wanted ? count_owners(sums, sock) : 0;
}

static int compare_programs(const void *left, const void *right)
{
	const struct explain_program *a = left, *b = right;

	if (a->sockets != b->sockets)
		return a->sockets < b->sockets ? 1 : -1;
	return memcmp(a->name, b->name, sizeof(a->name));
}

/* Of processes with equally many sockets, the one with the lowest number. */
static void add_process(struct explain_program *program, const struct process *process)
{
	program->n_processes++;
	if (process->sockets < program->busiest_sockets ||
	    (process->sockets == program->busiest_sockets &&
	     process->key.pid > program->busiest_pid))
		return;
	program->busiest_sockets = process->sockets;
	program->busiest_pid = process->key.pid;
}

void explain_sums_finish(struct explain_sums *sums)
{
	const struct process *processes = sums->processes.rows;

	for (size_t i = 0; i < sums->processes.n; i++) {
		struct explain_program *program =
			keyed_find(&sums->programs, processes[i].key.name);

		if (program)
			add_process(program, &processes[i]);
	}
	keyed_sort(&sums->programs, compare_programs);
}

void explain_sums_init(struct explain_sums *sums)
{
	*sums = (struct explain_sums){
		.programs = { .key_size = EXPLAIN_NAME, .size = sizeof(struct explain_program) },
		.processes = { .key_size = sizeof(struct process_key),
			       .size = sizeof(struct process) },
	};
}

void explain_sums_free(struct explain_sums *sums)
{
	keyed_free(&sums->programs);
	keyed_free(&sums->processes);
}

void explain_sums_clear(struct explain_sums *sums)
{
	struct explain_sums fresh = {
		.wanted = sums->wanted,
		.programs = sums->programs,
		.processes = sums->processes,
	};

	keyed_clear(&fresh.programs);
	keyed_clear(&fresh.processes);
	*sums = fresh;
}
