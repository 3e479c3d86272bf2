/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From where an address can be reached.
 *
 * Limits: a firewall, a router and the addresses that an interface has by a prefix (its directed
 * broadcast) are not seen in an address.
 */
#include "model/exposure.h"

#include <string.h>
#include <sys/socket.h>

enum { LOOPBACK_IFINDEX = 1, V4_OFFSET = 12 };

static const struct v4_range {
	uint8_t bytes[4];
	uint8_t prefix;
	enum exposure exposure;
} v4_ranges[] = {
	{ { 0, 0, 0, 0 }, 32, EXPOSURE_WILDCARD },
	{ { 127 }, 8, EXPOSURE_LOOPBACK },
	{ { 169, 254 }, 16, EXPOSURE_LINK },
	{ { 10 }, 8, EXPOSURE_PRIVATE },
	{ { 172, 16 }, 12, EXPOSURE_PRIVATE },
	{ { 192, 168 }, 16, EXPOSURE_PRIVATE },
	{ { 100, 64 }, 10, EXPOSURE_PRIVATE },
	{ { 224 }, 4, EXPOSURE_MULTICAST },
	{ { 255, 255, 255, 255 }, 32, EXPOSURE_BROADCAST },
};

static uint32_t number_of(const uint8_t bytes[4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static enum exposure of_v4(const uint8_t bytes[4])
{
	for (size_t i = 0; i < sizeof(v4_ranges) / sizeof(v4_ranges[0]); i++) {
		const struct v4_range *range = &v4_ranges[i];
		uint32_t differing = number_of(bytes) ^ number_of(range->bytes);

		if (differing >> (32 - range->prefix) == 0)
			return range->exposure;
	}
	return EXPOSURE_PUBLIC;
}

static enum exposure of_v6(const uint8_t bytes[16])
{
	static const uint8_t loopback[16] = { [15] = 1 };

	if (memcmp(bytes, loopback, sizeof(loopback)) == 0)
		return EXPOSURE_LOOPBACK;
	if (bytes[0] == 0xff)
		return EXPOSURE_MULTICAST;
	if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80)
		return EXPOSURE_LINK;
	if ((bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0))
		return EXPOSURE_PRIVATE;
	return EXPOSURE_PUBLIC;
}

enum exposure exposure_of_addr(uint8_t family, const union inet_addr *addr)
{
	if (family == AF_INET)
		return of_v4(addr->bytes);
	if (addr_is_any(addr))
		return EXPOSURE_WILDCARD;
	return addr_is_v4mapped(addr) ? of_v4(addr->bytes + V4_OFFSET) : of_v6(addr->bytes);
}

bool exposure_of_sock(const struct sock *sock, enum exposure *exposure)
{
	if (sock->family != AF_INET && sock->family != AF_INET6)
		return false;
	*exposure = exposure_of_addr(sock->family, &sock->local.addr);
	if ((sock->has & SOCK_HAS_IFINDEX) && sock->local.ifindex == LOOPBACK_IFINDEX)
		*exposure = EXPOSURE_LOOPBACK;
	return true;
}

const char *exposure_word(enum exposure exposure)
{
	static const char *const words[] = {
		[EXPOSURE_LOOPBACK] = "loopback",   [EXPOSURE_LINK] = "link-local",
		[EXPOSURE_MULTICAST] = "multicast", [EXPOSURE_BROADCAST] = "broadcast",
		[EXPOSURE_PRIVATE] = "private",     [EXPOSURE_PUBLIC] = "public",
		[EXPOSURE_WILDCARD] = "wildcard",
	};

	return words[exposure];
}
