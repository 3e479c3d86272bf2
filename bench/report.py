# SPDX-License-Identifier: GPL-2.0-or-later
"""What bench/run prints: Markdown tables, and the machine they are of."""

import os
import time


RATIOS = {"wall": "elapsed time", "cpu": "processor time"}


def say(text=""):
    print(text, flush=True)


def describe(counts):
    names = {"listen": "listeners", "established": "ends of connections", "time_wait": "TIME_WAIT",
             "udp": "UDP", "unix": "UNIX"}
    parts = [f"{counts[key]:,} {name}" for key, name in names.items() if counts[key]]
    plural = "" if counts["processes"] == 1 else "es"
    return (", ".join(parts) or "No sockets") + f" in {counts['processes']} process{plural}"


def table(head, rows):
    """A Markdown table: a column of names, then columns of numbers."""
    rows = [[str(cell) for cell in row] for row in rows]
    width = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells):
        cells = [c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(cells, width))]
        return "| " + " | ".join(cells) + " |"

    say(line(head))
    say("|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(width)) + "|")
    for row in rows:
        say(line(row))


def shown(value, form=",.1f"):
    return "" if value is None else format(value, form)


def print_group(group):
    head = ["command", "rows", "ms", "min-max", "CPU ms", "to a pipe", "peak KiB", "sockets/s",
            "/ bare", "/ ss", "/ netstat"]
    rows = []
    for one in group["commands"]:
        name = one["name"] + (f" (status {one['status']})" if one["status"] else "")
        rows.append([
            name,
            shown(one["rows"], ","),
            shown(one["wall_ms"]["median"]),
            f"{one['wall_ms']['min']:,.1f}-{one['wall_ms']['max']:,.1f}",
            shown(one["cpu_ms"]["median"]),
            shown(one["pipe_ms"]["median"]),
            shown(one["peak_kib"], ","),
            shown(one["sockets_per_s"] or None, ","),
            *[shown(one[f"times_{key}"], ".2f") for key in ("bare", "ss", "netstat")],
        ])
    say(f"\n### {group['title']}\n")
    table(head, rows)
    if group["note"]:
        say(f"\n{group['note']}")


def print_curve(title, points, by):
    """What one socket costs, in populations of the same kind and different size."""
    tools = ["lssock", "ss", "netstat", "bare_dump"]
    tools = [tool for tool in tools if any(tool in point[by] for point in points)]
    say(f"\n### {title}\n")
    rows = []
    for point in points:
        cost = point[by]
        ours, bare = cost.get("lssock"), cost.get("bare_dump")
        ratio = ours / bare if ours and bare else None
        rows.append([f"{point['sockets']:,}", *[shown(cost.get(tool), ".3f") for tool in tools],
                     shown(ratio, ".2f")])
    table(["sockets", *tools, "lssock / bare"], rows)


def busy_share(seconds):
    """How much of the processors others use, in per cent."""
    def ticks():
        with open("/proc/stat", encoding="ascii") as stat:
            numbers = [int(word) for word in stat.readline().split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]

    before = ticks()
    time.sleep(seconds)
    after = ticks()
    return round(100 - 100 * (after[1] - before[1]) / max(after[0] - before[0], 1), 1)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    with open("/proc/meminfo", encoding="ascii") as lines:
        memory = int(lines.readline().split()[1])
    return {
        "processors": len(os.sched_getaffinity(0)),
        "processor": models[0] if models else os.uname().machine,
        "memory_gib": round(memory / (1 << 20), 1),
        "kernel": os.uname().release,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "busy_percent_before": busy_share(1),
    }


def is_sanitized(program):
    with open(program, "rb") as binary:
        return b"__asan_init" in binary.read()


def print_head(options, tools):
    """Returns what is said here, for the data."""
    about = {
        "machine": machine(),
        "versions": tools.versions(),
        "missing": tools.missing,
        "noise": options.noise,
        "ratios_of": options.by,
        "sanitized": is_sanitized(options.lssock),
    }
    host = about["machine"]
    say(f"{host['processors']} processors {host['processor']}, {host['memory_gib']} GiB, Linux "
        f"{host['kernel']}, {host['date']}; before the start others kept the processors "
        f"{host['busy_percent_before']}% busy.")
    say("; ".join(about["versions"].values()) + ".")
    if tools.missing:
        say("Not installed: " + ", ".join(tools.missing) + ".")
    say(f"Medians of {options.runs} runs; ratios and sockets a second are of {RATIOS[options.by]}.")
    if options.noise:
        say("With another load on the first processor.")
    if about["sanitized"]:
        say("lssock was built with sanitizers: these figures say nothing about its speed.")
    return about
