"""A check: a module with a `CHECK`, found by being in the folder of its platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

from harness.platform.self_test.report import Bearing, Finding, Primitive, SeenCase, Verdict

if TYPE_CHECKING:
    from harness.platform.base import Platform


@dataclass(frozen=True)
class Site:
    """Where a check works: an empty folder of its own, the folder that is tested, and the platform."""

    folder: Path
    location: Path
    platform: Platform

    @property
    def is_wine(self) -> bool:
        """Whether this is Wine, not Windows."""
        return self.platform.name == "wine"


@dataclass(frozen=True)
class Check:
    """What a check asks, and how.

    `run` yields what it finds, so that nothing is lost if it is stopped after `seconds`. Checks are made
    by `order`, the most important first. `means`: what a difference means for results, unless a finding
    says it better.
    """

    order: int
    title: str
    means: str
    bearing: Bearing
    run: Callable[[Site, Check], Iterator[Finding | SeenCase]]
    seconds: float = 10.0
    more_as_administrator: str | None = None

    def finding(
        self,
        what: str,
        expected: str,
        found: str,
        verdict: Verdict | bool,
        *,
        primitives: Sequence[Primitive] = (),
        means: str | None = None,
        bearing: Bearing | None = None,
    ) -> Finding:
        """Make a finding of this check; a truth value says whether it is as expected."""
        if isinstance(verdict, bool):
            verdict = "as expected" if verdict else "differs"
        return Finding(
            what=what,
            expected=expected,
            found=found[:600],
            verdict=verdict,
            bearing=bearing or self.bearing,
            primitives=tuple(primitives),
            means=means or self.means,
        )

    def not_asked(self, what: str, expected: str, why: str) -> Finding:
        """Make a finding about something that could not be asked."""
        return self.finding(what, expected, why, "not asked")

    def out_of_time(self, what: str, why: str) -> Finding:
        """Make a finding about something for which the time did not suffice."""
        return self.finding(what, "an answer", why, "out of time")


def checks_in(package: ModuleType) -> dict[str, Check]:
    """The checks of a package by the names of their modules, in the order in which they are made."""
    names = [found.name for found in iter_modules(package.__path__)]
    found = {name: import_module(f"{package.__name__}.{name}").CHECK for name in names}
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))
