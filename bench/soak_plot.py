#!/usr/bin/env python3
"""Draws what soak-test has seen: memory, descriptors and latency over the time.

    bench/soak_plot.py [build/soak.json [docs/soak.svg]]
"""
import json
import math
import pathlib
import sys

import plot

STYLE = """<style>
.s0 { stroke: #57606a } .s1 { stroke: #0969da } .s2 { stroke: #1a7f37 } .s3 { stroke: #8250df }
.s4 { stroke: #bf8700 } .l0 { stroke: #0969da } .l1 { stroke: #bf8700 } .l2 { stroke: #cf222e }
@media (prefers-color-scheme: dark) {
.s0 { stroke: #8b949e } .s1 { stroke: #58a6ff } .s2 { stroke: #3fb950 } .s3 { stroke: #bc8cff }
.s4 { stroke: #d29922 } .l0 { stroke: #58a6ff } .l1 { stroke: #d29922 } .l2 { stroke: #f85149 } }
.thin { fill: none; stroke-width: 1.5 }
</style>"""
LEFT, WIDTH = 80, 620
TOP, HEIGHT, GAP = 62, 150, 58


def nice_step(span, most):
    """The smallest of 1, 2, 5, 10, ... with at most so many steps in the span."""
    step = 10 ** math.floor(math.log10(max(span / most, 1e-9)))
    return next(step * factor for factor in (1, 2, 5, 10) if span / (step * factor) <= most)


class Panel:
    """One diagram: curves over the time, from zero, or with a logarithmic scale."""

    def __init__(self, index, name, seconds, logarithmic=False):
        self.top = TOP + index * (HEIGHT + GAP)
        self.bottom = self.top + HEIGHT
        self.name, self.seconds, self.logarithmic = name, seconds, logarithmic

    def x(self, second):
        return LEFT + WIDTH * second / self.seconds

    def time_axis(self):
        unit, word = (60, "min") if self.seconds >= 300 else (1, "s")
        step = nice_step(self.seconds / unit, 10)
        ticks = [step * index for index in range(int(self.seconds / unit / step + 1e-9) + 1)]
        return [plot._text(self.x(tick * unit), self.bottom + 15, f"{tick:g} {word}", "middle")
                for tick in ticks]

    def scale(self, values):
        """A function from values to heights, and the ticks."""
        if self.logarithmic:
            low = math.floor(math.log10(max(min(values), 1e-9)))
            high = max(low + 1, math.ceil(math.log10(max(values))))
            ticks = [10 ** exponent for exponent in range(low, high + 1)]
            return (lambda value: (math.log10(value) - low) / (high - low)), ticks
        step = nice_step(max(max(values), 1) * 1.05, 5)
        most = step * math.ceil(max(max(values), 1) * 1.05 / step)
        ticks = [step * index for index in range(round(most / step) + 1)]
        return (lambda value: value / most), ticks

    def draw(self, curves):
        """`curves`: [(name, style, [(second, value)])]"""
        share, ticks = self.scale([value for *_, points in curves for _, value in points])

        def y(value):
            return self.bottom - HEIGHT * share(value)

        parts = [plot._text(10, self.top - 12, self.name), *self.time_axis()]
        for tick in ticks:
            parts += [plot._line(LEFT, y(tick), LEFT + WIDTH, y(tick), "grid"),
                      plot._text(LEFT - 8, y(tick) + 4, f"{tick:,.0f}", "end")]
        for index, (name, style, points) in enumerate(curves):
            path = " ".join(f"{self.x(second):.1f},{y(value):.1f}" for second, value in points)
            x = LEFT + WIDTH - 90 * (len(curves) - index) + 20
            parts += [f'<polyline points="{path}" class="thin {style}"/>',
                      plot._line(x - 18, self.top - 16, x - 4, self.top - 16, f"thin {style}"),
                      plot._text(x, self.top - 12, name)]
        return parts


def of_processes(soak, key, unit):
    times = [moment["seconds"] for moment in soak["moments"]]
    return [(process["name"], f"s{index}",
             [(second, sample[key] / unit)
              for second, sample in zip(times, process["samples"])])
            for index, process in enumerate(soak["processes"])]


def latencies(soak):
    names = [("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us")]
    return [(name, f"l{index}",
             [(moment["seconds"], moment["small"][key]) for moment in soak["moments"]
              if moment["small"][key]])
            for index, (name, key) in enumerate(names)]


def picture(soak):
    last = max(moment["seconds"] for moment in soak["moments"])
    parts = [STYLE,
             *Panel(0, "resident memory, MiB", last).draw(of_processes(soak, "resident_kib", 1024)),
             *Panel(1, "descriptors", last).draw(of_processes(soak, "descriptors", 1)),
             *Panel(2, "latency of small calls, us", last, True).draw(latencies(soak))]
    calls = sum(kind["ended"] for kind in soak["kinds"].values())
    failed = sum(kind["failed"] for kind in soak["kinds"].values())
    last_s = soak["seconds"]
    time = f"{last_s / 60:.0f} minutes" if last_s >= 120 else f"{last_s:.0f} seconds"
    title = f"{time} at {soak['intended_rate']:,.0f} calls per second"
    note = f"{soak['date']}; {calls:,} calls, {failed} failed"
    return plot._picture(TOP + 3 * (HEIGHT + GAP), title, note, parts)


def main():
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/soak.json")
    target = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "docs/soak.svg")
    soak = json.loads(source.read_text())
    if not soak["moments"]:
        sys.exit(f"soak_plot: {source} has no samples")
    target.write_text(picture(soak))
    print(f"written: {target}")


if __name__ == "__main__":
    main()
