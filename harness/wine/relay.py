"""The Linux side of a run under Wine: fetch what it needs, give the order, pass on what is told.

Scenarios are named, not handed over: the Windows side reads the same files, through Wine's drive Z:.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from harness import errors
from harness.errors import HarnessError, InvalidInputError, NotSupportedError
from harness.record.manifest import read_manifest
from harness.run.candidates import require_permission
from harness.run.runner import Plan, check_writable, fetch_all
from harness.scenario.load import GENERATED
from harness.wine import prepare_lane, windows_path
from harness.wine.messages import (
    Done,
    Event,
    Failed,
    Finished,
    LeftOut,
    Order,
    Planned,
    Preparing,
    ResumeOrder,
    StartOrder,
)

if TYPE_CHECKING:
    from harness.platform.base import Rules
    from harness.run.runner import Listener, Request
    from harness.scenario.load import LoadedScenario

RULES_VARIABLE: Final = "HARNESS_WINE_RULES"
"""``stock`` for Wine as it is; by default the lane adds the rule of NTFS about directories."""


def start(request: Request, listener: Listener) -> Path:
    """Run from the beginning; return the run's folder.

    Raises what `harness.run.runner.start` raises, and what `harness.wine.prepare_lane` does.
    """
    for loaded in request.scenarios:
        require_permission(loaded, allow_code=request.allow_code)
    check_writable(request.results)
    fetch_all(request.scenarios, listener)
    order = StartOrder(
        scenarios=[_spelled(loaded) for loaded in request.scenarios],
        first_profiles=list(request.first_profiles),
        profiles=list(request.profiles),
        factors={name: list(values) for name, values in request.factors.items()},
        long_holds=request.long_holds,
        blocks=request.blocks,
        max_time_s=request.max_time_s,
        seed=request.seed,
        strategies=list(request.strategies),
        allow_code=request.allow_code,
        results=windows_path(request.results),
    )
    return _run(order, _rules(os.environ.get(RULES_VARIABLE, "ntfs")), request.results, listener)


def resume(folder: Path, listener: Listener, *, allow_code: bool) -> Path:
    """Complete the run in `folder`, under the rules that it began with."""
    manifest = read_manifest(folder)
    fetch_all([entry.loaded() for entry in manifest.scenarios], listener)
    order = ResumeOrder(folder=windows_path(folder), allow_code=allow_code)
    rules = _rules(str(manifest.platform_facts.get("rules")))
    return _run(order, rules, folder.absolute().parent, listener)


def _rules(text: str) -> Rules:
    if text not in {"ntfs", "stock"}:
        raise InvalidInputError(f"no rules are called {text!r}", hint="There are ntfs and stock.")
    return cast("Rules", text)


def _spelled(loaded: LoadedScenario) -> str:
    """How the Windows side finds a scenario."""
    if loaded.shipped:
        return loaded.name
    if loaded.folder is None:
        raise NotSupportedError(f"{loaded.name} is no file that the Windows side could read")
    suffix = GENERATED if loaded.generated else ""
    return windows_path(loaded.folder / f"{loaded.name.removesuffix(GENERATED)}.toml") + suffix


class _Ear:
    """Hears what the Windows side tells, and passes it on."""

    def __init__(self, results: Path, listener: Listener) -> None:
        self.results = results
        self.listener = listener
        self.folder: Path | None = None
        self.failed: Failed | None = None
        self.last_words = ""

    def hear(self, line: str) -> None:
        """Pass on one event; a line that is none can only be an accident worth reporting."""
        try:
            event = Event.model_validate_json(line).event
        except ValueError:
            self.last_words = line or self.last_words
            return
        match event:
            case Preparing():
                self.listener.preparing(event.scenario)
            case LeftOut():
                self.listener.left_out(event.reason)
            case Planned():
                folder = self.results / event.run
                facts = event.model_dump(exclude={"event", "run"})
                self.listener.planned(Plan(folder=folder, manifest=read_manifest(folder), **facts))
            case Finished():
                self.listener.finished(event.record)
            case Done():
                self.folder = self.results / event.run
            case Failed():
                self.failed = event

    def note(self, line: str) -> None:
        """Keep the last line of standard error."""
        self.last_words = line or self.last_words


def _run(order: StartOrder | ResumeOrder, rules: Rules, results: Path, listener: Listener) -> Path:
    lane = prepare_lane(rules, announce=listener.preparing)
    ear = _Ear(results, listener)
    code = lane.run(
        ["-m", "harness.wine.inside", Order(order=order).model_dump_json()],
        on_line=ear.hear,
        on_error_line=ear.note,
    )
    if ear.failed is not None:
        kind = getattr(errors, ear.failed.kind, HarnessError)
        error = HarnessError.__new__(kind)
        HarnessError.__init__(error, ear.failed.message, hint=ear.failed.hint)
        raise error
    if ear.folder is None:
        raise HarnessError(
            f"the Windows side ended with code {code}: {ear.last_words or 'it said nothing'}",
            hint="`python -m harness.wine -c pass` tries the lane alone.",
        )
    return ear.folder
