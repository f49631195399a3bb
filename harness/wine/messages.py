"""What the two sides of a run under Wine tell each other: one order, then one line an event."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.record.trial_record import TrialRecord


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StartOrder(_Message):
    """A `harness.run.runner.Request` with Windows paths. `scenarios` are names and paths of files."""

    order: Literal["start"] = "start"
    scenarios: list[str]
    first_profiles: list[str]
    profiles: list[str]
    factors: dict[str, list[str]]
    long_holds: bool
    blocks: int | None
    max_time_s: float | None
    seed: int
    strategies: list[str]
    allow_code: bool
    results: str


class ResumeOrder(_Message):
    """Complete a run; `folder` is a Windows path."""

    order: Literal["resume"] = "resume"
    folder: str
    allow_code: bool


class Order(BaseModel):
    """Either of them."""

    order: Annotated[StartOrder | ResumeOrder, Field(discriminator="order")]


class Preparing(_Message):
    """See `harness.run.runner.Listener`, as all of these."""

    event: Literal["preparing"] = "preparing"
    scenario: str


class LeftOut(_Message):
    """A case that will not run."""

    event: Literal["left-out"] = "left-out"
    reason: str


class Planned(_Message):
    """The plan; `run` is the name of the run's folder."""

    event: Literal["planned"] = "planned"
    run: str
    cases: int
    trials: int | None
    done: int
    trial_s: dict[str, float]
    done_s: float
    total_s: float


class Finished(_Message):
    """A trial that is in the journal."""

    event: Literal["finished"] = "finished"
    record: TrialRecord


class Done(_Message):
    """The run is complete."""

    event: Literal["done"] = "done"
    run: str


class Failed(_Message):
    """An error for the user: the name of its class in `harness.errors`."""

    event: Literal["failed"] = "failed"
    kind: str
    message: str
    hint: str | None


class Event(BaseModel):
    """One line of what the Windows side tells."""

    event: Annotated[
        Preparing | LeftOut | Planned | Finished | Done | Failed, Field(discriminator="event")
    ]
