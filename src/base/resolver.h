/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How names are asked for. Every function may block for as long as the name service likes, is
 * called from several threads at once, and must not touch anything but its arguments. What it
 * returns is not trusted: enrich/names.c filters it.
 */
#ifndef LSSOCK_BASE_RESOLVER_H
#define LSSOCK_BASE_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

struct resolver {
	/* Called first by each thread that is there to ask: it gives up what it may do beyond an
	 * ordinary user. NULL: nothing. */
	void (*begin_thread)(void);
	/* Host name of an address (AF_INET: 4 bytes, AF_INET6: 16 bytes, network order),
	 * NUL-terminated into buf. 0 or -errno. */
	int (*host)(int family, const void *addr, char *buf, size_t size);
	/* All addresses of a host name, at most max: their families and bytes (AF_INET: 4 of the
	 * 16). How many, 0 for none, or -errno. */
	int (*addresses)(const char *name, uint8_t *families, uint8_t (*list)[16], size_t max);
	/* Port of a service for a protocol ("tcp"), or 0. Not called from two threads at once. */
	uint16_t (*port)(const char *name, const char *proto);
	/* User id of a login name. 0 or -errno (-ENOENT: there is none). */
	int (*uid)(const char *name, uint32_t *uid);
	/* Login name of a user id. 0 or -errno (-ENOENT: there is none). */
	int (*user)(uint32_t uid, char *buf, size_t size);
	/*
	 * Calls row() for every entry of the services database, then of the protocols database
	 * (proto "ip", port the protocol's number). Not called from two threads at once. 0 or
	 * -errno.
	 */
	int (*services)(void (*row)(void *ctx, const char *proto, uint16_t port, const char *name),
			void *ctx);
};

/* The C library's name service (nsswitch): getnameinfo(3), getpwuid_r(3), getservent(3),
 * getprotoent(3). */
extern const struct resolver resolver_libc;

/*
 * To be called once, before the first look-up and before there are threads. In a static program
 * (configure --enable-static-binary) with glibc it leaves nsswitch.conf aside: names come from
 * files in /etc and from DNS only.
 */
void resolver_libc_init(void);

#endif
