#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the program may still do at each stage, as /proc/PID/status tells it, and that giving it up
changes nothing of what is printed.
"""

import contextlib
import ctypes
import errno
import os
import platform
import signal
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, eventually, that  # noqa: E402

NOBODY = 65534
DAC_READ_SEARCH, NET_ADMIN, SYS_PTRACE, SYS_ADMIN = 1 << 2, 1 << 12, 1 << 19, 1 << 21
OWNERS, FACTS, CGROUPS = DAC_READ_SEARCH | SYS_PTRACE, NET_ADMIN, DAC_READ_SEARCH
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
# Machine -> its name for audit, and the numbers of prctl, landlock_{create_ruleset,restrict_self}.
CALLS = {"x86_64": (0xC000003E, 157, 444, 446), "aarch64": (0xC00000B7, 167, 444, 446)}
SO_MARK = 36


def status_of(pid, task=None):
    """/proc/PID/status as a dictionary; None when it has ended."""
    where = f"/proc/{pid}/task/{task}/status" if task else f"/proc/{pid}/status"
    try:
        with open(where, encoding="ascii", errors="replace") as lines:
            return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)
    except (FileNotFoundError, ProcessLookupError):
        return None


# PERFMON and BPF, where the program that asks the kernel for owners was compiled in: held with
# SYS_PTRACE, and given up with it.
OF_BPF = 1 << 38 | 1 << 39


def caps(status):
    """The sets. Those of OF_BPF are left out where they may be held."""
    sets = {name: int(status[name], 16) for name in SETS if name in status}
    for name in ("CapPrm", "CapEff"):
        if sets.get(name, 0) & SYS_PTRACE:
            sets[name] &= ~OF_BPF
    return sets


def held(effective, permitted=None):
    permitted = effective if permitted is None else permitted
    return {"CapInh": 0, "CapPrm": permitted, "CapEff": effective, "CapBnd": 0, "CapAmb": 0}


class Running:
    """
    The program on its way. full: nobody reads and the pipe has no room, so that not one byte of
    output can have been written.
    """

    def __init__(self, *options, full=False):
        self.end, write_end = os.pipe()
        if full:
            os.set_blocking(write_end, False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(write_end, b"x" * 4096)
            os.set_blocking(write_end, True)
        self.process = subprocess.Popen(
            [lib.LSSOCK, *options], stdin=subprocess.DEVNULL, stdout=write_end,
            stderr=subprocess.DEVNULL,
        )
        os.close(write_end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.end)

    @property
    def pid(self):
        return self.process.pid

    def status(self):
        that(self.process.poll() is None, f"it ended with status {self.process.returncode}")
        return status_of(self.pid)

    def comes_to(self, want):
        """It comes to hold just that, and it stays so."""
        eventually(lambda: caps(self.status()) == want, f"{self.process.args}: {want}, "
                   f"now {caps(self.status())}")
        time.sleep(0.05)
        equal(caps(self.status()), want)
        equal(self.status()["NoNewPrivs"], "1")

    def first_line(self):
        return os.read(self.end, 1)


lib.enter()
try:
    lib.bind_etc(
        nsswitch_conf="passwd: files\nhosts: dns\nservices: files\nprotocols: files\n",
        resolv_conf="nameserver 127.0.0.1\noptions timeout:5 attempts:2\n",
    )
    NAMES = True
except (lib.Skip, OSError):
    NAMES = False
SERVER = lib.listen("127.0.0.1")
KEPT = [lib.connect_to(SERVER) for _ in range(3)]
KEPT += [socket.socketpair()]
with contextlib.suppress(OSError):
    KEPT[0][0].setsockopt(socket.SOL_SOCKET, SO_MARK, 7)
UDP = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
UDP.bind(("127.0.0.1", 0))
HAVE = caps(status_of(os.getpid()))["CapPrm"]


def need_capabilities():
    if (HAVE & (OWNERS | FACTS)) != OWNERS | FACTS:
        raise lib.Skip("there is nothing to give up here")


# --- when output begins ----------------------------------------------------------------------------


for OPTIONS in (
    ("-tan",), ("-tanp",), ("-x",), ("-xp",), ("-tane",), ("--json",), ("-tan", "--columns=mark"),
    ("-tan", "--columns=+pid,mark,cgroup"), ("-tan", "--sort=pid"), ("-tan", "pid > 0"), ("-s",),
    ("-tan", "--summary"), ("--time-wait",), ("--ports",), ("--explain=close-wait",),
    ("--count-by=program",), ("--listeners",), ("--openmetrics",), ("--list-columns",), ("--help",), ("-t", "--kill", "sport = :1"),
    ("-t", "--kill", "--yes", "sport = :1"), ("-tan", "--all-netns"), ("-tanp", "--all-netns"),
):

    @case(f"{' '.join(OPTIONS)}: nothing is held when the first byte is written")
    def before_output(options=OPTIONS):
        need_capabilities()
        with Running(*options, full=True) as run:
            run.comes_to(held(0))
            equal(run.status()["Seccomp"], "2")


@case("--no-sandbox: no filter of system calls; capabilities are given up all the same")
def no_sandbox():
    need_capabilities()
    with Running("-tanp", "--no-sandbox", full=True) as run:
        run.comes_to(held(0))
        equal(run.status()["Seccomp"], "0")


# --- between rounds --------------------------------------------------------------------------------


for OPTIONS, WANT in {
    ("-tan",): 0,
    ("-xe",): 0,
    ("-s",): 0,
    ("-tanp",): OWNERS,
    ("-tan", "--columns=pid"): OWNERS,
    ("-tan", "pid > 0"): OWNERS,
    ("--time-wait",): OWNERS,
    ("-tan", "--columns=mark"): FACTS,
    ("-tan", "fwmark = 7"): FACTS,
    ("-tan", "--columns=cgroup"): CGROUPS,
    ("-tan", "--columns=pid,mark"): OWNERS | FACTS,
    ("-tan", "--all-netns"): OWNERS | SYS_ADMIN,
    ("--listeners",): OWNERS | FACTS,
}.items():

    @case(f"-c {' '.join(OPTIONS)}: between rounds only what the next one needs")
    def between_rounds(options=OPTIONS, want=WANT):
        need_capabilities()
        with Running("-c600", *options) as run:
            that(run.first_line(), "the first round")
            run.comes_to(held(want))
            equal(run.status()["Seccomp"], "2")


@case("--count: the last round gives everything up")
def last_round():
    need_capabilities()
    with Running("-tanp", "-c0.001", "--count=3", full=True) as run:
        run.comes_to(held(OWNERS))  # it waits for room in its first round, and two will follow
        while True:
            os.set_blocking(run.end, False)
            with contextlib.suppress(BlockingIOError):
                if not os.read(run.end, 65536):
                    break
            if run.process.poll() is not None:
                break
        equal(run.process.wait(), 0)


@case("--wait: nothing is held while waiting, and what its expression needs where it has one")
def waiting():
    need_capabilities()
    with Running("--wait=listen:1") as run:
        run.comes_to(held(0))
    with Running("--wait=listen:1", "program = nobody-has-it") as run:
        run.comes_to(held(OWNERS))


# --- names -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def name_server():
    """A server of names that takes questions and says nothing."""
    if not NAMES:
        raise lib.Skip("no mount namespace here")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))
        server.settimeout(lib.PATIENCE)
        yield server


def threads(pid):
    """{the main thread: its sets}, [those of the others]."""
    others = [int(task) for task in os.listdir(f"/proc/{pid}/task") if int(task) != pid]
    return caps(status_of(pid)), [caps(status_of(pid, task)) for task in others]


for OPTIONS, WANT in ((("-t",), 0), (("-tp",), 0), (("-tp", "-c600"), OWNERS)):

    @case(f"{' '.join(OPTIONS)}: who asks for names holds nothing")
    def while_names_are_asked(options=OPTIONS, want=WANT):
        need_capabilities()
        with name_server() as server:
            with Running(*options, "--resolve-timeout=60") as run:
                server.recv(4096)
                that(threads(run.pid)[1], "threads that ask")
                equal(threads(run.pid)[0], held(want))
                # One that has just been started gives up everything first.
                eventually(lambda: all(sets == held(0) for sets in threads(run.pid)[1]),
                           "the threads hold nothing")


@case("a host in an expression: nothing is in effect, and who asks for it holds nothing")
def host_of_an_expression():
    need_capabilities()
    with name_server() as server:
        with Running("-tn", "--resolve-timeout=60", "dst host.example") as run:
            server.recv(4096)
            main, others = threads(run.pid)
            equal(main, held(0, OWNERS | FACTS | SYS_ADMIN))
            equal(others, [held(0)])


# --- the output stays what it is -------------------------------------------------------------------


LISTINGS = (
    ("-tan",), ("-tanp",), ("-tunlp",), ("-xa",), ("-xap",), ("-tane",), ("-ta",),
    ("-tan", "--columns=local_port,remote_port,mark,md5,ulp,cgroup,interface"), ("-tan", "--csv"),
    ("-tan", "--columns=pid,program,exe,cmdline,fd,user"), ("-xan", "--csv", "--columns=+owners"),
    ("-tan", "fwmark = 7"), ("-tan", "pid > 1 and user = root"), ("-ltn", "--sort=-local_port"),
    ("--count-by=program,state",), ("--explain=established",), ("--time-wait",),
    ("--check=1",), ("-tanq", "fwmark = 7"), ("-tan", "--count=2", "-c0.01"), ("-tanp", "--all-netns"), ("-tan", "--all-netns", "--csv"),
)


def forbid(calls, verdict):
    """
    A filter under which these system calls get the verdict: a list of (number, first argument or
    None). Returns what to run before exec.
    """
    if platform.machine() not in CALLS:
        raise lib.Skip("the numbers of system calls are not known here")
    arch = CALLS[platform.machine()][0]
    code = [(0x20, 0, 0, 4), (0x15, 1, 0, arch), (0x06, 0, 0, 0x7FFF0000)]
    for number, argument in calls:
        code += [(0x20, 0, 0, 0), (0x15, 0, 1 if argument is None else 3, number)]
        if argument is not None:
            code += [(0x20, 0, 0, 16), (0x15, 0, 1, argument)]
        code += [(0x06, 0, 0, verdict)]
    code += [(0x06, 0, 0, 0x7FFF0000)]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in code))
    program = ctypes.create_string_buffer(struct.pack("HL", len(code), ctypes.addressof(filters)))

    def install():
        lib.call(lib.libc.prctl, lib.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        lib.call(lib.libc.prctl, lib.PR_SET_SECCOMP, 2, program, 0, 0)
        install.kept = filters

    return install


def without_landlock():
    _, _, create, restrict = CALLS.get(platform.machine(), (0, 0, 0, 0))
    return forbid([(create, None), (restrict, None)], 0x00050000 | errno.ENOSYS)


def without_seccomp():
    _, prctl, _, _ = CALLS.get(platform.machine(), (0, 0, 0, 0))
    return forbid([(prctl, lib.PR_SET_SECCOMP)], 0x00050000 | errno.EINVAL)


def same_output(options, **popen):
    """With and without the sandbox; between two equal ones nothing else can have changed it."""
    program = lib.public_lssock() if "user" in popen else lib.LSSOCK
    for _ in range(8):
        bare = [lib.run([program, "--no-sandbox", *options], **popen) for _ in range(2)]
        ours = lib.run([program, *options], **popen)
        last = lib.run([program, "--no-sandbox", *options], **popen)
        seen = [(run.status, run.out, run.err) for run in (*bare, last)]
        if seen[0] == seen[1] == seen[2]:
            break
    else:
        raise lib.Failure(f"{options}: the listing does not agree with itself")
    equal(ours.out, seen[0][1], " ".join(options))
    equal((ours.status, ours.err), (seen[0][0], seen[0][2]), " ".join(options))
    that(ours.status in (0, 1, 3), str(ours))


@case("no output changes by the sandbox: as root")
def same_as_root():
    for options in LISTINGS:
        same_output(options)


@case("no output changes by the sandbox: as another user")
def same_as_nobody():
    lib.need_real_root()
    for options in LISTINGS:
        same_output(options, user=NOBODY, group=NOBODY, extra_groups=[])


for TITLE, WHAT in (("Landlock", without_landlock), ("seccomp", without_seccomp)):

    @case(f"no output changes where the kernel has no {TITLE}, and nothing is said")
    def same_without(what=WHAT):
        for options in LISTINGS[::3]:
            same_output(options, preexec_fn=what())


@case("capabilities change nothing of what root sees: with them kept from giving up")
def same_as_before():
    need_capabilities()
    capset = {"x86_64": 126, "aarch64": 91}.get(platform.machine())
    for options in LISTINGS[:12]:
        kept = lib.lssock(*options, preexec_fn=forbid([(capset, None)], 0x00050000 | errno.EPERM))
        ours = lib.lssock(*options)
        again = lib.lssock(*options, preexec_fn=forbid([(capset, None)], 0x00050000 | errno.EPERM))
        that("privileges cannot be given up: Operation not permitted" in kept.err, str(kept))
        if kept.out == again.out:
            equal((ours.status, ours.out), (kept.status, kept.out), " ".join(options))


@case("Landlock is entered: at once, or when owners were found; not while they will be again")
def landlock_entered():
    with open(lib.LSSOCK, "rb") as binary:
        if b"__gcov_" in binary.read():
            raise lib.Skip("built for gcov, which writes files")
    if lib.is_sanitized():
        raise lib.Skip("the leak checker has to stop all threads")
    restrict = CALLS.get(platform.machine(), (0, 0, 0, 0))[3]
    if lib.libc.syscall(444, None, 0, 1) < 0:
        raise lib.Skip("this kernel has no Landlock")
    deadly = forbid([(restrict, None)], 0x80000000)
    for options, want in (
        (("-tan",), -signal.SIGSYS), (("-tanp",), -signal.SIGSYS),
        (("-tan", "-c0.01", "--count=2"), -signal.SIGSYS), (("-tan", "--no-sandbox"), 0),
        (("-tanp", "--no-sandbox"), 0),
    ):
        equal(lib.lssock(*options, preexec_fn=deadly).status, want, " ".join(options))
    process = subprocess.Popen([lib.LSSOCK, "-tanp", "-c0.01"], stdout=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, preexec_fn=deadly)
    try:
        for _ in range(100):
            that(process.stdout.readline(), "it goes on")
    finally:
        process.kill()
        process.communicate()


lib.main()
