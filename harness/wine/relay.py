"""The Linux side of a run under Wine: fetch what it needs, give the order, pass on the events.

Scenarios are named, not handed over: the Windows side reads the same files, through Wine's drive Z:.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from harness.errors import HarnessError, InvalidInputError, NotSupportedError
from harness.isolated_python import ISOLATED
from harness.record.manifest import read_manifest
from harness.run.candidates import choose, require_permission
from harness.run.events import Completed, EventHandler, Failed, SettingUp, from_line
from harness.run.payloads import fetch_all
from harness.run.select import check_profiles
from harness.run.workspace import check_writable
from harness.scenario.load import GENERATED, LoadedScenario
from harness.wine import prepare_lane, windows_path
from harness.wine.inside import Order, ResumeOrder, StartOrder

if TYPE_CHECKING:
    from harness.platform.base import Rules
    from harness.run.options import RunOptions

RULES_VARIABLE: Final = "HARNESS_WINE_RULES"
"""``stock`` for Wine as it is; by default the lane adds the rule of NTFS about directories."""


def start(scenarios: Sequence[LoadedScenario], options: RunOptions, on_event: EventHandler) -> Path:
    """Run from the beginning; return the run's folder.

    Raises what `harness.run.start.start` raises, and what `harness.wine.prepare_lane` does.
    """
    results = Path(options.results)
    _check_names(scenarios, options)
    for loaded in scenarios:
        require_permission(loaded, allow_code=options.allow_code)
    check_writable(results)
    fetch_all(scenarios, on_event, options.to_argv())
    rules = rules_named(os.environ.get(RULES_VARIABLE, "ntfs"))
    order = StartOrder(
        rules=rules,
        scenarios=[(_spelled(loaded), list(loaded.profiles)) for loaded in scenarios],
        options=replace(options, results=windows_path(results)),
    )
    return _run(order, rules, results, on_event)


def resume(folder: Path, *, allow_code: bool, jobs: int | None = None, on_event: EventHandler) -> Path:
    """Complete the run in `folder`, under the rules that it began with; return the folder."""
    manifest = read_manifest(folder)
    fetch_all([entry.loaded() for entry in manifest.scenarios], on_event)
    rules = rules_named(str(manifest.platform_facts.get("rules")))
    order = ResumeOrder(rules=rules, folder=windows_path(folder), allow_code=allow_code, jobs=jobs)
    return _run(order, rules, folder.absolute().parent, on_event)


def _check_names(scenarios: Sequence[LoadedScenario], options: RunOptions) -> None:
    """Refuse a wrong name here and now: the Windows side would say the same, seconds later."""
    if options.strategies:
        for loaded in scenarios:
            choose(loaded, options.strategies)
    check_profiles(scenarios, options.profiles)


def rules_named(text: str) -> Rules:
    """The rules of that name. Raises `InvalidInputError` if there are none."""
    if text not in {"ntfs", "stock"}:
        raise InvalidInputError(f"no rules are called {text!r}", hint="There are ntfs and stock.")
    return cast("Rules", text)


def _spelled(loaded: LoadedScenario) -> str:
    """Spell a scenario for the Windows side."""
    if loaded.shipped:
        return loaded.name
    if loaded.folder is None:
        raise NotSupportedError(f"{loaded.name} is not a file that the Windows side could read")
    suffix = GENERATED if loaded.generated else ""
    return windows_path(loaded.folder / f"{loaded.name.removesuffix(GENERATED)}.toml") + suffix


class _Reader:
    """Reads the output of the Windows side, and passes its events on."""

    def __init__(self, on_event: EventHandler) -> None:
        self.on_event = on_event
        self.end: Completed | Failed | None = None
        self.last_line = ""

    def read(self, line: str) -> None:
        """Pass on one event. Any other line can only be an accident worth reporting."""
        try:
            event = from_line(line)
        except ValueError:
            self.read_error(line)
            return
        if isinstance(event, Completed | Failed):
            self.end = event
        else:
            self.on_event(event)

    def read_error(self, line: str) -> None:
        """Keep the last line that is not an event."""
        self.last_line = line or self.last_line


def _run(order: Order, rules: Rules, results: Path, on_event: EventHandler) -> Path:
    try:
        lane = prepare_lane(rules, announce=lambda line: on_event(SettingUp(step=line)))
    except HarnessError as error:
        error.of_platform = True
        raise
    reader = _Reader(on_event)
    code = lane.run(
        [ISOLATED, "-m", "harness.wine.inside", order.model_dump_json()],
        on_line=reader.read,
        on_error_line=reader.read_error,
    )
    if isinstance(reader.end, Completed):
        return results / reader.end.run
    if reader.end is None:
        raise HarnessError(
            f"the Windows side ended with code {code}: {reader.last_line or 'it printed nothing'}",
            hint="`python -m harness.wine -c pass` tries the lane alone.",
        )
    raise reader.end.exception()
