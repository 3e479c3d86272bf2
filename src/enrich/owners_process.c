/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one process holds: the links in /proc/PID/fd (kernel: fs/proc/fd.c; a socket's link reads
 * "socket:[INODE]"). Two descriptors are open at once. Everything of a process is read through one
 * descriptor of its directory: once it has ended that only fails.
 */
#include "enrich/owners_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/env.h"
#include "base/file.h"
#include "base/num.h"
#include "base/tree.h"

enum {
	LINK_SIZE = 64,      /* the longest link of a socket has 29 bytes */
	COMM_SIZE = 256,     /* 15 bytes and a newline; kernel threads: more */
	CONTEXT_SIZE = 4096, /* the kernel gives a page at most */
	EXE_SIZE = 4096,     /* the same */
	CMDLINE_SIZE = 4096, /* kept of arguments that may be very long */
	STAT_SIZE = 2048,    /* comm, and 51 numbers */
};

int owners_grow(void *array, size_t *cap, size_t need, size_t elem)
{
	void *data;
	int err;

	memcpy(&data, array, sizeof(data));
	err = array_grow(&data, cap, need, elem);
	memcpy(array, &data, sizeof(data));
	return err;
}

int owners_next_number(struct dir_stream *dir, const char **name, uint32_t *number)
{
	struct dir_entry entry;
	uint64_t value;
	int got;

	while ((got = dir_next(dir, &entry)) > 0) {
		if (!num_parse_u64(entry.name, strlen(entry.name), UINT32_MAX, &value))
			continue;
		*name = entry.name;
		*number = (uint32_t)value;
		return 1;
	}
	return got;
}

/* Judges why a process could not be read. One that has gone is no trouble at all. */
static void owners_trouble(struct owner_walk *walk, int err)
{
	switch (err) {
	case ENOENT:
	case ESRCH:
	case ENOTDIR:
		return;
	case EACCES:
	case EPERM:
		walk->n_hidden++;
		return;
	default:
		if (walk->problem == 0)
			walk->problem = err;
	}
}

ssize_t owners_read_text(int dir_fd, const char *path, char *buf, size_t size)
{
	ssize_t got = file_read_at(dir_fd, path, buf, size - 1);

	if (got < 0)
		return got;
	buf[got] = '\0';
	got = (ssize_t)strlen(buf);
	if (got > 0 && buf[got - 1] == '\n')
		buf[--got] = '\0';
	return got;
}

/* What leads to the program's file, never opened: it may lie anywhere. 0 or -ENOMEM. */
static int owners_add_exe(struct owner_walk *walk, int dir_fd, struct owner_process *process)
{
	char text[EXE_SIZE];
	ssize_t n = tree_readlink(dir_fd, "exe", text, sizeof(text));
	char *copy;

	if (n <= 0)
		return 0;
	copy = arena_alloc(&walk->arena, (size_t)n + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, (size_t)n);
	copy[n] = '\0';
	process->exe = copy;
	return 0;
}

/* The beginning of the arguments, one byte more than is kept to see whether it is all. 0 or
 * -ENOMEM. */
static int owners_add_cmdline(struct owner_walk *walk, int dir_fd, struct owner_process *process)
{
	char text[CMDLINE_SIZE + 1];
	ssize_t n = file_read_at(dir_fd, "cmdline", text, sizeof(text));

	if (n <= 0)
		return 0;
	process->cmdline_cut = n > CMDLINE_SIZE;
	process->cmdline_len = n > CMDLINE_SIZE ? CMDLINE_SIZE : (uint32_t)n;
	process->cmdline = arena_copy(&walk->arena, text, process->cmdline_len);
	return process->cmdline ? 0 : -ENOMEM;
}

bool owners_parse_start(const char *text, size_t len, uint64_t *ticks)
{
	enum { FIELDS_BETWEEN = 19 }; /* state is the third field, the start the 22nd */
	const char *at = memrchr(text, ')', len), *end = text + len, *blank;

	if (!at)
		return false;
	at++;
	for (int i = 0; i <= FIELDS_BETWEEN; i++) {
		if (i > 0)
			at = memchr(at, ' ', (size_t)(end - at));
		if (!at || at == end || *at != ' ')
			return false;
		at++;
	}
	blank = memchr(at, ' ', (size_t)(end - at));
	return blank && num_parse_u64(at, (size_t)(blank - at), UINT64_MAX, ticks);
}

static void owners_add_start(const struct owner_walk *walk, int dir_fd,
			     struct owner_process *process)
{
	char text[STAT_SIZE];
	ssize_t n = file_read_at(dir_fd, "stat", text, sizeof(text));
	long hz = walk->env->clock_ticks ? (long)walk->env->clock_ticks : sysconf(_SC_CLK_TCK);
	uint64_t ticks;

	if (n > 0 && hz > 0 && walk->boot_time > 0 && owners_parse_start(text, (size_t)n, &ticks))
		process->start_time = walk->boot_time + ticks / (uint64_t)hz;
}

/* What is not told stays unknown. 0 or -ENOMEM. */
static int owners_add_details(struct owner_walk *walk, int dir_fd, struct owner_process *process)
{
	owners_add_start(walk, dir_fd, process);
	if (owners_add_exe(walk, dir_fd, process) < 0)
		return -ENOMEM;
	return owners_add_cmdline(walk, dir_fd, process);
}

/* Adds the process to those who own something. Returns 1; 0 when it has gone or cannot be read; or
 * -ENOMEM. */
static int owners_add_process(struct owner_walk *walk, const struct owner_files *files)
{
	char comm[COMM_SIZE], context[CONTEXT_SIZE];
	struct owner_process *process;
	const char *program = files->program;
	int dir_fd = files->dir_fd;
	ssize_t n;

	if (!program) {
		n = owners_read_text(dir_fd, "comm", comm, sizeof(comm));
		if (n < 0) {
			owners_trouble(walk, (int)-n);
			return 0;
		}
		program = comm;
	}
	if (owners_grow(&walk->processes, &walk->cap_processes, walk->n_processes + 1,
			sizeof(*process)) < 0)
		return -ENOMEM;
	process = &walk->processes[walk->n_processes];
	*process = (struct owner_process){ .pid = files->pid };
	process->program = arena_copy(&walk->arena, program, strlen(program) + 1);
	if (!process->program)
		return -ENOMEM;
	if (walk->query->details && owners_add_details(walk, dir_fd, process) < 0)
		return -ENOMEM;
	n = walk->query->context
		    ? owners_read_text(dir_fd, "attr/current", context, sizeof(context))
		    : 0;
	if (n > 0) {
		process->context = arena_copy(&walk->arena, context, (size_t)n + 1);
		if (!process->context)
			return -ENOMEM;
	}
	walk->n_processes++;
	return 1;
}

const uint32_t *owners_slot(struct owner_walk *walk, uint64_t inode, int *err)
{
	uint32_t *slot;
	bool added;

	if (walk->query->inodes)
		return hash64_find(&walk->numbers, inode);
	slot = hash64_add(&walk->numbers, inode, &added);
	if (!slot || walk->n_slots >= UINT32_MAX ||
	    owners_grow(&walk->slots, &walk->cap_slots, walk->n_slots + 1, sizeof(*walk->slots)) <
		    0) {
		*err = -ENOMEM;
		return NULL;
	}
	if (added) {
		walk->slots[walk->n_slots] = (struct owner_slot){ .inode = inode };
		*slot = (uint32_t)walk->n_slots++;
	}
	return slot;
}

bool owners_is_done(const struct owner_walk *walk, uint32_t pid)
{
	uint32_t last;

	if (!walk->query->inodes || !walk->query->first_only)
		return false;
	if (!walk->crew)
		return walk->n_found == walk->n_slots;
	last = atomic_load_explicit(&walk->crew->last, memory_order_relaxed);
	return last > 0 && pid > last;
}

/* All wanted sockets have an owner in this round or before. */
static void crew_found_all(struct owner_crew *crew, size_t n_slots)
{
	uint32_t last = 1;

	for (size_t i = 0; i < n_slots; i++)
		if (!crew->settled[i] && crew->owner[i] > last)
			last = crew->owner[i];
	atomic_store(&crew->last, last);
}

/* The socket of that slot has its first owner. */
static void owners_found(struct owner_walk *walk, uint32_t number)
{
	uint32_t pid = walk->processes[walk->n_processes - 1].pid, known = 0;
	struct owner_crew *crew = walk->crew;

	walk->n_found++;
	if (!crew || !crew->owner || crew->settled[number])
		return;
	while (!atomic_compare_exchange_weak(&crew->owner[number], &known, pid))
		if (known > 0 && known < pid)
			return;
	if (known == 0 && atomic_fetch_add(&crew->n_found, 1) + 1 == walk->n_slots)
		crew_found_all(crew, walk->n_slots);
}

int owners_push_hit(struct owner_walk *walk, uint32_t number, uint32_t fd)
{
	struct owner_slot *slot = &walk->slots[number];

	if (slot->n_hits > 0 && walk->query->first_only)
		return 0;
	if (walk->n_hits >= UINT32_MAX ||
	    owners_grow(&walk->hits, &walk->cap_hits, walk->n_hits + 1, sizeof(*walk->hits)) < 0)
		return -ENOMEM;
	slot->last = (uint32_t)walk->n_hits;
	walk->hits[walk->n_hits++] = (struct owner_hit){
		.slot = number,
		.process = (uint32_t)walk->n_processes - 1,
		.fd = fd,
	};
	if (slot->n_hits++ == 0)
		owners_found(walk, number);
	return 0;
}

/* The process holds the socket of that slot. Returns 1, 0 when the process has gone, or -ENOMEM. */
static int owners_add_hit(struct owner_walk *walk, struct owner_files *files, uint32_t number,
			  uint32_t fd)
{
	struct owner_slot *slot = &walk->slots[number];
	struct owner_hit *last = slot->n_hits > 0 ? &walk->hits[slot->last] : NULL;
	int got = 1;

	if (last && files->named && last->process == walk->n_processes - 1) {
		if (fd < last->fd && !files->program)
			last->fd = fd;
		return 1;
	}
	if (walk->query->first_only &&
	    (last || (walk->crew && walk->crew->settled && walk->crew->settled[number])))
		return 1;
	if (!files->named)
		got = owners_add_process(walk, files);
	if (got <= 0)
		return got;
	files->named = true;
	return owners_push_hit(walk, number, fd) < 0 ? -ENOMEM : 1;
}

/*
 * sock_diag tells only the low half of an inode number, so a row from there is wanted (or will be
 * looked for) by that half; a number above 32 bits is therefore known by both.
 */
int owners_add_socket(struct owner_walk *walk, struct owner_files *files, uint64_t inode,
		      uint32_t fd)
{
	const uint64_t keys[] = { inode, inode & UINT32_MAX };
	int got = 1;

	for (int i = 0; i < 2 && got > 0; i++) {
		const uint32_t *slot;
		int err = 0;

		if (keys[i] == 0 || (i == 1 && keys[1] == inode))
			break;
		slot = owners_slot(walk, keys[i], &err);
		if (err < 0)
			return err;
		if (!slot)
			continue;
		got = owners_add_hit(walk, files, *slot, fd);
		if (walk->query->inodes)
			break;
	}
	return got;
}

/* Bytes that the entries of a process's next descriptors take, and of one more. */
static size_t owners_take(const struct owner_rest *rest, uint32_t to)
{
	enum { LEAST = 512, ENTRY = 24, OTHERS = 3 };
	size_t bytes = ((size_t)(to - rest->from) + OTHERS) * ENTRY;

	return bytes < LEAST ? LEAST : bytes < DIR_BUF_SIZE ? bytes : DIR_BUF_SIZE;
}

/* Reads the links of a process from *rest on and below `to`. Returns as owners_look_into(). */
static int owners_walk_files(struct owner_walk *walk, struct owner_files *files, int fds,
			     struct owner_rest *rest, uint32_t to, char *buf)
{
	struct dir_stream dir = { .fd = fds, .buf = buf, .take = owners_take(rest, to) };
	bool goes_on = dir_seek(&dir, rest->at) == 0, more = false;
	const char *name;
	uint32_t fd;
	int got;

	/* A recorded directory is there as a whole each time: its second look is the last. */
	if (!goes_on && rest->from > 0)
		to = OWNERS_ALL_FDS;
	while ((got = owners_next_number(&dir, &name, &fd)) > 0) {
		char text[LINK_SIZE];
		uint64_t inode;
		ssize_t n;

		/* The kernel lists them in order, and what comes after the first high one is left
		 * for later. A directory that is not the kernel's is filtered. */
		if (fd >= to && to != OWNERS_ALL_FDS) {
			more = true;
			if (goes_on)
				break;
			continue;
		}
		if (!goes_on && fd < rest->from)
			continue;
		rest->at = dir.next;
		n = tree_readlink(fds, name, text, sizeof(text));

		if (n == -ENOENT || n == -EINVAL)
			continue; /* closed meanwhile */
		if (n < 0) {
			/* The kernel also says EACCES of a process that has just been reaped. */
			if (tree_has(files->dir_fd, "comm"))
				owners_trouble(walk, (int)-n);
			return 0;
		}
		if (!owners_parse_link(text, (size_t)n, &inode))
			continue;
		got = owners_add_socket(walk, files, inode, fd);
		if (got <= 0)
			return got;
		if (owners_is_done(walk, files->pid))
			return 0;
	}
	if (got < 0)
		owners_trouble(walk, -got);
	rest->from = to;
	return more;
}

/* Whether a process has ended and holds nothing any more; its fd directory is then root's alone. */
static bool owners_is_zombie(int dir_fd)
{
	char stat[COMM_SIZE + 64];
	const char *state;

	if (owners_read_text(dir_fd, "stat", stat, sizeof(stat)) < 0)
		return false;
	/* The name stands in parentheses and may hold some itself: the last one closes it. */
	state = strrchr(stat, ')');
	return state && state[1] == ' ' && (state[2] == 'Z' || state[2] == 'X');
}

int owners_look_into(struct owner_walk *walk, struct owner_rest *rest, uint32_t to, char *buf)
{
	struct owner_files files = { .pid = rest->pid };
	char name[24];
	int fds, got = 0;

	name[num_format_u64(name, rest->pid)] = '\0';
	files.dir_fd = tree_open_dir(walk->env->proc_fd, name, O_PATH);
	if (files.dir_fd < 0) {
		owners_trouble(walk, -files.dir_fd);
		return 0;
	}
	fds = tree_open_dir(files.dir_fd, "fd", O_RDONLY);
	if (fds < 0) {
		if (!owners_is_zombie(files.dir_fd))
			owners_trouble(walk, -fds);
	} else {
		got = owners_walk_files(walk, &files, fds, rest, to, buf);
		tree_close_dir(fds);
	}
	tree_close_dir(files.dir_fd);
	return got;
}
