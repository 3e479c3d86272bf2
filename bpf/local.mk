# SPDX-License-Identifier: GPL-2.0-or-later
# The program that lssock loads into the kernel, as a light skeleton: a header that holds the
# compiled program and the instructions that load it. A release brings it along; a checkout makes it
# where clang and bpftool are installed.

EXTRA_DIST += %D%/owners_iter.bpf.c %D%/skel_internal.h

if HAVE_BPF
# Generated code: what the compiler would say of it is nobody's business here. <bpf/skel_internal.h>
# is ours, before libbpf's.
AM_CPPFLAGS += -isystem $(top_builddir) -isystem $(top_srcdir)
endif

if MAKE_BPF
BUILT_SOURCES += %D%/owners_iter.lskel.h
src/enrich/owners_iter.$(OBJEXT): %D%/owners_iter.lskel.h
CLEANFILES += %D%/owners_iter.bpf.o

# No path of this machine gets into it. -g makes the types (BTF) by which it fits other kernels.
%D%/owners_iter.lskel.h: %D%/owners_iter.bpf.c src/enrich/owners_record.h
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(CLANG) -target bpfel -mcpu=v3 -std=gnu11 -O2 -g -Wall -Wextra -ffreestanding -nostdlibinc \
		-fdebug-prefix-map='$(abs_builddir)'=. -I$(top_srcdir)/src \
		-c -o %D%/owners_iter.bpf.o $(top_srcdir)/%D%/owners_iter.bpf.c && \
	$(BPFTOOL) gen skeleton -L %D%/owners_iter.bpf.o name owners_iter >$@.new && \
	mv $@.new $@
endif

# A release is made with it where it can be made.
dist-hook:
	for d in . $(srcdir); do \
		if test -f $$d/%D%/owners_iter.lskel.h; then \
			cp -p $$d/%D%/owners_iter.lskel.h $(distdir)/%D%/; exit; \
		fi; \
	done; \
	echo 'This release lacks %D%/owners_iter.lskel.h: clang and bpftool would have made it.'
