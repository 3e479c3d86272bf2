/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel counts of accept queues in a network namespace, and how it is set. */
#ifndef LSSOCK_VIEW_LISTENERS_KERNEL_H
#define LSSOCK_VIEW_LISTENERS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct env;
struct report;

enum listeners_counter {
	LISTENERS_PASSIVE_OPENS,
	LISTENERS_OVERFLOWS,
	LISTENERS_DROPS,
	LISTENERS_SYN_DROPS,
	LISTENERS_SYN_COOKIES,
	LISTENERS_COOKIES_SENT,
	LISTENERS_COOKIES_RECEIVED,
	LISTENERS_COOKIES_FAILED,
	LISTENERS_FAST_OPEN_OVERFLOWS,
	LISTENERS_DEFER_DROPS,
	LISTENERS_N_COUNTERS,
};

enum listeners_setting {
	LISTENERS_SOMAXCONN,
	LISTENERS_MAX_SYN_BACKLOG,
	LISTENERS_SYNCOOKIES,
	LISTENERS_ABORT_ON_OVERFLOW,
	LISTENERS_N_SETTINGS,
};

/* Names as the kernel has them, and what they mean in a few words. */
struct listeners_counter_row {
	const char *group, *name;
	const char *help;
};

struct listeners_setting_row {
	const char *file; /* below /proc/sys */
	const char *name; /* as sysctl(8) has it */
	const char *key;  /* the last part of that */
	const char *help;
};

extern const struct listeners_counter_row listeners_counter_rows[LISTENERS_N_COUNTERS];
extern const struct listeners_setting_row listeners_setting_rows[LISTENERS_N_SETTINGS];

struct listeners_number {
	bool known;
	uint64_t value;
	bool has_rate; /* an earlier reading tells how fast it rises */
	uint64_t per_1000_s;
};

/* A zeroed struct has read nothing. */
struct listeners_kernel {
	struct listeners_number counters[LISTENERS_N_COUNTERS]; /* since the namespace began */
	struct listeners_number settings[LISTENERS_N_SETTINGS];
	int64_t at_ns;      /* of the reading; 0: none */
	int64_t elapsed_ms; /* since the reading before; 0: there was none */
};

/*
 * Reads both; the reading before, if there was one, makes the rates. Not tcp: only what is not
 * about TCP alone, which is LISTENERS_SOMAXCONN. What a kernel does not have is not known; a file
 * of counters or a setting that cannot be read is reported (REPORT_PARTIAL).
 */
void listeners_kernel_read(struct listeners_kernel *kernel, const struct env *env,
			   struct report *report, bool tcp);

#endif
