/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters of the network namespace that a socket is in. */
#include "model/field_get.h"

static bool get_netns(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	const struct sock_netns *netns = sock->netns;

	(void)field;
	return i == 0 && netns && netns->label &&
	       value_text(value, netns->label, strlen(netns->label), UNIX_UNNAMED);
}

static bool get_netns_id(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	(void)field;
	return i == 0 && sock->netns && value_number(value, sock->netns->id, sock->netns->id != 0);
}

static const struct field rows[] = {
	{ .name = "netns",
	  .title = "Netns",
	  .get = get_netns,
	  .type = FIELD_TEXT,
	  .needs = NEED_NETNS,
	  .help = "network namespace: its ip-netns name, init, a container, or the lowest PID in it with its program" },
	{ .name = "netns_id",
	  .title = "Netns-Id",
	  .get = get_netns_id,
	  .type = FIELD_UINT,
	  .right = true,
	  .needs = NEED_NETNS,
	  .help = "number of the network namespace, as in the link /proc/PID/ns/net" },
};

const struct field *field_netns_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
