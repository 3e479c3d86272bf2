/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Internet addresses: what they are and how they are written. Everything here is pure. */
#ifndef LSSOCK_MODEL_ADDR_H
#define LSSOCK_MODEL_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IPv4 or IPv6 address in network order. IPv4 uses the first four bytes, the rest is zero. */
union inet_addr {
	uint8_t bytes[16];
	uint32_t words[4];
};

enum { ADDR_TEXT_MAX = 46 }; /* room for the longest address and a NUL (INET6_ADDRSTRLEN) */

/* Whether the address is the wildcard of its family (all bytes zero). */
static inline bool addr_is_any(const union inet_addr *addr)
{
	return (addr->words[0] | addr->words[1] | addr->words[2] | addr->words[3]) == 0;
}

/* Whether an IPv6 address is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). */
bool addr_is_v4mapped(const union inet_addr *addr);

/* Whether an IPv6 address means nothing without an interface: fe80::/10, and multicast of interface
 * or link scope (ff01::/16, ff02::/16 and the same with flags, such as ff12::/16; RFC 4007). */
bool addr_needs_scope(const union inet_addr *addr);

/* Writes an IPv4 address as a dotted quad at dst (room for 15 bytes, no NUL). Returns the bytes
 * written. */
size_t addr_format_v4(char *dst, const uint8_t bytes[4]);

/*
 * Writes an IPv6 address in RFC 5952 form at dst (room for 45 bytes, no NUL), exactly as
 * inet_ntop(3) does; v4-mapped ones as
 * ::ffff:a.b.c.d. Returns the bytes written.
 */
size_t addr_format_v6(char *dst, const uint8_t bytes[16]);

#endif
