/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of a recorded run. Numbers are little-endian and unaligned.
 *
 *     head      8 bytes   89 'L' 'S' 'S' 'O' 'C' 'K' 0a
 *               u32       version of the format, 1
 *               u32       byte order of netlink messages: 1 little, 2 big
 *     records   u32       kind, one of enum capture_kind
 *               u32       errno of what was tried, 0 to 4095; 0: it went well
 *               u32, u32  lengths of key and value, at most CAPTURE_KEY_MAX and CAPTURE_VALUE_MAX
 *               key, value
 *     the last record is CAPTURE_END; nothing follows. A file without it was not finished.
 *
 * Records of one kind and key stand in the order in which that was asked for. A whole file has at
 * most CAPTURE_SIZE_MAX bytes and CAPTURE_RECORDS_MAX records.
 *
 * Paths in it are keys and are never opened: the first word says where ("proc:net/tcp"). A
 * directory's value is a list of entries: u64 inode number, u8 type (DT_*), u8 length of the name
 * with its NUL (0: 256, of the longest name there is), the name with its NUL.
 */
#ifndef LSSOCK_CAPTURE_FILE_H
#define LSSOCK_CAPTURE_FILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum capture_kind {
	CAPTURE_END,    /* no key, no value */
	CAPTURE_FACT,   /* key: its name; value: u64, or text */
	CAPTURE_FILE,   /* key: path; value: what was in it */
	CAPTURE_LINK,   /* key: path; value: where it leads to */
	CAPTURE_STAT,   /* key: how ('f', 'n', 's') and path; value: u64 inode, u8 is a directory */
	CAPTURE_PLACE,  /* key: path of a directory that was opened, but not listed; no value */
	CAPTURE_DIR,    /* key: path of a directory; value: its entries */
	CAPTURE_DENIED, /* no key; the errno of a link to the kernel that could not be had */
	CAPTURE_REQUEST, /* key: u32 its number, from 1 on without a gap; value: netlink message */
	CAPTURE_REPLY,   /* key: u32 of its request, u8 it was truncated, u32 the sender's port;
			    value: what was received */
	/* Names. A look-up that was begun has a record with errno EINPROGRESS; one that came back
	 * has a second one. */
	CAPTURE_HOST,      /* key: u8 family, address; value: text */
	CAPTURE_ADDRESSES, /* key: name; value: u8 family and 16 bytes for each */
	CAPTURE_PORT,      /* key: protocol, NUL, name; value: u64 */
	CAPTURE_UID,       /* key: name; value: u64 */
	CAPTURE_USER,      /* key: u32 number; value: name */
	CAPTURE_SERVICES,  /* no key; value: u16 port, protocol, NUL, name, NUL, of each */
	CAPTURE_IFNAME,    /* key: u32 number; value: name */
	CAPTURE_IFINDEX,   /* key: name; value: u64 */
	CAPTURE_KINDS,
};

enum {
	CAPTURE_HEAD = 16,
	CAPTURE_RECORD_HEAD = 16,
	CAPTURE_VERSION = 1,
	CAPTURE_KEY_MAX = 8192,
	CAPTURE_VALUE_MAX = 1 << 29,
	CAPTURE_SIZE_MAX = 1 << 30,
	CAPTURE_RECORDS_MAX = 1 << 22,
	CAPTURE_ERROR_MAX = 4095,
};

struct capture_record {
	uint32_t kind; /* enum capture_kind */
	int error;     /* 0 or a positive errno */
	const uint8_t *key, *value;
	size_t key_len, value_len;
};

static inline void capture_put_number(uint8_t *to, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t capture_get_number(const uint8_t *from, size_t n)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

/*
 * Looks at the head of len bytes. 0; -EBADMSG: no recording; -EPROTONOSUPPORT: of another version;
 * -EXDEV: of a machine whose bytes are in the other order. Pure.
 */
int capture_check_head(const void *data, size_t len);

/*
 * The record at *pos (start with CAPTURE_HEAD), which moves behind it. Returns 1; 0 for the last
 * one, CAPTURE_END, with nothing behind it; -ENODATA: the bytes end before a record does, or no
 * CAPTURE_END came; -EBADMSG: this is no record. *pos stays at the record that is wrong. key and
 * value point into data. Pure.
 */
int capture_next(const void *data, size_t len, size_t *pos, struct capture_record *record);

/* An entry of a directory's value: 1 and the members; 0 at the end; -EBADMSG. Pure. */
struct dir_entry;
int capture_next_entry(const void *value, size_t len, size_t *pos, struct dir_entry *entry);
/* Adds an entry to the end of *list (malloc()ed, grown). 0 or -ENOMEM. */
int capture_add_entry(uint8_t **list, size_t *len, size_t *cap, const struct dir_entry *entry);

/* A file that is being written, by any thread. */
struct capture_writer {
	pthread_mutex_t lock;
	int fd;    /* not owned; negative: nothing is written any more */
	int error; /* the first -errno; -EFBIG: more than the format holds */
	uint8_t *buf;
	size_t n;
	uint64_t size; /* of all that was put */
	uint32_t n_records;
};

/* Writes the head. 0 or -errno. */
int capture_writer_begin(struct capture_writer *writer, int fd);
/* Puts one record. What cannot be written is told by capture_writer_end(). */
void capture_put(struct capture_writer *writer, const struct capture_record *record);
/* The same; the value is the value_len bytes at the start of the file value_fd. */
void capture_put_file(struct capture_writer *writer, const struct capture_record *record,
		      int value_fd);
/* whole: with the record that says so. Nothing is put any more. 0 or the first -errno. */
int capture_writer_end(struct capture_writer *writer, bool whole);

#endif
