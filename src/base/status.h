/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit statuses. What base/report stands for is PARTIAL and FAILED. */
#ifndef LSSOCK_BASE_STATUS_H
#define LSSOCK_BASE_STATUS_H

enum exit_status {
	STATUS_NO = 1,      /* to a question */
	STATUS_USAGE = 2,   /* the command line is wrong */
	STATUS_PARTIAL = 3, /* something is missing */
	STATUS_UNKNOWN = 3, /* of a monitoring check that could not be made */
	STATUS_FAILED = 4,
};

#endif
