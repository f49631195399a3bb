"""Make a virtual environment of the Windows Python by hand: it has no launcher that ``venv`` would copy.

The layout is that of `venv`: ``pyvenv.cfg`` names the installation, ``Scripts`` has the interpreter and
its libraries (PEP 405; `site` reads it at the start of Python).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.reproduce.denial_lab import Lab


def make_venv(folder: Path, lab: Lab) -> None:
    """Make a virtual environment of the lab's Windows Python in `folder`."""
    python = lab.python
    scripts = folder / "Scripts"
    scripts.mkdir(parents=True)
    (folder / "Lib" / "site-packages").mkdir(parents=True)
    for each in (python, *python.parent.glob("*.dll")):
        shutil.copy(each, scripts / each.name)
    (folder / "pyvenv.cfg").write_text(
        f"home = {lab.spelled(python.parent)}\nversion_info = {lab.windows_python}\n"
        "include-system-site-packages = false\n",
        encoding="utf-8",
    )
