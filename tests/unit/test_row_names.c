/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users and interfaces as members of a row. */
#include <criterion/criterion.h>

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/env.h"
#include "enrich/row_names.h"
#include "model/query.h"

static unsigned int n_asked;

static int ifname(const struct env *env, uint32_t ifindex, char *buf)
{
	(void)env;
	n_asked++;
	if (ifindex > 2)
		return -ENXIO;
	memcpy(buf, ifindex == 1 ? "lo\0" : "e\033\xff", 4);
	return 0;
}

static const char *user_label(void *ctx, uint32_t uid)
{
	(void)ctx;
	n_asked++;
	return uid == 0      ? "root"
	       : uid == 1000 ? "jos\\xc3\\xa9\\x20b\\\\"
	       : uid == 1001 ? "not\\escaped"
			     : NULL;
}

static const struct env env = { .ifname = ifname };

static struct row_names names;

static struct sock named(uint32_t needs, uint32_t uid, uint32_t ifindex)
{
	struct sock row = { .has = SOCK_HAS_UID, .uid = uid, .local.ifindex = ifindex };

	row_names_apply(&names, needs, &row, 1);
	return row;
}

static void begin(void)
{
	names = (struct row_names){ .env = &env, .labels.user = user_label };
}

static void finish(void)
{
	row_names_free(&names);
}

TestSuite(row_names, .init = begin, .fini = finish);

Test(row_names, raw_names)
{
	const uint32_t both = NEED_USER | NEED_INTERFACE;

	cr_assert_str_eq(named(both, 0, 1).user, "root");
	cr_assert_str_eq(named(both, 1000, 1).user, "jos\xc3\xa9 b\\");
	cr_assert_null(named(both, 1001, 1).user);
	cr_assert_null(named(both, 7, 1).user);
	cr_assert_str_eq(named(both, 0, 1).interface, "lo");
	cr_assert_str_eq(named(both, 0, 2).interface, "e\033\xff");
	cr_assert_null(named(both, 0, 3).interface);
	cr_assert_null(named(both, 0, 0).interface);
}

Test(row_names, only_what_is_needed_and_once)
{
	struct sock nobody = { .has = 0 };

	cr_assert_null(named(0, 0, 1).user);
	cr_assert_null(named(NEED_USER, 0, 1).interface);
	cr_assert_null(named(NEED_INTERFACE, 0, 1).user);
	row_names_apply(&names, NEED_USER, &nobody, 1);
	cr_assert_null(nobody.user);
	n_asked = 0;
	for (int i = 0; i < 100; i++)
		named(NEED_USER | NEED_INTERFACE, 0, 1);
	cr_assert_leq(n_asked, 2);
	n_asked = 0;
	for (int i = 0; i < 100; i++)
		named(NEED_INTERFACE, 0, 3);
	cr_assert_eq(n_asked, 1, "an interface without a name");
	row_names_forget(&names);
	n_asked = 0;
	cr_assert_str_eq(named(NEED_USER | NEED_INTERFACE, 0, 1).interface, "lo");
	cr_assert_eq(n_asked, 2);
	names.labels.user = NULL; /* -n */
	cr_assert_null(named(NEED_USER, 1000, 0).user);
}

Test(row_names, equal_numbers_of_other_namespaces)
{
	static const struct sock_netns places[] = { { .label = "a", .place = 1 },
						    { .label = "a", .place = 2 } };
	struct env none = { .ifname = NULL };
	struct sock rows[] = { { .local.ifindex = 1, .netns = &places[0] },
			       { .local.ifindex = 1, .netns = &places[1] },
			       { .local.ifindex = 1 } };

	row_names_apply(&names, NEED_INTERFACE, &rows[0], 1);
	cr_assert_str_eq(rows[0].interface, "lo");
	/* Where nobody can be asked there is no name, whatever the first one is called. */
	names.env = &none;
	row_names_apply(&names, NEED_INTERFACE, &rows[1], 2);
	cr_assert_null(rows[1].interface);
	cr_assert_null(rows[2].interface);
	/* What was learnt stays. */
	rows[0].interface = NULL;
	row_names_apply(&names, NEED_INTERFACE, rows, 2);
	cr_assert_str_eq(rows[0].interface, "lo");
	cr_assert_null(rows[1].interface);
}
