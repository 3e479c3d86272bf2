/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/unix: heads, names of every kind, names that lie, and this machine's own file. */
#include <criterion/criterion.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "source/proc_unix.h"

#include "guard.h"
#include "proc_dir.h"

#define HEAD "00000000a283b5b5: 00000002 00000000 00010000 0001 01 "
static const char file_header[] = "Num       RefCount Protocol Flags    Type St Inode Path\n";

static int parse(const char *text, struct proc_unix_head *out)
{
	size_t len = strlen(text);

	return proc_unix_parse_head(guard_copy(text, len), len, out);
}

Test(proc_unix, head)
{
	struct proc_unix_head head;

	cr_assert_eq(parse("00000000a283b5b5: 0000000A 00000001 00010000 0005 03 31337 /run/a b\nx",
			   &head),
		     0);
	cr_assert_eq(head.refcnt, 10);
	cr_assert_eq(head.proto, 1);
	cr_assert_eq(head.flags, 0x10000);
	cr_assert_eq(head.type, SOCK_SEQPACKET);
	cr_assert_eq(head.state, 3);
	cr_assert_eq(head.inode, 31337);
	cr_assert(head.has_name);
	cr_assert_eq(head.len, 59);
	cr_assert_eq(parse("c283b5b5: 00000003 00000000 00000000 0001 03  1062\n", &head), 0,
		     "a 32-bit kernel");
	cr_assert_eq(head.inode, 1062);
	cr_assert_not(head.has_name);
	cr_assert_eq(head.len, 50);
	cr_assert_eq(parse(HEAD "18446744073709551615", &head), 0);
	cr_assert_eq(head.inode, UINT64_MAX);
	cr_assert_not(head.has_name);
	cr_assert_eq(parse(HEAD "    0 ", &head), 0);
	cr_assert(head.has_name, "of no bytes");
}

Test(proc_unix, bad_heads)
{
	static const char *const heads[] = {
		"",
		"Num       RefCount Protocol Flags    Type St Inode Path",
		HEAD,
		HEAD "    ",
		HEAD "x",
		HEAD "12x",
		HEAD "12\t/a",
		HEAD "-5 /a",
		HEAD "18446744073709551616 /a",
		" 00000000a283b5b5: 00000002 00000000 00010000 0001 01 12345",
		"00000000a283b5b: 00000002 00000000 00010000 0001 01 12345",
		"00000000a283b5b5 : 00000002 00000000 00010000 0001 01 12345",
		"00000000a283b5b5: 0000002 00000000 00010000 0001 01 12345",
		"00000000a283b5b5: 000000002 00000000 00010000 0001 01 12345",
		"00000000a283b5b5: 00000002  00000000 00010000 0001 01 12345",
		"00000000a283b5b5: 00000002 00000000 00010000 0100 01 12345",
		"00000000a283b5b5: 00000002 00000000 00010000 001 01 12345",
		"00000000a283b5b5: 00000002 00000000 00010000 0001 001 12345",
		"00000000a283b5b5: 00000002 00000000 00010000\n0001 01 12345",
	};
	struct proc_unix_head head;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		cr_assert_eq(parse(heads[i], &head), -EBADMSG, "%s", heads[i]);
}

Test(proc_unix, cut_or_flipped_anywhere)
{
	static const char text[] = HEAD "12345 /run/x";
	const size_t digits = sizeof(HEAD) - 1;
	struct proc_unix_head head;

	for (size_t len = 0; len < sizeof(text); len++)
		cr_assert_eq(proc_unix_parse_head(guard_copy(text, len), len, &head),
			     len <= digits ? -EBADMSG : 0, "%zu", len);
	for (size_t bit = 0; bit < (sizeof(text) - 1) * 8; bit++) {
		char *copy = guard_copy(text, sizeof(text) - 1);

		copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
		if (proc_unix_parse_head(copy, sizeof(text) - 1, &head) == 0)
			cr_assert_leq(head.len, sizeof(text) - 1);
	}
}

static struct sock row_of(const struct proc_unix_head *head, const char *name, size_t n)
{
	struct sock row;

	memset(&row, 0xff, sizeof(row));
	proc_unix_row(head, name, n, &row);
	return row;
}

Test(proc_unix, row)
{
	struct proc_unix_head head = {
		.refcnt = 2,
		.proto = 3,
		.flags = 0x10000,
		.type = SOCK_STREAM,
		.state = 1,
		.inode = 7,
	};
	struct sock row = row_of(&head, "/run/a b", 8);

	cr_assert_eq(row.proto, PROTO_UNIX);
	cr_assert_eq(row.family, AF_UNIX);
	cr_assert_eq(row.type, SOCK_STREAM);
	cr_assert_eq(row.state, UNIX_STATE_UNCONNECTED);
	cr_assert(row.listening);
	cr_assert_eq(row.refcnt, 2);
	cr_assert_eq(row.unix_proto, 3);
	cr_assert_eq(row.inode, 7);
	cr_assert_eq(row.has, SOCK_HAS_REFCNT | SOCK_HAS_INODE);
	cr_assert_eq(row.name_kind, UNIX_PATHNAME);
	cr_assert_eq(row.name_len, 8);
	cr_assert_eq(memcmp(row.name, "/run/a b", 8), 0);
	head.flags = 0;
	head.inode = 0;
	head.state = 2;
	row = row_of(&head, NULL, 0);
	cr_assert_not(row.listening);
	cr_assert_eq(row.has, SOCK_HAS_REFCNT, "not accepted yet: nobody can hold it");
	cr_assert_eq(row.state, UNIX_STATE_CONNECTING);
	cr_assert_eq(row.name_kind, UNIX_UNNAMED);
	cr_assert_eq(row.name_len, 0);
}

Test(proc_unix, names_and_states)
{
	struct proc_unix_head head = { .state = 4 };
	char big[300];
	struct sock row = row_of(&head, "@x@y", 4);

	cr_assert_eq(row.state, UNIX_STATE_DISCONNECTING);
	cr_assert_eq(row.name_kind, UNIX_ABSTRACT);
	cr_assert_eq(row.name_len, 3);
	cr_assert_eq(memcmp(row.name, "x@y", 3), 0);
	row = row_of(&head, "@", 1);
	cr_assert_eq(row.name_kind, UNIX_ABSTRACT, "its name has no bytes, but it is one");
	cr_assert_eq(row.name_len, 0);
	memset(big, 'a', sizeof(big));
	row = row_of(&head, guard_copy(big, sizeof(big)), sizeof(big));
	cr_assert_eq(row.name_len, 108);
	head.state = 5;
	cr_assert_eq(row_of(&head, NULL, 0).state, UNIX_STATE_OTHER + 5);
	head.state = 255;
	cr_assert_eq(row_of(&head, NULL, 0).state, UNIX_STATE_OTHER + 127);
}

TestSuite(proc_unix_list, .init = proc_dir_begin, .fini = proc_dir_end);

static struct proc_dir_rows kept;

static int list(void)
{
	const struct sock_query query = {
		.proto = PROTO_UNIX,
		.family = AF_UNIX,
		.states = TCP_STATES_ALL,
	};
	const struct sock_sink sink = { .take = proc_dir_take, .ctx = &kept };

	kept = (struct proc_dir_rows){ .cancel_at = kept.cancel_at };
	return proc_unix_list(&proc_dir_env, &proc_dir_report, &query, &sink);
}

static int list_text(const char *text)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "%s%s", file_header, text);
	proc_dir_put_text("net/unix", whole);
	return list();
}

/* Whether kept row i has this inode and name. */
static bool is_row(size_t i, uint64_t inode, const char *name)
{
	return i < kept.n && kept.rows[i].inode == inode && kept.rows[i].name_len == strlen(name) &&
	       memcmp(kept.names[i], name, strlen(name)) == 0;
}

Test(proc_unix_list, rows)
{
	cr_assert_eq(list(), -ENOENT);
	cr_assert_eq(list_text(""), 0);
	cr_assert_eq(kept.n, 0);
	cr_assert_eq(list_text(HEAD "    1 /a b \n" HEAD "    2\n" HEAD "    0 @abs\n" HEAD
				    "    0\n" HEAD "    3 /last"),
		     0);
	cr_assert_eq(kept.n, 5, "connections not yet accepted all have inode 0");
	cr_assert(is_row(0, 1, "/a b "));
	cr_assert(is_row(1, 2, ""));
	cr_assert_eq(kept.rows[1].name_kind, UNIX_UNNAMED);
	cr_assert(is_row(2, 0, "abs"));
	cr_assert(is_row(3, 0, ""));
	cr_assert(is_row(4, 3, "/last"));
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(proc_unix_list, names_with_newlines)
{
	cr_assert_eq(list_text(HEAD "    1 /a\nb\n\nc\n" HEAD "    2 /d\n\n" HEAD "    3 @\n"), 0);
	cr_assert_eq(kept.n, 3);
	cr_assert(is_row(0, 1, "/a\nb\n\nc"));
	cr_assert(is_row(1, 2, "/d\n"));
	cr_assert(is_row(2, 3, ""));
	cr_assert_str_eq(proc_dir_heard(), "");
}

/* A name may forge a line, but not take an inode that was there before, nor bring in rows of a
 * looser shape. */
Test(proc_unix_list, forged_lines)
{
	cr_assert_eq(list_text(HEAD "    1 /real\n" HEAD "    2 x\n" HEAD "    1 /FAKE\n" HEAD
				    "    3 y\n0: 00000002 00000000 00010000 0001 01 4242 /FAKE\n"),
		     0);
	/* A forged line may add a row, never hide one. */
	cr_assert_eq(kept.n, 4);
	cr_assert(is_row(0, 1, "/real"));
	cr_assert(is_row(1, 2, "x"));
	cr_assert(is_row(2, 1, "/FAKE"));
	cr_assert(is_row(3, 3, "y\n0: 00000002 00000000 00010000 0001 01 4242 /FAKE"));
}

Test(proc_unix_list, what_fits_nowhere_is_counted)
{
	char text[1024];
	char big[128];

	memset(big, 'b', sizeof(big));
	snprintf(text, sizeof(text),
		 "stray\n" HEAD "    1\nstray\n" HEAD "    2 /a\n%.106s\n" HEAD
		 "    3 %.109s\n" HEAD "    4 %.108s\n",
		 big, big, big);
	cr_assert_eq(list_text(text), 1);
	cr_assert_eq(kept.n, 3);
	cr_assert(is_row(0, 1, ""));
	cr_assert(is_row(1, 2, "/a"), "no name can be 109 bytes long");
	cr_assert_eq(kept.rows[2].inode, 4);
	cr_assert_eq(kept.rows[2].name_len, 108);
	cr_assert_str_eq(proc_dir_heard(), "lssock: net/unix: 4 lines could not be understood and "
					   "were skipped\n");
}

Test(proc_unix_list, many)
{
	FILE *file;

	proc_dir_put_text("net/unix", "");
	file = fdopen(openat(proc_dir_env.proc_fd, "net/unix", O_WRONLY), "w");
	fputs(file_header, file);
	for (int i = 1; i <= 1000; i++)
		fprintf(file, HEAD "%5d /run/%d\n", i, i);
	fclose(file);
	cr_assert_eq(list(), 0);
	cr_assert_eq(kept.n, 1000);
	for (size_t i = 0; i < 1000; i++) {
		char want[32];

		snprintf(want, sizeof(want), "/run/%zu", i + 1);
		cr_assert(is_row(i, i + 1, want), "%zu", i);
	}
	kept.cancel_at = 300;
	cr_assert_eq(list(), -ECANCELED);
	cr_assert_eq(kept.n, 512);
}

Test(proc_unix_list, live)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = (size_t)snprintf(addr.sun_path + 1, 100, "lssock test\n%d", (int)getpid());
	const struct sock *found = NULL;
	struct stat st;

	cr_assert_eq(bind(fd, (struct sockaddr *)&addr,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)),
		     0);
	cr_assert_eq(listen(fd, 1), 0);
	cr_assert_eq(fstat(fd, &st), 0);
	close(proc_dir_env.proc_fd);
	proc_dir_env.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(list(), 0);
	for (size_t i = 0; i < kept.n; i++) {
		if (kept.rows[i].inode == st.st_ino) {
			found = &kept.rows[i];
			cr_assert(is_row(i, st.st_ino, addr.sun_path + 1));
		}
	}
	cr_assert_not_null(found);
	cr_assert(found->listening);
	cr_assert_eq(found->name_kind, UNIX_ABSTRACT);
	cr_assert_eq(found->type, SOCK_STREAM);
	cr_assert_eq(found->refcnt, 2);
	cr_assert_str_eq(proc_dir_heard(), "");
	close(fd);
}
