/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run has to say besides its rows. Each message is one line on stderr, "lssock: text",
 * printed once however often it is reported (also across the rounds of -c), escaped as a whole; it
 * also decides the exit status. The messages of the round are kept for the data formats, which say
 * them too.
 */
#ifndef LSSOCK_BASE_REPORT_H
#define LSSOCK_BASE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In rising order: the highest level reported decides the exit status. */
enum report_level {
	REPORT_NOTE,    /* worth knowing; the output is complete: status 0 */
	REPORT_PARTIAL, /* what was printed is right, something is missing: status 3 */
	REPORT_FAILED,  /* nothing trustworthy, or the output could not be written: status 4 */
};

/* As many messages as are kept of a round; those that follow are only counted as left out. */
enum { REPORT_KEPT_MAX = 100 };
/* As many lines besides are remembered as printed, so that they are not printed again. */
enum { REPORT_REMEMBERED = 1024 };

struct report_message {
	char *text;              /* not escaped; NULL: there was no memory for it */
	uint64_t hash;           /* what it is known by */
	enum report_level level; /* the highest it came with in its round */
	uint32_t round;          /* the last one that it was reported in */
	bool held;               /* not printed yet */
};

struct report {
	int fd;                  /* where lines go; negative: nowhere */
	enum report_level level; /* highest so far */
	bool utf8;               /* valid UTF-8 may be shown; false until the caller sets it */
	/* Hashes of lines that were printed and are not kept: the latest ones, in a ring. */
	uint64_t printed[REPORT_REMEMBERED];
	size_t n_printed;

	/* Of the rounds of -c; 0: none has begun, and what is reported then counts for all. */
	uint32_t round;
	enum report_level start_level, round_level;
	bool left_out, start_left_out; /* a message of this round is not kept */
	bool holds_notes;
	struct report_message *messages; /* in the order of their first appearance */
	size_t n_messages, cap_messages;
};

/* Starts an empty report whose lines go to fd (not owned; negative: lines are dropped, levels still
 * count). */
void report_init(struct report *report, int fd);
void report_free(struct report *report);

/*
 * Reports one message (printf format; no newline, no program name). Arguments may hold any bytes:
 * the finished text is escaped, blanks kept, and cut at 1000 bytes. A text that differs from an
 * earlier one only in numbers between blanks (counts) is the same message. Cannot fail; what
 * is not kept may be printed again after REPORT_REMEMBERED other lines.
 */
void report_add(struct report *report, enum report_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Raises the level without a message: for failures that have been told, or that must stay quiet (a
 * reader that quit). */
void report_raise(struct report *report, enum report_level level);

/* Whether notes that come from here on are held: kept and not printed, but for those that there is
 * no room for. They count among the messages all the same. */
void report_hold_notes(struct report *report, bool hold);
/* Ends that: those that were held are printed, or (tell false) never will be. */
void report_end_hold(struct report *report, bool tell);

/* Exit status that the level stands for: 0, 3 or 4. */
int report_status(const struct report *report);

/* A round begins: the messages and the level of earlier ones no longer count for what follows. */
void report_begin_round(struct report *report);

/* The highest level of this round and of what was reported before the first one. */
enum report_level report_round_level(const struct report *report);

/* The same rounds' messages, each once, in the order of their first appearance: the first one at or
 * behind index *at, which moves behind it; NULL at the end. */
const struct report_message *report_next_message(const struct report *report, size_t *at);

/* Whether messages of these rounds are missing there. */
bool report_has_left_out(const struct report *report);

#endif
