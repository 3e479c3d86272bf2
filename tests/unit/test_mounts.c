/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which mount a line of mountinfo speaks of, whatever names others gave their directories. */
#include <criterion/criterion.h>

#include <string.h>

#include "base/mounts.h"

#include "guard.h"

static bool whole;

static const char *parse(const char *line)
{
	static char path[64];
	size_t len = strlen(line);

	return mounts_parse_line(guard_copy(line, len), len, "cgroup2", path, sizeof(path), &whole)
		       ? path
		       : "";
}

Test(mounts, lines)
{
	cr_assert_str_eq(parse("30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw"),
			 "/sys/fs/cgroup");
	cr_assert(whole);
	cr_assert_str_eq(parse("30 24 0:26 /a/b /mnt rw shared:9 master:1 - cgroup2 none rw"),
			 "/mnt");
	cr_assert_not(whole);
	cr_assert_str_eq(parse("30 24 0:26 / /a\\040b\\134\\012 rw - cgroup2 none rw"), "/a b\\\n");
	cr_assert_str_eq(parse("30 24 0:26 / /sys rw - cgroup2"), "/sys");
}

Test(mounts, others)
{
	cr_assert_str_eq(parse(""), "");
	cr_assert_str_eq(parse("30 24 0:26 / /sys rw - cgroup cgroup rw"), "");
	cr_assert_str_eq(parse("30 24 0:26 / /sys rw - cgroup22 cgroup rw"), "");
	cr_assert_str_eq(parse("30 24 0:26 / /-\\040cgroup2 rw - tmpfs cgroup2 rw"), "");
	cr_assert_str_eq(parse("30 24 0:26 / sys rw - cgroup2 none rw"), "");
	cr_assert_str_eq(parse("30 24 0:26 / /sys\\04 rw - cgroup2 none rw"), "");
	cr_assert_str_eq(parse("30 24 0:26 / /sys\\049 rw - cgroup2 none rw"), "");
	cr_assert_str_eq(parse("30 24 0:26 / /sys rw cgroup2 none rw"), "");
	cr_assert_str_eq(parse("30 24 0:26 / "
			       "/0123456789012345678901234567890123456789012345678901234567890123 "
			       "rw - cgroup2 none rw"),
			 "");
}

Test(mounts, every_length)
{
	static const char line[] = "30 24 0:26 / /x rw - cgroup2 none rw";
	char path[8];

	for (size_t len = 0; len < sizeof(line); len++)
		cr_assert_eq(mounts_parse_line(guard_copy(line, len), len, "cgroup2", path,
					       sizeof(path), &whole),
			     len == strlen("30 24 0:26 / /x rw - cgroup2") ||
				     len > strlen("30 24 0:26 / /x rw - cgroup2"));
}
