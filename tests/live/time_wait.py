#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--time-wait against connections that were really closed, by either side, over IPv4, IPv6 and IPv4
under IPv6, to several peers; its numbers against those of ss and of /proc/net/sockstat.
"""

import collections
import contextlib
import json
import os
import re
import socket
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import Neighbour, case, equal, inside, lssock, lssock_ok, that  # noqa: E402
from scene import LASTS  # noqa: E402

SERVER_PORT, FAR_PORT, LOCAL_PORT = 8443, 443, 50051
made = collections.Counter()  # (side, service) -> TIME_WAIT


def strict(text):
    """JSON without anything that only Python takes, and without a key told twice."""

    def pairs(items):
        keys = [key for key, _ in items]
        that(len(keys) == len(set(keys)), f"a key twice: {keys}")
        return dict(items)

    def refuse(word):
        raise lib.Failure(f"not JSON: {word}")

    return json.loads(text, object_pairs_hook=pairs, parse_constant=refuse)


def answer(*args):
    return strict(lssock_ok("--time-wait", "--json", *args).out)


def connection(family, there, port, listener, source=None):
    client = socket.socket(family, socket.SOCK_STREAM)
    if source:
        client.bind((source, 0))
    client.connect((there, port))
    accepted, _ = listener.accept()
    return client, accepted


def close(first, second):
    """first is the one with the TIME_WAIT. The second has seen its FIN before it closes too."""
    first.shutdown(socket.SHUT_WR)
    that(second.recv(1) == b"", "no end of file")
    second.close()
    that(first.recv(1) == b"", "no end of file")
    first.close()


def outbound(net, n, family=socket.AF_INET, there=Neighbour.THERE4, name=None, source=None):
    """This host connects to the neighbour and closes first."""
    wide = ":" in there
    with inside(net.fd):
        listener = lib.listen("::" if wide else there, FAR_PORT, 64, 0 if wide else None)
    for _ in range(n):
        close(*connection(family, there, FAR_PORT, listener, source))
    listener.close()
    made["client", name or there, FAR_PORT] += n


def inbound(net, listener, n, here=Neighbour.HERE4, family=socket.AF_INET):
    """The neighbour connects to this host, which closes first."""
    for _ in range(n):
        with inside(net.fd):
            client = socket.socket(family, socket.SOCK_STREAM)
        client.connect((here, SERVER_PORT))
        accepted, _ = listener.accept()
        close(accepted, client)
    made["server", None, SERVER_PORT] += n


def start_holder(body, name):
    def run(say):
        lib.set_comm(name)
        kept = body()
        say("ready")
        return kept

    pid, _ = lib.fork_child(run)
    return pid


class Scene:
    def __init__(self):
        self.since = time.monotonic()
        self.net = Neighbour()
        net = self.net
        self.server = lib.listen("::" if lib.have_ipv6() else "0.0.0.0", SERVER_PORT, backlog=64,
                                 v6only=0 if lib.have_ipv6() else None)
        inbound(net, self.server, 7)
        outbound(net, 12)
        outbound(net, 3, family=socket.AF_INET6, there="::ffff:" + Neighbour.THERE4,
                 name=Neighbour.THERE4)
        if lib.have_ipv6():
            outbound(net, 5, family=socket.AF_INET6, there=Neighbour.THERE6)
            inbound(net, self.server, 2, here=Neighbour.HERE6, family=socket.AF_INET6)
        self.loopback()

    def loopback(self):
        """Both ends here, both ports in the range of ephemeral ones: the listener tells."""
        listener = lib.listen("127.0.0.1", LOCAL_PORT, backlog=64)
        for _ in range(4):
            client, accepted = lib.connect_to(listener)
            close(client, accepted)
        made["client", "127.0.0.1", LOCAL_PORT] += 4
        self.local = listener


scene = None


def need_scene():
    """What is in TIME_WAIT is gone after a minute: in time, all is made in a new namespace."""
    global scene
    if scene is None or time.monotonic() - scene.since > LASTS:
        lib.new_net()
        made.clear()
        scene = Scene()


def place_of(service):
    """Where a service is: its address and port, or a port of this host."""
    return service["remote_address"], service["remote_port"] or service["local_port"]


def services(document):
    return {(s["side"], *place_of(s)): s["sockets"] for s in document["services"]}


@case("which side closed first, to which service, and how many, over every kind of address")
def sides():
    need_scene()
    document = answer()
    equal(services(document), dict(made))
    total = sum(made.values())
    equal(document["sockets_total"], total)
    for side in ("client", "server", "unclear"):
        want = sum(n for key, n in made.items() if key[0] == side)
        equal(document["sides"][side]["sockets"], want, side)
    # Far services have no listener here; the port range told the side, and it is said.
    far = sum(n for key, n in made.items() if key[2] == FAR_PORT)
    equal(document["sides"]["client"]["by_port_range"], far)
    equal(document["sides"]["server"]["by_port_range"], 0)


@case("peers, v4-mapped folded into IPv4")
def peers():
    need_scene()
    got = {peer["remote_address"]: (peer["client"], peer["server"]) for peer in answer()["peers"]}
    want = {Neighbour.THERE4: (15, 7), "127.0.0.1": (4, 0)}
    if lib.have_ipv6():
        want[Neighbour.THERE6] = (5, 2)
    equal(got, want)


@case("the same numbers as ss and /proc/net/sockstat")
def like_others():
    need_scene()
    document = answer()
    with open("/proc/net/sockstat", encoding="ascii") as file:
        waiting = int(re.search(r"^TCP:.* tw (\d+)", file.read(), re.M).group(1))
    equal(document["buckets_used"], waiting)
    ss = lib.run([lib.need_program("ss"), "-Htan", "state", "time-wait"])
    equal(document["sockets_total"], len(ss.lines))
    mapped = re.compile(r"\[::ffff:([\d.]+)\]")
    remote = collections.Counter(mapped.sub(r"\1", line.split()[3]) for line in ss.lines)
    equal(remote[f"{Neighbour.THERE4}:{FAR_PORT}"], 15)


@case("ages are those of the timers, and grow")
def ages():
    need_scene()
    document = answer()
    equal(sum(age["sockets"] for age in document["ages"]), document["sockets_total"])
    equal([age["from_ms"] for age in document["ages"]], list(range(0, 60000, 5000)))
    timers = json.loads(lssock_ok("--json", "--columns=timer_ms", "-t", "state", "time-wait").out)
    oldest = max(60000 - row["timer_ms"] for row in timers["sockets"])
    filled = [age["to_ms"] for age in document["ages"] if age["sockets"]]
    that(abs(max(filled) - oldest) <= 6000, f"{filled} {oldest}")
    if oldest < 9000:  # else this machine is too slow to say
        equal(document["closes_per_s_10s"], document["sockets_total"] / 10)
    equal(document["closes_per_s_60s"], document["sockets_total"] * 10 // 60 / 10)


@case("the likely owner of what a server closed listens on its port, with the reason")
def owner_of_server():
    need_scene()
    service = next(s for s in answer()["services"] if s["side"] == "server")
    pids = [owner["pid"] for owner in service["likely_owners"]]
    that(os.getpid() in pids, str(service))
    for owner in service["likely_owners"]:
        that(owner["reason"].startswith(f"listens on port {SERVER_PORT}"), str(service))
    equal(service["owner_unknown_because"], None)


@case("the likely owner of what a client closed has live connections there; else it is unknown")
def owner_of_client():
    need_scene()
    key = ("client", Neighbour.THERE4, FAR_PORT)

    def service():
        found = [s for s in answer()["services"] if (s["side"], *place_of(s)) == key]
        return found[0]

    equal(service()["likely_owners"], [])
    equal(service()["owner_unknown_because"], "no live connection there")
    with inside(scene.net.fd):
        listener = lib.listen(Neighbour.THERE4, FAR_PORT, backlog=64)

    def body():
        return [socket.create_connection((Neighbour.THERE4, FAR_PORT)) for _ in range(3)]

    pid = start_holder(body, b"like ly")
    got = service()
    equal(got["live"], 3)
    equal(got["likely_owners"], [{"pid": pid, "program": "like ly",
                                  "reason": "has 3 live connections there"}])
    text = lssock_ok("--time-wait").out
    row = rf"^  client +{Neighbour.THERE4}:{FAR_PORT} +15 .* {pid}/like\\x20ly +has 3 live"
    that(re.search(row, text, re.M), text)
    lib.end_child(pid)
    listener.close()


@case("who may not look into processes is told that, and no owner is invented")
def hidden():
    need_scene()
    lib.need_real_root()
    program = lib.public_lssock()

    def demote():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    document = strict(lib.run([program, "--time-wait", "--json"], preexec_fn=demote).out)
    service = next(s for s in document["services"] if s["side"] == "server")
    equal(service["likely_owners"], [])
    equal(service["owner_unknown_because"], "not every process could be looked into")


@case("one sentence first, then what helps and the services; the essay last")
def order():
    need_scene()
    lines = lssock_ok("--time-wait").lines
    titles = [line for line in lines if re.match(r"[A-Z].*", line)]
    starts = ["What would help", "Services", "Which side", "Peers", "When they were", "This host",
              "What people try", "What TIME_WAIT is"]
    at = [next(i for i, line in enumerate(lines) if line.startswith(start)) for start in starts]
    equal(at, sorted(at), str(titles))
    that(at[1] + len(answer()["services"]) < 24, "the services do not fit a screen")


@case("nothing to change where there is no problem")
def fine():
    need_scene()
    result = lssock_ok("--time-wait")
    that(result.out.startswith("No problem here: "), result.out)
    that("Nothing needs to be changed." in result.out, result.out)
    for word in ("tcp_fin_timeout does not shorten", "tcp_tw_recycle is gone since Linux 4.12"):
        that(word in result.out, result.out)
    document = answer()
    equal((document["level"], document["helps"]), ("fine", []))


@case("an expression chooses connections; then the port range tells the side")
def chosen():
    need_scene()
    document = answer("dport", "=", f":{FAR_PORT}", "dst", Neighbour.THERE4)
    equal(document["filtered"], True)
    equal({key[:2] for key in services(document)}, {("client", Neighbour.THERE4)})
    text = lssock_ok("--time-wait", "dport", "=", ":1").out
    that(text.startswith("Of the chosen connections: No problem here: there is no TIME_WAIT."), text)


@contextlib.contextmanager
def setting(name, value):
    path = "/proc/sys/net/ipv4/" + name
    with open(path, encoding="ascii") as file:
        before = file.read()
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(value)
    except OSError as why:
        raise lib.Skip(f"{name} cannot be set here: {why}") from None
    try:
        yield
    finally:
        with open(path, "w", encoding="ascii") as file:
            file.write(before)


@case("a range that is nearly used up is a problem, and what helps fits the host")
def ports_run_out():
    need_scene()
    # The last ports of the host: 20 of them, of which 19 are taken towards one service.
    with setting("ip_local_port_range", "61001 61020"):
        outbound(scene.net, 19)
        document = answer()
        equal(document["capacity"], 20)
        service = next(s for s in document["services"] if s["remote_address"] == Neighbour.THERE4)
        equal(service["source"]["used"], 19)
        equal(service["source"]["local_address"], Neighbour.HERE4)
        equal(document["level"], "problem")
        that("19 of the 20 local ports" in document["verdict"], document["verdict"])
        that("EADDRNOTAVAIL" in document["verdict"], document["verdict"])
        equal(len(document["helps"]), 2)
        that("keep-alive" in document["helps"][0], str(document["helps"]))
        that("tcp_tw_reuse=1" in document["helps"][1], str(document["helps"]))
        with setting("tcp_tw_reuse", "1"):
            document = answer()
        equal(document["level"], "watch")
        that("ip_local_port_range" in document["helps"][1], str(document["helps"]))
        with setting("ip_local_reserved_ports", "61001-61010"):
            equal(answer()["capacity"], 10)
            equal(answer()["reserved_ports"], 10)


@case("full buckets are told, with what was thrown away")
def buckets():
    need_scene()
    with setting("tcp_max_tw_buckets", str(answer()["buckets_used"])):
        outbound(scene.net, 5)
        document = answer()
    that(document["counters"]["TcpExt"]["TCPTimeWaitOverflow"] >= 1, str(document["counters"]))
    equal(document["level"], "problem")
    that("buckets are in use" in document["verdict"], document["verdict"])
    that("went without TIME_WAIT" in document["verdict"], document["verdict"])
    that(any("tcp_max_tw_buckets=" in text for text in document["helps"]), str(document["helps"]))


@case("a FIN_WAIT2 that is kept as small as TIME_WAIT is counted apart")
def fin_wait2():
    need_scene()
    before = answer()
    with inside(scene.net.fd):
        listener = lib.listen(Neighbour.THERE4, 444, backlog=4)
    client, accepted = connection(socket.AF_INET, Neighbour.THERE4, 444, listener)
    client.close()
    want = before["small_fin_wait2"] + 1
    lib.eventually(lambda: answer()["small_fin_wait2"] == want, "FIN_WAIT2")
    after = answer()
    that(not [s for s in after["services"] if place_of(s)[1] == 444], str(after["services"]))
    equal(after["buckets_used"] - after["sockets_total"], after["small_fin_wait2"])
    accepted.close()
    listener.close()


@case("--top shortens the tables, -4 leaves IPv6 out")
def options():
    need_scene()
    equal(len(answer("--top=1")["services"]), 1)
    text = lssock_ok("--time-wait", "--top=1").out
    that(re.search(r"^  \(\d+ more services; --top=N shows N\)$", text, re.M), text)
    equal([s for s in answer("-4")["services"] if ":" in (s["remote_address"] or "")], [])
    equal(strict(lssock_ok("--time-wait", "--jsonl").out.strip())["view"], "time_wait")
    equal(lssock_ok("--time-wait", "--jsonl").out.count("\n"), 1)


@case("every round of -c is an answer of its own")
def rounds():
    need_scene()
    lines = lssock_ok("--time-wait", "--jsonl", "-c0.05", "--count=3").lines
    equal(len(lines), 3)
    totals = {strict(line)["sockets_total"] for line in lines}
    that(len(totals) == 1 and totals.pop() > 0, str(lines)[:500])


@case("status 2 for what cannot be")
def refusals():
    for words in (["--csv"], ["-l"], ["-q"], ["--columns=pid"], ["-u"], ["-x"], ["-tu"], ["-H"]):
        result = lssock("--time-wait", *words)
        equal((result.status, result.out), (2, ""), str(result))
    equal(lssock("--time-wait", "-alt").status, 0)
    equal(lssock("--time-wait", "-H", "--json").status, 0)


if __name__ == "__main__":
    lib.enter()
    lib.main()
