"""SVG plots of what scripts/bench has measured; readable on light and on dark pages."""
import math

STYLE = """<style>
text { font: 12px sans-serif; fill: #24292f } .title { font-size: 14px; font-weight: bold }
.bar { fill: #8c959f } .own { fill: #0969da } .line { stroke: #57606a; stroke-width: 1 }
.grid { stroke: #d0d7de; stroke-width: 1 } .spread { stroke: #24292f; stroke-width: 1.5 }
.p50 { fill: #0969da } .p99 { fill: #bf8700 } .p999 { fill: #cf222e }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .bar { fill: #6e7681 } .own { fill: #58a6ff } .grid { stroke: #30363d }
.spread { stroke: #e6edf3 } .line { stroke: #8b949e } .p50 { fill: #58a6ff }
.p99 { fill: #d29922 } .p999 { fill: #f85149 } }
.curve { fill: none; stroke-width: 2 } .curve.bar { stroke: #8c959f } .curve.own { stroke: #0969da }
</style>"""
LEFT, WIDTH, ROW, RIGHT = 170, 440, 20, 110


def _text(x, y, words, anchor="start", style=""):
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{words}</text>'


def _line(x1, y1, x2, y2, style):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>')


def _picture(height, title, note, parts):
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}" role="img">\n<title>{title}</title>')
    words = [_text(10, 20, title, style="title"), _text(10, height - 8, note)]
    return "\n".join([head, STYLE, *words, *parts, "</svg>"]) + "\n"


def _note(results):
    return f"{results['machine']}; {results['date']}; medians of {results['rounds']} rounds"


def bars(results, workload, title):
    """Ratios to the floor with the spread of the rounds."""
    rows = [row for row in results["rows"] if row["workload"] == workload and "ratio" in row]
    most = max(1.1, max(row["ratio_high"] for row in rows) * 1.02)
    bottom = 36 + ROW * len(rows)
    parts = []
    step = 0.25
    while most / step > 10:
        step *= 2
    for tick in (step * i for i in range(int(most / step) + 1)):
        x = LEFT + WIDTH * tick / most
        parts += [_line(x, 32, x, bottom, "grid"), _text(x, bottom + 14, f"{tick:g}", "middle")]
    for index, row in enumerate(rows):
        y = 36 + ROW * index
        style = "own" if row["contender"].startswith("rollcall") else "bar"
        width = WIDTH * row["ratio"] / most
        low, high = (LEFT + WIDTH * row[key] / most for key in ("ratio_low", "ratio_high"))
        parts += [_text(LEFT - 6, y + 13, row["contender"], "end"),
                  f'<rect x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="{ROW - 5}" '
                  f'class="{style}"/>',
                  _line(low, y + ROW / 2, high, y + ROW / 2, "spread"),
                  _text(LEFT + WIDTH + 8, y + 13, f"{row['calls_per_second']:,.0f}/s")]
    return _picture(bottom + 42, title, _note(results), parts)


def percentiles(results, workload, title):
    """p50, p99 and p99.9 on a logarithmic scale."""
    keys = [("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p999")]
    # A contender that was stuck for all of the measured time has none.
    rows = [row for row in results["rows"]
            if row["workload"] == workload and all(row[key] for key, _ in keys)]
    values = [row[key] for row in rows for key, _ in keys]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    bottom = 36 + ROW * len(rows)

    def place(value):
        return LEFT + WIDTH * (math.log10(value) - low) / max(1, high - low)

    parts = []
    for exponent in range(low, high + 1):
        x = place(10 ** exponent)
        parts += [_line(x, 32, x, bottom, "grid"),
                  _text(x, bottom + 14, f"{10 ** exponent:g} us", "middle")]
    for index, row in enumerate(rows):
        y = 36 + ROW * index + ROW / 2
        parts += [_text(LEFT - 6, y + 4, row["contender"], "end"),
                  _line(place(row["p50_us"]), y, place(row["p999_us"]), y, "line")]
        parts += [f'<circle cx="{place(row[key]):.1f}" cy="{y:.1f}" r="4" class="{style}"/>'
                  for key, style in keys]
    for index, (_, style) in enumerate(keys):
        y = 42 + 18 * index
        x = LEFT + WIDTH + 20
        parts += [f'<circle cx="{x}" cy="{y}" r="4" class="{style}"/>',
                  _text(x + 10, y + 4, {"p50": "p50", "p99": "p99", "p999": "p99.9"}[style])]
    return _picture(bottom + 42, title, _note(results), parts)


def curves(results, axis, title):
    """Calls per second of each contender by what grows, both on logarithmic scales."""
    points = [(point["value"], {name: row["calls_per_second"] for name, row in point["rows"].items()
                                if row["calls_per_second"] > 0}) for point in axis["points"]]
    rates = [rate for _, at in points for rate in at.values()]
    low, high = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))
    first, last = (math.log(points[index][0]) for index in (0, -1))
    top, bottom = 40, 280

    def x_of(value):
        return LEFT + WIDTH * (math.log(value) - first) / max(1e-9, last - first)

    def y_of(rate):
        return bottom - (bottom - top) * (math.log10(rate) - low) / max(1, high - low)

    parts = []
    for exponent in range(low, high + 1):
        y = y_of(10 ** exponent)
        parts += [_line(LEFT, y, LEFT + WIDTH, y, "grid"),
                  _text(LEFT - 8, y + 4, f"{10 ** exponent:,}/s", "end")]
    for value, _ in points:
        parts += [_line(x_of(value), top, x_of(value), bottom, "grid"),
                  _text(x_of(value), bottom + 16, _short(value, axis), "middle")]
    parts.append(_text(LEFT + WIDTH / 2, bottom + 34, axis["what"], "middle"))
    for name in dict.fromkeys(name for _, at in points for name in at):
        parts += _curve([(x_of(value), y_of(at[name])) for value, at in points if name in at], name)
    return _picture(bottom + 62, title, _note(results), parts)


def _curve(places, name):
    style = "own" if name.startswith("rollcall") else "bar"
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="{style}"/>' for x, y in places]
    x, y = places[-1]
    return [f'<polyline points="{path}" class="curve {style}"/>', *dots,
            _text(x + 10, y + (12 if style == "own" else -4), name)]


def _short(value, axis):
    if axis["name"] != "payload":
        return f"{value:,}"
    for unit, name in ((1 << 20, "Mi"), (1 << 10, "Ki")):
        if value >= unit and value % unit == 0:
            return f"{value // unit}{name}"
    return f"{value:,}"


def write_scaling(results, docs):
    """A plot for each axis: (title, path)."""
    written = []
    for axis in results["scaling"]["axes"] if results["scaling"] else []:
        if not axis["points"]:
            continue
        title = f"calls per second by {axis['what']}"
        path = docs / f"bench-scaling-{axis['name']}.svg"
        path.write_text(curves(results, axis, title))
        written.append((title, path))
    return written


def write_all(results, docs):
    """Two plots for each pipelined workload that was measured: (title, path)."""
    written = []
    measured = {row["workload"] for row in results["rows"]}
    for workload in results["workloads"]:
        name = workload["name"]
        if name not in measured or not workload["pipelined"]:
            continue
        title = f"{name}, {workload['what']}"
        for kind, draw in (("calls", bars), ("latency", percentiles)):
            said = f"{title}: " + ("ratio to the floor" if kind == "calls" else "latency")
            path = docs / f"bench-{name.lower()}-{kind}.svg"
            path.write_text(draw(results, name, said))
            written.append((said, path))
    return written + write_scaling(results, docs)
