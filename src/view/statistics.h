/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -s: counters of the protocols. Memory: two readings of them, some 30 KiB each; the number of
 * sockets does not matter.
 */
#ifndef LSSOCK_VIEW_STATISTICS_H
#define LSSOCK_VIEW_STATISTICS_H

#include "view/view.h"

/*
 * Text is that of `netstat -s`, and in further rounds the counters that changed, with their rates.
 * JSON has the kernel's names and values, CSV one counter a line. NULL without memory.
 */
struct writer *statistics_new(const struct view_config *config, struct obuf *out);

#endif
