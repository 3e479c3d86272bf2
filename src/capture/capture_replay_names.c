/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names out of a recording. Called from several threads; the recording is only read. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "base/resolver.h"
#include "capture/capture_player.h"

/* The record of a look-up that came back with an answer. NULL and *err. */
static const struct capture_record *find(enum capture_kind kind, const void *key, size_t key_len,
					 int *err)
{
	const struct capture_record *record =
		capture_index_last(&capture_player.index, kind, key, key_len);

	*err = record ? -record->error : -ENODATA;
	if (!record)
		atomic_store(&capture_player.lacks_names, true);
	return *err < 0 ? NULL : record;
}

/* The same for look-ups that only the main thread makes: what is missing is told at once. */
static const struct capture_record *find_now(enum capture_kind kind, const void *key,
					     size_t key_len, int *err)
{
	const struct capture_record *record = find(kind, key, key_len, err);

	if (*err == -ENODATA)
		capture_replay_tell_names();
	return record;
}

/* Text of a record as a string. 0 or -errno. */
static int take_text(const struct capture_record *record, int err, char *buf, size_t size)
{
	if (!record)
		return err;
	if (record->value_len >= size || memchr(record->value, '\0', record->value_len))
		return -EBADMSG;
	memcpy(buf, record->value, record->value_len);
	buf[record->value_len] = '\0';
	return 0;
}

/* A number of a record. 0 or -errno. */
static int take_number(const struct capture_record *record, int err, uint64_t max, uint64_t *value)
{
	if (!record)
		return err;
	if (record->value_len != 8)
		return -EBADMSG;
	*value = capture_get_number(record->value, 8);
	return *value <= max ? 0 : -EBADMSG;
}

static int replay_host(int family, const void *addr, char *buf, size_t size)
{
	size_t n = family == AF_INET6 ? 16 : 4;
	uint8_t key[17] = { (uint8_t)family };
	const struct capture_record *record;
	int err;

	memcpy(key + 1, addr, n);
	record = find(CAPTURE_HOST, key, n + 1, &err);
	return take_text(record, err, buf, size);
}

static int replay_addresses(const char *name, uint8_t *families, uint8_t (*list)[16], size_t max)
{
	int err;
	const struct capture_record *record = find(CAPTURE_ADDRESSES, name, strlen(name), &err);
	size_t n = record ? record->value_len / 17 : 0;

	if (!record)
		return err;
	if (record->value_len % 17)
		return -EBADMSG;
	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++) {
		families[i] = record->value[i * 17];
		if (families[i] != AF_INET && families[i] != AF_INET6)
			return -EBADMSG;
		memcpy(list[i], record->value + i * 17 + 1, 16);
	}
	return (int)n;
}

static uint16_t replay_port(const char *name, const char *proto)
{
	char key[512];
	size_t n = strlen(proto) + 1, n_name = strlen(name);
	const struct capture_record *record;
	uint64_t port = 0;
	int err;

	if (n + n_name > sizeof(key))
		return 0;
	memcpy(key, proto, n);
	memcpy(key + n, name, n_name);
	record = find_now(CAPTURE_PORT, key, n + n_name, &err);
	return take_number(record, err, UINT16_MAX, &port) == 0 ? (uint16_t)port : 0;
}

static int replay_uid(const char *name, uint32_t *uid)
{
	uint64_t value = 0;
	int err;
	const struct capture_record *record = find_now(CAPTURE_UID, name, strlen(name), &err);

	err = take_number(record, err, UINT32_MAX, &value);
	if (err == 0)
		*uid = (uint32_t)value;
	return err;
}

static int replay_user(uint32_t uid, char *buf, size_t size)
{
	uint8_t key[4];
	const struct capture_record *record;
	int err;

	capture_put_number(key, uid, sizeof(key));
	record = find(CAPTURE_USER, key, sizeof(key), &err);
	return take_text(record, err, buf, size);
}

static int replay_services(void (*row)(void *ctx, const char *proto, uint16_t port,
				       const char *name),
			   void *ctx)
{
	int err;
	const struct capture_record *record = find(CAPTURE_SERVICES, NULL, 0, &err);
	const uint8_t *at, *end;

	if (!record)
		return err;
	at = record->value;
	end = at + record->value_len;
	while (at < end) {
		const uint8_t *proto = at + 2;
		const uint8_t *nul =
			end - at > 2 ? memchr(proto, '\0', (size_t)(end - proto)) : NULL;
		const uint8_t *last = nul ? memchr(nul + 1, '\0', (size_t)(end - nul - 1)) : NULL;

		if (!last)
			return -EBADMSG;
		row(ctx, (const char *)proto, (uint16_t)capture_get_number(at, 2),
		    (const char *)nul + 1);
		at = last + 1;
	}
	return 0;
}

static const struct resolver resolver = {
	.host = replay_host,
	.addresses = replay_addresses,
	.port = replay_port,
	.uid = replay_uid,
	.user = replay_user,
	.services = replay_services,
};

static int replay_ifname(const struct env *env, uint32_t ifindex, char *buf)
{
	uint8_t key[4];
	const struct capture_record *record;
	int err;

	(void)env;
	capture_put_number(key, ifindex, sizeof(key));
	record = find_now(CAPTURE_IFNAME, key, sizeof(key), &err);
	return take_text(record, err, buf, IF_NAMESIZE);
}

static uint32_t replay_ifindex(const struct env *env, const char *name)
{
	uint64_t value = 0;
	int err;
	const struct capture_record *record = find_now(CAPTURE_IFINDEX, name, strlen(name), &err);

	(void)env;
	return take_number(record, err, UINT32_MAX, &value) == 0 ? (uint32_t)value : 0;
}

void capture_replay_names(struct env *env)
{
	env->resolver = &resolver;
	/* The interfaces of a namespace that could not be entered are not known. */
	if (capture_index_number(&capture_player.index, "by-files", 0) == 1)
		return;
	env->ifname = replay_ifname;
	env->ifindex = replay_ifindex;
}
