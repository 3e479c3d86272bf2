# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to break things for a run of lssock, for the tests of faults."""

import ctypes
import resource
import struct
import sys

import lib

AF_NETLINK = 16


def need_no_sanitizer():
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer, which needs this itself")


def without_proc():
    lib.call(lib.libc.unshare, lib.CLONE_NEWNS)
    lib.call(lib.libc.mount, b"none", b"/proc", b"tmpfs", 0, None)


# audit architecture -> number of socket(2)
SOCKET_CALLS = {
    0xC000003E: 41, 0x40000003: 359, 0xC00000B7: 198, 0x40000028: 281, 0xC00000F3: 198,
    0x80000016: 359, 0xC0000015: 326, 0x80000015: 326,
}


def deny_netlink(error):
    """A seccomp filter: socket(AF_NETLINK) fails. Returns what to run before exec."""
    code = []

    def add(op, jump_true, jump_false, value):
        code.append(struct.pack("HBBI", op, jump_true, jump_false, value))

    first_word = 16 if sys.byteorder == "little" else 20
    for arch, number in SOCKET_CALLS.items():
        add(0x20, 0, 0, 4)  # the architecture
        add(0x15, 0, 5, arch)
        add(0x20, 0, 0, 0)  # the system call
        add(0x15, 0, 3, number)
        add(0x20, 0, 0, first_word)  # its first argument
        add(0x15, 0, 1, AF_NETLINK)
        add(0x06, 0, 0, 0x00050000 | error)  # SECCOMP_RET_ERRNO
    add(0x06, 0, 0, 0x7FFF0000)  # SECCOMP_RET_ALLOW
    filters = ctypes.create_string_buffer(b"".join(code))
    program = ctypes.create_string_buffer(struct.pack("HL", len(code), ctypes.addressof(filters)))

    def install():
        lib.call(lib.libc.prctl, lib.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        lib.call(lib.libc.prctl, lib.PR_SET_SECCOMP, 2, program, 0, 0)
        deny_netlink.kept = filters

    return install


def with_files(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def strace(trace, *options, inject=(), around=None, **popen):
    """(status, the calls), with lssock's stdout in the file "out". around is run before strace."""
    tracer = lib.need_program("strace")
    words = [tracer, "-f", "-v", "-s", "512", "-o", "calls", "-e", "trace=" + trace]
    for rule in inject:
        words += ["-e", "inject=" + rule]
    env = {"ASAN_OPTIONS": "detect_leaks=0"} if lib.is_sanitized() else {}
    before = popen.pop("preexec_fn", None)
    if around:
        popen["preexec_fn"] = around
    target = [lib.LSSOCK, *options]
    if before:
        # The descriptors are to be closed for lssock, not for strace.
        target = ["sh", "-c", 'exec "$0" "$@" <&- >&-', *target]
    with open("out", "wb") as out, open("err", "wb") as err:
        result = lib.run([*words, *target], stdout=out, stderr=err, env=env, **popen)
    with open("calls", errors="replace") as calls:
        text = calls.read()
    if "PTRACE" in result.err or not text:
        raise lib.Skip("strace may not trace here")
    return result.status, text


def output():
    with open("out", encoding="latin-1") as out, open("err", encoding="latin-1") as err:
        return out.read(), err.read()
