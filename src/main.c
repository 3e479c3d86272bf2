/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lssock in the real world. */
#include <signal.h>

#include "app.h"
#include "base/env.h"

int main(int argc, char *argv[])
{
	struct env env;
	int status, number;

	env_live_init(&env);
	status = app_main(&env, argc, argv);
	number = env.stop_signal(&env);
	if (number) {
		/* The handler is gone by now: this ends the process the way the sender meant. */
		signal(number, SIG_DFL);
		raise(number);
	}
	return status;
}
