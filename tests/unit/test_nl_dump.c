/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receive loop against a kernel that does everything a kernel may do, and some things that it
 * should not. A row here is a payload of eight bytes: its cookie. */
#include "source/nl_dump.h"

#include "fake_link.h"

enum { ROWS_MAX = 20000 };

static struct {
	uint64_t pending[ROWS_MAX], rows[ROWS_MAX];
	size_t n_pending, n;
	uint64_t row;
	size_t cancel_at; /* flush() says stop once that many rows have come; 0: never */
	unsigned int n_flushes;
} got;

static struct nl_session session;

static enum nl_verdict row_parse(void *ctx, const void *payload, size_t len, uint64_t *cookie)
{
	cr_assert_eq(ctx, &got);
	if (len < sizeof(got.row))
		return NL_DAMAGED;
	memcpy(&got.row, payload, sizeof(got.row));
	*cookie = got.row;
	return NL_ROW;
}

static void row_keep(void *ctx)
{
	(void)ctx;
	got.pending[got.n_pending++] = got.row;
}

static int rows_flush(void *ctx)
{
	(void)ctx;
	memcpy(got.rows + got.n, got.pending, got.n_pending * sizeof(*got.rows));
	got.n += got.n_pending;
	got.n_pending = 0;
	got.n_flushes++;
	return got.cancel_at && got.n >= got.cancel_at ? -1 : 0;
}

static void finish(void)
{
	nl_session_end(&session);
	fake_end();
}

TestSuite(nl_dump, .fini = finish);

static void begin(void)
{
	nl_session_end(&session);
	fake_begin();
	memset(&got, 0, sizeof(got));
	session = (struct nl_session){ .env = &fake.env, .report = &fake.report };
}

static int run(void)
{
	static const struct nl_dump_ops ops = {
		.parse = row_parse,
		.keep = row_keep,
		.flush = rows_flush,
	};
	struct nlmsghdr request = {
		.nlmsg_len = sizeof(request),
		.nlmsg_type = FAKE_ROW,
	};
	int rc = nl_dump(&session, "tcp", &request, &ops, &got);

	cr_assert_not(fake.was_busy, "a request was sent on a link whose dump had not ended");
	cr_assert_eq(got.n_pending, 0, "%zu rows were kept and not handed on", got.n_pending);
	return rc;
}

/* A datagram of rows from..to. */
static void rows(uint64_t from, uint64_t to)
{
	uint64_t cookie;

	fake_datagram();
	for (cookie = from; cookie <= to; cookie++)
		fake_row(&cookie, sizeof(cookie));
}

static void assert_rows(uint64_t from, uint64_t to)
{
	size_t i;

	cr_assert_eq(got.n, to - from + 1, "%zu rows", got.n);
	for (i = 0; i < got.n; i++)
		cr_assert_eq(got.rows[i], from + i, "row %zu is %llu", i,
			     (unsigned long long)got.rows[i]);
}

static void assert_told(enum report_level level, const char *text)
{
	cr_assert_eq(fake.report.level, level);
	cr_assert_not_null(strstr(fake_report(), text), "'%s' is not in: %s", text, fake_report());
}

static void assert_quiet(void)
{
	cr_assert_str_eq(fake_report(), "");
	cr_assert_eq(fake.report.level, REPORT_NOTE);
}

Test(nl_dump, rows_come_in_order_and_the_link_is_used_again)
{
	begin();
	rows(1, 3);
	rows(4, 5);
	fake_done(0);
	fake_answer();
	rows(1, 3);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 5);
	cr_assert_eq(got.n_flushes, 2);
	got.n = 0;
	cr_assert_eq(run(), 0);
	assert_rows(1, 3);
	cr_assert_eq(fake.n_opens, 1);
	cr_assert_neq(fake.seqs[0], fake.seqs[1]);
	assert_quiet();
	nl_session_end(&session);
	cr_assert_eq(fake.n_closes, 1);
}

Test(nl_dump, rows_and_done_may_share_a_datagram)
{
	int zero = 0;

	begin();
	rows(1, 2);
	fake_message(NLMSG_DONE, &zero, sizeof(zero));
	cr_assert_eq(run(), 0);
	assert_rows(1, 2);
}

Test(nl_dump, empty_table)
{
	begin();
	fake_done(0);
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 0);
	cr_assert_eq(got.n_flushes, 0);
}

/* The kernel says it in two ways: an unknown family, and a family without that protocol. */
Test(nl_dump, absent_table_is_an_error_in_both_shapes)
{
	begin();
	fake_error(-ENOENT);
	cr_assert_eq(run(), -ENOENT);
	begin();
	fake_done(-ENOENT);
	cr_assert_eq(run(), -ENOENT);
	assert_quiet();
}

Test(nl_dump, done_without_payload_and_acknowledgement_are_success)
{
	begin();
	fake_error(0);
	rows(1, 2);
	fake_datagram();
	fake_message(NLMSG_DONE, NULL, 0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 2);
	begin();
	rows(1, 2);
	fake_datagram();
	fake_message(NLMSG_DONE, "xyz", 3);
	cr_assert_eq(run(), 0);
}

Test(nl_dump, error_too_short_or_absurd)
{
	int absurd[] = { INT32_MIN, -4096 };

	begin();
	fake_datagram();
	fake_message(NLMSG_ERROR, "xyz", 3);
	cr_assert_eq(run(), -EBADMSG);
	for (size_t i = 0; i < 2; i++) {
		begin();
		fake_error(absurd[i]);
		cr_assert_eq(run(), -EBADMSG);
	}
}

Test(nl_dump, messages_for_others_are_ignored)
{
	struct nlmsghdr late = { .nlmsg_type = NLMSG_DONE, .nlmsg_seq = (uint32_t)-1 };
	struct nlmsghdr foreign = { .nlmsg_type = FAKE_ROW, .nlmsg_pid = 1 };
	int failure = -ENOENT;
	uint64_t cookie = 99;

	begin();
	rows(1, 2);
	fake_message_of(late, &failure, sizeof(failure));
	fake_message_of(foreign, &cookie, sizeof(cookie));
	rows(90, 91);
	fake_last()->from = 12345;
	fake_done(-EPERM);
	fake_last()->from = 12345;
	fake_datagram(); /* an empty one */
	rows(3, 4);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 4);
	cr_assert_eq(fake.n_sends, 1);
	assert_quiet();
}

Test(nl_dump, other_types_are_skipped)
{
	begin();
	rows(1, 1);
	fake_message(NLMSG_NOOP, NULL, 0);
	fake_message(NLMSG_OVERRUN, "abcd", 4);
	fake_message(0xffff, "abcdefgh", 8);
	rows(2, 2);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 2);
}

Test(nl_dump, signals_lose_nothing)
{
	begin();
	fake_fail(-EINTR);
	rows(1, 2);
	fake_fail(-EINTR);
	fake_fail(-EINTR);
	rows(3, 4);
	fake_fail(-EINTR);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 4);
	cr_assert_eq(fake.n_sends, 1);
}

Test(nl_dump, silence_ends_the_dump)
{
	begin();
	cr_assert_eq(run(), -ETIMEDOUT);
	assert_quiet();
	cr_assert_eq(fake.n_closes, 1);
	begin();
	rows(1, 2);
	cr_assert_eq(run(), 1);
	assert_rows(1, 2);
	assert_told(REPORT_PARTIAL, "tcp: the kernel's answer broke off");
	cr_assert_eq(fake.n_closes, 1);
}

Test(nl_dump, error_in_mid_dump_is_partial)
{
	begin();
	rows(1, 2);
	fake_error(-ENOMEM);
	fake_answer();
	fake_done(0);
	cr_assert_eq(run(), 1);
	assert_rows(1, 2);
	assert_told(REPORT_PARTIAL, strerror(ENOMEM));
	cr_assert_eq(run(), 0);
	cr_assert_eq(fake.n_opens, 2);
}

Test(nl_dump, lost_datagram_is_made_up_for_on_a_new_link)
{
	begin();
	rows(1, 3);
	rows(4, 6);
	fake_fail(-ENOBUFS);
	fake_answer();
	rows(1, 5);
	rows(6, 8);
	rows(9, 9);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 9);
	cr_assert_eq(fake.n_opens, 2);
	cr_assert_neq(fake.seqs[0], fake.seqs[1]);
	assert_quiet();
}

Test(nl_dump, lost_before_the_first_row)
{
	begin();
	fake_fail(-ENOBUFS);
	fake_answer();
	rows(1, 3);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 3);
}

Test(nl_dump, sockets_that_come_and_go_around_the_break)
{
	begin();
	rows(10, 12);
	rows(13, 16);
	fake_fail(-ENOBUFS);
	fake_answer();
	rows(1, 4); /* newer than the dump, in front of it: as if we had come earlier */
	rows(11, 12);
	rows(50, 51); /* newer, behind the place where 11 was found */
	rows(15, 15);
	rows(17, 18);
	fake_done(0);
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 7 + 2 + 2);
	cr_assert_eq(got.rows[7], 50);
	cr_assert_eq(got.rows[9], 17);
	cr_assert_eq(got.rows[10], 18);
	assert_quiet();
}

Test(nl_dump, place_not_found_again)
{
	begin();
	rows(1, 3);
	fake_fail(-ENOBUFS);
	fake_answer();
	rows(7, 9);
	fake_done(0);
	cr_assert_eq(run(), 1);
	assert_rows(1, 3);
	assert_told(REPORT_PARTIAL, "tcp: the kernel's answer broke off and could not be resumed");
}

Test(nl_dump, three_restarts_and_no_more)
{
	begin();
	for (int i = 0; i < 3; i++) {
		rows(1, (uint64_t)i + 1);
		fake_fail(-ENOBUFS);
		fake_answer();
	}
	rows(1, 4);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 4);

	begin();
	for (int i = 0; i < 6; i++) {
		rows(1, (uint64_t)i + 1);
		fake_fail(-ENOBUFS);
		fake_answer();
	}
	cr_assert_eq(run(), 1);
	assert_rows(1, 4);
	cr_assert_eq(fake.n_sends, 4);
	assert_told(REPORT_PARTIAL, strerror(ENOBUFS));

	begin();
	for (int i = 0; i < 6; i++) {
		fake_fail(-ENOBUFS);
		fake_answer();
	}
	cr_assert_eq(run(), -ENOBUFS);
	assert_quiet();
}

Test(nl_dump, truncated_datagram_grows_the_buffer)
{
	uint8_t *huge = calloc(1, 100000);
	uint64_t cookie = 3;

	begin();
	memcpy(huge, &cookie, sizeof(cookie));
	for (int i = 0; i < 2; i++) {
		rows(1, 2);
		fake_datagram();
		fake_row(huge, 100000);
		rows(4, 5);
		fake_done(0);
		fake_answer();
	}
	cr_assert_eq(run(), 0);
	assert_rows(1, 5);
	cr_assert_eq(fake.n_sends, 2);
	cr_assert_eq(fake.buf_sizes[0], 32 * 1024);
	cr_assert_gt(fake.buf_sizes[1], 100000);
	assert_quiet();
	free(huge);
}

Test(nl_dump, always_truncated)
{
	begin();
	for (int i = 0; i < 6; i++) {
		rows(1, 2);
		fake_last()->truncated = true;
		fake_answer();
	}
	cr_assert_eq(run(), -EMSGSIZE);
	cr_assert_eq(fake.n_sends, 4);
	cr_assert_eq(fake.buf_sizes[3], 1024 * 1024);
	cr_assert_eq(got.n, 0);
}

static const struct {
	const char *what;
	uint8_t bytes[20];
	size_t n;
} damages[] = {
	{ "length 0", { 0 }, 16 },
	{ "length 15", { 15 }, 16 },
	{ "length one too many", { 17 }, 16 },
	{ "length 60000", { 0x60, 0xea }, 16 },
	{ "length 4 GiB", { 0xff, 0xff, 0xff, 0xff }, 16 },
	{ "half a header", { 16 }, 8 },
	{ "one byte", { 1 }, 1 },
};

Test(nl_dump, damaged_datagram_costs_one_restart)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		begin();
		rows(1, 2);
		fake_bytes(damages[i].bytes, damages[i].n);
		fake_answer();
		rows(1, 3);
		fake_done(0);
		cr_assert_eq(run(), 0, "%s", damages[i].what);
		assert_rows(1, 3);
		assert_quiet();

		begin();
		for (int again = 0; again < 4; again++) {
			rows(1, 2);
			fake_bytes(damages[i].bytes, damages[i].n);
			fake_answer();
		}
		cr_assert_eq(run(), 1, "%s", damages[i].what);
		assert_rows(1, 2);
		cr_assert_eq(fake.n_sends, 2, "%s: %u requests", damages[i].what, fake.n_sends);
		assert_told(REPORT_PARTIAL, strerror(EBADMSG));

		begin();
		for (int again = 0; again < 4; again++) {
			fake_datagram();
			fake_bytes(damages[i].bytes, damages[i].n);
			fake_answer();
		}
		cr_assert_eq(run(), -EBADMSG, "%s", damages[i].what);
	}
}

static void interrupted_row(uint64_t cookie)
{
	fake_message_of((struct nlmsghdr){ .nlmsg_type = FAKE_ROW,
					   .nlmsg_flags = NLM_F_MULTI | NLM_F_DUMP_INTR },
			&cookie, sizeof(cookie));
}

Test(nl_dump, interrupted_dump_is_asked_for_again)
{
	begin();
	rows(1, 2);
	interrupted_row(3);
	fake_answer();
	rows(1, 4);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 4);
	assert_quiet();
}

Test(nl_dump, interrupted_again_and_again_is_accepted_and_told)
{
	begin();
	for (int i = 0; i < 5; i++) {
		rows(1, 2);
		interrupted_row(3);
		rows(4, 5);
		fake_done(0);
		fake_answer();
	}
	cr_assert_eq(run(), 1);
	assert_rows(1, 5);
	cr_assert_eq(fake.n_sends, 4);
	assert_told(REPORT_PARTIAL, "tcp: the kernel's answer was interrupted");
}

Test(nl_dump, duplicates_at_the_border_are_dropped)
{
	begin();
	rows(1, 4);
	rows(4, 6); /* the kernel resumed one place too early */
	rows(5, 6); /* and again */
	rows(6, 8);
	fake_done(0);
	cr_assert_eq(run(), 0);
	assert_rows(1, 8);
}

Test(nl_dump, rows_without_cookie_are_never_duplicates)
{
	uint64_t none = 0;

	begin();
	fake_datagram();
	fake_row(&none, sizeof(none));
	fake_row(&none, sizeof(none));
	fake_datagram();
	fake_row(&none, sizeof(none));
	fake_done(0);
	cr_assert_eq(run(), 0);
	cr_assert_eq(got.n, 3);
}

Test(nl_dump, damaged_rows_are_counted_once)
{
	begin();
	rows(1, 2);
	fake_row("short", 5);
	fake_row("", 0);
	rows(3, 3);
	fake_row("short", 5);
	fake_done(0);
	cr_assert_eq(run(), 1);
	assert_rows(1, 3);
	assert_told(REPORT_PARTIAL,
		    "lssock: tcp: 3 damaged messages from the kernel were skipped\n");
}

/* For one who lists a table in parts, and tells the sum. */
Test(nl_dump, damaged_rows_are_added_up)
{
	struct nl_damage damage = { .messages = 4 };

	begin();
	session.damage = &damage;
	rows(1, 2);
	fake_row("short", 5);
	fake_row("", 0);
	fake_done(0);
	cr_assert_eq(run(), 1);
	assert_quiet();
	cr_assert_eq(damage.messages, 6);
	cr_assert(nl_report_bad_attrs(&session, "tcp", 2));
	cr_assert_eq(damage.attrs, 2);
	session.damage = NULL;
	nl_report_damage(&session, "tcp", &damage);
	assert_told(REPORT_PARTIAL,
		    "lssock: tcp: 6 damaged messages from the kernel were skipped\n");
}

Test(nl_dump, nothing_but_damaged_rows_leaves_room_for_a_fallback)
{
	begin();
	fake_datagram();
	fake_row("short", 5);
	fake_done(0);
	cr_assert_eq(run(), -EBADMSG);
	assert_quiet();
}

Test(nl_dump, cancel_stops_at_once)
{
	unsigned int n_recvs;

	begin();
	rows(1, 2);
	rows(3, 4);
	rows(5, 6);
	fake_done(0);
	fake_answer();
	fake_done(0);
	got.cancel_at = 3;
	cr_assert_eq(run(), -ECANCELED);
	assert_rows(1, 4);
	n_recvs = fake.n_recvs;
	cr_assert_eq(n_recvs, 2);
	cr_assert_eq(fake.n_closes, 1);
	assert_quiet();
	cr_assert_eq(run(), 0); /* on a new link */
}

Test(nl_dump, never_ending_answers_end, .timeout = 600)
{
	begin();
	rows(1, 2);
	fake.answers[0].forever = true;
	cr_assert_eq(run(), 1);
	assert_rows(1, 2);

	begin();
	rows(1, 2);
	fake_last()->from = 5;
	fake.answers[0].forever = true;
	cr_assert_eq(run(), -ETIMEDOUT);
	cr_assert_eq(got.n, 0);

	begin();
	rows(1, 2);
	fake_fail(-ENOBUFS);
	fake_answer();
	rows(7, 8);
	fake.answers[1].forever = true;
	cr_assert_eq(run(), 1);
	assert_rows(1, 2);
}

Test(nl_dump, denied_link_is_asked_for_once)
{
	static const int denials[] = { -EPERM, -EACCES, -EAFNOSUPPORT, -EPROTONOSUPPORT, -ENOSYS };

	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
		begin();
		fake.open_error = denials[i];
		cr_assert_eq(run(), denials[i]);
		cr_assert_eq(run(), denials[i]);
		cr_assert_eq(fake.n_opens, 1);
		cr_assert_eq(session.open_error, denials[i]);
	}
	begin();
	fake.open_error = -EMFILE; /* may pass */
	cr_assert_eq(run(), -EMFILE);
	fake.open_error = 0;
	fake_done(0);
	cr_assert_eq(run(), 0);
	cr_assert_eq(session.open_error, 0);
}

Test(nl_dump, denied_send)
{
	begin();
	fake_answer();
	fake.answers[0].send_error = -ECONNREFUSED;
	cr_assert_eq(run(), -ECONNREFUSED);
	cr_assert_eq(session.open_error, -ECONNREFUSED);
	cr_assert_eq(fake.n_closes, 1);
	cr_assert_eq(run(), -ECONNREFUSED);
	cr_assert_eq(fake.n_sends, 1);
}

static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)random_state * n >> 32);
}

/* One dump of the table in datagrams of random sizes, broken off before row `end`. */
static void random_dump(const uint64_t *table, size_t end)
{
	size_t at = 0;

	while (at < end) {
		size_t n = 1 + random_below(300);

		fake_datagram();
		for (; n && at < end; n--)
			fake_row(&table[at++], sizeof(*table));
	}
}

/* Whatever the place and number of breaks: every socket that lived through it exactly once. */
Test(nl_dump, breaks_anywhere_neither_double_nor_lose, .timeout = 600)
{
	enum { TABLE = 3000, ROUNDS = 150 };
	static uint64_t table[TABLE];
	static uint8_t times[TABLE * 2];

	for (uint32_t round = 0; round < ROUNDS; round++) {
		size_t n;
		uint32_t n_breaks;

		random_state = round;
		n = 1 + random_below(TABLE);
		n_breaks = random_below(4);
		begin();
		memset(times, 0, sizeof(times));
		for (size_t i = 0; i < n; i++)
			table[i] = i + 1;
		for (uint32_t i = 0; i < n_breaks; i++) {
			random_dump(table, 1 + random_below((uint32_t)n));
			fake_fail(-ENOBUFS);
			fake_answer();
			/* Now and then, one in eight sockets is replaced by a new one. */
			for (size_t j = 0; round % 2 && j < n; j++)
				if (random_below(8) == 0)
					table[j] = TABLE + j + 1;
		}
		random_dump(table, n);
		fake_done(0);
		cr_assert_geq(run(), 0);
		for (size_t i = 0; i < got.n; i++)
			times[got.rows[i] - 1]++;
		for (size_t i = 0; i < sizeof(times); i++)
			cr_assert_leq(times[i], 1, "round %u: %zu came twice", round, i + 1);
		for (size_t i = 0; i < n && fake.report.level == REPORT_NOTE; i++)
			if (table[i] == i + 1)
				cr_assert_eq(times[i], 1, "round %u: %zu of %zu, lost", round,
					     i + 1, n);
		cr_assert(round % 2 || fake.report.level == REPORT_NOTE, "%s", fake_report());
	}
}

Test(nl_walk, reads_no_further_than_it_may)
{
	const struct nlmsghdr *msg;
	uint8_t bytes[64] = { 0 };
	struct nl_walk walk;

	fake_begin();
	fake_datagram();
	fake_row("12345678", 8);
	fake_row("123456789", 9); /* and three bytes of padding */
	cr_assert_eq(fake_last()->len, 24 + 28);
	memcpy(bytes, fake_last()->bytes, 52);
	for (size_t n = 0; n <= 52; n++) {
		int rc, count = 0;

		nl_walk_begin(&walk, guard_copy(bytes, n), n);
		while ((rc = nl_walk_next(&walk, &msg)) > 0)
			count++;
		cr_assert_eq(count, (n >= 24) + (n >= 24 + 25), "%zu bytes: %d messages", n, count);
		cr_assert_eq(rc == 0, n == 0 || n == 24 || n >= 24 + 25, "%zu bytes", n);
	}
}

Test(nl_attr, cut_at_every_length)
{
	uint8_t bytes[64];
	size_t len = 0;

	len = fake_attr(bytes, len, 1, "a", 1);
	len = fake_attr(bytes, len, 2 | NLA_F_NESTED, "bcde", 4);
	len = fake_attr(bytes, len, 3, "", 0);
	cr_assert_eq(len, 20);
	for (size_t n = 0; n <= len; n++) {
		const void *data = guard_copy(bytes, n);
		struct nl_attr attr;
		size_t pos = 0, count = 0;
		int rc;

		while ((rc = nl_attr_next(data, n, &pos, &attr)) > 0) {
			count++;
			cr_assert_eq(attr.type, count);
			cr_assert_eq(attr.len, count == 1 ? 1 : count == 2 ? 4 : 0);
		}
		cr_assert_eq(count, (n >= 5) + (n >= 16) + (n >= 20), "%zu bytes: %zu", n, count);
		cr_assert_eq(rc == 0, n == 0 || (n >= 5 && n <= 8) || n == 16 || n == 20,
			     "%zu bytes", n);
	}
}

Test(nl_attr, lengths_that_lie)
{
	static const uint16_t lies[] = { 0, 1, 3, 13, 0x7fff, 0xffff };

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		uint16_t head[6] = { lies[i], 1 };
		const void *data = guard_copy(head, sizeof(head));
		struct nl_attr attr;
		size_t pos = 0;

		cr_assert_eq(nl_attr_next(data, sizeof(head), &pos, &attr), -EBADMSG, "length %u",
			     lies[i]);
	}
}
