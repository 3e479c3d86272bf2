/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --expect: what listens now beside a baseline, and --baseline, which writes one. Memory: see
 * view/drift_sums.h, for the listeners, and some 80 bytes a line of the baseline.
 */
#ifndef LSSOCK_VIEW_EXPECT_H
#define LSSOCK_VIEW_EXPECT_H

#include "view/view.h"

/* Want listeners with their owners, users, units and interfaces. NULL without memory. */
struct writer *expect_new(const struct view_config *config, struct obuf *out);
struct writer *baseline_new(const struct view_config *config, struct obuf *out);

#endif
