"""One time budget for all files of an install, and no file that begins as if it were the first."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from tenacity.wait import wait_base

from harness.strategy.attempt import attempt_of
from harness.strategy.avoidance import avoiding
from harness.strategy.registry import strategy

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from harness.strategy.policy import Strategy

_NOTE: Final = "shared-budget"


class wait_from_experience(wait_base):  # noqa: N801 - named as tenacity names its parts
    """Wait what `wait` says, but at first at least half of the install's last wait, then never less."""

    def __init__(self, wait: wait_base) -> None:
        self.wait = wait

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the wait before the next attempt, in seconds, and note it for the next operation."""
        attempt = attempt_of(retry_state)
        notes = attempt.install.notes
        own_before = attempt.upcoming_sleep  # until this answer takes its place
        least = notes.get(_NOTE, 0.0) / 2 if attempt.attempt_number == 1 else own_before
        notes[_NOTE] = wait = max(self.wait(retry_state), least)
        return wait


@strategy("shared-budget")
def shared_budget(*, policy: str = "10ms x2 cap 250ms for 30s shared on 5,32,33") -> Strategy:
    """Wait as `policy` says, with two rules for an install of many operations.

    *One budget.* The waits of all its operations add up, also of those under way at the same time, and
    the install gives up when they reach the limit. A limit for each file alone lets an install of a
    thousand held files wait for hours before anybody hears of it; a limit in all is what a user
    notices.

    *Experience.* The first wait for a file is at least half of the last wait of the install. So a
    scanner that needs half a second for each file is not asked after 10, 20, 40 ms … each time, and
    since each easy file halves it again, one slow file is soon forgotten. It saves calls, not time: an
    attempt that comes too early costs little but the call.

    `policy` is a sentence of the policy language; its clause ``for … shared`` is the budget. The
    default is one of 30 s, what was enough for a single package where 10 s were not (uv#21522).
    """
    made = avoiding("shared-budget", None, policy)
    return dataclasses.replace(made, wait=wait_from_experience(made.wait))
