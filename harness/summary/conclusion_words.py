"""A choice in sentences: what to take, what fails, what it costs, how sure that is, what is surer."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from harness.summary.conclusion import Choice, Difference, FactorChoice, Sentence, Standing
from harness.summary.model import MOST_PARAMETERS
from harness.summary.phrase import Part, Phrase, Value
from harness.summary.rate_words import failure_groups, named, rate_words
from harness.text import assumed_calls, counted, joined, milliseconds

PLATFORM: Final = {
    "emulated": "emulated, so no measurement of Windows",
    "wine": "under Wine, so no measurement of Windows",
    "windows": "on Windows",
}


@dataclass(frozen=True)
class Circumstances:
    """What a case was measured with: `blocks` that count, the `platform`, and its holds.

    `assumed`: the parameters of the holds that are. `cost_ms`: the assumed time of a call.
    """

    blocks: int
    platform: str
    injected: bool
    assumed: Sequence[str]
    cost_ms: float | None


def sentences(
    choice: Choice, by_factors: Sequence[FactorChoice], seen: Circumstances
) -> Iterator[Sentence]:
    """The conclusion of a case in words, the answer first."""
    for phrase in (*_answer(choice, seen), *_with_factors(choice, by_factors)):
        yield Sentence(about="take", phrase=phrase)
    for phrase in _failures(choice):
        yield Sentence(about="fails", phrase=phrase)
    for phrase in _costs(choice, seen):
        yield Sentence(about="costs", phrase=phrase)
    if choice.answer not in {"no trials", "not comparable", "nothing held"}:
        yield Sentence(about="sure", phrase=_sure(choice, seen))
        yield Sentence(about="surer", phrase=_surer(choice, seen))


def _answer(choice: Choice, seen: Circumstances) -> Iterator[Phrase]:
    match choice.answer:
        case "no trials":
            yield ("No trial counts here, so there is no answer.",)
        case "not comparable":
            yield ("No answer: holds end with the strategy's own failures here.",)
        case "nothing held":
            if any(each.held for each in choice.standings):
                yield ("No answer: what was held got in nobody's way; every first attempt succeeded.",)
            else:
                yield ("No answer: no operation met a hold, so no strategy was tested.",)
        case "all fail":
            yield from _all_failed(choice)
        case "one strategy":
            (only,) = choice.standings
            rate = rate_words(only.failures, only.trials, only.effective_trials)
            yield (Value(only.name), f" alone was run, and failed {rate}; nothing to compare it with.")
        case _:
            yield from _take(choice, seen)


_CHOSEN_FOR: Final = {
    "calls": "makes the fewest calls",
    "order": "is named first",
    "speed": "is the fastest",
}


def _take(choice: Choice, seen: Circumstances) -> Iterator[Phrase]:
    taken = _standing(choice, choice.take)
    rate = rate_words(taken.failures, taken.trials, taken.effective_trials)
    slower = any(each.place == "slower" for each in choice.standings)
    rivals = [each for each in choice.standings if each.place in {"tie", "undecided"}]
    first = all(_ms(taken) <= _ms(each) for each in rivals)
    fastest = " and is the fastest of those that fail as rarely" if slower and first else ""
    yield ("Take ", Value(taken.name), f": it {_how_rarely(taken, choice)} ({rate}){fastest}.")
    if choice.tied:
        why = _CHOSEN_FOR[choice.chosen_for]
        yield (
            *named(choice.tied),
            (
                f" tie{_s(choice.tied)} with it: {counted(seen.blocks, 'block')} "
                f"tell{'s' * (seen.blocks == 1)} no difference. "
                "Of these, "
            ),
            Value(taken.name),
            f" {why}.",
        )
    yield from _undecided(choice, seen, taken)


def _how_rarely(taken: Standing, choice: Choice) -> str:
    """What is true of its failures beside those of all that were tried."""
    others = [each for each in choice.standings if each.place not in {"take", "never held", "no trials"}]
    least = min((each.failure_rate for each in others), default=math.inf)
    if not taken.failures:
        return "never failed"
    if taken.failure_rate < least:
        return "failed least"
    if taken.failure_rate == least:
        return "failed as rarely as any"
    if any(_harmed(each) > _harmed(taken) for each in others):
        return "does the least harm"
    return "fails hardly more often than any"


def _harmed(standing: Standing) -> float:
    """The share of its trials that lost or damaged a file."""
    return (standing.lost + standing.damaged) / standing.trials if standing.trials else 0.0


def _ms(standing: Standing) -> float:
    return math.inf if standing.median_ms is None else standing.median_ms


def _undecided(choice: Choice, seen: Circumstances, taken: Standing) -> Iterator[Phrase]:
    those = [each for each in choice.standings if each.place == "undecided"]
    too_few = f"{counted(seen.blocks, 'block')} {_is(seen.blocks)} too few to be sure."
    harmed = [each.name for each in those if _harmed(each) > _harmed(taken)]
    if harmed:
        yield (*named(harmed), f" lost or damaged files more often, but {too_few}")
    failed = [
        each.name for each in those if each.failure_rate > taken.failure_rate and each.name not in harmed
    ]
    if failed:
        yield (*named(failed), f" failed more often, but {too_few}")
    if rest := [each.name for each in those if each.name not in {*harmed, *failed}]:
        blocks = f"{counted(seen.blocks, 'block')} do{'es' * (seen.blocks == 1)} not settle it."
        yield (*named(rest), f" may be as good: {blocks}")


def _all_failed(choice: Choice) -> Iterator[Phrase]:
    tried = [each for each in choice.standings if each.trials and each.place != "never held"]
    yield ("None helps: every strategy failed every trial.",)
    harmless = [each for each in tried if not each.lost and not each.damaged]
    pool = harmless or tried
    soonest = min(pool, key=lambda each: each.mean_failing_ms)
    least = [each.name for each in pool if each.mean_failing_ms <= soonest.mean_failing_ms * 1.1 + 1e-9]
    if len(least) < len(tried):
        time = milliseconds(soonest.mean_failing_ms)
        kept = f", and keep{_s(least)} the old file" if len(harmless) < len(tried) and harmless else ""
        yield (*named(least), f" give{_s(least)} up soonest, after {time}{kept}.")


def _with_factors(choice: Choice, by_factors: Sequence[FactorChoice]) -> Iterator[Phrase]:
    """Where the answer differs with the factors: what it is there."""
    names = tuple[str, ...]
    found: dict[tuple[str, str | None, names, names], list[str]] = defaultdict(list)
    for each in by_factors:
        found[each.answer, each.take, tuple(each.tied), tuple(each.undecided)].append(each.factors)
    for (answer, take, tied, undecided), factors in found.items():
        start = ("With ", *named(factors, "or"))
        if answer == "nothing held":
            yield (*start, " nothing was held.")
        elif answer == "all fail" and choice.answer != "all fail":
            yield (*start, " every strategy failed every trial.")
        elif answer == "take" and choice.take not in {take, *tied, *undecided}:
            assert take is not None  # noqa: S101 - of this answer
            ties: Phrase = (" (", *named(tied), f" tie{_s(tied)} with it)") if tied else ()
            yield (*start, ": take ", Value(take), *ties, ".")


def _failures(choice: Choice) -> Iterator[Phrase]:
    """Who failed, most first; who lost files; who was never tried."""
    tried = [each for each in choice.standings if each.place not in {"never held", "no trials"}]
    failed = [each for each in tried if each.failures]
    if failed and choice.answer not in {"all fail", "one strategy"}:
        groups = list(failure_groups(failed))[::-1]
        yield (*_in_a_row(groups), ".")
    yield from _harm([(each, each.lost) for each in tried], "lost the old file")
    yield from _harm([(each, each.damaged) for each in tried], "damaged what was there")
    unheld = [each.name for each in choice.standings if each.place == "never held"]
    if unheld and choice.answer != "nothing held":
        yield (*named(unheld), f" {_was(unheld)} never held, so no failure there is no result.")


def _harm(counts: Iterable[tuple[Standing, int]], verb: str) -> Iterator[Phrase]:
    """Who lost or damaged files, those with the same numbers together, most first."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for each, number in counts:
        if number:
            found[number, each.trials].append(each.name)
    worst_first = sorted(found, key=lambda key: -key[0] / key[1])
    rows = [
        (*named(found[number, trials]), f" {verb} in {number:,} of {counted(trials, 'trial')}")
        for number, trials in worst_first
    ]
    if rows:
        yield (*_in_a_row(rows), ".")


def _costs(choice: Choice, seen: Circumstances) -> Iterator[Phrase]:
    name = choice.take or (choice.standings[0].name if choice.answer == "one strategy" else None)
    if name is None:
        return
    taken = _standing(choice, name)
    calls = counted(taken.mean_attempts, "attempt")
    assumed = ""
    if seen.cost_ms and taken.median_ms is not None:
        share = taken.mean_calls * seen.cost_ms
        if share >= 0.1 * taken.median_ms:
            assumed = f"; {assumed_calls(taken.mean_calls, seen.cost_ms)} are in it"
    yield (
        Value(taken.name),
        (
            f" takes {_reached(taken.median_ms)} at the median, {_reached(taken.p95_ms)} at the "
            f"95th percentile, and {calls}{assumed}."
        ),
    )
    slower = [
        (Value(each.name), f" {_longer(each.against)}")
        for each in choice.standings
        if each.place == "slower" and each.against is not None
    ]
    if slower:
        yield ("Slower: ", *_in_a_row(slower), ".")


def _reached(time_ms: float | None) -> str:
    return "for ever" if time_ms == math.inf else milliseconds(time_ms)


def _longer(found: Difference) -> str:
    assert found.time_ms is not None  # noqa: S101 - it is slower
    if not found.time_ms:  # most blocks tell no difference
        return "in more blocks than it is faster"
    text = f"by {milliseconds(found.time_ms)}"
    if found.time_95 is not None and found.time_95.low != found.time_95.high:
        low, high = found.time_95
        text += f" ({milliseconds(low, 'down')} to {milliseconds(high, 'up')})"
    return text


def _sure(choice: Choice, seen: Circumstances) -> Phrase:
    kind = "injected holds" if seen.injected else "the machine's own holds"
    how = "compared block by block"
    if not seen.injected:
        how = "compared by blocks, which have the time in common and not the holds"
    unpaired = [each.name for each in choice.standings if each.against and not each.against.paired]
    if len(unpaired) == sum(each.against is not None for each in choice.standings) > 0:
        how = "without common blocks, so compared as independent samples"
    elif unpaired:
        how += f" ({joined(unpaired)}: too few in common, so as independent samples)"
    compared = f", {how}" if choice.answer == "take" else ""
    words = f"{counted(seen.blocks, 'block')} with {kind}{compared}; {PLATFORM[seen.platform]}."
    return (words,)


def _surer(choice: Choice, seen: Circumstances) -> Phrase:
    ways: list[str] = []
    needed = [
        each.against.blocks_needed
        for each in choice.standings
        if each.place == "undecided" and each.against and each.against.blocks_needed
    ]
    if needed:
        ways.append(f"about {counted(max(needed), 'block')} to decide what is undecided")
    if seen.platform != "windows":
        ways.append("a run on Windows")
    if seen.assumed:
        are = f"{joined(seen.assumed, most=MOST_PARAMETERS)} {_is(len(seen.assumed))}"
        ways.append(f"measured holds (here {are} assumed)")
    if not seen.injected:
        ways.append("injected holds, which are the same for all strategies")
    text = "; ".join(ways or ["more blocks, and other profiles"])
    return (f"{text[0].upper()}{text[1:]}.",)


def _standing(choice: Choice, name: str | None) -> Standing:
    return next(each for each in choice.standings if each.name == name)


def _in_a_row(phrases: Iterable[Phrase]) -> Phrase:
    parts: list[Part] = []
    for phrase in phrases:
        parts += ["; ", *phrase]
    return tuple(parts[1:])


def _s(subjects: Sequence[str]) -> str:
    """The ending of a verb."""
    return "s" if len(subjects) == 1 else ""


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _was(subjects: Sequence[str]) -> str:
    return "was" if len(subjects) == 1 else "were"
