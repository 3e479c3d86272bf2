/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a big table is cut: every port is in one part, and the parts are about the same. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "source/diag_split.h"

enum { N = DIAG_SPLIT_SAMPLE };

static uint16_t local[N], remote[N];

/* Checks that the parts cover all ports once; returns the sockets of the largest. */
static size_t check_parts(const struct diag_cuts *cuts)
{
	const uint16_t *ports = cuts->remote ? remote : local;
	size_t largest = 0;

	cr_assert_eq(cuts->cuts[0], 0);
	cr_assert_eq(cuts->cuts[cuts->n], 65536);
	for (size_t i = 0; i < cuts->n; i++) {
		size_t in_part = 0;

		cr_assert_lt(cuts->cuts[i], cuts->cuts[i + 1]);
		for (size_t k = 0; k < N; k++)
			in_part += ports[k] >= cuts->cuts[i] && ports[k] < cuts->cuts[i + 1];
		if (in_part > largest)
			largest = in_part;
	}
	return largest;
}

Test(diag_split, a_client_and_its_server)
{
	struct diag_cuts cuts;

	for (size_t i = 0; i < N; i++) {
		local[i] = i % 2 ? 443 : (uint16_t)(32768 + rand() % 28000);
		remote[i] = i % 2 ? (uint16_t)(32768 + rand() % 28000) : 443;
	}
	diag_split_cut(local, remote, N, 2, &cuts);
	cr_assert_eq(cuts.n, 2);
	cr_assert_leq(check_parts(&cuts), N * 6 / 10);
}

Test(diag_split, a_server)
{
	struct diag_cuts cuts;

	for (size_t parts = 2; parts <= DIAG_SPLIT_MAX; parts++) {
		for (size_t i = 0; i < N; i++) {
			local[i] = 443;
			remote[i] = (uint16_t)(1024 + rand() % 60000);
		}
		diag_split_cut(local, remote, N, parts, &cuts);
		cr_assert(cuts.remote);
		cr_assert_eq(cuts.n, parts);
		cr_assert_leq(check_parts(&cuts), N / parts + N / 20);
	}
}

/* The ends of the range, and ports that stand side by side. */
Test(diag_split, extreme_ports)
{
	struct diag_cuts cuts;

	for (size_t i = 0; i < N; i++) {
		local[i] = i < N / 2 ? 0 : 65535;
		remote[i] = 7;
	}
	diag_split_cut(local, remote, N, 4, &cuts);
	cr_assert_eq(cuts.n, 2);
	cr_assert_eq(check_parts(&cuts), N / 2);
}

Test(diag_split, what_cannot_be_told_apart)
{
	struct diag_cuts cuts;

	for (size_t i = 0; i < N; i++) {
		local[i] = 443;
		remote[i] = 40000;
	}
	diag_split_cut(local, remote, N, 2, &cuts);
	cr_assert_eq(cuts.n, 1);
	for (size_t i = 0; i < N; i++) /* nine of ten on one port */
		local[i] = remote[i] = i % 10 ? 443 : (uint16_t)i;
	diag_split_cut(local, remote, N, 2, &cuts);
	cr_assert_eq(cuts.n, 1);
	diag_split_cut(local, remote, 0, 2, &cuts);
	cr_assert_eq(cuts.n, 1);
}
