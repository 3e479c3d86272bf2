/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the program on a recorded machine: replay DIRECTORY -- [ARGUMENT]... */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/env.h"
#include "machine.h"

int main(int argc, char *argv[])
{
	struct env env;

	if (argc < 3 || strcmp(argv[2], "--") != 0) {
		fprintf(stderr, "usage: replay DIRECTORY -- [ARGUMENT]...\n");
		return 99;
	}
	machine_load(argv[1], &env);
	argv[2] = argv[0];
	return app_main(&env, argc - 2, argv + 2);
}
