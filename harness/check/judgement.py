"""Judge one expectation by the trials of one subject: as expected, not as expected, or unknown.

Unknown is no pass: it is the verdict where nothing was held, a trial broke, or the interval of a share
is too wide to tell, and where the check itself raises, as with Jepsen's (`jepsen.checker`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from harness.summary.rate_words import rate_words
from harness.summary.statistics import effective_number, wilson
from harness.text import counted, joined, milliseconds, percent

if TYPE_CHECKING:
    from harness.check.observation import Observation
    from harness.scenario.expect_model import Expectation

Verdict = Literal["as expected", "not as expected", "unknown"]
_UNDECIDED: Final = "the trials are too few to tell; more --blocks would"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on an expectation, and the trials that it rests on.

    `failures` of `trials` failed; `effective_trials` is the size of the sample, where trials of one draw
    are repeated measurements. `reason` is a sentence where the verdict is not ``as expected``.
    """

    verdict: Verdict
    reason: str = ""
    failures: int = 0
    trials: int = 0
    effective_trials: float = 0.0

    @property
    def evidence(self) -> str:
        """The failures with their 95 % interval, in words."""
        return rate_words(self.failures, self.trials, self.effective_trials)


def judge(expected: Expectation, observed: Sequence[Observation], *, injected: bool) -> Judgement:
    """Judge an expectation by all trials of one subject in one case.

    `injected`: the profile holds something, so that trials without a hold say nothing of it, unless the
    expectation counts all. An exception on the way yields ``unknown``.
    """
    try:
        return _judge(expected, observed, injected=injected)
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing was decided
        return Judgement("unknown", f"the check itself failed: {type(error).__name__}: {error}")


def _judge(expected: Expectation, observed: Sequence[Observation], *, injected: bool) -> Judgement:
    about = [each for each in observed if expected.factors.items() <= dict(each.factors).items()]
    broken = [each for each in about if each.why_not is not None]
    valid = [each for each in about if each.why_not is None]
    counting = [each for each in valid if each.held] if injected and expected.trials == "held" else valid
    failed = [each for each in counting if each.failed]
    size = effective_number(Counter(each.draw for each in counting).values())
    if wrong := [
        *_wrong_share(expected, len(failed), len(counting), size),
        *_wrong_kind(expected, failed),
        *_wrong_time(expected, counting),
        *_wrong_recovery(expected, failed),
    ]:
        verdict: Verdict = "not as expected"
        reason = "; ".join(wrong)
    else:
        reason = _why_unknown(expected, len(failed), counting, size, len(valid), broken)
        verdict = "unknown" if reason else "as expected"
    return Judgement(verdict, reason, len(failed), len(counting), size)


def _wrong_share(expected: Expectation, failures: int, trials: int, size: float) -> Iterator[str]:
    """Yield why the share of failures is certainly not the expected one."""
    if not trials:
        return
    match expected.fails:
        case "always" if failures < trials:
            yield f"{counted(trials - failures, 'trial')} succeeded"
        case "never" if failures:
            yield f"{counted(failures, 'trial')} failed"
        case "sometimes":
            low, high = wilson(failures / trials * size, size)
            if expected.at_least is not None and high < expected.at_least:
                yield f"fails less often than {percent(expected.at_least)} %"
            if expected.at_most is not None and low > expected.at_most:
                yield f"fails more often than {percent(expected.at_most)} %"


def _wrong_kind(expected: Expectation, failed: Sequence[Observation]) -> Iterator[str]:
    """Yield which failures are not of the expected kind."""
    if expected.codes is not None:
        yield from _others("ended with", failed, lambda each: each.codes or {0}, expected.codes)
    if expected.outcomes is not None:
        yield from _others("ended as", failed, lambda each: {each.outcome}, expected.outcomes)
    if expected.left is not None:
        yield from _others("left", failed, lambda each: {each.left}, expected.left)


def _wrong_time(expected: Expectation, counting: Sequence[Observation]) -> Iterator[str]:
    """Yield how many trials took less or more time than expected, with the one that is farthest off."""
    times = [each.elapsed_ms for each in counting if each.elapsed_ms is not None]
    least, most = expected.takes_at_least_ms, expected.takes_at_most_ms
    if least is not None and (short := [time for time in times if time < least]):
        yield f"{len(short):,} took less than {milliseconds(least)}, down to {milliseconds(min(short))}"
    if most is not None and (long := [time for time in times if time > most]):
        yield f"{len(long):,} took more than {milliseconds(most)}, up to {milliseconds(max(long))}"


def _wrong_recovery(expected: Expectation, failed: Sequence[Observation]) -> Iterator[str]:
    """Yield how many installs that failed did not succeed later as expected."""
    runs = [each.recovered_in for each in failed]
    found = sorted(run for run in runs if run is not None)
    if expected.recovers == "never" and found:
        yield f"{len(found):,} succeeded when run again, the first in run {found[0]}"
    if expected.recovers == "always":
        if len(found) < len(runs):
            yield f"{len(runs) - len(found):,} did not succeed when run again"
        first, last = expected.recovers_from_run, expected.recovers_by_run
        if first is not None and (early := [run for run in found if run < first]):
            yield f"{len(early):,} succeeded before run {first}, in run {early[0]}"
        if last is not None and (late := [run for run in found if run > last]):
            yield f"{len(late):,} succeeded after run {last}, in run {late[-1]}"


def _others(
    words: str,
    failed: Sequence[Observation],
    found: Callable[[Observation], Collection[object]],
    wanted: Collection[object],
) -> Iterator[str]:
    """Yield what failures had instead of one of `wanted`, with their number."""
    other = Counter(
        joined(sorted(str(each or "no code") for each in found(observation)))
        for observation in failed
        if not set(found(observation)) <= set(wanted)
    )
    if other:
        spelled = [f"{number:,} {words} {what}" for what, number in other.most_common()]
        yield f"{joined(spelled, most=3)} instead of {joined([*map(str, wanted)], ' or ')}"


def _why_unknown(
    expected: Expectation,
    failures: int,
    counting: Sequence[Observation],
    size: float,
    valid: int,
    broken: Sequence[Observation],
) -> str:
    """Say why nothing is decided; empty if it is."""
    if broken:
        return f"{counted(len(broken), 'trial')} did not count ({broken[0].why_not})"
    if not valid:
        return "no trial was made"
    if not (trials := len(counting)):
        return f"no hold met an operation in {counted(valid, 'trial')}"
    if expected.is_about_time and any(each.elapsed_ms is None for each in counting):
        return "it is not known how long the trials took"
    if expected.fails != "sometimes":
        return ""
    low, high = wilson(failures / trials * size, size)
    too_low = expected.at_least is not None and low < expected.at_least
    too_high = expected.at_most is not None and high > expected.at_most
    return _UNDECIDED if too_low or too_high else ""
