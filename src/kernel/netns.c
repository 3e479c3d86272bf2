/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Into another network namespace and back (kernel: net/core/net_namespace.c, fs/nsfs.c).
 *
 * setns(2) moves one thread. The main thread is the one that /proc/self/net and /proc/sys/net stand
 * for, and threads begin where the one is that starts them: while it is inside, links, files,
 * settings and interface names are those of the other namespace without anybody knowing of it.
 *
 * A directory below /proc/PID/net that was opened inside would not do: names in it are looked up in
 * the namespace that its process is in at that moment.
 */
#include "kernel/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/num.h"
#include "base/tree.h"

enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK };

bool netns_parse_target(const char *text, struct netns_target *target)
{
	size_t n = strlen(text);
	uint64_t pid;

	*target = (struct netns_target){ .kind = NETNS_NAME, .text = text };
	if (strchr(text, '/')) {
		target->kind = NETNS_PATH;
		return true;
	}
	if (n == 0 || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	if (strspn(text, "0123456789") != n)
		return true;
	target->kind = NETNS_PID;
	if (!num_parse_u64(text, n, INT32_MAX, &pid) || pid == 0)
		return false;
	target->pid = (uint32_t)pid;
	return true;
}

int netns_open_file(const struct env *env, int dir_fd, const char *path, uint64_t *id)
{
	char again[32];
	struct statfs fs;
	struct stat st;
	int place, fd;

	place = openat(dir_fd, path, O_PATH | O_CLOEXEC);
	if (place < 0)
		return -errno;
	if (fstatfs(place, &fs) < 0 || fstat(place, &st) < 0) {
		fd = -errno;
	} else if (fs.f_type != NSFS_MAGIC || !S_ISREG(st.st_mode)) {
		fd = -EINVAL;
	} else {
		/* What has been looked at is what is opened, if there is a way to it. */
		snprintf(again, sizeof(again), "self/fd/%d", place);
		fd = env->proc_fd < 0 ? openat(dir_fd, path, OPEN_FLAGS)
				      : openat(env->proc_fd, again, OPEN_FLAGS);
		fd = fd < 0 ? -errno : fd;
		*id = st.st_ino;
	}
	close(place);
	return fd;
}

uint64_t netns_file_id(int proc_pid_fd)
{
	struct tree_stat st;

	return tree_stat(proc_pid_fd, "net/unix", TREE_FOLLOW, &st) == 0 ? st.ino : 0;
}

/* For a namespace that could not be entered: links would be those of our own. */
static int refuse_diag(const struct env *env, struct nl_link **out)
{
	(void)env;
	(void)out;
	return -EPERM;
}

/* Goes in, when there is a way back. 0 or -errno. */
static int enter(struct netns_visit *visit, const struct env *env, int ns_fd)
{
	int err;

	if (!env->netns_enter)
		return -EOPNOTSUPP;
	if (env->proc_fd < 0)
		return env->proc_fd;
	visit->home_fd = openat(env->proc_fd, "thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (visit->home_fd < 0)
		return -errno;
	err = env->netns_enter(env, visit->home_fd);
	if (err == 0)
		err = env->netns_enter(env, ns_fd);
	if (err == 0)
		return 0;
	close(visit->home_fd);
	visit->home_fd = -1;
	return err;
}

/* Everything that would tell of our own namespace is taken out of the environment. */
static void read_files_of(struct netns_visit *visit, int proc_pid_fd)
{
	visit->proc_pid_fd = proc_pid_fd;
	visit->env.net_fd = proc_pid_fd;
	visit->env.diag_open = refuse_diag;
	visit->env.events_open = NULL;
	visit->env.ifname = NULL;
	visit->env.ifindex = NULL;
}

int netns_visit_begin(struct netns_visit *visit, const struct env *env, int ns_fd, int proc_pid_fd)
{
	int err = ns_fd;

	*visit = (struct netns_visit){ .env = *env, .home_fd = -1, .proc_pid_fd = -1 };
	if (ns_fd >= 0)
		err = enter(visit, env, ns_fd);
	if (err < 0 && proc_pid_fd >= 0) {
		visit->enter_error = err;
		read_files_of(visit, proc_pid_fd);
		return 0;
	}
	if (proc_pid_fd >= 0)
		close(proc_pid_fd);
	return err < 0 ? err : 0;
}

int netns_visit_end(struct netns_visit *visit)
{
	int err = 0;

	if (visit->home_fd >= 0) {
		err = visit->env.netns_enter(&visit->env, visit->home_fd);
		close(visit->home_fd);
		visit->home_fd = -1;
	}
	if (visit->proc_pid_fd >= 0)
		close(visit->proc_pid_fd);
	visit->proc_pid_fd = -1;
	return err;
}

/* The file of the target; -errno. */
static int open_target(const struct env *env, const struct netns_target *target)
{
	char path[32];
	uint64_t id;
	int dir, fd;

	switch (target->kind) {
	case NETNS_PID:
		if (env->proc_fd < 0)
			return env->proc_fd;
		snprintf(path, sizeof(path), "%u/ns/net", target->pid);
		return netns_open_file(env, env->proc_fd, path, &id);
	case NETNS_PATH:
		return netns_open_file(env, AT_FDCWD, target->text, &id);
	case NETNS_NAME:
		break;
	}
	dir = env->netns_names_open ? env->netns_names_open(env) : -ENOENT;
	if (dir < 0)
		return dir;
	fd = netns_open_file(env, dir, target->text, &id);
	close(dir);
	return fd;
}

/* /proc/PID of a target that is a process, or negative. */
static int open_process(const struct env *env, const struct netns_target *target)
{
	char path[16];
	int fd;

	if (target->kind != NETNS_PID || env->proc_fd < 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "%u", target->pid);
	fd = openat(env->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && netns_file_id(fd) == 0) {
		close(fd);
		return -ESRCH;
	}
	return fd < 0 ? -errno : fd;
}

static const char *cause_of(int err, enum netns_kind kind)
{
	if (err == -ENOENT || err == -ESRCH)
		return kind == NETNS_PID    ? "there is no such process"
		       : kind == NETNS_NAME ? "'ip netns' knows none of that name"
					    : "there is no such file";
	if (err == -EINVAL)
		return "that is no network namespace";
	return strerror(-err);
}

/* Goes in for good: whether there is a way back does not matter. */
static int enter_target(const struct env *env, const struct netns_target *target)
{
	int fd = open_target(env, target), err;

	if (fd < 0)
		return fd;
	err = env->netns_enter ? env->netns_enter(env, fd) : -EOPNOTSUPP;
	close(fd);
	return err;
}

int netns_move(struct netns_visit *visit, const struct env *env, const struct netns_target *target,
	       char *text, size_t size)
{
	int err = enter_target(env, target), process = -1;

	*visit = (struct netns_visit){ .env = *env, .home_fd = -1, .proc_pid_fd = -1 };
	text[0] = '\0';
	if (err == 0)
		return 0;
	if (err == -EPERM || err == -EACCES)
		process = open_process(env, target);
	if (process >= 0) {
		visit->enter_error = err;
		read_files_of(visit, process);
		snprintf(
			text, size,
			"the network namespace of process %s cannot be entered (%s): what is shown "
			"is what /proc/%s/net tells",
			target->text, strerror(-err), target->text);
		return 0;
	}
	snprintf(text, size, "network namespace '%s': %s", target->text,
		 cause_of(err, target->kind));
	return err;
}
