/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --openmetrics: TIME_WAIT, who made it and how much of it there may be. */
#include "view/metrics_sources.h"

static const char *const side_names[TIME_WAIT_SIDES] = {
	[TIME_WAIT_UNCLEAR] = "unclear",
	[TIME_WAIT_OUTBOUND] = "client",
	[TIME_WAIT_INBOUND] = "server",
};

static void put_sides(struct metrics_text *text, const struct time_wait_sums *sums)
{
	static const struct metrics_family now = {
		"lssock_tcp_time_wait", NULL,
		"Sockets in TIME_WAIT, by which side of the connection this host was.", false
	};
	static const struct metrics_family recent = {
		"lssock_tcp_time_wait_recent", NULL,
		"Sockets that went to TIME_WAIT in the last 10 seconds.", false
	};
	uint64_t of_side[TIME_WAIT_SIDES] = { 0 };

	metrics_begin(text, &now);
	for (int side = 0; side < TIME_WAIT_SIDES; side++)
		metrics_sample_word(text, "side", side_names[side], sums->of_side[side]);
	for (size_t i = 0; i < sums->services.n; i++) {
		const struct time_wait_service *service = time_wait_service(sums, i);

		of_side[service->key.side] += service->recent;
	}
	metrics_begin(text, &recent);
	for (int side = 0; side < TIME_WAIT_SIDES; side++)
		metrics_sample_word(text, "side", side_names[side], of_side[side]);
}

void metrics_put_time_wait(struct metrics_text *text, const struct time_wait_sums *sums,
			   const struct time_wait_facts *facts)
{
	static const struct metrics_family buckets = { "lssock_tcp_time_wait_buckets", NULL,
						       "TIME_WAIT buckets in use.", false };
	static const struct metrics_family limit = { "lssock_tcp_time_wait_buckets_limit", NULL,
						     "net.ipv4.tcp_max_tw_buckets.", false };
	static const struct metrics_family overflows = {
		"lssock_tcp_time_wait_overflows", NULL,
		"Connections closed without TIME_WAIT for want of a bucket.", true
	};
	static const struct metrics_family entered = { "lssock_tcp_time_wait_entered", NULL,
						       "Sockets that went to TIME_WAIT.", true };
	static const struct metrics_family recycled = { "lssock_tcp_time_wait_reused", NULL,
							"TIME_WAIT that connect() took again.",
							true };
	const struct {
		const struct metrics_family *family;
		const struct time_wait_number *number;
	} numbers[] = {
		{ &buckets, &facts->buckets },     { &limit, &facts->max_buckets },
		{ &overflows, &facts->overflows }, { &entered, &facts->entered },
		{ &recycled, &facts->recycled },
	};

	put_sides(text, sums);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].number->known)
			metrics_put(text, numbers[i].family, numbers[i].number->value);
}
