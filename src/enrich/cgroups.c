/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over the cgroup2 file system (kernel: fs/kernfs, kernel/cgroup/cgroup.c), breadth first:
 * the list of paths found is also the list of what is still to be read, so one descriptor is open
 * at a time however deep the tree is.
 *
 * Known limits: ids are compared with 64-bit inode numbers, which 32-bit kernels cut. A path longer
 * than the kernel opens at once (4095 bytes) ends the walk on that branch.
 */
#include "enrich/cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dir.h"
#include "base/env.h"
#include "base/report.h"
#include "base/tree.h"
#include "model/unit.h"

/* The inode of a directory below dir_fd; 0 when it is none. */
static uint64_t directory_id(int dir_fd, const char *path)
{
	struct tree_stat st;

	return tree_stat(dir_fd, path, TREE_NOFOLLOW, &st) == 0 && st.is_dir ? st.ino : 0;
}

static int open_mount(const struct env *env)
{
	return env->cgroup_open ? env->cgroup_open(env) : -ENOENT;
}

/* path belongs to the arena. 0 or -ENOMEM. */
static int add_group(struct cgroups *cgroups, uint64_t id, const char *path)
{
	void *groups = cgroups->groups;
	int err = array_grow(&groups, &cgroups->cap, cgroups->n + 1, sizeof(*cgroups->groups));
	uint32_t *at;

	cgroups->groups = groups;
	if (err < 0)
		return err;
	at = hash64_add(&cgroups->by_id, id, NULL);
	if (!at)
		return -ENOMEM;
	*at = (uint32_t)cgroups->n;
	cgroups->groups[cgroups->n++] = (struct cgroup){ .path = path };
	return 0;
}

/* "PARENT/NAME"; the root's path is "/". NULL without memory. */
static const char *child_path(struct cgroups *cgroups, const char *parent, const char *name)
{
	size_t n_parent = strcmp(parent, "/") == 0 ? 0 : strlen(parent), n_name = strlen(name) + 1;
	char *path = arena_alloc(&cgroups->text, n_parent + 1 + n_name);

	if (!path)
		return NULL;
	memcpy(path, parent, n_parent);
	path[n_parent] = '/';
	memcpy(path + n_parent + 1, name, n_name);
	return path;
}

/* Adds the groups directly below one. 0, -ENOMEM, -E2BIG when there are too many, or -errno of
 * reading it. */
static int walk_group(struct cgroups *cgroups, int mount, const char *parent, char *buf)
{
	const char *relative = parent[1] ? parent + 1 : ".";
	struct dir_stream dir = { .buf = buf };
	struct dir_entry entry;
	int got;

	dir.fd = tree_open_dir(mount, relative, O_RDONLY | O_NOFOLLOW);
	if (dir.fd < 0)
		return dir.fd;
	while ((got = dir_next(&dir, &entry)) > 0) {
		const char *path;

		if (entry.type != DT_DIR || strcmp(entry.name, ".") == 0 ||
		    strcmp(entry.name, "..") == 0)
			continue;
		if (cgroups->n >= CGROUPS_MAX || cgroups->text.used >= CGROUPS_MAX_TEXT) {
			got = -E2BIG;
			break;
		}
		path = child_path(cgroups, parent, entry.name);
		got = path ? add_group(cgroups, entry.ino, path) : -ENOMEM;
		if (got < 0)
			break;
	}
	tree_close_dir(dir.fd);
	return got;
}

/* Whether a group that cannot be read does not matter: it was removed meanwhile, or is another
 * user's, or its path is too long. */
static bool may_pass_over(int err)
{
	return err == -ENOENT || err == -ENODEV || err == -ENOTDIR || err == -EACCES ||
	       err == -EPERM || err == -ENAMETOOLONG || err == -ELOOP;
}

/* 0 or -errno of what ended the walk. */
static int walk_mount(struct cgroups *cgroups, int mount)
{
	uint64_t id = directory_id(mount, ".");
	char *buf = malloc(DIR_BUF_SIZE);
	int err = -ENOMEM;

	if (buf && id)
		err = add_group(cgroups, id, "/");
	else if (buf)
		err = -EIO;
	for (size_t i = 0; err == 0 && i < cgroups->n; i++) {
		err = walk_group(cgroups, mount, cgroups->groups[i].path, buf);
		if (may_pass_over(err))
			err = 0;
	}
	free(buf);
	return err;
}

/* Sets cgroups->unknown when some paths could not be had. */
static void walk(struct cgroups *cgroups)
{
	int mount = open_mount(cgroups->env);
	int err = mount < 0 ? mount : walk_mount(cgroups, mount);

	cgroups->walked = true;
	cgroups->unknown = err < 0;
	if (mount >= 0)
		tree_close_dir(mount);
	if (mount == -ENOENT && cgroups->quiet)
		return;
	if (mount == -ENOENT)
		report_add(cgroups->report, REPORT_NOTE,
			   "control groups are not known: the cgroup2 file system is not mounted "
			   "(under 'ip netns exec' it never is: use --netns=NAME)");
	else if (err == -E2BIG)
		report_add(cgroups->report, REPORT_PARTIAL,
			   "more than %d control groups: the rest is left out", (int)cgroups->n);
	else if (err < 0)
		report_add(cgroups->report, REPORT_PARTIAL, "control groups are not known: %s",
			   strerror(-err));
}

/* Parses its path at the first time. NULL without memory. */
static const struct unit *group_unit(struct cgroups *cgroups, struct cgroup *group)
{
	struct unit unit;

	if (!group->unit) {
		unit_parse(group->path, strlen(group->path), &unit);
		group->unit = arena_copy(&cgroups->text, &unit, sizeof(unit));
	}
	if (!group->unit && !cgroups->unknown) {
		cgroups->unknown = true;
		report_add(cgroups->report, REPORT_PARTIAL, "control groups are not known: %s",
			   strerror(ENOMEM));
	}
	return group->unit;
}

int cgroups_apply(struct cgroups *cgroups, struct sock *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const uint32_t *at;

		if (!(rows[i].has & SOCK_HAS_CGROUP) || rows[i].cgroup_id == 0)
			continue;
		if (!cgroups->walked)
			walk(cgroups);
		at = hash64_find(&cgroups->by_id, rows[i].cgroup_id);
		if (at) {
			rows[i].cgroup = cgroups->groups[*at].path;
			rows[i].unit = group_unit(cgroups, &cgroups->groups[*at]);
		}
	}
	return cgroups->walked && cgroups->unknown ? -ENOENT : 0;
}

/* path without its slashes at the front, below the mount; nothing outside of it. */
static uint64_t id_below(int mount, const char *path)
{
	const char *at = path + strspn(path, "/");

	for (const char *part = at; *part; part += strspn(part, "/")) {
		size_t n = strcspn(part, "/");

		if (n == 2 && memcmp(part, "..", 2) == 0)
			return 0;
		part += n;
	}
	return directory_id(mount, *at ? at : ".");
}

/* What follows the place where the file system is mounted; NULL: path is not there. */
static const char *path_below(const struct env *env, int mount, const char *path)
{
	char link[32], where[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "self/fd/%d", mount);
	n = tree_readlink(env->proc_fd, link, where, sizeof(where));
	if (n <= 0 || (size_t)n >= sizeof(where) || strncmp(path, where, (size_t)n) != 0)
		return NULL;
	return path[n] == '\0' || path[n] == '/' ? path + n : NULL;
}

int cgroups_find_id(const struct env *env, const char *path, uint64_t *id)
{
	int mount = open_mount(env);
	const char *below;

	*id = 0;
	if (mount < 0)
		return mount;
	*id = id_below(mount, path);
	if (*id == 0 && (below = path_below(env, mount, path)))
		*id = id_below(mount, below);
	tree_close_dir(mount);
	return 0;
}

void cgroups_forget(struct cgroups *cgroups)
{
	cgroups->walked = false;
	cgroups->n = 0;
	hash64_clear(&cgroups->by_id);
	arena_reset(&cgroups->text);
}

void cgroups_free(struct cgroups *cgroups)
{
	hash64_free(&cgroups->by_id);
	arena_free(&cgroups->text);
	free(cgroups->groups);
	*cgroups = (struct cgroups){
		.env = cgroups->env,
		.report = cgroups->report,
		.quiet = cgroups->quiet,
	};
}
