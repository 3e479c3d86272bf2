/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities by capset(2) and prctl(2) themselves: libcap would be a dependency for three calls.
 *
 * Limit: the user id stays what it is, so root may go on opening what root's files allow their
 * owner.
 */
#include "base/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAP_BIT(cap) (UINT64_C(1) << (cap))

/* Headers before Linux 5.8 lack these. */
enum { NR_CAP_PERFMON = 38, NR_CAP_BPF = 39 };

struct cap_sets {
	uint64_t effective, permitted, inheritable;
};

static uint64_t caps_of(unsigned int keep)
{
	uint64_t caps = 0;

	if (keep & (PRIVILEGE_NAMESPACES | PRIVILEGE_HOME))
		caps |= CAP_BIT(CAP_SYS_ADMIN);
	if (keep & (PRIVILEGE_PROCESSES | PRIVILEGE_NAMESPACES))
		caps |= CAP_BIT(CAP_SYS_PTRACE) | CAP_BIT(CAP_DAC_READ_SEARCH);
#ifdef HAVE_OWNERS_ITER
	if (keep & PRIVILEGE_PROCESSES)
		caps |= CAP_BIT(NR_CAP_PERFMON) | CAP_BIT(NR_CAP_BPF);
#endif
	if (keep & (PRIVILEGE_FACTS | PRIVILEGE_DESTROY))
		caps |= CAP_BIT(CAP_NET_ADMIN);
	if (keep & PRIVILEGE_CGROUPS)
		caps |= CAP_BIT(CAP_DAC_READ_SEARCH);
	return caps;
}

/* pid 0: the calling thread. */
static struct __user_cap_header_struct this_thread(void)
{
	return (struct __user_cap_header_struct){ .version = _LINUX_CAPABILITY_VERSION_3 };
}

static int get_caps(struct cap_sets *sets)
{
	struct __user_cap_header_struct header = this_thread();
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	*sets = (struct cap_sets){
		.effective = data[0].effective | (uint64_t)data[1].effective << 32,
		.permitted = data[0].permitted | (uint64_t)data[1].permitted << 32,
		.inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
	return 0;
}

/* What is inheritable is always given up, and with it the kernel drops what is ambient. */
static int set_caps(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct header = this_thread();
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = (uint32_t)effective, .permitted = (uint32_t)permitted },
		{ .effective = (uint32_t)(effective >> 32),
		  .permitted = (uint32_t)(permitted >> 32) },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* What a program started by us could ever have: nothing. The kernel knows where its capabilities
 * end. */
static void empty_bounding_set(void)
{
	for (unsigned long cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return;
}

int privileges_keep(unsigned int keep)
{
	struct cap_sets sets = { 0 };
	int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
	int got = get_caps(&sets);
	uint64_t kept;

	if (got < 0)
		return got;
	if (sets.effective & CAP_BIT(CAP_SETPCAP))
		empty_bounding_set();
	/* What was permitted and not in effect was never to be used by us. */
	kept = sets.effective & caps_of(keep);
	if (sets.permitted == kept && !sets.inheritable)
		return err;
	got = set_caps(kept, kept);
	return got < 0 ? got : err;
}

void privileges_rest(bool rest)
{
	struct cap_sets sets = { 0 };

	if (get_caps(&sets) < 0 || !sets.permitted)
		return;
	set_caps(rest ? 0 : sets.permitted, sets.permitted);
}
