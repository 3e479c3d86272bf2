/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many processors are free, by what /proc/loadavg says. */
#include <criterion/criterion.h>

#include <string.h>

#include "base/processors.h"
#include "guard.h"
#include "proc_dir.h"

static unsigned int parse(const char *text, unsigned int cpus)
{
	return processors_parse_free(guard_copy(text, strlen(text)), strlen(text), cpus);
}

Test(processors, the_reader_is_one_of_those_that_run)
{
	cr_assert_eq(parse("0.00 0.01 0.05 1/123 4567\n", 4), 4);
	cr_assert_eq(parse("0.50 0.01 0.05 2/123 4567\n", 4), 3);
	cr_assert_eq(parse("3.50 0.01 0.05 4/123 4567\n", 4), 1);
	cr_assert_eq(parse("9.50 9.01 9.05 5/123 4567\n", 4), 1);
	cr_assert_eq(parse("99.50 99.01 99.05 500/1230 4567\n", 4), 1);
	cr_assert_eq(parse("99.50 99.01 99.05 18446744073709551615/1 4567\n", 4), 1);
	/* Some containers count their own tasks, and not always the reader. */
	cr_assert_eq(parse("0.00 0.00 0.00 0/0 0\n", 4), 4);
}

Test(processors, what_is_not_understood_stops_nobody)
{
	static const char *const texts[] = {
		"",
		" ",
		"0.00",
		"0.00 0.01 0.05",
		"0.00 0.01 0.05 ",
		"0.00 0.01 0.05 7",
		"a b c d/e",
		"0.00 0.01 0.05 -7/9 1\n",
		"0.00 0.01 0.05 /9",
		"0.00 0.01 0.05 18446744073709551616/1",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_eq(parse(texts[i], 3), 3, "\"%s\"", texts[i]);
}

Test(processors, of_this_process, .init = proc_dir_begin, .fini = proc_dir_end)
{
	proc_dir_env.cpus = 8;
	cr_assert_eq(processors_free(&proc_dir_env), 8, "there is no such file");
	proc_dir_put_text("loadavg", "1.00 1.00 1.00 3/99 1\n");
	cr_assert_eq(processors_free(&proc_dir_env), 6);
	proc_dir_env.cpus = 0;
	cr_assert_eq(processors_free(&proc_dir_env), 1);
}
