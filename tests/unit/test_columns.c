/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --columns: cells, widths in a pipe and on terminals of any width, colour. */
#include <criterion/criterion.h>

#include <locale.h>
#include <sys/resource.h>
#include <wchar.h>

#include "base/escape.h"
#include "data_rows.h"
#include "guard.h"
#include "model/unit.h"
#include "output/columns.h"
#include "output/field_text.h"

static char *print_as(struct columns_config config, const char *names, const struct sock *rows,
		      size_t n)
{
	struct data_fields fields = data_fields(names);
	struct obuf out;
	struct writer *writer;
	char *text;

	config.fields = fields.list;
	config.n_fields = fields.n;
	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = columns_new(&config, &out);
	data_write(writer, rows, n);
	writer->free(writer);
	text = data_text(out.fd);
	close(out.fd);
	obuf_free(&out);
	return text;
}

static char *print(const char *names, const struct sock *rows, size_t n)
{
	return print_as((struct columns_config){ 0 }, names, rows, n);
}

static char *line(const char *names, const struct sock *sock)
{
	return print_as((struct columns_config){ .no_header = true }, names, sock, 1);
}

static char *on_terminal(size_t width, const char *names, const struct sock *rows, size_t n)
{
	return print_as((struct columns_config){ .width = width }, names, rows, n);
}

Test(columns, in_a_pipe)
{
	struct sock rows[2] = { data_tcp(), data_tcp() };

	rows[1].state = TCP_STATE_LISTEN;
	rows[1].local = data_end("127.0.0.1", 80);
	cr_assert_str_eq(print("proto local_address local_port state uid", rows, 2),
			 "Proto Local-Address   Local-Port State       UID\n"
			 "tcp   10.0.0.1               443 ESTABLISHED  33\n"
			 "tcp   127.0.0.1               80 LISTEN       33\n");
	cr_assert_str_eq(print("local uid", rows, 2), "Local                 UID\n"
						      "10.0.0.1:443           33\n"
						      "127.0.0.1:80           33\n");
	cr_assert_str_eq(print("uid proto", rows, 0), "UID Proto\n");
	cr_assert_str_eq(line("uid proto", rows), "33 tcp\n");
}

/* A cell that takes too much moves the others by no more than it must; nothing is cut. */
Test(columns, wide_cells_in_a_pipe)
{
	struct sock sock = data_tcp();

	sock.family = AF_INET6;
	sock.local = data_end("2001:db8:1111:2222:3333:4444:5555:6666", 80);
	cr_assert_str_eq(print("local_address local_port uid", &sock, 1),
			 "Local-Address   Local-Port UID\n"
			 "2001:db8:1111:2222:3333:4444:5555:6666 80 33\n");
}

Test(columns, header_once_a_round)
{
	struct data_fields fields = data_fields("proto");
	const struct columns_config config = { .fields = fields.list, .n_fields = 1 };
	const struct sock sock = data_tcp();
	struct obuf out;
	struct writer *writer;

	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = columns_new(&config, &out);
	cr_assert_eq(writer->begin(writer, SECTION_INET), 0);
	data_write(writer, &sock, 1);
	cr_assert_eq(writer->end(writer), 0);
	writer->free(writer);
	cr_assert_str_eq(data_text(out.fd), "Proto\ntcp\nProto\n");
	obuf_free(&out);
}

/* No two texts look alike, and none looks like what is no text. */
Test(columns, every_cell_is_one_word)
{
	static const struct {
		const char *text;
		size_t n;
		enum unix_name_kind kind;
		const char *want;
	} cases[] = {
		{ "/run/a b", 8, UNIX_PATHNAME, "/run/a\\x20b\n" },
		{ "a\n\x1b\\\0", 5, UNIX_PATHNAME, "a\\x0a\\x1b\\\\\\x00\n" },
		{ "@x", 2, UNIX_PATHNAME, "\\x40x\n" },
		{ "x", 1, UNIX_ABSTRACT, "@x\n" },
		{ "-", 1, UNIX_ABSTRACT, "@-\n" },
		{ "", 0, UNIX_ABSTRACT, "@\n" },
		{ "", 0, UNIX_PATHNAME, "\"\"\n" },
		{ "\"\"", 2, UNIX_PATHNAME, "\\x22\\x22\n" },
		{ "-", 1, UNIX_PATHNAME, "\\x2d\n" },
		{ "--", 2, UNIX_PATHNAME, "--\n" },
		{ "\xc3\xa9", 2, UNIX_PATHNAME, "\\xc3\\xa9\n" },
		{ NULL, 0, UNIX_UNNAMED, "-\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sock sock =
			data_unix(guard_copy(cases[i].text, cases[i].n), cases[i].n, cases[i].kind);

		cr_expect_str_eq(line("path", &sock), cases[i].want, "case %zu", i);
	}
}

Test(columns, owners_and_addresses)
{
	const struct owner owners[] = {
		{ .pid = 812, .fd = 6, .program = "ng inx" },
		{ .pid = 813, .fd = 7, .program = "b" },
	};
	const struct endpoint addrs[] = { data_end("10.0.0.1", 1), data_end("10.0.0.2", 1) };
	struct sock sock = data_tcp();

	cr_assert_str_eq(line("owners pid v6only", &sock), "- - false\n");
	sock.owners = owners;
	sock.n_owners = 2;
	sock.proto = PROTO_SCTP;
	sock.local_addrs = addrs;
	sock.n_local_addrs = 2;
	cr_assert_str_eq(line("owners pid local_addresses", &sock),
			 "812/ng\\x20inx,+1 812 10.0.0.1,10.0.0.2\n");
}

/* The program's cell of a socket in that group, whose owners are hidden. */
static char *hidden_cell(const char *path)
{
	struct sock sock = data_tcp();
	struct unit unit;

	unit_parse(path, strlen(path), &unit);
	sock.unit = &unit;
	sock.owners_hidden = true;
	return line("program", &sock);
}

Test(columns, units_where_owners_are_hidden)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct owner owner = { .pid = 7, .program = "[nginx.service]" };
	struct sock sock = data_tcp();
	struct unit unit;
	char path[200];

	cr_assert_str_eq(hidden_cell("/system.slice/nginx.service"), "[nginx.service]\n");
	cr_assert_str_eq(hidden_cell("/user.slice/user-5.slice/user@5.service/app.slice/a.service"),
			 "[user-5/a.service]\n");
	snprintf(path, sizeof(path), "/user.slice/user-5.slice/libpod-%s.scope", id);
	cr_assert_str_eq(hidden_cell(path), "[user-5/podman:0123456789ab]\n");
	snprintf(path, sizeof(path), "/default/%s", id);
	cr_assert_str_eq(hidden_cell(path), "[container:0123456789ab]\n");
	cr_assert_str_eq(hidden_cell("/kubepods/pod0123456789abcdef0123456789abcdef/x"),
			 "[pod:0123456789abcdef0123456789abcdef]\n");
	cr_assert_str_eq(hidden_cell("/lxc/a b\n]"), "[lxc:a\\x20b\\x0a]]\n");
	cr_assert_str_eq(hidden_cell("/machine.slice/machine-a\\x2db.scope"), "[machine:a-b]\n");
	cr_assert_str_eq(hidden_cell("/system.slice/a\\x2db.service"), "[a\\\\x2db.service]\n");
	cr_assert_str_eq(hidden_cell("/"), "-\n");
	/* Not for sockets that nobody holds, not in other columns, and no program looks like it. */
	unit_parse("/a.service", strlen("/a.service"), &unit);
	sock.unit = &unit;
	cr_assert_str_eq(line("program owners pid", &sock), "- - -\n");
	sock.owners_hidden = true;
	cr_assert_str_eq(line("program owners pid exe", &sock), "[a.service] [a.service] - -\n");
	sock.owners_hidden = false;
	sock.owners = &owner;
	sock.n_owners = 1;
	cr_assert_str_eq(line("program owners unit", &sock),
			 "\\x5bnginx.service] 7/[nginx.service] a.service\n");
}

Test(columns, as_wide_as_needed_on_a_terminal)
{
	const struct sock rows[3] = {
		data_tcp(),
		data_unix("/run/systemd/journal/stdout", 27, UNIX_PATHNAME),
		data_unix("/x", 2, UNIX_PATHNAME),
	};

	cr_assert_str_eq(on_terminal(80, "proto inode path state", rows, 3),
			 "Proto      Inode Path                        State\n"
			 "tcp   4294967301 -                           ESTABLISHED\n"
			 "unix          77 /run/systemd/journal/stdout CONNECTED\n"
			 "unix          77 /x                          CONNECTED\n");
	cr_assert_str_eq(on_terminal(80, "proto inode", rows, 0), "Proto Inode\n");
}

Test(columns, the_widest_text_gives_way_first)
{
	struct sock sock = data_unix("/run/systemd/journal/stdout", 27, UNIX_PATHNAME);

	sock.user = "somebody-else";
	cr_assert_str_eq(on_terminal(46, "proto user path state", &sock, 1),
			 "Proto User          Path             State\n"
			 "unix  somebody-else /run/systemd/jo> CONNECTED\n");
	cr_assert_str_eq(on_terminal(40, "proto user path state", &sock, 1),
			 "Proto User        Path         State\n"
			 "unix  somebody-e> /run/system> CONNECTED\n");
	/* At their narrowest; then columns go. */
	cr_assert_str_eq(on_terminal(33, "proto user path state", &sock, 1),
			 "Proto User     Path     State\n"
			 "unix  somebod> /run/sy> CONNECTED\n");
	cr_assert_str_eq(on_terminal(32, "proto user path state", &sock, 1),
			 "Proto User        Path >\n"
			 "unix  somebody-e> /run/system>\n");
	cr_assert_str_eq(on_terminal(3, "proto user path state", &sock, 1), "Proto >\nunix\n");
}

Test(columns, utf8_on_a_terminal)
{
	struct columns_config config = { .width = 14, .utf8 = true, .no_header = true };
	struct sock sock =
		data_unix("\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\n", 16,
			  UNIX_PATHNAME);

	setlocale(LC_CTYPE, "C.UTF-8");
	/* Five characters of two columns and an escape of four. */
	cr_assert_str_eq(print_as(config, "path", &sock, 1),
			 "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\\x0a\n");
	config.width = 13;
	cr_assert_str_eq(
		print_as(config, "path", &sock, 1),
		"\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe2\x80\xa6\n");
	config.width = 10;
	cr_assert_str_eq(print_as(config, "path", &sock, 1),
			 "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe2\x80\xa6\n");
}

Test(columns, colour_is_on_top_of_the_word)
{
	struct columns_config config = { .color = true, .no_header = true };
	struct sock sock = data_tcp();

	cr_assert_str_eq(print_as(config, "proto state uid", &sock, 1),
			 "tcp \033[32mESTABLISHED\033[0m 33\n");
	/* Only words of ours, never a text that looks like one. */
	sock.user = "LISTEN";
	cr_assert_str_eq(print_as(config, "user", &sock, 1), "LISTEN\n");
	sock.state = 99;
	cr_assert_str_eq(print_as(config, "state", &sock, 1), "-\n");
}

/* More rows than are kept: the others come with the same widths, numbers whole. */
Test(columns, rows_beyond_those_kept)
{
	enum { ROWS = COLUMNS_KEPT_MAX + 10 };
	static struct sock rows[ROWS];
	char *text, *at;
	size_t n = 0;

	for (size_t i = 0; i < ROWS; i++) {
		rows[i] = data_unix("/run/x", 6, UNIX_PATHNAME);
		if (i >= COLUMNS_KEPT_MAX)
			rows[i] = data_unix("/run/longer", 11, UNIX_PATHNAME);
		if (i > COLUMNS_KEPT_MAX)
			rows[i].inode = 1234567;
	}
	text = on_terminal(80, "proto inode path proto", rows, ROWS);
	for (at = strchr(text, '\n') + 1; *at; at = strchr(at, '\n') + 1, n++) {
		const char *want = "unix     77 /run/x unix\n";

		if (n >= COLUMNS_KEPT_MAX)
			want = "unix     77 /run/> unix\n";
		if (n > COLUMNS_KEPT_MAX)
			want = "unix  1234567 /run/> unix\n";
		cr_assert_eq(strncmp(at, want, strlen(want)), 0, "row %zu: %.40s", n, at);
	}
	cr_assert_eq(n, ROWS);
}

/* The columns that a line takes. */
static size_t line_width(const char *text, size_t n)
{
	mbstate_t state = { 0 };
	size_t width = 0;

	while (n > 0) {
		wchar_t c;
		size_t len = mbrtowc(&c, text, n, &state);

		cr_assert_leq(len, n, "not UTF-8");
		cr_assert_geq(wcwidth(c), 0, "U+%04X", (unsigned int)c);
		width += (size_t)wcwidth(c);
		text += len;
		n -= len;
	}
	return width;
}

enum { RANDOM_ROWS = 60, RANDOM_TEXT = 90 };

static void random_rows(struct sock *rows, struct owner *owners)
{
	static char texts[RANDOM_ROWS][3][RANDOM_TEXT + 1];
	struct data_random random = { .state = 5 };

	for (size_t i = 0; i < RANDOM_ROWS; i++) {
		size_t n = data_random_text(&random, texts[i][0], RANDOM_TEXT, true);

		rows[i] = i % 3 == 0 ? data_tcp()
				     : data_unix(guard_copy(texts[i][0], n), n, UNIX_PATHNAME);
		for (int k = 1; k < 3; k++) {
			n = data_random_text(&random, texts[i][k], RANDOM_TEXT, false);
			texts[i][k][n] = '\0';
		}
		rows[i].user = texts[i][1];
		owners[i] = (struct owner){ .pid = (uint32_t)i, .program = texts[i][2] };
		rows[i].owners = &owners[i];
		rows[i].n_owners = 1;
	}
}

/* Whatever the names are: valid text, no controls, no line wider than the terminal. */
Test(columns, nothing_wraps)
{
	static struct sock rows[RANDOM_ROWS];
	static struct owner owners[RANDOM_ROWS];

	setlocale(LC_CTYPE, "C.UTF-8");
	random_rows(rows, owners);
	for (size_t width = 12; width < 260; width += width < 90 ? 1 : 13) {
		const struct columns_config config = { .width = width, .utf8 = true };
		char *text = print_as(config, "proto path user state owners inode local_address",
				      rows, RANDOM_ROWS);
		size_t n = 0, len;

		for (; *text; text += len + 1, n++) {
			len = strcspn(text, "\n");
			cr_assert_leq(line_width(text, len), width, "row %zu at %zu", n, width);
		}
		cr_assert_eq(n, RANDOM_ROWS + 1);
	}
}

Test(columns, every_row_has_as_many_words_as_columns)
{
	static struct sock rows[RANDOM_ROWS];
	static struct owner owners[RANDOM_ROWS];
	char *text;
	size_t n = 0;

	random_rows(rows, owners);
	text = print("proto path user state owners inode local_address", rows, RANDOM_ROWS);
	for (char *save, *at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		size_t words = 0;
		char *word_save;

		for (char *word = strtok_r(at, " ", &word_save); word;
		     word = strtok_r(NULL, " ", &word_save))
			words++;
		cr_assert_eq(words, 7);
		n++;
	}
	cr_assert_eq(n, RANDOM_ROWS + 1);
}

Test(columns, cutting_a_cell)
{
	static const char cell[] = "a\\x1b\\\\\xe4\xb8\xad"
				   "e\xcc\x81z";
	size_t width, n;

	setlocale(LC_CTYPE, "C.UTF-8");
	static const size_t bytes[] = { 0, 1, 1, 1, 1, 5, 5, 7, 7, 10, 13, 14, 14 };
	static const size_t widths[] = { 0, 1, 1, 1, 1, 5, 5, 7, 7, 9, 10, 11, 11 };

	for (size_t max = 0; max < sizeof(bytes) / sizeof(bytes[0]); max++) {
		n = field_text_cut(guard_copy(cell, sizeof(cell) - 1), sizeof(cell) - 1, max,
				   &width);
		cr_expect_eq(n, bytes[max], "%zu: %zu bytes", max, n);
		cr_expect_eq(width, widths[max], "%zu: %zu columns", max, width);
	}
}

/* In a pipe nothing is kept; on a terminal no more than the bound. */
Test(columns, memory_does_not_grow)
{
	struct data_fields fields = data_fields("proto state local_address local_port uid inode");
	static struct sock rows[1000];
	struct columns_config config = { .fields = fields.list, .n_fields = fields.n };
	struct rusage before, after;
	FILE *null = fopen("/dev/null", "w");

	for (size_t i = 0; i < 1000; i++)
		rows[i] = data_tcp();
	for (int terminal = 0; terminal < 2; terminal++) {
		struct obuf out;
		struct writer *writer;

		config.width = terminal ? 80 : 0;
		cr_assert_eq(obuf_init(&out, fileno(null)), 0);
		writer = columns_new(&config, &out);
		for (int i = 0; i < 110; i++) {
			if (i == (terminal ? 11 : 1))
				getrusage(RUSAGE_SELF, &before);
			cr_assert_eq(writer->rows(writer, rows, 1000), 0);
		}
		getrusage(RUSAGE_SELF, &after);
		cr_expect_lt(after.ru_maxrss - before.ru_maxrss, 300, "%ld kB more",
			     after.ru_maxrss - before.ru_maxrss);
		cr_assert_eq(writer->end(writer), 0);
		writer->free(writer);
		obuf_free(&out);
	}
	fclose(null);
}
