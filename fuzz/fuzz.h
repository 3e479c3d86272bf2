/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share. A target is one file with LLVMFuzzerTestOneInput(), which ends the
 * process when a property does not hold. With libFuzzer (fuzz/run) inputs are made up; with
 * replay.c, in make check, they are the files of corpus/TARGET.
 */
#ifndef LSSOCK_FUZZ_H
#define LSSOCK_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls, and replay.c. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says where and what on stderr and aborts. */
void fuzz_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4), noreturn));

#define FUZZ_CHECK(what)                                                    \
	do {                                                                \
		if (!(what))                                                \
			fuzz_fail(__FILE__, __LINE__, "not so: %s", #what); \
	} while (0)

/* An input that is taken from its front. Behind the end everything is 0 or empty. */
struct fuzz_input {
	const uint8_t *at, *end;
};

static inline struct fuzz_input fuzz_input_of(const uint8_t *data, size_t size)
{
	return (struct fuzz_input){ .at = data, .end = data + size };
}

static inline size_t fuzz_left(const struct fuzz_input *input)
{
	return (size_t)(input->end - input->at);
}

/* At most n bytes; *got of them. */
const uint8_t *fuzz_take(struct fuzz_input *input, size_t n, size_t *got);
/* A number of n (at most 8) bytes, the low one first. */
uint64_t fuzz_number(struct fuzz_input *input, size_t n);

static inline uint8_t fuzz_u8(struct fuzz_input *input)
{
	return (uint8_t)fuzz_number(input, 1);
}

/*
 * A piece of an input that consists of several: a byte that says what it is, one that says of
 * which, two of its length, and its bytes. The last one may be cut.
 */
struct fuzz_chunk {
	uint8_t kind, which;
	const uint8_t *data;
	size_t len;
};

/* The next piece; false at the end. */
bool fuzz_next_chunk(struct fuzz_input *input, struct fuzz_chunk *chunk);

/* A copy of just n bytes (also of none), so that whoever reads on is caught by AddressSanitizer.
 * To be freed. */
void *fuzz_copy(const void *data, size_t n);
/* The same with a NUL behind it. */
char *fuzz_string(const void *data, size_t n);

/* Ends the process when the text holds a control byte other than newline, or anything that is no
 * UTF-8, or (utf8 false) beyond ASCII. */
void fuzz_check_text(const char *text, size_t n, bool utf8);

/* Whether the n bytes at text are one value of JSON (RFC 8259) and nothing else, in valid UTF-8
 * without a control byte but newline. No object has a key twice. */
bool fuzz_is_json(const char *text, size_t n);
/* The bytes of a string of JSON with its quotes into dst, which has room for n. -1: it is none. */
long fuzz_json_string(const char *text, size_t n, char *dst);

/*
 * Reads CSV as RFC 4180 has it, strictly. Returns the number of records, or -1 for text that is
 * none, or whose records have not all the same number of fields. The field number `field` of
 * record number `record` (from 0) is put into dst (room for n bytes), *len of them; NULL: none is
 * wanted.
 */
long fuzz_read_csv(const char *text, size_t n, size_t record, size_t field, char *dst, size_t *len);

#endif
