"""The schedule whose worst case is least, for somebody who knows nothing of the holds.

Keller's minimax inspection (Management Science 21 (1974) 256-260): whatever the release, an attempt
costs its price and a wait its length. The worst release is just after an attempt; all these are made
equal, so that each gap is shorter than the one before by the price of an attempt.
"""

from __future__ import annotations

from harness.errors import InvalidInputError


def minimax_schedule(
    budget_ms: float, max_attempts: int | None = None, attempt_price_ms: float = 0.0
) -> list[float]:
    """Return the attempts of the minimax schedule, the first at 0, the last at `budget_ms`.

    `attempt_price_ms` is the price of an attempt in milliseconds of waiting; without one, all gaps are
    equal, and `max_attempts` is needed. Raises `InvalidInputError` without either.
    """
    if attempt_price_ms <= 0 and max_attempts is None:
        raise InvalidInputError(
            "nothing limits the number of attempts", hint="Give a most number of attempts, or a price."
        )
    most = budget_ms if max_attempts is None else max_attempts - 1
    gaps = 1
    while gaps < most and (gaps + 1) * gaps / 2 * attempt_price_ms < budget_ms:
        gaps += 1
    if most < 1:
        return [0.0]
    first = budget_ms / gaps + attempt_price_ms * (gaps - 1) / 2
    times = [0.0]
    for number in range(gaps):
        times.append(times[-1] + first - attempt_price_ms * number)
    times[-1] = budget_ms
    return times


def worst_cost_ms(attempts_ms: list[float], attempt_price_ms: float = 0.0) -> float:
    """Return the most that a release by the last attempt can cost: attempts made, and the wait."""
    return max(
        (
            number * attempt_price_ms + (attempts_ms[number] - attempts_ms[number - 1])
            for number in range(1, len(attempts_ms))
        ),
        default=0.0,
    )
