/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -s: counters of the protocols. */
#ifndef LSSOCK_VIEW_STATISTICS_H
#define LSSOCK_VIEW_STATISTICS_H

#include "view/view.h"

struct writer *statistics_new(const struct view_config *config, struct obuf *out);

#endif
