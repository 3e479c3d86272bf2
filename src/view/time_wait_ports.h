/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many ports of this host the services in TIME_WAIT take, as --ports counts them. Pure. */
#ifndef LSSOCK_VIEW_TIME_WAIT_PORTS_H
#define LSSOCK_VIEW_TIME_WAIT_PORTS_H

#include "view/ports_sums.h"
#include "view/time_wait_sums.h"

/* Tells outbound services which triple of ports is theirs. ports is finished, sums is settled and
 * not yet finished. */
void time_wait_take_ports(struct time_wait_sums *sums, const struct ports_sums *ports);

/* That triple, or NULL. */
const struct ports_triple *time_wait_triple(const struct ports_sums *ports,
					    const struct time_wait_service *service);

/* Its source address; zero where there is no triple. */
union inet_addr time_wait_source(const struct ports_sums *ports,
				 const struct time_wait_service *service);

/* Whether connect() may take a TIME_WAIT of this service again before it is over, by tcp_tw_reuse.
 */
bool time_wait_is_reusable(const struct ports_sums *ports, const struct time_wait_service *service);

#endif
