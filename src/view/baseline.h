/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a baseline: which listeners a host should have, written by hand or by --baseline.
 *
 *     line      [ "?" ] PROTO PLACE [ PROGRAM | "*" ] [ "unit=" UNIT ] [ "user=" USER ] [ "#" ... ]
 *     PROTO     tcp tcp6 udp udp6 udplite udplite6 sctp sctp6 unix; also udpl, udpl6
 *     PLACE     HOST ":" PORT [ "-" PORT ]     unix: PATH or "@" NAME
 *     HOST      ADDRESS [ "%" INTERFACE ] or "[" ADDRESS [ "%" INTERFACE ] "]" or "*": any
 *
 * Words are divided by blanks; what is not printable in them, and a blank, is \xHH, and a backslash
 * \\ (base/escape.h). "?": it may be absent.
 */
#ifndef LSSOCK_VIEW_BASELINE_H
#define LSSOCK_VIEW_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/addr.h"

enum { BASELINE_LINE_MAX = 4096 };

/* A text inside of the line's own bytes; NULL: not said. */
struct baseline_text {
	const char *text; /* len bytes, NUL-terminated */
	size_t len;
};

struct baseline_line {
	bool blank;     /* nothing but a comment */
	bool optional;  /* it may be absent */
	bool any_addr;  /* HOST is "*" */
	uint8_t proto;  /* enum sock_proto */
	uint8_t family; /* AF_INET, AF_INET6, AF_UNIX; 0: either of the first two */
	bool abstract;  /* UNIX */
	uint16_t low, high;
	union inet_addr addr;
	struct baseline_text name, interface, program, unit, user;

	char bytes[BASELINE_LINE_MAX + 16];
	size_t n_bytes;
};

/* Parses a line of len bytes, without its newline. 0 and *line, or -EINVAL and what is wrong in
 * error, one line that may hold any bytes. Pure. */
int baseline_parse(const char *text, size_t len, struct baseline_line *line, char error[],
		   size_t size);

#endif
