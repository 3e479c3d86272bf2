/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of mountinfo: "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [OPTIONAL...] - TYPE SOURCE ...".
 * Blanks, tabs, newlines and backslashes in names come as a backslash and three octal digits. */
#include "base/mounts.h"

#include <string.h>

struct text {
	const char *at;
	size_t len;
};

/* The next word, which ends at a blank or the end. */
static bool next_word(struct text *line, struct text *word)
{
	const char *blank;

	if (line->len == 0)
		return false;
	blank = memchr(line->at, ' ', line->len);
	word->at = line->at;
	word->len = blank ? (size_t)(blank - line->at) : line->len;
	line->at += word->len + (blank ? 1 : 0);
	line->len -= word->len + (blank ? 1 : 0);
	return true;
}

static bool is_word(const struct text *word, const char *what)
{
	return word->len == strlen(what) && memcmp(word->at, what, word->len) == 0;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static bool copy_unescaped(const struct text *word, char *path, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < word->len; i++) {
		const char *c = word->at + i;

		if (n + 1 >= size)
			return false;
		if (*c != '\\') {
			path[n++] = *c;
			continue;
		}
		if (word->len - i < 4 || !is_octal(c[1]) || !is_octal(c[2]) || !is_octal(c[3]))
			return false;
		path[n++] = (char)((c[1] - '0') << 6 | (c[2] - '0') << 3 | (c[3] - '0'));
		i += 3;
	}
	path[n] = '\0';
	return n > 0 && path[0] == '/';
}

bool mounts_parse_line(const char *line, size_t len, const char *type, char *path, size_t size,
		       bool *whole)
{
	struct text rest = { line, len }, word, root, point;

	for (int i = 0; i < 3; i++) /* its number, its parent's, the device */
		if (!next_word(&rest, &word))
			return false;
	if (!next_word(&rest, &root) || !next_word(&rest, &point))
		return false;
	do {
		if (!next_word(&rest, &word))
			return false;
	} while (!is_word(&word, "-"));
	if (!next_word(&rest, &word) || !is_word(&word, type))
		return false;
	*whole = is_word(&root, "/");
	return copy_unescaped(&point, path, size);
}
