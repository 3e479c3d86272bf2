/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of interfaces. The kernel lets a name hold any byte but '/', ':', blanks and NUL, so it is
 * escaped like every other text.
 */
#include "enrich/ifnames.h"

#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/escape.h"
#include "base/num.h"

static const char *ifnames_ask(struct ifnames *ifnames, const struct env *env, uint32_t ifindex)
{
	unsigned int flags = ESCAPE_BLANK | (env->utf8 ? ESCAPE_UTF8 : 0);
	char name[IF_NAMESIZE] = "", cell[4 * IF_NAMESIZE + 1];
	size_t n = 0;

	if (env->ifname && env->ifname(env, ifindex, name) == 0)
		n = strnlen(name, sizeof(name));
	if (n)
		n = escape_text(cell, sizeof(cell) - 1, name, n, flags, SIZE_MAX, NULL);
	else
		n = num_format_u64(cell, ifindex);
	cell[n] = '\0';
	return arena_copy(&ifnames->text, cell, n + 1);
}

const char *ifnames_find(struct ifnames *ifnames, const struct env *env, uint32_t ifindex)
{
	uint32_t *place = hash64_add(&ifnames->places, ifindex, NULL);
	void *list = ifnames->names;
	const char *name;

	if (place && *place)
		return ifnames->names[*place - 1];
	if (!place || array_grow(&list, &ifnames->cap_names, ifnames->n_names + 1,
				 sizeof(*ifnames->names)) < 0)
		return "?";
	ifnames->names = list;
	name = ifnames_ask(ifnames, env, ifindex);
	if (!name)
		return "?";
	ifnames->names[ifnames->n_names++] = name;
	*place = (uint32_t)ifnames->n_names;
	return name;
}

void ifnames_forget(struct ifnames *ifnames)
{
	hash64_clear(&ifnames->places);
	arena_reset(&ifnames->text);
	ifnames->n_names = 0;
}

void ifnames_free(struct ifnames *ifnames)
{
	hash64_free(&ifnames->places);
	arena_free(&ifnames->text);
	free(ifnames->names);
}
