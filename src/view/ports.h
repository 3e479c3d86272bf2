/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --ports: ephemeral ports. */
#ifndef LSSOCK_VIEW_PORTS_H
#define LSSOCK_VIEW_PORTS_H

#include "view/view.h"

struct writer *ports_new(const struct view_config *config, struct obuf *out);

#endif
