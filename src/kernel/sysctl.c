/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's settings, from /proc/sys. */
#include "kernel/sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/file.h"
#include "base/num.h"

/* A list that names every second port takes 190 KiB. */
enum { NUMBERS_MAX = 256, LIST_MAX = 512 * 1024 };

uint32_t port_set_count(const struct port_set *set, uint16_t low, uint16_t high)
{
	uint32_t n = 0;

	for (uint32_t word = low / 64; word <= high / 64u; word++) {
		uint64_t bits = set->bits[word];

		if (word == low / 64u)
			bits &= ~UINT64_C(0) << low % 64;
		if (word == high / 64u)
			bits &= ~UINT64_C(0) >> (63 - high % 64);
		n += (uint32_t)__builtin_popcountll(bits);
	}
	return n;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

int sysctl_parse_numbers(const char *text, size_t len, uint64_t *out, size_t max)
{
	size_t n = 0, start;

	for (size_t i = 0;;) {
		while (i < len && is_space(text[i]))
			i++;
		if (i == len)
			return (int)n;
		for (start = i; i < len && !is_space(text[i]);)
			i++;
		if (n == max || !num_parse_u64(text + start, i - start, UINT64_MAX, &out[n]))
			return -EINVAL;
		n++;
	}
}

/* "8080" or "9000-9010". */
static int add_ports(const char *text, size_t len, struct port_set *set)
{
	const char *dash = memchr(text, '-', len);
	size_t first = dash ? (size_t)(dash - text) : len;
	uint64_t low, high;

	if (!num_parse_u64(text, first, UINT16_MAX, &low))
		return -EINVAL;
	high = low;
	if (dash && (!num_parse_u64(dash + 1, len - first - 1, UINT16_MAX, &high) || high < low))
		return -EINVAL;
	for (; low <= high; low++)
		port_set_add(set, (uint16_t)low);
	return 0;
}

int sysctl_parse_ports(const char *text, size_t len, struct port_set *set)
{
	int err = 0;

	while (len > 0 && is_space(text[len - 1]))
		len--;
	while (err == 0 && len > 0) {
		const char *comma = memchr(text, ',', len);
		size_t n = comma ? (size_t)(comma - text) : len;

		err = comma && n + 1 == len ? -EINVAL : add_ports(text, n, set);
		text += n + (comma != NULL);
		len -= n + (comma != NULL);
	}
	return err;
}

static ssize_t read_setting(const struct env *env, const char *name, char *text, size_t size)
{
	char path[128];
	int n = snprintf(path, sizeof(path), "sys/%s", name);
	ssize_t len;

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	/* Those of a namespace can be read only from inside it. */
	if (env->net_fd && strncmp(name, "net/", 4) == 0)
		return -EPERM;
	len = file_read_at(env->proc_fd, path, text, size);
	return len == (ssize_t)size ? -EFBIG : len; /* the last number may be cut off */
}

int sysctl_numbers(const struct env *env, const char *name, uint64_t *out, size_t max)
{
	char text[NUMBERS_MAX];
	ssize_t n = read_setting(env, name, text, sizeof(text));

	return n < 0 ? (int)n : sysctl_parse_numbers(text, (size_t)n, out, max);
}

bool sysctl_number(const struct env *env, const char *name, uint64_t *out)
{
	return sysctl_numbers(env, name, out, 1) == 1;
}

bool sysctl_port_range(const struct env *env, uint16_t *low, uint16_t *high)
{
	uint64_t range[2];

	*low = 32768;
	*high = 60999;
	if (sysctl_numbers(env, "net/ipv4/ip_local_port_range", range, 2) != 2 ||
	    range[0] > range[1] || range[1] > UINT16_MAX)
		return false;
	*low = (uint16_t)range[0];
	*high = (uint16_t)range[1];
	return true;
}

int sysctl_reserved_ports(const struct env *env, struct port_set *set)
{
	char *text = malloc(LIST_MAX);
	ssize_t n = text ? read_setting(env, "net/ipv4/ip_local_reserved_ports", text, LIST_MAX)
			 : -ENOMEM;
	int err = n < 0 ? (int)n : sysctl_parse_ports(text, (size_t)n, set);

	free(text);
	return err;
}
