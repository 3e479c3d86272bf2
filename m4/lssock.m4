dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl Probes of this project: flags are tried one by one and kept where compiler and linker take them.

dnl LSSOCK_CC_FLAG(VARIABLE, FLAG, [IF-TAKEN])
dnl Appends FLAG to VARIABLE when the compiler takes it without a word. Linked as well: some flags
dnl (-fstack-protector-*, sanitizers) need a library that may be missing.
AC_DEFUN([LSSOCK_CC_FLAG],
[AS_VAR_PUSHDEF([cached], [lssock_cv_cc_flag_$2])dnl
AC_CACHE_CHECK([whether $CC takes $2], [cached],
  [lssock_save_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]],
      [[char text[8]; return !fgets(text, sizeof(text), stdin);]])],
    [AS_VAR_SET([cached], [yes])], [AS_VAR_SET([cached], [no])])
  CFLAGS=$lssock_save_CFLAGS])
AS_VAR_IF([cached], [yes], [AS_VAR_APPEND([$1], [" $2"])
  $3])
AS_VAR_POPDEF([cached])dnl
])

dnl LSSOCK_LD_FLAG(VARIABLE, FLAG, [IF-TAKEN], [CFLAGS])
dnl The same for the linker.
AC_DEFUN([LSSOCK_LD_FLAG],
[AS_VAR_PUSHDEF([cached], [lssock_cv_ld_flag_$2])dnl
AC_CACHE_CHECK([whether the linker takes $2], [cached],
  [lssock_save_CFLAGS=$CFLAGS
  lssock_save_LDFLAGS=$LDFLAGS
  CFLAGS="$CFLAGS -Werror $4"
  LDFLAGS="$LDFLAGS $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([cached], [yes])], [AS_VAR_SET([cached], [no])])
  CFLAGS=$lssock_save_CFLAGS
  LDFLAGS=$lssock_save_LDFLAGS])
AS_VAR_IF([cached], [yes], [AS_VAR_APPEND([$1], [" $2"])
  $3])
AS_VAR_POPDEF([cached])dnl
])

AC_DEFUN([LSSOCK_WARNINGS],
[WARN_CFLAGS=
m4_foreach_w([lssock_flag], [
  -Wall -Wextra
  -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wmissing-declarations -Wold-style-definition
  -Wredundant-decls -Wnested-externs -Wformat=2 -Wundef -Wpointer-arith
  -Wcast-qual -Wwrite-strings -Wvla -Walloca -Wimplicit-fallthrough
  -Wduplicated-cond -Wduplicated-branches -Wstrict-overflow=1 -Wnull-dereference
  -Winit-self -Wdate-time -Warray-bounds=2],
  [LSSOCK_CC_FLAG([WARN_CFLAGS], m4_defn([lssock_flag]))])
AC_SUBST([WARN_CFLAGS])])

AC_DEFUN([LSSOCK_SANITIZERS],
[SAN_FLAGS=
AS_IF([test "$enable_sanitizers" = yes],
  [LSSOCK_CC_FLAG([SAN_FLAGS], [-fsanitize=address,undefined], [san_found=yes])
  AS_VAR_SET_IF([san_found], [], [AC_MSG_ERROR([$CC has no AddressSanitizer here])])
  LSSOCK_CC_FLAG([SAN_FLAGS], [-fno-sanitize-recover=all])
  LSSOCK_CC_FLAG([SAN_FLAGS], [-fno-omit-frame-pointer])])
AC_SUBST([SAN_FLAGS])])

dnl libFuzzer brings the main() of its programs along, so it is tried without one.
AC_DEFUN([LSSOCK_FUZZING],
[FUZZING_LIBS=
AS_IF([test "$enable_fuzzing" = yes],
  [LSSOCK_CC_FLAG([SAN_FLAGS], [-fsanitize=fuzzer-no-link])
  FUZZING_LIBS=-fsanitize=fuzzer
  lssock_save_LIBS=$LIBS
  LIBS="$FUZZING_LIBS $LIBS"
  AC_MSG_CHECKING([for libFuzzer])
  AC_LINK_IFELSE([AC_LANG_SOURCE([[#include <stddef.h>
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) { return data && size > 99; }]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
    AC_MSG_ERROR([--enable-fuzzing needs clang and its libFuzzer (Debian: libclang-rt-*-dev)])])
  LIBS=$lssock_save_LIBS])
AC_SUBST([FUZZING_LIBS])
AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" = yes])])

AC_DEFUN([LSSOCK_COVERAGE],
[COV_FLAGS=
AS_IF([test "$enable_coverage" = yes],
  [LSSOCK_CC_FLAG([COV_FLAGS], [--coverage], [cov_found=yes])
  AS_VAR_SET_IF([cov_found], [], [AC_MSG_ERROR([$CC cannot be instrumented for gcov])])
  LSSOCK_CC_FLAG([COV_FLAGS], [-fprofile-update=atomic])])
AC_SUBST([COV_FLAGS])])

dnl _FORTIFY_SOURCE is set at the end of config.h, compilation by compilation: only where the
dnl compiler optimises (glibc warns otherwise) and where neither the distribution's compiler nor the
dnl user has set it. Sanitizers see less through the checked functions, so it is off with them.
AC_DEFUN([LSSOCK_PROBE_FORTIFY],
[fortify=0
AC_CACHE_CHECK([which level of _FORTIFY_SOURCE works], [lssock_cv_fortify],
  [lssock_cv_fortify=0
  lssock_save_CFLAGS=$CFLAGS
  for level in 3 2; do
    CFLAGS="$lssock_save_CFLAGS -Werror -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$level"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>
#include <stdio.h>]], [[char text[8]; return !fgets(text, sizeof(text), stdin) || strlen(text);]])],
      [lssock_cv_fortify=$level
      break])
  done
  CFLAGS=$lssock_save_CFLAGS])
AS_IF([test -z "$SAN_FLAGS"], [fortify=$lssock_cv_fortify])
AS_IF([test "$fortify" != 0], [AS_VAR_APPEND([hardening_text], [" _FORTIFY_SOURCE=$fortify"])])])

AC_DEFUN([LSSOCK_HARDENING],
[HARDENING_CFLAGS= HARDENING_LDFLAGS= hardening_text= fortify=0
AS_IF([test "$enable_hardening" != no],
  [LSSOCK_PROBE_FORTIFY
  m4_foreach_w([lssock_flag], [
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -mbranch-protection=standard -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3 -fno-plt],
    [LSSOCK_CC_FLAG([HARDENING_CFLAGS], m4_defn([lssock_flag]))])
  LSSOCK_LD_FLAG([HARDENING_LDFLAGS], [-pie], [AS_VAR_APPEND([HARDENING_CFLAGS], [" -fPIE"])], [-fPIE])
  m4_foreach_w([lssock_flag],
    [-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code],
    [LSSOCK_LD_FLAG([HARDENING_LDFLAGS], m4_defn([lssock_flag]))])
  AS_VAR_APPEND([hardening_text], ["$HARDENING_CFLAGS$HARDENING_LDFLAGS"])],
  [hardening_text=" no"])
OPT_LDFLAGS=
m4_foreach_w([lssock_flag], [-Wl,-O1 -Wl,--as-needed],
  [LSSOCK_LD_FLAG([OPT_LDFLAGS], m4_defn([lssock_flag]))])
# The box at the end of configure wraps the list.
hardening_text=`AS_ECHO(["$hardening_text"]) | fold -s -w 72 | sed 's/ *$//; 1s/^ //; 2,$s/^/                        /'`
AC_DEFINE_UNQUOTED([LSSOCK_FORTIFY], [$fortify], [Level of _FORTIFY_SOURCE, 0: none.])
AH_BOTTOM([/* Only where the compiler optimises, and nobody else has decided it. */
#if LSSOCK_FORTIFY && defined __OPTIMIZE__ && !defined _FORTIFY_SOURCE
#define _FORTIFY_SOURCE LSSOCK_FORTIFY
#endif])
AC_SUBST([HARDENING_CFLAGS])
AC_SUBST([HARDENING_LDFLAGS])
AC_SUBST([OPT_LDFLAGS])])

dnl The program alone is static, not the tests: Criterion is a shared library. -static-pie replaces
dnl the -pie of the hardening flags; where start files for it are missing, -static leaves it out.
AC_DEFUN([LSSOCK_STATIC_BINARY],
[STATIC_LDFLAGS= static=0
AS_IF([test "$enable_static_binary" = yes],
  [static=1
  AS_CASE([$HARDENING_LDFLAGS],
    [*-pie*], [LSSOCK_LD_FLAG([STATIC_LDFLAGS], [-static-pie], [], [-fPIE])])
  AS_IF([test -z "$STATIC_LDFLAGS"], [STATIC_LDFLAGS=-static])
  lssock_save_LDFLAGS=$LDFLAGS
  lssock_save_LIBS=$LIBS
  LDFLAGS="$LDFLAGS -static"
  LIBS="$LIBMNL_LIBS $LIBS"
  AC_CACHE_CHECK([for a static libmnl], [lssock_cv_static_libmnl],
    [AC_LINK_IFELSE([AC_LANG_PROGRAM([[int mnl_socket_close(void *);]], [[return mnl_socket_close(0);]])],
      [lssock_cv_static_libmnl=yes], [lssock_cv_static_libmnl=no])])
  LDFLAGS=$lssock_save_LDFLAGS
  LIBS=$lssock_save_LIBS
  AS_IF([test "$lssock_cv_static_libmnl" = no],
    [AC_MSG_ERROR([there is no libmnl.a or no static C library. Alpine has both (libmnl-static);
where libmnl.a is missing, build libmnl with --enable-static and name it by PKG_CONFIG_PATH])])])
AC_DEFINE_UNQUOTED([LSSOCK_STATIC], [$static], [1: the program is linked without shared libraries.])
AC_SUBST([STATIC_LDFLAGS])])

dnl LSSOCK_FIND_CRITERION(IF-FOUND, IF-NOT): for an installation without a .pc file.
AC_DEFUN([LSSOCK_FIND_CRITERION],
[AC_CHECK_HEADER([criterion/criterion.h],
  [AC_CHECK_LIB([criterion], [criterion_initialize], [CRITERION_LIBS=-lcriterion
    $1], [$2])],
  [$2])])

dnl The program for the kernel: made by clang and bpftool, or brought along by a release. AM_CPPFLAGS
dnl find it; HAVE_OWNERS_ITER says that it is there.
AC_DEFUN([LSSOCK_BPF],
[make_bpf=no have_bpf=no bpf_text="no (owners of sockets come from /proc)"
AS_IF([test "$enable_bpf" != no],
  [AC_CHECK_PROGS([CLANG], [clang])
  AC_PATH_PROG([BPFTOOL], [bpftool], [], [$PATH$PATH_SEPARATOR/usr/local/sbin$PATH_SEPARATOR/usr/sbin$PATH_SEPARATOR/sbin])
  LSSOCK_BPF_TOOLS
  AS_IF([test "$lssock_cv_bpf_tools" = yes],
    [make_bpf=yes have_bpf=yes bpf_text="yes"],
    [test -f "$srcdir/bpf/owners_iter.lskel.h"],
    [have_bpf=yes bpf_text="yes, as the release brings it"])
  AS_IF([test $have_bpf = yes],
    [AC_CHECK_DECLS([BPF_ITER_CREATE, BPF_PROG_TYPE_SYSCALL, BPF_F_SLEEPABLE], [],
      [make_bpf=no have_bpf=no bpf_text="no (the kernel headers are too old)"],
      [[#include <linux/bpf.h>]])])
  AS_IF([test "$enable_bpf,$have_bpf" = yes,no],
    [AC_MSG_ERROR([--enable-bpf needs clang and bpftool, or a release, and the headers of Linux 5.14])])])
AS_IF([test $have_bpf = yes],
  [AC_DEFINE([HAVE_OWNERS_ITER], [1], [Whether bpf/owners_iter.lskel.h is there or will be made.])])
AM_CONDITIONAL([HAVE_BPF], [test $have_bpf = yes])
AM_CONDITIONAL([MAKE_BPF], [test $make_bpf = yes])])

dnl A clang without this target, and a bpftool that cannot make light skeletons, are none.
AC_DEFUN([LSSOCK_BPF_TOOLS],
[AC_CACHE_CHECK([whether clang and bpftool make light skeletons], [lssock_cv_bpf_tools],
  [lssock_cv_bpf_tools=no
  AS_IF([test -n "$CLANG" && test -n "$BPFTOOL"],
    [cat >conftest.bpf.c <<'EOS'
__attribute__((section("iter/task_file"), used)) int probe(void *ctx) { return !ctx; }
EOS
    AS_IF([$CLANG -target bpfel -mcpu=v3 -O2 -g -c conftest.bpf.c -o conftest.bpf.o \
        >&AS_MESSAGE_LOG_FD 2>&1 &&
        $BPFTOOL gen skeleton -L conftest.bpf.o name probe >conftest.lskel.h \
        2>&AS_MESSAGE_LOG_FD && grep probe__load conftest.lskel.h >/dev/null],
      [lssock_cv_bpf_tools=yes])
    rm -f conftest.bpf.c conftest.bpf.o conftest.lskel.h])])])
