/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A seccomp filter and a Landlock domain, by the system calls themselves (kernel:
 * Documentation/userspace-api/{seccomp_filter,landlock}.rst).
 *
 * The filter is a list of what is denied, not of what is allowed: modules of the name service are
 * other people's code and may do what an ordinary program does. ptrace is not on it: without
 * capabilities nobody can be traced but who has none either, and Landlock forbids the rest.
 *
 * Limits: reading files is not restricted. Where system calls for sockets are one with a number
 * (i386, s390) their families are not looked at; processors whose name for audit is not below have
 * no filter.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define SANDBOX_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define SANDBOX_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define SANDBOX_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__) && defined(__ARMEL__)
#define SANDBOX_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define SANDBOX_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SANDBOX_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define SANDBOX_ARCH AUDIT_ARCH_S390X
#endif

/* Numbers that are the same everywhere and that older headers lack. */
enum {
	CALL_LANDLOCK_CREATE = 444,
	CALL_LANDLOCK_RESTRICT = 446,
};

#ifdef SANDBOX_ARCH

/* Low half of an argument of 64 bits. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARG_LOW(n) (offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t))
#else
#define ARG_LOW(n) (offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t) + 4)
#endif

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define ANSWER(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define IF_EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), yes, no)
#define IF_ANY_BIT(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(value), yes, no)
#define ALLOW ANSWER(SECCOMP_RET_ALLOW)
#define FAIL(error) ANSWER(SECCOMP_RET_ERRNO | (error))
#define DENY(call) IF_EQUAL(call, 0, 1), FAIL(EPERM)

enum {
	NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
		     CLONE_NEWNET | 0x02000000 /* CLONE_NEWCGROUP */
};

static const struct sock_filter filter[] = {
	/* Calls by the numbers of another kind of process, which the list does not know. */
	LOAD(offsetof(struct seccomp_data, arch)),
	IF_EQUAL(SANDBOX_ARCH, 1, 0),
	FAIL(EPERM),
	LOAD(offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), /* x32 */
	FAIL(EPERM),
#endif

	/* Programs. */
	DENY(__NR_execve),
	DENY(__NR_execveat),
	DENY(__NR_process_vm_writev),
#ifdef __NR_pidfd_getfd
	DENY(__NR_pidfd_getfd),
#endif

	/* Where files are, and what the system consists of. */
	DENY(__NR_mount),
	DENY(__NR_umount2),
	DENY(__NR_pivot_root),
	DENY(__NR_chroot),
#ifdef __NR_move_mount
	DENY(__NR_open_tree),
	DENY(__NR_move_mount),
	DENY(__NR_fsopen),
	DENY(__NR_fsconfig),
	DENY(__NR_fsmount),
	DENY(__NR_fspick),
#endif
#ifdef __NR_mount_setattr
	DENY(__NR_mount_setattr),
#endif
	DENY(__NR_swapon),
	DENY(__NR_swapoff),
	DENY(__NR_quotactl),
	DENY(__NR_acct),
	DENY(__NR_init_module),
	DENY(__NR_finit_module),
	DENY(__NR_delete_module),
	DENY(__NR_kexec_load),
#ifdef __NR_kexec_file_load
	DENY(__NR_kexec_file_load),
#endif
	DENY(__NR_reboot),
	DENY(__NR_settimeofday),
	DENY(__NR_clock_settime),
	DENY(__NR_sethostname),
	DENY(__NR_setdomainname),

	/* Much of the kernel that is never needed here. */
	DENY(__NR_perf_event_open),
#ifdef __NR_userfaultfd
	DENY(__NR_userfaultfd),
#endif
#ifdef __NR_io_uring_setup
	DENY(__NR_io_uring_setup),
#endif

	/* Namespaces, in which one has all capabilities. Threads are welcome; where clone3 is not
	 * to be had the C library starts them with clone. */
	IF_EQUAL(__NR_unshare, 0, 1),
	FAIL(EPERM),
#ifdef __NR_clone3
	IF_EQUAL(__NR_clone3, 0, 1),
	FAIL(ENOSYS),
#endif
	IF_EQUAL(__NR_clone, 0, 4),
#ifdef __s390x__
	LOAD(ARG_LOW(1)),
#else
	LOAD(ARG_LOW(0)),
#endif
	IF_ANY_BIT(NAMESPACES, 0, 1),
	FAIL(EPERM),
	ALLOW,

#ifdef __NR_socket
	IF_EQUAL(__NR_socket, 0, 6),
	LOAD(ARG_LOW(0)),
	IF_EQUAL(AF_UNIX, 4, 0),
	IF_EQUAL(AF_INET, 3, 0),
	IF_EQUAL(AF_INET6, 2, 0),
	IF_EQUAL(AF_NETLINK, 1, 0),
	FAIL(EPERM),
#endif
	ALLOW,
};

/* The other filter has seen to calls of another kind. */
static const struct sock_filter owners_filter[] = {
	LOAD(offsetof(struct seccomp_data, nr)),
	DENY(__NR_bpf),
	DENY(__NR_open_by_handle_at),
	ALLOW,
};

static unsigned int n_filters;

static int enter_filter(const struct sock_filter *list, size_t n)
{
	const struct sock_fprog program = {
		.len = (unsigned short)n,
		.filter = (struct sock_filter *)(uintptr_t)list, /* it is only read */
	};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		return -errno;
	n_filters++;
	return 0;
}

static int deny_calls(bool of_owners)
{
	if (of_owners)
		return enter_filter(owners_filter, sizeof(owners_filter) / sizeof(*owners_filter));
	return enter_filter(filter, sizeof(filter) / sizeof(*filter));
}

unsigned int sandbox_filters(void)
{
	return n_filters;
}

#else

static int deny_calls(bool of_owners)
{
	(void)of_owners;
	return -EOPNOTSUPP;
}

unsigned int sandbox_filters(void)
{
	return 0;
}

#endif

#ifndef WITHOUT_LANDLOCK

/* Rights by the version of Landlock that brought them; a kernel refuses what it does not know. */
enum {
	FILES_1 = 1 << 0 /* execute */ | 1 << 1 /* write */ | 0x1ff << 4 /* remove, make */,
	FILES_2 = 1 << 13, /* link and rename to another directory */
	FILES_3 = 1 << 14, /* truncate */
	FILES_5 = 1 << 15, /* ioctl of devices */
	SCOPE_6 = 1 << 1,  /* signals */
};

/* struct landlock_ruleset_attr, which has grown. */
struct ruleset {
	uint64_t files, net, scope;
};

/* A domain with no rule: nothing of what it is about is allowed. */
static int deny_files(void)
{
	struct ruleset rules = { .files = FILES_1 };
	long version = syscall(CALL_LANDLOCK_CREATE, NULL, 0, 1 /* ask for the version */);
	int fd, err = 0;

	if (version < 0)
		return -errno;
	if (version >= 2)
		rules.files |= FILES_2;
	if (version >= 3)
		rules.files |= FILES_3;
	if (version >= 5)
		rules.files |= FILES_5;
	if (version >= 6)
		rules.scope |= SCOPE_6;
	fd = (int)syscall(CALL_LANDLOCK_CREATE, &rules, version >= 6 ? sizeof(rules) : 8, 0);
	if (fd < 0)
		return -errno;
	if (syscall(CALL_LANDLOCK_RESTRICT, fd, 0) < 0)
		err = -errno;
	close(fd);
	return err;
}

#else

static int deny_files(void)
{
	return -EOPNOTSUPP;
}

#endif

int sandbox_enter(enum sandbox_part part)
{
	return part == SANDBOX_FILES ? deny_files() : deny_calls(part == SANDBOX_OWNERS);
}
