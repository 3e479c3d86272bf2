/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading below a directory descriptor with plain read(2): what /proc gives must not pass through
 * stdio, whose buffers and error states we could not see. Lines may hold any bytes, NUL included.
 */
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/tree.h"

/* One read(2) that no signal ends. Bytes, 0 at the end, or -errno. */
static ssize_t file_read(int fd, void *buf, size_t size)
{
	ssize_t got;

	do
		got = read(fd, buf, size);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

ssize_t file_read_at(int dir_fd, const char *path, void *buf, size_t size)
{
	int fd = tree_open(dir_fd, path);
	size_t n = 0;
	ssize_t got = 0;

	if (fd < 0)
		return fd;
	while (n < size) {
		got = file_read(fd, (char *)buf + n, size - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	return got < 0 ? got : (ssize_t)n;
}

int file_stream_open(struct file_stream *stream, int dir_fd, const char *path)
{
	*stream = (struct file_stream){ .fd = -1, .eof = true };
	int fd = tree_open(dir_fd, path);

	if (fd < 0)
		return fd;
	stream->buf = malloc(FILE_STREAM_SIZE);
	if (!stream->buf) {
		close(fd);
		return -ENOMEM;
	}
	stream->fd = fd;
	stream->cap = FILE_STREAM_SIZE;
	stream->eof = false;
	return 0;
}

void file_stream_close(struct file_stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->buf);
	*stream = (struct file_stream){ .fd = -1, .eof = true };
}

size_t file_stream_fill(struct file_stream *stream, size_t want)
{
	size_t have = stream->end - stream->start;

	if (have >= want || stream->eof || stream->error)
		return have;
	if (stream->start > 0) {
		memmove(stream->buf, stream->buf + stream->start, have);
		stream->start = 0;
		stream->end = have;
	}
	while (stream->end < want && stream->end < stream->cap) {
		ssize_t got =
			file_read(stream->fd, stream->buf + stream->end, stream->cap - stream->end);

		if (got < 0)
			stream->error = (int)got;
		if (got == 0)
			stream->eof = true;
		if (got <= 0)
			break;
		stream->end += (size_t)got;
	}
	return stream->end;
}

/* Goes behind the next newline, or to the end. */
static void file_stream_skip_line(struct file_stream *stream)
{
	size_t have;

	while ((have = file_stream_fill(stream, 1)) > 0) {
		const char *from = stream->buf + stream->start;
		const char *newline = memchr(from, '\n', have);

		if (newline) {
			stream->start += (size_t)(newline - from) + 1;
			return;
		}
		stream->start = stream->end;
	}
}

/* What is left has no newline: the last line, the end, or a failed read. Returns as the caller. */
static int file_stream_last_line(struct file_stream *stream, const char **line, size_t *len)
{
	size_t have = stream->end - stream->start;

	*line = stream->buf + stream->start;
	stream->start = stream->end;
	if (stream->error && !stream->eof) {
		/* Told once, then the end. Nobody knows how the cut line would have gone on: a
		 * number that lost its last digits is worse than no number. */
		stream->eof = true;
		return stream->error;
	}
	if (have == 0)
		return 0;
	*len = have;
	return 1;
}

int file_stream_line(struct file_stream *stream, const char **line, size_t *len)
{
	size_t seen = 0;
	size_t have = stream->end - stream->start;

	if (!stream->buf) /* could not be opened, or is closed */
		return 0;
	for (;;) {
		const char *from = stream->buf + stream->start;
		size_t look = have > FILE_LINE_MAX ? FILE_LINE_MAX + 1 : have;
		const char *newline = look > seen ? memchr(from + seen, '\n', look - seen) : NULL;

		if (newline) {
			*line = from;
			*len = (size_t)(newline - from);
			stream->start += *len + 1;
			return 1;
		}
		if (look > FILE_LINE_MAX) {
			file_stream_skip_line(stream);
			return -EOVERFLOW;
		}
		seen = look;
		have = file_stream_fill(stream, seen + 1);
		if (have == seen)
			return file_stream_last_line(stream, line, len);
	}
}
