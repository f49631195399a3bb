"""Keep Python from a call that a Wine lacks, and that would end the program.

Python 3.12 and newer copy files with ``CopyFile2``, so `shutil.copy2`, `copytree` and `move` to another
volume end a program under Wine 8.0 (``unimplemented function KERNEL32.dll.CopyFile2``). Without the
function in ``_winapi`` the standard library copies as it did before. Python imports ``sitecustomize`` at
every start, children too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from harness.set_up_step import folder_made

SITECUSTOMIZE: Final = """\
import _winapi

if hasattr(_winapi, "CopyFile2"):
    del _winapi.CopyFile2  # this Wine does not have it
"""


def without_copy_file_2(folder: Path) -> Path:
    """A folder, made below `folder`, from which Python imports what takes ``CopyFile2`` away."""

    def write(target: Path) -> None:
        (target / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")

    return folder_made(folder / "without-copyfile2", SITECUSTOMIZE, write)
