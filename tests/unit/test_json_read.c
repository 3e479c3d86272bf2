/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON is read to the letter of RFC 8259, whatever the pieces it comes in, and nothing else is. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/json_read.h"
#include "guard.h"

/* The pieces as letters with their texts, "!" at the end where it is no JSON. */
static const char *pieces_of(const char *text, size_t len, size_t step)
{
	static char out[4096];
	static const char letters[] = "??.{[<ks#tf0";
	struct json_read read = { 0 };
	size_t from = 0, until = step < len ? step : len, n = 0;

	for (;;) {
		struct json_token token = { "", 0 };
		enum json_kind kind;

		read.text = guard_copy(text + from, until - from);
		read.len = until - from;
		read.last = until == len;
		read.at = 0;
		while ((kind = json_read_next(&read, &token)) > JSON_DONE) {
			char decoded[64] = "";
			size_t size = 0;

			if (kind == JSON_KEY || kind == JSON_STRING)
				size = json_read_decode(decoded, &token);
			else if (kind == JSON_NUMBER)
				memcpy(decoded, token.text, size = token.len);
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%c%.*s ", letters[kind],
					      (int)size, decoded);
		}
		if (kind == JSON_BAD)
			n += (size_t)snprintf(out + n, sizeof(out) - n, "!");
		if (kind != JSON_MORE)
			return out;
		from += read.at;
		cr_assert_lt(until, len, "more is asked for where there is none");
		until = until + step < len ? until + step : len;
	}
}

static const struct {
	const char *text, *pieces;
} cases[] = {
	{ "", "" },
	{ " \n", "" },
	{ "{}", "{ < " },
	{ "[]", "[ < " },
	{ "1 2\n3", "#1 #2 #3 " },
	{ "{\"a\":1,\"b\":[true,false,null,-0.5e+3]}", "{ ka #1 kb [ t f 0 #-0.5e+3 < < " },
	{ "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[ s\"\\/\b\f\n\r\t < " },
	{ "\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "sA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 " },
	{ "\"\xc3\xa9\"", "s\xc3\xa9 " },
	{ "{\"a\":{}}\n{\"b\":[[]]}\n", "{ ka { < < { kb [ [ < < < " },
	{ "[1,]", "[ #1 !" },
	{ "[,1]", "[ !" },
	{ "[1 2]", "[ #1 !" },
	{ "{\"a\"}", "{ ka !" },
	{ "{\"a\":}", "{ ka !" },
	{ "{\"a\":1,}", "{ ka #1 !" },
	{ "{a:1}", "{ !" },
	{ "{\"a\":1]", "{ ka #1 !" },
	{ "[1}", "[ #1 !" },
	{ "]", "!" },
	{ "[", "[ !" },
	{ "{\"a\"", "{ ka !" },
	{ "\"a", "!" },
	{ "\"a\\\"", "!" },
	{ "tru", "!" },
	{ "True", "!" },
	{ "nan", "!" },
	{ "01", "!" },
	{ "+1", "!" },
	{ "1.", "!" },
	{ ".5", "!" },
	{ "1e", "!" },
	{ "-", "!" },
	{ "0x10", "!" },
	{ "\"\\x41\"", "!" },
	{ "\"\\u12g4\"", "!" },
	{ "\"\\ud800\"", "!" },
	{ "\"\\ud800\\u0041\"", "!" },
	{ "\"\\udc00\"", "!" },
	{ "\"\n\"", "!" },
	{ "\"\xff\"", "!" },
	{ "\"\xc0\x80\"", "!" },
	{ "\xef\xbb\xbf{}", "!" },
	{ "/* */ 1", "!" },
	{ "'a'", "!" },
};

Test(json_read, grammar_in_pieces_of_every_size)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);

		for (size_t step = 1; step <= len + 1; step++)
			cr_assert_str_eq(pieces_of(cases[i].text, len, step), cases[i].pieces,
					 "%s in pieces of %zu", cases[i].text, step);
	}
}

Test(json_read, nul_is_a_character_and_no_end)
{
	struct json_read read = { .text = "\"a\\u0000b\"", .len = 10, .last = true };
	struct json_token token;
	char out[16];

	cr_assert_eq(json_read_next(&read, &token), JSON_STRING);
	cr_assert_eq(json_read_decode(out, &token), 3);
	cr_assert_eq(memcmp(out, "a\0b", 3), 0);
	read = (struct json_read){ .text = "\0", .len = 1, .last = true };
	cr_assert_eq(json_read_next(&read, &token), JSON_BAD);
}

Test(json_read, depth_is_bounded)
{
	char text[JSON_READ_DEPTH + 1];
	struct json_read read = { .text = text, .len = sizeof(text), .last = true };
	struct json_token token;

	memset(text, '[', sizeof(text));
	for (int i = 0; i < JSON_READ_DEPTH; i++)
		cr_assert_eq(json_read_next(&read, &token), JSON_ARRAY);
	cr_assert_eq(json_read_next(&read, &token), JSON_BAD);
	cr_assert_not_null(read.error);
}

Test(json_read, whole_numbers)
{
	static const struct {
		const char *text;
		bool good;
	} numbers[] = { { "0", true },
			{ "65535", true },
			{ "65536", false },
			{ "-1", false },
			{ "1.0", false },
			{ "1e2", false },
			{ "99999999999999999999999", false } };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct json_token token = { numbers[i].text, strlen(numbers[i].text) };
		uint64_t value;

		cr_assert_eq(json_read_uint(&token, 65535, &value), numbers[i].good, "%s",
			     numbers[i].text);
	}
}

Test(json_read, lines_are_counted)
{
	struct json_read read = { .text = "{\n\"a\":\n\n1}\n[x", .len = 14, .last = true };
	struct json_token token;

	while (json_read_next(&read, &token) > JSON_DONE)
		;
	cr_assert_eq(read.line, 4);
}
