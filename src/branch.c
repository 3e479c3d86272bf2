/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread's way from rows to text. */
#include "branch.h"

#include <errno.h>
#include <stdlib.h>

#include "base/obuf.h"

struct branch {
	struct branches *all;
	bool wait;
	struct obuf text;
	uint64_t n_rows; /* that text is of */
	size_t counted;  /* bytes of text that all->waiting has */
};

/* The lock is held. Returns what this and every other branch answers from now on. */
static int answer(struct branches *all, int err)
{
	if (err < 0 && all->error == 0)
		all->error = err;
	return all->error;
}

static int choose(struct branch *branch, struct sock *rows, size_t *n)
{
	struct branches *all = branch->all;
	int err;

	pthread_mutex_lock(&all->lock);
	if (branch->wait) {
		all->waiting += branch->text.len - branch->counted;
		branch->counted = branch->text.len;
	}
	err = all->error;
	if (err == 0 && all->waiting > BRANCH_ROOM && branch->wait)
		err = -E2BIG;
	else if (err == 0)
		err = answer(all, all->choose(all->ctx, rows, n));
	pthread_mutex_unlock(&all->lock);
	return err;
}

static int fail(struct branches *all)
{
	int err;

	pthread_mutex_lock(&all->lock);
	if (all->error == 0)
		all->fail(all->ctx);
	err = answer(all, -ENOMEM);
	pthread_mutex_unlock(&all->lock);
	return err;
}

static int hand_on(struct branch *branch)
{
	struct branches *all = branch->all;
	int err;

	pthread_mutex_lock(&all->lock);
	err = all->error;
	if (err == 0) {
		*all->n_rows += branch->n_rows;
		branch->n_rows = 0;
		err = answer(all, all->writer->put(all->writer, &branch->text));
	}
	pthread_mutex_unlock(&all->lock);
	return err;
}

static int take(void *ctx, struct sock *rows, size_t n)
{
	struct branch *branch = ctx;
	const struct writer *writer = branch->all->writer;
	int err = choose(branch, rows, &n);

	if (err < 0)
		return err;
	if (writer->format(writer, &branch->text, rows, n) < 0)
		return fail(branch->all);
	branch->n_rows += n;
	return branch->wait || branch->text.len < OBUF_FLUSH_AT ? 0 : hand_on(branch);
}

int branch_open(struct branches *branches, bool wait, struct sock_sink *sink)
{
	struct branch *branch = calloc(1, sizeof(*branch));

	if (!branch)
		return -ENOMEM;
	branch->all = branches;
	branch->wait = wait;
	if (obuf_init_memory(&branch->text) < 0) {
		free(branch);
		return -ENOMEM;
	}
	*sink = (struct sock_sink){ .take = take, .ctx = branch };
	return 0;
}

int branch_close(struct sock_sink *sink, bool forget)
{
	struct branch *branch = sink->ctx;
	int err = forget ? 0 : hand_on(branch);

	branch->all->waiting -= branch->counted;
	obuf_free(&branch->text);
	free(branch);
	return err;
}
