"""W5: what a connection costs the server's process."""
import scaling

NAME = "W5"
WHAT = "memory of the server for each connection"


def measure(program, contenders, counts):
    """A row for each contender and number of connections; one run each, it is not noisy."""
    counts = sorted({scaling.most_connections(count) for count in counts})
    rows = [program.memory(contender, count) for contender in contenders for count in counts]
    return [row for row in rows if row]


def table(rows):
    lines = [f"{'workload':<13}{'contender':<21}{'connections':>12}{'connected KiB':>16}"
             f"{'after 10 calls KiB':>21}"]
    lines += [f"{NAME:<13}{row['contender']:<21}{row['connections']:>12,}"
              f"{row['connected_kib']:>16.2f}{row['used_kib']:>21.2f}" for row in rows]
    return "\n".join(lines)
