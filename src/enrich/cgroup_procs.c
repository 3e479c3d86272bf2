/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups by their ids (kernel: fs/kernfs/mount.c: an id is the whole of a file handle,
 * since 5.5), and the processes in their cgroup.procs. That way no other group is looked at,
 * however many there are.
 *
 * Known limits: handles want CAP_DAC_READ_SEARCH. Groups below those asked for are not looked into.
 */
#include "enrich/cgroup_procs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "base/num.h"

enum {
	HANDLE_KERNFS = 0xfe,             /* FILEID_KERNFS of the kernel's exportfs.h */
	TEXT_MAX = 12 * CGROUP_PROCS_MAX, /* numbers have up to ten digits */
};

int cgroup_procs_parse(const char *text, size_t len, uint32_t *pids, size_t *n)
{
	size_t at = 0;

	while (at < len) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline - text) : len;
		uint64_t pid;

		if (num_parse_u64(text + at, end - at, UINT32_MAX, &pid) && pid != 0) {
			if (*n == CGROUP_PROCS_MAX)
				return -E2BIG;
			pids[(*n)++] = (uint32_t)pid;
		}
		at = end + 1;
	}
	return 0;
}

/* A descriptor of the group's directory, or -errno. mount is no O_PATH descriptor. */
static int open_group(int mount, uint64_t id)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} at = { .handle = { .handle_bytes = sizeof(id), .handle_type = HANDLE_KERNFS } };
	int fd;

	memcpy(at.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(mount, &at.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Adds the processes of one group. 0 or -errno. */
static int add_group(int mount, uint64_t id, uint32_t *pids, size_t *n)
{
	char text[TEXT_MAX + 1];
	int group = open_group(mount, id);
	ssize_t got;

	if (group < 0)
		return group;
	got = file_read_at(group, "cgroup.procs", text, sizeof(text));
	close(group);
	if (got < 0)
		return (int)got;
	if ((size_t)got == sizeof(text))
		return -E2BIG;
	return cgroup_procs_parse(text, (size_t)got, pids, n);
}

size_t cgroup_procs_list(const struct env *env, const uint64_t *ids, size_t n, uint32_t *pids)
{
	int place = n > 0 && !env->plain && env->cgroup_open ? env->cgroup_open(env) : -ENOENT,
	    mount;
	size_t n_pids = 0;
	int err = 0;

	if (place < 0)
		return 0;
	mount = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(place);
	if (mount < 0)
		return 0;
	for (size_t i = 0; i < n && err == 0; i++)
		err = add_group(mount, ids[i], pids, &n_pids);
	close(mount);
	return err < 0 ? 0 : n_pids;
}
