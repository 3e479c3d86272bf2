/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --listeners: from rows to the answer of a round. */
#include "view/listeners.h"

#include <errno.h>
#include <stdlib.h>

#include "base/obuf.h"
#include "base/report.h"
#include "output/data.h"
#include "view/listeners_answer.h"

struct listeners {
	struct writer writer;
	struct view_config config;
	struct obuf *out;
	struct listeners_answer answer;
	bool headed; /* CSV: the line of names is written, or not wanted */
};

static int listeners_begin(struct writer *writer, enum section section)
{
	(void)writer, (void)section;
	return 0;
}

static int out_of_memory(const struct listeners *view)
{
	report_add(view->config.report, REPORT_FAILED, "out of memory");
	return -ENOMEM;
}

static int listeners_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct listeners *view = (struct listeners *)writer;

	return listeners_sums_add(&view->answer.sums, rows, n) < 0 ? out_of_memory(view) : 0;
}

static int put_answer(struct listeners *view)
{
	bool with_head;

	switch (view->config.format) {
	case VIEW_TEXT:
		return listeners_put_text(&view->answer, view->out);
	case VIEW_JSON:
	case VIEW_JSONL:
		listeners_put_json(&view->answer, view->out);
		return 0;
	case VIEW_CSV:
		break;
	}
	with_head = !view->headed;
	view->headed = true;
	return listeners_put_csv(&view->answer, with_head, view->out);
}

static int make_answer(struct listeners *view)
{
	struct listeners_answer *answer = &view->answer;
	uint64_t top = view->config.top;

	listeners_sums_finish(&answer->sums);
	listeners_report_unknown(&answer->sums, view->config.report);
	answer->n_shown = answer->sums.n_listeners;
	if (top && answer->n_shown > top)
		answer->n_shown = (size_t)top;
	listeners_kernel_read(&answer->kernel, view->config.env, view->config.report, answer->tcp);
	return listeners_find_owners(&answer->sums, answer->n_shown, &answer->waits, &view->config);
}

static int listeners_end(struct writer *writer)
{
	struct listeners *view = (struct listeners *)writer;
	bool json = view->config.format == VIEW_JSON || view->config.format == VIEW_JSONL;
	int err = 0;

	/* Half of the sockets are no answer; only JSON can say that it is not complete. */
	if (json || !view->config.run->cut_short) {
		err = make_answer(view);
		if (err == 0)
			err = put_answer(view);
	}
	if (err == -ENOMEM)
		out_of_memory(view);
	close_waits_clear(&view->answer.waits);
	listeners_sums_clear(&view->answer.sums);
	return err < 0 ? err : obuf_flush(view->out);
}

static void listeners_free(struct writer *writer)
{
	struct listeners *view = (struct listeners *)writer;

	close_waits_free(&view->answer.waits);
	listeners_sums_free(&view->answer.sums);
	free(view);
}

struct writer *listeners_new(const struct view_config *config, struct obuf *out)
{
	struct listeners *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->writer = (struct writer){
		.begin = listeners_begin,
		.rows = listeners_rows,
		.end = listeners_end,
		.free = listeners_free,
	};
	view->config = *config;
	view->out = out;
	view->headed = config->no_header;
	view->answer.config = &view->config;
	view->answer.tcp = !config->protos || (config->protos & 1u << PROTO_TCP);
	return &view->writer;
}
