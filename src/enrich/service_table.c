/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The services and protocols databases (services(5), protocols(5)), read whole: they have no
 * order and are asked for many ports. Of several entries for one port the last one counts, as it
 * does in netstat.
 */
#include "enrich/service_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/resolver.h"
#include "enrich/names.h"

/* Far more names than the ports of all protocols: a database that goes on after it is broken. */
enum { SERVICES_MAX = 512 * 1024 };

struct service_table {
	struct hash64 places; /* protocol and port to a place in names */
	const char **names;   /* [0] is NULL: an entry that must not be shown */
	size_t n_names, cap_names;
	struct arena text;
	bool incomplete; /* there was no memory for an entry */
};

static uint64_t service_key(enum sock_proto proto, uint16_t port)
{
	return (uint64_t)proto << 16 | port;
}

/* Keeps a name. Returns its place, 0 when it must not be shown or there is no memory. */
static uint32_t service_table_keep(struct service_table *table, const char *name)
{
	size_t n = strlen(name);
	void *list = table->names;

	if (!names_service_ok(name, n) || table->n_names >= SERVICES_MAX)
		return 0;
	if (array_grow(&list, &table->cap_names, table->n_names + 1, sizeof(*table->names)) < 0) {
		table->incomplete = true;
		return 0;
	}
	table->names = list;
	table->names[table->n_names] = arena_copy(&table->text, name, n + 1);
	if (!table->names[table->n_names]) {
		table->incomplete = true;
		return 0;
	}
	return (uint32_t)table->n_names++;
}

/* Takes one entry of the database: for each of our protocols that uses its word. */
static void service_table_row(void *ctx, const char *proto, uint16_t port, const char *name)
{
	struct service_table *table = ctx;
	uint32_t place = 0;

	if (!proto || !name)
		return;
	for (int p = 0; p < PROTO_COUNT; p++) {
		const char *word = proto_row((enum sock_proto)p)->services;
		uint32_t *slot;

		if (!word || strcmp(word, proto) != 0)
			continue;
		if (!place)
			place = service_table_keep(table, name);
		slot = hash64_add(&table->places, service_key((enum sock_proto)p, port), NULL);
		if (slot)
			*slot = place;
		else
			table->incomplete = true;
	}
}

struct service_table *service_table_load(const struct resolver *resolver)
{
	struct service_table *table = calloc(1, sizeof(*table));
	void *list = NULL;

	if (!table)
		return NULL;
	if (array_grow(&list, &table->cap_names, 1, sizeof(*table->names)) < 0) {
		free(table);
		return NULL;
	}
	table->names = list;
	table->names[table->n_names++] = NULL;
	resolver->services(service_table_row, table);
	if (!table->incomplete)
		return table;
	service_table_free(table);
	return NULL;
}

void service_table_free(struct service_table *table)
{
	if (!table)
		return;
	hash64_free(&table->places);
	arena_free(&table->text);
	free(table->names);
	free(table);
}

const char *service_table_find(const struct service_table *table, enum sock_proto proto,
			       uint16_t port)
{
	const uint32_t *place = hash64_find(&table->places, service_key(proto, port));

	return place ? table->names[*place] : NULL;
}
