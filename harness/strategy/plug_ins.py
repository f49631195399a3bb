"""Find and load strategies that other distributions register: entry points that name a function.

Whatever one of them does while it is loaded, the others and the harness go on: a plug-in that cannot be
used is named, with its distribution and its own error.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any, Final

from harness.errors import HarnessError, InvalidInputError
from harness.strategy.loop import Strategy
from harness.strategy.spec import StrategySpec
from harness.strategy.view import StrategyView

ENTRY_POINT_GROUP: Final = "persist_harness.strategies"


class PlugInWarning(UserWarning):
    """A plug-in is left out, because it cannot be used."""


def registered() -> dict[str, EntryPoint]:
    """Return the entry points of the group by name; this loads no code of theirs."""
    # the first in the order of sys.path counts; the name of each distribution would take 1 ms to read
    with_some = {_named(each): each for each in reversed(list(distributions())) if _may_have_some(each)}
    return {
        entry.name: entry
        for name, each in with_some.items()
        for entry in _entries(next(iter(distributions(name=name)), each))
    }


def _may_have_some(distribution: Distribution) -> bool:
    try:
        return ENTRY_POINT_GROUP in (distribution.read_text("entry_points.txt") or "")
    except ValueError:  # not UTF-8, which `_entries` tells
        return True


def _entries(distribution: Distribution) -> Iterator[EntryPoint]:
    try:
        if ENTRY_POINT_GROUP in (distribution.read_text("entry_points.txt") or ""):
            yield from distribution.entry_points.select(group=ENTRY_POINT_GROUP)
    except (ValueError, TypeError, AttributeError) as error:  # not UTF-8; a line that is no entry
        _warn(f"the entry points of {_named(distribution)} cannot be read: {_words(error)}")


def load(entry: EntryPoint) -> StrategyView:
    """Import what an entry point names.

    Raises `InvalidInputError` if that fails in any way, and so does making the strategy.
    """
    origin = f"plug-in {_named(entry.dist)}"
    with _blaming(entry.name, origin):
        function = entry.load()
        inspect.signature(function)  # raises for what cannot be called

    @wraps(function)
    def make(*args: Any, **parameters: Any) -> Strategy | StrategySpec:
        with _blaming(entry.name, origin):
            made = function(*args, **parameters)
            if not isinstance(made, Strategy | StrategySpec):
                raise TypeError(f"it makes no Strategy, but {made!r:.80}")
            return made

    return StrategyView(entry.name, origin, make, inspect.getdoc(function) or "")


def tried(view: StrategyView) -> StrategyView:
    """Make the strategy of a plug-in, and ask it when it makes attempts.

    Raises `InvalidInputError` if that fails in any way.
    """
    with _blaming(view.name, view.origin):
        _ = view.codes, view.times
    return view


def usable(entries: Iterable[EntryPoint]) -> dict[str, StrategyView]:
    """Load all entry points and try each; warn of those that cannot be used."""
    found = {}
    for entry in entries:
        try:
            found[entry.name] = tried(load(entry))
        except InvalidInputError as error:
            _warn(error.message)
    return found


@contextmanager
def _blaming(name: str, origin: str) -> Iterator[None]:
    """Say whose error it is; a plug-in may raise anything, and even exit."""
    try:
        yield
    except (KeyboardInterrupt, HarnessError):
        raise
    except BaseException as error:
        raise InvalidInputError(
            f"the {origin} has the strategy {name!r}, which cannot be used: {_words(error)}",
            hint=f"Mend, upgrade or uninstall {origin.removeprefix('plug-in ')}.",
        ) from error


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _named(distribution: Distribution | None) -> str:
    return (distribution and distribution.metadata["Name"]) or "(without a name)"


def _warn(message: str) -> None:
    warnings.warn(message, PlugInWarning, stacklevel=3)
