/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories that are descriptors, and the way to those that are not. */
#include "base/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct tree_ops *installed;

void tree_install(const struct tree_ops *ops)
{
	installed = ops;
}

/* Whether dir is for the operations that are installed. */
static bool is_ours(int dir)
{
	return dir >= TREE_BASE && installed;
}

int tree_open(int dir, const char *path)
{
	int fd;

	if (dir < 0)
		return dir;
	if (is_ours(dir))
		return installed->open(dir, path);
	do
		fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int tree_open_dir(int dir, const char *path, int flags)
{
	int fd;

	if (dir < 0)
		return dir;
	if (is_ours(dir))
		return installed->open_dir(dir, path, flags);
	fd = openat(dir, path, O_DIRECTORY | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

void tree_close_dir(int dir)
{
	if (is_ours(dir))
		installed->close_dir(dir);
	else if (dir >= 0)
		close(dir);
}

int tree_next(int dir, size_t *pos, struct dir_entry *entry)
{
	return is_ours(dir) ? installed->next(dir, pos, entry) : -EBADF;
}

ssize_t tree_readlink(int dir, const char *path, char *buf, size_t size)
{
	ssize_t n;

	if (dir < 0)
		return dir;
	if (is_ours(dir))
		return installed->readlink(dir, path, buf, size);
	n = readlinkat(dir, path, buf, size);
	return n < 0 ? -errno : n;
}

static struct tree_stat told_by(const struct stat *st)
{
	return (struct tree_stat){ st->st_ino, S_ISDIR(st->st_mode) };
}

/* The file is not opened, only looked at. 0 or -errno. */
static int stat_namespace(int dir, const char *path, struct tree_stat *out)
{
	int fd = openat(dir, path, O_PATH | O_CLOEXEC), err = 0;
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		err = -errno;
	else if (fs.f_type != NSFS_MAGIC)
		err = -EINVAL;
	else
		*out = told_by(&st);
	close(fd);
	return err;
}

int tree_stat(int dir, const char *path, enum tree_how how, struct tree_stat *out)
{
	const int flags = how == TREE_NOFOLLOW ? AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT : 0;
	struct stat st;

	if (dir < 0)
		return dir;
	if (is_ours(dir))
		return installed->stat(dir, path, how, out);
	if (how == TREE_NAMESPACE)
		return stat_namespace(dir, path, out);
	/* Not statx(), which musl has only from 1.2.5 on. */
	if (fstatat(dir, path, &st, flags) < 0)
		return -errno;
	*out = told_by(&st);
	return 0;
}

bool tree_has(int dir, const char *path)
{
	struct tree_stat st;

	if (is_ours(dir))
		return installed->stat(dir, path, TREE_FOLLOW, &st) == 0;
	return dir >= 0 && faccessat(dir, path, F_OK, 0) == 0;
}

bool tree_is_proc(int dir)
{
	struct statfs fs;

	if (is_ours(dir))
		return installed->is_proc(dir);
	return dir >= 0 && fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}
