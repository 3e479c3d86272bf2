/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lexer of expressions. A word that was quoted, or has a backslash in it, is never a keyword.
 *
 * Limit: the bytes of a word are taken as they are; letters are those of ASCII.
 */
#include "filter/lex.h"

#include <string.h>
#include <strings.h>

#include "base/num.h"

struct operator_word {
	const char *word;
	enum lex_kind kind;
};

static const struct operator_word operator_words[] = {
	{ "and", LEX_AND }, { "or", LEX_OR },  { "not", LEX_NOT }, { "eq", LEX_EQ },
	{ "ne", LEX_NE },   { "neq", LEX_NE }, { "gt", LEX_GT },   { "lt", LEX_LT },
	{ "ge", LEX_GE },   { "geq", LEX_GE }, { "le", LEX_LE },   { "leq", LEX_LE },
	{ "in", LEX_IN },
};

/* The longer ones first. */
static const struct operator_word operator_signs[] = {
	{ "&&", LEX_AND }, { "||", LEX_OR },   { "==", LEX_EQ },       { "!=", LEX_NE },
	{ ">=", LEX_GE },  { "<=", LEX_LE },   { "!~", LEX_NO_MATCH }, { "&", LEX_AND },
	{ "|", LEX_OR },   { "=", LEX_EQ },    { "!", LEX_NOT },       { ">", LEX_GT },
	{ "<", LEX_LT },   { "~", LEX_MATCH }, { "(", LEX_OPEN },      { ")", LEX_CLOSE },
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool ends_word(char c, enum lex_mode mode)
{
	if (is_blank(c))
		return true;
	return c != '\0' && strchr(mode == LEX_NAME ? "()&|=!<>~" : "()&|", c);
}

/* One byte of a word. escaped: as a pattern it stands for itself. False when there is no room. */
static bool put_byte(struct lex *lex, char c, bool escaped)
{
	if (c == '\0' || lex->word_len == LEX_WORD_MAX)
		return false;
	lex->word[lex->word_len++] = c;
	if (escaped)
		lex->pattern[lex->pattern_len++] = '\\';
	lex->pattern[lex->pattern_len++] = c;
	return true;
}

/*
 * What a backslash stands for: the byte of two hexadecimal digits after an x, as the output escapes
 * names, or the byte behind it. lex->pos is behind the backslash, and moves on.
 */
static char read_escape(struct lex *lex)
{
	char c = lex->text[lex->pos++];
	uint64_t byte;

	if (c != 'x' || lex->len - lex->pos < 2 ||
	    !num_parse_hex(lex->text + lex->pos, 2, UINT8_MAX, &byte))
		return c;
	lex->pos += 2;
	return (char)byte;
}

/* What stands between quotes; lex->pos is at the opening one. */
static enum lex_kind read_quoted(struct lex *lex)
{
	char quote = lex->text[lex->pos++];

	while (lex->pos < lex->len) {
		char c = lex->text[lex->pos++];
		bool escaped = c == '\\' && quote == '"' && lex->pos < lex->len;

		if (c == quote)
			return LEX_WORD;
		if (escaped)
			c = read_escape(lex);
		if (!put_byte(lex, c, escaped))
			return LEX_BAD_WORD;
	}
	return LEX_BAD_QUOTE;
}

static enum lex_kind read_word(struct lex *lex, enum lex_mode mode, bool *plain)
{
	enum lex_kind kind = LEX_WORD;

	lex->word_len = lex->pattern_len = 0;
	while (kind == LEX_WORD && lex->pos < lex->len && !ends_word(lex->text[lex->pos], mode)) {
		char c = lex->text[lex->pos];
		bool escaped = c == '\\' && lex->pos + 1 < lex->len;

		if (c == '\'' || c == '"') {
			*plain = false;
			kind = read_quoted(lex);
			continue;
		}
		lex->pos++;
		if (escaped) {
			*plain = false;
			c = read_escape(lex);
		}
		if (!put_byte(lex, c, escaped))
			kind = LEX_BAD_WORD;
	}
	lex->word[lex->word_len] = '\0';
	lex->pattern[lex->pattern_len] = '\0';
	return kind;
}

static enum lex_kind read_sign(struct lex *lex)
{
	for (size_t i = 0; i < COUNT_OF(operator_signs); i++) {
		const struct operator_word *sign = &operator_signs[i];
		size_t n = strlen(sign->word);

		if (n > lex->len - lex->pos || memcmp(lex->text + lex->pos, sign->word, n) != 0)
			continue;
		lex->pos += n;
		return sign->kind;
	}
	return LEX_WORD;
}

bool lex_is(const struct lex *lex, const struct lex_token *token, const char *word)
{
	return token->kind == LEX_WORD && token->plain && strcasecmp(lex->word, word) == 0;
}

struct lex_token lex_next(struct lex *lex, enum lex_mode mode)
{
	struct lex_token token = { .kind = LEX_END, .plain = true };

	while (lex->pos < lex->len && is_blank(lex->text[lex->pos]))
		lex->pos++;
	token.start = lex->pos;
	if (lex->pos == lex->len)
		return token;
	token.kind = ends_word(lex->text[lex->pos], mode) ? read_sign(lex) : LEX_WORD;
	if (token.kind == LEX_WORD)
		token.kind = read_word(lex, mode, &token.plain);
	for (size_t i = 0; mode == LEX_NAME && i < COUNT_OF(operator_words); i++) {
		if (lex_is(lex, &token, operator_words[i].word)) {
			token.kind = operator_words[i].kind;
			break;
		}
	}
	token.len = lex->pos - token.start;
	return token;
}
