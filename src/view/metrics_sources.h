/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The families of --openmetrics, by what they are about; only for view/metrics*.c. */
#ifndef LSSOCK_VIEW_METRICS_SOURCES_H
#define LSSOCK_VIEW_METRICS_SOURCES_H

#include <stddef.h>

#include "view/listeners_kernel.h"
#include "view/listeners_sums.h"
#include "view/metrics_text.h"
#include "view/ports_sums.h"
#include "view/summary_sums.h"
#include "view/time_wait_facts.h"
#include "view/time_wait_sums.h"

/* Each writes its families from finished sums, with top series of their own; all others are one
 * series whose labels are "other". 0 or -ENOMEM. */
int metrics_put_listeners(struct metrics_text *text, const struct listeners_sums *sums,
			  const struct listeners_kernel *kernel, size_t top);
int metrics_put_ports(struct metrics_text *text, const struct ports_sums *sums, size_t top);
void metrics_put_summary(struct metrics_text *text, const struct summary_sums *sums);
void metrics_put_time_wait(struct metrics_text *text, const struct time_wait_sums *sums,
			   const struct time_wait_facts *facts);

#endif
