"""The Windows side of a run under Wine: ``python -m harness.wine.inside ORDER``.

`harness.wine.relay` gives the order, and reads the run's events from standard output. It runs what any
Windows machine runs.
"""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import BaseModel, TypeAdapter

from harness.errors import HarnessError
from harness.platform.base import Rules
from harness.platform.registry import get_platform, native_platform
from harness.run.events import Completed, Event, Failed, to_line
from harness.run.options import RunOptions
from harness.run.start import resume, start
from harness.scenario.load import load_profile, load_scenarios


class StartOrder(BaseModel, extra="forbid"):
    """Run scenarios: each a name, or the Windows path of a file, with the names of its profiles."""

    rules: Rules | None
    scenarios: list[tuple[str, list[str]]]
    options: RunOptions


class ResumeOrder(BaseModel, extra="forbid"):
    """Complete a run; `folder` is a Windows path."""

    rules: Rules | None
    folder: str
    allow_code: bool
    jobs: int | None = None


Order: TypeAlias = StartOrder | ResumeOrder
_ORDER: Final[TypeAdapter[Order]] = TypeAdapter(Order)


def write_event(event: Event) -> None:
    """Write an event as one line to standard output."""
    sys.stdout.write(to_line(event) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Carry out the order; the last event says how it ended."""
    try:
        folder = _carry_out(_ORDER.validate_json(sys.argv[1]))
    except HarnessError as error:
        write_event(Failed.of(error))
        sys.exit(error.exit_code)
    write_event(Completed(run=folder.name))


def require_rules(rules: Rules | None) -> None:
    """Raise `HarnessError` if this Wine follows other rules for renames; ``None``: this is no Wine."""
    with closing(get_platform(native_platform())) as platform:
        found = platform.rules
    if found != rules:
        raise HarnessError(
            f"nothing was run: it was to run under the rules {rules}, and this Wine follows "
            f"{found or 'none of its own'}",
            hint="Wine's server runs without them, or is another one. End it, and try again: "
            "`python -m harness.wine -c pass` sets the lane up.",
        )


def _carry_out(order: Order) -> Path:
    require_rules(order.rules)
    if isinstance(order, ResumeOrder):
        return resume(
            Path(order.folder), allow_code=order.allow_code, jobs=order.jobs, on_event=write_event
        )
    names, profiles = zip(*order.scenarios, strict=True)
    scenarios = [
        replace(loaded, profiles={name: load_profile(name, loaded) for name in chosen})
        for loaded, chosen in zip(load_scenarios(names), profiles, strict=True)
    ]
    return start(scenarios, order.options, write_event)


if __name__ == "__main__":
    main()
