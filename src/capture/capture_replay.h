/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run over a recording, of lssock or of ss: an environment that knows nothing but what is in the
 * file. The terminal, the clock for waiting and the sandbox are those of this process. One in a
 * process.
 *
 * Whether the locale shows UTF-8 is a matter of the terminal here, too, and so is decided by the
 * reader and not by the file, which anybody may have written.
 */
#ifndef LSSOCK_CAPTURE_REPLAY_H
#define LSSOCK_CAPTURE_REPLAY_H

#include <stddef.h>

struct env;
struct report;

/*
 * Reads the file and makes *env. What the run asks for and the recording lacks is told through
 * report (REPORT_PARTIAL). 0, or -errno and one line about it in text.
 */
int capture_replay_begin(const struct env *outer, const char *path, struct report *report,
			 struct env *env, char *text, size_t size);

/* Tells what threads missed, names above all. The file stays in memory: they may still be on
 * their way. */
void capture_replay_end(void);

#endif
