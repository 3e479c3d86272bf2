/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages on stderr. Each line leaves in one write(2), so that lines of several processes that
 * share the descriptor do not mix. Known limit: a message whose 64-bit hash equals that of an
 * earlier one is taken for it.
 */
#include "base/report.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/mem.h"

/* REPORT_RAW_MAX exceeds REPORT_TEXT_MAX by more than a character: escaping never shortens, so the
 * cut made here can never be seen in the line. */
enum { REPORT_TEXT_MAX = 1000, REPORT_RAW_MAX = 1024, REPORT_WAIT_MS = 1000 };

static const char report_prefix[] = "lssock: ";

void report_init(struct report *report, int fd)
{
	*report = (struct report){ .fd = fd, .level = REPORT_NOTE };
}

void report_free(struct report *report)
{
	free(report->seen);
	report->seen = NULL;
	report->n_seen = 0;
	report->cap_seen = 0;
}

/* Whether the message was printed before; remembers it where there is memory. */
static bool report_was_seen(struct report *report, uint64_t hash)
{
	void *seen = report->seen;

	for (size_t i = 0; i < report->n_seen; i++) {
		if (report->seen[i] == hash)
			return true;
	}
	if (array_grow(&seen, &report->cap_seen, report->n_seen + 1, sizeof(*report->seen)) < 0)
		return false;
	report->seen = seen;
	report->seen[report->n_seen++] = hash;
	return false;
}

/* Writes n bytes as well as it can: a stderr that nobody reads must not hold up the rows. */
static void report_write(int fd, const char *line, size_t n)
{
	while (n > 0) {
		struct pollfd want = { .fd = fd, .events = POLLOUT };
		ssize_t done = write(fd, line, n);

		if (done > 0) {
			line += done;
			n -= (size_t)done;
			continue;
		}
		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0 || (errno != EAGAIN && errno != EWOULDBLOCK) ||
		    poll(&want, 1, REPORT_WAIT_MS) <= 0)
			return;
	}
}

static void report_print(const struct report *report, const char *text, size_t n)
{
	const size_t prefix = sizeof(report_prefix) - 1;
	char line[sizeof(report_prefix) + REPORT_TEXT_MAX];
	size_t len = prefix;

	memcpy(line, report_prefix, prefix);
	len += escape_text(line + len, REPORT_TEXT_MAX, text, n, report->utf8 ? ESCAPE_UTF8 : 0,
			   SIZE_MAX, NULL);
	line[len++] = '\n';
	report_write(report->fd, line, len);
}

void report_add(struct report *report, enum report_level level, const char *format, ...)
{
	const int saved_errno = errno; /* callers report first and return -errno afterwards */
	char text[REPORT_RAW_MAX];
	va_list args;
	size_t n;
	int full;

	report_raise(report, level);
	va_start(args, format);
	full = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (full < 0) /* a text of more than INT_MAX bytes */
		snprintf(text, sizeof(text), "%s", format);
	n = strnlen(text, sizeof(text));
	if (!report_was_seen(report, hash_bytes(text, n)) && report->fd >= 0)
		report_print(report, text, n);
	errno = saved_errno;
}

void report_raise(struct report *report, enum report_level level)
{
	if (level > report->level)
		report->level = level;
}

int report_status(const struct report *report)
{
	static const int statuses[] = {
		[REPORT_NOTE] = 0,
		[REPORT_PARTIAL] = 3,
		[REPORT_FAILED] = 4,
	};

	return statuses[report->level];
}
