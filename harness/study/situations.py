"""The recommended default by situation, and what each shipped default loses against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.scenario.load import shipped_profiles
from harness.tune.question import Limits
from harness.tune.sources import modelled_source
from harness.tune.tuning import tune

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.tune.families import Explained
    from harness.tune.shipped import Shipped
    from harness.tune.tuning import Tuning

ASKED: Final = ((1e-3, 30_000.0), (1e-2, 30_000.0), (1e-3, 120_000.0))
"""The limits that are tried in turn, on failures and on the time of a denial (ms): the first that a
profile allows."""


@dataclass(frozen=True)
class Situation:
    """The holds of one profile, with the default for them."""

    profile: str
    title: str
    found: Tuning | None
    """The answer; ``None`` where there is none."""
    why_not: str = ""

    @property
    def regret_ms(self) -> float | None:
        """The most that the recommendation waits longer, over all operations, under another profile.

        Of those where it fails as rarely as was asked; ``None`` where there is no such profile.
        """
        if self.found is None:
            return None
        limit = self.found.limits.max_failure
        return max(
            (
                each.outcome.wait_ms - each.best.wait_ms
                for each in self.found.elsewhere
                if each.best is not None and each.outcome.failure <= limit
            ),
            default=None,
        )

    @property
    def worst_failure(self) -> tuple[str, float]:
        """The profile under which the recommendation fails most often, and how often."""
        if self.found is None:
            return "", 0.0
        worst = max(self.found.elsewhere, key=lambda each: each.outcome.failure)
        return worst.profile, worst.outcome.failure

    @property
    def simplest(self) -> Explained | None:
        """The simplest strategy that is within the limits, however long it waits."""
        return self.found.families[0] if self.found else None

    @property
    def losses(self) -> list[Shipped]:
        """The shipped strategies, those that lose most first: failures before waits."""
        if self.found is None:
            return []
        best = self.found.recommended.schedule.outcome
        return sorted(
            self.found.shipped,
            key=lambda each: (
                best.failure - each.outcome.failure,
                best.wait_ms - each.outcome.wait_ms,
                each.name,
            ),
        )


def situations() -> Iterator[Situation]:
    """Yield the default for each shipped profile that injects holds."""
    for name, profile in shipped_profiles().items():
        if not profile.holds:
            continue
        try:
            source = modelled_source(name, profile)
        except InvalidInputError as error:
            yield Situation(name, profile.title, None, error.message)
            continue
        found, why_not = None, ""
        for max_failure, max_denied_ms in ASKED:
            limits = Limits(max_failure, max_denied_ms, call_ms=source.call.ms)
            try:
                found = tune(source, limits)
                break
            except InvalidInputError as error:
                why_not = why_not or error.message
        yield Situation(name, profile.title, found, "" if found else why_not)
