"""A choice in sentences: what to take, what fails, what it costs, how sure that is, what is surer."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from harness.summary.choose import HARM_COUNTS, severity
from harness.summary.compare import WRONG
from harness.summary.conclusion import FactorChoice, Sentence, Standing, StrategyChoice
from harness.summary.model import MOST_PARAMETERS
from harness.summary.phrase import Part, Phrase
from harness.summary.rate_words import failure_groups, named, rate_words
from harness.summary.time_words import longer, mixed_words
from harness.summary.unheld import Unheld
from harness.summary.unheld_words import control_words, unheld_words
from harness.text import assumed_calls, counted, joined, milliseconds

PLATFORM: Final = {
    "emulated": "emulated, so no measurement of Windows",
    "wine": "under Wine, so no measurement of Windows",
    "windows": "on Windows",
}
MOST_ADVISED: Final = 10_000
"""More blocks than that nobody runs: the strategies differ by just what matters, or hardly."""


@dataclass(frozen=True)
class Circumstances:
    """What a case was measured with: `blocks` that count, the `platform`, and its holds.

    `assumed`: the parameters of the holds that are. `cost_ms`: the assumed time of a call. `unheld`: why
    injected holds met no operation, if none did. `untried`: strategies that have no trial yet, in a run
    that was interrupted.
    """

    blocks: int
    platform: str
    injected: bool
    assumed: Sequence[str]
    cost_ms: float | None
    unheld: Unheld = "none drawn"
    untried: Sequence[str] = ()


def sentences(
    choice: StrategyChoice, by_factors: Sequence[FactorChoice], seen: Circumstances
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


def _answer(choice: StrategyChoice, seen: Circumstances) -> Iterator[Phrase]:
    if seen.untried:
        verb = "has" if len(seen.untried) == 1 else "have"
        yield ("Not all was tried: ", *named(seen.untried), f" {verb} no trial yet. Of the others:")
    match choice.answer:
        case "no trials":
            yield ("No trial counts here, so there is no answer.",)
        case "not comparable":
            yield ("No answer: holds end with the strategy's own failures here.",)
        case "nothing held" if seen.unheld == "control":
            yield (control_words(choice),)
        case "nothing held":
            yield (f"No answer: {unheld_words(choice, seen)}.",)
        case "all fail":
            yield from _all_failed(choice)
        case "one strategy":
            only = _only(choice)
            alone = "alone was run" if len(choice.standings) == 1 else "alone met a hold"
            yield (
                *named([only.name]),
                f" {alone}, and failed {_rate(only)}; nothing to compare it with.",
            )
        case _:
            yield from _take(choice, seen)


_CHOSEN_FOR: Final = {
    "calls": "makes the fewest calls",
    "order": "is named first",
    "speed": "is the fastest",
}


def _take(choice: StrategyChoice, seen: Circumstances) -> Iterator[Phrase]:
    taken = _standing(choice, choice.take)
    rivals = [
        each for each in choice.standings if each.place in {"tie", "undecided", "slower", "faster"}
    ]
    slower = any(each.place == "slower" for each in rivals)
    first = all(_ms(taken) <= _ms(each) for each in rivals)
    fastest = " and is the fastest of those that fail as rarely" if slower and first else ""
    yield (
        "Take ",
        *named([taken.name]),
        f": it {_how_rarely(taken, choice)} ({_rate(taken)}){fastest}.",
    )
    if choice.tied:
        blocks = f"{counted(seen.blocks, 'block')} show{'s' * (seen.blocks == 1)}"
        chosen: Phrase = ()
        if choice.chosen_for:
            chosen = (" Of these, ", *named([taken.name]), f" {_CHOSEN_FOR[choice.chosen_for]}.")
        yield (
            *named(choice.tied),
            f" tie{_s(choice.tied)} with it: {blocks} no difference that matters.",
            *chosen,
        )
    if faster := [each.name for each in choice.standings if each.place == "faster"]:
        are = _is(len(faster))
        yield (*named(faster), f" {are} faster, and failed more often by less than what matters.")
    yield from _undecided(choice, seen, taken)


def _rate(standing: Standing) -> str:
    return rate_words(standing.failures, standing.trials, standing.effective_trials)


def _tried(choice: StrategyChoice) -> list[Standing]:
    return [each for each in choice.standings if each.place not in {"never held", "no trials"}]


def _only(choice: StrategyChoice) -> Standing:
    (only,) = _tried(choice)
    return only


def _how_rarely(taken: Standing, choice: StrategyChoice) -> str:
    """What is true of its failures beside those of all that were tried."""
    others = [each for each in _tried(choice) if each != taken]
    least = min((each.failure_rate for each in others), default=math.inf)
    if not taken.failures:
        return "never failed"
    if taken.failure_rate < least:
        return "failed least"
    if taken.failure_rate == least:
        return "failed as rarely as any"
    if _harmed(taken) < min(map(_harmed, others)):
        return "did the least harm"
    return f"did best, where a lost or damaged file counts as {HARM_COUNTS} failures"


def _harmed(standing: Standing) -> float:
    """The share of its trials that lost or damaged a file."""
    return (standing.lost + standing.damaged) / standing.trials if standing.trials else 0.0


def severity_of(standing: Standing) -> float:
    """Its `harness.summary.choose.severity`."""
    return severity(standing.failures, standing.lost + standing.damaged, standing.trials)


def _ms(standing: Standing) -> float:
    return math.inf if standing.median_ms is None else standing.median_ms


def _undecided(choice: StrategyChoice, seen: Circumstances, taken: Standing) -> Iterator[Phrase]:
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


def _all_failed(choice: StrategyChoice) -> Iterator[Phrase]:
    tried = _tried(choice)
    held = "" if len(tried) == len(choice.standings) else " that met a hold"
    yield (f"None helps: every strategy{held} failed every trial.",)
    harmless = [each for each in tried if not each.lost and not each.damaged]
    pool = harmless or tried
    soonest = min(pool, key=lambda each: each.mean_failing_ms)
    least = [each.name for each in pool if each.mean_failing_ms <= soonest.mean_failing_ms * 1.1 + 1e-9]
    if len(least) < len(tried):
        time = milliseconds(soonest.mean_failing_ms)
        kept = f", and keep{_s(least)} the old file" if len(harmless) < len(tried) and harmless else ""
        yield (*named(least), f" give{_s(least)} up soonest, after {time}{kept}.")


def _with_factors(choice: StrategyChoice, by_factors: Sequence[FactorChoice]) -> Iterator[Phrase]:
    """Where the answer differs with the factors: what it is there."""
    found: dict[Phrase, list[str]] = defaultdict(list)
    for each in by_factors:
        if said := _with_these(choice, each):
            found[said].append(each.factors)
    for said, factors in found.items():
        yield ("With ", *named(factors, "or"), *said, ".")


def _with_these(choice: StrategyChoice, here: FactorChoice) -> Phrase:
    as_good = {here.take, *here.tied, *here.undecided}
    worse = [name for name in choice.undecided if name not in as_good]
    match here.answer:
        case "nothing held" if choice.answer != "nothing held":
            held = any(each.held for each in here.standings)
            return (" what was held blocked no call",) if held else (" nothing was held",)
        case "all fail" if choice.answer != "all fail":
            return (" every strategy failed every trial",)
        case "one strategy" if choice.answer != "one strategy":
            return (" only ", *named([_only(here).name]), " met a hold")
        case "take" if choice.take not in as_good:
            ties: Phrase = (
                (" (", *named(here.tied), f" tie{_s(here.tied)} with it)") if here.tied else ()
            )
            return (": take ", *named([str(here.take)]), *ties)
        case "take" if worse:
            return (" the blocks decide against ", *named(worse))
        case _:
            return ()


def _failures(choice: StrategyChoice) -> Iterator[Phrase]:
    """Who failed, most first; who lost files; who was never tried."""
    tried = _tried(choice)
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


def _costs(choice: StrategyChoice, seen: Circumstances) -> Iterator[Phrase]:
    if choice.answer not in {"take", "one strategy"}:
        return
    taken = _standing(choice, choice.take) if choice.take is not None else _only(choice)
    assumed = ""
    if seen.cost_ms and taken.median_ms is not None:
        share = taken.mean_calls * seen.cost_ms
        if share >= 0.1 * taken.median_ms:
            assumed = f"; {assumed_calls(taken.mean_calls, seen.cost_ms)} are in it"
    yield (*named([taken.name]), f" {_takes(taken)}{assumed}.")
    beside = [each for each in choice.standings if each.against is not None]
    slower = [
        (*named([each.name]), f" {longer(each.against.time)}")
        for each in beside
        if each.place == "slower" and each.against and not mixed_words(each.against.time)
    ]
    if slower:
        yield ("Slower: ", *_in_a_row(slower), ".")
    mixed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in beside:
        words = mixed_words(each.against.time) if each.against else ""
        if words and each.place in {"slower", "faster", "tie", "undecided"}:
            mixed["on the whole slower, " if each.place == "slower" else "", words].append(each.name)
    for (whole, words), names in mixed.items():
        yield (*named(names), f" {_is(len(names))} {whole}{words}.")


def _takes(taken: Standing) -> str:
    """The time that it takes, as far as it was reached, and its attempts."""
    attempts = counted(taken.mean_attempts, "attempt")
    times = {"median": taken.median_ms, "95th percentile": taken.p95_ms}
    known = [f"{milliseconds(ms)} at the {name}" for name, ms in times.items() if ms != math.inf]
    missing = [name for name, ms in times.items() if ms == math.inf]
    words = f"takes {', '.join([*known, f'and {attempts}' if known else attempts])}"
    if not missing:
        return words
    return f"{words} (the {joined(missing)} {_is(len(missing))} not reached)"


def _sure(choice: StrategyChoice, seen: Circumstances) -> Phrase:
    kind = "with injected holds" if seen.injected else "with the machine's own holds"
    if seen.unheld == "control":
        kind = "without a hold profile"
    how = "compared block by block"
    if not seen.injected:
        how = "compared by blocks, which have the time in common and not the holds"
    unpaired = [each.name for each in choice.standings if each.against and not each.against.paired]
    if len(unpaired) == sum(each.against is not None for each in choice.standings) > 0:
        how = "without common blocks, so compared as independent samples"
    elif unpaired:
        how += f" ({joined(unpaired)}: too few in common, so as independent samples)"
    compared = f", {how}{_confidence(choice)}" if choice.answer == "take" else ""
    words = f"{counted(seen.blocks, 'block')} {kind}{compared}; {PLATFORM[seen.platform]}."
    return (words,)


def _confidence(choice: StrategyChoice) -> str:
    number = len(_tried(choice))
    pairs = number * (number - 1) // 2
    return f", at {100 * (1 - WRONG):g} % confidence{f' in all {pairs} pairs together' * (pairs > 1)}"


def _surer(choice: StrategyChoice, seen: Circumstances) -> Phrase:
    ways: list[str] = []
    needed = [
        each.against.blocks_needed
        for each in choice.standings
        if each.place == "undecided" and each.against and each.against.blocks_needed
    ]
    if needed:
        ways.append(f"{many_blocks(max(needed))} to decide what is undecided")
    if seen.platform != "windows":
        ways.append("a run on Windows")
    if seen.assumed:
        are = f"{joined(seen.assumed, most=MOST_PARAMETERS)} {_is(len(seen.assumed))}"
        ways.append(f"measured holds (here {are} assumed)")
    if not seen.injected:
        ways.append("injected holds, which are the same for all strategies")
    text = "; ".join(ways or ["more blocks, and other profiles"])
    return (f"{text[0].upper()}{text[1:]}.",)


def _standing(choice: StrategyChoice, name: str | None) -> Standing:
    return next(each for each in choice.standings if each.name == name)


def _in_a_row(phrases: Iterable[Phrase]) -> Phrase:
    parts: list[Part] = []
    for phrase in phrases:
        parts += ["; ", *phrase]
    return tuple(parts[1:])


def _s(subjects: Sequence[str]) -> str:
    """The ending of a verb."""
    return "s" if len(subjects) == 1 else ""


def many_blocks(needed: int) -> str:
    """The number of blocks that is advised: ``about 191 blocks``, ``more than 10,000 blocks``."""
    if needed > MOST_ADVISED:
        return f"more than {counted(MOST_ADVISED, 'block')}"
    return f"about {counted(needed, 'block')}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _was(subjects: Sequence[str]) -> str:
    return "was" if len(subjects) == 1 else "were"
