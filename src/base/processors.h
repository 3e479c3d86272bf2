/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many processors have nothing else to do: on a busy machine threads cost what they bring. */
#ifndef LSSOCK_BASE_PROCESSORS_H
#define LSSOCK_BASE_PROCESSORS_H

#include <stddef.h>

struct env;

/*
 * Of `cpus` processors those that are free by the text of /proc/loadavg (proc_loadavg(5): the
 * number before the slash counts the tasks that run or could, the reader among them): at least 1,
 * the one the reader runs on; cpus where the text is not understood. Pure.
 */
unsigned int processors_parse_free(const char *text, size_t len, unsigned int cpus);

/* Of those that this process may use (env->cpus), how many are free at this moment; at least 1.
 * Reads a file. */
unsigned int processors_free(const struct env *env);

#endif
