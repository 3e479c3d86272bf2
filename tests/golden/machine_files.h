/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of the machine share. A recording that cannot be read ends the process. */
#ifndef LSSOCK_TESTS_MACHINE_FILES_H
#define LSSOCK_TESTS_MACHINE_FILES_H

#include <stddef.h>
#include <stdio.h>

struct env;
struct nl_link;

/* A message on stderr and the end, with a status that the program itself never has. */
void machine_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Opens a file of the machine; NULL when it has none. */
FILE *machine_open_file(const char *path);

/* The array with room for one element more, which is zeroed. Never NULL. */
void *machine_grow(void *array, size_t n, size_t elem);

/* Reads all of diag/. */
void machine_diag_load(void);

/* For struct env's diag_open. */
int machine_diag_open(const struct env *env, struct nl_link **out);

#endif
