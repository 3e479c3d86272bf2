/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of -c, as a small terminal shows it. */
#include <criterion/criterion.h>

#include <errno.h>

#include "base/env.h"
#include "base/report.h"
#include "data_rows.h"
#include "output/data.h"
#include "output/netstat_table.h"
#include "output/screen.h"

/* --- a terminal ------------------------------------------------------------------------------- */

enum { TERM_LINES = 40, TERM_COLUMNS = 132 };

/* Knows what a screen may use, and fails at everything else. */
static struct {
	size_t width, height, row, col;
	char cells[TERM_LINES][TERM_COLUMNS + 1];
	bool hidden;  /* the cursor */
	bool colored; /* some colour is on */
} term;

static void term_clear(size_t row, size_t col)
{
	memset(&term.cells[row][col], ' ', TERM_COLUMNS - col);
}

/* Another size keeps what is shown. */
static void term_size(size_t width, size_t height)
{
	if (term.height == 0)
		for (size_t i = 0; i < TERM_LINES; i++)
			term_clear(i, 0);
	term.width = width;
	term.height = height;
}

static void term_newline(void)
{
	if (++term.row < term.height)
		return;
	term.row = term.height - 1;
	memmove(term.cells[0], term.cells[1], sizeof(term.cells[0]) * term.row);
	term_clear(term.row, 0);
}

static void term_sequence(char final, const char *text, size_t number)
{
	switch (final) {
	case 'H':
		cr_assert(number >= 1 && number <= term.height, "line %zu", number);
		term.row = number - 1;
		term.col = 0;
		break;
	case 'K':
		cr_assert_lt(term.col, term.width, "erased behind the last column");
		term_clear(term.row, term.col);
		break;
	case 'J':
		for (size_t i = term.row; i < TERM_LINES; i++)
			term_clear(i, i == term.row ? term.col : 0);
		break;
	case 'm':
		term.colored = number != 0;
		break;
	default:
		cr_assert(strncmp(text, "?25", 3) == 0 && (final == 'l' || final == 'h'));
		term.hidden = final == 'l';
	}
}

static void term_feed(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\033') {
			size_t start = i + 2;

			cr_assert_eq(text[i + 1], '[');
			for (i = start; text[i] < '@'; i++)
				;
			term_sequence(text[i], text + start, (size_t)atoi(text + start));
		} else if (text[i] == '\n') {
			term_newline();
		} else {
			cr_assert(text[i] >= ' ');
			cr_assert_lt(term.col, term.width, "a character behind the last column");
			term.cells[term.row][term.col++] = text[i];
		}
	}
}

/* What is shown, a line for each one that is not the last empty ones. */
static const char *term_shows(void)
{
	static char text[TERM_LINES * (TERM_COLUMNS + 1) + 1];
	size_t len = 0, shown = 0;

	for (size_t i = 0; i < term.height; i++) {
		size_t n = term.width;

		while (n > 0 && term.cells[i][n - 1] == ' ')
			n--;
		memcpy(text + len, term.cells[i], n);
		len += n;
		text[len++] = '\n';
		shown = n > 0 ? len : shown;
	}
	text[shown] = '\0';
	return text;
}

/* --- screens ---------------------------------------------------------------------------------- */

static int64_t now;

static int64_t test_now(const struct env *env)
{
	(void)env;
	return now;
}

static size_t test_width(const struct env *env)
{
	(void)env;
	return term.width;
}

static size_t test_height(const struct env *env)
{
	(void)env;
	return term.height;
}

static struct env test_env = { .width = test_width, .height = test_height, .now_ns = test_now };
static struct data_run run = { .time_s = 1795410000 }; /* 05:00:00 UTC */
static struct obuf out;

static struct writer *make_table(const void *ctx, const struct screen_inner *inner,
				 struct obuf *text)
{
	const struct screen_config *config = ctx;
	const struct netstat_table_config table = { .mode = SELECT_ALL,
						    .no_header = config->no_header };

	(void)inner;
	return netstat_table_new(&table, text);
}

static struct writer *make_columns(const void *ctx, const struct screen_inner *inner,
				   struct obuf *text)
{
	const struct columns_config columns = { .fields = inner->fields,
						.n_fields = inner->n_fields,
						.color = test_env.color,
						.width = inner->width };

	(void)ctx;
	return columns_new(&columns, text);
}

static struct screen_config table_config;

static struct writer *new_table(size_t width, size_t height)
{
	table_config = (struct screen_config){ .env = &test_env,
					       .run = &run,
					       .interval_ns = 2000000000,
					       .rows = true,
					       .make = make_table,
					       .make_ctx = &table_config };
	term_size(width, height);
	obuf_free(&out);
	cr_assert_eq(obuf_init_memory(&out), 0);
	return screen_new(&table_config, &out);
}

static struct data_fields column_fields;

static struct writer *new_columns(size_t width, size_t height, const char *names)
{
	struct screen_config config = {
		.env = &test_env,
		.run = &run,
		.interval_ns = 500000000,
		.rows = true,
		.make = make_columns,
	};

	column_fields = data_fields(names);
	config.fields = column_fields.list;
	config.n_fields = column_fields.n;
	term_size(width, height);
	obuf_free(&out);
	cr_assert_eq(obuf_init_memory(&out), 0);
	return screen_new(&config, &out);
}

/* A round two seconds after the former one; what the terminal shows then. */
static const char *show(struct writer *screen, const struct sock *rows, size_t n)
{
	now += 2000000000;
	run.time_s += 2;
	cr_assert_eq(screen->begin(screen, SECTION_INET), 0);
	cr_assert_eq(screen->rows(screen, rows, n), 0);
	cr_assert_eq(screen->end(screen), 0);
	term_feed(out.data, out.len);
	out.len = 0;
	cr_assert_not(term.hidden, "the cursor is to be seen between two frames");
	cr_assert_not(term.colored, "a colour stays on");
	return term_shows();
}

/* Line number i of what is shown, from 0. */
static const char *line(size_t i)
{
	static char text[TERM_COLUMNS + 1];
	size_t n = term.width;

	while (n > 0 && term.cells[i][n - 1] == ' ')
		n--;
	memcpy(text, term.cells[i], n);
	text[n] = '\0';
	return text;
}

static struct sock listener(uint16_t port)
{
	return (struct sock){ .proto = PROTO_TCP,
			      .family = AF_INET,
			      .state = TCP_STATE_LISTEN,
			      .listening = true,
			      .local = data_end("127.0.0.1", port),
			      .has = SOCK_HAS_COOKIE | SOCK_HAS_QUEUES,
			      .cookie = port };
}

#define TABLE_HEAD                                                  \
	"  Active Internet connections (servers and established)\n" \
	"  Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
#define TABLE_ROW(mark, port, recv_q)                                                             \
	mark " tcp        " recv_q "      0 127.0.0.1:" port "          0.0.0.0:*               " \
	     "LISTEN\n"

Test(screen, rows_that_come_change_and_go_are_marked)
{
	struct writer *screen = new_table(100, 24);
	struct sock rows[3] = { listener(1001), listener(1002), listener(1003) };

	cr_expect_str_eq(show(screen, rows, 2),
			 "  05:00:02 UTC  every 2 s  2 sockets\n" TABLE_HEAD TABLE_ROW(
				 " ", "1001", "0") TABLE_ROW(" ", "1002", "0"));
	cr_expect_str_eq(
		show(screen, rows, 3),
		"  05:00:04 UTC  every 2 s  3 sockets  +1 new 0.5/s  -0 gone  ~0 changed\n" TABLE_HEAD
			TABLE_ROW(" ", "1001", "0") TABLE_ROW(" ", "1002", "0")
				TABLE_ROW("+", "1003", "0"));
	rows[0].recv_q = 5;
	cr_expect_str_eq(
		show(screen, rows, 3),
		"  05:00:06 UTC  every 2 s  3 sockets  +0 new  -0 gone  ~1 changed\n" TABLE_HEAD
			TABLE_ROW("~", "1001", "5") TABLE_ROW(" ", "1002", "0")
				TABLE_ROW(" ", "1003", "0"));
	rows[1] = rows[2];
	/* Gone, where it was. */
	cr_expect_str_eq(
		show(screen, rows, 2),
		"  05:00:08 UTC  every 2 s  2 sockets  +0 new  -1 gone 0.5/s  ~0 changed\n" TABLE_HEAD
			TABLE_ROW(" ", "1001", "5") TABLE_ROW("-", "1002", "0")
				TABLE_ROW(" ", "1003", "0"));
	cr_expect_str_eq(
		show(screen, rows, 2),
		"  05:00:10 UTC  every 2 s  2 sockets  +0 new  -0 gone  ~0 changed\n" TABLE_HEAD
			TABLE_ROW(" ", "1001", "5") TABLE_ROW(" ", "1003", "0"));
	cr_expect_str_eq(
		show(screen, NULL, 0),
		"  05:00:12 UTC  every 2 s  0 sockets  +0 new  -2 gone 1.0/s  ~0 changed\n" TABLE_HEAD
			TABLE_ROW("-", "1001", "5") TABLE_ROW("-", "1003", "0"));
	cr_expect_str_eq(
		show(screen, NULL, 0),
		"  05:00:14 UTC  every 2 s  0 sockets  +0 new  -0 gone  ~0 changed\n" TABLE_HEAD);
	cr_expect_eq(term.row, 3, "the cursor is not below the last line");
	screen->free(screen);
}

Test(screen, what_was_there_before_is_scrolled_out)
{
	struct writer *screen;

	term_size(80, 10);
	term_feed("$ lssock -c", 11);
	term_newline();
	term.col = 0;
	screen = new_table(80, 10);
	show(screen, NULL, 0);
	cr_expect_str_eq(line(0), "  05:00:02 UTC  every 2 s  0 sockets");
	cr_expect_str_eq(line(9), "");
	screen->free(screen);
}

Test(screen, both_tables)
{
	struct writer *screen = new_table(100, 24);
	struct sock tcp[2] = { listener(1001), listener(1002) };
	struct sock local = data_unix("/run/x", 6, UNIX_PATHNAME);

	for (size_t round = 0; round < 2; round++) {
		cr_assert_eq(screen->begin(screen, SECTION_INET), 0);
		cr_assert_eq(screen->rows(screen, tcp, 2 - 2 * round), 0);
		cr_assert_eq(screen->begin(screen, SECTION_UNIX), 0);
		cr_assert_eq(screen->rows(screen, &local, 1), 0);
		cr_assert_eq(screen->end(screen), 0);
		term_feed(out.data, out.len);
		out.len = 0;
	}
	/* What is gone stays in its own table, although nothing of it is left there. */
	cr_expect_eq(strncmp(line(3), "- tcp ", 6), 0);
	cr_expect_eq(strncmp(line(4), "- tcp ", 6), 0);
	cr_expect_eq(strncmp(line(5), "  Active UNIX", 13), 0);
	cr_expect_eq(strncmp(line(7), "  unix ", 7), 0);
	cr_expect_str_eq(line(8), "");
	screen->free(screen);
}

Test(screen, an_association_has_several_lines)
{
	const struct endpoint local[] = { data_end("127.0.0.1", 7), data_end("127.0.0.2", 7) };
	struct writer *screen = new_table(100, 24);
	struct sock rows[2] = { listener(1001), listener(1002) };

	rows[0].proto = PROTO_SCTP;
	rows[0].listening = false;
	rows[0].sctp_assoc = true;
	rows[0].local_addrs = local;
	rows[0].n_local_addrs = 2;
	show(screen, rows + 1, 1);
	show(screen, rows, 2);
	cr_expect_eq(strncmp(line(3), "+ sctp ", 7), 0);
	cr_expect_eq(strncmp(line(4), "+                     127.0.0.2 ", 31), 0, "%s", line(4));
	cr_expect_eq(strncmp(line(5), "  tcp ", 6), 0);
	show(screen, rows + 1, 1);
	cr_expect_eq(strncmp(line(3), "- sctp ", 7), 0);
	cr_expect_eq(strncmp(line(4), "-                     127.0.0.2 ", 31), 0);
	cr_expect_eq(strncmp(line(5), "  tcp ", 6), 0);
	screen->free(screen);
}

/* Two that nothing tells apart are two. */
Test(screen, twins)
{
	struct writer *screen = new_table(100, 40);
	struct sock rows[30];

	for (size_t i = 0; i < 30; i++) {
		rows[i] = listener(1001);
		rows[i].has = SOCK_HAS_QUEUES;
	}
	show(screen, rows, 3);
	cr_expect(strstr(show(screen, rows, 3), "3 sockets  +0 new  -0 gone  ~0 changed"));
	cr_expect(strstr(show(screen, rows, 4), "4 sockets  +1 new 0.5/s  -0 gone"));
	cr_expect(strstr(show(screen, rows, 1), "1 socket  +0 new  -3 gone 1.5/s"));
	/* Of very many some are no longer followed, and none is lost. */
	show(screen, rows, 30);
	cr_expect(strstr(show(screen, rows, 30), "30 sockets  +0 new"));
	screen->free(screen);
}

Test(screen, more_rows_than_lines)
{
	struct writer *screen = new_table(80, 8);
	struct sock rows[20];

	for (size_t i = 0; i < 20; i++)
		rows[i] = listener((uint16_t)(1001 + i));
	/* Status, two headings, the cursor: four rows fit, or three and the count. */
	show(screen, rows, 4);
	cr_expect_eq(strncmp(line(6), "  tcp ", 6), 0);
	cr_expect_str_eq(line(7), "");
	show(screen, rows, 20);
	cr_expect_str_eq(line(6), "  17 more sockets  +16 new");
	rows[10].recv_q = 1;
	show(screen, rows + 1, 19);
	cr_expect_eq(strncmp(line(3), "- tcp ", 6), 0);
	cr_expect_str_eq(line(6), "  17 more sockets  ~1 changed");
	show(screen, rows + 1, 3);
	cr_expect_eq(strncmp(line(5), "  tcp ", 6), 0);
	cr_expect_str_eq(line(6), "  16 more sockets  -16 gone");
	show(screen, rows + 1, 3);
	cr_expect_str_eq(line(6), "");
	/* A larger terminal, and a smaller one. */
	term_size(80, 30);
	show(screen, rows + 1, 19);
	cr_expect_eq(strncmp(line(21), "+ tcp ", 6), 0);
	term_size(40, 5);
	show(screen, rows + 1, 19);
	cr_expect_str_eq(line(2), "  Proto Recv-Q Send-Q Local Address    >");
	cr_expect_str_eq(line(3), "  19 more sockets");
	cr_expect_str_eq(line(4), "");
	screen->free(screen);
}

/* Terminals that are hardly there. */
Test(screen, any_size)
{
	struct sock rows[3] = { listener(1001), listener(1002), listener(1003) };

	for (size_t width = 10; width < 90; width++) {
		struct writer *screen = new_table(width, 3 + width % 7);

		term_size(width, 3 + width % 7);
		show(screen, rows, 2);
		show(screen, rows + 1, 2);
		screen->free(screen);
	}
}

Test(screen, too_many_for_marks)
{
	struct writer *screen = new_table(80, 24);
	struct sock rows[100];

	show(screen, NULL, 0);
	cr_assert_eq(screen->begin(screen, SECTION_INET), 0);
	for (size_t i = 0; i < 110; i++) {
		for (size_t k = 0; k < 100; k++) {
			rows[k] = listener((uint16_t)(1000 + 100 * i + k));
			rows[k].cookie = 100 * i + k;
		}
		cr_assert_eq(screen->rows(screen, rows, 100), 0);
	}
	cr_assert_eq(screen->end(screen), 0);
	term_feed(out.data, out.len);
	out.len = 0;
	cr_expect_str_eq(line(0), "  05:00:02 UTC  every 2 s  11000 sockets  too many for marks");
	cr_expect_eq(strncmp(line(3), "  tcp ", 6), 0);
	cr_expect_str_eq(line(22), "  10981 more sockets");
	/* There is nothing whole to compare the next round with. */
	cr_expect_eq(strncmp(show(screen, rows, 1), "  05:00:04 UTC  every 2 s  1 socket\n", 36),
		     0);
	cr_expect_eq(strncmp(line(3), "  tcp ", 6), 0);
	cr_expect(strstr(show(screen, rows, 2), "2 sockets  +1 new"));
	screen->free(screen);
}

Test(screen, counters_have_rates)
{
	struct writer *screen = new_columns(60, 24, "local_port drops state");
	uint32_t skmem[2][9] = { { 0 } };
	struct sock_facts facts[2] = {
		{ .skmem = { (const uint8_t *)skmem[0], sizeof(skmem[0]) } },
		{ .skmem = { (const uint8_t *)skmem[1], sizeof(skmem[1]) } },
	};
	struct sock rows[2] = { listener(1001), listener(1002) };

	rows[0].facts = &facts[0];
	rows[1].facts = &facts[1];
	cr_expect_str_eq(show(screen, rows, 1), "  05:00:02 UTC  every 0.5 s  1 socket\n"
						"  Local-Port Drops /s State\n"
						"        1001     0  - LISTEN\n");
	skmem[0][8] = 5;
	cr_expect_str_eq(show(screen, rows, 2),
			 "  05:00:04 UTC  every 0.5 s  2 sockets  +1 new 0.5/s  -0 go>\n"
			 "  Local-Port Drops  /s State\n"
			 "~       1001     5 2.5 LISTEN\n"
			 "+       1002     0   - LISTEN\n");
	skmem[1][8] = 40000;
	show(screen, rows, 2);
	cr_expect_str_eq(line(1), "  Local-Port Drops    /s State");
	cr_expect_str_eq(line(2), "        1001     5     0 LISTEN");
	cr_expect_str_eq(line(3), "~       1002 40000 20000 LISTEN");
	skmem[1][8] = 1; /* never of one socket */
	show(screen, rows, 2);
	cr_expect_str_eq(line(3), "~       1002     1  - LISTEN");
	rows[0].facts = NULL;
	show(screen, rows, 2);
	cr_expect_str_eq(line(2), "~       1001     -  - LISTEN");
	screen->free(screen);
}

/* The widths of columns are no news. */
Test(screen, another_width_is_no_change)
{
	static const char path[] = "/run/one/name/that/is/much/longer/than/it/ought/to/be";
	struct writer *screen = new_columns(50, 24, "inode path");
	struct sock row = data_unix(path, strlen(path), UNIX_PATHNAME);

	show(screen, &row, 1);
	cr_expect_str_eq(line(2), "     77 /run/one/name/that/is/much/longer/than/it>");
	term_size(30, 24);
	show(screen, &row, 1);
	cr_expect_str_eq(line(2), "     77 /run/one/name/that/is>");
	row.name_len--;
	show(screen, &row, 1);
	cr_expect_str_eq(line(2), "~    77 /run/one/name/that/is>");
	screen->free(screen);
}

Test(screen, colours)
{
	struct sock row = listener(1001);
	struct writer *screen;

	test_env.color = true;
	screen = new_columns(60, 24, "local_port state");
	show(screen, NULL, 0);
	cr_assert_eq(screen->begin(screen, SECTION_INET), 0);
	cr_assert_eq(screen->rows(screen, &row, 1), 0);
	cr_assert_eq(screen->end(screen), 0);
	obuf_put_char(&out, '\0');
	cr_expect(strstr(out.data, "\033[32m+\033[0m       1001 \033[36mLISTEN\033[0m\033[K"));
	out.len = 0;
	cr_assert_eq(screen->end(screen), 0);
	obuf_put_char(&out, '\0');
	cr_expect(strstr(out.data, "\033[2m-       1001 LISTEN\033[0m\033[K"));
	screen->free(screen);
}

/* What was said on stderr was drawn over. */
Test(screen, messages_stand_at_the_bottom)
{
	struct report report;
	struct sock rows[2] = { listener(1001), listener(1002) };
	struct writer *screen = new_table(40, 8);

	report_init(&report, -1);
	report_begin_round(&report);
	report_add(&report, REPORT_NOTE, "a \033[2J%s", "note");
	run.report = &report;
	show(screen, rows, 2);
	cr_expect_eq(strncmp(line(4), "  tcp ", 6), 0);
	cr_expect_str_eq(line(5), "  lssock: a \\x1b[2Jnote");
	report_begin_round(&report);
	show(screen, rows, 2);
	cr_expect_str_eq(line(5), "");
	run.report = NULL;
	report_free(&report);
	screen->free(screen);
}

Test(screen, a_round_cut_short_leaves_the_last_screen)
{
	struct writer *screen = new_table(80, 10);
	struct sock rows[2] = { listener(1001), listener(1002) };

	show(screen, rows, 2);
	run.cut_short = true;
	cr_assert_eq(screen->begin(screen, SECTION_INET), 0);
	cr_assert_eq(screen->rows(screen, rows, 1), 0);
	cr_assert_eq(screen->end(screen), 0);
	cr_expect_eq(out.len, 0);
	run.cut_short = false;
	screen->free(screen);
}

Test(screen, a_failed_output_is_told)
{
	struct writer *screen = new_table(80, 10);

	out.in_memory = false;
	cr_assert_eq(screen->begin(screen, SECTION_INET), 0);
	cr_expect_eq(screen->end(screen), -EBADF);
	screen->free(screen);
}

Test(screen, without_headings)
{
	struct writer *screen = new_table(80, 10);
	struct sock row = listener(1001);

	table_config.no_header = true;
	screen->free(screen);
	screen = screen_new(&table_config, &out);
	cr_expect_str_eq(show(screen, &row, 1), TABLE_ROW(" ", "1001", "0"));
	cr_expect_str_eq(show(screen, NULL, 0), TABLE_ROW("-", "1001", "0"));
	cr_expect_str_eq(show(screen, NULL, 0), "");
	screen->free(screen);
}

/* --- views ------------------------------------------------------------------------------------ */

struct view {
	struct writer writer;
	struct obuf *text;
	size_t n_lines;
};

static int view_begin(struct writer *writer, enum section section)
{
	(void)writer;
	(void)section;
	return 0;
}

static int view_rows(struct writer *writer, const struct sock *rows, size_t n)
{
	(void)rows;
	((struct view *)writer)->n_lines += n;
	return 0;
}

static int view_end(struct writer *writer)
{
	struct view *view = (struct view *)writer;

	for (size_t i = 1; i <= view->n_lines; i++) {
		obuf_put_str(view->text, "line ");
		obuf_put_left(view->text, i, 0);
		obuf_put_char(view->text, '\n');
	}
	return obuf_flush(view->text);
}

static void view_free(struct writer *writer)
{
	(void)writer;
}

static struct view view = {
	.writer = {
		.begin = view_begin,
		.rows = view_rows,
		.end = view_end,
		.free = view_free,
	},
};

static struct writer *make_view(const void *ctx, const struct screen_inner *inner,
				struct obuf *text)
{
	(void)ctx;
	cr_assert_null(view.text, "it keeps its sums");
	cr_assert_eq(inner->width, 30);
	view.text = text;
	return &view.writer;
}

Test(screen, a_view_replaces_its_text)
{
	const struct screen_config config = {
		.env = &test_env, .run = &run, .interval_ns = 1000000000, .make = make_view
	};
	struct sock rows[9] = { 0 };
	struct writer *screen;

	term_size(30, 7);
	obuf_free(&out);
	cr_assert_eq(obuf_init_memory(&out), 0);
	screen = screen_new(&config, &out);
	cr_expect_str_eq(show(screen, rows, 2), "05:00:02 UTC  every 1 s\nline 1\nline 2\n");
	cr_expect_str_eq(show(screen, rows, 1),
			 "05:00:04 UTC  every 1 s\nline 1\nline 2\nline 3\n");
	cr_expect_str_eq(show(screen, rows, 9), "05:00:06 UTC  every 1 s\nline 1\nline 2\nline 3\n"
						"line 4\n8 more lines\n");
	view.n_lines = 0;
	cr_expect_str_eq(show(screen, rows, 1), "05:00:08 UTC  every 1 s\nline 1\n");
	view.n_lines = 0;
	cr_expect_str_eq(show(screen, rows, 0), "05:00:10 UTC  every 1 s\n");
	screen->free(screen);
}
