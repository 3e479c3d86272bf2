/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a recorded run: what was put comes back, and nothing else does. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/env.h"
#include "base/report.h"
#include "base/resolver.h"
#include "capture/capture_dirs.h"
#include "capture/capture_file.h"
#include "capture/capture_index.h"
#include "capture/capture_record.h"
#include "guard.h"

static const struct {
	uint32_t kind;
	int error;
	const char *key, *value;
} puts_[] = {
	{ CAPTURE_FACT, 0, "host", "box" },
	{ CAPTURE_FILE, 0, "proc:net/sockstat", "first" },
	{ CAPTURE_FILE, 0, "proc:net/sockstat", "second" },
	{ CAPTURE_FILE, ENOENT, "proc:net/tcp6", "" },
	{ CAPTURE_LINK, 0, "proc:self/ns/net", "net:[1]" },
	{ CAPTURE_REQUEST, 0, "\1\0\0\0", "request" },
	{ CAPTURE_REPLY, 0, "\1\0\0\0\0\0\0\0\0", "reply" },
	{ CAPTURE_REPLY, EAGAIN, "\1\0\0\0\0\0\0\0\0", "" },
};

enum { N_PUTS = sizeof(puts_) / sizeof(puts_[0]) };

static size_t key_len(size_t i)
{
	if (puts_[i].kind == CAPTURE_REQUEST)
		return 4;
	return puts_[i].kind == CAPTURE_REPLY ? 9 : strlen(puts_[i].key);
}

/* What the writer makes of them. */
static size_t make_file(uint8_t *out, size_t size)
{
	int fd = capture_file_new();
	struct capture_writer writer;
	ssize_t n;

	cr_assert_geq(fd, 0);
	cr_assert_eq(capture_writer_begin(&writer, fd), 0);
	for (size_t i = 0; i < N_PUTS; i++) {
		const struct capture_record record = {
			.kind = puts_[i].kind,
			.error = puts_[i].error,
			.key = (const uint8_t *)puts_[i].key,
			.key_len = key_len(i),
			.value = (const uint8_t *)puts_[i].value,
			.value_len = strlen(puts_[i].value),
		};

		capture_put(&writer, &record);
	}
	cr_assert_eq(capture_writer_end(&writer, true), 0);
	n = pread(fd, out, size, 0);
	close(fd);
	cr_assert_gt(n, CAPTURE_HEAD);
	return (size_t)n;
}

Test(capture, what_was_put_comes_back)
{
	uint8_t file[4096];
	size_t n = make_file(file, sizeof(file)), pos = CAPTURE_HEAD, i = 0;
	const uint8_t *data = guard_copy(file, n);
	struct capture_record record;
	int got;

	cr_assert_eq(capture_check_head(data, n), 0);
	for (; (got = capture_next(data, n, &pos, &record)) == 1; i++) {
		cr_assert_eq(record.kind, puts_[i].kind);
		cr_assert_eq(record.error, puts_[i].error);
		cr_assert_eq(record.key_len, key_len(i));
		cr_assert_eq(memcmp(record.key, puts_[i].key, record.key_len), 0);
		cr_assert_eq(record.value_len, strlen(puts_[i].value));
		cr_assert_eq(memcmp(record.value, puts_[i].value, record.value_len), 0);
	}
	cr_assert_eq(got, 0);
	cr_assert_eq(i, N_PUTS);
}

Test(capture, cut_at_every_length)
{
	uint8_t file[4096];
	size_t n = make_file(file, sizeof(file));

	for (size_t len = 0; len < n; len++) {
		const uint8_t *data = guard_copy(file, len);
		struct capture_index index;
		size_t offset = 12345;
		int err = capture_index_read(&index, data, len, &offset);

		cr_assert_eq(err, len < CAPTURE_HEAD ? -EBADMSG : -ENODATA, "%zu: %d", len, err);
		cr_assert_leq(offset, len);
		capture_index_free(&index);
	}
}

Test(capture, bytes_behind_the_end_are_no_part_of_it)
{
	uint8_t file[4096];
	size_t n = make_file(file, sizeof(file) - 1), offset;
	struct capture_index index;

	file[n] = 0;
	cr_assert_eq(capture_index_read(&index, guard_copy(file, n + 1), n + 1, &offset), -EBADMSG);
	cr_assert_eq(offset, n - CAPTURE_RECORD_HEAD);
	capture_index_free(&index);
}

/* Whatever is flipped, nothing beyond the file is read and what comes out is inside it. */
Test(capture, flipped_bits)
{
	uint8_t file[4096];
	size_t n = make_file(file, sizeof(file));

	for (size_t bit = 0; bit < n * 8; bit++) {
		struct capture_index index;
		uint8_t *data;
		size_t offset;
		int err;

		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
		data = guard_copy(file, n);
		err = capture_index_read(&index, data, n, &offset);
		cr_assert(err == 0 || err == -EBADMSG || err == -ENODATA ||
			  err == -EPROTONOSUPPORT || err == -EXDEV);
		for (size_t i = 0; i < index.n; i++) {
			const struct capture_record *record = &index.entries[i].record;

			cr_assert(record->key >= data &&
				  record->value + record->value_len <= data + n);
		}
		capture_index_free(&index);
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

Test(capture, lengths_and_kinds_have_bounds)
{
	static const struct {
		size_t at;
		uint32_t value;
		int err;
	} bad[] = {
		{ 0, CAPTURE_KINDS, -EBADMSG },
		{ 0, UINT32_MAX, -EBADMSG },
		{ 4, CAPTURE_ERROR_MAX, 1 },
		{ 4, CAPTURE_ERROR_MAX + 1, -EBADMSG },
		{ 8, CAPTURE_KEY_MAX, -ENODATA },
		{ 8, CAPTURE_KEY_MAX + 1, -EBADMSG },
		{ 8, UINT32_MAX, -EBADMSG },
		{ 12, CAPTURE_VALUE_MAX, -ENODATA },
		{ 12, CAPTURE_VALUE_MAX + 1, -EBADMSG },
		{ 12, UINT32_MAX, -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t file[4096];
		size_t n = make_file(file, sizeof(file)), pos = CAPTURE_HEAD;
		struct capture_record record;

		capture_put_number(file + CAPTURE_HEAD + bad[i].at, bad[i].value, 4);
		cr_assert_eq(capture_next(guard_copy(file, n), n, &pos, &record), bad[i].err, "%zu",
			     i);
		if (bad[i].err < 0)
			cr_assert_eq(pos, CAPTURE_HEAD);
	}
}

Test(capture, heads_of_others)
{
	uint8_t file[4096];
	size_t n = make_file(file, sizeof(file));

	file[8] = 2;
	cr_assert_eq(capture_check_head(file, n), -EPROTONOSUPPORT);
	file[8] = 1;
	file[12] ^= 3; /* 1 and 2 change places */
	cr_assert_eq(capture_check_head(file, n), -EXDEV);
	file[0] = 'x';
	cr_assert_eq(capture_check_head(file, n), -EBADMSG);
}

Test(capture, each_once_in_order_and_the_last_for_ever)
{
	uint8_t file[4096];
	size_t n = make_file(file, sizeof(file)), offset;
	const char key[] = "proc:net/sockstat";
	const struct capture_record *record;
	struct capture_index index;

	cr_assert_eq(capture_index_read(&index, file, n, &offset), 0);
	for (int i = 0; i < 4; i++) {
		record = capture_index_find(&index, CAPTURE_FILE, key, sizeof(key) - 1);
		cr_assert_not_null(record);
		cr_assert_eq(memcmp(record->value, i == 0 ? "first" : "second", 5), 0);
	}
	cr_assert_null(capture_index_find(&index, CAPTURE_LINK, key, sizeof(key) - 1));
	cr_assert_null(capture_index_find(&index, CAPTURE_FILE, key, sizeof(key) - 2));
	record = capture_index_last(&index, CAPTURE_FILE, "proc:net/tcp6", 13);
	cr_assert_eq(record->error, ENOENT);
	cr_assert_eq(index.n_talks, 1);
	cr_assert_eq(index.entries[index.talks[0].first - 1].record.value_len, 5);
	cr_assert_eq(index.talks[0].last, index.entries[index.talks[0].first - 1].next);
	capture_index_free(&index);
}

Test(capture, replies_belong_to_requests_that_there_are)
{
	uint8_t file[4096];
	size_t n = make_file(file, sizeof(file)), offset, at = CAPTURE_HEAD;
	struct capture_record record;
	struct capture_index index;

	for (size_t i = 0; i < 5; i++)
		cr_assert_eq(capture_next(file, n, &at, &record), 1);
	file[at + CAPTURE_RECORD_HEAD] = 2; /* the number of the first request */
	cr_assert_eq(capture_index_read(&index, file, n, &offset), -EBADMSG);
	cr_assert_eq(offset, at);
	capture_index_free(&index);
	file[at + CAPTURE_RECORD_HEAD] = 1;
	cr_assert_eq(capture_next(file, n, &at, &record), 1);
	for (int number = 0; number < 3; number += 2) {
		file[at + CAPTURE_RECORD_HEAD] = (uint8_t)number;
		cr_assert_eq(capture_index_read(&index, file, n, &offset), -EBADMSG);
		cr_assert_eq(offset, at);
		capture_index_free(&index);
	}
}

Test(capture, entries_of_directories)
{
	const struct dir_entry in[] = { { .name = ".", .ino = 1, .type = 4 },
					{ .name = "4242", .ino = UINT64_MAX, .type = 4 } };
	uint8_t *list = NULL;
	size_t len = 0, cap = 0, pos = 0;
	struct dir_entry out;

	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(capture_add_entry(&list, &len, &cap, &in[i]), 0);
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(capture_next_entry(list, len, &pos, &out), 1);
		cr_assert_str_eq(out.name, in[i].name);
		cr_assert_eq(out.ino, in[i].ino);
		cr_assert_eq(out.type, 4);
	}
	cr_assert_eq(capture_next_entry(list, len, &pos, &out), 0);
	for (size_t cut = 1; cut < len; cut++) {
		const uint8_t *data = guard_copy(list, cut);
		int got = 1;

		for (pos = 0; got == 1;)
			got = capture_next_entry(data, cut, &pos, &out);
		cr_assert_eq(got, cut == 12 ? 0 : -EBADMSG, "%zu", cut);
	}
	pos = 0;
	list[10] = '/';
	cr_assert_eq(capture_next_entry(list, len, &pos, &out), -EBADMSG, "a path is no name");
	list[10] = '\0';
	cr_assert_eq(capture_next_entry(list, len, &pos, &out), -EBADMSG, "an empty name");
	free(list);
}

Test(capture, the_longest_name_of_an_entry)
{
	char name[256 + 1];
	struct dir_entry in = { .name = name, .ino = 7, .type = 8 }, out;
	uint8_t *list = NULL;
	size_t len = 0, cap = 0, pos = 0;

	memset(name, 'n', sizeof(name));
	name[255] = '\0';
	cr_assert_eq(capture_add_entry(&list, &len, &cap, &in), 0);
	in.name = "b";
	cr_assert_eq(capture_add_entry(&list, &len, &cap, &in), 0);
	cr_assert_eq(capture_next_entry(guard_copy(list, len), len, &pos, &out), 1);
	cr_assert_str_eq(out.name, name);
	cr_assert_eq(out.ino, 7);
	pos = 0;
	for (size_t cut = 1; cut < 10 + 256; cut++)
		cr_assert_eq(capture_next_entry(guard_copy(list, cut), cut, &pos, &out), -EBADMSG);
	cr_assert_eq(capture_next_entry(list, len, &pos, &out), 1);
	cr_assert_eq(capture_next_entry(list, len, &pos, &out), 1);
	cr_assert_str_eq(out.name, "b");
	free(list);
}

Test(capture, keys_of_paths)
{
	const struct capture_dir none = { .fd = -1 };
	struct capture_dirs dirs = { .n = 0 };
	char key[CAPTURE_KEY_MAX], path[64];
	int proc = capture_dirs_add(&dirs, &none, "proc:");
	int fds = capture_dirs_add(&dirs, &none, "proc:12/fd");
	int groups = capture_dirs_add(&dirs, &none, "cgroup:");

	cr_assert_eq(capture_dirs_key(&dirs, proc, "net/tcp", key), 12);
	cr_assert_str_eq(key, "proc:net/tcp");
	capture_dirs_key(&dirs, fds, "7", key);
	cr_assert_str_eq(key, "proc:12/fd/7");
	capture_dirs_key(&dirs, proc, ".", key);
	cr_assert_str_eq(key, "proc:");
	snprintf(path, sizeof(path), "self/fd/%d", groups);
	capture_dirs_key(&dirs, proc, path, key);
	cr_assert_str_eq(key, "proc:self/fd=cgroup:");
	capture_dirs_remove(&dirs, fds);
	cr_assert_eq(capture_dirs_key(&dirs, fds, "7", key), -EBADF);
	cr_assert_eq(capture_dirs_add(&dirs, &none, "proc:13"), fds, "places are used again");
	capture_dirs_free(&dirs);
}

Test(capture, a_full_disk_is_told)
{
	struct capture_writer writer;
	const struct capture_record record = { .kind = CAPTURE_FILE };
	int fd = open("/dev/full", O_WRONLY);

	if (fd < 0)
		cr_skip_test("no /dev/full");
	cr_assert_eq(capture_writer_begin(&writer, fd), 0);
	capture_put(&writer, &record);
	cr_assert_eq(capture_writer_end(&writer, true), -ENOSPC);
	close(fd);
	capture_put(&writer, &record); /* too late, and no harm */
}

Test(capture, what_the_format_cannot_hold_is_told)
{
	static const uint8_t key[CAPTURE_KEY_MAX + 1];
	const struct capture_record record = { .key = key, .key_len = sizeof(key) };
	struct capture_writer writer;
	int fd = capture_file_new();

	cr_assert_eq(capture_writer_begin(&writer, fd), 0);
	capture_put(&writer, &record);
	cr_assert_eq(capture_writer_end(&writer, true), -EFBIG);
	close(fd);
}

static unsigned int n_begun;

static void late_begin(void)
{
	n_begun++;
}

static int late_host(int family, const void *addr, char *buf, size_t size)
{
	(void)family;
	(void)addr;
	snprintf(buf, size, "late");
	return 0;
}

/* Threads that ask for names are left to themselves: one may begin when main() has returned. */
Test(capture, a_thread_that_begins_when_the_run_has_ended)
{
	static const struct resolver late = { .begin_thread = late_begin, .host = late_host };
	char dir[] = "/tmp/lssock-capture-XXXXXX", path[64], text[256] = "", name[64];
	struct env outer = { .proc_fd = -ENOENT, .resolver = &late }, env;
	struct report report;

	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	report_init(&report, -1);
	cr_assert_eq(capture_record_begin(&outer, path, &report, &env, text, sizeof(text)), 0, "%s",
		     text);
	cr_assert_eq(capture_record_end(false, text, sizeof(text)), 0, "%s", text);
	memset(&outer, 0xa5, sizeof(outer)); /* what comes to lie on the stack then */

	env.resolver->begin_thread();
	cr_assert_eq(n_begun, 1);
	cr_assert_eq(env.resolver->host(AF_INET, "\177\0\0\1", name, sizeof(name)), 0);
	cr_assert_str_eq(name, "late");
	report_free(&report);
	unlink(path);
	rmdir(dir);
}
