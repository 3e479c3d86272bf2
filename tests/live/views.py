#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
doc/lssock-views.schema.json against what the answers in place of rows write: each document is
valid, and has no member that the schema does not name. The schema leaves objects open, since members
may come without a new schema_version; here they are closed, but where names are the kernel's.
"""

import functools
import json
import os
import socket
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import CLONE_NEWNET, CLONE_NEWNS, Skip, case, equal, lssock, that  # noqa: E402

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SCHEMA = os.path.join(TOP, "doc", "lssock-views.schema.json")
STATES = ("ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
          "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING")
FIELDS = "proto,state,program,path,v6only,uid,inode,interface,remote_address/24,owners_status"
VIEWS = (
    ("--summary",),
    ("--summary", "-t4"),
    ("--ports",),
    ("--ports", "--top=1", "--warn=0", "--crit=100"),
    ("--time-wait",),
    ("--time-wait", "--top=1"),
    ("--listeners",),
    ("--listeners", "-tx"),
    ("--listeners", "-x"),
    ("--explain",),
    *((f"--explain={state}",) for state in STATES),
    ("--count-by=state",),
    ("--count-by=" + FIELDS,),
    ("--count-by=program", "--top=1"),
    ("--list-families",),
    ("-s",),
    ("-st6",),
    ("-tap", "--diff=then.jsonl", "--columns=+recv_q,+send_q"),
    ("-xa", "--diff=then.json"),
    ("--expect=listeners.txt",),
    ("-tux", "--expect=listeners.txt"),
    ("-tx", "--expect=then.jsonl"),
)
CHOOSING = ("--summary", "--ports", "--time-wait", "--listeners", "--explain", "--explain=LISTEN",
            "--count-by=program")
kept = []


def close_objects(node):
    """Forbids members that are not named, where it is not said what others may be."""
    if isinstance(node, dict):
        if "properties" in node:
            node.setdefault("additionalProperties", False)
        for child in node.values():
            close_objects(child)
    elif isinstance(node, list):
        for child in node:
            close_objects(child)


def schema():
    with open(SCHEMA, encoding="utf-8") as stream:
        return json.load(stream)


@functools.lru_cache(maxsize=None)
def validator(part=None):
    """Of the whole schema with its objects closed, or of one of its definitions."""
    try:
        import jsonschema
    except ImportError:
        raise Skip("python3-jsonschema is not installed") from None
    text = schema()
    jsonschema.Draft202012Validator.check_schema(text)
    close_objects(text)
    if part:
        text = {"$schema": text["$schema"], "$defs": text["$defs"], "$ref": "#/$defs/" + part}
    return jsonschema.Draft202012Validator(text)


def no_double(pairs):
    that(len(dict(pairs)) == len(pairs), f"a key twice: {[key for key, _ in pairs]}")
    return dict(pairs)


def documents(result):
    text = result.out.encode("latin-1").decode()
    decoder, found = json.JSONDecoder(object_pairs_hook=no_double), []
    while text:
        document, at = decoder.raw_decode(text)
        found.append(document)
        text = text[at:].lstrip("\n")
    that(found, f"no document: {result}")
    return found


def faults(document, part=None):
    """What is wrong with a document, said of the view that it is of."""
    part = part or document["view"]
    return [f"{part}: {list(error.absolute_path)}: {error.message[:400]}"
            for error in validator(part).iter_errors(document)]


BASELINE = r"""tcp 127.0.0.1:1 x unit=x.service user=0
? tcp6 [fe80::1%lo]:1-9 * user=nobody
tcp *:1024-65535 *
udp 127.0.0.1%lo:53
unix @n\xff p unit=x.service
unix /nowhere
"""


def in_files(args):
    """The options with the files that --diff and --expect read, which are written at the first call."""
    folder = lib.temp_dir()
    names = ("then.json", "then.jsonl", "listeners.txt")
    for name in names:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            continue
        form = "--" + name.rsplit(".", maxsplit=1)[-1]
        with open(path, "w", encoding="latin-1") as stream:
            stream.write(BASELINE if form == "--txt" else lssock("-tuxapn", form).out)
    return tuple(f"{arg.split('=')[0]}={os.path.join(folder, arg.split('=')[1])}"
                 if arg.split("=")[-1] in names else arg for arg in args)


def valid(*args, **options):
    """The documents of a run, each of them as the schema says."""
    result = lssock(*in_files(args), "--json", **options)
    found = documents(result)
    for document in found:
        equal(faults(document), [], " ".join(args))
        equal(list(validator().iter_errors(document)), [], "oneOf: " + " ".join(args))
    return found


def unread_clients(listener, n):
    """Connections that nobody accepts, so that the queue is full."""
    clients = [socket.socket() for _ in range(n)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
    return clients


def connections(listener):
    """One in CLOSE_WAIT; two in TIME_WAIT, where this end closed first and where the other did."""
    client, accepted = lib.connect_to(listener)
    client.shutdown(socket.SHUT_WR)
    for first in (0, 1):
        pair = lib.connect_to(listener)
        pair[first].close()
        pair[1 - first].close()
    return [client, accepted]


def hold(say):
    """A program whose name is no UTF-8, with listeners and connections of many kinds."""
    lib.set_comm(b"p\xff\"r")
    full, usual = lib.listen(backlog=1), lib.listen()
    on_lo, unix = socket.socket(), socket.socket(socket.AF_UNIX)
    on_lo.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    on_lo.bind(("127.0.0.1", 0))
    on_lo.listen(1)
    unix.bind(b"\0n\xff")
    unix.listen(1)
    socks = [full, usual, on_lo, unix, *unread_clients(full, 3), *connections(usual)]
    outgoing = socket.socket()
    outgoing.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    outgoing.connect(on_lo.getsockname())
    # Inside the range of ephemeral ports, and on the port of an outgoing connection.
    socks += [outgoing, on_lo.accept()[0], lib.listen("127.0.0.9", lib.port_of(outgoing))]
    if lib.have_ipv6():
        socks.append(lib.listen("::1"))
    say("ready")
    return socks


def need_scene():
    if not kept:
        kept.append(lib.fork_child(hold))
        lib.children.remove(kept[0][0])  # it stays for all cases; the namespace ends with them


@case("every view, with all there is to tell, and round by round")
def every_view():
    need_scene()
    for view in VIEWS:
        valid(*view)
    for view in CHOOSING:
        first, second = valid(view, "-c0.05", "--count=2")
        that(first["time"] <= second["time"], view)
    for view in ("-s", "--listeners"):
        first, second = valid(view, "-c0.05", "--count=2")
        equal(("rates_per_s" in first, "rates_per_s" in second), (False, True), view)
        equal("interval_ms" in second, True, view)


@case("the same things have the same names")
def names():
    need_scene()
    before = valid("-s")[0]["counters"]
    docs = {view: valid(view)[0] for view in ("--ports", "--time-wait", "--summary", "--listeners",
                                              "--explain", "-s", "--count-by=state")}
    after = valid("-s")[0]["counters"]
    equal({document["filtered"] for document in docs.values()}, {False})
    ports, waits = docs["--ports"]["settings"], docs["--time-wait"]["settings"]
    equal({name: waits[name] for name in ports}, ports)
    told = {row["state"]: row for row in docs["--explain"]["states"]}
    equal(told["TIME_WAIT"]["settings"]["tcp_tw_reuse"], ports["tcp_tw_reuse"])
    equal(told["LISTEN"]["settings"]["somaxconn"], docs["--listeners"]["settings"]["somaxconn"])
    for view in ("--listeners", "--time-wait"):
        for group, counters in docs[view]["counters"].items():
            for name, value in counters.items():
                that(value is None or before[group][name] <= value <= after[group][name],
                     f"{view}: {name} {value}, in -s {before[group][name]}, {after[group][name]}")
    # Nothing here changes by itself but TIME_WAIT, which ends.
    listed = {row["state"]: row["sockets"] for row in valid("--count-by=state", "-t")[0]["groups"]}
    summed = docs["--summary"]["tcp"]["states"]
    for state in ("LISTEN", "ESTABLISHED", "CLOSE_WAIT"):
        equal((summed[state], told[state]["sockets"]), (listed[state], listed[state]), state)
    bound = [row for row in docs["--listeners"]["listeners"] if row["interface_index"]]
    triple = [row for row in docs["--ports"]["triples"] if row["interface_index"]]
    equal([(row["interface"], row["interface_index"]) for row in bound + triple], [("lo", 1)] * 2)
    that(all(group["program_hex"] for group in valid("--count-by=program")[0]["groups"]
             if "\\" in (group["program"] or "")), "a name that is no UTF-8")


@case("with an expression, where something matches and where nothing does")
def expression():
    need_scene()
    for view in CHOOSING:
        for words in ("src = 127.0.0.1", "src = 192.0.2.77"):
            equal(valid(view, words)[0]["filtered"], True, f"{view} {words}")


@case("as nobody, whom the kernel tells less")
def nobody():
    need_scene()
    lib.need_real_root()
    program = lib.public_lssock()
    for view in VIEWS:
        result = lib.run([program, *in_files(view), "--json"], user=65534, group=65534, extra_groups=[])
        for document in documents(result):
            equal(faults(document), [], f"{' '.join(view)} as nobody")


@case("in a namespace of nothing, and one without /proc")
def empty():
    for view in VIEWS:
        valid(*view, preexec_fn=lambda: lib.call(lib.libc.unshare, CLONE_NEWNET))
    lib.need_mounts()
    if lib.is_sanitized():
        raise Skip("built with a sanitizer, which needs /proc itself")
    need_scene()

    def without_proc():
        lib.call(lib.libc.unshare, CLONE_NEWNS)
        lib.call(lib.libc.mount, b"none", b"/proc", b"tmpfs", 0, None)

    for view in VIEWS:
        valid(*view, preexec_fn=without_proc)


@case("--count-by --jsonl: lines of groups, a begin and an end a round with -c")
def lines():
    need_scene()

    def rows(*args):
        found = documents(lssock("--count-by=state,program", "--jsonl", *args))
        for line in found:
            equal(faults(line, "line"), [], str(line))
        return found

    once = rows("--top=2")
    equal(["begin" in line or "end" in line for line in once], [False, False, True])
    that("round" not in once[-1], str(once[-1]))
    marks = [line for line in rows("-c0.05", "--count=3") if "round" in line]
    equal([(list(line)[0], line["round"]) for line in marks],
          [(word, n) for n in (1, 2, 3) for word in ("begin", "end")])
    equal([line["time"] for line in marks[::2]], [line["time"] for line in marks[1::2]])
    equal({json.dumps(line["fields"]) for line in marks},
          {'[{"name": "state", "prefix": null}, {"name": "program", "prefix": null}]'})


def objects(node, path=()):
    """Every object of a document, with the way to it."""
    if isinstance(node, dict):
        yield path, node
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        if isinstance(child, (dict, list)):
            yield from objects(child, (*path, key))


def is_open(path, node):
    """Whether names in there are the kernel's, or fields."""
    return (set(path) & {"counters", "rates_per_s", "meanings"} or path[-1:] == ("settings",) and
            "states" in path or "sockets" in node and "groups" in path[-2:])


@case("--kill --yes: what was closed")
def killed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted = server.accept()[0]
        result = lssock("--kill", "--yes", "--json", f"dport = :{server.getsockname()[1]}")
    client.close()
    accepted.close()
    document = documents(result)[0]
    equal(faults(document), [], str(document))
    if document["refused"] or document["failed"]:
        raise Skip("no privilege to close sockets, or no SOCK_DESTROY")
    equal([document["closed"], document["filtered"]], [1, True])


@case("a member that the schema does not name is found, and one that lacks too")
def strict():
    need_scene()
    for view in ("--summary", "--ports", "--time-wait", "--listeners", "--explain=CLOSE_WAIT",
                 "--count-by=program", "-s", "--diff=then.jsonl", "--expect=listeners.txt"):
        document = valid(view)[0]
        for path, node in objects(document):
            if is_open(path, node):
                continue
            node["unheard_of"] = 1
            that(faults(document), f"{view}: a new member of {path} goes unseen")
            del node["unheard_of"]
        for key in [key for key in document if key != "view"]:
            value = document.pop(key)
            that(faults(document), f"{view}: no {key}, and nobody minds")
            document[key] = value


@case("a document of one schema is none of the other")
def apart():
    listing = documents(lssock("--json", "-tl"))[0]
    that(list(validator().iter_errors(listing)), "a listing passes for a view")


lib.enter()
lib.main()
