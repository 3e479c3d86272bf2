/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a recording, from a regular file or a pipe. */
#ifndef LSSOCK_CAPTURE_LOAD_H
#define LSSOCK_CAPTURE_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct env;

enum {
	/* So much is read before is_worth() is asked. */
	CAPTURE_LOAD_FIRST = 16,
	/* How long a pipe may be silent, in milliseconds. */
	CAPTURE_LOAD_SILENCE = 10000,
};

/*
 * Reads all of it, at most CAPTURE_SIZE_MAX bytes, into *data (malloc()ed; *len bytes). is_worth
 * is asked with the first CAPTURE_LOAD_FIRST bytes, or all if there are fewer, whether to go on.
 * Nothing is waited for but a pipe that others write to, and no longer than CAPTURE_LOAD_SILENCE
 * or until a signal asks the program to end.
 *
 * 0 or -errno: -EINVAL: neither a regular file nor a pipe; -EFBIG; -EBADMSG: not worth it;
 * -ETIMEDOUT, -EINTR.
 */
int capture_load(const struct env *env, const char *path,
		 int (*is_worth)(const uint8_t *data, size_t len), uint8_t **data, size_t *len);

#endif
