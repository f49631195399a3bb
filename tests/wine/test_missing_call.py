"""Where Wine lacks a call, Python is kept from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness.wine.missing_call import without_copy_file_2

START = """
import sys
sys.path.insert(0, sys.argv[1])
sys.modules["_winapi"] = winapi = type(sys)("winapi")
for name in sys.argv[2:]:
    setattr(winapi, name, len)
import sitecustomize
print(*(name for name in vars(winapi) if not name.startswith("_")))
"""


def left_of(tmp_path: Path, *names: str) -> list[str]:
    """The functions of ``_winapi`` that are left when Python has started."""
    command = [sys.executable, "-S", "-c", START, str(without_copy_file_2(tmp_path)), *names]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_the_call_is_taken_away_where_python_has_it(tmp_path: Path) -> None:
    assert left_of(tmp_path, "CopyFile2", "CreateFile") == ["CreateFile"]
    assert left_of(tmp_path, "CreateFile") == ["CreateFile"]


def test_it_is_made_once(tmp_path: Path) -> None:
    folder = without_copy_file_2(tmp_path)
    made_ns = (folder / "sitecustomize.py").stat().st_mtime_ns
    assert without_copy_file_2(tmp_path) == folder
    assert (folder / "sitecustomize.py").stat().st_mtime_ns == made_ns
