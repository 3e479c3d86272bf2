/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --diff: the sockets of an earlier output beside those of now. Memory: see view/drift_sums.h, for
 * the sockets of both.
 */
#ifndef LSSOCK_VIEW_DIFF_H
#define LSSOCK_VIEW_DIFF_H

#include "view/view.h"

/* config->facets says what else than state may change. NULL without memory. */
struct writer *diff_new(const struct view_config *config, struct obuf *out);

#endif
