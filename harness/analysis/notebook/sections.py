"""Go through runs case by case, so that nothing of different cases meets, and say what there is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from harness.analysis.grouping import CASE, SETTING
from harness.analysis.notebook.display import head, say, show
from harness.analysis.selection import Case, cases, select, select_setting
from harness.frames import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.frames.definition import Frames

MOST_SECTIONS: Final = 12
"""More make a page that nobody reads; how many others there are is said, and they can be chosen."""


def open_runs(runs: Iterable[str]) -> Frames:
    """Load runs, and show what they are and what is missing from them.

    Raises `harness.errors.InvalidInputError` for what is no run.
    """
    frames = load(list(runs))
    about: list[dict[Any, Any]] = frames.runs.reset_index().to_dict("records")
    rows = [
        {
            "run": run["run"],
            "platform": f"{run['platform']} ({run['rules']} rules)" if run["rules"] else run["platform"],
            "started (UTC)": str(run["started"])[:16].replace("T", " "),
            "trials": f"{run['trials']:,}",
            "planned": "as time allowed" if pd.isna(run["planned"]) else f"{run['planned']:,}",
            "antivirus": f"{run['antivirus']}: {run['antivirus_evidence'] or 'nothing is known'}",
        }
        for run in about
    ]
    show(pd.DataFrame(rows))
    platforms = sorted({str(run["platform"]) for run in about})
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
    """Give the cases one by one, each under its heading; at most `MOST_SECTIONS`.

    `choice` restricts them as in `select`, but ``None`` is all there are; `strategies` are those that
    are kept. Where there is nothing, or more, it says so.
    """
    for key in _found(frames, CASE, choice):
        head(name_of(key))
        case = of_strategies(select(frames, **key), strategies)
        if case.trials.empty:
            say(_why_empty(case, strategies))
        else:
            yield case


def settings(
    frames: Frames, *, strategies: Sequence[str] | None = None, **choice: str | None
) -> Iterator[Case]:
    """As `sections`, with all scenarios and profiles of one platform, antivirus state … together."""
    given = {name: value for name, value in choice.items() if value is not None}
    for key in _found(frames, SETTING, choice):
        head(_where(key))
        setting = of_strategies(select_setting(frames, **given, **key), strategies)
        if setting.trials.empty:
            say(_why_empty(setting, strategies))
        else:
            yield setting


def of_strategies(case: Case, strategies: Sequence[str] | None) -> Case:
    """The part of a case that these strategies ran; with ``None``, all of it."""
    if strategies is None:
        return case
    trials = case.trials[case.trials["strategy"].isin(list(strategies))]
    return replace(case, trials=trials)


def name_of(key: Mapping[Any, Any]) -> str:
    """What a case is called, from a row of `cases`."""
    return f"{key['scenario']} under {key['profile']}, {_where(key)}"


def _where(key: Mapping[Any, Any]) -> str:
    rules = f" ({key['rules']} rules)" if key["rules"] else ""
    freshness = f", {key['freshness']} bytes" if key["freshness"] else ""
    return f"{key['platform']}{rules}, antivirus {key['antivirus']}{freshness}"


def _why_empty(case: Case, strategies: Sequence[str] | None) -> str:
    chosen = "" if strategies is None else f" of {', '.join(strategies)}"
    return f"No trial{chosen} counts here. {case.caption}"


def _found(
    frames: Frames, keys: Sequence[str], choice: Mapping[str, str | None]
) -> Iterator[dict[str, Any]]:
    """The distinct values of `keys` among the cases that fit `choice`."""
    found = cases(frames)
    for column, value in choice.items():
        kept = found if value is None else found[found[column] == value]
        if kept.empty and len(found):
            there = ", ".join(map(str, found[column].unique()))
            say(f"There is no {column} {value!r} in these runs. There are: {there}.")
            return
        found = kept
    distinct = found[list(keys)].drop_duplicates()
    for row in distinct.head(MOST_SECTIONS).to_dict("records"):
        yield {str(name): value for name, value in row.items()}
    if len(distinct) > MOST_SECTIONS:
        say(
            f"{len(distinct) - MOST_SECTIONS} more sections are not shown. The parameters of this "
            "notebook choose a scenario or a profile."
        )
