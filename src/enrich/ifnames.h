/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of interfaces, each asked for once a round. Only for enrich/names.c. */
#ifndef LSSOCK_ENRICH_IFNAMES_H
#define LSSOCK_ENRICH_IFNAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct env;

/* A zeroed struct is ready. */
struct ifnames {
	struct hash64 places; /* interface number to a place in names, plus one */
	const char **names;
	size_t n_names, cap_names;
	struct arena text;
};

/* The interface's name, escaped for a cell; its number when it has no name. Never NULL. Valid until
 * ifnames_forget(). */
const char *ifnames_find(struct ifnames *ifnames, const struct env *env, uint32_t ifindex);

/* Interfaces come, go and are renamed: forgets all. */
void ifnames_forget(struct ifnames *ifnames);
void ifnames_free(struct ifnames *ifnames);

#endif
