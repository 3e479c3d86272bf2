/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a big table is cut: every port is in one part, and the parts are about the same. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "source/diag_cut.h"

enum { N = DIAG_CUT_SAMPLE };

static struct diag_sample sample;
static uint16_t *const local = sample.local, *const remote = sample.remote;

/* The port by which socket k is cut. */
static uint16_t key(const struct diag_cuts *cuts, size_t k)
{
	switch (cuts->by) {
	case DIAG_CUT_LOCAL:
		return local[k];
	case DIAG_CUT_REMOTE:
		return remote[k];
	case DIAG_CUT_LARGER:
		break;
	}
	return local[k] > remote[k] ? local[k] : remote[k];
}

static void cut(size_t n, size_t parts, struct diag_cuts *cuts)
{
	sample.n = n;
	diag_cut_find(&sample, parts, cuts);
}

/* Checks that the parts cover all ports once; returns the sockets of the largest. */
static size_t check_parts(const struct diag_cuts *cuts)
{
	size_t largest = 0;

	cr_assert_eq(cuts->cuts[0], 0);
	cr_assert_eq(cuts->cuts[cuts->n], 65536);
	for (size_t i = 0; i < cuts->n; i++) {
		size_t in_part = 0;

		cr_assert_lt(cuts->cuts[i], cuts->cuts[i + 1]);
		for (size_t k = 0; k < N; k++)
			in_part +=
				key(cuts, k) >= cuts->cuts[i] && key(cuts, k) < cuts->cuts[i + 1];
		if (in_part > largest)
			largest = in_part;
	}
	return largest;
}

Test(diag_cut, a_client_and_its_server)
{
	struct diag_cuts cuts;

	for (size_t i = 0; i < N; i++) {
		local[i] = i % 2 ? 443 : (uint16_t)(32768 + rand() % 28000);
		remote[i] = i % 2 ? (uint16_t)(32768 + rand() % 28000) : 443;
	}
	cut(N, 2, &cuts);
	cr_assert_eq(cuts.n, 2);
	cr_assert_leq(check_parts(&cuts), N * 6 / 10);
}

Test(diag_cut, a_server)
{
	struct diag_cuts cuts;

	for (size_t parts = 2; parts <= DIAG_CUT_PARTS; parts++) {
		for (size_t i = 0; i < N; i++) {
			local[i] = 443;
			remote[i] = (uint16_t)(1024 + rand() % 60000);
		}
		cut(N, parts, &cuts);
		cr_assert_eq(cuts.n, parts);
		cr_assert_leq(check_parts(&cuts), N / parts + N / 20);
	}
}

/* Few clients of one server stand side by side at the beginning of the table; all others have the
 * ports that the kernel gives. */
Test(diag_cut, a_client)
{
	struct diag_cuts cuts;

	sample.low = 32768;
	sample.high = 60999;
	for (size_t i = 0; i < N; i++) {
		local[i] = (uint16_t)(50000 + i * 2);
		remote[i] = 443;
	}
	cut(N, 2, &cuts);
	cr_assert_eq(cuts.n, 2);
	cr_assert_eq(cuts.by, DIAG_CUT_LARGER);
	cr_assert_leq(abs((int)cuts.cuts[1] - (32768 + 60999) / 2), 100);
	sample.low = sample.high = 0; /* as the sample has it */
	cut(N, 2, &cuts);
	cr_assert_leq(check_parts(&cuts), N * 6 / 10);
}

/* Only the server's ends are at the beginning; its clients' are cut alike. */
Test(diag_cut, both_ends)
{
	struct diag_cuts cuts;

	for (size_t i = 0; i < N; i++) {
		local[i] = (uint16_t)(18000 + rand() % 3000);
		remote[i] = (uint16_t)(32768 + rand() % 28000);
	}
	cut(N, 2, &cuts);
	cr_assert_eq(cuts.by, DIAG_CUT_LARGER);
	cr_assert_leq(check_parts(&cuts), N * 6 / 10);
}

/* A server whose port is above most of its clients'. */
Test(diag_cut, a_high_port)
{
	struct diag_cuts cuts;

	for (size_t i = 0; i < N; i++) {
		local[i] = 60000;
		remote[i] = (uint16_t)(1024 + rand() % 60000);
	}
	cut(N, 2, &cuts);
	cr_assert_eq(cuts.by, DIAG_CUT_REMOTE);
	cr_assert_leq(check_parts(&cuts), N * 6 / 10);
}

/* The ends of the range, and ports that stand side by side. */
Test(diag_cut, extreme_ports)
{
	struct diag_cuts cuts;

	for (size_t i = 0; i < N; i++) {
		local[i] = i < N / 2 ? 0 : 65535;
		remote[i] = 7;
	}
	cut(N, 4, &cuts);
	cr_assert_eq(cuts.n, 2);
	cr_assert_eq(check_parts(&cuts), N / 2);
}

Test(diag_cut, what_cannot_be_told_apart)
{
	struct diag_cuts cuts;

	for (size_t i = 0; i < N; i++) {
		local[i] = 443;
		remote[i] = 40000;
	}
	cut(N, 2, &cuts);
	cr_assert_eq(cuts.n, 1);
	for (size_t i = 0; i < N; i++) /* nine of ten on one port */
		local[i] = remote[i] = i % 10 ? 443 : (uint16_t)i;
	cut(N, 2, &cuts);
	cr_assert_eq(cuts.n, 1);
	cut(0, 2, &cuts);
	cr_assert_eq(cuts.n, 1);
}
