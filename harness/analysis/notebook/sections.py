"""Open runs and iterate over their cases, so that different cases are never mixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.analysis.grouping import SETTING, case_name, setting_name
from harness.analysis.notebook.display import head, say, show
from harness.analysis.notebook.notebook_tables import text_frame
from harness.analysis.run_summary import runs_of, runs_table
from harness.analysis.selection import Case, case_keys, select, select_setting
from harness.frames import load
from harness.frames.definition import CASE

if TYPE_CHECKING:
    from harness.frames.definition import Frames

MOST_SECTIONS: Final = 12
"""More are too many for one page: the number of the others is shown, and they can be chosen."""


def open_runs(runs: Iterable[str]) -> Frames:
    """Load runs, and show where they are from, their size, and what is missing from them.

    Raises `harness.errors.InvalidInputError` for a folder that is not a run.
    """
    frames = load(list(runs))
    found = runs_of(frames)
    show(text_frame(runs_table(found)))
    platforms = sorted({run.platform for run in found})
    if len(platforms) > 1:
        say(
            f"These are runs of {len(platforms)} platforms: {', '.join(platforms)}. Each has sections "
            "of its own; nothing is pooled across platforms."
        )
    if frames.trials.empty:
        say("No trial was run, so there is nothing to see yet.")
    return frames


def sections(
    frames: Frames, *, strategies: Sequence[str] | None = None, **choice: str | None
) -> Iterator[Case]:
    """Yield the cases one by one, each below its heading; at most `MOST_SECTIONS`.

    `choice` restricts them as in `select`, where ``None`` chooses all; only trials of `strategies` are
    kept. Says so where there are none, or more.
    """
    for key in _found(frames, CASE, choice):
        head(case_name(key))
        yield from _with_trials(select(frames, **key), strategies)


def settings(
    frames: Frames, *, strategies: Sequence[str] | None = None, **choice: str | None
) -> Iterator[Case]:
    """As `sections`, with all scenarios and profiles of one setting (`SETTING`) together."""
    given = {name: value for name, value in choice.items() if value is not None}
    for key in _found(frames, SETTING, choice):
        head(setting_name(key))
        yield from _with_trials(select_setting(frames, **given, **key), strategies)


def _with_trials(case: Case, strategies: Sequence[str] | None) -> Iterator[Case]:
    """The part of a case that `strategies` ran (``None``: all of it), or a sentence if that is empty."""
    if strategies is not None:
        case = case.of_strategies(strategies)
    if case.trials.empty:
        chosen = "" if strategies is None else f" of {', '.join(strategies)}"
        say(f"No trial{chosen} counts here. {case.caption}")
    else:
        yield case


def _found(
    frames: Frames, names: Sequence[str], choice: Mapping[str, str | None]
) -> Iterator[dict[str, str]]:
    """The distinct values of the columns `names` among the cases that fit `choice`."""
    found: list[Mapping[str, Any]] = [*case_keys(frames)]
    for column, value in choice.items():
        kept = [key for key in found if value in {None, key[column]}]
        if found and not kept:
            there = ", ".join(dict.fromkeys(key[column] for key in found))
            say(f"There is no {column} {value!r} in these runs. There are: {there}.")
            return
        found = kept
    distinct = list(dict.fromkeys(tuple(key[name] for name in names) for key in found))
    for values in distinct[:MOST_SECTIONS]:
        yield dict(zip(names, values, strict=True))
    if len(distinct) > MOST_SECTIONS:
        say(
            f"{len(distinct) - MOST_SECTIONS} more sections are not shown. The parameters of this "
            "notebook choose a scenario or a profile."
        )
