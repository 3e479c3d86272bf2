/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields from the numbers that the kernel keeps of a socket's memory (kernel: SK_MEMINFO_* in
 * include/uapi/linux/sock_diag.h, sk_get_meminfo() in net/core/sock.c). */
#include "model/field_get.h"

static bool get_skmem(const struct field *field, const struct sock *sock, uint32_t i,
		      struct value *value)
{
	return i == 0 && sock->facts &&
	       blob_number(&sock->facts->skmem, field->offset, field->size, &value->number);
}

/* The kernel's number has a sign and may be below zero for a moment. */
static bool get_signed(const struct field *field, const struct sock *sock, uint32_t i,
		       struct value *value)
{
	return get_skmem(field, sock, i, value) && value->number <= INT32_MAX;
}

#define MEM(number, field_unit, getter)                                                            \
	.type = FIELD_UINT, .right = true, .unit = (field_unit), .needs = NEED_FACTS | NEED_SKMEM, \
	.offset = (number) * sizeof(uint32_t), .size = sizeof(uint32_t), .get = (getter)

static const struct field rows[] = {
	{ .name = "mem_rmem",
	  .title = "Mem-R",
	  MEM(0, UNIT_BYTES, get_skmem),
	  .help = "memory taken by what has been received and not read" },
	{ .name = "mem_rcvbuf",
	  .title = "Mem-RB",
	  MEM(1, UNIT_BYTES, get_skmem),
	  .help = "limit of mem_rmem: the size of the receive buffer" },
	{ .name = "mem_wmem",
	  .title = "Mem-T",
	  MEM(2, UNIT_BYTES, get_skmem),
	  .help = "memory taken by what is in the hands of lower layers" },
	{ .name = "mem_sndbuf",
	  .title = "Mem-TB",
	  MEM(3, UNIT_BYTES, get_skmem),
	  .help = "limit of mem_wmem_queued: the size of the send buffer" },
	{ .name = "mem_fwd_alloc",
	  .title = "Mem-F",
	  MEM(4, UNIT_BYTES, get_signed),
	  .help = "memory set aside for the socket and not used yet" },
	{ .name = "mem_wmem_queued",
	  .title = "Mem-W",
	  MEM(5, UNIT_BYTES, get_skmem),
	  .help = "memory taken by what is to be sent or not yet acknowledged" },
	{ .name = "mem_optmem",
	  .title = "Mem-O",
	  MEM(6, UNIT_BYTES, get_skmem),
	  .help = "memory taken by options, filters and the like" },
	{ .name = "mem_backlog",
	  .title = "Mem-BL",
	  MEM(7, UNIT_BYTES, get_skmem),
	  .help = "memory taken by packets that wait while the socket is in use" },
	{ .name = "drops",
	  .title = "Drops",
	  .counter = true,
	  MEM(8, UNIT_PACKETS, get_skmem), /* 4.10 */
	  .help = "packets dropped before the socket could take them" },
};

const struct field *field_memory_rows(size_t *n)
{
	*n = COUNT_OF(rows);
	return rows;
}
