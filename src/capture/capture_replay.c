/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replaying: the file is recognised and read, and the facts in it become an environment. */
#include "capture/capture_replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "base/tree.h"
#include "capture/capture_load.h"
#include "capture/capture_player.h"

enum {
	PAGE_MAX = 1 << 20,
	TICKS_MAX = 1000000,
	KERNEL_MAX = 0xffff,
	NOTE_MAX = 1000,
	NOTES_MAX = 100, /* a run tells a few things */
};

/* The end of the year 9999. */
static const uint64_t time_max = UINT64_C(253402300799);

struct capture_player capture_player;

/* What it is has to be seen from the first bytes, before gigabytes are read. */
static int is_worth(const uint8_t *data, size_t len)
{
	int err = len ? capture_check_head(data, len) : -EBADMSG;

	return err == -EBADMSG && capture_ss_is_one(data, len) ? 0 : err;
}

static void tell_load(const char *path, int err, size_t len, char *text, size_t size)
{
	const char *why = strerror(-err);

	if (err == -EINVAL)
		why = "neither a file nor a pipe";
	else if (err == -EFBIG)
		why = "larger than a recording can be";
	else if (err == -ETIMEDOUT)
		why = "nothing came through the pipe";
	else if (err == -EPROTONOSUPPORT)
		why = "a recording of another version of the format";
	else if (err == -EXDEV)
		why = "recorded on a machine of the other byte order, which cannot be replayed "
		      "here";
	else if (err == -EBADMSG)
		why = len ? "no recording of lssock or ss" : "empty";
	snprintf(text, size, "--replay: %s: %s", path, why);
}

static void tell_damage(const char *path, int err, size_t offset, char *text, size_t size)
{
	if (err == -ENOMEM)
		snprintf(text, size, "--replay: %s: %s", path, strerror(ENOMEM));
	else if (err == -ENODATA)
		snprintf(text, size,
			 "--replay: %s: cut short, or not finished: no record at byte %zu", path,
			 offset);
	else
		snprintf(text, size, "--replay: %s: damaged at byte %zu", path, offset);
}

/* A number of the recording that is used as one; 0: it is not there or is none. */
static uint64_t number(const char *name, uint64_t max)
{
	uint64_t value = capture_index_number(&capture_player.index, name, 0);

	return value <= max ? value : 0;
}

static void recorded_time(const struct env *env, int64_t *seconds, uint32_t *ns)
{
	(void)env;
	*seconds = capture_player.time_s;
	*ns = capture_player.time_ns;
}

static const char *host_name(void)
{
	struct capture_player *player = &capture_player;
	const struct capture_record *record =
		capture_index_last(&player->index, CAPTURE_FACT, "host", 4);

	if (!record || record->value_len == 0 || record->value_len >= sizeof(player->host) ||
	    memchr(record->value, '\0', record->value_len))
		return NULL;
	memcpy(player->host, record->value, record->value_len);
	player->host[record->value_len] = '\0';
	return player->host;
}

/* What the recorded run told before it looked at anything. */
static void repeat_notes(void)
{
	const struct capture_index *index = &capture_player.index;
	static const char key[] = "note";
	int n = 0;

	for (size_t i = 0; i < index->n; i++) {
		const struct capture_record *record = &index->entries[i].record;

		if (record->kind != CAPTURE_FACT || record->key_len != sizeof(key) - 1 ||
		    memcmp(record->key, key, sizeof(key) - 1) != 0 || record->value_len > NOTE_MAX)
			continue;
		if (++n > NOTES_MAX) {
			report_add(capture_player.report, REPORT_PARTIAL,
				   "the recording told more than is repeated here");
			return;
		}
		report_add(capture_player.report, REPORT_NOTE, "%.*s", (int)record->value_len,
			   (const char *)record->value);
	}
}

static void make_env(const struct env *outer, struct env *env)
{
	struct capture_player *player = &capture_player;
	uint64_t proc_error = number("proc-error", CAPTURE_ERROR_MAX);

	player->time_s = (int64_t)number("time", time_max);
	player->time_ns = (uint32_t)number("time-ns", 999999999);
	*env = (struct env){
		.plain = true,
		.proc_fd = -(int)proc_error,
		.proc_is_live = number("proc-is-live", 1),
		.diag_open = capture_replay_open_diag,
		.diag_ctx = outer->diag_ctx, /* the functions below may know it */
		.host = host_name(),
		.wall_time = player->time_s ? recorded_time : NULL,
		.cpus = 1,
		.kernel = (unsigned int)number("kernel", KERNEL_MAX),
		.euid = (uid_t)number("euid", UINT32_MAX),
		.pid = (pid_t)number("pid", INT32_MAX),
		.page_size = (unsigned int)number("page-size", PAGE_MAX),
		.clock_ticks = (unsigned int)number("clock-ticks", TICKS_MAX),
		/* Ours. */
		.width = outer->width,
		.height = outer->height,
		.redraws = outer->redraws,
		.color = outer->color,
		.now_ns = outer->now_ns,
		.sleep_until_ns = outer->sleep_until_ns,
		.stop_signal = outer->stop_signal,
		.keep_privileges = outer->keep_privileges,
		.rest_privileges = outer->rest_privileges,
		.sandbox = outer->sandbox,
		.out_fd = outer->out_fd,
		.err_fd = outer->err_fd,
		.utf8 = outer->utf8,
	};
	capture_replay_names(env);
	capture_replay_tree(env);
}

/* 0, or -errno and *offset. */
static int read_records(struct capture_player *player, size_t *offset)
{
	player->is_ss = capture_check_head(player->data, player->len) < 0;
	if (player->is_ss)
		return capture_ss_read(&player->ss, player->data, player->len, offset);
	return capture_index_read(&player->index, player->data, player->len, offset);
}

/* Of a run before, which only tests have. */
static void forget(struct capture_player *player)
{
	capture_index_free(&player->index);
	capture_dirs_free(&player->dirs);
	free(player->data);
	*player = (struct capture_player){ .data = NULL };
}

int capture_replay_begin(const struct env *outer, const char *path, struct report *report,
			 struct env *env, char *text, size_t size)
{
	struct capture_player *player = &capture_player;
	size_t offset = 0;
	int err;

	forget(player);
	err = capture_load(outer, path, is_worth, &player->data, &player->len);
	player->report = report;
	if (err < 0) {
		tell_load(path, err, player->len, text, size);
		return err;
	}
	err = read_records(player, &offset);
	if (err < 0) {
		tell_damage(path, err, offset, text, size);
		forget(player);
		return err;
	}
	if (player->ss.n_others)
		report_add(report, REPORT_PARTIAL,
			   "--replay: %zu messages are of no TCP socket and are left out",
			   player->ss.n_others);
	make_env(outer, env);
	if (env->proc_fd == -ENOMEM || env->net_fd == -ENOMEM) {
		snprintf(text, size, "--replay: %s", strerror(ENOMEM));
		forget(player);
		return -ENOMEM;
	}
	repeat_notes();
	return 0;
}

void capture_replay_tell_names(void)
{
	if (atomic_load(&capture_player.lacks_names))
		report_add(capture_player.report, REPORT_PARTIAL,
			   "the recording lacks names: numbers are shown in their place");
}

void capture_replay_end(void)
{
	struct capture_player *player = &capture_player;

	tree_install(NULL);
	capture_dirs_free(&player->dirs);
	capture_replay_tell_names();
}
