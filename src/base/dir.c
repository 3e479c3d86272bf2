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
		long got = syscall(SYS_getdents64, dir->fd, dir->buf, DIR_BUF_SIZE);

		if (got <= 0)
			return got < 0 ? -errno : 0;
		dir->pos = 0;
		dir->len = (size_t)got;
	}
	record = (const void *)(dir->buf + dir->pos);
	dir->pos += record->reclen;
	*entry = (struct dir_entry){ record->name, record->ino, record->type };
	return 1;
}
