/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The services and protocols databases as one table from protocol and port to a name. Only for
 * enrich/names.c and its pool. */
#ifndef LSSOCK_ENRICH_SERVICE_TABLE_H
#define LSSOCK_ENRICH_SERVICE_TABLE_H

#include <stdint.h>

#include "model/proto.h"

struct resolver;
struct service_table;

/* Reads everything that resolver->services() tells. May block as long as that. NULL without memory;
 * a database that cannot be read makes an empty table. */
struct service_table *service_table_load(const struct resolver *resolver);
void service_table_free(struct service_table *table);

/* The name of a port, fit to be shown; NULL when it has none. Valid as long as the table. */
const char *service_table_find(const struct service_table *table, enum sock_proto proto,
			       uint16_t port);

#endif
