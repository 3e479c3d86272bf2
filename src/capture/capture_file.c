/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a recorded run: reading, which trusts no byte of it, and writing. */
#include "capture/capture_file.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/mem.h"

enum {
	BUF_SIZE = 64 * 1024,
	ENTRY_HEAD = 10,
	NAME_ROOM = 256, /* NAME_MAX and a NUL */
	BYTE_ORDER_HERE = __BYTE_ORDER == __LITTLE_ENDIAN ? 1 : 2,
};

static const uint8_t magic[8] = { 0x89, 'L', 'S', 'S', 'O', 'C', 'K', '\n' };

int capture_check_head(const void *data, size_t len)
{
	const uint8_t *at = data;

	if (len < CAPTURE_HEAD || memcmp(at, magic, sizeof(magic)) != 0)
		return -EBADMSG;
	if (capture_get_number(at + 8, 4) != CAPTURE_VERSION)
		return -EPROTONOSUPPORT;
	return capture_get_number(at + 12, 4) == BYTE_ORDER_HERE ? 0 : -EXDEV;
}

int capture_next(const void *data, size_t len, size_t *pos, struct capture_record *record)
{
	const uint8_t *at = (const uint8_t *)data + *pos;
	size_t left = len - *pos;
	uint64_t numbers[4];

	if (left < CAPTURE_RECORD_HEAD)
		return -ENODATA;
	for (int i = 0; i < 4; i++)
		numbers[i] = capture_get_number(at + 4 * i, 4);
	if (numbers[0] >= CAPTURE_KINDS || numbers[1] > CAPTURE_ERROR_MAX ||
	    numbers[2] > CAPTURE_KEY_MAX || numbers[3] > CAPTURE_VALUE_MAX)
		return -EBADMSG;
	left -= CAPTURE_RECORD_HEAD;
	if (numbers[2] + numbers[3] > left)
		return -ENODATA;
	*record = (struct capture_record){
		.kind = (uint32_t)numbers[0],
		.error = (int)numbers[1],
		.key = at + CAPTURE_RECORD_HEAD,
		.key_len = (size_t)numbers[2],
		.value = at + CAPTURE_RECORD_HEAD + numbers[2],
		.value_len = (size_t)numbers[3],
	};
	left -= record->key_len + record->value_len;
	if (record->kind == CAPTURE_END)
		return left || record->key_len || record->value_len ? -EBADMSG : 0;
	*pos = len - left;
	return 1;
}

int capture_next_entry(const void *value, size_t len, size_t *pos, struct dir_entry *entry)
{
	const uint8_t *at = (const uint8_t *)value + *pos;
	size_t left = len - *pos, n;

	if (left == 0)
		return 0;
	if (left < ENTRY_HEAD)
		return -EBADMSG;
	n = at[ENTRY_HEAD - 1] ? at[ENTRY_HEAD - 1] : NAME_ROOM;
	if (n < 2 || n > left - ENTRY_HEAD)
		return -EBADMSG;
	*entry = (struct dir_entry){
		.name = (const char *)at + ENTRY_HEAD,
		.ino = capture_get_number(at, 8),
		.type = at[8],
	};
	/* A name of that length, and one that could be: without a slash. */
	if (memchr(entry->name, '\0', n) != entry->name + n - 1 || memchr(entry->name, '/', n))
		return -EBADMSG;
	*pos += ENTRY_HEAD + n;
	return 1;
}

int capture_add_entry(uint8_t **list, size_t *len, size_t *cap, const struct dir_entry *entry)
{
	size_t n = strlen(entry->name) + 1;
	void *data = *list;
	int err;

	/* File systems know no longer ones. */
	if (n > NAME_ROOM)
		return 0;
	err = array_grow(&data, cap, *len + ENTRY_HEAD + n, 1);
	*list = data;
	if (err < 0)
		return err;
	capture_put_number(*list + *len, entry->ino, 8);
	(*list)[*len + 8] = entry->type;
	(*list)[*len + 9] = (uint8_t)(n % NAME_ROOM);
	memcpy(*list + *len + ENTRY_HEAD, entry->name, n);
	*len += ENTRY_HEAD + n;
	return 0;
}

/* The rest of these is done under the writer's lock. */

static void flush(struct capture_writer *writer)
{
	size_t at = 0;

	while (at < writer->n && writer->error == 0) {
		ssize_t n = write(writer->fd, writer->buf + at, writer->n - at);

		if (n < 0 && errno != EINTR)
			writer->error = -errno;
		else if (n == 0)
			writer->error = -EIO;
		else if (n > 0)
			at += (size_t)n;
	}
	writer->n = 0;
}

static void put_bytes(struct capture_writer *writer, const void *data, size_t len)
{
	const uint8_t *from = data;

	while (len > 0 && writer->error == 0) {
		size_t n = BUF_SIZE - writer->n < len ? BUF_SIZE - writer->n : len;

		memcpy(writer->buf + writer->n, from, n);
		writer->n += n;
		from += n;
		len -= n;
		if (writer->n == BUF_SIZE)
			flush(writer);
	}
}

static void put_from_file(struct capture_writer *writer, int fd, size_t len)
{
	uint8_t piece[4096];

	for (off_t at = 0; len > 0 && writer->error == 0;) {
		size_t want = len < sizeof(piece) ? len : sizeof(piece);
		ssize_t n = pread(fd, piece, want, at);

		if (n <= 0) {
			writer->error = n < 0 ? -errno : -EIO;
			return;
		}
		put_bytes(writer, piece, (size_t)n);
		at += n;
		len -= (size_t)n;
	}
}

static void put_record(struct capture_writer *writer, const struct capture_record *record,
		       int value_fd)
{
	uint8_t head[CAPTURE_RECORD_HEAD];

	writer->size += sizeof(head) + record->key_len + record->value_len;
	if (record->key_len > CAPTURE_KEY_MAX || record->value_len > CAPTURE_VALUE_MAX ||
	    writer->size > CAPTURE_SIZE_MAX || writer->n_records == CAPTURE_RECORDS_MAX)
		writer->error = -EFBIG;
	if (writer->error)
		return;
	writer->n_records++;
	capture_put_number(head, record->kind, 4);
	capture_put_number(head + 4, (uint64_t)record->error, 4);
	capture_put_number(head + 8, record->key_len, 4);
	capture_put_number(head + 12, record->value_len, 4);
	put_bytes(writer, head, sizeof(head));
	put_bytes(writer, record->key, record->key_len);
	if (value_fd < 0)
		put_bytes(writer, record->value, record->value_len);
	else
		put_from_file(writer, value_fd, record->value_len);
}

int capture_writer_begin(struct capture_writer *writer, int fd)
{
	uint8_t head[CAPTURE_HEAD];

	*writer = (struct capture_writer){ .fd = fd, .size = sizeof(head) };
	writer->buf = malloc(BUF_SIZE);
	if (!writer->buf)
		return -ENOMEM;
	pthread_mutex_init(&writer->lock, NULL);
	memcpy(head, magic, sizeof(magic));
	capture_put_number(head + 8, CAPTURE_VERSION, 4);
	capture_put_number(head + 12, BYTE_ORDER_HERE, 4);
	put_bytes(writer, head, sizeof(head));
	return 0;
}

void capture_put_file(struct capture_writer *writer, const struct capture_record *record,
		      int value_fd)
{
	pthread_mutex_lock(&writer->lock);
	if (writer->fd >= 0 && writer->error == 0)
		put_record(writer, record, value_fd);
	pthread_mutex_unlock(&writer->lock);
}

void capture_put(struct capture_writer *writer, const struct capture_record *record)
{
	capture_put_file(writer, record, -1);
}

int capture_writer_end(struct capture_writer *writer, bool whole)
{
	const struct capture_record end = { .kind = CAPTURE_END };

	pthread_mutex_lock(&writer->lock);
	/* It is not counted. */
	if (whole && writer->error == 0) {
		writer->n_records = 0;
		put_record(writer, &end, -1);
	}
	if (writer->error == 0)
		flush(writer);
	writer->fd = -1;
	free(writer->buf);
	writer->buf = NULL;
	pthread_mutex_unlock(&writer->lock);
	return writer->error;
}
