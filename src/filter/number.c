/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers with units, as they are compared with fields. */
#include <string.h>

#include "base/num.h"
#include "filter/parser.h"

enum { DECIMALS_MAX = 6 };

enum unit_kind {
	KIND_PLAIN,
	KIND_SIZE,
	KIND_TIME,
	KIND_COUNT,
};

struct suffix {
	enum unit_kind kind;
	const char *text;
	uint64_t factor; /* times are counted in microseconds */
};

#define KIB 1024ull
#define SECOND 1000000ull

static const struct suffix suffixes[] = {
	{ KIND_SIZE, "B", 1 },
	{ KIND_SIZE, "k", KIB },
	{ KIND_SIZE, "K", KIB },
	{ KIND_SIZE, "M", KIB *KIB },
	{ KIND_SIZE, "G", KIB *KIB *KIB },
	{ KIND_SIZE, "T", KIB *KIB *KIB *KIB },
	{ KIND_TIME, "us", 1 },
	{ KIND_TIME, "ms", 1000 },
	{ KIND_TIME, "s", SECOND },
	{ KIND_TIME, "m", 60 * SECOND },
	{ KIND_TIME, "min", 60 * SECOND },
	{ KIND_TIME, "h", 3600 * SECOND },
	{ KIND_TIME, "d", 86400 * SECOND },
	{ KIND_COUNT, "k", 1000 },
	{ KIND_COUNT, "K", 1000 },
	{ KIND_COUNT, "M", 1000000 },
	{ KIND_COUNT, "G", 1000000000 },
};

static enum unit_kind kind_of(enum field_unit unit)
{
	switch (unit) {
	case UNIT_BYTES:
	case UNIT_BYTES_PER_S:
		return KIND_SIZE;
	case UNIT_MS:
	case UNIT_US:
	case UNIT_SECONDS:
		return KIND_TIME;
	case UNIT_SEGMENTS:
	case UNIT_PACKETS:
	case UNIT_COUNT_OF:
		return KIND_COUNT;
	case UNIT_NONE:
		break;
	}
	return KIND_PLAIN;
}

/* How many of the suffixes' units make one of the field's. */
static uint64_t divisor_of(enum field_unit unit)
{
	if (unit == UNIT_MS)
		return 1000;
	return unit == UNIT_SECONDS ? SECOND : 1;
}

const char *number_expected(enum field_unit unit)
{
	static const char *const texts[] = {
		[KIND_PLAIN] = "a number",
		[KIND_SIZE] = "a number of bytes, such as 100, 64K or 1.5M",
		[KIND_TIME] = "a time, such as 100us, 50ms, 1.5s, 10m or 2h",
		[KIND_COUNT] = "a number, such as 100, 10k or 1M",
	};

	return texts[kind_of(unit)];
}

/* The factor of a suffix, "" for the field's own unit; 0: there is none such. */
static uint64_t find_factor(const char *text, enum field_unit unit)
{
	enum unit_kind kind = kind_of(unit);
	size_t n = strlen(text);

	if (n == 0)
		return divisor_of(unit);
	/* KB and KiB are K. */
	if (kind == KIND_SIZE && n > 1 && text[n - 1] == 'B')
		n--;
	if (kind == KIND_SIZE && n == 2 && text[1] == 'i')
		n--;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (suffixes[i].kind == kind && strlen(suffixes[i].text) == n &&
		    memcmp(suffixes[i].text, text, n) == 0)
			return suffixes[i].factor;
	return 0;
}

static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

enum number_fault number_parse(const char *text, enum field_unit unit, uint64_t *out, bool *exact)
{
	size_t whole_len = count_digits(text), decimals = 0;
	const char *rest = text + whole_len;
	uint64_t whole, part = 0, scale = 1, factor;

	*exact = true;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return num_parse_hex(text + 2, strlen(text + 2), UINT64_MAX, out) ? NUMBER_GOOD
										  : NUMBER_BAD;
	if (whole_len == 0)
		return NUMBER_BAD;
	if (!num_parse_u64(text, whole_len, UINT64_MAX, &whole))
		return NUMBER_TOO_LARGE;
	*out = whole;
	if (rest[0] == '\0')
		return NUMBER_GOOD;
	if (rest[0] == '.') {
		decimals = count_digits(++rest);
		if (decimals == 0 || decimals > DECIMALS_MAX ||
		    !num_parse_u64(rest, decimals, UINT64_MAX, &part))
			return NUMBER_BAD;
		rest += decimals;
	}
	factor = find_factor(rest, unit);
	if (factor == 0)
		return NUMBER_BAD_UNIT;
	if (whole > (UINT64_MAX - (decimals ? factor : 0)) / factor)
		return NUMBER_TOO_LARGE;
	for (size_t i = 0; i < decimals; i++)
		scale *= 10;
	/* A million times the largest factor still has 64 bits. */
	part *= factor;
	whole = whole * factor + part / scale;
	*out = whole / divisor_of(unit);
	*exact = part % scale == 0 && whole % divisor_of(unit) == 0;
	return NUMBER_GOOD;
}
