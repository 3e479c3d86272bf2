/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of control groups: what stands in cgroup.procs, and whom the kernel's own files
 * name. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "enrich/cgroup_procs.h"

#include "guard.h"

/* The numbers as "1 2 3 " behind those that are there before, or "-" when there are too many. */
static const char *parse(const char *text, size_t len)
{
	static char numbers[256];
	uint32_t pids[CGROUP_PROCS_MAX] = { 42 };
	size_t n = 1, used = 0;

	if (cgroup_procs_parse(guard_copy(text, len), len, pids, &n) < 0)
		return "-";
	numbers[0] = '\0';
	for (size_t i = 0; i < n && i < 10; i++)
		used += (size_t)snprintf(numbers + used, sizeof(numbers) - used, "%u ", pids[i]);
	return numbers;
}

static void check(const char *text, const char *expected)
{
	cr_expect_str_eq(parse(text, strlen(text)), expected, "%s", text);
}

Test(cgroup_procs, text)
{
	check("", "42 ");
	check("1\n", "42 1 ");
	check("30\n7\n4194304\n", "42 30 7 4194304 ");
	check("30\n7", "42 30 7 ");
	/* Of another PID namespace, or no numbers at all. */
	check("0\n7\n0\n", "42 7 ");
	check("\n\n-1\n 8\n9x\n4294967296\n18446744073709551616\n4294967295\n", "42 4294967295 ");
	for (size_t len = 0; len < 12; len++)
		parse("1\n22\n333\n44", len);
}

Test(cgroup_procs, too_many)
{
	char text[4 * CGROUP_PROCS_MAX];
	size_t n = 0;

	for (int i = 1; i < CGROUP_PROCS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%d\n", 100 + i);
	cr_assert_str_neq(parse(text, n), "-");
	n += (size_t)snprintf(text + n, sizeof(text) - n, "7\n");
	cr_assert_str_eq(parse(text, n), "-");
}

static int open_nothing(const struct env *env)
{
	(void)env;
	return -ENOENT;
}

static int open_temp(const struct env *env)
{
	(void)env;
	return open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int open_groups(const struct env *env)
{
	int fd = open("/sys/fs/cgroup/unified", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)env;
	return fd >= 0 ? fd : open("/sys/fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

Test(cgroup_procs, what_cannot_be_read_names_nobody)
{
	static const uint64_t ids[] = { 1, 0, UINT64_MAX };
	uint32_t pids[CGROUP_PROCS_MAX];
	struct env env = { .proc_fd = -ENOENT };

	cr_assert_eq(cgroup_procs_list(&env, ids, 3, pids), 0);
	env.cgroup_open = open_nothing;
	cr_assert_eq(cgroup_procs_list(&env, ids, 3, pids), 0);
	env.cgroup_open = open_temp;
	cr_assert_eq(cgroup_procs_list(&env, ids, 3, pids), 0);
	env.cgroup_open = open_groups;
	cr_assert_eq(cgroup_procs_list(&env, ids + 2, 1, pids), 0, "no such group");
	cr_assert_eq(cgroup_procs_list(&env, ids, 0, pids), 0);
}
