/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program, given a world to run in. */
#ifndef LSSOCK_APP_H
#define LSSOCK_APP_H

struct env;

/*
 * Runs lssock with these arguments in env. Returns its exit status: 0 complete, 2 wrong command
 * line, 3 partial, 4 failed. When env->stop_signal() says that a signal asked to stop, output has
 * ended on a whole line and the caller is to end by that signal.
 */
int app_main(const struct env *env, int argc, char *const argv[]);

#endif
