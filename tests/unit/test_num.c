/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict numbers: what is taken, what is refused, and digits that printf() would agree with. */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "guard.h"

static bool parse_u64(const char *text, uint64_t max, uint64_t *out)
{
	size_t n = strlen(text);

	return num_parse_u64(guard_copy(text, n), n, max, out);
}

static bool parse_hex(const char *text, uint64_t max, uint64_t *out)
{
	size_t n = strlen(text);

	return num_parse_hex(guard_copy(text, n), n, max, out);
}

static bool parse_seconds(const char *text, int64_t min, int64_t max, int64_t *out)
{
	return num_parse_seconds(guard_copy(text, strlen(text) + 1), min, max, out);
}

Test(num, decimal_taken)
{
	uint64_t value = 1;

	cr_assert(parse_u64("0", 0, &value));
	cr_assert_eq(value, 0);
	cr_assert(parse_u64("00065535", 65535, &value));
	cr_assert_eq(value, 65535);
	cr_assert(parse_u64("18446744073709551615", UINT64_MAX, &value));
	cr_assert_eq(value, UINT64_MAX);
	cr_assert(parse_u64("4294967295", UINT32_MAX, &value));
	cr_assert_eq(value, UINT32_MAX);
}

Test(num, decimal_refused_and_out_untouched)
{
	static const char *const bad[] = {
		"",
		" ",
		"1 ",
		" 1",
		"+1",
		"-1",
		"-0",
		"1,0",
		"0x10",
		"1e3",
		"12a",
		"a",
		"18446744073709551616",
		"65536",
		"/",
		":",
		"1\n",
		"1.0",
		"99999",
		"184467440737095516150",
		"\xb2",
	};
	uint64_t value = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert(!parse_u64(bad[i], 65535, &value), "took '%s'", bad[i]);
		cr_assert_eq(value, 77);
	}
	cr_assert(!parse_u64("18446744073709551616", UINT64_MAX, &value));
	cr_assert(!parse_u64("99999999999999999999", UINT64_MAX, &value));
	cr_assert(!num_parse_u64(guard_copy("1\0", 2), 2, 65535, &value), "took a NUL");
	cr_assert(!parse_u64("1", 0, &value));
}

Test(num, hex_taken)
{
	uint64_t value;

	cr_assert(parse_hex("0", 0, &value));
	cr_assert_eq(value, 0);
	cr_assert(parse_hex("0A", 10, &value));
	cr_assert_eq(value, 10);
	cr_assert(parse_hex("fFfFfFfFfFfFfFfF", UINT64_MAX, &value));
	cr_assert_eq(value, UINT64_MAX);
	cr_assert(parse_hex("00000000000000000001", 1, &value));
	cr_assert_eq(value, 1);
	cr_assert(parse_hex("0123456789abcdef", UINT64_MAX, &value));
	cr_assert_eq(value, UINT64_C(0x0123456789abcdef));
}

Test(num, hex_refused)
{
	static const char *const bad[] = { "",  "g", "G",     "0x1", " 1", "-1",
					   "@", "`", "10000", "/",   ":" };
	uint64_t value;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert(!parse_hex(bad[i], 0xffff, &value), "took '%s'", bad[i]);
	cr_assert(!parse_hex("10000000000000000", UINT64_MAX, &value));
}

Test(num, every_byte_is_a_digit_or_refused)
{
	for (unsigned int c = 0; c < 256; c++) {
		char text = (char)c;
		uint64_t value;
		bool dec = c >= '0' && c <= '9';
		bool hex = dec || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		cr_assert_eq(num_parse_u64(&text, 1, 9, &value), dec, "byte %u", c);
		cr_assert_eq(num_parse_hex(&text, 1, 15, &value), hex, "byte %u", c);
	}
}

Test(num, seconds_taken)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{ "5", 5000000000 },         { "0.25", 250000000 },
		{ ".5", 500000000 },         { "0", 0 },
		{ "0.000000001", 1 },        { "1.999999999", 1999999999 },
		{ "007", 7000000000 },       { ".000000000", 0 },
		{ "86400", 86400000000000 },
	};
	int64_t ns;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert(parse_seconds(good[i].text, 0, INT64_MAX, &ns), "'%s'", good[i].text);
		cr_assert_eq(ns, good[i].ns, "'%s' is %" PRId64, good[i].text, ns);
	}
	cr_assert(parse_seconds("9223372035.999999999", 0, INT64_MAX, &ns));
	cr_assert_eq(ns, INT64_C(9223372035999999999));
}

Test(num, seconds_refused)
{
	static const char *const bad[] = {
		"",
		".",
		"-1",
		"+1",
		" 1",
		"1 ",
		"nan",
		"inf",
		"1e400",
		"1e3",
		"5.",
		"1..2",
		"1.2.3",
		"1,5",
		"0x10",
		"0.0000000001",
		"5s",
		"1.-5",
		"1.5 ",
		"99999999999",
		"18446744074",
		"99999999999999999999999",
		"9223372037",
	};
	int64_t ns = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert(!parse_seconds(bad[i], 0, INT64_MAX, &ns), "took '%s'", bad[i]);
		cr_assert_eq(ns, 42);
	}
}

Test(num, seconds_limits)
{
	int64_t ns;

	cr_assert(!parse_seconds("0", 1, INT64_MAX, &ns));
	cr_assert(!parse_seconds("0.099999999", 100000000, INT64_MAX, &ns));
	cr_assert(parse_seconds("0.1", 100000000, 200000000, &ns));
	cr_assert(parse_seconds("0.2", 100000000, 200000000, &ns));
	cr_assert(!parse_seconds("0.200000001", 100000000, 200000000, &ns));
}

static void check_format(uint64_t value)
{
	char want[32], got[24];
	int n = snprintf(want, sizeof(want), "%" PRIu64, value);

	memset(got, '#', sizeof(got));
	cr_assert_eq(num_format_u64(got, value), (size_t)n, "%s", want);
	cr_assert_eq(memcmp(got, want, (size_t)n), 0, "%s is %.20s", want, got);
	cr_assert_eq(got[n], '#', "%s: wrote behind the number", want);
}

Test(num, format_agrees_with_printf)
{
	uint64_t state = 88172645463325252u;

	for (uint64_t i = 0; i < 70000; i++)
		check_format(i);
	for (uint64_t power = 1;; power *= 10) {
		check_format(power - 1);
		check_format(power);
		check_format(power + 1);
		if (power > UINT64_MAX / 10)
			break;
	}
	for (int bit = 0; bit < 64; bit++) {
		check_format((UINT64_C(1) << bit) - 1);
		check_format(UINT64_C(1) << bit);
	}
	check_format(UINT64_MAX);
	for (int i = 0; i < 200000; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		check_format(state >> (state & 63));
	}
}

Test(num, format_needs_no_more_than_twenty_bytes)
{
	char *flush = guard_copy("....................", 20);

	cr_assert_eq(num_format_u64(flush, UINT64_MAX), 20);
	cr_assert_eq(memcmp(flush, "18446744073709551615", 20), 0);
}
