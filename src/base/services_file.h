/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file /etc/services itself, for C libraries that list no services. */
#ifndef LSSOCK_BASE_SERVICES_FILE_H
#define LSSOCK_BASE_SERVICES_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct service_line {
	char name[64], proto[16]; /* NUL-terminated */
	uint16_t port;
};

/* Takes one line of n bytes apart: NAME PORT/PROTO [ALIAS]... [# COMMENT], as services(5) has it.
 * False for a line that holds no service, or one with longer words. Pure. */
bool services_file_parse(const char *line, size_t n, struct service_line *out);

/* Calls row for each service of the file, in its order. 0, or -errno when it cannot be read. */
int services_file_list(const char *path,
		       void (*row)(void *ctx, const char *proto, uint16_t port, const char *name),
		       void *ctx);

#endif
