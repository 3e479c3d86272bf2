/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --ports: for each (source, destination, destination port) how many of the ephemeral ports are
 * used and how long the others will last; what bind() to port 0 finds; ports that should be
 * reserved. The model and the memory it takes: view/ports_sums.h.
 */
#ifndef LSSOCK_VIEW_PORTS_H
#define LSSOCK_VIEW_PORTS_H

#include "view/view.h"

struct writer *ports_new(const struct view_config *config, struct obuf *out);

#endif
