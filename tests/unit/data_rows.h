/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the writers of data share: rows out of random bytes, what a writer wrote, and
 * Python's readers (tests/data/check_data.py) for it.
 */
#ifndef LSSOCK_TESTS_DATA_ROWS_H
#define LSSOCK_TESTS_DATA_ROWS_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/obuf.h"
#include "model/facts.h"
#include "model/field.h"
#include "output/writer.h"

enum { DATA_FIELDS_MAX = 256 };

struct data_fields {
	const struct field *list[DATA_FIELDS_MAX];
	size_t n;
};

/* Fields by their names, divided by blanks; all of the table for NULL. */
static inline struct data_fields data_fields(const char *names)
{
	struct data_fields fields = { .n = 0 };

	if (!names) {
		const struct field *rows = field_rows(&fields.n);

		for (size_t i = 0; i < fields.n; i++)
			fields.list[i] = &rows[i];
		return fields;
	}
	while (*names) {
		size_t n = strcspn(names, " ");

		fields.list[fields.n] = field_find(names, n);
		cr_assert_not_null(fields.list[fields.n++], "no field %s", names);
		names += n;
		names += *names == ' ';
	}
	return fields;
}

static inline struct endpoint data_end(const char *addr, uint16_t port)
{
	struct endpoint end = { .port = port };

	cr_assert_eq(inet_pton(strchr(addr, ':') ? AF_INET6 : AF_INET, addr, &end.addr), 1);
	return end;
}

static inline struct sock data_tcp(void)
{
	return (struct sock){
		.proto = PROTO_TCP,
		.family = AF_INET,
		.type = SOCK_STREAM,
		.state = TCP_STATE_ESTABLISHED,
		.local = data_end("10.0.0.1", 443),
		.remote = data_end("192.168.100.200", 51234),
		.has = SOCK_HAS_QUEUES | SOCK_HAS_INODE | SOCK_HAS_UID | SOCK_HAS_COOKIE |
		       SOCK_HAS_IFINDEX | SOCK_HAS_V6ONLY,
		.recv_q = 7,
		.inode = 4294967296 + 5,
		.uid = 33,
		.cookie = UINT64_MAX,
	};
}

static inline struct sock data_unix(const void *name, size_t n, enum unix_name_kind kind)
{
	return (struct sock){
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.type = SOCK_STREAM,
		.state = UNIX_STATE_CONNECTED,
		.name = name,
		.name_len = (uint16_t)n,
		.name_kind = (uint8_t)kind,
		.has = SOCK_HAS_INODE,
		.inode = 77,
	};
}

/* A file in memory. */
static inline int data_file(void)
{
	int fd = memfd_create("data", 0);

	cr_assert_geq(fd, 0);
	return fd;
}

/* The path that other programs open it by, while it is open here. */
static inline const char *data_path(char buf[64], int fd)
{
	snprintf(buf, 64, "/proc/%d/fd/%d", (int)getpid(), fd);
	return buf;
}

/* What a file holds, with a NUL. Never freed: a test's process is short. */
static inline char *data_text(int fd)
{
	size_t n = (size_t)lseek(fd, 0, SEEK_END);
	char *text = mmap(NULL, n + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(text, MAP_FAILED);
	cr_assert_eq(pread(fd, text, n, 0), (ssize_t)n);
	return text;
}

/* A round of n rows through a writer, in one section. */
static inline void data_write(struct writer *writer, const struct sock *rows, size_t n)
{
	cr_assert_not_null(writer);
	cr_assert_eq(writer->begin(writer, SECTION_INET), 0);
	cr_assert_eq(writer->rows(writer, rows, n), 0);
	cr_assert_eq(writer->end(writer), 0);
}

/*
 * Runs check_data.py with these arguments (NULL at the end). Skips the test without Python or where
 * the script says that something is not installed; fails it where the script finds a fault.
 */
static inline void data_check(const char *first, ...)
{
	const char *top = getenv("abs_top_srcdir"), *args[16] = { "python3" };
	char script[4096];
	size_t n = 2;
	int status;
	va_list list;
	pid_t pid;

	snprintf(script, sizeof(script), "%s/tests/data/check_data.py", top ? top : ".");
	args[1] = script;
	va_start(list, first);
	for (const char *arg = first; arg && n < 15; arg = va_arg(list, const char *))
		args[n++] = arg;
	va_end(list);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		execvp(args[0], (char *const *)(uintptr_t)args);
		_exit(77);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		cr_skip_test("python3 or a module of it is not installed");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "check_data.py %s", first);
}

/* Random numbers that are the same in every run. */
struct data_random {
	uint64_t state;
};

static inline uint32_t data_random(struct data_random *random, uint32_t below)
{
	random->state = random->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random->state >> 33) % below;
}

/* Up to max bytes: any, or characters of which many are worth a test. Returns how many. */
static inline size_t data_random_text(struct data_random *random, char *buf, size_t max, bool nul)
{
	static const char *const parts[] = {
		"a",
		"name",
		" ",
		"\\",
		"\"",
		",",
		"\n",
		"\r",
		"\x1b[2J",
		"\x7f",
		"\t",
		"\xc3\xa9",
		"\xc2\x9b",
		"@",
		"\xc2\xad",
		"\xe2\x80\xae",
		"\xe2\x80\xa8",
		"\xef\xbb\xbf",
		"\xe4\xb8",
		"\xc0",
		"\xff",
		"\xed\xa0\x80",
		"\xe4\xb8\xad",
		"\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf",
		"\xf3\xa0\x80\x81",
		"\xf4\x90\x80\x80",
		"=1+1",
		"-",
		"/",
	};
	uint32_t kind = data_random(random, 3);
	size_t n = 0, want = data_random(random, (uint32_t)max + 1);

	while (n < want) {
		const char *part = parts[data_random(random, sizeof(parts) / sizeof(parts[0]))];
		size_t len = strlen(part);

		if (kind == 0 || n + len > want) {
			buf[n] = (char)data_random(random, 256);
			if (kind == 2)
				buf[n] = 'z';
			n += nul || buf[n] != '\0';
			continue;
		}
		if (kind == 2 && (part[0] & 0x80) && strchr("\xc0\xff\xed", part[0]))
			continue;
		memcpy(buf + n, part, len);
		n += len;
		if (nul && data_random(random, 8) == 0 && n < want)
			buf[n++] = '\0';
	}
	return n;
}

/* {"name": "bytes in hex"} for check_data.py: a member of a line. */
static inline void data_expect(FILE *file, bool first, const char *name, const void *data, size_t n)
{
	fprintf(file, "%s\"%s\": \"", first ? "{" : ", ", name);
	for (size_t i = 0; i < n; i++)
		fprintf(file, "%02x", ((const unsigned char *)data)[i]);
	fputc('"', file);
}

#endif
