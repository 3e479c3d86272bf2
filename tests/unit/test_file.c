/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below a directory: whole, in lines, damaged, endless, and failing half-way. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/file.h"

static char dir_name[] = "/tmp/lssock-test-XXXXXX";
static int dir_fd;

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir_name));
	dir_fd = open(dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(dir_fd, 0);
}

static void teardown(void)
{
	unlinkat(dir_fd, "file", 0);
	close(dir_fd);
	rmdir(dir_name);
}

TestSuite(file, .init = setup, .fini = teardown);

static void make_file(const void *data, size_t n)
{
	int fd = openat(dir_fd, "file", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, data, n), (ssize_t)n);
	close(fd);
}

Test(file, read_at)
{
	char buf[16] = "################";

	make_file("hello\0world", 11);
	cr_assert_eq(file_read_at(dir_fd, "file", buf, sizeof(buf)), 11);
	cr_assert_eq(memcmp(buf, "hello\0world#", 12), 0);
	cr_assert_eq(file_read_at(dir_fd, "file", buf, 3), 3);
	cr_assert_eq(file_read_at(dir_fd, "file", buf, 0), 0);
	make_file("", 0);
	cr_assert_eq(file_read_at(dir_fd, "file", buf, sizeof(buf)), 0);
}

Test(file, read_at_errors)
{
	char buf[16];

	cr_assert_eq(file_read_at(dir_fd, "absent", buf, sizeof(buf)), -ENOENT);
	cr_assert_eq(file_read_at(dir_fd, ".", buf, sizeof(buf)), -EISDIR);
	cr_assert_eq(file_read_at(-EACCES, "file", buf, sizeof(buf)), -EACCES);
	cr_assert_eq(file_read_at(dir_fd, "file/x", buf, sizeof(buf)), -ENOENT);
}

Test(file, stream_open_errors)
{
	struct file_stream stream;
	const char *line;
	size_t len;

	cr_assert_eq(file_stream_open(&stream, -ENOENT, "file"), -ENOENT);
	cr_assert_eq(file_stream_line(&stream, &line, &len), 0);
	file_stream_close(&stream);
	cr_assert_eq(file_stream_open(&stream, dir_fd, "absent"), -ENOENT);
	file_stream_close(&stream);
	file_stream_close(&stream);
	cr_assert_eq(file_stream_open(&stream, dir_fd, "."), 0);
	cr_assert_eq(file_stream_line(&stream, &line, &len), -EISDIR);
	cr_assert_eq(stream.error, -EISDIR);
	cr_assert_eq(file_stream_line(&stream, &line, &len), 0);
	file_stream_close(&stream);
}

Test(file, descriptors_do_not_leak)
{
	struct file_stream stream;
	char buf[4];
	int before = dup(0), after;

	close(before);
	make_file("x", 1);
	for (int i = 0; i < 50; i++) {
		file_read_at(dir_fd, "file", buf, sizeof(buf));
		file_read_at(dir_fd, ".", buf, sizeof(buf));
		cr_assert_eq(file_stream_open(&stream, dir_fd, "file"), 0);
		cr_assert(fcntl(stream.fd, F_GETFD) & FD_CLOEXEC);
		file_stream_close(&stream);
	}
	after = dup(0);
	cr_assert_eq(after, before);
	close(after);
}

/* Reads all lines of the file and compares with cutting the bytes at newlines. */
static void check_lines(const char *data, size_t n)
{
	struct file_stream stream;
	const char *line;
	size_t at = 0, len;

	make_file(data, n);
	cr_assert_eq(file_stream_open(&stream, dir_fd, "file"), 0);
	while (at < n) {
		const char *newline = memchr(data + at, '\n', n - at);
		size_t want = newline ? (size_t)(newline - data) - at : n - at;
		int got = file_stream_line(&stream, &line, &len);

		if (want > FILE_LINE_MAX) {
			cr_assert_eq(got, -EOVERFLOW, "at %zu: %d", at, got);
		} else {
			cr_assert_eq(got, 1, "at %zu: %d", at, got);
			cr_assert_eq(len, want, "at %zu: %zu, not %zu", at, len, want);
			cr_assert_eq(memcmp(line, data + at, len), 0);
		}
		cr_assert_eq(stream.cap, FILE_STREAM_SIZE);
		at += want + 1;
	}
	cr_assert_eq(file_stream_line(&stream, &line, &len), 0);
	cr_assert_eq(file_stream_line(&stream, &line, &len), 0);
	cr_assert_eq(stream.error, 0);
	file_stream_close(&stream);
}

Test(file, lines)
{
	static const char *const texts[] = { "",     "\n",      "a",    "a\n",
					     "a\nb", "\n\na\n", "\r\n", "a\n\n\nb\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_lines(texts[i], strlen(texts[i]));
	check_lines("a\0b\n\0\n\0", 8);
}

Test(file, lines_about_the_limit)
{
	char *data = malloc(3 * FILE_LINE_MAX);

	for (size_t n = FILE_LINE_MAX - 2; n <= FILE_LINE_MAX + 3; n++) {
		memset(data, 'a', 3 * FILE_LINE_MAX);
		check_lines(data, n); /* the last line, without a newline */
		data[n] = '\n';
		check_lines(data, n + 1);
		memcpy(data + n + 1, "next\n", 5);
		check_lines(data, n + 6);
	}
	free(data);
}

Test(file, a_line_longer_than_the_window)
{
	const size_t huge = 5 * FILE_STREAM_SIZE + 17;
	char *data = malloc(huge + 20);

	memset(data, 'a', huge);
	check_lines(data, huge);
	memcpy(data, "first\n", 6);
	memcpy(data + huge, "\nlast\n", 6);
	check_lines(data, huge + 6);
	free(data);
}

Test(file, random_lines)
{
	const size_t n = 400000;
	char *data = malloc(n);
	uint64_t state = 88172645463325252u;

	for (int round = 0; round < 20; round++) {
		static const size_t longest[] = { 3, 150, 5000, 200, 70000 };
		size_t at = 0;

		while (at < n) {
			size_t len;

			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			len = (state >> 20) % longest[round % 5];
			for (; len > 0 && at < n; len--, at++)
				data[at] = (char)(at % 3 ? 'a' + at % 26 : 0);
			if (at < n)
				data[at++] = '\n';
		}
		check_lines(data, n - (size_t)round);
	}
	free(data);
}

/* A stream whose descriptor fails with EAGAIN once the bytes are used up. */
static struct file_stream failing_stream(const char *text)
{
	int ends[2];
	struct file_stream stream = { .buf = malloc(FILE_STREAM_SIZE), .cap = FILE_STREAM_SIZE };

	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	cr_assert_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	stream.fd = ends[0];
	return stream;
}

Test(file, a_failed_read_is_told_after_the_lines_before_it)
{
	struct file_stream stream = failing_stream("one\ntwo\npart");
	const char *line;
	size_t len;

	cr_assert_eq(file_stream_line(&stream, &line, &len), 1);
	cr_assert_eq(file_stream_line(&stream, &line, &len), 1);
	cr_assert_eq(memcmp(line, "two", 3), 0);
	cr_assert_eq(file_stream_line(&stream, &line, &len), -EAGAIN);
	cr_assert_eq(file_stream_line(&stream, &line, &len), 0);
	cr_assert_eq(stream.error, -EAGAIN);
	file_stream_close(&stream);
}

Test(file, fill)
{
	const size_t n = 3 * FILE_STREAM_SIZE;
	char *data = malloc(n);
	struct file_stream stream;
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		data[i] = (char)(i * 7 % 251);
	make_file(data, n);
	cr_assert_eq(file_stream_open(&stream, dir_fd, "file"), 0);
	for (size_t want = 1; at < n; want = want * 3 % (FILE_STREAM_SIZE / 2) + 1) {
		size_t have = file_stream_fill(&stream, want);

		cr_assert_eq(stream.end - stream.start, have);
		cr_assert(have >= want || at + have == n);
		cr_assert_eq(memcmp(stream.buf + stream.start, data + at, have), 0);
		have = have < want ? have : want;
		stream.start += have;
		at += have;
	}
	cr_assert_eq(file_stream_fill(&stream, 1), 0);
	file_stream_close(&stream);
	free(data);
}

Test(file, fill_before_a_failed_read)
{
	struct file_stream stream = failing_stream("abcdef");

	cr_assert_eq(file_stream_fill(&stream, 100), 6);
	cr_assert_eq(stream.error, -EAGAIN);
	cr_assert_eq(file_stream_fill(&stream, 100), 6);
	cr_assert_eq(memcmp(stream.buf + stream.start, "abcdef", 6), 0);
	file_stream_close(&stream);
}

static void ignore_signal(int number)
{
	(void)number;
}

/* Writes a few bytes at a time into the fifo. */
static void *write_slowly(void *arg)
{
	const char *text = arg;
	size_t n = strlen(text);
	int fd = openat(dir_fd, "file", O_WRONLY);

	for (size_t at = 0; at < n; at += 3) {
		if (write(fd, text + at, n - at < 3 ? n - at : 3) < 0)
			break;
		usleep(3000);
	}
	close(fd);
	return NULL;
}

/* Short reads, and alarms between and within them. */
Test(file, short_reads_and_signals, .timeout = 600)
{
	static char text[] = "the first line\nand the second, which is longer\nthe third";
	struct sigaction action = { .sa_handler = ignore_signal };
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	char buf[128];
	pthread_t thread;
	sigset_t alarms;

	cr_assert_eq(mkfifoat(dir_fd, "file", 0600), 0);
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigaction(SIGALRM, &action, NULL);
	for (int round = 0; round < 2; round++) {
		struct file_stream stream;
		const char *line;
		size_t len;

		pthread_sigmask(SIG_BLOCK, &alarms, NULL);
		cr_assert_eq(pthread_create(&thread, NULL, write_slowly, text), 0);
		pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
		setitimer(ITIMER_REAL, &often, NULL);
		if (round == 0) {
			cr_assert_eq(file_read_at(dir_fd, "file", buf, sizeof(buf)),
				     (ssize_t)strlen(text));
			cr_assert_eq(memcmp(buf, text, strlen(text)), 0);
		} else {
			cr_assert_eq(file_stream_open(&stream, dir_fd, "file"), 0);
			for (int i = 0; i < 3; i++)
				cr_assert_eq(file_stream_line(&stream, &line, &len), 1);
			cr_assert_eq(len, 9);
			cr_assert_eq(memcmp(line, "the third", 9), 0);
			cr_assert_eq(file_stream_line(&stream, &line, &len), 0);
			file_stream_close(&stream);
		}
		setitimer(ITIMER_REAL, &never, NULL);
		pthread_join(thread, NULL);
	}
}
