#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The benchmark measures what it says: on a few hundred sockets bench/run ends well, its data has every
figure, and the tools list as many rows as sockets were opened. How fast anything is, is not tested.
"""

import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import lib  # noqa: E402
from lib import case, equal, inside, lssock_ok, that  # noqa: E402

SOURCE = os.environ.get("abs_top_srcdir", "")
BUILD = os.environ.get("abs_top_builddir", "")
RUN = os.path.join(SOURCE, "bench", "run")
PROGRAMS = os.path.join(BUILD, "bench")

# With one run of each command, on populations of a few sockets.
SMALL = ["--sockets=500", "--curve=100", "--runs=1", "--startup-runs=2", "--shapes=1"]
FIGURES = ["wall_ms", "pipe_ms", "cpu_ms", "user_ms", "sys_ms"]

_report = {}


def report():
    """What one small run of the benchmark says, as text and as data."""
    if not _report:
        file = os.path.join(lib.temp_dir(), "bench.json")
        words = [sys.executable, "-B", RUN, "--lssock", lib.LSSOCK, "--programs", PROGRAMS]
        done = lib.run([*words, *SMALL, "--json", file], timeout=8 * lib.PATIENCE)
        that(done.status == 0, str(done))
        with open(file, encoding="utf-8") as text:
            _report.update(text=done.out, data=json.load(text))
    return _report


def groups():
    for stage in report()["data"]["stages"]:
        for group in stage["groups"]:
            yield stage, group


@case("every command of every group was run, and has all its figures")
def test_figures():
    for stage, group in groups():
        where = f"{stage['name']}, {group['title']}"
        equal([one for one in group["commands"] if one["tool"] == "lssock"] != [], True, where)
        for one in group["commands"]:
            text = f"{where}, {one['name']}"
            equal(one["status"] if one["tool"] == "lssock" else 0, 0, text)
            that(one["runs"] >= 1 and one["peak_kib"] > 0, text)
            for figure in FIGURES:
                low, median, high = (one[figure][key] for key in ("min", "median", "max"))
                that(0 <= low <= median <= high, f"{text}: {figure} {one[figure]}")
            that(one["wall_ms"]["min"] > 0, text)
            equal(one["rows"] > 0, one["us_per_socket"] is not None, text)


@case("the tools list the sockets that were opened")
def test_rows():
    for stage, group in groups():
        equal(group["note"], "", f"{stage['name']}, {group['title']}")
        if group["title"] not in ("every TCP socket", "every one"):
            continue
        there = stage["population"]
        opened = sum(there[key] for key in there if key != "processes")
        rows = {one["name"]: one["rows"] for one in group["commands"]}
        equal({name: n for name, n in rows.items() if n != opened}, {},
              f"{stage['name']}: rows that are not the {opened} sockets")


@case("the population is as large as it was asked for")
def test_population():
    stages = {stage["name"]: stage for stage in report()["data"]["stages"]}
    there = stages["500 TCP sockets"]["population"]
    equal((there["established"], there["time_wait"]), (350, 145))
    # A few more listen than were asked for: connections go through them.
    that(5 < there["listen"] < 30, str(there))
    equal(stages["160 UDP sockets on one port"]["population"]["udp"], 160)
    equal(stages["500 UNIX sockets"]["population"]["unix"], 500)
    queue = stages["150 connections in one accept queue"]["population"]
    equal((queue["listen"], queue["established"]), (1, 300))
    equal(sum(stages["An empty namespace"]["population"].values())
          - stages["An empty namespace"]["population"]["processes"], 0)


@case("every curve has a small and a large population, and the text shows them")
def test_curves():
    curves = report()["data"]["curves"]
    equal(len(curves), 5, str(list(curves)))
    for title, points in curves.items():
        that(f"### {title}\n" in report()["text"], title)
        sizes = [point["sockets"] for point in points]
        that(len(sizes) == 2 and sizes[0] < sizes[1], f"{title}: {sizes}")
        for point in points:
            that(point["us_per_socket"]["lssock"] > 0, title)
            that(point["us_per_socket"]["bare_dump"] > 0, title)


@case("refilled, TIME_WAIT sockets are others, and as many")
def test_refill():
    words = [os.path.join(PROGRAMS, "population"), "--time-wait=50", "--v6-share=50"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as population:
        ready = population.stdout.readline()
        pid = int(ready.split("pid=")[1].split()[0])
        with open(f"/proc/{pid}/ns/net", "rb") as namespace, inside(namespace.fileno()):
            before = time_wait_cookies()
            population.stdin.write("refill\n")
            population.stdin.flush()
            equal(population.stdout.readline(), ready)
            after = time_wait_cookies()
        population.stdin.close()
    equal((len(before), len(after), before & after), (50, 50, set()))


def time_wait_cookies():
    rows = lssock_ok("-tn", "--jsonl", "state", "time-wait").lines[:-1]
    return {json.loads(row)["cookie"] for row in rows}


def main():
    if not (SOURCE and os.access(os.path.join(PROGRAMS, "population"), os.X_OK)):
        print("1..0 # SKIP bench's programs are not built here")
        sys.exit(0)
    lib.enter()
    if not (lib.have_own_pids() and lib.have_ipv6()):
        print("1..0 # SKIP needs namespaces of processes, and IPv6")
        sys.exit(0)
    lib.main()


main()
