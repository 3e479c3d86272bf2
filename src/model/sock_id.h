/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tells one Internet socket from all others, kept when its row has gone. */
#ifndef LSSOCK_MODEL_SOCK_ID_H
#define LSSOCK_MODEL_SOCK_ID_H

#include <stdint.h>

#include "model/addr.h"
#include "model/sock.h"

struct sock_id {
	struct endpoint local, remote;
	uint64_t cookie; /* as struct sock has it; unique since boot, and never 0 */
	uint8_t proto;   /* enum sock_proto */
	uint8_t family;  /* AF_INET, AF_INET6 */
	uint8_t state;   /* when its row was made */
	uint8_t outcome; /* for whoever keeps it */
};

#endif
