/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map from sockets to the processes that hold them, made from what the walk over /proc/PID/fd
 * (owners_walk.c) has found, and what there is to say to those who cannot see everything.
 *
 * Known limit: the map is as old as its walk; a socket that changed hands since shows who had it.
 */
#include "enrich/owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/num.h"
#include "base/report.h"
#include "base/tree.h"
#include "enrich/owners_walk.h"

struct owners {
	struct hash64 numbers; /* inode -> slot */
	struct arena arena;    /* programs and contexts, once a process */
	struct owner *list;    /* the owners of slot i: list[first[i]..first[i + 1]) */
	uint32_t *first;
	bool any_hidden;
};

bool owners_parse_link(const char *text, size_t len, uint64_t *inode)
{
	static const char head[] = "socket:[", old_head[] = "[0000]:";
	const size_t n = sizeof(head) - 1, n_old = sizeof(old_head) - 1;

	if (len > n && memcmp(text, head, n) == 0 && text[len - 1] == ']')
		return num_parse_u64(text + n, len - n - 1, UINT64_MAX, inode) && *inode != 0;
	if (len > n_old && memcmp(text, old_head, n_old) == 0)
		return num_parse_u64(text + n_old, len - n_old, UINT64_MAX, inode) && *inode != 0;
	return false;
}

bool owners_have_context(const struct env *env)
{
	char buf[4096];

	return owners_read_text(env->proc_fd, "self/attr/current", buf, sizeof(buf)) > 0;
}

/* Puts the wanted sockets into the walk, each once. 0 or -ENOMEM. */
static int owners_want(struct owner_walk *walk, const struct owners_query *query)
{
	if (!query->inodes)
		return 0;
	if (query->n_inodes >= UINT32_MAX || hash64_reserve(&walk->numbers, query->n_inodes) < 0)
		return -ENOMEM;
	walk->slots = calloc(query->n_inodes, sizeof(*walk->slots));
	if (!walk->slots)
		return -ENOMEM;
	for (size_t i = 0; i < query->n_inodes; i++) {
		bool added;
		uint32_t *slot = hash64_add(&walk->numbers, query->inodes[i], &added);

		if (!slot)
			return -ENOMEM;
		if (added)
			*slot = (uint32_t)walk->n_slots++;
	}
	return 0;
}

/* Sorts the hits by socket (counting them; each socket's keep their order) and takes over what the
 * walk has gathered. NULL without memory. */
static struct owners *owners_build(struct owner_walk *walk)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	uint32_t sum = 0;

	if (!owners)
		return NULL;
	owners->first = calloc(walk->n_slots + 1, sizeof(*owners->first));
	owners->list = calloc(walk->n_hits + 1, sizeof(*owners->list));
	if (!owners->first || !owners->list) {
		owners_free(owners);
		return NULL;
	}
	for (size_t i = 0; i < walk->n_slots; i++) {
		sum += walk->slots[i].n_hits;
		owners->first[i] = sum;
	}
	owners->first[walk->n_slots] = sum;
	for (size_t i = walk->n_hits; i-- > 0;) {
		const struct owner_hit *hit = &walk->hits[i];
		const struct owner_process *process = &walk->processes[hit->process];

		owners->list[--owners->first[hit->slot]] = (struct owner){
			.pid = process->pid,
			.fd = hit->fd,
			.program = process->program,
			.context = process->context,
			.exe = process->exe,
			.cmdline = process->cmdline,
			.cmdline_len = process->cmdline_len,
			.cmdline_cut = process->cmdline_cut,
			.start_time = process->start_time,
		};
	}
	owners->numbers = walk->numbers;
	owners->arena = walk->arena;
	walk->numbers = (struct hash64){ 0 };
	walk->arena = (struct arena){ 0 };
	return owners;
}

/* Says when /proc is not what it should be: then numbers and names may be of other processes.
 * Returns whether it is one at all. */
static bool owners_check_proc(const struct env *env, struct report *report)
{
	char text[24];
	uint64_t pid;
	ssize_t n;

	if (!tree_is_proc(env->proc_fd)) {
		report_add(
			report, REPORT_NOTE,
			"the process file system is not mounted: programs may be missing or wrong");
		return false;
	}
	n = tree_readlink(env->proc_fd, "self", text, sizeof(text));
	if (n <= 0 || !num_parse_u64(text, (size_t)n, UINT32_MAX, &pid) ||
	    pid != (uint64_t)(env->pid ? env->pid : getpid()))
		report_add(report, REPORT_NOTE,
			   "the process file system shows another PID namespace: "
			   "programs may be missing, process numbers are those of that namespace");
	return true;
}

/* Whether each socket that is wanted has an owner: then it matters to none what was not seen. */
static bool owners_all_found(const struct owner_walk *walk)
{
	return walk->query->inodes && walk->n_found == walk->n_slots;
}

/* Whether even the first process cannot be seen: /proc is mounted with hidepid. */
static bool owners_init_is_hidden(const struct owner_walk *walk)
{
	const struct env *env = walk->env;

	return !walk->saw_init && walk->problem == 0 && (env->euid != 0 || env->proc_is_live);
}

/* Says why sockets may have no program although a process has them. */
static void owners_tell_hidden(const struct owner_walk *walk, struct report *report)
{
	const struct env *env = walk->env;
	const char *units = walk->query->units ? "; the unit is shown where it is known" : "";

	if (owners_all_found(walk) && walk->query->first_only)
		return;
	if (owners_init_is_hidden(walk)) {
		report_add(report, REPORT_NOTE,
			   "processes of other users are hidden here: "
			   "their sockets show no program (effective uid is %u)%s",
			   (unsigned int)env->euid, units);
		return;
	}
	if (walk->n_hidden == 0)
		return;
	if (walk->n_hits == 0 && env->euid != 0)
		report_add(report, REPORT_NOTE,
			   "no process information could be read: "
			   "only root sees the sockets' programs (effective uid is %u)%s",
			   (unsigned int)env->euid, units);
	else
		report_add(report, REPORT_NOTE,
			   "%zu %s could not be inspected: %s sockets show no program (%s)%s",
			   walk->n_hidden, walk->n_hidden == 1 ? "process" : "processes",
			   walk->n_hidden == 1 ? "its" : "their",
			   env->euid != 0 ? "root sees all" : "not permitted here, even to root",
			   units);
}

/* Something is missing where this machine lacks what it takes; what is forbidden is noted. */
static enum report_level level_of(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE ? REPORT_PARTIAL
									: REPORT_NOTE;
}

/* Whether there is a directory to walk; says so when not. */
static bool owners_have_proc(const struct env *env, struct report *report)
{
	if (env->proc_fd >= 0)
		return true;
	report_add(report, level_of(env->proc_fd),
		   "programs are not known: the process file system is not available: %s",
		   strerror(-env->proc_fd));
	return false;
}

struct owners *owners_scan(const struct env *env, struct report *report,
			   const struct owners_query *query)
{
	struct owner_walk walk = { .env = env, .query = query };
	bool any = !query->inodes || query->n_inodes > 0;
	struct owners *owners = NULL;
	bool is_proc = false;
	int err = 0;

	if (any && owners_have_proc(env, report)) {
		is_proc = !env->proc_is_live || owners_check_proc(env, report);

		err = owners_want(&walk, query);
		if (err == 0)
			err = owners_walk_run(&walk);
		if (is_proc && err == 0 && !query->again)
			owners_tell_hidden(&walk, report);
	}
	if (walk.problem != 0)
		report_add(report, REPORT_PARTIAL,
			   "the programs of some sockets could not be looked up: %s",
			   strerror(walk.problem));
	if (query->start_time && walk.boot_error && walk.n_hits > 0)
		report_add(report, level_of(walk.boot_error),
			   "start times of processes are not known: %s",
			   strerror(-walk.boot_error));
	if (err == 0)
		owners = owners_build(&walk);
	if (owners)
		owners->any_hidden = any && !owners_all_found(&walk) &&
				     (!is_proc || walk.problem != 0 || walk.n_hidden > 0 ||
				      owners_init_is_hidden(&walk));
	else
		report_add(report, REPORT_PARTIAL, "programs are not known: out of memory");
	owners_walk_free(&walk);
	return owners;
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	hash64_free(&owners->numbers);
	arena_free(&owners->arena);
	free(owners->list);
	free(owners->first);
	free(owners);
}

const struct owner *owners_find(const struct owners *owners, uint64_t inode, uint32_t *n)
{
	const uint32_t *slot = NULL;

	*n = 0;
	if (owners && inode != 0)
		slot = hash64_find(&owners->numbers, inode);
	if (!slot)
		return NULL;
	*n = owners->first[*slot + 1] - owners->first[*slot];
	return *n > 0 ? owners->list + owners->first[*slot] : NULL;
}

bool owners_any_hidden(const struct owners *owners)
{
	return !owners || owners->any_hidden;
}
