/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * services(5), read line by line. Limit: nothing but this file is asked, so what nsswitch.conf says
 * has no meaning here.
 */
#include "base/services_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* The next word before the end; 0 bytes where there is none. */
static const char *next_word(const char **at, const char *end, size_t *n)
{
	const char *word;

	while (*at < end && is_blank(**at))
		(*at)++;
	word = *at;
	while (*at < end && !is_blank(**at))
		(*at)++;
	*n = (size_t)(*at - word);
	return word;
}

static bool copy_word(char *to, size_t size, const char *word, size_t n)
{
	if (n == 0 || n >= size || memchr(word, '\0', n))
		return false;
	memcpy(to, word, n);
	to[n] = '\0';
	return true;
}

bool services_file_parse(const char *line, size_t n, struct service_line *out)
{
	const char *at = line, *comment = n ? memchr(line, '#', n) : NULL;
	const char *end = comment ? comment : line + n;
	const char *name, *port, *slash;
	size_t name_len, port_len;
	uint64_t value;

	name = next_word(&at, end, &name_len);
	port = next_word(&at, end, &port_len);
	slash = port_len ? memchr(port, '/', port_len) : NULL;
	if (!slash || !num_parse_u64(port, (size_t)(slash - port), UINT16_MAX, &value))
		return false;
	out->port = (uint16_t)value;
	return copy_word(out->name, sizeof(out->name), name, name_len) &&
	       copy_word(out->proto, sizeof(out->proto), slash + 1,
			 (size_t)(port + port_len - slash - 1));
}

int services_file_list(const char *path,
		       void (*row)(void *ctx, const char *proto, uint16_t port, const char *name),
		       void *ctx)
{
	struct file_stream stream;
	struct service_line service;
	const char *line;
	size_t len;
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), rc;

	rc = file_stream_open(&stream, dir < 0 ? -errno : dir, path);
	if (rc == 0) {
		while ((rc = file_stream_line(&stream, &line, &len)) != 0) {
			if (rc == 1 && services_file_parse(line, len, &service))
				row(ctx, service.proto, service.port, service.name);
			else if (rc < 0 && rc != -EOVERFLOW)
				break;
		}
		file_stream_close(&stream);
	}
	if (dir >= 0)
		close(dir);
	return rc;
}
