/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an address says of who can reach it: every range at both of its ends. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <sys/socket.h>

#include "model/exposure.h"

static const char *word_of(const char *text)
{
	uint8_t family = strchr(text, ':') ? AF_INET6 : AF_INET;
	union inet_addr addr = { .words = { 0 } };

	cr_assert_eq(inet_pton(family, text, &addr), 1, "%s", text);
	return exposure_word(exposure_of_addr(family, &addr));
}

Test(exposure, ranges)
{
	static const char *const expected[][2] = {
		{ "0.0.0.0", "wildcard" },
		{ "0.0.0.1", "public" },
		{ "126.255.255.255", "public" },
		{ "127.0.0.0", "loopback" },
		{ "127.255.255.255", "loopback" },
		{ "128.0.0.0", "public" },
		{ "9.255.255.255", "public" },
		{ "10.0.0.0", "private" },
		{ "10.255.255.255", "private" },
		{ "11.0.0.0", "public" },
		{ "100.63.255.255", "public" },
		{ "100.64.0.0", "private" },
		{ "100.127.255.255", "private" },
		{ "100.128.0.0", "public" },
		{ "169.253.255.255", "public" },
		{ "169.254.0.0", "link-local" },
		{ "169.255.0.0", "public" },
		{ "172.15.255.255", "public" },
		{ "172.16.0.0", "private" },
		{ "172.31.255.255", "private" },
		{ "172.32.0.0", "public" },
		{ "192.167.255.255", "public" },
		{ "192.168.0.0", "private" },
		{ "192.169.0.0", "public" },
		{ "223.255.255.255", "public" },
		{ "224.0.0.0", "multicast" },
		{ "239.255.255.255", "multicast" },
		{ "240.0.0.0", "public" },
		{ "255.255.255.254", "public" },
		{ "255.255.255.255", "broadcast" },
		{ "::", "wildcard" },
		{ "::1", "loopback" },
		{ "::2", "public" },
		{ "fbff::", "public" },
		{ "fc00::", "private" },
		{ "fdff::1", "private" },
		{ "fe7f::", "public" },
		{ "fe80::", "link-local" },
		{ "febf::1", "link-local" },
		{ "fec0::", "private" },
		{ "feff::", "private" },
		{ "ff02::fb", "multicast" },
		{ "2001:4860:4860::8888", "public" },
		{ "::ffff:127.0.0.1", "loopback" },
		{ "::ffff:10.1.2.3", "private" },
		{ "::ffff:0.0.0.0", "wildcard" },
		{ "::ffff:8.8.8.8", "public" },
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		cr_assert_str_eq(word_of(expected[i][0]), expected[i][1], "%s", expected[i][0]);
}

Test(exposure, sockets)
{
	struct sock sock = { .family = AF_INET };
	enum exposure exposure;

	cr_assert(exposure_of_sock(&sock, &exposure));
	cr_assert_eq(exposure, EXPOSURE_WILDCARD);
	/* Without the fact the index says nothing. */
	sock.local.ifindex = 1;
	cr_assert(exposure_of_sock(&sock, &exposure));
	cr_assert_eq(exposure, EXPOSURE_WILDCARD);
	sock.has = SOCK_HAS_IFINDEX;
	cr_assert(exposure_of_sock(&sock, &exposure));
	cr_assert_eq(exposure, EXPOSURE_LOOPBACK);
	sock.local.ifindex = 2;
	cr_assert(exposure_of_sock(&sock, &exposure));
	cr_assert_eq(exposure, EXPOSURE_WILDCARD);
	sock.family = AF_UNIX;
	cr_assert(!exposure_of_sock(&sock, &exposure));
}
