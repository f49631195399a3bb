"""The least cost of schedules on given times, by a lower envelope of lines: exact, in m log m steps.

With F the share released by a time and M its part of the mean, an attempt at `t` after one at `s` costs
t (F(t) - F(s)) - (M(t) - M(s)) of waiting. What a time costs given the attempt before it is therefore a
line in `t` with slope -F(s). Later lines fall faster: each is least from some time on until the next is.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

Costs = list[float]


def cheapest_ends(
    times: Sequence[float],
    share: Sequence[float],
    ended: Sequence[float],
    *,
    before: Sequence[float] | None = None,
    latest: Sequence[float] | None = None,
    per_attempt: float = 0.0,
) -> tuple[Costs, list[int]]:
    """Return for each time the least cost of a schedule whose last attempt is then, and the one before.

    `share` and `ended` are F and M at the times. `before` has the costs up to the attempt before, which
    with ``None`` are those that this returns: schedules of any number of attempts, the first at the
    first time. `latest` says for each time until when the attempt before may be, and ascends; with
    ``None`` it may be at any earlier time. `per_attempt` is the price of an attempt. A cost is ``inf``
    where there is no schedule.
    """
    count = len(times)
    costs = [math.inf] * count
    chosen = [-1] * count
    first = 0
    if before is None:
        costs[0] = per_attempt + times[0] * share[0] - ended[0]
        before, first = costs, 1
    pushed = 0
    slopes: list[float] = []
    heights: list[float] = []
    begins: list[float] = []  # from then on the line is least
    places: list[int] = []
    for place in range(first, count):
        time = times[place]
        limit = time if latest is None else latest[place]
        while pushed < place and times[pushed] <= limit:
            slope = share[pushed]
            height = before[pushed] + ended[pushed] + per_attempt * (1 - slope)
            begin = -math.inf
            while slopes:
                if slope > slopes[-1]:
                    begin = (height - heights[-1]) / (slope - slopes[-1])
                elif height >= heights[-1]:
                    begin = math.inf
                if begin > begins[-1]:
                    break
                del slopes[-1], heights[-1], begins[-1], places[-1]
                begin = -math.inf
            if begin < math.inf and height < math.inf:
                slopes.append(slope)
                heights.append(height)
                begins.append(begin)
                places.append(pushed)
            pushed += 1
        if slopes:
            line = bisect_right(begins, time) - 1
            costs[place] = heights[line] - time * slopes[line] + time * share[place] - ended[place]
            chosen[place] = places[line]
    return costs, chosen
