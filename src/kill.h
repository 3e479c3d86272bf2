/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --kill --yes: a writer that writes nothing of its rows but remembers them, and when it has all of
 * them closes them one by one. Nothing is closed while the kernel still answers: a listing that
 * broke off closes nothing.
 */
#ifndef LSSOCK_KILL_H
#define LSSOCK_KILL_H

#include <stdbool.h>

struct confine;
struct data_run;
struct env;
struct obuf;
struct report;
struct writer;

/* Everything is borrowed. */
struct kill_config {
	const struct env *env;
	struct report *report;
	const struct data_run *run;
	struct confine *confine; /* is told when all is done */
	bool json;               /* the answer is a document, not a line */
};

/*
 * For rows of TCP and UDP. 64 bytes are kept of each. What became of them is said in one line or
 * document; REPORT_PARTIAL when some are neither closed nor gone, REPORT_FAILED when all of them
 * are. NULL without memory.
 */
struct writer *kill_new(const struct kill_config *config, struct obuf *out);

#endif
