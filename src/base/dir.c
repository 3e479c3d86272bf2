/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a directory's entries with getdents64(2). */
#include "base/dir.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/tree.h"

/* As the kernel has it; not every C library does. */
struct dir_record {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

int dir_next(struct dir_stream *dir, struct dir_entry *entry)
{
	const struct dir_record *record;

	if (dir->fd >= TREE_BASE)
		return tree_next(dir->fd, &dir->pos, entry);
	if (dir->pos == dir->len) {
		size_t take = dir->take ? dir->take : DIR_BUF_SIZE;
		long got = syscall(SYS_getdents64, dir->fd, dir->buf, take);

		if (got <= 0)
			return got < 0 ? -errno : 0;
		dir->pos = 0;
		dir->len = (size_t)got;
	}
	record = (const void *)(dir->buf + dir->pos);
	dir->pos += record->reclen;
	dir->next = record->off;
	*entry = (struct dir_entry){ record->name, record->ino, record->type };
	return 1;
}

int dir_seek(struct dir_stream *dir, int64_t at)
{
	if (dir->fd >= TREE_BASE)
		return -ESPIPE;
	if (at > 0 && lseek(dir->fd, (off_t)at, SEEK_SET) < 0)
		return -errno;
	dir->next = at;
	return 0;
}
