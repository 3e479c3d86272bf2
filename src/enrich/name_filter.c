/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which names may stand for a host, a service or a user. Whoever owns an address chooses its name:
 * one that holds control characters, or that reads like another address or number, would lie to
 * those who read the table and to the scripts that take it apart. Pure.
 *
 * Known limit: an internationalised host name is shown only in its ASCII form (xn--...).
 */
#include "enrich/names.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	HOST_NAME_MAX_BYTES = 253, /* RFC 1035: 255 octets on the wire */
	SERVICE_NAME_MAX_BYTES = 63,
	USER_NAME_MAX_BYTES = 255,
};

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char name_digits[] = "0123456789";

/* Whether each byte is a letter, a digit or one of others (which holds no NUL). */
static bool name_made_of(const char *name, size_t n, const char *others)
{
	for (size_t i = 0; i < n; i++) {
		char c = name[i];

		if (!c ||
		    (!strchr(name_letters, c) && !strchr(name_digits, c) && !strchr(others, c)))
			return false;
	}
	return true;
}

/* Whether each byte is a digit or one of others. */
static bool name_only_digits(const char *name, size_t n, const char *others)
{
	for (size_t i = 0; i < n; i++) {
		if (!strchr(name_digits, name[i]) && !strchr(others, name[i]))
			return false;
	}
	return true;
}

/* Whether programs would take the name for an IPv4 address; "0x7f.1" and "2130706433" are some.
 * IPv6 needs a colon, which no host name has. */
static bool name_is_address(const char *name, size_t n)
{
	char text[HOST_NAME_MAX_BYTES + 1];
	struct in_addr addr;

	memcpy(text, name, n);
	text[n] = '\0';
	if (text[n - 1] == '.')
		text[n - 1] = '\0';
	return inet_aton(text, &addr) != 0;
}

bool names_host_ok(const char *name, size_t n)
{
	if (n == 0 || n > HOST_NAME_MAX_BYTES || !name_made_of(name, n, "._-"))
		return false;
	if (name[0] == '.' || name[0] == '-')
		return false;
	return !name_only_digits(name, n, ".") && !name_is_address(name, n);
}

bool names_service_ok(const char *name, size_t n)
{
	if (n == 0 || n > SERVICE_NAME_MAX_BYTES || !name_made_of(name, n, "._+/-"))
		return false;
	return !name_only_digits(name, n, "");
}

bool names_user_ok(const char *name, size_t n)
{
	if (n == 0 || n > USER_NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < 0x20 || c == 0x7f || c == ':')
			return false;
	}
	return !name_only_digits(name, n, "");
}
