"""One time budget for all files of an install, and first waits that learn from the file before."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Final

from annotated_types import Ge, Le
from tenacity.wait import wait_base

from harness.errors import InvalidInputError
from harness.strategy.attempt import attempt_of
from harness.strategy.forms import RANDOM_GROWTH, SHARED
from harness.strategy.lookup import strategy
from harness.strategy.loop import Strategy
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from tenacity import RetryCallState

_NOTE: Final = "shared-budget"
"""Where an install notes the first wait of its next held file, in seconds."""


class wait_from_experience(wait_base):  # noqa: N801 - named as tenacity names its parts
    """Wait as `wait` does, but at first as long as the file before was still held.

    That counts up to `longest` seconds. A first wait that was enough is halved for the next file.
    """

    def __init__(self, wait: wait_base, longest: float) -> None:
        self.wait = wait
        self.longest = longest

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds; note what it means for the next file."""
        attempt = attempt_of(retry_state)
        notes = attempt.install.notes
        wait: float = self.wait(retry_state)
        if attempt.attempt_number == 1:
            wait = max(wait, notes.get(_NOTE, 0.0))
            notes[_NOTE] = wait / 2  # unless it fails once more
        else:
            notes[_NOTE] = min(attempt.seconds_since_start or 0.0, self.longest)
        return wait


@strategy("shared-budget")
def shared_budget(
    *,
    strategy: str = "10ms x2 cap 250ms for 30s shared on 5,32,33",
    longest_first_ms: Annotated[float, Ge(0), Le(3_600_000)] = 1000.0,
) -> Strategy:
    """Wait as `strategy` does, with two rules for an install of many operations.

    *One budget.* The waits of all its operations add up, including those under way at the same time, and
    the install gives up when they reach the limit. A limit for each file alone lets an install of a
    thousand held files wait for hours before it reports anything; a limit in all is what a user notices.
    Its price: an install fails although each of its files would have succeeded.

    *Experience.* The files of an install meet the same scanner. The first wait for a file is as long as
    the file before was still held, at its last failure; from there on `strategy` goes on with small
    steps. If that wait is enough, the next file's is half of it, so a slow file is soon forgotten, and
    `longest_first_ms` bounds what it can cost. Forty files, each held for 250 ms, then take 132 calls
    and 10.7 s instead of 240 and 12.5 s (scenario shared-budget, profile archive-scan, emulated, 20
    blocks).

    `strategy` is a strategy in notation; its clause ``for … shared`` is the budget. The default is one
    of 30 s, which was enough for a single package where 10 s were not (uv#21522). Waits that grow at
    random from the one before (``x1..2``) cannot begin elsewhere, and are refused.
    """
    spec = parse(strategy)
    forms = {part.form for part in (spec.waits, spec.limit) if part is not None}
    if SHARED not in forms or RANDOM_GROWTH in forms:
        raise InvalidInputError(
            f"shared-budget: {strategy!r} has no budget that all files share, or grows at random",
            hint="Use one such as '10ms x2 cap 250ms for 30s shared'.",
        )
    made = spec.strategy("shared-budget")
    return dataclasses.replace(made, wait=wait_from_experience(made.wait, longest_first_ms / 1000))
