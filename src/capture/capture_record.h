/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run that is recorded: an environment around the real one that writes down what it answers. What
 * is read twice is recorded twice. One in a process.
 *
 * The run is a plain one (env.plain), so that what is recorded can answer other questions, too: no
 * conditions for the kernel, no dumps side by side, owners by /proc. The clock stands still at the
 * moment it began.
 */
#ifndef LSSOCK_CAPTURE_RECORD_H
#define LSSOCK_CAPTURE_RECORD_H

#include <stdbool.h>
#include <stddef.h>

struct env;
struct report;

/*
 * Makes the file (mode 0600; one that is there already, a symbolic link included, is left alone)
 * and *env, which borrows outer. What report has is recorded: it belongs to the answer. 0, or
 * -errno and one line about it in text.
 */
int capture_record_begin(const struct env *outer, const char *path, const struct report *report,
			 struct env *env, char *text, size_t size);

/*
 * Ends the recording, after which nothing is written: names may still be on their way. A run that
 * was broken off by a signal leaves a file that says so; discard: nothing came of it, and the file
 * is removed. 0, or -errno and one line in text.
 */
int capture_record_end(bool discard, char *text, size_t size);

#endif
