/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording of directories, files and links. A file is read whole when it is opened; the run gets
 * a copy in memory, so that it sees what was recorded and nothing else.
 *
 * Limit: a file that fails in the middle of being read is recorded as one that cannot be opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/tree.h"
#include "capture/capture_recorder.h"

enum { PIECE = 64 * 1024 };

/* Where a path below a directory of ours really is. */
struct place {
	int dir;
	const char *path;
	int key_len; /* or -errno: there is no such place */
	char key[CAPTURE_KEY_MAX];
};

static void find_place(struct place *place, int number, const char *path)
{
	const struct capture_dir *dir = capture_dirs_find(&capture_recorder.dirs, number);

	place->key_len = capture_dirs_key(&capture_recorder.dirs, number, path, place->key);
	place->dir = dir ? dir->fd : -EBADF;
	place->path = path;
}

static void put(enum capture_kind kind, int error, const struct place *place, const void *value,
		size_t value_len)
{
	capture_record_put(kind, error, place->key, (size_t)place->key_len, value, value_len);
}

/* Copies what is left of a file. Bytes or -errno. */
static ssize_t copy_file(int from, int to)
{
	char *buf = malloc(PIECE);
	ssize_t n, sum = buf ? 0 : -ENOMEM;

	while (sum >= 0 && (n = read(from, buf, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || write(to, buf, (size_t)n) != n)
			sum = n < 0 ? -errno : -EIO;
		else if (sum + n > CAPTURE_VALUE_MAX)
			sum = -EFBIG;
		else
			sum += n;
	}
	free(buf);
	return sum;
}

static int record_open(int number, const char *path)
{
	struct capture_record record = { .kind = CAPTURE_FILE };
	struct place place;
	int fd, copy;
	ssize_t n;

	find_place(&place, number, path);
	if (place.key_len < 0)
		return place.key_len;
	fd = tree_open(place.dir, place.path);
	copy = fd < 0 ? fd : capture_file_new();
	n = copy < 0 ? copy : copy_file(fd, copy);
	if (fd >= 0)
		close(fd);
	if (n >= 0 && lseek(copy, 0, SEEK_SET) != 0)
		n = -errno;
	if (n < 0) {
		put(CAPTURE_FILE, (int)n, &place, NULL, 0);
		if (copy >= 0)
			close(copy);
		return (int)n;
	}
	record.key = (const uint8_t *)place.key;
	record.key_len = (size_t)place.key_len;
	record.value_len = (size_t)n;
	capture_put_file(&capture_recorder.writer, &record, copy);
	return copy;
}

/* 0 or -errno. */
static int read_entries(struct capture_dir *dir)
{
	struct dir_stream stream = { .fd = dir->fd, .buf = malloc(DIR_BUF_SIZE) };
	struct dir_entry entry;
	size_t cap = 0;
	int got = stream.buf ? 1 : -ENOMEM;

	while (got > 0 && (got = dir_next(&stream, &entry)) > 0)
		if (capture_add_entry(&dir->owned, &dir->entries_len, &cap, &entry) < 0)
			got = -ENOMEM;
	free(stream.buf);
	dir->entries = dir->owned;
	return got;
}

static int record_open_dir(int number, const char *path, int flags)
{
	enum capture_kind kind = flags & O_PATH ? CAPTURE_PLACE : CAPTURE_DIR;
	struct capture_dir dir = { .fd = -1 };
	struct place place;
	int err;

	find_place(&place, number, path);
	if (place.key_len < 0)
		return place.key_len;
	dir.fd = tree_open_dir(place.dir, place.path, flags);
	err = dir.fd < 0 ? dir.fd : 0;
	if (err == 0 && kind == CAPTURE_DIR)
		err = read_entries(&dir);
	put(kind, err, &place, dir.entries, err < 0 ? 0 : dir.entries_len);
	if (err == 0)
		return capture_dirs_add(&capture_recorder.dirs, &dir, place.key);
	free(dir.owned);
	if (dir.fd >= 0)
		close(dir.fd);
	return err;
}

static void record_close_dir(int number)
{
	capture_dirs_remove(&capture_recorder.dirs, number);
}

static int record_next(int number, size_t *pos, struct dir_entry *entry)
{
	return capture_dirs_next(&capture_recorder.dirs, number, pos, entry);
}

/* Which files a process has open besides its sockets is nobody's business. */
static bool is_private(const struct place *place, const char *text, ssize_t n)
{
	const char *files = strstr(place->key, "/fd/");

	return files && place->key[5] >= '0' && place->key[5] <= '9' &&
	       !(n > 8 && memcmp(text, "socket:[", 8) == 0) &&
	       !(n > 7 && memcmp(text, "[0000]:", 7) == 0);
}

static ssize_t record_readlink(int number, const char *path, char *buf, size_t size)
{
	const struct capture_dir *through = capture_dirs_through(&capture_recorder.dirs, path);
	char real[32];
	struct place place;
	ssize_t n;

	find_place(&place, number, path);
	if (place.key_len < 0)
		return place.key_len;
	if (through) {
		snprintf(real, sizeof(real), "self/fd/%d", through->fd);
		place.path = real;
	}
	n = tree_readlink(place.dir, place.path, buf, size);
	put(CAPTURE_LINK, n < 0 ? (int)n : 0, &place, buf,
	    n < 0 || is_private(&place, buf, n) ? 0 : (size_t)n);
	return n;
}

static int record_stat(int number, const char *path, enum tree_how how, struct tree_stat *out)
{
	uint8_t value[9];
	struct place place;
	int err;

	find_place(&place, number, path);
	if (place.key_len < 0)
		return place.key_len;
	if (place.key_len + 1 >= CAPTURE_KEY_MAX)
		return -ENAMETOOLONG;
	err = tree_stat(place.dir, place.path, how, out);
	memmove(place.key + 1, place.key, (size_t)place.key_len++);
	place.key[0] = "fns"[how];
	if (err == 0) {
		capture_put_number(value, out->ino, 8);
		value[8] = out->is_dir;
	}
	put(CAPTURE_STAT, err, &place, value, err < 0 ? 0 : sizeof(value));
	return err;
}

static bool record_is_proc(int number)
{
	const struct capture_dir *dir = capture_dirs_find(&capture_recorder.dirs, number);
	bool is_proc = dir && tree_is_proc(dir->fd);

	capture_record_number(CAPTURE_FACT, "is-proc", is_proc);
	return is_proc;
}

static const struct tree_ops ops = {
	.open = record_open,
	.open_dir = record_open_dir,
	.close_dir = record_close_dir,
	.next = record_next,
	.readlink = record_readlink,
	.stat = record_stat,
	.is_proc = record_is_proc,
};

/* A directory that the world outside opens: the file system of control groups, the names of
 * namespaces. */
static int record_root(int fd, const char *path)
{
	const struct capture_dir dir = { .fd = fd };

	capture_record_put(CAPTURE_PLACE, fd < 0 ? fd : 0, path, strlen(path), NULL, 0);
	return fd < 0 ? fd : capture_dirs_add(&capture_recorder.dirs, &dir, path);
}

static int record_cgroup_open(const struct env *env)
{
	const struct env *outer = capture_recorder.outer;

	(void)env;
	return record_root(outer->cgroup_open(outer), "cgroup:");
}

/* The directory is listed by who asks for it. */
static int record_names_open(const struct env *env)
{
	const struct env *outer = capture_recorder.outer;
	struct capture_dir dir = { .fd = outer->netns_names_open(outer) };
	static const char path[] = "netns:";
	int err = dir.fd < 0 ? dir.fd : read_entries(&dir);

	(void)env;
	capture_record_put(CAPTURE_DIR, err, path, sizeof(path) - 1, dir.entries,
			   err < 0 ? 0 : dir.entries_len);
	if (err == 0)
		return capture_dirs_add(&capture_recorder.dirs, &dir, path);
	free(dir.owned);
	if (dir.fd >= 0)
		close(dir.fd);
	return err;
}

/* A directory that is there from the start; fd may be a negative errno. */
static int record_given(int fd, const char *path)
{
	const struct capture_dir dir = { .fd = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3) };

	if (fd < 0)
		return fd;
	return dir.fd < 0 ? -errno : capture_dirs_add(&capture_recorder.dirs, &dir, path);
}

void capture_record_tree(struct env *env)
{
	tree_install(&ops);
	env->proc_fd = record_given(env->proc_fd, "proc:");
	if (env->net_fd)
		env->net_fd = record_given(env->net_fd, "net:");
	if (env->cgroup_open)
		env->cgroup_open = record_cgroup_open;
	if (env->netns_names_open)
		env->netns_names_open = record_names_open;
}
