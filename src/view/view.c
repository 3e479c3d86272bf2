/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What views have in common. */
#include "view/view.h"

#include "base/env.h"

size_t view_width(const struct view_config *config)
{
	if (!config->width || !config->env->width)
		return 0;
	return config->env->width(config->env);
}
