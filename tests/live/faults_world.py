#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A world that is odd or forbids: files that may not be read, a /proc that is not the kernel's or another
namespace's, limits, locales, the environment, terminals, a stopped program.
"""

import ctypes
import errno
import json
import os
import pty
import re
import resource
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from breaking import deny_netlink, need_no_sanitizer, output, strace, without_proc  # noqa: E402
from lib import case, equal, lssock, lssock_ok, that  # noqa: E402

OK, NO, USAGE, PARTIAL, FAILED = 0, 1, 2, 3, 4


def one_line(result):
    that(result.err.count("\n") == 1 and result.err.startswith("lssock: "), str(result))


# --- /proc ---------------------------------------------------------------------------------------

HEADER = ("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
          "  timeout inode\n")
FORGED = "   0: 0100007F:029A 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4242 1 0 0\n"


def fake_proc(files, links=()):
    """A file system of our own in the place of /proc; a mode with each file."""
    without_proc()
    for name, (mode, text) in files.items():
        path = os.path.join("/proc", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        os.chmod(path, mode)
    for name, target in links:
        path = os.path.join("/proc", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)


@case("files of /proc/net that may not be read: never an empty table with status 0")
def unreadable():
    lib.need_mounts()
    lib.need_real_root()
    need_no_sanitizer()
    program = lib.public_lssock()

    def closed(mode):
        def setup():
            fake_proc({"net/tcp": (mode, HEADER), "net/udp": (0o644, HEADER)})
            lib.become_nobody()
            deny_netlink(errno.EPERM)()

        return setup

    result = lib.run([program, "-4tan"], preexec_fn=closed(0))
    equal((result.status, result.rows), (FAILED, []), str(result))
    one_line(result)
    that("/proc/net/tcp: Permission denied" in result.err, result.err)
    result = lib.run([program, "-4tuan"], preexec_fn=closed(0))
    equal((result.status, result.rows), (PARTIAL, []), str(result))
    that("tcp: cannot be listed" in result.err, result.err)
    result = lib.run([program, "-4tan", "--json"], preexec_fn=closed(0))
    equal((result.status, json.loads(result.out)["complete"]), (FAILED, False), str(result))
    equal(lib.run([program, "-4tan"], preexec_fn=closed(0o644)).status, OK)


@case("reading a table breaks off with EIO, at any read: complete, or status 3 or 4 and a message")
def broken_reads():
    need_no_sanitizer()
    want = sorted(lssock("-tan", preexec_fn=deny_netlink(errno.EPERM)).rows)
    statuses = set()
    for number in range(1, 19, 2):
        status, _ = strace("read,pread64,readv", "-tan", inject=[f"read:error=EIO:when={number}+"],
                           around=deny_netlink(errno.EPERM))
        out, err = output()
        rows = sorted(line for line in out.split("\n") if line.startswith("tcp"))
        if status == 127:  # the dynamic linker was hit
            continue
        statuses.add(status)
        that(status in (OK, PARTIAL, FAILED), f"read {number}: status {status}, {err}")
        if status == OK:
            equal(rows, want, f"read {number}: {err}")
        else:
            that("Input/output error" in err, f"read {number}: status {status}, {err}")
            that(set(rows) <= set(want), f"read {number}")
    that(statuses & {PARTIAL, FAILED}, "no read was hit")


@case("a /proc that is not the kernel's: sockets are the kernel's all the same; owners may be wrong, and a note says so")
def forged_proc():
    lib.need_mounts()
    need_no_sanitizer()
    inode = lib.inode_of(KEPT[0])

    def forge():
        fake_proc({"net/tcp": (0o644, HEADER + FORGED), "4242/comm": (0o644, "sshd\n")},
                  [("4242/fd/3", f"socket:[{inode}]"), ("self", "4242")])

    result = lssock("-tanp", preexec_fn=forge)
    equal(result.status, OK, str(result))
    one_line(result)
    that("programs may be missing or wrong" in result.err, result.err)
    that(":666 " not in result.out, result.out)
    equal([row[:79] for row in result.rows], [row[:79] for row in lssock_ok("-tanp").rows])


@case("/proc of another PID namespace: told, and no number of another namespace is taken for one of ours")
def foreign_proc():
    need_no_sanitizer()
    lib.need_real_root()
    words = ["unshare", "-p", "--fork", lib.LSSOCK, "-tlnp"]
    if lib.run(["unshare", "-p", "--fork", "true"]).status != 0:
        raise lib.Skip("no namespace of processes here")
    result = lib.run(words)
    equal(result.status, OK, str(result))
    one_line(result)
    that("PID namespace" in result.err, result.err)
    equal(len(result.rows), len(lssock_ok("-tlnp").rows))


for RULE in ("openat:error=ENFILE:when=24+", "openat:error=EMFILE:when=26+", "openat:error=EIO:when=25+"):

    @case(f"{RULE} while owners are looked for: every row, status 3, a message")
    def owners_cut(rule=RULE):
        want = [row[:79] for row in lssock_ok("-tanp").rows]
        status, _ = strace("openat", "-tanp", inject=[rule])
        out, err = output()
        rows = [line for line in out.split("\n") if line.startswith("tcp")]
        that(status in (PARTIAL, FAILED), f"status {status}: {err}")
        that(1 <= err.count("\n") <= 2, err)
        if status == PARTIAL:
            equal([row[:79] for row in rows], want, err)
            for row in rows:
                that(re.search(r" (-|\d+/python3) *$", row), row)


# --- limits --------------------------------------------------------------------------------------


@case("no thread may be started: owners are found all the same, names are numbers and a note")
def no_threads():
    lib.need_real_root()
    need_no_sanitizer()
    program = lib.public_lssock()

    def alone():
        lib.become_nobody()
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))

    want = lib.run([program, "-tanp"], preexec_fn=lib.become_nobody)
    result = lib.run([program, "-tanp"], preexec_fn=alone)
    equal((result.status, result.out, result.err), (OK, want.out, want.err))
    result = lib.run([program, "-ta"], preexec_fn=alone)
    equal((result.status, result.out), (OK, lssock_ok("-tan").out), str(result))
    one_line(result)
    that("names cannot be looked up" in result.err, result.err)


@case("a small stack is enough")
def small_stack():
    need_no_sanitizer()
    small = (256 * 1024, 256 * 1024)
    for options in (("-tanp",), ("-xap",), ("-tan", "--json", "-p"), ("--ports", "-n"), ("--summary",)):
        result = lssock(*options, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, small))
        equal((result.status, result.err), (OK, ""), str(options))


@case("a file that may not grow: status 4 and a message, or ended by SIGXFSZ")
def file_size():
    def limited(action):
        def setup():
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
            signal.signal(signal.SIGXFSZ, action)

        return setup

    with open("limited", "wb") as out:
        result = lssock("-tan", stdout=out, restore_signals=False, preexec_fn=limited(signal.SIG_IGN))
        equal(result.status, FAILED, str(result))
        one_line(result)
        result = lssock("-tan", stdout=out, restore_signals=False, preexec_fn=limited(signal.SIG_DFL))
        that(result.status in (FAILED, -signal.SIGXFSZ), str(result))


# --- locale and environment ----------------------------------------------------------------------


@case("a bogus locale is the C locale, byte for byte")
def bogus_locale():
    hostile = socket.socket(socket.AF_UNIX)
    hostile.bind("\0\u00e9\u202e\x9b".encode() + b"\xff\x1b")
    hostile.listen()
    for options in (("-xl",), ("-tan",), ("-xl", "--json", "--columns=path,path_kind"), ("--ports", "-n")):
        want = lssock_ok(*options)
        for name in ("xx_YY.UTF-8", "tlh", "C.nonsense", "\u00ff", "../../../etc/passwd", "x" * 5000,
                     "de_DE.ISO-8859-1", "POSIX", "%s%n"):
            for variable in ("LC_ALL", "LC_CTYPE", "LANG"):
                env = {"LC_ALL": "", "LANG": "C", variable: name}
                got = lssock(*options, env=env)
                equal((got.status, got.err), (OK, ""), f"{env}")
                equal(without_time(got.out), without_time(want.out), f"{variable}={name[:30]}")
    hostile.close()


def without_time(text):
    return re.sub(r'"time":"[^"]*"', "", text)


@case("a locale with a comma changes no number in data")
def comma_locale():
    want = lssock_ok("--ports", "-n", "--csv").out
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"):
        got = lssock_ok("--ports", "-n", "--csv", env={"LC_ALL": "", "LC_NUMERIC": name, "LANG": name})
        equal(got.out, want, name)


@case("no variable of the environment changes where data comes from")
def environment():
    with open("forged", "w", encoding="ascii") as out:
        out.write(HEADER + FORGED)
    here = os.path.abspath("forged")
    env = {
        "PROC_ROOT": os.getcwd(), "PROC_NET_TCP": here, "PROC_NET_TCP6": here, "PROC_NET_UDP": here,
        "PROC_NET_UNIX": here, "PROC_NET_RAW": here, "PROC_SLABINFO": here, "TCPDIAG_FILE": here,
        "HOSTALIASES": here, "RES_OPTIONS": "timeout:30", "LOCALDOMAIN": "example.org",
        "POSIXLY_CORRECT": "1", "COLUMNS": "3", "LINES": "1", "TZ": ":/dev/zero", "IFS": "/",
        "NLSPATH": here, "TMPDIR": "/nonexistent", "PATH": "", "HOME": here, "TERM": "\x1b[2J",
        "LSSOCK_PROC": here, "NETLINK": "0", "MALLOC_ARENA_MAX": "0",
    }
    for options in (("-tanp",), ("-xap",), ("-uan",), ("-tan", "--csv")):
        got = lssock(*options, env=env)
        want = lssock_ok(*options)
        equal((got.status, got.out, got.err), (OK, want.out, ""), str(options))


@case("started without even its name, in a directory that is gone")
def no_arguments():
    gone = os.path.join(lib.temp_dir(), "gone")

    def setup():
        os.mkdir(gone)
        os.chdir(gone)
        os.rmdir(gone)
        nothing = (ctypes.c_char_p * 1)(None)
        lib.libc.execve(lib.LSSOCK.encode(), nothing, nothing)

    result = lib.run(["/bin/false"], preexec_fn=setup)
    equal((result.status, result.err), (OK, ""), str(result))
    that(result.out.startswith("Active Internet connections (w/o servers)"), str(result))


@case("an expression that is nested without end, or is a megabyte long: status 2 and a message")
def endless_expression():
    for text in ("(" * 50000, "( not " * 20000 + "sport = 1", "sport = " + "1" * 100000,
                 "sport = 1 or " * 9000):
        result = lssock("-tan", text)
        equal((result.status, result.out), (USAGE, ""), text[:20])
        that(result.err and len(result.err) < 5000, f"{len(result.err)} bytes")


# --- terminals and signals -----------------------------------------------------------------------


@case("a terminal that is gone: EIO is status 4 and one message")
def lost_terminal():
    ours, theirs = pty.openpty()
    os.close(ours)
    result = lssock("-tan", stdout=theirs)
    os.close(theirs)
    equal(result.status, FAILED, str(result))
    one_line(result)
    that("Input/output error" in result.err, result.err)


@case("terminals of every width, and what COLUMNS may say: each socket is a line")
def widths():
    for width in (0, 1, 2, 39, 300, 65535):
        text = lib.on_terminal(width, "-tan")
        equal(text, lssock_ok("-tan").out, str(width))  # netstat's table is never cut
        rows = lib.on_terminal(width, "-tanH", "--columns=proto,local_address,remote_address,state").split("\n")
        equal(len(rows) - 1, len(lssock_ok("-tanH").rows), str(width))
    for columns in ("", "0", "-5", "abc", "1e9", "99999999999999999999", "65536", " 80", "80x"):
        text = lib.on_terminal(100, "-tan", "--columns=proto,local_address,remote_address,state",
                               env={"COLUMNS": columns})
        equal(text, lib.on_terminal(100, "-tan", "--columns=proto,local_address,remote_address,state"), columns)


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="latin-1") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


@case("SIGTSTP stops it, SIGCONT goes on with what is there then, without a burst")
def suspended():
    process = subprocess.Popen([lib.LSSOCK, "-tlnH", "-c0.2"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env={"LC_ALL": "C", **lib.passed_on()})
    os.set_blocking(process.stdout.fileno(), False)
    try:
        lib.eventually(process.stdout.read, "the first rows")
        process.send_signal(signal.SIGTSTP)
        lib.eventually(lambda: state_of(process.pid) == "T", "it stops")
        process.stdout.read()
        added = lib.listen()
        time.sleep(2.5)
        equal(process.stdout.read(), None)
        started = time.monotonic()
        process.send_signal(signal.SIGCONT)
        row = f":{lib.port_of(added)} ".encode()
        text = lib.eventually(process.stdout.read, "a round")
        that(text.count(row) >= 1, "the round is of before")
        time.sleep(0.3)
        text += process.stdout.read() or b""
        took = time.monotonic() - started
        that(text.count(row) <= took / 0.2 + 2, f"{text.count(row)} rounds in {took} s")
    finally:
        process.kill()
        process.wait()
    equal(process.stderr.read(), b"")
    added.close()


lib.enter()
os.chdir(lib.temp_dir())
KEPT = [lib.listen(), lib.listen()]
KEPT += lib.connect_to(KEPT[0])
KEPT += socket.socketpair()
# A socket on its way in a message has no owner, so that no walk over the processes can end early.
with lib.listen() as SENT:
    socket.send_fds(KEPT[-1], [b"x"], [SENT.fileno()])
for _ in range(12):
    lib.fork_child(lambda say: say("ready"))
lib.main()
