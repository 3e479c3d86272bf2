/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines cut to a width. Units are those of a table's cell: output/field_text knows them. */
#include "output/screen_text.h"

#include <string.h>

#include "base/mem.h"
#include "base/obuf.h"
#include "output/field_text.h"

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Bytes of text before the next control character. */
static size_t text_run(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && !is_control(text[i]))
		i++;
	return i;
}

/* Bytes of the sequence "ESC [ digits and semicolons m" at text; 0: there is none. */
static size_t color_length(const char *text, size_t n)
{
	size_t i = 2;

	if (n < 3 || text[0] != '\033' || text[1] != '[')
		return 0;
	while (i < n && ((text[i] >= '0' && text[i] <= '9') || text[i] == ';'))
		i++;
	return i < n && text[i] == 'm' ? i + 1 : 0;
}

static bool is_reset(const char *color, size_t n)
{
	return n == 3 || (n == 4 && color[2] == '0');
}

/* Appends what fits into width columns (out NULL: only measures). Returns the columns taken; *whole
 * tells whether nothing was left. */
static size_t put_fitting(struct obuf *out, const char *line, size_t n, size_t width, bool plain,
			  bool *whole)
{
	size_t columns = 0, at = 0;
	bool colored = false;

	*whole = true;
	while (at < n) {
		size_t run = text_run(line + at, n - at), taken, taken_width, color;

		if (run > 0) {
			taken = field_text_cut(line + at, run, width - columns, &taken_width);
			if (out)
				obuf_put(out, line + at, taken);
			columns += taken_width;
			at += taken;
			*whole = taken == run;
			if (!*whole)
				break;
			continue;
		}
		color = color_length(line + at, n - at);
		if (color > 0 && out && !plain) {
			obuf_put(out, line + at, color);
			colored = !is_reset(line + at, color);
		}
		at += color > 0 ? color : 1;
	}
	if (colored)
		obuf_put_str(out, "\033[0m");
	return columns;
}

size_t screen_text_put(struct obuf *out, const char *line, size_t n, size_t width,
		       const struct screen_text_style *style)
{
	size_t columns;
	bool whole;

	while (n > 0 && line[n - 1] == ' ')
		n--;
	if (width == 0)
		return 0;
	put_fitting(NULL, line, n, width, style->plain, &whole);
	columns = put_fitting(out, line, n, whole ? width : width - 1, style->plain, &whole);
	if (whole)
		return columns;
	obuf_put_str(out, style->utf8 ? "\xe2\x80\xa6" : ">");
	return columns + 1;
}

static bool is_between_words(char c)
{
	return c == ' ' || c == '\n';
}

/* How much of a word is the time that a timer of netstat's has left, "(12.34" before a slash. */
static size_t running_time(const char *word, size_t n)
{
	size_t i = 1;

	if (n == 0 || word[0] != '(')
		return 0;
	while (i < n && ((word[i] >= '0' && word[i] <= '9') || word[i] == '.'))
		i++;
	return i < n && word[i] == '/' ? i : 0;
}

uint64_t screen_text_hash(const char *text, size_t n)
{
	/* The words so far, and the one at hand. */
	uint64_t hashes[2] = { 0, 0 };
	size_t at = 0;

	while (at < n) {
		size_t start;

		while (at < n && is_between_words(text[at]))
			at++;
		start = at;
		while (at < n && !is_between_words(text[at]))
			at++;
		if (at == start)
			break;
		start += running_time(text + start, at - start);
		hashes[1] = hash_bytes(text + start, at - start);
		hashes[0] = hash_bytes(hashes, sizeof(hashes));
	}
	return hashes[0];
}
