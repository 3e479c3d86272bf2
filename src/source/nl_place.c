/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cookies of the sockets handed on last, in open-addressing tables that are cleared rather than
 * freed. Knows nothing of netlink. Limit: of a datagram with more than COOKIES_MAX sockets, which
 * the kernel does not make, the rest is not remembered.
 */
#include "source/nl_place.h"

#include <string.h>

enum { COOKIES_MAX = NL_PLACE_SLOTS / 4 * 3 };

static size_t cookie_slot(uint64_t cookie)
{
	return (cookie * 0x9e3779b97f4a7c15u) >> 32 & (NL_PLACE_SLOTS - 1);
}

static bool cookie_is_in(const struct nl_cookies *set, uint64_t cookie)
{
	size_t i;

	for (i = cookie_slot(cookie); set->slots[i]; i = (i + 1) & (NL_PLACE_SLOTS - 1)) {
		if (set->slots[i] == cookie)
			return true;
	}
	return false;
}

/* Whether the cookie was not there; it is then. */
static bool cookie_add(struct nl_cookies *set, uint64_t cookie)
{
	size_t i;

	for (i = cookie_slot(cookie); set->slots[i]; i = (i + 1) & (NL_PLACE_SLOTS - 1)) {
		if (set->slots[i] == cookie)
			return false;
	}
	if (set->n < COOKIES_MAX) {
		set->slots[i] = cookie;
		set->n++;
	}
	return true;
}

static void cookies_clear(struct nl_cookies *set)
{
	if (set->n)
		memset(set, 0, sizeof(*set));
}

/* Empty pages behind the frozen sets. */
static void place_open_pages(struct nl_place *place)
{
	struct nl_cookies *pages = place->sets + place->n_frozen;

	place->current = &pages[0];
	place->previous = &pages[1];
	place->older = &pages[2];
	for (; pages < place->sets + NL_PLACE_SETS; pages++)
		cookies_clear(pages);
	place->forgot = false;
}

void nl_place_begin(struct nl_place *place)
{
	place_open_pages(place);
}

bool nl_place_is_new(struct nl_place *place, uint64_t cookie)
{
	size_t i;

	if (!cookie)
		return !place->following;
	for (i = 0; i < place->n_frozen; i++) {
		if (cookie_is_in(&place->sets[i], cookie)) {
			place->following &= i < place->n_passed;
			return false;
		}
	}
	return !place->following && !cookie_is_in(place->previous, cookie) &&
	       cookie_add(place->current, cookie);
}

void nl_place_turn_page(struct nl_place *place)
{
	struct nl_cookies *page = place->older;

	if (!place->current->n)
		return;
	place->forgot |= page->n > 0;
	place->older = place->previous;
	place->previous = place->current;
	place->current = page;
	cookies_clear(page);
}

/*
 * The dump was broken off: its pages become a place to go on from. Older places stay as good as
 * long as all that came behind them is remembered; once there is a gap, meeting them would be too
 * early.
 */
void nl_place_restart(struct nl_place *place)
{
	if (place->forgot)
		place->n_passed = place->n_frozen;
	place->n_frozen += NL_PLACE_PAGES;
	place->following = true;
	place_open_pages(place);
}
