/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output buffer in front of what a descriptor can be: a file, a slow pipe, a full disk, nobody.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/obuf.h"

static off_t size_of(int fd)
{
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	return st.st_size;
}

Test(obuf, text_and_numbers)
{
	struct obuf out;
	int fd = memfd_create("out", 0);
	char got[128] = "";

	cr_assert_eq(obuf_init(&out, fd), 0);
	obuf_put(&out, "a\0b", 3);
	obuf_put_str(&out, "cd");
	obuf_put_char(&out, '|');
	obuf_put_blanks(&out, 3);
	obuf_put_char(&out, '|');
	obuf_put_right(&out, 42, 6);
	obuf_put_left(&out, 42, 6);
	obuf_put_char(&out, '|');
	obuf_put_right(&out, 1234567, 3);
	obuf_put_left(&out, 1234567, 3);
	obuf_put_right(&out, UINT64_MAX, 0);
	cr_assert_eq(size_of(fd), 0);
	cr_assert_eq(obuf_flush(&out), 0);
	cr_assert_eq(pread(fd, got, sizeof(got), 0), 57);
	cr_assert_eq(memcmp(got, "a\0bcd|   |    4242    |1234567123456718446744073709551615", 57),
		     0);
	cr_assert_eq(obuf_flush(&out), 0);
	cr_assert_eq(size_of(fd), 57);
	obuf_free(&out);
	obuf_free(&out);
}

/* Rows reach the file in whole pieces only, whatever their length. */
Test(obuf, only_whole_rows_leave)
{
	struct obuf out;
	int fd = memfd_create("out", 0);
	size_t cap, total = 0;
	bool early = false;

	cr_assert_eq(obuf_init(&out, fd), 0);
	cap = out.cap;
	for (size_t row = 0; row < 5000; row++) {
		off_t before = size_of(fd);
		size_t len = 20 + row % 181;

		for (size_t i = 0; i + 1 < len; i++)
			obuf_put_char(&out, 'x');
		obuf_put_char(&out, '\n');
		total += len;
		cr_assert_eq(size_of(fd), before, "a row left before its end");
		cr_assert_eq(obuf_end_row(&out), 0);
		cr_assert_lt(out.len, OBUF_FLUSH_AT);
		cr_assert(size_of(fd) == before || size_of(fd) == (off_t)total);
		early = early || size_of(fd) > 0;
	}
	cr_assert(early, "nothing left before the end");
	cr_assert_eq(out.cap, cap, "rows of usual length made it grow");
	cr_assert_eq(obuf_flush(&out), 0);
	cr_assert_eq(size_of(fd), (off_t)total);
	obuf_free(&out);
}

Test(obuf, one_huge_row)
{
	const size_t huge = 3 * 1024 * 1024 + 7;
	struct obuf out;
	int fd = memfd_create("out", 0);

	cr_assert_eq(obuf_init(&out, fd), 0);
	obuf_put_str(&out, "start");
	obuf_put_blanks(&out, huge);
	cr_assert_eq(out.len, huge + 5);
	cr_assert_eq(size_of(fd), 0);
	obuf_put_str(&out, "end\n");
	cr_assert_eq(obuf_end_row(&out), 0);
	cr_assert_eq(size_of(fd), (off_t)huge + 9);
	cr_assert_eq(out.error, 0);
	obuf_free(&out);
}

Test(obuf, impossible_size)
{
	struct obuf out;
	int fd = memfd_create("out", 0);

	cr_assert_eq(obuf_init(&out, fd), 0);
	obuf_put_char(&out, 'x');
	cr_assert_eq(obuf_reserve(&out, SIZE_MAX), -ENOMEM);
	cr_assert_eq(out.error, ENOMEM);
	obuf_put_str(&out, "more");
	cr_assert_eq(obuf_flush(&out), -ENOMEM);
	cr_assert_eq(size_of(fd), 0);
	obuf_free(&out);
}

/* After a failure: the same answer for ever, nothing kept, nothing written. */
static void check_failed(struct obuf *out, int error)
{
	size_t cap;

	cr_assert_eq(out->error, error);
	cr_assert_eq(out->len, 0);
	cap = out->cap;
	for (int row = 0; row < 100; row++) {
		for (int i = 0; i < 10000; i++)
			obuf_put_char(out, 'x');
		cr_assert_eq(obuf_end_row(out), -error);
	}
	for (int i = 0; i < 1000000; i++) /* and no row that ends */
		obuf_put_char(out, 'x');
	obuf_put_blanks(out, 10 * cap);
	cr_assert_eq(out->cap, cap);
	cr_assert_eq(obuf_flush(out), -error);
	cr_assert_eq(out->len, 0);
	obuf_free(out);
}

Test(obuf, full_disk)
{
	struct obuf out;

	cr_assert_eq(obuf_init(&out, open("/dev/full", O_WRONLY)), 0);
	obuf_put_str(&out, "row\n");
	cr_assert_eq(obuf_end_row(&out), 0);
	cr_assert_eq(obuf_flush(&out), -ENOSPC);
	check_failed(&out, ENOSPC);
}

Test(obuf, no_descriptor)
{
	struct obuf out;

	cr_assert_eq(obuf_init(&out, -EBADF), 0);
	obuf_put_str(&out, "row\n");
	cr_assert_eq(obuf_flush(&out), -EBADF);
	check_failed(&out, EBADF);
	cr_assert_eq(obuf_init(&out, 1000000), 0);
	obuf_put_str(&out, "row\n");
	cr_assert_eq(obuf_flush(&out), -EBADF);
	check_failed(&out, EBADF);
}

Test(obuf, reader_gone)
{
	struct obuf out;
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(obuf_init(&out, ends[1]), 0);
	close(ends[0]);
	obuf_put_str(&out, "row\n");
	cr_assert_eq(obuf_flush(&out), -EPIPE);
	check_failed(&out, EPIPE);
}

Test(obuf, the_first_failure_stays)
{
	struct obuf out;

	cr_assert_eq(obuf_init(&out, open("/dev/full", O_WRONLY)), 0);
	obuf_put_str(&out, "row\n");
	cr_assert_eq(obuf_flush(&out), -ENOSPC);
	out.fd = -1;
	cr_assert_eq(obuf_flush(&out), -ENOSPC);
	cr_assert_eq(obuf_reserve(&out, SIZE_MAX), -ENOSPC);
	obuf_free(&out);
}

enum { STREAM_BYTES = 600000 };

struct slow_reader {
	int fd;
	size_t n;
	bool wrong;
};

/* Takes its time, and checks every byte against its place. */
static void *read_slowly(void *arg)
{
	struct slow_reader *reader = arg;
	unsigned char part[3001];
	ssize_t got;

	while ((got = read(reader->fd, part, sizeof(part))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			reader->wrong |= part[i] != (unsigned char)(reader->n++ * 7 % 251);
		usleep(500);
	}
	return NULL;
}

static void ignore_signal(int number)
{
	(void)number;
}

/* A small pipe, so that writes come short or not at all, and alarms that interrupt them. */
static void check_slow(int pipe_flags)
{
	struct sigaction action = { .sa_handler = ignore_signal }; /* no SA_RESTART */
	struct itimerval often = { { 0, 700 }, { 0, 700 } }, never = { { 0, 0 }, { 0, 0 } };
	struct slow_reader reader = { 0 };
	pthread_t thread;
	struct obuf out;
	sigset_t alarms;
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	cr_assert_eq(fcntl(ends[1], F_SETFL, O_WRONLY | pipe_flags), 0);
	reader.fd = ends[0];
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL); /* the reader is left in peace */
	cr_assert_eq(pthread_create(&thread, NULL, read_slowly, &reader), 0);
	sigaction(SIGALRM, &action, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	setitimer(ITIMER_REAL, &often, NULL);

	cr_assert_eq(obuf_init(&out, ends[1]), 0);
	for (size_t i = 0; i < STREAM_BYTES; i++) {
		obuf_put_char(&out, (char)(i * 7 % 251));
		if (i % 100 == 99)
			cr_assert_eq(obuf_end_row(&out), 0);
	}
	cr_assert_eq(obuf_flush(&out), 0);
	setitimer(ITIMER_REAL, &never, NULL);
	close(ends[1]);
	pthread_join(thread, NULL);
	cr_assert_eq(reader.n, STREAM_BYTES);
	cr_assert(!reader.wrong);
	obuf_free(&out);
}

Test(obuf, slow_reader_and_signals, .timeout = 600)
{
	check_slow(0);
}

Test(obuf, slow_reader_of_a_non_blocking_pipe, .timeout = 600)
{
	check_slow(O_NONBLOCK);
}

Test(obuf, in_memory_everything_is_kept)
{
	struct obuf out;
	size_t n = 3 * OBUF_FLUSH_AT;

	cr_assert_eq(obuf_init_memory(&out), 0);
	for (size_t i = 0; i < n; i++) {
		obuf_put_char(&out, (char)('a' + i % 26));
		cr_assert_eq(obuf_end_row(&out), 0);
	}
	cr_assert_eq(obuf_flush(&out), 0);
	cr_assert_eq(out.len, n);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(out.data[i], (char)('a' + i % 26));
	obuf_free(&out);
}
