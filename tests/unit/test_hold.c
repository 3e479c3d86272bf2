/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows that are kept must not depend on the memory they came from. */
#include <criterion/criterion.h>
#include <string.h>

#include "hold.h"

Test(hold, copies_outlive_their_source)
{
	struct hold hold = { 0 };
	uint8_t name[] = "/run/x.sock";
	struct endpoint addrs[2] = { { .port = 1 }, { .port = 2 } };
	struct sock row = {
		.proto = PROTO_UNIX,
		.name = name,
		.name_len = sizeof(name) - 1,
		.local_addrs = addrs,
		.n_local_addrs = 2,
		.remote_addrs = addrs + 1,
		.n_remote_addrs = 1,
	};

	hold_mark(&hold, SECTION_INET);
	cr_assert_eq(hold_add(&hold, &row, 1), 0);
	hold_mark(&hold, SECTION_UNIX);
	cr_assert_eq(hold_add(&hold, &row, 1), 0);
	memset(name, 'z', sizeof(name));
	memset(addrs, 0xff, sizeof(addrs));
	for (size_t i = 0; i < 2; i++) {
		cr_assert_eq(memcmp(hold.rows[i].name, "/run/x.sock", 11), 0);
		cr_assert_eq(hold.rows[i].local_addrs[1].port, 2);
		cr_assert_eq(hold.rows[i].remote_addrs[0].port, 2);
	}
	cr_assert_eq(hold.n_marks, 2);
	cr_assert_eq(hold.marks[1].at, 1);
	hold_clear(&hold);
	cr_assert_eq(hold.n, 0);
	hold_free(&hold);
}

Test(hold, is_bounded)
{
	struct hold hold = { 0 };
	struct sock rows[256] = { 0 };
	size_t batches = 0;

	while (!hold_is_full(&hold)) {
		cr_assert_eq(hold_add(&hold, rows, 256), 0);
		batches++;
	}
	cr_assert_eq(batches * 256, HOLD_MAX_ROWS);
	hold_free(&hold);
}
