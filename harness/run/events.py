"""The events of a run, in the order in which they happen: what whoever started it can show.

They are data, so that the Wine lane passes them on as lines of JSON. A handler takes each event as it
happens, in the thread of the run; an exception that it raises stops the run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from harness import errors
from harness.errors import HarnessError
from harness.platform.base import PlatformName
from harness.record.trial_record import TrialRecord


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fetching(_Event):
    """Some bytes of an archive have arrived: `done` of `total`, which may be unknown."""

    event: Literal["fetching"] = "fetching"
    file: str
    done: int
    total: int | None


class SettingUp(_Event):
    """What a run needs is being set up, once for all runs; `step` is a phrase for people."""

    event: Literal["setting-up"] = "setting-up"
    step: str


class Preparing(_Event):
    """The payloads of the scenario `what` are being prepared."""

    event: Literal["preparing"] = "preparing"
    what: str


class LeftOut(_Event):
    """A case, or a value of a factor, will not run."""

    event: Literal["left-out"] = "left-out"
    reason: str


class Estimated(_Event):
    """The time that is left is probably between `low_s` and `high_s`; a share of `done` is spent.

    Comes now and then. Where time limits the run both are what is left of it, at the end 0.
    """

    event: Literal["estimated"] = "estimated"
    low_s: float
    high_s: float
    done: float


class Damaged(_Event):
    """Lines of the journal are damaged and left out, so their trials are run again."""

    event: Literal["damaged"] = "damaged"
    text: str


class Remarked(_Event):
    """Something worth knowing of what will run."""

    event: Literal["remarked"] = "remarked"
    scenario: str
    text: str


class Planned(_Event):
    """All is ready, and the first trial comes next.

    `run` is the name of the run's folder, `seed` keys its draws. `trials` is ``None`` if time limits
    the run and not their number; `done` were done by an earlier start. `left` is how long it may take.
    """

    event: Literal["planned"] = "planned"
    run: str
    platform: PlatformName
    seed: int
    cases: int
    trials: int | None
    done: int
    left: Estimated


class TrialFinished(_Event):
    """A trial is in the journal."""

    event: Literal["trial-finished"] = "trial-finished"
    record: TrialRecord


class Completed(_Event):
    """The end of a run in another process; `run` is the name of its folder."""

    event: Literal["completed"] = "completed"
    run: str


class Failed(_Event):
    """An error that ended a run in another process: `error` names its class in `harness.errors`."""

    event: Literal["failed"] = "failed"
    error: str
    message: str
    hint: str | None

    @classmethod
    def of(cls, error: HarnessError) -> Failed:
        """The event that tells of an error."""
        return cls(error=type(error).__name__, message=str(error.message), hint=error.hint)

    def exception(self) -> HarnessError:
        """The error, made again in this process."""
        error: HarnessError = HarnessError.__new__(getattr(errors, self.error, HarnessError))
        HarnessError.__init__(error, self.message, hint=self.hint)
        return error


Event: TypeAlias = (
    SettingUp
    | Fetching
    | Preparing
    | LeftOut
    | Remarked
    | Damaged
    | Planned
    | Estimated
    | TrialFinished
    | Completed
    | Failed
)
EventHandler: TypeAlias = Callable[[Event], None]

_EVENTS: Final[TypeAdapter[Any]] = TypeAdapter(Annotated[Event, Field(discriminator="event")])


def ignore(event: Event) -> None:
    """Handle an event by doing nothing."""
    del event


def to_line(event: Event) -> str:
    """Return an event as one line of JSON, without a line end."""
    return event.model_dump_json(by_alias=True)


def from_line(line: str) -> Event:
    """Read what `to_line` wrote. Raises ``ValueError`` for anything else."""
    event: Event = _EVENTS.validate_json(line)
    return event
