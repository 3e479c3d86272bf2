#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The jobs of the manual page: every command there is run as it stands, on a host that has something
to tell, and its answer is looked at. A command without a check here, or a check without its
command, is a failure.
"""

import contextlib
import json
import os
import re
import signal
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, that  # noqa: E402

TOP = os.environ.get("abs_top_srcdir") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..")
KEPT = []


def jobs():
    with open(os.path.join(TOP, "man", "lssock.8"), encoding="utf-8") as stream:
        text = re.search(r"^\.Sh JOBS\n(.*?)^\.Sh ", stream.read(), flags=re.S | re.M)[1]
    return [line.replace("\\&", "") for line in re.findall(r"^\.Dl (.*)$", text, flags=re.M)]


def shell(command, status=0):
    os.makedirs("bin", exist_ok=True)
    if not os.path.islink("bin/lssock"):
        os.symlink(lib.LSSOCK, "bin/lssock")
    path = os.path.abspath("bin") + ":/usr/sbin:/usr/bin:/sbin:/bin"
    result = lib.run(["sh", "-c", command], env={"PATH": path, "LC_ALL": "C"})
    that(result.status == status, str(result))
    return result


def populate():
    """Listeners on 5432 and 8080, connections, TIME_WAIT, CLOSE_WAIT, and bytes that nobody reads."""
    database = lib.listen("127.0.0.1", 5432)
    server = lib.listen("127.0.0.1", 8080)
    for _ in range(3):
        client, accepted = lib.connect_to(database)
        KEPT.extend([client, accepted])
    KEPT[0].send(b"x" * 1000)
    client, accepted = lib.connect_to(server)  # CLOSE_WAIT at the server
    client.close()
    KEPT.extend([database, server, accepted])
    client, accepted = lib.connect_to(database)  # TIME_WAIT at the client
    client.close()
    accepted.close()


def lines_with(result, *words):
    return [line for line in result.lines if all(word in line for word in words)]


def programs(result):
    that(lines_with(result, "LISTEN", ":5432", f"{os.getpid()}/"), str(result))
    that(lines_with(result, "LISTEN", ":8080"), str(result))


def owner(result):
    equal(len(lines_with(result, ":5432", f"{os.getpid()}/")), 1, str(result))
    equal(lines_with(result, ":8080"), [])


def summary(result):
    that(any(re.match(r"\s*LISTEN\s+2\b", line) for line in result.lines), str(result))
    that(any(re.match(r"\s*TIME_WAIT\s+1\b", line) for line in result.lines), str(result))


def by_state(result):
    counts = {line.split()[-1]: int(line.split()[0]) for line in result.lines[1:] if line.split()[0].isdigit()}
    equal((counts["LISTEN"], counts["TIME_WAIT"], counts["CLOSE_WAIT"]), (2, 1, 1), str(result))


def by_peer(result):
    that(any(line.split()[-1] == "127.0.0.1" for line in result.lines), str(result))


def time_wait(result):
    that(lines_with(result, "client", "127.0.0.1:5432"), str(result))


def is_one(result):
    equal(result.out.strip(), "1")


def ports(result):
    that(lines_with(result, "127.0.0.1:5432"), str(result))


def plugin(result):
    that(result.lines[0].startswith("PORTS OK - ") and "|" in result.lines[0], str(result))


def explained(result):
    that("CLOSE_WAIT" in result.out and "close()" in result.out, str(result))


def queues(result):
    that(lines_with(result, "127.0.0.1:8080"), str(result))


def slowest(result):
    that(0 < len(result.lines[1:]) <= 10 and "RTT" in result.lines[0], str(result))


def unread(result):
    that(lines_with(result, "1000"), str(result))


def as_data(result):
    document = json.loads(result.out)
    that({5432, 8080} <= {row["local_port"] for row in document["sockets"]}, str(result))
    that(all(row["owners"] is not None for row in document["sockets"]), str(result))


def counters(result):
    that("Tcp:" in result.lines, str(result))


def metrics(result):
    that(any(line.startswith("lssock_complete 1") for line in result.lines), str(result))


def program_of_port(result):
    with open("/proc/self/comm", encoding="utf-8") as comm:
        name = comm.read().strip()
    that(any(line.split() == ["tcp", "5432", name] for line in result.lines), str(result))


CHECKS = {
    "lssock -tulpn": programs,
    "lssock --check=5432": lambda result: equal(result.out, ""),
    "lssock --check=127.0.0.1:5432": lambda result: equal(result.out, ""),
    "lssock -tlnp sport = :5432": owner,
    "lssock --summary": summary,
    "lssock -t --count-by=state": by_state,
    "lssock -t --count-by=remote_address --top=10 state connected": by_peer,
    "lssock --time-wait": time_wait,
    "lssock -tnH state time-wait | wc -l": is_one,
    "lssock --ports": ports,
    "lssock --ports --warn=80 --crit=95": plugin,
    "lssock --explain=close-wait": explained,
    "lssock --listeners": queues,
    "lssock -tn --info --sort=-rtt --top=10": slowest,
    "lssock -tan 'recv_q > 0 or send_q > 0'": unread,
    "lssock -tulp --json": as_data,
    "lssock -s": counters,
    "lssock --openmetrics=textfile": metrics,
    "lssock -tulp --columns=proto,local_port,program": program_of_port,
}
APART = (
    "lssock --netns=4711 -tlnp",
    "lssock --all-netns -tlnp",
    "lssock --wait=listen:5432 --timeout=30",
    "lssock --wait=drained:8080 --timeout=600",
    "lssock --baseline > listeners.txt",
    "lssock --expect=listeners.txt",
    "lssock -tanp --jsonl > then.jsonl",
    "lssock -tanp --diff=then.jsonl",
    "lssock -tn 'direction = in and exposure = public'",
    "lssock -tnc",
    "lssock -sc5",
    "lssock --events -t --count-by=unit,remote_address --top=10 --timeout=10",
)

UP, DRAINED = APART[2:4]
WRITE, EXPECT, THEN, DIFF, FROM_OUTSIDE = APART[4:9]


@case("the commands of the manual page are those that are checked here")
def all_of_them():
    equal(sorted(jobs()), sorted([*CHECKS, *APART]))


@case("each command answers what it is there for")
def answers():
    for command, check in CHECKS.items():
        check(shell(command))


@case("waiting until a service is up: at once when it is, later when it comes")
def comes_up():
    shell(UP)
    later = []

    def start():
        time.sleep(0.5)
        later.append(lib.listen("127.0.0.1", 5433))

    starter = threading.Thread(target=start)
    starter.start()
    shell(UP.replace("5432", "5433"))
    starter.join()
    later[0].close()


@case("waiting until the last connection is gone")
def drains():
    listener = lib.listen("127.0.0.1", 8081)
    pairs = [lib.connect_to(listener) for _ in range(2)]

    def stop():
        time.sleep(0.3)
        listener.close()
        for client, accepted in pairs:
            time.sleep(0.2)
            client.close()
            accepted.close()

    stopper = threading.Thread(target=stop)
    stopper.start()
    shell(DRAINED.replace("8080", "8081"))
    stopper.join()
    equal(shell("lssock -qtan state connected and not state time-wait and sport = :8081", status=1).out, "")


def somebody_hears():
    """Whether a netlink socket here has joined groups of NETLINK_SOCK_DIAG."""
    with open("/proc/thread-self/net/netlink", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return any(row[1] == "4" and int(row[3], 16) for row in rows)


@case("who makes the churn that becomes TIME_WAIT")
def churn():
    def connect():
        lib.eventually(somebody_hears, "lssock hears the kernel")
        with lib.listen("127.0.0.1", 8082) as server:
            for _ in range(30):
                client, accepted = lib.connect_to(server)
                client.close()
                accepted.close()

    def told(pace):
        maker = threading.Thread(target=connect)
        maker.start()
        out = shell(APART[-1].replace("timeout=10", f"timeout={3 * pace}")).out
        maker.join()
        found = re.search(r"^ *(\d+) +[\d.]+% +\S+ +127\.0\.0\.1$", out, flags=re.M)
        lib.in_time(found and int(found[1]) >= 60, out)

    lib.at_some_pace(told)


@case("what listens in another network namespace, and in all of them")
def containers():
    lib.need_real_root()

    def inside(say):
        lib.call(lib.libc.unshare, lib.CLONE_NEWNET)
        lib.loopback_up()
        kept = lib.listen("127.0.0.1", 6379)
        say("ready")
        return kept

    pid, _ = lib.fork_child(inside)
    result = shell(APART[0].replace("4711", str(pid)))
    equal([line.split()[3] for line in lines_with(result, "LISTEN")], ["127.0.0.1:6379"])
    that(lines_with(result, f"{pid}/"), str(result))
    result = shell(APART[1])
    that(lines_with(result, "127.0.0.1:6379", f"{pid}/"), str(result))
    that(lines_with(result, "127.0.0.1:5432", f"{os.getpid()}/"), str(result))
    lib.end_child(pid)


@case("whether other things listen than should")
def drift():
    shell(WRITE)
    equal(len(shell(EXPECT).lines), 1)
    with contextlib.closing(lib.listen("127.0.0.1", 8099)):
        result = shell(EXPECT, status=1)
        that(lines_with(result, "new: ", "127.0.0.1:8099", f"pid {os.getpid()}"), str(result))


@case("what has changed since then")
def changed():
    shell(THEN)
    equal(len(shell(DIFF).lines), 1)
    with contextlib.closing(lib.listen("127.0.0.1", 8098)):
        result = shell(DIFF, status=1)
        that(lines_with(result, "+ new: ", "127.0.0.1:8098", "LISTEN"), str(result))


@case("connections from outside: none here, where all are local")
def from_outside():
    that(not lines_with(shell(FROM_OUTSIDE), "ESTABLISHED"), "a local connection")


@case("what goes on until it is stopped prints again and again")
def endless():
    for command in ("lssock -tnc", "lssock -sc5"):
        words = command.replace("lssock", lib.LSSOCK).split()
        out = os.path.join(lib.temp_dir(), "endless")
        with open(out, "wb") as stream:
            pid = os.posix_spawn(words[0], words, os.environ, file_actions=[
                (os.POSIX_SPAWN_DUP2, stream.fileno(), 1)])
        try:
            want = 2 if command.endswith("c") else 1

            def rounds(path=out):
                with open(path, encoding="latin-1") as stream:
                    text = stream.read()
                return len(re.findall(r"^(Active Internet|Tcp:)", text, flags=re.M))

            lib.eventually(lambda want=want: rounds() >= want, f"{want} rounds of {command}")
        finally:
            os.kill(pid, signal.SIGINT)
            _, status = os.waitpid(pid, 0)
        equal(os.WTERMSIG(status), signal.SIGINT)


lib.enter()
os.chdir(lib.temp_dir())
populate()
lib.main()
