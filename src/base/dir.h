/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a directory's entries with getdents64(2), which tells 64-bit inodes on every machine,
 * into one buffer that the caller uses again for the next directory. */
#ifndef LSSOCK_BASE_DIR_H
#define LSSOCK_BASE_DIR_H

#include <stddef.h>
#include <stdint.h>

enum { DIR_BUF_SIZE = 32 * 1024 };

/* Set fd and buf, the rest zero. */
struct dir_stream {
	int fd;    /* of tree_open_dir(), not owned */
	char *buf; /* DIR_BUF_SIZE bytes aligned as malloc() does, not owned */
	size_t pos, len;
};

struct dir_entry {
	const char *name; /* valid until the next call */
	uint64_t ino;
	uint8_t type; /* DT_* of <dirent.h> */
};

/* The next entry, "." and ".." among them. Returns 1, 0 at the end, or -errno. */
int dir_next(struct dir_stream *dir, struct dir_entry *entry);

#endif
