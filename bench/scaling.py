"""How Rollcall and the floor fare as one thing of the workload grows."""
import resource
from dataclasses import dataclass

import runs

CONTENDERS = ["epoll", "rollcall"]
IO_WORKLOAD = "64x16x16"
IO_CONTENDERS = ["rollcall-1-io", "rollcall-2-io"]
MOST_CONNECTIONS = 10000
# What a process has open besides its connections.
OTHER_DESCRIPTORS = 100


@dataclass(frozen=True)
class Axis:
    """What grows; the rest is one connection, one call in flight, 16 bytes."""
    name: str
    what: str
    form: str
    values: list

    def workload(self, value):
        return self.form.format(value)


def most_connections(wanted):
    """What the limit of descriptors leaves; the program raises its own to the hard one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard - OTHER_DESCRIPTORS)


def axes():
    connections = sorted({most_connections(many) for many in (1, 10, 100, 1000, MOST_CONNECTIONS)})
    return [
        Axis("payload", "bytes of payload", "1x1x{}", [16 << shift for shift in range(0, 24, 4)]),
        Axis("in-flight", "calls in flight on one connection", "1x{}x16",
             [4 ** power for power in range(6)]),
        Axis("connections", "connections with one call in flight", "{}x1x16", connections),
    ]


def measure(program, rounds, seconds, floor):
    """{"axes": rows of each axis by its value, "io": rows of the server's I/O threads}."""
    pairs = [(axis.workload(value), contender) for axis in axes() for value in axis.values
             for contender in CONTENDERS]
    pairs = list(dict.fromkeys(pairs))  # 1x1x16 is on all of them
    io_pairs = [(IO_WORKLOAD, contender) for contender in IO_CONTENDERS]
    measured = runs.in_turn(program, pairs + io_pairs, rounds, seconds)
    rows = {(row["workload"], row["contender"]): row
            for row in runs.summaries(measured, pairs, floor)}
    found = []
    for axis in axes():
        points = []
        for value in axis.values:
            here = {name: rows[axis.workload(value), name] for name in CONTENDERS
                    if (axis.workload(value), name) in rows}
            if here:
                points.append({"value": value, "rows": here})
        found.append({"name": axis.name, "what": axis.what, "points": points})
    most = max(axes()[-1].values)
    note = "" if most == MOST_CONNECTIONS else f"descriptors limit connections to {most:,} here"
    return {"axes": found, "note": note, "io": runs.summaries(measured, io_pairs, IO_CONTENDERS[0])}


def tables(scaling):
    """Text: calls per second and latencies of both beside each other, by axis."""
    head = (f"{'':>14}{'epoll/s':>13}{'rollcall/s':>13}{'ratio':>7}"
            f"{'epoll p50 us':>15}{'p99 us':>11}{'rollcall p50 us':>18}{'p99 us':>11}")
    lines = []
    for axis in scaling["axes"]:
        lines += [axis["what"], head]
        lines += [_line(point) for point in axis["points"]] + [""]
    lines += [scaling["note"], ""] if scaling["note"] else []
    lines.append(f"the server's I/O threads, {IO_WORKLOAD}, server and load on all processors")
    lines += [f"{row['contender']:>14}{'':>13}{row['calls_per_second']:>13,.0f}"
              f"{row['ratio']:>7.2f}{'':>26}{row['p50_us']:>18,.1f}{row['p99_us']:>11,.1f}"
              for row in scaling["io"] if "ratio" in row]
    return "\n".join(lines)


def _line(point):
    epoll, rollcall = (point["rows"].get(name, {}) for name in CONTENDERS)

    def cell(row, key, width, form):
        return f"{'-' if row.get(key) is None else format(row[key], form):>{width}}"

    return (f"{point['value']:>14,}" + cell(epoll, "calls_per_second", 13, ",.0f")
            + cell(rollcall, "calls_per_second", 13, ",.0f") + cell(rollcall, "ratio", 7, ".2f")
            + cell(epoll, "p50_us", 15, ",.1f") + cell(epoll, "p99_us", 11, ",.1f")
            + cell(rollcall, "p50_us", 18, ",.1f") + cell(rollcall, "p99_us", 11, ",.1f"))
