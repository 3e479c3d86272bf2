/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --replay of a file that an input is: a recording, what ss -D writes, or anything else. Whatever
 * is in it, the program ends with one of its statuses, says what is wrong in lines that can be
 * shown, and its JSON is JSON.
 *
 * Input: a byte that chooses among the command lines below, and the file.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "world.h"

static const char *const lines[][4] = {
	{ "-tan" },
	{ "-anp" },
	{ "-xanp", "--json" },
	{ "-an", "--json", "--columns=+owners,cmdline,exe,cgroup,unit,netns,user" },
	{ "-tan", "--info" },
	{ "-s" },
	{ "--summary", "--json" },
	{ "--ports", "--json" },
	{ "--listeners", "--json" },
	{ "--time-wait" },
	{ "--explain" },
	{ "-tan", "--csv" },
	{ "-tan", "sport = :http or dev = lo or src localhost or cgroup = / or user = root" },
};

enum { N_LINES = sizeof(lines) / sizeof(lines[0]) };

static struct fuzz_world world;
static int out_fd = -1, in_fd = -1;

static void put_file(const uint8_t *data, size_t n)
{
	FUZZ_CHECK(ftruncate(in_fd, 0) == 0);
	FUZZ_CHECK(pwrite(in_fd, data, n, 0) == (ssize_t)n);
}

static bool has_arg(const char *const *args, const char *arg)
{
	for (size_t i = 0; i < 4 && args[i]; i++)
		if (strcmp(args[i], arg) == 0)
			return true;
	return false;
}

/* Names take threads, which outlive a run: -n is in every line that has addresses. */
static int run(const char *const *args)
{
	char file[48], program[] = "lssock", numeric[] = "-n",
		       *argv[8] = { program, numeric, file };
	int argc = 3, status;

	snprintf(file, sizeof(file), "--replay=/proc/self/fd/%d", in_fd);
	for (size_t i = 0; i < 4 && args[i]; i++)
		argv[argc++] = fuzz_string(args[i], strlen(args[i]));
	world.env.out_fd = out_fd;
	status = app_main(&world.env, argc, argv);
	while (argc > 3)
		free(argv[--argc]);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	const char *const *args = lines[fuzz_u8(&input) % N_LINES];
	size_t n;
	char *text;
	int status;

	if (out_fd < 0) {
		setlocale(LC_CTYPE, "C.UTF-8");
		out_fd = fuzz_memory_file();
		in_fd = fuzz_memory_file();
	}
	fuzz_world_begin(&world);
	put_file(input.at, fuzz_left(&input));
	status = run(args);
	text = fuzz_memory_text(out_fd, &n);
	/* A name that the file does not know is no name. */
	FUZZ_CHECK(status == 0 || status == 3 || status == 4 ||
		   (status == 2 && args == lines[N_LINES - 1]));
	FUZZ_CHECK(status == 0 || lseek(world.env.err_fd, 0, SEEK_END) > 0);
	if (!has_arg(args, "--csv"))
		fuzz_check_text(text, n, true);
	if (has_arg(args, "--json") && n > 0)
		FUZZ_CHECK(fuzz_is_json(text, n));
	free(text);
	fuzz_world_end(&world);
	return 0;
}
