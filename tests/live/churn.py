#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
While sockets are opened and closed 2,000 times a second: those that stay are listed in every run and
none twice, owners are those that held the socket although process numbers are used again, and -c
grows neither in memory nor in descriptors.

LSSOCK_CHURN_RUNS (60) listings are made, and -c lists each LSSOCK_CHURN_INTERVAL (0.05) for
LSSOCK_CHURN_SECONDS (4). In full:

    LSSOCK_CHURN_RUNS=1000 LSSOCK_CHURN_SECONDS=3600 LSSOCK=$PWD/build/lssock tests/live/churn.py
"""

import collections
import contextlib
import json
import mmap
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, that  # noqa: E402

RUNS = int(os.environ.get("LSSOCK_CHURN_RUNS", "60"))
SECONDS = float(os.environ.get("LSSOCK_CHURN_SECONDS", "4"))
INTERVAL = float(os.environ.get("LSSOCK_CHURN_INTERVAL", "0.05"))
RATE = 2000
# A machine that is too slow for all runs makes fewer.
TIME_LIMIT = 15 if RUNS <= 60 else 24 * 3600

CROWD_SIZE = 200
PR_SET_PDEATHSIG = 1
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: RST instead of FIN, and no TIME_WAIT


def note(text):
    print(f"# {text}", flush=True)


class Counter:
    """A number that a child counts up."""

    def __init__(self):
        self.map = mmap.mmap(-1, 8)

    def add(self, n):
        self.map[:] = struct.pack("=Q", self.value() + n)

    def value(self):
        return struct.unpack("=Q", self.map[:])[0]


def open_and_close(number, listener):
    """Four sockets come and go: both ends of a connection, a UDP socket, a UNIX listener."""
    client = socket.socket()
    client.connect((f"127.1.{number >> 8 & 255}.{number & 255}", lib.port_of(listener)))
    accepted = listener.accept()[0]
    if number % 8:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(b"\0come-and-go %d" % number)
        unix.listen()
    client.close()
    accepted.close()


def churn(say, counter):
    """RATE sockets a second, or as many as this machine opens."""
    listener = lib.listen("0.0.0.0", backlog=64)
    say("ready")
    due, number = time.monotonic(), 0
    while True:
        for _ in range(10):
            open_and_close(number, listener)
            number += 1
        counter.add(40)
        due += 40 / RATE
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        elif wait < -0.5:  # what was missed lately is made up for
            due -= wait


class Churn:
    def __enter__(self):
        self.counter = Counter()
        self.pid, _ = lib.fork_child(lambda say: churn(say, self.counter))
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        self.rate = self.counter.value() / (time.monotonic() - self.began)
        lib.end_child(self.pid)


def hold_sockets(say):
    """Those that stay: more than fit into one answer of the kernel, of each kind."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    kept = [lib.listen("127.0.3.1", backlog=64)]
    for _ in range(1200):
        kept += lib.connect_to(kept[0])
    kept += [lib.listen("127.0.3.2") for _ in range(300)]
    for number in range(400):
        kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        kept[-1].bind(("127.0.3.3", 0))
    for number in range(1500):
        kept.append(socket.socket(socket.AF_UNIX))
        kept[-1].bind(b"\0stays %d" % number)
        if number % 2:
            kept[-1].listen()
    say("ready")
    return kept


# --- listings ------------------------------------------------------------------------------------

FORMS = (
    ("-anH",),
    ("-an", "--jsonl", "--columns=proto,local_address,local_port,remote_port,path,inode"),
    ("-tuxan", "--csv", "--columns=proto,local_address,local_port,remote_port,path,inode"),
)


def listed(form):
    """The lines of a listing that are about sockets, its status and messages."""
    result = lssock(*form)
    lines = [line for line in result.lines if '"end"' not in line and not line.startswith("proto,")]
    return lines, result


@case(f"{RUNS} listings under churn: what stays is in all of them, and never twice", seconds=3600)
def steady():
    lib.fork_child(hold_sockets)
    stable = {}
    for form in FORMS:
        lines, result = listed(form)
        equal(result.status, 0, str(result))
        stable[form] = set(lines)
        equal(len(stable[form]), len(lines))
        that(len(lines) > 4500, f"{len(lines)} rows")
    missed, runs, partial, seen = collections.Counter(), 0, 0, 0
    until = time.monotonic() + TIME_LIMIT
    with Churn() as load:
        while runs < RUNS and time.monotonic() < until:
            form = FORMS[runs % len(FORMS)]
            lines, result = listed(form)
            runs += 1
            found = collections.Counter(line for line in lines if line in stable[form])
            twice = [line for line, times in found.items() if times > 1]
            equal(twice, [], f"{form}: twice")
            missed.update(stable[form] - set(found))
            that(result.status in (0, 3), str(result))
            equal(result.status == 3, bool(result.err), str(result))
            partial += result.status == 3
            seen += len(lines) - len(found)
    rows = len(next(iter(stable.values())))
    note(f"{runs} runs of {rows} sockets that stay, {load.rate:.0f} others opened and closed a second,"
         f" {seen} of them seen; {sum(missed.values())} rows missed, {partial} runs partial")
    that(seen > 0, "no socket that comes and goes was seen")
    worst = max(missed.values(), default=0)
    that(worst <= max(1, runs // 1000), f"missed {worst} times: {missed.most_common(3)}")
    that(sum(missed.values()) <= max(1, runs * rows // 1000), f"{sum(missed.values())} rows missed")


# --- owners --------------------------------------------------------------------------------------


def set_pid_max(number):
    with open("/proc/sys/kernel/pid_max", "w", encoding="ascii") as setting:
        setting.write(str(number))


def use_few_numbers(taken):
    """Process numbers of this namespace come round quickly: how many there are besides those that
    are taken, or 0."""
    release = re.match(r"(\d+)\.(\d+)", os.uname().release)
    if not lib.have_own_pids() or (int(release[1]), int(release[2])) < (6, 14):
        return 0  # there is one pid_max for the whole machine
    try:
        set_pid_max(400 + taken)
    except OSError:
        return 0
    return 100  # those above 300, below which the kernel reuses none


def set_last_number():
    with contextlib.suppress(OSError), open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write("3000")


def fork_storm(say, counter, few, lifetime):
    """Short-lived holders of a socket each, which has their number and their name in its path."""
    say("ready")
    running = []
    for number in range(10**9):
        if not few and lib.have_own_pids() and number % 16 == 0:
            set_last_number()
        pid = os.fork()
        if pid == 0:
            lib.set_comm(b"h%d" % number)
            with socket.socket(socket.AF_UNIX) as sock:
                sock.bind(b"\0held %d %d" % (os.getpid(), number))
                sock.listen()
                time.sleep(lifetime)
                os._exit(0)
        counter.add(1)
        running.append(pid)
        while len(running) > 12:
            os.waitpid(running.pop(0), 0)


HELD = re.compile(r" (?:(\d+)/(h\d+|python3)|-) +@held\\x20(\d+)\\x20(\d+)$")


def check_owners(text):
    """How many of the short-lived were seen with an owner, none of them wrong."""
    named = 0
    for line in text.split("\n"):
        found = HELD.search(line)
        that(found or "@held" not in line, f"an owner of another socket: {line}")
        if found and found[1]:
            equal((found[1], found[2]), (found[3], "h" + found[4]), line)
            named += 1
    return named


def check_data(text):
    named = 0
    for row in map(json.loads, text.split("\n")[:-1]):
        found = re.match(r"held (\d+) (\d+)$", (row.get("path") or "").lstrip("@\0"))
        for owner in (row.get("owners") or ()) if found else ():
            equal((str(owner["pid"]), owner["program"]), (found[1], "h" + found[2]), str(row))
            named += 1
    return named


def crowd(say):
    """So many processes that the kernel's own list of owners is worth asking for."""
    for _ in range(CROWD_SIZE):
        if os.fork() == 0:
            lib.call(lib.libc.prctl, PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            signal.pause()
            os._exit(0)
    say("ready")


for CROWD in (False, True):

    @case(f"{RUNS} listings while process numbers are used again" +
          (", in a crowd" if CROWD else "") + ": no owner is wrong", seconds=3600)
    def owners(crowded=CROWD):
        if crowded:
            lib.fork_child(crowd)
        churn_owners(CROWD_SIZE if crowded else 0)


def churn_owners(taken):
    # Those that live for a moment only are over before a slow machine has come to their owners.
    if not any(churn_owners_that_live(seconds, taken) for seconds in (0.01, 0.05, 0.25, 1)):
        raise lib.Failure("not one short-lived owner was seen")


def churn_owners_that_live(lifetime, taken):
    """How many owners were seen."""
    few = use_few_numbers(taken)
    counter, named, runs = Counter(), 0, 0
    manager, _ = lib.fork_child(lambda say: fork_storm(say, counter, few, lifetime))
    until = began = time.monotonic()
    until += TIME_LIMIT
    try:
        while runs < RUNS and time.monotonic() < until:
            if runs % 2:
                result = lssock("-xlnp", "--jsonl")
                named += check_data(result.out)
            else:
                result = lssock("-xlnp")
                named += check_owners(result.out)
            runs += 1
            equal(result.status, 0, str(result))
        rate = counter.value() / (time.monotonic() - began)
    finally:
        lib.end_child(manager)
        if few:
            set_pid_max(32768)
    note(f"{runs} runs, {rate:.0f} processes a second, " +
         (f"each number used again after {few / rate:.1f} s" if few else "numbers used again") +
         f": {named} short-lived owners seen, all of them right")
    return named


# --- again and again -----------------------------------------------------------------------------


def usage_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        resident = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


class Drain:
    """lssock -c before a pipe that is emptied at once; whole rounds are counted."""

    def __init__(self, *options):
        self.process = subprocess.Popen([lib.LSSOCK, *options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={"LC_ALL": "C", **lib.passed_on()})
        self.rounds, self.left = 0, b""

    def read(self, seconds):
        until = time.monotonic() + seconds
        while (wait := until - time.monotonic()) > 0:
            if not select.select([self.process.stdout], [], [], wait)[0]:
                return
            part = os.read(self.process.stdout.fileno(), 1 << 20)
            that(part, "it ended by itself")
            # A mark may be cut in two by the end of what was read.
            text = self.left + part
            self.rounds += text.count(b'"complete":')
            self.left = text[-10:] if b'"complete":' not in text[-21:] else b""

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        err = self.process.communicate(timeout=lib.PATIENCE)[1]
        return self.process.returncode, err.decode("latin-1")


@case(f"-c --jsonl for {SECONDS:g} s under churn: memory and descriptors stay", seconds=24 * 3600)
def long_run():
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer, which has its own memory")
    lib.fork_child(hold_sockets)
    with Churn():
        drain = Drain("-anpe", "--jsonl", f"-c{INTERVAL}")
        try:
            while drain.rounds < 2:
                drain.read(SECONDS / 4)  # what is kept between rounds has its size by then
            samples, before = [], drain.rounds
            until = time.monotonic() + SECONDS * 3 / 4
            while time.monotonic() < until or drain.rounds < before + 4 or len(samples) < 4:
                drain.read(min(1, SECONDS / 40))
                samples.append(usage_of(drain.process.pid))
        finally:
            status, err = drain.end()
    equal((status, err), (-signal.SIGTERM, ""))
    half = len(samples) // 2
    first, last = samples[:half], samples[half:]
    most = [max(sample[0] for sample in part) for part in (first, last)]
    files = [max(sample[1] for sample in part) for part in (first, last)]
    note(f"{drain.rounds} rounds: at most {most[0]} kB in the first half behind the warm-up, {most[1]}"
         f" kB in the second; {files[0]} and {files[1]} descriptors")
    that(drain.rounds > 3, f"{drain.rounds} rounds")
    that(most[1] - most[0] < 512, f"{most[0]} kB, then {most[1]} kB")
    that(files[1] <= files[0] + 2, f"{files[0]} descriptors, then {files[1]}")


lib.enter()
lib.main()
