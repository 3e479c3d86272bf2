# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands, the population they list, and the turns in which they are measured."""

import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TIME_WAIT_SECONDS = 60
SLOW_SECONDS = 10  # a command that takes this long is not repeated

libc = ctypes.CDLL(None, use_errno=True)


# --- commands ------------------------------------------------------------------------------------


class Command:
    """
    What is run. `extra` lines of its output are no rows. `rows` names what it lists: commands of
    one group with the same word must list the same number. Without `bpf` it may not load programs
    into the kernel, and looks for owners below /proc.
    """

    def __init__(self, *argv, extra=0, rows="all", bpf=True):
        self.argv, self.extra, self.rows, self.bpf = list(argv), extra, rows, bpf

    @property
    def tool(self):
        return os.path.basename(self.argv[0])

    @property
    def name(self):
        return " ".join([self.tool, *self.argv[1:]]) + ("" if self.bpf else " without BPF")


class Tools:
    """Where the programs are; makes commands of those that are there."""

    def __init__(self, options):
        self.path = {
            "lssock": options.lssock,
            "bare_dump": os.path.join(options.programs, "bare_dump"),
        }
        for tool in ("ss", "netstat", "busybox", "lsof"):
            self.path[tool] = getattr(options, tool) or shutil.which(tool)
        self.missing = sorted(tool for tool, path in self.path.items() if not path)

    def commands(self, rows, *lines):
        extra = {"lssock": 2, "netstat": 2, "busybox": 2, "lsof": 1}
        made = []
        for line in lines:
            bpf = not line.endswith(" without BPF")
            tool, *words = line.removesuffix(" without BPF").split()
            if self.path[tool]:
                listed = "owned" if tool == "lsof" else rows
                lead = 1 if "--jsonl" in words else extra.get(tool, 0)
                made.append(Command(self.path[tool], *words, extra=lead, rows=listed, bpf=bpf))
        return made

    def versions(self):
        ask = {"lssock": "-V", "ss": "-V", "netstat": "-V", "busybox": "", "lsof": "-v"}
        found = {}
        for tool, option in ask.items():
            if self.path[tool]:
                words = [self.path[tool], *option.split()]
                done = subprocess.run(words, capture_output=True, text=True, check=False)
                lines = (done.stdout or done.stderr).splitlines()
                if tool == "lsof":
                    lines = [line for line in lines if line.startswith("    revision:")]
                    lines = [line.replace("revision:", "lsof") for line in lines]
                found[tool] = lines[0].strip() if lines else f"{tool} of unknown version"
        return found


class Population:
    """bench/population, and when its TIME_WAIT sockets were made."""

    def __init__(self, program, counts):
        words = [program]
        for name, number in counts.items():
            words += [f"--{name}", str(number)]
        self.made = time.monotonic()
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()

    def _read(self):
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            sys.exit("bench: the population could not be made")
        self.counts = {key: int(value) for key, value in (w.split("=") for w in line.split()[1:])}
        self.pid = self.counts.pop("pid")
        self.seconds = time.monotonic() - self.made

    def last_for(self, seconds):
        """Makes the TIME_WAIT sockets anew if they would not last for so long."""
        # Made one after the other, the first end first; and they must not be seen to end.
        left = self.made + TIME_WAIT_SECONDS - 2 - time.monotonic()
        if self.counts["time_wait"] and left < seconds:
            self.made = time.monotonic()
            self.process.stdin.write("refill\n")
            self.process.stdin.flush()
            self._read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def enter_netns(pid):
    with open(f"/proc/{pid}/ns/net", "rb") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


class Turns:
    """Measures groups of commands, each command of a group in turn."""

    def __init__(self, options):
        self.options = options

    def once(self, command, pid, pipe):
        words = [os.path.join(self.options.programs, "measure"), "--netns", str(pid)]
        words += ["--timeout", str(self.options.timeout)] + ["--pipe"] * pipe
        words += [] if command.bpf else ["--no-bpf"]
        done = subprocess.run(
            [*words, "--", *command.argv], stdout=subprocess.PIPE, text=True, check=True
        )
        return {key: int(value) for key, value in (w.split("=") for w in done.stdout.split())}

    def rows(self, command, pid, first):
        """How many rows a command listed; the bare dump writes its number of messages."""
        if command.tool != "bare_dump":
            return max(first["lines"] - command.extra, 0)
        done = subprocess.run(
            command.argv, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: enter_netns(pid)
        )
        return int(done.stdout.split()[0].split("=")[1]) if done.stdout else 0

    def group(self, title, commands, population, runs):
        """The commands of a group in turn. The first turn counts rows, and is not measured."""
        first = []
        for command in commands:
            population.last_for(self.options.timeout / 4)
            one = self.once(command, population.pid, True)
            one["rows"] = self.rows(command, population.pid, one)
            first.append(one)
        samples = [{False: [], True: []} for _ in commands]
        for _ in range(runs):
            for command, seen, sample in zip(commands, first, samples):
                slow = seen["wall_ns"] > SLOW_SECONDS * 1e9
                for pipe in (False, True):
                    if slow and sample[pipe]:
                        continue
                    population.last_for(min(seen["wall_ns"] * 2 / 1e9, TIME_WAIT_SECONDS - 10))
                    sample[pipe].append(self.once(command, population.pid, pipe))
        by = self.options.by + "_ms"
        results = [summary(*each) for each in zip(commands, first, samples)]
        for one in results:
            one["sockets_per_s"] = round(one["rows"] / one[by]["median"] * 1e3)
        add_ratios(results, by)
        return {"title": title, "note": row_note(results), "commands": results}


def spread(values, scale):
    return {
        "median": round(statistics.median(values) / scale, 3),
        "min": round(min(values) / scale, 3),
        "max": round(max(values) / scale, 3),
    }


def summary(command, first, sample):
    counted = sample[False]
    wall = spread([one["wall_ns"] for one in counted], 1e6)
    cpu = spread([one["user_us"] + one["sys_us"] for one in counted], 1e3)
    rows = first["rows"]
    return {
        "name": command.name,
        "tool": command.tool,
        "lists": command.rows,
        "status": max(one["status"] for one in [first, *counted]),
        "rows": rows,
        "bytes": first["bytes"],
        "steady": all(one["lines"] == first["lines"] for one in sample[True]),
        "runs": len(counted),
        "wall_ms": wall,
        "pipe_ms": spread([one["wall_ns"] for one in sample[True]], 1e6),
        "cpu_ms": cpu,
        "user_ms": spread([one["user_us"] for one in counted], 1e3),
        "sys_ms": spread([one["sys_us"] for one in counted], 1e3),
        "peak_kib": max(one["peak_kib"] for one in counted),
        "us_per_socket": round(wall["median"] * 1e3 / rows, 3) if rows else None,
        "cpu_us_per_socket": round(cpu["median"] * 1e3 / rows, 3) if rows else None,
    }


def add_ratios(results, what):
    """The first command of each tool is the measure: 2.0 is twice its time."""
    for key, tool in (("bare", "bare_dump"), ("ss", "ss"), ("netstat", "netstat")):
        base = next((one[what]["median"] for one in results if one["tool"] == tool), None)
        for one in results:
            one[f"times_{key}"] = round(one[what]["median"] / base, 3) if base else None


def row_note(results):
    """Empty if those that should list the same do, and did so in every turn."""
    notes = []
    alike = [one for one in results if one["lists"] == "all"]
    if len({one["rows"] for one in alike}) > 1:
        counts = ", ".join(f"{one['name']} {one['rows']}" for one in alike)
        notes.append(f"Not the same rows: {counts}.")
    changing = ", ".join(one["name"] for one in results if not one["steady"])
    if changing:
        notes.append(f"Not the same rows in every turn: {changing}.")
    return " ".join(notes)
