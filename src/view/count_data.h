/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of --count-by as data, and how one value of it is written. */
#ifndef LSSOCK_VIEW_COUNT_DATA_H
#define LSSOCK_VIEW_COUNT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/field_text.h"
#include "view/count_sums.h"

struct data_run;
struct obuf;

/* One round, counted and sorted. Everything is borrowed. */
struct count_answer {
	const struct count_sums *sums;
	const struct data_run *run;
	uint64_t top;  /* groups that are told at most; 0: all */
	bool filtered; /* an expression chose the sockets */
	bool owners;   /* fields are about owners: data says whether these are known */
};

/* How many groups are told, and the sockets of the others. */
size_t count_answer_shown(const struct count_answer *answer);
uint64_t count_answer_other(const struct count_answer *answer);

/* 0 or -errno of the output. */
int count_data_put_json(const struct count_answer *answer, struct obuf *out);
int count_data_put_jsonl(const struct count_answer *answer, struct obuf *out);
/* Nothing of a round that was cut short. */
int count_data_put_csv(const struct count_answer *answer, struct obuf *out, bool header);

enum { COUNT_ADDR_ROOM = FIELD_TEXT_ADDR_MAX + 4 };

/* Writes "10.1.2.0/24" of a COUNT_ADDR, with a NUL. Returns the bytes before it. */
size_t count_value_format_addr(char dst[COUNT_ADDR_ROOM + 1], const struct count_value *addr);

/* A value in the shape that output/field_text.h reads. */
struct count_shown {
	struct sock sock; /* first: the getter finds the rest by it */
	struct value value;
};

/* The field as one that has this value in shown->sock; for a value that is there and no address. */
struct field count_value_show(const struct field *field, const struct count_value *value,
			      struct count_shown *shown);

#endif
