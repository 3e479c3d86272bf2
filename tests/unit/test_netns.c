/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other network namespaces: how they are named, which there are (a directory stands for /proc,
 * where hard links to one file are processes in one namespace), and how they are looked into.
 */
#include <criterion/criterion.h>

#include <linux/magic.h>
#include <sys/vfs.h>

#include "kernel/netns_list.h"
#include "kernel/sysctl.h"

#include "guard.h"
#include "proc_dir.h"

#define ID64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Test(netns, targets)
{
	static const struct {
		const char *text;
		enum netns_kind kind;
		uint32_t pid;
	} good[] = {
		{ "blue", NETNS_NAME, 0 },   { "1x", NETNS_NAME, 0 },
		{ "-", NETNS_NAME, 0 },      { "...", NETNS_NAME, 0 },
		{ "1", NETNS_PID, 1 },       { "2147483647", NETNS_PID, INT32_MAX },
		{ "./blue", NETNS_PATH, 0 }, { "/proc/1/ns/net", NETNS_PATH, 0 },
		{ "/", NETNS_PATH, 0 },      { "1/", NETNS_PATH, 0 },
	};
	static const char *const bad[] = {
		"", ".", "..", "0", "2147483648", "99999999999999999999"
	};
	struct netns_target target;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_assert(netns_parse_target(good[i].text, &target), "%s", good[i].text);
		cr_assert_eq(target.kind, good[i].kind, "%s", good[i].text);
		cr_assert_eq(target.pid, good[i].pid, "%s", good[i].text);
		cr_assert_str_eq(target.text, good[i].text);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(netns_parse_target(bad[i], &target), "'%s'", bad[i]);
}

static const char *container(const char *text, size_t n)
{
	static char name[NETNS_CONTAINER_MAX];

	return netns_container_name(guard_copy(text, n), n, name) ? name : "";
}

Test(netns, containers)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "0::/system.slice/docker-" ID64 ".scope\n", "docker-0123456789ab" },
		{ "0::/machine.slice/libpod-" ID64 ".scope/container\n", "podman-0123456789ab" },
		{ "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID64 ".scope\n",
		  "containerd-0123456789ab" },
		{ "0::/kubepods/burstable/pod1/crio-" ID64, "crio-0123456789ab" },
		{ "12:cpu:/docker/" ID64 "\n0::/\n", "docker-0123456789ab" },
		{ "0::/kubepods/besteffort/pod1/" ID64 "\n", "container-0123456789ab" },
		{ "0::/lxc.payload.web/init.scope\n", "lxc-web" },
		{ "0::/machine.slice/machine-web\\x2d1.scope\n", "machine-web\\x2d1" },
		{ "1:name=systemd:/\n0::/lxc.payload.a\n", "lxc-a" },
		/* A container in a container; 65 digits are no id. */
		{ "0::/docker/" ID64 "/docker/f" ID64, "docker-0123456789ab" },
		{ "0::/lxc.payload.a/lxc.payload.b", "lxc-b" },
		/* None. */
		{ "", "" },
		{ "0::/\n", "" },
		{ "0::/system.slice/docker.service\n", "" },
		{ "0::/user.slice/docker-0123.scope\n", "" },
		{ "0::/docker-" ID64 "0.scope\n", "" },
		{ "0::/machine-.scope\n", "" },
		{ "0::/lxc.payload.\n", "" },
		{ "no path at all", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_str_eq(container(cases[i].text, strlen(cases[i].text)), cases[i].name,
				 "%s", cases[i].text);
		for (size_t n = 0; n < strlen(cases[i].text); n++)
			container(cases[i].text, n);
	}
}

static int open_names(const struct env *env)
{
	int fd = openat(env->proc_fd, "names", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int enter_errors[2]; /* of the next calls */
static unsigned int n_entered;

static int enter(const struct env *env, int ns_fd)
{
	struct statfs fs;

	(void)env;
	cr_assert_eq(fstatfs(ns_fd, &fs), 0);
	cr_assert_eq(fs.f_type, NSFS_MAGIC);
	return n_entered < 2 ? enter_errors[n_entered++] : 0;
}

static int no_ifname(const struct env *env, uint32_t ifindex, char *buf)
{
	(void)env;
	(void)ifindex;
	(void)buf;
	return 0;
}

static struct netns_list list;

static void begin(void)
{
	proc_dir_begin();
	proc_dir_env.netns_names_open = open_names;
	proc_dir_env.netns_enter = enter;
	proc_dir_env.ifname = no_ifname;
	n_entered = 0;
	enter_errors[0] = enter_errors[1] = 0;
}

static void finish(void)
{
	netns_list_free(&list);
	proc_dir_end();
}

TestSuite(netns_list, .init = begin, .fini = finish);

/* A process in the namespace of another one, or in a new one (like 0). */
static void make_process(unsigned int pid, unsigned int like, const char *comm)
{
	static const char *const files[] = { "ns/net", "net/unix" };
	char path[64], old[64];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%u/%s", pid, files[i]);
		snprintf(old, sizeof(old), "%u/%s", like, files[i]);
		proc_dir_parents(path);
		if (like)
			cr_assert_eq(
				linkat(proc_dir_env.proc_fd, old, proc_dir_env.proc_fd, path, 0),
				0);
		else
			proc_dir_put_text(path, "");
	}
	snprintf(path, sizeof(path), "%u/comm", pid);
	proc_dir_put_text(path, comm);
}

/* The labels in their order, with commas; a star before our own. */
static const char *labels(void)
{
	static char text[1024];
	size_t n = 0;

	text[0] = '\0';
	cr_assert_eq(netns_list_read(&list, &proc_dir_env), 0);
	for (size_t i = 0; i < list.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s", i ? "," : "",
				      list.list[i].is_own ? "*" : "", list.list[i].label);
	return text;
}

Test(netns_list, each_once)
{
	make_process(1, 0, "systemd\n");
	make_process(30, 1, "sshd\n");
	make_process(200, 0, "ngi nx\n\n");
	make_process(31, 0, "two\n");
	make_process(201, 200, "nginx\n");
	make_process(99, 0, "");
	proc_dir_put_text("31/cgroup", "0::/docker/" ID64 "\n");
	proc_dir_put_text("self/ns/net", "");
	proc_dir_parents("thread-self/ns/");
	cr_assert_eq(linkat(proc_dir_env.proc_fd, "201/ns/net", proc_dir_env.proc_fd,
			    "thread-self/ns/net", 0),
		     0);
	cr_assert_str_eq(labels(), "init,docker-0123456789ab,99,*200/ngi nx");
	cr_assert_eq(list.list[3].n_pids, 2);
	cr_assert_eq(list.list[3].pids[0], 200);
	cr_assert_neq(list.list[3].id, 0);
	cr_assert_neq(list.list[3].file_id, 0);
	/* Once more: nothing is left of what was there. */
	cr_assert_eq(unlinkat(proc_dir_env.proc_fd, "99/ns/net", 0), 0);
	cr_assert_eq(unlinkat(proc_dir_env.proc_fd, "99/net/unix", 0), 0);
	cr_assert_str_eq(labels(), "init,docker-0123456789ab,*200/ngi nx");
}

/* Without the rights of a debugger: some may be known by one number, some by the other. */
Test(netns_list, by_files_alone)
{
	make_process(1, 0, "systemd\n");
	make_process(5, 1, "a\n");
	make_process(6, 1, "b\n");
	make_process(7, 0, "c\n");
	make_process(8, 7, "mine\n");
	unlinkat(proc_dir_env.proc_fd, "1/ns/net", 0);
	unlinkat(proc_dir_env.proc_fd, "5/ns/net", 0);
	unlinkat(proc_dir_env.proc_fd, "7/ns/net", 0);
	cr_assert_str_eq(labels(), "init,7/c");
	cr_assert_neq(list.list[0].id, 0); /* 6 has told it */
	cr_assert_neq(list.list[1].id, 0);
	unlinkat(proc_dir_env.proc_fd, "8/ns/net", 0);
	cr_assert_str_eq(labels(), "init,7/c");
	cr_assert_eq(list.list[1].id, 0);
}

Test(netns_list, names)
{
	/* The names lead to the namespace of this very test, whatever it is. */
	proc_dir_link("names/green", "/proc/self/ns/net");
	proc_dir_link("names/blue", "/proc/self/ns/net");
	proc_dir_put_text("names/gone", "");
	cr_assert_eq(mkfifoat(proc_dir_env.proc_fd, "names/afifo", 0600), 0);
	proc_dir_link("thread-self/ns/net", "/proc/self/ns/net");
	make_process(9, 0, "x\n");
	cr_assert_str_eq(labels(), "*blue,9/x");
	proc_dir_link("1/ns/net", "/proc/self/ns/net");
	cr_assert_str_eq(labels(), "*blue,9/x");
	cr_assert_eq(list.list[0].pids[0], 1);
}

Test(netns_list, nothing_to_be_seen)
{
	struct env blind = { .proc_fd = -EACCES };

	cr_assert_eq(netns_list_read(&list, &blind), -EACCES);
	cr_assert_eq(list.n, 0);
	cr_assert_null(netns_list_own(&list, &blind));
}

static struct netns_visit visit;

/* A namespace that is not our own when the list is made, and a way back from it. */
static void make_blue(void)
{
	proc_dir_link("names/blue", "/proc/self/ns/net");
	proc_dir_link("self", "/proc/self");
	proc_dir_put_text("thread-self/ns/net", "");
	cr_assert_str_eq(labels(), "blue");
	unlinkat(proc_dir_env.proc_fd, "thread-self/ns/net", 0);
	proc_dir_link("thread-self/ns/net", "/proc/self/ns/net");
}

Test(netns_list, in_and_out)
{
	make_blue();
	cr_assert_eq(netns_list_visit(&list.list[0], &proc_dir_env, &visit), 0);
	cr_assert_eq(n_entered, 2);
	cr_assert_eq(visit.enter_error, 0);
	cr_assert_eq(visit.env.net_fd, 0);
	cr_assert_eq(visit.env.ifname, no_ifname);
	netns_visit_end(&visit);
	netns_visit_end(&visit); /* harmless */
}

/* Who could not come back does not go in. */
Test(netns_list, no_way_back)
{
	make_blue();
	enter_errors[0] = -EPERM;
	cr_assert_eq(netns_list_visit(&list.list[0], &proc_dir_env, &visit), -EPERM);
	cr_assert_eq(n_entered, 1);
}

Test(netns_list, gone_meanwhile)
{
	make_blue();
	cr_assert_eq(unlinkat(proc_dir_env.proc_fd, "names/blue", 0), 0);
	cr_assert_eq(netns_list_visit(&list.list[0], &proc_dir_env, &visit), -ENOENT);
	/* Another one of that name. */
	proc_dir_link("names/blue", "/proc/self/ns/uts");
	cr_assert_eq(netns_list_visit(&list.list[0], &proc_dir_env, &visit), -ENOENT);
	cr_assert_eq(n_entered, 0);
}

/* The files of a process in place of the namespace: nothing of our own may show through. */
Test(netns_list, by_the_files_of_a_process)
{
	struct nl_link *link;
	uint64_t numbers[2];
	int fd;

	make_process(7, 0, "c\n");
	cr_assert_eq(unlinkat(proc_dir_env.proc_fd, "7/ns/net", 0), 0);
	proc_dir_put_text("7/net/tcp", "of 7");
	proc_dir_put_text("net/tcp", "of our own");
	proc_dir_put_text("sys/net/ipv4/ip_local_port_range", "1 2");
	cr_assert_str_eq(labels(), "7/c");
	cr_assert_eq(sysctl_numbers(&proc_dir_env, "net/ipv4/ip_local_port_range", numbers, 2), 2);

	cr_assert_eq(netns_list_visit(&list.list[0], &proc_dir_env, &visit), 0);
	cr_assert_eq(visit.enter_error, -EPERM);
	cr_assert_eq(n_entered, 0);
	fd = openat(env_net_fd(&visit.env), "net/tcp", O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	cr_assert_eq(lseek(fd, 0, SEEK_END), 4);
	close(fd);
	cr_assert_eq(visit.env.diag_open(&visit.env, &link), -EPERM);
	cr_assert_null(visit.env.ifname);
	cr_assert_null(visit.env.events_open);
	cr_assert_eq(sysctl_numbers(&visit.env, "net/ipv4/ip_local_port_range", numbers, 2),
		     -EPERM);
	netns_visit_end(&visit);

	/* A process of that number in another namespace. Both files are there at once, so that they
	 * are told apart by their numbers. */
	proc_dir_put_text("new", "");
	cr_assert_eq(renameat(proc_dir_env.proc_fd, "new", proc_dir_env.proc_fd, "7/net/unix"), 0);
	cr_assert_eq(netns_list_visit(&list.list[0], &proc_dir_env, &visit), -ENOENT);
}

static const char *move(const char *text, int *err)
{
	static char said[256];
	struct netns_target target;

	n_entered = 0;
	cr_assert(netns_parse_target(text, &target));
	*err = netns_move(&visit, &proc_dir_env, &target, said, sizeof(said));
	return said;
}

Test(netns_list, moving)
{
	int err;

	make_blue();
	cr_assert_str_eq(move("blue", &err), "");
	cr_assert_eq(err, 0);
	cr_assert_eq(n_entered, 1);
	cr_assert_str_eq(move("red", &err),
			 "network namespace 'red': 'ip netns' knows none of that name");
	cr_assert_eq(err, -ENOENT);
	cr_assert_str_eq(move("/nowhere/at/all", &err),
			 "network namespace '/nowhere/at/all': there is no such file");
	cr_assert_str_eq(move("77", &err), "network namespace '77': there is no such process");
	cr_assert_str_eq(move("/etc/passwd", &err),
			 "network namespace '/etc/passwd': that is no network namespace");
	cr_assert_eq(mkfifoat(proc_dir_env.proc_fd, "names/fifo", 0600), 0);
	cr_assert_str_eq(move("fifo", &err),
			 "network namespace 'fifo': that is no network namespace");
	enter_errors[0] = -EPERM;
	cr_assert_str_eq(move("blue", &err), "network namespace 'blue': Operation not permitted");
	cr_assert_eq(err, -EPERM);
}

Test(netns_list, moving_to_a_process)
{
	int err;

	make_blue();
	make_process(7, 0, "c\n");
	cr_assert_eq(unlinkat(proc_dir_env.proc_fd, "7/ns/net", 0), 0);
	proc_dir_link("7/ns/net", "/proc/self/ns/net");
	cr_assert_str_eq(move("7", &err), "");
	cr_assert_eq(visit.env.net_fd, 0);
	enter_errors[0] = -EPERM;
	cr_assert_str_eq(move("7", &err),
			 "the network namespace of process 7 cannot be entered (Operation not "
			 "permitted): what is shown is what /proc/7/net tells");
	cr_assert_eq(err, 0);
	cr_assert_gt(visit.env.net_fd, 0);
	netns_visit_end(&visit);
	/* Any other cause is none to look elsewhere. */
	enter_errors[0] = -EINVAL;
	cr_assert_str_eq(move("7", &err), "network namespace '7': that is no network namespace");
	cr_assert_eq(err, -EINVAL);
}
