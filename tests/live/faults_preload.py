#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Faults inside the program, made by preload.c: memory that runs out at each allocation there is, in
every form of the output, a clock that jumps, a signal at a bad moment, names that are late.

Names are asked of nobody here: glibc's own name service (nss/nss_database.c of 2.36) crashes where
an allocation of its fails.
"""

import contextlib
import json
import os
import pty
import re
import resource
import signal
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, that  # noqa: E402

OK, NO, PARTIAL, FAILED = 0, 1, 3, 4
PRELOAD = os.path.join(os.environ.get("abs_top_builddir", ""), "tests", "live", "preload.so")
NO_MEMORY = ("out of memory", "Cannot allocate memory", "Resource temporarily unavailable",
             "cannot be read: none is assumed")


def preloaded(*options, fail=None, clock=None, term="dumb", **how):
    """(result, allocations counted) of a run with that fault."""
    count = os.path.join(lib.temp_dir(), "count")
    with open(count, "wb") as out:
        out.write(bytes(8))
    env = {"LD_PRELOAD": PRELOAD, "TERM": term}
    if clock is None:
        env["PRELOAD_COUNT"] = count
    else:
        env["PRELOAD_CLOCK"] = str(clock)
    if fail:
        env["PRELOAD_FAIL"] = fail
    result = lssock(*options, env=env, **how)
    with open(count, "rb") as read:
        return result, struct.unpack("=Q", read.read())[0]


# --- memory --------------------------------------------------------------------------------------

# Rows of data hold more facts when they come over netlink than from /proc: then it is the rows that
# are counted.
MODES = (
    ("-tulpn",), ("-x",), ("-xap",), ("-tanpeo",), ("-an",), ("-tn", "--top=3"),
    ("-tan", "--json", "-p"), ("-an", "--jsonl"), ("-an", "--csv"),
    ("-tan", "sport > 10 and not dst 10/8 or pid = 812"),
    ("-tan", "--columns=+cwnd,cgroup,interface,unit"), ("-an", "--sort=-recv-q,inode"),
    ("--ports", "-n"), ("--ports", "-n", "--json"), ("--ports", "-n", "--warn=50", "--crit=90"),
    ("--summary",), ("--summary", "--json"), ("--count-by=state,proto",),
    ("-xa", "--columns=+peer_path"), ("-tanp", "--columns=+exe,cmdline"),
    ("--listeners", "-n"), ("--time-wait", "-n", "--json"), ("--time-wait", "-n"), ("--explain", "-n"), ("-s",),
    ("--openmetrics", "-n"), ("--all-netns", "-tan"), ("-tan", "-c0.001", "--count=3"),
    ("--check=1",), ("-tnq",), ("--wait=listen:1", "--timeout=0.01"),
    ("--kill", "-tn", "sport = 1"), ("-tn", "--explain-filter", "sport = 1"),
    ("--list-columns",), ("--help",), ("--baseline", "-n"), ("--replay=recording", "-tan"),
    ("-tan", "--columns=+direction,exposure"),
)


# A slow machine tries some of them only.
SECONDS_EACH = 3


def spread(count):
    """1 to count, in an order that is everywhere soon."""
    return [number for first in range(8) for number in range(1 + first, count + 1, 8)]


def plain(text):
    """Without what differs from run to run."""
    text = re.sub(r'"(time|netns|run_ms|age_ms)":("[^"]*"|[0-9.]+)', r'"\1":0', text)
    text = re.sub(r"^(lssock_run_duration_seconds) .*$", r"\1 0", text, flags=re.M)
    # Of the whole host, others have sockets too.
    text = re.sub(r'"whole_host":\{[^}]*\}', "", text)
    text = re.sub(r"^The whole host.*", "", text, flags=re.M | re.S)
    text = re.sub(r"^(lssock_\w*(?:host|memory)\w*)(\{.*\})? .*$", r"\1", text, flags=re.M)
    return re.sub(r'("\w*timer_ms"|"last_\w+_ms"):\d+', r"\1:0", text)


def says_complete(text):
    """What JSON says of itself; None where it is none, or was cut short."""
    for part in (text, text.rstrip("\n").rsplit("\n", 1)[-1]):
        try:
            document = json.loads(part)
        except ValueError:
            continue
        if isinstance(document, dict):
            return document.get("complete")
    return None


def check_honest(mode, where, result, want, single):
    """Complete, or an honest partial, or nothing and a message; never a crash."""
    what = f"{where}: {result}"
    lines = result.err.split("\n")[:-1]
    usual = want.err.split("\n")[:-1]
    told = [line for line in lines if line not in usual]
    that(result.status >= 0, "killed by a signal, " + what)
    that(all(line.startswith("lssock: ") for line in lines), what)
    equal(len(lines), len(set(lines)), "a line twice, " + what)
    if result.status == want.status and not told:
        equal(plain(result.out), plain(want.out), "a difference without a word, " + what)
        return
    that(told, "no message, " + what)
    that(len(told) <= (2 if single else 20), what)
    that(any(text in line for line in told for text in NO_MEMORY), what)
    if result.status == want.status:  # from another source: all rows are there
        equal(result.out.count("\n"), want.out.count("\n"), what)
        return
    # A monitoring plugin's 3 is UNKNOWN.
    that(result.status in (PARTIAL, FAILED), what)
    if "--json" in mode or "--jsonl" in mode:
        that(says_complete(result.out) is not True, "it says that it is complete, " + what)


def need_preload():
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer, which has its own malloc()")
    if not os.path.exists(PRELOAD):
        raise lib.Skip("tests/live/preload.so is not built")


for MODE in MODES:

    @case(f"memory, {' '.join(MODE)}: each allocation fails, alone and with all that follow")
    def each_allocation(mode=MODE):
        need_preload()
        want, count = preloaded(*mode)
        if count == 0:
            raise lib.Skip("this program or C library takes no preload")
        that(want.status in (OK, NO), str(want))
        failures, until = 0, time.monotonic() + SECONDS_EACH
        for number in spread(count):
            for fail in (f"{number}", f"{number}+"):
                result, _ = preloaded(*mode, fail=fail)
                check_honest(mode, f"allocation {fail} of {count}", result, want, "+" not in fail)
                failures += result.status != want.status
            if time.monotonic() > until:
                print("# a slow machine: not every allocation was tried", flush=True)
                break
        that(failures, "not one allocation mattered")


@case("memory, the screen of -c: each allocation fails; whole rounds, or a message and status 4")
def screen():
    need_preload()
    options = ("-tan", "-c0.001", "--count=3")

    def drawn(fail=None):
        ours, theirs = pty.openpty()
        reader = threading.Thread(target=read_all, args=(ours,))
        reader.start()
        try:
            return preloaded(*options, fail=fail, stdout=theirs, term="xterm")
        finally:
            os.close(theirs)
            reader.join()
            os.close(ours)

    want, count = drawn()
    equal((want.status, want.err), (OK, ""))
    until = time.monotonic() + SECONDS_EACH
    for number in spread(count):
        for fail in (f"{number}", f"{number}+"):
            result, _ = drawn(fail)
            that(result.status in (OK, PARTIAL, FAILED), f"allocation {fail}: {result}")
            equal(result.status in (PARTIAL, FAILED) and not result.err, False, f"{fail}: {result}")
        if time.monotonic() > until:
            break


def read_all(fd):
    with contextlib.suppress(OSError):
        while os.read(fd, 65536):
            pass


@case("memory, an address space of any size: complete, or status 4, or not even started")
def address_space():
    need_preload()
    ends = {"complete": 0, "failed": 0}
    for options in (("-tanp",), ("-tan", "--json"), ("--ports", "-n")):
        want = lssock(*options)
        for kib in range(2048, 12288, 512):
            size = kib * 1024
            result = lssock(
                *options, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))
            )
            if result.status == 127 or result.status == -signal.SIGSEGV and not result.err:
                that(kib < 6144, f"{kib} KiB: {result}")  # the dynamic linker found no room
                continue
            check_honest(options, f"{kib} KiB", result, want, False)
            ends["complete" if result.status == OK else "failed"] += 1
    that(ends["complete"], str(ends))


# --- the clock -----------------------------------------------------------------------------------

DAY = 86400


def need_clock():
    need_preload()
    result, _ = preloaded("-t", "--json", clock=3 * DAY)
    then = time.strptime(json.loads(result.out)["time"][:19], "%Y-%m-%dT%H:%M:%S")
    if abs(time.mktime(then) - time.mktime(time.gmtime())) < DAY:
        raise lib.Skip("this program or C library takes no preload")


for STEP in (DAY, -DAY, 3600 * 24 * 366 * 20):

    @case(f"the clock jumps {STEP} s each time: -c keeps its pace, without a burst or a pause")
    def jumps(step=STEP):
        need_clock()
        began = time.monotonic()
        result, _ = preloaded("-tan", "--jsonl", "-c0.1", "--count=6", clock=step)
        took = time.monotonic() - began
        equal((result.status, result.err), (OK, ""))
        rounds = [json.loads(line) for line in result.lines]
        equal(sum("end" in line for line in rounds), 6)
        that(took > 0.45, f"five intervals of 0.1 s took {took:.2f} s")
        plain_run = lssock("-tan", "--jsonl")
        rows = sorted(line for line in plain_run.lines if '"inode"' in line)
        equal(len(rows) * 6, sum("inode" in line for line in rounds))


@case("the clock jumps: --wait ends when its time is over, names are waited for no longer")
def jumps_while_waiting():
    need_clock()
    for step in (DAY, -DAY):
        began = time.monotonic()
        result, _ = preloaded("--wait=listen:1", "--timeout=0.3", clock=step)
        equal(result.status, NO, str(result))
        that(time.monotonic() - began > 0.28, "it ended too early")
        result, _ = preloaded("-ta", "--resolve-timeout=1", clock=step)
        equal(result.status, OK, str(result))


# --- the end ---------------------------------------------------------------------------------------


@case("a signal just before it goes to sleep is not slept through")
def signal_before_sleep():
    need_clock()
    result = lssock("-tan", "-c3600", env={"LD_PRELOAD": PRELOAD, "PRELOAD_SIGNAL": "15"})
    equal((result.status, result.err), (-signal.SIGTERM, ""), str(result))
    that(result.out.count("Active Internet") == 1, str(result))


@case("names that are late when the run ends: whoever asks for them is left alone, to the last moment")
def late_names():
    need_preload()
    want = lssock("-tan")
    result = lssock("-ta", "--numeric-ports", "--resolve-timeout=0.05",
                    env={"LD_PRELOAD": PRELOAD, "PRELOAD_LATE": "1"})
    equal(result.status, OK, str(result))
    that("took longer than 0.05 s" in result.err, str(result))
    equal(len(result.rows), len(want.rows))


# --- a few sockets to be listed ------------------------------------------------------------------

lib.enter()
KEPT = []
for _ in range(3):
    KEPT.append(lib.listen())
    KEPT += lib.connect_to(KEPT[-1])
    KEPT.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    KEPT[-1].bind(("127.0.0.1", 0))
    KEPT.append(socket.socket(socket.AF_UNIX))
    KEPT[-1].bind(b"\0preload%d" % len(KEPT))
    KEPT[-1].listen()
if lib.have_ipv6():  # they wait in memory until those of IPv4 are through
    KEPT.append(lib.listen("::1"))
    KEPT += lib.connect_to(KEPT[-1])
os.chdir(lib.temp_dir())
lssock("-tan", "--record=recording")
lib.main()
