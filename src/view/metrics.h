/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --openmetrics. */
#ifndef LSSOCK_VIEW_METRICS_H
#define LSSOCK_VIEW_METRICS_H

#include "view/view.h"

struct writer *metrics_new(const struct view_config *config, struct obuf *out);

#endif
