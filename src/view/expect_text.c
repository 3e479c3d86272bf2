/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --expect in words, and the lines of --baseline. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/escape.h"
#include "base/obuf.h"
#include "base/report.h"
#include "view/drift_put.h"
#include "view/expect_answer.h"

static void put_word(const struct expect_answer *answer, struct obuf *out, const char *text)
{
	drift_put_word(out, text, answer->config->utf8);
}

/* The place and names of an entry are written by those of a listener. */
static struct drift_key key_of(const struct expect_entry *entry)
{
	return (struct drift_key){
		.proto = entry->proto,
		.family = entry->family ? entry->family : AF_INET,
		.name_kind = entry->name_kind,
		.local_port = entry->low,
		.local = entry->addr,
		.interface = entry->interface,
		.name = entry->name,
	};
}

static void put_entry(const struct expect_answer *answer, const struct expect_entry *entry,
		      struct obuf *out)
{
	const struct drift_key key = key_of(entry);

	obuf_put_str(out, drift_proto(&key));
	obuf_put_char(out, ' ');
	if (entry->any_addr) {
		obuf_put_str(out, "*:");
		obuf_put_left(out, entry->low, 0);
	} else {
		drift_put_local(out, answer->sums, &key, answer->config->utf8);
	}
	if (entry->high != entry->low) {
		obuf_put_char(out, '-');
		obuf_put_left(out, entry->high, 0);
	}
}

static void put_place(const struct expect_answer *answer, const struct drift_key *key,
		      struct obuf *out)
{
	obuf_put_str(out, drift_proto(key));
	obuf_put_char(out, ' ');
	drift_put_local(out, answer->sums, key, answer->config->utf8);
}

/* " python3 (pid 812, user www-data, unit x.service)", as far as it is known. */
static void put_holder(const struct expect_answer *answer, const struct drift_row *row,
		       struct obuf *out)
{
	const struct drift_key *key = &row->key;
	const char *user = drift_word(answer->sums, key->user);
	const char *unit = drift_word(answer->sums, key->unit);
	const char *before = " (";

	obuf_put_char(out, ' ');
	drift_put_programs(out, answer->sums, key->program, answer->config->utf8);
	if (row->pid) {
		obuf_put_str(out, " (pid ");
		obuf_put_left(out, row->pid, 0);
		before = ", ";
	}
	if (key->uid) {
		obuf_put_str(out, before);
		obuf_put_str(out, "user ");
		if (user && !answer->config->numeric_users)
			put_word(answer, out, user);
		else
			obuf_put_left(out, key->uid - 1, 0);
		before = ", ";
	}
	if (unit) {
		obuf_put_str(out, before);
		obuf_put_str(out, "unit ");
		put_word(answer, out, unit);
		before = ", ";
	}
	if (before[0] == ',')
		obuf_put_char(out, ')');
}

static const char *reach(enum exposure exposure)
{
	static const char *const words[] = {
		[EXPOSURE_LOOPBACK] = "reachable from this host only",
		[EXPOSURE_LINK] = "reachable from the same link",
		[EXPOSURE_MULTICAST] = "reachable by multicast",
		[EXPOSURE_BROADCAST] = "reachable by broadcast",
		[EXPOSURE_PRIVATE] = "reachable from private networks",
		[EXPOSURE_PUBLIC] = "reachable on a public address",
		[EXPOSURE_WILDCARD] = "reachable on every address",
	};

	return words[exposure];
}

static void put_new(const struct expect_answer *answer, const struct drift_row *row,
		    struct obuf *out)
{
	enum exposure exposure;

	put_place(answer, &row->key, out);
	put_holder(answer, row, out);
	if (!expect_exposure(answer, &row->key, &exposure))
		return;
	obuf_put_str(out, ", ");
	obuf_put_str(out, reach(exposure));
}

/* ", expected sshd", "unit ssh.service" ...: what the entry says of who holds it. only: what is
 * not so. */
static void put_expected(const struct expect_answer *answer, const struct expect_finding *finding,
			 struct obuf *out, bool only)
{
	const struct expect_entry *entry = finding->entry;
	const struct drift_key *key = finding->row ? &finding->row->key : NULL;
	const char *unit = drift_word(answer->sums, entry->unit);
	const char *user = drift_word(answer->sums, entry->user);
	const char *before = only ? ", expected " : " ";

	if (entry->program && !(only && expect_is_program(answer, entry, key) == TRUTH_YES)) {
		obuf_put_str(out, before);
		drift_put_programs(out, answer->sums, entry->program, answer->config->utf8);
		before = only ? ", " : " ";
	}
	if (unit && !(only && expect_is_unit(entry, key) == TRUTH_YES)) {
		obuf_put_str(out, before);
		obuf_put_str(out, only ? "unit " : "unit=");
		put_word(answer, out, unit);
		before = only ? ", " : " ";
	}
	if (user && !(only && expect_is_user(answer, entry, key) == TRUTH_YES)) {
		obuf_put_str(out, before);
		obuf_put_str(out, only ? "user " : "user=");
		put_word(answer, out, user);
	}
}

static void put_moved(const struct expect_answer *answer, const struct expect_finding *finding,
		      struct obuf *out)
{
	const struct expect_entry *entry = finding->entry;
	enum exposure here = EXPOSURE_PUBLIC, should = EXPOSURE_PUBLIC;

	expect_exposure(answer, &finding->row->key, &here);
	expect_entry_exposure(answer, entry, &should);
	put_place(answer, &finding->row->key, out);
	put_holder(answer, finding->row, out);
	obuf_put_str(out, here == EXPOSURE_WILDCARD ? " listens on every address"
						    : " listens on this address");
	obuf_put_str(out, ", expected ");
	put_entry(answer, entry, out);
	if (should == EXPOSURE_LOOPBACK)
		obuf_put_str(out, " only");
}

static int put_finding(const struct expect_answer *answer, const struct expect_finding *finding,
		       struct obuf *out)
{
	switch (finding->verdict) {
	case EXPECT_NEW:
		obuf_put_str(out, "new: ");
		put_new(answer, finding->row, out);
		break;
	case EXPECT_GONE:
		obuf_put_str(out, finding->certain ? "gone: " : "not seen: ");
		put_entry(answer, finding->entry, out);
		put_expected(answer, finding, out, false);
		break;
	case EXPECT_CHANGED:
	case EXPECT_UNSURE:
		obuf_put_str(out, finding->certain ? "changed: " : "unsure: ");
		put_place(answer, &finding->row->key, out);
		obuf_put_str(out, " is held by");
		put_holder(answer, finding->row, out);
		put_expected(answer, finding, out, true);
		break;
	case EXPECT_WIDER:
	case EXPECT_MOVED:
		obuf_put_str(out, finding->verdict == EXPECT_WIDER ? "wider: " : "moved: ");
		put_moved(answer, finding, out);
		break;
	case EXPECT_AS_IT_SHOULD:
	case EXPECT_CLIENT:
		return 0;
	}
	if (finding->row && finding->row->n[DRIFT_NOW] > 1) {
		obuf_put_str(out, " (");
		obuf_put_left(out, finding->row->n[DRIFT_NOW], 0);
		obuf_put_str(out, " sockets)");
	}
	obuf_put_char(out, '\n');
	return obuf_end_row(out);
}

static void put_count(struct obuf *out, uint64_t n, const char *one, const char *many)
{
	obuf_put_left(out, n, 0);
	obuf_put_str(out, n == 1 ? one : many);
}

/* What may be no difference is not counted as one. */
static void put_differences(const struct expect_answer *answer, bool all, struct obuf *out)
{
	size_t n = 0, unsure;

	for (size_t i = 0; i < answer->n_findings; i++)
		n += answer->findings[i].certain;
	unsure = answer->n_findings - n;
	if (n > 0)
		put_count(out, n, " difference", " differences");
	else
		obuf_put_str(out, all && !unsure ? "no drift" : "no drift seen");
	if (unsure > 0) {
		obuf_put_str(out, ", ");
		obuf_put_left(out, unsure, 0);
		obuf_put_str(out, " not sure");
	}
	obuf_put_str(out, answer->n_findings ? "; " : ": ");
}

static int put_summary(const struct expect_answer *answer, struct obuf *out)
{
	bool all = answer->now_complete && answer->file_complete;

	put_differences(answer, all, out);
	put_count(out, answer->n_good, " listener as expected", " listeners as expected");
	if (answer->n_absent) {
		obuf_put_str(out, ", ");
		obuf_put_left(out, answer->n_absent, 0);
		obuf_put_str(out, " absent that may be");
	}
	if (answer->n_clients) {
		obuf_put_str(out, ", ");
		put_count(out, answer->n_clients, " UDP socket", " UDP sockets");
		obuf_put_str(out, " on ephemeral ports (");
		obuf_put_left(out, answer->client_low, 0);
		obuf_put_char(out, '-');
		obuf_put_left(out, answer->client_high, 0);
		obuf_put_str(out, ") not judged");
	}
	obuf_put_str(out, all ? "\n" : "; not all could be seen\n");
	return obuf_end_row(out);
}

int expect_put_text(const struct expect_answer *answer, struct obuf *out)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < answer->n_findings; i++)
		err = put_finding(answer, &answer->findings[i], out);
	if (err < 0 || answer->config->no_header)
		return err;
	return put_summary(answer, out);
}

/* A name as a word of a line, which must look like nothing else that may stand there. */
static void put_program(const struct expect_answer *answer, struct obuf *out, const char *name)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char first = (unsigned char)name[0];
	bool special = first == '#' || first == '*' || strncmp(name, "unit=", 5) == 0 ||
		       strncmp(name, "user=", 5) == 0;

	if (!special) {
		put_word(answer, out, name);
		return;
	}
	obuf_put_str(out, "\\x");
	obuf_put_char(out, digits[first >> 4]);
	obuf_put_char(out, digits[first & 15]);
	if (name[1])
		put_word(answer, out, name + 1);
}

/* Of several holders the one that is not the service manager, which had it first. */
static const char *main_program(const struct expect_answer *answer, uint32_t program)
{
	const char *first = drift_next_program(answer->sums, program, NULL), *at = first;

	while (at && strcmp(at, "systemd") == 0)
		at = drift_next_program(answer->sums, program, at);
	return at ? at : first;
}

/* "sshd unit=ssh.service user=root": as much as is known. */
static void put_line_holder(const struct expect_answer *answer, const struct drift_key *key,
			    struct obuf *out)
{
	const struct drift_sums *sums = answer->sums;
	const char *program = main_program(answer, key->program);
	const char *unit = drift_word(sums, expect_lasting_unit(sums, key->unit));
	const char *user = answer->config->numeric_users ? NULL : drift_word(sums, key->user);

	if (program)
		put_program(answer, out, program);
	else
		obuf_put_char(out, '*');
	if (unit) {
		obuf_put_str(out, " unit=");
		put_word(answer, out, unit);
	}
	if (!key->uid)
		return;
	obuf_put_str(out, " user=");
	if (user)
		put_word(answer, out, user);
	else
		obuf_put_left(out, key->uid - 1, 0);
}

static int put_line(const struct expect_answer *answer, const struct drift_row *row,
		    struct obuf *out)
{
	const struct drift_key *key = &row->key;
	bool client = (key->proto == PROTO_UDP || key->proto == PROTO_UDPLITE) &&
		      key->local_port >= answer->client_low &&
		      key->local_port <= answer->client_high;

	if (client)
		obuf_put_str(out, "# a client's port: ");
	put_place(answer, key, out);
	obuf_put_char(out, ' ');
	put_line_holder(answer, key, out);
	obuf_put_char(out, '\n');
	return obuf_end_row(out);
}

int expect_put_baseline(const struct expect_answer *answer, struct obuf *out)
{
	size_t n;
	const struct drift_row **rows = expect_order(answer->sums, &n);
	int err = rows ? 0 : -ENOMEM;

	if (err == 0 && !answer->config->no_header)
		obuf_put_str(out, "# lssock --expect=FILE compares what listens with these lines; "
				  "'?' at the front: may be absent\n");
	for (size_t i = 0; err == 0 && i < n; i++)
		err = put_line(answer, rows[i], out);
	free(rows);
	return err;
}
