/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --summary: sockets by protocol and state, queues, memory. Memory does not grow, but for the last
 * 60 rounds of -c on a terminal. */
#ifndef LSSOCK_VIEW_SUMMARY_H
#define LSSOCK_VIEW_SUMMARY_H

#include "view/view.h"

/* Text, or one JSON document a round. NULL without memory. */
struct writer *summary_new(const struct view_config *config, struct obuf *out);

#endif
