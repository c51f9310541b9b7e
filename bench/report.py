"""What scripts/bench prints, and what it writes into docs/."""
import memory
import plot
import scaling

BEGIN = "<!-- scripts/bench --write-docs: begin -->\n"
END = "<!-- scripts/bench --write-docs: end -->\n"
COLUMNS = [("calls/s", "calls_per_second", 12, ",.0f"), ("ratio", "ratio", 7, ".2f"),
           ("p50 us", "p50_us", 10, ",.1f"), ("p99 us", "p99_us", 11, ",.1f"),
           ("p99.9 us", "p999_us", 11, ",.1f"), ("server us", "server_cpu_us", 11, ".2f"),
           ("client us", "client_cpu_us", 11, ".2f")]


def _cell(row, key, width, form):
    value = row.get(key)
    return f"{'-' if value is None else format(value, form):>{width}}"


def table(results):
    """Text in columns of fixed width."""
    lines = [f"{'workload':<13}{'contender':<21}"
             + "".join(f"{title:>{width}}" for title, _, width, _ in COLUMNS)]
    for row in results["rows"]:
        lines.append(f"{row['workload']:<13}{row['contender']:<21}"
                     + "".join(_cell(row, *column[1:]) for column in COLUMNS))
    return "\n".join(lines)


def tables(results):
    """Those that have rows."""
    made = [table(results)] if results["rows"] else []
    made += [memory.table(results["memory"])] if results["memory"] else []
    return made + ([scaling.tables(results["scaling"])] if results["scaling"] else [])


def write_docs(results, docs):
    """The part of docs/benchmarks.md between the markers, and the plots; the paths written."""
    written = plot.write_all(results, docs)
    page = docs / "benchmarks.md"
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    images = "".join(f"![{title}]({path.name})\n\n" for title, path in written)
    blocks = "\n\n".join(f"```\n{each}\n```" for each in tables(results))
    text = (f"Measured on {results['date']}, {results['machine']}, g++ -O3, "
            f"{results['rounds']} rounds of {results['seconds']:g} s in turn.\n\n"
            f"{images}{blocks}\n")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
    return [page] + [path for _, path in written]
