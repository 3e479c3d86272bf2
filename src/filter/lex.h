/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions into tokens. */
#ifndef LSSOCK_FILTER_LEX_H
#define LSSOCK_FILTER_LEX_H

#include <stdbool.h>
#include <stddef.h>

enum { LEX_WORD_MAX = 4096 };

enum lex_kind {
	LEX_END,
	LEX_WORD,
	LEX_OPEN,
	LEX_CLOSE,
	LEX_AND,
	LEX_OR,
	LEX_NOT,
	LEX_EQ,
	LEX_NE,
	LEX_GT,
	LEX_LT,
	LEX_GE,
	LEX_LE,
	LEX_MATCH,    /* ~ */
	LEX_NO_MATCH, /* !~ */
	LEX_IN,
	LEX_BAD_QUOTE, /* no closing quote: the token is what was opened */
	LEX_BAD_WORD,  /* longer than LEX_WORD_MAX, or with a NUL in it */
};

/* Where a token may begin decides what ends a word. */
enum lex_mode {
	LEX_NAME,  /* operators are tokens, and words such as "and" and "eq" are operators */
	LEX_VALUE, /* only ( ) & | and blanks end a word, and every word is a word */
};

struct lex_token {
	enum lex_kind kind;
	size_t start, len; /* of its text, quotes and all */
	bool plain;        /* a word without quotes and backslashes */
};

struct lex {
	const char *text;
	size_t len, pos;
	/* The last LEX_WORD without quotes and backslashes, NUL-terminated. */
	char word[LEX_WORD_MAX + 1];
	size_t word_len;
	/* The same as a glob pattern: a backslash of the text is kept for glob_match(). */
	char pattern[2 * LEX_WORD_MAX + 1];
	size_t pattern_len;
};

/*
 * The next token. To look ahead, keep lex->pos and put it back. Quotes, single or double, make a
 * word of anything; a backslash outside single quotes takes the next character as it is. Both may
 * stand anywhere in a word.
 */
struct lex_token lex_next(struct lex *lex, enum lex_mode mode);

/* Whether the token just read is a plain word that says so, in any case. */
bool lex_is(const struct lex *lex, const struct lex_token *token, const char *word);

#endif
