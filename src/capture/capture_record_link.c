/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording of links to the kernel: every request, and every datagram received since. */
#include <errno.h>
#include <stdlib.h>

#include "capture/capture_recorder.h"
#include "source/nl_link.h"

struct record_link {
	struct nl_link link; /* first: the seam hands us its address back */
	struct nl_link *inner;
	uint32_t request; /* the number of the last one */
};

static struct record_link *record_link_of(struct nl_link *link)
{
	return (struct record_link *)link;
}

static int record_send(struct nl_link *link, const void *request, size_t len)
{
	struct record_link *record = record_link_of(link);
	int err = record->inner->send(record->inner, request, len);
	uint8_t key[4];

	record->request = ++capture_recorder.n_requests;
	capture_put_number(key, record->request, sizeof(key));
	capture_record_put(CAPTURE_REQUEST, err, key, sizeof(key), request, len);
	return err;
}

static ssize_t record_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
			   uint32_t *from)
{
	struct record_link *record = record_link_of(link);
	ssize_t n = record->inner->recv(record->inner, buf, size, truncated, from);
	uint8_t key[9];

	if (n == -EINTR)
		return n;
	capture_put_number(key, record->request, 4);
	key[4] = n >= 0 && *truncated;
	capture_put_number(key + 5, n >= 0 ? *from : 0, 4);
	capture_record_put(CAPTURE_REPLY, n < 0 ? (int)n : 0, key, sizeof(key), buf,
			   n < 0 ? 0 : (size_t)n);
	return n;
}

static void record_close(struct nl_link *link)
{
	struct record_link *record = record_link_of(link);

	nl_link_close(record->inner);
	free(record);
}

int capture_record_open_diag(const struct env *env, struct nl_link **out)
{
	const struct env *outer = capture_recorder.outer;
	struct record_link *record = calloc(1, sizeof(*record));
	int err = record ? outer->diag_open(outer, &record->inner) : -ENOMEM;

	(void)env;
	if (err < 0) {
		capture_record_put(CAPTURE_DENIED, err, NULL, 0, NULL, 0);
		free(record);
		return err;
	}
	record->link = (struct nl_link){
		.portid = record->inner->portid,
		.send = record_send,
		.recv = record_recv,
		.close = record_close,
	};
	*out = &record->link;
	return 0;
}
