# SPDX-License-Identifier: GPL-2.0-or-later
# Every test prints TAP and is one line here. The source of a unit test is the file of its name.

unit_tests = \
	%D%/unit/test_addr \
	%D%/unit/test_ask_target \
	%D%/unit/test_ask_wait \
	%D%/unit/test_baseline \
	%D%/unit/test_bytecode \
	%D%/unit/test_capture \
	%D%/unit/test_capture_ss \
	%D%/unit/test_cgroup_procs \
	%D%/unit/test_cgroups \
	%D%/unit/test_columns \
	%D%/unit/test_confine \
	%D%/unit/test_count_sums \
	%D%/unit/test_counters \
	%D%/unit/test_csv \
	%D%/unit/test_diag_closed \
	%D%/unit/test_diag_covers \
	%D%/unit/test_diag_facts \
	%D%/unit/test_diag_inet \
	%D%/unit/test_diag_lookup \
	%D%/unit/test_diag_request \
	%D%/unit/test_diag_cut \
	%D%/unit/test_diag_unix \
	%D%/unit/test_directions \
	%D%/unit/test_drift \
	%D%/unit/test_escape \
	%D%/unit/test_events \
	%D%/unit/test_exposure \
	%D%/unit/test_expected \
	%D%/unit/test_explain \
	%D%/unit/test_expr \
	%D%/unit/test_field \
	%D%/unit/test_file \
	%D%/unit/test_hold \
	%D%/unit/test_json \
	%D%/unit/test_json_doc \
	%D%/unit/test_kill \
	%D%/unit/test_json_read \
	%D%/unit/test_lex \
	%D%/unit/test_listener_uids \
	%D%/unit/test_listeners \
	%D%/unit/test_look_memory \
	%D%/unit/test_mem \
	%D%/unit/test_metrics_text \
	%D%/unit/test_mounts \
	%D%/unit/test_names \
	%D%/unit/test_netns \
	%D%/unit/test_netstat_table \
	%D%/unit/test_nl_dump \
	%D%/unit/test_num \
	%D%/unit/test_obuf \
	%D%/unit/test_options \
	%D%/unit/test_owners \
	%D%/unit/test_owners_kernel \
	%D%/unit/test_branch \
	%D%/unit/test_pair \
	%D%/unit/test_plan \
	%D%/unit/test_ports_sums \
	%D%/unit/test_proc_can \
	%D%/unit/test_proc_inet \
	%D%/unit/test_proc_others \
	%D%/unit/test_proc_sctp \
	%D%/unit/test_proc_special \
	%D%/unit/test_proc_unix \
	%D%/unit/test_processors \
	%D%/unit/test_proto \
	%D%/unit/test_pushdown \
	%D%/unit/test_report \
	%D%/unit/test_row_names \
	%D%/unit/test_screen \
	%D%/unit/test_screen_rows \
	%D%/unit/test_select \
	%D%/unit/test_services_file \
	%D%/unit/test_snapshot \
	%D%/unit/test_sort \
	%D%/unit/test_source \
	%D%/unit/test_special \
	%D%/unit/test_statistics \
	%D%/unit/test_summary_sums \
	%D%/unit/test_sysctl \
	%D%/unit/test_text_table \
	%D%/unit/test_time_wait \
	%D%/unit/test_unit \
	%D%/unit/test_unix_join \
	%D%/unit/test_unix_peers

live_tests = \
	%D%/live/asking.py \
	%D%/live/bench.py \
	%D%/live/churn.py \
	%D%/live/continuous.py \
	%D%/live/counting.py \
	%D%/live/data.py \
	%D%/live/drift.py \
	%D%/live/events.py \
	%D%/live/explain.py \
	%D%/live/expressions.py \
	%D%/live/families.py \
	%D%/live/faults.py \
	%D%/live/faults_kernel.py \
	%D%/live/faults_preload.py \
	%D%/live/faults_world.py \
	%D%/live/jobs.py \
	%D%/live/kernel_owners.py \
	%D%/live/kill.py \
	%D%/live/listeners.py \
	%D%/live/many.py \
	%D%/live/metrics.py \
	%D%/live/names.py \
	%D%/live/netns.py \
	%D%/live/owners.py \
	%D%/live/ports.py \
	%D%/live/privileges.py \
	%D%/live/reach.py \
	%D%/live/replay.py \
	%D%/live/screen.py \
	%D%/live/servers.py \
	%D%/live/states.py \
	%D%/live/statistics.py \
	%D%/live/summary.py \
	%D%/live/tables.py \
	%D%/live/time_wait.py \
	%D%/live/time_wait_ports.py \
	%D%/live/uncounted.py \
	%D%/live/units.py \
	%D%/live/views.py

script_tests = \
	%D%/check-includes \
	%D%/check-options \
	%D%/golden/run

unit_headers = \
	%D%/unit/data_rows.h \
	%D%/unit/expr_gen.h \
	%D%/unit/closed_message.h \
	%D%/unit/fake_link.h \
	%D%/unit/fake_world.h \
	%D%/unit/guard.h \
	%D%/unit/proc_dir.h

TESTS += $(script_tests)

# Recorded machines: replay runs the program on one, record makes one.
check_PROGRAMS += %D%/golden/record %D%/golden/replay
tests_golden_record_LDADD =
tests_golden_record_SOURCES = \
	%D%/golden/record.c \
	%D%/golden/record_tables.c %D%/golden/record_tables.h
tests_golden_replay_LDADD = libcore.a $(LIBMNL_LIBS)
tests_golden_replay_SOURCES = \
	%D%/golden/machine.c %D%/golden/machine.h \
	%D%/golden/machine_diag.c \
	%D%/golden/machine_files.h \
	%D%/golden/replay.c

# For tests/vm/run: sockets of every family. Not a test of make check.
check_PROGRAMS += %D%/vm/sockets
tests_vm_sockets_LDADD =
tests_vm_sockets_SOURCES = \
	%D%/vm/sockets.c %D%/vm/sockets.h \
	%D%/vm/sockets_inet.c \
	%D%/vm/sockets_other.c

# What tests/live/faults_preload.py puts into the program (LD_PRELOAD): a shared object, built as a
# program is. None of our flags: neither is it hardened nor has it a sanitizer in it.
check_PROGRAMS += %D%/live/preload.so
tests_live_preload_so_SOURCES = %D%/live/preload.c
tests_live_preload_so_CFLAGS = -std=gnu11 $(WARN_CFLAGS) -fPIC
tests_live_preload_so_LDFLAGS = -shared
tests_live_preload_so_LDADD =

# For the unit tests, which have no line of their own.
LDADD = libcore.a $(LIBMNL_LIBS) $(CRITERION_LIBS)

if HAVE_CRITERION
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
else
TESTS += %D%/no-criterion
endif

TESTS += $(live_tests)

EXTRA_DIST += \
	$(live_tests) \
	$(script_tests) \
	$(unit_headers) \
	%D%/data/check_data.py \
	%D%/golden/machines \
	%D%/golden/cases \
	%D%/live/breaking.py \
	%D%/live/lib.py \
	%D%/live/scene.py \
	%D%/lsan.supp \
	%D%/no-criterion \
	%D%/standin/criterion/criterion.h \
	%D%/tap-run \
	%D%/vm/check.py \
	%D%/vm/init \
	%D%/vm/run \
	%D%/vm/scene

TEST_EXTENSIONS = .py
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_COMPILER = $(SHELL) $(top_srcdir)/%D%/tap-run
PY_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_COMPILER = $(LOG_COMPILER)

AM_TESTS_ENVIRONMENT = \
	LSSOCK='$(abs_top_builddir)/lssock'; export LSSOCK; \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	LSAN_OPTIONS="suppressions=$(abs_top_srcdir)/%D%/lsan.supp:print_suppressions=0:$$LSAN_OPTIONS"; export LSAN_OPTIONS; \
	ASAN_OPTIONS="abort_on_error=1:$$ASAN_OPTIONS"; export ASAN_OPTIONS; \
	UBSAN_OPTIONS="print_stacktrace=1:$$UBSAN_OPTIONS"; export UBSAN_OPTIONS;
