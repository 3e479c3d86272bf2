/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of views: widths, sides, bars, and that one cell stays one word. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <locale.h>
#include <sys/socket.h>

#include "guard.h"
#include "model/sock.h"
#include "output/field_text.h"
#include "output/text_table.h"

static const struct text_column two[] = { { "Name", false }, { "Count", true } };
static const struct text_column bare[] = { { NULL, false }, { NULL, true } };
static const struct text_column one[] = { { NULL, false } };

static struct text_table table;
static char text[4096];

/* Which characters have a width is the locale's affair. */
static void use_utf8(void)
{
	cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
}

TestSuite(text_table, .init = use_utf8);

static const char *finish(size_t indent, bool with_head)
{
	struct obuf out;

	cr_assert_eq(obuf_init(&out, -1), 0);
	cr_assert_eq(text_table_end(&table, &out, indent, with_head), 0);
	cr_assert_lt(out.len, sizeof(text));
	memcpy(text, out.data, out.len);
	text[out.len] = '\0';
	obuf_free(&out);
	return text;
}

Test(text_table, columns_are_as_wide_as_they_need_to_be)
{
	text_table_begin(&table, two, 2, false);
	text_table_str(&table, "a");
	text_table_uint(&table, 1234567);
	text_table_str(&table, "longer");
	text_table_uint(&table, 0);
	cr_assert_str_eq(finish(2, true), "  Name      Count\n"
					  "  a       1234567\n"
					  "  longer        0\n");
}

Test(text_table, headings_count_only_where_they_are_shown)
{
	text_table_begin(&table, two, 2, false);
	text_table_str(&table, "a");
	text_table_uint(&table, 1);
	cr_assert_str_eq(finish(0, false), "a  1\n");
	text_table_begin(&table, two, 2, false);
	text_table_str(&table, "a");
	text_table_uint(&table, 1);
	cr_assert_str_eq(finish(0, true), "Name  Count\na         1\n");
	text_table_begin(&table, two, 2, false);
	cr_assert_str_eq(finish(0, true), "Name  Count\n");
	text_table_begin(&table, two, 2, false);
	cr_assert_str_eq(finish(0, false), "");
}

Test(text_table, without_titles_there_is_no_line_of_headings)
{
	text_table_begin(&table, bare, 2, false);
	text_table_str(&table, "a");
	text_table_uint(&table, 1);
	cr_assert_str_eq(finish(4, true), "    a  1\n");
}

Test(text_table, no_line_ends_with_blanks)
{
	static const struct text_column left[] = { { "A", false }, { "Beta", false } };

	text_table_begin(&table, left, 2, false);
	text_table_str(&table, "a");
	text_table_str(&table, "");
	text_table_str(&table, "");
	text_table_str(&table, "");
	text_table_str(&table, NULL);
	text_table_str(&table, "last"); /* the last row may be short of cells */
	text_table_str(&table, "b");
	cr_assert_str_eq(finish(2, true), "  A  Beta\n  a\n\n  -  last\n  b\n");
}

Test(text_table, formats)
{
	text_table_begin(&table, one, 1, false);
	text_table_format(&table, "%d of %s", 3, "four");
	text_table_uint(&table, UINT64_MAX);
	cr_assert_str_eq(finish(0, false), "3 of four\n18446744073709551615\n");
}

static const char *escaped(const void *bytes, size_t n, bool utf8)
{
	text_table_begin(&table, one, 1, utf8);
	text_table_escaped(&table, guard_copy(bytes, n), n);
	finish(0, false);
	cr_assert_eq(text[strlen(text) - 1], '\n');
	text[strlen(text) - 1] = '\0';
	return text;
}

Test(text_table, text_of_others_is_one_word)
{
	cr_assert_str_eq(escaped("plain", 5, false), "plain");
	cr_assert_str_eq(escaped("a b\n\x1b[0m\\", 9, false), "a\\x20b\\x0a\\x1b[0m\\\\");
	cr_assert_str_eq(escaped("\0", 1, false), "\\x00");
	cr_assert_str_eq(escaped("\xc3\xa9", 2, false), "\\xc3\\xa9");
	cr_assert_str_eq(escaped("\xc3\xa9", 2, true), "\xc3\xa9");
	cr_assert_str_eq(escaped("\xc3", 1, true), "\\xc3");
	cr_assert_str_eq(escaped("", 0, false), "\"\"");
	cr_assert_str_eq(field_text_word_of(NULL, 0), "\"\"");
}

/* "-" is what is not known, "" what is empty. */
static const char *owner(uint32_t pid, const char *program)
{
	text_table_begin(&table, one, 1, false);
	text_table_owner(&table, pid, program);
	return finish(0, false);
}

Test(text_table, owners_are_one_word)
{
	cr_assert_str_eq(owner(812, "nginx"), "812/nginx\n");
	cr_assert_str_eq(owner(812, ""), "812/\"\"\n");
	cr_assert_str_eq(owner(812, "\"\""), "812/\\x22\\x22\n");
	cr_assert_str_eq(owner(812, "a b\n"), "812/a\\x20b\\x0a\n");
}

Test(text_table, text_of_others_looks_like_no_word_of_ours)
{
	cr_assert_str_eq(escaped("-", 1, false), "\\x2d");
	cr_assert_str_eq(escaped("\"\"", 2, false), "\\x22\\x22");
	cr_assert_str_eq(escaped("(hidden)", 8, false), "\\x28hidden)");
	cr_assert_str_eq(escaped("(other)", 7, false), "\\x28other)");
	cr_assert_str_eq(escaped("(sd-pam)", 8, false), "(sd-pam)");
	cr_assert_str_eq(escaped("(hidden", 7, false), "(hidden");
	cr_assert_str_eq(escaped("--", 2, false), "--");
	cr_assert_str_eq(escaped("\"", 1, false), "\"");
}

Test(text_table, every_byte_is_printable)
{
	for (unsigned int c = 0; c < 256; c++) {
		unsigned char byte = (unsigned char)c;

		for (const char *at = escaped(&byte, 1, false); *at; at++)
			cr_assert(*at > ' ' && *at < 0x7f, "byte %u", c);
	}
}

Test(text_table, wide_characters_take_their_columns)
{
	text_table_begin(&table, bare, 2, true);
	text_table_escaped(&table, "\xc3\xa9\xc3\xa9", 4);
	text_table_uint(&table, 1);
	text_table_escaped(&table, "abc", 3);
	text_table_uint(&table, 2);
	cr_assert_str_eq(finish(0, false), "\xc3\xa9\xc3\xa9   1\nabc  2\n");
}

static const char *end_point(uint8_t family, const char *addr, int port)
{
	struct endpoint end = { .port = 99 };

	cr_assert_eq(inet_pton(family, addr, &end.addr), 1);
	text_table_begin(&table, one, 1, false);
	text_table_end_point(&table, family, &end, port);
	return finish(0, false);
}

Test(text_table, end_points)
{
	cr_assert_str_eq(end_point(AF_INET, "192.0.2.1", -1), "192.0.2.1\n");
	cr_assert_str_eq(end_point(AF_INET, "192.0.2.1", 80), "192.0.2.1:80\n");
	cr_assert_str_eq(end_point(AF_INET, "255.255.255.255", 0), "255.255.255.255:*\n");
	cr_assert_str_eq(end_point(AF_INET6, "2001:db8::1", -1), "2001:db8::1\n");
	cr_assert_str_eq(end_point(AF_INET6, "2001:db8::1", 65535), "[2001:db8::1]:65535\n");
	cr_assert_str_eq(end_point(AF_INET6, "1111:2222:3333:4444:5555:6666:7777:8888", 65535),
			 "[1111:2222:3333:4444:5555:6666:7777:8888]:65535\n");
}

static const char *bar(uint64_t value, uint64_t max, size_t width, bool utf8)
{
	text_table_begin(&table, one, 1, utf8);
	text_table_bar(&table, value, max, width);
	return finish(0, false);
}

Test(text_table, bars)
{
	cr_assert_str_eq(bar(0, 10, 8, false), "\n");
	cr_assert_str_eq(bar(1, 1000, 8, false), "#\n", "what is there is seen");
	cr_assert_str_eq(bar(5, 10, 8, false), "####\n");
	cr_assert_str_eq(bar(10, 10, 8, false), "########\n");
	cr_assert_str_eq(bar(11, 10, 8, false), "########\n");
	cr_assert_str_eq(bar(UINT64_MAX, UINT64_MAX, 8, false), "########\n");
	cr_assert_str_eq(bar(0, 0, 8, false), "\n");
	cr_assert_str_eq(bar(3, 0, 8, false), "\n", "there is nothing to compare it with");
	cr_assert_str_eq(bar(1, 1, 2, true), "\xe2\x96\x88\xe2\x96\x88\n");
	cr_assert_str_eq(bar(3, 16, 2, true), "\xe2\x96\x8d\n", "three eighths");
	cr_assert_str_eq(bar(15, 16, 2, true), "\xe2\x96\x88\xe2\x96\x89\n");
	cr_assert_str_eq(bar(1, 1000, 2, true), "\xe2\x96\x8f\n");
}

/* A bar takes as many columns as are seen, not as many bytes. */
Test(text_table, cells_behind_bars_stand_below_each_other)
{
	text_table_begin(&table, bare, 2, true);
	text_table_bar(&table, 2, 2, 2);
	text_table_uint(&table, 1);
	text_table_str(&table, "ab");
	text_table_uint(&table, 2);
	cr_assert_str_eq(finish(0, false), "\xe2\x96\x88\xe2\x96\x88  1\nab  2\n");
}

/* "aa bb 3 dddd" in columns of which some are left out. */
static const char *fitted(size_t width, const uint8_t *order, size_t n)
{
	static const struct text_column four[] = {
		{ "A", false }, { "B", false }, { "C", true }, { "D", false }
	};

	text_table_begin(&table, four, 4, false);
	text_table_str(&table, "aa");
	text_table_str(&table, "bb");
	text_table_uint(&table, 3);
	text_table_str(&table, "dddd");
	text_table_fit(&table, width, order, n);
	return finish(2, true);
}

Test(text_table, columns_are_left_out_in_order_until_lines_fit)
{
	static const uint8_t order[] = { 1, 9, 3, 0 };

	cr_assert_str_eq(fitted(0, order, 4), "  A   B   C  D\n  aa  bb  3  dddd\n");
	cr_assert_str_eq(fitted(17, order, 4), "  A   B   C  D\n  aa  bb  3  dddd\n");
	cr_assert_str_eq(fitted(16, order, 4), "  A   C  D\n  aa  3  dddd\n");
	cr_assert_str_eq(fitted(12, order, 4), "  A   C\n  aa  3\n");
	cr_assert_str_eq(fitted(6, order, 4), "  C\n  3\n", "the first one as well");
	cr_assert_str_eq(fitted(1, order, 1), "  A   C  D\n  aa  3  dddd\n", "others stay");
}

Test(text_table, errors_of_the_output_are_passed_on)
{
	struct obuf out;

	cr_assert_eq(obuf_init(&out, -1), 0);
	out.error = ENOSPC;
	text_table_begin(&table, one, 1, false);
	for (int i = 0; i < 20000; i++)
		text_table_str(&table, "a line that is long enough");
	cr_assert_eq(text_table_end(&table, &out, 0, true), -ENOSPC);
	obuf_free(&out);
}
