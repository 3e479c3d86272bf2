/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What views have in common. */
#include "view/view.h"

#include <ctype.h>
#include <net/if.h>
#include <string.h>

#include "base/env.h"
#include "base/num.h"
#include "base/obuf.h"
#include "output/csv.h"
#include "output/field_text.h"
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

void view_put_csv_interface(const struct view_config *config, struct obuf *out, uint32_t ifindex)
{
	const struct field *field = field_find("interface", sizeof("interface") - 1);
	char name[IF_NAMESIZE];
	struct sock sock = { .local.ifindex = ifindex };
	size_t start = out->len;

	if (find_name(config->env, ifindex, name)) {
		sock.interface = name;
		if (field_text_put_data(out, field, &sock))
			csv_end_field(out, start);
	}
	obuf_put_char(out, ',');
	if (ifindex)
		obuf_put_left(out, ifindex, 0);
}

void view_put_csv_fixed(struct obuf *out, uint64_t value100)
{
	obuf_put_left(out, value100 / 100, 0);
	obuf_put_char(out, '.');
	obuf_put_char(out, (char)('0' + value100 / 10 % 10));
	obuf_put_char(out, (char)('0' + value100 % 10));
}

void view_put_port_range(struct json_doc *doc, bool known, uint16_t low, uint16_t high)
{
	if (!known) {
		json_doc_null(doc, "ip_local_port_range");
		return;
	}
	json_doc_object(doc, "ip_local_port_range");
	json_doc_uint(doc, "low", low);
	json_doc_uint(doc, "high", high);
	json_doc_end(doc);
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
