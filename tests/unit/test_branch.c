/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of several threads: each row is written once and whole, and one failure ends all. */
#include <criterion/criterion.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/obuf.h"
#include "branch.h"
#include "pair.h"

enum { THREADS = 4, BATCHES = 400, BATCH = 50 };

/* A writer that keeps one line a row, "port" padded with dots to width. */
static struct obuf written;
static size_t width = 20;
static int put_error;

static int format(const struct writer *writer, struct obuf *text, const struct sock *rows, size_t n)
{
	(void)writer;
	for (size_t i = 0; i < n; i++) {
		size_t at = text->len;

		obuf_put_left(text, rows[i].inode, 0);
		while (text->len < at + width)
			obuf_put_char(text, '.');
		obuf_put_char(text, '\n');
	}
	return -text->error;
}

static int put(struct writer *writer, struct obuf *text)
{
	(void)writer;
	obuf_put(&written, text->data, text->len);
	text->len = 0;
	return put_error;
}

/* What is chosen: rows with an even inode. */
static size_t n_failures;
static int choose_error;

static int choose(void *ctx, struct sock *rows, size_t *n)
{
	size_t kept = 0;

	(void)ctx;
	for (size_t i = 0; i < *n; i++)
		if (rows[i].inode % 2 == 0)
			rows[kept++] = rows[i];
	*n = kept;
	return choose_error;
}

static void fail(void *ctx)
{
	(void)ctx;
	n_failures++;
}

static struct writer writer = { .format = format, .put = put };
static uint64_t n_rows;
static struct branches branches;

static void begin(void)
{
	branches = (struct branches){
		.writer = &writer,
		.choose = choose,
		.fail = fail,
		.n_rows = &n_rows,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	cr_assert_eq(obuf_init_memory(&written), 0);
}

static void end(void)
{
	obuf_free(&written);
}

TestSuite(branch, .init = begin, .fini = end);

static struct sock_sink sinks[THREADS];

static void *feed(void *arg)
{
	size_t number = (size_t)(uintptr_t)arg;
	struct sock rows[BATCH] = { 0 };

	for (size_t batch = 0; batch < BATCHES; batch++) {
		for (size_t i = 0; i < BATCH; i++) {
			rows[i].inode = (number * BATCHES + batch) * BATCH + i;
			rows[i].family = i % 3 ? AF_INET : AF_INET6;
		}
		if (sinks[number].take(sinks[number].ctx, rows, BATCH) < 0)
			return &sinks[number];
	}
	return NULL;
}

/* How many threads were told to stop. */
static size_t run_threads(void)
{
	pthread_t threads[THREADS];
	size_t n = 0;

	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, feed, (void *)(uintptr_t)i), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *stopped;

		pthread_join(threads[i], &stopped);
		n += stopped != NULL;
	}
	return n;
}

static bool is_v6(uint64_t inode)
{
	return inode % BATCH % 3 == 0;
}

/* Each even number is there once, in a line of the right width. */
static void check_written(void)
{
	enum { ALL = THREADS * BATCHES * BATCH };
	bool *seen = calloc(ALL, sizeof(*seen));
	size_t n = 0;

	for (const char *at = written.data; at < written.data + written.len; n++) {
		unsigned long inode = strtoul(at, NULL, 10);

		cr_assert(inode < ALL && inode % 2 == 0 && !seen[inode]);
		seen[inode] = true;
		cr_assert_eq(at[width], '\n');
		at += width + 1;
	}
	cr_assert_eq(n, ALL / 2);
	cr_assert_eq(n_rows, n);
	free(seen);
}

Test(branch, every_row_once)
{
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(branch_open(&branches, false, &sinks[i]), 0);
	cr_assert_eq(run_threads(), 0);
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(branch_close(&sinks[i], false), 0);
	check_written();
}

Test(branch, what_waits_comes_last_or_never)
{
	struct sock row = { .inode = 2 };
	struct sock_sink waiting, forgotten;

	cr_assert_eq(branch_open(&branches, true, &waiting), 0);
	cr_assert_eq(branch_open(&branches, true, &forgotten), 0);
	cr_assert_eq(branch_open(&branches, false, &sinks[0]), 0);
	cr_assert_eq(waiting.take(waiting.ctx, &row, 1), 0);
	row.inode = 4;
	cr_assert_eq(forgotten.take(forgotten.ctx, &row, 1), 0);
	row.inode = 6;
	cr_assert_eq(sinks[0].take(sinks[0].ctx, &row, 1), 0);
	cr_assert_eq(branch_close(&sinks[0], false), 0);
	cr_assert_eq(branch_close(&forgotten, true), 0);
	cr_assert_eq(branch_close(&waiting, false), 0);
	cr_assert_eq(written.len, 2 * (width + 1));
	cr_assert_eq(written.data[0], '6');
	cr_assert_eq(written.data[width + 1], '2');
	cr_assert_eq(n_rows, 2);
}

/* Two that wait have the room of one; the others go on. */
Test(branch, too_much_waits)
{
	struct sock row;
	struct sock_sink waiting[2];
	int rc = 0;
	size_t n = 0;

	width = 100000;
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(branch_open(&branches, true, &waiting[i]), 0);
	cr_assert_eq(branch_open(&branches, false, &sinks[0]), 0);
	for (; rc == 0; n++) {
		row = (struct sock){ .inode = 2 };
		rc = waiting[n % 2].take(waiting[n % 2].ctx, &row, 1);
	}
	cr_assert_eq(rc, -E2BIG);
	cr_assert_leq(n * width, BRANCH_ROOM + 3 * width);
	cr_assert_eq(sinks[0].take(sinks[0].ctx, &row, 1), 0);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(branch_close(&waiting[i], true), 0);
	cr_assert_eq(branches.waiting, 0);
	cr_assert_eq(branch_close(&sinks[0], false), 0);
	cr_assert_eq(n_rows, 1);
}

Test(branch, a_failure_ends_all)
{
	put_error = -EPIPE;
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(branch_open(&branches, false, &sinks[i]), 0);
	cr_assert_eq(run_threads(), THREADS);
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(branch_close(&sinks[i], false), -EPIPE);
	/* The first one that failed was the last one that was asked. */
	cr_assert_lt(written.len, 2 * OBUF_FLUSH_AT);
}

Test(branch, who_wants_no_more_gets_no_more)
{
	struct sock row = { .inode = 2 };

	cr_assert_eq(branch_open(&branches, false, &sinks[0]), 0);
	cr_assert_eq(branch_open(&branches, false, &sinks[1]), 0);
	choose_error = -EINTR;
	cr_assert_eq(sinks[0].take(sinks[0].ctx, &row, 1), -EINTR);
	choose_error = 0;
	cr_assert_eq(sinks[1].take(sinks[1].ctx, &row, 1), -EINTR);
	cr_assert_eq(branch_close(&sinks[0], false), -EINTR);
	cr_assert_eq(branch_close(&sinks[1], false), -EINTR);
	cr_assert_eq(written.len, 0);
	cr_assert_eq(n_failures, 0);
}

/* --- a pair in front -----------------------------------------------------------------------------
 */

static int open_behind(void *ctx, bool wait, struct sock_sink *sink)
{
	return branch_open(ctx, wait, sink);
}

static const struct sock_branching branching = { .open = open_behind, .close = branch_close };

Test(branch, ipv6_waits_in_each)
{
	const struct sock_sink behind = { .ctx = &branches, .branching = &branching };
	struct pair pair = { .sink = &behind };
	struct sock_sink sink = pair_sink(&pair);
	bool v6_seen = false;

	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(sink.branching->open(sink.ctx, false, &sinks[i]), 0);
	cr_assert_eq(run_threads(), 0);
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(sink.branching->close(&sinks[i], false), 0);
	cr_assert_not(pair.overflow);
	cr_assert_eq(pair_hand_on(&pair), 0);
	pair_free(&pair);
	check_written();
	for (size_t at = 0; at < written.len; at += width + 1) {
		bool v6 = is_v6(strtoul(written.data + at, NULL, 10));

		cr_assert(v6 || !v6_seen);
		v6_seen |= v6;
	}
}

Test(branch, too_much_ipv6)
{
	const struct sock_sink behind = { .ctx = &branches, .branching = &branching };
	struct pair pair = { .sink = &behind };
	struct sock_sink sink = pair_sink(&pair);

	width = 1000;
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(sink.branching->open(sink.ctx, false, &sinks[i]), 0);
	cr_assert_eq(run_threads(), 0);
	for (size_t i = 0; i < THREADS; i++)
		cr_assert_eq(sink.branching->close(&sinks[i], false), 0);
	cr_assert(pair.overflow);
	cr_assert_eq(pair.n_waiting, 0);
	pair_free(&pair);
	cr_assert_eq(branches.waiting, 0);
	/* All of IPv4, and nothing of IPv6. */
	for (size_t at = 0; at < written.len; at += width + 1)
		cr_assert_not(is_v6(strtoul(written.data + at, NULL, 10)));
	cr_assert_eq(written.len / (width + 1), n_rows);
	cr_assert_gt(n_rows, THREADS * BATCHES * BATCH / 4);
}
