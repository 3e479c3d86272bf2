/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /etc/services, and the whole file beside what getservent(3) lists. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/services_file.h"
#include "guard.h"

static struct service_line got;

static bool parse(const char *line)
{
	return services_file_parse(guard_copy(line, strlen(line)), strlen(line), &got);
}

static void check(const char *line, const char *name, uint16_t port, const char *proto)
{
	cr_assert(parse(line), "%s", line);
	cr_assert_str_eq(got.name, name);
	cr_assert_eq(got.port, port);
	cr_assert_str_eq(got.proto, proto);
}

Test(services_file, lines)
{
	check("ssh\t\t22/tcp", "ssh", 22, "tcp");
	check("  http  80/tcp  www # WorldWideWeb HTTP", "http", 80, "tcp");
	check("domain 53/udp#x", "domain", 53, "udp");
	check("x 0/sctp\r", "x", 0, "sctp");
	check("max 65535/udplite", "max", 65535, "udplite");
}

Test(services_file, no_services)
{
	static const char *const lines[] = {
		"",
		" ",
		"#",
		"# ssh 22/tcp",
		"ssh",
		"ssh 22",
		"ssh /tcp",
		"ssh 22/",
		"ssh 65536/tcp",
		"ssh -1/tcp",
		"ssh 22 /tcp",
		"ssh 22/a-protocol-of-many-letters",
		"#ssh 22/tcp",
		"a-name-of-sixty-four-bytes-is-more-than-there-is-room-for-in-here 1/tcp",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		cr_assert_not(parse(lines[i]), "%s", lines[i]);
	cr_assert_not(services_file_parse(guard_copy("a\0b 1/tcp", 9), 9, &got));
}

static struct service_line list[4096];
static size_t n_list;

static void keep(void *ctx, const char *proto, uint16_t port, const char *name)
{
	struct service_line *line = &list[n_list++];

	(void)ctx;
	cr_assert_lt(n_list, sizeof(list) / sizeof(list[0]));
	line->port = port;
	snprintf(line->name, sizeof(line->name), "%s", name);
	snprintf(line->proto, sizeof(line->proto), "%s", proto);
}

Test(services_file, agrees_with_the_c_library)
{
	const struct servent *service;
	size_t i = 0;

	if (access("/etc/services", R_OK) != 0)
		cr_skip_test("no /etc/services here");
	cr_assert_eq(services_file_list("/etc/services", keep, NULL), 0);
	setservent(1);
	while ((service = getservent())) {
		cr_assert_lt(i, n_list);
		cr_assert_str_eq(list[i].name, service->s_name);
		cr_assert_eq(list[i].port, ntohs((uint16_t)service->s_port));
		cr_assert_str_eq(list[i].proto, service->s_proto);
		i++;
	}
	endservent();
	/* Some C libraries list none. */
	cr_assert(i == n_list || i == 0);
}

Test(services_file, is_not_there)
{
	cr_assert_eq(services_file_list("/nonexistent/services", keep, NULL), -ENOENT);
	cr_assert_eq(n_list, 0);
}
