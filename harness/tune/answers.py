"""The answer to a question about a default, in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from harness.text import counted, joined, milliseconds, percent
from harness.tune.question import FREE

if TYPE_CHECKING:
    from harness.tune.certainty import Certainty
    from harness.tune.evaluate import Outcome
    from harness.tune.shipped import Shipped
    from harness.tune.tuning import Tuning

_SAME: Final = 1e-9


def answers(found: Tuning) -> Iterator[str]:
    """Say what to take, what it gains, how near it is to the best, and how sure that is."""
    held = found.holds.held
    chosen = found.recommended.schedule
    outcome = chosen.outcome
    yield (
        f"It fails in {percent(outcome.failure)} % of operations, waits {_wait(outcome, held)} beyond "
        "the release of a hold, and reports a permanent denial after "
        f"{milliseconds(outcome.denied_ms)}, with {counted(len(chosen.attempts_ms), 'attempt')}."
    )
    if not_shown := _not_shown(found.certainty, found.limits.max_failure):
        yield not_shown
    for names, today in _alike(found.today):
        yield _compared(names, today, outcome, held)
    yield _gap(found)
    if not found.today:
        yield _shipped(found)


def _wait(outcome: Outcome, held: float) -> str:
    return milliseconds(outcome.wait_ms / held if held > 0 else 0.0)


def _alike(today: Sequence[Shipped]) -> Iterator[tuple[str, Shipped]]:
    """Yield the names of strategies that do the same, joined, with one of them."""
    groups: dict[tuple[object, ...], list[Shipped]] = {}
    for each in today:
        groups.setdefault((each.outcome, each.retried), []).append(each)
    for same in groups.values():
        yield joined([each.name for each in same]), same[0]


def _compared(names: str, today: Shipped, outcome: Outcome, held: float) -> str:
    own = today.outcome
    several = " and " in names
    text = f"{names} now {'fail' if several else 'fails'} in {percent(own.failure)} %"
    if today.retried < 1 - _SAME:
        missed = "none" if not today.retried else f"{percent(today.retried)} %"
        does = "they retry" if several else "it retries"
        text += f" ({does} {missed} of the errors that these holds cause)"
    if today.retried:
        s = "" if several else "s"
        text += (
            f", wait{s} {_wait(own, held)} and report{s} a denial after {milliseconds(own.denied_ms)}"
        )
    else:
        text += f" and {'report' if several else 'reports'} that at once"
    changes = []
    if abs(own.failure - outcome.failure) > _SAME:
        word = "fewer" if own.failure > outcome.failure else "more"
        changes.append(f"{percent(abs(own.failure - outcome.failure))} percentage points {word} fail")
    if own.wait_ms > outcome.wait_ms + _SAME:
        changes.append(f"the wait is {percent(1 - outcome.wait_ms / own.wait_ms)} % shorter")
    elif outcome.wait_ms > own.wait_ms + _SAME and own.failure <= outcome.failure + _SAME:
        changes.append("the wait is longer")
    if own.denied_ms > outcome.denied_ms + _SAME:
        changes.append(f"a denial is reported {milliseconds(own.denied_ms - outcome.denied_ms)} sooner")
    elif outcome.denied_ms > own.denied_ms + _SAME:
        changes.append(f"a denial is reported {milliseconds(outcome.denied_ms - own.denied_ms)} later")
    return f"{text}: with the recommendation {joined(changes)}." if changes else f"{text}: the same."


def _gap(found: Tuning) -> str:
    best, chosen = found.best, found.recommended.schedule
    held = found.holds.held
    if found.prices != FREE:
        cost, least = chosen.outcome.cost_ms(found.prices), best.outcome.cost_ms(found.prices)
        more = "" if chosen.gap is None else f" ({percent(chosen.gap)} % more)"
        return (
            f"At these prices an operation costs {milliseconds(cost)}; with the best of all schedules "
            f"{milliseconds(least)}{more}."
        )
    text = f"The best of all schedules within the limits waits {_wait(best.outcome, held)}"
    if best.least_cost_ms < best.outcome.wait_ms - _SAME:
        text += f" (no schedule waits less than {milliseconds(best.least_cost_ms / held, 'down')})"
    if chosen.gap is None:
        return f"{text}."
    more_ms = (chosen.outcome.wait_ms - best.outcome.wait_ms) / held
    near = " and is simpler" if chosen.family != "list" else ""
    return (
        f"{text}: the recommendation waits {milliseconds(more_ms)} ({percent(chosen.gap)} %) more{near}."
    )


def _shipped(found: Tuning) -> str:
    fitting = [each for each in found.shipped if each.fits]
    if fitting and found.prices != FREE:
        cost = milliseconds(fitting[0].outcome.cost_ms(found.prices))
        return f"Of {len(found.shipped)} shipped strategies {fitting[0].name} costs least, {cost}."
    text = (
        f"{len(fitting)} of {len(found.shipped)} shipped strategies are within the limits on failures "
        "and on the time of a denial"
    )
    if not fitting:
        return f"{text}."
    best = fitting[0]
    return (
        f"{text}; of these {best.name} waits least, {_wait(best.outcome, found.holds.held)}, with "
        f"{counted(best.attempts, 'attempt')}."
    )


def _not_shown(sure: Certainty | None, max_failure: float) -> str:
    if sure is None:
        return ""
    up_to = "-" if sure.failure.high is None else percent(sure.failure.high, "up")
    number = counted(sure.independent, "independent observation")
    if sure.supports:
        return f"With {number}, up to {up_to} % may fail (95 %)."
    return (
        f"{number} cannot show failures as rare as "
        f"{percent(max_failure)} %: up to {up_to} % may fail (95 %), and "
        f"{sure.trials_needed:,} without a failure would show it."
    )
