/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every form of output is to the pipeline: sections, rows, an end. */
#ifndef LSSOCK_OUTPUT_WRITER_H
#define LSSOCK_OUTPUT_WRITER_H

#include <stddef.h>

#include "model/sock.h"

struct obuf;

/* The tables of netstat's listing, in their order, and one for what netstat does not list. */
enum section {
	SECTION_INET,
	SECTION_UNIX,
	SECTION_FURTHER,
	SECTION_COUNT,
};

struct writer {
	/* A section begins; it may stay empty. 0 or -errno of the output. */
	int (*begin)(struct writer *writer, enum section section);
	/* n rows of the current section. 0 or -errno of the output. */
	int (*rows)(struct writer *writer, const struct sock *rows, size_t n);
	/* The round is over: everything is written out. 0 or -errno of the output. */
	int (*end)(struct writer *writer);
	void (*free)(struct writer *writer);

	/*
	 * The two halves of rows(), for several threads; both NULL where rows depend on those
	 * before them. format() appends the text of n rows to text, and may run in several threads
	 * at once: 0 or -ENOMEM. put() writes such text: 0 or -errno of the output; text is then
	 * empty.
	 */
	int (*format)(const struct writer *writer, struct obuf *text, const struct sock *rows,
		      size_t n);
	int (*put)(struct writer *writer, struct obuf *text);
};

#endif
