"""Bisect, for each strategy, the constant hold at which success turns into failure: on real handles.

``python benchmarks/flip_points.py --platform wine`` (or ``windows``) prints a Markdown table for the
strategies of two scenarios, ``--strategy "10ms x2 5 retries"`` for others. Every trial is replayed from
its own receipts; differences are printed, and then the exit code is 1. Each finished step is in the file
of ``--steps-file``: an interruption prints what is known by then, and the same command goes on there.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import load_scenario
from harness.api import run_scenarios
from harness.errors import HarnessError
from harness.predict.replay import replay
from harness.run.candidates import choose, resolve
from harness.run.plan import cases_of
from harness.strategy import schedule

if TYPE_CHECKING:
    from harness.record.read import Run
    from harness.scenario.model import StrategyChoice

INTERRUPTED = 130
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
    choice: StrategyChoice
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
    def label(self) -> str:
        """The name of the strategy in tables."""
        return self.choice.display

    @property
    def name(self) -> str:
        """The name of the search, fit for a file."""
        return (
            re.sub(r"[^a-z0-9]+", "-", f"{self.scenario}-{self.label}".lower())
            .strip("-")[:60]
            .strip("-")
        )

    def narrow(self, step: dict[str, Any]) -> None:
        """Narrow the search by a finished step."""
        self.trials += step["taken"]
        self.latest_us = max(self.latest_us, step["latest_us"])
        self.differences += step["differences"]
        if not step["taken"]:
            return
        if step["outlasted"]:
            self.outlasted_ms = step["hold_ms"]
        else:
            self.failed_ms = step["hold_ms"]

    def step_of(self, run: Run) -> dict[str, Any]:
        """Return what the trial of this search in `run` shows."""
        (trial,) = [trial for trial in run.trials if trial.scenario == self.name]
        entry = next(entry for entry in run.manifest.scenarios if entry.name == self.name)
        loaded = entry.loaded()
        (candidate,) = resolve(loaded, allow_code=False)
        (case,) = cases_of(loaded, {candidate.label: candidate.strategy}, run.manifest.seed)
        (planned,) = case.block(trial.block)
        operation = trial.operations[0]
        found = replay(operation, candidate.strategy, planned.strategy_rng(f"first/{operation.op_id}/0"))
        hold = operation.holds[0]
        step = {"search": self.name, "budget_ms": self.budget_ms, "hold_ms": self.next_ms}
        if hold.opened_us is None:
            missed = [f"the hold was not taken: {hold.error}"]
            return {**step, "taken": False, "latest_us": 0, "differences": missed}
        return {
            **step,
            "taken": True,
            "outlasted": operation.outcome == "ok",
            "latest_us": max(*found.late_us, 0) if found.late_us else 0,
            "differences": [found.differs] if found.differs else [],
        }


def searches(scenario: str, names: Sequence[str]) -> Iterator[Search]:
    """Yield one search for each strategy, named or of the scenario. Jitter has no flip point."""
    loaded = load_scenario(scenario)
    if names:
        chosen = choose(loaded, names)
        loaded = loaded.changed(strategies=chosen)
    for candidate in resolve(loaded, allow_code=False):
        code = 32 if scenario == "script-install" else 5
        first, second = (schedule(candidate.strategy, code=code, seed=seed) for seed in (0, 1))
        if first == second:
            yield Search(scenario, candidate.choice, first.budget_ms)
        else:
            print(f"{candidate.label} has jitter, and so no flip point: left out", file=sys.stderr)


def write(search: Search, folder: Path) -> Path:
    """Write the scenario of the next step: the first operation alone, one strategy, one hold."""
    text = (Path(__file__).parent.parent / "scenarios" / f"{search.scenario}.toml").read_text("utf-8")
    text = re.sub(
        r"strategies = \[.*?^\]",
        lambda _: f"strategies = [{_inline(search.choice)}]",
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


def _inline(choice: StrategyChoice) -> str:
    """Spell a choice as a table in one line; numbers, texts and lists of JSON are those of TOML."""
    given = choice.model_dump(mode="json", exclude_none=True)
    return "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in given.items()) + " }"


def read_steps(file: Path, going: Sequence[Search]) -> None:
    """Narrow the searches by the steps of an interrupted run; a line that is cut off is left out."""
    by_name = {(search.name, search.budget_ms): search for search in going}
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        try:
            step = json.loads(line)
        except json.JSONDecodeError:
            continue
        if search := by_name.get((step["search"], step["budget_ms"])):
            search.narrow(step)


def run_step(going: Sequence[Search], platform: str, file: Path) -> None:
    """Run the next hold of every search, all in one run, and write down what it shows."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        scenarios = [load_scenario(write(search, folder)) for search in going]
        run = run_scenarios(
            scenarios, platform=platform, blocks=1, long_holds=True, results=folder / "results"
        )
    steps = [search.step_of(run) for search in going]
    with file.open("a", encoding="utf-8") as out:
        out.writelines(f"{json.dumps(step)}\n" for step in steps)
    for search, step in zip(going, steps, strict=True):
        search.narrow(step)


def table(going: Sequence[Search]) -> Iterator[str]:
    """Yield what is known by now, as Markdown."""
    yield "| scenario | strategy | budget | outlasts | fails | trials | latest attempt | differs |"
    yield "|---|---|---|---|---|---|---|---|"
    for search in going:
        times = (search.budget_ms, search.outlasted_ms, search.failed_ms)
        cells = [search.scenario, search.label, *(f"{time:.1f} ms" for time in times)]
        cells += [str(search.trials), f"{search.latest_us / 1000:.2f} ms late"]
        yield f"| {' | '.join([*cells, '; '.join(search.differences) or '-'])} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Search and print; return 1 if something does not follow from the receipts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("scenarios", nargs="*", help=f"{' and '.join(SCENARIOS)} by default")
    parser.add_argument(
        "--strategy", action="append", default=[], help="a name, or notation in quotes; repeat for more"
    )
    parser.add_argument("--platform", default="wine", help="wine (by default), windows or emulated")
    parser.add_argument("--steps", type=int, default=8, help="each halves what is in doubt")
    parser.add_argument(
        "--steps-file",
        type=Path,
        help="where finished steps are kept; by default, one for each platform",
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.scenarios if name not in SCENARIOS]:
        parser.error(f"no flip points for {', '.join(unknown)}: choose {' or '.join(SCENARIOS)}")
    file = options.steps_file or Path(tempfile.gettempdir()) / f"flip-points-{options.platform}.jsonl"
    try:
        names = options.scenarios or SCENARIOS
        going = [search for name in names for search in searches(name, options.strategy)]
        read_steps(file, going)
        while waiting := [search for search in going if search.trials < options.steps]:
            done = min(search.trials for search in waiting)
            print(f"step {done + 1} of {options.steps}; finished ones are in {file}", file=sys.stderr)
            before = [search.trials for search in waiting]
            run_step([search for search in waiting if search.trials == done], options.platform, file)
            if before == [search.trials for search in waiting]:
                break  # no hold was taken: `differences` say why
    except KeyboardInterrupt:
        print(*table(going), sep="\n")
        print("\nInterrupted. The same command goes on from here.", file=sys.stderr)
        return INTERRUPTED
    except HarnessError as error:
        parser.error(f"{error.message} {error.hint or ''}".strip())
    print(*table(going), sep="\n")
    file.unlink(missing_ok=True)
    return int(any(search.differences for search in going))


if __name__ == "__main__":
    sys.exit(main())
