"""The least cost of schedules on given times, by a lower envelope of lines: exact, in linear time.

With F the share released by a time and M its part of the mean, an attempt at `t` after one at `s` costs
t (F(t) - F(s)) - (M(t) - M(s)) of waiting. What a time costs given the attempt before it is therefore a
line in `t` with slope -F(s): slopes fall and times rise, so that a moving pointer finds each minimum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Costs = list[float]


def cheapest_ends(  # noqa: C901 - the inner loop, which calls would make twice as slow
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
    own = before is None
    source: Sequence[float]
    costs = [math.inf] * count
    if own:
        costs[0] = per_attempt + times[0] * share[0] - ended[0]
    source = costs if before is None else before
    chosen = [-1] * count
    slopes: list[float] = []
    heights: list[float] = []
    lines: list[int] = []
    pointer = 0
    pushed = 0
    for place in range(1 if own else 0, count):
        time = times[place]
        limit = time if latest is None else latest[place]
        while pushed < place and times[pushed] <= limit:
            cost = source[pushed]
            if cost < math.inf:
                slope = share[pushed]
                height = cost + ended[pushed] + per_attempt * (1 - slope)
                if slopes and slope <= slopes[-1]:
                    if height >= heights[-1]:
                        pushed += 1
                        continue
                    slopes.pop(), heights.pop(), lines.pop()
                while len(slopes) > 1 and (height - heights[-2]) * (slopes[-1] - slopes[-2]) <= (
                    heights[-1] - heights[-2]
                ) * (slope - slopes[-2]):
                    slopes.pop(), heights.pop(), lines.pop()
                slopes.append(slope)
                heights.append(height)
                lines.append(pushed)
            pushed += 1
        last = len(slopes) - 1
        if last < 0:
            continue
        pointer = min(pointer, last)
        found = heights[pointer] - time * slopes[pointer]
        while pointer < last:
            other = heights[pointer + 1] - time * slopes[pointer + 1]
            if other > found:
                break
            found = other
            pointer += 1
        costs[place] = found + time * share[place] - ended[place]
        chosen[place] = lines[pointer]
    return costs, chosen
