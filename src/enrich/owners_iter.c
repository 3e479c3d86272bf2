/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads bpf/owners_iter.bpf.c (compiled into the light skeleton bpf/owners_iter.lskel.h) with
 * bpf(2) and opens what it writes. Needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, and a kernel
 * since 5.17 with BTF.
 *
 * Each loading takes 1.3 ms and may be a line in the audit log, so the program stays loaded from
 * one round to the next; it ends with the process.
 */
#include "enrich/owners_iter.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/env.h"
#include "base/file.h"
#include "base/num.h"
#include "base/sandbox.h"

/* The program is compiled for these machines, and for none other tried. */
#if defined HAVE_OWNERS_ITER && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && __SIZEOF_LONG__ == 8
#define HAVE_LIST 1
#include <bpf/owners_iter.lskel.h>
#else
#define HAVE_LIST 0
#endif

enum {
	STATUS_SIZE = 8192, /* about 1500 bytes and the groups, which come before what is asked */
	/* <linux/capability.h>; older ones lack the last two. */
	CAP_NR_SYS_ADMIN = 21,
	CAP_NR_PERFMON = 38,
	CAP_NR_BPF = 39,
};

/* What stands on the line with this head ("Name:\t"); NULL: there is no such line. */
static const char *status_value(const char *text, size_t len, const char *head, size_t *value_len)
{
	const char *end = text + len;
	size_t n = strlen(head);

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		if (!eol)
			return NULL;
		if ((size_t)(eol - text) >= n && memcmp(text, head, n) == 0) {
			*value_len = (size_t)(eol - text) - n;
			return text + n;
		}
		text = eol + 1;
	}
	return NULL;
}

/* A set of capabilities is 16 hexadecimal digits; 0 where it is anything else. */
static uint64_t parse_caps(const char *text, size_t len)
{
	uint64_t caps = 0;

	if (!text || len != 16)
		return 0;
	for (size_t i = 0; i < len; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *at = memchr(digits, text[i], sizeof(digits) - 1);

		if (!at)
			return 0;
		caps = caps << 4 | (uint64_t)(at - digits);
	}
	return caps;
}

static bool may_load(uint64_t caps)
{
	const uint64_t both = 1ULL << CAP_NR_BPF | 1ULL << CAP_NR_PERFMON;

	return caps & 1ULL << CAP_NR_SYS_ADMIN || (caps & both) == both;
}

/* A filter of somebody else may kill who calls what it does not know. Kernels without seccomp have
 * no such lines. */
static bool only_our_filters(const char *status, size_t len, unsigned int own_filters)
{
	const char *value;
	uint64_t number;
	size_t n = 0;

	value = status_value(status, len, "Seccomp:\t", &n);
	if (!value || (n == 1 && value[0] == '0'))
		return true;
	value = status_value(status, len, "Seccomp_filters:\t", &n);
	return value && num_parse_u64(value, n, UINT32_MAX, &number) && number == own_filters;
}

bool owners_iter_may(const char *status, size_t len, uint32_t pid, unsigned int own_filters)
{
	const char *value;
	uint64_t number;
	size_t n = 0;

	/* Numbers of the nested namespaces would follow. */
	value = status_value(status, len, "NSpid:\t", &n);
	if (!value || !num_parse_u64(value, n, UINT32_MAX, &number) || number != pid)
		return false;
	value = status_value(status, len, "CapEff:\t", &n);
	return may_load(parse_caps(value, n)) && only_our_filters(status, len, own_filters);
}

#if HAVE_LIST

static bool may_list(const struct env *env)
{
	char text[STATUS_SIZE];
	ssize_t n = file_read_at(env->proc_fd, "self/status", text, sizeof(text));

	/* Of one that was cut who knows what the rest says. */
	return n > 0 && (size_t)n < sizeof(text) &&
	       owners_iter_may(text, (size_t)n, (uint32_t)getpid(), sandbox_filters());
}

/* Loads the program. Returns its link, from which lists are opened, or -errno. */
static int load_program(void)
{
	struct owners_iter *skel = owners_iter__open();
	int link;

	if (!skel)
		return -ENOMEM;
	link = owners_iter__load(skel);
	if (link == 0)
		link = owners_iter__owners_iter__attach(skel);
	skel->links.owners_iter_fd = 0; /* ours: the link keeps the program */
	owners_iter__destroy(skel);
	return link;
}

int owners_iter_open(const struct env *env)
{
	static int link; /* 0: not loaded yet; -errno: it was refused */
	union bpf_attr attr;

	if (link == 0)
		link = may_list(env) ? load_program() : -EPERM;
	if (link < 0)
		return link;
	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (uint32_t)link;
	return skel_sys_bpf(BPF_ITER_CREATE, &attr);
}

#else

int owners_iter_open(const struct env *env)
{
	(void)env;
	return -ENOSYS;
}

#endif
