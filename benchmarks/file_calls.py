"""Run the command line, count its file calls below a folder, and end it at one of them.

``python -P file_calls.py FOLDER COUNT-FILE NUMBER SIGNAL run script-install …`` sends itself SIGNAL
just before call NUMBER; with 0 for both it only counts. Python's audit events tell of the calls, so
nothing is patched. COUNT-FILE is there as soon as the command line begins; a process that ends by itself
leaves the number of its calls in it.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from pathlib import Path


def watch(folder: str, number: int, kind: int, count_file: Path) -> None:
    """Count calls that name a path below `folder`, or one relative to an open folder (of rmtree)."""
    calls = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal calls
        if event != "open" and not event.startswith(("os.", "shutil.")):
            return
        relative = event in {"os.remove", "os.rmdir"} and arguments[-1] != -1
        if not relative and not any(str(each).startswith(folder) for each in arguments):
            return
        calls += 1
        if calls == number:
            os.kill(os.getpid(), kind)

    count_file.write_text("0", "utf-8")
    atexit.register(lambda: count_file.write_text(str(calls), "utf-8"))
    sys.addaudithook(hook)


def main() -> None:
    """Watch, then run the command line as ``python -m harness`` does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
    program, folder, count_file, number, kind, *arguments = sys.argv
    watch(folder, int(number), int(kind), Path(count_file))
    sys.argv = [program, *arguments]
    from harness.__main__ import main as run  # noqa: PLC0415 - its first moments are watched, too

    run()


if __name__ == "__main__":
    main()
