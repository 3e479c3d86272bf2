/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs in the kernel, once for each open file of each task that the reader's PID namespace sees
 * (kernel: kernel/bpf/task_iter.c, since 5.8), and writes a struct owner_record for those that are
 * sockets. It changes nothing and keeps nothing.
 *
 * Of the kernel's structs only the members named here are known. Where they lie is looked up in the
 * types of the running kernel (BTF) when the program is loaded, so one compiled form fits all
 * kernels. No header of the kernel or of libbpf is needed.
 */
#include "enrich/owners_record.h"

#define SECTION(name) __attribute__((section(name), used))

/* <linux/stat.h>, <linux/magic.h> */
enum { FORMAT_MASK = 0170000, FORMAT_SOCKET = 0140000 };
#define SOCKFS 0x534F434BUL

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct {
	struct task_struct *group_leader;
	struct pid *thread_pid;
	char comm[OWNER_RECORD_COMM];
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct file {
	struct inode *f_inode;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	uint32_t fd;
	struct file *file;
};

#pragma clang attribute pop

/* Functions of the kernel, by their numbers in enum bpf_func_id (<linux/bpf.h>). */
static long (*const probe_read_kernel)(void *to, uint32_t size, const void *from) = (void *)113;
static long (*const seq_write)(struct seq_file *seq, const void *data, uint32_t len) = (void *)127;
static struct task_struct *(*const current_task)(void) = (void *)158;

/* Which of a task's numbers (one for each nested namespace) the reader knows it by. */
static unsigned int reader_level(void)
{
	return current_task()->thread_pid->level;
}

/* The task's number at that level; 0: it has just ended. */
static uint32_t number_of(const struct task_struct *task, unsigned int level)
{
	const struct pid *pid = 0;
	int number = 0;

	/* Copied, not followed: the kernel allows no computed place in what it gave as an object.
	 */
	probe_read_kernel(&pid, sizeof(pid), &task->thread_pid);
	if (pid)
		probe_read_kernel(&number, sizeof(number),
				  (const char *)&pid->numbers[0].nr +
					  (uint64_t)level * sizeof(struct upid));
	return (uint32_t)number;
}

/* A UNIX socket's file that was opened by its path (O_PATH) looks like a socket, but lies in
 * another file system. */
static _Bool is_socket(const struct inode *inode)
{
	return (inode->i_mode & FORMAT_MASK) == FORMAT_SOCKET && inode->i_sb->s_magic == SOCKFS;
}

SECTION("iter/task_file")
int owners_iter(struct bpf_iter__task_file *ctx)
{
	struct owner_record record = { .inode = 0 };
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	unsigned int level;

	/* After the last one it is called once more, with nothing. */
	if (!task || !file || !is_socket(file->f_inode))
		return 0;
	level = reader_level();
	record.inode = file->f_inode->i_ino;
	record.fd = ctx->fd;
	record.tid = number_of(task, level);
	record.pid = number_of(task->group_leader, level);
	probe_read_kernel(record.comm, sizeof(record.comm), task->group_leader->comm);
	if (record.pid && record.tid)
		seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/* The kernel lends these functions to programs under the GPL only. */
const char owners_iter_license[] SECTION("license") = "GPL";
