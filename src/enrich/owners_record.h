/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program in the kernel (bpf/owners_iter.bpf.c) writes for each descriptor that is a
 * socket, in the machine's byte order. Included by that program too: nothing but fixed types here.
 */
#ifndef LSSOCK_ENRICH_OWNERS_RECORD_H
#define LSSOCK_ENRICH_OWNERS_RECORD_H

#include <stdint.h>

enum { OWNER_RECORD_COMM = 16 }; /* TASK_COMM_LEN, the final NUL included */

struct owner_record {
	uint64_t inode; /* not 0 */
	uint32_t pid;   /* of the process, in the reader's PID namespace */
	uint32_t tid;   /* of the thread whose table of descriptors this is; the first one: pid */
	uint32_t fd;
	uint32_t zero;                /* all 40 bytes are told */
	char comm[OWNER_RECORD_COMM]; /* name of the process's first thread, as /proc/PID/comm */
};

#endif
