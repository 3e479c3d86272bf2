/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording: the file, and the facts about the machine and the run. */
#include "capture/capture_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/report.h"
#include "base/tree.h"
#include "capture/capture_recorder.h"

struct capture_recorder capture_recorder;

void capture_record_put(enum capture_kind kind, int error, const void *key, size_t key_len,
			const void *value, size_t value_len)
{
	const struct capture_record record = {
		.kind = kind,
		.error = -error,
		.key = key,
		.key_len = key_len,
		.value = value,
		.value_len = value_len,
	};

	capture_put(&capture_recorder.writer, &record);
}

void capture_record_number(enum capture_kind kind, const char *key, uint64_t value)
{
	uint8_t bytes[8];

	capture_put_number(bytes, value, sizeof(bytes));
	capture_record_put(kind, 0, key, strlen(key), bytes, sizeof(bytes));
}

static void put_text(const char *key, const char *text)
{
	capture_record_put(CAPTURE_FACT, 0, key, strlen(key), text, strlen(text));
}

static void stand_still(const struct env *env, int64_t *seconds, uint32_t *ns)
{
	(void)env;
	*seconds = capture_recorder.time_s;
	*ns = capture_recorder.time_ns;
}

/* What the machine and the process are, as far as the output may depend on it; and who recorded it.
 */
static void put_facts(const struct env *env)
{
	struct capture_recorder *recorder = &capture_recorder;
	struct utsname name;

	put_text("program", PACKAGE_NAME " " PACKAGE_VERSION);
	if (uname(&name) == 0)
		put_text("release", name.release);
	if (uname(&name) == 0)
		put_text("machine", name.machine);
	if (env->host)
		put_text("host", env->host);
	capture_record_number(CAPTURE_FACT, "kernel", env->kernel);
	capture_record_number(CAPTURE_FACT, "euid", env->euid);
	capture_record_number(CAPTURE_FACT, "pid", (uint64_t)env->pid);
	capture_record_number(CAPTURE_FACT, "page-size", env->page_size);
	capture_record_number(CAPTURE_FACT, "clock-ticks", env->clock_ticks);
	capture_record_number(CAPTURE_FACT, "by-files", env->net_fd != 0);
	capture_record_number(CAPTURE_FACT, "proc-is-live", env->proc_is_live);
	capture_record_number(CAPTURE_FACT, "proc-error",
			      env->proc_fd < 0 ? (uint64_t)-env->proc_fd : 0);
	if (!env->wall_time)
		return;
	capture_record_number(CAPTURE_FACT, "time", (uint64_t)recorder->time_s);
	capture_record_number(CAPTURE_FACT, "time-ns", recorder->time_ns);
}

/* What has been told before. */
static void put_notes(const struct report *report)
{
	const struct report_message *message;
	size_t at = 0;

	while ((message = report_next_message(report, &at)))
		if (message->text)
			put_text("note", message->text);
}

static void make_env(const struct env *outer, struct env *env)
{
	long page = sysconf(_SC_PAGESIZE), ticks = sysconf(_SC_CLK_TCK);
	char netns[64];

	*env = *outer;
	env->plain = true;
	env->cpus = 1;
	env->owners_open = NULL;
	env->events_open = NULL;
	env->netns_enter = NULL;
	if (!env->pid)
		env->pid = getpid();
	if (!env->page_size && page > 0)
		env->page_size = (unsigned int)page;
	if (!env->clock_ticks && ticks > 0)
		env->clock_ticks = (unsigned int)ticks;
	if (env->wall_time) {
		env->wall_time(env, &capture_recorder.time_s, &capture_recorder.time_ns);
		env->wall_time = stand_still;
	}
	env->diag_open = capture_record_open_diag;
	capture_record_names(env);
	capture_record_tree(env);
	put_facts(env);
	/* Which namespace it was, whether this run tells it or not. */
	if (env->net_fd)
		(void)!tree_readlink(env->net_fd, "ns/net", netns, sizeof(netns));
	else
		(void)!tree_readlink(env->proc_fd, "self/ns/net", netns, sizeof(netns));
}

int capture_record_begin(const struct env *outer, const char *path, const struct report *report,
			 struct env *env, char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	int err;

	capture_recorder = (struct capture_recorder){
		.outer = outer,
		.resolver = outer->resolver,
		.path = path,
	};
	if (fd < 0) {
		err = -errno;
		snprintf(text, size, "--record: %s: %s", path,
			 err == -EEXIST ? "there is such a file, which is left as it is"
					: strerror(-err));
		return err;
	}
	err = capture_writer_begin(&capture_recorder.writer, fd);
	if (err < 0) {
		close(fd);
		unlink(path);
		snprintf(text, size, "--record: %s", strerror(-err));
		return err;
	}
	make_env(outer, env);
	put_notes(report);
	if (env->proc_fd != -ENOMEM && env->net_fd != -ENOMEM)
		return 0;
	capture_record_end(true, text, size);
	snprintf(text, size, "--record: %s", strerror(ENOMEM));
	return -ENOMEM;
}

int capture_record_end(bool discard, char *text, size_t size)
{
	struct capture_recorder *recorder = &capture_recorder;
	const struct env *outer = recorder->outer;
	bool stopped = outer->stop_signal && outer->stop_signal(outer);
	int fd = recorder->writer.fd, err = capture_writer_end(&recorder->writer, !stopped);

	if (close(fd) < 0 && err == 0)
		err = -errno;
	if (discard)
		unlink(recorder->path);
	tree_install(NULL);
	capture_dirs_free(&recorder->dirs);
	if (err == -EFBIG)
		snprintf(text, size, "--record: more than the file can hold: it is not complete");
	else if (err < 0)
		snprintf(text, size, "--record: %s: the file is not complete", strerror(-err));
	else if (stopped)
		snprintf(text, size, "--record: broken off: the file is not complete");
	return stopped && err == 0 ? -EINTR : err;
}
