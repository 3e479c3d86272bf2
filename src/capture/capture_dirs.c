/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that stand for directories. */
#include "capture/capture_dirs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/tree.h"

static void dir_free(struct capture_dir *dir)
{
	if (dir->fd >= 0)
		close(dir->fd);
	free(dir->path);
	free(dir->owned);
	*dir = (struct capture_dir){ .fd = -1 };
}

/* The place for one more, or NULL without memory. */
static struct capture_dir *free_place(struct capture_dirs *dirs)
{
	void *data = dirs->list;

	for (size_t i = 0; i < dirs->n; i++)
		if (!dirs->list[i].path)
			return &dirs->list[i];
	if (array_grow(&data, &dirs->cap, dirs->n + 1, sizeof(*dirs->list)) < 0)
		return NULL;
	dirs->list = data;
	return &dirs->list[dirs->n++];
}

int capture_dirs_add(struct capture_dirs *dirs, const struct capture_dir *dir, const char *path)
{
	struct capture_dir *place = free_place(dirs), copy = *dir;

	copy.path = strdup(path);
	if (!place || !copy.path) {
		if (place)
			*place = (struct capture_dir){ .fd = -1 };
		dir_free(&copy);
		return -ENOMEM;
	}
	*place = copy;
	return TREE_BASE + (int)(place - dirs->list);
}

struct capture_dir *capture_dirs_find(const struct capture_dirs *dirs, int number)
{
	if (number < TREE_BASE || (size_t)(number - TREE_BASE) >= dirs->n)
		return NULL;
	return dirs->list[number - TREE_BASE].path ? &dirs->list[number - TREE_BASE] : NULL;
}

void capture_dirs_remove(struct capture_dirs *dirs, int number)
{
	struct capture_dir *dir = capture_dirs_find(dirs, number);

	if (dir)
		dir_free(dir);
}

void capture_dirs_free(struct capture_dirs *dirs)
{
	for (size_t i = 0; i < dirs->n; i++)
		dir_free(&dirs->list[i]);
	free(dirs->list);
	*dirs = (struct capture_dirs){ .n = 0 };
}

int capture_dirs_next(const struct capture_dirs *dirs, int number, size_t *pos,
		      struct dir_entry *entry)
{
	const struct capture_dir *dir = capture_dirs_find(dirs, number);

	if (!dir || *pos > dir->entries_len)
		return -EBADF;
	return capture_next_entry(dir->entries, dir->entries_len, pos, entry);
}

struct capture_dir *capture_dirs_through(const struct capture_dirs *dirs, const char *path)
{
	static const char head[] = "self/fd/";
	const size_t n = sizeof(head) - 1;
	uint64_t number;

	if (strncmp(path, head, n) != 0 ||
	    !num_parse_u64(path + n, strlen(path + n), INT32_MAX, &number))
		return NULL;
	return capture_dirs_find(dirs, (int)number);
}

int capture_dirs_key(const struct capture_dirs *dirs, int number, const char *path,
		     char key[CAPTURE_KEY_MAX])
{
	const struct capture_dir *dir = capture_dirs_find(dirs, number);
	const struct capture_dir *through = capture_dirs_through(dirs, path);
	bool below;
	int n;

	if (!dir)
		return -EBADF;
	below = dir->path[strlen(dir->path) - 1] != ':';
	if (through)
		n = snprintf(key, CAPTURE_KEY_MAX, "%sself/fd=%s", dir->path, through->path);
	else if (strcmp(path, ".") == 0)
		n = snprintf(key, CAPTURE_KEY_MAX, "%s", dir->path);
	else
		n = snprintf(key, CAPTURE_KEY_MAX, "%s%s%s", dir->path, below ? "/" : "", path);
	return n < CAPTURE_KEY_MAX ? n : -ENAMETOOLONG;
}

int capture_file_new(void)
{
	/* Where vm.memfd_noexec wants it; kernels before 6.3 do not know it. */
	const unsigned int noexec = 8 /* MFD_NOEXEC_SEAL */;
	int fd = memfd_create("lssock", MFD_CLOEXEC | noexec);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("lssock", MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int capture_file_of(const void *data, size_t len)
{
	int fd = capture_file_new(), err = 0;

	if (fd < 0)
		return fd;
	for (size_t at = 0; at < len && err == 0;) {
		ssize_t n = write(fd, (const char *)data + at, len - at);

		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || errno != EINTR)
			err = n == 0 ? -EIO : -errno;
	}
	if (err == 0 && lseek(fd, 0, SEEK_SET) != 0)
		err = -errno;
	if (err < 0)
		close(fd);
	return err < 0 ? err : fd;
}
