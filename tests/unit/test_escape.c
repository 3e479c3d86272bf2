/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The escaper: what may be shown, what never is, and that every byte can be had back. */
#include <criterion/criterion.h>

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/escape.h"
#include "guard.h"

enum { ROOM = 4096 };

static void setup(void)
{
	cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

TestSuite(escape, .init = setup);

/* Escapes n bytes without limits; the text is valid until the next call. */
static const char *escaped(const void *text, size_t n, unsigned int flags)
{
	static char out[ROOM];
	size_t len =
		escape_text(out, sizeof(out) - 1, guard_copy(text, n), n, flags, SIZE_MAX, NULL);

	out[len] = '\0';
	return out;
}

static void check(const char *text, unsigned int flags, const char *want)
{
	const char *got = escaped(text, strlen(text), flags);

	cr_assert_str_eq(got, want, "got %s, want %s", got, want);
}

Test(escape, ascii)
{
	check("", 0, "");
	check("nginx: worker", 0, "nginx: worker");
	check("nginx: worker", ESCAPE_BLANK, "nginx:\\x20worker");
	check("a\\b", 0, "a\\\\b");
	check("\n\t\x1b[2J\x7f", 0, "\\x0a\\x09\\x1b[2J\\x7f");
	check("\\x41", 0, "\\\\x41");
	check("!~@", 0, "!~@");
	cr_assert_str_eq(escaped("a\0b", 3, 0), "a\\x00b");
}

Test(escape, every_single_byte)
{
	static const unsigned int all[] = { 0, ESCAPE_UTF8, ESCAPE_BLANK, ESCAPE_AT,
					    ESCAPE_UTF8 | ESCAPE_BLANK | ESCAPE_AT };

	for (size_t f = 0; f < sizeof(all) / sizeof(all[0]); f++) {
		for (int c = 0; c < 256; c++) {
			unsigned char byte = (unsigned char)c;
			char want[8] = { (char)c };
			bool plain = c >= 0x20 && c < 0x7f && c != '\\' &&
				     !(c == ' ' && all[f] & ESCAPE_BLANK) &&
				     !(c == '@' && all[f] & ESCAPE_AT);

			if (c == '\\')
				strcpy(want, "\\\\");
			else if (!plain)
				snprintf(want, sizeof(want), "\\x%02x", c);
			cr_assert_str_eq(escaped(&byte, 1, all[f]), want);
		}
	}
}

Test(escape, only_the_leading_at)
{
	check("@a@b", ESCAPE_AT, "\\x40a@b");
	check("@@", ESCAPE_AT, "\\x40@");
	check("a@", ESCAPE_AT, "a@");
	check("@a", 0, "@a");
}

Test(escape, utf8_shown_where_allowed)
{
	static const char *const shown[] = {
		"caf\xc3\xa9",      "\xe2\x82\xac", "\xe4\xb8\xad\xe6\x96\x87",
		"\xf0\x9f\x98\x80", "\xd0\x96",     "e\xcc\x81", /* e and a combining acute */
	};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		check(shown[i], ESCAPE_UTF8 | ESCAPE_BLANK, shown[i]);
	check("caf\xc3\xa9", 0, "caf\\xc3\\xa9");
}

Test(escape, never_shown)
{
	static const uint32_t points[] = {
		0x80,    0x85,    0x9b,    0x9f,    0xad,    0x61c,   0x200b,   0x200d,   0x200e,
		0x200f,  0x2028,  0x2029,  0x202a,  0x202e,  0x2060,  0x2066,   0x2069,   0x206f,
		0xe000,  0xf8ff,  0xfdd0,  0xfe0f,  0xfeff,  0xfff9,  0xfffb,   0xfffe,   0xffff,
		0x1ffff, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0xf0000, 0x10fffd, 0x10ffff, 0x115f,
		0x3164,  0x180e,  0x1d173, 0x378,   0x50000,
	};

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		char text[8] = "a";
		mbstate_t state = { 0 };
		size_t n = wcrtomb(text + 1, (wchar_t)points[i], &state);
		const char *got;

		/* Not every C library knows what Unicode has not assigned. */
		if ((points[i] == 0x378 || points[i] == 0x50000) && wcwidth((wchar_t)points[i]) > 0)
			continue;
		cr_assert_leq(n, 4, "U+%04X", points[i]);
		got = escaped(text, 1 + n, ESCAPE_UTF8);
		cr_assert_eq(strlen(got), 1 + 4 * n, "U+%04X gives %s", points[i], got);
		for (const char *at = got; *at; at++)
			cr_assert_lt((unsigned char)*at, 0x7f, "U+%04X gives %s", points[i], got);
	}
}

Test(escape, broken_utf8_byte_by_byte)
{
	check("\xc0\xaf", ESCAPE_UTF8, "\\xc0\\xaf"); /* overlong / */
	check("\xc1\xbf", ESCAPE_UTF8, "\\xc1\\xbf");
	check("\xe0\x80\xaf", ESCAPE_UTF8, "\\xe0\\x80\\xaf");
	check("\xe0\x9f\xbf", ESCAPE_UTF8, "\\xe0\\x9f\\xbf");
	check("\xf0\x8f\xbf\xbf", ESCAPE_UTF8, "\\xf0\\x8f\\xbf\\xbf");
	check("\xed\xa0\x80", ESCAPE_UTF8, "\\xed\\xa0\\x80"); /* surrogates */
	check("\xed\xbf\xbf", ESCAPE_UTF8, "\\xed\\xbf\\xbf");
	check("\xf4\x90\x80\x80", ESCAPE_UTF8, "\\xf4\\x90\\x80\\x80"); /* past U+10FFFF */
	check("\xf5\x80\x80\x80", ESCAPE_UTF8, "\\xf5\\x80\\x80\\x80");
	check("\xff\xfe", ESCAPE_UTF8, "\\xff\\xfe");
	check("\x80\xbf", ESCAPE_UTF8, "\\x80\\xbf");
	check("\xc3", ESCAPE_UTF8, "\\xc3"); /* cut */
	check("\xe2\x82", ESCAPE_UTF8, "\\xe2\\x82");
	check("\xf0\x9f\x98", ESCAPE_UTF8, "\\xf0\\x9f\\x98");
	check("\xe2\x82\xc3\xa9", ESCAPE_UTF8, "\\xe2\\x82\xc3\xa9"); /* back in step */
	check("\xc3z", ESCAPE_UTF8, "\\xc3z");
	check("\xc3\x1b[m", ESCAPE_UTF8, "\\xc3\\x1b[m"); /* swallows nothing */
}

Test(escape, combining_needs_something_to_stand_on)
{
	check("\xcc\x81"
	      "a",
	      ESCAPE_UTF8,
	      "\\xcc\\x81"
	      "a");
	check("\n\xcc\x81", ESCAPE_UTF8, "\\x0a\\xcc\\x81");
	check("a\xcc\x81\xcc\x82", ESCAPE_UTF8, "a\xcc\x81\xcc\x82");
	check("\xc3\xa9\xcc\x81", ESCAPE_UTF8, "\xc3\xa9\xcc\x81");
}

Test(escape, a_cell_stays_one_word)
{
	check("a\xc2\xa0"
	      "b",
	      ESCAPE_UTF8 | ESCAPE_BLANK,
	      "a\\xc2\\xa0"
	      "b");
	check("a\xe2\x80\x83"
	      "b",
	      ESCAPE_UTF8 | ESCAPE_BLANK,
	      "a\\xe2\\x80\\x83"
	      "b");
	check("a\xe3\x80\x80"
	      "b",
	      ESCAPE_UTF8 | ESCAPE_BLANK,
	      "a\\xe3\\x80\\x80"
	      "b");
	check("a\xc2\xa0"
	      "b",
	      ESCAPE_UTF8,
	      "a\xc2\xa0"
	      "b");
}

Test(escape, width_in_columns)
{
	static const struct {
		const char *text;
		unsigned int flags;
		size_t width;
	} cases[] = {
		{ "", 0, 0 },
		{ "abc", 0, 3 },
		{ "a\\", 0, 3 },
		{ "\x01", 0, 4 },
		{ "\xc3\xa9", ESCAPE_UTF8, 1 },
		{ "\xc3\xa9", 0, 8 },
		{ "\xe4\xb8\xad", ESCAPE_UTF8, 2 },
		{ "e\xcc\x81", ESCAPE_UTF8, 1 },
		{ "a b", ESCAPE_BLANK, 6 },
	};
	char out[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t width = 99;

		escape_text(out, sizeof(out), cases[i].text, strlen(cases[i].text), cases[i].flags,
			    SIZE_MAX, &width);
		cr_assert_eq(width, cases[i].width, "'%s': %zu", cases[i].text, width);
	}
}

/* Whatever the limit: a prefix of the whole text, made of whole units, as long as it can be. */
Test(escape, cut_on_whole_units)
{
	static const char text[] = "ab\\\x01\xc3\xa9\xe4\xb8\xad"
				   "e\xcc\x81 \xff"
				   "c";
	static const size_t ends[] = { 0, 1, 2, 4, 8, 10, 13, 14, 16, 17, 21, 22 };
	static const size_t widths[] = { 0, 1, 2, 4, 8, 9, 11, 12, 12, 13, 17, 18 };
	const size_t n_ends = sizeof(ends) / sizeof(ends[0]);
	char whole[64];

	cr_assert_eq(escape_text(whole, sizeof(whole), text, sizeof(text) - 1, ESCAPE_UTF8,
				 SIZE_MAX, NULL),
		     22);
	for (size_t limit = 0; limit < 30; limit++) {
		char *flush = guard_copy(whole, limit);
		size_t by_size = 0, by_width = 0, width, n;

		for (size_t i = 0; i < n_ends; i++) {
			by_size = ends[i] <= limit ? ends[i] : by_size;
			by_width = widths[i] <= limit ? ends[i] : by_width;
		}
		n = escape_text(flush, limit, text, sizeof(text) - 1, ESCAPE_UTF8, SIZE_MAX, NULL);
		cr_assert_eq(n, by_size, "size %zu: %zu", limit, n);
		cr_assert_eq(memcmp(flush, whole, n), 0);
		flush = guard_copy(whole, sizeof(whole));
		n = escape_text(flush, sizeof(whole), text, sizeof(text) - 1, ESCAPE_UTF8, limit,
				&width);
		cr_assert_eq(n, by_width, "width %zu: %zu", limit, n);
		cr_assert_eq(memcmp(flush, whole, n), 0);
		cr_assert_leq(width, limit);
	}
}

Test(escape, bound)
{
	char every[256], out[1024];

	cr_assert_eq(escape_bound(0), 0);
	cr_assert_eq(escape_bound(SIZE_MAX), SIZE_MAX);
	cr_assert_eq(escape_bound(SIZE_MAX / 4 + 1), SIZE_MAX);
	memset(every, 1, sizeof(every));
	cr_assert_eq(escape_bound(sizeof(every)), sizeof(out));
	cr_assert_eq(escape_text(out, sizeof(out), every, sizeof(every), 0, SIZE_MAX, NULL),
		     sizeof(out));
}

static int unescaped(const char *text, char *out, size_t *n)
{
	return unescape_text(out, guard_copy(text, strlen(text)), strlen(text), n);
}

Test(escape, unescape_refuses_what_escape_never_makes)
{
	static const char *const bad[] = {
		"\\",
		"\\x",
		"\\x0",
		"a\\x4",
		"\\n",
		"\\e",
		"\\x0A",
		"\\X0a",
		"\\xg0",
		"\\x0g",
		"\\x41",
		"\\x5c",
		"a\\x40",
		"\x1b",
		"\n",
		"\x7f",
		"\xff",
		"\xc3",
		"\xc2\x9b",
		"\xe2\x80\xae",
		"\\\\\\",
		"\\x 1",
		"\\x-1",
		"\xc1\xbf",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf7\xbf\xbf\xbf",
	};
	char out[32];
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(unescaped(bad[i], out, &n), -EINVAL, "took '%s'", bad[i]);
}

Test(escape, unescape)
{
	char out[32];
	size_t n;

	cr_assert_eq(unescaped("\\x40a\\\\\\x00\\x20b @\xc3\xa9\\xff", out, &n), 0);
	cr_assert_eq(n, 11);
	cr_assert_eq(memcmp(out, "@a\\\0 b @\xc3\xa9\xff", 11), 0);
	cr_assert_eq(unescaped("", out, &n), 0);
	cr_assert_eq(n, 0);
}

static uint64_t rnd_state = 0x853c49e6748fea9bu;

static unsigned int rnd(unsigned int below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return (unsigned int)(rnd_state * UINT64_C(0x2545f4914f6cdd1d) >> 33) % below;
}

/* Random bytes, whole characters of any number, and what the escaper itself writes. */
static size_t random_text(unsigned char *text, size_t max)
{
	size_t n = 0, want = rnd((unsigned int)max - 8);
	mbstate_t state = { 0 };

	while (n < want) {
		unsigned int kind = rnd(6);
		wchar_t point = (wchar_t)rnd(kind == 0 ? 0x110000 : kind == 1 ? 0x3000 : 0x400);

		if (kind < 3 && !(point >= 0xd800 && point < 0xe000))
			n += wcrtomb((char *)text + n, point, &state);
		else if (kind < 5)
			text[n++] = (unsigned char)rnd(256);
		else
			text[n++] = (unsigned char)"@ \\x4a\x1b"[rnd(7)];
	}
	return n;
}

/* One output: no control byte, ASCII or characters that the C library can print, and no more
 * columns than said. */
static void check_shown(const char *out, size_t n, unsigned int flags, size_t width)
{
	mbstate_t state = { 0 };
	size_t columns = 0;

	for (size_t i = 0; i < n;) {
		wchar_t point;
		size_t len = mbrtowc(&point, out + i, n - i, &state);

		cr_assert(len > 0 && len <= 4, "not UTF-8 at %zu", i);
		cr_assert(point >= 0x20 && point != 0x7f && !(point >= 0x80 && point < 0xa0));
		cr_assert(point < 0x80 || flags & ESCAPE_UTF8);
		cr_assert(!(flags & ESCAPE_BLANK) || point != ' ');
		cr_assert_geq(wcwidth(point), 0);
		columns += (size_t)wcwidth(point);
		i += len;
	}
	cr_assert(!(flags & ESCAPE_AT) || n == 0 || out[0] != '@');
	cr_assert_eq(columns, width);
}

Test(escape, random_bytes_come_back)
{
	for (int round = 0; round < 100000; round++) {
		unsigned char text[64];
		char out[256], back[256];
		size_t n = random_text(text, sizeof(text));
		unsigned int flags = rnd(8);
		size_t width, n_back;
		size_t len = escape_text(out, sizeof(out), text, n, flags, SIZE_MAX, &width);

		check_shown(out, len, flags, width);
		cr_assert_eq(unescape_text(back, out, len, &n_back), 0, "%.*s", (int)len, out);
		cr_assert_eq(n_back, n);
		cr_assert_eq(memcmp(back, text, n), 0);

		/* Cut anywhere, it is a shorter text of the same kind. */
		len = escape_text(out, sizeof(out), text, n, flags, rnd(40), &width);
		check_shown(out, len, flags, width);
		cr_assert_eq(unescape_text(back, out, len, &n_back), 0);
		cr_assert_eq(memcmp(back, text, n_back), 0);
	}
}

/* Anything at all is refused or gives other bytes, and is never read past its end. */
Test(escape, unescape_survives_anything)
{
	unsigned char *guarded = (unsigned char *)guard_copy("", 1) + 1;
	char *back_end = (char *)guard_copy("", 1) + 1;

	for (int round = 0; round < 50000; round++) {
		unsigned char text[64];
		size_t n = random_text(text, sizeof(text)), n_back = 0;

		memcpy(guarded - n, text, n);
		if (unescape_text(back_end - n, (const char *)guarded - n, n, &n_back) == 0)
			cr_assert_leq(n_back, n);
	}
}
