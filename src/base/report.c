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
	for (size_t i = 0; i < report->n_messages; i++)
		free(report->messages[i].text);
	free(report->messages);
	report->messages = NULL;
	report->n_messages = report->cap_messages = 0;
}

/* Whether it counts for this round. */
static bool report_is_current(const struct report *report, const struct report_message *message)
{
	return message->round == 0 || message->round == report->round;
}

/* Whether a line that is not kept was printed before. */
static bool report_is_remembered(const struct report *report, uint64_t hash)
{
	size_t n = report->n_printed < REPORT_REMEMBERED ? report->n_printed : REPORT_REMEMBERED;

	for (size_t i = 0; i < n; i++)
		if (report->printed[i] == hash)
			return true;
	return false;
}

static void report_remember(struct report *report, uint64_t hash)
{
	if (!report_is_remembered(report, hash))
		report->printed[report->n_printed++ % REPORT_REMEMBERED] = hash;
}

/* Gives up the message that has not come for the longest time. False: all are of this round. */
static bool report_forget_one(struct report *report)
{
	struct report_message *end = report->messages + report->n_messages, *oldest = NULL;

	for (struct report_message *message = report->messages; message < end; message++) {
		if (!report_is_current(report, message) && !message->held &&
		    (!oldest || message->round < oldest->round))
			oldest = message;
	}
	if (!oldest)
		return false;
	report_remember(report, oldest->hash);
	free(oldest->text);
	memmove(oldest, oldest + 1, (size_t)(end - oldest - 1) * sizeof(*oldest));
	report->n_messages--;
	return true;
}

/* A place for one more message, or NULL. */
static struct report_message *report_make_room(struct report *report)
{
	void *messages = report->messages;

	if (report->n_messages == REPORT_KEPT_MAX && !report_forget_one(report))
		return NULL;
	if (array_grow(&messages, &report->cap_messages, report->n_messages + 1,
		       sizeof(*report->messages)) < 0)
		return NULL;
	report->messages = messages;
	return &report->messages[report->n_messages++];
}

/*
 * What a message is remembered by: its text without the numbers that are words of their own, so
 * that under -c the same message with another count is not another message.
 */
static uint64_t report_hash(const char *text, size_t n)
{
	char plain[REPORT_TEXT_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < sizeof(plain);) {
		size_t digits = 0;

		if (i == 0 || text[i - 1] == ' ')
			while (i + digits < n && text[i + digits] >= '0' && text[i + digits] <= '9')
				digits++;
		if (digits > 0 && (i + digits == n || text[i + digits] == ' '))
			i += digits;
		else
			plain[kept++] = text[i++];
	}
	return hash_bytes(plain, kept);
}

/* Whether a message that comes again was printed before. What is more than a note is not held. */
static bool report_was_printed(struct report_message *message, enum report_level level)
{
	bool printed = !message->held || level == REPORT_NOTE;

	message->held = message->held && printed;
	return printed;
}

/* A message that is not among those kept. Whether it was printed before or is held. */
static bool report_keep(struct report *report, enum report_level level, const char *text, size_t n,
			uint64_t hash)
{
	bool printed = report_is_remembered(report, hash);
	struct report_message *message = report_make_room(report);

	if (!message) {
		report->left_out = true;
		report_remember(report, hash);
		return printed;
	}
	*message = (struct report_message){
		.text = strndup(text, n),
		.hash = hash,
		.level = level,
		.round = report->round,
	};
	message->held = report->holds_notes && level == REPORT_NOTE && message->text && !printed;
	return printed || message->held;
}

/* Whether the message was printed before or is held; remembers it, and that it belongs to this
 * round. */
static bool report_was_seen(struct report *report, enum report_level level, const char *text,
			    size_t n)
{
	const uint64_t hash = report_hash(text, n);

	for (size_t i = 0; i < report->n_messages; i++) {
		struct report_message *message = &report->messages[i];

		if (message->hash != hash)
			continue;
		if (!report_is_current(report, message)) {
			message->level = level;
			message->round = report->round;
		} else if (level > message->level) {
			message->level = level;
		}
		return report_was_printed(message, level);
	}
	return report_keep(report, level, text, n, hash);
}

/* Writes n bytes as well as it can: a stderr that nobody reads must not hold up the rows. */
static void report_write(int fd, const char *line, size_t n)
{
	while (n > 0) {
		struct pollfd want = { .fd = fd, .events = POLLOUT };
		ssize_t done;

		/* A pipe in blocking mode would hold us for ever; a line fits where poll says so.
		 * Nor is there anything to wait for when a signal has come. */
		if (poll(&want, 1, REPORT_WAIT_MS) <= 0)
			return;
		done = write(fd, line, n);
		if (done > 0) {
			line += done;
			n -= (size_t)done;
			continue;
		}
		if (done == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK))
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
	if (!report_was_seen(report, level, text, n) && report->fd >= 0)
		report_print(report, text, n);
	errno = saved_errno;
}

void report_raise(struct report *report, enum report_level level)
{
	if (level > report->level)
		report->level = level;
	if (level > report->round_level)
		report->round_level = level;
}

void report_hold_notes(struct report *report, bool hold)
{
	report->holds_notes = hold;
}

void report_end_hold(struct report *report, bool tell)
{
	report->holds_notes = false;
	for (size_t i = 0; i < report->n_messages; i++) {
		struct report_message *message = &report->messages[i];

		if (message->held && tell && report->fd >= 0)
			report_print(report, message->text, strlen(message->text));
		message->held = false;
	}
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

void report_begin_round(struct report *report)
{
	if (report->round == 0) {
		report->start_level = report->level;
		report->start_left_out = report->left_out;
	}
	report->round++;
	report->round_level = report->start_level;
	report->left_out = report->start_left_out;
}

enum report_level report_round_level(const struct report *report)
{
	return report->round_level;
}

const struct report_message *report_next_message(const struct report *report, size_t *at)
{
	while (*at < report->n_messages) {
		const struct report_message *message = &report->messages[(*at)++];

		if (message->text && report_is_current(report, message))
			return message;
	}
	return NULL;
}

bool report_has_left_out(const struct report *report)
{
	for (size_t i = 0; i < report->n_messages; i++)
		if (!report->messages[i].text && report_is_current(report, &report->messages[i]))
			return true;
	return report->left_out;
}
