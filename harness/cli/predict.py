"""``harness predict``: how a strategy performs against holds, its rank, and similar strategies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text
from typer.core import TyperCommand

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_json
from harness.cli.fitting_table import LEFT_OUT, FittingTable
from harness.cli.notation_help import from_environment, notation_help
from harness.cli.predict_question import question
from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.handles import ShareName
from harness.holds.profile import ObjectName
from harness.predict.answers import overview_answers, rankings_answers, success_words
from harness.predict.overview import (
    Asked,
    OneOverview,
    OneRankings,
    Overview,
    PermanentDenial,
    Ranked,
    Rankings,
    ShapeRanks,
    overview,
    rankings_of_each,
    read,
)
from harness.predict.rank import Rank
from harness.predict.shapes import SHAPES, TargetShape
from harness.predict.similar import SimilarStrategy
from harness.predict.simulate import Prediction
from harness.strategy.explain import never_retries
from harness.strategy.idle_clauses import idle_clauses
from harness.strategy.view import StrategyView
from harness.text import assumed_calls, figures, joined, milliseconds, percent, quoted, size

app = command_app()


_TEXT: Final = frozenset({"profile", "strategy", "rank"})
"""The columns that are aligned to the left."""
_DROPPED: Final = ("overshoot", "mean")
"""The columns that are left out first where there is little room. In a full ranking, whose order shows
the rank, that is the first.
"""


class PredictCommand(TyperCommand):
    """A command whose help teaches the notation, which is read only when it is asked for."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the options, then the notation."""
        super().format_help(ctx, formatter)
        console().print(notation_help())


@app.command(cls=PredictCommand)
def predict(
    strategy: Annotated[
        str,
        typer.Argument(
            help='Notation such as "10ms x2 cap 250ms for 30s on 5,32", or a name that '
            "`harness strategies` lists (those made of code need a run instead)."
        ),
    ],
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="Rank all strategies under this profile of holds: a shipped one, or a .toml file.",
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Rank them under the holds that a run recorded; --scenario and --profile choose "
            "a case.",
        ),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of a run, the trials of this scenario.")
    ] = None,
    operation: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Predict for this operation of scenarios, such as remove-file, read or copy-onto; by "
            "default renaming a directory, and replacing a file.",
        ),
    ] = None,
    primitive: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Call that renames end in, such as posix-rename."),
    ] = None,
    held: Annotated[
        ObjectName | None, typer.Option(help="Hold this object, instead of that of the profile.")
    ] = None,
    share: Annotated[
        ShareName | None,
        typer.Option(help="Let others do this meanwhile, instead of what the profile does."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also compare with strategies for other operations.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Predict how a retry strategy performs, without running trials.

    Prints what it does, its success rate under each profile of holds, its rank among the strategies of
    real software, and the most similar ones. Computed from its attempt times in about a second.
    """
    strategy = from_environment(strategy)
    under = question(
        profile=profile,
        run=run,
        scenario=scenario,
        operation=operation,
        primitive=primitive,
        held=held,
        share=share,
    )
    asked = read(strategy, under.shapes)
    found: Overview | Rankings
    if under.only is None:
        overviews = [overview(each, every=every, profiles=under.profiles) for each in asked]
        found = Overview(**vars(overviews[0]), also=overviews[1:])
        sections = [
            overview_tables(each.view, one, each.shapes)
            for each, one in zip(asked, overviews, strict=True)
        ]
    else:
        ranked = rankings_of_each(asked, under.only, every=every, profiles=under.profiles)
        found = Rankings(**vars(ranked[0][1]), also=[one for _, one in ranked[1:]])
        sections = [ranking_tables(each.view, one, each.shapes, under.evidence) for each, one in ranked]
    if as_json:
        print_json(found)
        return
    out = console()
    left_out = False
    for part in chain(remarks(strategy, asked, under.shapes), separated(sections)):
        out.print(part)
        left_out |= isinstance(part, FittingTable) and not part.fits(out.width)
    out.print()
    if left_out:
        out.print(LEFT_OUT, style="dim", highlight=False)
    out.print(command(strategy, asked), soft_wrap=True)


def command(name: str, asked: Sequence[Asked]) -> Text:
    """Return the command that measures what was asked about, or that writes a scenario which does."""
    shapes = [shape.name for each in asked for shape in each.shapes]
    scenarios = dict.fromkeys(_MEASURED_BY[shape] for shape in shapes if shape in _MEASURED_BY)
    words = (
        f"harness run {' '.join(scenarios)} --strategy" if scenarios else "harness new FILE --strategy"
    )
    return Text(f"To measure it: {words} {quoted(name)}", style="cyan")


_MEASURED_BY: Final = {"directory": "numpy-wheel", "file": "script-install"}
"""A scenario with the operation of each target shape."""


def separated(sections: Sequence[Iterator[RenderableType]]) -> Iterator[RenderableType]:
    """Yield the parts of all sections, with an empty line and a rule between two."""
    for number, parts in enumerate(sections):
        if number:
            yield Text()
            yield Rule()
        yield from parts


def remarks(
    name: str, asked: Sequence[Asked], shapes: Sequence[TargetShape] = SHAPES
) -> Iterator[RenderableType]:
    """Yield what the reader must know first: what a system's name stands for, or another operation."""
    views = {each.view.name for each in asked}
    if views != {name} and all(each.view.entry for each in asked):
        uses = [f"{each.view.name} for {_doing(each)}" for each in asked]
        stands = f"{name} stands for {joined(uses)}; `harness strategies {name}` lists all it has."
        yield Text(stands, style="yellow")
        shown = {shape for each in asked for shape in each.shapes}
        for shape in shapes:
            if shape not in shown:
                yield Text(f"It has none for {shape.purpose.words}.", style="yellow")
    for each in asked:
        if not any(each.view.operation in shape.compared for shape in each.shapes):
            use = f"{each.view.name} is for {each.view.operation} operations"
            renames = all(shape.call == "rename" for shape in each.shapes)
            words = "renames" if renames else _doing(each)
            yield Text(f"{use}; these predictions are for {words}.", style="yellow")


def _doing(asked: Asked) -> str:
    return joined([shape.purpose.words for shape in asked.shapes])


def overview_tables(
    view: StrategyView, found: OneOverview, shapes: Sequence[TargetShape] = SHAPES
) -> Iterator[RenderableType]:
    """Yield all that is predicted of a strategy."""
    yield from _name(view)
    yield from map(Text, overview_answers(found))
    yield from _introduction(view, found.permanent_denial)
    for each in found.shapes:
        yield Text()
        yield Text(each.title, style="bold")
        yield _ranks_table(each.ranks)
        yield from _notes(view, each, next(one for one in shapes if one.name == each.shape))
    yield Text()
    yield Text("Most similar strategies", style="bold")
    yield _similar_table(found.similar)
    yield from _terms(view, found.among, shapes)


def ranking_tables(
    view: StrategyView,
    found: OneRankings,
    shapes: Sequence[TargetShape] = SHAPES,
    evidence: str = "",
) -> Iterator[RenderableType]:
    """Yield every strategy under one profile, in order; the predicted one is marked."""
    yield from _name(view)
    yield from map(Text, rankings_answers(found))
    if evidence:
        yield Text(evidence)
    yield from _introduction(view, found.permanent_denial)
    for ranking in found.rankings:
        yield Text()
        yield Text(f"{ranking.title}, under {ranking.profile}", style="bold")
        names = ("strategy", "success", "median", "mean", "overshoot", "attempts", "budget", "rank")
        table = FittingTable(names, _TEXT, ("rank", *_DROPPED, "attempts", "budget"))
        for row in ranking.strategies:
            name = "this strategy" if row.name == row.notation else row.name
            table.add_row(
                f"> {name}" if row.is_predicted else name + " *" * bool(row.attempt_cost_ms),
                *_prediction(row.prediction),
                row.attempts.in_short("{:,.0f}".format),
                row.budget_ms.in_short(milliseconds),
                row.rank,
                style="bold green" if row.is_predicted else "" if row.prediction.success_rate else "dim",
            )
        yield table
        yield from _calls_note(ranking.strategies)
    yield from _terms(view, len(found.rankings[0].strategies) - 1, shapes)


def _calls_note(rows: Sequence[Ranked]) -> Iterator[RenderableType]:
    if cost_ms := next(filter(None, (row.attempt_cost_ms for row in rows)), None):
        yield _note(
            "* never waits: its times are calls, each assumed (not measured) to take "
            f"{figures(cost_ms)} ms."
        )


def _name(view: StrategyView) -> Iterator[RenderableType]:
    yield Text(str(view.notation), style="bold green")
    if view.entry:
        yield Text(f"{view.name}: {view.entry.title}", style="dim")


def _introduction(view: StrategyView, denial: PermanentDenial) -> Iterator[RenderableType]:
    times = view.times
    if times.retries:
        least = "At least " if times.is_cut else ""
        more = " What it does then may take as long again." if view.required_spec.otherwise else ""
        if parts := view.required_spec.after_errors:
            codes = joined([str(code) for part in parts for code in part.codes or ()], " or ")
            more += f" That is without error {codes}, after which it waits otherwise."
        yield Text(
            f"{least}{times.attempts.spelled('{:,.0f}'.format)} attempts: it outlasts holds of up to "
            f"{_budget(view)}.{more}"
        )
    yield Text(_denial(view, denial))
    yield from map(Text, view.explanation)
    if times.attempt_cost_ms:
        yield Text(
            f"It hardly waits: each attempt is assumed to take {figures(times.attempt_cost_ms)} ms, "
            "which was not measured. All times here, and how many attempts there are, rest on that.",
            style="yellow",
        )


def _budget(view: StrategyView) -> str:
    """Spell what it outlasts: a time, or calls whose length is assumed."""
    if view.rests_on_calls:
        return assumed_calls(view.times.attempts.median - 1, view.times.attempt_cost_ms)
    return view.times.budget_ms.spelled(milliseconds)


def _ranks_table(ranks: Sequence[Rank]) -> FittingTable:
    names = ("profile", "error", "success", "median", "mean", "overshoot", "rank")
    table = FittingTable(names, _TEXT, _DROPPED)
    for row in ranks:
        table.add_row(
            row.profile,
            str(row.code),
            *_prediction(row.prediction),
            row.words,
            style="" if row.prediction.success_rate else "dim",
        )
    return table


def _prediction(found: Prediction) -> tuple[str, ...]:
    times = (found.median_ms, found.mean_ms, found.overshoot_ms)
    return success_words(found), *map(milliseconds, times)


def _note(words: str, style: str = "dim") -> RenderableType:
    return Padding(Text(words, style=style), (0, 0, 0, 2))


def _notes(view: StrategyView, found: ShapeRanks, shape: TargetShape) -> Iterator[RenderableType]:
    """Yield notes below ranks: codes that are not retried, rare holds, profiles without ranks."""
    written = view.origin == "notation"
    idle = idle_clauses(view.required_spec, shape.features, conditions=written)
    for clause, effect in idle.items():
        yield _note(f'Here "{clause}" {effect}.', "yellow")
    codes = {row.code for row in found.ranks if row.code and not row.gets_through}
    missing = sorted(code for code in codes if not view.retries_code(code))
    if missing and not never_retries(view.required_spec):
        named = " and ".join(map(str, missing))
        yield _note(f"Error {named} is not retried: the first attempt decides.", "yellow")
    for row in found.ranks:
        if row.hit_rate < 1:
            share = percent(1 - row.hit_rate)
            yield _note(f"Under {row.profile}, {share} % of operations are not hit by a hold.")
    for reason in dict.fromkeys(found.not_ranked.values()):
        names = ", ".join(name for name, why in found.not_ranked.items() if why == reason)
        yield _note(f"Not ranked: {names} ({reason}).")


def _similar_table(found: Sequence[SimilarStrategy]) -> RenderableType:
    table = plain_table()
    table.add_column("strategy", no_wrap=True)
    table.add_column("distance", justify="right", no_wrap=True)
    table.add_column("differences")
    for each in found:
        same_as = f" (the same as {', '.join(each.same_as)})" if each.same_as else ""
        same = "none: it behaves the same" if not each.distance else "times differ by less than 5 %"
        words = (", ".join(each.differences) or same) + same_as
        table.add_row(
            each.name, f"{each.distance:.2f}", Group(str(each.notation), Text(words, style="dim"))
        )
    return table


def _denial(view: StrategyView, cost: PermanentDenial) -> str:
    attempts, ways = cost.attempts, view.required_spec.otherwise
    if cost.ms.is_nothing and attempts.median <= 1 + len(ways):
        return "A permanent denial costs nothing: the error is reported at once."
    noun = "attempt" if attempts.is_one and attempts.median == 1 else "attempts"
    copied = " (including those after giving up)" if ways else ""
    reported = f"{copied} before the error is reported; an error that is not retried costs nothing."
    if view.rests_on_calls:
        calls = assumed_calls(attempts.median, view.times.attempt_cost_ms)
        return f"A permanent denial costs {calls}{reported}"
    return (
        f"A permanent denial costs {cost.ms.spelled(milliseconds)} and "
        f"{attempts.spelled('{:,.0f}'.format)} {noun}{reported}"
    )


def _terms(view: StrategyView, among: int, shapes: Sequence[TargetShape]) -> Iterator[RenderableType]:
    call = joined([*dict.fromkeys(shape.system_call for shape in shapes)])
    jitter = (
        " With jitter, all are means over its distribution, and of a time ~ marks the median. ~ before "
        "a success rate: drawn, with its 95 % interval; rates whose intervals overlap are tied."
    )
    terms = (
        "success: the share of all operations that succeed. rank: by success rate, the highest first, "
        f"among itself and {among} strategies of real software. median and mean: time to success; a "
        "failure counts as infinite in the median, and not in the mean. overshoot: mean time from the "
        f"release of a hold to the next attempt.{jitter if view.times.is_random else ''}"
    )
    claims = (
        "Computed, not measured: from the attempt times of the strategy, the documented sharing rules "
        "of Windows and the distributions of the profiles, many of which are assumed. The prediction is "
        f"what a strategy does against such holds, not how often files are held. The call is {call}, "
        "attempts take no time, and the held file is a program of "
        f"{size(LARGEST_LIBRARY_BYTES)}, as large as the largest library of numpy."
    )
    yield Padding(Text(terms, style="dim"), (1, 0, 0, 0))
    yield Text(claims, style="dim")
