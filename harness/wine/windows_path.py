"""Translate paths for programs under Wine: drive Z: is the root of the Linux file system.

A name that Windows cannot spell has no such path (Wine makes up a short name for it), so it is refused
here, before a program looks for a file that does not exist.
"""

from __future__ import annotations

import os
import re
from typing import Final

from harness.errors import InvalidInputError

UNSPELLABLE: Final = re.compile(r'[<>:"|?*\\\x00-\x1f\ud800-\udfff]|[. ]$')
"""What no name on Windows may contain: reserved characters, and a dot or space at its end ("Naming
Files, Paths, and Namespaces", learn.microsoft.com). Surrogates stand for bytes that are not UTF-8."""


def windows_path(path: str | os.PathLike[str]) -> str:
    r"""Translate a Linux path, made absolute but not resolved: ``/home/me`` is ``Z:\home\me``.

    Raises `InvalidInputError` for a path with a name that Windows cannot spell.
    """
    absolute = os.path.abspath(path)
    names = [name for name in absolute.split("/") if name]
    for name in names:
        if UNSPELLABLE.search(name):
            raise InvalidInputError(
                f"{absolute!r} has no Windows path: Windows cannot spell {name!r}",
                hint="Use a folder whose name Windows allows.",
            )
    return "Z:\\" + "\\".join(names)
