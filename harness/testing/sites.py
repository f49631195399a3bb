"""The place in the code that a call on a file comes from."""

from __future__ import annotations

import os
import sys
from typing import Final

from harness.testing.timeline import short

_STANDARD_LIBRARY: Final = os.path.dirname(os.__file__) + os.sep
_PACKAGES: Final = ("site-packages", "dist-packages")
_OWN: Final = os.path.dirname(__file__) + os.sep
_OF_PYTEST: Final = f"{os.sep}_pytest{os.sep}"
ROOT: Final = os.getcwd()
"""The folder from which places are seen: a test may go to another one."""


def call_site() -> str:
    """Return ``file.py:12`` for the innermost caller outside Python, pytest and this package."""
    frame = sys._getframe(1)  # noqa: SLF001 - an audit hook has no other way to know who calls
    while frame.f_back is not None and _is_passed_over(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{short(frame.f_code.co_filename, ROOT)}:{frame.f_lineno}"


def _is_passed_over(file: str) -> bool:
    if file.startswith(("<", _OWN)) or _OF_PYTEST in file:
        return True
    inside = file.removeprefix(_STANDARD_LIBRARY)
    return inside != file and not inside.startswith(_PACKAGES)


def is_of_python(path: str) -> bool:
    """Whether a file is one of Python's own: compiled code, its library, or an installed package."""
    if path.endswith(".pyc") or "__pycache__" in path:
        return True
    return path.startswith((_STANDARD_LIBRARY, sys.prefix + os.sep, sys.base_prefix + os.sep))
