/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an expression falls into tokens, and what globs match. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "filter/glob.h"
#include "filter/lex.h"
#include "guard.h"

static struct lex lex;

static const char *const kind_names[] = {
	[LEX_END] = "$",       [LEX_OPEN] = "(",      [LEX_CLOSE] = ")", [LEX_AND] = "and",
	[LEX_OR] = "or",       [LEX_NOT] = "not",     [LEX_EQ] = "=",    [LEX_NE] = "!=",
	[LEX_GT] = ">",        [LEX_LT] = "<",        [LEX_GE] = ">=",   [LEX_LE] = "<=",
	[LEX_MATCH] = "~",     [LEX_NO_MATCH] = "!~", [LEX_IN] = "in",   [LEX_BAD_QUOTE] = "?'",
	[LEX_BAD_WORD] = "?w",
};

/* The tokens of a text, words in <>, until its end or what is not sound. */
static const char *tokens(const char *text, size_t n, enum lex_mode mode)
{
	static char out[4 * LEX_WORD_MAX];
	struct lex_token token;
	size_t len = 0;

	lex.text = guard_copy(text, n);
	lex.len = n;
	lex.pos = 0;
	do {
		token = lex_next(&lex, mode);
		cr_assert_leq(token.start + token.len, n);
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%s%s",
					token.kind == LEX_WORD ? "<" : "",
					token.kind == LEX_WORD ? lex.word : kind_names[token.kind],
					token.kind == LEX_WORD ? ">" : "");
		cr_assert_lt(len, sizeof(out));
	} while (token.kind != LEX_END && token.kind < LEX_BAD_QUOTE);
	return out;
}

static const char *names(const char *text)
{
	return tokens(text, strlen(text), LEX_NAME);
}

static const char *values(const char *text)
{
	return tokens(text, strlen(text), LEX_VALUE);
}

Test(lex, operators_need_no_blanks)
{
	cr_assert_str_eq(names("(sport=22)"), "(<sport>=<22>)$");
	cr_assert_str_eq(names("a==b!=c>d>=e<f<=g"), "<a>=<b>!=<c>><d>>=<e><<f><=<g>$");
	cr_assert_str_eq(names("!a&&b||c&d|e!~f~g"), "not<a>and<b>or<c>and<d>or<e>!~<f>~<g>$");
	cr_assert_str_eq(names(" \t\n a \v\f\r "), "<a>$");
	cr_assert_str_eq(names(""), "$");
}

Test(lex, operator_words)
{
	cr_assert_str_eq(names("a eq b NEQ c geq d lE e"), "<a>=<b>!=<c>>=<d><=<e>$");
	cr_assert_str_eq(names("not a And b oR c in d"), "not<a>and<b>or<c>in<d>$");
	cr_assert_str_eq(names("android orb nothing"), "<android><orb><nothing>$");
}

Test(lex, values_hold_what_names_do_not)
{
	cr_assert_str_eq(values("[::1]:22) and"), "<[::1]:22>)<and>$");
	cr_assert_str_eq(values("/run/a=b~c!<d>&x"), "</run/a=b~c!<d>>and<x>$");
}

Test(lex, quotes_and_backslashes)
{
	cr_assert_str_eq(names("'a b' \"c ( d\" e'f g'h"), "<a b><c ( d><ef gh>$");
	cr_assert_str_eq(names("'it'\"'\"'s' \"a\\\"b\""), "<it's><a\"b>$");
	cr_assert_str_eq(names("a\\ b \\(x 'c\\d'"), "<a b><(x><c\\d>$");
	cr_assert_str_eq(names("a\\"), "<a\\>$");
	cr_assert_str_eq(names("''"), "<>$");
}

/* ss unescapes first and compares then, so that nothing can be said that looks like a keyword. */
Test(lex, what_is_quoted_is_no_keyword)
{
	cr_assert_str_eq(names("'and' \\or \"eq\" n\\ot"), "<and><or><eq><not>$");
	lex.text = "\\dst dst";
	lex.len = 8;
	lex.pos = 0;
	struct lex_token token = lex_next(&lex, LEX_NAME);
	cr_assert_not(lex_is(&lex, &token, "dst"));
	token = lex_next(&lex, LEX_NAME);
	cr_assert(lex_is(&lex, &token, "DST"));
}

Test(lex, what_is_not_sound)
{
	static char word[2 * LEX_WORD_MAX];

	cr_assert_str_eq(names("a 'b c"), "<a>?'");
	cr_assert_str_eq(names("\"b\\\""), "?'");
	cr_assert_str_eq(tokens("a\0b", 3, LEX_NAME), "?w");
	memset(word, 'x', sizeof(word));
	cr_assert_str_eq(tokens(word, LEX_WORD_MAX + 1, LEX_VALUE), "?w");
	lex.text = word;
	lex.len = LEX_WORD_MAX;
	lex.pos = 0;
	cr_assert_eq(lex_next(&lex, LEX_VALUE).kind, LEX_WORD);
	cr_assert_eq(lex.word_len, LEX_WORD_MAX);
}

Test(lex, any_bytes_end)
{
	char text[64];

	srand(7);
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)rand() % sizeof(text);

		for (size_t i = 0; i < n; i++)
			text[i] = "ab \\'\"()&|=!<>~\0\xff*["[rand() % 20];
		tokens(text, n, rand() % 2 ? LEX_NAME : LEX_VALUE);
	}
}

static bool matches(const char *pattern, const char *text)
{
	size_t p = strlen(pattern), n = strlen(text);
	const struct glob_subject subject = { .data = guard_copy(text, n), .len = n };

	return glob_match(guard_copy(pattern, p), p, &subject, false);
}

Test(glob, stars_and_marks)
{
	cr_assert(matches("", ""));
	cr_assert(matches("*", ""));
	cr_assert(matches("/run/*.sock", "/run/a/b.sock"));
	cr_assert(matches("*a*b*c", "xxaybzabc"));
	cr_assert(matches("a?c", "abc"));
	cr_assert_not(matches("a?c", "ac"));
	cr_assert_not(matches("", "x"));
	cr_assert_not(matches("*.sock", "a.sock2"));
	cr_assert_not(matches("a*", "ba"));
}

Test(glob, sets)
{
	cr_assert(matches("[a-c]x[!0-9]", "bxz"));
	cr_assert_not(matches("[a-c]x[!0-9]", "bx1"));
	cr_assert(matches("[]-]", "]"));
	cr_assert(matches("[]-]", "-"));
	cr_assert(matches("[[:digit:]]*", "7up"));
	cr_assert_not(matches("[[:alpha:]]*", "7up"));
	cr_assert(matches("[^[:space:]]", "x"));
	cr_assert(matches("[a", "[a"));
	cr_assert(matches("a[\\]]", "a]"));
	cr_assert(matches("\\*\\[", "*["));
	cr_assert_not(matches("\\*", "x"));
	cr_assert(matches("x\\", "x\\"));
}

Test(glob, folding_and_the_at_sign)
{
	struct glob_subject subject = { .data = (const uint8_t *)"ABC", .len = 3 };

	cr_assert(glob_match("a[a-b]c", 7, &subject, true));
	cr_assert_not(glob_match("a[a-b]c", 7, &subject, false));
	subject.at = true;
	cr_assert(glob_match("@*", 2, &subject, false));
	cr_assert(glob_is_equal("@abc", 4, &subject, true));
	cr_assert_not(glob_is_equal("@abc", 4, &subject, false));
	cr_assert_not(glob_match("ABC", 3, &subject, false));
	subject = (struct glob_subject){ .data = (const uint8_t *)"a\0b", .len = 3 };
	cr_assert_not(glob_is_equal("a b", 3, &subject, false));
	subject.nul_is_blank = true;
	cr_assert(glob_is_equal("a b", 3, &subject, false));
}

/* Patterns that take other matchers hours. */
Test(glob, no_pattern_takes_long, .timeout = 600)
{
	static char pattern[4096], text[4096];

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % 2 ? 'a' : '*';
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	const struct glob_subject subject = { .data = (const uint8_t *)text, .len = sizeof(text) };
	cr_assert_not(glob_match(pattern, sizeof(pattern), &subject, false));
}
