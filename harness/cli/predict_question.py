"""What ``harness predict`` is asked: for which operation, under which holds, and how those are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import InvalidInputError
from harness.holds.profile import Profile
from harness.predict.operation_shapes import shape_of
from harness.predict.recorded import recorded
from harness.predict.shapes import SHAPES
from harness.record.read import read_run
from harness.scenario.load import NamedProfile, load_profile_file, shipped_profiles
from harness.summary.model import hold_evidence
from harness.summary.summarise import PARAMETERS

if TYPE_CHECKING:
    from harness.holds.handles import ShareName
    from harness.holds.profile import ObjectName
    from harness.predict.shapes import TargetShape


@dataclass(frozen=True)
class Question:
    """The operations and the holds that a prediction is for.

    `only` is the profile under which all strategies are ranked; ``None``: an overview of `profiles`.
    `evidence` says how the holds are known.
    """

    shapes: Sequence[TargetShape] = SHAPES
    profiles: Mapping[str, Profile] | None = None
    only: str | None = None
    evidence: str = ""


def question(
    *,
    profile: str | None = None,
    run: Path | None = None,
    scenario: str | None = None,
    operation: str | None = None,
    primitive: str | None = None,
    held: ObjectName | None = None,
    share: ShareName | None = None,
) -> Question:
    """Return what is asked with these options. Raises `InvalidInputError` for what does not fit."""
    if scenario is not None and run is None:
        raise InvalidInputError("--scenario chooses trials of a run", hint="Name one with --run.")
    if run is not None:
        found = recorded(read_run(run), scenario, profile, operation=operation, primitive=primitive)
        moved = _held_on({found.name: found.profile}, held, share)
        return Question((found.shape,), moved, found.name, f"Holds: {found.source}.")
    shapes = _shapes(operation, primitive)
    if profile is not None:
        named = load_profile_file(profile)
        moved = _held_on(dict([named]), held, share)
        return Question(shapes, moved, named.name, _evidence(named))
    if held is not None or share is not None:
        return Question(shapes, _held_on(shipped_profiles(), held, share))
    return Question(shapes)


def _shapes(operation: str | None, primitive: str | None) -> Sequence[TargetShape]:
    if operation is not None:
        return (shape_of(operation, primitive),)
    if primitive is not None:
        return (shape_of("rename", primitive), shape_of("write-replace", primitive))
    return SHAPES


def _held_on(
    profiles: Mapping[str, Profile], held: ObjectName | None, share: ShareName | None
) -> dict[str, Profile]:
    """Return profiles whose holds are on another object, or share something else."""
    changes = {"object": held, "share": share}
    changed = {key: value for key, value in changes.items() if value is not None}
    return {
        name: profile.model_copy(
            update={
                "holds": [
                    hold.model_copy(update={"handle": hold.handle.model_copy(update=changed)})
                    for hold in profile.holds
                ]
            }
        )
        for name, profile in profiles.items()
    }


def _evidence(named: NamedProfile) -> str:
    parameters = (
        (number, name, getattr(hold, name).evidence)
        for number, hold in enumerate(named.profile.holds, 1)
        for name in PARAMETERS
    )
    return f"Holds: {named.profile.title} ({hold_evidence(named.profile.title, parameters).words})."
