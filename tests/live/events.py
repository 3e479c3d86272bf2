#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--events: every TCP and UDP socket that is closed is told, once, with what it carried; who held it,
as far as that was seen; what the queue could not take is counted; and everything that ends it.
"""

import calendar
import contextlib
import csv
import io
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, eventually, lssock, that  # noqa: E402

OK, USAGE, PARTIAL, FAILED = 0, 2, 3, 4
NOBODY = 65534
SO_COOKIE = 57
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"

lib.enter()
os.chdir(lib.temp_dir())


def readers_of_events():
    """The netlink sockets here that have joined groups of NETLINK_SOCK_DIAG: {inode: messages
    dropped}."""
    with open("/proc/thread-self/net/netlink", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return {row[9]: int(row[8]) for row in rows if row[1] == "4" and int(row[3], 16)}


def settle():
    """
    Waits until the kernel has told of what was closed so far: it does so from a work queue of each
    processor. Sockets of our own are closed on each of them, and told of behind the others.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as link:
        link.bind((0, 0))
        link.setsockopt(270, 1, 1)  # SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, TCP over IPv4
        link.settimeout(lib.PATIENCE)
        began, processors, own = time.monotonic(), os.sched_getaffinity(0), set()
        for processor in processors:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, {processor})
            with socket.socket() as sock:
                own.add(sock.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, processors)
        while own:
            message = link.recv(4096)
            own -= {cookie for cookie in own if cookie in message}
        # What a busy machine has not even given to the queue yet.
        link.settimeout(min(5, max(0.1, 10 * (time.monotonic() - began))))
        with contextlib.suppress(OSError):
            while link.recv(4096):
                pass


def sleeps(pid):
    with open(f"/proc/{pid}/stat", encoding="latin-1") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "S"


class Events:
    """lssock --events, from when it hears the kernel. By heard() also until it has looked."""

    def __init__(self, *args, user=None, **options):
        program = lib.public_lssock() if user else lib.LSSOCK
        settle()
        before = readers_of_events()
        if user:
            options.update(user=user, group=user, extra_groups=[])
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", **lib.passed_on()}
        options.setdefault("stdout", subprocess.PIPE)
        self.process = subprocess.Popen([program, "--events", *args], env=env,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
        self.first = ""
        # It joins one group after the other, and sleeps when it has joined all.
        eventually(lambda: self.process.poll() is not None or
                   readers_of_events().keys() - before.keys() and sleeps(self.process.pid),
                   "lssock hears the kernel")

    def heard(self):
        """Waits for the header, which comes when everything is ready. Returns self."""
        self.first = self.line()
        return self

    def line(self, seconds=lib.PATIENCE):
        """The next line, which is there before anything else happens."""
        text = b""
        end = time.monotonic() + seconds
        fd = self.process.stdout.fileno()
        while not text.endswith(b"\n"):
            ready = select.select([fd], [], [], max(0, end - time.monotonic()))[0]
            byte = os.read(fd, 1) if ready else b""
            that(byte, f"no line came, only {text!r}")
            text += byte
        return text.decode()

    def result(self):
        """How it ends by itself."""
        try:
            out, said = self.process.communicate(timeout=lib.PATIENCE)
        finally:
            self.process.kill()
        text = self.first + (out or b"").decode()
        return lib.Result(["--events"], self.process.returncode, text, said.decode())

    def end(self, status=OK, err=""):
        """What it writes until it ends with that status. err: a pattern for all of stderr."""
        result = self.result()
        that(result.status == status, str(result))
        that(re.fullmatch(err, result.err, re.S), str(result))
        return result.out

    def stop(self, number=signal.SIGINT, **expected):
        """Ends it by a signal, when it has heard of all that was closed so far."""
        settle()
        self.process.send_signal(number)
        return self.end(-number, **expected)


def records(text):
    """Lines of JSON but for the last one, which is returned as well."""
    found = [json.loads(line) for line in text.split("\n") if line]
    that(found and found[-1].get("end") is True, text)
    return found[:-1], found[-1]


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def exchange(address, sent, answered):
    """A connection that carries so many bytes each way and is closed by the client. Returns
    the ends of the client."""
    with lib.listen(address) as server:
        client, accepted = lib.connect_to(server)
        ends = client.getsockname()[:2], client.getpeername()[:2]
        client.sendall(b"q" * sent)
        lib.that(len(accepted.recv(sent, socket.MSG_WAITALL)) == sent, "all arrived")
        accepted.sendall(b"a" * answered)
        client.recv(answered, socket.MSG_WAITALL)
        client.close()
        accepted.close()
    return ends


def datagrams(address):
    """A connected UDP socket. Returns its ends."""
    with socket.socket(lib.family_of(address), socket.SOCK_DGRAM) as sock:
        sock.connect((address, 9))
        return sock.getsockname()[:2], sock.getpeername()[:2]


def ends_of(record):
    local = record["local_address"], record["local_port"]
    return local, (record["remote_address"], record["remote_port"])


def users():
    return [None, NOBODY] if os.environ[lib.INSIDE].endswith("root") else [None]


def addresses():
    return ["127.0.0.1"] + (["::1"] if lib.have_ipv6() else [])


@case("what is closed is told, with what it carried; as anybody")
def what_is_closed():
    for user in users():
        events = Events("--jsonl", user=user)
        began = time.time()
        connections = {address: exchange(address, 5000, 700) for address in addresses()}
        alone = {address: datagrams(address) for address in addresses()}
        found, last = records(events.stop())
        ended = time.time()
        equal(last["complete"], True)
        for record in found:
            that(re.fullmatch(TIME, record["closed_at"]), record["closed_at"])
            when = calendar.timegm(time.strptime(record["closed_at"][:19], "%Y-%m-%dT%H:%M:%S"))
            that(began - 2 <= when <= ended, f"{record['closed_at']} between {began} and {ended}")
        for address, (local, remote) in connections.items():
            client = [r for r in found if ends_of(r) == (local, remote)]
            server = [r for r in found if ends_of(r) == (remote, local)]
            listener = [r for r in found if ends_of(r) == (remote, (None, None))]
            equal([len(client), len(server), len(listener)], [1, 1, 1], f"{address}: {found}")
            for record, out, back in (client[0], 5000, 700), (server[0], 700, 5000):
                equal(record["proto"], "tcp")
                equal(record["family"], "inet6" if ":" in address else "inet")
                equal(record["state"], "CLOSE")
                equal(record["bytes_sent"], out)
                # The kernel counts a FIN that came as one byte.
                that(record["bytes_received"] - back in (0, 1), str(record))
                that(record["segs_out"] > 0 and record["segs_in"] > 0, str(record))
                that(record["rtt"] is not None, str(record))
                equal(record["retrans_total"], 0)
            equal(len({r["cookie"] for r in found}), len(found), "no socket twice")
        for address, ends in alone.items():
            record = [r for r in found if ends_of(r) == ends]
            equal(len(record), 1, f"UDP {address}: {found}")
            equal(record[0]["proto"], "udp")
            equal([record[0][name] for name in ("bytes_sent", "rtt", "retrans_total")], [None] * 3)


def ss_events(run_it):
    """What ss -E tells while run_it() runs, as {(local, remote): {name: number}}."""
    ss = lib.need_program("ss")
    ours, theirs = pty.openpty()
    before = readers_of_events()
    process = subprocess.Popen([ss, "-EntiOH"], stdin=subprocess.DEVNULL, stdout=theirs,
                               stderr=subprocess.DEVNULL)
    os.close(theirs)
    eventually(lambda: readers_of_events().keys() - before.keys() or process.poll() is not None, "ss hears")
    text = b""
    try:
        if process.poll() is not None:
            raise lib.Skip("this ss has no -E")
        run_it()
        settle()
        while select.select([ours], [], [], 1.0)[0]:
            with contextlib.suppress(OSError):
                text += os.read(ours, 65536)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    found = {}
    for line in text.decode().split("\n"):
        words = line.split()
        if len(words) < 6:
            continue
        ends = [word for word in words[:6] if re.fullmatch(r".*:[\d*]+", word)][:2]
        found[tuple(ends)] = {name: int(number) for name, number in
                              re.findall(r"\b(\w+):(\d+)(?=\s|$)", line)}
    return found


@case("the same as ss -E tells of the same sockets")
def like_ss():
    events = Events("--jsonl", "-4", "-t",
                    "--columns=+bytes_acked,+segs_out,+segs_in,+data_segs_out,+mss,+cwnd")
    sizes = [(100, 20), (70000, 9000), (1, 0)]
    theirs = ss_events(lambda: [exchange("127.0.0.1", *size) for size in sizes])
    ours, _ = records(events.stop(signal.SIGTERM))
    ours = {tuple(f"{address}:{port}" for address, port in ends_of(record)): record
            for record in ours if record["remote_port"]}
    equal(len(ours), 6)
    for ends, record in ours.items():
        that(ends in theirs, f"ss told nothing of {ends}: {theirs}")
        # It leaves out what is 0.
        for name in ("bytes_sent", "bytes_acked", "bytes_received", "segs_out", "segs_in",
                     "data_segs_out", "mss", "cwnd"):
            equal(record[name], theirs[ends].get(name, 0), f"{name} of {ends}")


@case("UDP-Lite and others are not told of; asking for them is an error")
def others():
    events = Events("--jsonl", "--count=1")
    with contextlib.suppress(OSError):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136).close()
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close()
    ends = datagrams("127.0.0.1")
    found, _ = records(events.end())
    equal([ends_of(record) for record in found], [ends])
    for option in "-U", "-S", "-w", "-x":
        equal(lssock("--events", option).status, USAGE, option)


@case("protocols, families and expressions choose")
def choosing():
    for args, want in (
        (["-u"], ["udp"]),
        (["-t", "bytes_sent = 700"], ["tcp"]),
        (["bytes_sent > 600", "and", "bytes_sent < 800"], ["tcp"]),
        (["-4", "-t", "bytes_sent > 4000"], ["tcp"]),
        (["-6", "-t", "bytes_sent > 4000"], []),
        (["proto = udp", "and", "dport = :9"], ["udp"]),
        (["dport = :10"], []),
    ):
        events = Events("--csv", "-H", "--columns=proto", *args)
        exchange("127.0.0.1", 5000, 700)
        datagrams("127.0.0.1")
        equal(events.stop().split(), want, str(args))


@case("--count=N ends it after N, --timeout after that time")
def ends():
    events = Events("--csv", "-u", "--count=3", "--columns=local_port")
    ports = [str(datagrams("127.0.0.1")[0][1]) for _ in range(5)]
    equal([row["local_port"] for row in rows_of(events.end())], ports[:3])
    began = time.monotonic()
    equal(Events("--csv", "-H", "--timeout=0.6").end(), "")
    that(time.monotonic() - began >= 0.6, "it waited")
    result = lssock("--events", "--timeout=0")
    equal([result.status, result.err], [OK, ""])
    that(result.out.startswith("Closed-At "), result.out)


@case("each is written at once, as text below its header, and a signal ends it")
def at_once():
    events = Events().heard()
    that(events.first.startswith("Closed-At "), events.first)
    for _ in range(2):
        local, remote = datagrams("127.0.0.1")
        line = events.line()
        that(re.match(rf"{TIME} udp +ESTABLISHED 127\.0\.0\.1 +{local[1]} 127\.0\.0\.1 +9 ", line),
             line)
        equal(line.index("udp"), events.first.index("Proto"), "columns stand below their headings")
    events.stop()
    events = Events("--jsonl")
    datagrams("127.0.0.1")
    equal(json.loads(events.line())["proto"], "udp")
    _, last = records(events.stop(signal.SIGTERM))
    equal([last["complete"], last["warnings"]], [True, []])


@case("--json is one document, and has an end")
def document():
    equal(lssock("--events", "--json").status, USAGE)
    events = Events("--json", "--count=2", "-u")
    ports = [datagrams("127.0.0.1")[0][1] for _ in range(2)]
    answer = json.loads(events.end())
    equal([record["local_port"] for record in answer["sockets"]], ports)
    equal(answer["complete"], True)
    events = Events("--json", "--count=2", "-u")
    answer = json.loads(events.stop())
    equal([answer["sockets"], answer["complete"]], [[], False], "cut short")


@case("whoever reads no more ends it, without another event")
def reader_gone():
    read_end, write_end = os.pipe()
    events = Events("--csv", stdout=write_end)
    os.close(write_end)
    os.read(read_end, 1)
    os.close(read_end)
    equal(events.end(FAILED), "")


@case("the queue overflows: what is lost is counted, and it goes on")
def overflow():
    with open("/proc/sys/net/core/rmem_max", encoding="ascii") as text:
        n = max(20000, 2 * int(text.read()) // 500)
    if n > 200000:
        raise lib.Skip("net.core.rmem_max is so large that it takes too long to fill the queue")
    user = NOBODY if os.environ[lib.INSIDE].endswith("root") else None
    with open("out", "wb") as out:
        events = Events("--jsonl", "-t", "--columns=cookie,local_port", user=user, stdout=out)
    pid = events.process.pid
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: " T " in lib.run(["cat", f"/proc/{pid}/stat"]).out, "it stops")
    for _ in range(n):
        socket.socket().close()
    def dropped():
        return max(readers_of_events().values())

    eventually(dropped, "the queue is full")
    os.kill(pid, signal.SIGCONT)
    said = os.read(events.process.stderr.fileno(), 1000).decode()
    equal(said, "lssock: the kernel's queue of messages was full: some closed sockets are missing\n")

    def written():
        with open("out", encoding="ascii") as text:
            return text.read()

    # What was seen and what was lost is all there was. Meanwhile the queue has room again: these
    # are a connection, and its listener.
    eventually(lambda: written().count("\n") + dropped() == n, "all are told or counted")
    ends = exchange("127.0.0.1", 10, 10)
    eventually(lambda: f'"local_port":{ends[0][1]}' in written(), "the next ones are seen")
    eventually(lambda: written().count("\n") + dropped() == n + 3, "no other one")
    lost = dropped()
    events.stop(err=rf"lssock: {lost} closed sockets were not seen: the queue was full \d+ times?\n")
    found, last = records(written())
    equal(last["complete"], False)
    that(any(warning["message"].startswith(f"{lost} closed sockets were not seen")
             for warning in last["warnings"]), str(last))
    equal(len({record["cookie"] for record in found}), len(found), "none twice")
    os.remove("out")


@case("-p: who held it is known from the last look, or by its listener, and labelled")
def owners():
    address = "127.0.0.1"
    server = lib.listen(address, 7070)  # a port that is nobody's own choice
    client, accepted = lib.connect_to(server)
    other, partner = lib.connect_to(server)  # stays
    lib.set_comm(b"churn maker")
    inode, ends = str(lib.inode_of(client)), (client.getsockname(), client.getpeername())
    events = Events("--csv", "-t", "-p", "-e", "--columns=+uid,+fd").heard()
    client.close()
    accepted.close()
    late, taken = lib.connect_to(server)  # no look saw these
    late_ends = late.getsockname(), late.getpeername()
    late.close()
    taken.close()
    server.close()
    rows = {(row["local_port"], row["remote_port"]): row for row in rows_of(events.stop())}

    def row(ends, back=False):
        local, remote = reversed(ends) if back else ends
        return rows[str(local[1]), str(remote[1])]

    equal([row(ends)[name] for name in ("pid", "program", "inode", "uid", "owner_source")],
          [str(os.getpid()), "churn maker", inode, str(os.getuid()), "last-look"])
    equal(row(ends, True)["owner_source"], "last-look")
    # A look may have come in between, and then has the others seen as well.
    for back, likely in (False, "same-peer"), (True, "listener"):
        that(row(late_ends, back)["owner_source"] in (likely, "last-look"), str(rows))
        equal([row(late_ends, back)[name] for name in ("pid", "program", "uid")],
              [str(os.getpid()), "churn maker", str(os.getuid())])
        if row(late_ends, back)["owner_source"] == likely:
            equal([row(late_ends, back)[name] for name in ("inode", "fd")], ["", ""])
    for sock in other, partner:
        sock.close()


@case("who has a connection from the same port of another is not taken for the holder")
def same_port_of_a_client():
    def connected_from(port, server):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        sock.connect(server.getsockname())
        return sock

    innocent = lib.listen()
    client = connected_from(0, innocent)
    kept = innocent.accept()[0]
    events = Events("--csv", "-t", "-p").heard()
    with lib.listen() as culprit:
        other = connected_from(lib.port_of(client), culprit)
        taken = culprit.accept()[0]
        culprit_port = lib.port_of(culprit)
    taken.close()
    other.close()
    rows = [row for row in rows_of(events.stop()) if row["local_port"] == str(culprit_port)]
    that(rows, "the close was not told")
    for row in rows:
        that(row["owner_source"] != "same-peer", str(row))
    for sock in client, kept, innocent:
        sock.close()


@case("later looks see what was opened after the first")
def looks_again():
    def seen(pace):
        events = Events("--csv", "-t", "-p", "--count=1", "dport != 0").heard()
        with lib.listen() as server:
            client, accepted = lib.connect_to(server)
            time.sleep(5 * pace)  # looks are two seconds apart, more where one takes long
            client.close()
            row = rows_of(events.end())[0]
            accepted.close()
        equal(row["pid"], str(os.getpid()))
        lib.in_time(row["owner_source"] == "last-look", str(row))

    lib.at_some_pace(seen)


@case("expressions about owners; what was not seen is told")
def owner_expressions():
    server = lib.listen()
    client, accepted = lib.connect_to(server)
    lib.set_comm(b"churner")
    events = Events("--csv", "-t", "--columns=local_port", "--count=1",
                    f"program = churner and dport = :{lib.port_of(server)}").heard()
    port = client.getsockname()[1]
    client.close()
    accepted.close()
    equal([row["local_port"] for row in rows_of(events.end())], [str(port)])
    # One that comes and goes between two looks, like no other: it could have been. Where a look comes
    # in between all the same, it is tried again.
    for _ in range(10):
        marker = lib.listen()
        last = lib.port_of(marker)
        events = Events("--csv", "-t", "--columns=local_port", "--count=1",
                        f"program = churner and dport = :{lib.port_of(server)} or sport = :{last}").heard()
        late, taken = lib.connect_to(server)
        port = lib.port_of(late)
        late.close()
        settle()
        marker.close()
        result = events.result()
        taken.close()
        if [row["local_port"] for row in rows_of(result.out)] != [str(port)]:
            break
    that(result.status == PARTIAL, str(result))
    that(re.fullmatch(r"lssock: the expression asks for what could not be seen [^\n]*\n", result.err), str(result))
    equal([row["local_port"] for row in rows_of(result.out)], [str(last)])
    server.close()


@case("--count-by that a signal ends shows what was counted so far; data are not complete")
def count_cut_short():
    events = Events("-t", "--count-by=bytes_sent", "--timeout=600", "bytes_sent = 77")
    exchange("127.0.0.1", 77, 5)
    lines = events.stop().splitlines()
    equal([line.split() for line in lines[1:-1]], [["1", "100.0%", "77"]])
    equal(lines[-1], "1 socket in 1 group")
    events = Events("-t", "--count-by=state", "--timeout=600", "--json")
    exchange("127.0.0.1", 77, 5)
    equal(json.loads(events.stop())["complete"], False)


@case("--count-by says who makes the churn, as text and as data")
def counting():
    server = lib.listen()
    port = lib.port_of(server)

    def churn():
        for _ in range(20):
            client, accepted = lib.connect_to(server)
            client.close()
            accepted.close()

    args = ["--count-by=proto,remote_port", "--top=1", "--count=40",
            f"sport = :{port} or dport = :{port}"]
    events = Events(*args)
    churn()
    text = events.end()
    that(re.search(rf"^ *20 +50\.0% +tcp +{port}$", text, re.M), text)
    that("\n40 sockets in 21 groups, 20 of them in (other)\n" in text, text)
    events = Events("--json", *args)
    churn()
    answer = json.loads(events.end())
    equal([answer["view"], answer["sockets_total"], answer["complete"]], ["count_by", 40, True])
    equal(answer["groups"], [{"proto": "tcp", "remote_port": port, "sockets": 20}])
    server.close()
    # Again and again, each for itself.
    events = Events("-c0.5", "--jsonl", "--count-by=proto", "-u")
    for _ in range(2):
        datagrams("127.0.0.1")
        record = {}
        while "sockets" not in record:
            record = json.loads(events.line())
        equal(record["sockets"], 1, str(record))
        that("end" in json.loads(events.line()), "a round of one group")
    events.stop()


@case("nothing is held that is not needed any more")
def privileges():
    lib.need_real_root()
    events = Events().heard()
    with open(f"/proc/{events.process.pid}/status", encoding="latin-1") as status:
        held = re.search(r"^CapPrm:\s+(\w+)$", status.read(), re.M)[1]
    equal(int(held, 16), 0, "capabilities")
    events.stop()


@case("another network namespace")
def other_namespace():
    if os.geteuid() != 0:
        raise lib.Skip("needs root")

    def live(say):
        lib.call(lib.libc.unshare, lib.CLONE_NEWNET)
        lib.loopback_up()
        say("ready")
        while True:
            socket.socket().close()
            time.sleep(0.05)

    pid, _ = lib.fork_child(live)
    try:
        result = lssock(f"--netns={pid}", "--events", "--csv", "-H", "--columns=proto", "--count=2")
        equal([result.status, result.out, result.err], [OK, "tcp\r\ntcp\r\n", ""])
    finally:
        lib.end_child(pid)


@case("what makes no sense is status 2, and says why")
def senseless():
    for args in (["-l"], ["--sort=rtt"], ["--memory"], ["-o"], ["--top=3"], ["-c"], ["--json"], ["-q"],
                 ["--count-by=state"], ["--summary"], ["--ports"], ["-s"], ["--check=80"],
                 ["--wait=free:80"], ["--kill", "sport = 80"], ["--all-netns"],
                 ["--columns=netns"], ["netns = x"], ["direction = in"],
                 ["--count-by=direction", "--timeout=1"], ["--explain-filter"], ["--openmetrics"],
                 ["--count=0"], ["--timeout=-1"]):
        result = lssock("--events", *args)
        equal([result.status, result.out], [USAGE, ""], str(args))
        that(result.err.startswith("lssock: "), str(result))
    equal(lssock("--timeout=1").status, USAGE)
    # What changes nothing is no error.
    result = lssock("--events", "-an", "--timeout=0", "-H")
    equal([result.status, result.out, result.err], [OK, "", ""])


lib.main()
