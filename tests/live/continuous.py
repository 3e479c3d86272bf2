#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""-c, --continuous, --count: reports one after another, on a steady clock, ended cleanly."""

import fcntl
import os
import re
import select
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, in_time, lssock, lssock_ok, that  # noqa: E402

TITLE = b"Active Internet connections (servers and established)\n"
QUIET_ENDS = (-signal.SIGPIPE, 4)


class Watched:
    """A running lssock: what it wrote so far, and when each report began."""

    def __init__(self, *options, **popen):
        read_end, write_end = os.pipe()
        fcntl.fcntl(write_end, 1031, 1 << 20)  # F_SETPIPE_SZ: it never waits for us
        self.process = subprocess.Popen(
            [lib.LSSOCK, *options], stdin=subprocess.DEVNULL, stdout=write_end,
            stderr=subprocess.PIPE, env={"LC_ALL": "C", **lib.passed_on()}, **popen,
        )
        os.close(write_end)
        self.fd, self.text, self.began = read_end, b"", []

    def read(self, seconds):
        """Reads what comes within a time; False at the end of file."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        part = os.read(self.fd, 1 << 20)
        now = time.monotonic()
        self.text += part
        self.began += [now] * (self.text.count(TITLE) - len(self.began))
        return bool(part)

    def until_reports(self, count, seconds=lib.PATIENCE):
        deadline = time.monotonic() + seconds
        while len(self.began) < count:
            left = deadline - time.monotonic()
            that(left > 0, f"{len(self.began)} reports of {count} within {seconds} s")
            that(self.read(left), f"it ended after {len(self.began)} reports")

    def for_seconds(self, seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self.read(left):
            pass

    def to_the_end(self, seconds=lib.PATIENCE):
        deadline = time.monotonic() + seconds
        while self.read(max(0, deadline - time.monotonic())):
            that(time.monotonic() < deadline, "it does not end")
        os.close(self.fd)
        self.fd = -1
        return self.process.wait(seconds)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.fd >= 0:
            os.close(self.fd)
        return self.process.stderr.read()


lib.enter()
KEPT = [lib.listen() for _ in range(20)]
KEPT += [end for _ in range(300) for end in lib.connect_to(KEPT[0])]


@case("-c reports about every second, each time in full")
def every_second():
    def reports(pace):
        watched = Watched("-tanc")
        try:
            watched.until_reports(1 + 2 * pace)
            watched.for_seconds(0.4)
        finally:
            watched.stop()
        took = (watched.began[-1] - watched.began[0]) / (len(watched.began) - 1)
        in_time(0.7 < took < 1.5, f"{took} s between two reports")
        one = lssock_ok("-tan").out.encode()
        equal(watched.text == one * len(watched.began), True, "equal reports")

    lib.at_some_pace(reports)


for WORDS in (
    ("-tan", "-c0.2"), ("-tanc0.2",), ("-tan", "--continuous=0.2"), ("-c0.2", "-tan"), ("-c.2tan",),
):

    @case(f"{' '.join(WORDS)} reports every 0.2 s")
    def interval(words=WORDS):
        def reports(pace):
            watched = Watched(*words)
            try:
                watched.until_reports(1 + 5 * pace)
            finally:
                err = watched.stop()
            equal(err, b"")
            took = (watched.began[5 * pace] - watched.began[0]) / pace
            in_time(0.8 < took < 1.6, f"5 intervals took {took} s")

        lib.at_some_pace(reports)


@case("--count=N stops after N whole reports, status 0")
def counted():
    one = lssock_ok("-tan").out
    for words in (("-c0.1", "--count=3"), ("--count=3", "--continuous=0.1"), ("--count", "3", "-c0.1")):
        result = lssock("-tan", *words)
        equal((result.status, result.err), (0, ""), str(words))
        that(result.out == one * 3, str(words))
    # One that slept after the last report would be taken for one that hangs.
    result = lssock("-tan", f"-c{10 * lib.PATIENCE}", "--count=1")
    equal(result.out == one and result.status == 0, True, "one report")


@case("--count alone repeats every second")
def count_alone():
    def repeats(pace):
        started = time.monotonic()
        result = lssock_ok("-tan", f"--count={1 + pace}")
        took = time.monotonic() - started
        equal(result.out.count("Active Internet"), 1 + pace)
        in_time(0.7 * pace < took < 2.5 * pace, f"{took} s")

    lib.at_some_pace(repeats)


@case("-c among other letters, and its abbreviations")
def letters():
    one = lssock_ok("-tan").out
    for words in (("-ctan",), ("-tcan",), ("-tan", "--continuous"), ("-tan", "--conti")):
        equal(lssock_ok(*words, "--count=1").out, one, str(words))


@case("-H leaves the headers out of every round")
def without_headers():
    equal(lssock_ok("-tanH", "-c0.05", "--count=3").out, lssock_ok("-tanH").out * 3)


@case("a steady clock: no drift over 15 rounds that each have work to do")
def no_drift():
    def steady(pace):
        watched = Watched("-tanp", f"-c{0.2 * pace}")
        try:
            watched.until_reports(16)
        finally:
            watched.stop()
        # Being late once is the machine's fault, being later every time is ours.
        late = [moment - watched.began[0] - 0.2 * pace * number
                for number, moment in enumerate(watched.began)]
        in_time(min(late[-4:]) < min(late[1:4]) + 0.04 * pace, f"late by {[round(x * 1000) for x in late]} ms")
        in_time(min(late[1:]) > -0.15 * pace, "too early")

    lib.at_some_pace(steady)


@case("stopped and continued: no burst of missed reports")
def no_burst():
    watched = Watched("-tan", "-c0.2")
    try:
        watched.until_reports(3)
        os.kill(watched.process.pid, signal.SIGSTOP)
        watched.for_seconds(2.5)
        before = len(watched.began)
        started = time.monotonic()
        os.kill(watched.process.pid, signal.SIGCONT)
        watched.until_reports(before + 1)
        watched.for_seconds(0.5)
        after, took = len(watched.began) - before, time.monotonic() - started
    finally:
        watched.stop()
    that(after <= took / 0.2 + 2, f"{after} reports within {took} s")


@case("each round looks again: sockets and owners that came and went")
def looks_again():
    watched = Watched("-tanp", "-c0.1")
    try:
        watched.until_reports(2)
        pid, port = lib.fork_child(lambda say: [sock := lib.listen(), say(lib.port_of(sock))])
        row = f":{port} ".encode()
        lib.eventually(lambda: watched.read(0.2) and row in watched.text, "the new listener")
        lib.eventually(
            lambda: watched.read(0.2) and re.search(rf":{port} .* {pid}/python3 ".encode(), watched.text),
            "its owner",
        )
        lib.end_child(pid)
        # Some rounds may have begun before the end, and not been read.
        lib.eventually(lambda: watched.read(0.2) and row not in watched.text.split(TITLE)[-2], "it is gone")
        seen = len(watched.began)
        watched.until_reports(seen + 2)
    finally:
        watched.stop()
    that(row not in b"".join(watched.text.split(TITLE)[seen:]), "it is shown again")


for NUMBER in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):

    @case(f"{NUMBER.name} ends it on a whole line, with the signal as its status")
    def ended_by(number=NUMBER):
        for wait in (0.0, 0.03, 0.11):
            watched = Watched("-tan", "-c0.1")
            watched.until_reports(1)
            time.sleep(wait)
            os.kill(watched.process.pid, number)
            equal(watched.to_the_end(), -number)
            equal(watched.process.stderr.read(), b"")
            that(watched.text.endswith(b"\n"), repr(watched.text[-50:]))
            last = watched.text.rsplit(b"\n", 2)[1]
            that(len(last) in (54, 79) or last.startswith(b"Active"), repr(last))


@case("a signal ends it at once, and not after its interval")
def ended_at_once():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        watched = Watched("-tan", f"-c{10 * lib.PATIENCE}")
        watched.until_reports(1)
        watched.for_seconds(0.3)  # it sleeps
        os.kill(watched.process.pid, number)
        equal(watched.to_the_end(), -number)
        equal(watched.process.stderr.read(), b"")


@case("the shell sees status 130 after ^C")
def status_in_shell():
    words = ["sh", "-c", '"$0" -tan -c0.1; echo status $?', lib.LSSOCK]
    shell = subprocess.Popen(words, stdout=subprocess.PIPE)
    shell.stdout.readline()
    children = f"/proc/{shell.pid}/task/{shell.pid}/children"
    os.kill(int(open(children).read().split()[0]), signal.SIGINT)
    out, _ = shell.communicate(timeout=lib.PATIENCE)
    that(out.endswith(b"\nstatus 130\n"), repr(out[-100:]))


@case("the first process of a PID namespace, as in containers, ends with the same status")
def first_of_its_kind():
    words = [lib.need_program("unshare"), "--pid", "--fork", lib.LSSOCK, "-tan", "-c0.1"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if not process.stdout.readline():
        raise lib.Skip(f"no PID namespace here: {process.communicate()[1]}")
    children = f"/proc/{process.pid}/task/{process.pid}/children"
    os.kill(int(open(children).read().split()[0]), signal.SIGTERM)
    process.communicate(timeout=lib.PATIENCE)
    equal(process.returncode, 128 + signal.SIGTERM)


def ignore(number):
    signal.signal(number, signal.SIG_IGN)


# Nobody reads: the pipe is full and stays so.
@case("one signal ends it also when its reader takes nothing")
def stuck_reader():
    for number in (signal.SIGINT, signal.SIGTERM):
        out, into = os.pipe()
        fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen([lib.LSSOCK, "-an", "-c0.001"], stdout=into)
        os.close(into)
        try:
            time.sleep(0.5)
            equal(process.poll(), None)
            os.kill(process.pid, number)
            equal(process.wait(lib.PATIENCE), -number)
        finally:
            os.close(out)
            if process.poll() is None:
                process.kill()
                process.wait()


@case("notes that nobody reads do not hold up the rows")
def stuck_stderr():
    err, into = os.pipe()
    fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 4096)
    os.write(into, b"x" * 4096)
    try:
        result = subprocess.run([lib.LSSOCK, "--nonsense"], stderr=into, timeout=lib.PATIENCE)
        equal(result.returncode, 2)
    finally:
        os.close(err)
        os.close(into)


@case("SIGINT that was ignored from the start stays ignored")
def ignored_signal():
    watched = Watched("-tan", "-c0.1", preexec_fn=lambda: ignore(signal.SIGINT))
    try:
        watched.until_reports(1)
        os.kill(watched.process.pid, signal.SIGINT)
        watched.until_reports(3)
    finally:
        watched.stop()


@case("a reader that quits ends it, quietly, also where SIGPIPE is ignored")
def reader_quits():
    ignored = {"restore_signals": False, "preexec_fn": lambda: ignore(signal.SIGPIPE)}
    for setup in ({}, ignored):
        watched = Watched("-tan", "-c0.1", **setup)
        watched.until_reports(1)
        os.close(watched.fd)
        watched.fd = -1
        that(watched.process.wait(lib.PATIENCE) in QUIET_ENDS, str(watched.process.returncode))
        equal(watched.process.stderr.read(), b"")


@case("/dev/full ends it: status 4, one message")
def device_full():
    with open("/dev/full", "wb") as full:
        result = lssock("-tan", "-c0.05", stdout=full)
    equal(result.status, 4)
    equal(result.err.count("\n"), 1)


@case("a slow reader gets whole reports")
def slow_reader():
    watched = Watched("-tan", "-c0.02", "--count=10")
    time.sleep(0.6)
    equal(watched.to_the_end(), 0)
    that(watched.text == lssock_ok("-tan").out.encode() * 10, "ten equal reports")


@case("memory and descriptors do not grow from round to round")
def no_growth():
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer, which has its own memory")
    watched = Watched("-anpe", "-c0.02")
    try:
        used = []
        for count in (10, 80, 150, 220):
            watched.until_reports(count)
            used.append(usage_of(watched.process.pid))
    finally:
        watched.stop()
    # A thread more, on a machine that has become idle, takes memory once. What is lost with each
    # round is lost in each of the three parts.
    growth = [(later[0] - earlier[0], later[1] - earlier[1]) for earlier, later in zip(used, used[1:])]
    that(min(kilobytes for kilobytes, _ in growth) < 256, f"kB and descriptors grow by {growth}")
    that(min(files for _, files in growth) <= 2, f"kB and descriptors grow by {growth}")


def usage_of(pid):
    with open(f"/proc/{pid}/status") as status:
        resident = int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


lib.main()
