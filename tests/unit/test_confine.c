/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is held at which stage, and what the kernel then says of it. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "base/privileges.h"
#include "base/report.h"
#include "base/sandbox.h"
#include "confine.h"
#include "model/query.h"

/* --- stages --- */

static struct {
	unsigned int kept[16]; /* what was kept, call by call */
	size_t n;
	int error;
	unsigned int parts; /* 1 << enum sandbox_part */
	size_t files_at;    /* calls of keep before files were forbidden */
} seen;

static int note_keep(const struct env *env, unsigned int keep)
{
	(void)env;
	seen.kept[seen.n++] = keep;
	return seen.error;
}

static int note_part(const struct env *env, enum sandbox_part part)
{
	(void)env;
	cr_assert_eq(seen.parts & 1u << part, 0, "each part once");
	seen.parts |= 1u << part;
	if (part == SANDBOX_FILES)
		seen.files_at = seen.n;
	return -EOPNOTSUPP; /* which is no reason for a word */
}

static const struct env noting = { .keep_privileges = note_keep, .sandbox = note_part };
static struct report silent;

static struct confine begun(bool sandboxed)
{
	struct confine confine;

	memset(&seen, 0, sizeof(seen));
	report_init(&silent, -1);
	confine_begin(&confine, &noting, &silent, sandboxed);
	cr_assert_eq(seen.n, 1);
	cr_assert_eq(seen.kept[0], PRIVILEGE_ALL);
	cr_assert_eq(seen.parts, sandboxed ? 1u << SANDBOX_CALLS : 0);
	return confine;
}

Test(confine, a_plain_listing_holds_nothing_from_the_start)
{
	struct confine confine = begun(true);

	confine_to_needs(&confine, NEED_REFCNT | NEED_TCP_INFO | NEED_USER, 0);
	cr_assert_eq(seen.n, 2);
	cr_assert_eq(seen.kept[1], 0);
	cr_assert_eq(seen.parts, 1u << SANDBOX_CALLS | 1u << SANDBOX_OWNERS | 1u << SANDBOX_FILES);
	confine_last_round(&confine);
	confine_done(&confine, PRIVILEGE_ALL);
	confine_end(&confine);
	cr_assert_eq(seen.n, 2, "nothing is left to be given up");
}

Test(confine, what_is_needed_is_held_until_it_was_used_in_the_last_round)
{
	const unsigned int rest = PRIVILEGE_CGROUPS | PRIVILEGE_DESTROY | PRIVILEGE_HOME;
	struct confine confine = begun(true);

	confine_to_needs(&confine, NEED_OWNERS | NEED_FACTS | NEED_CGROUP | NEED_NETNS,
			 PRIVILEGE_DESTROY | PRIVILEGE_HOME);
	cr_assert_eq(seen.n, 1, "all of it is still needed");
	confine_done(&confine, PRIVILEGE_PROCESSES);
	confine_done(&confine, PRIVILEGE_FACTS);
	cr_assert_eq(seen.n, 1, "another round follows");
	confine_last_round(&confine);
	confine_done(&confine, PRIVILEGE_FACTS);
	cr_assert_eq(seen.kept[1], PRIVILEGE_PROCESSES | PRIVILEGE_NAMESPACES | rest);
	confine_done(&confine, PRIVILEGE_NAMESPACES);
	cr_assert_eq(seen.kept[2], PRIVILEGE_PROCESSES | rest);
	cr_assert_eq(seen.parts, 1u << SANDBOX_CALLS, "processes are still to be looked into");
	confine_done(&confine, PRIVILEGE_PROCESSES);
	cr_assert_eq(seen.kept[3], rest);
	cr_assert_neq(seen.parts & 1u << SANDBOX_OWNERS, 0);
	cr_assert_eq(seen.files_at, 4);
	confine_end(&confine);
	cr_assert_eq(seen.kept[4], 0);
	confine_done(NULL, PRIVILEGE_ALL);
}

Test(confine, views_that_find_owners_and_no_sandbox)
{
	struct confine confine = begun(false);

	confine_to_needs(&confine, 0, PRIVILEGE_PROCESSES);
	cr_assert_eq(seen.kept[1], PRIVILEGE_PROCESSES);
	confine_end(&confine);
	cr_assert_eq(seen.kept[2], 0);
	cr_assert_eq(seen.parts, 0);
}

Test(confine, a_refusal_is_told_and_is_no_failure)
{
	struct confine confine = begun(true);
	const struct report_message *message;
	size_t at = 0;

	seen.error = -EPERM;
	confine_to_needs(&confine, 0, 0);
	message = report_next_message(&silent, &at);
	cr_assert_str_eq(message->text, "privileges cannot be given up: Operation not permitted");
	cr_assert_eq(report_status(&silent), 0);
	report_free(&silent);
}

/* --- the kernel --- */

/* Runs body in a child, which answers by its exit status. */
static int in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0)
		_exit(body());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "status %d", status);
	return WEXITSTATUS(status);
}

enum { GOOD = 0, SKIPPED = 77 };
#define EXPECT(what)                               \
	do {                                       \
		if (!(what))                       \
			return __LINE__ % 250 + 1; \
	} while (0)

/* A set of this thread as its status tells it. */
static unsigned long long cap_set(const char *name)
{
	unsigned long long value = ~0ull;
	FILE *status = fopen("/proc/thread-self/status", "re");
	char line[256];
	size_t n = strlen(name);

	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			value = strtoull(line + n + 1, NULL, 16);
	if (status)
		fclose(status);
	return value;
}

#define BITS(a, b) (1ull << (a) | 1ull << (b))

static int give_up_by_steps(void)
{
	unsigned long long files = BITS(CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH);

#ifdef HAVE_OWNERS_ITER
	files |= BITS(38, 39); /* CAP_PERFMON, CAP_BPF */
#endif
	if ((cap_set("CapEff") & files) != files || !(cap_set("CapEff") & 1ull << CAP_SETPCAP))
		return SKIPPED;
	EXPECT(privileges_keep(PRIVILEGE_PROCESSES) == 0);
	EXPECT(cap_set("CapEff") == files && cap_set("CapPrm") == files);
	EXPECT(cap_set("CapInh") == 0 && cap_set("CapBnd") == 0 && cap_set("CapAmb") == 0);
	EXPECT(cap_set("NoNewPrivs") == 1);
	privileges_rest(true);
	EXPECT(cap_set("CapEff") == 0 && cap_set("CapPrm") == files);
	privileges_rest(false);
	EXPECT(cap_set("CapEff") == files);
	EXPECT(privileges_keep(PRIVILEGE_CGROUPS) == 0);
	EXPECT(cap_set("CapPrm") == 1ull << CAP_DAC_READ_SEARCH);
	/* What is gone is gone. */
	EXPECT(privileges_keep(PRIVILEGE_ALL) == 0);
	EXPECT(cap_set("CapPrm") == 1ull << CAP_DAC_READ_SEARCH);
	EXPECT(privileges_keep(0) == 0);
	EXPECT(cap_set("CapPrm") == 0 && cap_set("CapEff") == 0);
	EXPECT(access("/proc/thread-self/status", R_OK) == 0);
	return GOOD;
}

Test(privileges, are_given_up_by_steps)
{
	int got = in_child(give_up_by_steps);

	if (got == SKIPPED)
		cr_skip_test("nothing to give up");
	cr_assert_eq(got, GOOD, "line %d", got - 1);
}

static int another_user(void)
{
	if (geteuid() == 0 && setuid(65534) < 0)
		return SKIPPED;
	EXPECT(privileges_keep(PRIVILEGE_ALL) == 0);
	EXPECT(cap_set("CapPrm") == 0 && cap_set("NoNewPrivs") == 1);
	return GOOD;
}

Test(privileges, who_has_none_gets_none)
{
	int got = in_child(another_user);

	cr_assert(got == GOOD || got == SKIPPED, "line %d", got - 1);
}

static void *do_nothing(void *arg)
{
	return arg;
}

static bool can_open_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int deny_calls(void)
{
	char path[] = "/bin/true", *const args[] = { path, NULL };
	bool inet6 = can_open_socket(AF_INET6, SOCK_DGRAM);
	pthread_t thread;
	int err;

	EXPECT(privileges_keep(0) == 0);
	err = sandbox_enter(SANDBOX_CALLS);
	if (err == -EOPNOTSUPP || err == -EINVAL)
		return SKIPPED;
	EXPECT(err == 0 && cap_set("Seccomp") == 2);
	execv(args[0], args);
	EXPECT(errno == EPERM);
	EXPECT(unshare(CLONE_NEWUSER) == -1 && errno == EPERM);
	EXPECT(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) == -1 && errno == EPERM);
	EXPECT(!can_open_socket(AF_PACKET, SOCK_DGRAM) && errno == EPERM);
#ifndef SYS_socketcall /* C libraries that use it pass the family in memory, out of sight */
	EXPECT(!can_open_socket(AF_ALG, SOCK_SEQPACKET) && errno == EPERM);
#endif
	/* What a listing and the name service do. */
	EXPECT(can_open_socket(AF_UNIX, SOCK_STREAM) && can_open_socket(AF_INET, SOCK_DGRAM));
	EXPECT(can_open_socket(AF_NETLINK, SOCK_RAW));
	EXPECT(can_open_socket(AF_INET6, SOCK_DGRAM) == inet6);
	EXPECT(pthread_create(&thread, NULL, do_nothing, NULL) == 0);
	EXPECT(pthread_join(thread, NULL) == 0);
	/* What finds owners is forbidden later. */
	EXPECT(sandbox_filters() == 1);
	EXPECT(sandbox_enter(SANDBOX_OWNERS) == 0 && sandbox_filters() == 2);
	EXPECT(syscall(SYS_open_by_handle_at, -1, NULL, 0) == -1 && errno == EPERM);
	EXPECT(syscall(SYS_bpf, 0, NULL, 0) == -1 && errno == EPERM);
	return GOOD;
}

Test(sandbox, calls)
{
	int got = in_child(deny_calls);

	if (got == SKIPPED)
		cr_skip_test("no seccomp here");
	cr_assert_eq(got, GOOD, "line %d", got - 1);
}

static char directory[] = "/tmp/lssock-test-XXXXXX";

static int deny_files(void)
{
	char path[sizeof(directory) + 8];
	int before, other[2], err;

	snprintf(path, sizeof(path), "%s/file", directory);
	before = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	EXPECT(before >= 0 && pipe2(other, O_CLOEXEC) == 0);
	EXPECT(privileges_keep(0) == 0);
	err = sandbox_enter(SANDBOX_FILES);
	if (err == -EOPNOTSUPP || err == -ENOSYS)
		return SKIPPED;
	EXPECT(err == 0);
	EXPECT(open(path, O_WRONLY | O_CLOEXEC) == -1 && errno == EACCES);
	EXPECT(unlink(path) == -1 && errno == EACCES);
	EXPECT(mkdir(path, 0700) == -1);
	EXPECT(open("/dev/null", O_WRONLY | O_CLOEXEC) == -1 && errno == EACCES);
	/* What is open stays, reading is free. */
	EXPECT(write(before, "x", 1) == 1 && write(other[1], "x", 1) == 1);
	EXPECT(open(path, O_RDONLY | O_CLOEXEC) >= 0);
	EXPECT(open("/proc/self/status", O_RDONLY | O_CLOEXEC) >= 0);
	EXPECT(kill(getpid(), 0) == 0);
	return GOOD;
}

Test(sandbox, files)
{
	char path[sizeof(directory) + 8];
	int got;

	cr_assert_not_null(mkdtemp(directory));
	got = in_child(deny_files);
	snprintf(path, sizeof(path), "%s/file", directory);
	cr_assert_eq(unlink(path), 0, "it is still there");
	cr_assert_eq(rmdir(directory), 0);
	if (got == SKIPPED)
		cr_skip_test("no Landlock here");
	cr_assert_eq(got, GOOD, "line %d", got - 1);
}
