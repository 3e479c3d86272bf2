/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --openmetrics: the numbers of --summary, --ports, --time-wait and --listeners for a monitoring
 * system. How many series there are is bounded: by --top where they are of addresses and ports.
 */
#ifndef LSSOCK_VIEW_METRICS_H
#define LSSOCK_VIEW_METRICS_H

#include "view/view.h"

/* Wants every socket, TCP's listeners first and with NEED_FACTS and NEED_SKMEM. config->textfile:
 * in the older text format of Prometheus. NULL without memory. */
struct writer *metrics_new(const struct view_config *config, struct obuf *out);

#endif
