/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --csv: exact bytes, and Python's strict reader over rows of random bytes. */
#include <criterion/criterion.h>

#include <locale.h>
#include <sys/resource.h>

#include "data_rows.h"
#include "guard.h"
#include "output/csv.h"

static char *print(const char *names, bool no_header, const struct sock *rows, size_t n)
{
	struct data_fields fields = data_fields(names);
	struct obuf out;
	struct writer *writer;
	char *text;

	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = csv_new(fields.list, fields.n, no_header, &out);
	data_write(writer, rows, n);
	writer->free(writer);
	text = data_text(out.fd);
	close(out.fd);
	obuf_free(&out);
	return text;
}

/* The line of one row. */
static char *line(const char *names, const struct sock *sock)
{
	return print(names, true, sock, 1);
}

Test(csv, header_and_lines)
{
	const struct sock rows[2] = { data_tcp(), data_tcp() };

	cr_assert_str_eq(print("proto local_address local_port cookie timer", false, rows, 2),
			 "proto,local_address,local_port,cookie,timer\r\n"
			 "tcp,10.0.0.1,443,18446744073709551615,\r\n"
			 "tcp,10.0.0.1,443,18446744073709551615,\r\n");
	cr_assert_str_eq(print("proto uid", true, rows, 1), "tcp,33\r\n");
	cr_assert_str_eq(print("proto uid", false, NULL, 0), "proto,uid\r\n");
	cr_assert_str_eq(print("proto uid", true, NULL, 0), "");
}

/* One header in a run, however many sections and rounds it has, also when it has none. */
Test(csv, one_header)
{
	struct data_fields fields = data_fields("proto");
	const struct sock sock = data_tcp();
	struct obuf out;
	struct writer *writer;

	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = csv_new(fields.list, fields.n, false, &out);
	cr_assert_eq(writer->end(writer), 0);
	data_write(writer, &sock, 1);
	cr_assert_eq(writer->begin(writer, SECTION_INET), 0);
	cr_assert_eq(writer->begin(writer, SECTION_UNIX), 0);
	data_write(writer, &sock, 1);
	writer->free(writer);
	cr_assert_str_eq(data_text(out.fd), "proto\r\ntcp\r\ntcp\r\n");
	obuf_free(&out);
}

Test(csv, text_is_escaped_and_quoted)
{
	static const struct {
		const char *text;
		size_t n;
		enum unix_name_kind kind;
		const char *want;
	} cases[] = {
		{ "/run/a", 6, UNIX_PATHNAME, "/run/a,\r\n" },
		{ "/run/a b", 8, UNIX_PATHNAME, "/run/a b,\r\n" },
		{ " a", 2, UNIX_PATHNAME, "\" a\",\r\n" },
		{ "a ", 2, UNIX_PATHNAME, "\"a \",\r\n" },
		{ "a,b", 3, UNIX_PATHNAME, "\"a,b\",\r\n" },
		{ "\"a\"\"", 4, UNIX_PATHNAME, "\"\"\"a\"\"\"\"\",\r\n" },
		{ "a\r\nb\\\0", 6, UNIX_PATHNAME, "a\\x0d\\x0ab\\\\\\x00,\r\n" },
		{ "=cmd()", 6, UNIX_PATHNAME, "=cmd(),\r\n" },
		{ "@x", 2, UNIX_PATHNAME, "\\x40x,\r\n" },
		{ "x@", 2, UNIX_PATHNAME, "x@,\r\n" },
		{ "x", 1, UNIX_ABSTRACT, "@x,\r\n" },
		{ "@x", 2, UNIX_ABSTRACT, "@@x,\r\n" },
		{ "", 0, UNIX_ABSTRACT, "@,\r\n" },
		{ "", 0, UNIX_PATHNAME, "\"\",\r\n" },
		{ "-", 1, UNIX_PATHNAME, "-,\r\n" },
		{ "\xc3\xa9\xff\xc2\x9b\xe2\x80\xae", 8, UNIX_PATHNAME,
		  "\xc3\xa9\\xff\\xc2\\x9b\\xe2\\x80\\xae,\r\n" },
	};

	for (int round = 0; round < 2; round++) {
		setlocale(LC_ALL, round ? "C.UTF-8" : "C");
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			const struct sock sock = data_unix(guard_copy(cases[i].text, cases[i].n),
							   cases[i].n, cases[i].kind);

			cr_expect_str_eq(line("path timer", &sock), cases[i].want, "case %zu", i);
		}
	}
}

/* What is not known and what is known to be nothing. */
Test(csv, absent_and_empty)
{
	struct sock sock = data_unix(NULL, 0, UNIX_UNNAMED);

	cr_assert_str_eq(line("proto path cookie v6only", &sock), "unix,,,\r\n");
	cr_assert_str_eq(line("path", &sock), "\"\"\r\n"); /* no empty line */
	cr_assert_str_eq(line("owners proto", &sock), "\"\",unix\r\n");
	sock.owners_hidden = true;
	cr_assert_str_eq(line("owners proto", &sock), ",unix\r\n");
	sock = data_tcp();
	cr_assert_str_eq(line("v6only", &sock), "false\r\n");
}

Test(csv, several_values)
{
	const struct owner owners[] = {
		{ .pid = 1, .fd = 2, .program = "a b,\"/" },
		{ .pid = 2, .fd = 3, .program = "" },
	};
	const struct endpoint addrs[] = { data_end("10.0.0.1", 1), data_end("10.0.0.2", 1) };
	struct sock sock = data_tcp();

	sock.proto = PROTO_SCTP;
	sock.owners = owners;
	sock.n_owners = 2;
	sock.local_addrs = addrs;
	sock.n_local_addrs = 2;
	cr_assert_str_eq(line("owners pid local_addresses local_address", &sock),
			 "\"1/a\\x20b,\"\"/ 2/\",1,10.0.0.1 10.0.0.2,10.0.0.1\r\n");
}

enum { RANDOM_ROWS = 1000, RANDOM_TEXT = 120 };

Test(csv, python_reads_random_bytes_back)
{
	struct data_fields fields = data_fields("user path cgroup inode");
	static char texts[RANDOM_ROWS][2][RANDOM_TEXT + 1];
	static struct sock rows[RANDOM_ROWS];
	struct data_random random = { .state = 3 };
	int expect_fd = data_file();
	FILE *expect = fdopen(dup(expect_fd), "w");
	struct obuf out;
	struct writer *writer;
	char path[64], expect_path[64];

	for (size_t i = 0; i < RANDOM_ROWS; i++) {
		size_t name_len = data_random_text(&random, texts[i][0], 107, true);
		size_t user_len = data_random_text(&random, texts[i][1], RANDOM_TEXT, false);

		rows[i] = data_unix(guard_copy(texts[i][0], name_len), name_len, UNIX_PATHNAME);
		texts[i][1][user_len] = '\0';
		rows[i].user = texts[i][1];
		data_expect(expect, true, "path", texts[i][0], name_len);
		data_expect(expect, false, "user", texts[i][1], user_len);
		fputs(", \"cgroup\": null}\n", expect);
	}
	fclose(expect);
	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = csv_new(fields.list, fields.n, false, &out);
	data_write(writer, rows, RANDOM_ROWS);
	writer->free(writer);
	obuf_free(&out);
	data_check("csv", data_path(path, out.fd), data_path(expect_path, expect_fd), NULL);
}

Test(csv, memory_does_not_grow)
{
	struct data_fields fields = data_fields("proto state local_address local_port uid inode");
	static struct sock rows[1000];
	struct rusage before, after;
	struct obuf out;
	struct writer *writer;
	FILE *null = fopen("/dev/null", "w");

	for (size_t i = 0; i < 1000; i++)
		rows[i] = data_tcp();
	cr_assert_eq(obuf_init(&out, fileno(null)), 0);
	writer = csv_new(fields.list, fields.n, false, &out);
	data_write(writer, rows, 1000);
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(writer->rows(writer, rows, 1000), 0);
	getrusage(RUSAGE_SELF, &after);
	cr_assert_lt(after.ru_maxrss - before.ru_maxrss, 300, "%ld kB more",
		     after.ru_maxrss - before.ru_maxrss);
	writer->free(writer);
	obuf_free(&out);
	fclose(null);
}
