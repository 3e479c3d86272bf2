/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the light skeletons that bpftool generates ask of <bpf/skel_internal.h>: running their
 * loader with nothing but bpf(2). Our own, so that building from a release needs none of libbpf's
 * headers. Names and layouts are what the generated code and the loader's instructions go by; they
 * are the same since Linux 5.15. Only what a program without maps needs is here.
 */
#ifndef LSSOCK_BPF_SKEL_INTERNAL_H
#define LSSOCK_BPF_SKEL_INTERNAL_H

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The beginning of what the loader is handed and writes its answers behind. */
struct bpf_loader_ctx {
	uint32_t sz;
	uint32_t flags;
	uint32_t log_level;
	uint32_t log_size;
	uint64_t log_buf;
};

struct bpf_prog_desc {
	int prog_fd;
};

struct bpf_load_and_run_opts {
	struct bpf_loader_ctx *ctx;
	const void *data;
	const void *insns;
	uint32_t data_sz;
	uint32_t insns_sz;
	const char *errstr;
};

static inline void *skel_alloc(size_t size)
{
	return calloc(1, size);
}

static inline void skel_free(void *skel)
{
	free(skel);
}

static inline int skel_closenz(int fd)
{
	return fd > 0 ? close(fd) : -EINVAL;
}

/* Returns what the kernel does (mostly a descriptor, closed on exec), or -errno. The struct may be
 * longer than the one that the kernel knows as long as the rest is zero. */
static inline int skel_sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long got = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return got < 0 ? -errno : (int)got;
}

static inline int skel_link_create(int prog_fd, int target_fd, enum bpf_attach_type type)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)prog_fd;
	attr.link_create.target_fd = (uint32_t)target_fd;
	attr.link_create.attach_type = type;
	return skel_sys_bpf(BPF_LINK_CREATE, &attr);
}

/* The loader's data go into a map of one element. A descriptor or -errno. */
static inline int skel_data_map(const struct bpf_load_and_run_opts *opts)
{
	union bpf_attr attr;
	uint32_t key = 0;
	int map, err;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = sizeof(key);
	attr.value_size = opts->data_sz;
	attr.max_entries = 1;
	map = skel_sys_bpf(BPF_MAP_CREATE, &attr);
	if (map < 0)
		return map;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)opts->data;
	err = skel_sys_bpf(BPF_MAP_UPDATE_ELEM, &attr);
	if (err < 0) {
		close(map);
		return err;
	}
	return map;
}

/* The loader is itself a program for the kernel: it fits the real one to the running kernel's types
 * and loads it. */
static inline int skel_loader(const struct bpf_load_and_run_opts *opts, int map)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = (uintptr_t)opts->insns;
	attr.insn_cnt = opts->insns_sz / (uint32_t)sizeof(struct bpf_insn);
	attr.license = (uintptr_t) "GPL";
	attr.fd_array = (uintptr_t)&map;
	return skel_sys_bpf(BPF_PROG_LOAD, &attr);
}

/* 0 or -errno. */
static inline int bpf_load_and_run(struct bpf_load_and_run_opts *opts)
{
	union bpf_attr attr;
	int map = skel_data_map(opts), loader, err;

	if (map < 0)
		return map;
	loader = skel_loader(opts, map);
	err = loader;
	if (loader >= 0) {
		memset(&attr, 0, sizeof(attr));
		attr.test.prog_fd = (uint32_t)loader;
		attr.test.ctx_in = (uintptr_t)opts->ctx;
		attr.test.ctx_size_in = opts->ctx->sz;
		err = skel_sys_bpf(BPF_PROG_TEST_RUN, &attr);
		if (err == 0 && (int)attr.test.retval < 0)
			err = (int)attr.test.retval;
		close(loader);
	}
	close(map);
	return err;
}

#endif
