/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads of this program: signals from outside are for the main thread. */
#ifndef LSSOCK_BASE_THREAD_H
#define LSSOCK_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum thread_flags {
	/* Nobody waits for it: it is left to itself and may still run while the process ends. What
	 * it uses must be its own, static or counted, never on the stack of who started it. */
	THREAD_DETACHED = 1 << 0,
	/* It writes output, so the signal of a reader that has gone comes to it. */
	THREAD_WRITES = 1 << 1,
};

/*
 * Starts run(arg) in a thread that takes no signal but those of its own faults (SIGSEGV and the
 * like, which end the process either way and which a sanitizer wants to explain). flags: of enum
 * thread_flags; stack: bytes, 0 for the default. Returns 0 and *thread (to be joined unless
 * detached), or -errno; *thread is then unchanged.
 */
int thread_start(pthread_t *thread, unsigned int flags, size_t stack, void *(*run)(void *),
		 void *arg);

/* Whether a detached thread was ever started: it may be anywhere, in library code that is loaded on
 * demand too, while the process ends. */
bool thread_may_be_left(void);

#endif
