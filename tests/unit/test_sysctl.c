/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's settings: numbers, lists of ports, and what is no such thing. */
#include <criterion/criterion.h>

#include <errno.h>

#include "guard.h"
#include "kernel/sysctl.h"
#include "proc_dir.h"

static int numbers(const char *text, uint64_t *out, size_t max)
{
	size_t n = strlen(text);

	return sysctl_parse_numbers(guard_copy(text, n), n, out, max);
}

static int ports(const char *text, struct port_set *set)
{
	size_t n = strlen(text);

	*set = (struct port_set){ 0 };
	return sysctl_parse_ports(guard_copy(text, n), n, set);
}

Test(sysctl, numbers_taken)
{
	uint64_t out[3];

	cr_assert_eq(numbers("", out, 3), 0);
	cr_assert_eq(numbers(" \t\n", out, 3), 0);
	cr_assert_eq(numbers("0\n", out, 3), 1);
	cr_assert_eq(out[0], 0);
	cr_assert_eq(numbers("32768\t60999\n", out, 3), 2);
	cr_assert_eq(out[0], 32768);
	cr_assert_eq(out[1], 60999);
	cr_assert_eq(numbers("  1  2\t\t18446744073709551615", out, 3), 3);
	cr_assert_eq(out[2], UINT64_MAX);
}

Test(sysctl, numbers_refused)
{
	static const char *const bad[] = {
		"a",     "1 a",   "-1",   "1,2",     "0x1",
		"1 2 3", "1\r\n", "\xff", "1\x01 2", "18446744073709551616"
	};
	uint64_t out[2];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(numbers(bad[i], out, 2), -EINVAL, "took '%s'", bad[i]);
	cr_assert_eq(sysctl_parse_numbers(guard_copy("1\0", 2), 2, out, 2), -EINVAL);
	cr_assert_eq(numbers("1", out, 0), -EINVAL);
}

Test(sysctl, ports_taken)
{
	static struct port_set set;

	cr_assert_eq(ports("", &set), 0);
	cr_assert_eq(ports("\n", &set), 0);
	cr_assert_eq(port_set_count(&set, 0, 65535), 0);
	cr_assert_eq(ports("8080,9000-9010\n", &set), 0);
	cr_assert_eq(port_set_count(&set, 0, 65535), 12);
	cr_assert(port_set_has(&set, 8080));
	cr_assert_not(port_set_has(&set, 8081));
	cr_assert_not(port_set_has(&set, 8999));
	cr_assert(port_set_has(&set, 9000));
	cr_assert(port_set_has(&set, 9010));
	cr_assert_not(port_set_has(&set, 9011));
	cr_assert_eq(port_set_count(&set, 9001, 9009), 9);
	cr_assert_eq(port_set_count(&set, 9010, 9000), 0);
	cr_assert_eq(ports("0-65535", &set), 0);
	cr_assert_eq(port_set_count(&set, 0, 65535), 65536);
	cr_assert_eq(port_set_count(&set, 65535, 65535), 1);
	cr_assert_eq(ports("65535,0,7-7", &set), 0);
	cr_assert_eq(port_set_count(&set, 0, 65535), 3);
}

Test(sysctl, ports_refused)
{
	static const char *const bad[] = { ",",   "1,",   ",1",    "1,,2",    "-",     "1-",
					   "-1",  "2-1",  "65536", "1-65536", "1-2-3", "a",
					   "1 2", "1, 2", "0x10",  "1;2",     "1.0",   "\xff" };
	static struct port_set set;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(ports(bad[i], &set), -EINVAL, "took '%s'", bad[i]);
}

Test(sysctl, cut_and_flipped)
{
	static const char text[] = "1,22-33,4444-4445,65535";
	static struct port_set set;
	char damaged[sizeof(text)];
	uint64_t out[4];

	for (size_t len = 0; len < sizeof(text); len++) {
		sysctl_parse_ports(guard_copy(text, len), len, &set);
		sysctl_parse_numbers(guard_copy(text, len), len, out, 4);
	}
	for (size_t at = 0; at < (sizeof(text) - 1) * 8; at++) {
		int n;

		memcpy(damaged, text, sizeof(text));
		damaged[at / 8] ^= (char)(1 << at % 8);
		set = (struct port_set){ 0 };
		n = sysctl_parse_ports(guard_copy(damaged, sizeof(text) - 1), sizeof(text) - 1,
				       &set);
		cr_assert(n == 0 || n == -EINVAL);
	}
}

static void set_range(const char *text)
{
	proc_dir_put_text("sys/net/ipv4/ip_local_port_range", text);
}

Test(sysctl_files, port_range, .init = proc_dir_begin, .fini = proc_dir_end)
{
	static const char *const bad[] = { "",           "1024", "1024 x", "60999 32768",
					   "1024 65536", "1 2 3" };
	uint16_t low, high;

	cr_assert_not(sysctl_port_range(&proc_dir_env, &low, &high));
	cr_assert(low == 32768 && high == 60999);
	set_range("1024\t65535\n");
	cr_assert(sysctl_port_range(&proc_dir_env, &low, &high));
	cr_assert(low == 1024 && high == 65535);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_range(bad[i]);
		cr_assert_not(sysctl_port_range(&proc_dir_env, &low, &high), "took '%s'", bad[i]);
		cr_assert(low == 32768 && high == 60999);
	}
}

Test(sysctl_files, numbers_and_lists, .init = proc_dir_begin, .fini = proc_dir_end)
{
	static struct port_set set;
	uint64_t out[3] = { 0 };
	char longer[300];

	cr_assert_eq(sysctl_numbers(&proc_dir_env, "net/ipv4/tcp_mem", out, 3), -ENOENT);
	cr_assert_not(sysctl_number(&proc_dir_env, "net/core/somaxconn", out));
	proc_dir_put_text("sys/net/ipv4/tcp_mem", "10 20 30\n");
	cr_assert_eq(sysctl_numbers(&proc_dir_env, "net/ipv4/tcp_mem", out, 3), 3);
	cr_assert_eq(out[2], 30);
	cr_assert_not(sysctl_number(&proc_dir_env, "net/ipv4/tcp_mem", out), "it has three");
	proc_dir_put_text("sys/net/core/somaxconn", "4096\n");
	cr_assert(sysctl_number(&proc_dir_env, "net/core/somaxconn", out));
	cr_assert_eq(out[0], 4096);
	proc_dir_put_text("sys/net/core/somaxconn", "\n");
	cr_assert_not(sysctl_number(&proc_dir_env, "net/core/somaxconn", out), "it is empty");
	/* A number that is cut off must not become a smaller one. */
	memset(longer, ' ', sizeof(longer));
	memset(longer + 250, '1', 10);
	proc_dir_put("sys/net/core/somaxconn", longer, sizeof(longer));
	cr_assert_not(sysctl_number(&proc_dir_env, "net/core/somaxconn", out));
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	cr_assert_eq(sysctl_numbers(&proc_dir_env, longer, out, 3), -ENAMETOOLONG);

	cr_assert_eq(sysctl_reserved_ports(&proc_dir_env, &set), -ENOENT);
	proc_dir_put_text("sys/net/ipv4/ip_local_reserved_ports", "40000-40004,50000\n");
	cr_assert_eq(sysctl_reserved_ports(&proc_dir_env, &set), 0);
	cr_assert_eq(port_set_count(&set, 0, 65535), 6);
	proc_dir_put_text("sys/net/ipv4/ip_local_reserved_ports", "40000-\n");
	cr_assert_eq(sysctl_reserved_ports(&proc_dir_env, &set), -EINVAL);
}

/* The longest list that there can be: every second port. */
Test(sysctl_files, longest_list, .init = proc_dir_begin, .fini = proc_dir_end)
{
	static struct port_set set;
	static char text[65536 * 6];
	size_t n = 0;

	for (unsigned int port = 1; port < 65536; port += 2)
		n += (size_t)sprintf(text + n, "%u,", port);
	text[n - 1] = '\n';
	proc_dir_put("sys/net/ipv4/ip_local_reserved_ports", text, n);
	cr_assert_eq(sysctl_reserved_ports(&proc_dir_env, &set), 0);
	cr_assert_eq(port_set_count(&set, 0, 65535), 32768);
}
