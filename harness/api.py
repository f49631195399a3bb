"""Run scenarios where their platform is: in this process, or in a Windows Python under Wine.

`run_scenarios` is for Python what ``harness run`` is for the shell.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from harness.record.manifest import read_manifest
from harness.record.read import Run, read_run
from harness.run import start
from harness.run.events import EventHandler, ignore
from harness.run.options import RunOptions

if TYPE_CHECKING:
    from harness.scenario.load import LoadedScenario

P = ParamSpec("P")


def launch(
    scenarios: Sequence[LoadedScenario], options: RunOptions, on_event: EventHandler = ignore
) -> Path:
    """Run from the beginning; return the run's folder. Raises the errors of `harness.errors`."""
    if options.platform == "wine" and sys.platform == "linux":
        from harness.wine import relay  # noqa: PLC0415

        return relay.start(scenarios, options, on_event)
    return start.start(scenarios, options, on_event)


def resume(
    folder: Path,
    *,
    allow_code: bool = False,
    jobs: int | None = None,
    on_event: EventHandler = ignore,
) -> Path:
    """Complete the run in `folder`; return the folder. Raises the errors of `harness.errors`."""
    if sys.platform == "linux" and read_manifest(folder).platform == "wine":
        from harness.wine import relay  # noqa: PLC0415

        return relay.resume(folder, allow_code=allow_code, jobs=jobs, on_event=on_event)
    return start.resume(folder, allow_code=allow_code, jobs=jobs, on_event=on_event)


def _with_keywords(
    options: Callable[P, RunOptions],
) -> Callable[Concatenate[Sequence[LoadedScenario], P], Run]:
    """Return `run_scenarios`, which takes each field of `options` as a keyword argument."""

    def run_scenarios(scenarios: Sequence[LoadedScenario], /, *args: P.args, **kwargs: P.kwargs) -> Run:
        """Run scenarios and read the result.

        The keyword arguments are the fields of `harness.run.options.RunOptions`. Raises the errors of
        `harness.errors`.
        """
        return read_run(launch(scenarios, options(*args, **kwargs)))

    scenarios, *_ = inspect.signature(run_scenarios).parameters.values()
    keywords = inspect.signature(options).parameters.values()
    signature = inspect.Signature([scenarios, *keywords])
    run_scenarios.__signature__ = signature  # type: ignore[attr-defined]
    return run_scenarios


run_scenarios = _with_keywords(RunOptions)
