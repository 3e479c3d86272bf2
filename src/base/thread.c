/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting of threads (POSIX threads). */
#include "base/thread.h"

#include <signal.h>
#include <stdatomic.h>

static atomic_bool any_detached;

static void take_no_signals(unsigned int flags, sigset_t *before)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		sigdelset(&set, faults[i]);
	if (flags & THREAD_WRITES)
		sigdelset(&set, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &set, before);
}

int thread_start(pthread_t *thread, unsigned int flags, size_t stack, void *(*run)(void *),
		 void *arg)
{
	pthread_attr_t attr;
	pthread_t started;
	sigset_t before;
	int error = pthread_attr_init(&attr);

	if (error)
		return -error;
	if (flags & THREAD_DETACHED)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (stack)
		pthread_attr_setstacksize(&attr, stack);
	take_no_signals(flags, &before);
	error = pthread_create(&started, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (error)
		return -error;
	if (flags & THREAD_DETACHED)
		atomic_store(&any_detached, true);
	*thread = started;
	return 0;
}

bool thread_may_be_left(void)
{
	return atomic_load(&any_detached);
}
