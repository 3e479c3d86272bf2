/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording of names. A look-up has a record when it begins and one when it comes back: one that
 * the run did not wait for is late again when it is repeated.
 *
 * Threads that ask may begin, and come back, when the run has ended and its world is gone.
 *
 * Limit: a name that comes too late for its row, but before the run ends, will be there in time.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/resolver.h"
#include "capture/capture_recorder.h"

enum { NAME_KEY_MAX = 512 };

static void begin(enum capture_kind kind, const void *key, size_t key_len)
{
	capture_record_put(kind, -EINPROGRESS, key, key_len, NULL, 0);
}

/* An answer that is text. */
static void end_text(enum capture_kind kind, int error, const void *key, size_t key_len,
		     const char *text)
{
	capture_record_put(kind, error, key, key_len, text, error < 0 ? 0 : strlen(text));
}

static int record_host(int family, const void *addr, char *buf, size_t size)
{
	size_t n = family == AF_INET6 ? 16 : 4;
	uint8_t key[17] = { (uint8_t)family };
	int err;

	memcpy(key + 1, addr, n);
	begin(CAPTURE_HOST, key, n + 1);
	err = capture_recorder.resolver->host(family, addr, buf, size);
	end_text(CAPTURE_HOST, err, key, n + 1, buf);
	return err;
}

static int record_addresses(const char *name, uint8_t *families, uint8_t (*list)[16], size_t max)
{
	uint8_t *value;
	int n;

	begin(CAPTURE_ADDRESSES, name, strlen(name));
	n = capture_recorder.resolver->addresses(name, families, list, max);
	value = n > 0 ? calloc((size_t)n, 17) : NULL;
	if (n > 0 && !value)
		return n;
	for (int i = 0; i < n; i++) {
		value[i * 17] = families[i];
		memcpy(value + i * 17 + 1, list[i], families[i] == AF_INET6 ? 16 : 4);
	}
	capture_record_put(CAPTURE_ADDRESSES, n < 0 ? n : 0, name, strlen(name), value,
			   n < 0 ? 0 : (size_t)n * 17);
	free(value);
	return n;
}

static uint16_t record_port(const char *name, const char *proto)
{
	char key[NAME_KEY_MAX];
	size_t n = strlen(proto) + 1, n_name = strlen(name);
	uint16_t port = capture_recorder.resolver->port(name, proto);
	uint8_t value[8];

	if (n + n_name > sizeof(key))
		return port;
	memcpy(key, proto, n);
	memcpy(key + n, name, n_name);
	capture_put_number(value, port, sizeof(value));
	capture_record_put(CAPTURE_PORT, 0, key, n + n_name, value, sizeof(value));
	return port;
}

static int record_uid(const char *name, uint32_t *uid)
{
	int err = capture_recorder.resolver->uid(name, uid);
	uint8_t value[8];

	if (err == 0)
		capture_put_number(value, *uid, sizeof(value));
	capture_record_put(CAPTURE_UID, err, name, strlen(name), value,
			   err < 0 ? 0 : sizeof(value));
	return err;
}

static int record_user(uint32_t uid, char *buf, size_t size)
{
	uint8_t key[4];
	int err;

	capture_put_number(key, uid, sizeof(key));
	begin(CAPTURE_USER, key, sizeof(key));
	err = capture_recorder.resolver->user(uid, buf, size);
	end_text(CAPTURE_USER, err, key, sizeof(key), buf);
	return err;
}

struct service_list {
	void (*row)(void *ctx, const char *proto, uint16_t port, const char *name);
	void *ctx;
	uint8_t *bytes;
	size_t n, cap;
	int error;
};

static void note_service(void *ctx, const char *proto, uint16_t port, const char *name)
{
	struct service_list *list = ctx;
	size_t n_proto = strlen(proto) + 1, n_name = strlen(name) + 1;
	void *data = list->bytes;
	uint8_t *at;

	list->row(list->ctx, proto, port, name);
	if (list->error == 0)
		list->error = array_grow(&data, &list->cap, list->n + 2 + n_proto + n_name, 1);
	list->bytes = data;
	if (list->error < 0)
		return;
	at = list->bytes + list->n;
	capture_put_number(at, port, 2);
	memcpy(at + 2, proto, n_proto);
	memcpy(at + 2 + n_proto, name, n_name);
	list->n += 2 + n_proto + n_name;
}

static int record_services(void (*row)(void *ctx, const char *proto, uint16_t port,
				       const char *name),
			   void *ctx)
{
	struct service_list list = { .row = row, .ctx = ctx };
	int err;

	begin(CAPTURE_SERVICES, NULL, 0);
	err = capture_recorder.resolver->services(note_service, &list);
	if (err == 0)
		err = list.error;
	capture_record_put(CAPTURE_SERVICES, err, NULL, 0, list.bytes, err < 0 ? 0 : list.n);
	free(list.bytes);
	return err;
}

static void record_begin_thread(void)
{
	if (capture_recorder.resolver->begin_thread)
		capture_recorder.resolver->begin_thread();
}

static const struct resolver resolver = {
	.begin_thread = record_begin_thread,
	.host = record_host,
	.addresses = record_addresses,
	.port = record_port,
	.uid = record_uid,
	.user = record_user,
	.services = record_services,
};

static int record_ifname(const struct env *env, uint32_t ifindex, char *buf)
{
	const struct env *outer = capture_recorder.outer;
	int err = outer->ifname(outer, ifindex, buf);
	uint8_t key[4];

	(void)env;
	capture_put_number(key, ifindex, sizeof(key));
	end_text(CAPTURE_IFNAME, err, key, sizeof(key), buf);
	return err;
}

static uint32_t record_ifindex(const struct env *env, const char *name)
{
	const struct env *outer = capture_recorder.outer;
	uint32_t ifindex = outer->ifindex(outer, name);

	(void)env;
	capture_record_number(CAPTURE_IFINDEX, name, ifindex);
	return ifindex;
}

void capture_record_names(struct env *env)
{
	env->resolver = &resolver;
	if (env->ifname)
		env->ifname = record_ifname;
	if (env->ifindex)
		env->ifindex = record_ifindex;
}
