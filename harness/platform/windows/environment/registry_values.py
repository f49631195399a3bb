"""Read the registry of the local machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

winreg: Final[Any] = import_module("winreg") if sys.platform == "win32" else None


def values(path: str, names: Sequence[str]) -> dict[str, object]:
    """Those of the values `names` that the key `path` has. Raises `OSError` if there is no such key."""
    found: dict[str, object] = {}
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
        for name in names:
            try:
                found[name] = winreg.QueryValueEx(key, name)[0]
            except FileNotFoundError:
                continue
    return found


def text(path: str, name: str) -> str | None:
    """A text of the registry, stripped; ``None`` if there is no such text."""
    try:
        value = values(path, (name,)).get(name)
    except FileNotFoundError:
        return None
    return value.strip() if isinstance(value, str) else None


def subkeys(path: str) -> list[str]:
    """The names of the keys in the key `path`. Raises `OSError` if there is no such key."""
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
        return [winreg.EnumKey(key, place) for place in range(winreg.QueryInfoKey(key)[0])]
