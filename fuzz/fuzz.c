/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inputs and failures of all targets. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void fuzz_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

const uint8_t *fuzz_take(struct fuzz_input *input, size_t n, size_t *got)
{
	const uint8_t *data = input->at;

	*got = n < fuzz_left(input) ? n : fuzz_left(input);
	input->at += *got;
	return data;
}

uint64_t fuzz_number(struct fuzz_input *input, size_t n)
{
	uint64_t number = 0;
	size_t got;
	const uint8_t *data = fuzz_take(input, n, &got);

	for (size_t i = 0; i < got; i++)
		number |= (uint64_t)data[i] << 8 * i;
	return number;
}

bool fuzz_next_chunk(struct fuzz_input *input, struct fuzz_chunk *chunk)
{
	if (fuzz_left(input) == 0)
		return false;
	chunk->kind = fuzz_u8(input);
	chunk->which = fuzz_u8(input);
	chunk->data = fuzz_take(input, fuzz_number(input, 2), &chunk->len);
	return true;
}

void *fuzz_copy(const void *data, size_t n)
{
	void *copy = malloc(n);

	if (!copy && n)
		abort();
	if (n)
		memcpy(copy, data, n);
	return copy;
}

char *fuzz_string(const void *data, size_t n)
{
	char *text = malloc(n + 1);

	if (!text)
		abort();
	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	return text;
}

void fuzz_check_text(const char *text, size_t n, bool utf8)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char byte = (unsigned char)text[i];

		if ((byte < ' ' && byte != '\n') || byte == 0x7f || (byte > 0x7f && !utf8))
			fuzz_fail(__FILE__, __LINE__, "byte %02x at %zu of: %.*s", byte, i, (int)n,
				  text);
	}
	FUZZ_CHECK(utf8_is_valid((const uint8_t *)text, n));
}
