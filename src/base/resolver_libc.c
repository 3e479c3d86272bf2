/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names from the C library's name service, so that nsswitch.conf decides where they come from:
 * hosts by getnameinfo(3), users by getpwuid_r(3), services and protocols by getservent(3) and
 * getprotoent(3). Writes nothing and asks no locale.
 *
 * Known limits: a C library without a listing of services (musl) has those of /etc/services. A
 * static program with glibc has only the names of files and DNS.
 */
#include "base/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#if LSSOCK_STATIC && defined __GLIBC__
#include <nss.h>
#endif
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/privileges.h"
#include "base/services_file.h"

enum {
	PASSWD_BUF_MIN = 1024,
	PASSWD_BUF_MAX = 1024 * 1024, /* an entry larger than this is no login name's */
};

void resolver_libc_init(void)
{
#if LSSOCK_STATIC && defined __GLIBC__
	/*
	 * glibc would load what nsswitch.conf names with dlopen(3), from the machine it runs on,
	 * and such a module of another release may crash the program. These two have been part of
	 * glibc itself since 2.34.
	 */
	__nss_configure_lookup("hosts", "files dns");
	__nss_configure_lookup("passwd", "files");
	__nss_configure_lookup("services", "files");
	__nss_configure_lookup("protocols", "files");
#endif
}

static int errno_of_eai(int eai)
{
	switch (eai) {
	case 0:
		return 0;
	case EAI_SYSTEM:
		return errno ? -errno : -EIO;
	case EAI_NONAME:
		return -ENOENT;
	case EAI_AGAIN:
		return -EAGAIN;
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_OVERFLOW:
		return -ENAMETOOLONG;
	case EAI_FAMILY:
		return -EAFNOSUPPORT;
	default:
		return -EIO;
	}
}

static int resolver_libc_host(int family, const void *addr, char *buf, size_t size)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *name = (const struct sockaddr *)&v4;
	socklen_t len = sizeof(v4);

	if (family == AF_INET) {
		memcpy(&v4.sin_addr, addr, sizeof(v4.sin_addr));
	} else if (family == AF_INET6) {
		memcpy(&v6.sin6_addr, addr, sizeof(v6.sin6_addr));
		name = (const struct sockaddr *)&v6;
		len = sizeof(v6);
	} else {
		return -EAFNOSUPPORT;
	}
	errno = 0;
	return errno_of_eai(getnameinfo(name, len, buf, (socklen_t)size, NULL, 0, NI_NAMEREQD));
}

static int copy_name(char *buf, size_t size, const char *name)
{
	size_t n = strlen(name);

	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(buf, name, n + 1);
	return 0;
}

static int resolver_libc_user(uint32_t uid, char *buf, size_t size)
{
	struct passwd entry, *found = NULL;
	char *text = NULL;
	int error = ERANGE;

	for (size_t n = PASSWD_BUF_MIN; error == ERANGE && n <= PASSWD_BUF_MAX; n *= 2) {
		char *more = realloc(text, n);

		if (!more) {
			error = ENOMEM;
			break;
		}
		text = more;
		do
			error = getpwuid_r((uid_t)uid, &entry, text, n, &found);
		while (error == EINTR);
	}
	if (!error)
		error = found ? -copy_name(buf, size, found->pw_name) : ENOENT;
	free(text);
	return -error;
}

static int resolver_libc_services(void (*row)(void *ctx, const char *proto, uint16_t port,
					      const char *name),
				  void *ctx)
{
	const struct servent *service;
	const struct protoent *protocol;
	bool listed = false;

	setservent(1);
	while ((service = getservent())) {
		row(ctx, service->s_proto, ntohs((uint16_t)service->s_port), service->s_name);
		listed = true;
	}
	endservent();
	/* That there is no such file is no fault. */
	if (!listed)
		services_file_list("/etc/services", row, ctx);

	setprotoent(1);
	while ((protocol = getprotoent())) {
		if (protocol->p_proto >= 0 && protocol->p_proto <= UINT16_MAX)
			row(ctx, "ip", (uint16_t)protocol->p_proto, protocol->p_name);
	}
	endprotoent();
	return 0;
}

static int resolver_libc_addresses(const char *name, uint8_t *families, uint8_t (*list)[16],
				   size_t max)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	int eai = getaddrinfo(name, NULL, &hints, &found);
	size_t n = 0;

	if (eai == EAI_NONAME)
		return 0;
	if (eai != 0)
		return errno_of_eai(eai);
	for (const struct addrinfo *at = found; at && n < max; at = at->ai_next) {
		memset(list[n], 0, sizeof(list[n]));
		if (at->ai_family == AF_INET)
			memcpy(list[n],
			       (const char *)at->ai_addr + offsetof(struct sockaddr_in, sin_addr),
			       4);
		else if (at->ai_family == AF_INET6)
			memcpy(list[n],
			       (const char *)at->ai_addr + offsetof(struct sockaddr_in6, sin6_addr),
			       16);
		else
			continue;
		families[n++] = (uint8_t)at->ai_family;
	}
	freeaddrinfo(found);
	return (int)n;
}

static uint16_t resolver_libc_port(const char *name, const char *proto)
{
	const struct servent *entry = getservbyname(name, proto);

	return entry ? ntohs((uint16_t)entry->s_port) : 0;
}

/* getpwnam(3) lists what modules of the name service set where there is no such user. */
static bool no_such_user(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

static int resolver_libc_uid(const char *name, uint32_t *uid)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (!entry)
		return no_such_user(errno) ? -ENOENT : -errno;
	*uid = entry->pw_uid;
	return 0;
}

static void resolver_libc_begin_thread(void)
{
	privileges_keep(0);
}

const struct resolver resolver_libc = {
	.begin_thread = resolver_libc_begin_thread,
	.addresses = resolver_libc_addresses,
	.port = resolver_libc_port,
	.uid = resolver_libc_uid,
	.host = resolver_libc_host,
	.user = resolver_libc_user,
	.services = resolver_libc_services,
};
