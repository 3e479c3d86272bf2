/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel is set to: numbers and lists of ports below /proc/sys (kernel:
 * Documentation/networking/ip-sysctl.rst). */
#ifndef LSSOCK_KERNEL_SYSCTL_H
#define LSSOCK_KERNEL_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct env;

/* A set of ports, one bit each. */
struct port_set {
	uint64_t bits[1024];
};

static inline bool port_set_has(const struct port_set *set, uint16_t port)
{
	return set->bits[port / 64] >> port % 64 & 1;
}

static inline void port_set_add(struct port_set *set, uint16_t port)
{
	set->bits[port / 64] |= UINT64_C(1) << port % 64;
}

/* How many ports of [low, high] are in the set. */
uint32_t port_set_count(const struct port_set *set, uint16_t low, uint16_t high);

/* Numbers with blanks or tabs between them, at most max; how many, or -EINVAL for anything else (an
 * empty text has none). Pure. */
int sysctl_parse_numbers(const char *text, size_t len, uint64_t *out, size_t max);

/* Ports as ip_local_reserved_ports has them, "8080,9000-9010", added to the set. 0 or -EINVAL.
 * Pure. */
int sysctl_parse_ports(const char *text, size_t len, struct port_set *set);

/* The numbers of the file name below /proc/sys ("net/ipv4/tcp_mem"). How many, or -errno: -ENOENT
 * where the kernel has no such setting, -EPERM where it is one of a namespace that could not be
 * entered. */
int sysctl_numbers(const struct env *env, const char *name, uint64_t *out, size_t max);

/* A setting that is one number. False when it cannot be had. */
bool sysctl_number(const struct env *env, const char *name, uint64_t *out);

/* net.ipv4.ip_local_port_range; false, and what kernels have by default, when it cannot be had. */
bool sysctl_port_range(const struct env *env, uint16_t *low, uint16_t *high);

/* net.ipv4.ip_local_reserved_ports, added to the set. 0 or -errno. */
int sysctl_reserved_ports(const struct env *env, struct port_set *set);

#endif
