/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/net/protocols: a line for each kind of socket, padded with blanks. */
#include "source/proc_protocols.h"

#include <errno.h>
#include <string.h>

#include "base/env.h"
#include "base/file.h"
#include "source/proc_text.h"

int proc_protocols_parse(const char *line, size_t len, const char *name, uint64_t *sockets)
{
	struct proc_text text = { .at = line, .end = line + len };
	const char *word;
	uint64_t size;
	size_t n;

	if (!proc_text_word(&text, &word, &n))
		return -EBADMSG;
	if (strlen(name) != n || memcmp(word, name, n) != 0)
		return -ENOENT;
	if (!proc_text_gap(&text) || !proc_text_decimal(&text, UINT64_MAX, &size) ||
	    !proc_text_gap(&text) || !proc_text_decimal(&text, UINT64_MAX, sockets) ||
	    !proc_text_at_gap(&text))
		return -EBADMSG;
	return 0;
}

int proc_protocols_find(const struct env *env, const char *name, uint64_t *sockets)
{
	struct file_stream stream;
	const char *line;
	size_t len;
	int err = file_stream_open(&stream, env_net_fd(env), "net/protocols"), got;

	*sockets = 0;
	if (err < 0)
		return err == -ENOENT ? -ENOSYS : err;
	err = -ENOENT;
	while (err == -ENOENT && (got = file_stream_line(&stream, &line, &len)) != 0) {
		if (got < 0 && got != -EOVERFLOW)
			err = got;
		else if (got > 0)
			err = proc_protocols_parse(line, len, name, sockets);
	}
	file_stream_close(&stream);
	return err;
}
