#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--listeners: real accept queues that overflow, and connections that nobody closes."""

import csv
import io
import json
import os
import re
import socket
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from breaking import without_proc  # noqa: E402
from lib import case, equal, lssock, lssock_ok, on_terminal, that  # noqa: E402

kept = []


def counters(group="TcpExt", path="/proc/net/netstat"):
    with open(path, encoding="ascii") as lines:
        for names in lines:
            values = next(lines)
            if names.startswith(group + ":"):
                return dict(zip(names.split()[1:], map(int, values.split()[1:])))
    raise lib.Failure(f"no {group} in {path}")


def answer(*args):
    """The JSON of --listeners. Owners that this machine hides from everybody are no failure."""
    result = lssock("--listeners", "--json", *args)
    that(result.status == 0, str(result))
    return json.loads(result.out)


def row_of(doc, port):
    found = [row for row in doc["listeners"] if row["local_port"] == port]
    equal(len(found), 1, f"listeners at port {port}")
    return found[0]


def knock(port, n, address="127.0.0.1"):
    """n connections that may or may not come about; nobody waits for them."""
    socks = [socket.socket(lib.family_of(address), socket.SOCK_STREAM) for _ in range(n)]
    for sock in socks:
        sock.setblocking(False)
        sock.connect_ex((address, port))
    kept.extend(socks)
    return socks


def ss_queues():
    """(address:port) -> (Recv-Q, Send-Q), as ss has them."""
    ss = lib.need_program("ss")
    rows = [line.split() for line in lib.run([ss, "-H", "-ltn"]).lines]
    return {row[3].replace("*:", "[::]:"): (int(row[1]), int(row[2])) for row in rows}


@case("a queue that overflows: its length, fill and drops, and the kernel's counters")
def overflow():
    for backlog in (0, 1, 7):
        listener = lib.listen(backlog=backlog)
        port = lib.port_of(listener)
        before = answer()
        equal(row_of(before, port)["fill_percent"], 0)
        knock(port, backlog + 1)
        row = lib.eventually(
            lambda: row_of(answer(), port)["backlog_used"] == backlog + 1 and row_of(answer(), port),
            "the queue is full",
        )
        equal((row["backlog"], row["fill_percent"], row["drops"]), (backlog, 100, 0))
        equal(row["capacity"], backlog + 1)
        text = lssock_ok("--listeners", f"sport = :{port}").out
        that(re.search(rf"^  tcp +127\.0\.0\.1:{port} +{backlog + 1} +{backlog + 1} +100% ", text, re.M),
             text)
        that(f"the accept queue is full, {backlog + 1} of {backlog + 1}: " in text, text)
        refused = knock(port, 3)
        lib.eventually(lambda: row_of(answer(), port)["drops"] >= 3, "three are dropped")
        after = answer()
        equal(row_of(after, port)["backlog_used"], backlog + 1)
        that(
            after["counters"]["TcpExt"]["ListenOverflows"] >= before["counters"]["TcpExt"]["ListenOverflows"] + 3,
            f"{before['counters']}\n{after['counters']}",
        )
        kinds = [found["kind"] for found in after["findings"] if f":{port} " in found["text"]]
        equal(kinds, ["queue_full", "drops"])
        for sock in refused:
            sock.close()  # or they would come again
        # What it says of the next connection is what happens to it.
        accepted = [listener.accept()[0] for _ in range(backlog + 1)]
        equal(row_of(answer(), port)["backlog_used"], 0)
        kept.extend(accepted)
        listener.close()


@case("the counters are the kernel's, and the settings too")
def kernel_numbers():
    doc = answer()
    have = counters()
    for name in ("ListenOverflows", "ListenDrops", "SyncookiesSent", "TCPReqQFullDrop"):
        equal(doc["counters"]["TcpExt"][name], have[name], name)
    equal(doc["counters"]["Tcp"]["PassiveOpens"], counters("Tcp", "/proc/net/snmp")["PassiveOpens"])
    with open("/proc/sys/net/core/somaxconn", encoding="ascii") as setting:
        equal(doc["settings"]["somaxconn"], int(setting.read()))


@case("queues and limits are those of ss; a backlog of somaxconn may have been cut")
def like_ss():
    with open("/proc/sys/net/core/somaxconn", encoding="ascii") as setting:
        most = int(setting.read())
    addresses = ["127.0.0.1", "0.0.0.0"] + (["::1", "::"] if lib.have_ipv6() else [])
    listeners = [lib.listen(addr, backlog=3 + i) for i, addr in enumerate(addresses)]
    listeners.append(lib.listen(backlog=most + 1))
    knock(lib.port_of(listeners[0]), 2)
    first = lib.port_of(listeners[0])
    lib.eventually(lambda: row_of(answer(), first)["backlog_used"] == 2, "two wait")
    doc = answer()
    want = ss_queues()
    got = {}
    for row in doc["listeners"]:
        host = f"[{row['local_address']}]" if row["family"] == "inet6" else row["local_address"]
        got[f"{host}:{row['local_port']}"] = (row["backlog_used"], row["backlog"])
    equal(got, want)
    for listener in listeners:
        row = row_of(doc, lib.port_of(listener))
        equal(row["backlog_may_be_cut"], listener is listeners[-1])
        equal([owner["pid"] for owner in row["owners"]], [os.getpid()])


@case("what nobody closes is counted for the process that has it, and for its listener")
def close_wait():
    address = "::" if lib.have_ipv6() else "0.0.0.0"
    listener = lib.listen(address, backlog=50, v6only=0 if ":" in address else None)
    port = lib.port_of(listener)

    def leak(say):
        lib.set_comm(b"leaky")
        mine = []
        for turn in range(7):
            client = socket.create_connection(("127.0.0.1", port))
            accepted, _ = listener.accept()
            if turn < 2:
                client.send(b"never read")
            client.close()
            if turn >= 3:
                equal(accepted.recv(1), b"")  # so that it knows
            mine.append(accepted)
        say("leaking")
        return mine

    child, _ = lib.fork_child(leak)
    for _ in range(2):
        socket.create_connection(("127.0.0.1", port)).close()  # gives up in the queue
    doc = lib.eventually(
        lambda: (lambda doc: doc["states"]["CLOSE_WAIT"] == 9 and doc)(answer()), "nine leaked"
    )
    waits = doc["close_wait"]
    equal((waits["unaccepted"], waits["unread"], waits["without_listener"]), (2, 5, 0))
    equal(
        waits["holders"],
        [
            {
                "holder": "process",
                "owner": {"pid": child, "program": "leaky"},
                "sockets": 7,
                "unread": 3,
                "listener": {"local_address": address, "local_port": port},
            },
            {
                "holder": "accept_queue",
                "owner": None,
                "sockets": 2,
                "unread": 2,
                "listener": {"local_address": address, "local_port": port},
            },
        ],
    )
    row = row_of(doc, port)
    equal((row["states"]["CLOSE_WAIT"], row["backlog_used"]), (9, 2))
    equal({owner["pid"] for owner in row["owners"]}, {os.getpid(), child})
    text = lssock("--listeners", "-n").out
    that(re.search(rf"^  {child}/leaky +7 +3 +\S+:{port}$", text, re.M), text)
    that(re.search(rf"^  \(not yet accepted\) +2 +2 +\S+:{port}$", text, re.M), text)
    lib.end_child(child)


@case("who may not look into processes gets counts, and no owner is made up")
def hidden():
    lib.need_real_root()
    listener = lib.listen()
    client, accepted = lib.connect_to(listener)
    client.close()
    kept.append(accepted)
    port = lib.port_of(listener)
    lib.eventually(lambda: answer(f"sport = :{port}")["states"]["CLOSE_WAIT"] == 1, "CLOSE_WAIT")
    words = [lib.public_lssock(), "--listeners", "--json", f"sport = :{port}"]
    result = lib.run(words, user=65534, group=65534, extra_groups=[])
    that(result.status == 0, str(result))
    doc = json.loads(result.out)
    equal(row_of(doc, port)["owners"], None)
    equal([(row["holder"], row["owner"]) for row in doc["close_wait"]["holders"]], [("hidden", None)])


def many_close_waits(n, backlog=8):
    """A listener, and n connections to it that the client has closed; the accepted ends are kept."""
    listener = lib.listen(backlog=backlog)
    for _ in range(n):
        client, accepted = lib.connect_to(listener)
        client.close()
        kept.append(accepted)
    kept.append(listener)
    return lib.port_of(listener)


@case("a leak is told to those who may not see the program, too")
def hidden_leak():
    lib.need_real_root()
    port = many_close_waits(100)
    where = f"sport = :{port}"
    lib.eventually(lambda: answer(where)["states"]["CLOSE_WAIT"] == 100, "CLOSE_WAIT")
    words = [lib.public_lssock(), "--listeners", where]
    for data in (False, True):
        result = lib.run(words + data * ["--json"], user=65534, group=65534, extra_groups=[])
        that(result.status == 0, str(result))
        text = result.out
        if data:
            found = [row for row in json.loads(text)["findings"] if row["kind"] == "close_wait_leak"]
            equal(len(found), 1, text)
            text = found[0]["text"]
        that(f"a program that may not be seen: 100 connections to 127.0.0.1:{port} that the peer"
             in text, text)


@case("without /proc it says what is missing, and still what it has seen")
def no_proc():
    lib.need_mounts()
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer, which needs /proc itself")
    port = many_close_waits(100)
    result = lssock("--listeners", "--json", f"sport = :{port}", preexec_fn=without_proc)
    doc = json.loads(result.out)
    equal((result.status, doc["complete"], set(doc["settings"].values())), (3, False, {None}), str(result))
    that("net.core.somaxconn cannot be read" in result.err, result.err)
    equal([row["kind"] for row in doc["findings"]], ["close_wait_leak"])
    text = lssock("--listeners", f"sport = :{port}", preexec_fn=without_proc).out
    that("Settings" not in text and "Counters" not in text, text)


@case("a client that only stopped sending has not gone")
def half_closed():
    listener = lib.listen()
    for _ in range(2):
        client = socket.create_connection(listener.getsockname())
        client.shutdown(socket.SHUT_WR)
        kept.append(client)
    port = lib.port_of(listener)
    where = f"sport = :{port}"
    lib.eventually(lambda: answer(where)["close_wait"]["unaccepted"] == 2, "two wait")
    text = lssock_ok("--listeners", where).out
    that(f"\n  127.0.0.1:{port}: 2 clients have closed, or have only stopped sending, before they were "
         "accepted\n" in text, text)
    equal(text.split("\n")[0], "To be looked at", "what matters stands first")
    that(text.index("To be looked at") < text.index("Accept queues"), text)
    lines = on_terminal(80, "--listeners", where).split("\n")
    that(max(map(len, lines)) <= 80, max(lines, key=len))
    that(any(re.match("  Proto +Listener +Waiting +Of ", line) for line in lines)
         or any(re.match("  Listener +Waiting +Of ", line) for line in lines), "\n".join(lines))


@case("a program without a name is still a word")
def nameless():
    def serve(say):
        lib.set_comm(b"")
        mine = lib.listen()
        say(str(lib.port_of(mine)))
        return mine

    child, port = lib.fork_child(serve)
    text = lssock_ok("--listeners", f"sport = :{port}").out
    that(re.search(rf'^  tcp .* {child}/""$', text, re.M), text)
    lib.end_child(child)


@case("-H is for one table")
def no_header():
    result = lssock("--listeners", "-H")
    equal((result.status, result.out), (2, ""), str(result))
    kept.append(lib.listen())
    equal(lssock_ok("--listeners", "--csv", "-H").lines,
          lssock_ok("--listeners", "--csv").lines[1:])
    equal(lssock("--listeners", "-tu").status, 2, "UDP has none")


@case("a client's CLOSE_WAIT belongs to no listener")
def client_close_wait():
    listener = lib.listen()
    client, accepted = lib.connect_to(listener)
    listener.close()
    accepted.close()
    doc = lib.eventually(
        lambda: (lambda doc: doc["states"]["CLOSE_WAIT"] and doc)(answer(f"sport = :{lib.port_of(client)}")),
        "CLOSE_WAIT",
    )
    equal(doc["close_wait"]["without_listener"], 1)
    equal(doc["close_wait"]["holders"][0]["owner"]["pid"], os.getpid())
    equal(doc["close_wait"]["holders"][0]["listener"], None)
    equal((doc["filtered"], doc["listeners"]), (True, []))


@case("SYN_RECV counts for the listener that it waits for")
def syn_recv():
    neighbour = lib.Neighbour()
    here = lib.listen(neighbour.HERE4, backlog=20)
    everywhere = lib.listen("0.0.0.0", backlog=20)
    tight = lib.listen(neighbour.HERE4, backlog=1)
    with lib.inside(neighbour.fd):
        socks = [socket.socket() for _ in range(4)]
        for sock in socks:
            lib.drop_incoming(sock)  # it never answers the SYN-ACK
            sock.setblocking(False)
    for sock, listener in zip(socks, (here, here, everywhere, tight)):
        sock.connect_ex((neighbour.HERE4, lib.port_of(listener)))
    doc = lib.eventually(lambda: (lambda doc: doc["states"]["SYN_RECV"] == 4 and doc)(answer()), "four SYN_RECV")
    equal(row_of(doc, lib.port_of(here))["states"]["SYN_RECV"], 2)
    equal(row_of(doc, lib.port_of(everywhere))["states"]["SYN_RECV"], 1)
    flooded = [found["text"] for found in doc["findings"] if found["kind"] == "syn_queue_filling"]
    equal([f":{lib.port_of(tight)} " in text for text in flooded], [True])


@case("an expression chooses listeners; --top the fullest; CSV has a line each")
def chosen():
    full, idle = lib.listen(backlog=0), lib.listen(backlog=90)
    knock(lib.port_of(full), 1)
    lib.eventually(lambda: row_of(answer(), lib.port_of(full))["backlog_used"] == 1, "one waits")
    doc = answer(f"sport = :{lib.port_of(idle)}")
    equal([row["local_port"] for row in doc["listeners"]], [lib.port_of(idle)])
    doc = answer("--top=1")
    equal([row["local_port"] for row in doc["listeners"]], [lib.port_of(full)])
    that(doc["listeners_total"] >= 2, str(doc["listeners_total"]))
    rows = list(csv.DictReader(io.StringIO(lssock("--listeners", "--csv", "-l").out, newline="")))
    row = [row for row in rows if row["local_port"] == str(lib.port_of(full))]
    equal(len(row), 1)
    equal((row[0]["backlog_used"], row[0]["backlog"], row[0]["fill_percent"]), ("1", "0", "100.00"))
    that(row[0]["owners"].startswith(f"{os.getpid()}/"), str(row))
    equal(lssock("--listeners", "-u").status, 2)


@case("UNIX listeners where they are asked for, their names escaped")
def unix():
    name = b"\0a \n\xff" + str(os.getpid()).encode()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen(1)
    for _ in range(2):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(name)
        kept.append(sock)
    shown = "@a\\x20\\x0a\\xff" + str(os.getpid())
    doc = answer("-x")
    row = [row for row in doc["listeners"] if row["inode"] == lib.inode_of(listener)][0]
    equal((row["backlog_used"], row["backlog"], row["fill_percent"]), (2, 1, 100))
    equal((row["drops"], row["states"]["SYN_RECV"], row["path_kind"]), (None, None, "abstract"))
    equal(bytes.fromhex(row["path_hex"]), name[1:])
    listed = [entry for entry in json.loads(lssock_ok("-lx", "--json").out)["sockets"]
              if entry["inode"] == row["inode"]][0]
    same = ("path", "path_hex", "path_kind", "proto", "backlog_used", "backlog", "uid")
    equal({key: row[key] for key in same}, {key: listed.get(key, row[key]) for key in same})
    rows = csv.DictReader(io.StringIO(lssock_ok("--listeners", "-x", "--csv").out, newline=""))
    that(("abstract", str(row["inode"])) in [(row["path_kind"], row["inode"]) for row in rows],
         "a name of that kind in CSV")
    that(all(row["proto"] == "unix" for row in doc["listeners"]), "only UNIX was asked for")
    text = lssock("--listeners", "-x").out
    that(re.search(rf"^  unix +{re.escape(shown)} +2 +2 +100% ", text, re.M), text)
    for word in ("CLOSE_WAIT, closed", "Counters", "tcp_"):
        that(word not in text, f"{word} is TCP's: {text}")
    that("net.core.somaxconn" in text, "which is theirs too")
    equal((doc["states"], doc["close_wait"], doc["counters"]),
          ({"SYN_RECV": None, "CLOSE_WAIT": None}, None, None))
    equal([name for name, value in doc["settings"].items() if value is not None], ["somaxconn"])
    that("Counters of this" in lssock("--listeners", "-tx").out, "with -t")
    that(all(row["proto"] == "tcp" for row in answer()["listeners"]), "TCP is what is usual")


@case("with -c the counters have a rate")
def continuous():
    listener = lib.listen(backlog=0)
    knock(lib.port_of(listener), 1)
    result = lssock("--listeners", "--jsonl", "-c0.3", "--count=2")
    that(result.status == 0, str(result))
    first, second = map(json.loads, result.lines)
    that("rates_per_s" not in first and "interval_ms" not in first, str(first))
    that(second["interval_ms"] > 0, str(second))
    for group, rates in second["rates_per_s"].items():
        equal(set(rates), {name for name, value in second["counters"][group].items() if value is not None})
    equal(second["rates_per_s"]["TcpExt"]["SyncookiesFailed"], 0)


@case("where nobody listens it says so")
def nobody():
    result = lssock_ok("--listeners", "sport = :1")
    equal(result.lines[0], "No listener matches")


lib.enter()
lib.main()
