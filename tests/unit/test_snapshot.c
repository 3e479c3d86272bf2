/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An earlier output read again: the same sockets, and what is wrong with it is found. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "guard.h"
#include "model/unit.h"
#include "source/snapshot.h"
#include "source/snapshot_row.h"

#define LISTENER                                                                                  \
	"{\"proto\":\"tcp\",\"family\":\"inet6\",\"type\":\"STREAM\",\"state\":\"LISTEN\","       \
	"\"local_address\":\"fe80::1%eth0\",\"local_port\":443,\"remote_address\":null,"          \
	"\"remote_port\":null,\"interface\":\"eth0\",\"recv_q\":1,\"send_q\":null,\"backlog\":9," \
	"\"uid\":33,\"inode\":7,\"v6only\":true,\"unit\":\"web.service\",\"warned\":[{\"a\":1}]," \
	"\"owners\":[{\"pid\":12,\"program\":\"ng\\u0069nx\",\"fd\":4,\"x\":[1]},"                \
	"{\"pid\":13,\"program\":\"\\\\xff\",\"program_hex\":\"ff\",\"fd\":5}]}"
#define SESSION                                                                              \
	"{\"proto\":\"udp\",\"state\":\"ESTABLISHED\",\"local_address\":\"192.0.2.1\","      \
	"\"local_port\":5000,\"remote_address\":\"192.0.2.9\",\"remote_port\":53,\"owners\"" \
	":null}"
#define NAMED                                                                                     \
	"{\"proto\":\"unix\",\"type\":\"SEQPACKET\",\"state\":\"LISTEN\",\"path\":\"a\\\\x00b\"," \
	"\"path_hex\":\"610062\",\"path_kind\":\"abstract\",\"program\":\"x\",\"pid\":5}"
#define END \
	"{\"end\":true,\"schema_version\":1,\"host\":\"here\",\"netns\":\"net:[1]\",\"complete\":true}"

static const char lines[] = LISTENER "\n" SESSION "\n" NAMED "\n" END "\n";
static const char document[] =
	"{\"schema_version\":1,\"host\":\"here\",\"netns\":\"net:[1]\","
	"\"sockets\":[" LISTENER "," SESSION "," NAMED "],\"complete\":true,\"warnings\":[]}";

static size_t n_taken;

static void check_listener(const struct sock *row)
{
	union inet_addr addr;

	inet_pton(AF_INET6, "fe80::1", &addr);
	cr_assert_eq(row->proto, PROTO_TCP);
	cr_assert_eq(row->family, AF_INET6);
	cr_assert_eq(row->type, SOCK_STREAM);
	cr_assert(row->listening);
	cr_assert_eq(memcmp(&row->local.addr, &addr, sizeof(addr)), 0);
	cr_assert_eq(row->local.port, 443);
	cr_assert_str_eq(row->interface, "eth0");
	cr_assert_eq(row->recv_q, 1);
	cr_assert_eq(row->backlog, 9);
	cr_assert_eq(row->uid, 33);
	cr_assert_eq(row->inode, 7);
	cr_assert(row->v6only);
	cr_assert_eq(row->unit->name_len, strlen("web.service"));
	cr_assert_eq(row->n_owners, 2);
	cr_assert_str_eq(row->owners[0].program, "nginx");
	cr_assert_eq(row->owners[0].pid, 12);
	cr_assert_str_eq(row->owners[1].program, "\xff");
	cr_assert(!row->owners_hidden);
}

static int take(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	cr_assert_eq(n, 1);
	switch (n_taken++) {
	case 0:
		check_listener(rows);
		break;
	case 1:
		cr_assert_eq(rows->proto, PROTO_UDP);
		cr_assert_eq(rows->state, TCP_STATE_ESTABLISHED);
		cr_assert_eq(rows->remote.port, 53);
		cr_assert_eq(rows->has, SOCK_HAS_COOKIE);
		cr_assert(rows->owners_hidden);
		cr_assert_null(rows->unit);
		break;
	default:
		cr_assert_eq(rows->proto, PROTO_UNIX);
		cr_assert_eq(rows->type, SOCK_SEQPACKET);
		cr_assert_eq(rows->name_kind, UNIX_ABSTRACT);
		cr_assert_eq(rows->name_len, 3);
		cr_assert_eq(memcmp(rows->name, "a\0b", 3), 0);
		cr_assert_eq(rows->n_owners, 1);
		cr_assert_eq(rows->owners[0].pid, 5);
	}
	return 0;
}

static int count(void *ctx, struct sock *rows, size_t n)
{
	(void)ctx;
	(void)rows;
	n_taken += n;
	return 0;
}

/* Feeds the text in pieces of step bytes. */
static int feed(struct snapshot *snapshot, const char *text, size_t len, size_t step)
{
	size_t from = 0, until = 0, used;
	int err = 0;

	n_taken = 0;
	do {
		until = until + step < len ? until + step : len;
		err = snapshot_feed(snapshot, guard_copy(text + from, until - from), until - from,
				    until == len, &used);
		from += used;
	} while (err == 0 && until < len);
	return err;
}

static void check_text(const char *text, size_t len, size_t step)
{
	const struct sock_sink sink = { .take = take };
	struct snapshot *snapshot = snapshot_new(&sink);

	cr_assert_eq(feed(snapshot, text, len, step), 0, "%s", snapshot_about(snapshot)->error);
	cr_assert_eq(n_taken, 3);
	cr_assert_eq(snapshot_about(snapshot)->n_rows, 3);
	cr_assert(snapshot_about(snapshot)->complete);
	cr_assert(!snapshot_about(snapshot)->many_netns);
	cr_assert_str_eq(snapshot_about(snapshot)->host, "here");
	cr_assert(snapshot_about(snapshot)->common & 1u << SNAPSHOT_STATE);
	cr_assert(!(snapshot_about(snapshot)->common & 1u << SNAPSHOT_OWNERS));
	snapshot_free(snapshot);
}

Test(snapshot, both_forms_in_pieces_of_every_size)
{
	for (size_t step = 1; step < sizeof(lines); step = step < 40 ? step + 1 : step * 2)
		check_text(lines, sizeof(lines) - 1, step);
	check_text(lines, sizeof(lines) - 1, sizeof(lines));
	for (size_t step = 1; step < sizeof(document); step = step < 40 ? step + 1 : step * 2)
		check_text(document, sizeof(document) - 1, step);
}

/* The status of a whole text, and what is said of it. */
static int read_all(const char *text, size_t len, struct snapshot_about *about)
{
	const struct sock_sink sink = { .take = count };
	struct snapshot *snapshot = snapshot_new(&sink);
	int err = feed(snapshot, text, len, len ? len : 1);

	*about = *snapshot_about(snapshot);
	about->host = NULL;
	snapshot_free(snapshot);
	return err;
}

Test(snapshot, cut_at_every_length)
{
	struct snapshot_about about;

	for (size_t len = 0; len < sizeof(lines) - 2; len++)
		if (read_all(lines, len, &about) == 0)
			cr_assert(!about.complete, "%zu bytes are not all", len);
	for (size_t len = 0; len < sizeof(document) - 1; len++)
		cr_assert(read_all(document, len, &about) < 0 || !about.complete, "%zu", len);
}

Test(snapshot, flipped_bits_crash_nothing)
{
	char text[sizeof(document)];
	struct snapshot_about about;

	for (size_t bit = 0; bit < 8 * (sizeof(document) - 1); bit++) {
		memcpy(text, document, sizeof(text));
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		if (read_all(text, sizeof(text) - 1, &about) == -EINVAL)
			cr_assert_not_null(about.error);
	}
}

Test(snapshot, other_families_are_passed_over)
{
	static const char text[] = "{\"proto\":\"netlink\",\"state\":null}" SESSION
				   "{\"proto\":\"mptcp\",\"owners\":[]}" END;
	struct snapshot_about about;

	cr_assert_eq(read_all(text, sizeof(text) - 1, &about), 0);
	cr_assert_eq(n_taken, 1);
	cr_assert_eq(about.n_rows, 1);
	cr_assert(about.complete);
}

Test(snapshot, what_is_refused)
{
	static const char *const refused[] = {
		"[]",
		"1",
		"{\"schema_version\":2,\"sockets\":[],\"complete\":true}",
		"{\"schema_version\":1,\"view\":\"ports\",\"complete\":true}",
		"{\"sockets\":{}}",
		"{\"sockets\":[1]}",
		"{\"sockets\":[{}]}",
		"{\"sockets\":[],\"sockets\":[]}",
		"{\"proto\":\"tcp\",\"state\":\"LISTEN\"}",
		END END,
		END SESSION,
		"{\"begin\":true}{\"begin\":true}",
		"{\"proto\":\"tcp\",\"proto\":\"tcp\"}",
		"{\"proto\":7}",
		"{\"proto\":[]}",
		"{\"proto\":{}}",
		"{\"local_port\":65536}",
		"{\"local_port\":\"80\"}",
		"{\"owners\":3}",
		"{\"owners\":[3]}",
		"{\"path_hex\":\"6\"}",
		"{\"path_hex\":\"zz\"}",
		"{\"proto\":\"xyz\",\"state\":\"LISTEN\",\"local_address\":\"::\",\"local_port\":1,"
		"\"remote_address\":null,\"remote_port\":null}",
		"{\"proto\":\"tcp\",\"state\":\"HUNGRY\",\"local_address\":\"::\",\"local_port\":1,"
		"\"remote_address\":null,\"remote_port\":null}",
		"{\"proto\":\"tcp\",\"state\":\"LISTEN\",\"local_address\":\"::g\",\"local_port\":"
		"1,\"remote_address\":null,\"remote_port\":null}",
		"{\"proto\":\"tcp\",\"state\":\"LISTEN\",\"local_address\":\"::\",\"local_port\":1,"
		"\"remote_address\":\"1.2.3.4\",\"remote_port\":null}",
	};
	struct snapshot_about about;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		cr_assert_eq(read_all(refused[i], strlen(refused[i]), &about), -EINVAL, "%s",
			     refused[i]);
		cr_assert_not_null(about.error, "%s", refused[i]);
		cr_assert_eq(about.line, 1);
	}
}

/* Texts that fill a record to its last byte are no way around that. */
Test(snapshot, the_text_of_a_record_has_a_bound)
{
	enum { PIECE = 200 * 1024, PIECES = 12 };
	static char text[PIECES * (PIECE + 32)];
	size_t left = SNAPSHOT_ROW_BYTES, at = (size_t)sprintf(text, "{\"owners\":[");
	struct snapshot_about about;

	for (int i = 0; i < PIECES; i++) {
		size_t n = left < PIECE ? left : PIECE;

		at += (size_t)sprintf(text + at, "%s{\"program\":\"", i ? "," : "");
		if (left == 0) /* what is behind the bound */
			n = PIECE;
		else
			left -= n < left ? n + 1 : n;
		memset(text + at, 'x', n);
		at += n;
		at += (size_t)sprintf(text + at, "\"}");
	}
	at += (size_t)sprintf(text + at, "]}");
	cr_assert_eq(read_all(text, at, &about), -EINVAL);
	cr_assert_str_eq(about.error, "a record with too much text");
}
