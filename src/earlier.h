/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of --diff and --expect: an earlier output of lssock, or lines. It is opened before
 * privileges are given up, with those of whoever named it, and read once, a window at a time.
 */
#ifndef LSSOCK_EARLIER_H
#define LSSOCK_EARLIER_H

#include "model/sock.h"
#include "plan.h"
#include "view/view.h"

struct env;
struct report;

struct earlier {
	const char *name; /* as it was written, borrowed; NULL: there is none */
	int fd;           /* negative: none */
};

/* Opens the file; "-" is standard input. 0, or negative: why not was reported as a note. */
int earlier_open(struct earlier *earlier, const char *name, struct report *report);
void earlier_close(struct earlier *earlier);

/* Everything is borrowed. */
struct earlier_config {
	const struct earlier *earlier;
	const struct env *env; /* whose signals end the reading */
	struct report *report;
	const struct plan *plan; /* its tables, mode and expression choose the sockets */
	int *status;
};

/*
 * Reads it into sink: of an earlier output the sockets that the plan would list. 0, or negative
 * with *status and a report: 2 for a file that is not what it should be, 4 for one that cannot be
 * read.
 */
int earlier_read(const struct earlier_config *config, const struct view_earlier_sink *sink,
		 struct view_earlier *about);

#endif
