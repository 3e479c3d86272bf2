/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole program on a machine that an input describes: what sock_diag answers, files below
 * /proc, names, and which options are given. Whatever the machine says, the program ends with one
 * of its statuses, tells what is wrong on stderr, and writes nothing that cannot be shown or
 * parsed.
 *
 * Input: pieces. Kinds below FUZZ_PLAY_KINDS are the kernel's (world.h), of the table `which`; then
 * an option of the list below, an expression, a list of fields to show or to sort by, a file or a
 * link below /proc, what names look like, and the terminal. Options that would touch this machine
 * (--netns) cannot be given.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app.h"
#include "base/resolver.h"
#include "world.h"

enum { ARGS_MAX = 24, NAME_SIZE = 64 };

enum piece {
	PIECE_OPTION = FUZZ_PLAY_KINDS,
	PIECE_EXPRESSION,
	PIECE_COLUMNS,
	PIECE_SORT,
	PIECE_FILE,
	PIECE_LINK,
	PIECE_NAME,
	PIECE_WORLD,
	PIECE_COUNT,
};

/* In front of all others; several may be given, and many do not go together. */
static const char *const options[] = { "-a",
				       "-l",
				       "-t",
				       "-u",
				       "-w",
				       "-x",
				       "-S",
				       "-U",
				       "-4",
				       "-6",
				       "-e",
				       "-p",
				       "-o",
				       "-Z",
				       "-W",
				       "-v",
				       "-q",
				       "-i",
				       "-m",
				       "-s",
				       "--json",
				       "--jsonl",
				       "--csv",
				       "--summary",
				       "--ports",
				       "--time-wait",
				       "--listeners",
				       "--explain",
				       "--explain=time-wait",
				       "--openmetrics",
				       "--openmetrics=textfile",
				       "--count-by=state",
				       "--count-by=remote_address/16,local_port",
				       "--count-by=program",
				       "--top=2",
				       "--no-header",
				       "--all-netns",
				       "--explain-filter",
				       "-c",
				       "--count=2",
				       "--kill",
				       "--yes",
				       "--warn=5",
				       "--crit=9",
				       "--check=:80",
				       "--check=/run/a",
				       "--wait=free::80",
				       "--wait=connect:127.0.0.1:80",
				       "--timeout=3",
				       "--resolve-timeout=0.01",
				       "--list-columns",
				       "--help",
				       "--version",
				       "-Aall",
				       "--family=netlink",
				       "--list-families",
				       "-B" };

static const char *const files[] = { "net/tcp",
				     "net/tcp6",
				     "net/udp",
				     "net/udp6",
				     "net/udplite",
				     "net/raw",
				     "net/unix",
				     "net/sctp/eps",
				     "net/sctp/assocs",
				     "net/snmp",
				     "net/netstat",
				     "net/snmp6",
				     "net/sockstat",
				     "net/sockstat6",
				     "sys/net/ipv4/ip_local_port_range",
				     "sys/net/ipv4/ip_local_reserved_ports",
				     "sys/net/ipv4/tcp_max_tw_buckets",
				     "sys/net/core/somaxconn",
				     "sys/net/ipv4/tcp_mem",
				     "sys/net/ipv6/bindv6only",
				     "stat",
				     "1/comm",
				     "1/stat",
				     "1/cmdline",
				     "1/cgroup",
				     "4242/comm",
				     "4242/attr/current",
				     "self/attr/current",
				     "self/mountinfo",
				     "uptime",
				     "net/packet",
				     "net/netlink",
				     "net/protocols",
				     "net/icmp",
				     "net/icmp6" };

static const char *const links[] = { "1/fd/3", "1/fd/4", "4242/fd/5", "1/exe", "1/ns/net", "self" };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct fuzz_world world;
static int out_fd = -1;
static char name[NAME_SIZE]; /* of every host, service and user; empty: none has one */

static struct {
	char *args[ARGS_MAX + 1];
	size_t n_args;
	bool has_names;
	size_t width, height;
} machine;

static int give_name(char *buf, size_t size)
{
	size_t n = strlen(name);

	if (n == 0 || n >= size)
		return -ENOENT;
	memcpy(buf, name, n + 1);
	return 0;
}

static int resolve_host(int family, const void *addr, char *buf, size_t size)
{
	(void)family, (void)addr;
	return give_name(buf, size);
}

static int resolve_user(uint32_t uid, char *buf, size_t size)
{
	(void)uid;
	return give_name(buf, size);
}

static int resolve_services(void (*row)(void *ctx, const char *proto, uint16_t port,
					const char *text),
			    void *ctx)
{
	if (*name)
		row(ctx, "tcp", 80, name);
	return 0;
}

static int resolve_addresses(const char *text, uint8_t *families, uint8_t (*list)[16], size_t max)
{
	if (strcmp(text, name) != 0 || max == 0)
		return 0;
	families[0] = AF_INET;
	memcpy(list[0], "\x0a\x00\x00\x01", 4);
	return 1;
}

static uint16_t resolve_port(const char *text, const char *proto)
{
	(void)proto;
	return strcmp(text, name) == 0 ? 80 : 0;
}

static int resolve_uid(const char *text, uint32_t *uid)
{
	*uid = 33;
	return strcmp(text, name) == 0 ? 0 : -ENOENT;
}

static const struct resolver resolver = {
	.host = resolve_host,
	.addresses = resolve_addresses,
	.port = resolve_port,
	.uid = resolve_uid,
	.user = resolve_user,
	.services = resolve_services,
};

static size_t world_width(const struct env *env)
{
	(void)env;
	return machine.width;
}

static size_t world_height(const struct env *env)
{
	(void)env;
	return machine.height;
}

static void world_time(const struct env *env, int64_t *seconds, uint32_t *ns)
{
	(void)env;
	*seconds = 1700000000;
	*ns = 5;
}

static void add_arg(const char *prefix, const uint8_t *data, size_t n)
{
	size_t len = strlen(prefix);
	char *arg;

	if (machine.n_args == ARGS_MAX)
		return;
	arg = malloc(len + n + 1);
	if (!arg)
		abort();
	memcpy(arg, prefix, len);
	if (n)
		memcpy(arg + len, data, n);
	arg[len + n] = '\0';
	machine.args[machine.n_args++] = arg;
}

static void set_world(const struct fuzz_chunk *chunk)
{
	struct env *env = &world.env;

	env->utf8 = chunk->which & 1;
	env->euid = chunk->which & 2 ? 1000 : 0;
	world.open_error = chunk->which & 4 ? -EPERM : 0;
	machine.has_names = chunk->which & 8;
	if (chunk->which & 16)
		env->proc_fd = -EACCES;
	if (!(chunk->which & 32) || chunk->len < 2)
		return;
	machine.width = chunk->data[0];
	machine.height = chunk->data[1];
	env->width = world_width;
	env->height = world_height;
	env->redraws = chunk->which & 64;
	env->color = chunk->which & 128;
}

static void take_piece(const struct fuzz_chunk *chunk)
{
	const uint8_t *data = chunk->data;
	size_t n = chunk->len;

	switch (chunk->kind % PIECE_COUNT) {
	case PIECE_OPTION:
		add_arg(options[chunk->which % COUNT_OF(options)], data, 0);
		break;
	case PIECE_EXPRESSION:
		add_arg("( ", data, n < 2000 ? n : 2000);
		add_arg(" )", data, 0);
		break;
	case PIECE_COLUMNS:
		add_arg("--columns=", data, n);
		break;
	case PIECE_SORT:
		add_arg("--sort=", data, n);
		break;
	case PIECE_FILE:
		fuzz_world_file(&world, files[chunk->which % COUNT_OF(files)], data, n);
		break;
	case PIECE_LINK:
		fuzz_world_link(&world, links[chunk->which % COUNT_OF(links)], data, n);
		break;
	case PIECE_NAME:
		memset(name, 0, sizeof(name));
		memcpy(name, data, n < NAME_SIZE - 1 ? n : NAME_SIZE - 1);
		break;
	case PIECE_WORLD:
		set_world(chunk);
		break;
	default:
		fuzz_world_play(&world, &(struct fuzz_chunk){ .kind = chunk->kind % PIECE_COUNT,
							      .which = chunk->which,
							      .data = data,
							      .len = n });
		break;
	}
}

static bool has_arg(const char *arg)
{
	for (size_t i = 1; i < machine.n_args; i++)
		if (strcmp(machine.args[i], arg) == 0)
			return true;
	return false;
}

/* A screen that is drawn again is no text, but holds no other controls. */
static void check_screen(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK((unsigned char)text[i] >= ' ' || strchr("\n\033\r", text[i]));
}

/* One document or one record a line, when nothing but data can have been written. */
static void check_data(const char *text, size_t n)
{
	/* A check that cannot be made says so to who looks at it, whatever was wrong. */
	static const char unknown[] = "PORTS UNKNOWN - ";
	bool rounds = has_arg("-c") || has_arg("--count=2"); /* one document each */

	if (n >= sizeof(unknown) && memcmp(text, unknown, sizeof(unknown) - 1) == 0)
		return;
	if (n > 0 && !rounds && !fuzz_is_json(text, n))
		fuzz_fail(__FILE__, __LINE__, "no JSON: %.*s", (int)n, text);
}

static void check_output(const char *text, size_t n, int status)
{
	bool drawn = world.env.redraws && (has_arg("-c") || has_arg("--count=2"));
	bool plain = !machine.width && !drawn;
	bool other = has_arg("--help") || has_arg("--version") || has_arg("--explain-filter") ||
		     has_arg("--list-columns") || has_arg("--list-families");

	FUZZ_CHECK(status >= 0 && status <= 4);
	FUZZ_CHECK(status != 2 || n == 0 || has_arg("--warn=5") || has_arg("--crit=9"));
	FUZZ_CHECK(n == 0 || text[n - 1] == '\n' || !plain);
	if (has_arg("--csv") && !other) {
		for (size_t i = 0; i < n; i++)
			FUZZ_CHECK((unsigned char)text[i] >= ' ' || strchr("\n\r", text[i]));
		return;
	}
	if (!plain)
		check_screen(text, n);
	else
		fuzz_check_text(text, n, true);
	if (plain && has_arg("--json") && !has_arg("--jsonl") && !other)
		check_data(text, n);
}

/* Something that is wrong is said, but for questions that only the status answers. */
static void check_said(int status)
{
	size_t said = (size_t)lseek(world.env.err_fd, 0, SEEK_END);
	bool quiet =
		status == 1 || has_arg("--warn=5") || has_arg("--crit=9") || has_arg("--ports");

	FUZZ_CHECK(status == 0 || said > 0 || quiet);
}

static void run(void)
{
	size_t n;
	char *text;
	int status;

	if (out_fd < 0)
		out_fd = fuzz_memory_file();
	world.env.out_fd = out_fd;
	world.env.resolver = &resolver;
	world.env.wall_time = world_time;
	world.env.host = "fuzz";
	/* Names take threads, which cost a lot of time. */
	if (!machine.has_names)
		add_arg("-n", NULL, 0);
	machine.args[machine.n_args] = NULL;
	status = app_main(&world.env, (int)machine.n_args, machine.args);
	check_said(status);
	text = fuzz_memory_text(out_fd, &n);
	check_output(text, n, status);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	struct fuzz_chunk chunk;

	if (out_fd < 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	fuzz_world_begin(&world);
	memset(&machine, 0, sizeof(machine));
	memset(name, 0, sizeof(name));
	add_arg("lssock", NULL, 0);
	while (fuzz_next_chunk(&input, &chunk))
		take_piece(&chunk);
	run();
	while (machine.n_args > 0)
		free(machine.args[--machine.n_args]);
	fuzz_world_end(&world);
	return 0;
}
