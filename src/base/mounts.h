/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/self/mountinfo (proc(5), kernel: show_mountinfo() in fs/proc_namespace.c). */
#ifndef LSSOCK_BASE_MOUNTS_H
#define LSSOCK_BASE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * If the line (len bytes without newline) is a mount of that file system type, writes its mount
 * point into path (size bytes, NUL-terminated), *whole whether the root of the file system is
 * mounted there and not a part of it, and returns true. False for others, damaged lines, and paths
 * that do not fit. Pure.
 */
bool mounts_parse_line(const char *line, size_t len, const char *type, char *path, size_t size,
		       bool *whole);

#endif
