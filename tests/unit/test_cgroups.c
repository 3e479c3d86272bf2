/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of control groups, looked up in a directory that stands for the cgroup2 file system. */
#include <criterion/criterion.h>

#include <dirent.h>
#include <sys/resource.h>

#include "enrich/cgroups.h"
#include "model/unit.h"

#include "proc_dir.h"

static unsigned int n_opens;
static int open_result;

static int open_mount(const struct env *env)
{
	n_opens++;
	return open_result < 0 ? open_result
			       : openat(env->proc_fd, "cg", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static struct cgroups cgroups;

static void make_group(const char *path)
{
	proc_dir_parents(path);
	cr_assert(mkdirat(proc_dir_env.proc_fd, path, 0700) == 0 || errno == EEXIST);
}

static void begin(void)
{
	proc_dir_begin();
	proc_dir_env.cgroup_open = open_mount;
	make_group("cg");
	cgroups = (struct cgroups){ .env = &proc_dir_env, .report = &proc_dir_report };
}

static void finish(void)
{
	cgroups_free(&cgroups);
	proc_dir_end();
}

TestSuite(cgroups, .init = begin, .fini = finish);

static uint64_t id_of(const char *path)
{
	uint64_t id;

	cr_assert_eq(cgroups_find_id(&proc_dir_env, path, &id), 0);
	cr_assert_neq(id, 0, "%s", path);
	return id;
}

/* A path that no group has. */
static bool is_nowhere(const char *path)
{
	uint64_t id = 1;

	return cgroups_find_id(&proc_dir_env, path, &id) == 0 && id == 0;
}

/* The path of an id; "-": none. */
static const char *path_of(uint64_t id)
{
	struct sock row = { .has = SOCK_HAS_CGROUP, .cgroup_id = id };

	cgroups_apply(&cgroups, &row, 1);
	return row.cgroup ? row.cgroup : "-";
}

Test(cgroups, paths)
{
	make_group("cg/system.slice/ssh.service");
	make_group("cg/user.slice/a b\033\xff");
	proc_dir_put_text("cg/cgroup.procs", "1\n");
	proc_dir_put_text("cg/system.slice/cgroup.procs", "");
	proc_dir_link("cg/loop", ".");
	cr_assert_str_eq(path_of(id_of("/")), "/");
	cr_assert_str_eq(path_of(id_of("/system.slice")), "/system.slice");
	cr_assert_str_eq(path_of(id_of("system.slice/ssh.service")), "/system.slice/ssh.service");
	cr_assert_str_eq(path_of(id_of("/user.slice/a b\033\xff")), "/user.slice/a b\033\xff");
	cr_assert(is_nowhere("/nowhere"));
	cr_assert(is_nowhere("/cgroup.procs"));
	cr_assert(is_nowhere("/loop"));
	cr_assert(is_nowhere("../cg"));
	cr_assert(is_nowhere("/system.slice/../.."));
	cr_assert_str_eq(path_of((uint64_t)1 << 62), "-");
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(cgroups, what_paths_say)
{
	struct sock rows[3] = {
		{ .has = SOCK_HAS_CGROUP },
		{ .has = SOCK_HAS_CGROUP },
		{ .has = SOCK_HAS_CGROUP, .cgroup_id = (uint64_t)1 << 62 },
	};

	make_group("cg/system.slice/ssh.service");
	rows[0].cgroup_id = id_of("/system.slice/ssh.service");
	rows[1].cgroup_id = id_of("/");
	cgroups_apply(&cgroups, rows, 3);
	cr_assert_not_null(rows[0].unit);
	cr_assert_eq(rows[0].unit->name_len, strlen("ssh.service"));
	cr_assert_arr_eq(rows[0].unit->name, "ssh.service", strlen("ssh.service"));
	cr_assert_not_null(rows[1].unit);
	cr_assert_null(rows[1].unit->name);
	cr_assert_null(rows[2].unit);
}

Test(cgroups, walked_once_a_round_and_not_without_need)
{
	struct sock rows[2] = { { .has = 0, .cgroup_id = 5 }, { .has = SOCK_HAS_CGROUP } };
	uint64_t id;

	make_group("cg/a");
	id = id_of("/a");
	n_opens = 0;
	cgroups_apply(&cgroups, rows, 2);
	cr_assert_eq(n_opens, 0);
	cr_assert_null(rows[0].cgroup);
	cr_assert_null(rows[1].cgroup);
	for (int i = 0; i < 5; i++)
		cr_assert_str_eq(path_of(id), "/a");
	cr_assert_eq(n_opens, 1);

	cgroups_forget(&cgroups);
	cr_assert_eq(unlinkat(proc_dir_env.proc_fd, "cg/a", AT_REMOVEDIR), 0);
	cr_assert_str_eq(path_of(id), "-");
	cr_assert_str_eq(proc_dir_heard(), "");
}

Test(cgroups, many_and_deep)
{
	char path[2048] = "cg";
	size_t n = 2;

	for (int i = 0; i < 300; i++) {
		char name[32];

		snprintf(name, sizeof(name), "cg/n%d", i);
		make_group(name);
	}
	for (int i = 0; i < 100; i++) {
		n += (size_t)snprintf(path + n, sizeof(path) - n, "/d%d", i);
		cr_assert_eq(mkdirat(proc_dir_env.proc_fd, path, 0700), 0);
	}
	cr_assert_str_eq(path_of(id_of("/n299")), "/n299");
	cr_assert_str_eq(path_of(id_of(path + 2)), path + 2);
}

Test(cgroups, no_mount)
{
	uint64_t id;

	open_result = -ENOENT;
	cr_assert_str_eq(path_of(1), "-");
	cr_assert_eq(cgroups_find_id(&proc_dir_env, "/", &id), -ENOENT);
	cr_assert_not_null(strstr(proc_dir_heard(), "cgroup2 file system is not mounted"));
	cr_assert_eq(report_status(&proc_dir_report), 0);
	n_opens = 0;
	cr_assert_str_eq(path_of(1), "-");
	cr_assert_eq(n_opens, 0, "asked again in the same round");
	proc_dir_env.cgroup_open = NULL;
	cgroups_forget(&cgroups);
	cr_assert_str_eq(path_of(1), "-");
}

Test(cgroups, nothing_is_said_where_nobody_asked)
{
	open_result = -ENOENT;
	cgroups.quiet = true;
	cr_assert_str_eq(path_of(1), "-");
	cr_assert_str_eq(proc_dir_heard(), "");
	cgroups_forget(&cgroups);
	open_result = -EMFILE;
	cr_assert_str_eq(path_of(1), "-");
	cr_assert_not_null(strstr(proc_dir_heard(), "control groups are not known"));
}

Test(cgroups, trouble_is_told)
{
	open_result = -EMFILE;
	cr_assert_str_eq(path_of(1), "-");
	cr_assert_not_null(strstr(proc_dir_heard(), "control groups are not known"));
	cr_assert_eq(report_status(&proc_dir_report), 3);
}
