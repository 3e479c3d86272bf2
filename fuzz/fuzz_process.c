/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read of processes, control groups and mounts: texts of links, stat, comm, cmdline,
 * cgroup, mountinfo, the kernel's own records; and a whole walk over a /proc of two processes.
 *
 * Input: a byte that says what it is, then its text; of a walk, pieces that say which file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mounts.h"
#include "enrich/cgroup_procs.h"
#include "enrich/owners.h"
#include "enrich/owners_process.h"
#include "enrich/owners_record.h"
#include "enrich/owners_walk.h"
#include "kernel/netns.h"
#include "kernel/netns_list.h"
#include "model/unit.h"
#include "world.h"

static struct fuzz_world world;

static void check_link(const char *text, size_t n)
{
	uint64_t inode = 0, again = 0;
	char shown[64];

	if (!owners_parse_link(text, n, &inode))
		return;
	FUZZ_CHECK(inode != 0);
	snprintf(shown, sizeof(shown), "socket:[%" PRIu64 "]", inode);
	FUZZ_CHECK(owners_parse_link(shown, strlen(shown), &again) && again == inode);
}

static void check_start(const char *text, size_t n)
{
	uint64_t ticks;
	char digits[24];

	if (!owners_parse_start(text, n, &ticks))
		return;
	/* It is one of the words behind the last bracket. */
	snprintf(digits, sizeof(digits), "%" PRIu64, ticks);
	FUZZ_CHECK(memmem(text, n, digits, strlen(digits)));
}

static void check_procs(const char *text, size_t n)
{
	uint32_t pids[CGROUP_PROCS_MAX];
	size_t n_pids = 0;
	int rc = cgroup_procs_parse(text, n, pids, &n_pids);

	FUZZ_CHECK(rc == 0 || rc == -E2BIG);
	FUZZ_CHECK(n_pids <= CGROUP_PROCS_MAX);
	for (size_t i = 0; i < n_pids; i++)
		FUZZ_CHECK(pids[i] != 0);
}

static void check_unit(const char *text, size_t n)
{
	struct unit unit;

	memset(&unit, 0, sizeof(unit));
	unit_parse(text, n, &unit);
	FUZZ_CHECK(!unit.name == !unit.name_len);
	if (unit.name)
		FUZZ_CHECK(unit.name >= text && unit.name + unit.name_len <= text + n);
	for (size_t i = 0; i < unit.name_len; i++)
		FUZZ_CHECK(unit.name[i] > ' ' && unit.name[i] < 0x7f && unit.name[i] != '/');
	FUZZ_CHECK(unit.container_len <= UNIT_NAME_MAX && unit.pod_len <= UNIT_POD_MAX);
	/* Ids of pods have digits of base 16 and '-', or '_' in names of systemd's. */
	for (size_t i = 0; i < unit.pod_len; i++)
		FUZZ_CHECK(unit.pod[i] > ' ' && unit.pod[i] < 0x7f);
	unit_runtime_word(&unit);
}

static void check_mount(const char *text, size_t n)
{
	char path[64];
	bool whole;

	memset(path, 'x', sizeof(path));
	if (!mounts_parse_line(text, n, "cgroup2", path, sizeof(path), &whole))
		return;
	FUZZ_CHECK(memchr(path, '\0', sizeof(path)) && path[0] == '/');
}

static void check_container(const char *text, size_t n)
{
	char *name = malloc(NETNS_CONTAINER_MAX);

	if (!name)
		abort();
	if (netns_container_name(text, n, name))
		FUZZ_CHECK(memchr(name, '\0', NETNS_CONTAINER_MAX) && *name);
	free(name);
}

static void check_target(const char *text, size_t n)
{
	char *string = fuzz_string(text, n);
	struct netns_target target;

	if (netns_parse_target(string, &target))
		FUZZ_CHECK(target.kind != NETNS_PID || target.pid > 0);
	free(string);
}

static void check_record(const char *text, size_t n)
{
	struct owner_record record;

	if (owners_parse_record(text, n, &record)) {
		FUZZ_CHECK(n >= sizeof(record) && record.inode && record.pid && record.tid);
		FUZZ_CHECK(memchr(record.comm, '\0', sizeof(record.comm)));
	}
}

/* --- the walk -----------------------------------------------------------------------------------
 */

static const char *const files[] = { "comm", "stat", "cmdline", "attr/current", "cgroup" };
static const char *const links[] = { "fd/0", "fd/3", "fd/4", "fd/70", "exe" };

enum { N_FILES = sizeof(files) / sizeof(files[0]), N_LINKS = sizeof(links) / sizeof(links[0]) };

/* One file of process 1 or 4242. */
static void put_file(const struct fuzz_chunk *chunk)
{
	unsigned int pid = chunk->which & 1 ? 4242 : 1,
		     kind = chunk->kind % (N_FILES + N_LINKS + 1);
	char path[64];

	if (kind == N_FILES + N_LINKS) {
		fuzz_world_file(&world, "stat", chunk->data, chunk->len);
		return;
	}
	snprintf(path, sizeof(path), "%u/%s", pid,
		 kind < N_FILES ? files[kind] : links[kind - N_FILES]);
	if (kind < N_FILES)
		fuzz_world_file(&world, path, chunk->data, chunk->len);
	else
		fuzz_world_link(&world, path, chunk->data, chunk->len);
}

static void check_owner(const struct owner *owner, bool details)
{
	FUZZ_CHECK(owner->pid == 1 || owner->pid == 4242);
	FUZZ_CHECK(owner->fd <= 70 && strlen(owner->program) < 256);
	if (!details)
		FUZZ_CHECK(!owner->exe && !owner->cmdline && owner->start_time == 0);
	if (owner->cmdline) {
		char *copy = fuzz_copy(owner->cmdline, owner->cmdline_len);

		FUZZ_CHECK(owner->cmdline_len > 0);
		free(copy);
	}
	FUZZ_CHECK(!owner->exe || *owner->exe);
}

static void check_walk(struct fuzz_input *input)
{
	static const uint64_t wanted[] = { 7, 4242, 1, 99999 };
	uint8_t bits = fuzz_u8(input);
	struct owners_query query = {
		.inodes = bits & 1 ? wanted : NULL,
		.n_inodes = bits & 1 ? 4 : 0,
		.first_only = bits & 2,
		.context = bits & 4,
		.details = bits & 8,
	};
	struct fuzz_chunk chunk;
	struct owners *owners;

	while (fuzz_next_chunk(input, &chunk))
		put_file(&chunk);
	owners = owners_scan(&world.env, &world.report, &query);
	FUZZ_CHECK(owners);
	for (uint64_t inode = 0; inode < 5000; inode += inode < 10 ? 1 : 1058) {
		uint32_t n = 0;
		const struct owner *list = owners_find(owners, inode, &n);

		FUZZ_CHECK(inode || n == 0);
		for (uint32_t i = 0; i < n; i++)
			check_owner(&list[i], query.details);
	}
	owners_free(owners);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const texts[])(const char *text, size_t n) = {
		check_link,  check_start,     check_procs,  check_unit,
		check_mount, check_container, check_target, check_record,
	};
	const unsigned int n_texts = sizeof(texts) / sizeof(texts[0]);
	struct fuzz_input input = fuzz_input_of(data, size);
	unsigned int what = fuzz_u8(&input) % (n_texts + 1);
	size_t n = fuzz_left(&input);
	char *text;

	fuzz_world_begin(&world);
	if (what < n_texts) {
		text = fuzz_copy(input.at, n);
		texts[what](text, n);
		free(text);
	} else {
		check_walk(&input);
	}
	fuzz_world_end(&world);
	return 0;
}
