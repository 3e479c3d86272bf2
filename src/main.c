/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lssock in the real world. */
#include <signal.h>
#include <unistd.h>

#include "app.h"
#include "base/env.h"
#include "base/thread.h"

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
		/* The first process of a PID namespace cannot be ended so. */
		_exit(128 + number);
	}
	/*
	 * exit() runs the destructors of libraries, which a thread that was left behind may still
	 * be in; and it waits for one that is loading them. All output has been written.
	 */
	if (thread_may_be_left())
		_exit(status);
	return status;
}
