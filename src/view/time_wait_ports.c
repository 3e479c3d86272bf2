/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services in TIME_WAIT and the ports they take. */
#include "view/time_wait_ports.h"

#include <string.h>
#include <sys/socket.h>

#include "model/addr.h"

/* The service at a destination that this host connected to. */
static struct time_wait_service *find_service(const struct time_wait_sums *sums,
					      const struct ports_end *dest)
{
	struct time_wait_key key = {
		.addr = dest->addr,
		.port = dest->port,
		.family = dest->family,
		.side = TIME_WAIT_OUTBOUND,
	};

	if (dest->family == AF_INET6 && addr_needs_scope(&dest->addr))
		key.ifindex = dest->ifindex;
	return keyed_find(&sums->services, &key);
}

/* Whether the first triple has more ports in use; of equals the one with the lower source. */
static bool is_busier(const struct ports_sums *ports, const struct ports_triple *triple,
		      const struct ports_triple *than)
{
	if (!than || triple->used != than->used)
		return !than || triple->used > than->used;
	return memcmp(&ports->ends[triple->source].addr, &ports->ends[than->source].addr,
		      sizeof(union inet_addr)) < 0;
}

void time_wait_take_ports(struct time_wait_sums *sums, const struct ports_sums *ports)
{
	for (uint32_t i = 0; i < ports->n_triples; i++) {
		const struct ports_triple *triple = &ports->triples[i];
		struct time_wait_service *service;

		if (triple->dest == PORTS_NONE)
			continue;
		service = find_service(sums, &ports->ends[triple->dest]);
		if (service && is_busier(ports, triple, time_wait_triple(ports, service)))
			service->triple = i + 1;
	}
}

const struct ports_triple *time_wait_triple(const struct ports_sums *ports,
					    const struct time_wait_service *service)
{
	return service->triple ? &ports->triples[service->triple - 1] : NULL;
}

union inet_addr time_wait_source(const struct ports_sums *ports,
				 const struct time_wait_service *service)
{
	const struct ports_triple *triple = time_wait_triple(ports, service);

	return triple ? ports->ends[triple->source].addr : (union inet_addr){ 0 };
}

bool time_wait_is_reusable(const struct ports_sums *ports, const struct time_wait_service *service)
{
	const struct ports_triple *triple = time_wait_triple(ports, service);

	return triple &&
	       ports_may_reuse(ports, &ports->ends[triple->source], &ports->ends[triple->dest]);
}
