/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What screens are made of: lines cut to a width, who is who from round to round, rates. */
#include <criterion/criterion.h>

#include <locale.h>
#include <sys/socket.h>

#include "data_rows.h"
#include "model/special.h"
#include "output/rates.h"
#include "output/screen_rows.h"
#include "output/screen_text.h"

/* --- lines ------------------------------------------------------------------------------------ */

static const char *cut_as(struct screen_text_style style, const char *line, size_t width,
			  size_t want_columns)
{
	static char text[256];
	struct obuf out;

	cr_assert_eq(obuf_init_memory(&out), 0);
	cr_expect_eq(screen_text_put(&out, line, strlen(line), width, &style), want_columns,
		     "columns of '%s'", line);
	cr_assert_lt(out.len, sizeof(text));
	memcpy(text, out.data, out.len);
	text[out.len] = '\0';
	obuf_free(&out);
	return text;
}

static const char *cut(const char *line, size_t width, size_t want_columns)
{
	return cut_as((struct screen_text_style){ .utf8 = false }, line, width, want_columns);
}

Test(screen_rows, lines_are_cut)
{
	cr_expect_str_eq(cut("abcdef", 7, 6), "abcdef");
	cr_expect_str_eq(cut("abcdef", 6, 6), "abcdef");
	cr_expect_str_eq(cut("abcdef", 5, 5), "abcd>");
	cr_expect_str_eq(cut("abcdef", 1, 1), ">");
	cr_expect_str_eq(cut("abcdef", 0, 0), "");
	cr_expect_str_eq(cut("", 5, 0), "");
	cr_expect_str_eq(cut("abc      ", 5, 3), "abc", "blanks at the end need no room");
	cr_expect_str_eq(cut("abc    d", 5, 5), "abc >");
}

Test(screen_rows, escapes_are_cut_whole)
{
	cr_expect_str_eq(cut("ab\\x1bcd", 8, 8), "ab\\x1bcd");
	cr_expect_str_eq(cut("ab\\x1bcd", 7, 7), "ab\\x1b>");
	cr_expect_str_eq(cut("ab\\x1bcd", 6, 3), "ab>");
	cr_expect_str_eq(cut("ab\\\\cd", 4, 3), "ab>");
}

Test(screen_rows, characters_are_cut_whole)
{
	const struct screen_text_style utf8 = { .utf8 = true };

	cr_assert(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	cr_expect_str_eq(cut_as(utf8,
				"a\xc3\xa4\xe4\xb8\xad"
				"b",
				5, 5),
			 "a\xc3\xa4\xe4\xb8\xad"
			 "b");
	/* The wide one would take the third and the fourth column, and the mark needs the last. */
	cr_expect_str_eq(cut_as(utf8,
				"a\xc3\xa4\xe4\xb8\xad"
				"b",
				4, 3),
			 "a\xc3\xa4\xe2\x80\xa6");
}

Test(screen_rows, colours_take_no_room_and_end)
{
	const struct screen_text_style plain = { .plain = true };

	cr_expect_str_eq(cut("a \033[32mLISTEN\033[0m b", 10, 10), "a \033[32mLISTEN\033[0m b");
	cr_expect_str_eq(cut("a \033[32mLISTEN\033[0m b", 6, 6), "a \033[32mLIS\033[0m>");
	cr_expect_str_eq(cut_as(plain, "a \033[1;32mLISTEN\033[0m b", 10, 10), "a LISTEN b");
	cr_expect_str_eq(cut("\033[31mred", 5, 3), "\033[31mred\033[0m");
}

/* No writer makes such text; if one did, it would not reach the terminal. */
Test(screen_rows, other_control_characters_are_dropped)
{
	cr_expect_str_eq(cut("a\033[2Jb\033[", 10, 6), "a[2Jb[");
	cr_expect_str_eq(cut("a\tb\x7f\rc\033", 10, 3), "abc");
}

static uint64_t hash_of(const char *text)
{
	return screen_text_hash(text, strlen(text));
}

Test(screen_rows, a_row_says_the_same_however_it_is_fitted)
{
	cr_expect_eq(hash_of("tcp   0 LISTEN"), hash_of(" tcp 0    LISTEN  "));
	cr_expect_neq(hash_of("tcp 0 LISTEN"), hash_of("tcp 0LISTEN"));
	cr_expect_neq(hash_of("tcp 0 1"), hash_of("tcp 1 0"));
	cr_expect_eq(hash_of("timewait (59.01/0/0)"), hash_of("timewait (7.50/0/0)"));
	cr_expect_neq(hash_of("on (0.20/1/0)"), hash_of("on (0.20/2/0)"));
	cr_expect_neq(hash_of("on (0.20/1/0)"), hash_of("keepalive (0.20/1/0)"));
	cr_expect_neq(hash_of("(a/b"), hash_of("(c/b"));
}

/* --- identity --------------------------------------------------------------------------------- */

Test(screen_rows, a_connection_is_its_two_ends)
{
	struct sock sock = data_tcp(), other = sock;

	other.state = TCP_STATE_TIME_WAIT;
	other.cookie = 17;
	other.has &= ~(uint32_t)SOCK_HAS_INODE;
	cr_expect_eq(screen_rows_identity(&sock), screen_rows_identity(&other));
	other.remote.port++;
	cr_expect_neq(screen_rows_identity(&sock), screen_rows_identity(&other));
	other = sock;
	other.family = AF_INET6;
	cr_expect_neq(screen_rows_identity(&sock), screen_rows_identity(&other));
}

/* Of some families the kernel tells no more than their ends. */
Test(screen_rows, families_without_cookie_and_inode_are_their_ends)
{
	struct sock_special special = { .has = SPECIAL_LOCAL, .local.port = 1 };
	struct sock sock = { .proto = PROTO_KCM, .family = AF_KCM, .special = &special };
	uint64_t first = screen_rows_identity(&sock);

	cr_expect_eq(screen_rows_identity(&sock), first);
	special.local.port = 2;
	cr_expect_neq(screen_rows_identity(&sock), first);
	sock.proto = PROTO_CAN;
	special = (struct sock_special){ .has = SPECIAL_LOCAL, .device = "vcan0" };
	first = screen_rows_identity(&sock);
	special.device[4] = '1';
	cr_expect_neq(screen_rows_identity(&sock), first);
	/* One that has a cookie stays what it is, wherever it is bound. */
	sock.cookie = 5;
	sock.has = SOCK_HAS_COOKIE;
	first = screen_rows_identity(&sock);
	special.device[4] = '0';
	cr_expect_eq(screen_rows_identity(&sock), first);
}

Test(screen_rows, other_sockets_are_their_cookie_or_inode)
{
	struct sock sock = data_tcp(), other;

	sock.state = TCP_STATE_LISTEN;
	sock.listening = true;
	sock.remote = (struct endpoint){ .port = 0 };
	other = sock;
	other.cookie = 17;
	cr_expect_neq(screen_rows_identity(&sock), screen_rows_identity(&other), "restarted");
	sock.has &= ~(uint32_t)SOCK_HAS_COOKIE;
	other = sock;
	cr_expect_eq(screen_rows_identity(&sock), screen_rows_identity(&other));
	other.inode++;
	cr_expect_neq(screen_rows_identity(&sock), screen_rows_identity(&other));
	/* A datagram socket that connects stays what it is. */
	sock = data_tcp();
	sock.proto = PROTO_UDP;
	other = sock;
	other.remote.port++;
	cr_expect_eq(screen_rows_identity(&sock), screen_rows_identity(&other));
	/* Associations share their socket. */
	sock.proto = other.proto = PROTO_SCTP;
	cr_expect_neq(screen_rows_identity(&sock), screen_rows_identity(&other));
	/* Without both, what else there is. */
	sock = data_unix("/a", 2, UNIX_PATHNAME);
	sock.has = 0;
	other = sock;
	cr_expect_eq(screen_rows_identity(&sock), screen_rows_identity(&other));
	other.name = (const uint8_t *)"/b";
	cr_expect_neq(screen_rows_identity(&sock), screen_rows_identity(&other));
}

Test(rates, by_the_second)
{
	static const struct {
		uint64_t n, elapsed_ns;
		const char *want;
	} cases[] = {
		{ 0, 1000000000, "0" },
		{ 1, 1000000000, "1.0" },
		{ 1, 5000000000, "0.2" },
		{ 1, 60000000000, "0.0" },
		{ 99, 10000000000, "9.9" },
		{ 100, 10000000000, "10" },
		{ 1005, 10000000000, "101" },
		{ 3, 250000000, "12" },
		{ 3, 0, "0" },
		{ UINT64_MAX, 1000000000, "18446744073709551000" },
		{ UINT64_MAX, 1000000, "18446744073709551615" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[RATES_TEXT_MAX];

		cr_expect_str_eq(rates_format(text, cases[i].n, cases[i].elapsed_ns),
				 cases[i].want);
	}
}
