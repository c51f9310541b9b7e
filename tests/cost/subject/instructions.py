#!/usr/bin/env python3
"""How many instructions a call costs each side, against what was recorded.

    tests/cost/subject/instructions.py check [PROGRAM]     exit code 1 if a call has become dearer
    tests/cost/subject/instructions.py record [PROGRAM]    writes instructions.json anew

PROGRAM is cost-subject of a Release build. valgrind counts the instructions of one side, with all
its threads, while the other side runs beside it and exchanges the same bytes in the same pieces.
Each case runs twice, one run with twice the calls: the difference is the calls' alone. What depends
on scheduling, such as a wake-up that finds nothing, only adds: the least of a few pairs counts.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE / "instructions.json"
PROGRAM = HERE.parent.parent.parent / "build" / "release" / "bin" / "cost-subject"
SLACK = 0.08
SKIPPED = 77
SECONDS = 120  # for one run
PAIRS = 3

# Name: (side, in flight, calls of the shorter run, further arguments of the client by hand). The
# side "coroutines" is a server with such handlers.
CASES = {
    "server, one at a time": ("server", 1, 2000, []),
    "server, 128 in flight": ("server", 128, 12800, []),
    "server, 128 in flight, with deadlines": ("server", 128, 12800, ["with_deadline"]),
    "server of coroutines, one at a time": ("coroutines", 1, 2000, []),
    "server of coroutines, 128 in flight": ("coroutines", 128, 12800, []),
    "client, one at a time": ("client", 1, 1000, []),
    "client, 128 in flight": ("client", 128, 12800, []),
    "service client, one at a time": ("service client", 1, 1000, []),
    "service client, 128 in flight": ("service client", 128, 12800, []),
}


def start(command):
    """The process, and the port that it tells on its first line."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if not line.startswith("port "):
        process.kill()
        sys.exit(f"{' '.join(map(str, command))} did not start: {process.communicate()[1]}")
    return process, line.split()[1]


def finish(process):
    """Waits for the end of a process that has been asked to end."""
    try:
        errors = process.communicate(timeout=SECONDS)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    if process.returncode:
        sys.exit(f"{' '.join(map(str, process.args))} failed: {errors}")


def run(command):
    subprocess.run(list(map(str, command)), check=True, timeout=SECONDS, capture_output=True)


def count(program, name, calls):
    """The instructions of one run, start and end of the program included."""
    side, depth, _, more = CASES[name]
    folder = program.parent.parent / "cost"
    folder.mkdir(exist_ok=True)
    profile = folder / f"{re.sub('[^a-z0-9]+', '-', name)}-{calls}.callgrind"
    counted = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", program]
    if side in ("server", "coroutines"):
        kind = [side] if side == "coroutines" else []
        server, port = start([*counted, "serve", *kind])
        run([program, "ask", port, depth, calls, *more])
        server.send_signal(signal.SIGTERM)
        finish(server)
    else:
        server, port = start([program, "answer", str(depth)])
        what = "call_service" if side == "service client" else "call"
        run([*counted, what, port, depth, calls])
        finish(server)
    return int(re.search(r"^(?:summary|totals): (\d+)", profile.read_text(), re.M)[1]), profile


def per_call(program, name, enough=0):
    """The least of some pairs of runs, of one if that is no more than enough; and a profile."""
    calls = CASES[name][2]
    least = None
    for _ in range(PAIRS):
        once, _ = count(program, name, calls)
        twice, profile = count(program, name, 2 * calls)
        found = (twice - once) / calls
        least = found if least is None else min(least, found)
        if least <= enough:
            break
    return least, profile


def count_all(program, enough):
    """The figure and a profile of each case, by name; `enough` is by name too, as far as known."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = pool.map(lambda name: per_call(program, name, enough.get(name, 0)), CASES)
        return dict(zip(CASES, counted))


def check(program, compiler):
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    if recorded["compiler"] != compiler:
        print(f"SKIPPED, NOTHING IS CHECKED: the figures were recorded with g++ "
              f"{recorded['compiler']}, this is {compiler}.\nRecord them with this one, if it is "
              f"to be the one from now on: {sys.argv[0]} record {program}")
        return SKIPPED
    known = recorded["instructions"]
    bounds = {name: known[name] * (1 + SLACK) for name in CASES}
    failed = False
    for name, (found, profile) in count_all(program, bounds).items():
        bound = bounds[name]
        verdict = ""
        if found > bound:
            failed = True
            verdict = f"TOO MANY, look with `callgrind_annotate {profile}`"
        elif found < known[name] * (1 - SLACK):
            verdict = "fewer than recorded; record them, so that it stays so"
        print(f"{name:40}{found:8.0f} instructions a call, recorded {known[name]:6}, "
              f"bound {bound:6.0f}  {verdict}".rstrip())
    if failed:
        print(f"A call has become dearer. Make it cheap again, or say in the commit why it has to "
              f"cost more and record that: {sys.argv[0]} record {program}")
    return 1 if failed else 0


def record(program, compiler):
    counted = {name: round(found) for name, (found, _) in count_all(program, {}).items()}
    figures = {"compiler": compiler, "instructions": counted}
    RECORDED.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(RECORDED.read_text(encoding="utf-8"), end="")
    return 0


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in ("check", "record"):
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else PROGRAM)
    if not shutil.which("valgrind"):
        print("SKIPPED, NOTHING IS CHECKED: there is no valgrind; scripts/setup tests installs it")
        return SKIPPED
    compiler = subprocess.run([program, "compiler"], check=True, capture_output=True,
                              text=True).stdout.strip()
    return {"check": check, "record": record}[sys.argv[1]](program, compiler)


if __name__ == "__main__":
    sys.exit(main())
