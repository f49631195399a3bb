"""Run pytest in the Windows Python, with coverage measured there: ``run_under_wine.py DATA ARGUMENT…``.

`DATA` is the Linux path of the data file; each process writes one of its own beside it. The lane keeps
variables of coverage.py to the Linux side, so they are given here in Windows' spelling. The Windows
Python finds its packages on ``PYTHONPATH``, where the ``.pth`` file of coverage.py is not read; the
``sitecustomize`` beside this file starts it instead, in child processes too.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from harness.wine import prepare_lane, windows_path

HERE: Final = Path(__file__).resolve().parent
PYPROJECT: Final = HERE.parent.parent / "pyproject.toml"


def main(data: str, *arguments: str) -> int:
    """Return pytest's exit code."""
    lane = prepare_lane(tests=True)
    measured = replace(lane, import_paths=(*lane.import_paths, HERE))
    return measured.run(
        ["-m", "pytest", *arguments],
        environment={
            "COVERAGE_PROCESS_START": windows_path(PYPROJECT),
            "COVERAGE_FILE": windows_path(Path(data)),
        },
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
