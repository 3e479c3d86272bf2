#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What happens when something is missing, denied, full, closed or slow: exit status, messages, and no
row lost, doubled or invented.
"""

import contextlib
import errno
import fcntl
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from breaking import (  # noqa: E402
    deny_netlink, need_no_sanitizer, output, strace, with_files, without_proc,
)
from lib import case, equal, lssock, lssock_ok, that  # noqa: E402

OK, USAGE, PARTIAL, FAILED = 0, 2, 3, 4


def allow_many_files():
    """As many descriptors as may be had; returns their number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (100000, hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, hard)))
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


class Crowd:
    """count connections over loopback, both ends: 2 * count rows that stay as they are."""

    def __init__(self, count):
        self.pids = []
        for start in range(0, count, 2000):
            part = min(2000, count - start)
            if allow_many_files() < 2 * part + 100:
                raise lib.Skip("too few file descriptors")
            self.pids.append(lib.fork_child(lambda say: self.connections(part, say))[0])

    @staticmethod
    def connections(count, say):
        listener = lib.listen("127.0.0.1", backlog=64)
        sockets = [sock for _ in range(count) for sock in lib.connect_to(listener)]
        for sock in sockets:
            # RST instead of FIN at the end: nothing stays behind in TIME_WAIT.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        say("ready")
        return listener, sockets

    def close(self):
        for pid in self.pids:
            lib.end_child(pid)


def one_line(result):
    that(result.err.count("\n") == 1 and result.err.startswith("lssock: "), str(result))


def rows_of(result):
    return sorted(result.rows)


lib.enter()
os.chdir(lib.temp_dir())
KEPT = [lib.listen(), lib.listen()]
KEPT += lib.connect_to(KEPT[0])
KEPT += [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
KEPT[4].bind(("127.0.0.1", 0))
KEPT[5].connect(KEPT[4].getsockname())
KEPT.append(socket.socket(socket.AF_UNIX))
KEPT[-1].bind("server")
KEPT[-1].listen()
KEPT += socket.socketpair()
if lib.have_ipv6():
    KEPT.append(lib.listen("::1"))
# A socket on its way in a message has no owner, so that no walk over the processes can end early.
KEPT += socket.socketpair()
with socket.socket(socket.AF_UNIX) as sent:
    sent.bind("sent")
    socket.send_fds(KEPT[-1], [b"x"], [sent.fileno()])
for _ in range(20):
    lib.fork_child(lambda say: say("ready"))
CROWD = Crowd(1500)


# --- output --------------------------------------------------------------------------------------


for OPTIONS in (("-xlH",), ("-tan",), ("-tanp",), ("--help",), ("--version",)):

    @case(f"/dev/full, {' '.join(OPTIONS)}: status 4 and one message")
    def device_full(options=OPTIONS):
        with open("/dev/full", "wb") as full:
            result = lssock(*options, stdout=full)
        equal(result.status, FAILED, str(result))
        one_line(result)
        that("No space left" in result.err, result.err)


for OPTIONS in (("-ltn",), ("-tan",), ("-xap",), ("--help",)):

    @case(f"closed stdout, {' '.join(OPTIONS)}: status 4, one message, nothing crashes")
    def closed_stdout(options=OPTIONS):
        result = lssock(*options, stdout=None, preexec_fn=lambda: os.close(1))
        equal(result.status, FAILED, str(result))
        one_line(result)


@case("closed stdin and stderr: the same table, status 0")
def closed_others():
    want = lssock_ok("-tanp").out
    equal(lssock("-tanp", preexec_fn=lambda: os.close(2)).out, want)
    equal(lssock("-tanp", preexec_fn=lambda: os.close(2)).status, OK)
    result = lssock("-tanp", preexec_fn=lambda: os.close(0))
    equal((result.out, result.err, result.status), (want, "", OK))


@case("all three closed: status 4, and no descriptor of ours becomes one of them")
def all_closed():
    result = lssock("-tanp", stdout=None, stderr=None, preexec_fn=lambda: os.closerange(0, 3))
    equal(result.status, FAILED)
    status, calls = strace("socket,openat,open,write", "-xanp", preexec_fn=lambda: os.closerange(0, 2))
    equal(status, FAILED, calls)
    sockets = re.findall(r"^(?:\d+ +)?socket\(.* = (\d+)", calls, re.M)
    that(all(int(fd) > 2 for fd in sockets), calls)


@case("a reader that quits: quiet, ended by SIGPIPE or status 4")
def reader_quits():
    for options in ("-tan", "-tanp"):
        process = start(options)
        equal(process.stdout.readline(), b"Active Internet connections (servers and established)\n")
        process.stdout.close()
        that(process.wait(lib.PATIENCE) in (-signal.SIGPIPE, FAILED), str(process.returncode))
        equal(process.stderr.read(), b"")


@case("a reader that quits while SIGPIPE is ignored: quiet, status 4")
def reader_quits_sigpipe_ignored():
    process = start(
        "-tan",
        preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN),
        restore_signals=False,
    )
    process.stdout.readline()
    process.stdout.close()
    equal(process.wait(lib.PATIENCE), FAILED)
    equal(process.stderr.read(), b"")


def start(*options, pipe_size=4096, **popen):
    """lssock with a small pipe before it, so that it has to wait for its reader."""
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, 1031, pipe_size)  # F_SETPIPE_SZ
    process = subprocess.Popen(
        [lib.LSSOCK, *options], stdin=subprocess.DEVNULL, stdout=write_end, stderr=subprocess.PIPE,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", **lib.passed_on()}, **popen,
    )
    os.close(write_end)
    process.stdout = os.fdopen(read_end, "rb")
    return process


@case("a slow reader behind a non-blocking pipe gets every byte")
def slow_reader():
    want = lssock_ok("-tan").out.encode()
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, 1031, 4096)
    os.set_blocking(write_end, False)
    process = subprocess.Popen([lib.LSSOCK, "-tan"], stdout=write_end, stderr=subprocess.PIPE)
    os.close(write_end)
    got = b""
    time.sleep(0.2)
    while True:
        part = os.read(read_end, 3000)
        if not part:
            break
        got += part
        time.sleep(0.001)
    os.close(read_end)
    equal(process.wait(lib.PATIENCE), OK)
    that(got == want, f"{len(got)} bytes of {len(want)}")
    equal(process.stderr.read(), b"")


@case("a stopped and continued listing loses nothing")
def stopped():
    want = lssock_ok("-tan").out.encode()
    process = start("-tan")
    got = process.stdout.read(5000)
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(0.1)
    os.kill(process.pid, signal.SIGCONT)
    got += process.stdout.read()
    equal(process.wait(lib.PATIENCE), OK)
    that(got == want, f"{len(got)} bytes of {len(want)}")


@case("SIGTERM and SIGINT before the end: whole lines, ended by the signal")
def interrupted():
    for number in (signal.SIGTERM, signal.SIGINT):
        process = start("-tan")
        got = process.stdout.read(5000)
        os.kill(process.pid, number)
        got += process.stdout.read()
        equal(process.wait(lib.PATIENCE), -number)
        equal(process.stderr.read(), b"")
        that(got.endswith(b"\n"), repr(got[-100:]))


# --- /proc ---------------------------------------------------------------------------------------


@case("no /proc: sock_diag lists all the same, owners are unknown and a note says so")
def no_proc():
    lib.need_mounts()
    need_no_sanitizer()
    for options in ("-tan", "-uan", "-tuln"):
        result = lssock(options, preexec_fn=without_proc)
        equal((result.out, result.err, result.status), (lssock_ok(options).out, "", OK), options)
    result = lssock("-tanp", preexec_fn=without_proc)
    equal(result.status, OK, str(result))
    one_line(result)
    equal({row.split()[6] for row in result.rows}, {"-"})
    equal([row[:79] for row in result.rows], [row[:79] for row in lssock_ok("-tanp").rows])


@case("no /proc: UNIX sockets without RefCnt are partial, status 3 and a message")
def no_proc_unix():
    lib.need_mounts()
    need_no_sanitizer()
    result = lssock("-xa", preexec_fn=without_proc)
    equal(result.status, PARTIAL, str(result))
    one_line(result)
    equal([row[13:] for row in result.rows], [row[13:] for row in lssock_ok("-xa").rows])


@case("neither /proc nor sock_diag: status 4 and a message, not an empty table")
def no_source():
    lib.need_mounts()
    need_no_sanitizer()

    def neither():
        without_proc()
        deny_netlink(errno.EPERM)()

    for options in ("-tan", "-xa", "-an", "-tanp"):
        result = lssock(options, preexec_fn=neither)
        equal(result.status, FAILED, str(result))
        equal(result.rows, [])
        that(result.err.startswith("lssock: "), str(result))


@case("hidepid=2: all sockets, no owners of others, a note, status 0")
def hidepid():
    lib.need_mounts()
    lib.need_real_root()
    program = lib.public_lssock()

    def hidden():
        lib.call(lib.libc.unshare, lib.CLONE_NEWNS)
        lib.call(lib.libc.mount, b"proc", b"/proc", b"proc", 0, b"hidepid=2")
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)

    try:
        result = lib.run([program, "-tlnp"], preexec_fn=hidden)
    except subprocess.SubprocessError:
        raise lib.Skip("no /proc with hidepid here") from None
    equal(result.status, OK, str(result))
    equal([row[:79] for row in result.rows], [row[:79] for row in lssock_ok("-tlnp").rows])
    equal({row.split()[6] for row in result.rows}, {"-"})
    that(1 <= result.err.count("\n") <= 2, str(result))


# --- netlink denied ------------------------------------------------------------------------------

for ERROR in (errno.EPERM, errno.EACCES, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.ENOSYS):

    @case(
        f"AF_NETLINK denied with {errno.errorcode[ERROR]}: the same rows from /proc, one "
        "note, status 0"
    )
    def netlink_denied(error=ERROR):
        for options in ("-tan", "-tane", "-uan", "-tulpn", "-xa", "-xlp", "-anep"):
            want = lssock_ok(options)
            result = lssock(options, preexec_fn=deny_netlink(error))
            equal(result.status, OK, str(result))
            equal(result.out, want.out, options)
            one_line(result)
        before, ours, after = lib.between(
            lambda: lssock_ok("-tano"), lambda: lssock("-tano", preexec_fn=deny_netlink(error)))
        that(lib.runs_on(before.out, ours.out, after.out), "-tano")


@case("AF_NETLINK denied: the note tells what is used instead")
def denied_note():
    result = lssock("-tan", preexec_fn=deny_netlink(errno.EPERM))
    that("/proc" in result.err, result.err)


@case("AF_NETLINK denied: --time-wait and --explain count the same from /proc")
def denied_views():
    listener = lib.listen()
    for _ in range(3):
        client, accepted = lib.connect_to(listener)
        client.close()
        that(accepted.recv(1) == b"", "no end of file")
        accepted.close()

    def told(view, **how):
        document = json.loads(lssock(view, "--json", **how).out)
        for key in ("time", "warnings", "ages", "closes_per_s_10s", "closes_per_s_60s"):
            document.pop(key, None)
        for service in document.get("services", ()):
            del service["closes_per_s_10s"]
        return document

    for view in ("--time-wait", "--explain", "--explain=time-wait", "--explain=listen"):
        want = told(view)
        equal(told(view, preexec_fn=deny_netlink(errno.EPERM)), want, view)
    want = [s["sockets"] for s in told("--time-wait")["services"] if s["side"] == "client"
            and s["remote_port"] == lib.port_of(listener)]
    equal(want, [3])
    listener.close()


@case("AF_NETLINK denied: names with newlines and escape sequences hide no other socket")
def denied_hostile_names():
    names = (b"\0a\nb", b"\0\x1b[31m", b"\0 blank", b"\0\n\n\n", b"\0end\n", b"\0\n0000: 00000002 00")
    kept = []
    for name in names:
        kept.append(socket.socket(socket.AF_UNIX))
        kept[-1].bind(name)
        kept[-1].listen()
    result = lssock("-xa", preexec_fn=deny_netlink(errno.EPERM))
    that(result.status in (OK, PARTIAL) and result.err, str(result))
    that(not re.search(r"[^\n\x20-\x7e]", result.out + result.err), "a control byte")
    equal(rows_of(result), rows_of(lssock_ok("-xa")))
    del kept


# --- few descriptors -----------------------------------------------------------------------------


@case("8 descriptors are enough, also for -p")
def eight_files():
    for options in ("-tan", "-tanp", "-xap", "-anep"):
        result = lssock(options, preexec_fn=with_files(8))
        equal((result.err, result.status), ("", OK), options)
        equal(result.out, lssock_ok(options).out, options)


@case("fewer than 8: complete, or a message and status 3 or 4; never an empty table with status 0")
def fewer_files():
    need_no_sanitizer()
    for limit in (4, 5, 6, 7):
        for options in ("-tan", "-tlnp", "-xap"):
            result = lssock(options, preexec_fn=with_files(limit))
            want = lssock_ok(options)
            if result.status == OK:
                equal(result.out, want.out, f"{limit} {options}")
                continue
            that(result.status in (PARTIAL, FAILED), f"{limit} {result}")
            that("open files" in result.err, f"{limit} {result}")
            that(result.err.count("\n") <= 4, f"{limit} {result}")
    equal(lssock("-tlnp", preexec_fn=with_files(4)).status != OK, True, "4 cannot be enough for -p")


# --- wrong command lines -------------------------------------------------------------------------

WRONG = (
    "-Q", "--nonsense", "-tQ", "--tcp=yes", "--count", "--count=0", "--count=x", "--count=-1",
    "--count=1.5", "--count=99999999999999999999", "-c0", "-c-1", "-c1e999", "-c.", "--continuous=nan",
    "--continuous=0", "--continuous=-1", "--continuous=inf", "--continuous=1e400", "--continuous=",
    "--continuous=1x", "--resolve-timeout=", "--resolve-timeout=x", "--resolve-timeout=-1",
    "--resolve-timeout=nan", "--resolve-timeout=1e400", "--resolve-timeout=inf", "--resolve-timeout",
    "--resolve-timeout= 1", "-A", "-Afoo", "--protocol=", "--inet=4", "--\x1b[31m", "-\x1b",
)

for WORD in WRONG:

    @case(f"wrong: {ascii(WORD)}, status 2, a message, nothing on stdout")
    def wrong_words(word=WORD):
        result = lssock(word)
        equal((result.status, result.out), (USAGE, ""), str(result))
        one_line(result)
        that(not re.search(r"[^\n\x20-\x7e]", result.err), "a control byte in the message")


# As in netstat "-cnan" is -c -n -a -n, so it is no wrong number; nor is "-c1e400": -c1 -e -4 -0.


@case("a wrong option among right ones: nothing is done")
def wrong_among_right():
    for words in (("-tan", "--nonsense"), ("--count=0", "-tan"), ("-tanQ",)):
        result = lssock(*words)
        equal((result.status, result.out), (USAGE, ""), str(words))


for WORDS, TOOL in {
    ("-r",): "ip route", ("-rn",): "ip route", ("--route",): "ip route", ("-i",): "ip -s link",
    ("--interfaces",): "ip -s link", ("-g",): "ip maddr", ("--groups",): "ip maddr",
    ("-M",): "conntrack -L", ("--masquerade",): "conntrack -L", ("-F",): "ip route",
    ("--fib",): "ip route", ("-C",): "ip route", ("--cache",): "ip route", ("-n", "-r"): "ip route",
    ("-N",): "--netns=NAME", ("--symbolic",): "--netns=NAME",
}.items():

    @case(f"{' '.join(WORDS)} is not ours: status 2 and the name of the tool that has it")
    def other_tool(words=WORDS, tool=TOOL):
        result = lssock(*words)
        equal((result.status, result.out), (USAGE, ""), str(result))
        one_line(result)
        that(tool in result.err, result.err)


@case("a right command line is status 0: the help on stdout names the options")
def help_text():
    for word in ("--help", "-h"):
        result = lssock_ok(word)
        for option in ("--listening", "--programs", "--continuous", "--resolve-timeout", "--count"):
            that(option in result.out, option)
    for word in ("--version", "-V"):
        that(re.match(r"lssock \d", lssock_ok(word).out), word)


@case("-Z where processes have no security context: a message, status 4, nothing on stdout")
def no_context():
    try:
        with open("/proc/self/attr/current", "rb") as current:
            if current.read().strip(b"\0\n"):
                raise lib.Skip("processes have a security context here")
    except OSError:
        pass
    result = lssock("-tanZ")
    equal((result.status, result.out), (FAILED, ""), str(result))
    one_line(result)


@case("SCTP that this kernel does not have: told when it was asked for, and the rest is listed")
def no_sctp():
    if lib.have_protocol(socket.AF_INET, socket.SOCK_STREAM, 132):
        raise lib.Skip("this kernel has SCTP")
    result = lssock("-tSuan")
    equal(result.status, PARTIAL, str(result))
    one_line(result)
    that("sctp" in result.err, result.err)
    equal(result.rows, lssock_ok("-tuan").rows)  # netstat drops what comes after SCTP
    equal(lssock_ok("--inet", "-an").rows, [row for row in lssock_ok("-4an").rows if row[:4] != "unix"])


# --- what strace sees ----------------------------------------------------------------------------


@case("with -n nothing of the name services is opened and no socket but netlink's is made")
def numeric_opens_nothing():
    for options in (("-tulpnea",), ("-xanp",), ("-an", "-o", "-e", "-p"), ("-nw",)):
        status, calls = strace("%file,socket,connect", *options)
        equal(status, OK)
        for name in ("hosts", "resolv.conf", "nsswitch.conf", "services", "passwd", "protocols", "host.conf"):
            that(f'"/etc/{name}"' not in calls, f"{options}: {name} was opened")
        that("libnss" not in calls, f"{options}: a name service was loaded")
        # Without a raw socket, which sockstat tells, the kernel is not asked for any.
        that("AF_NETLINK" in calls or options == ("-nw",), calls)
        for family in ("AF_INET", "AF_UNIX"):
            that(f"socket({family}" not in calls, f"{options}: a socket of {family}")


@case("-ltn asks the kernel for listeners only, -tan for all states, -tn for all but listeners")
def asked_states():
    for options, listen, others in (("-ltn", True, False), ("-tan", True, True), ("-tn", False, True)):
        _, calls = strace("sendto,sendmsg", options)
        asked = re.findall(r"(?:sdiag_protocol=IPPROTO_TCP|TCPDIAG_GETSOCK).*?idiag_states=([^,}]*)", calls)
        that(len(asked) >= 1, calls)
        for states in asked:
            equal(states_asked(states), (listen, others), f"{options}: {states}")


def states_asked(text):
    """(LISTEN?, any other?) of strace's idiag_states."""
    mask = 0
    for word in text.split("|"):
        if word.startswith("1<<TCP_LISTEN"):
            mask |= 1 << 10
        elif word.startswith("1<<"):
            mask |= 1
        else:
            mask |= int(word, 0)
    return bool(mask & 1 << 10), bool(mask & ~(1 << 10))



def looks_at(pid):
    """How often a process may be looked into: each time at twice as many descriptors, from 16 on."""
    try:
        highest = max(map(int, os.listdir(f"/proc/{pid}/fd")), default=0)
    except OSError:
        highest = 31  # strace or lssock, which have ended
    return 1 + max(0, (highest // 16).bit_length())


@case("a process is opened again for -p only if it has many descriptors; each request has a number")
def opened_once():
    # A socket on its way in a message has no owner, so that the walk cannot end early.
    here, there = socket.socketpair()
    with lib.listen() as sent:
        socket.send_fds(here, [b"x"], [sent.fileno()])
    _, calls = strace("openat,sendto,sendmsg", "-tunlp")
    opened = re.findall(r'openat\(\d+, "(\d+)", ', calls)
    that(len(opened) >= 3, calls)
    for pid in set(opened):
        that(opened.count(pid) <= looks_at(pid), f"{pid}: {opened.count(pid)} times")
    numbers = re.findall(r"nlmsg_seq=(\d+)", calls)
    that(len(numbers) >= 2, calls)
    equal(sorted(numbers), sorted(set(numbers)))
    there.close()


FAULTS = (
    "recvmsg:error=ENOBUFS:when=3", "recvmsg:error=ENOBUFS:when=1", "recvmsg:error=ENOBUFS:when=2+4",
    "recvmsg:error=EINTR:when=1", "recvmsg:error=EINTR:when=2+2", "recvmsg:error=ENOMEM:when=2",
    "recvmsg:error=EAGAIN:when=2", "recvmsg:error=EIO:when=3+1", "recvmsg:retval=0:when=2",
    "recvmsg:error=ENOBUFS", "sendto:error=EPERM", "sendto:error=ECONNREFUSED:when=1",
    "sendto:error=EINTR:when=1", "sendto:error=EBUSY:when=1", "sendto:error=ENOMEM:when=2",
    "bind:error=EPERM", "socket:error=EMFILE", "socket:error=EAFNOSUPPORT", "getsockname:error=ENOBUFS",
    "setsockopt:error=EPERM", "write:error=EINTR:when=1", "write:error=EAGAIN:when=2",
    "mmap:error=ENOMEM:when=40+1",
)

for RULE in FAULTS:

    @case(f"fault {RULE}: the same rows, or an honest status 3 or 4")
    def injected(rule=RULE):
        if rule.startswith("mmap"):
            need_no_sanitizer()
        want = sorted(lssock_ok("-tan").lines)
        status, _ = strace(rule.split(":")[0], "-tan", inject=[rule])
        out, err = output()
        got = sorted(out.split("\n")[:-1])
        if status == OK:
            that(got == want, f"{len(got)} lines of {len(want)}\n{err}")
            that(err.count("\n") <= 2, err)
            if re.search(r":error=(ENOBUFS|EINTR):when=\d$", rule):
                equal(err, "", "one failure is worth another try, not a word")
            return
        if status == 127 and rule.startswith("mmap"):
            return  # the dynamic linker was hit
        that(status in (PARTIAL, FAILED), f"status {status}\n{err}")
        that(0 < err.count("\n") <= 4, f"status {status} without a message\n{err}")
        that(set(got) <= set(want), "a row that does not exist")
        that(len(got) == len(set(got)) or len(got) <= len(want), "rows are doubled")


for RULE in (
    "getdents64:error=EIO:when=3", "getdents64:error=ENOENT:when=4", "openat:error=ESRCH:when=20+3",
    "readlinkat:error=EIO:when=5+3", "readlinkat:error=ESRCH:when=2+2", "readlinkat:error=ENOENT:when=4+2",
    "openat:error=ENOENT:when=21+2",
):

    @case(f"fault {RULE} during -p: every row, no wrong owner")
    def injected_owners(rule=RULE):
        want = lssock_ok("-xap").rows
        status, _ = strace(rule.split(":")[0], "-xap", inject=[rule])
        out, err = output()
        got = [line for line in out.split("\n")[:-1] if line.startswith("unix")]
        if status == FAILED:
            that(err, "status 4 without a message")
            return
        that(status in (OK, PARTIAL), f"status {status}\n{err}")
        if "ESRCH" in rule or "ENOENT" in rule:  # as if a process had ended: no trouble at all
            equal((status, err), (OK, ""))
        if "openat" not in rule or status == OK:
            equal(len(got), len(want), err)
            for mine, theirs in zip(got, want):
                at = lib.behind_inode(theirs)
                equal(mine[:at] + mine[at + 21:], theirs[:at] + theirs[at + 21:])
                # With its first owner out of sight a socket may show another one.
                that(re.match(r"\d+/python3 +$|- +$", mine[at:at + 20]), mine)
                that(theirs[at] != "-" or mine[at] == "-", mine)


@case("write fails in the middle with ENOSPC: status 4, whole message")
def write_fails():
    status, _ = strace("write", "-tan", inject=["write:error=ENOSPC:when=2+"])
    equal(status, FAILED)
    # stderr cannot be written either here, so the status alone tells.


# --- memory --------------------------------------------------------------------------------------


def peak_memory(*options):
    """(peak resident kB, rows): VmHWM seen while lssock waits for its reader."""
    process = start(*options)
    peak, got = 0, b""
    while True:
        part = os.read(process.stdout.fileno(), 65536)
        if not part:
            break
        got += part
        with contextlib.suppress(OSError), open(f"/proc/{process.pid}/status") as status:
            found = re.search(r"VmHWM:\s+(\d+)", status.read())
            peak = max(peak, int(found[1]) if found else 0)
    equal(process.wait(lib.PATIENCE), OK)
    return peak, got.count(b"\n") - 2


@case(
    "memory does not grow with the number of sockets: 20,000 connections cost less than "
    "1 MiB more"
)
def memory():
    need_no_sanitizer()
    CROWD.close()
    few = Crowd(100)
    before, rows = peak_memory("-tan")
    that(200 <= rows < 300, f"{rows} rows")
    few.close()
    many = Crowd(10000)
    after, rows = peak_memory("-tan")
    many.close()
    that(20000 <= rows < 20100, f"{rows} rows")
    that(before > 500 and after - before < 1024, f"{before} kB, then {after} kB")


lib.main()
