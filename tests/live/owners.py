#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who holds a socket: -p. Shared sockets, names that lie, other users' processes, processes that come
and go, and the programs that take the table apart.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, like_netstat, lssock, lssock_ok, matching, netstat, that  # noqa: E402

HOSTILE = {
    "a blank": b"two words",
    "a parenthesis": b"we)ird (x",
    "the shape of /proc/PID/stat": b"a) R 1 2 (b",
    "an escape sequence": b"\x1b[31mred\x1b[0m",
    "a newline": b"new\nline",
    "a newline at its end": b"end\n",
    "a tab and a bell": b"tab\there\x07",
    "a backslash": b"back\\slash",
    "what looks escaped": b"\\x41",
    "bytes above ASCII": b"\xc3\xa9\xff\x9b",
    "only blanks": b"   ",
    "a slash": b"a/b/c",
    "a forged row": b"\ntcp 0 0 0:1 *",
    "15 bytes to escape": b"\x01" * 15,
    "nothing in it": b"",
}


def listener_named(name):
    """(pid, port) of a child of that name that listens."""

    def body(say):
        sock = lib.listen()
        lib.set_comm(name)
        say(lib.port_of(sock))
        return sock

    pid, port = lib.fork_child(body)
    return pid, int(port)


def row_of_port(result, port):
    return matching(result.rows, rf"^\S+ +\d+ +\d+ \S+:{port} ")


def program_cell(row):
    """The PID/Program column of a TCP row of -tlnp, where it begins."""
    that(row[79] == " " and row[80] != " ", row)
    return row[80:]


lib.enter()
os.chdir(lib.temp_dir())


@case("a socket shared by fork() shows its first owner, as netstat does")
def shared_by_fork():
    shared = lib.listen()
    lib.fork_child(lambda say: say("ready"))
    lib.fork_child(lambda say: say("ready"))
    row = row_of_port(like_netstat("-tlnp"), lib.port_of(shared))
    equal(program_cell(row), f"{os.getpid()}/python3".ljust(20))


@case("a socket handed to another process shows whoever still holds it")
def handed_over():
    here, there = socket.socketpair()

    def receiver(say):
        say("ready")
        return socket.recv_fds(there, 1, 1)

    early, _ = lib.fork_child(receiver)
    shared = lib.listen()
    port = lib.port_of(shared)
    late, _ = lib.fork_child(lambda say: say("ready"))
    that(early < late, "process numbers rise")
    shared.close()
    equal(program_cell(row_of_port(lssock_ok("-tlnp"), port)), f"{late}/python3".ljust(20))
    with socket.socket() as again:
        again.bind(("127.0.0.1", 0))
        again.listen()
        port = lib.port_of(again)
        socket.send_fds(here, [b"x"], [again.fileno()])
    lib.eventually(lambda: f" {early}/python3 " in row_of_port(lssock("-tlnp"), port), "handed over")
    like_netstat("-tlnp")
    like_netstat("-xp")


PLACES = (14, 15, 16, 17, 30, 31, 32, 33, 63, 64, 65, 127, 128, 700, 1023, 1024, 1500)


def listener_behind_files(say, place, number):
    """Holds files, and a listener at that descriptor; of some, only every third file."""
    with lib.listen() as sock:
        port = lib.port_of(sock)
        with open("/dev/null", "rb") as null:
            for fd in range(20, place + 30, 3 if number % 2 else 1):
                os.dup2(null.fileno(), fd)
        os.dup2(sock.fileno(), place)
    say(port)


@case("a listener is found at whichever descriptor it stands")
def places():
    held = {}
    for number, place in enumerate(PLACES):
        pid, port = lib.fork_child(lambda say, p=place, n=number: listener_behind_files(say, p, n))
        held[int(port)] = pid
    for _ in range(60):  # as many processes as several threads share
        lib.fork_child(lambda say: say("ready"))
    result = like_netstat("-tlnp")
    for port, pid in held.items():
        equal(program_cell(row_of_port(result, port)), f"{pid}/python3".ljust(20), port)


for TITLE, NAME in HOSTILE.items():

    @case(f"a program with {TITLE} in its name" if NAME else "a program without a name")
    def hostile_name(name=NAME):
        pid, port = listener_named(name)
        try:
            want = f"{pid}/{lib.escaped(name)}"
            result = lssock_ok("-tlnpW")
            equal(program_cell(row_of_port(result, port)), want.ljust(20))
            row = program_cell(row_of_port(lssock_ok("-tlnp"), port)).rstrip(" ")
            that(len(row) <= 19, row)
            that(want.startswith(row), row)
            whole = row == want or row.endswith("\\\\") or not re.search(r"\\(x.?)?$", row)
            that(whole, "cut inside an escape: " + row)
            if len(want) <= 19:
                equal(row, want)
            equal(len(result.rows), len(lssock_ok("-tln").rows))
            that(not re.search(r"[^\n\x20-\x7e]", result.out), "a byte that is not printable ASCII")
        finally:
            lib.end_child(pid)


@case("the name is the kernel's, not what the program calls itself")
def name_is_comm():
    code = (
        "import socket,time; s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen();"
        "print(s.getsockname()[1],flush=True); time.sleep(60)"
    )
    child = subprocess.Popen(
        ["/bin/lies and more", "-c", code], executable=sys.executable, stdout=subprocess.PIPE
    )
    try:
        port = int(child.stdout.readline())
        comm = open(f"/proc/{child.pid}/comm").read().rstrip("\n")
        row = row_of_port(lssock_ok("-tlnp"), port)
        equal(program_cell(row), f"{child.pid}/{comm}".ljust(20))
        that("lies" not in row, row)
    finally:
        child.kill()
        child.wait()


@case("a thread's own name does not become the program's")
def thread_name():
    started, stop = threading.Event(), threading.Event()

    def other():
        lib.set_comm(b"thread")
        started.set()
        stop.wait()

    thread = threading.Thread(target=other)
    sock = lib.listen()
    thread.start()
    started.wait()
    row = row_of_port(lssock_ok("-tlnp"), lib.port_of(sock))
    stop.set()
    thread.join()
    equal(program_cell(row), f"{os.getpid()}/python3".ljust(20))


@case("what no process holds has no owner: TIME_WAIT, orphans, connections not yet accepted")
def ownerless():
    listener = lib.listen()
    port = lib.port_of(listener)
    active, passive = lib.connect_to(listener)
    active.shutdown(socket.SHUT_WR)
    passive.close()
    gone = active.getsockname()[1]
    active.close()
    waiting = socket.create_connection(("127.0.0.1", port))
    mine = waiting.getsockname()[1]
    rows = like_netstat("-tanpe").rows
    row = matching(rows, rf" 127\.0\.0\.1:{gone} +127\.0\.0\.1:{port} +TIME_WAIT ")
    equal(row.split()[6:9], ["0", "0", "-"], row)
    row = matching(rows, rf" 127\.0\.0\.1:{port} +127\.0\.0\.1:{mine} +ESTABLISHED ")
    equal(row.split()[7:9], ["0", "-"], row)
    row = matching(rows, rf" 127\.0\.0\.1:{mine} +127\.0\.0\.1:{port} +ESTABLISHED ")
    equal(row.split()[8], f"{os.getpid()}/python3", row)


@case("UNIX sockets and their owners")
def unix_owners():
    server = socket.socket(socket.AF_UNIX)
    server.bind("owned")
    server.listen()
    row = matching(like_netstat("-xlp").rows, r" owned$")
    equal(row[lib.behind_inode(row):], f"{os.getpid()}/python3".ljust(20) + " owned")


@case("every spelling of -p")
def spellings():
    sock = lib.listen()
    want = lssock_ok("-tlnp").out
    that(f":{lib.port_of(sock)} " in want, want)
    for word in ("--programs", "--program", "--prog"):
        equal(lssock_ok("-tln", word).out, want)


# --- another user's processes --------------------------------------------------------------------


def nobodys_listener(say):
    lib.become_nobody()
    # A process that changed its user is closed to inspection until it executes something.
    lib.call(lib.libc.prctl, 4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
    sock = lib.listen()
    say(lib.port_of(sock))
    return sock


@case("an unprivileged user sees all sockets, its own owners, a note, and status 0")
def unprivileged():
    lib.need_real_root()
    _, port = lib.fork_child(nobodys_listener)
    roots = lib.listen()
    result = lib.as_nobody("-tlnp")
    equal(result.status, 0, str(result))
    equal(len(result.rows), len(lssock_ok("-tlnp").rows))
    equal(program_cell(row_of_port(result, lib.port_of(roots))), "-".ljust(20))
    that(re.match(r"\d+/python3 +$", program_cell(row_of_port(result, port))), str(result))
    that(1 <= result.err.count("\n") <= 2, str(result))
    that("root" in result.err, str(result))


@case("an unprivileged user without a process of its own: the other note")
def unprivileged_nothing():
    lib.need_real_root()
    roots = lib.listen()
    result = lib.as_nobody("-tlnp")
    equal(result.status, 0, str(result))
    equal(program_cell(row_of_port(result, lib.port_of(roots))), "-".ljust(20))
    that(1 <= result.err.count("\n") <= 2 and "root" in result.err, str(result))


@case("without -p an unprivileged user gets the same table as root, and no note")
def unprivileged_plain():
    lib.need_real_root()
    lib.fork_child(nobodys_listener)
    for options in ("-tan", "-ane", "-xa", "-tano"):
        before, mine, after = lib.between(lambda: lssock_ok(options), lambda: lib.as_nobody(options))
        equal(mine.err, "", options)
        equal(mine.status, 0, options)
        that(lib.runs_on(before.out, mine.out, after.out), options)


@case("notes come once, however many sockets and rounds there are")
def notes_once():
    lib.need_real_root()
    keep = [lib.listen() for _ in range(30)]
    result = lib.as_nobody("-tlnp", "-c0.05", "--count=3")
    equal(result.status, 0, str(result))
    equal(len(result.rows) % 3, 0)
    that(len(result.rows) >= 3 * len(keep), str(result))
    that(1 <= result.err.count("\n") <= 2, str(result))


# --- processes that come and go ------------------------------------------------------------------


def churn(say, lifetime):
    """Forks short-lived listeners, each named by its port and process number, numbers used again."""
    say("ready")
    running = []
    for round_number in range(10**6):
        if round_number % 12 == 0:
            reuse_numbers()
        pid = os.fork()
        if pid == 0:
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))
            lib.set_comm(f"{lib.port_of(sock)}.{os.getpid()}".encode())
            sock.listen()
            time.sleep(lifetime)
            os._exit(0)
        running.append(pid)
        while len(running) > 12:
            os.waitpid(running.pop(0), 0)


def reuse_numbers():
    if not lib.have_own_pids():
        return
    try:
        with open("/proc/sys/kernel/ns_last_pid", "w") as last:
            last.write("3000")
    except OSError:
        pass


def check_churned(result, steady):
    """How many of the short-lived were seen with their names, none of them wrong."""
    named = 0
    if lib.have_own_pids() and os.environ[lib.INSIDE].endswith("root"):
        equal(result.err, "")
    else:  # other users' processes; and those that have just ended belong to the machine's root
        that(re.match(r"(lssock: \d+ processes could not be inspected.*\n)?$", result.err), result.err)
    equal(result.status, 0)
    matching(result.rows, rf":{lib.port_of(steady)} .* {os.getpid()}/python3 *$")
    for row in result.rows:
        found = re.match(r"tcp .* 127\.0\.0\.1:(\d+) +\S+ +LISTEN +(\d+)/(\d+)\.(\d+) *$", row)
        if found:
            named += 1
            equal((found[1], found[2]), (found[3], found[4]), row)
        else:
            that(re.search(rf" LISTEN +(-|{os.getpid()}/python3) *$", row), row)
    return named


@case("50 listings while processes come, go and reuse numbers: no error line, never a wrong name")
def churning():
    steady = lib.listen()

    def see_many(pace):
        manager, _ = lib.fork_child(lambda say: churn(say, 0.01 * pace))
        try:
            return sum(check_churned(lssock("-tulnp"), steady) for _ in range(50))
        finally:
            lib.end_child(manager)
            time.sleep(0.3 * pace)  # its last children end by themselves

    # Those that live for a moment only are over before a slow machine has come to their owners.
    named = next((named for named in map(see_many, (1, 4, 16)) if named > 50), 0)
    that(named > 50, "hardly any short-lived listeners were seen with their names")


def churn_many_files(say):
    """Processes with many descriptors that end, and are gone at once, while these are looked at."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with open("/dev/null", "rb") as null:
        for _ in range(400):
            os.dup(null.fileno())
        say("ready")
        for number in range(10**6):
            if os.fork() == 0:
                time.sleep(0.001 * (number % 7))
                os._exit(0)
            time.sleep(0.0008)


@case(
    "processes that end while their descriptors are read are no trouble: no note, no "
    "status but 0"
)
def ending():
    if not (lib.have_own_pids() and os.environ[lib.INSIDE].endswith("root")):
        raise lib.Skip("other processes would be in the way")
    listener = lib.listen()
    # A socket on its way in a message has an inode and no owner: the walk cannot end early.
    here, there = socket.socketpair()
    with lib.listen() as sent:
        port = lib.port_of(sent)
        socket.send_fds(here, [b"x"], [sent.fileno()])
    manager, _ = lib.fork_child(churn_many_files)
    try:
        for number in range(120):
            result = lssock("-tanp")
            equal((result.err, result.status), ("", 0), f"listing {number}")
            matching(result.rows, rf":{lib.port_of(listener)} .* LISTEN +{os.getpid()}/python3 *$")
            matching(result.rows, rf":{port} .* LISTEN +- *$")
    finally:
        lib.end_child(manager)
        time.sleep(0.2)  # its last children end by themselves
    there.close()


# --- programs that read the table ----------------------------------------------------------------


class Listeners:
    """TCP and UDP, IPv4 and IPv6, held by this process."""

    def __init__(self):
        self.tcp = lib.listen()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.all = {("tcp", lib.port_of(self.tcp)), ("udp", lib.port_of(self.udp))}
        if lib.have_ipv6():
            self.tcp6 = lib.listen("::1")
            self.udp6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.udp6.bind(("::1", 0))
            self.all |= {("tcp6", lib.port_of(self.tcp6)), ("udp6", lib.port_of(self.udp6))}


def expect_listeners(found, listeners):
    for proto, port in listeners.all:
        equal(found.get((proto, port)), (str(os.getpid()), "python3"), f"{proto} {port}")


@case("jc --netstat makes the same of ours and of netstat's -tulpn and -tanpe")
def through_jc():
    jc = lib.need_program("jc")
    lib.need_netstat()
    listeners = Listeners()
    for options in ("-tulpn", "-tanpe", "-xap"):
        parsed = []
        _, ours, theirs = lib.between(lambda: netstat(options), lambda: lssock_ok(options))
        for text in (ours.out, theirs.out):
            done = subprocess.run([jc, "--netstat"], input=text.encode("latin-1"), capture_output=True)
            equal(done.returncode, 0, done.stderr.decode())
            parsed.append(json.loads(done.stdout))
        equal(parsed[0], parsed[1], options)
    del listeners


@case("a reader that splits -tulpn at blanks: PID and name in the last word")
def reader_splits_tulpn():
    listeners = Listeners()
    found = {}
    for line in lssock_ok("-tulpn").lines:
        if line.startswith(("tcp", "udp")):
            words = line.split()
            equal(len(words), 7 if line.startswith("tcp") else 6, line)
            port = int(words[3].rsplit(":", 1)[1])
            found[words[0], port] = tuple(words[-1].split("/", 1))
    expect_listeners(found, listeners)


@case("a reader that counts the words of -tulpnea: user, inode, program")
def reader_splits_tulpnea():
    listeners = Listeners()
    found = {}
    for line in lssock_ok("-tulpnea").lines[2:]:
        words = line.split()
        first = 6 if line.startswith("tcp") or words[5] == "ESTABLISHED" else 5
        user, inode, program = words[first : first + 3]
        that(user.isdigit() and inode.isdigit(), line)
        found[words[0], int(words[3].rsplit(":", 1)[1])] = tuple(program.split("/", 1))
    expect_listeners({key: value for key, value in found.items() if key in listeners.all}, listeners)


@case("a reader with one pattern for the rows of -tulpen")
def reader_pattern():
    listeners = Listeners()
    pattern = re.compile(
        r"^(?P<proto>\S+) +\d+ +\d+ +(?P<local>\S+) +\S+ +(?:LISTEN +)?(?:\d+ +\d+ +)(?P<owner>\S+)"
    )
    found = {}
    for line in lssock_ok("-tulpen").lines[2:]:
        parts = pattern.match(line)
        that(parts, line)
        port = int(parts["local"].rsplit(":", 1)[1])
        found[parts["proto"], port] = tuple(parts["owner"].split("/", 1))
    expect_listeners(found, listeners)


@case("a reader that slices -neopa at the columns of the header")
def reader_slices():
    listeners = Listeners()
    server = socket.socket(socket.AF_UNIX)
    server.bind("sliced")
    server.listen()
    lines = lssock_ok("-neopa").lines
    inet = lines.index("Active Internet connections (servers and established)")
    local = lines.index("Active UNIX domain sockets (servers and established)")
    found = {}
    for cells in sliced(lines[inet + 1 : local], (
        "Proto", "Recv-Q", "Send-Q", "Local Address", "Foreign Address", "State", "User", "Inode",
        "PID/Program name", "Timer",
    )):
        if cells["State"] not in ("LISTEN", ""):
            continue
        that(cells["User"].isdigit() and cells["Inode"].isdigit(), str(cells))
        that(cells["Timer"].startswith("off ("), str(cells))
        port = cells["Local Address"].rsplit(":", 1)[1]
        if port.isdigit():
            found[cells["Proto"], int(port)] = tuple(cells["PID/Program name"].split("/", 1))
    expect_listeners(found, listeners)
    rows = [
        cells for cells in sliced(lines[local + 1 :], (
            "Proto", "RefCnt", "Flags", "Type", "State", "I-Node", "PID/Program name", "Path",
        )) if cells["Path"] == "sliced"
    ]
    equal(len(rows), 1)
    equal(rows[0]["PID/Program name"], f"{os.getpid()}/python3")
    equal((rows[0]["Flags"], rows[0]["Type"], rows[0]["State"]), ("[ ACC ]", "STREAM", "LISTENING"))


def sliced(lines, titles):
    """Rows as dictionaries, cut where the header's titles begin (but for right-aligned numbers)."""
    header = lines[0]
    starts = [header.index(title) for title in titles] + [None]
    for line in lines[1:]:
        yield {
            title: line[start:end].strip()
            for title, start, end in zip(titles, starts, starts[1:])
        }


@case("one-liners: the state is the last word without -p and -o, the sixth with awk")
def one_liners():
    listener = lib.listen()
    kept = lib.connect_to(listener)
    script = "awk '/^tcp/ {++s[$NF]; ++t[$6]} END {for (a in s) print a, s[a], t[a]}'"
    done = lib.run(["sh", "-c", f'"$0" -ant | {script}', lib.LSSOCK])
    counts = dict(line.split(" ", 1) for line in done.lines)
    rows = lssock_ok("-ant").rows
    for state in ("LISTEN", "ESTABLISHED"):
        count = sum(row.split()[5] == state for row in rows)
        that(count > 0, state)
        equal(counts[state], f"{count} {count}")
    port = lib.port_of(listener)
    script = f'"$0" -tulpn | grep ":{port} " | awk \'{{print $7}}\' | cut -d/ -f1'
    done = lib.run(["sh", "-c", script, lib.LSSOCK])
    equal(done.out, f"{os.getpid()}\n")
    del kept


lib.main()
