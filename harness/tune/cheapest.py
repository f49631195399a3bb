"""The cheapest schedules on given times: computed once, chosen from at every limit and price of failure.

What may fail, and what failures and denials cost, decides only where a schedule ends. So the cheapest
schedules to each end, for each number of attempts, serve all the questions of a frontier.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.errors import InvalidInputError
from harness.tune.envelope import cheapest_ends
from harness.tune.releases import SAME, Floats

if TYPE_CHECKING:
    from harness.tune.question import Limits, Prices

_ROUNDED_MS: Final = 1e-9
"""Times that are a least gap apart may be less so by rounding."""


class Cheapest:
    """The cheapest schedules with attempts on `points`, by their last attempt and their number.

    `share` and `ended` are the shares released by the points and their parts of the mean. An attempt may
    follow another where its cell, from its point up to that of `ends`, goes on beyond the least gap.
    With `any_number`, attempts are not counted.
    """

    def __init__(
        self,
        points: Floats,
        ends: Floats,
        share: Floats,
        ended: Floats,
        *,
        least_gap_ms: float,
        attempt_price: float,
        any_number: bool,
    ) -> None:
        self.points = points
        self._share = share
        self._lists = (points.tolist(), share.tolist(), ended.tolist())
        latest = ends - least_gap_ms + _ROUNDED_MS
        self._latest = latest.tolist() if least_gap_ms > 0 else None
        self._attempt_price = attempt_price
        self._any_number = any_number
        alone = np.full(points.size, math.inf)
        alone[0] = attempt_price + points[0] * share[0] - ended[0]
        self._passes: list[tuple[Floats, list[int]]] = [(alone, [])]

    def within(self, limits: Limits, prices: Prices) -> tuple[float, list[int]]:
        """Return the least cost within limits and the places of its attempts: of equal ones, the fewest.

        Raises `InvalidInputError` if no schedule is within the limits.
        """
        beyond = prices.failure * (1 - self._share) + prices.denied * (self.points + limits.call_ms)
        final = int(np.searchsorted(self._share, 1 - limits.max_failure - SAME))
        best = math.inf
        best_path: list[int] = []
        # without a limit, the second pass has all numbers
        most = 2 if limits.max_attempts is None else limits.max_attempts
        for number in range(most if final < self.points.size else 0):
            totals = self._ending(number)[0][final:] + beyond[final:]
            place = int(np.argmin(totals))
            total = float(totals[place])
            if total < best - SAME * (1 + abs(best) if math.isfinite(best) else 0):
                best, best_path = total, self._path(final + place, number)
            if best <= SAME:
                break
        if not best_path:
            raise InvalidInputError(
                "no schedule of so few attempts that are so far apart reaches the failure limit",
                hint="Allow more attempts or a smaller gap.",
            )
        return best, best_path

    def _ending(self, number: int) -> tuple[Floats, list[int]]:
        """Return what schedules with so many retries cost by their last place, and the one before it."""
        while len(self._passes) <= number:
            before = None if self._any_number else self._passes[-1][0].tolist()
            costs, chosen = cheapest_ends(
                *self._lists, before=before, latest=self._latest, per_attempt=self._attempt_price
            )
            self._passes.append((np.array(costs), chosen))
        return self._passes[number]

    def _path(self, place: int, number: int) -> list[int]:
        """Return the places from the first to `place`, with so many retries."""
        path = [place]
        while path[-1] > 0:
            path.append(self._ending(number)[1][path[-1]])
            number -= not self._any_number
        return path[::-1]
