/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --count-by: how many sockets have which values. A round that was cut short has counted some of
 * the sockets only: as text nothing is shown then, and JSON says that it is not complete.
 */
#include "view/count_by.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/obuf.h"
#include "base/report.h"
#include "model/query.h"
#include "output/data.h"
#include "output/text_table.h"
#include "view/count_data.h"
#include "view/count_sums.h"

enum { BAR_MAX = 24 };

/* What stands in tables where there is no value; texts of others never look like them
 * (field_text_word_of()). */
static const char word_hidden[] = "(hidden)", word_other[] = "(other)";

struct count_by {
	struct writer writer;
	struct view_config config;
	struct obuf *out;
	struct count_sums sums;
	struct text_column *columns;
	size_t n_columns, bar; /* bar: columns of the longest one; 0: none are shown */
	bool owners;           /* a field is about owners */
	uint64_t n_rounds;     /* that are over */
};

static void put_cell(struct text_table *table, const struct field *field,
		     const struct count_value *value)
{
	char addr[COUNT_ADDR_ROOM + 1];
	struct count_shown shown;
	struct field one;

	switch (value->kind) {
	case COUNT_ABSENT:
		text_table_str(table, NULL);
		return;
	case COUNT_HIDDEN:
		text_table_str(table, word_hidden);
		return;
	case COUNT_ADDR:
		count_value_format_addr(addr, value);
		text_table_str(table, addr);
		return;
	case COUNT_TEXT:
	case COUNT_WORD:
	case COUNT_UINT:
	case COUNT_BOOL:
		break;
	}
	one = count_value_show(field, value, &shown);
	text_table_field(table, &one, &shown.sock);
}

/* Count, share, and on a terminal a bar. */
static void put_amount(const struct count_by *view, struct text_table *table, uint64_t count)
{
	uint64_t total = view->sums.total;
	/* In tenths of a percent; counts of sockets leave room for the product. */
	uint64_t share = total ? (count * 1000 + total / 2) / total : 0;

	text_table_uint(table, count);
	text_table_format(table, "%" PRIu64 ".%u%%", share / 10, (unsigned int)(share % 10));
	if (view->bar)
		text_table_bar(table, count, total, view->bar);
}

static int put_table(const struct count_by *view, const struct count_answer *answer)
{
	const struct count_sums *sums = &view->sums;
	size_t shown = count_answer_shown(answer);
	struct text_table table;

	text_table_begin(&table, view->columns, view->n_columns, view->config.utf8);
	for (size_t i = 0; i < shown; i++) {
		size_t at = 0;

		put_amount(view, &table, sums->groups[i].count);
		for (size_t k = 0; k < sums->n_fields; k++) {
			struct count_value value = count_group_next(&sums->groups[i], &at);

			put_cell(&table, sums->fields[k], &value);
		}
	}
	if (shown < sums->n_groups) {
		put_amount(view, &table, count_answer_other(answer));
		for (size_t k = 0; k < sums->n_fields; k++)
			text_table_str(&table, k == 0 ? word_other : "");
	}
	return text_table_end(&table, view->out, 0, !view->config.no_header);
}

static int write_text(struct count_by *view, const struct count_answer *answer)
{
	size_t other = view->sums.n_groups - count_answer_shown(answer);
	struct obuf *out = view->out;
	int err;

	if (answer->run->cut_short)
		return 0;
	if (view->n_rounds > 0)
		obuf_put_char(out, '\n');
	err = put_table(view, answer);
	if (err < 0 || view->config.no_header)
		return err;
	obuf_put_left(out, view->sums.total, 0);
	obuf_put_str(out, view->sums.total == 1 ? " socket in " : " sockets in ");
	obuf_put_left(out, view->sums.n_groups, 0);
	obuf_put_str(out, view->sums.n_groups == 1 ? " group" : " groups");
	if (other) {
		obuf_put_str(out, ", ");
		obuf_put_left(out, other, 0);
		obuf_put_str(out, " of them in (other)");
	}
	obuf_put_char(out, '\n');
	return obuf_end_row(out);
}

static int count_by_begin(struct writer *writer, enum section section)
{
	(void)writer;
	(void)section;
	return 0;
}

static int count_by_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct count_by *view = (struct count_by *)writer;
	int err = count_sums_add(&view->sums, rows, n);

	if (err < 0)
		report_add(view->config.report, REPORT_FAILED, "out of memory");
	return err;
}

static int write_round(struct count_by *view)
{
	const struct view_config *config = &view->config;
	const struct count_answer answer = {
		.sums = &view->sums,
		.run = config->run,
		.top = config->top,
		.owners = view->owners,
		.filtered = config->filtered,
	};

	switch (config->format) {
	case VIEW_TEXT:
		return write_text(view, &answer);
	case VIEW_JSON:
		return count_data_put_json(&answer, view->out);
	case VIEW_JSONL:
		return count_data_put_jsonl(&answer, view->out);
	case VIEW_CSV:
		return count_data_put_csv(&answer, view->out,
					  view->n_rounds == 0 && !config->no_header);
	}
	return -EINVAL;
}

static int count_by_end(struct writer *writer)
{
	struct count_by *view = (struct count_by *)writer;
	int err;

	count_sums_sort(&view->sums);
	err = write_round(view);
	view->n_rounds++;
	if (err == -ENOMEM && !view->out->error)
		report_add(view->config.report, REPORT_FAILED, "out of memory");
	count_sums_clear(&view->sums);
	return err < 0 ? err : obuf_flush(view->out);
}

static void count_by_free(struct writer *writer)
{
	struct count_by *view = (struct count_by *)writer;

	count_sums_free(&view->sums);
	free(view->columns);
	free(view);
}

/* The columns of the table. 0 or -ENOMEM. */
static int make_columns(struct count_by *view)
{
	const struct view_config *config = &view->config;
	size_t n = 0;

	view->bar = config->width / 4 < BAR_MAX ? config->width / 4 : BAR_MAX;
	view->columns = calloc(config->n_fields + 3, sizeof(*view->columns));
	if (!view->columns)
		return -ENOMEM;
	view->columns[n++] = (struct text_column){ .title = "Count", .right = true };
	view->columns[n++] = (struct text_column){ .title = "Share", .right = true };
	if (view->bar)
		view->columns[n++] = (struct text_column){ .title = "" };
	for (size_t i = 0; i < config->n_fields; i++)
		view->columns[n++] = (struct text_column){ .title = config->fields[i]->title,
							   .right = config->fields[i]->right };
	view->n_columns = n;
	return 0;
}

/* Whether data has to say if owners are known: not where the field that says it is shown. */
static bool needs_owners_status(const struct view_config *config)
{
	bool owners = false;

	for (size_t i = 0; i < config->n_fields; i++) {
		if (strcmp(config->fields[i]->name, "owners_status") == 0)
			return false;
		owners |= config->fields[i]->needs & NEED_OWNERS;
	}
	return owners;
}

struct writer *count_by_new(const struct view_config *config, struct obuf *out)
{
	struct count_by *view = calloc(1, sizeof(*view));

	if (!view)
		return NULL;
	view->writer = (struct writer){ .begin = count_by_begin,
					.rows = count_by_rows,
					.end = count_by_end,
					.free = count_by_free };
	view->config = *config;
	view->out = out;
	count_sums_init(&view->sums, config->fields, config->prefixes, config->n_fields);
	view->owners = needs_owners_status(config);
	if (make_columns(view) == 0)
		return &view->writer;
	count_by_free(&view->writer);
	return NULL;
}
