/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's counters, from the text files that show them. */
#include "kernel/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/file.h"
#include "base/num.h"

/* The files are a few KiB; the longest line of Linux 6.18 has 3 KiB. */
enum { FILE_MAX = 256 * 1024 };

/* A piece of the text. */
struct piece {
	const char *at;
	size_t len;
};

/* The next line without its newline; false at the end. */
static bool next_line(struct piece *text, struct piece *line)
{
	const char *end;

	if (text->len == 0)
		return false;
	end = memchr(text->at, '\n', text->len);
	line->at = text->at;
	line->len = end ? (size_t)(end - text->at) : text->len;
	text->at += line->len + (end != NULL);
	text->len -= line->len + (end != NULL);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word; false at the end. */
static bool next_word(struct piece *line, struct piece *word)
{
	while (line->len > 0 && is_blank(*line->at)) {
		line->at++;
		line->len--;
	}
	word->at = line->at;
	word->len = 0;
	while (line->len > 0 && !is_blank(*line->at)) {
		line->at++;
		line->len--;
		word->len++;
	}
	return word->len > 0;
}

static bool is_plain(const struct piece *word)
{
	for (size_t i = 0; i < word->len; i++)
		if (word->at[i] <= ' ' || word->at[i] >= 0x7f)
			return false;
	return true;
}

/* "Tcp:" without its colon. */
static bool take_group(struct piece *line, struct piece *group)
{
	if (!next_word(line, group) || group->len < 2 || group->at[group->len - 1] != ':' ||
	    !is_plain(group))
		return false;
	group->len--;
	return true;
}

static bool parse_value(const struct piece *word, struct counter *out)
{
	size_t sign = word->len > 0 && *word->at == '-';
	uint64_t max = sign ? (uint64_t)INT64_MAX : UINT64_MAX;

	if (!num_parse_u64(word->at + sign, word->len - sign, max, &out->value))
		return false;
	out->negative = sign && out->value > 0;
	return true;
}

static const char *keep_name(struct counters *counters, const struct piece *word)
{
	char *name = arena_alloc(&counters->names, word->len + 1);

	if (!name)
		return NULL;
	memcpy(name, word->at, word->len);
	name[word->len] = '\0';
	return name;
}

/* Appends one counter; a damaged one is counted. */
static int add_counter(struct counters *counters, const char *group, const struct piece *name,
		       const struct piece *value)
{
	struct counter row = { .group = group };

	if (!is_plain(name) || !parse_value(value, &row)) {
		counters->n_damaged++;
		return 0;
	}
	row.name = keep_name(counters, name);
	if (!row.name || array_grow((void **)&counters->rows, &counters->cap, counters->n + 1,
				    sizeof(*counters->rows)) < 0)
		return -ENOMEM;
	counters->rows[counters->n++] = row;
	return 0;
}

/* "A 1 B 2" of a group. */
static int add_couples(struct counters *counters, const char *group, struct piece line)
{
	struct piece name, value;
	int err = 0;

	while (err == 0 && next_word(&line, &name)) {
		if (next_word(&line, &value))
			err = add_counter(counters, group, &name, &value);
		else
			counters->n_damaged++;
	}
	return err;
}

static int parse_groups(struct counters *counters, struct piece text)
{
	struct piece line, word;
	const char *group;
	int err = 0;

	while (err == 0 && next_line(&text, &line)) {
		if (!take_group(&line, &word)) {
			counters->n_damaged++;
			continue;
		}
		group = keep_name(counters, &word);
		err = group ? add_couples(counters, group, line) : -ENOMEM;
	}
	return err;
}

static int parse_named(struct counters *counters, struct piece text)
{
	struct piece line;
	int err = 0;

	while (err == 0 && next_line(&text, &line))
		err = add_couples(counters, "", line);
	return err;
}

/* The names of one line with the values of the next. */
static int add_pair(struct counters *counters, const struct piece *word, struct piece names,
		    struct piece values)
{
	const char *group = keep_name(counters, word);
	struct piece name, value;
	int err = group ? 0 : -ENOMEM;

	while (err == 0 && next_word(&names, &name)) {
		if (!next_word(&values, &value)) {
			counters->n_damaged++;
			return 0;
		}
		err = add_counter(counters, group, &name, &value);
	}
	if (err == 0 && next_word(&values, &value))
		counters->n_damaged++;
	return err;
}

static bool is_same(const struct piece *a, const struct piece *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* A line whose partner is missing is left out alone: the one in its partner's place may begin the
 * next pair. */
static int parse_pairs(struct counters *counters, struct piece text)
{
	struct piece line, names, values, group, again;
	bool more = next_line(&text, &line);
	int err = 0;

	while (err == 0 && more) {
		names = line;
		more = next_line(&text, &line);
		values = line;
		if (take_group(&names, &group) && more && take_group(&values, &again) &&
		    is_same(&group, &again)) {
			err = add_pair(counters, &group, names, values);
			more = next_line(&text, &line);
		} else {
			counters->n_damaged++;
		}
	}
	return err;
}

int counters_parse(struct counters *counters, enum counters_layout layout, const char *text,
		   size_t len)
{
	struct piece piece = { text, len };

	switch (layout) {
	case COUNTERS_PAIRS:
		return parse_pairs(counters, piece);
	case COUNTERS_NAMED:
		return parse_named(counters, piece);
	case COUNTERS_GROUPS:
		return parse_groups(counters, piece);
	}
	return -EINVAL;
}

/* The length of the text up to its last newline: the line behind it was cut off. */
static size_t whole_lines(const char *text, size_t len)
{
	while (len > 0 && text[len - 1] != '\n')
		len--;
	return len;
}

int counters_read(struct counters *counters, const struct env *env, const char *path,
		  enum counters_layout layout)
{
	char *text = malloc(FILE_MAX);
	ssize_t n = text ? file_read_at(env_net_fd(env), path, text, FILE_MAX) : -ENOMEM;
	int err;

	if (n == FILE_MAX) {
		n = (ssize_t)whole_lines(text, FILE_MAX);
		counters->n_damaged++;
	}
	err = n < 0 ? (int)n : counters_parse(counters, layout, text, (size_t)n);
	free(text);
	return err;
}

const struct counter *counters_find(const struct counters *counters, const char *group,
				    const char *name)
{
	for (size_t i = 0; i < counters->n; i++)
		if (strcmp(counters->rows[i].name, name) == 0 &&
		    strcmp(counters->rows[i].group, group) == 0)
			return &counters->rows[i];
	return NULL;
}

bool counters_get(const struct counters *counters, const char *group, const char *name,
		  uint64_t *value)
{
	const struct counter *row = counters_find(counters, group, name);

	if (!row || row->negative)
		return false;
	*value = row->value;
	return true;
}

void counters_clear(struct counters *counters)
{
	counters->n = counters->n_damaged = 0;
	arena_reset(&counters->names);
}

void counters_free(struct counters *counters)
{
	free(counters->rows);
	arena_free(&counters->names);
	*counters = (struct counters){ 0 };
}
