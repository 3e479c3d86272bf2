/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lssock in the real world. */
#if defined(__has_feature)
#define LEAKS_ARE_LOOKED_FOR __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define LEAKS_ARE_LOOKED_FOR 1
#else
#define LEAKS_ARE_LOOKED_FOR 0
#endif

#if LEAKS_ARE_LOOKED_FOR
#include <sanitizer/lsan_interface.h>
#endif
#ifdef WITH_GCOV
#include <gcov.h>
#endif
#include <signal.h>
#include <unistd.h>

#include "app.h"
#include "base/env.h"
#include "base/thread.h"

/* Ends without destructors, but for what the builds of tests do at the end. */
static void leave(int status) __attribute__((noreturn));
static void leave(int status)
{
#if LEAKS_ARE_LOOKED_FOR
	__lsan_do_leak_check();
#endif
#ifdef WITH_GCOV
	__gcov_dump();
#endif
	_exit(status);
}

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
		leave(status);
	return status;
}
