/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories, files and links out of a recording. No path of it, or of the run, is ever opened. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/report.h"
#include "base/tree.h"
#include "capture/capture_player.h"

/* So many missing files have a line of their own. */
enum { TOLD_MAX = 5 };

/* Processes are one thing: a line for each of their files would be of no use. */
static void tell_missing(const char *key)
{
	struct capture_player *player = &capture_player;
	const char *path = strchr(key, ':');

	if (path && (path[1] == '\0' || (path[1] >= '0' && path[1] <= '9')) && key[0] == 'p')
		report_add(player->report, REPORT_PARTIAL,
			   "the recording lacks processes, or what is asked about them");
	else if (player->n_missing++ < TOLD_MAX)
		report_add(player->report, REPORT_PARTIAL, "the recording lacks %s", key);
	else
		report_add(player->report, REPORT_PARTIAL, "the recording lacks more files");
}

/* The record of a path. NULL and *err: there is none, or what was tried failed. */
static const struct capture_record *find(enum capture_kind kind, int number, const char *path,
					 int *err)
{
	struct capture_player *player = &capture_player;
	const struct capture_record *record;
	char key[CAPTURE_KEY_MAX];
	int n = capture_dirs_key(&player->dirs, number, path, key);

	*err = n < 0 ? n : 0;
	if (n < 0)
		return NULL;
	record = capture_index_find(&player->index, kind, key, (size_t)n);
	if (!record)
		tell_missing(key);
	*err = record ? -record->error : -ENODATA;
	return *err < 0 ? NULL : record;
}

static int replay_open(int number, const char *path)
{
	int err;
	const struct capture_record *record = find(CAPTURE_FILE, number, path, &err);

	return record ? capture_file_of(record->value, record->value_len) : err;
}

static int replay_open_dir(int number, const char *path, int flags)
{
	struct capture_player *player = &capture_player;
	struct capture_dir dir = { .fd = -1 };
	char key[CAPTURE_KEY_MAX];
	int err;
	const struct capture_record *record =
		find(flags & O_PATH ? CAPTURE_PLACE : CAPTURE_DIR, number, path, &err);

	if (!record)
		return err;
	dir.entries = record->value;
	dir.entries_len = record->value_len;
	capture_dirs_key(&player->dirs, number, path, key);
	return capture_dirs_add(&player->dirs, &dir, key);
}

static void replay_close_dir(int number)
{
	capture_dirs_remove(&capture_player.dirs, number);
}

static int replay_next(int number, size_t *pos, struct dir_entry *entry)
{
	return capture_dirs_next(&capture_player.dirs, number, pos, entry);
}

static ssize_t replay_readlink(int number, const char *path, char *buf, size_t size)
{
	int err;
	const struct capture_record *record;
	size_t n;

	/* ss says nothing of its namespace, which is asked for in passing. */
	if (capture_player.is_ss)
		return -ENODATA;
	record = find(CAPTURE_LINK, number, path, &err);
	if (!record)
		return err;
	n = record->value_len < size ? record->value_len : size;
	memcpy(buf, record->value, n);
	return (ssize_t)n;
}

static int replay_stat(int number, const char *path, enum tree_how how, struct tree_stat *out)
{
	struct capture_player *player = &capture_player;
	const struct capture_record *record;
	char key[CAPTURE_KEY_MAX];
	int n = capture_dirs_key(&player->dirs, number, path, key);

	if (n < 0)
		return n;
	if (n + 1 >= CAPTURE_KEY_MAX)
		return -ENAMETOOLONG;
	memmove(key + 1, key, (size_t)n + 1);
	key[0] = "fns"[how];
	record = capture_index_find(&player->index, CAPTURE_STAT, key, (size_t)n + 1);
	if (!record && !player->is_ss)
		tell_missing(key + 1);
	if (!record || record->error)
		return record ? -record->error : -ENODATA;
	if (record->value_len != 9)
		return -EBADMSG;
	*out = (struct tree_stat){
		.ino = capture_get_number(record->value, 8),
		.is_dir = record->value[8],
	};
	return 0;
}

static bool replay_is_proc(int number)
{
	(void)number;
	return capture_index_number(&capture_player.index, "is-proc", 1) == 1;
}

static const struct tree_ops ops = {
	.open = replay_open,
	.open_dir = replay_open_dir,
	.close_dir = replay_close_dir,
	.next = replay_next,
	.readlink = replay_readlink,
	.stat = replay_stat,
	.is_proc = replay_is_proc,
};

static int replay_root(enum capture_kind kind, const char *path)
{
	struct capture_player *player = &capture_player;
	const struct capture_record *record =
		capture_index_find(&player->index, kind, path, strlen(path));
	struct capture_dir dir = { .fd = -1 };

	if (!record)
		tell_missing(path);
	if (!record || record->error)
		return record ? -record->error : -ENODATA;
	dir.entries = record->value;
	dir.entries_len = record->value_len;
	return capture_dirs_add(&player->dirs, &dir, path);
}

static int replay_cgroup_open(const struct env *env)
{
	(void)env;
	return replay_root(CAPTURE_PLACE, "cgroup:");
}

static int replay_names_open(const struct env *env)
{
	(void)env;
	return replay_root(CAPTURE_DIR, "netns:");
}

void capture_replay_tree(struct env *env)
{
	struct capture_player *player = &capture_player;
	const struct capture_dir given = { .fd = -1 };

	tree_install(&ops);
	if (env->proc_fd == 0)
		env->proc_fd = capture_dirs_add(&player->dirs, &given, "proc:");
	/* A namespace that could not be entered. */
	if (capture_index_number(&player->index, "by-files", 0) == 1)
		env->net_fd = capture_dirs_add(&player->dirs, &given, "net:");
	env->cgroup_open = replay_cgroup_open;
	env->netns_names_open = replay_names_open;
}
