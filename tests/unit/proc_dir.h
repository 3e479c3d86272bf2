/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorded /proc in a temporary directory, a report that is read back, and a sink that keeps what
 * it is given: for tests of what reads below env->proc_fd. */
#ifndef LSSOCK_TESTS_PROC_DIR_H
#define LSSOCK_TESTS_PROC_DIR_H

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "base/report.h"
#include "model/sock.h"

static char proc_dir_name[] = "/tmp/lssock-proc-XXXXXX";
static struct env proc_dir_env = { .proc_fd = -ENOENT };
static struct report proc_dir_report;

/* Call as a test's .init. */
static inline void proc_dir_begin(void)
{
	cr_assert_not_null(mkdtemp(proc_dir_name));
	proc_dir_env.proc_fd = open(proc_dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(proc_dir_env.proc_fd, 0);
	report_init(&proc_dir_report, memfd_create("report", MFD_CLOEXEC));
	cr_assert_geq(proc_dir_report.fd, 0);
}

static inline int proc_dir_remove(const char *path, const struct stat *st, int type,
				  struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

/* Call as a test's .fini. */
static inline void proc_dir_end(void)
{
	close(proc_dir_env.proc_fd);
	close(proc_dir_report.fd);
	report_free(&proc_dir_report);
	nftw(proc_dir_name, proc_dir_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes the directories above path. */
static inline void proc_dir_parents(const char *path)
{
	char part[256];

	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		cr_assert(mkdirat(proc_dir_env.proc_fd, part, 0700) == 0 || errno == EEXIST);
	}
}

/* Makes a file of n bytes. */
static inline void proc_dir_put(const char *path, const void *data, size_t n)
{
	int fd;

	proc_dir_parents(path);
	fd = openat(proc_dir_env.proc_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, data, n), (ssize_t)n);
	close(fd);
}

static inline void proc_dir_put_text(const char *path, const char *text)
{
	proc_dir_put(path, text, strlen(text));
}

/* Makes a symbolic link. */
static inline void proc_dir_link(const char *path, const char *target)
{
	proc_dir_parents(path);
	cr_assert_eq(symlinkat(target, proc_dir_env.proc_fd, path), 0);
}

/* What was reported so far, as it would stand on stderr. */
static inline const char *proc_dir_heard(void)
{
	static char text[8192];
	ssize_t n = pread(proc_dir_report.fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* A sink that keeps copies. What rows borrow from is not kept, but for names. */
struct proc_dir_rows {
	struct sock rows[2000];
	char names[2000][112];
	size_t n, batches;
	size_t cancel_at; /* asks to stop at this many rows; 0: never */
};

static inline int proc_dir_take(void *ctx, struct sock *rows, size_t n)
{
	struct proc_dir_rows *kept = ctx;

	kept->batches++;
	for (size_t i = 0; i < n; i++) {
		cr_assert_lt(kept->n, 2000);
		if (rows[i].name_len > 0)
			memcpy(kept->names[kept->n], rows[i].name, rows[i].name_len);
		kept->rows[kept->n++] = rows[i];
		memset(&rows[i], 0xa5, sizeof(rows[i])); /* a sink may change them */
	}
	return kept->cancel_at > 0 && kept->n >= kept->cancel_at ? -1 : 0;
}

#endif
