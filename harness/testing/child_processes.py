"""Child processes of a test, which are kept from held files, too, where a library can be preloaded.

That is on Linux with a C compiler: see `harness.preload`. The variables are in ``os.environ`` while
something is held, so a child has them unless it is started with an environment of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from harness.clock import NS_PER_MS
from harness.errors import HarnessError
from harness.preload.denial_log import LoggedCall
from harness.preload.native_library import native_library
from harness.preload.native_rules import AS_PYTHON, Denied, NativeRules
from harness.testing import calls

__tracebackhide__ = True  # pytest shows the test, not this
_NAMES: Final = {
    "rename": calls.REPLACE,
    "delete": calls.REMOVE,
    "write": calls.OPEN,
    "open": calls.OPEN,
}


@dataclass(frozen=True, slots=True)
class ChildCall:
    """A call of a child that was refused: when (CLOCK_MONOTONIC), which, of which paths."""

    at_ns: int
    name: str
    paths: tuple[str, ...]
    process: int
    logged: LoggedCall


class ChildProcesses:
    """What the children of one user are kept from. Its users share one set of rules."""

    def __init__(self, rules: _SharedRules) -> None:
        self._rules = rules
        self._offset = rules.join(self)

    def deny(self, denied: Iterable[Denied]) -> None:
        """Keep children from these files. Raises `NotSupportedError` for more than a child knows."""
        self._rules.deny(self, list(denied))

    def refused(self) -> Iterator[ChildCall]:
        """Yield the calls that were refused since the last time, those of other users included."""
        found, self._offset = self._rules.calls(self._offset)
        for each in found:
            if each.done == "denied":
                yield _child_call(each)

    def close(self) -> None:
        """Keep children from nothing."""
        self._rules.leave(self)


def _child_call(logged: LoggedCall) -> ChildCall:
    paths = (logged.source,) if logged.target is None else (logged.source, logged.target)
    at_ns = round(logged.at_ms * NS_PER_MS)
    return ChildCall(at_ns, _NAMES[logged.call], paths, logged.process, logged)


class _SharedRules:
    """The rules of a process: children know one set. The variables are there as long as a user is."""

    def __init__(self) -> None:
        self._changing = threading.RLock()
        self._denied: dict[ChildProcesses, list[Denied]] = {}
        self._rules: NativeRules | None = None
        self._set: dict[str, str] = {}
        self._before: dict[str, str | None] = {}

    def join(self, user: ChildProcesses) -> int:
        """Have a user more; return where the log ends now."""
        with self._changing:
            if self._rules is None:
                self._rules = NativeRules(_library(), AS_PYTHON)
                self._set_variables(self._rules.environment)
            self._denied[user] = []
            return self._rules.calls(0)[1]

    def deny(self, user: ChildProcesses, denied: list[Denied]) -> None:
        with self._changing:
            before, self._denied[user] = self._denied[user], denied
            try:
                self._write()
            except HarnessError:
                self._denied[user] = before
                raise

    def calls(self, offset: int) -> tuple[list[LoggedCall], int]:
        with self._changing:
            return self._rules.calls(offset) if self._rules is not None else ([], offset)

    def leave(self, user: ChildProcesses) -> None:
        with self._changing:
            if self._denied.pop(user, None) is None or self._rules is None:
                return
            if self._denied:
                self._write()
                return
            self._unset_variables()
            self._rules.close()
            self._rules = None

    def _write(self) -> None:
        if self._rules is not None:
            self._rules.deny(each for denied in self._denied.values() for each in denied)

    def _set_variables(self, variables: dict[str, str]) -> None:
        self._before = {name: os.environ.get(name) for name in variables}
        self._set = variables
        os.environ.update(variables)

    def _unset_variables(self) -> None:
        for name, value in self._set.items():
            before = self._before[name]
            if os.environ.get(name) != value:  # the test has put its own there, or none
                continue
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before


_SHARED: Final = _SharedRules()


def child_processes() -> ChildProcesses | None:
    """Return what keeps children from files; ``None`` where nothing can be preloaded."""
    try:
        return ChildProcesses(_SHARED)
    except (HarnessError, OSError):  # no Linux, no compiler, or nowhere to write
        return None


def _library() -> Path:
    library = _compiled()
    if not library.exists():  # it was in a home folder that a test had made
        _compiled.cache_clear()
        library = _compiled()
    return library


@cache
def _compiled() -> Path:
    return native_library()
