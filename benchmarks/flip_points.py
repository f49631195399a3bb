"""Bisect, for each strategy, the constant hold at which success turns into failure: on real handles.

``python benchmarks/flip_points.py --platform wine`` (or ``windows``) prints a Markdown table. Every
trial is replayed from its own receipts; differences are printed, and then the exit code is 1.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness import load_scenario
from harness.api import run_scenarios
from harness.predict.replay import replay
from harness.run.candidates import resolve
from harness.run.plan import cases_of
from harness.strategy import schedule

if TYPE_CHECKING:
    from harness.record.read import Run

SCENARIOS = ("script-install", "numpy-wheel")
HELD = {
    "script-install": 'object = "child", access = "read", share = "r"',
    "numpy-wheel": 'object = "largest-pe", access = "read", share = "rwd"',
}
MARGIN_MS = 30.0
PROFILE = """
schema = 2
title = "A hold of {ms:g} ms"

[[holds]]
handle = {{ {handle}, evidence = "assumed", source = "a search" }}
probability = {{ value = 1.0, evidence = "assumed", source = "a search" }}
delay = {{ of = {{ distribution = "constant", ms = 0 }}, evidence = "assumed", source = "a search" }}
[holds.duration]
evidence = "assumed"
source = "a search"
of = {{ distribution = "constant", ms = {ms:f} }}
"""


@dataclass
class Search:
    """The search for one flip point: it lies between `outlasted_ms` and `failed_ms`."""

    scenario: str
    label: str
    budget_ms: float
    outlasted_ms: float = 0.0
    failed_ms: float = field(init=False)
    trials: int = 0
    latest_us: int = 0
    differences: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.failed_ms = 1.5 * self.budget_ms + MARGIN_MS

    @property
    def next_ms(self) -> float:
        """The length of the next hold."""
        return (self.outlasted_ms + self.failed_ms) / 2

    @property
    def name(self) -> str:
        """The name of the search, fit for a file."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.scenario}-{self.label}".lower())

    def take(self, run: Run) -> None:
        """Narrow the search by its trial in `run`."""
        (trial,) = [trial for trial in run.trials if trial.scenario == self.name]
        entry = next(entry for entry in run.manifest.scenarios if entry.name == self.name)
        loaded = entry.loaded()
        (candidate,) = resolve(loaded, allow_code=False)
        (case,) = cases_of(loaded, {candidate.label: candidate.strategy}, run.manifest.seed)
        (planned,) = case.block(trial.block)
        operation = trial.operations[0]
        found = replay(operation, candidate.strategy, planned.strategy_rng(f"first/{operation.op_id}/0"))
        hold = operation.holds[0]
        if hold.opened_us is None:
            self.differences.append(f"the hold was not taken: {hold.error}")
            return
        if found.differs is not None:
            self.differences.append(found.differs)
        self.trials += 1
        self.latest_us = max(self.latest_us, *found.late_us, 0)
        if operation.outcome == "ok":
            self.outlasted_ms = self.next_ms
        else:
            self.failed_ms = self.next_ms


def searches(scenario: str) -> Iterator[Search]:
    """One search for each strategy of a scenario."""
    for candidate in resolve(load_scenario(scenario), allow_code=False):
        code = 32 if scenario == "script-install" else 5
        yield Search(scenario, candidate.label, schedule(candidate.strategy, code=code).budget_ms)


def write(search: Search, folder: Path) -> Path:
    """Write the scenario of the next step: the first operation alone, one strategy, one hold."""
    text = (Path(__file__).parent.parent / "scenarios" / f"{search.scenario}.toml").read_text("utf-8")
    (choice,) = [
        line
        for line in re.findall(r'^  (".*"|\{.*\}),$', text, re.MULTILINE)
        if _label(line) == search.label
    ]
    text = re.sub(
        r"strategies = \[.*?^\]",
        lambda _: f"strategies = [{choice}]",
        text,
        flags=re.DOTALL | re.MULTILINE,
    )
    text = re.sub(r"profiles = .*", f'profiles = ["{search.name}"]', text)
    text = text.partition("[factors]")[0]
    head, *operations = text.split("[[operations]]")
    (folder / "profiles").mkdir(exist_ok=True)
    profile = PROFILE.format(ms=search.next_ms, handle=HELD[search.scenario])
    (folder / "profiles" / f"{search.name}.toml").write_text(profile, "utf-8")
    path = folder / f"{search.name}.toml"
    path.write_text(f"{head}[[operations]]{operations[0]}", "utf-8")
    return path


def _label(choice: str) -> str:
    named = re.search(r'label = "([^"]*)"', choice)
    return named[1] if named else choice.strip('"')


def step(going: Sequence[Search], platform: str) -> None:
    """Run the next hold of every search, all in one run."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        scenarios = [load_scenario(write(search, folder)) for search in going]
        run = run_scenarios(
            scenarios, platform=platform, blocks=1, long_holds=True, results=folder / "results", seed=1
        )
    for search in going:
        search.take(run)


def main() -> int:
    """Search and print; return 1 if something does not follow from the receipts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], help="both by default")
    parser.add_argument("--platform", default="wine")
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    going = [search for name in options.scenarios or SCENARIOS for search in searches(name)]
    for number in range(options.steps):
        print(f"step {number + 1} of {options.steps}", file=sys.stderr)
        step(going, options.platform)
    print("| scenario | strategy | budget | outlasts | fails | trials | latest attempt | differs |")
    print("|---|---|---|---|---|---|---|---|")
    for search in going:
        times = (search.budget_ms, search.outlasted_ms, search.failed_ms)
        cases = [
            search.scenario,
            search.label,
            *(f"{time:.1f} ms" for time in times),
            str(search.trials),
        ]
        cases += [f"{search.latest_us / 1000:.2f} ms late", "; ".join(search.differences) or "-"]
        print(f"| {' | '.join(cases)} |")
    return int(any(search.differences for search in going))


if __name__ == "__main__":
    sys.exit(main())
