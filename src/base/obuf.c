/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output buffer's slow half: growing, and write(2) with everything that can happen to it. After
 * the first failure the text is dropped, so that a run whose reader has gone cannot grow.
 */
#include "base/obuf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"

int obuf_init(struct obuf *out, int fd)
{
	*out = (struct obuf){ .fd = fd };
	return obuf_reserve(out, OBUF_FLUSH_AT + OBUF_ROW_ROOM);
}

int obuf_init_memory(struct obuf *out)
{
	*out = (struct obuf){ .fd = -1, .in_memory = true };
	return obuf_reserve(out, OBUF_ROW_ROOM);
}

void obuf_free(struct obuf *out)
{
	free(out->data);
	out->data = NULL;
	out->len = 0;
	out->cap = 0;
}

/* Remembers the first failure and lets go of the text. Returns -errno of the first one. */
static int obuf_fail(struct obuf *out, int error)
{
	if (!out->error)
		out->error = error;
	out->len = 0;
	return -out->error;
}

int obuf_reserve(struct obuf *out, size_t n)
{
	size_t need, cap;
	char *data;

	if (out->cap - out->len >= n)
		return 0;
	if (out->error)
		return -out->error;
	if (n > PTRDIFF_MAX - out->len)
		return obuf_fail(out, ENOMEM);
	need = out->len + n;
	cap = out->cap > PTRDIFF_MAX / 2 ? need : out->cap * 2;
	if (cap < need)
		cap = need;
	data = realloc(out->data, cap);
	if (!data)
		return obuf_fail(out, ENOMEM);
	out->data = data;
	out->cap = cap;
	return 0;
}

enum { STOP_WAIT_MS = 1000, LOOK_MS = 100 };

static bool obuf_is_stopped(const struct obuf *out)
{
	return out->env && out->env->stop_signal(out->env);
}

/*
 * Waits until the descriptor takes bytes again. Once a signal has asked to stop, the reader is
 * given a last second to take what is left of the row. deaf: signals do not end the wait. 0 or a
 * positive errno: EINTR when it did not.
 */
static int obuf_wait(const struct obuf *out, bool deaf)
{
	struct pollfd want = { .fd = out->fd, .events = POLLOUT };

	for (;;) {
		bool stopped = obuf_is_stopped(out);
		int ready = poll(&want, 1, stopped ? STOP_WAIT_MS : deaf ? LOOK_MS : -1);

		/* A hang-up or a bad descriptor also ends the wait: the next write tells which. */
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR && errno != EAGAIN)
			return errno;
		if (stopped)
			return EINTR;
	}
}

/* How many of n bytes do not block a descriptor that poll(2) calls writable: an empty pipe takes as
 * many as it holds (pipe(7)). */
static size_t obuf_fitting(const struct obuf *out, size_t n)
{
	size_t room = PIPE_BUF;
	int waiting, size;

	if (n <= room)
		return n;
	size = fcntl(out->fd, F_GETPIPE_SZ);
	if (size > PIPE_BUF && ioctl(out->fd, FIONREAD, &waiting) == 0 && waiting == 0)
		room = (size_t)size;
	return n < room ? n : room;
}

/* Writes all n bytes. deaf: signals go to other threads, so no write may block. 0 or a positive
 * errno. */
static int obuf_write(const struct obuf *out, const char *data, size_t n, bool deaf)
{
	while (n > 0) {
		bool careful = deaf || obuf_is_stopped(out);
		int error = careful ? obuf_wait(out, deaf) : 0;
		ssize_t done;

		if (error)
			return error;
		done = write(out->fd, data, careful ? obuf_fitting(out, n) : n);
		if (done > 0) {
			data += done;
			n -= (size_t)done;
			continue;
		}
		if (done == 0) /* nothing taken and no reason given: asking for ever is no answer */
			return EIO;
		if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
			return errno;
		error = errno == EINTR ? 0 : obuf_wait(out, deaf);
		if (error)
			return error;
	}
	return 0;
}

/* Whether signals go to other threads, which no write(2) that waits here would know of. */
static bool is_deaf(const struct obuf *out)
{
	sigset_t blocked;
	struct stat st;

	if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0 || sigismember(&blocked, SIGINT) != 1)
		return false;
	/* Files take all at once and make nobody wait; of devices only terminals do. */
	return fstat(out->fd, &st) < 0 ||
	       !(S_ISREG(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(out->fd)));
}

int obuf_flush(struct obuf *out)
{
	int error;

	if (out->error)
		return obuf_fail(out, out->error);
	if (out->in_memory)
		return 0;
	if (out->fd < 0)
		return obuf_fail(out, EBADF);
	error = obuf_write(out, out->data, out->len, is_deaf(out));
	if (error)
		return obuf_fail(out, error);
	out->len = 0;
	return 0;
}

int obuf_end_row(struct obuf *out)
{
	if (out->error || out->len >= OBUF_FLUSH_AT)
		return obuf_flush(out);
	return 0;
}

int obuf_move_rows(struct obuf *out, struct obuf *rows, size_t skip)
{
	const char *text = rows->data + skip;
	size_t n = rows->len - skip;
	int err, error;

	rows->len = 0;
	if (out->in_memory || n < OBUF_FLUSH_AT) {
		obuf_put(out, text, n);
		return obuf_end_row(out);
	}
	err = obuf_flush(out);
	if (err < 0)
		return err;
	error = obuf_write(out, text, n, is_deaf(out));
	return error ? obuf_fail(out, error) : 0;
}
