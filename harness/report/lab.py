"""Open the notebooks on runs in JupyterLab: working copies that already name the runs.

The copies are kept: what somebody wrote into them is there the next time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import nbformat

from harness.errors import InvalidInputError
from harness.report.execution import is_about_runs, prepared

FIRST: Final = "explore-run"
"""The notebook to open: what was run, and what happened."""


def working_copies(runs: Sequence[Path], notebooks: Path, folder: Path) -> Path:
    """Copy `notebooks` to a folder below `folder` that is named after the `runs`; return the first.

    In each that is about runs, the cell behind its parameters names them. A copy that is there
    already is left as it is. Raises `InvalidInputError` where there are no notebooks.
    """
    paths = sorted(notebooks.glob("*.ipynb"), key=lambda path: (path.stem != FIRST, path.stem))
    if not paths:
        raise InvalidInputError(
            f"there are no notebooks in {notebooks}",
            hint="Notebooks are in a checkout of the project; --notebooks names others.",
        )
    names = [run.resolve().name for run in runs]
    target = folder / (names[0] if len(names) == 1 else f"{names[0]}-and-{len(names) - 1}-more")
    target.mkdir(parents=True, exist_ok=True)
    parameters = {"runs": [str(run.resolve()) for run in runs]}
    for path in paths:
        copy = target / path.name
        if copy.exists():
            continue
        if is_about_runs(path):
            copy.write_text(nbformat.writes(prepared(path, parameters)) + "\n", encoding="utf-8")
        else:
            shutil.copyfile(path, copy)
    return target / paths[0].name


def open_lab(notebook: Path, *, browse: bool) -> int:
    """Run JupyterLab with `notebook` open until it is stopped; return its exit code.

    Ctrl-C reaches it as well, and it asks what to do.
    """
    address = f"--LabApp.default_url=/lab/tree/{quote(notebook.name)}"
    options = [f"--ServerApp.root_dir={notebook.parent.absolute()}", address]
    if not browse:
        options.append("--no-browser")  # the address that it prints leads to the notebook
    if sys.platform != "win32" and os.geteuid() == 0:
        options.append("--allow-root")  # as in a container, where it would not start otherwise
    command = (sys.executable, "-m", "jupyterlab", *options)
    with subprocess.Popen(command) as process:  # noqa: S603 - our own program
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue
