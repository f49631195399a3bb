"""Open runs and iterate over their cases, so that different cases are never mixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from harness.analysis.case_summary import summarise_case
from harness.analysis.grouping import SETTING, case_name, setting_name
from harness.analysis.notebook.conclusions import answer_lines
from harness.analysis.notebook.display import head, say, show
from harness.analysis.notebook.notebook_tables import text_frame
from harness.analysis.run_summary import runs_of, runs_table
from harness.analysis.selection import Case, Choice, case_keys, select, select_setting
from harness.frames import load
from harness.frames.definition import CASE
from harness.frames.observations import repeats, valid
from harness.summary.conclude_run import conclude_run
from harness.summary.notes import integrity_notes
from harness.summary.phrase import plain
from harness.text import counted

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
    if repeated := int(repeats(frames.trials, valid(frames.trials)).sum()):
        say(
            f"{counted(repeated, 'trial')} of these runs repeat draws of others, with the same seed: "
            "emulated, that is no further observation, so each draw counts once."
        )
    for run in found:
        for note in integrity_notes(run):
            say(f"Run {run.run}: {plain(note.phrase)}")
    if frames.trials.empty:
        say("No trial was run, so there is nothing to see yet.")
    return frames


def answer(frames: Frames, *, strategies: Sequence[str] | None = None, **choice: str | None) -> None:
    """Show the conclusion over all cases, for each setting (`SETTING`); of one case, its own.

    `strategies` and `choice` restrict them as in `sections`.
    """
    fitting = _fitting(case_keys(frames), choice)
    for setting in _distinct(fitting, SETTING):
        keys = [key for key in _distinct(fitting, CASE) if setting.items() <= key.items()]
        cases = [select(frames, **key) for key in keys]
        if strategies is not None:
            cases = [case.of_strategies(strategies) for case in cases]
        found = [summarise_case(case).conclusion for case in cases if len(case.trials)]
        if found:
            about = counted(len(found), "case") if len(found) > 1 else case_name(cases[0].key)
            head(f"{about}, {setting_name(setting)}" if len(found) > 1 else about)
            whole = found[0] if len(found) == 1 else conclude_run(found, setting["platform"])
            say(*answer_lines(whole.sentences))


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
    """At most `MOST_SECTIONS` distinct values of the columns `names` among the cases that fit."""
    found = case_keys(frames)
    fitting = _fitting(found, choice)
    if found and not fitting:
        chosen = ", ".join(f"{name} {value!r}" for name, value in choice.items() if value is not None)
        there = dict.fromkeys(f"{key['scenario']} under {key['profile']}" for key in found)
        say(f"There is no case with {chosen} in these runs. There are: {', '.join(there)}.")
    distinct = _distinct(fitting, names)
    yield from distinct[:MOST_SECTIONS]
    if len(distinct) > MOST_SECTIONS:
        say(
            f"{len(distinct) - MOST_SECTIONS} more sections are not shown. The parameters of this "
            "notebook choose a scenario or a profile."
        )


def _fitting(found: Iterable[Choice], choice: Mapping[str, str | None]) -> list[dict[str, Any]]:
    given = {name: value for name, value in choice.items() if value is not None}
    return [{**key} for key in found if given.items() <= key.items()]


def _distinct(found: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[dict[str, str]]:
    values = dict.fromkeys(tuple(key[name] for name in names) for key in found)
    return [dict(zip(names, each, strict=True)) for each in values]
