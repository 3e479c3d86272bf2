/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rounds of a screen: rows go to the inner writer one by one and are remembered, and at the end
 * of a round the frame is made of what was written. */
#include "output/screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/obuf.h"
#include "output/data.h"
#include "output/field_text.h"
#include "output/rates.h"
#include "output/screen_frame.h"
#include "output/screen_rows.h"
#include "output/screen_text.h"

/* Terminals that say less are not believed. */
enum { WIDTH_MIN = 10, HEIGHT_MIN = 3 };

struct screen {
	struct writer writer;
	struct screen_config config;
	struct obuf *out;
	struct writer *inner; /* NULL: not yet */
	struct obuf text;     /* what it writes */
	struct obuf scratch;
	struct rates *rates; /* NULL: there are no fields */
	struct screen_round round, former;
	size_t width;
	bool open;                   /* the round has begun */
	bool drawn;                  /* there is a former round, and its frame */
	int64_t began, former_began; /* moments of env->now_ns() */
};

static size_t at_least(size_t value, size_t min)
{
	return value > min ? value : min;
}

/* Leaves an error where whoever asks how the output went finds it. */
static int finish(struct screen *screen, int err)
{
	if (err < 0 && !screen->out->error)
		screen->out->error = -err;
	return err;
}

/* Sees to it that the round has begun. 0 or -ENOMEM. */
static int open_round(struct screen *screen)
{
	const struct screen_config *config = &screen->config;
	struct screen_inner inner = { .n_fields = 0 };

	if (screen->open)
		return screen->inner ? 0 : -ENOMEM;
	screen->open = true;
	screen->began = config->env->now_ns(config->env);
	screen->width = at_least(config->env->width(config->env), WIDTH_MIN);
	screen->text.len = 0;
	screen_rows_clear(&screen->round);
	if (screen->rates) {
		rates_begin_round(screen->rates, (uint64_t)(screen->began - screen->former_began));
		inner.fields = rates_fields(screen->rates, &inner.n_fields);
	}
	inner.width = screen->width - (config->rows ? SCREEN_MARK_WIDTH : 0);
	if (screen->inner && config->rows) {
		screen->inner->free(screen->inner);
		screen->inner = NULL;
	}
	if (!screen->inner)
		screen->inner = config->make(config->make_ctx, &inner, &screen->text);
	return screen->inner ? 0 : -ENOMEM;
}

/* Adds the text from start on as a row. A row of columns has none yet. */
static int add_text(struct screen *screen, size_t start, uint64_t id, bool heading,
		    struct screen_row **added)
{
	struct screen_row *row = screen_rows_add(&screen->round, &screen->former, id, heading);
	const char *text = screen->text.data + start;
	size_t len = screen->text.len - start;

	if (!row)
		return -ENOMEM;
	row->at = start;
	row->n_lines = 1;
	row->len = len > 0 ? len - 1 : 0;
	for (size_t i = 0; i < row->len; i++)
		row->n_lines += text[i] == '\n';
	if (added)
		*added = row;
	return 0;
}

static int screen_begin(struct writer *writer, enum section section)
{
	struct screen *screen = (struct screen *)writer;
	int err = open_round(screen);
	size_t start = screen->text.len;

	if (err == 0)
		err = screen->inner->begin(screen->inner, section);
	if (err < 0 || !screen->config.rows || screen->config.no_header)
		return finish(screen, err);
	/* Columns have one line of headings however many sections there are. */
	if (screen->rates && screen->round.n_rows > 0)
		return 0;
	return finish(screen, add_text(screen, start, (uint64_t)section, true, NULL));
}

/* A hash of what the fields say, however it may be fitted to the terminal. */
static uint64_t hash_fields(struct screen *screen, const struct sock *sock)
{
	const struct screen_config *config = &screen->config;

	screen->scratch.len = 0;
	for (size_t i = 0; i < config->n_fields; i++) {
		if (config->fields[i]->clock)
			continue;
		field_text_put_cell(&screen->scratch, config->fields[i], sock, false, SIZE_MAX);
		obuf_put_char(&screen->scratch, ' ');
	}
	return hash_bytes(screen->scratch.data, screen->scratch.len);
}

static int take_row(struct screen *screen, const struct sock *sock)
{
	struct screen_round *round = &screen->round;
	size_t start = screen->text.len;
	struct screen_row *row;
	int err;

	round->n_sockets++;
	if (round->n_kept == SCREEN_ROWS_MAX)
		return 0;
	err = add_text(screen, start, screen_rows_identity(sock), false, &row);
	if (err == 0 && screen->rates)
		err = rates_set_row(screen->rates, sock, round->n_rows - 1, row->former);
	if (err == 0)
		err = screen->inner->rows(screen->inner, sock, 1);
	if (err < 0)
		return err;
	if (screen->rates) {
		row->content = hash_fields(screen, sock);
		return -screen->scratch.error;
	}
	row->len = screen->text.len - start;
	row->len -= row->len > 0;
	for (size_t i = 0; i < row->len; i++)
		row->n_lines += screen->text.data[start + i] == '\n';
	row->content = screen_text_hash(screen->text.data + start, row->len);
	return 0;
}

static int screen_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	struct screen *screen = (struct screen *)writer;
	int err = open_round(screen);

	if (err == 0 && !screen->config.rows)
		err = screen->inner->rows(screen->inner, rows, n);
	for (size_t i = 0; screen->config.rows && err == 0 && i < n; i++)
		err = take_row(screen, &rows[i]);
	return finish(screen, err);
}

/* The lines of columns, which are there only now, to their rows. */
static void find_lines(struct screen *screen)
{
	struct screen_round *round = &screen->round;
	size_t at = 0;

	for (size_t i = 0; i < round->n_rows; i++) {
		const char *text = screen->text.data + at;
		const char *newline = memchr(text, '\n', screen->text.len - at);

		round->rows[i].at = at;
		round->rows[i].len = newline ? (size_t)(newline - text) : screen->text.len - at;
		round->rows[i].n_lines = 1;
		at += round->rows[i].len + (newline != NULL);
	}
}

/* The text belongs to the round from here on; its buffer is that of the round before the former
 * one. */
static void keep_text(struct screen *screen)
{
	struct obuf text = screen->round.text;

	screen->round.text = screen->text;
	screen->text = text;
}

static void draw(struct screen *screen)
{
	const struct screen_config *config = &screen->config;
	struct screen_round *round = &screen->round, *former = &screen->former;
	bool marks = config->rows && screen->drawn && screen_rows_are_all(round) &&
		     screen_rows_are_all(former);
	const struct screen_frame frame = {
		.width = screen->width,
		.height = at_least(config->env->height(config->env), HEIGHT_MIN),
		.color = config->env->color,
		.utf8 = config->env->utf8,
		.first = !screen->drawn,
		.status = !config->no_header,
		.has_marks = marks,
		.lists = config->rows,
		.time_s = config->run->time_s,
		.interval_ns = config->interval_ns,
		.elapsed_ns = screen->began - screen->former_began,
		.report = config->run->report,
	};

	if (marks)
		screen_rows_compare(round, former);
	screen_frame_put(&frame, round, former, screen->out);
	screen->drawn = true;
}

/* The round becomes the former one. */
static void turn(struct screen *screen)
{
	struct screen_round former = screen->former;

	screen->former = screen->round;
	screen->round = former;
	screen->former_began = screen->began;
	screen->open = false;
}

static int screen_end(struct writer *writer)
{
	struct screen *screen = (struct screen *)writer;
	int err = open_round(screen);

	if (err == 0)
		err = screen->inner->end(screen->inner);
	/* What the operator saw last was whole: it stays. */
	if (err == 0 && !screen->config.run->cut_short) {
		if (!screen->config.rows && screen->text.len > 0)
			err = add_text(screen, 0, 0, true, NULL);
		else if (screen->rates)
			find_lines(screen);
		keep_text(screen);
		if (err == 0)
			draw(screen);
		turn(screen);
	}
	finish(screen, err);
	return obuf_flush(screen->out);
}

static void screen_free(struct writer *writer)
{
	struct screen *screen = (struct screen *)writer;

	if (screen->inner)
		screen->inner->free(screen->inner);
	rates_free(screen->rates);
	screen_rows_free(&screen->round);
	screen_rows_free(&screen->former);
	obuf_free(&screen->text);
	obuf_free(&screen->scratch);
	free(screen);
}

struct writer *screen_new(const struct screen_config *config, struct obuf *out)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	if (!screen)
		return NULL;
	screen->writer = (struct writer){
		.begin = screen_begin, .rows = screen_rows, .end = screen_end, .free = screen_free
	};
	screen->config = *config;
	screen->out = out;
	if (config->n_fields > 0)
		screen->rates = rates_new(config->fields, config->n_fields);
	if ((config->n_fields == 0 || screen->rates) && screen_rows_init(&screen->round) == 0 &&
	    screen_rows_init(&screen->former) == 0 && obuf_init_memory(&screen->text) == 0 &&
	    obuf_init_memory(&screen->scratch) == 0)
		return &screen->writer;
	screen_free(&screen->writer);
	return NULL;
}
