"""Kill parents of ``harness hold``, and see whether a child outlives its parent.

    python benchmarks/kill_holds.py --kills 1000
    python -m harness.wine benchmarks/kill_holds.py --kills 50

Each parent starts several children, half of them with a pipe as standard input. It is killed while they
hold, and then nothing of them may be there a second later; or at a random moment of their start, and
then they may end once they run.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from harness.isolated_python import isolated_python, python_environment

CHILDREN: Final = 5
PATIENCE_S: Final = 1.0
LONGEST_START_S: Final = 20.0
PARENT: Final = """
import subprocess, sys, time
children = [
    subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE if number % 2 else subprocess.DEVNULL,
                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for number in range(int(sys.argv[1]))
]
print(*[child.pid for child in children], flush=True)
for child in children:
    while "HELD" not in (line := child.stdout.readline()):
        if not line:
            sys.exit("a child ended before it held the file")
print("held", flush=True)
time.sleep(600)
"""


def is_there(process_id: int) -> bool:
    """Return whether a process runs; one that has ended and was not asked about is gone."""
    if sys.platform == "win32":
        from harness.platform.windows.win32.parent import (  # noqa: PLC0415 - only there
            has_ended,
            opened_process,
        )

        process = opened_process(process_id)
        return process is not None and not has_ended(process)
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def kill_one(file: Path, rng: random.Random, *, while_held: bool) -> tuple[int, float]:
    """Kill one parent; return how many children stayed too long, and how long the last one stayed."""
    command = isolated_python("-m", "harness", "hold", str(file), "--share", "rwd")
    parent = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", PARENT, str(CHILDREN), *command],
        env=python_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    children = [int(each) for each in parent.stdout.readline().split()]
    if while_held and not parent.stdout.readline():
        raise SystemExit("The parent ended before all its children held the file.")
    time.sleep(rng.uniform(0, 0.5))
    parent.kill()
    killed = time.monotonic()
    parent.wait()
    parent.stdout.close()
    patience_s = PATIENCE_S if while_held else LONGEST_START_S
    while (left := sum(map(is_there, children))) and time.monotonic() - killed < patience_s:
        time.sleep(0.02)
    return left, time.monotonic() - killed


def main() -> None:
    """Kill, and say what was left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="children whose parent is killed")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    late, longest, number = 0, {True: 0.0, False: 0.0}, 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "held")
        file.touch()
        while number < asked.kills:
            while_held = number % (2 * CHILDREN) == 0
            left, took = kill_one(file, rng, while_held=while_held)
            number += CHILDREN
            late += left
            longest[while_held] = max(longest[while_held], took)
            print(f"\r{number} of {asked.kills}", end="", file=sys.stderr, flush=True)
    print(f"\n{number} children of killed parents, {late} stayed too long")
    print(f"killed while they held: the last one ended after {longest[True]:.2f} s")
    print(f"killed while they started: the last one ended after {longest[False]:.2f} s")
    sys.exit(bool(late))


if __name__ == "__main__":
    main()
