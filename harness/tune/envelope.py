"""The least cost of schedules on given times, by a lower envelope of lines: exact, in linear time.

With F the share released by a time and M its part of the mean, an attempt at `t` after one at `s` costs
t (F(t) - F(s)) - (M(t) - M(s)) of waiting. What a time costs given the attempt before it is therefore a
line in `t` with slope -F(s): slopes fall and times rise, so that a moving pointer finds each minimum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Costs = list[float]


def cheapest_ends(  # noqa: C901, PLR0912, PLR0915 - the inner loop, which calls would make twice as slow
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
    lines: list[tuple[float, float, int]] = []  # slope, height, place: those that are least somewhere
    size = pointer = pushed = 0
    for place in range(1 if own else 0, count):
        time = times[place]
        limit = time if latest is None else latest[place]
        while pushed < place and times[pushed] <= limit:
            cost = source[pushed]
            if cost < math.inf:
                slope = share[pushed]
                height = cost + ended[pushed] + per_attempt * (1 - slope)
                if size:
                    last_slope, last_height, _ = lines[-1]
                    if slope <= last_slope:
                        if height >= last_height:
                            pushed += 1
                            continue
                        lines.pop()
                        size -= 1
                        if size:
                            last_slope, last_height, _ = lines[-1]
                while size > 1:
                    first_slope, first_height, _ = lines[-2]
                    if (height - first_height) * (last_slope - first_slope) > (
                        last_height - first_height
                    ) * (slope - first_slope):
                        break
                    lines.pop()
                    size -= 1
                    last_slope, last_height = first_slope, first_height
                lines.append((slope, height, pushed))
                size += 1
            pushed += 1
        if not size:
            continue
        if pointer >= size:
            pointer = size - 1
        slope, height, before_it = lines[pointer]
        found = height - time * slope
        for after in range(pointer + 1, size):
            slope, height, other = lines[after]
            if height - time * slope > found:
                break
            found = height - time * slope
            pointer, before_it = after, other
        costs[place] = found + time * share[place] - ended[place]
        chosen[place] = before_it
    return costs, chosen
