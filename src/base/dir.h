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
	int fd;      /* of tree_open_dir(), not owned */
	char *buf;   /* DIR_BUF_SIZE bytes aligned as malloc() does, not owned */
	size_t take; /* bytes asked for at a time, for who does not want all entries: 24 an entry
			whose name has four bytes, 512 at least; 0: DIR_BUF_SIZE */
	size_t pos, len;
	int64_t next; /* where the entries after the last one begin: for dir_seek(), also of
			 another stream of this directory; 0: the beginning */
};

struct dir_entry {
	const char *name; /* valid until the next call */
	uint64_t ino;
	uint8_t type; /* DT_* of <dirent.h> */
};

/* The next entry, "." and ".." among them. Returns 1, 0 at the end, or -errno. */
int dir_next(struct dir_stream *dir, struct dir_entry *entry);

/*
 * Goes on where another stream of this directory stopped (its member next). Call before the first
 * dir_next(). Returns 0 or -errno, -ESPIPE of a directory that is none of the kernel's: the stream
 * is at the beginning then.
 */
int dir_seek(struct dir_stream *dir, int64_t at);

#endif
