/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world of world.h. Files lie in a directory of this process, which is made once. */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/obuf.h"
#include "model/field.h"
#include "model/proto.h"
#include "output/field_text.h"

enum { FILES_MAX = 64, PATH_SIZE = 64, ROWS_MAX = 3 };

static unsigned int rows_looked_at; /* of this input */

static struct {
	char dir[256];
	int dir_fd;
	char files[FILES_MAX][PATH_SIZE]; /* of this input */
	size_t n_files;
	char dirs[FILES_MAX][PATH_SIZE];
	size_t n_dirs;
	int report_fd;
} place = { .dir_fd = -1, .report_fd = -1 };

/* --- files --------------------------------------------------------------------------------------
 */

static void place_remove(void)
{
	while (place.n_files > 0)
		unlinkat(place.dir_fd, place.files[--place.n_files], 0);
	while (place.n_dirs > 0)
		unlinkat(place.dir_fd, place.dirs[--place.n_dirs], AT_REMOVEDIR);
	rmdir(place.dir);
}

static int place_open(void)
{
	const char *tmp = getenv("TMPDIR");

	if (place.dir_fd >= 0)
		return place.dir_fd;
	if (!tmp)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(place.dir, sizeof(place.dir), "%s/lssock-fuzz.XXXXXX", tmp);
	if (!mkdtemp(place.dir))
		abort();
	place.dir_fd = open(place.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place.dir_fd < 0)
		abort();
	atexit(place_remove);
	return place.dir_fd;
}

/* Makes the directories of a path; they stay until the end. */
static void make_dirs(const char *path)
{
	char dir[PATH_SIZE];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
		if (mkdirat(place.dir_fd, dir, 0755) == 0 && place.n_dirs < FILES_MAX)
			memcpy(place.dirs[place.n_dirs++], dir, sizeof(dir));
	}
}

static bool is_new_file(const char *path)
{
	for (size_t i = 0; i < place.n_files; i++)
		if (strcmp(place.files[i], path) == 0)
			return false;
	if (place.n_files == FILES_MAX || strlen(path) >= PATH_SIZE)
		abort();
	snprintf(place.files[place.n_files++], PATH_SIZE, "%s", path);
	return true;
}

void fuzz_world_file(struct fuzz_world *world, const char *path, const void *data, size_t n)
{
	int fd = -1;

	(void)world;
	if (is_new_file(path))
		make_dirs(path);
	fd = openat(place.dir_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	close(fd);
}

void fuzz_world_link(struct fuzz_world *world, const char *path, const void *data, size_t n)
{
	char *text = fuzz_string(data, n < 255 ? n : 255);

	(void)world;
	if (is_new_file(path))
		make_dirs(path);
	if (symlinkat(text, place.dir_fd, path) < 0 && errno != ENOENT && errno != EEXIST)
		abort();
	free(text);
}

int fuzz_memory_file(void)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

char *fuzz_memory_text(int fd, size_t *n)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = malloc((size_t)size + 1);

	if (!text || pread(fd, text, (size_t)size, 0) != size)
		abort();
	if (size > 0 && (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0))
		abort();
	text[size] = '\0';
	*n = (size_t)size;
	return text;
}

/* --- clock and the rest -------------------------------------------------------------------------
 */

static int64_t world_now(const struct env *env)
{
	struct fuzz_world *world = env->diag_ctx;

	return world->now_ns += 1000;
}

static int world_sleep(const struct env *env, int64_t deadline_ns)
{
	struct fuzz_world *world = env->diag_ctx;

	world->n_sleeps++;
	if (world->now_ns < deadline_ns)
		world->now_ns = deadline_ns;
	return 0;
}

static int world_stop(const struct env *env)
{
	struct fuzz_world *world = env->diag_ctx;

	return world->n_sleeps > world->max_sleeps ? 15 : 0;
}

static int world_ifname(const struct env *env, uint32_t ifindex, char *buf)
{
	(void)env;
	if (ifindex % 3 == 0)
		return -ENXIO;
	memcpy(buf,
	       ifindex % 3 == 1 ? "lo\0\0"
				: "e\x1b"
				  "0",
	       4);
	return 0;
}

static uint32_t world_ifindex(const struct env *env, const char *name)
{
	(void)env;
	return strcmp(name, "lo") == 0;
}

void fuzz_world_begin(struct fuzz_world *world)
{
	memset(world, 0, sizeof(*world));
	rows_looked_at = 0;
	if (place.report_fd < 0)
		place.report_fd = fuzz_memory_file();
	world->max_sleeps = 3;
	world->now_ns = 1000000000000;
	world->env = (struct env){
		.proc_fd = place_open(),
		.diag_open = fuzz_world_open,
		.diag_ctx = world,
		.ifname = world_ifname,
		.ifindex = world_ifindex,
		.now_ns = world_now,
		.sleep_until_ns = world_sleep,
		.stop_signal = world_stop,
		.out_fd = -EBADF,
		.err_fd = place.report_fd,
		.utf8 = true,
	};
	report_init(&world->report, place.report_fd);
}

void fuzz_world_end(struct fuzz_world *world)
{
	char *text;
	size_t n;

	report_free(&world->report);
	text = fuzz_memory_text(place.report_fd, &n);
	fuzz_check_text(text, n, true);
	FUZZ_CHECK(n == 0 || text[n - 1] == '\n');
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		FUZZ_CHECK(strncmp(line, "lssock: ", 8) == 0);
	free(text);
	while (place.n_files > 0)
		unlinkat(place.dir_fd, place.files[--place.n_files], 0);
}

/* --- rows ---------------------------------------------------------------------------------------
 */

/* What is not known is zero. */
static void check_absent(const struct sock *row)
{
	FUZZ_CHECK((row->has & SOCK_HAS_UID) || row->uid == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_INODE) || row->inode == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_COOKIE) || row->cookie == 0);
	FUZZ_CHECK((row->has & (SOCK_HAS_QUEUES | SOCK_HAS_RECV_Q)) || row->recv_q == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_QUEUES) || row->send_q == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_BACKLOG) || row->backlog == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_RETRANSMITS) || row->retransmits == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_PROBES) || row->probes == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_REFCNT) || row->refcnt == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_V6ONLY) || !row->v6only);
	FUZZ_CHECK((row->has & SOCK_HAS_CGROUP) || row->cgroup_id == 0);
	FUZZ_CHECK((row->has & SOCK_HAS_PEER) || row->peer_inode == 0);
	FUZZ_CHECK(row->proto < PROTO_COUNT);
	FUZZ_CHECK((row->proto == PROTO_UNIX) == (row->family == AF_UNIX));
	FUZZ_CHECK(row->name_kind != UNIX_UNNAMED || row->name_len == 0);
	FUZZ_CHECK(row->name_kind <= UNIX_ABSTRACT);
}

void fuzz_check_row(const struct sock *row)
{
	static struct obuf out;
	size_t n;
	const struct field *fields = field_rows(&n);

	check_absent(row);
	/* The fields take most of the time: a few rows of an input are enough. */
	if (rows_looked_at++ >= ROWS_MAX)
		return;
	if (!out.data && obuf_init_memory(&out) < 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		out.len = 0;
		field_text_put_cell(&out, &fields[i], row, true, SIZE_MAX);
		FUZZ_CHECK(out.len > 0 && !memchr(out.data, '\n', out.len) &&
			   !memchr(out.data, ' ', out.len));
		fuzz_check_text(out.data, out.len, true);
		out.len = 0;
		field_text_put_data(&out, &fields[i], row);
		fuzz_check_text(out.data, out.len, true);
	}
}
