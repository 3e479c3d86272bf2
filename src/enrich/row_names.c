/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users and interfaces as members of a row. */
#include "enrich/row_names.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/escape.h"
#include "model/query.h"

/* Keeps the answer for a number, also in *name; text NULL: it has no name. 0 or -ENOMEM. */
static int keep(struct row_names *names, uint32_t *place, const char *text, size_t n,
		const char **name)
{
	void *list = names->names;
	char *copy = NULL;
	int err = array_grow(&list, &names->cap, names->n + 1, sizeof(*names->names));

	names->names = list;
	if (err < 0)
		return err;
	if (text) {
		copy = arena_alloc(&names->text, n + 1);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, text, n);
		copy[n] = '\0';
	}
	names->names[names->n++] = copy;
	*place = (uint32_t)names->n;
	*name = copy;
	return 0;
}

/* Labels are escaped; here the bytes themselves are wanted. *name is NULL where there is none. 0 or
 * -ENOMEM. */
static int find_user(struct row_names *names, uint32_t uid, const char **name)
{
	char raw[1024];
	const char *label;
	uint32_t *place;
	size_t n;

	*name = NULL;
	place = hash64_add(&names->users, uid, NULL);
	if (!place)
		return -ENOMEM;
	if (*place) {
		*name = names->names[*place - 1];
		return 0;
	}
	/* One that is late may come before the next batch: it is asked for again. */
	label = names->labels.user(names->labels.ctx, uid);
	if (!label || strlen(label) > sizeof(raw) ||
	    unescape_text(raw, label, strlen(label), &n) < 0)
		return 0;
	return keep(names, place, raw, n, name);
}

/* Equal numbers are other interfaces in other namespaces. 0 or -ENOMEM. */
static int find_interface(struct row_names *names, const struct sock_netns *netns, uint32_t ifindex,
			  const char **name)
{
	char text[IF_NAMESIZE] = "";
	uint32_t *place;
	size_t n;

	place = hash64_add(&names->interfaces, (uint64_t)(netns ? netns->place : 0) << 32 | ifindex,
			   NULL);
	*name = NULL;
	if (!place)
		return -ENOMEM;
	if (*place) {
		*name = names->names[*place - 1];
		return 0;
	}
	if (!names->env->ifname || names->env->ifname(names->env, ifindex, text) < 0)
		return keep(names, place, NULL, 0, name);
	n = strnlen(text, sizeof(text));
	return keep(names, place, n ? text : NULL, n, name);
}

int row_names_apply(struct row_names *names, uint32_t needs, struct sock *rows, size_t n)
{
	bool users = (needs & NEED_USER) && names->labels.user;
	bool interfaces = (needs & NEED_INTERFACE);
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++) {
		if (users && (rows[i].has & SOCK_HAS_UID))
			err = find_user(names, rows[i].uid, &rows[i].user);
		if (err == 0 && interfaces && rows[i].local.ifindex)
			err = find_interface(names, rows[i].netns, rows[i].local.ifindex,
					     &rows[i].interface);
	}
	return err;
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
