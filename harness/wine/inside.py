"""The Windows side of a run under Wine: carry out one order, tell what happens line by line.

``python -m harness.wine.inside ORDER``; `harness.wine.relay` is who asks. It runs what any Windows
machine runs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.run import runner
from harness.scenario.load import load_scenarios
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
    from harness.payload.cache import Archive
    from harness.record.trial_record import TrialRecord
    from harness.run.runner import Plan


class Teller:
    """A `harness.run.runner.Listener` that passes everything on."""

    def fetching(self, archive: Archive, done: int, total: int | None) -> None:
        """Say nothing: the other side fetched everything before."""

    def preparing(self, scenario: str) -> None:
        """Pass it on."""
        tell(Preparing(scenario=scenario))

    def left_out(self, reason: str) -> None:
        """Pass it on."""
        tell(LeftOut(reason=reason))

    def planned(self, plan: Plan) -> None:
        """Pass it on."""
        tell(
            Planned(
                run=plan.folder.name,
                cases=plan.cases,
                trials=plan.trials,
                done=plan.done,
                trial_s=dict(plan.trial_s),
                done_s=plan.done_s,
                total_s=plan.total_s,
            )
        )

    def finished(self, record: TrialRecord) -> None:
        """Pass it on."""
        tell(Finished(record=record))


def tell(event: Preparing | LeftOut | Planned | Finished | Done | Failed) -> None:
    """Write one line."""
    sys.stdout.write(Event(event=event).model_dump_json(by_alias=True) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Carry out the order; what goes wrong is told, too."""
    try:
        folder = _carry_out(Order.model_validate_json(sys.argv[1]).order)
    except HarnessError as error:
        tell(Failed(kind=type(error).__name__, message=str(error.message), hint=error.hint))
        sys.exit(error.exit_code)
    tell(Done(run=folder.name))


def _carry_out(order: StartOrder | ResumeOrder) -> Path:
    if isinstance(order, ResumeOrder):
        return runner.resume(Path(order.folder), allow_code=order.allow_code, listener=Teller())
    return runner.start(
        runner.Request(
            scenarios=load_scenarios(order.scenarios),
            platform="wine",
            first_profiles=order.first_profiles,
            profiles=order.profiles,
            factors=order.factors,
            long_holds=order.long_holds,
            blocks=order.blocks,
            max_time_s=order.max_time_s,
            seed=order.seed,
            strategies=order.strategies,
            allow_code=order.allow_code,
            results=Path(order.results),
        ),
        Teller(),
    )


if __name__ == "__main__":
    main()
