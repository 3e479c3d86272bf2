# SPDX-License-Identifier: GPL-2.0-or-later
# The program is a library, which the tests link as well, and main.

noinst_LIBRARIES += libcore.a

libcore_a_SOURCES = \
	%D%/app.c %D%/app.h \
	%D%/ask.c %D%/ask.h \
	%D%/ask_look.c %D%/ask_look.h \
	%D%/ask_match.c \
	%D%/ask_target.c %D%/ask_target.h \
	%D%/base/dir.c %D%/base/dir.h \
	%D%/base/env.h \
	%D%/base/escape.c %D%/base/escape.h \
	%D%/base/file.c %D%/base/file.h \
	%D%/base/json_read.c %D%/base/json_read.h \
	%D%/base/mem.c %D%/base/mem.h \
	%D%/base/mounts.c %D%/base/mounts.h \
	%D%/base/num.c %D%/base/num.h \
	%D%/base/obuf.c %D%/base/obuf.h \
	%D%/base/privileges.c %D%/base/privileges.h \
	%D%/base/processors.c %D%/base/processors.h \
	%D%/base/report.c %D%/base/report.h \
	%D%/base/resolver.h \
	%D%/base/resolver_libc.c \
	%D%/base/sandbox.c %D%/base/sandbox.h \
	%D%/base/services_file.c %D%/base/services_file.h \
	%D%/base/status.h \
	%D%/base/thread.c %D%/base/thread.h \
	%D%/base/tree.c %D%/base/tree.h \
	%D%/base/utf8.c %D%/base/utf8.h \
	%D%/capture/capture_dirs.c %D%/capture/capture_dirs.h \
	%D%/capture/capture_file.c %D%/capture/capture_file.h \
	%D%/capture/capture_index.c %D%/capture/capture_index.h \
	%D%/capture/capture_load.c %D%/capture/capture_load.h \
	%D%/capture/capture_player.h \
	%D%/capture/capture_record.c %D%/capture/capture_record.h \
	%D%/capture/capture_record_link.c \
	%D%/capture/capture_record_names.c \
	%D%/capture/capture_record_tree.c \
	%D%/capture/capture_recorder.h \
	%D%/capture/capture_replay.c %D%/capture/capture_replay.h \
	%D%/capture/capture_replay_link.c \
	%D%/capture/capture_replay_names.c \
	%D%/capture/capture_replay_tree.c \
	%D%/capture/capture_ss.c %D%/capture/capture_ss.h \
	%D%/cli/option_apply.c %D%/cli/option_apply.h \
	%D%/cli/option_families.c \
	%D%/cli/option_rows.c \
	%D%/cli/options.c %D%/cli/options.h \
	%D%/cli/request.h \
	%D%/cli/usage.c %D%/cli/usage.h \
	%D%/complete.c %D%/complete.h \
	%D%/confine.c %D%/confine.h \
	%D%/enrich/cgroup_procs.c %D%/enrich/cgroup_procs.h \
	%D%/enrich/cgroups.c %D%/enrich/cgroups.h \
	%D%/enrich/host_lookup.c %D%/enrich/host_lookup.h \
	%D%/enrich/ifnames.c %D%/enrich/ifnames.h \
	%D%/enrich/directions.c %D%/enrich/directions.h \
	%D%/enrich/listener_uids.c %D%/enrich/listener_uids.h \
	%D%/enrich/name_filter.c \
	%D%/enrich/name_pool.c %D%/enrich/name_pool.h \
	%D%/enrich/name_store.c %D%/enrich/name_store.h \
	%D%/enrich/names.c %D%/enrich/names.h \
	%D%/enrich/owners.c %D%/enrich/owners.h \
	%D%/enrich/owners_crew.c \
	%D%/enrich/owners_iter.c %D%/enrich/owners_iter.h \
	%D%/enrich/owners_kernel.c \
	%D%/enrich/owners_process.c %D%/enrich/owners_process.h \
	%D%/enrich/owners_record.h \
	%D%/enrich/owners_walk.c %D%/enrich/owners_walk.h \
	%D%/enrich/row_names.c %D%/enrich/row_names.h \
	%D%/enrich/service_table.c %D%/enrich/service_table.h \
	%D%/enrich/unix_peers.c %D%/enrich/unix_peers.h \
	%D%/env_live.c \
	%D%/events.c %D%/events.h \
	%D%/expected.c %D%/expected.h \
	%D%/earlier.c %D%/earlier.h \
	%D%/explain.c %D%/explain.h \
	%D%/expr_report.c %D%/expr_report.h \
	%D%/expr_request.c %D%/expr_request.h \
	%D%/expr_world.c %D%/expr_world.h \
	%D%/families.c %D%/families.h \
	%D%/filter/address.c \
	%D%/filter/end_term.c \
	%D%/filter/eval.c \
	%D%/filter/expr.h \
	%D%/filter/expr_asks.c \
	%D%/filter/expr_print.c \
	%D%/filter/field_term.c \
	%D%/filter/glob.c %D%/filter/glob.h \
	%D%/filter/host.c \
	%D%/filter/lex.c %D%/filter/lex.h \
	%D%/filter/node.c %D%/filter/node.h \
	%D%/filter/number.c \
	%D%/filter/parse.c \
	%D%/filter/parser.h \
	%D%/filter/push.h \
	%D%/filter/push_leaf.c \
	%D%/filter/pushdown.c \
	%D%/filter/select.c %D%/filter/select.h \
	%D%/filter/states.c \
	%D%/filter/term.c \
	%D%/hold.c %D%/hold.h \
	%D%/kernel/counters.c %D%/kernel/counters.h \
	%D%/kernel/netns.c %D%/kernel/netns.h \
	%D%/kernel/netns_container.c \
	%D%/kernel/netns_list.c %D%/kernel/netns_list.h \
	%D%/kernel/sysctl.c %D%/kernel/sysctl.h \
	%D%/kill.c %D%/kill.h \
	%D%/last_look.c %D%/last_look.h \
	%D%/listing.c %D%/listing.h \
	%D%/look_memory.c %D%/look_memory.h \
	%D%/model/addr.c %D%/model/addr.h \
	%D%/model/facts.h \
	%D%/model/field.c %D%/model/field.h \
	%D%/model/field_cc.c \
	%D%/model/field_closing.c \
	%D%/model/field_facts.c \
	%D%/model/field_get.h \
	%D%/model/field_memory.c \
	%D%/model/exposure.c %D%/model/exposure.h \
	%D%/model/field_mptcp.c \
	%D%/model/field_netns.c \
	%D%/model/field_reach.c \
	%D%/model/field_owner.c \
	%D%/model/field_sock.c \
	%D%/model/field_special.c \
	%D%/model/field_tcp.c \
	%D%/model/field_unit.c \
	%D%/model/field_unix.c \
	%D%/model/labels.h \
	%D%/model/proto.c %D%/model/proto.h \
	%D%/model/query.h \
	%D%/model/sock.h \
	%D%/model/sock_id.h \
	%D%/model/sock_packed.c %D%/model/sock_packed.h \
	%D%/model/special.c %D%/model/special.h \
	%D%/model/unit.c %D%/model/unit.h \
	%D%/output/cells.c %D%/output/cells.h \
	%D%/output/columns.c %D%/output/columns.h \
	%D%/output/csv.c %D%/output/csv.h \
	%D%/output/data.h \
	%D%/output/field_list.c %D%/output/field_list.h \
	%D%/output/field_text.c %D%/output/field_text.h \
	%D%/output/json.c %D%/output/json.h \
	%D%/output/json_doc.c %D%/output/json_doc.h \
	%D%/output/json_text.c %D%/output/json_text.h \
	%D%/output/netstat_table.c %D%/output/netstat_table.h \
	%D%/output/rates.c %D%/output/rates.h \
	%D%/output/screen.c %D%/output/screen.h \
	%D%/output/screen_frame.c %D%/output/screen_frame.h \
	%D%/output/screen_rows.c %D%/output/screen_rows.h \
	%D%/output/screen_text.c %D%/output/screen_text.h \
	%D%/output/text_table.c %D%/output/text_table.h \
	%D%/output/writer.h \
	%D%/branch.c %D%/branch.h \
	%D%/pair.c %D%/pair.h \
	%D%/flow.c %D%/flow.h \
	%D%/pipeline.c %D%/pipeline.h \
	%D%/plan.c %D%/plan.h \
	%D%/plan_check.c \
	%D%/plan_fields.c \
	%D%/plan_view.c %D%/plan_view.h \
	%D%/sort.c %D%/sort.h \
	%D%/source/diag_bytecode.c %D%/source/diag_bytecode.h \
	%D%/source/diag_closed.c %D%/source/diag_closed.h \
	%D%/source/diag_covers.c %D%/source/diag_covers.h \
	%D%/source/diag_destroy.c %D%/source/diag_destroy.h \
	%D%/source/diag_events.c %D%/source/diag_events.h \
	%D%/source/diag_facts.c %D%/source/diag_facts.h \
	%D%/source/diag_inet.c %D%/source/diag_inet.h \
	%D%/source/diag_lookup.c %D%/source/diag_lookup.h \
	%D%/source/diag_netlink.c \
	%D%/source/diag_newer.h \
	%D%/source/diag_packet.c \
	%D%/source/diag_request.c %D%/source/diag_request.h \
	%D%/source/diag_smc.c \
	%D%/source/diag_special.c %D%/source/diag_special.h \
	%D%/source/diag_cut.c %D%/source/diag_cut.h \
	%D%/source/diag_split.c %D%/source/diag_split.h \
	%D%/source/diag_tipc.c \
	%D%/source/diag_unix.c %D%/source/diag_unix.h \
	%D%/source/diag_vsock.c \
	%D%/source/diag_xdp.c \
	%D%/source/nl_dump.c %D%/source/nl_dump.h \
	%D%/source/nl_link.c %D%/source/nl_link.h \
	%D%/source/nl_place.c %D%/source/nl_place.h \
	%D%/source/proc_can.c %D%/source/proc_can.h \
	%D%/source/proc_inet.c %D%/source/proc_inet.h \
	%D%/source/proc_others.c %D%/source/proc_others.h \
	%D%/source/proc_protocols.c %D%/source/proc_protocols.h \
	%D%/source/proc_sctp.c %D%/source/proc_sctp.h \
	%D%/source/proc_special.c %D%/source/proc_special.h \
	%D%/source/proc_table.c %D%/source/proc_table.h \
	%D%/source/proc_text.h \
	%D%/source/proc_unix.c %D%/source/proc_unix.h \
	%D%/source/snapshot.c %D%/source/snapshot.h \
	%D%/source/snapshot_row.c %D%/source/snapshot_row.h \
	%D%/source/snapshot_sock.c \
	%D%/source/source.c %D%/source/source.h \
	%D%/source/unix_join.c %D%/source/unix_join.h \
	%D%/source/unix_known.c %D%/source/unix_known.h \
	%D%/tables.c %D%/tables.h \
	%D%/tour.c %D%/tour.h \
	%D%/view/baseline.c %D%/view/baseline.h \
	%D%/view/count_by.c %D%/view/count_by.h \
	%D%/view/counter_text.c %D%/view/counter_text.h \
	%D%/view/count_data.c %D%/view/count_data.h \
	%D%/view/count_sums.c %D%/view/count_sums.h \
	%D%/view/diff.c %D%/view/diff.h \
	%D%/view/diff_answer.h \
	%D%/view/diff_compare.c \
	%D%/view/diff_write.c \
	%D%/view/drift_put.c %D%/view/drift_put.h \
	%D%/view/drift_sums.c %D%/view/drift_sums.h \
	%D%/view/expect.c %D%/view/expect.h \
	%D%/view/expect_answer.h \
	%D%/view/expect_json.c \
	%D%/view/expect_match.c \
	%D%/view/expect_text.c \
	%D%/view/explain_answer.h \
	%D%/view/explain_json.c \
	%D%/view/explain_states.c %D%/view/explain_states.h \
	%D%/view/explain_sums.c %D%/view/explain_sums.h \
	%D%/view/keyed.c %D%/view/keyed.h \
	%D%/view/kill_answer.c %D%/view/kill_answer.h \
	%D%/view/listeners.c %D%/view/listeners.h \
	%D%/view/listeners_answer.h \
	%D%/view/listeners_data.c \
	%D%/view/listeners_findings.c \
	%D%/view/listeners_kernel.c %D%/view/listeners_kernel.h \
	%D%/view/listeners_owners.c %D%/view/listeners_owners.h \
	%D%/view/listeners_sums.c %D%/view/listeners_sums.h \
	%D%/view/listeners_text.c \
	%D%/view/metrics.c %D%/view/metrics.h \
	%D%/view/metrics_listeners.c \
	%D%/view/metrics_ports.c \
	%D%/view/metrics_sources.h \
	%D%/view/metrics_summary.c \
	%D%/view/metrics_text.c %D%/view/metrics_text.h \
	%D%/view/metrics_time_wait.c \
	%D%/view/ports.c %D%/view/ports.h \
	%D%/view/state_facts.c %D%/view/state_facts.h \
	%D%/view/state_stories.c %D%/view/state_stories.h \
	%D%/view/ports_count.c \
	%D%/view/ports_data.c %D%/view/ports_report.h \
	%D%/view/ports_order.c \
	%D%/view/ports_plugin.c \
	%D%/view/ports_sums.c %D%/view/ports_sums.h \
	%D%/view/ports_text.c \
	%D%/view/ports_warn.c \
	%D%/view/statistics.c %D%/view/statistics.h \
	%D%/view/statistics_rates.c %D%/view/statistics_rates.h \
	%D%/view/statistics_read.c %D%/view/statistics_read.h \
	%D%/view/summary.c %D%/view/summary.h \
	%D%/view/summary_sums.c %D%/view/summary_sums.h \
	%D%/view/summary_text.c %D%/view/summary_text.h \
	%D%/view/time_wait.c %D%/view/time_wait.h \
	%D%/view/time_wait_advice.c %D%/view/time_wait_advice.h \
	%D%/view/time_wait_findings.c %D%/view/time_wait_findings.h \
	%D%/view/time_wait_answer.h \
	%D%/view/time_wait_facts.c %D%/view/time_wait_facts.h \
	%D%/view/time_wait_here.c %D%/view/time_wait_here.h \
	%D%/view/time_wait_json.c \
	%D%/view/time_wait_owners.c %D%/view/time_wait_owners.h \
	%D%/view/time_wait_ports.c %D%/view/time_wait_ports.h \
	%D%/view/time_wait_sums.c %D%/view/time_wait_sums.h \
	%D%/view/time_wait_text.c \
	%D%/view/view.c %D%/view/view.h \
	%D%/view/words.c %D%/view/words.h \
	%D%/view/wrapped.c %D%/view/wrapped.h \
	%D%/world.c %D%/world.h \
	%D%/writers.c %D%/writers.h

bin_PROGRAMS += lssock
lssock_SOURCES = %D%/main.c
lssock_LDADD = libcore.a $(LIBMNL_LIBS)
lssock_LDFLAGS = $(AM_LDFLAGS) $(STATIC_LDFLAGS)
