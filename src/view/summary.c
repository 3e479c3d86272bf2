/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --summary: sockets by protocol and state, queues, memory. */
#include "view/summary.h"

struct writer *summary_new(const struct view_config *config, struct obuf *out)
{
	(void)config, (void)out;
	return NULL;
}
