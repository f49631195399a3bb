"""Draw the conclusion of a run over its cases: the strategy that does best in all of them together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Final

from harness.summary.choose import HARM_COUNTS
from harness.summary.conclusion import Answer, CaseConclusion, Place, RunConclusion, Sentence, Standing
from harness.summary.conclusion_words import PLATFORM, severity_of
from harness.summary.phrase import Part, Phrase, case_name
from harness.summary.rate_words import named, rate_words
from harness.text import counted, percent

GOOD: Final[frozenset[Place]] = frozenset({"take", "tie", "undecided", "faster"})
OPEN: Final[frozenset[Place]] = frozenset({"undecided", "faster"})
_BETTER: Final[dict[Place, str]] = {
    "slower": "is faster",
    "fails more": "fails less often",
    "does harm": "does less harm",
}
"""What a strategy does better, by the place of another beside it."""
_NO_ANSWER: Final[dict[Answer, str]] = {
    "all fail": "Every strategy failed every trial",
    "one strategy": "Nothing to compare",
    "nothing held": "No hold got in the way",
    "not comparable": "Not comparable",
    "no trials": "No trials",
}
_MOST_RIVALS: Final = 4
_SURER: Final = (
    "Which cases are like yours: weigh those by how often they happen, which nothing here measures.",
)

Standings = Mapping[str, Standing]
"""The strategies that were tried in a case, by name."""
Deciding = Sequence[tuple[CaseConclusion, Standings]]
"""The cases that have an answer, with what was tried in them."""


def conclude_run(cases: Sequence[CaseConclusion], platform: str) -> RunConclusion:
    """The conclusion over all cases of a run on a platform, each with the same weight."""
    deciding = [(case, _tried(case)) for case in cases if case.answer == "take"]
    names = list(dict.fromkeys(name for _, standings in deciding for name in standings))
    everywhere = [name for name in names if all(name in standings for _, standings in deciding)]
    take, tied, undecided = _best(everywhere, deciding)
    beaten = _beaten(take, everywhere, deciding)
    if 2 * len(beaten) > len(deciding):
        take, tied, undecided = None, [], []
    if not deciding:
        every = {case.answer for case in cases}
        answer: Answer = every.pop() if len(every) == 1 else "none tells"
        answers: Iterable[Phrase] = ()
    elif take is not None:
        answer, answers = "take", _take(take, tied, undecided, deciding, len(cases))
    else:
        answer, answers = "depends", _each(everywhere, beaten)
    left_out = [name for name in names if name not in everywhere]
    said = {
        "take": [
            *answers,
            *_elsewhere(cases),
        ],
        "fails": _fails(take, [*tied, *undecided], names, left_out, deciding)
        if take is not None
        else [],
        "sure": [_sure([case for case, _ in deciding] or cases, len(cases), left_out, platform)],
        "surer": [_SURER],
    }
    return RunConclusion(
        answer=answer,
        take=take,
        tied=tied,
        undecided=undecided,
        cases=len(cases),
        left_out=left_out,
        sentences=[
            Sentence(about=about, phrase=phrase) for about, phrases in said.items() for phrase in phrases
        ],
    )


def _tried(case: CaseConclusion) -> Standings:
    return {each.name: each for each in case.standings if each.place not in {"never held", "no trials"}}


def _best(names: Sequence[str], deciding: Deciding) -> tuple[str | None, list[str], list[str]]:
    """The strategy with the fewest failures over all cases, those that tie, and those that may."""
    if not names or not deciding:
        return None, [], []
    tried = [standings for _, standings in deciding]

    def worth(name: str) -> tuple[float, int, int, float]:
        found = [standings[name] for standings in tried]
        fails = round(sum(map(severity_of, found)), 9)
        good = sum(each.place in GOOD for each in found)
        taken = sum(each.place == "take" for each in found)
        return fails, -good, -taken, sum(each.mean_calls for each in found)

    take = min(names, key=worth)
    if any(standings[take].place not in GOOD for standings in tried):
        return take, [], []
    as_good = [
        name
        for name in names
        if name != take and all(standings[name].place in GOOD for standings in tried)
    ]
    is_open = {
        name: any({each[name].place, each[take].place} & OPEN for each in tried) for name in as_good
    }
    return take, [n for n in as_good if not is_open[n]], [n for n in as_good if is_open[n]]


def _beaten(take: str | None, everywhere: Collection[str], deciding: Deciding) -> list[CaseConclusion]:
    """The cases in which a strategy that was not tried in every case fails less often than `take`."""
    return [
        case
        for case, standings in deciding
        if take is not None
        and standings[take].place in {"fails more", "does harm"}
        and case.take not in everywhere
    ]


def _each(everywhere: Sequence[str], beaten: Sequence[CaseConclusion]) -> Iterator[Phrase]:
    """Why there is no strategy to take in all cases."""
    own = "each case has an answer of its own."
    if beaten:
        were = "was" if len(everywhere) == 1 else "were"
        others = (f" {were} tried in all cases, and others failed less often in ", *_listed(beaten))
        yield ("Only ", *named(everywhere), *others, f": {own}")
    else:
        yield (f"No strategy was in all of these cases, so {own}",)


def _take(
    take: str,
    tied: Sequence[str],
    undecided: Sequence[str],
    deciding: Deciding,
    cases: int,
) -> Iterator[Phrase]:
    where = f"all {cases} cases"
    if len(deciding) < cases:
        where = (
            f"the {len(deciding)} cases that tell" if len(deciding) > 1 else "the one case that tells"
        )
    yield (f"Over {where}: take ", *named([take]), *_failed(take, deciding), ".")
    if tied:
        yield (*named(tied), f" tie{'s' if len(tied) == 1 else ''} with it in each case.")
    if failed_more := [name for name in undecided if _worst(name, take, deciding) is not None]:
        yield (*named(failed_more), " failed more often, but the blocks are too few to be sure.")
    if as_good := [name for name in undecided if name not in failed_more]:
        yield (*named(as_good), " may be as good: no case shows otherwise.")


def _failed(take: str, deciding: Deciding) -> Phrase:
    """Where the strategy to take failed, and how often at most."""
    failed = [(case, standings[take]) for case, standings in deciding if standings[take].failures]
    if not failed:
        return ("; it never failed",)
    case, worst = max(failed, key=lambda each: each[1].failure_rate)
    rate = f"{percent(worst.failure_rate)} % of its trials"
    if len(deciding) == 1:
        return (f"; it failed there in {rate}",)
    if len(failed) == 1:
        return ("; it failed in one of them, ", *_name(case), f" ({rate})")
    return (f"; it failed in {len(failed)} of them, most in ", *_name(case), f" ({rate} at most)")


def _elsewhere(cases: Sequence[CaseConclusion]) -> Iterator[Phrase]:
    """The cases without an answer, by what they say."""
    for answer, words in _NO_ANSWER.items():
        found = [case for case in cases if case.answer == answer]
        untested = [case for case in found if answer == "nothing held" and not _was_held(case)]
        if met := [case for case in found if case not in untested]:
            yield (f"{words}: ", *_listed(met), ".")
        if untested:
            yield ("No operation met a hold, which tests nothing: ", *_listed(untested), ".")


def _was_held(case: CaseConclusion) -> bool:
    """Whether an operation met a hold, though none was blocked."""
    return any(each.held for each in case.standings)


def _fails(
    take: str,
    good: Sequence[str],
    names: Sequence[str],
    left_out: Sequence[str],
    deciding: Deciding,
) -> Iterator[Phrase]:
    """What speaks for and against the other strategies: the better ones, or the next best."""
    rivals = list(_rivals(take, names, deciding))
    yield from rivals
    as_good = {name for name in good if _worst(name, take, deciding) is None}
    next_best, *_ = _best([name for name in names if name not in {take, *as_good, *left_out}], deciding)
    if rivals or next_best is None:
        return
    if _worst(next_best, take, deciding) is not None:
        yield ("Next best is ", *named([next_best]), *_against(next_best, take, deciding), ".")
    else:
        slower = [case for case, standings in deciding if standings[next_best].place == "slower"]
        yield (*named([next_best]), " fails as rarely, but is slower in ", *_listed(slower), ".")


def _rivals(take: str, names: Sequence[str], deciding: Deciding) -> Iterator[Phrase]:
    """What others do better in some case, and what is against them."""
    found = 0
    for name in names:
        better = [
            (_BETTER[standings[take].place], case)
            for case, standings in deciding
            if name in {case.take, *case.tied} and take in standings
            if standings[take].place in _BETTER
        ]
        if name == take or not better:
            continue
        found += 1
        if found > _MOST_RIVALS:
            return
        kinds = {kind: [case for each, case in better if each == kind] for kind, _ in better}
        parts: list[Part] = [*named([name])]
        for number, (kind, where) in enumerate(kinds.items()):
            parts += [", and" if number else "", f" {kind} in ", *_listed(where)]
        yield (*parts, *_against(name, take, deciding), ".")


def _against(name: str, take: str, deciding: Deciding) -> Phrase:
    """Where a strategy does worse than the one to take, or was not tried."""
    if (found := _worst(name, take, deciding)) is not None:
        case, worst = found
        rate = rate_words(worst.failures, worst.trials, worst.effective_trials)
        return (", but in ", *_name(case), f" it failed {rate}")
    missing = [case for case, standings in deciding if name not in standings]
    return (", but was not tried in ", *_listed(missing)) if missing else ()


def _worst(name: str, take: str, deciding: Deciding) -> tuple[CaseConclusion, Standing] | None:
    """The case in which a strategy does worse than the one to take by most; ``None``: in none."""
    gaps = [
        (severity_of(standings[name]) - severity_of(standings[take]), case, standings[name])
        for case, standings in deciding
        if name in standings
    ]
    gap, case, worst = max(gaps, key=itemgetter(0), default=(0.0, None, None))
    return (case, worst) if gap > 0 and case and worst else None


def _sure(
    telling: Sequence[CaseConclusion], cases: int, left_out: Sequence[str], platform: str
) -> Phrase:
    """The size of what the answer is from: of the cases that tell, if any does."""
    blocks = sorted({case.blocks for case in telling})
    span = counted(blocks[-1], "block")
    if len(blocks) > 1:
        span = f"{blocks[0]:,} to {span}"
    rest: Phrase = (" Not in all of them: ", *named(left_out), ".") if left_out else ()
    if any(each.lost or each.damaged for case in telling for each in case.standings):
        rest = (f" A lost or damaged file counts as {HARM_COUNTS} failures.", *rest)
    of = counted(cases, "case") if len(telling) == cases else f"{len(telling)} of {cases} cases"
    return (f"{of}, of {span}, each with the same weight; {PLATFORM[platform]}.", *rest)


def _name(case: CaseConclusion) -> Phrase:
    return case_name(case.scenario, case.profile)


def _listed(cases: Sequence[CaseConclusion]) -> Phrase:
    parts: list[Part] = []
    for case in cases[:_MOST_RIVALS]:
        parts += [", ", *_name(case)]
    more = len(cases) - _MOST_RIVALS
    return (*parts[1:], f" and {more:,} more" if more > 0 else "")
