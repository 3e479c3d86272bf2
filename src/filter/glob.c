/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Glob matching with lengths instead of NULs, without recursion and without a locale: fnmatch(3)
 * has none of the three, and names of sockets may hold any byte.
 */
#include "filter/glob.h"

#include <string.h>

static uint8_t subject_byte(const struct glob_subject *subject, size_t i)
{
	uint8_t c;

	if (subject->at && i == 0)
		return '@';
	c = subject->data[i - subject->at];
	return c == '\0' && subject->nul_is_blank ? ' ' : c;
}

static uint8_t fold_byte(uint8_t c, bool fold)
{
	return fold && c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool is_between(uint8_t c, char low, char high)
{
	return c >= (uint8_t)low && c <= (uint8_t)high;
}

static bool in_class(const char *name, size_t n, uint8_t c)
{
	bool digit = is_between(c, '0', '9');
	bool lower = is_between(c, 'a', 'z'), upper = is_between(c, 'A', 'Z');
	bool graph = is_between(c, '!', '~');
	const struct {
		const char *name;
		bool is;
	} classes[] = {
		{ "alnum", digit || lower || upper },
		{ "alpha", lower || upper },
		{ "blank", c == ' ' || c == '\t' },
		{ "cntrl", c < ' ' || c == 0x7f },
		{ "digit", digit },
		{ "graph", graph },
		{ "lower", lower },
		{ "print", graph || c == ' ' },
		{ "punct", graph && !digit && !lower && !upper },
		{ "space", c == ' ' || is_between(c, '\t', '\r') },
		{ "upper", upper },
		{ "xdigit", digit || is_between(c, 'a', 'f') || is_between(c, 'A', 'F') },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strlen(classes[i].name) == n && memcmp(classes[i].name, name, n) == 0)
			return classes[i].is;
	return false;
}

/* The length of "[:name:]" at the front, or 0. */
static size_t class_length(const char *pattern, size_t n)
{
	size_t i = 2;

	if (n < 4 || pattern[0] != '[' || pattern[1] != ':')
		return 0;
	while (i < n && is_between((uint8_t)pattern[i], 'a', 'z'))
		i++;
	return i + 1 < n && pattern[i] == ':' && pattern[i + 1] == ']' ? i + 2 : 0;
}

static bool in_range(uint8_t low, uint8_t high, uint8_t c, bool fold)
{
	if (c >= low && c <= high)
		return true;
	if (!fold)
		return false;
	if (is_between(c, 'a', 'z'))
		c = (uint8_t)(c - 'a' + 'A');
	else if (is_between(c, 'A', 'Z'))
		c = (uint8_t)(c - 'A' + 'a');
	return c >= low && c <= high;
}

/* A set: pattern[0] is its '['. Returns its length, or 0 when it has no end. */
static size_t match_set(const char *pattern, size_t n, uint8_t c, bool fold, bool *matches)
{
	bool negated = n > 1 && (pattern[1] == '!' || pattern[1] == '^'), found = false;
	size_t i = negated ? 2 : 1, first = i;

	while (i < n && (pattern[i] != ']' || i == first)) {
		size_t class = class_length(pattern + i, n - i);
		uint8_t low, high;

		if (class) {
			found |= in_class(pattern + i + 2, class - 4, c);
			i += class;
			continue;
		}
		if (pattern[i] == '\\' && i + 1 < n)
			i++;
		low = high = (uint8_t)pattern[i++];
		if (i + 1 < n && pattern[i] == '-' && pattern[i + 1] != ']') {
			i++;
			if (pattern[i] == '\\' && i + 1 < n)
				i++;
			high = (uint8_t)pattern[i++];
		}
		found |= in_range(low, high, c, fold);
	}
	if (i >= n)
		return 0;
	*matches = found != negated;
	return i + 1;
}

/* One byte against what stands at the front of the pattern, no '*'. Returns what it took of the
 * pattern. */
static size_t match_byte(const char *pattern, size_t n, uint8_t c, bool fold, bool *matches)
{
	size_t taken;

	*matches = true;
	if (pattern[0] == '?')
		return 1;
	taken = pattern[0] == '[' ? match_set(pattern, n, c, fold, matches) : 0;
	if (taken)
		return taken;
	taken = pattern[0] == '\\' && n > 1 ? 2 : 1;
	*matches = fold_byte((uint8_t)pattern[taken - 1], fold) == fold_byte(c, fold);
	return taken;
}

bool glob_match(const char *pattern, size_t n, const struct glob_subject *subject, bool fold)
{
	size_t len = subject->len + subject->at;
	size_t p = 0, s = 0, star = SIZE_MAX, star_s = 0;

	while (s < len) {
		bool matches = false;
		size_t taken = 0;

		if (p < n && pattern[p] == '*') {
			star = ++p;
			star_s = s;
			continue;
		}
		if (p < n)
			taken = match_byte(pattern + p, n - p, subject_byte(subject, s), fold,
					   &matches);
		if (matches) {
			p += taken;
			s++;
		} else if (star != SIZE_MAX) { /* the last star takes one byte more */
			p = star;
			s = ++star_s;
		} else {
			return false;
		}
	}
	while (p < n && pattern[p] == '*')
		p++;
	return p == n;
}

bool glob_is_equal(const char *text, size_t n, const struct glob_subject *subject, bool fold)
{
	if (n != subject->len + subject->at)
		return false;
	for (size_t i = 0; i < n; i++)
		if (fold_byte((uint8_t)text[i], fold) != fold_byte(subject_byte(subject, i), fold))
			return false;
	return true;
}
