/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a file that somebody sent. */
#include "capture/capture_load.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "capture/capture_file.h"

enum { SLICE_MS = 100, STEP = 64 * 1024 };

/* Waits until there is something to read. 0 or -errno. */
static int wait_for(const struct env *env, int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };

	for (int waited = 0; waited < CAPTURE_LOAD_SILENCE; waited += SLICE_MS) {
		int n = poll(&poller, 1, SLICE_MS);

		if (env->stop_signal && env->stop_signal(env))
			return -EINTR;
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	return -ETIMEDOUT;
}

/* The next piece. Bytes, 0 at the end, or -errno. */
static ssize_t read_piece(const struct env *env, int fd, uint8_t *to, size_t size)
{
	for (;;) {
		ssize_t n = read(fd, to, size);
		int err;

		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		err = wait_for(env, fd);
		if (err < 0)
			return err;
	}
}

static int read_all(const struct env *env, int fd, int (*is_worth)(const uint8_t *data, size_t len),
		    uint8_t **data, size_t *len)
{
	bool asked = false;
	size_t cap = 0;
	ssize_t got;
	int err = 0;

	do {
		void *room = *data;

		if (*len > CAPTURE_SIZE_MAX)
			return -EFBIG;
		err = array_grow(&room, &cap, *len + STEP, 1);
		*data = room;
		if (err < 0)
			return err;
		got = read_piece(env, fd, *data + *len, cap - *len);
		if (got < 0)
			return (int)got;
		*len += (size_t)got;
		if (!asked && (got == 0 || *len >= CAPTURE_LOAD_FIRST)) {
			asked = true;
			err = is_worth(*data, *len);
		}
	} while (got > 0 && err == 0);
	return err;
}

int capture_load(const struct env *env, const char *path,
		 int (*is_worth)(const uint8_t *data, size_t len), uint8_t **data, size_t *len)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), err;
	struct stat st;

	*data = NULL;
	*len = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		err = -EINVAL;
	else if (S_ISREG(st.st_mode) && st.st_size > CAPTURE_SIZE_MAX)
		err = -EFBIG;
	else
		err = read_all(env, fd, is_worth, data, len);
	close(fd);
	if (err == 0)
		return 0;
	free(*data);
	*data = NULL;
	return err;
}
