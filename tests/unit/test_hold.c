/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows that are kept must not depend on the memory they came from. */
#include <criterion/criterion.h>
#include <string.h>

#include "hold.h"
#include "model/facts.h"

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

Test(hold, facts_outlive_their_source)
{
	struct hold hold = { 0 };
	uint8_t bytes[] = "0123456789";
	struct sock_facts facts = {
		.has = FACT_MARK,
		.mark = 7,
		.tcp_info = { bytes, 2 },
		.skmem = { bytes + 1, 2 },
		.congestion = { bytes + 2, 2 },
		.ulp = { bytes + 3, 2 },
		.vegas = { bytes + 4, 2 },
		.dctcp = { bytes + 5, 2 },
		.bbr = { bytes + 6, 2 },
	};
	const struct sock row = { .facts = &facts };
	const struct sock_facts *kept;

	cr_assert_eq(hold_add(&hold, &row, 1), 0);
	kept = hold.rows[0].facts;
	memset(&facts, 0xff, sizeof(facts));
	memset(bytes, 'z', sizeof(bytes));
	cr_assert_eq(kept->mark, 7);
	cr_assert_eq(memcmp(kept->tcp_info.data, "01", 2), 0);
	cr_assert_eq(memcmp(kept->skmem.data, "12", 2), 0);
	cr_assert_eq(memcmp(kept->congestion.data, "23", 2), 0);
	cr_assert_eq(memcmp(kept->ulp.data, "34", 2), 0);
	cr_assert_eq(memcmp(kept->vegas.data, "45", 2), 0);
	cr_assert_eq(memcmp(kept->dctcp.data, "56", 2), 0);
	cr_assert_eq(memcmp(kept->bbr.data, "67", 2), 0);
	cr_assert_eq(kept->bbr.len, 2);
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
