/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame places each of its lines by itself, so that it does not matter what a terminal does
 * behind its last column, and erases behind a line instead of before the frame, so that nothing
 * flickers.
 */
#include "output/screen_frame.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/obuf.h"
#include "base/report.h"
#include "output/rates.h"
#include "output/screen_text.h"

/* Lines at the bottom for messages, at most. */
enum { MESSAGES_MAX = 3 };

static const struct mark {
	char sign;
	const char *word, *color;
} marks[] = {
	[SCREEN_SAME] = { ' ', "", NULL },
	[SCREEN_NEW] = { '+', "new", "32" },
	[SCREEN_GONE] = { '-', "gone", "2" },
	[SCREEN_CHANGED] = { '~', "changed", "33" },
};

/* A frame while it is written. */
struct canvas {
	const struct screen_frame *frame;
	struct obuf *out;
	size_t line, end;  /* the next one, and the first one that rows may not have; from 0 */
	uint64_t left_out; /* sockets that did not fit, and how they are marked */
	uint64_t marks_left_out[SCREEN_MARKS];
};

static void put_sequence(struct obuf *out, size_t number, char final)
{
	obuf_put_str(out, "\033[");
	obuf_put_left(out, number, 0);
	obuf_put_char(out, final);
}

static void put_color(const struct canvas *canvas, const char *color)
{
	if (!canvas->frame->color || !color)
		return;
	obuf_put_str(canvas->out, "\033[");
	obuf_put_str(canvas->out, color);
	obuf_put_char(canvas->out, 'm');
}

static void put_line(struct canvas *canvas, enum screen_mark mark, const char *text, size_t n)
{
	const struct screen_frame *frame = canvas->frame;
	const struct screen_text_style style = {
		.plain = mark == SCREEN_GONE || !frame->color,
		.utf8 = frame->utf8,
	};
	size_t indent = frame->lists ? SCREEN_MARK_WIDTH : 0, used;
	bool marked = mark != SCREEN_SAME && frame->width > indent;

	put_sequence(canvas->out, ++canvas->line, 'H');
	if (indent >= frame->width)
		indent = 0;
	if (marked) {
		put_color(canvas, marks[mark].color);
		obuf_put_char(canvas->out, marks[mark].sign);
		if (mark != SCREEN_GONE)
			put_color(canvas, "0");
		obuf_put_char(canvas->out, ' ');
	} else {
		obuf_put_blanks(canvas->out, indent);
	}
	used = indent + screen_text_put(canvas->out, text, n, frame->width - indent, &style);
	if (marked && mark == SCREEN_GONE)
		put_color(canvas, "0");
	/* In the last column the cursor still stands on the character. */
	if (used < frame->width)
		obuf_put_str(canvas->out, "\033[K");
}

/* All lines of a row; those of them that do not fit are missing, and then the row counts as left
 * out. */
static void put_row(struct canvas *canvas, const struct screen_round *round,
		    const struct screen_row *row)
{
	const char *text = round->text.data + row->at;
	size_t left = row->len;

	size_t i;

	for (i = 0; i < row->n_lines && canvas->line < canvas->end; i++) {
		const char *newline = memchr(text, '\n', left);
		size_t n = newline ? (size_t)(newline - text) : left;

		put_line(canvas, row->mark, text, n);
		text += n + (newline != NULL);
		left -= n + (newline != NULL);
	}
	if (!canvas->frame->lists)
		canvas->left_out += row->n_lines - i;
	if (row->heading || i == row->n_lines)
		return;
	canvas->left_out++;
	canvas->marks_left_out[row->mark]++;
}

static void put_gone(struct canvas *canvas, const struct screen_round *former, size_t first)
{
	for (size_t at = first; at; at = former->rows[at - 1].next_gone)
		put_row(canvas, former, &former->rows[at - 1]);
}

static void put_rows(struct canvas *canvas, const struct screen_round *round,
		     const struct screen_round *former)
{
	put_gone(canvas, former, round->first_gone);
	for (size_t i = 0; i < round->n_rows; i++) {
		put_row(canvas, round, &round->rows[i]);
		put_gone(canvas, former, round->rows[i].first_gone);
	}
	canvas->left_out += round->n_sockets - round->n_kept;
}

/* "  +3 new 1.5/s  -0 gone  ~1 changed"; all: also those that are 0. */
static void put_counts(struct obuf *out, const uint64_t *counts, uint64_t elapsed_ns, bool all)
{
	static const enum screen_mark order[] = { SCREEN_NEW, SCREEN_GONE, SCREEN_CHANGED };
	char rate[RATES_TEXT_MAX];

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const struct mark *mark = &marks[order[i]];

		if (!all && counts[order[i]] == 0)
			continue;
		obuf_put_str(out, "  ");
		obuf_put_char(out, mark->sign);
		obuf_put_left(out, counts[order[i]], 0);
		obuf_put_char(out, ' ');
		obuf_put_str(out, mark->word);
		if (elapsed_ns == 0 || counts[order[i]] == 0 || order[i] == SCREEN_CHANGED)
			continue;
		obuf_put_char(out, ' ');
		obuf_put_str(out, rates_format(rate, counts[order[i]], elapsed_ns));
		obuf_put_str(out, "/s");
	}
}

/* "HH:MM:SS UTC  every 0.5 s". */
static void put_time(struct obuf *out, const struct screen_frame *frame)
{
	enum { DAY = 86400, SECOND_MS = 1000 };
	uint64_t second = frame->time_s > 0 ? (uint64_t)frame->time_s % DAY : 0;
	uint64_t ms = (uint64_t)frame->interval_ns / 1000000;
	char text[80];
	int n;

	n = snprintf(text, sizeof(text), "%02u:%02u:%02u UTC  every %llu.%03u",
		     (unsigned int)(second / 3600), (unsigned int)(second / 60 % 60),
		     (unsigned int)(second % 60), (unsigned long long)(ms / SECOND_MS),
		     (unsigned int)(ms % SECOND_MS));
	while (text[n - 1] == '0')
		n--;
	if (text[n - 1] == '.')
		n--;
	obuf_put(out, text, (size_t)n);
	obuf_put_str(out, " s");
}

/* The line on top. */
static void put_status(struct canvas *canvas, const struct screen_round *round)
{
	const struct screen_frame *frame = canvas->frame;
	struct obuf text;

	if (obuf_init_memory(&text) == 0) {
		put_time(&text, frame);
		if (frame->lists) {
			obuf_put_str(&text, "  ");
			obuf_put_left(&text, round->n_sockets, 0);
			obuf_put_str(&text, round->n_sockets == 1 ? " socket" : " sockets");
		}
		if (frame->has_marks)
			put_counts(&text, round->marks, (uint64_t)frame->elapsed_ns, true);
		else if (!screen_rows_are_all(round))
			obuf_put_str(&text, "  too many for marks");
		put_line(canvas, SCREEN_SAME, text.data, text.len);
	}
	obuf_free(&text);
}

static void put_left_out(struct canvas *canvas)
{
	struct obuf text;

	if (canvas->left_out > 0 && obuf_init_memory(&text) == 0) {
		obuf_put_left(&text, canvas->left_out, 0);
		obuf_put_str(&text, canvas->frame->lists ? " more sockets" : " more lines");
		put_counts(&text, canvas->marks_left_out, 0, false);
		put_line(canvas, SCREEN_SAME, text.data, text.len);
		obuf_free(&text);
	}
}

/* What the round had to say: on stderr it was written where this frame is now. */
static void put_messages(struct canvas *canvas, size_t n)
{
	const struct report_message *message;
	unsigned int flags = canvas->frame->utf8 ? ESCAPE_UTF8 : 0;
	char text[1024];
	size_t at = 0;

	while (n-- > 0 && (message = report_next_message(canvas->frame->report, &at))) {
		size_t len = (size_t)snprintf(text, sizeof(text), "lssock: ");

		len += escape_text(text + len, sizeof(text) - len, message->text,
				   strlen(message->text), flags, SIZE_MAX, NULL);
		put_line(canvas, SCREEN_SAME, text, len);
	}
}

static size_t count_messages(const struct report *report, size_t max)
{
	size_t n = 0, at = 0;

	while (report && n < max && report_next_message(report, &at))
		n++;
	return n;
}

static size_t count_lines(const struct screen_round *round, const struct screen_round *former)
{
	size_t lines = 0;

	for (size_t i = 0; i < round->n_rows; i++)
		lines += round->rows[i].n_lines;
	for (size_t i = 0; i < former->n_rows; i++)
		if (former->rows[i].mark == SCREEN_GONE)
			lines += former->rows[i].n_lines;
	return lines;
}

void screen_frame_put(const struct screen_frame *frame, const struct screen_round *round,
		      const struct screen_round *former, struct obuf *out)
{
	struct canvas canvas = { .frame = frame, .out = out };
	size_t room = frame->height > 1 ? frame->height - 1 : 1, messages, lines;

	/* All lines of the terminal go out at its top, which keeps them where it has a memory. */
	for (size_t i = 1; frame->first && i < frame->height; i++)
		obuf_put_char(out, '\n');
	obuf_put_str(out, "\033[?25l");
	if (frame->status)
		put_status(&canvas, round);
	messages = count_messages(frame->report, room / 4 < MESSAGES_MAX ? room / 4 : MESSAGES_MAX);
	canvas.end = room - messages;
	lines = count_lines(round, former);
	if (canvas.line + lines > canvas.end || !screen_rows_are_all(round))
		canvas.end--;
	put_rows(&canvas, round, former);
	put_left_out(&canvas);
	put_messages(&canvas, messages);
	put_sequence(out, canvas.line + 1, 'H');
	obuf_put_str(out, "\033[J\033[?25h");
}
