/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes hold which sockets: on a recorded /proc, and on this machine with real sockets,
 * shared, hidden, and with processes that come and go meanwhile. */
#include <criterion/criterion.h>

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "enrich/owners.h"
#include "enrich/owners_walk.h"

#include "guard.h"
#include "proc_dir.h"

static bool parse_link(const char *text, uint64_t *inode)
{
	size_t len = strlen(text);

	return owners_parse_link(guard_copy(text, len), len, inode);
}

Test(owners, link)
{
	static const char *const none[] = {
		"",
		"s",
		"socket:[",
		"socket:[]",
		"socket:[0]",
		"socket:[12",
		"socket:[12] ",
		"socket:[-1]",
		"socket:[ 1]",
		"socket:[1x]",
		"socket:[18446744073709551616]",
		"Socket:[12]",
		"pipe:[12]",
		"/socket:[12]",
		"[0000]:",
		"[0000]:0",
		"[0000]:x",
		"[0001]:12",
		"anon_inode:[eventpoll]",
	};
	uint64_t inode = 0;

	cr_assert(parse_link("socket:[12345]", &inode));
	cr_assert_eq(inode, 12345);
	cr_assert(parse_link("socket:[18446744073709551615]", &inode));
	cr_assert_eq(inode, UINT64_MAX);
	cr_assert(parse_link("[0000]:77", &inode));
	cr_assert_eq(inode, 77);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		cr_assert_not(parse_link(none[i], &inode), "%s", none[i]);
	for (size_t len = 0; len < 14; len++)
		cr_assert_not(owners_parse_link(guard_copy("socket:[12345]", len), len, &inode));
}

TestSuite(owners_recorded, .init = proc_dir_begin, .fini = proc_dir_end);

/* A process with this comm (its final newline is added) that holds the n sockets as fd 3, 4, ... */
static void put_process(unsigned int pid, const char *comm, size_t n, const uint64_t *inodes)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "%u/comm", pid);
	snprintf(text, sizeof(text), "%s\n", comm);
	proc_dir_put_text(path, text);
	snprintf(path, sizeof(path), "%u/fd/0", pid);
	proc_dir_link(path, "/dev/null");
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%u/fd/%zu", pid, i + 3);
		snprintf(text, sizeof(text), "socket:[%llu]", (unsigned long long)inodes[i]);
		proc_dir_link(path, text);
	}
}

static struct owners *scan(const uint64_t *inodes, size_t n, bool first_only)
{
	const struct owners_query query = {
		.inodes = inodes,
		.n_inodes = n,
		.first_only = first_only,
	};

	return owners_scan(&proc_dir_env, &proc_dir_report, &query);
}

/* The owners as "pid/program:fd pid/program:fd ". */
static const char *owners_of(const struct owners *owners, uint64_t inode)
{
	static char text[1024];
	size_t used = 0;
	uint32_t n = 99;
	const struct owner *list = owners_find(owners, inode, &n);

	cr_assert_eq(list == NULL, n == 0);
	text[0] = '\0';
	for (uint32_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u/%s:%u ", list[i].pid,
					 list[i].program, list[i].fd);
	return text;
}

Test(owners_recorded, every_owner_in_order)
{
	const uint64_t wanted[] = { 100, 101, 102, 100 };
	struct owners *owners;

	put_process(90, "third", 1, (const uint64_t[]){ 100 });
	put_process(7, "first", 2, (const uint64_t[]){ 101, 100 });
	put_process(10, "second", 3, (const uint64_t[]){ 100, 555, 100 });
	put_process(11, "other", 1, (const uint64_t[]){ 556 });
	proc_dir_put_text("net/tcp", "");
	proc_dir_put_text("12x/comm", "no process\n");
	owners = scan(wanted, 4, false);
	cr_assert_str_eq(owners_of(owners, 100), "7/first:4 10/second:3 90/third:3 ");
	cr_assert_str_eq(owners_of(owners, 101), "7/first:3 ");
	cr_assert_str_eq(owners_of(owners, 102), "");
	cr_assert_str_eq(owners_of(owners, 555), "", "was not wanted");
	cr_assert_str_eq(owners_of(owners, 0), "");
	cr_assert_str_eq(proc_dir_heard(), "");
	owners_free(owners);
}

Test(owners_recorded, all_sockets)
{
	struct owners *owners;

	put_process(7, "a", 2, (const uint64_t[]){ 101, 100 });
	put_process(8, "b", 2, (const uint64_t[]){ 102, 100 });
	owners = scan(NULL, 0, false);
	cr_assert_str_eq(owners_of(owners, 100), "7/a:4 8/b:4 ");
	cr_assert_str_eq(owners_of(owners, 101), "7/a:3 ");
	cr_assert_str_eq(owners_of(owners, 102), "8/b:3 ");
	cr_assert_str_eq(owners_of(owners, 103), "");
	owners_free(owners);
}

Test(owners_recorded, first_owner_ends_the_walk)
{
	const uint64_t wanted[] = { 100, 101 };
	struct owners *owners;
	char told[200];

	put_process(7, "a", 2, (const uint64_t[]){ 101, 100 });
	put_process(8, "b", 2, (const uint64_t[]){ 101, 100 });
	/* Whoever came this far would stumble. */
	proc_dir_put_text("9/comm", "c\n");
	proc_dir_link("9/fd", "fd");
	owners = scan(wanted, 2, true);
	cr_assert_str_eq(owners_of(owners, 100), "7/a:4 ");
	cr_assert_str_eq(owners_of(owners, 101), "7/a:3 ");
	cr_assert_str_eq(proc_dir_heard(), "");
	owners_free(owners);
	owners = scan(wanted, 2, false);
	cr_assert_str_eq(owners_of(owners, 100), "7/a:4 8/b:4 ");
	snprintf(told, sizeof(told), "programs of some sockets could not be looked up: %s",
		 strerror(ELOOP));
	cr_assert_not_null(strstr(proc_dir_heard(), told));
	cr_assert_eq(proc_dir_report.level, REPORT_PARTIAL);
	owners_free(owners);
}

Test(owners_recorded, one_owner_each_when_the_walk_goes_on)
{
	const uint64_t wanted[] = { 100, 101, 404 };
	struct owners *owners;

	put_process(7, "a", 1, (const uint64_t[]){ 100 });
	put_process(8, "b", 2, (const uint64_t[]){ 100, 101 });
	owners = scan(wanted, 3, true);
	cr_assert_str_eq(owners_of(owners, 100), "7/a:3 ");
	cr_assert_str_eq(owners_of(owners, 101), "8/b:4 ");
	owners_free(owners);
}

/* A name is any bytes: with brackets, blanks, escapes, none at all, a newline at its end. */
Test(owners_recorded, hostile_names)
{
	static const char *const names[] = {
		"", ") R 1 (", "\033[31m\n", "a/b c", "\xff\xfe", "\n", "123456789012345",
	};
	struct owners *owners;

	for (unsigned int i = 0; i < 7; i++)
		put_process(i + 1, names[i], 1, (const uint64_t[]){ i + 1 });
	proc_dir_put("8/comm", "cut\0off\n", 8);
	proc_dir_link("8/fd/3", "socket:[8]");
	proc_dir_put("9/comm", "no newline", 10);
	proc_dir_link("9/fd/3", "socket:[9]");
	owners = scan(NULL, 0, false);
	for (unsigned int i = 0; i < 7; i++) {
		uint32_t n;
		const struct owner *owner = owners_find(owners, i + 1, &n);

		cr_assert_eq(n, 1);
		cr_assert_str_eq(owner->program, names[i]);
		cr_assert_null(owner->context);
	}
	cr_assert_str_eq(owners_of(owners, 8), "8/cut:3 ");
	cr_assert_str_eq(owners_of(owners, 9), "9/no newline:3 ");
	owners_free(owners);
}

Test(owners_recorded, inode_above_32_bits)
{
	const uint64_t big = (UINT64_C(1) << 32) + 100;
	const uint64_t low[] = { 100 }, full[] = { big, 100 };
	struct owners *owners;

	put_process(7, "a", 2, (const uint64_t[]){ big, UINT64_C(1) << 32 });
	owners = scan(low, 1, false);
	cr_assert_str_eq(owners_of(owners, 100), "7/a:3 ", "sock_diag tells the low half");
	owners_free(owners);
	owners = scan(full, 2, false);
	cr_assert_str_eq(owners_of(owners, big), "7/a:3 ");
	cr_assert_str_eq(owners_of(owners, 100), "", "another socket");
	owners_free(owners);
	owners = scan(NULL, 0, false);
	cr_assert_str_eq(owners_of(owners, big), "7/a:3 ");
	cr_assert_str_eq(owners_of(owners, 100), "7/a:3 ");
	cr_assert_str_eq(owners_of(owners, 0), "");
	owners_free(owners);
}

Test(owners_recorded, what_vanishes_is_no_error)
{
	struct owners *owners;

	/* No fd directory; no comm: ended between two looks. */
	proc_dir_put_text("7/comm", "a\n");
	proc_dir_link("8/fd/3", "socket:[100]");
	proc_dir_link("9/fd/3", "socket:[100]");
	proc_dir_put_text("9/comm", "c\n");
	proc_dir_put_text("9/fd/4", "not a link");
	proc_dir_put_text("10", "not a process");
	owners = scan(NULL, 0, false);
	cr_assert_str_eq(owners_of(owners, 100), "9/c:3 ");
	cr_assert_str_eq(proc_dir_heard(), "");
	owners_free(owners);
}

Test(owners_recorded, contexts)
{
	const struct owners_query query = { .context = true };
	struct owners *owners;
	uint32_t n;

	cr_assert_not(owners_have_context(&proc_dir_env));
	proc_dir_put_text("self/attr/current", "\n");
	cr_assert_not(owners_have_context(&proc_dir_env));
	proc_dir_put("self/attr/current", "unconfined\n", 11);
	cr_assert(owners_have_context(&proc_dir_env));
	put_process(7, "a", 1, (const uint64_t[]){ 100 });
	put_process(8, "b", 1, (const uint64_t[]){ 101 });
	proc_dir_put("7/attr/current", "u:r:t:s0\0", 9);
	proc_dir_put("8/attr/current", "", 0);
	owners = owners_scan(&proc_dir_env, &proc_dir_report, &query);
	cr_assert_str_eq(owners_find(owners, 100, &n)->context, "u:r:t:s0");
	cr_assert_null(owners_find(owners, 101, &n)->context);
	owners_free(owners);
}

static const struct owner *scan_details(struct owners **owners)
{
	const uint64_t wanted[] = { 100 };
	const struct owners_query query = {
		.inodes = wanted,
		.n_inodes = 1,
		.details = true,
		.start_time = true,
	};
	uint32_t n;

	*owners = owners_scan(&proc_dir_env, &proc_dir_report, &query);
	return owners_find(*owners, 100, &n);
}

#define STAT_NUMBERS "S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "

Test(owners_recorded, details)
{
	static char huge[8192];
	struct owners *owners;
	const struct owner *owner;

	memset(huge, 'x', sizeof(huge));
	snprintf(huge, 100, "cpu  1 2 3\nintr ");
	huge[strlen(huge)] = ' ';
	memcpy(huge + sizeof(huge) - 20, "\nbtime 1600000000\n", 19);
	put_process(7, "a) R 9 (b", 1, (const uint64_t[]){ 100 });
	proc_dir_put("stat", huge, sizeof(huge));
	proc_dir_put_text("7/stat", "7 (a) R 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 (b) " STAT_NUMBERS
				    "12345 1000000 77\n");
	proc_dir_link("7/exe", "/tmp/evil\n\033 (deleted)");
	proc_dir_put("7/cmdline", "a\0\0b c\0", 7);
	owner = scan_details(&owners);
	cr_assert_not_null(owner);
	cr_assert_str_eq(owner->exe, "/tmp/evil\n\033 (deleted)");
	cr_assert_eq(owner->cmdline_len, 7);
	cr_assert_eq(memcmp(owner->cmdline, "a\0\0b c\0", 7), 0);
	cr_assert_not(owner->cmdline_cut);
	cr_assert_eq(owner->start_time, 1600000000 + 12345 / (uint64_t)sysconf(_SC_CLK_TCK));
	cr_assert_str_eq(proc_dir_heard(), "");
	owners_free(owners);
}

Test(owners_recorded, details_that_are_missing)
{
	struct owners *owners;
	const struct owner *owner;

	put_process(7, "a", 1, (const uint64_t[]){ 100 });
	proc_dir_put_text("7/stat", "7 (a) " STAT_NUMBERS "12345 1000000 77\n");
	proc_dir_put_text("7/cmdline", "");
	owner = scan_details(&owners);
	cr_assert_null(owner->exe);
	cr_assert_null(owner->cmdline);
	cr_assert_eq(owner->start_time, 0, "the time of boot is not known");
	cr_assert_not(owners_any_hidden(owners));
	cr_assert_not_null(strstr(proc_dir_heard(), "start times of processes are not known: "));
	owners_free(owners);
}

Test(owners_recorded, details_that_nobody_asked_for)
{
	const uint64_t wanted[] = { 100 };
	const struct owners_query query = { .inodes = wanted, .n_inodes = 1, .details = true };

	put_process(7, "a", 1, wanted);
	owners_free(owners_scan(&proc_dir_env, &proc_dir_report, &query));
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(owners_recorded, no_machine_began_in_1970)
{
	struct owners *owners;

	put_process(7, "a", 1, (const uint64_t[]){ 100 });
	proc_dir_put_text("stat", "btime 0\n");
	scan_details(&owners);
	cr_assert_not_null(strstr(proc_dir_heard(), "start times of processes are not known: "));
	owners_free(owners);
}

Test(owners_recorded, long_command_line)
{
	static char text[10000];
	struct owners *owners;
	const struct owner *owner;

	memset(text, 'x', sizeof(text));
	put_process(7, "a", 1, (const uint64_t[]){ 100 });
	proc_dir_put("7/cmdline", text, 4096);
	owner = scan_details(&owners);
	cr_assert_eq(owner->cmdline_len, 4096);
	cr_assert_not(owner->cmdline_cut);
	owners_free(owners);
	proc_dir_put("7/cmdline", text, sizeof(text));
	owner = scan_details(&owners);
	cr_assert_eq(owner->cmdline_len, 4096);
	cr_assert(owner->cmdline_cut);
	owners_free(owners);
}

Test(owners, start_of_a_process)
{
	static const char good[] = "1 (x) " STAT_NUMBERS "18446744073709551615 0";
	uint64_t ticks = 0;

	cr_assert(owners_parse_start(good, sizeof(good) - 1, &ticks));
	cr_assert_eq(ticks, UINT64_MAX);
	for (size_t len = 0; len < sizeof(good) - 2; len++)
		cr_assert_not(owners_parse_start(guard_copy(good, len), len, &ticks), "%zu", len);
	cr_assert_not(owners_parse_start("1 x S 1", 7, &ticks));
	cr_assert_not(owners_parse_start("1 (x)S 1", 8, &ticks));
}

Test(owners_recorded, what_is_not_known_may_be_hidden)
{
	const uint64_t wanted[] = { 100 };
	struct owners *owners;

	cr_assert(owners_any_hidden(NULL));
	put_process(7, "a", 0, NULL);
	owners = scan(wanted, 1, true);
	cr_assert_not(owners_any_hidden(owners));
	owners_free(owners);
	proc_dir_env.euid = 1000; /* and process 1 is not to be seen */
	owners = scan(wanted, 1, true);
	cr_assert(owners_any_hidden(owners));
	owners_free(owners);
}

Test(owners_recorded, nothing_wanted_nothing_read)
{
	const uint64_t none = 0;
	struct owners *owners;

	close(proc_dir_env.proc_fd);
	proc_dir_env.proc_fd = -ENOENT;
	proc_dir_env.proc_is_live = true;
	owners = scan(&none, 0, true);
	cr_assert_str_eq(owners_of(owners, 5), "");
	cr_assert_str_eq(proc_dir_heard(), "");
	owners_free(owners);
	cr_assert_str_eq(owners_of(NULL, 5), "");
}

Test(owners_recorded, no_proc)
{
	const uint64_t wanted[] = { 100 };

	proc_dir_env.proc_is_live = true;
	owners_free(scan(wanted, 1, true));
	cr_assert_str_eq(proc_dir_heard(), "lssock: the process file system is not mounted: "
					   "programs may be missing or wrong\n");
	close(proc_dir_env.proc_fd);
	proc_dir_env.proc_fd = -ENOENT;
	owners_free(scan(wanted, 1, true));
	cr_assert_not_null(strstr(proc_dir_heard(), "lssock: programs are not known: the process "
						    "file system is not available: "));
	cr_assert_eq(proc_dir_report.level, REPORT_NOTE);
}

Test(owners_recorded, hidden_processes)
{
	const uint64_t wanted[] = { 100 };

	proc_dir_env.euid = 1000;
	put_process(7, "a", 1, (const uint64_t[]){ 101 });
	owners_free(scan(wanted, 1, true));
	cr_assert_str_eq(proc_dir_heard(),
			 "lssock: processes of other users are hidden here: their sockets show no "
			 "program (effective uid is 1000)\n");
	put_process(1, "init", 1, (const uint64_t[]){ 102 });
	owners_free(scan(wanted, 1, true));
	cr_assert_eq(strchr(proc_dir_heard(), '\n')[1], '\0', "all can be seen: no second note");
}

Test(owners_recorded, many)
{
	enum { N_SOCKETS = 3000, N_PROCESSES = 20 };
	static uint64_t wanted[N_SOCKETS];
	uint64_t held[N_SOCKETS / N_PROCESSES + 1];
	struct owners *owners;

	for (size_t i = 0; i < N_SOCKETS; i++)
		wanted[i] = i * 7919 + 1;
	for (unsigned int p = 0; p < N_PROCESSES; p++) {
		for (size_t i = 0; i < N_SOCKETS / N_PROCESSES; i++)
			held[i] = wanted[i * N_PROCESSES + p];
		held[N_SOCKETS / N_PROCESSES] = wanted[0];
		put_process(p + 1, "many", N_SOCKETS / N_PROCESSES + 1, held);
	}
	owners = scan(wanted, N_SOCKETS, false);
	for (size_t i = 1; i < N_SOCKETS; i++) {
		uint32_t n;
		const struct owner *owner = owners_find(owners, wanted[i], &n);

		cr_assert_eq(n, 1);
		cr_assert_eq(owner->pid, i % N_PROCESSES + 1);
		cr_assert_eq(owner->fd, i / N_PROCESSES + 3);
	}
	uint32_t n;
	const struct owner *owner = owners_find(owners, wanted[0], &n);

	cr_assert_eq(n, N_PROCESSES);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(owner[i].pid, i + 1);
	owners_free(owners);
}

static void live_begin(void)
{
	proc_dir_begin();
	close(proc_dir_env.proc_fd);
	proc_dir_env.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(proc_dir_env.proc_fd, 0);
	proc_dir_env.proc_is_live = true;
	proc_dir_env.euid = geteuid();
}

/* Skipping leaves out .fini. */
static void skip_test(const char *why)
{
	proc_dir_end();
	cr_skip_test("%s", why);
}

TestSuite(owners_live, .init = live_begin, .fini = proc_dir_end);

/* A new socket; *inode is its number. */
static int make_socket(uint64_t *inode)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat st;

	cr_assert_geq(fd, 0);
	cr_assert_eq(fstat(fd, &st), 0);
	*inode = st.st_ino;
	return fd;
}

/* A child of that user (0: ours) and name that holds what we hold, until it is killed. */
static pid_t spawn(const char *name, uid_t uid)
{
	int ready[2];
	pid_t pid;
	char c;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (uid != 0 && (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
				 setresuid(uid, uid, uid) < 0))
			_exit(1);
		prctl(PR_SET_NAME, name);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &c, 1), 0);
	close(ready[0]);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(owners_live, shared_by_fork)
{
	uint64_t inode;
	int fd = make_socket(&inode);
	int twice = dup(fd);
	pid_t a = spawn("a) R 1 (b", 0), b = spawn("\033]0;b\a\n", 0);
	struct owners *owners = scan(&inode, 1, false);
	uint32_t n;
	const struct owner *list = owners_find(owners, inode, &n);

	cr_assert_geq(n, 3);
	for (pid_t want = 0, i = 0; i < 3; i++) {
		bool seen = false;

		want = i == 0 ? getpid() : i == 1 ? a : b;
		for (uint32_t j = 0; j < n; j++) {
			if (list[j].pid != (uint32_t)want)
				continue;
			cr_assert_not(seen, "one entry a process");
			seen = true;
			cr_assert_eq(list[j].fd, (uint32_t)fd);
			if (i > 0)
				cr_assert_str_eq(list[j].program,
						 i == 1 ? "a) R 1 (b" : "\033]0;b\a\n");
		}
		cr_assert(seen);
	}
	for (uint32_t j = 1; j < n; j++)
		cr_assert_lt(list[j - 1].pid, list[j].pid);
	owners_free(owners);
	stop(a);
	stop(b);
	close(twice);
	close(fd);
}

/* Run as another user in a process of its own; its status is 0 when all was as it should be. */
static void as_nobody(int (*body)(uint64_t inode), uint64_t inode)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
		    setresuid(65534, 65534, 65534) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
			_exit(99);
		proc_dir_env.euid = geteuid();
		_exit(body(inode));
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0, "step %d: %s", WEXITSTATUS(status), proc_dir_heard());
}

static int nobody_sees_own_only(uint64_t inode)
{
	uint64_t wanted[2] = { inode };
	struct owners *owners;
	int fd;

	owners = scan(wanted, 1, true);
	if (!owners || strcmp(owners_of(owners, inode), "") != 0)
		return 1;
	if (!strstr(proc_dir_heard(), "no process information could be read: only root sees the "
				      "sockets' programs (effective uid is 65534)\n"))
		return 2;
	owners_free(owners);
	fd = make_socket(&wanted[1]);
	owners = scan(wanted, 2, true);
	if (!owners || !strstr(owners_of(owners, wanted[1]), "/nobodys:"))
		return 3;
	if (!strstr(proc_dir_heard(), "could not be inspected: their sockets show no program "
				      "(root sees all)\n"))
		return 4;
	if (proc_dir_report.level != REPORT_NOTE)
		return 5;
	owners_free(owners);
	close(fd);
	return 0;
}

Test(owners_live, other_users_processes)
{
	uint64_t inode;
	pid_t holder;
	int fd;

	if (geteuid() != 0)
		skip_test("takes root");
	fd = make_socket(&inode);
	holder = spawn("roots", 0);
	close(fd);
	prctl(PR_SET_NAME, "nobodys");
	as_nobody(nobody_sees_own_only, inode);
	stop(holder);
}

/* Root sees what others hold, and with every wanted socket found there is nothing to note. */
Test(owners_live, root_sees_all)
{
	uint64_t inode;
	struct owners *owners;
	pid_t holder;
	char want[64];
	int fd;

	if (geteuid() != 0)
		skip_test("takes root");
	fd = make_socket(&inode);
	holder = spawn("nobodys", 65534);
	close(fd);
	owners = scan(&inode, 1, true);
	snprintf(want, sizeof(want), "%d/nobodys:%d ", (int)holder, fd);
	cr_assert_str_eq(owners_of(owners, inode), want);
	cr_assert_str_eq(proc_dir_heard(), "");
	owners_free(owners);
	stop(holder);
}

static int nobody_sees_no_foreign_pids(uint64_t inode)
{
	struct owners *owners = scan(&inode, 1, true);
	bool said = strstr(proc_dir_heard(), "processes of other users are hidden here");

	owners_free(owners);
	return said ? 0 : 1;
}

Test(owners_live, hidepid)
{
	uint64_t inode;
	int fd;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, "hidepid=2") < 0)
		skip_test("takes root and a mount namespace");
	close(proc_dir_env.proc_fd);
	proc_dir_env.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = make_socket(&inode);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	as_nobody(nobody_sees_no_foreign_pids, inode + 1000000);
	close(fd);
}

/* In a new PID namespace under the old /proc. */
static int look_from_inside(void)
{
	const uint64_t wanted[] = { 1 };
	int status = 0;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		return 99;
	pid = fork();
	if (pid == 0) {
		owners_free(scan(wanted, 1, true));
		_exit(strstr(proc_dir_heard(), "shows another PID namespace") ? 0 : 1);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

Test(owners_live, foreign_proc)
{
	int status;
	pid_t pid;

	if (geteuid() != 0)
		skip_test("takes root");
	pid = fork();
	if (pid == 0)
		_exit(look_from_inside());
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "%s", proc_dir_heard());
}

Test(owners_live, few_descriptors)
{
	struct rlimit limit;
	uint64_t inode;
	int fd = make_socket(&inode);
	int last = fd, one_more;
	struct owners *owners;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 128;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((one_more = dup(fd)) >= 0)
		last = one_more;
	/* Three at once are enough... */
	for (int i = 0; i < 3; i++)
		cr_assert_eq(close(last - i), 0);
	owners = scan(&inode, 1, true);
	cr_assert_str_neq(owners_of(owners, inode), "");
	cr_assert_neq(proc_dir_report.level, REPORT_PARTIAL, "%s", proc_dir_heard());
	owners_free(owners);
	/* ... and two are not, which is told. */
	cr_assert_geq(dup(fd), 0);
	owners = scan(&inode, 1, true);
	cr_assert_str_eq(owners_of(owners, inode), "");
	cr_assert_eq(proc_dir_report.level, REPORT_PARTIAL);
	cr_assert_not_null(strstr(proc_dir_heard(), "could not be looked up: "));
	owners_free(owners);
	for (int i = fd; i < last; i++)
		close(i);
}

/* Processes that come and go all the time: no error, and never a name that is not theirs. */
Test(owners_live, coming_and_going)
{
	uint64_t inode;
	int fd = make_socket(&inode);
	pid_t churn = fork();

	cr_assert_geq(churn, 0);
	if (churn == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "churn");
		for (;;) {
			pid_t pid = fork();

			if (pid == 0)
				_exit(0);
			waitpid(pid, NULL, 0);
		}
	}
	prctl(PR_SET_NAME, "steady");
	for (int i = 0; i < 100; i++) {
		struct owners *owners = scan(&inode, 1, false);
		uint32_t n;
		const struct owner *list = owners_find(owners, inode, &n);
		bool seen = false;

		for (uint32_t j = 0; j < n; j++) {
			bool ours = list[j].pid == (uint32_t)getpid();

			seen = seen || ours;
			cr_assert(!ours || strcmp(list[j].program, "steady") == 0);
		}
		cr_assert(seen);
		owners_free(owners);
	}
	cr_assert_neq(proc_dir_report.level, REPORT_PARTIAL, "%s", proc_dir_heard());
	stop(churn);
	close(fd);
}

/* Processes 1000 to 1299: each holds a socket of its own at some descriptor, low or high, one that
 * it shares with its neighbours, and one that all of them have. */
static void put_crowd(void)
{
	static const unsigned int fds[] = { 64,  15,   16,  17,    31,     32,         33,
					    127, 1000, 128, 70000, 999999, 4294967295, 65 };

	for (unsigned int pid = 1000; pid < 1300; pid++) {
		char path[64], text[64];

		put_process(pid, "crowd", 2, (const uint64_t[]){ 7, 5000 + pid / 10 });
		snprintf(path, sizeof(path), "%u/fd/%u", pid, fds[pid % 14]);
		snprintf(text, sizeof(text), "socket:[%u]", 100000 + pid);
		proc_dir_link(path, text);
		/* One more that all have, the later ones at lower descriptors. */
		snprintf(path, sizeof(path), "%u/fd/%u", pid, 620 - 100 * ((pid - 1000) / 50));
		proc_dir_link(path, "socket:[9]");
	}
}

/* The map of a walk by so many processors, as one text. */
static char *map_by(unsigned int cpus, const struct owners_query *query)
{
	char *text = calloc(1, 1 << 20);
	size_t used = 0;
	struct owners *owners;

	proc_dir_env.cpus = cpus;
	owners = owners_scan(&proc_dir_env, &proc_dir_report, query);
	cr_assert_not_null(owners);
	for (unsigned int pid = 1000; pid < 1300; pid++)
		used += (size_t)snprintf(text + used, 64, "%u: %s\n", pid,
					 owners_of(owners, 100000 + pid));
	for (unsigned int i = 500; i < 540; i++) {
		uint32_t n;
		const struct owner *list = owners_find(owners, 5000 + i - 400, &n);

		used += (size_t)snprintf(text + used, 64, "shared %u: %u", i, n);
		for (uint32_t k = 0; k < n; k++)
			used += (size_t)snprintf(text + used, 64, " %u:%u", list[k].pid,
						 list[k].fd);
	}
	owners_free(owners);
	return text;
}

Test(owners_recorded, several_threads_find_what_one_finds)
{
	const struct owners_query all = { .inodes = NULL };
	char *alone, *crew;

	put_crowd();
	alone = map_by(1, &all);
	cr_assert_not_null(strstr(alone, "1299: 1299/crowd:"));
	for (unsigned int cpus = 2; cpus < 6; cpus++) {
		crew = map_by(cpus, &all);
		cr_assert_str_eq(crew, alone);
		free(crew);
	}
	free(alone);
}

/* One owner is enough: each wanted socket has one, also those at high descriptors. */
Test(owners_recorded, the_first_owner_by_several_threads)
{
	uint64_t wanted[602];
	struct owners_query query = { .inodes = wanted, .first_only = true };

	put_crowd();
	for (unsigned int pid = 1000; pid < 1300; pid++)
		wanted[query.n_inodes++] = 100000 + pid;
	wanted[query.n_inodes++] = 7;
	wanted[query.n_inodes++] = 9;
	for (unsigned int cpus = 0; cpus < 5; cpus++) {
		struct owners *owners;
		uint32_t n;

		proc_dir_env.cpus = cpus;
		owners = owners_scan(&proc_dir_env, &proc_dir_report, &query);
		for (size_t i = 0; i < query.n_inodes; i++) {
			const struct owner *owner = owners_find(owners, wanted[i], &n);

			cr_assert_eq(n, 1, "%u processors: %llu", cpus,
				     (unsigned long long)wanted[i]);
			/* Of several the first one, of those whose descriptor comes first. */
			cr_assert_eq(owner->pid,
				     i == 300   ? 1000
				     : i == 301 ? 1250
						: 1000 + i,
				     "%u processors: %llu: %u", cpus, (unsigned long long)wanted[i],
				     owner->pid);
		}
		cr_assert_not(owners_find(owners, 5100, &n));
		owners_free(owners);
	}
	cr_assert_str_eq(proc_dir_heard(), "");
}

/* A walk that begins with likely processes: they are all it looks into where they hold everything.
 */
Test(owners_recorded, likely_processes_first)
{
	const uint64_t wanted[] = { 100, 101 };
	struct owners_query query = {
		.inodes = wanted,
		.n_inodes = 2,
		.likely = (const uint32_t[]){ 999, 8, 30, 8 },
		.n_likely = 4,
		.first_only = true,
	};
	struct owners *owners;

	put_process(5, "first", 1, (const uint64_t[]){ 101 });
	put_process(8, "a", 1, (const uint64_t[]){ 100 });
	put_process(30, "b", 2, (const uint64_t[]){ 100, 101 });
	/* Whoever came this far would stumble. */
	proc_dir_put_text("2/comm", "c\n");
	proc_dir_link("2/fd", "fd");
	owners = owners_scan(&proc_dir_env, &proc_dir_report, &query);
	cr_assert_str_eq(owners_of(owners, 100), "8/a:3 ");
	cr_assert_str_eq(owners_of(owners, 101), "30/b:4 ");
	cr_assert_not(owners_any_hidden(owners));
	cr_assert_str_eq(proc_dir_heard(), "");
	owners_free(owners);
	/* All owners are wanted: they come in the order of their numbers, whoever is likely. */
	query.first_only = false;
	owners = owners_scan(&proc_dir_env, &proc_dir_report, &query);
	cr_assert_str_eq(owners_of(owners, 101), "5/first:3 30/b:4 ");
	owners_free(owners);
}

/* What the likely ones do not hold the others have; nobody is counted twice. */
Test(owners_recorded, likely_processes_are_not_all)
{
	const uint64_t wanted[] = { 100, 404 };
	const struct owners_query query = {
		.inodes = wanted,
		.n_inodes = 2,
		.likely = (const uint32_t[]){ 8 },
		.n_likely = 1,
		.first_only = true,
	};
	struct owners *owners;

	bool root = geteuid() == 0;

	/* Nothing is closed to root. */
	if (root)
		cr_assert(fchown(proc_dir_env.proc_fd, 65534, 65534) == 0 && seteuid(65534) == 0);
	proc_dir_env.euid = 1000;
	put_process(1, "init", 1, (const uint64_t[]){ 5 });
	put_process(7, "a", 1, (const uint64_t[]){ 100 });
	proc_dir_put_text("8/comm", "b\n");
	cr_assert_eq(mkdirat(proc_dir_env.proc_fd, "8/fd", 0), 0);
	owners = owners_scan(&proc_dir_env, &proc_dir_report, &query);
	if (root)
		cr_assert_eq(seteuid(0), 0);
	cr_assert_str_eq(owners_of(owners, 100), "7/a:3 ");
	cr_assert_str_eq(proc_dir_heard(),
			 "lssock: 1 process could not be inspected: its sockets show no program "
			 "(root sees all)\n");
	cr_assert(owners_any_hidden(owners));
	owners_free(owners);
}

static unsigned int random_state = 20;

static unsigned int random_below(unsigned int n)
{
	random_state = random_state * 1103515245 + 12345;
	return (random_state >> 8) % n;
}

/* A population of processes 2000 to 2099 that hold some of the sockets 1 to 400, also behind many
 * others. */
static void put_population(void)
{
	for (unsigned int pid = 2000; pid < 2100; pid++) {
		for (unsigned int i = random_below(12); i > 0; i--) {
			char path[64], text[64];

			snprintf(path, sizeof(path), "%u/fd/%u", pid, 3 + i * random_below(40));
			snprintf(text, sizeof(text), "socket:[%u]", 1 + random_below(400));
			if (faccessat(proc_dir_env.proc_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
				proc_dir_link(path, text);
		}
		put_process(pid, "p", 0, NULL);
	}
}

/* Whether the owner is one of those that the socket has. */
static bool is_true_owner(const struct owners *truth, uint64_t inode, const struct owner *owner)
{
	uint32_t n;
	const struct owner *list = owners_find(truth, inode, &n);

	for (uint32_t i = 0; i < n; i++)
		if (list[i].pid == owner->pid && list[i].fd == owner->fd)
			return true;
	return false;
}

/* One query with a random guess of who is likely, against the full scan. */
static void compare_with_full_scan(const struct owners *truth)
{
	uint64_t wanted[64];
	uint32_t likely[32], n_found, n_true;
	struct owners_query query = { .inodes = wanted, .likely = likely, .first_only = true };
	struct owners *owners;

	for (unsigned int i = 1 + random_below(64); i > 0; i--)
		wanted[query.n_inodes++] = 1 + random_below(440); /* some that nobody has */
	for (unsigned int i = random_below(32); i > 0; i--)
		likely[query.n_likely++] = 1990 + random_below(120); /* also who has ended */
	proc_dir_env.cpus = random_below(4);
	owners = owners_scan(&proc_dir_env, &proc_dir_report, &query);
	for (size_t i = 0; i < query.n_inodes; i++) {
		const struct owner *owner = owners_find(owners, wanted[i], &n_found);

		owners_find(truth, wanted[i], &n_true);
		cr_assert_eq(n_found, n_true > 0, "socket %llu", (unsigned long long)wanted[i]);
		if (owner)
			cr_assert(is_true_owner(truth, wanted[i], owner), "socket %llu",
				  (unsigned long long)wanted[i]);
	}
	owners_free(owners);
}

Test(owners_recorded, whoever_is_likely_the_answer_is_that_of_the_full_scan)
{
	struct owners *truth;

	put_population();
	truth = scan(NULL, 0, false);
	for (int round = 0; round < 400; round++)
		compare_with_full_scan(truth);
	owners_free(truth);
	cr_assert_str_eq(proc_dir_heard(), "");
}
