# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmark. Its programs are built for the test that keeps it working; `make bench` measures.
# BENCHFLAGS are options of bench/run, e.g. BENCHFLAGS='--sockets 100000 --json bench.json'.

bench_programs = %D%/bare_dump %D%/measure %D%/population

check_PROGRAMS += $(bench_programs)
bench_bare_dump_LDADD =
bench_measure_LDADD =
bench_population_LDADD =
bench_population_SOURCES = %D%/population.c %D%/worker.c %D%/worker.h

EXTRA_DIST += \
	%D%/RESULTS.md \
	%D%/report.py \
	%D%/run \
	%D%/turns.py

.PHONY: bench
bench: lssock $(bench_programs)
	$(srcdir)/%D%/run --lssock '$(abs_top_builddir)/lssock' \
		--programs '$(abs_top_builddir)/%D%' $(BENCHFLAGS)
