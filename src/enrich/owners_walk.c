/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the links in /proc/PID/fd (kernel: fs/proc/fd.c; a socket's link reads "socket:[INODE]").
 * At most three descriptors are open at once, however many processes there are. Everything of a
 * process is read through one descriptor of its directory: once it has ended that only fails.
 *
 * Known limits: the walk is no snapshot. Only a process's first thread is asked, so descriptors of
 * a thread that left the shared table (unshare(CLONE_FILES)), or whose first thread has ended, are
 * not seen. The kernel's own sockets, and those whose descriptor is on its way in a message, have
 * no owner.
 */
#include "enrich/owners_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/dir.h"
#include "base/env.h"
#include "base/file.h"
#include "base/num.h"
#include "base/tree.h"

enum { FIRST_FDS_OF_INIT = 1024 };

static int owners_compare_pids(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static bool has_pid(const struct owner_pids *pids, uint32_t pid)
{
	return pids->n > 0 &&
	       bsearch(&pid, pids->list, pids->n, sizeof(*pids->list), owners_compare_pids);
}

/* Reads them all but those looked at, in rising order, before any is looked into: one descriptor
 * less at a time. 0 or -ENOMEM; what else went wrong is left in the walk. */
static int owners_list_pids(struct owner_walk *walk, const struct owner_pids *looked_at,
			    struct owner_pids *pids, char *buf)
{
	struct dir_stream dir = { .buf = buf };
	bool sorted = true;
	const char *name;
	uint32_t pid;
	int got;

	/* Opened anew: whoever shares proc_fd shares its position, and it may be an O_PATH one. */
	dir.fd = tree_open_dir(walk->env->proc_fd, ".", O_RDONLY);
	if (dir.fd < 0) {
		walk->problem = -dir.fd;
		return 0;
	}
	while ((got = owners_next_number(&dir, &name, &pid)) > 0) {
		walk->saw_init = walk->saw_init || pid == 1;
		if (has_pid(looked_at, pid))
			continue;
		if (owners_grow(&pids->list, &pids->cap, pids->n + 1, sizeof(*pids->list)) < 0) {
			tree_close_dir(dir.fd);
			return -ENOMEM;
		}
		sorted = sorted && (pids->n == 0 || pids->list[pids->n - 1] < pid);
		pids->list[pids->n++] = pid;
	}
	tree_close_dir(dir.fd);
	if (got < 0)
		walk->problem = -got;
	/* The kernel lists them in order; a recorded directory may not. */
	if (!sorted)
		qsort(pids->list, pids->n, sizeof(*pids->list), owners_compare_pids);
	return 0;
}

/* The line "btime SECONDS" of the system's statistics (proc_stat(5)). 0 and *seconds, or -errno. */
static int owners_boot_time(const struct env *env, uint64_t *seconds)
{
	static const char head[] = "btime ";
	const size_t n = sizeof(head) - 1;
	struct file_stream stream;
	const char *line;
	size_t len;
	int got = file_stream_open(&stream, env->proc_fd, "stat");

	if (got < 0)
		return got;
	while ((got = file_stream_line(&stream, &line, &len)) == 1 || got == -EOVERFLOW)
		if (got == 1 && len > n && memcmp(line, head, n) == 0)
			break;
	if (got == 1 && !num_parse_u64(line + n, len - n, INT64_MAX, seconds))
		*seconds = 0;
	if (got >= 0 && *seconds == 0)
		got = -ENODATA;
	file_stream_close(&stream);
	return got < 0 ? got : 0;
}

/* Whoever asked to stop waits for no further process. */
bool owners_has_ended(const struct owner_walk *walk, uint32_t pid)
{
	return owners_is_done(walk, pid) ||
	       (walk->env->stop_signal && walk->env->stop_signal(walk->env));
}

/* Whether it is enough to know one owner of each socket. */
static bool is_breadth_first(const struct owner_walk *walk)
{
	return walk->query->inodes && walk->query->first_only;
}

static int add_rest(struct owner_rests *rests, const struct owner_rest *rest)
{
	int err = owners_grow(&rests->list, &rests->cap, rests->n + 1, sizeof(*rests->list));

	if (err == 0)
		rests->list[rests->n++] = *rest;
	return err;
}

int owners_rests_begin(struct owner_rests *rests, const struct owner_pids *pids)
{
	int err = owners_grow(&rests->list, &rests->cap, pids->n, sizeof(*rests->list));

	for (size_t i = 0; err == 0 && i < pids->n; i++)
		rests->list[rests->n++] = (struct owner_rest){ .pid = pids->list[i] };
	return err;
}

/*
 * Where one owner of each socket is enough, the low descriptors of all processes come first: that
 * is where listeners are, and a server may have many thousands of others behind them. To look into
 * a process once more costs what two or three of its descriptors do. Init holds the sockets of the
 * services that it starts on demand; it is the owner that netstat, and a full walk, come upon
 * first.
 */
static uint32_t limit_of(const struct owner_walk *walk, uint32_t pid, uint32_t to)
{
	if (!is_breadth_first(walk))
		return OWNERS_ALL_FDS;
	return pid == 1 && to < FIRST_FDS_OF_INIT ? FIRST_FDS_OF_INIT : to;
}

int owners_look(struct owner_walk *walk, struct owner_rest rest, uint32_t to,
		struct owner_rests *more, char *buf)
{
	uint32_t limit = limit_of(walk, rest.pid, to);
	int got = rest.from < limit ? owners_look_into(walk, &rest, limit, buf) : 1;

	return got > 0 ? add_rest(more, &rest) : got;
}

uint32_t owners_next_round(uint32_t to)
{
	return to > OWNERS_ALL_FDS / 2 ? OWNERS_ALL_FDS : 2 * to;
}

/* Looks into all processes, one after the other. */
static int owners_walk_all(struct owner_walk *walk, const struct owner_pids *pids, char *buf)
{
	struct owner_rests now = { .list = NULL }, more = { .list = NULL }, spare;
	uint32_t to = OWNERS_FIRST_FDS;
	int err = owners_rests_begin(&now, pids);

	while (err == 0 && now.n > 0 && !owners_has_ended(walk, now.list[0].pid)) {
		for (size_t i = 0; err == 0 && i < now.n; i++) {
			if (owners_has_ended(walk, now.list[i].pid))
				break;
			err = owners_look(walk, now.list[i], to, &more, buf);
		}
		spare = now;
		now = more;
		more = spare;
		more.n = 0;
		to = owners_next_round(to);
	}
	free(now.list);
	free(more.list);
	return err;
}

/* Looks into the likely processes; looked_at gets them, in rising order. 0 or -ENOMEM. */
static int owners_walk_likely(struct owner_walk *walk, struct owner_pids *looked_at, char *buf)
{
	const struct owners_query *query = walk->query;

	if (query->n_likely == 0 || !is_breadth_first(walk))
		return 0;
	if (owners_grow(&looked_at->list, &looked_at->cap, query->n_likely,
			sizeof(*looked_at->list)) < 0)
		return -ENOMEM;
	memcpy(looked_at->list, query->likely, query->n_likely * sizeof(*query->likely));
	looked_at->n = query->n_likely;
	qsort(looked_at->list, looked_at->n, sizeof(*looked_at->list), owners_compare_pids);
	return owners_walk_all(walk, looked_at, buf);
}

/* Looks into all processes but those looked at. 0 or -ENOMEM. */
static int owners_walk_others(struct owner_walk *walk, const struct owner_pids *looked_at,
			      char *buf)
{
	struct owner_pids pids = { .list = NULL };
	int err = owners_list_pids(walk, looked_at, &pids, buf);

	if (err == 0 && !(owners_kernel_pays(walk, &pids) && owners_kernel_run(walk) == 0))
		err = owners_crew_pays(walk, &pids) ? owners_crew_run(walk, &pids)
						    : owners_walk_all(walk, &pids, buf);
	free(pids.list);
	return err;
}

int owners_walk_run(struct owner_walk *walk)
{
	struct owner_pids looked_at = { .list = NULL };
	char *buf = malloc(DIR_BUF_SIZE);
	int err = buf ? 0 : -ENOMEM;

	if (walk->query->details)
		walk->boot_error = owners_boot_time(walk->env, &walk->boot_time);
	if (err == 0)
		err = owners_walk_likely(walk, &looked_at, buf);
	/* A process that could not be looked into is not asked twice, nor counted twice. */
	if (err == 0 && !owners_is_done(walk, 0))
		err = owners_walk_others(walk, &looked_at, buf);
	free(looked_at.list);
	free(buf);
	return err;
}

void owners_walk_free(struct owner_walk *walk)
{
	hash64_free(&walk->numbers);
	arena_free(&walk->arena);
	free(walk->slots);
	free(walk->hits);
	free(walk->processes);
	walk->slots = NULL;
	walk->hits = NULL;
	walk->processes = NULL;
}
