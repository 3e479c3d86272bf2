#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--explain: every state in every spelling, its count against that of ss, its owners against the
processes that hold the sockets.
"""

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

# The state, and its spellings: ours and netstat's, ss's, RFC 9293's.
STATES = {
    "LISTEN": ("listening", "LISTEN", "listen"),
    "SYN_SENT": ("syn-sent", "SYN-SENT", "syn_sent"),
    "SYN_RECV": ("syn-recv", "SYN-RECEIVED", "syn-rcv"),
    "ESTABLISHED": ("established", "ESTABLISHED", "estab"),
    "FIN_WAIT1": ("fin-wait-1", "FIN-WAIT-1", "fin_wait1"),
    "FIN_WAIT2": ("fin-wait-2", "FIN-WAIT-2", "FinWait2"),
    "CLOSE_WAIT": ("close-wait", "CLOSE-WAIT", "close_wait"),
    "CLOSING": ("closing", "CLOSING", "Closing"),
    "LAST_ACK": ("last-ack", "LAST-ACK", "last_ack"),
    "TIME_WAIT": ("time-wait", "TIME-WAIT", "timewait"),
    "CLOSE": ("unconnected", "CLOSED", "close"),
}


class Scene:
    """At least one socket in each state that can be listed, held there by a peer that sees none of
    our segments."""

    def __init__(self):
        self.since, self.net, self.kept = time.monotonic(), Neighbour(), []
        with inside(self.net.fd):
            self.there = lib.listen(Neighbour.THERE4, backlog=64)
        self.here = lib.listen(Neighbour.HERE4, backlog=64)
        self.pairs()
        self.half_open()
        self.give_up()

    def pair(self, deaf=True):
        client, accepted = lib.connect_to(self.there, Neighbour.THERE4)
        if deaf:
            lib.drop_incoming(accepted)
        self.kept += [client, accepted]
        return client, accepted

    def pairs(self):
        self.pair(deaf=False)  # ESTABLISHED
        self.pair()[0].shutdown(socket.SHUT_WR)  # FIN_WAIT1, held
        self.pair()[0].close()  # FIN_WAIT1, an orphan
        self.pair(deaf=False)[0].shutdown(socket.SHUT_WR)  # FIN_WAIT2, held
        self.pair(deaf=False)[0].close()  # FIN_WAIT2, small
        client, accepted = self.pair()
        client.shutdown(socket.SHUT_WR)
        accepted.shutdown(socket.SHUT_WR)  # CLOSING
        client, accepted = self.pair()
        accepted.shutdown(socket.SHUT_WR)
        that(client.recv(1) == b"", "no end of file")
        client.close()  # LAST_ACK
        client, accepted = self.pair(deaf=False)
        client.shutdown(socket.SHUT_WR)
        that(accepted.recv(1) == b"", "no end of file")
        accepted.close()
        that(client.recv(1) == b"", "no end of file")
        client.close()  # TIME_WAIT

    def half_open(self):
        with inside(self.net.fd):
            deaf = lib.listen(Neighbour.THERE4)
            client = socket.socket()
        lib.drop_incoming(deaf)
        lib.drop_incoming(client)
        mine = socket.socket()
        for sock, peer in ((mine, deaf), (client, self.here)):
            sock.setblocking(False)
            sock.connect_ex(peer.getsockname())
        self.kept += [deaf, client, mine]

    def give_up(self):
        """A client that closes before anyone has accepted it: CLOSE_WAIT without a process."""
        with inside(self.net.fd):
            client = socket.socket()
        client.connect(self.here.getsockname())
        client.close()


def leak(n):
    """A process with n connections whose other ends have closed; it ends with its case."""

    def body(say):
        lib.set_comm(b"leak\x1by")
        mine = [lib.connect_to(scene.there, Neighbour.THERE4) for _ in range(n)]
        for client, accepted in mine:
            accepted.close()
            that(client.recv(1) == b"", "no end of file")
        say("ready")
        return mine

    return lib.fork_child(body)[0]


scene = None


def need_scene():
    """Some of these states end by themselves after a minute: in time, all is made in a new namespace."""
    global scene
    if scene is None or time.monotonic() - scene.since > LASTS:
        lib.new_net()
        scene = Scene()
        for state, n in (("FIN_WAIT1", 2), ("FIN_WAIT2", 2), ("SYN_RECV", 1), ("CLOSE_WAIT", 1)):
            lib.eventually(lambda state=state, n=n: ss_count(state) == n, state)


def answer(*args):
    return json.loads(lssock_ok(*args, "--json").out)


def ss_count(state):
    ss = lib.need_program("ss")
    word = STATES[state][0]
    return len(lib.run([ss, "-Htan", "state", word]).lines)


def explained(state, *args):
    document = answer(f"--explain={STATES[state][0]}", *args)
    that(len(document["states"]) == 1, str(document))
    return document["states"][0]


@case("all states in one table, with the counts of ss")
def table():
    need_scene()
    lines = lssock_ok("--explain").lines
    equal(lines[0].split()[:2], ["STATE", "SOCKETS"])
    counts = {line.split()[0]: line.split()[1] for line in lines[1:12]}
    equal(list(counts), list(STATES))
    for state in STATES:
        want = "-" if state == "CLOSE" else str(ss_count(state))
        equal(counts[state], want, state)
        that(want != "0", f"no {state}")


@case("every state in every spelling")
def spellings():
    need_scene()
    for state, words in STATES.items():
        for word in (state, state.lower(), *words):
            result = lssock(f"--explain={word}")
            equal(result.status, 0, str(result))
            that(result.out.startswith(f"{state} (RFC 9293: "), result.out)
            that(15 <= len(result.lines) <= 40, f"{len(result.lines)} lines: {result.out}")


@case("the count of one state is that of ss, and of the listing")
def counts():
    need_scene()
    for state in STATES:
        got = explained(state)["sockets"]
        if state == "CLOSE":
            equal(got, None)
            continue
        equal(got, ss_count(state), state)
        equal(got, len(lssock_ok("-tan", "state", STATES[state][0]).rows), state)


@case("CLOSE_WAIT with the program that forgot close(), its name escaped")
def close_wait():
    need_scene()
    pids = leak(2), leak(1)
    got = explained("CLOSE_WAIT")
    equal(got["owners"], [{"program": "leak\x1by", "sockets": 3, "processes": 2,
                           "busiest_pid": pids[0], "busiest_sockets": 2}])
    equal((got["sockets"], got["without_process"]), (4, 1))
    text = lssock_ok("--explain=CLOSE_WAIT").out
    that(re.search(rf"^  leak\\x1by +3 +2 +{pids[0]} +2$", text, re.M), text)
    that("  1 not yet accepted: the clients gave up" in text, text)
    that("'lssock -tnp state close-wait'" in " ".join(text.split()), text)


@case("orphans are not owned, and small ones are counted apart")
def orphans():
    need_scene()
    for state, small in (("FIN_WAIT1", 0), ("FIN_WAIT2", 1)):
        got = explained(state)
        equal((got["sockets"], got["without_process"], got["small"]), (2, 1, small), state)
        equal(len(got["owners"]), 1, state)
        equal(got["owners"][0]["busiest_pid"], os.getpid(), state)
    # What the kernel counts as orphans, and limits by tcp_max_orphans, is not the small ones.
    text = lssock_ok("--explain=fin-wait-2").out
    that(not re.search(r"\d orphans", text), text)
    that(re.search(r"^  1 stubs, as small as TIME_WAIT", text, re.M), text)
    said = 0
    for state in STATES:
        found = re.search(r"^  (\d+) orphans", lssock_ok(f"--explain={state}").out, re.M)
        said += int(found.group(1)) if found else 0
    equal(said, json.loads(lssock_ok("--summary", "--json", "-t").out)["tcp"]["orphans"])


@case("TIME_WAIT and SYN_RECV have no owners, and it is said")
def never_owned():
    need_scene()
    for state in ("TIME_WAIT", "SYN_RECV"):
        got = explained(state)
        equal((got["owners"], got["may_have_owners"]), (None, False))
        that(f"no process owns a {state}" in lssock_ok("--explain=" + state).out, state)


@case("the settings of this host")
def settings():
    need_scene()
    for state in STATES:
        for name, value in explained(state)["settings"].items():
            path = "/proc/sys/net/" + ("core/" if name == "somaxconn" else "ipv4/") + name
            if not os.path.exists(path):
                equal(value, None, name)
                continue
            with open(path, encoding="ascii") as file:
                equal(value, int(file.read()), name)


@case("seconds that follow from settings")
def seconds():
    need_scene()

    def value(state, name):
        return explained(state)["derived"][name]

    path = "/proc/sys/net/ipv4/tcp_synack_retries"
    with open(path, "w", encoding="ascii") as file:
        file.write("2")
    equal(value("SYN_RECV", "syn_recv_forgotten_s"), 7)
    with open(path, "w", encoding="ascii") as file:
        file.write("5")
    equal(value("SYN_RECV", "syn_recv_forgotten_s"), 63)


@case("an expression chooses what is counted")
def chosen():
    need_scene()
    leak(3)
    port = lib.port_of(scene.there)
    equal(explained("CLOSE_WAIT", "dport", "=", f":{port}")["sockets"], 3)
    text = lssock_ok("--explain=close-wait", "dport", "=", f":{port}").out
    that(": 3 of the chosen sockets\n" in text, text)


@case("only the state in question is asked of the kernel")
def kernel_filter():
    text = lssock_ok("--explain=close-wait", "--explain-filter", "sport", "=", ":1").out
    that("CLOSE_WAIT" in text.upper().replace("-", "_"), text)
    that("ESTABLISHED" not in text.upper(), text)


@case("JSON of all states, a line of JSON, --top, --no-header, --explain twice the same")
def forms():
    need_scene()
    document = answer("--explain")
    equal([state["state"] for state in document["states"]], list(STATES))
    that(all(state["owners"] is None for state in document["states"]), "owners")
    for key in ("meaning", "enters", "leaves", "many_mean", "look_next"):
        that(all(len(state[key]) > 20 for state in document["states"]), key)
    equal(lssock_ok("--explain=estab", "--jsonl").out.count("\n"), 1)
    equal(len(lssock_ok("--explain", "--no-header").lines), 11)
    equal(len(explained("ESTABLISHED", "--top=1")["owners"]), 1)


@case("status 2 for what is no state, with the list of them")
def wrong():
    for word in ("time", "", "connected", "6", "time-wait-3", "x\x1b[31m"):
        result = lssock(f"--explain={word}")
        equal((result.status, result.out), (2, ""), str(result))
        that("close-wait" in result.err and "\x1b" not in result.err, result.err)
    for words in (["--csv"], ["-l"], ["-q"], ["--expla"]):
        result = lssock(words[0]) if words == ["--expla"] else lssock("--explain", *words)
        equal((result.status, result.out), (2, ""), str(result))
    for words in (["-u"], ["-x"], ["-tu"], ["-H"]):
        result = lssock("--explain=closing", *words)
        equal((result.status, result.out), (2, ""), str(result))
    equal(lssock("--explain", "-t").status, 0)


@case("a state behind a blank is told how it is written")
def in_two_words():
    result = lssock("--explain", "time-wait")
    equal((result.status, result.out), (2, ""), str(result))
    that("--explain=time-wait" in result.err and "'state'" not in result.err, result.err)
    equal(lssock("--explain", "state", "time-wait").status, 0)
    that("write 'state' before this" in lssock("-t", "time-wait").err, "the listing")


if __name__ == "__main__":
    lib.enter()
    lib.main()
