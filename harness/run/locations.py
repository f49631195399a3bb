"""Folders that a scenario measures in: what a location such as ``%TEMP%`` means on this machine."""

from __future__ import annotations

import ntpath
import os
import re
import sys
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError

if sys.platform == "win32":
    from harness.platform.windows.environment import volumes

CHOOSE: Final = "Choose another with --factor location=…"


def find_location(name: str, *, needs_drive: bool = sys.platform == "win32") -> Path:
    r"""Return the folder that a location means here.

    The expanded path is checked before it is touched: a variable may lead to another machine, as
    ``%HOMEPATH%\evil\share`` does where it is ``\``, and Windows would log on there. Raises
    `InvalidInputError` for a location that is not a folder of this machine.
    """
    spelled = os.path.expanduser(os.path.expandvars(name))
    drive = ntpath.splitdrive(spelled)[0]
    if needs_drive and not re.fullmatch("[A-Za-z]:", drive):
        raise _not_local(name, f": {spelled} is on no drive with a letter")
    if sys.platform == "win32" and volumes.is_remote(drive):
        raise _not_local(name, f": {drive} is a drive of another")
    path = Path(spelled)
    if not path.is_dir():
        raise _not_local(name, hint="Create it first, or choose another with --factor location=…")
    if sys.platform == "win32":
        return Path(volumes.real_path(spelled))
    return path.resolve()


def _not_local(name: str, reason: str = "", *, hint: str = CHOOSE) -> InvalidInputError:
    return InvalidInputError(f"the location {name} is not a folder of this machine{reason}", hint=hint)
