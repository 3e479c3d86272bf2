# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets, a line each, and two below. In make check each is a program that replays its corpus;
# configured with --enable-fuzzing (fuzz/run does it) they are libFuzzer's, and are no tests.

fuzz_targets = \
	%D%/fuzz_args \
	%D%/fuzz_capture \
	%D%/fuzz_expr \
	%D%/fuzz_inet_diag \
	%D%/fuzz_machine \
	%D%/fuzz_proc_net \
	%D%/fuzz_process \
	%D%/fuzz_text \
	%D%/fuzz_unix_diag

check_LIBRARIES += libfuzz.a
libfuzz_a_SOURCES = \
	%D%/check_csv.c \
	%D%/check_json.c \
	%D%/fuzz.c %D%/fuzz.h \
	%D%/rows.c %D%/rows.h \
	%D%/world.c %D%/world.h \
	%D%/world_link.c

fuzz_libs = libfuzz.a libcore.a $(LIBMNL_LIBS) $(FUZZING_LIBS)
fuzz_fuzz_args_LDADD = $(fuzz_libs)
fuzz_fuzz_capture_LDADD = $(fuzz_libs)
fuzz_fuzz_expr_LDADD = $(fuzz_libs)
fuzz_fuzz_inet_diag_LDADD = $(fuzz_libs)
fuzz_fuzz_machine_LDADD = $(fuzz_libs)
fuzz_fuzz_proc_net_LDADD = $(fuzz_libs)
fuzz_fuzz_process_LDADD = $(fuzz_libs)
fuzz_fuzz_text_LDADD = $(fuzz_libs)
fuzz_fuzz_unix_diag_LDADD = $(fuzz_libs)

check_PROGRAMS += $(fuzz_targets)
if !FUZZING
libfuzz_a_SOURCES += %D%/replay.c
TESTS += $(fuzz_targets)
endif

.PHONY: fuzz-targets
fuzz-targets: $(fuzz_targets)

EXTRA_DIST += \
	%D%/args.dict \
	%D%/corpus \
	%D%/expr.dict \
	%D%/proc_net.dict \
	%D%/process.dict \
	%D%/run \
	%D%/seeds \
	%D%/text.dict
