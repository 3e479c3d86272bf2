/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map from the kernel's own list (owners_iter.h) instead of from /proc/PID/fd: the same answer,
 * in one read. It may know more, never less: also what the walk's known limits leave out (tables
 * that a thread has for itself, processes whose first thread has ended), and processes that /proc
 * keeps even from root.
 *
 * All of the list is read before anything is added to the walk: whoever cannot read it to its end
 * walks over /proc as if nothing had been.
 */
#include "enrich/owners_process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "enrich/owners_record.h"

enum {
	BUF_SIZE = 128 * 1024, /* the kernel gives 32 KiB at a time */
	AGAIN_MAX = 1000,      /* it looks at a million files each time */
	/* Loading the program takes as long as looking at so many processes and sockets. */
	PAYS_FROM = 128,
};

/* The records that are wanted, as they came. */
struct record_list {
	struct owner_record *list;
	size_t n, cap;
	bool sorted;
};

bool owners_kernel_pays(const struct owner_walk *walk, const struct owner_pids *pids)
{
	const struct owners_query *query = walk->query;

	/* Details are read through the directory of the very process that holds the socket. */
	if (!walk->env->owners_open || query->details || query->context)
		return false;
	return !query->inodes || pids->n + query->n_inodes / 2 >= PAYS_FROM;
}

bool owners_parse_record(const void *data, size_t len, struct owner_record *record)
{
	if (len < sizeof(*record))
		return false;
	memcpy(record, data, sizeof(*record));
	return record->inode != 0 && record->pid != 0 && record->tid != 0 &&
	       memchr(record->comm, '\0', sizeof(record->comm));
}

/* By process; in it what its first thread holds comes first, in the order of descriptors. */
static int compare_records(const void *a, const void *b)
{
	const struct owner_record *x = a, *y = b;
	bool x_other = x->tid != x->pid, y_other = y->tid != y->pid;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x_other != y_other)
		return x_other ? 1 : -1;
	return x->fd < y->fd ? -1 : x->fd > y->fd;
}

static bool is_wanted(const struct owner_walk *walk, uint64_t inode)
{
	return !walk->query->inodes || hash64_find(&walk->numbers, inode) ||
	       hash64_find(&walk->numbers, inode & UINT32_MAX);
}

static int keep_record(struct record_list *records, const struct owner_record *record)
{
	if (owners_grow(&records->list, &records->cap, records->n + 1, sizeof(*record)) < 0)
		return -ENOMEM;
	if (records->n > 0 && compare_records(&records->list[records->n - 1], record) > 0)
		records->sorted = false;
	records->list[records->n++] = *record;
	return 0;
}

/* Takes the whole records out of n bytes; what is left of the last one moves to the front. Returns
 * how much that is, or -errno. */
static ssize_t take_records(const struct owner_walk *walk, struct record_list *records, char *buf,
			    size_t n)
{
	size_t at = 0;

	for (; n - at >= sizeof(struct owner_record); at += sizeof(struct owner_record)) {
		struct owner_record record;

		if (!owners_parse_record(buf + at, n - at, &record))
			return -EBADMSG;
		if (is_wanted(walk, record.inode) && keep_record(records, &record) < 0)
			return -ENOMEM;
	}
	memmove(buf, buf + at, n - at);
	return (ssize_t)(n - at);
}

/* Reads the list to its end, or until somebody wants us to stop. 0 or -errno. */
static int read_records(const struct owner_walk *walk, struct record_list *records, int fd,
			char *buf)
{
	const struct env *env = walk->env;
	ssize_t rest = 0;
	int again = 0;

	while (!env->stop_signal || !env->stop_signal(env)) {
		ssize_t n = read(fd, buf + rest, BUF_SIZE - (size_t)rest);

		if (n == 0)
			return rest == 0 ? 0 : -EBADMSG;
		/* EAGAIN: of very many files none was a socket; it goes on behind them. */
		if (n < 0 && (errno == EINTR || (errno == EAGAIN && again++ < AGAIN_MAX)))
			continue;
		if (n < 0)
			return -errno;
		rest = take_records(walk, records, buf, (size_t)(rest + n));
		if (rest < 0)
			return (int)rest;
	}
	return 0;
}

/* 0 or -ENOMEM. */
static int add_records(struct owner_walk *walk, const struct record_list *records)
{
	struct owner_files files = { .dir_fd = -1 };
	int got = 1;

	/* Nearly each record is another socket. */
	if (!walk->query->inodes && hash64_reserve(&walk->numbers, records->n) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < records->n && got >= 0 && !owners_is_done(walk, 0); i++) {
		const struct owner_record *record = &records->list[i];

		if (record->pid != files.pid)
			files = (struct owner_files){
				.dir_fd = -1,
				.pid = record->pid,
				.program = record->comm,
			};
		got = owners_add_socket(walk, &files, record->inode, record->fd);
	}
	return got < 0 ? got : 0;
}

int owners_kernel_run(struct owner_walk *walk)
{
	struct record_list records = { .sorted = true };
	int fd = walk->env->owners_open(walk->env), err;
	char *buf;

	if (fd < 0)
		return fd;
	buf = malloc(BUF_SIZE);
	err = buf ? read_records(walk, &records, fd, buf) : -ENOMEM;
	free(buf);
	close(fd);
	if (err == 0) {
		if (!records.sorted)
			qsort(records.list, records.n, sizeof(*records.list), compare_records);
		walk->saw_init = true; /* nothing is hidden */
		err = add_records(walk, &records);
		/* Some may have been added: it is too late for /proc. */
		if (err < 0)
			walk->problem = -err;
		err = 0;
	}
	free(records.list);
	return err;
}
