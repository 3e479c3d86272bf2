/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writers of data say of the run besides its rows, and their headers in one place. */
#ifndef LSSOCK_OUTPUT_DATA_H
#define LSSOCK_OUTPUT_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "output/columns.h"
#include "output/csv.h"
#include "output/json.h"

struct report;

/* Of one round. The owner changes it before the round begins. */
struct data_run {
	const char *host, *netns; /* any bytes, NUL-terminated; NULL: not known */
	int64_t time_s;           /* of the round's start, seconds since 1970, UTC */
	uint32_t time_ns;
	uint64_t round;              /* its number, from 1; 0: there is only one */
	bool cut_short;              /* the round ended before its last row: set before end() */
	const struct report *report; /* level and messages at the end of the round; NULL: none */
};

#endif
