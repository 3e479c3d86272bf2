/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups by their keys. A key holds its values one after the other, each with its kind before it
 * and its length where that is not fixed, so that different values never make the same bytes. A
 * hash only says where to look: the keys themselves are compared.
 */
#include "view/count_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "model/query.h"

enum { ZONE_MAX = 255, V4_BITS = 32, V6_BITS = 128 };

/* What stands before the bytes of a text in a key. */
struct key_text {
	uint32_t len;
	uint8_t name_kind;
};

/* An address in a key; zone_len bytes follow. */
struct key_addr {
	uint8_t bytes[16];
	uint32_t ifindex;
	uint8_t family, prefix, zone_len;
};

void count_sums_init(struct count_sums *sums, const struct field *const *fields,
		     const uint8_t *prefixes, size_t n)
{
	*sums = (struct count_sums){ .fields = fields, .prefixes = prefixes, .n_fields = n };
}

static int put_bytes(struct count_sums *sums, const void *data, size_t n)
{
	if (array_grow((void **)&sums->key, &sums->cap_key, sums->key_len + n, 1) < 0)
		return -ENOMEM;
	if (n > 0)
		memcpy(sums->key + sums->key_len, data, n);
	sums->key_len += n;
	return 0;
}

static int put_text(struct count_sums *sums, const void *data, size_t n, uint8_t name_kind)
{
	struct key_text text;

	if (n > UINT32_MAX / 2)
		return -ENOMEM;
	memset(&text, 0, sizeof(text)); /* the padding too: keys are compared as bytes */
	text.len = (uint32_t)n;
	text.name_kind = name_kind;
	if (put_bytes(sums, &text, sizeof(text)) < 0 || put_bytes(sums, data, n) < 0)
		return -ENOMEM;
	return put_bytes(sums, "", 1);
}

/* Clears what lies behind the first bits of n bytes. */
static void clear_host_bits(uint8_t *bytes, size_t n, unsigned int bits)
{
	for (size_t i = bits / 8; i < n; i++) {
		unsigned int kept = i == bits / 8 ? bits % 8 : 0;

		bytes[i] &= (uint8_t)(0xff00u >> kept);
	}
}

/* An IPv4 address under an IPv6 socket is the peer that an IPv4 socket would have: one group. */
static void set_addr(struct key_addr *addr, const struct value *value)
{
	const union inet_addr *from = &value->addr.end->addr;

	if (value->addr.family == AF_INET6 && addr_is_v4mapped(from)) {
		addr->family = AF_INET;
		memcpy(addr->bytes, from->bytes + 12, 4);
		return;
	}
	addr->family = value->addr.family;
	memcpy(addr->bytes, from->bytes, addr->family == AF_INET ? 4 : 16);
	if (addr->family == AF_INET6 && addr_needs_scope(from))
		addr->ifindex = value->addr.end->ifindex;
}

static int put_addr(struct count_sums *sums, const struct sock *sock, const struct value *value,
		    uint8_t prefix)
{
	const char *zone = NULL;
	struct key_addr addr;
	unsigned int bits;

	memset(&addr, 0, sizeof(addr));
	set_addr(&addr, value);
	bits = addr.family == AF_INET ? V4_BITS : V6_BITS;
	/* A wildcard is no address of a network. */
	if (prefix && prefix < bits && !addr_is_any(&value->addr.end->addr)) {
		addr.prefix = prefix;
		clear_host_bits(addr.bytes, bits / 8, prefix);
	}
	if (addr.ifindex && addr.ifindex == sock->local.ifindex)
		zone = sock->interface;
	addr.zone_len = zone ? (uint8_t)strnlen(zone, ZONE_MAX) : 0;
	if (put_bytes(sums, &addr, sizeof(addr)) < 0 || put_bytes(sums, zone, addr.zone_len) < 0)
		return -ENOMEM;
	return put_bytes(sums, "", 1);
}

static int put_kind(struct count_sums *sums, enum count_kind kind)
{
	uint8_t byte = (uint8_t)kind;

	return put_bytes(sums, &byte, 1);
}

static int put_known(struct count_sums *sums, const struct sock *sock, const struct value *value,
		     uint8_t prefix)
{
	static const enum count_kind kinds[] = {
		[FIELD_WORD] = COUNT_WORD, [FIELD_TEXT] = COUNT_TEXT, [FIELD_UINT] = COUNT_UINT,
		[FIELD_BOOL] = COUNT_BOOL, [FIELD_ADDR] = COUNT_ADDR,
	};
	uint64_t number;

	if (value->type == FIELD_OWNERS)
		return -EINVAL;
	if (put_kind(sums, kinds[value->type]) < 0)
		return -ENOMEM;
	switch (value->type) {
	case FIELD_WORD:
		return put_text(sums, value->word, strlen(value->word), 0);
	case FIELD_TEXT:
		return put_text(sums, value->text.data, value->text.len, (uint8_t)value->text.kind);
	case FIELD_ADDR:
		return put_addr(sums, sock, value, prefix);
	default:
		number = value->type == FIELD_BOOL ? value->flag : value->number;
		return put_bytes(sums, &number, sizeof(number));
	}
}

/* Whether a fact about owners is missing because it cannot be seen. */
static bool is_hidden(const struct field *field, const struct sock *sock)
{
	if (!(field->needs & NEED_OWNERS))
		return false;
	return sock->n_owners > 0 || (sock->owners_hidden && (sock->has & SOCK_HAS_INODE));
}

static int make_key(struct count_sums *sums, const struct sock *sock)
{
	int err = 0;

	sums->key_len = 0;
	for (size_t i = 0; err == 0 && i < sums->n_fields; i++) {
		const struct field *field = sums->fields[i];
		struct value value;

		if (field_get(field, sock, 0, &value))
			err = put_known(sums, sock, &value, sums->prefixes[i]);
		else
			err = put_kind(sums, is_hidden(field, sock) ? COUNT_HIDDEN : COUNT_ABSENT);
	}
	return err;
}

/* The number of the group with the key at hand in the chain that begins with number + 1, or -1. */
static int64_t find_group(const struct count_sums *sums, uint32_t first)
{
	for (uint32_t at = first; at; at = sums->groups[at - 1].next) {
		const struct count_group *group = &sums->groups[at - 1];

		if (group->key_len == sums->key_len &&
		    memcmp(group->key, sums->key, sums->key_len) == 0)
			return at - 1;
	}
	return -1;
}

static int add_one(struct count_sums *sums, const struct sock *sock)
{
	uint32_t *place;
	int64_t found;
	uint8_t *key;
	int err = make_key(sums, sock);

	if (err < 0)
		return err;
	place = hash64_add(&sums->hash, hash_bytes(sums->key, sums->key_len), NULL);
	if (!place)
		return -ENOMEM;
	found = find_group(sums, *place);
	if (found >= 0) {
		sums->groups[found].count++;
		sums->total++;
		return 0;
	}
	if (sums->n_groups >= UINT32_MAX - 1 || sums->key_len > UINT32_MAX ||
	    array_grow((void **)&sums->groups, &sums->cap_groups, sums->n_groups + 1,
		       sizeof(*sums->groups)) < 0)
		return -ENOMEM;
	key = arena_copy(&sums->keys, sums->key, sums->key_len);
	if (!key)
		return -ENOMEM;
	sums->groups[sums->n_groups++] = (struct count_group){
		.key = key, .key_len = (uint32_t)sums->key_len, .next = *place, .count = 1
	};
	*place = (uint32_t)sums->n_groups;
	sums->total++;
	return 0;
}

int count_sums_add(struct count_sums *sums, const struct sock *rows, size_t n)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < n; i++)
		err = add_one(sums, &rows[i]);
	return err;
}

/* The next n bytes of a key that we made ourselves: they are there. */
static const uint8_t *take(const struct count_group *group, size_t *at, size_t n)
{
	const uint8_t *from = group->key + *at;

	*at += n;
	return from;
}

static void take_text(const struct count_group *group, size_t *at, struct count_value *value)
{
	struct key_text text;

	memcpy(&text, take(group, at, sizeof(text)), sizeof(text));
	value->len = text.len;
	value->name_kind = text.name_kind;
	value->text = take(group, at, (size_t)text.len + 1);
}

static void take_addr(const struct count_group *group, size_t *at, struct count_value *value)
{
	struct key_addr addr;
	const uint8_t *zone;

	memcpy(&addr, take(group, at, sizeof(addr)), sizeof(addr));
	zone = take(group, at, (size_t)addr.zone_len + 1);
	value->family = addr.family;
	value->prefix = addr.prefix;
	memcpy(value->end.addr.bytes, addr.bytes, sizeof(addr.bytes));
	value->end.ifindex = addr.ifindex;
	value->zone = addr.zone_len ? (const char *)zone : NULL;
}

struct count_value count_group_next(const struct count_group *group, size_t *at)
{
	struct count_value value = { .kind = (enum count_kind) * take(group, at, 1) };

	switch (value.kind) {
	case COUNT_WORD:
	case COUNT_TEXT:
		take_text(group, at, &value);
		break;
	case COUNT_UINT:
	case COUNT_BOOL:
		memcpy(&value.number, take(group, at, sizeof(value.number)), sizeof(value.number));
		break;
	case COUNT_ADDR:
		take_addr(group, at, &value);
		break;
	case COUNT_HIDDEN:
	case COUNT_ABSENT:
		break;
	}
	return value;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_texts(const struct count_value *a, const struct count_value *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int order = n ? memcmp(a->text, b->text, n) : 0;

	if (order == 0)
		order = compare_numbers(a->len, b->len);
	return order ? order : compare_numbers(a->name_kind, b->name_kind);
}

static int compare_addrs(const struct count_value *a, const struct count_value *b)
{
	int order = compare_numbers(a->family, b->family);

	if (order == 0)
		order = memcmp(a->end.addr.bytes, b->end.addr.bytes, sizeof(a->end.addr.bytes));
	return order ? order : compare_numbers(a->end.ifindex, b->end.ifindex);
}

static int compare_values(const struct count_value *a, const struct count_value *b)
{
	if (a->kind != b->kind)
		return compare_numbers(a->kind, b->kind);
	switch (a->kind) {
	case COUNT_WORD:
	case COUNT_TEXT:
		return compare_texts(a, b);
	case COUNT_UINT:
	case COUNT_BOOL:
		return compare_numbers(a->number, b->number);
	case COUNT_ADDR:
		return compare_addrs(a, b);
	case COUNT_HIDDEN:
	case COUNT_ABSENT:
		return 0;
	}
	return 0;
}

static int compare_groups(const void *left, const void *right)
{
	const struct count_group *a = left, *b = right;
	size_t at = 0, bt = 0;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	while (at < a->key_len && bt < b->key_len) {
		struct count_value va = count_group_next(a, &at), vb = count_group_next(b, &bt);
		int order = compare_values(&va, &vb);

		if (order)
			return order;
	}
	/* The same to the eye: what is left (names of interfaces) only keeps the order steady. */
	if (a->key_len != b->key_len)
		return compare_numbers(a->key_len, b->key_len);
	return memcmp(a->key, b->key, a->key_len);
}

void count_sums_sort(struct count_sums *sums)
{
	if (sums->n_groups > 1)
		qsort(sums->groups, sums->n_groups, sizeof(*sums->groups), compare_groups);
}

void count_sums_clear(struct count_sums *sums)
{
	hash64_clear(&sums->hash);
	arena_reset(&sums->keys);
	sums->n_groups = 0;
	sums->total = 0;
}

void count_sums_free(struct count_sums *sums)
{
	hash64_free(&sums->hash);
	arena_free(&sums->keys);
	free(sums->groups);
	free(sums->key);
	*sums = (struct count_sums){ 0 };
}
