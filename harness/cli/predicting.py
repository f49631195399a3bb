"""What ``harness try`` says of a policy: in words, its place among others, its relatives."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.errors import InvalidInputError
from harness.holds.distribution import LARGE_FILE_BYTES
from harness.holds.handles import Access, Share
from harness.predict.candidates import Contender, catalogued
from harness.predict.rank import ERRORS, Standing, is_less, ranking, standing, threats
from harness.predict.similar import Relative, relatives
from harness.predict.simulate import Chance
from harness.predict.trace import FILE, SITUATIONS, Placed, Situation
from harness.scenario.load import shipped_profiles
from harness.strategy import catalogue, notation
from harness.strategy.explain import explained, retries_code, retries_words
from harness.strategy.schedules import Range, range_of
from harness.text import milliseconds, percent, quoted, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.predict.simulate import Survival, Threat

YOURS = "yours"


@dataclass(frozen=True)
class Place:
    """A situation: where the policy stands under each profile, and why others put nothing in the way."""

    situation: Situation
    standings: list[Standing]
    unmet: dict[str, str]


@dataclass(frozen=True)
class Tried:
    """A policy, tried without a trial."""

    contender: Contender
    among: int
    places: list[Place]
    relatives: list[Relative]


def read(text: str) -> Contender:
    """Read a sentence, or the name of a policy of the catalogue.

    Raises `harness.strategy.notation.PolicyError`, with the place of the mistake.
    """
    if not notation.is_sentence(text) and (named := catalogue.select(text)):
        return Contender(named[0].id, named[0].sentence, named[0])
    return Contender(YOURS, notation.parse(text))


def try_policy(yours: Contender, *, every: bool = False) -> Tried:
    """Find its place among the policies of the catalogue that move something, or among `every` one."""
    others = _others(yours, every=every)
    profiles = shipped_profiles()
    places = []
    for situation in SITUATIONS:
        met, unmet = threats(profiles, situation)
        places.append(Place(situation, [standing(yours, others, threat) for threat in met], unmet))
    return Tried(yours, len(others), places, relatives(yours, others))


def rank_under(
    yours: Contender, profile: str, *, every: bool = False
) -> list[tuple[Threat, list[tuple[Contender, Survival]]]]:
    """All policies in order under one profile, `yours` among them, for each situation that it hinders.

    Raises `InvalidInputError` if there is no such profile, or it hinders nothing.
    """
    profiles = shipped_profiles()
    if profile not in profiles:
        injecting = ", ".join(name for name, found in profiles.items() if found.holds)
        raise InvalidInputError(f"no profile is called {profile!r}", hint=f"There are: {injecting}")
    contenders = [yours, *_others(yours, every=every)]
    found: list[tuple[Threat, list[tuple[Contender, Survival]]]] = []
    reasons: list[str] = []
    for situation in SITUATIONS:
        met, unmet = threats({profile: profiles[profile]}, situation)
        found += [(threat, ranking(contenders, threat)) for threat in met]
        reasons += unmet.values()
    if not found:
        why = "; ".join(dict.fromkeys(reasons)) or "it injects no holds"
        raise InvalidInputError(f"under {profile} no first attempt fails: {why}")
    return found


def _others(yours: Contender, *, every: bool) -> list[Contender]:
    return [other for other in catalogued(every=every) if other.name != yours.name]


# ---- for people ------------------------------------------------------------------------------------


def tried_tables(tried: Tried) -> Iterator[RenderableType]:
    """All that is said of a policy."""
    yield from _introduction(tried.contender)
    for place in tried.places:
        yield Text()
        yield Text(place.situation.title, style="bold")
        yield _standings_table(place.standings)
        yield from _not_retried(tried.contender, place.standings)
        yield from _rarely_met(place.standings)
        yield from _unmet(place.unmet)
    yield Text()
    yield Text("Nearest relatives", style="bold")
    yield _relatives_table(tried.relatives)
    yield Text()
    yield Text(_denied(tried.contender))
    yield from _claims(tried.contender, tried.among)


def command(yours: Contender) -> str:
    """What to type to run it really."""
    return f"harness run script-install --strategy {quoted(str(yours.sentence))}"


def ranking_tables(
    yours: Contender, found: Sequence[tuple[Threat, list[tuple[Contender, Survival]]]]
) -> Iterator[RenderableType]:
    """Every policy under one profile, in order."""
    yield from _introduction(yours)
    for threat, rows in found:
        yield Text()
        yield Text(f"{threat.situation.title}, under {threat.profile}", style="bold")
        table = _table("", "policy", "survives", "median", "mean", "wasted", "attempts", "budget")
        chances = [Chance(fares.chance, fares.error) for _, fares in rows]
        for (contender, fares), known in zip(rows, chances, strict=True):
            number = 1 + sum(is_less(known, other) for other in chances)
            mine = contender is yours
            table.add_row(
                f"{number}",
                Text(f"> {contender.name}" if mine else contender.name),
                *_fares(fares),
                _span(contender.times.attempts, "{:,.0f}".format),
                _span(contender.times.budget_ms, milliseconds),
                style="bold green" if mine else "dim" if not fares.chance else "",
            )
        yield table
    yield from _claims(yours, len(found[0][1]) - 1)


def _introduction(contender: Contender) -> Iterator[RenderableType]:
    times = contender.times
    yield Text(str(contender.sentence), style="bold green")
    if contender.shipped:
        yield Text(f"{contender.name}: {contender.shipped.title}", style="dim")
    for line in explained(contender.sentence):
        yield Text(line)
    if times.attempts.most > 1:
        least = "At least " if times.is_cut else ""
        yield Text(
            f"{least}{_span(times.attempts, '{:,.0f}'.format)} attempts, the last one "
            f"{_span(times.budget_ms, milliseconds)} after the first: it survives what ends by then."
            + " The copy may take as long again."
            * contender.sentence.else_copy
        )
    if times.attempt_cost_ms:
        yield Text(
            f"It hardly waits, so every attempt is declared to take {times.attempt_cost_ms:g} ms.",
            style="dim",
        )


def _standings_table(standings: Sequence[Standing]) -> Table:
    gap = 1 if any(row.survival.error for row in standings) else 2
    table = _table("profile", "error", "survives", "median", "mean", "wasted", "rank", gap=gap)
    for row in standings:
        fares = row.survival
        table.add_row(
            row.threat.profile,
            str(row.threat.code),
            *_fares(fares),
            _rank(row),
            style="" if fares.chance else "dim",
        )
    return table


def _rank(row: Standing) -> str:
    if row.less:
        return f"above {row.less} of {row.of}"
    return "as all others" if row.same == row.of else f"below {row.of - row.same} of {row.of}"


def _fares(fares: Survival) -> tuple[str, str, str, str]:
    return (
        _survives(fares),
        milliseconds(fares.median_ms),
        _or_dash(fares.mean_ms),
        _or_dash(fares.wasted_ms),
    )


def _survives(fares: Survival) -> str:
    """``94.0 %``, or with jitter an estimate and its 95 % interval, ``~70 ± 7 %``."""
    half = ERRORS * fares.error
    if not fares.is_estimate or half < 1e-9:  # noqa: PLR2004 - sums of floats
        return f"{_percent(fares.chance)} %"
    decimals = min(max(math.ceil(-math.log10(half)) - 2, 0), 2)
    if half < 0.5e-4:  # noqa: PLR2004 - less than two decimals show
        return f"~{_percent(fares.chance)} %"
    return f"~{100 * fares.chance:.{decimals}f} ± {100 * half:.{decimals}f} %"


def _percent(share: float) -> str:
    """With as many decimals as it takes to be told from 100."""
    for decimals in (1, 2, 3):
        if 0 < share < 1 - 0.5 * 10 ** -(decimals + 2):
            return f"{100 * share:.{decimals}f}"
    return percent(round(share, 9))


def _or_dash(value: float) -> str:
    return "-" if math.isnan(value) else milliseconds(value)


def _table(*names: str, gap: int = 2) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, gap, 0, 0))
    for name in names:
        left = name in {"profile", "policy", "rank", "what it does otherwise"}
        table.add_column(
            name, justify="left" if left else "right", no_wrap=name != "what it does otherwise"
        )
    return table


def _note(words: str, style: str = "dim") -> RenderableType:
    return Padding(Text(words, style=style), (0, 0, 0, 2))


def _not_retried(contender: Contender, standings: Sequence[Standing]) -> Iterator[RenderableType]:
    codes = {
        row.threat.code
        for row in standings
        if row.threat.code is not None and not _goes_through(contender, row.threat)
    }
    missing = sorted(code for code in codes if not retries_code(contender.sentence, code))
    if missing and contender.sentence.waits is not None:
        named = " and ".join(map(str, missing))
        yield _note(f"Error {named} is not retried: the first attempt decides.", "yellow")


def _goes_through(contender: Contender, threat: Threat) -> bool:
    """Whether it succeeds in spite of the holds, whatever it retries."""
    holds = [hindrance.placed for hindrance in threat.hindrances]
    return any(course.succeeded for course in contender.courses(threat.situation, holds))


def _unmet(unmet: dict[str, str]) -> Iterator[RenderableType]:
    reasons: dict[str, list[str]] = {}
    for name, reason in unmet.items():
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        yield _note(f"Not ranked: {', '.join(names)} ({reason}).")


def _rarely_met(standings: Sequence[Standing]) -> Iterator[RenderableType]:
    for row in standings:
        if row.threat.is_met_by < 1:
            share = percent(1 - row.threat.is_met_by)
            yield _note(f"Under {row.threat.profile}, {share} % of operations meet nothing.")


def _relatives_table(found: Sequence[Relative]) -> RenderableType:
    table = _table("policy", "distance", "what it does otherwise")
    for relative in found:
        twins = f" (as {', '.join(relative.twins)})" if relative.twins else ""
        table.add_row(
            relative.contender.name,
            f"{relative.distance:.2f}",
            Group(
                Text(str(relative.contender.sentence)),
                Text((", ".join(relative.differs) or "nothing that matters") + twins, style="dim"),
            ),
        )
    return table


def _denied(contender: Contender) -> str:
    attempts, cost_ms = denied(contender)
    if not cost_ms.most and attempts.most <= 1 + contender.sentence.else_copy:
        return "A permanent denial costs nothing: it says so at once."
    number = _span(attempts, "{:,.0f}".format)
    copied = ", those of the copy included," * contender.sentence.else_copy
    return (
        f"A permanent denial costs {_span(cost_ms, milliseconds)} and {number} "
        f"{'attempt' if attempts.most == 1 else 'attempts'}{copied} "
        "before it says so; an error that it does not retry, nothing."
    )


def denied(contender: Contender) -> tuple[Range, Range]:
    """Attempts, and milliseconds until it says so, against a file that is denied for ever.

    Every call fails with an error that it retries, also that of a copy on which it falls back.
    """
    times = contender.times
    if not contender.sentence.else_copy:
        return times.attempts, times.gave_up_ms
    of_any = Contender(contender.name, replace(contender.sentence, codes=None, all_but=False))
    courses = of_any.courses(FILE, [_FOR_EVER])
    attempts = range_of([len(course.attempts_ms) for course in courses])
    return attempts, range_of([course.ended_ms for course in courses])


_FOR_EVER: Final = Placed("source", Access.READ, Share(0))
"""An exclusive reader of the new file: no call on it succeeds."""


def _claims(yours: Contender, among: int) -> Iterator[RenderableType]:
    draws = (
        f" ~: the mean over {len(yours.times.schedules)} drawn schedules, and the 95 % interval of it; "
        "ranks are the same where that is all the difference." * yours.times.is_random
    )
    terms = (
        f"survives: how many of all operations succeed. rank: among {among} policies of real software, "
        "by what they survive. median and mean: time until they do; a failure counts as never in the "
        "median, and not in the mean. wasted: mean time from the end of a hold to the next attempt."
        f"{draws}"
    )
    claims = (
        "Computed, not measured: from the policy's attempt times, the documented sharing rules of "
        "Windows and the profiles' distributions, many of which are assumed. It says what a policy does "
        "against such holds, not how often files are held. The call is MoveFileExW, attempts take no "
        f"time, and the held file is a program of {size(LARGE_FILE_BYTES)}, as numpy's largest library."
    )
    yield Padding(Text(terms, style="dim"), (1, 0, 0, 0))
    yield Text(claims, style="dim")


def _span(values: Range, spelled: Any) -> str:
    """A number, or with jitter its middle and its range."""
    if values.is_one:
        return str(spelled(values.median))
    return f"~{spelled(values.median)} ({spelled(values.least)} to {spelled(values.most)})"


# ---- for programs ----------------------------------------------------------------------------------


def tried_json(tried: Tried) -> dict[str, Any]:
    """All of it as plain data, for ``harness try --json``; times are milliseconds."""
    return {
        **_policy_json(tried.contender),
        "among": tried.among,
        "situations": [
            {
                "situation": place.situation.name,
                "title": place.situation.title,
                "profiles": [
                    {
                        "profile": row.threat.profile,
                        "code": row.threat.code,
                        "met": row.threat.is_met_by,
                        **survival_json(row.survival),
                        "survives_more_than": row.less,
                        "survives_as": row.same,
                    }
                    for row in place.standings
                ],
                "not_ranked": place.unmet,
            }
            for place in tried.places
        ],
        "relatives": [
            {
                "name": relative.contender.name,
                "policy": str(relative.contender.sentence),
                "distance": relative.distance,
                "differs": list(relative.differs),
                "twins": list(relative.twins),
            }
            for relative in tried.relatives
        ],
    }


def ranking_json(
    yours: Contender, found: Sequence[tuple[Threat, list[tuple[Contender, Survival]]]]
) -> dict[str, Any]:
    """The rankings under one profile as plain data."""
    return {
        **_policy_json(yours),
        "rankings": [
            {
                "situation": threat.situation.name,
                "profile": threat.profile,
                "code": threat.code,
                "policies": [
                    {
                        "name": contender.name,
                        "yours": contender is yours,
                        "policy": str(contender.sentence),
                        **survival_json(fares),
                    }
                    for contender, fares in rows
                ],
            }
            for threat, rows in found
        ],
    }


def _policy_json(contender: Contender) -> dict[str, Any]:
    times = contender.times
    attempts, cost_ms = denied(contender)
    return {
        "name": contender.name,
        "policy": str(contender.sentence),
        "words": explained(contender.sentence),
        "retries": retries_words(contender.sentence),
        "jitter": times.is_random,
        "attempts": range_json(times.attempts),
        "budget_ms": range_json(times.budget_ms),
        "gave_up_ms": range_json(times.gave_up_ms),
        "denied": {"attempts": range_json(attempts), "ms": range_json(cost_ms)},
        "attempt_cost_ms": times.attempt_cost_ms,
    }


def range_json(values: Range) -> dict[str, float]:
    """A range as plain data."""
    return {"median": values.median, "least": values.least, "most": values.most}


def survival_json(fares: Survival) -> dict[str, float | bool | None]:
    """How a policy fares as plain data; ``null`` where a time is not reached."""
    return {
        "survives": fares.chance,
        "error": fares.error,
        "median_added_ms": _finite(fares.median_ms),
        "mean_added_ms": _finite(fares.mean_ms),
        "wasted_ms": _finite(fares.wasted_ms),
        "estimate": fares.is_estimate,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
