"""Real holds for the tests of other projects: ``with hold(path): ...``, and a pytest plugin.

On Windows and under Wine a second process opens the file; elsewhere Python's own calls are refused by
the emulated sharing rules of Windows. Nothing is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.testing.holder import Held, Holding, hold, holding
    from harness.testing.passing_time import virtual_time

__all__ = ["Held", "Holding", "hold", "holding", "virtual_time"]

_HOMES: Final = {
    "Held": "harness.testing.holder",
    "Holding": "harness.testing.holder",
    "hold": "harness.testing.holder",
    "holding": "harness.testing.holder",
    "virtual_time": "harness.testing.passing_time",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
