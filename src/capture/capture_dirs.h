/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories of a run that is recorded or repeated: numbers from TREE_BASE on, as base/tree.h has
 * them. Each knows its path, from which the keys of the recording are made. For one thread.
 */
#ifndef LSSOCK_CAPTURE_DIRS_H
#define LSSOCK_CAPTURE_DIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture_file.h"

struct dir_entry;

struct capture_dir {
	char *path;             /* "proc:" or "proc:4242/fd", owned; NULL: not in use */
	int fd;                 /* the real one, owned; negative: there is none */
	const uint8_t *entries; /* as CAPTURE_DIR has them */
	size_t entries_len;
	uint8_t *owned; /* the memory of the entries, or NULL */
};

struct capture_dirs {
	struct capture_dir *list;
	size_t n, cap;
};

/* Adds a copy; path is copied, what dir owns belongs to the list, also when that fails. A number
 * from TREE_BASE on, or -ENOMEM. */
int capture_dirs_add(struct capture_dirs *dirs, const struct capture_dir *dir, const char *path);
/* NULL: there is none of that number. Valid until the next one is added. */
struct capture_dir *capture_dirs_find(const struct capture_dirs *dirs, int number);
void capture_dirs_remove(struct capture_dirs *dirs, int number);
void capture_dirs_free(struct capture_dirs *dirs);

/* The next entry, as tree_next(); -EBADMSG for entries that are none. */
int capture_dirs_next(const struct capture_dirs *dirs, int number, size_t *pos,
		      struct dir_entry *entry);

/*
 * The key of a path below a directory of that number, without NUL: "proc:net/tcp". What goes
 * through one of our own numbers ("self/fd/N") is named by the directory: "proc:self/fd=cgroup:".
 * Returns its length, -EBADF, or -ENAMETOOLONG.
 */
int capture_dirs_key(const struct capture_dirs *dirs, int number, const char *path,
		     char key[CAPTURE_KEY_MAX]);

/* The directory that such a path goes through; NULL: none. */
struct capture_dir *capture_dirs_through(const struct capture_dirs *dirs, const char *path);

/* An empty file in memory, or -errno. */
int capture_file_new(void);
/* One with these bytes, to be read from its start; -errno. */
int capture_file_of(const void *data, size_t len);

#endif
