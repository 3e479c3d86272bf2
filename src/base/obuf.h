/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Buffered output in whole rows. Text is put into one buffer; obuf_end_row() hands it to the
 * descriptor when enough has gathered, so that what reaches a reader always ends with a whole line,
 * also when a signal ends the run between two writes. One write(2) a buffer; nothing is allocated
 * per row.
 */
#ifndef LSSOCK_BASE_OBUF_H
#define LSSOCK_BASE_OBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"

struct env;

struct obuf {
	char *data;
	size_t len, cap;
	int fd;         /* not owned */
	bool in_memory; /* there is no descriptor: everything is kept */
	/* Asked whether a signal asks to stop while the reader takes nothing; NULL: nobody is. */
	const struct env *env;
	int error; /* first failure, as a positive errno; 0: none. Nothing is written after it */
};

enum { OBUF_FLUSH_AT = 64 * 1024, OBUF_ROW_ROOM = 1024 };

/* An empty buffer in front of fd. Returns 0 or -ENOMEM. */
int obuf_init(struct obuf *out, int fd);
/* An empty buffer that keeps what is put into it: data and len are the text so far, and len may be
 * set back to 0. The same returns. */
int obuf_init_memory(struct obuf *out);
void obuf_free(struct obuf *out);

/* Grows so that n more bytes fit. Returns 0, or -ENOMEM (also left in out->error). */
int obuf_reserve(struct obuf *out, size_t n);

/*
 * Writes out everything, waiting for a slow or non-blocking reader; EINTR is retried, but after a
 * signal that asks to stop only for a second. A thread in which signals are blocked looks ten times
 * a second whether one has come. Returns 0 or -errno (left in out->error as well): -EPIPE when the
 * reader has gone, -ENOSPC, -EIO, -EBADF. A buffer in memory keeps everything.
 */
int obuf_flush(struct obuf *out);

/* A row is finished: flushes when OBUF_FLUSH_AT bytes have gathered. Returns 0 or -errno as
 * obuf_flush(). */
int obuf_end_row(struct obuf *out);

/* Writes whole rows from a buffer in memory, but for its first `skip` bytes, behind what is there;
 * rows is empty then, also after a failure. The returns of obuf_flush(). */
int obuf_move_rows(struct obuf *out, struct obuf *rows, size_t skip);

/* Appends. Without memory the text is dropped and out->error says so. */
static inline void obuf_put(struct obuf *out, const void *text, size_t n)
{
	if (n == 0) /* text may be NULL, and memcpy() may not */
		return;
	if (out->cap - out->len < n && obuf_reserve(out, n) < 0)
		return;
	memcpy(out->data + out->len, text, n);
	out->len += n;
}

static inline void obuf_put_str(struct obuf *out, const char *text)
{
	obuf_put(out, text, strlen(text));
}

static inline void obuf_put_char(struct obuf *out, char c)
{
	obuf_put(out, &c, 1);
}

/* Appends n blanks. */
static inline void obuf_put_blanks(struct obuf *out, size_t n)
{
	enum { MANY = 32 };

	/* A length that the compiler knows makes no call. */
	if (n <= MANY && out->cap - out->len >= MANY) {
		memset(out->data + out->len, ' ', MANY);
	} else {
		if (out->cap - out->len < n && obuf_reserve(out, n) < 0)
			return;
		memset(out->data + out->len, ' ', n);
	}
	out->len += n;
}

/* Appends a number, right-aligned in width columns (0: as it is) or left-aligned. */
static inline void obuf_put_right(struct obuf *out, uint64_t value, size_t width)
{
	char digits[20];
	size_t n = num_format_u64(digits, value);

	if (n < width)
		obuf_put_blanks(out, width - n);
	if (n == 1) /* most numbers of a table are 0 */
		obuf_put_char(out, *digits);
	else
		obuf_put(out, digits, n);
}

static inline void obuf_put_left(struct obuf *out, uint64_t value, size_t width)
{
	enum { DIGITS = 20 };
	size_t n;

	if (out->cap - out->len < DIGITS && obuf_reserve(out, DIGITS) < 0)
		return;
	n = num_format_u64(out->data + out->len, value);
	out->len += n;
	if (n < width)
		obuf_put_blanks(out, width - n);
}

#endif
