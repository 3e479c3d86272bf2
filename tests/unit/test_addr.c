/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses as text: inet_ntop(3) is the measure, for every shape of zeros. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <stdio.h>

#include "guard.h"
#include "model/addr.h"

static union inet_addr parse_v6(const char *text)
{
	union inet_addr addr;

	cr_assert_eq(inet_pton(AF_INET6, text, addr.bytes), 1, "%s", text);
	return addr;
}

static void check_v6(const uint8_t bytes[16])
{
	char want[INET6_ADDRSTRLEN], got[ADDR_TEXT_MAX];
	size_t n;

	memset(got, '#', sizeof(got));
	n = addr_format_v6(got, bytes);
	inet_ntop(AF_INET6, bytes, want, sizeof(want));
	if (n != strlen(want) || memcmp(got, want, n) != 0 || got[n] != '#')
		cr_assert_fail("want %s, got %.*s", want, (int)n, got);
}

/* RFC 5952 wants the last four bytes of ::1.2.3.4 as they are here, and not every C library does.
 */
static void need_measure(void)
{
	union inet_addr compatible = parse_v6("::1.2.3.4");
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, compatible.bytes, text, sizeof(text));
	if (strcmp(text, "::1.2.3.4") != 0)
		cr_skip_test("inet_ntop() of this C library is no measure: %s", text);
}

static uint64_t rnd_state = 0x853c49e6748fea9bu;

static uint64_t rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state * UINT64_C(0x2545f4914f6cdd1d) >> 11;
}

Test(addr, v4_every_byte_in_every_place)
{
	for (int place = 0; place < 4; place++) {
		for (unsigned int value = 0; value < 256; value++) {
			uint8_t bytes[4] = { 1, 20, 255, 0 };
			char want[INET_ADDRSTRLEN], *got = guard_copy("###############", 15);

			bytes[place] = (uint8_t)value;
			inet_ntop(AF_INET, bytes, want, sizeof(want));
			cr_assert_eq(addr_format_v4(got, guard_copy(bytes, 4)), strlen(want));
			cr_assert_eq(memcmp(got, want, strlen(want)), 0, "%s", want);
			if (strlen(want) < 15)
				cr_assert_eq(got[strlen(want)], '#', "%s", want);
		}
	}
}

Test(addr, v6_known_texts)
{
	static const char *const texts[] = {
		"::",
		"::1",
		"::1.2.3.4",
		"::ffff:1.2.3.4",
		"::ffff:0.0.0.0",
		"::ffff:255.255.255.255",
		"::fffe:102:304",
		"::ffff:0:102:304",
		"fe80::1",
		"2001:db8::",
		"2001:db8:0:1:1:1:1:1",
		"2001:0:0:1::2",
		"1::4:5:0:0:8",
		"0:1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:0",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"64:ff9b::c000:221",
		"1:0:3:0:5:0:7:0",
		"::2:3:4:5:6:7:8",
		"1:2:3:4:5:6::",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		union inet_addr addr = parse_v6(texts[i]);
		char got[ADDR_TEXT_MAX];

		/* All but one are written in their own canonical form. */
		got[addr_format_v6(got, addr.bytes)] = '\0';
		if (strcmp(texts[i], "::2:3:4:5:6:7:8") != 0)
			cr_assert_str_eq(got, texts[i]);
	}
}

/* Each group zero or not, in all 256 ways, with different things in the groups that are not. */
Test(addr, v6_every_pattern_of_zero_groups)
{
	static const uint16_t fillers[] = { 1, 0xf, 0x10, 0xff, 0x100, 0xfff, 0x1000, 0xffff };

	need_measure();
	for (unsigned int pattern = 0; pattern < 256; pattern++) {
		for (size_t fill = 0; fill < 8; fill++) {
			uint8_t bytes[16] = { 0 };

			for (unsigned int i = 0; i < 8; i++) {
				if (!(pattern & 1u << i))
					continue;
				bytes[2 * i] = (uint8_t)(fillers[fill] >> 8);
				bytes[2 * i + 1] = (uint8_t)fillers[fill];
			}
			check_v6(bytes);
		}
	}
}

Test(addr, v6_agrees_with_inet_ntop)
{
	need_measure();
	for (int round = 0; round < 2000000; round++) {
		uint8_t bytes[16] = { 0 };
		uint64_t zeros = rnd(), kinds = rnd();

		for (int i = 0; i < 8; i++, kinds >>= 2) {
			uint64_t value = rnd();

			if (zeros >> (2 * i) & 1 && !(round % 4 == 0))
				continue;
			switch (kinds & 3) {
			case 0:
				value &= 0xf;
				break;
			case 1:
				value &= 0xff;
				break;
			case 2:
				value |= round % 8 ? 0 : 0xffff;
				break;
			}
			bytes[2 * i] = (uint8_t)(value >> 8);
			bytes[2 * i + 1] = (uint8_t)value;
		}
		check_v6(bytes);
	}
}

Test(addr, v6_needs_no_more_than_forty_five_bytes)
{
	union inet_addr longest = parse_v6("::ffff:255.255.255.255");
	char blank[45];
	char *flush;

	memset(blank, '#', sizeof(blank));
	flush = guard_copy(blank, sizeof(blank));
	cr_assert_eq(addr_format_v6(flush, guard_copy(longest.bytes, 16)), 22);
	memset(longest.bytes, 0xff, 16);
	cr_assert_eq(addr_format_v6(flush, guard_copy(longest.bytes, 16)), 39);
}

Test(addr, v4mapped)
{
	static const char *const no[] = { "::",
					  "::1.2.3.4",
					  "::ffff:0:1.2.3.4",
					  "::fffe:1.2.3.4",
					  "1::ffff:1.2.3.4",
					  "::1:ffff:1.2.3.4",
					  "100::ffff:1.2.3.4" };
	union inet_addr addr = parse_v6("::ffff:1.2.3.4");

	cr_assert(addr_is_v4mapped(&addr));
	addr = parse_v6("::ffff:0.0.0.0");
	cr_assert(addr_is_v4mapped(&addr));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		addr = parse_v6(no[i]);
		cr_assert(!addr_is_v4mapped(&addr), "%s", no[i]);
	}
}

Test(addr, any)
{
	union inet_addr addr = parse_v6("::");

	cr_assert(addr_is_any(&addr));
	for (int i = 0; i < 16; i++) {
		addr = parse_v6("::");
		addr.bytes[i] = 0x80;
		cr_assert(!addr_is_any(&addr), "byte %d", i);
	}
}

Test(addr, scope)
{
	static const char *const yes[] = { "fe80::1", "fe80::",  "febf:ffff::1",
					   "ff01::1", "ff02::1", "ff02::1:ff00:1",
					   "ff12::5", "ff32::5", "ff11::1" };
	static const char *const no[] = { "::",      "::1",     "fec0::1", "fe00::1",
					  "fe7f::1", "ff05::1", "ff00::1", "ff0e::1",
					  "ff03::1", "fd02::1", "2002::1" };
	union inet_addr addr;

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		addr = parse_v6(yes[i]);
		cr_assert(addr_needs_scope(&addr), "%s", yes[i]);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		addr = parse_v6(no[i]);
		cr_assert(!addr_needs_scope(&addr), "%s", no[i]);
	}
}
