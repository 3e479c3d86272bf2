/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters of sockets that have been closed (--events); sockets that are there have none of them. */
#include "model/field_get.h"

static bool get_closed_at(const struct field *field, const struct sock *sock, uint32_t i,
			  struct value *value)
{
	(void)field;
	return i == 0 && sock->closing && *sock->closing->closed_at &&
	       value_word(value, sock->closing->closed_at);
}

static bool get_owner_source(const struct field *field, const struct sock *sock, uint32_t i,
			     struct value *value)
{
	static const char *const words[] = {
		[HOLDER_LAST_LOOK] = "last-look",
		[HOLDER_LISTENER] = "listener",
		[HOLDER_SAME_PEER] = "same-peer",
	};

	(void)field;
	return i == 0 && sock->closing && sock->closing->holder_source < COUNT_OF(words) &&
	       value_word(value, words[sock->closing->holder_source]);
}

static const struct field rows[] = {
	{ .name = "closed_at",
	  .title = "Closed-At",
	  .get = get_closed_at,
	  .type = FIELD_WORD,
	  .help = "--events: when the kernel told that the socket was closed, UTC (RFC 3339)" },
	{ .name = "owner_source",
	  .words = "last-look listener same-peer",
	  .title = "Owner-Source",
	  .get = get_owner_source,
	  .type = FIELD_WORD,
	  .needs = NEED_HOLDER,
	  .help = "--events: how owner, user and unit are known: last-look, the socket was seen open; listener, they are those of the listener at its port; same-peer, of a socket connected to the same address and port" },
};

const struct field *field_closing_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
