/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to directories that the program was given (/proc, control groups, names of network
 * namespaces) and to what is in them. Everything below such a directory is reached by these
 * functions, so that a run can be recorded and repeated (src/capture/): a directory is then no
 * descriptor but a number from TREE_BASE on, which the operations installed here know. Numbers
 * below are descriptors, and what is done with them is the system call of the name.
 *
 * A file that was opened is a descriptor in any case, to be read with read(2).
 */
#ifndef LSSOCK_BASE_TREE_H
#define LSSOCK_BASE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/dir.h"

/* No kernel hands out descriptors as high. */
enum { TREE_BASE = 0x40000000 };

enum tree_how {
	TREE_FOLLOW,    /* what a symbolic link leads to */
	TREE_NOFOLLOW,  /* the link itself */
	TREE_NAMESPACE, /* followed, and a file of a namespace: -EINVAL for any other */
};

struct tree_stat {
	uint64_t ino;
	bool is_dir;
};

/* What directories from TREE_BASE on can do; each as the function below that it stands behind. */
struct tree_ops {
	int (*open)(int dir, const char *path);
	int (*open_dir)(int dir, const char *path, int flags);
	void (*close_dir)(int dir);
	int (*next)(int dir, size_t *pos, struct dir_entry *entry);
	ssize_t (*readlink)(int dir, const char *path, char *buf, size_t size);
	int (*stat)(int dir, const char *path, enum tree_how how, struct tree_stat *out);
	bool (*is_proc)(int dir);
};

/* Puts them in place for the rest of the run, before there are threads; NULL: none. */
void tree_install(const struct tree_ops *ops);

/* In all of these dir may be a negative errno, which is then the answer. */

/* Opens a file (O_RDONLY|O_CLOEXEC|O_NOCTTY). A descriptor, closed with close(2), or -errno. */
int tree_open(int dir, const char *path);
/* Opens a directory (O_DIRECTORY|O_CLOEXEC and flags: O_RDONLY to list it or O_PATH, O_NOFOLLOW).
 * A directory, closed with tree_close_dir(), or -errno. */
int tree_open_dir(int dir, const char *path, int flags);
void tree_close_dir(int dir);
/* The next entry of a directory from TREE_BASE on; *pos starts at 0. As dir_next(), which is the
 * one to be called. */
int tree_next(int dir, size_t *pos, struct dir_entry *entry);
/* readlinkat(2): bytes, without NUL, or -errno. */
ssize_t tree_readlink(int dir, const char *path, char *buf, size_t size);
/* 0 or -errno. */
int tree_stat(int dir, const char *path, enum tree_how how, struct tree_stat *out);
/* Whether there is such a file. */
bool tree_has(int dir, const char *path);
/* Whether the directory is one of procfs. */
bool tree_is_proc(int dir);

#endif
