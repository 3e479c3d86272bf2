/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON documents that are no lists of sockets: members and elements one after the other, the commas
 * seen to. What all documents of the program have in common (what run it was, how it went) is
 * written here too, for json.c as well.
 */
#ifndef LSSOCK_OUTPUT_JSON_DOC_H
#define LSSOCK_OUTPUT_JSON_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct data_run;
struct endpoint;
struct obuf;

enum { JSON_DOC_DEPTH = 16 };

struct json_doc {
	struct obuf *out;
	size_t depth;               /* objects and arrays that are open */
	char close[JSON_DOC_DEPTH]; /* what ends each of them */
	bool any[JSON_DOC_DEPTH];   /* it has a member already */
};

/*
 * key NULL: an element of an array, or the document itself. Keys are words of our own or the
 * kernel's; they are escaped all the same.
 */
/* A document that is deeper than JSON_DOC_DEPTH is left unfinished, and out->error is EOVERFLOW. */
void json_doc_object(struct json_doc *doc, const char *key);
void json_doc_array(struct json_doc *doc, const char *key);
/* Ends the innermost object or array. */
void json_doc_end(struct json_doc *doc);

void json_doc_uint(struct json_doc *doc, const char *key, uint64_t value);
void json_doc_int(struct json_doc *doc, const char *key, int64_t value);
/* The number where it is known, else null. */
void json_doc_known(struct json_doc *doc, const char *key, bool known, uint64_t value);
/* value / 10^decimals with that many decimals, 19 at most: 1250, 2 is 12.50. */
void json_doc_fixed(struct json_doc *doc, const char *key, uint64_t value, unsigned int decimals);
void json_doc_bool(struct json_doc *doc, const char *key, bool value);
void json_doc_null(struct json_doc *doc, const char *key);
/* Any bytes; NUL-terminated text, NULL is null. Bytes that are no UTF-8 bring a member key_hex with
 * all of them (not in arrays). */
void json_doc_text(struct json_doc *doc, const char *key, const void *text, size_t n);
void json_doc_str(struct json_doc *doc, const char *key, const char *text);
/* An address without port, as field_text_format_addr() writes it. */
void json_doc_addr(struct json_doc *doc, const char *key, uint8_t family,
		   const struct endpoint *end);

/* The members schema_version, time, host and netns of the innermost object. */
void json_doc_run(struct json_doc *doc, const struct data_run *run);
/* The members complete and warnings, as the round stands now. */
void json_doc_outcome(struct json_doc *doc, const struct data_run *run);

/*
 * For views: begins the document of one round, {"schema_version":...,"view":VIEW,"filtered":...,
 * and ends it with its outcome and a newline. filtered: an expression chose the sockets.
 *
 * What views have in common has the same names in all of them (doc/lssock-views.schema.json):
 * settings by the last part of the sysctl's name, in an object "settings"; counters by the kernel's
 * names, in "counters" an object for each of its groups; rates of these in "rates_per_s" beside
 * "interval_ms"; numbers of sockets by state in "states", states as in listings; how many there are
 * of something, shown or not, SOMETHING_total; shares SOMETHING_percent. Not known is null.
 */
void json_doc_begin_view(struct json_doc *doc, struct obuf *out, const struct data_run *run,
			 const char *view, bool filtered);
void json_doc_end_view(struct json_doc *doc, const struct data_run *run);

#endif
