/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plays a recorded machine; machine.h tells what is in one. */
#include "machine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/env.h"
#include "base/resolver.h"
#include "machine_files.h"

enum { MACHINE_BROKEN = 99 };

/* A name: kind and key as in the file ("host 192.0.2.1", "service tcp 80", "if 2"). */
struct name {
	char key[80];
	char *text;
};

static struct {
	int dir_fd;
	struct name *names;
	size_t n_names;
	int64_t now_ns;
} machine;

void machine_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(MACHINE_BROKEN);
}

void *machine_grow(void *array, size_t n, size_t elem)
{
	void *grown = reallocarray(array, n + 1, elem);

	if (!grown)
		machine_die("out of memory");
	memset((char *)grown + n * elem, 0, elem);
	return grown;
}

FILE *machine_open_file(const char *path)
{
	int fd = openat(machine.dir_fd, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file && errno != ENOENT)
		machine_die("%s: %s", path, strerror(errno));
	return file;
}

static long read_number(const char *path, long missing)
{
	FILE *file = machine_open_file(path);
	long number;

	if (!file)
		return missing;
	if (fscanf(file, "%ld", &number) != 1)
		machine_die("%s: not a number", path);
	fclose(file);
	return number;
}

/* Decodes \xHH in place. Returns the length. */
static size_t unescape(char *text)
{
	size_t n = 0;

	for (const char *p = text; *p; p++) {
		unsigned int byte;

		if (p[0] == '\\' && p[1] == 'x' && sscanf(p + 2, "%2x", &byte) == 1) {
			text[n++] = (char)byte;
			p += 3;
		} else {
			text[n++] = *p;
		}
	}
	text[n] = '\0';
	return n;
}

/* Takes "KEY... NAME" apart, where the key has n_words words. */
static void add_name(const char *prefix, char *line, int n_words)
{
	struct name *name;
	char *text = line;

	for (int i = 0; i < n_words; i++) {
		text = strchr(text, ' ');
		if (!text)
			machine_die("no name in: %s", line);
		text++;
	}
	text[-1] = '\0';
	machine.names = machine_grow(machine.names, machine.n_names, sizeof(*name));
	name = &machine.names[machine.n_names++];
	snprintf(name->key, sizeof(name->key), "%s%s", prefix, line);
	unescape(text);
	name->text = strdup(text);
}

static const char *find_name(const char *key)
{
	for (size_t i = 0; i < machine.n_names; i++)
		if (strcmp(machine.names[i].key, key) == 0)
			return machine.names[i].text;
	return NULL;
}

static void load_names(void)
{
	FILE *names = machine_open_file("names"), *interfaces = machine_open_file("interfaces");
	char line[2048];

	while (names && fgets(line, sizeof(line), names)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "hang ", 5) == 0)
			strcat(line, " x");
		if (line[0] && line[0] != '#')
			add_name("", line, strncmp(line, "service ", 8) == 0 ? 3 : 2);
	}
	while (interfaces && fgets(line, sizeof(line), interfaces)) {
		line[strcspn(line, "\n")] = '\0';
		add_name("if ", line, 1);
	}
	if (names)
		fclose(names);
	if (interfaces)
		fclose(interfaces);
}

static int give_name(const char *key, char *buf, size_t size)
{
	const char *text = find_name(key);

	if (!text)
		return -ENOENT;
	snprintf(buf, size, "%s", text);
	return 0;
}

static int machine_host(int family, const void *addr, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN], key[80];

	inet_ntop(family, addr, text, sizeof(text));
	snprintf(key, sizeof(key), "hang %s", text);
	while (find_name(key))
		pause();
	snprintf(key, sizeof(key), "host %s", text);
	return give_name(key, buf, size);
}

static int machine_user(uint32_t uid, char *buf, size_t size)
{
	char key[80];

	snprintf(key, sizeof(key), "user %u", uid);
	return give_name(key, buf, size);
}

static int machine_services(void (*row)(void *ctx, const char *proto, uint16_t port,
					const char *name),
			    void *ctx)
{
	for (size_t i = 0; i < machine.n_names; i++) {
		const struct name *name = &machine.names[i];
		char proto[16];
		unsigned int port;

		if (sscanf(name->key, "service %15s %u", proto, &port) == 2)
			row(ctx, proto, (uint16_t)port, name->text);
		else if (sscanf(name->key, "protocol %u", &port) == 1)
			row(ctx, "ip", (uint16_t)port, name->text);
	}
	return 0;
}

static const struct resolver machine_resolver = {
	.host = machine_host,
	.user = machine_user,
	.services = machine_services,
};

static int machine_ifname(const struct env *env, uint32_t ifindex, char *buf)
{
	char key[80];

	(void)env;
	snprintf(key, sizeof(key), "if %u", ifindex);
	return give_name(key, buf, IF_NAMESIZE) < 0 ? -ENXIO : 0;
}

static int64_t machine_now_ns(const struct env *env)
{
	(void)env;
	return machine.now_ns;
}

static int machine_sleep_until_ns(const struct env *env, int64_t deadline_ns)
{
	(void)env;
	if (machine.now_ns < deadline_ns)
		machine.now_ns = deadline_ns;
	return 0;
}

static int machine_stop_signal(const struct env *env)
{
	(void)env;
	return 0;
}

/* "6.12" as 0x060c. */
static unsigned int read_kernel(void)
{
	FILE *file = machine_open_file("kernel");
	unsigned int major = 0, minor = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%u.%u", &major, &minor) != 2)
		machine_die("kernel: no version");
	fclose(file);
	return major << 8 | minor;
}

void machine_load(const char *dir, struct env *env)
{
	machine.dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (machine.dir_fd < 0)
		machine_die("%s: %s", dir, strerror(errno));
	load_names();
	machine_diag_load();
	machine.now_ns = 1000000000000;
	*env = (struct env){
		.proc_fd = openat(machine.dir_fd, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC),
		.diag_open = machine_diag_open,
		.resolver = &machine_resolver,
		.ifname = machine_ifname,
		.now_ns = machine_now_ns,
		.sleep_until_ns = machine_sleep_until_ns,
		.stop_signal = machine_stop_signal,
		.out_fd = STDOUT_FILENO,
		.err_fd = STDERR_FILENO,
		.euid = (uid_t)read_number("euid", 0),
		.kernel = read_kernel(),
		.utf8 = read_number("utf8", 0) != 0,
	};
	if (env->proc_fd < 0)
		env->proc_fd = -errno;
	if (env->utf8 && !setlocale(LC_CTYPE, "C.UTF-8"))
		machine_die("no locale C.UTF-8");
}
