/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading files below a directory descriptor: whole small ones, and long ones line by line in
 * bounded memory. */
#ifndef LSSOCK_BASE_FILE_H
#define LSSOCK_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reads at most size bytes of dir_fd/path into buf; dir_fd may be a negative errno, which is then
 * the answer. Returns the bytes read (a longer file is cut at size), or -errno. EINTR is retried,
 * short reads go on. Writes no NUL.
 */
ssize_t file_read_at(int dir_fd, const char *path, void *buf, size_t size);

/* A file that is read once from start to end through a window. */
struct file_stream {
	int fd;
	char *buf;
	size_t start, end, cap; /* unread bytes are buf[start..end) */
	bool eof;
	int error; /* -errno of a read that failed; what came before it is still handed out */
};

enum { FILE_STREAM_SIZE = 64 * 1024 };

/* Opens dir_fd/path (O_RDONLY|O_CLOEXEC). 0 or -errno (dir_fd negative: that errno). */
int file_stream_open(struct file_stream *stream, int dir_fd, const char *path);
void file_stream_close(struct file_stream *stream);

/*
 * Makes at least want bytes available at buf + start where the file has them; want must not exceed
 * FILE_STREAM_SIZE / 2. Returns the bytes available, which are fewer than want only at the end of
 * the file or after an error.
 */
size_t file_stream_fill(struct file_stream *stream, size_t want);

enum { FILE_LINE_MAX = 4096 };

/*
 * The next line without its newline: *line points into the window and is valid until the next call.
 * A last line without newline counts. Returns 1, 0 at the end, -EOVERFLOW for a line longer than
 * FILE_LINE_MAX (it is skipped whole; go on calling), or -errno of a failed read (then the end).
 */
int file_stream_line(struct file_stream *stream, const char **line, size_t *len);

#endif
