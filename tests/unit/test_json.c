/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --json and --jsonl: exact bytes where they matter, and Python's reader and a schema validator
 * over rows of random bytes. */
#include <criterion/criterion.h>

#include <locale.h>
#include <sys/resource.h>
#include <time.h>

#include "base/report.h"
#include "data_rows.h"
#include "guard.h"
#include "output/data.h"
#include "output/json_text.h"

static const struct data_run sample_run = {
	.host = "box",
	.time_s = 1795410000,
	.time_ns = 123999999,
};

#define SAMPLE_RUN \
	"\"schema_version\":1,\"time\":\"2026-11-23T05:00:00.123Z\",\"host\":\"box\",\"netns\":null"

/* What the writer makes of rows. */
static char *print(bool lines, const char *names, const struct data_run *run,
		   const struct sock *rows, size_t n)
{
	struct data_fields fields = data_fields(names);
	struct obuf out;
	struct writer *writer;
	char *text;

	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = (lines ? jsonl_new : json_new)(fields.list, fields.n, run, &out);
	data_write(writer, rows, n);
	writer->free(writer);
	text = data_text(out.fd);
	close(out.fd);
	obuf_free(&out);
	return text;
}

/* One record, without the line end and the last line. */
static char *record(const char *names, const struct sock *sock)
{
	char *text = print(true, names, &sample_run, sock, 1);

	*strchr(text, '\n') = '\0';
	return text;
}

/* What an obuf without a descriptor has taken; valid until the next call. */
static const char *taken(struct obuf *out)
{
	static char text[256];

	cr_assert_lt(out->len, sizeof(text));
	memcpy(text, out->data, out->len);
	text[out->len] = '\0';
	obuf_free(out);
	return text;
}

static const char *string_of(const void *text, size_t n, bool *valid)
{
	struct obuf out;

	cr_assert_eq(obuf_init(&out, -1), 0);
	*valid = json_put_string(&out, text, n);
	return taken(&out);
}

Test(json, strings)
{
	static const struct {
		const char *text;
		size_t n;
		const char *want;
		bool valid;
	} cases[] = {
		{ "", 0, "\"\"", true },
		{ "nginx: worker", 13, "\"nginx: worker\"", true },
		{ "a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"", true },
		{ "\0\n\x1b\x7f", 4, "\"\\u0000\\u000a\\u001b\\u007f\"", true },
		{ "caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80", 14,
		  "\"caf\xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80\"", true },
		/* C1, soft hyphen, right-to-left override, line separator, BOM, private use */
		{ "\xc2\x9b\xc2\xad\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf\xee\x80\x80", 16,
		  "\"\\u009b\\u00ad\\u202e\\u2028\\ufeff\\ue000\"", true },
		/* Beyond U+FFFF: a tag, private use, the last character */
		{ "\xf3\xa0\x80\x81\xf3\xb0\x80\x80\xf4\x8f\xbf\xbf", 12,
		  "\"\\udb40\\udc01\\udb80\\udc00\\udbff\\udfff\"", true },
		/* Not UTF-8: a byte, a cut character, a surrogate, overlong, too large */
		{ "a\xff\"\\\n", 5, "\"a\\\\xff\\\"\\\\\\\\\\\\x0a\"", false },
		{ "\xc3\xa9\xe4\xb8", 4, "\"\xc3\xa9\\\\xe4\\\\xb8\"", false },
		{ "\xed\xa0\x80", 3, "\"\\\\xed\\\\xa0\\\\x80\"", false },
		{ "\xc0\x80", 2, "\"\\\\xc0\\\\x80\"", false },
		{ "\xf4\x90\x80\x80", 4, "\"\\\\xf4\\\\x90\\\\x80\\\\x80\"", false },
		{ "\xff\xe2\x80\xae", 4, "\"\\\\xff\\\\xe2\\\\x80\\\\xae\"", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool valid;

		cr_expect_str_eq(
			string_of(guard_copy(cases[i].text, cases[i].n), cases[i].n, &valid),
			cases[i].want, "case %zu", i);
		cr_expect_eq(valid, cases[i].valid, "case %zu", i);
	}
}

Test(json, the_locale_changes_nothing)
{
	bool valid;

	setlocale(LC_ALL, "C");
	cr_assert_str_eq(string_of("\xc3\xa9\xff", 3, &valid), "\"\xc3\xa9\\\\xff\"");
	setlocale(LC_ALL, "C.UTF-8");
	cr_assert_str_eq(string_of("\xc3\xa9\xff", 3, &valid), "\"\xc3\xa9\\\\xff\"");
}

static const char *time_of(int64_t time_s, uint32_t time_ns)
{
	struct obuf out;

	cr_assert_eq(obuf_init(&out, -1), 0);
	json_put_time(&out, time_s, time_ns);
	return taken(&out);
}

Test(json, times)
{
	cr_assert_str_eq(time_of(0, 0), "\"1970-01-01T00:00:00.000Z\"");
	cr_assert_str_eq(time_of(951782399, 999999999), "\"2000-02-28T23:59:59.999Z\"");
	cr_assert_str_eq(time_of(951782400, 1000000), "\"2000-02-29T00:00:00.001Z\"");
	cr_assert_str_eq(time_of(4107542399, 0), "\"2100-02-28T23:59:59.000Z\"");
	cr_assert_str_eq(time_of(4107542400, 0), "\"2100-03-01T00:00:00.000Z\"");
	cr_assert_str_eq(time_of(253402300799, 0), "\"9999-12-31T23:59:59.000Z\"");
	cr_assert_str_eq(time_of(253402300800, 0), "null");
	cr_assert_str_eq(time_of(-1, 0), "null");
	cr_assert_str_eq(time_of(INT64_MAX, UINT32_MAX), "null");
	for (int64_t at = 0; at < 253402300799; at += 86400 * 97 + 12345) {
		const time_t clock = (time_t)at;
		struct tm tm;
		char want[64];

		strftime(want, sizeof(want), "\"%Y-%m-%dT%H:%M:%S.000Z\"", gmtime_r(&clock, &tm));
		cr_assert_str_eq(time_of(at, 0), want);
	}
}

Test(json, a_document)
{
	const struct sock rows[2] = { data_tcp(), data_tcp() };

	cr_assert_str_eq(print(false, "proto local_port", &sample_run, rows, 2),
			 "{" SAMPLE_RUN ",\"sockets\":[\n"
			 "{\"proto\":\"tcp\",\"local_port\":443},\n"
			 "{\"proto\":\"tcp\",\"local_port\":443}\n"
			 "],\"complete\":true,\"warnings\":[]}\n");
	cr_assert_str_eq(print(false, "proto", &sample_run, NULL, 0),
			 "{" SAMPLE_RUN ",\"sockets\":[],\"complete\":true,\"warnings\":[]}\n");
}

Test(json, lines)
{
	const struct sock rows[2] = { data_tcp(), data_tcp() };

	cr_assert_str_eq(print(true, "proto local_port", &sample_run, rows, 2),
			 "{\"proto\":\"tcp\",\"local_port\":443}\n"
			 "{\"proto\":\"tcp\",\"local_port\":443}\n"
			 "{\"end\":true," SAMPLE_RUN ",\"complete\":true,\"warnings\":[]}\n");
}

/* With -c every row stands between the begin and the end of its round, also where there is none. */
Test(json, lines_of_rounds)
{
	struct data_fields fields = data_fields("proto");
	struct data_run run = sample_run;
	const struct sock row = data_tcp();
	struct obuf out;
	struct writer *writer;

	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = jsonl_new(fields.list, fields.n, &run, &out);
	run.round = 1;
	cr_assert_eq(writer->begin(writer, SECTION_INET), 0);
	cr_assert_eq(writer->begin(writer, SECTION_UNIX), 0);
	data_write(writer, &row, 1);
	run.round = 2;
	cr_assert_eq(writer->end(writer), 0);
	writer->free(writer);
	obuf_free(&out);
	cr_assert_str_eq(data_text(out.fd), "{\"begin\":true,\"round\":1," SAMPLE_RUN "}\n"
					    "{\"proto\":\"tcp\"}\n"
					    "{\"end\":true,\"round\":1," SAMPLE_RUN
					    ",\"complete\":true,\"warnings\":[]}\n"
					    "{\"begin\":true,\"round\":2," SAMPLE_RUN "}\n"
					    "{\"end\":true,\"round\":2," SAMPLE_RUN
					    ",\"complete\":true,\"warnings\":[]}\n");
}

Test(json, a_field_twice_is_one_key)
{
	const struct sock sock = data_tcp();

	cr_assert_str_eq(record("proto uid proto uid", &sock), "{\"proto\":\"tcp\",\"uid\":33}");
}

Test(json, numbers_are_exact)
{
	struct sock sock = data_tcp();

	cr_assert_str_eq(record("cookie inode recv_q send_q", &sock),
			 "{\"cookie\":18446744073709551615,\"inode\":4294967301,"
			 "\"recv_q\":7,\"send_q\":0}");
	sock.has = 0;
	cr_assert_str_eq(record("cookie inode recv_q v6only", &sock),
			 "{\"cookie\":null,\"inode\":null,\"recv_q\":null,\"v6only\":null}");
	sock.has = SOCK_HAS_V6ONLY;
	sock.v6only = true;
	cr_assert_str_eq(record("v6only", &sock), "{\"v6only\":true}");
}

Test(json, addresses)
{
	struct sock sock = data_tcp();

	sock.family = AF_INET6;
	sock.local = data_end("fe80::1", 80);
	sock.remote = data_end("fe80::2", 81);
	sock.local.ifindex = sock.remote.ifindex = 3;
	cr_assert_str_eq(record("local_address remote_address", &sock),
			 "{\"local_address\":\"fe80::1%3\",\"remote_address\":\"fe80::2%3\"}");
	sock.interface = "eth0.7";
	sock.remote.ifindex = 4; /* another one, whose name is not known here */
	cr_assert_str_eq(record("local_address remote_address interface", &sock),
			 "{\"local_address\":\"fe80::1%eth0.7\",\"remote_address\":\"fe80::2%4\","
			 "\"interface\":\"eth0.7\"}");
	sock.interface = "a\x1b\"b";
	cr_assert_str_eq(record("local_address", &sock), "{\"local_address\":\"fe80::1%3\"}");
	sock.interface = "a-name-of-sixteen";
	cr_assert_str_eq(record("local_address", &sock), "{\"local_address\":\"fe80::1%3\"}");
	sock.interface = "";
	cr_assert_str_eq(record("local_address", &sock), "{\"local_address\":\"fe80::1%3\"}");
	sock.local = data_end("::ffff:10.1.2.3", 80);
	sock.remote = data_end("2001:db8::1", 81);
	cr_assert_str_eq(record("local_address remote_address", &sock),
			 "{\"local_address\":\"::ffff:10.1.2.3\","
			 "\"remote_address\":\"2001:db8::1\"}");
}

Test(json, sctp_addresses_are_lists)
{
	const struct endpoint addrs[] = { data_end("10.0.0.1", 1), data_end("10.0.0.2", 1) };
	struct sock sock = data_tcp();

	sock.proto = PROTO_SCTP;
	sock.local_addrs = addrs;
	sock.n_local_addrs = 2;
	cr_assert_str_eq(record("local_addresses remote_addresses", &sock),
			 "{\"local_addresses\":[\"10.0.0.1\",\"10.0.0.2\"],"
			 "\"remote_addresses\":null}");
}

Test(json, unix_names)
{
	struct sock sock = data_unix("x", 1, UNIX_PATHNAME);
	const char *names = "path path_kind";

	cr_assert_str_eq(record(names, &sock), "{\"path\":\"x\",\"path_kind\":\"path\"}");
	sock = data_unix("x", 1, UNIX_ABSTRACT);
	cr_assert_str_eq(record(names, &sock), "{\"path\":\"x\",\"path_kind\":\"abstract\"}");
	sock = data_unix("@\0x", 3, UNIX_PATHNAME);
	cr_assert_str_eq(record(names, &sock), "{\"path\":\"@\\u0000x\",\"path_kind\":\"path\"}");
	sock = data_unix("", 0, UNIX_ABSTRACT);
	cr_assert_str_eq(record(names, &sock), "{\"path\":\"\",\"path_kind\":\"abstract\"}");
	sock = data_unix(NULL, 0, UNIX_UNNAMED);
	cr_assert_str_eq(record(names, &sock), "{\"path\":null,\"path_kind\":\"unnamed\"}");
	sock = data_unix("/a\xff\\", 4, UNIX_PATHNAME);
	cr_assert_str_eq(record(names, &sock), "{\"path\":\"/a\\\\xff\\\\\\\\\","
					       "\"path_hex\":\"2f61ff5c\",\"path_kind\":\"path\"}");
}

Test(json, owners)
{
	const struct owner owners[] = {
		{ .pid = 812, .fd = 6, .program = "nginx" },
		{ .pid = 813,
		  .fd = 7,
		  .program = "a\xff",
		  .exe = "/bin/a",
		  .cmdline = "a\0-b",
		  .cmdline_len = 5,
		  .start_time = 1700000000 },
	};
	struct sock sock = data_tcp();

	cr_assert_str_eq(record("owners pid", &sock), "{\"owners\":[],\"pid\":null}");
	sock.owners_hidden = true;
	cr_assert_str_eq(record("owners", &sock), "{\"owners\":null}");
	sock.owners = owners;
	sock.n_owners = 2;
	cr_assert_str_eq(record("owners pid program", &sock),
			 "{\"owners\":[{\"pid\":812,\"program\":\"nginx\",\"fd\":6},"
			 "{\"pid\":813,\"program\":\"a\\\\xff\",\"program_hex\":\"61ff\",\"fd\":7,"
			 "\"exe\":\"/bin/a\",\"cmdline\":\"a\\u0000-b\\u0000\","
			 "\"start_time\":1700000000}],\"pid\":812,\"program\":\"nginx\"}");
}

Test(json, what_went_wrong_is_told)
{
	struct report report;
	struct data_run run = sample_run;

	report_init(&report, -1);
	report_add(&report, REPORT_NOTE, "before \"all\" rounds");
	report_begin_round(&report);
	run.report = &report;
	run.netns = "blue";
	run.host = NULL;
	run.time_s = -1;
	cr_assert_str_eq(print(true, "proto", &run, NULL, 0),
			 "{\"end\":true,\"schema_version\":1,\"time\":null,\"host\":null,"
			 "\"netns\":\"blue\",\"complete\":true,\"warnings\":["
			 "{\"level\":\"note\",\"message\":\"before \\\"all\\\" rounds\"}]}\n");
	report_add(&report, REPORT_PARTIAL, "udp: %s", "a\xff\n");
	cr_assert_not_null(
		strstr(print(false, "proto", &run, NULL, 0),
		       "],\"complete\":false,\"warnings\":["
		       "{\"level\":\"note\",\"message\":\"before \\\"all\\\" rounds\"},"
		       "{\"level\":\"partial\",\"message\":\"udp: a\\\\xff\\\\x0a\"}]}\n"));
	/* The next round is whole. */
	report_begin_round(&report);
	cr_assert_not_null(strstr(print(false, "proto", &run, NULL, 0), "\"complete\":true"));
	run.cut_short = true;
	cr_assert_not_null(strstr(print(false, "proto", &run, NULL, 0), "\"complete\":false"));
	report_free(&report);
}

Test(json, rounds_follow_each_other)
{
	struct data_fields fields = data_fields("proto");
	const struct sock sock = data_tcp();
	struct data_run run = sample_run;
	struct obuf out;
	struct writer *writer;

	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = json_new(fields.list, fields.n, &run, &out);
	data_write(writer, &sock, 1);
	run.time_s++;
	cr_assert_eq(writer->end(writer), 0); /* a round in which nothing was to be listed */
	data_write(writer, &sock, 1);
	writer->free(writer);
	cr_assert_str_eq(
		data_text(out.fd),
		"{" SAMPLE_RUN ",\"sockets\":[\n{\"proto\":\"tcp\"}\n],"
		"\"complete\":true,\"warnings\":[]}\n"
		"{\"schema_version\":1,\"time\":\"2026-11-23T05:00:01.123Z\",\"host\":\"box\","
		"\"netns\":null,\"sockets\":[],\"complete\":true,\"warnings\":[]}\n"
		"{\"schema_version\":1,\"time\":\"2026-11-23T05:00:01.123Z\",\"host\":\"box\","
		"\"netns\":null,\"sockets\":[\n{\"proto\":\"tcp\"}\n],"
		"\"complete\":true,\"warnings\":[]}\n");
	obuf_free(&out);
}

Test(json, a_failed_output_is_told)
{
	struct data_fields fields = data_fields("proto");
	const struct sock sock = data_tcp();
	struct obuf out;
	struct writer *writer;

	cr_assert_eq(obuf_init(&out, -1), 0);
	writer = json_new(fields.list, fields.n, &sample_run, &out);
	cr_assert_eq(writer->begin(writer, SECTION_INET), 0);
	cr_assert_eq(writer->rows(writer, &sock, 1), 0);
	cr_assert_lt(writer->end(writer), 0);
	writer->free(writer);
	obuf_free(&out);
}

/* Rows in which every text is random, and a file that says what they are. */
enum { RANDOM_ROWS = 400, RANDOM_TEXT = 120 };

struct random_row {
	char path[RANDOM_TEXT], program[RANDOM_TEXT], cmdline[RANDOM_TEXT], user[RANDOM_TEXT];
	struct owner owner;
};

static size_t random_string(struct data_random *random, char *buf)
{
	size_t n = data_random_text(random, buf, RANDOM_TEXT - 1, false);

	buf[n] = '\0';
	return n;
}

static void random_row(struct data_random *random, struct random_row *texts, struct sock *sock,
		       FILE *expect)
{
	size_t path_len = data_random_text(random, texts->path, 107, true);
	size_t cmdline_len = data_random_text(random, texts->cmdline, RANDOM_TEXT, true);
	size_t program_len = random_string(random, texts->program);
	size_t user_len = random_string(random, texts->user);

	*sock = data_unix(texts->path, path_len, UNIX_ABSTRACT);
	sock->name = guard_copy(texts->path, path_len);
	sock->user = texts->user;
	texts->owner = (struct owner){
		.pid = 1,
		.program = texts->program,
		.cmdline = texts->cmdline,
		.cmdline_len = (uint32_t)cmdline_len,
	};
	sock->owners = &texts->owner;
	sock->n_owners = 1;
	data_expect(expect, true, "path", texts->path, path_len);
	data_expect(expect, false, "user", texts->user, user_len);
	data_expect(expect, false, "program", texts->program, program_len);
	data_expect(expect, false, "owners.0.program", texts->program, program_len);
	data_expect(expect, false, "owners.0.cmdline", texts->cmdline, cmdline_len);
	fputs(", \"cgroup\": null}\n", expect);
}

static void check_random(bool lines)
{
	static struct random_row texts[RANDOM_ROWS];
	static struct sock rows[RANDOM_ROWS];
	struct data_fields fields = data_fields(NULL);
	struct data_random random = { .state = lines };
	int expect_fd = data_file();
	FILE *expect = fdopen(dup(expect_fd), "w");
	struct obuf out;
	struct writer *writer;
	char path[64], expect_path[64];

	for (size_t i = 0; i < RANDOM_ROWS; i++)
		random_row(&random, &texts[i], &rows[i], expect);
	fclose(expect);
	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = (lines ? jsonl_new : json_new)(fields.list, fields.n, &sample_run, &out);
	data_write(writer, rows, RANDOM_ROWS);
	writer->free(writer);
	obuf_free(&out);
	data_check(lines ? "jsonl" : "json", data_path(path, out.fd),
		   data_path(expect_path, expect_fd), NULL);
}

Test(json, python_reads_random_bytes_back_from_a_document)
{
	check_random(false);
}

Test(json, python_reads_random_bytes_back_from_lines)
{
	check_random(true);
}

/* Every field known, with the largest numbers. */
static struct sock full_row(struct sock_facts *facts)
{
	static const struct endpoint addrs[] = { { .port = 1 }, { .port = 1 } };
	static const struct owner owners[] = {
		{ .pid = 1,
		  .fd = 2,
		  .program = "\xff",
		  .context = "u:r:t",
		  .exe = "/bin/x",
		  .cmdline = "\xff",
		  .cmdline_len = 2,
		  .start_time = 7 },
		{ .pid = 2, .fd = 3, .program = "b" },
	};
	static uint8_t bytes[512];
	const struct blob blob = { bytes, sizeof(bytes) };
	struct sock sock = data_tcp();

	memset(bytes, 0x7f, sizeof(bytes));
	*facts = (struct sock_facts){
		.has = UINT32_MAX,
		.mark = UINT32_MAX,
		.tls_version = 0x0304,
		.tls_cipher = 51,
		.tls_tx = 2,
		.tls_rx = 3,
		.tcp_info = blob,
		.skmem = blob,
		.congestion = { (const uint8_t *)"cubic", 5 },
		.ulp = { (const uint8_t *)"tls", 3 },
		.vegas = blob,
		.dctcp = blob,
		.bbr = blob,
	};
	sock.has = UINT32_MAX;
	sock.facts = facts;
	sock.proto = PROTO_SCTP;
	sock.local_addrs = sock.remote_addrs = addrs;
	sock.n_local_addrs = sock.n_remote_addrs = 2;
	sock.owners = owners;
	sock.n_owners = 2;
	sock.user = sock.interface = sock.cgroup = "x\xfe";
	return sock;
}

static struct data_run warned_run(struct report *report)
{
	struct data_run run = sample_run;

	report_init(report, -1);
	report_add(report, REPORT_NOTE, "note");
	report_add(report, REPORT_PARTIAL, "partial");
	report_add(report, REPORT_FAILED, "failed");
	run.netns = "\xff";
	run.report = report;
	return run;
}

static void check_schema(bool lines)
{
	const char *top = getenv("abs_top_srcdir");
	struct data_fields fields = data_fields(NULL);
	struct sock_facts facts;
	struct sock rows[4] = { full_row(&facts),
				full_row(&facts),
				data_unix("/x\xff", 3, UNIX_PATHNAME),
				{ .owners_hidden = true } };
	struct report report;
	struct data_run run = warned_run(&report);
	struct obuf out;
	struct writer *writer;
	char schema[4096], path[64];

	rows[1].proto = PROTO_TCP;
	rows[1].family = AF_INET6;
	rows[1].local = data_end("fe80::1", 80);
	rows[1].local.ifindex = 3;
	rows[1].interface = "eth0";
	rows[2].peer_name = (const uint8_t *)"\xfe";
	rows[2].peer_name_len = 1;
	rows[2].peer_name_kind = UNIX_ABSTRACT;
	snprintf(schema, sizeof(schema), "%s/doc/lssock.schema.json", top ? top : ".");
	cr_assert_eq(obuf_init(&out, data_file()), 0);
	writer = (lines ? jsonl_new : json_new)(fields.list, fields.n, &run, &out);
	data_write(writer, rows, 4);
	run.round = 2;
	data_write(writer, NULL, 0);
	writer->free(writer);
	obuf_free(&out);
	report_free(&report);
	data_check("schema", schema, lines ? "jsonl" : "json", data_path(path, out.fd), NULL);
}

Test(json, a_validator_finds_a_document_as_the_schema_says)
{
	check_schema(false);
}

Test(json, a_validator_finds_lines_as_the_schema_says)
{
	check_schema(true);
}

Test(json, the_schema_has_the_fields_of_the_table)
{
	const char *top = getenv("abs_top_srcdir");
	struct data_fields fields = data_fields(NULL);
	int fd = data_file();
	FILE *list = fdopen(dup(fd), "w");
	char schema[4096], path[64];

	for (size_t i = 0; i < fields.n; i++) {
		const struct field *field = fields.list[i];
		const char *several = field->type == FIELD_ADDR && field->many ? "es"
				      : field->list                            ? "s"
									       : "";

		cr_expect_null(strstr(field->name, "_hex"), "%s looks like a companion",
			       field->name);
		fprintf(list, "%s %s%s\n", field->name, field_type_name(field->type), several);
	}
	fclose(list);
	snprintf(schema, sizeof(schema), "%s/doc/lssock.schema.json", top ? top : ".");
	data_check("fields", schema, data_path(path, fd), NULL);
}

/* A hundred times as many rows take no more memory. */
Test(json, memory_does_not_grow)
{
	struct data_fields fields =
		data_fields("proto state local_address local_port "
			    "remote_address remote_port recv_q send_q uid inode");
	static struct sock rows[1000];
	struct rusage before, after;
	struct obuf out;
	struct writer *writer;
	FILE *null = fopen("/dev/null", "w");

	for (size_t i = 0; i < 1000; i++)
		rows[i] = data_tcp();
	cr_assert_eq(obuf_init(&out, fileno(null)), 0);
	writer = jsonl_new(fields.list, fields.n, &sample_run, &out);
	data_write(writer, rows, 1000);
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(writer->rows(writer, rows, 1000), 0);
	getrusage(RUSAGE_SELF, &after);
	cr_assert_lt(after.ru_maxrss - before.ru_maxrss, 300, "%ld kB more",
		     after.ru_maxrss - before.ru_maxrss);
	cr_assert_leq(out.cap, 2 * OBUF_FLUSH_AT);
	writer->free(writer);
	obuf_free(&out);
	fclose(null);
}
