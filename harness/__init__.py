"""Benchmark and reproduction harness for file persists that fail because something holds the file.

The stable interface, all of it loaded only when used::

    import harness

    strategy = harness.get_strategy("exponential", initial_ms=5, max_attempts=8)
    strategy.persist(os.replace, temporary, final)      # in a tool of your own
    harness.schedule(strategy).attempts_ms              # when it would try

    scenario = harness.load_scenario("script-install")
    run = harness.run_scenarios([scenario], blocks=20)  # writes results/<run>/
    [trial.outcome for trial in run.trials]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.api import run_scenarios
    from harness.record.read import Run, read_run
    from harness.scenario.load import LoadedScenario, load_scenario
    from harness.strategy.lookup import get_strategy
    from harness.strategy.loop import Strategy
    from harness.strategy.schedules import Schedule, schedule

__all__ = [
    "LoadedScenario",
    "Run",
    "Schedule",
    "Strategy",
    "get_strategy",
    "load_scenario",
    "read_run",
    "run_scenarios",
    "schedule",
]

_HOMES: Final = {
    "LoadedScenario": "harness.scenario.load",
    "Run": "harness.record.read",
    "Schedule": "harness.strategy.schedules",
    "Strategy": "harness.strategy.loop",
    "get_strategy": "harness.strategy.lookup",
    "load_scenario": "harness.scenario.load",
    "read_run": "harness.record.read",
    "run_scenarios": "harness.api",
    "schedule": "harness.strategy.schedules",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
