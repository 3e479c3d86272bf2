#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""-c on a terminal: one screen, drawn again and again, as a terminal shows it."""

import fcntl
import os
import pty
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import Failure, case, equal, eventually, in_time, lssock_ok, port_of, that  # noqa: E402

HEADINGS = 3  # the line on top, netstat's title, the names of the columns
ROOM = 200


class Emulator:
    """
    A terminal that knows what a screen may use and fails at everything else. It has more room than
    it says, and notes what a frame takes of it.
    """

    SEQUENCE = re.compile(rb"\x1b\[(\?25[lh]|\d+H|[KJ]|(?:\d+(?:;\d+)*)m)")

    def __init__(self):
        self.lines = [[" "] * ROOM for _ in range(ROOM)]
        self.row = self.column = 0
        self.hidden = self.colored = False
        self.rest = b""
        self.width = self.height = 0
        self.frames = []  # the screen each time the cursor came back
        self.widths = []  # and how far to the right something was written since the last time
        self.widest = 0

    def text(self):
        lines = ("".join(line[:self.width]).rstrip() for line in self.lines[:self.height])
        return "\n".join(lines).rstrip("\n").split("\n")

    def scroll(self):
        if self.row == self.height:
            self.row -= 1
            self.lines = self.lines[1:self.height] + [[" "] * ROOM] + self.lines[self.height:]

    def sequence(self, what):
        if what == b"?25l":
            self.hidden = True
        elif what == b"?25h":
            self.hidden = False
            self.frames.append(self.text())
            self.widths.append(self.widest)
            self.widest = 0
        elif what.endswith(b"H"):
            self.row, self.column = int(what[:-1]) - 1, 0
        elif what == b"K":
            self.lines[self.row][self.column:] = [" "] * (ROOM - self.column)
        elif what == b"J":
            self.sequence(b"K")
            self.lines[self.row + 1:] = [[" "] * ROOM for _ in range(ROOM - self.row - 1)]
        else:
            self.colored = what != b"0m"

    def feed(self, data):
        data, at = self.rest + data, 0
        while at < len(data):
            if data[at] == 0x1B:
                found = self.SEQUENCE.match(data, at)
                if not found and len(data) - at < 12:
                    break
                that(found, f"no sequence of ours: {data[at:at + 20]!r}")
                self.sequence(found.group(1))
                at = found.end()
                continue
            if data[at] == 0x0A:
                self.row += 1
                self.scroll()
            elif data[at] == 0x0D:
                self.column = 0
            else:
                that(0x20 <= data[at] < 0x7F, f"byte {data[at]:#x}")
                self.lines[self.row][self.column] = chr(data[at])
                self.column += 1
                self.widest = max(self.widest, self.column)
            at += 1
        self.rest = data[at:]


class Watched:
    """lssock on a terminal of its own."""

    def __init__(self, *options, width=100, height=30, plain=False, **env):
        self.master, slave = pty.openpty()
        self.emulator, self.raw, self.plain = Emulator(), b"", plain
        self.resize(width, height)
        environment = {"LC_ALL": "C", "TERM": "xterm", **env, **lib.passed_on()}
        self.process = subprocess.Popen(
            [lib.LSSOCK, *options], stdin=slave, stdout=slave, stderr=subprocess.PIPE,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={name: value for name, value in environment.items() if value is not None},
        )
        os.close(slave)

    def resize(self, width, height):
        self.emulator.width, self.emulator.height = width, height
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    @property
    def frames(self):
        return self.emulator.frames

    def is_readable(self, seconds):
        poll = select.poll()
        poll.register(self.master, select.POLLIN)
        return poll.poll(seconds * 1000)

    def read(self, seconds=0.2):
        """What comes within a time; False at the end."""
        if not self.is_readable(seconds):
            return True
        try:
            part = os.read(self.master, 65536)
        except OSError:  # EIO: nobody has the other side any more
            return False
        self.raw += part
        if not self.plain:
            self.emulator.feed(part)
        return bool(part)

    def until(self, condition, what):
        """Reads until condition() is true; returns what it answered."""
        def one():
            self.read()
            return condition()
        return eventually(one, what)

    def until_frames(self, count):
        self.until(lambda: len(self.frames) >= count, f"{count} frames")

    def more_frames(self, count):
        self.until_frames(len(self.frames) + count)

    def stop_for(self, body):
        """Between two rounds, or while one is listed before all that body() does: stopped meanwhile."""
        os.kill(self.process.pid, signal.SIGSTOP)
        eventually(lambda: state_of(self.process.pid) == "T", "it is stopped")
        body()
        os.kill(self.process.pid, signal.SIGCONT)

    def to_the_end(self, seconds=lib.PATIENCE):
        deadline = time.monotonic() + seconds
        while self.read():
            that(time.monotonic() < deadline, "it does not end")
        return self.process.wait(seconds)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.master >= 0:
            os.close(self.master)
        return self.process.stderr.read()

    def marks(self, pattern):
        """What stands before the row of that pattern, frame by frame; "" where it is not."""
        marks = []
        for frame in self.frames:
            found = [line for line in frame[HEADINGS:] if re.search(pattern, line)]
            that(len(found) <= 1, "\n".join(frame))
            marks.append(found[0][0] if found else "")
        return "".join(mark or "." for mark in marks)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        equal(self.stop(), b"")


lib.enter()


@case("a row that comes has a + once, one that goes a - once")
def comes_and_goes():
    with Watched("-tlnc.1") as watched:
        watched.until_frames(2)
        sock = lib.listen()
        row = f":{port_of(sock)} "
        watched.until(lambda: watched.marks(row).endswith("+ "), "the row without its mark")
        sock.close()
        watched.until(lambda: watched.marks(row).endswith("-."), "the row is gone")
        that(re.fullmatch(r"\.{2,}\+ +-\.", watched.marks(row)), watched.marks(row))
        counts = [re.search(r"(\d+) sockets?  \+(\d+) new.*  -(\d+) gone", frame[0])
                  for frame in watched.frames[1:]]
        new, gone = (sum(int(count.group(i)) for count in counts) for i in (2, 3))
        equal((new, gone), (1, 1))
        equal([frame[0].startswith("  ") for frame in watched.frames], [True] * len(watched.frames))


@case("rows are those of netstat's table, two columns to the right")
def the_same_table():
    kept = [lib.listen() for _ in range(5)]
    with Watched("-tlnc.1", "--count=2") as watched:
        equal(watched.to_the_end(), 0)
    equal(len(watched.frames), 2)
    for frame in watched.frames:
        equal([line[2:] for line in frame[1:]], [line.rstrip() for line in lssock_ok("-tln").lines])
    del kept


@case("a row that says something else has a ~ once")
def changes():
    listener = lib.listen()
    client, accepted = lib.connect_to(listener)
    with Watched("-tnc.1") as watched:
        row = rf":{port_of(listener)} .*:{port_of(client)} "
        watched.until_frames(2)
        client.send(b"12345")
        watched.until(lambda: "~ " in watched.marks(row), "marked, and then no more")
        that(re.fullmatch(" {2,}~ +", watched.marks(row)), repr(watched.marks(row)))
    del accepted


@case("a connection that comes to TIME_WAIT is still the same, and its timer is no news")
def time_wait():
    listener = lib.listen()
    client, accepted = lib.connect_to(listener)
    with Watched("-tonc.1") as watched:
        row = rf":{port_of(client)} +127.0.0.1:{port_of(listener)} "
        watched.until_frames(2)
        client.close()
        accepted.close()
        watched.until(lambda: any("TIME_WAIT" in line for line in watched.frames[-1]), "TIME_WAIT")
        watched.more_frames(4)
        marks = watched.marks(row)
        that(re.fullmatch(" {2,}~[ ~]* {3,}", marks), repr(marks))
        times = {line.split("(")[1] for frame in watched.frames[-4:] for line in frame
                 if re.search(row, line)}
        that(len(times) > 1, f"the timer stands still: {times}")


@case("nothing is left of a longer screen, and of longer lines")
def nothing_left():
    socks = [lib.listen() for _ in range(20)]
    with Watched("-tlnpc.1") as watched:
        watched.until(lambda: watched.frames and len(watched.frames[-1]) == HEADINGS + 20, "rows")
        watched.stop_for(lambda: [sock.close() for sock in socks])
        watched.until(lambda: len(watched.frames[-1]) == HEADINGS, "no rows")
        before = [frame for frame in watched.frames if len(frame) > HEADINGS][-1]
        equal({line[0] for line in before[HEADINGS:]}, {"-"})
        that("-20 gone" in before[0], before[0])


@case("what does not fit is counted, with its marks; another size counts from the next round on")
def sizes():
    socks = [lib.listen() for _ in range(30)]
    with Watched("-tlnc.1", width=100, height=12) as watched:
        watched.until_frames(2)
        equal((len(watched.frames[-1]), watched.frames[-1][-1]), (11, "  23 more sockets"))
        socks += [lib.listen() for _ in range(4)]
        watched.until(lambda: watched.frames[-1][-1] == "  27 more sockets", "all marked once")
        hidden = [re.search(r"more sockets  \+(\d+) new", frame[-1]) for frame in watched.frames]
        marked = sum(int(found.group(1)) for found in hidden if found)
        marked += sum(line[0] == "+" for frame in watched.frames for line in frame)
        equal(marked, 4)
        watched.resize(50, 8)
        watched.until(lambda: len(watched.frames[-1]) == 7, "fewer lines")
        watched.more_frames(1)
        equal(watched.frames[-1][-1], "  31 more sockets")
        equal(watched.emulator.widths[-1], 50)
        that(watched.frames[-1][2].endswith(">"), "no mark of what is cut")
        watched.resize(120, 60)
        watched.until(lambda: len(watched.frames[-1]) == HEADINGS + 34, "all of them")
        that(not any(line.endswith(">") for line in watched.frames[-1]), "cut without need")


for NUMBER in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):

    @case(f"{NUMBER.name} leaves the last screen, and the cursor below it")
    def ended_by(number=NUMBER):
        kept = lib.listen()
        with Watched("-tlnc.1") as watched:
            watched.until_frames(2)
            if number == signal.SIGINT:
                os.write(watched.master, b"\x03")
            else:
                os.kill(watched.process.pid, number)
            equal(watched.to_the_end(), -number)
            emulator = watched.emulator
            # A terminal echoes what was typed where the cursor is.
            text = [line for line in emulator.text() if line != "^C"]
            equal(text, watched.frames[-1])
            equal(text[-1][2:], lssock_ok("-tln").lines[-1].rstrip())
            equal((emulator.hidden, emulator.colored, emulator.row), (False, False, len(text)))
            that(watched.raw.replace(b"^C", b"").endswith(b"\x1b[?25h"), repr(watched.raw[-20:]))
        del kept


@case("stopped and continued, it draws a whole screen")
def continued():
    kept = lib.listen()
    with Watched("-tlnc.1") as watched:
        watched.until_frames(2)
        os.kill(watched.process.pid, signal.SIGSTOP)
        time.sleep(0.3)
        while watched.is_readable(0.1):
            watched.read(0)
        whole = watched.frames[-1]
        watched.emulator.feed(b"\r\n[1]+  Stopped   \r\n" * 4)
        os.kill(watched.process.pid, signal.SIGCONT)
        watched.more_frames(2)
        equal(watched.frames[-1][1:], whole[1:])
    del kept


@case("counters have rates beside them")
def rates():
    listener = lib.listen()
    client, accepted = lib.connect_to(listener)
    lib.at_some_pace(lambda pace: check_rates(listener, client, accepted, 0.2 * pace))


def check_rates(listener, client, accepted, interval):
    with Watched(f"-tc{interval}", "--columns=local_port,bytes_received,state") as watched:
        watched.until_frames(1)
        that(re.match(r"  Local-Port Bytes-Received /s State", watched.frames[0][1]),
             watched.frames[0][1])

        def seen():
            """(bytes, rate) of the receiving end, each once."""
            lines = [line for frame in watched.frames for line in frame[2:]
                     if re.match(rf". +{port_of(listener)} +\d+ .* ESTABLISHED", line)]
            return [line[1:].split()[1:3] for line in lines]

        def fed():
            client.send(b"x" * 1000)
            accepted.recv(100000)
            watched.read(0.02)
            return len([rate for _, rate in seen() if rate not in ("-", "0")]) >= 3

        eventually(fed, "rates")
        values = seen()
        equal(values[0][1], "-", "nothing is known in the first round")
        # What the rates say adds up to what came in, by the time of the rounds (the interval or more).
        received = int(values[-1][0]) - int(values[0][0])
        told = sum(float(rate) for _, rate in values[1:]) * interval
        in_time(0.2 * received <= told <= 1.3 * received, f"{values}: {told} of {received}")
        watched.until(lambda: seen()[-1][1] == "0", "no more bytes, no rate")


@case("names of others reach the terminal in escapes, and are cut between them")
def hostile_names():
    name = b"\0\x1b[2J\x1b]0;title\x07\x9b31m" + "\u202e\u4e2d".encode() + b"\n" * 20
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(name)
    sock.listen(1)
    want = "@" + lib.escaped(name[1:], blank=False)
    for width in (90, 91, 92, 93, 94, 198):
        with Watched("-xlnc.05", "--count=2", width=width) as watched:
            equal(watched.to_the_end(), 0)
        row = lib.matching(watched.frames[-1], re.escape("@\\x1b[2J"))
        shown = row[row.index("@"):]
        if width == 198:
            equal(shown, want)
        else:
            that(len(row) <= width and shown.endswith(">"), repr(row))
            that(re.fullmatch(r"(\\x[0-9a-f]{2}|[^\\])*>", shown), repr(row))
    sock.close()


@case("NO_COLOR: marks, but no colours")
def no_color():
    for env, colored in (({}, True), ({"NO_COLOR": "1"}, False)):
        kept = lib.listen()
        with Watched("-tlc.1", "--columns=local_port,state", **env) as watched:
            watched.until_frames(2)
            sock = lib.listen()
            watched.until(lambda: any("+" in frame[i][:1] for frame in watched.frames
                                      for i in range(2, len(frame))), "a mark")
            sock.close()
            watched.more_frames(2)
        equal(re.search(rb"\x1b\[[0-9;]*m", watched.raw) is not None, colored)
        kept.close()


@case("no screen: TERM=dumb or unset, --count=1, data, a pipe")
def no_screen():
    kept = [lib.listen() for _ in range(3)]
    for options, env in (
        (("-tlnc.05", "--count=3"), {"TERM": "dumb"}), (("-tlnc.05", "--count=3"), {"TERM": ""}),
        (("-tlnc.05", "--count=3"), {"TERM": None}), (("-tlnc.05", "--count=1"), {}),
        (("-tlnc.05", "--count=3", "--csv"), {}),
    ):
        with Watched(*options, plain=True, **env) as watched:
            equal(watched.to_the_end(), 0)
        want = lssock_ok(*options).out.replace("\n", "\r\n")
        equal(watched.raw.decode(), want, f"{options} {env}")
    with Watched("-tlnc.05", "--count=3", "--jsonl", plain=True) as watched:
        equal(watched.to_the_end(), 0)
    that(b"\x1b" not in watched.raw and watched.raw.count(b'"end":true') == 3, repr(watched.raw))
    out = lssock_ok("-tlnc.05", "--count=3", env={"TERM": "xterm"}).out
    equal(out, lssock_ok("-tln").out * 3)
    del kept


@case("-H: rows and marks alone")
def without_headings():
    kept = lib.listen()
    with Watched("-tlnHc.05", "--count=2") as watched:
        equal(watched.to_the_end(), 0)
    equal(watched.frames[-1], ["  " + line.rstrip() for line in lssock_ok("-tlnH").lines])
    del kept


def state_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def busy_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@case("a terminal held by ^S: it waits without work, goes on at ^Q, and a signal ends it")
def held():
    socks = [lib.listen() for _ in range(60)]
    with Watched("-tlnc.02", height=50) as watched:
        watched.until_frames(2)
        os.write(watched.master, b"\x13")
        time.sleep(0.5)
        while watched.is_readable(0.2):
            watched.read(0)
        frames, ticks = len(watched.frames), busy_ticks(watched.process.pid)
        time.sleep(1)
        that(busy_ticks(watched.process.pid) - ticks <= 5, "it works while nobody reads")
        os.write(watched.master, b"\x11")
        watched.until_frames(frames + 3)
        os.write(watched.master, b"\x13")
        time.sleep(0.3)
        os.kill(watched.process.pid, signal.SIGTERM)
        try:
            equal(watched.process.wait(lib.PATIENCE), -signal.SIGTERM)
        except subprocess.TimeoutExpired:
            raise Failure("SIGTERM does not end it") from None
    del socks


@case("a terminal that is hung up ends it")
def hung_up():
    with Watched("-tlnc.05") as watched:
        watched.until_frames(2)
        os.close(watched.master)
        watched.master = -1
        equal(watched.process.wait(lib.PATIENCE), -signal.SIGHUP)


@case("more than 10000 sockets: counted, not marked")
def too_many():
    socks, limits = [], resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    for _ in range(10100):
        try:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        except OSError:
            raise lib.Skip("not so many descriptors here") from None
        sock.bind(("127.0.0.1", 0))
        socks.append(sock)
    with Watched("-uanc.1") as watched:
        watched.until(lambda: len(watched.frames) >= 2, "frames")
    that(re.search(r"  10100 sockets  too many for marks$", watched.frames[-1][0]),
         watched.frames[-1][0])
    equal({line[0] for line in watched.frames[-1]}, {" "})
    that(watched.frames[-1][-1].endswith("more sockets"), watched.frames[-1][-1])


lib.main()
