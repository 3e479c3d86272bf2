/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing of the command line: finding the option row of a word, and its value. The rows are in
 * option_rows.c. */
#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int64_t default_interval_ns = 1000000000;
static const int64_t default_resolve_ns = 2000000000;

static bool fail(struct options_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct options_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return false;
}

/* Two rows of which an abbreviation that fits both means the first. */
static bool same_meaning(const struct option_row *a, const struct option_row *b)
{
	return a == b || (a->family && b->family) ||
	       (a->letter && a->letter == b->letter && a->apply == b->apply);
}

/* The row whose long name starts with n bytes of name; NULL when none does or several with
 * different meanings do. */
static const struct option_row *find_prefix(const char *name, size_t n, bool netstat_only,
					    bool *ambiguous)
{
	size_t n_rows;
	const struct option_row *rows = options_rows(&n_rows), *found = NULL;

	*ambiguous = false;
	for (size_t i = 0; i < n_rows; i++) {
		if (!rows[i].name || (netstat_only && !rows[i].netstat) ||
		    strncmp(rows[i].name, name, n) != 0)
			continue;
		if (found && !same_meaning(found, &rows[i])) {
			*ambiguous = true;
			return NULL;
		}
		found = found ? found : &rows[i];
	}
	return found;
}

static const struct option_row *find_exact(const char *name, size_t n)
{
	size_t n_rows;
	const struct option_row *rows = options_rows(&n_rows);

	for (size_t i = 0; i < n_rows; i++)
		if (rows[i].name && strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0)
			return &rows[i];
	return NULL;
}

/* Says which options an abbreviation may mean. */
static void fail_ambiguous(struct options_error *error, const char *name, size_t n)
{
	size_t n_rows, len;
	const struct option_row *rows = options_rows(&n_rows);

	fail(error, "option '--%.*s' is ambiguous:", (int)n, name);
	for (size_t i = 0; i < n_rows; i++) {
		if (!rows[i].name || strncmp(rows[i].name, name, n) != 0)
			continue;
		len = strlen(error->text);
		snprintf(error->text + len, sizeof(error->text) - len, " --%s", rows[i].name);
	}
}

static const struct option_row *find_long(const char *name, size_t n, struct options_error *error)
{
	bool ambiguous;
	const struct option_row *row = find_exact(name, n);

	if (row)
		return row;
	if (n > 0) {
		row = find_prefix(name, n, true, &ambiguous);
		if (!row && !ambiguous)
			row = find_prefix(name, n, false, &ambiguous);
		if (row)
			return row;
		if (ambiguous) {
			fail_ambiguous(error, name, n);
			return NULL;
		}
	}
	fail(error, "there is no option '--%.*s'", (int)(n < 60 ? n : 60), name);
	return NULL;
}

static const struct option_row *find_letter(char letter)
{
	size_t n_rows;
	const struct option_row *rows = options_rows(&n_rows);

	for (size_t i = 0; letter && i < n_rows; i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

/* One "--name" or "--name=value"; *used: how many words of argv it took. */
static bool parse_long(char *const words[], size_t n_words, size_t *used, struct request *request,
		       struct options_error *error)
{
	const char *name = words[0] + 2, *value = strchr(name, '=');
	size_t n = value ? (size_t)(value - name) : strlen(name);
	const struct option_row *row = find_long(name, n, error);

	*used = 1;
	if (!row)
		return false;
	if (value)
		value++;
	if (value && row->arg == OPTION_NO_ARG)
		return fail(error, "option '--%s' takes no value", row->name);
	if (!value && row->arg == OPTION_ARG) {
		if (n_words < 2)
			return fail(error, "option '--%s' needs a value", row->name);
		value = words[1];
		*used = 2;
	}
	return row->apply(row, value, request, error);
}

/* Length of the number that an optional short value starts with: "-c2" has one, "-ctn" is three
 * letters. */
static size_t number_length(const char *text)
{
	return strspn(text, "0123456789.");
}

/* What stands here for a letter that ss has and netstat has not; NULL: nothing. */
static const char *option_for_ss(char letter)
{
	static const struct {
		char letter;
		const char *here;
	} rows[] = {
		{ 'D', "--record=FILE" },       { 'E', "--events" }, { 'K', "--kill" },
		{ 'O', "what is always done" }, { 'm', "--memory" }, { 'z', "--context" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].letter == letter)
			return rows[i].here;
	return NULL;
}

static bool fail_letter(struct options_error *error, const char *word, char letter)
{
	const char *here = option_for_ss(letter), *before = here ? ": ss's is " : "";

	here = here ? here : "";
	if (letter > ' ' && letter < 0x7f && letter != '-' && word[2])
		return fail(error, "there is no option '-%c' (in '%.60s')%s%s", letter, word,
			    before, here);
	return fail(error, "there is no option '%.60s'%s%s", word, before, here);
}

/* One word of letters, "-tulpn"; *used as above. */
static bool parse_letters(char *const words[], size_t n_words, size_t *used,
			  struct request *request, struct options_error *error)
{
	char number[32];

	*used = 1;
	for (const char *at = words[0] + 1; *at;) {
		const struct option_row *row = find_letter(*at);
		const char *value = NULL;
		size_t n;

		/* "-c1e400" is a number that there is not, and asks for no packet sockets. */
		if (!row || (*at == '0' && at[-1] >= '0' && at[-1] <= '9'))
			return fail_letter(error, words[0], *at);
		at++;
		if (row->arg == OPTION_OPTIONAL_ARG && (n = number_length(at)) > 0) {
			if (n >= sizeof(number))
				return fail(error, "option '-%c': the number is too long",
					    row->letter);
			memcpy(number, at, n);
			number[n] = '\0';
			value = number;
			at += n;
		} else if (row->arg == OPTION_ARG) {
			if (!*at && n_words < 2)
				return fail(error, "option '-%c' needs a value", row->letter);
			*used = *at ? 1 : 2;
			value = *at ? at : words[1];
			at = "";
		}
		if (!row->apply(row, value, request, error))
			return false;
	}
	return true;
}

bool options_parse(int argc, char *const argv[], const char **words, struct request *request,
		   struct options_error *error)
{
	bool only_words = false;

	error->is_final = false;
	*request = (struct request){
		.interval_ns = default_interval_ns,
		.resolve_ns = default_resolve_ns,
		.words = words,
	};
	for (int i = 1; i < argc;) {
		size_t used = 1, left = (size_t)(argc - i);
		const char *word = argv[i];
		bool ok = true;

		if (only_words || word[0] != '-' || word[1] == '\0')
			words[request->n_words++] = word;
		else if (strcmp(word, "--") == 0)
			only_words = true;
		else if (word[1] == '-')
			ok = parse_long(argv + i, left, &used, request, error);
		else
			ok = parse_letters(argv + i, left, &used, request, error);
		if (!ok)
			return false;
		i += (int)used;
	}
	/* Rounds, or else events. */
	request->continuous |= request->count && !request->events;
	return true;
}

bool options_name_limits(int argc, char *const argv[])
{
	struct options_error error;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *name = argv[i] + 2;
		const struct option_row *row;

		if (strncmp(argv[i], "--", 2) != 0)
			continue;
		row = find_long(name, strcspn(name, "="), &error);
		if (row && (strcmp(row->name, "warn") == 0 || strcmp(row->name, "crit") == 0))
			return true;
	}
	return false;
}
