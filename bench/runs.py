"""Runs of rollcall-bench, and what many of them come to."""
import json
import statistics
import subprocess
import sys


class Program:
    """The built program; what it says of a run that fails is printed."""

    def __init__(self, path):
        self._path = path

    def inventory(self, own=()):
        """What it can do. `own`: workloads such as 64x16x100; ends the script if one is none."""
        run = subprocess.run([self._path, "list", *own], capture_output=True, text=True,
                             timeout=30, check=False)
        if run.returncode:
            sys.exit(run.stderr.partition("\n")[0])
        return json.loads(run.stdout)

    def measure(self, workload, contender, seconds):
        """One run, as the program prints it; None, and a line about it, if it failed."""
        row = self._row(workload, contender, seconds, 60 + 3 * seconds)
        if row and row["failed"]:
            print(f"{workload}: {row['failed']} calls of {contender} failed", file=sys.stderr)
            return None
        return row

    def memory(self, contender, connections):
        """W5, likewise."""
        return self._row("W5", contender, connections, 60 + connections / 50)

    def _row(self, workload, contender, number, patience):
        try:
            run = subprocess.run([self._path, workload, contender, str(number)],
                                 capture_output=True, text=True, timeout=patience, check=False)
        except subprocess.TimeoutExpired:
            print(f"{workload}: {contender} hung", file=sys.stderr)
            return None
        if run.returncode:
            print(f"{workload}: {contender} failed: {run.stderr.strip()}", file=sys.stderr)
            return None
        return json.loads(run.stdout)


def in_turn(program, pairs, rounds, seconds):
    """Each (workload, contender) once in each round: their runs by round."""
    runs = {}
    for turn in range(rounds):
        for pair in pairs:
            row = program.measure(*pair, seconds)
            if row:
                runs.setdefault(pair, {})[turn] = row
        print(f"round {turn + 1} of {rounds} done", flush=True)
    return runs


def summaries(runs, pairs, floor):
    """A row for each pair with runs: medians, spread, and the ratio to the floor."""
    rows = [_summary(list(runs[pair].values())) for pair in pairs if pair in runs]
    for row in rows:
        _add_ratio(row, runs, floor)
    return rows


def _summary(rows):
    row = dict(rows[0])
    for key, value in rows[0].items():
        # Without calls in the measured time there are no quantiles.
        values = [each[key] for each in rows if each[key] is not None]
        if values and type(value) in (int, float):
            row[key] = statistics.median(values)
    rates = [each["calls_per_second"] for each in rows]
    return row | {"rounds": len(rows), "slowest": min(rates), "fastest": max(rates)}


def _add_ratio(row, runs, floor):
    """The median of the ratios of the rounds: what slows a round slows the floor too."""
    of_floor = runs.get((row["workload"], floor), {})
    mine = runs[row["workload"], row["contender"]]
    ratios = [mine[turn]["calls_per_second"] / of_floor[turn]["calls_per_second"]
              for turn in mine if turn in of_floor and of_floor[turn]["calls_per_second"]
              and mine[turn]["unpinned"] == of_floor[turn]["unpinned"]]
    if ratios:
        row["ratio"] = statistics.median(ratios)
        row["ratio_low"], row["ratio_high"] = min(ratios), max(ratios)
