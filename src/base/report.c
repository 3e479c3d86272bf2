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
	free(report->seen);
	report->messages = NULL;
	report->n_messages = report->cap_messages = 0;
	report->seen = NULL;
	report->n_seen = report->cap_seen = 0;
}

/* The place of the message among those printed before, or n_seen: it is new, or there is no memory
 * to remember it (*kept is then false). */
static size_t report_look_up(struct report *report, uint64_t hash, bool *kept)
{
	void *seen = report->seen;
	size_t i = 0;

	*kept = true;
	while (i < report->n_seen && report->seen[i] != hash)
		i++;
	if (i < report->n_seen)
		return i;
	if (array_grow(&seen, &report->cap_seen, report->n_seen + 1, sizeof(*report->seen)) < 0) {
		*kept = false;
		return i;
	}
	report->seen = seen;
	report->seen[i] = hash;
	return i;
}

/* Whether a message that cannot be kept was among the latest ones of these; remembers it. */
static bool report_was_unkept(struct report *report, uint64_t hash)
{
	size_t n = report->n_unkept < REPORT_UNKEPT ? report->n_unkept : REPORT_UNKEPT;

	for (size_t i = 0; i < n; i++)
		if (report->unkept[i] == hash)
			return true;
	report->unkept[report->n_unkept++ % REPORT_UNKEPT] = hash;
	return false;
}

/* A message of this round that comes for the first time. Returns whether it is held. */
static bool report_keep(struct report *report, enum report_level level, const char *text, size_t n)
{
	void *messages = report->messages;
	size_t need = report->n_messages + 1;
	struct report_message *message;

	if (need > REPORT_KEPT_MAX ||
	    array_grow(&messages, &report->cap_messages, need, sizeof(*report->messages)) < 0) {
		report->left_out = true;
		return false;
	}
	report->messages = messages;
	message = &report->messages[report->n_messages++];
	*message = (struct report_message){
		.text = strndup(text, n),
		.level = level,
		.round = report->round,
	};
	message->held = report->holds_notes && level == REPORT_NOTE && message->text;
	return message->held;
}

/* Whether it counts for this round. */
static bool report_is_current(const struct report *report, const struct report_message *message)
{
	return message->round == 0 || message->round == report->round;
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

/* Whether the message was printed before or is held; remembers it, and that it belongs to this
 * round. */
static bool report_was_seen(struct report *report, enum report_level level, const char *text,
			    size_t n)
{
	const uint64_t hash = report_hash(text, n);
	bool kept;
	size_t i = report_look_up(report, hash, &kept);
	struct report_message *message;

	if (!kept) {
		report->left_out = true;
		return report_was_unkept(report, hash);
	}
	if (i == report->n_seen) {
		bool held = false;

		/* Messages are the first ones of seen[]: one that cannot be there ends them. */
		if (report->n_messages == report->n_seen)
			held = report_keep(report, level, text, n);
		else
			report->left_out = true;
		report->n_seen++;
		return held;
	}
	if (i >= report->n_messages) {
		report->left_out = true;
		return true;
	}
	message = &report->messages[i];
	if (!report_is_current(report, message)) {
		message->level = level;
		message->round = report->round;
	} else if (level > message->level) {
		message->level = level;
	}
	return report_was_printed(message, level);
}

/* Writes n bytes as well as it can: a stderr that nobody reads must not hold up the rows. */
static void report_write(int fd, const char *line, size_t n)
{
	while (n > 0) {
		struct pollfd want = { .fd = fd, .events = POLLOUT };
		ssize_t done;

		/* A pipe in blocking mode would hold us for ever; a line fits where poll says so.
		 */
		if (poll(&want, 1, REPORT_WAIT_MS) == 0)
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
