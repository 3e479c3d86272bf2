/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --openmetrics: how many sockets there are, and memory. */
#include <ctype.h>

#include "view/metrics_sources.h"

static const char *const family_names[2] = { "inet", "inet6" };

static void put_known(struct metrics_text *text, const struct metrics_family *family,
		      const struct summary_number *number)
{
	if (number->known)
		metrics_put(text, family, number->value);
}

/* "time_wait" of TIME_WAIT. */
static void put_states(struct metrics_text *text, const struct summary_sums *sums)
{
	static const struct metrics_family states = { "lssock_tcp_sockets", NULL,
						      "TCP sockets of this network namespace.",
						      false };

	metrics_begin(text, &states);
	for (unsigned int state = TCP_STATE_ESTABLISHED; state < SUMMARY_STATES; state++) {
		const char *name = tcp_state_name(state);
		char word[24];
		size_t n = 0;

		if (!name || !sums->tcp[state].known)
			continue;
		for (; n < sizeof(word) - 1 && name[n]; n++)
			word[n] = (char)tolower((unsigned char)name[n]);
		word[n] = '\0';
		metrics_sample_word(text, "state", word, sums->tcp[state].value);
	}
}

static void put_inet(struct metrics_text *text, const struct summary_sums *sums)
{
	static const struct {
		enum sock_proto proto;
		struct metrics_family family;
	} rows[] = {
		{ PROTO_UDP, { "lssock_udp_sockets", NULL, "UDP sockets.", false } },
		{ PROTO_UDPLITE, { "lssock_udplite_sockets", NULL, "UDP-Lite sockets.", false } },
		{ PROTO_RAW, { "lssock_raw_sockets", NULL, "Raw sockets.", false } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		metrics_begin(text, &rows[i].family);
		for (int family = 0; family < 2; family++)
			if (sums->inet[rows[i].proto][family].known)
				metrics_sample_word(text, "family", family_names[family],
						    sums->inet[rows[i].proto][family].value);
	}
}

static void put_unix(struct metrics_text *text, const struct summary_sums *sums)
{
	static const struct metrics_family types = { "lssock_unix_sockets", NULL, "UNIX sockets.",
						     false };
	static const struct metrics_family connected = { "lssock_unix_connected", NULL,
							 "UNIX sockets that are connected.",
							 false };
	const struct {
		const char *name;
		const struct summary_number *number;
	} rows[] = {
		{ "stream", &sums->unix_stream },
		{ "dgram", &sums->unix_dgram },
		{ "seqpacket", &sums->unix_seqpacket },
	};

	metrics_begin(text, &types);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number->known)
			metrics_sample_word(text, "type", rows[i].name, rows[i].number->value);
	put_known(text, &connected, &sums->unix_connected);
}

static void put_limits(struct metrics_text *text, const struct metrics_family *family,
		       const struct summary_number limits[3])
{
	static const char *const levels[3] = { "low", "pressure", "high" };

	metrics_begin(text, family);
	for (int i = 0; i < 3; i++)
		if (limits[i].known)
			metrics_sample_word(text, "level", levels[i], limits[i].value);
}

/* What the kernel counts of all network namespaces together. */
static void put_host(struct metrics_text *text, const struct summary_sums *sums)
{
	static const struct metrics_family orphans = {
		"lssock_host_tcp_orphans", NULL,
		"TCP sockets without a process, of all network namespaces.", false
	};
	static const struct metrics_family max_orphans = { "lssock_host_tcp_orphans_limit", NULL,
							   "net.ipv4.tcp_max_orphans.", false };
	static const struct metrics_family tcp = {
		"lssock_host_tcp_memory_bytes", "bytes",
		"Memory of TCP's buffers, of all network namespaces.", false
	};
	static const struct metrics_family tcp_limits = { "lssock_host_tcp_memory_limit_bytes",
							  "bytes", "net.ipv4.tcp_mem.", false };
	static const struct metrics_family udp = {
		"lssock_host_udp_memory_bytes", "bytes",
		"Memory of UDP's buffers, of all network namespaces.", false
	};
	static const struct metrics_family udp_limits = { "lssock_host_udp_memory_limit_bytes",
							  "bytes", "net.ipv4.udp_mem.", false };

	put_known(text, &orphans, &sums->host_orphans);
	put_known(text, &max_orphans, &sums->host_max_orphans);
	put_known(text, &tcp, &sums->host_tcp_mem);
	put_limits(text, &tcp_limits, sums->host_tcp_limits);
	put_known(text, &udp, &sums->host_udp_mem);
	put_limits(text, &udp_limits, sums->host_udp_limits);
}

void metrics_put_summary(struct metrics_text *text, const struct summary_sums *sums)
{
	static const struct metrics_family orphans = {
		"lssock_tcp_orphans", NULL, "TCP sockets without a process, not yet closed.", false
	};
	static const struct metrics_family endpoints = { "lssock_sctp_endpoints", NULL,
							 "SCTP endpoints.", false };
	static const struct metrics_family associations = { "lssock_sctp_associations", NULL,
							    "SCTP associations.", false };

	put_states(text, sums);
	put_known(text, &orphans, &sums->tcp_orphans);
	put_inet(text, sums);
	put_known(text, &endpoints, &sums->sctp_endpoints);
	put_known(text, &associations, &sums->sctp_associations);
	put_unix(text, sums);
	put_host(text, sums);
}
