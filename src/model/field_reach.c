/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters of who can reach a socket, and who began its connection. */
#include "model/exposure.h"
#include "model/field_get.h"

static bool get_direction(const struct field *field, const struct sock *sock, uint32_t i,
			  struct value *value)
{
	static const char *const words[] = {
		[DIRECTION_IN] = "in",
		[DIRECTION_OUT] = "out",
		[DIRECTION_LOCAL] = "local",
	};

	(void)field;
	return i == 0 && sock->direction < COUNT_OF(words) &&
	       value_word(value, words[sock->direction]);
}

static bool get_exposure(const struct field *field, const struct sock *sock, uint32_t i,
			 struct value *value)
{
	enum exposure exposure;

	(void)field;
	return i == 0 && exposure_of_sock(sock, &exposure) &&
	       value_word(value, exposure_word(exposure));
}

static const struct field rows[] = {
	{ .name = "direction",
	  .words = "in out local",
	  .title = "Direction",
	  .get = get_direction,
	  .type = FIELD_WORD,
	  .needs = NEED_DIRECTION,
	  .help = "who began the connection: in (a listener here accepts on its local port), out, or local (both ends are on this host)" },
	{ .name = "exposure",
	  .words = "loopback link-local private public wildcard multicast broadcast",
	  .title = "Exposure",
	  .get = get_exposure,
	  .type = FIELD_WORD,
	  .help = "from where the local address is reached: loopback, link-local, private (RFC 1918, 100.64.0.0/10, fc00::/7), public, wildcard, multicast or broadcast" },
};

const struct field *field_reach_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
