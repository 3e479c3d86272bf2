/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel that has the recorded answers. The same question gets the same answer, and each answer
 * is given once while there are others; a narrower question gets the wider answer, since what it
 * asks for is decided by lssock all the same.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "capture/capture_player.h"
#include "source/diag_covers.h"
#include "source/nl_link.h"

struct replay_link {
	struct nl_link link; /* first: the seam hands us its address back */
	struct capture_talk *talk;
	uint32_t next; /* place of the next reply, plus one */
	struct nlmsghdr asked, recorded;
};

/* The talk that serves a request, or serves it in part, or NULL. */
static struct capture_talk *find_talk(const void *request, size_t len, enum diag_covers *covers)
{
	struct capture_index *index = &capture_player.index;
	struct capture_talk *found = NULL;

	*covers = DIAG_COVERS_NOT;
	for (size_t i = 0; i < index->n_talks; i++) {
		struct capture_talk *talk = &index->talks[i];
		enum diag_covers now = diag_covers(talk->request, talk->len, request, len);

		if (now == DIAG_COVERS_ALL && !talk->used) {
			*covers = now;
			return talk;
		}
		if (now > *covers) {
			*covers = now;
			found = talk;
		}
	}
	return found;
}

static int replay_send(struct nl_link *link, const void *request, size_t len)
{
	struct replay_link *replay = (struct replay_link *)link;
	enum diag_covers covers;
	struct capture_talk *talk = find_talk(request, len, &covers);

	replay->talk = talk;
	if (!talk)
		return -ENODATA;
	if (covers == DIAG_COVERS_PART)
		report_add(capture_player.report, REPORT_PARTIAL,
			   "the recording was made with other options: it has fewer sockets, or "
			   "less about them, than is asked for");
	talk->used = true;
	replay->next = talk->first;
	memcpy(&replay->asked, request, sizeof(replay->asked));
	memcpy(&replay->recorded, talk->request, sizeof(replay->recorded));
	return -talk->error;
}

/* What answered the recorded request is made to answer this one. */
static void readdress(const struct replay_link *replay, uint8_t *buf, size_t len)
{
	size_t at = 0;

	while (len - at >= NLMSG_HDRLEN) {
		struct nlmsghdr head;
		size_t step;

		memcpy(&head, buf + at, sizeof(head));
		if (head.nlmsg_seq == replay->recorded.nlmsg_seq &&
		    head.nlmsg_pid == replay->recorded.nlmsg_pid) {
			head.nlmsg_seq = replay->asked.nlmsg_seq;
			head.nlmsg_pid = replay->link.portid;
			memcpy(buf + at, &head, sizeof(head));
		}
		if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > len - at)
			return;
		step = NLMSG_ALIGN((size_t)head.nlmsg_len);
		at += step < len - at ? step : len - at;
	}
}

static ssize_t replay_recv(struct nl_link *link, void *buf, size_t size, bool *truncated,
			   uint32_t *from)
{
	struct replay_link *replay = (struct replay_link *)link;
	const struct capture_entry *entry;
	const struct capture_record *record;
	size_t n;

	/* The run that was recorded wanted no more of it. */
	if (!replay->talk || !replay->next)
		return -ENODATA;
	entry = &capture_player.index.entries[replay->next - 1];
	record = &entry->record;
	replay->next = entry->next;
	if (record->error)
		return -record->error;
	n = record->value_len < size ? record->value_len : size;
	memcpy(buf, record->value, n);
	*truncated = record->key[4] || n < record->value_len;
	*from = (uint32_t)capture_get_number(record->key + 5, 4);
	readdress(replay, buf, n);
	return (ssize_t)n;
}

static void replay_close(struct nl_link *link)
{
	free(link);
}

/* The link that the recorded run could not have, it cannot have again. */
static int denial(void)
{
	const struct capture_record *record =
		capture_index_find(&capture_player.index, CAPTURE_DENIED, NULL, 0);

	return record && record->error && capture_player.index.n_talks == 0 ? -record->error : 0;
}

int capture_replay_open_diag(const struct env *env, struct nl_link **out)
{
	struct replay_link *link;
	int err = denial();

	(void)env;
	if (capture_player.is_ss) {
		*out = capture_ss_open(&capture_player.ss);
		return *out ? 0 : -ENOMEM;
	}
	link = err < 0 ? NULL : calloc(1, sizeof(*link));
	if (!link)
		return err < 0 ? err : -ENOMEM;
	link->link = (struct nl_link){
		.portid = 1,
		.send = replay_send,
		.recv = replay_recv,
		.close = replay_close,
	};
	*out = &link->link;
	return 0;
}
