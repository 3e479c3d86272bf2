#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--record and --replay: a run in a namespace full of sockets is recorded and repeated in an empty one,
by nobody, byte for byte; other options see what the file has; damaged files end with status 4 and
one line; ss's own dump files show what ss shows of them, and what it leaves out.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import random
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, lssock, that  # noqa: E402

MAGIC = b"\x89LSSOCK\n"
DIRECTORY = 6  # a kind of record

lib.enter()
lib.bind_etc(hosts="127.0.0.1 localhost\n127.0.0.9 nine.example\n::1 localhost\n")

_kept = []
_dir = os.path.join(lib.temp_dir(), "recordings")
os.mkdir(_dir, 0o755)


def open_sockets():
    """TCP of both families in three states, UDP, raw and UNIX, of a program with a bad name."""
    for address in ("127.0.0.1", "127.0.0.9", *(["::1"] if lib.have_ipv6() else [])):
        listener = lib.listen(address)
        client, accepted = lib.connect_to(listener)
        client.send(b"unread")
        _kept.extend((listener, client, accepted))
        client, accepted = lib.connect_to(listener)
        client.close()  # FIN_WAIT2 here, CLOSE_WAIT there
        _kept.append(accepted)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 53))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind("\0re\x1bplay \n")
    unix.listen()
    peer = socket.socket(socket.AF_UNIX)
    peer.connect("\0re\x1bplay \n")
    _kept.extend((udp, unix, peer, socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)))
    lib.set_comm(b"bad\x1b) name")


open_sockets()


def fresh(name):
    path = os.path.join(_dir, name)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    return path


def record(name, *options, **popen):
    """(the file, how the recorded run ended)"""
    path = fresh(name)
    result = lssock(*options, f"--record={path}", **popen)
    that(result.status == 0, str(result))
    os.chmod(path, 0o644)  # for nobody
    return path, result


def elsewhere(*options, **popen):
    """lssock in an empty network namespace, and as nobody where that can be."""
    def demote():
        lib.call(lib.libc.unshare, lib.CLONE_NEWNET)
        if os.environ[lib.INSIDE].endswith("root"):
            lib.become_nobody()

    return lib.run([lib.public_lssock(), *options], preexec_fn=demote, **popen)


def refused(result, pattern):
    """Status 4, nothing printed, one line that matches."""
    that(result.status == 4 and result.out == "" and result.err.count("\n") == 1
         and re.search(pattern, result.err), f"{pattern}: {result}")


def records(data):
    """(offset, kind, errno, key, value) of each record."""
    equal(data[:16], MAGIC + struct.pack("<2I", 1, 1 if sys.byteorder == "little" else 2))
    at = 16
    while at < len(data):
        kind, error, n_key, n_value = struct.unpack_from("<4I", data, at)
        key = data[at + 16:at + 16 + n_key]
        yield at, kind, error, key, data[at + 16 + n_key:at + 16 + n_key + n_value]
        at += 16 + n_key + n_value


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


def write(name, data):
    path = fresh(name)
    with open(path, "wb") as stream:
        stream.write(data)
    return path


COMMANDS = (
    ("-tan",), ("-ta",), ("-tulpn",), ("-anp",), ("-tane",), ("-tano",), ("-xap",), ("-a", "-W"),
    ("-tan", "--json"), ("-tap", "--jsonl"), ("-xa", "--json"), ("-a", "--csv"),
    ("-tan", "--info"), ("-tan", "--memory"), ("-ltn", "--sort=-local_port"),
    ("-tan", "--columns=+netns,cgroup,unit,user,start_time,exe,cmdline,interface"),
    ("-tan", "src localhost or dst nine.example"), ("-tap", "program = 'bad*'"),
    ("-tan", "dev = lo or cgroup = / or sport = :domain or user = root"),
    ("-tan", "state close-wait"), ("-tan", "--top=2"),
    ("-s",), ("-s", "--json"), ("--summary",), ("--summary", "--json"), ("--ports",),
    ("--ports", "--json"), ("--time-wait",), ("--listeners",), ("--listeners", "--json"),
    ("--explain",), ("--count-by=program,state",), ("--count-by=remote_address/24", "--json"),
    ("-q", "-t", "sport = :1"), ("-q", "-tl"),
)


@case("what was recorded is printed again, byte for byte, in an empty namespace and by nobody")
def test_same():
    for number, options in enumerate(COMMANDS):
        path = fresh(f"same{number}")
        first = lssock(*options, f"--record={path}")
        os.chmod(path, 0o644)
        second = elsewhere(*options, f"--replay={path}")
        what = " ".join(options)
        that(first.out or options[0] == "-q", str(first))
        that(first.status in (0, 1), str(first))
        equal(second.out, first.out, what)
        equal((second.status, second.err), (first.status, first.err), what)


@case("OpenMetrics are the same but for the time it took")
def test_metrics():
    path, first = record("metrics", "--openmetrics")
    second = elsewhere("--openmetrics", f"--replay={path}")
    equal(second.status, 0)
    def steady(text):
        return re.sub(r"(?m)^(lssock_\w*duration\w*) .*$", r"\1", text)
    that(len(first.lines) > 50, str(first))
    equal(steady(second.out), steady(first.out))


@case("recording changes nothing of what is printed")
def test_no_change():
    for options in (("-tan",), ("-tanp",), ("-xap",), ("--listeners",), ("-tul", "--csv")):
        before, recorded, after = lib.between(
            lambda: lssock(*options), lambda: record("nochange", *options)[1])
        that(lib.runs_on(before.out, recorded.out, after.out), f"{' '.join(options)}\n{recorded}")


@case("other options see what the file has, and tell what it has not")
def test_other_options():
    path, whole = record("wide", "-tanp")
    listed = elsewhere("-tln", f"--replay={path}")
    equal((listed.status, listed.err), (0, ""))
    equal(listed.out, lssock("-tln").out)
    chosen = elsewhere("-tanp", "state close-wait and src 127.0.0.9", f"--replay={path}")
    equal(chosen.status, 0)
    equal(chosen.rows, [row for row in whole.rows if "CLOSE_WAIT" in row and " 127.0.0.9:" in row])
    for options, words in ((("-uan",), "udp: not in the recording"),
                           (("-xan",), "unix: not in the recording"),
                           (("-tan", "--info"), "made with other options"),
                           (("-s",), "the recording lacks proc:net/snmp"),
                           (("-ta",), "the recording lacks names")):
        missing = elsewhere(*options, f"--replay={path}")
        that(missing.status in (3, 4) and re.search(words, missing.err), str(missing))
    nobody = elsewhere("-tan", "--info", f"--replay={path}")
    that(len(nobody.rows) > 5 and "rtt" not in nobody.out, str(nobody))


@case("a recording of fewer states answers for these alone, and says so")
def test_narrow():
    path, _ = record("narrow", "-ltn")
    wider = elsewhere("-tan", f"--replay={path}")
    equal(wider.status, 3)
    that("made with other options" in wider.err, str(wider))
    equal(wider.rows, [row for row in lssock("-tan").rows if row.endswith("LISTEN     ")])


@case("without sock_diag, what was read from /proc/net is recorded and read again")
def test_proc():
    if os.uname().machine != "x86_64":
        raise lib.Skip("the filter is for x86_64")

    def forbid():  # socket(AF_NETLINK) is not permitted
        lib.call(lib.libc.prctl, lib.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        code = [(0x20, 0, 0, 0), (0x15, 0, 3, 41), (0x20, 0, 0, 16), (0x15, 0, 1, 16),
                (0x06, 0, 0, 0x50000 | 1), (0x06, 0, 0, 0x7fff0000)]
        text = b"".join(struct.pack("HBBI", *line) for line in code)
        room = ctypes.create_string_buffer(text)
        program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code),
                                                          ctypes.addressof(room)))
        lib.call(lib.libc.prctl, lib.PR_SET_SECCOMP, 2, program, 0, 0)

    path = fresh("proc")
    first = lssock("-tanx", f"--record={path}", preexec_fn=forbid)
    os.chmod(path, 0o644)
    that(first.status == 0 and "sock_diag is not available" in first.err, str(first))
    that(len(first.rows) > 8, str(first))
    second = elsewhere("-tanx", f"--replay={path}")
    equal((second.out, second.err, second.status), (first.out, first.err, first.status))


@case("the file is new, for its owner alone, and is never written over")
def test_file():
    path = fresh("mode")
    equal(lssock("-tan", f"--record={path}").status, 0)
    equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
    before = read(path)
    refused(lssock("-tan", f"--record={path}"), "there is such a file")
    equal(read(path), before)
    link = fresh("link")
    os.symlink(fresh("target"), link)
    refused(lssock("-tan", f"--record={link}"), "there is such a file")
    that(not os.path.exists(os.path.join(_dir, "target")), "the link was followed")
    refused(lssock("-tan", "--record=/nowhere/at/all"), "No such file or directory")
    bad = fresh("bad")
    equal(lssock("-tan", "--columns=nonsense", f"--record={bad}").status, 2)
    that(not os.path.exists(bad), "a wrong command line left a file")


@case("a file that cannot be written to its end is status 4, and no recording")
def test_disk_full():
    lib.need_mounts()
    here = os.path.join(lib.temp_dir(), "small")
    os.mkdir(here)
    lib.call(lib.libc.mount, b"none", here.encode(), b"tmpfs", 0, b"size=4k")
    result = lssock("-anp", f"--record={here}/file")
    that(result.status == 4 and "No space left on device" in result.err
         and "not complete" in result.err, str(result))
    refused(lssock("-anp", f"--replay={here}/file"), "cut short, or not finished|no recording")


@case("what other files a process has open is not in the file")
def test_private():
    with open(os.path.join(lib.temp_dir(), "secret-name"), "w", encoding="ascii"):
        path, _ = record("private", "-tanp")
        data = read(path)
    that(b"secret-name" not in data, "the name of an open file was recorded")
    that(b"socket:[" in data and b"bad\x1b) name" in data, "sockets and programs are missing")


@case("options that make no sense with it are status 2, and nothing is done")
def test_combinations():
    path, _ = record("combine", "-tan")
    new = fresh("new")
    for options in (("-c",), ("--count=2",), ("--check=80",), ("--wait=listen:80",),
                    ("--kill", "sport = :1"), ("--all-netns",)):
        for capture in (f"--record={new}", f"--replay={path}"):
            result = lssock(*options, capture)
            that(result.status == 2 and result.out == "" and result.err.count("\n") <= 2,
                 str(result))
    for options in ((f"--record={new}", f"--replay={path}"), ("--netns=1", f"--replay={path}"),
                    ("--record=",), ("--replay=",)):
        that(lssock(*options).status == 2, " ".join(options))
    that(not os.path.exists(new), "a refused command line left a file")


@case("--record goes with --netns, and the replay is of that namespace")
def test_netns():
    def body(say):
        lib.call(lib.libc.unshare, lib.CLONE_NEWNET)
        lib.loopback_up()
        kept = lib.listen("127.0.0.1", 7777)
        say("ready")
        return kept

    pid, _ = lib.fork_child(body)
    path, first = record("netns", "-tan", "--json", f"--netns={pid}")
    that('"local_port":7777' in first.out, str(first))
    second = elsewhere("-tan", "--json", f"--replay={path}")
    equal((second.out, second.status), (first.out, 0))


@case("a namespace that may not be entered is recorded from the files of a process in it")
def test_netns_by_files():
    lib.need_real_root()

    def body(say):
        lib.call(lib.libc.unshare, lib.CLONE_NEWNET)
        lib.loopback_up()
        kept = lib.listen("127.0.0.1", 7778)
        lib.become_nobody()
        say("ready")
        return kept

    pid, _ = lib.fork_child(body)
    os.chmod(_dir, 0o777)
    for options in (("-tan",), ("-tan", "--json"), ("--ports",), ("-s",)):
        path = fresh("files")
        first = lib.run([lib.public_lssock(), *options, f"--netns={pid}", f"--record={path}"],
                        preexec_fn=lib.become_nobody)
        that("7778" in first.out or options[0] != "-tan", str(first))
        that("cannot be entered" in first.err, str(first))
        second = elsewhere(*options, f"--replay={path}")
        equal((second.out, second.status), (first.out, first.status), " ".join(options))


@case("a replay opens no file but the recording, and no socket")
def test_nothing_opened():
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("the leak checker needs ptrace itself")
    path, _ = record("strace", "-anp")
    trace = fresh("trace")
    result = lib.run([strace, "-f", "-o", trace, "-e", "trace=%file,socket,connect,execve",
                      lib.LSSOCK, "-anp", f"--replay={path}"])
    equal(result.status, 0)
    lines = read(trace).decode("latin-1").split("\n")
    start = next(i for i, line in enumerate(lines) if f'"{path}"' in line)
    # The C library's character sets may be looked for before; after the file: nothing.
    calls = [line for line in lines[start + 1:] if "(" in line and '(4, "", {' not in line]
    equal(calls, [])
    that(not any("socket(" in line for line in lines), "a socket was opened")


def full_pipe():
    """Both ends of a pipe that takes no byte more."""
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(write_end, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write_end, b"x" * 512)
    os.set_blocking(write_end, True)
    return read_end, write_end


def waits_to_write(pid):
    with open(f"/proc/{pid}/wchan", encoding="ascii") as stream:
        where = stream.read()
    if where not in ("", "0"):
        return "pipe_write" in where
    time.sleep(0.5)  # this kernel does not tell; nothing else is slept for
    with open(f"/proc/{pid}/stat", encoding="latin-1") as stream:
        return ") S " in stream.read()


@case("a recording that a signal breaks off says so, and is none")
def test_broken_off():
    path = fresh("broken")
    read_end, write_end = full_pipe()
    process = subprocess.Popen([lib.LSSOCK, "-tan", f"--record={path}"], stdout=write_end,
                               stderr=subprocess.PIPE)
    os.close(write_end)
    try:
        lib.eventually(lambda: waits_to_write(process.pid), "the output is stuck")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=lib.PATIENCE)
        equal(process.returncode, -signal.SIGTERM)
        that(b"broken off: the file is not complete" in err, repr(err))
    finally:
        process.kill()
        process.wait()
        os.close(read_end)
    refused(lssock("-tan", f"--replay={path}"), "cut short, or not finished")


@case("a replay holds no privileges while it prints")
def test_privileges():
    lib.need_real_root()
    path, _ = record("drop", "-anp")
    read_end, write_end = full_pipe()
    process = subprocess.Popen([lib.LSSOCK, "-anp", f"--replay={path}"], stdout=write_end,
                               stderr=subprocess.DEVNULL)
    os.close(write_end)
    try:
        def blocked():
            with open(f"/proc/{process.pid}/status", encoding="ascii") as lines:
                status = dict(line.split(":\t", 1) for line in lines.read().split("\n") if line)
            return status if int(status["CapEff"], 16) == 0 else None

        status = lib.eventually(blocked, "no capability is left")
        equal([int(status[name], 16) for name in ("CapPrm", "CapEff", "CapInh")], [0, 0, 0])
        equal(status["NoNewPrivs"], "1")
    finally:
        process.kill()
        process.wait()
        os.close(read_end)


@case("damaged at every place: one line and status 4, or an honest answer; never a crash")
def test_damaged():
    path, whole = record("base", "-tanp", "sport > 0")
    data = read(path)
    total = len(data)
    places = [at for at, *_ in records(data)]
    cuts = {0, 1, 7, 8, 12, 15, 16, 17, total - 1, total - 16, *random.sample(range(total), 60),
            *random.sample(places, min(40, len(places)))}
    for cut in sorted(cuts):
        result = elsewhere("-tanp", f"--replay={write('cut', data[:cut])}")
        refused(result, "empty" if cut == 0 else "no recording" if cut < 16 else
                "no record at byte")
        if cut >= 16:
            last = max(at for at in places if at <= cut)
            equal(re.search(r"at byte ([0-9]+)", result.err)[1], str(last))
    refused(elsewhere("-tanp", f"--replay={write('more', data + b'x')}"), "damaged at byte")
    numbers = random.Random(4711)
    for _ in range(150):
        bad = bytearray(data)
        for _ in range(numbers.choice((1, 1, 1, 8))):
            bad[numbers.randrange(total)] ^= 1 << numbers.randrange(8)
        result = elsewhere("-tanp", "sport > 0", f"--replay={write('flip', bytes(bad))}")
        that(result.status in (0, 3, 4) and "Sanitizer" not in result.err, str(result))
        that(result.status == 0 or result.err.startswith("lssock: "), str(result))
        that("\x1b" not in result.out + result.err, "an escape went through: " + str(result))
    for place in numbers.sample(places, min(60, len(places))):
        for field in range(4):
            for value in (0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 8193, 4096, 1 << 29):
                bad = bytearray(data)
                struct.pack_into("<I", bad, place + 4 * field, value)
                result = elsewhere("-tanp", f"--replay={write('huge', bytes(bad))}")
                that(result.status in (0, 3, 4), str(result))
                that(result.status == 0 or result.err.startswith("lssock: "), str(result))
            if numbers.random() < 0.7:
                break


@case("a recording that tells a million things of itself: some of them, and that there are more")
def test_notes():
    path, _ = record("notes", "-tan")
    data, note = read(path), b"note"
    end = data[-16:]
    more = b"".join(struct.pack("<IIII", 1, 0, len(note), len(text)) + note + text
                    for text in (b"x%dy" % number for number in range(1000000)))
    result = elsewhere("-tan", f"--replay={write('more', data[:-16] + more + end)}")
    equal((result.status, len(result.err.splitlines())), (3, 101), result.err[:500])
    that("told more" in result.err.splitlines()[100], result.err.splitlines()[100])


@case("other versions and byte orders, and what is no recording, are refused by name")
def test_refused():
    path, _ = record("head", "-tan")
    data = read(path)
    other = bytearray(data)
    other[8] = 2
    refused(elsewhere("-tan", f"--replay={write('version', bytes(other))}"), "another version")
    other = bytearray(data)
    other[12] ^= 3
    refused(elsewhere("-tan", f"--replay={write('order', bytes(other))}"), "other byte order")
    for name, why in (("/dev/zero", "neither a file nor a pipe"), ("/dev/full", "neither"),
                      (_dir, "neither a file nor a pipe"), ("/nowhere", "No such file"),
                      ("/proc/self/mem", "Input/output error|no recording|Permission denied"),
                      ("/etc/passwd", "no recording of lssock or ss"), ("/dev/null", "neither")):
        refused(elsewhere("-tan", f"--replay={name}"), why)
    hole = fresh("hole")
    with open(hole, "wb") as stream:
        stream.write(data[:16])
        stream.truncate((1 << 30) + 1)
    refused(elsewhere("-tan", f"--replay={hole}"), "larger than a recording can be")


@case("a FIFO without a writer does not hang; a pipe is read to its end")
def test_pipes():
    fifo = fresh("fifo")
    os.mkfifo(fifo, 0o644)
    refused(elsewhere("-tan", f"--replay={fifo}"), "empty")
    path, first = record("pipe", "-tan")
    data = read(path)
    read_end, write_end = os.pipe()

    def feed():
        with os.fdopen(write_end, "wb", buffering=0) as out:
            for at in range(0, len(data), 3000):
                out.write(data[at:at + 3000])
                time.sleep(0.01)

    feeder = threading.Thread(target=feed)
    feeder.start()
    result = lssock("-tan", "--replay=/dev/stdin", stdin=read_end)
    feeder.join()
    os.close(read_end)
    equal((result.out, result.status), (first.out, 0))


@case("a pipe that stays silent is given up at a signal")
def test_silent_pipe():
    read_end, write_end = os.pipe()
    process = subprocess.Popen([lib.LSSOCK, "-tan", "--replay=/dev/stdin"], stdin=read_end,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        time.sleep(0.3)
        that(process.poll() is None, "it did not wait for its pipe")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=lib.PATIENCE)
        equal((out, process.returncode), (b"", -signal.SIGTERM))
    finally:
        process.kill()
        process.wait()
        os.close(read_end)
        os.close(write_end)


@case("no path of a recording is opened: upward, absolute, or of a device")
def test_paths():
    path, first = record("paths", "-tanp")
    data = read(path)
    tried = 0
    for _, kind, error, key, value in records(data):
        if kind == DIRECTORY and key == b"proc:":  # a directory: hostile names in it
            for name in (b"../../etc", b"..", b"9/../1", b"/dev/zero"):
                bad = value + struct.pack("<QBB", 1, 4, len(name) + 1) + name + b"\0"
                whole = data.replace(struct.pack("<4I", kind, error, len(key), len(value)) + key
                                     + value, struct.pack("<4I", kind, error, len(key), len(bad))
                                     + key + bad)
                that(whole != data, "the directory is not where it was")
                result = elsewhere("-tanp", f"--replay={write('up', whole)}")
                that(result.status in (0, 3), str(result))
                equal(result.out, first.out, name)
                tried += 1
    that(tried >= 4, f"{tried} directories were damaged")


# --- ss's own files ------------------------------------------------------------------------------


def ss_dump(name, *options):
    ss = lib.need_program("ss")
    path = fresh(name)
    result = lib.run([ss, *options, "-D", path])
    that(result.status == 0 and os.path.getsize(path) > 0, str(result))
    os.chmod(path, 0o644)
    return path


def ss_reads(path):
    """(local, remote, state) of each row that ss shows of its file."""
    ss = lib.need_program("ss")
    result = lib.run([ss, "-tanH"], env={"TCPDIAG_FILE": path})
    rows = set()
    for line in result.lines:
        words = line.split()
        rows.add((words[3], words[4], words[0]))
    return rows


SS_STATES = {"ESTAB": "ESTABLISHED", "LISTEN": "LISTEN", "CLOSE-WAIT": "CLOSE_WAIT",
             "FIN-WAIT-2": "FIN_WAIT2", "TIME-WAIT": "TIME_WAIT"}


def ends_and_state(result):
    """The same of what lssock shows."""
    rows = set()
    for row in json.loads(result.out)["sockets"]:
        def end(side):
            address = row[f"{side}_address"] or ("::" if row["family"] == "inet6" else "0.0.0.0")
            host = f"[{address}]" if ":" in address else address
            return f"{host}:{row[f'{side}_port'] or '*'}"
        rows.add((end("local"), end("remote"), row["state"]))
    return rows


@case("ss -D: every row that ss shows of its file, and those of the second family too")
def test_ss():
    path = ss_dump("ss", "-a")
    theirs = {(local, remote, SS_STATES[state]) for local, remote, state in ss_reads(path)}
    result = elsewhere("-tan", "--json", f"--replay={path}")
    equal((result.status, result.err), (0, ""))
    ours = ends_and_state(result)
    that(len(theirs) > 5, f"ss shows {theirs}")
    equal(theirs - ours, set())
    equal(ours, ends_and_state(lssock("-tan", "--json")))


@case("ss -D: facts of the connection come with it; what it lacks is told")
def test_ss_facts():
    path = ss_dump("ssi", "-ai")
    result = elsewhere("-tn", "--json", "--columns=rtt,cwnd", f"--replay={path}")
    equal(result.status, 0)
    that(any(row["rtt"] for row in json.loads(result.out)["sockets"]), result.out)
    for options, words in ((("-uan",), "udp: not in the recording"),
                           (("-tanp",), "the recording lacks processes"),
                           (("--summary",), "the recording lacks proc:")):
        missing = elsewhere(*options, f"--replay={path}")
        that(missing.status in (3, 4) and words in missing.err, str(missing))


@case("ss -D: damaged files end with status 4 and the place")
def test_ss_damaged():
    data = read(ss_dump("ssd", "-ai"))
    length = struct.unpack_from("=I", data)[0]
    for cut in (1, 15, 16, 17, length - 1, length + 3, len(data) - 1):
        result = elsewhere("-tan", f"--replay={write('sscut', data[:cut])}")
        refused(result, "no recording" if cut < 16 else "damaged at byte")
    for value in (0, 15, 0x7FFFFFFF, 0xFFFFFFFF, len(data) + 1):
        bad = bytearray(data)
        struct.pack_into("=I", bad, (length + 3) & ~3, value)
        refused(elsewhere("-tan", f"--replay={write('sslen', bytes(bad))}"),
                f"damaged at byte {(length + 3) & ~3}$")
    numbers = random.Random(815)
    for _ in range(100):
        bad = bytearray(data)
        bad[numbers.randrange(len(data))] ^= 1 << numbers.randrange(8)
        result = elsewhere("-tan", f"--replay={write('ssflip', bytes(bad))}")
        that(result.status in (0, 3, 4), str(result))
    other = struct.pack("=IHHII", 24, 20, 2, 1, 1) + bytes([1, 0, 0, 0, 0, 0, 0, 0])
    result = elsewhere("-tan", f"--replay={write('ssunix', data + other)}")
    that(result.status == 3 and "1 messages are of no TCP socket" in result.err, str(result))


lib.main()
