/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --diff. Which socket is which is told by protocol, addresses, ports and, where several have the
 * same, the unit: not by process, inode or cookie, which are others after every restart.
 */
#include "view/diff.h"

#include <errno.h>
#include <stdlib.h>

#include "base/obuf.h"
#include "base/report.h"
#include "output/data.h"
#include "view/diff_answer.h"

enum { STATUS_SAME, STATUS_OTHER, STATUS_USAGE, STATUS_UNDECIDED, STATUS_FAILED };

struct diff {
	struct writer writer;
	struct view_config config;
	struct obuf *out;
	struct drift_sums sums;
	struct view_earlier about;
	bool read;   /* the file was */
	bool failed; /* and that or something else went wrong, which was told */
};

static int fail(struct diff *view, int err)
{
	view->failed = true;
	if (err == -ENOMEM && !view->out->error)
		report_add(view->config.report, REPORT_FAILED, "out of memory");
	return err;
}

static int take_earlier(void *ctx, struct sock *rows, size_t n)
{
	struct diff *view = ctx;

	return drift_sums_add(&view->sums, DRIFT_BEFORE, rows, n);
}

/* What is asked to be compared has to be told there. */
static int check_facets(struct diff *view)
{
	const unsigned int facets = view->config.facets;
	const char *what = NULL;

	if ((facets & DRIFT_PROGRAM) && !view->about.tells_owners)
		what = "owners";
	else if ((facets & DRIFT_UNIT) && !view->about.tells_units)
		what = "units";
	if (!what)
		return 0;
	report_add(view->config.report, REPORT_NOTE,
		   "%s tells no %s: it was written without -p, and -p compares them",
		   view->about.name, what);
	*view->config.status = STATUS_USAGE;
	return -EINVAL;
}

/* Reads the file, before the first socket of now. */
static int prepare(struct diff *view)
{
	const struct view_earlier_sink sink = { .rows = take_earlier, .ctx = view };
	int err;

	if (view->read)
		return view->failed ? -EINVAL : 0;
	view->read = true;
	err = view->config.read_earlier(view->config.earlier_ctx, &sink, &view->about);
	if (err == 0)
		err = check_facets(view);
	view->sums.untold_types = !view->about.tells_types;
	view->sums.untold_interfaces = !view->about.tells_interfaces;
	if (err < 0)
		view->failed = true;
	return err;
}

static int diff_begin(struct writer *writer, enum section section)
{
	(void)section;
	return prepare((struct diff *)writer);
}

static int diff_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct diff *view = (struct diff *)writer;
	int err = prepare(view);

	if (err == 0)
		err = drift_sums_add(&view->sums, DRIFT_NOW, rows, n);
	return err < 0 ? fail(view, err) : 0;
}

static int status_of(const struct diff_answer *answer)
{
	if (!answer->decided)
		return STATUS_UNDECIDED;
	if (answer->n_changes)
		return STATUS_OTHER;
	return answer->n_hidden ? STATUS_UNDECIDED : STATUS_SAME;
}

static int write_answer(struct diff *view, const struct diff_answer *answer)
{
	if (view->config.quiet)
		return 0;
	return view->config.format == VIEW_TEXT ? diff_put_text(answer, view->out)
						: diff_put_json(answer, view->out);
}

static int end_round(struct diff *view)
{
	const struct view_config *config = &view->config;
	struct diff_answer answer = { .config = config, .sums = &view->sums };
	int err = diff_compare(&answer);

	/* What hides owners makes no socket new or gone. */
	answer.decided =
		!config->run->cut_short && report_round_level(config->report) < REPORT_PARTIAL;
	if (err == 0 && answer.n_hidden)
		report_add(config->report, REPORT_PARTIAL,
			   "%llu sockets have owners that are hidden, so that their programs could "
			   "not be compared",
			   (unsigned long long)answer.n_hidden);
	*config->status = status_of(&answer);
	if (err == 0)
		err = write_answer(view, &answer);
	diff_answer_free(&answer);
	return err;
}

static int diff_end(struct writer *writer)
{
	struct diff *view = (struct diff *)writer;
	int err = view->failed ? -EINVAL : prepare(view);

	/* A status that the file was given stays. */
	if (err < 0)
		return err;
	err = end_round(view);
	if (err < 0)
		*view->config.status = STATUS_FAILED;
	if (err < 0)
		return fail(view, err);
	return view->config.quiet ? 0 : obuf_flush(view->out);
}

static void diff_free(struct writer *writer)
{
	struct diff *view = (struct diff *)writer;

	drift_sums_free(&view->sums);
	free(view);
}

struct writer *diff_new(const struct view_config *config, struct obuf *out)
{
	struct diff *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->writer = (struct writer){
		.begin = diff_begin, .rows = diff_rows, .end = diff_end, .free = diff_free
	};
	view->config = *config;
	view->out = out;
	drift_sums_init(&view->sums, config->facets);
	return &view->writer;
}
