#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--openmetrics: read by strict parsers, by node_exporter and Prometheus, beside the other views."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
import lib  # noqa: E402
from breaking import without_proc  # noqa: E402
from lib import case, equal, lssock, that  # noqa: E402

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CONTRIB = os.path.join(TOP, "contrib")
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\.)*)"')
kept = []


def metrics(*args):
    result = lssock("--openmetrics", *args)
    that(result.status == 0, str(result))
    return result.out


def unescape(text):
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text)


def samples(text):
    """(name, labels as a sorted tuple) -> value; every line is understood, no series comes twice."""
    out = {}
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        found = SAMPLE.match(line)
        that(found, f"no sample: {line!r}")
        labels = tuple(sorted((name, unescape(value)) for name, value in LABEL.findall(found[2] or "")))
        that((found[1], labels) not in out, f"twice: {line}")
        out[found[1], labels] = float(found[3])
    return out


def of(text, name, **labels):
    """The value of the one series of that name with these labels, among others."""
    found = [
        value
        for (this, have), value in samples(text).items()
        if this == name and set(labels.items()) <= set(have)
    ]
    equal(len(found), 1, f"series of {name} {labels}")
    return found[0]


def full_listener(backlog=2):
    listener = lib.listen(backlog=backlog)
    for _ in range(backlog + 1):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(listener.getsockname())
        kept.append(sock)
    lib.eventually(lambda: waiting(listener) == backlog + 1, "the queue is full")
    return listener


def waiting(listener):
    doc = json.loads(lssock("--listeners", "--json", f"sport = :{lib.port_of(listener)}").out)
    return doc["listeners"][0]["backlog_used"]


STRICT = """
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(json.dumps([[f.name, f.type, f.unit, [[s.name, s.labels, s.value] for s in f.samples]]
                  for f in parse(sys.stdin.read())]))
"""


def strict_families(text):
    """The families as the reference parser of OpenMetrics has them."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.access(python, os.X_OK):
            probe = subprocess.run([python, "-c", "import prometheus_client"], capture_output=True)
            if probe.returncode == 0:
                break
    else:
        raise lib.Skip("python3-prometheus-client is not installed")
    done = subprocess.run([python, "-c", STRICT], input=text, capture_output=True, text=True)
    equal(done.returncode, 0, done.stderr)
    return json.loads(done.stdout)


@case("OpenMetrics as its reference parser takes it, with types and units")
def strict():
    kept.append(full_listener())
    text = metrics()
    that(text.endswith("\n# EOF\n"), text[-100:])
    families = {name: (kind, unit, rows) for name, kind, unit, rows in strict_families(text)}
    equal(families["lssock_tcp_listen_overflows"][0], "counter")
    equal(families["lssock_tcp_sockets"][0], "gauge")
    equal(families["lssock_host_tcp_memory_bytes"][:2], ("gauge", "bytes"))
    equal({kind for kind, _, _ in families.values()}, {"gauge", "counter"})
    equal(sum(len(rows) for _, _, rows in families.values()), len(samples(text)))


@case("the older text format: no lint of promtool, and the same samples")
def textfile():
    promtool = lib.need_program("promtool")
    old = lssock("--openmetrics=textfile").out
    done = lib.run([promtool, "check", "metrics"], stdin=_file(old))
    equal((done.status, done.out, done.err), (0, "", ""))
    that("# EOF" not in old and "# UNIT" not in old, old)
    that("# TYPE lssock_tcp_listen_overflows_total counter\n" in old, old)
    equal(list(samples(old)), list(samples(metrics())))


def _file(text):
    path = os.path.join(lib.temp_dir(), "stdin")
    with open(path, "w", encoding="latin-1") as out:
        out.write(text)
    return open(path, "rb")


@case("the numbers are those of the other views and of the kernel")
def numbers():
    listener = full_listener(4)
    port = str(lib.port_of(listener))
    client, accepted = lib.connect_to(lib.listen("127.0.0.1"))
    kept.extend((listener, client, accepted))
    text = metrics()
    here = {"protocol": "tcp", "address": "127.0.0.1", "port": port}
    equal(of(text, "lssock_listener_queue", **here), 5)
    equal(of(text, "lssock_listener_queue_capacity", **here), 5)
    equal(of(text, "lssock_listener_queue_max_fill_ratio"), 1)
    summary = json.loads(lssock("--summary", "--json").out)
    for state in ("established", "listen", "time_wait", "close_wait"):
        equal(of(text, "lssock_tcp_sockets", state=state), summary["tcp"]["states"][state.upper()], state)
    equal(of(text, "lssock_complete"), 1)
    doc = json.loads(lssock("--listeners", "--json").out)
    equal(of(text, "lssock_tcp_listen_overflows_total"), doc["counters"]["TcpExt"]["ListenOverflows"])
    equal(of(text, "lssock_listeners"), len(json.loads(lssock("-l", "-t", "-x", "--json").out)["sockets"]))
    ports = json.loads(lssock("--ports", "--json").out)
    equal(of(text, "lssock_ephemeral_ports_capacity"), ports["capacity"])
    used = {"source": "127.0.0.1", "destination": "127.0.0.1", "port": port}
    equal(of(text, "lssock_ephemeral_ports_used", **used), 5)
    equal(of(text, "lssock_ephemeral_ports_free", **used), ports["capacity"] - 5)


@case("TIME_WAIT by side, and its limit")
def time_wait():
    before = of(metrics(), "lssock_tcp_time_wait", side="client")
    listener = lib.listen()
    for _ in range(3):
        client, accepted = lib.connect_to(listener)
        client.close()
        accepted.close()
    lib.eventually(
        lambda: of(metrics(), "lssock_tcp_time_wait", side="client") == before + 3, "three TIME_WAIT"
    )
    text = metrics()
    that(of(text, "lssock_tcp_time_wait_recent", side="client") >= 3, text)
    with open("/proc/sys/net/ipv4/tcp_max_tw_buckets", encoding="ascii") as limit:
        equal(of(text, "lssock_tcp_time_wait_buckets_limit"), int(limit.read()))


@case("the number of series does not grow: --top, and one series for the others")
def bounded():
    kept.extend((full_listener(0), full_listener(1)))
    many = [lib.listen(backlog=9) for _ in range(30)]
    shared = []
    for _ in range(2):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", lib.port_of(shared[0]) if shared else 0))
        sock.listen(99)
        shared.append(sock)
    for sock in many[:7]:
        kept.extend(lib.connect_to(sock))
    few, usual = metrics("--top=2"), metrics()
    for text, own in ((few, 2), (usual, 20)):
        for name in ("lssock_listener_queue_capacity", "lssock_ephemeral_ports_used"):
            series = [labels for this, labels in samples(text) if this == name]
            that(len(series) <= own + 1, f"{name}: {len(series)} series")
    shown = [
        (value, samples(few)["lssock_listener_queue_capacity", labels])
        for (this, labels), value in samples(few).items()
        if this == "lssock_listener_queue" and ("port", "other") not in labels
    ]
    that(len(shown) == 2 and all(used == capacity for used, capacity in shown), str(shown))
    whole = metrics("--top=1000")
    for name in ("lssock_listener_queue", "lssock_listener_queue_capacity", "lssock_ephemeral_ports_used"):
        sums = [
            sum(value for (this, _), value in samples(text).items() if this == name)
            for text in (few, usual, whole)
        ]
        equal(sums[:2], [sums[2]] * 2, f"the sum of {name}")
    equal(of(whole, "lssock_listener_queue_capacity", port=str(lib.port_of(shared[0]))), 200)


@case("listeners that share a port: the fullest queue counts, and no sum over them is a counter")
def shared_port():
    shared = []
    for _ in range(8):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", lib.port_of(shared[0]) if shared else 0))
        sock.listen(4)
        sock.setblocking(False)
        shared.append(sock)
    here = {"protocol": "tcp", "address": "127.0.0.1", "port": str(lib.port_of(shared[0]))}

    def fill_first():
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(shared[0].getsockname())
        kept.append(client)
        for sock in shared[1:]:  # the first one accepts nothing
            try:
                kept.append(sock.accept()[0])
            except BlockingIOError:
                pass
        doc = json.loads(lssock("--listeners", "--json", f"sport = :{here['port']}").out)
        return doc["listeners"][0]["backlog_used"] == 5

    lib.eventually(fill_first, "one queue of eight is full")
    text = metrics("--top=1000")
    equal(of(text, "lssock_listener_queue_capacity", **here), 40)
    equal(of(text, "lssock_listener_queue_fill_ratio", **here), 1)
    equal(of(text, "lssock_listener_queue_max_fill_ratio"), 1)
    of(text, "lssock_listener_syn_recv", **here)
    dropped = [dict(labels) for name, labels in samples(text) if name == "lssock_listener_drops_total"]
    that(all(labels.get("port") != here["port"] for labels in dropped), str(dropped))
    for sock in shared[1:]:
        sock.close()
    of(metrics("--top=1000"), "lssock_listener_drops_total", **here)


@case("listeners that differ by their device are series of their own")
def devices():
    plain, bound = socket.socket(), socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    for sock in (plain, bound):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(("127.0.0.1", lib.port_of(plain) if sock is bound else 0))
        sock.listen(4)
    port = str(lib.port_of(plain))
    for _ in range(3):
        client = socket.socket()
        lib.drop_incoming(client)  # it never answers the SYN-ACK
        client.setblocking(False)
        client.connect_ex(plain.getsockname())
        kept.append(client)

    def counted():
        return {
            dict(labels).get("interface_index"): value
            for (name, labels), value in samples(metrics("--top=1000")).items()
            if name == "lssock_listener_syn_recv" and ("port", port) in labels
        }

    lib.eventually(lambda: counted() == {None: 0, "1": 3}, f"SYN_RECV by device: {counted()}")


@case("names that others chose stay inside their labels")
def hostile():
    name = b'/a"b\\c\nd \xc3\xa9\xff} 1\n# EOF\n'
    path = os.fsencode(lib.temp_dir()) + name.replace(b"/", b"", 1).join([b"/", b""])
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(0)
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)  # full, so that it is among the first
    text = metrics("--top=1000").encode("latin-1").decode()
    labels = [
        dict(labels)["path"]
        for (this, labels), value in samples(text).items()
        if this == "lssock_listener_queue" and value == 1 and "path" in dict(labels)
    ]
    want = os.fsdecode(path).encode("utf-8", "surrogateescape")
    got = re.sub(
        rb"\\(\\|x[0-9a-f]{2})",
        lambda found: b"\\" if found[1] == b"\\" else bytes.fromhex(found[1][1:].decode()),
        labels[0].encode(),
    )
    equal((len(labels), got), (1, want))
    equal(text.count("\n# EOF\n"), 1)
    strict_families(text)


@case("what it does not take is refused")
def refused():
    for words in (["-t"], ["--json"], ["sport = :1"], ["-c"], ["-4"]):
        result = lssock("--openmetrics", *words)
        equal((result.status, result.out), (2, ""), str(words))
    equal(lssock("--openmetrics=html").status, 2)


@case("what cannot be read is left out, and lssock_complete says so")
def incomplete():
    lib.need_mounts()
    if lib.is_sanitized():
        raise lib.Skip("built with a sanitizer, which needs /proc itself")
    kept.append(lib.listen())
    result = lssock("--openmetrics", preexec_fn=without_proc)
    equal(result.status, 3, str(result))
    equal(of(result.out, "lssock_complete"), 0)
    that("lssock_tcp_listen_overflows_total" not in result.out, result.out)
    whole = metrics()
    equal(
        of(result.out, "lssock_tcp_sockets", state="listen"),
        of(whole, "lssock_tcp_sockets", state="listen"),
    )


def fetch(url):
    with urllib.request.urlopen(url, timeout=lib.PATIENCE) as answer:
        return answer.read().decode()


def up(url):
    try:
        return fetch(url) is not None
    except OSError:
        return False


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return lib.port_of(sock)


def server(words):
    with open(os.path.join(lib.temp_dir(), "server.log"), "ab") as log:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    lib.children.append(process.pid)
    return process


def service_command():
    """What ExecStart of the service runs, as systemd hands it to sh."""
    with open(os.path.join(CONTRIB, "systemd", "lssock-metrics.service"), encoding="utf-8") as unit:
        text = unit.read().replace("\\\n", " ")
    return re.search(r"^ExecStart=/bin/sh -c '(.*)'$", text, re.M)[1].replace("$$", "$")


def run_service(target, program=None):
    folder = os.path.join(lib.temp_dir(), "bin")
    os.makedirs(folder, exist_ok=True)
    link = os.path.join(folder, "lssock")
    if os.path.lexists(link):
        os.unlink(link)
    os.symlink(program or lib.LSSOCK, link)
    env = {"METRICS_FILE": target, "PATH": folder + ":/usr/bin:/bin"}
    return lib.run(["/bin/sh", "-c", service_command()], env=env)


@case("the service writes a whole file or none")
def service():
    target = os.path.join(lib.temp_dir(), "lssock.prom")
    equal(run_service(target).status, 0)
    with open(target, encoding="utf-8") as text:
        whole = text.read()
    equal(of(whole, "lssock_complete"), 1)
    for status, published in ((3, True), (4, False), (127, False)):
        program = os.path.join(lib.temp_dir(), f"ends-{status}")
        with open(program, "w", encoding="ascii") as out:
            out.write(f"#!/bin/sh\necho half\nexit {status}\n")
        os.chmod(program, 0o755)
        equal(run_service(target, program).status, status)
        with open(target, encoding="utf-8") as text:
            equal(text.read() == "half\n", published)
        that(not os.path.exists(target + ".new"), "nothing is left behind")
        equal(run_service(target).status, 0)


def write_paths(*texts):
    """ReadWritePaths= of a unit and its drop-ins as systemd joins them: an empty one begins anew."""
    paths = []
    for text in texts:
        for value in re.findall(r"^\s*ReadWritePaths=(.*)$", text, re.M):
            paths = paths + value.split() if value.strip() else []
    return paths


@case("the service needs no directory but the one it writes to, in a drop-in too")
def directories():
    with open(os.path.join(CONTRIB, "systemd", "lssock-metrics.service"), encoding="utf-8") as file:
        unit = file.read()
    with open(os.path.join(CONTRIB, "README.md"), encoding="utf-8") as file:
        drop_in = file.read()
    # Without '-' a directory that is missing keeps the whole unit from running.
    that(all(path.startswith("-") for path in write_paths(unit)), unit)
    equal(write_paths(unit, drop_in), ["/DIR"])
    missing = os.path.join(lib.temp_dir(), "missing", "lssock.prom")
    result = run_service(missing)
    that(result.status not in (0, 3) and "missing" in result.err, str(result))


@case("the units are what systemd takes")
def units():
    analyze = lib.need_program("systemd-analyze")
    folder = os.path.join(CONTRIB, "systemd")
    for unit in ("lssock-metrics.service", "lssock-metrics.timer"):
        done = lib.run([analyze, "verify", "--man=no", os.path.join(folder, unit)])
        equal((done.status, done.err), (0, ""), unit)


@case("the alerts: promtool's check, and their own tests")
def rules():
    promtool = lib.need_program("promtool")
    folder = os.path.join(CONTRIB, "prometheus")
    done = lib.run([promtool, "check", "rules", os.path.join(folder, "lssock.rules.yml")])
    that(done.status == 0 and "SUCCESS" in done.out, str(done))
    done = lib.run([promtool, "test", "rules", os.path.join(folder, "lssock.rules.test.yml")])
    that(done.status == 0 and "SUCCESS" in done.out, str(done))
    # No alert asks for a series that there is not.
    with open(os.path.join(folder, "lssock.rules.yml"), encoding="utf-8") as text:
        asked = set(re.findall(r"\blssock_[a-z_]+", text.read()))
    kept.append(lib.listen())
    there = {name for name, _ in samples(metrics())}
    host_only = {"lssock_host_tcp_memory_limit_bytes"}  # of the first network namespace
    equal(asked - there - host_only, set())


@case("node_exporter and Prometheus take it, and a query has the value")
def end_to_end():
    exporter = lib.need_program("prometheus-node-exporter")
    prometheus = lib.need_program("prometheus")
    folder = os.path.join(lib.temp_dir(), "textfile")
    os.makedirs(folder, exist_ok=True)
    listener = full_listener(3)
    equal(run_service(os.path.join(folder, "lssock.prom")).status, 0)
    here, there = free_port(), free_port()
    kept.append(
        server(
            [
                exporter,
                "--collector.disable-defaults",
                "--collector.textfile",
                f"--collector.textfile.directory={folder}",
                f"--web.listen-address=127.0.0.1:{here}",
            ]
        )
    )
    url = f"http://127.0.0.1:{here}/metrics"
    lib.eventually(lambda: up(url), "node_exporter answers")
    text = fetch(url)
    that("node_textfile_scrape_error 0\n" in text, text)
    that("# TYPE lssock_tcp_listen_overflows_total counter\n" in text, text)
    that("untyped" not in text, text)
    config = os.path.join(lib.temp_dir(), "prometheus.yml")
    with open(config, "w", encoding="ascii") as out:
        out.write(
            "scrape_configs:\n- job_name: t\n  scrape_interval: 2s\n  scrape_timeout: 2s\n"
            f"  static_configs:\n  - targets: ['127.0.0.1:{here}']\n"
        )
    kept.append(
        server(
            [
                prometheus,
                f"--config.file={config}",
                f"--storage.tsdb.path={lib.temp_dir()}/tsdb",
                f"--web.listen-address=127.0.0.1:{there}",
            ]
        )
    )
    query = f'lssock_listener_queue{{port="{lib.port_of(listener)}"}}'
    url = f"http://127.0.0.1:{there}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    lib.eventually(lambda: up(url), "Prometheus answers")
    answer = lib.eventually(lambda: json.loads(fetch(url))["data"]["result"], "it has scraped")
    equal(len(answer), 1)
    equal(answer[0]["value"][1], "4")
    equal(answer[0]["metric"]["address"], "127.0.0.1")


lib.enter()
lib.main()
