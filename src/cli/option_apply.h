/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions behind the option rows; for cli/option_rows.c only. All have the contract of
 * option_row.apply: they put the option into request, or return false and say in *error why not.
 */
#ifndef LSSOCK_CLI_OPTION_APPLY_H
#define LSSOCK_CLI_OPTION_APPLY_H

#include "cli/options.h"

bool option_set_flag(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error);
bool option_add_family(const struct option_row *row, const char *value, struct request *request,
		       struct options_error *error);
bool option_add_families(const struct option_row *row, const char *value, struct request *request,
			 struct options_error *error);
bool option_set_numeric(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error);
bool option_set_context(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error);
bool option_set_format(const struct option_row *row, const char *value, struct request *request,
		       struct options_error *error);
bool option_set_columns(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error);
bool option_set_netns(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error);
bool option_set_capture(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error);
bool option_set_preset(const struct option_row *row, const char *value, struct request *request,
		       struct options_error *error);
bool option_set_sort(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error);
bool option_set_top(const struct option_row *row, const char *value, struct request *request,
		    struct options_error *error);
bool option_set_list_columns(const struct option_row *row, const char *value,
			     struct request *request, struct options_error *error);
bool option_set_list_families(const struct option_row *row, const char *value,
			      struct request *request, struct options_error *error);
bool option_set_continuous(const struct option_row *row, const char *value, struct request *request,
			   struct options_error *error);
bool option_set_count(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error);
bool option_set_resolve_timeout(const struct option_row *row, const char *value,
				struct request *request, struct options_error *error);
bool option_set_help(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error);
bool option_set_version(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error);
bool option_accept_quietly(const struct option_row *row, const char *value, struct request *request,
			   struct options_error *error);
bool option_set_view(const struct option_row *row, const char *value, struct request *request,
		     struct options_error *error);
bool option_set_count_by(const struct option_row *row, const char *value, struct request *request,
			 struct options_error *error);
bool option_set_file_view(const struct option_row *row, const char *value, struct request *request,
			  struct options_error *error);
bool option_set_limit(const struct option_row *row, const char *value, struct request *request,
		      struct options_error *error);
bool option_set_question(const struct option_row *row, const char *value, struct request *request,
			 struct options_error *error);
bool option_set_timeout(const struct option_row *row, const char *value, struct request *request,
			struct options_error *error);
bool option_refuse(const struct option_row *row, const char *value, struct request *request,
		   struct options_error *error);

#endif
