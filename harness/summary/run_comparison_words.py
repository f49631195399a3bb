"""A comparison of two runs in sentences: what differs, how sure that is, and why it may mislead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from harness.summary.conclusion import About, Sentence
from harness.summary.conclusion_words import many_blocks
from harness.summary.notes import integrity_notes
from harness.summary.phrase import Part, Phrase, Value, case_name
from harness.summary.rate_words import named, pooled_rate_words, rate_words
from harness.summary.run_comparison import ComparedCase, ComparedStrategy, FactDifference, Side
from harness.summary.verdict import ComparisonVerdict
from harness.text import counted, figures, joined, milliseconds, percent

_NAMED: Final = 4
"""Of the strategies that differ so many are named; the table has them all."""
_TELLING: Final = ("better", "worse")
_BOTH_EMULATED: Final = (
    "Both are emulated: a difference is one of the harness, its settings or the draws, not of a machine."
)
_RUN_ONCE: Final = (
    "Each environment was run once: whatever else changed between the runs (load, updates, time of day) "
    "is in the differences, too."
)
_NO_CONTROL: Final = (
    "A control in both: the profile none, under which nothing is held and every strategy must succeed."
)
_Found = tuple[ComparedCase, ComparedStrategy]


def sentences(
    cases: Sequence[ComparedCase], first: Side, second: Side, confidence: float
) -> Iterator[Sentence]:
    """What the comparison means: the answer, what differs, how sure that is, what would be surer."""
    found = [(case, each) for case in cases for each in case.strategies]
    said: dict[About, Iterator[Phrase]] = {
        "take": _answer(found),
        "fails": _differing(found, _rates, ("More failures", "Fewer failures"), _rate_in_words),
        "costs": _differing(found, _time, ("Slower", "Faster"), _times_as_long),
        "sure": _sure(cases, found, first, second, confidence),
        "surer": _surer(cases, found),
    }
    for about, phrases in said.items():
        for phrase in phrases:
            yield Sentence(about=about, phrase=phrase)


def _answer(found: Sequence[_Found]) -> Iterator[Phrase]:
    if not found:
        yield ("No answer: the runs have no case with a strategy in common.",)
        return
    counts = {
        (kind, verdict): sum(of(each) == verdict for _, each in found)
        for kind, of in (("fails", _rates), ("times", _time))
        for verdict in _TELLING
    }
    worse = counts["fails", "worse"] + counts["times", "worse"]
    better = counts["fails", "better"] + counts["times", "better"]
    total = counted(len(found), "comparison")
    if not worse and not better:
        yield (f"No difference is certain, in {total}{_rest(found)}.",)
        return
    lead = "differs both ways" if worse and better else "is worse" if worse else "is better"
    parts = [
        f"{words} in {counts[kind, verdict]:,}"
        for kind, verdict, words in (
            ("fails", "worse", "fail more often"),
            ("fails", "better", "fail less often"),
            ("times", "worse", "take longer"),
            ("times", "better", "are faster"),
        )
        if counts[kind, verdict]
    ]
    yield (f"The second run {lead}: of {total}, strategies {joined(parts)}.",)


def _rest(found: Sequence[_Found]) -> str:
    """What comparisons without a difference say instead."""
    kinds = {
        "undecided": sum("undecided" in {_rates(each), _time(each)} for _, each in found),
        "without a failure in either run": sum(
            _rates(each) == "neither fails" and _time(each) != "undecided" for _, each in found
        ),
        "with nothing but failures in both": sum(
            _rates(each) == "both always fail" for _, each in found
        ),
        "alike within what matters": sum(
            _rates(each) == "equivalent" and _time(each) != "undecided" for _, each in found
        ),
    }
    said = [f"{count:,} {words}" for words, count in kinds.items() if count]
    return f": {joined(said)}" if said else ""


def _rates(each: ComparedStrategy) -> ComparisonVerdict:
    """The verdict on harm, if that is one; else on failures."""
    harm = each.harm.verdict
    return harm if harm in _TELLING else each.failures.verdict


def _time(each: ComparedStrategy) -> ComparisonVerdict:
    return each.time.verdict


def _differing(
    found: Sequence[_Found],
    verdict_on: Callable[[ComparedStrategy], ComparisonVerdict],
    worse_and_better: tuple[str, str],
    in_words: Callable[[ComparedStrategy], str],
) -> Iterator[Phrase]:
    """The strategies that do worse in the second run, and those that do better."""
    for verdict, words in zip(("worse", "better"), worse_and_better, strict=True):
        those = [pair for pair in found if verdict_on(pair[1]) == verdict]
        yield from _listed(f"{words} in the second: ", those, in_words)


def _rate_in_words(each: ComparedStrategy) -> str:
    mine, other = each.second, each.first
    return (
        f"{rate_words(mine.failures, mine.trials, mine.effective_trials)}; first "
        f"{rate_words(other.failures, other.trials, other.effective_trials)}"
    )


def _times_as_long(each: ComparedStrategy) -> str:
    low, high = figures(each.time.interval.low, "down"), figures(each.time.interval.high, "up")
    medians = f"median {milliseconds(each.second.median_ms)}; first {milliseconds(each.first.median_ms)}"
    return f"{low} to {high} times as long; {medians}"


def _listed(
    words: str, found: Sequence[_Found], in_words: Callable[[ComparedStrategy], str]
) -> Iterator[Phrase]:
    if not found:
        return
    parts: list[Part] = [words]
    for number, (case, each) in enumerate(found[:_NAMED]):
        parts += ["; " if number else "", *named([each.name]), " in ", *_case(case)]
        parts.append(f" ({in_words(each)})")
    more = len(found) - _NAMED
    yield (*parts, f"; and {more:,} more." if more > 0 else ".")


def _case(case: ComparedCase) -> Phrase:
    return case_name(case.scenario, case.profile)


def _sure(
    cases: Sequence[ComparedCase],
    found: Sequence[_Found],
    first: Side,
    second: Side,
    confidence: float,
) -> Iterator[Phrase]:
    if not found:
        return
    paired = sum(each.paired for _, each in found)
    how = {0: "as independent samples", len(found): "draw by draw, under the same holds"}.get(
        paired, f"draw by draw in {paired:,}, else as independent samples"
    )
    each = f"{counted(len(found), 'comparison')} {how}, each at {percent(confidence)} % confidence"
    yield (f"{each}, so that all together are at 95 %.",)
    yield (f"The least certain rates could differ by {_most(found)} points unseen.",)
    yield from _control(cases)
    if first.platform == second.platform == "emulated":
        yield (_BOTH_EMULATED,)
    else:
        yield (_RUN_ONCE,)


def _most(found: Sequence[_Found]) -> str:
    """The detection limit: how far apart two rates may be that are not shown to differ, in points."""
    ends = [
        max(abs(each.failures.interval.low), abs(each.failures.interval.high))
        for _, each in found
        if each.failures.verdict not in _TELLING
    ]
    return percent(max(ends, default=0.0), "up")


def _control(cases: Sequence[ComparedCase]) -> Iterator[Phrase]:
    """What the control says, in which nothing was held."""
    controls = [each for case in cases if case.kind == "control" for each in case.strategies]
    if not controls:
        return
    first, second = [each.first for each in controls], [each.second for each in controls]
    clean = not any(each.failures for each in (*first, *second))
    meaning = (
        "failures elsewhere come from what was held"
        if clean
        else "so something fails here without any hold of ours"
    )
    failed = (
        f"failed {pooled_rate_words(first)} in the first and {pooled_rate_words(second)} in the second"
    )
    yield (f"Control, with nothing held: {failed}; {meaning}.",)


def _surer(cases: Sequence[ComparedCase], found: Sequence[_Found]) -> Iterator[Phrase]:
    if not found:
        yield ("Run the same scenarios with the same strategies in both environments.",)
        return
    needed = [
        blocks
        for _, each in found
        for blocks, verdict in (
            (each.failures.blocks_needed, _rates(each)),
            (each.time.blocks_needed, _time(each)),
        )
        if verdict == "undecided" and blocks
    ]
    if needed:
        blocks = many_blocks(max(needed))
        yield (f"{blocks.capitalize()} in each run to decide what is undecided.",)
    if any(case.kind == "injected" and not case.common_draws for case in cases):
        yield ("The same --seed in both, so that they meet the same holds.",)
    if not any(case.kind == "control" for case in cases):
        yield (_NO_CONTROL,)
    yield ("The two in turn, several times (first, second, first, second).",)


def cautions(
    cases: Sequence[ComparedCase],
    first: Side,
    second: Side,
    differences: Sequence[FactDifference],
) -> Iterator[Phrase]:
    """Why the two may not be comparable, and what is wrong with either of them."""
    for which, run in (("first", first), ("second", second)):
        for note in integrity_notes(run):
            yield (f"The {which} run: ", *note.phrase)
    if first.platform != second.platform:
        platforms = f"One run is {first.platform}, the other {second.platform}"
        yield (f"{platforms}: failures follow from different rules, times from different clocks.",)
    elif first.rules != second.rules:
        yield (
            f"Under Wine with other rules: {first.rules} in the first, {second.rules} in the second.",
        )
    if first.harness_version != second.harness_version:
        yield (
            "Made by other versions of the harness: ",
            Value(first.harness_version or "unknown"),
            " and ",
            Value(second.harness_version or "unknown"),
            ".",
        )
    yield from _unlike(cases)
    if first.platform == "windows" and "unknown" in {first.antivirus.state, second.antivirus.state}:
        states = f"{first.antivirus.state} in the first run and {second.antivirus.state} in the second"
        yield (f"Antivirus is {states}: without proof, a difference cannot be put down to it.",)
    if not differences and first.platform != "emulated":
        yield ("No recorded fact differs between the environments, so a difference has no known cause.",)


def _unlike(cases: Sequence[ComparedCase]) -> Iterator[Phrase]:
    for case in cases:
        if not case.known:
            yield (*_case(case), " may not be the same in both: a manifest does not have it.")
        if case.unlike:
            yield (*_case(case), f" is not the same in both: {joined(case.unlike)} differ.")
