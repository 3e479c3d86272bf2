/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world of world.h. Files lie in a directory of this process, which is made once. */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
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
#include "source/nl_link.h"

enum { PORTID = 4711, FILES_MAX = 64, PATH_SIZE = 64, ROWS_MAX = 3 };

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

/* --- the kernel ---------------------------------------------------------------------------------
 */

struct world_link {
	struct nl_link link;
	struct fuzz_world *world;
	unsigned int table;
	struct nlmsghdr request;
	bool done;
};

unsigned int fuzz_table_of(uint8_t family, uint8_t protocol)
{
	unsigned int six = family == AF_INET6;

	if (family == AF_UNIX)
		return 10;
	switch (protocol) {
	case IPPROTO_TCP:
		return 0 + six;
	case IPPROTO_UDP:
		return 2 + six;
	case IPPROTO_UDPLITE:
		return 4 + six;
	case IPPROTO_RAW:
		return 6 + six;
	case IPPROTO_SCTP:
		return 8 + six;
	default:
		return 11;
	}
}

static int link_send(struct nl_link *link, const void *request, size_t len)
{
	struct world_link *self = (struct world_link *)link;
	uint8_t asked[2] = { 0, 0 };

	FUZZ_CHECK(len >= sizeof(self->request));
	memcpy(&self->request, request, sizeof(self->request));
	FUZZ_CHECK(self->request.nlmsg_len == len);
	if (len >= sizeof(self->request) + sizeof(asked))
		memcpy(asked, (const uint8_t *)request + sizeof(self->request), sizeof(asked));
	self->table = self->world->one_table ? 0 : fuzz_table_of(asked[0], asked[1]);
	self->done = false;
	/* Nobody retries for ever. */
	FUZZ_CHECK(++self->world->n_sends < 10000);
	return 0;
}

static const struct fuzz_play *next_play(struct world_link *self)
{
	struct fuzz_world *world = self->world;
	size_t *at = &world->at[self->table];

	for (; *at < world->n_plays; ++*at)
		if (world->one_table || world->plays[*at].table == self->table)
			return &world->plays[(*at)++];
	/* The next request is answered from the start. */
	*at = 0;
	return NULL;
}

/* Makes messages replies to the request. */
static void address(const struct world_link *self, uint8_t *bytes, size_t len)
{
	struct nlmsghdr head;
	size_t pos = 0;

	while (len - pos >= sizeof(head)) {
		memcpy(&head, bytes + pos, sizeof(head));
		head.nlmsg_seq += self->request.nlmsg_seq;
		head.nlmsg_pid += PORTID;
		memcpy(bytes + pos, &head, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > len - pos)
			return;
		pos += NLMSG_ALIGN(head.nlmsg_len);
		if (pos > len)
			return;
	}
}

static ssize_t end_of_dump(struct world_link *self, void *buf, size_t size)
{
	struct nlmsghdr head = { .nlmsg_len = NLMSG_LENGTH(4), .nlmsg_type = NLMSG_DONE };

	if (self->done || size < NLMSG_LENGTH(4))
		return -EAGAIN;
	self->done = true;
	memcpy(buf, &head, sizeof(head));
	memset((uint8_t *)buf + sizeof(head), 0, 4);
	address(self, buf, NLMSG_LENGTH(4));
	return (ssize_t)NLMSG_LENGTH(4);
}

static ssize_t link_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
			 uint32_t *from)
{
	struct world_link *self = (struct world_link *)link;
	const struct fuzz_play *play = next_play(self);
	size_t n;

	*truncated = false;
	*from = 0;
	if (!play)
		return end_of_dump(self, buf, size);
	if (play->kind == FUZZ_SILENCE) {
		self->done = true;
		self->world->at[self->table] = 0;
		return -EAGAIN;
	}
	if (play->kind == FUZZ_ERROR) {
		n = play->len > 1 ? (play->data[0] | (size_t)play->data[1] << 8) % 4095 + 1 : 105;
		return -(ssize_t)n;
	}
	n = play->len < size ? play->len : size;
	if (n)
		memcpy(buf, play->data, n);
	address(self, buf, n);
	*truncated = play->kind == FUZZ_TRUNCATED || play->len > size;
	*from = play->kind == FUZZ_FOREIGN ? 1 : 0;
	return (ssize_t)n;
}

static void link_close(struct nl_link *link)
{
	free(link);
}

static int world_open(const struct env *env, struct nl_link **out)
{
	struct fuzz_world *world = env->diag_ctx;
	struct world_link *self;

	if (world->open_error)
		return world->open_error;
	self = calloc(1, sizeof(*self));
	if (!self)
		abort();
	self->world = world;
	self->link = (struct nl_link){
		.portid = PORTID, .send = link_send, .recv = link_recv, .close = link_close
	};
	*out = &self->link;
	return 0;
}

void fuzz_world_play(struct fuzz_world *world, const struct fuzz_chunk *chunk)
{
	if (world->n_plays == FUZZ_PLAYS_MAX)
		return;
	world->plays[world->n_plays++] = (struct fuzz_play){
		.kind = (enum fuzz_play_kind)(chunk->kind % FUZZ_PLAY_KINDS),
		.table = chunk->which % FUZZ_TABLES,
		.data = chunk->data,
		.len = chunk->len,
	};
}

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
		.diag_open = world_open,
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
	FUZZ_CHECK((row->has & SOCK_HAS_QUEUES) || (row->recv_q == 0 && row->send_q == 0));
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
