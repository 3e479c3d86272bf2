/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which network namespaces there are, by ip-netns(8)'s directory and by /proc/PID/ns/net. Where the
 * latter is not told (it takes the rights of a debugger), processes in the same namespace are known
 * by /proc/PID/net being the same.
 */
#include "kernel/netns_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/dir.h"
#include "base/file.h"
#include "base/num.h"
#include "base/tree.h"

/* The namespace of that number or that file, added when it is new. NULL without memory, or when
 * there are too many. */
static struct netns *list_find(struct netns_list *list, uint64_t id, uint64_t file_id)
{
	uint32_t *by_id = id ? hash64_add(&list->by_id, id, NULL) : NULL;
	uint32_t *by_file = file_id ? hash64_add(&list->by_file, file_id, NULL) : NULL;
	uint32_t place = by_id && *by_id ? *by_id : by_file ? *by_file : 0;
	void *data = list->list;

	if ((id && !by_id) || (file_id && !by_file))
		return NULL;
	if (!place && list->n == NETNS_MAX) {
		list->cut = true;
		return NULL;
	}
	if (!place && array_grow(&data, &list->cap, list->n + 1, sizeof(*list->list)) == 0) {
		list->list = data;
		list->list[list->n++] = (struct netns){ .id = id, .file_id = file_id };
		place = (uint32_t)list->n;
	}
	if (!place)
		return NULL;
	if (by_id)
		*by_id = place;
	if (by_file)
		*by_file = place;
	if (id)
		list->list[place - 1].id = id;
	if (file_id)
		list->list[place - 1].file_id = file_id;
	return &list->list[place - 1];
}

/* The number of the namespace whose file has that name; 0: it is no namespace (a name whose
 * namespace is gone, or anything else that lies there). */
static uint64_t id_of_name(int dir, const char *name)
{
	struct tree_stat st;

	return tree_stat(dir, name, TREE_NAMESPACE, &st) == 0 ? st.ino : 0;
}

/* 0 or -errno. */
static int add_name(struct netns_list *list, int dir, const char *name)
{
	uint64_t id = id_of_name(dir, name);
	struct netns *netns;

	if (!id)
		return 0;
	netns = list_find(list, id, 0);
	if (!netns)
		return list->cut ? 0 : -ENOMEM;
	if (netns->name && strcmp(netns->name, name) <= 0)
		return 0;
	netns->name = arena_copy(&list->text, name, strlen(name) + 1);
	return netns->name ? 0 : -ENOMEM;
}

static int add_names(struct netns_list *list, const struct env *env, char *buf)
{
	struct dir_stream dir = { .buf = buf };
	struct dir_entry entry;
	int got;

	dir.fd = env->netns_names_open ? env->netns_names_open(env) : -ENOENT;
	if (dir.fd < 0)
		return dir.fd;
	while ((got = dir_next(&dir, &entry)) > 0) {
		if (strcmp(entry.name, ".") == 0 || strcmp(entry.name, "..") == 0)
			continue;
		got = add_name(list, dir.fd, entry.name);
		if (got < 0)
			break;
	}
	tree_close_dir(dir.fd);
	return got;
}

static uint64_t id_at(int dir, const char *path)
{
	struct tree_stat st;

	return tree_stat(dir, path, TREE_FOLLOW, &st) == 0 ? st.ino : 0;
}

static void keep_lowest(struct netns *netns, uint32_t pid)
{
	uint32_t at = netns->n_pids;

	if (at == NETNS_PIDS && netns->pids[--at] < pid)
		return;
	for (; at > 0 && netns->pids[at - 1] > pid; at--)
		netns->pids[at] = netns->pids[at - 1];
	netns->pids[at] = pid;
	if (netns->n_pids < NETNS_PIDS)
		netns->n_pids++;
}

/* One process. What cannot be seen of it has ended meanwhile, or is hidden. */
static int add_process(struct netns_list *list, int proc, uint32_t pid)
{
	char path[32];
	struct netns *netns;
	uint64_t id, file_id = 0;
	uint32_t *known;

	snprintf(path, sizeof(path), "%u/ns/net", pid);
	id = id_at(proc, path);
	known = id ? hash64_find(&list->by_id, id) : NULL;
	if (!known || list->list[*known - 1].file_id == 0) {
		snprintf(path, sizeof(path), "%u/net/unix", pid);
		file_id = id_at(proc, path);
	}
	if (!id && !file_id)
		return 0;
	netns = list_find(list, id, file_id);
	if (!netns)
		return list->cut ? 0 : -ENOMEM;
	keep_lowest(netns, pid);
	return 0;
}

static int add_processes(struct netns_list *list, const struct env *env, char *buf)
{
	struct dir_stream dir = { .buf = buf };
	struct dir_entry entry;
	uint64_t pid;
	int got;

	if (env->proc_fd < 0)
		return env->proc_fd;
	dir.fd = tree_open_dir(env->proc_fd, ".", O_RDONLY);
	if (dir.fd < 0)
		return dir.fd;
	while ((got = dir_next(&dir, &entry)) > 0) {
		if (!num_parse_u64(entry.name, strlen(entry.name), INT32_MAX, &pid))
			continue;
		got = add_process(list, env->proc_fd, (uint32_t)pid);
		if (got < 0)
			break;
	}
	tree_close_dir(dir.fd);
	return got;
}

/* "PID/program", or "PID" of a process that has ended. NULL without memory. */
static const char *name_by_process(struct netns_list *list, const struct env *env, uint32_t pid)
{
	char path[32], label[NETNS_CONTAINER_MAX + 32];
	char comm[NETNS_CONTAINER_MAX];
	ssize_t n;
	int len;

	snprintf(path, sizeof(path), "%u/comm", pid);
	n = file_read_at(env->proc_fd, path, comm, sizeof(comm));
	while (n > 0 && comm[n - 1] == '\n')
		n--;
	len = snprintf(label, sizeof(label), n > 0 ? "%u/" : "%u", pid);
	if (n > 0)
		memcpy(label + len, comm, (size_t)n);
	label[len + (n > 0 ? n : 0)] = '\0';
	return arena_copy(&list->text, label, strlen(label) + 1);
}

static const char *find_label(struct netns_list *list, const struct env *env,
			      const struct netns *netns)
{
	char path[32], text[4096], container[NETNS_CONTAINER_MAX];
	ssize_t n;

	if (netns->name)
		return netns->name;
	if (netns->pids[0] == 1)
		return "init";
	snprintf(path, sizeof(path), "%u/cgroup", netns->pids[0]);
	n = file_read_at(env->proc_fd, path, text, sizeof(text));
	if (n > 0 && netns_container_name(text, (size_t)n, container))
		return arena_copy(&list->text, container, strlen(container) + 1);
	return name_by_process(list, env, netns->pids[0]);
}

/* As the header says. */
static int compare(const void *left, const void *right)
{
	const struct netns *a = left, *b = right;
	bool first_a = a->pids[0] == 1, first_b = b->pids[0] == 1;

	if (first_a != first_b)
		return first_a ? -1 : 1;
	if (a->name && b->name)
		return strcmp(a->name, b->name);
	if (a->name || b->name)
		return a->name ? -1 : 1;
	return a->pids[0] < b->pids[0] ? -1 : a->pids[0] > b->pids[0];
}

static void list_clear(struct netns_list *list)
{
	list->n = 0;
	list->cut = false;
	hash64_clear(&list->by_id);
	hash64_clear(&list->by_file);
	arena_reset(&list->text);
}

static uint64_t own_id(const struct env *env)
{
	if (env->net_fd)
		return id_at(env->net_fd, "ns/net");
	return env->proc_fd < 0 ? 0 : id_at(env->proc_fd, "thread-self/ns/net");
}

int netns_list_read(struct netns_list *list, const struct env *env)
{
	uint64_t own = own_id(env);
	char *buf = malloc(DIR_BUF_SIZE);
	int names, processes;

	list_clear(list);
	if (!buf)
		return -ENOMEM;
	names = add_names(list, env, buf);
	processes = names == -ENOMEM ? names : add_processes(list, env, buf);
	free(buf);
	if (processes < 0 && (names < 0 || processes == -ENOMEM))
		return processes;
	if (list->n)
		qsort(list->list, list->n, sizeof(*list->list), compare);
	hash64_clear(&list->by_id);
	hash64_clear(&list->by_file);
	for (size_t i = 0; i < list->n; i++) {
		struct netns *netns = &list->list[i];

		netns->is_own = own && netns->id == own;
		netns->label = find_label(list, env, netns);
		if (!netns->label)
			return -ENOMEM;
	}
	return 0;
}

void netns_list_free(struct netns_list *list)
{
	free(list->list);
	hash64_free(&list->by_id);
	hash64_free(&list->by_file);
	arena_free(&list->text);
	*list = (struct netns_list){ 0 };
}

const struct netns *netns_list_own(const struct netns_list *list, const struct env *env)
{
	uint64_t id = own_id(env), file_id = netns_file_id(env_net_fd(env));

	for (size_t i = 0; i < list->n; i++) {
		const struct netns *netns = &list->list[i];

		if ((id && netns->id == id) || (file_id && netns->file_id == file_id))
			return netns;
	}
	return NULL;
}

/* The file of the namespace itself, by its name or by a process; -errno. */
static int open_way(const struct netns *netns, const struct env *env)
{
	int dir, fd = -ENOENT;
	uint64_t id = 0;

	if (netns->name && env->netns_names_open && (dir = env->netns_names_open(env)) >= 0) {
		fd = netns_open_file(env, dir, netns->name, &id);
		close(dir);
	}
	for (uint32_t i = 0; (fd < 0 || id != netns->id) && i < netns->n_pids; i++) {
		char path[32];

		if (fd >= 0)
			close(fd);
		snprintf(path, sizeof(path), "%u/ns/net", netns->pids[i]);
		fd = netns_open_file(env, env->proc_fd, path, &id);
	}
	if (fd < 0 || id == netns->id)
		return fd;
	/* The name or the PID stands for another one by now. */
	close(fd);
	return -ENOENT;
}

/* /proc/PID of a process that is in it, or -ENOENT. */
static int open_process(const struct netns *netns, const struct env *env)
{
	for (uint32_t i = 0; i < netns->n_pids; i++) {
		char path[16];
		int fd;

		snprintf(path, sizeof(path), "%u", netns->pids[i]);
		fd = openat(env->proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && netns_file_id(fd) == netns->file_id)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

int netns_list_visit(const struct netns *netns, const struct env *env, struct netns_visit *visit)
{
	int fd, err;

	if (netns->is_own) {
		*visit = (struct netns_visit){ .env = *env, .home_fd = -1, .proc_pid_fd = -1 };
		return 0;
	}
	fd = netns->id ? open_way(netns, env) : -EPERM;
	err = netns_visit_begin(visit, env, fd, -1);
	if (fd >= 0)
		close(fd);
	if (err != -EPERM && err != -EACCES)
		return err;
	fd = open_process(netns, env);
	/* It was there, when the list was made. */
	return fd < 0 && netns->n_pids ? -ENOENT : netns_visit_begin(visit, env, err, fd);
}
