/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What views have in common. */
#include "view/view.h"

#include <ctype.h>
#include <net/if.h>
#include <string.h>

#include "base/env.h"
#include "base/num.h"
#include "output/json_doc.h"

size_t view_width(const struct view_config *config)
{
	if (!config->width || !config->env->width)
		return 0;
	return config->env->width(config->env);
}

/* The name as the kernel has it. */
static bool find_name(const struct env *env, uint32_t ifindex, char name[IF_NAMESIZE])
{
	return ifindex && env->ifname && env->ifname(env, ifindex, name) == 0;
}

void view_put_interface(const struct view_config *config, struct json_doc *doc, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (find_name(config->env, ifindex, name))
		json_doc_str(doc, "interface", name);
	else
		json_doc_null(doc, "interface");
	if (ifindex)
		json_doc_uint(doc, "interface_index", ifindex);
	else
		json_doc_null(doc, "interface_index");
}

size_t view_format_interface(const struct view_config *config, uint32_t ifindex,
			     char dst[VIEW_INTERFACE_MAX])
{
	char name[IF_NAMESIZE];
	size_t n = 0;

	if (find_name(config->env, ifindex, name))
		while (isascii((unsigned char)name[n]) &&
		       (isalnum((unsigned char)name[n]) || (name[n] && strchr(".-_@", name[n]))))
			n++;
	if (n == 0 || name[n])
		return num_format_u64(dst, ifindex);
	memcpy(dst, name, n);
	return n;
}
