/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small world for expressions: hosts, services, users, interfaces and cgroups that tests know. */
#ifndef LSSOCK_TESTS_FAKE_WORLD_H
#define LSSOCK_TESTS_FAKE_WORLD_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "filter/expr.h"

static inline union inet_addr address_of(const char *text)
{
	union inet_addr addr = { .words = { 0 } };

	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, addr.bytes) != 1)
		abort();
	return addr;
}

/* "three" has three addresses, the last one IPv6; "gone" cannot be looked up. */
static inline int world_addresses(void *ctx, const char *name, uint8_t *families,
				  union inet_addr *list, size_t max)
{
	static const char *const three[] = { "10.0.0.1", "192.0.2.7", "2001:db8::1" };

	(void)ctx;
	if (strcmp(name, "gone") == 0)
		return -EAGAIN;
	if (strcmp(name, "three") != 0 || max < 3)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		families[i] = strchr(three[i], ':') ? AF_INET6 : AF_INET;
		list[i] = address_of(three[i]);
	}
	return 3;
}

/* "split" has another port for each protocol. */
static inline uint16_t world_service(void *ctx, const char *name, const char *proto)
{
	(void)ctx;
	if (strcmp(name, "ssh") == 0)
		return strcmp(proto, "tcp") == 0 ? 22 : 0;
	if (strcmp(name, "http") == 0)
		return 80;
	if (strcmp(name, "split") == 0)
		return strcmp(proto, "tcp") == 0 ? 514 : strcmp(proto, "udp") == 0 ? 1514 : 2514;
	return 0;
}

static inline uint32_t world_ifindex(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "lo") == 0 ? 1 : strcmp(name, "eth0") == 0 ? 2 : 0;
}

static inline int world_uid(void *ctx, const char *name, uint32_t *uid)
{
	(void)ctx;
	if (strcmp(name, "gone") == 0)
		return -EIO;
	if (strcmp(name, "root") != 0 && strcmp(name, "www-data") != 0)
		return -ENOENT;
	*uid = strcmp(name, "root") == 0 ? 0 : 33;
	return 0;
}

static inline int world_cgroup(void *ctx, const char *path, uint64_t *id)
{
	(void)ctx;
	*id = strcmp(path, "/system.slice") == 0 ? 7 : strcmp(path, "/") == 0 ? 1 : 0;
	return 0;
}

/* A listener has port 40000. */
static inline bool world_is_served(void *ctx, uint16_t port)
{
	(void)ctx;
	return port == 40000;
}

static const struct expr_world test_world = {
	.addresses = world_addresses,
	.service = world_service,
	.ifindex = world_ifindex,
	.uid = world_uid,
	.cgroup = world_cgroup,
	.is_served = world_is_served,
	.port_low = 32768,
	.port_high = 60999,
};

#endif
