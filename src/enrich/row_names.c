/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users and interfaces as members of a row. */
#include "enrich/row_names.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/escape.h"
#include "model/query.h"

/* Keeps the answer for a number; text NULL: it has no name. NULL also without memory. */
static const char *keep(struct row_names *names, uint32_t *place, const char *text, size_t n)
{
	void *list = names->names;
	char *copy = NULL;
	int err = array_grow(&list, &names->cap, names->n + 1, sizeof(*names->names));

	names->names = list;
	if (err < 0)
		return NULL;
	if (text) {
		copy = arena_alloc(&names->text, n + 1);
		if (!copy)
			return NULL;
		memcpy(copy, text, n);
		copy[n] = '\0';
	}
	names->names[names->n++] = copy;
	*place = (uint32_t)names->n;
	return copy;
}

/* Labels are escaped; here the bytes themselves are wanted. */
static const char *find_user(struct row_names *names, uint32_t uid)
{
	char raw[1024];
	const char *label;
	uint32_t *place;
	size_t n;

	place = hash64_add(&names->users, uid, NULL);
	if (!place)
		return NULL;
	if (*place)
		return names->names[*place - 1];
	/* One that is late may come before the next batch: it is asked for again. */
	label = names->labels.user(names->labels.ctx, uid);
	if (!label || strlen(label) > sizeof(raw) ||
	    unescape_text(raw, label, strlen(label), &n) < 0)
		return NULL;
	return keep(names, place, raw, n);
}

/* Equal numbers are other interfaces in other namespaces. */
static const char *find_interface(struct row_names *names, const struct sock_netns *netns,
				  uint32_t ifindex)
{
	char name[IF_NAMESIZE] = "";
	uint32_t *place;
	size_t n;

	place = hash64_add(&names->interfaces, (uint64_t)(netns ? netns->place : 0) << 32 | ifindex,
			   NULL);
	if (!place)
		return NULL;
	if (*place)
		return names->names[*place - 1];
	if (!names->env->ifname || names->env->ifname(names->env, ifindex, name) < 0)
		return keep(names, place, NULL, 0);
	n = strnlen(name, sizeof(name));
	return keep(names, place, n ? name : NULL, n);
}

void row_names_apply(struct row_names *names, uint32_t needs, struct sock *rows, size_t n)
{
	bool users = (needs & NEED_USER) && names->labels.user;
	bool interfaces = (needs & NEED_INTERFACE);

	for (size_t i = 0; i < n; i++) {
		if (users && (rows[i].has & SOCK_HAS_UID))
			rows[i].user = find_user(names, rows[i].uid);
		if (interfaces && rows[i].local.ifindex)
			rows[i].interface =
				find_interface(names, rows[i].netns, rows[i].local.ifindex);
	}
}

void row_names_forget(struct row_names *names)
{
	hash64_clear(&names->users);
	hash64_clear(&names->interfaces);
	arena_reset(&names->text);
	names->n = 0;
}

void row_names_free(struct row_names *names)
{
	hash64_free(&names->users);
	hash64_free(&names->interfaces);
	arena_free(&names->text);
	free(names->names);
	*names = (struct row_names){ .env = names->env, .labels = names->labels };
}
