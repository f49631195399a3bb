"""Time that passes only by waiting: a strategy of a minute is tested in milliseconds.

Within `virtual_time`, ``time.sleep`` and ``asyncio`` wait no longer, and clocks go on by what was asked
for. So tenacity, backoff and loops of one's own run as planned. Names that other packages imported
before (``from time import sleep``) are replaced, too; those of the standard library are not, so threads,
queues and subprocesses wait as ever.
"""

from __future__ import annotations

import selectors
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from harness.clock import NS_PER_S, RealClock, VirtualClock

_LEFT_ALONE: Final = frozenset({"_pytest", "pytest", "pluggy", "xdist", "execnet", "harness"})
"""Packages that time the tests themselves."""
READS_OF_A_SPIN: Final = 10_000
"""After so many looks at the clock without a wait, a loop is taken to wait for the time to pass."""
_SPIN_NS: Final = 1_000_000
_FOR_THREADS_S: Final = 0.02
"""Real time that an event loop gives other threads before it passes over a wait."""

_active: _Time | None = None
machine_ns: Final = time.perf_counter_ns
"""The time of the machine, which is never virtual."""


class _Time(VirtualClock):
    """The virtual time, which begins at the real one."""

    def __init__(self) -> None:
        super().__init__(machine_ns())
        self.began_ns = self.now_ns()
        self._reads = 0
        self._changing = threading.Lock()

    def wait(self, seconds: float) -> None:
        """Let time pass, as ``time.sleep`` does."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        with self._changing:
            self._reads = 0
            self.sleep(seconds)

    def passed_ns(self) -> int:
        """Return how much time has passed; a loop that does nothing but ask gets on."""
        self._reads += 1
        if self._reads > READS_OF_A_SPIN:
            self.advance_ns(_SPIN_NS)
        return self.now_ns() - self.began_ns


class TestClock:
    """The time of a test: virtual within `virtual_time`, else real. It never goes back."""

    def __init__(self) -> None:
        self._latest_ns = 0

    @property
    def is_virtual(self) -> bool:
        """Whether only waiting lets time pass."""
        return _active is not None

    def now_ns(self) -> int:
        """Return nanoseconds since some fixed moment."""
        now_ns = machine_ns() if _active is None else _active.now_ns()
        self._latest_ns = max(self._latest_ns, now_ns)
        return self._latest_ns

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


@contextmanager
def virtual_time() -> Iterator[VirtualClock]:
    """Let time pass only by waiting, for all threads of this process; yield the clock."""
    global _active  # noqa: PLW0603 - there is one time
    if _active is not None:
        yield _active
        return
    clock = _Time()
    with ExitStack() as stack:
        functions = _functions(clock)
        _replace(stack, functions)
        # the clock of strategies of this package has its functions from the start
        stack.enter_context(patch.object(RealClock, "sleep", staticmethod(functions["sleep"])))
        stack.enter_context(
            patch.object(RealClock, "now_ns", staticmethod(functions["perf_counter_ns"]))
        )
        _wait_virtually(stack, clock)
        _active = clock
        try:
            yield clock
        finally:
            _active = None


def _functions(clock: _Time) -> dict[str, Callable[..., Any]]:
    """Return what takes the place of functions of `time`."""
    clocks = {"monotonic": time.monotonic_ns(), "perf_counter": time.perf_counter_ns()}
    clocks["time"] = time.time_ns()
    made: dict[str, Callable[..., Any]] = {"sleep": clock.wait}
    for name, began_ns in clocks.items():

        def in_ns(began_ns: int = began_ns) -> int:
            return began_ns + clock.passed_ns()

        def in_s(began_ns: int = began_ns) -> float:
            return (began_ns + clock.passed_ns()) / NS_PER_S

        made[name] = in_s
        made[f"{name}_ns"] = in_ns
    return made


def _replace(stack: ExitStack, functions: Mapping[str, Callable[..., Any]]) -> None:
    """Replace functions of `time` there and wherever they were imported by their names."""
    by_plain = {id(getattr(time, name)): function for name, function in functions.items()}
    for name, function in functions.items():
        stack.enter_context(patch.object(time, name, function))
    for module_name, module in list(sys.modules.items()):
        package = module_name.partition(".")[0]
        if package in _LEFT_ALONE or package in sys.stdlib_module_names or module is None:
            continue
        names = [name for name, value in list(vars(module).items()) if id(value) in by_plain]
        for name in names:
            function = by_plain[id(getattr(module, name))]
            stack.enter_context(patch.object(module, name, function))


def _wait_virtually(stack: ExitStack, clock: _Time) -> None:
    """Let event loops pass over the time for which nothing happens."""
    if sys.platform == "win32":
        from asyncio.windows_events import IocpProactor  # noqa: PLC0415 - only there

        pollers: list[type[Any]] = [selectors.DefaultSelector, IocpProactor]
    else:
        pollers = [selectors.DefaultSelector]
    for poller in pollers:
        stack.enter_context(patch.object(poller, "select", _passing(poller.select, clock)))


def _passing(select: Callable[..., Any], clock: _Time) -> Callable[..., Any]:
    def passing(self: Any, timeout: float | None = None) -> Any:
        by_loop = sys._getframe(1).f_globals.get("__name__", "").startswith("asyncio.")  # noqa: SLF001
        if not by_loop or timeout is None or timeout <= 0:
            return select(self, timeout)
        events = select(self, _FOR_THREADS_S if threading.active_count() > 1 else 0)
        if not events:
            clock.wait(timeout)
        return events

    return passing
