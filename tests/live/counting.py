#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
--count-by against the sockets that were opened, against rows of --jsonl counted here, and against
what people type today: ss or netstat through awk, sort and uniq.
"""

import collections
import csv
import io
import json
import os
import socket
import sys
import time

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import equal, lssock, lssock_ok, that  # noqa: E402
from scene import LASTS, kernel_rows  # noqa: E402

lib.enter()

KEPT = []
since = None


def open_sockets():
    """Connections to several loopback addresses, mapped ones, IPv6, UDP and UNIX."""
    listeners = [lib.listen("0.0.0.0", backlog=64)]
    for last in (1, 1, 1, 2, 2, 77):
        KEPT.extend(lib.connect_to(listeners[0], f"127.0.7.{last}"))
    KEPT.extend(lib.connect_to(listeners[0], "127.0.8.1"))
    if lib.have_ipv6():
        listeners.append(lib.listen("::", v6only=0, backlog=64))
        mapped = socket.socket(socket.AF_INET6)
        mapped.connect(("::ffff:127.0.7.1", lib.port_of(listeners[1])))
        KEPT.extend([mapped, listeners[1].accept()[0]])
        KEPT.extend(lib.connect_to(listeners[1], "::1"))
    for _ in range(3):  # TIME_WAIT
        client, accepted = lib.connect_to(listeners[0], "127.0.7.1")
        client.close()
        accepted.close()
    KEPT.extend(listeners)
    KEPT.extend(socket.socketpair())
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", 0))
    KEPT.append(datagrams)
    lib.eventually(lambda: sum(row[2] == 6 for row in kernel_rows()) == 3, "TIME_WAIT")


def case(title):
    """Each is counted before TIME_WAIT ends: in time, all is made in a new namespace."""

    def add(function):
        def body():
            global since
            if since is None or time.monotonic() - since > LASTS:
                lib.new_net()
                KEPT.clear()
                since = time.monotonic()
                open_sockets()
            function()

        lib.case(title)(body)
        return function

    return add


def groups_of(*args):
    """--count-by as JSON: {values: count}, and the document."""
    document = json.loads(lssock_ok("--json", *args).out)
    names = [field["name"] for field in document["fields"]]
    found = {tuple(group[name] for name in names): group["sockets"] for group in document["groups"]}
    equal(len(found), len(document["groups"]), "two groups with the same values")
    return found, document


def rows_of(*args):
    rows = [json.loads(line) for line in lssock_ok("--jsonl", "-a", *args).lines]
    return [row for row in rows if "end" not in row]


def unmapped(value):
    return value.removeprefix("::ffff:") if isinstance(value, str) else value


FIELDS = (
    "state", "proto", "family,state", "local_port", "local_address", "remote_address",
    "remote_port,state", "uid", "user", "type", "path", "interface", "timer", "v6only",
    "recv_q,send_q", "remote_address,local_port,state",
)

for LIST in FIELDS:

    @case(f"--count-by={LIST} equals the rows of --jsonl, counted")
    def equals_rows(fields=LIST):
        names = fields.split(",")
        rows = rows_of(f"--columns={fields}")
        want = collections.Counter(tuple(unmapped(row[name]) for name in names) for row in rows)
        got, document = groups_of(f"--count-by={fields}")
        equal(got, dict(want))
        equal(document["sockets_total"], len(rows))
        that(len(rows) > 15, "too few sockets for a test")
        counts = [group["sockets"] for group in document["groups"]]
        equal(counts, sorted(counts, reverse=True))


@case("states are what ss -tan shows, counted by awk")
def equals_ss():
    ss = lib.need_program("ss")
    got, _ = groups_of("-t", "--count-by=state")
    out = lib.run([ss, "-H", "-tan"]).out
    want = collections.Counter(line.split()[0] for line in out.split("\n") if line)
    words = {"ESTAB": "ESTABLISHED"}
    equal(got, {(words.get(s, s.replace("-", "_")),): n for s, n in want.items()})


@case("peers are what netstat -tan shows, sorted and counted")
def equals_netstat():
    got, _ = groups_of("-t", "--count-by=remote_address")
    rows = [line.split()[4] for line in lib.netstat("-tan").rows]
    want = collections.Counter(row.rsplit(":", 1)[0] for row in rows if not row.endswith(":*"))
    got.pop((None,))  # listeners have no peer
    equal(got, {(peer,): n for peer, n in want.items()})


@case("a prefix makes networks: host bits cleared, mapped addresses among the IPv4 ones")
def prefixes():
    got, document = groups_of("-t", "--count-by=local_address/24", "sport != 0 and not state listening")
    that(("127.0.7.0/24",) in got and ("127.0.8.0/24",) in got, str(got))
    whole, _ = groups_of("-t", "--count-by=local_address", "not state listening")
    want = sum(n for (address,), n in whole.items() if address.startswith("127.0.7."))
    equal(got[("127.0.7.0/24",)], want)
    equal(document["fields"], [{"name": "local_address", "prefix": 24}])
    listeners, _ = groups_of("-tl", "--count-by=local_address/24")
    that(set(listeners) <= {("0.0.0.0",), ("::",)}, str(listeners))


@case("expressions and protocols choose what is counted, before and behind the option")
def expressions():
    port = lib.port_of(next(s for s in KEPT if s.getsockname()[0] == "0.0.0.0"))
    for words in (["--count-by=state", "-t", f"sport = :{port}"], ["-t", f"sport = :{port}", "--count-by=state"]):
        got, _ = groups_of(*words)
        equal(got[("LISTEN",)], 1)
        that(got[("ESTABLISHED",)] == 7, str(got))
    equal(set(groups_of("-tl", "--count-by=state")[0]), {("LISTEN",)})
    equal(groups_of("-t", "--count-by=state", "state time-wait")[0], {("TIME_WAIT",): 3})


@case("programs: each socket once, under its first owner; what nobody holds is apart")
def programs():
    me = os.getpid()
    got, document = groups_of("-t", "--count-by=pid,program")
    mine = {key: count for key, count in got.items() if key[0] == me}
    equal(len(mine), 1)
    equal(got[(None, None)], 3)  # TIME_WAIT
    equal(document["sockets_total"], sum(got.values()))
    status = {group["pid"]: group["owners_status"] for group in document["groups"]}
    equal((status[me], status[None]), ("known", "none"))

    def twice(say):
        say("holds them too")

    lib.fork_child(twice)
    again, _ = groups_of("-t", "--count-by=program")
    equal(sum(again.values()), document["sockets_total"])


@case("without privilege hidden owners are a group of their own")
def hidden_owners():
    lib.need_real_root()
    program = lib.public_lssock()
    words = [program, "-t", "--count-by=program", "--json"]
    result = lib.run(["setpriv", "--reuid=12345", "--clear-groups", *words])
    equal(result.status, 0, str(result))
    groups = json.loads(result.out)["groups"]
    that(all(group["program"] is None for group in groups), result.out)
    equal(sorted((g["owners_status"], g["sockets"]) for g in groups)[1], ("none", 3))
    equal(sorted(g["owners_status"] for g in groups), ["hidden", "none"])
    text = lib.run(["setpriv", "--reuid=12345", "--clear-groups", *words[:-1]]).out
    that("(hidden)\n" in text and " -\n" in text, text)


@case("text: counts, shares, a total; --top sums up the rest; -H leaves the groups alone")
def text():
    got, _ = groups_of("-t", "--count-by=state")
    total = sum(got.values())
    lines = lssock_ok("-t", "--count-by=state").lines
    equal(lines[0].split(), ["Count", "Share", "State"])
    equal(lines[-1], f"{total} sockets in {len(got)} groups")
    shown = {(line.split()[2],): int(line.split()[0]) for line in lines[1:-1]}
    equal(shown, got)
    equal([line.split() for line in lssock_ok("-tH", "--count-by=state").lines],
          [line.split() for line in lines[1:-1]])
    largest = max(got.values())
    top = lssock_ok("-t", "--count-by=state", "--top=1").lines
    equal(top[1].split()[0], str(largest))
    equal(top[2].split()[0::2], [str(total - largest), "(other)"])
    equal(top[3], f"{total} sockets in {len(got)} groups, {len(got) - 1} of them in (other)")
    document = json.loads(lssock_ok("-t", "--count-by=state", "--top=1", "--json").out)
    equal(document["other"], {"groups": len(got) - 1, "sockets": total - largest})


@case("the same in JSON, JSON lines and CSV")
def formats():
    words = ("-t", "--count-by=state,remote_address")
    document = json.loads(lssock_ok(*words, "--json").out)
    lines = [json.loads(line) for line in lssock_ok(*words, "--jsonl").lines]
    equal(lines[:-1], document["groups"])
    equal((lines[-1]["end"], lines[-1]["sockets_total"]), (True, document["sockets_total"]))
    table = list(csv.DictReader(io.StringIO(lssock_ok(*words, "--csv").out, newline="")))
    equal(
        [{**row, "sockets": int(row["sockets"]), "remote_address": row["remote_address"] or None} for row in table],
        document["groups"],
    )


@case("names that strangers chose stay one word in one line, and valid JSON")
def hostile_names():
    name = b"\0a\n,\"\x1b[2J\xff (other)"
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(name)
    sock.listen()
    lines = lssock_ok("-x", "-H", "--count-by=path").lines
    equal([line.split()[2] for line in lines if "@a" in line], ["@" + lib.escaped(name[1:])])
    document = json.loads(lssock_ok("-x", "--count-by=path", "--json").out)
    that(name[1:].hex() in [group.get("path_hex") for group in document["groups"]], str(document))
    rows = list(csv.reader(io.StringIO(lssock_ok("-x", "--count-by=path", "--csv").out, newline="")))
    that(all(len(row) == 2 for row in rows), str(rows))
    sock.close()


@case("-c counts each round anew")
def rounds():
    out = lssock_ok("-t", "-H", "--count-by=proto", "-c0.05", "--count=3").out
    blocks = out.rstrip("\n").split("\n\n")
    equal(len(blocks), 3, out)
    equal(len(set(blocks)), 1, out)


@case("what cannot be counted by is status 2 and names the word")
def refused():
    for words, said in (
        (["--count-by=stat"], "'stat'"),
        (["--count-by=state,state"], "'state'"),
        (["--count-by=state/24"], "'state'"),
        (["--count-by=remote_address/200"], "'remote_address'"),
        (["--count-by=owners"], "'owners'"),
        (["--count-by=state", "-p"], "-p"),
        (["--count-by=state", "--columns=pid"], "--columns"),
    ):
        result = lssock(*words)
        equal((result.status, result.out), (2, ""), str(result))
        that(said in result.err, str(result))


@case("only what the fields need is fetched")
def needs():
    strace = lib.need_program("strace")
    if lib.is_sanitized():
        raise lib.Skip("a leak checker does not run under strace")
    words = [strace, "-f", "-e", "trace=openat,open", lib.LSSOCK, "-t"]
    quiet = lib.run([*words, "--count-by=state"])
    equal(quiet.status, 0, str(quiet))
    that('fd", O_' not in quiet.err and "passwd" not in quiet.err, quiet.err)
    loud = lib.run([*words, "--count-by=program"])
    that('fd", O_' in loud.err, loud.err)


lib.main()
