/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines and files below /proc/net and /proc/sys: tables of sockets, counters, settings. A line that
 * was understood is written again as the kernel writes it and must be understood as the same.
 *
 * Input: a byte that says which file it is, then its text.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/counters.h"
#include "kernel/sysctl.h"
#include "source/proc_can.h"
#include "source/proc_inet.h"
#include "source/proc_others.h"
#include "source/proc_protocols.h"
#include "source/proc_sctp.h"
#include "source/proc_special.h"
#include "source/proc_unix.h"
#include "world.h"

enum { N_INET = 8, SCTP_EPS = N_INET, SCTP_ASSOCS, COUNTERS, NUMBERS = COUNTERS + 3, PORTS };
enum {
	PACKET = PORTS + 1,
	NETLINK,
	PROTOCOLS,
	OTHERS,
	N_OTHERS = 6,
	CAN_FILTERS = OTHERS + N_OTHERS
};
enum { CAN_BCM = CAN_FILTERS + 1, COUNT };

static struct fuzz_world world;

static const struct {
	enum sock_proto proto;
	uint8_t family;
	const char *path;
} tables[N_INET] = {
	{ PROTO_TCP, AF_INET, "net/tcp" },         { PROTO_TCP, AF_INET6, "net/tcp6" },
	{ PROTO_UDP, AF_INET, "net/udp" },         { PROTO_UDP, AF_INET6, "net/udp6" },
	{ PROTO_UDPLITE, AF_INET, "net/udplite" }, { PROTO_UDPLITE, AF_INET6, "net/udplite6" },
	{ PROTO_RAW, AF_INET, "net/raw" },         { PROTO_RAW, AF_INET6, "net/raw6" },
};

static size_t put_end(char *text, size_t size, uint8_t family, const struct endpoint *end)
{
	size_t n = 0;

	for (size_t i = 0; i < (family == AF_INET6 ? 4 : 1); i++)
		n += (size_t)snprintf(text + n, size - n, "%08" PRIX32, end->addr.words[i]);
	return n + (size_t)snprintf(text + n, size - n, ":%04X ", end->port);
}

/* The line as the kernel would print it. */
static size_t put_line(char *text, size_t size, const struct sock *row)
{
	size_t n = (size_t)snprintf(text, size, "%4d: ", 7);

	n += put_end(text + n, size - n, row->family, &row->local);
	n += put_end(text + n, size - n, row->family, &row->remote);
	n += (size_t)snprintf(text + n, size - n,
			      "%02X %08" PRIX32 ":%08" PRIX32 " %02X:%08lX %08" PRIX32 " %5" PRIu32
			      " %8" PRIu32 " %" PRIu64 " 2 0000000000000000 0",
			      row->state, row->send_q, row->recv_q, row->timer,
			      (unsigned long)row->timer_ms / 10, row->retransmits, row->uid,
			      row->probes, row->inode);
	return n;
}

static void check_inet_line(unsigned int table, const char *line, size_t len)
{
	struct sock row, again;
	char text[512];
	size_t n;

	if (proc_inet_parse(tables[table].proto, tables[table].family, line, len, &row) < 0)
		return;
	fuzz_check_row(&row);
	n = put_line(text, sizeof(text), &row);
	FUZZ_CHECK(proc_inet_parse(tables[table].proto, tables[table].family, text, n, &again) ==
		   0);
	/* A time that does not fit is cut at the largest that does, in hundredths of a second. */
	again.timer_ms = row.timer_ms - again.timer_ms < 10 ? row.timer_ms : again.timer_ms;
	FUZZ_CHECK(memcmp(&row, &again, sizeof(row)) == 0);
}

static void check_sctp_line(bool assoc, const char *line, size_t len)
{
	struct endpoint addrs[8];
	struct sock row;
	int rc = assoc ? proc_sctp_parse_assoc(line, len, &row, addrs, 8)
		       : proc_sctp_parse_eps(line, len, &row, addrs, 8);

	FUZZ_CHECK(rc == 0 || rc == -EBADMSG);
	if (rc < 0)
		return;
	FUZZ_CHECK(row.sctp_assoc == assoc);
	FUZZ_CHECK((size_t)row.n_local_addrs + row.n_remote_addrs <= 8);
	fuzz_check_row(&row);
}

static int take(void *ctx, struct sock *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fuzz_check_row(&rows[i]);
	*(size_t *)ctx += n;
	return 0;
}

/* Whatever is skipped is told. */
static void check_list(int rc)
{
	FUZZ_CHECK(rc == 0 || rc == 1);
	FUZZ_CHECK((world.report.level >= REPORT_PARTIAL) == (rc == 1));
}

static void list_inet(unsigned int table, const char *text, size_t n)
{
	struct sock_query query = {
		.proto = tables[table].proto,
		.family = tables[table].family,
		.states = UINT32_MAX,
	};
	size_t n_rows = 0, n_lines = 0;
	struct sock_sink sink = { .take = take, .ctx = &n_rows };
	int rc;

	fuzz_world_file(&world, tables[table].path, text, n);
	rc = proc_inet_list(&world.env, &world.report, &query, &sink);
	check_list(rc);
	for (size_t i = 0; i < n; i++)
		n_lines += text[i] == '\n' || i == n - 1;
	FUZZ_CHECK(n_rows < n_lines || n_rows == 0);
	FUZZ_CHECK(rc != 0 || n_rows + 1 == n_lines);
}

static void list_sctp(bool assocs, const char *text, size_t n)
{
	struct sock_query query = { .proto = PROTO_SCTP, .states = UINT32_MAX };
	static const char head[] = " ENDPT\n";
	size_t n_rows = 0;
	struct sock_sink sink = { .take = take, .ctx = &n_rows };
	int rc, level = 0;

	fuzz_world_file(&world, assocs ? "net/sctp/assocs" : "net/sctp/eps", text, n);
	fuzz_world_file(&world, assocs ? "net/sctp/eps" : "net/sctp/assocs", head, strlen(head));
	for (int six = 0; six < 2; six++) {
		query.family = six ? AF_INET6 : AF_INET;
		rc = proc_sctp_list(&world.env, &world.report, &query, &sink);
		FUZZ_CHECK(rc == 0 || rc == 1);
		level |= rc;
	}
	check_list(level);
}

/* Families of which only such files tell. */
static const struct {
	enum sock_proto proto;
	const char *path;
} others[N_OTHERS] = {
	{ PROTO_BLUETOOTH, "net/rfcomm" }, { PROTO_KCM, "net/kcm" },
	{ PROTO_KEY, "net/pfkey" },        { PROTO_PHONET, "net/phonet" },
	{ PROTO_PPPOE, "net/pppoe" },      { PROTO_L2TP, "net/pppol2tp" },
};

static void list_others(unsigned int which, const char *text, size_t n)
{
	struct sock_query query = { .proto = others[which].proto, .states = UINT32_MAX };
	size_t n_rows = 0;
	struct sock_sink sink = { .take = take, .ctx = &n_rows };

	fuzz_world_file(&world, others[which].path, text, n);
	check_list(proc_others_list(&world.env, &world.report, &query, &sink));
}

static void check_others_line(unsigned int which, const char *line, size_t len)
{
	struct sock_special special;
	struct sock row;
	int rc = proc_others_parse(others[which].proto, which, line, len, &row, &special);

	FUZZ_CHECK(rc == 0 || rc == 1 || rc == -EBADMSG);
	if (rc == 1)
		fuzz_check_row(&row);
}

static void list_can(bool bcm, const char *text, size_t n)
{
	struct sock_query query = { .proto = PROTO_CAN, .states = UINT32_MAX };
	size_t n_rows = 0;
	struct sock_sink sink = { .take = take, .ctx = &n_rows };

	fuzz_world_file(&world, bcm ? "net/can-bcm/4711" : "net/can/rcvlist_all", text, n);
	check_list(proc_can_list(&world.env, &world.report, &query, &sink));
	FUZZ_CHECK(!bcm || n_rows <= 1);
}

static void check_can_line(bool bcm, const char *line, size_t len)
{
	struct sock_special special;
	struct sock row;
	uint64_t id;
	int rc = bcm ? proc_can_parse_bcm(line, len, &row, &special)
		     : proc_can_parse_filter(line, len, &row, &special, &id);

	FUZZ_CHECK((rc >= 0 && rc <= 2) || rc == -EBADMSG);
	if (rc == 1)
		fuzz_check_row(&row);
}

static void list_special(bool netlink, const char *text, size_t n)
{
	struct sock_query query = { .states = UINT32_MAX };
	size_t n_rows = 0;
	struct sock_sink sink = { .take = take, .ctx = &n_rows };

	fuzz_world_file(&world, netlink ? "net/netlink" : "net/packet", text, n);
	check_list((netlink ? proc_netlink_list : proc_packet_list)(&world.env, &world.report,
								    &query, &sink));
}

static void check_special_line(unsigned int which, const char *line, size_t len)
{
	struct sock_special special;
	struct sock row;
	uint32_t groups;
	uint64_t sockets;
	int rc;

	if (which == PROTOCOLS) {
		rc = proc_protocols_parse(line, len, "PACKET", &sockets);
		FUZZ_CHECK(rc == 0 || rc == -ENOENT || rc == -EBADMSG);
		FUZZ_CHECK(rc != 0 || (len > 6 && memcmp(line, "PACKET", 6) == 0));
		return;
	}
	rc = which == PACKET ? proc_packet_parse(line, len, &row, &special)
			     : proc_netlink_parse(line, len, &row, &special, &groups);
	FUZZ_CHECK(rc == 0 || rc == -EBADMSG);
	if (rc == 0)
		fuzz_check_row(&row);
}

static void check_counters(enum counters_layout layout, const char *text, size_t n)
{
	struct counters counters;
	uint64_t value;

	memset(&counters, 0, sizeof(counters));
	FUZZ_CHECK(counters_parse(&counters, layout, text, n) == 0);
	for (size_t i = 0; i < counters.n; i++) {
		const struct counter *row = &counters.rows[i];
		const struct counter *found = counters_find(&counters, row->group, row->name);

		FUZZ_CHECK(*row->name && strlen(row->name) <= n);
		for (const char *c = row->name; *c; c++)
			FUZZ_CHECK(*c > ' ' && *c <= '~');
		for (const char *c = row->group; *c; c++)
			FUZZ_CHECK(*c > ' ' && *c <= '~');
		FUZZ_CHECK(found && strcmp(found->name, row->name) == 0);
		FUZZ_CHECK(counters_get(&counters, row->group, row->name, &value) ==
			   !found->negative);
		FUZZ_CHECK(!row->negative || row->value <= INT64_MAX);
		/* Finding is quadratic here. */
		if (i == 200)
			break;
	}
	counters_free(&counters);
}

static void check_settings(bool ports, const char *text, size_t n)
{
	static struct port_set set, again;
	char list[32];
	uint64_t numbers[8];
	int got;

	if (!ports) {
		got = sysctl_parse_numbers(text, n, numbers, 8);
		FUZZ_CHECK(got == -EINVAL || (got >= 0 && got <= 8));
		return;
	}
	memset(&set, 0, sizeof(set));
	if (sysctl_parse_ports(text, n, &set) < 0)
		return;
	memset(&again, 0, sizeof(again));
	for (uint32_t port = 0; port < 65536; port++) {
		uint32_t first = port;

		while (port < 65536 && port_set_has(&set, (uint16_t)port))
			port++;
		if (port == first)
			continue;
		snprintf(list, sizeof(list), "%u-%u", first, port - 1);
		FUZZ_CHECK(sysctl_parse_ports(list, strlen(list), &again) == 0);
		FUZZ_CHECK(port_set_count(&set, (uint16_t)first, (uint16_t)(port - 1)) ==
			   port - first);
	}
	FUZZ_CHECK(memcmp(&set, &again, sizeof(set)) == 0);
}

/* The line parsers, with just their line. */
static void check_lines(unsigned int which, const char *text, size_t n)
{
	for (size_t at = 0; at < n;) {
		const char *newline = memchr(text + at, '\n', n - at);
		size_t len = newline ? (size_t)(newline - text) - at : n - at;
		char *line = fuzz_copy(text + at, len);

		if (which < N_INET)
			check_inet_line(which, line, len);
		else if (which >= CAN_FILTERS)
			check_can_line(which == CAN_BCM, line, len);
		else if (which >= OTHERS)
			check_others_line(which - OTHERS, line, len);
		else if (which >= PACKET)
			check_special_line(which, line, len);
		else
			check_sctp_line(which == SCTP_ASSOCS, line, len);
		free(line);
		at += len + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	unsigned int which = fuzz_u8(&input) % COUNT;
	size_t n = fuzz_left(&input);
	char *text = fuzz_copy(input.at, n);

	fuzz_world_begin(&world);
	if (which <= SCTP_ASSOCS || which >= PACKET)
		check_lines(which, text, n);
	if (which >= CAN_FILTERS)
		list_can(which == CAN_BCM, text, n);
	else if (which >= OTHERS)
		list_others(which - OTHERS, text, n);
	else if (which == PACKET || which == NETLINK)
		list_special(which == NETLINK, text, n);
	else if (which < N_INET)
		list_inet(which, text, n);
	else if (which <= SCTP_ASSOCS)
		list_sctp(which == SCTP_ASSOCS, text, n);
	else if (which < NUMBERS)
		check_counters((enum counters_layout)(which - COUNTERS), text, n);
	else if (which != PROTOCOLS)
		check_settings(which == PORTS, text, n);
	free(text);
	fuzz_world_end(&world);
	return 0;
}
