"""Select what a run measures: the cases that were requested, can be measured here, and are short enough.

Anything else is left out before the run begins, with the reason: nothing is measured in a weaker form
instead.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from pydantic import ValidationError

from harness.errors import InvalidInputError, NotSupportedError, together
from harness.holds.profile import PARENT_OBJECTS, HandleKind, Profile
from harness.platform.base import Capability, Platform
from harness.scenario.cross_checks import never_succeeding
from harness.scenario.load import LoadedScenario, load_profile
from harness.scenario.model import FACTORS, Factors, Scenario, read_only_parts
from harness.scenario.operations.base import OperationBase
from harness.scenario.payload_models import Payload
from harness.scenario.problems import first_problem
from harness.scenario.volume_model import VolumeSpec
from harness.strategy.file_calls import DeletePrimitive
from harness.text import milliseconds

PATIENCE_MS: Final = 5_000.0
"""In real time, profiles whose holds can last longer run only on request."""


@dataclass(frozen=True)
class Selection:
    """What to run, and the reasons for what is left out."""

    scenarios: Sequence[LoadedScenario]
    left_out: Sequence[str]


def select(
    scenarios: Sequence[LoadedScenario],
    platform: Platform,
    *,
    profiles: Sequence[str] = (),
    long_holds: bool = False,
) -> Selection:
    """Choose the profiles of each scenario.

    `profiles` replaces those of the scenarios. Raises `NotSupportedError` if nothing is left, or if a
    profile that was named cannot be measured here.
    """
    check_profiles(scenarios, profiles)
    kept: list[LoadedScenario] = []
    primitives_out: list[str] = []
    left_out: list[str] = []
    for asked in scenarios:
        loaded, dropped = _without_primitives(asked, platform)
        primitives_out += dropped
        chosen = {}
        for name in dict.fromkeys(profiles or loaded.profiles):
            profile = load_profile(name, loaded)
            may_be_long = long_holds or bool(profiles) or not platform.is_real_time
            reason = next(_reasons(loaded.scenario, profile, platform, may_be_long=may_be_long), None)
            if reason is None:
                chosen[name] = profile
            else:
                left_out.append(f"{loaded.name}/{name}: {reason}")
        if chosen:
            kept.append(dataclasses.replace(loaded, profiles=chosen))
    if not kept or (profiles and left_out):
        raise NotSupportedError(
            f"{'not everything can run' if kept else 'nothing to run'} on the {platform.name} platform "
            "with these options:\n" + "\n".join(f"  {line}" for line in left_out),
            hint="Leave out the --profile or --factor that needs it, choose another --platform, or "
            "another scenario of `harness list`.",
        )
    return Selection(kept, [*primitives_out, *left_out])


def check_profiles(scenarios: Sequence[LoadedScenario], names: Sequence[str]) -> None:
    """Raise one error for all names of profiles that no scenario can use, or that are invalid."""
    refused: dict[str, InvalidInputError] = {}
    for name in names:
        for loaded in scenarios:
            try:
                load_profile(name, loaded)
            except InvalidInputError as error:
                refused.setdefault(error.message, error)
    if refused:
        raise together(list(refused.values()))


PRIMITIVE_NEEDS: Final[Mapping[str | None, Capability]] = {
    "posix-rename": "posix-rename",
    "rust-rename": "posix-rename",
    "posix-delete": "posix-delete",
}


def _without_primitives(loaded: LoadedScenario, platform: Platform) -> tuple[LoadedScenario, list[str]]:
    """Drop the primitives that the platform lacks from the factor, as long as others remain."""
    factors = loaded.scenario.factors
    cannot = _cannot(loaded.scenario, platform)
    reasons = {
        primitive: cannot[need]
        for primitive in factors.primitive or ()
        if (need := PRIMITIVE_NEEDS.get(primitive)) is not None and need in cannot
    }
    left = [primitive for primitive in factors.primitive or () if primitive not in reasons]
    if not reasons or not left:
        return loaded, []
    lines = [f"{loaded.name} primitive={name}: {reason}" for name, reason in reasons.items()]
    return loaded.changed(factors=factors.model_copy(update={"primitive": left})), lines


def _cannot(scenario: Scenario, platform: Platform) -> Mapping[Capability, str]:
    """What cannot be measured in the locations of a scenario."""
    if "location" in platform.cannot:
        return platform.cannot
    return platform.cannot_in(scenario.factors.location or ())


def _reasons(
    scenario: Scenario, profile: Profile, platform: Platform, *, may_be_long: bool
) -> Iterator[str]:
    """Yield why a case is left out: it cannot be measured here, would mislead, or takes too long."""
    cannot = _cannot(scenario, platform)
    for need in needs(scenario, profile):
        if need in cannot:
            yield cannot[need]
    own_bytes = profile.ambient is not None and profile.ambient.freshness != "original"
    if own_bytes and not any(_has_programs(payload) for payload in scenario.payload):
        yield "it has no programs or libraries that could be given bytes of their own"
    longest = profile.longest_ms
    if longest > PATIENCE_MS and not may_be_long:
        lasts = "forever" if longest == float("inf") else f"up to {milliseconds(longest)}"
        yield f"its holds last {lasts}; --long-holds runs it"


def _has_programs(payload: Payload) -> bool:
    shape = getattr(payload, "shape", None)
    return payload.kind == "launcher" or (shape is not None and shape.pe is not None)


def needs(scenario: Scenario, profile: Profile) -> Iterator[Capability]:
    """Yield what a platform must be able to do to measure this scenario under this profile."""
    if profile.ambient is not None:
        yield "ambient"
    yield from _needs_of_calls(scenario)
    yield from _needs_of_attributes(scenario)
    yield from _needs_of_volume(scenario.volume)
    targets = [to for each in scenario.operations if isinstance(to := getattr(each, "to", None), str)]
    for process in scenario.processes:
        yield from _needs_under(process.handle(targets), scenario, scenario.operations)
    for hold in profile.holds:
        if hold.handle.byte_range_lock:
            yield "range-locks"
        if hold.handle.own_error is not None:
            yield "own-errors"
        yield from _needs_under(hold.handle, scenario, _held(scenario.operations))
        if hold.ends == "vanish" and "d" in hold.handle.share:
            yield "quarantine-after-moves"


def _needs_of_attributes(scenario: Scenario) -> Iterator[Capability]:
    parts = read_only_parts(scenario)
    if "files" in parts:
        yield "read-only-files"
        if any(operation.writes_over for operation in scenario.operations):
            yield "write-read-only"
    if "folders" in parts:
        yield "read-only-folders"


def _held(operations: Sequence[OperationBase]) -> Sequence[OperationBase]:
    """The operations that holds of a profile can be in the way of."""
    spared = all(each.held is False for each in operations if each.works_on_old)
    return [each for each in operations if not (spared and each.held is False)]


def _needs_under(
    handle: HandleKind, scenario: Scenario, operations: Sequence[OperationBase]
) -> Iterator[Capability]:
    """Yield what the calls of `operations` need under a handle of a profile, or of a process."""
    if handle.object in PARENT_OBJECTS:
        yield "target-parent-holds"
    for operation in operations:
        for need in operation.needs_under(handle, moves_tree=scenario.has_tree):
            yield from _under_deletes(need, scenario)


def _needs_of_volume(spec: VolumeSpec | None) -> Iterator[Capability]:
    if spec is None:
        return
    if spec.file_system is not None:
        yield "file-systems"
    if spec.staging == "other":
        yield "other-volume"
    if spec.symlinks == "denied":
        yield "symlinks-denied"
    if spec.deletes == "posix":
        yield "posix-delete"


def _under_deletes(need: Capability, scenario: Scenario) -> Iterator[Capability]:
    """Yield a need as the deletes of the volume make it.

    Under classic ones it matters what a pending name answers, if another operation asks it.
    """
    classic = scenario.volume is not None and scenario.volume.deletes == "classic"
    if need != "deletes-while-open" or not classic:
        yield need
    elif len(scenario.operations) > 1:
        yield "names-of-deleted-files"


def _needs_of_calls(scenario: Scenario) -> Iterator[Capability]:
    factors = scenario.factors
    steps = [step for each in scenario.operations for step in (each, *each.on_failure)]
    own = [getattr(step, "primitive", None) for step in steps]
    deletes = [primitive for primitive in own if primitive in get_args(DeletePrimitive)]
    primitives = [*deletes, *(factors.primitive or own)]  # the factor takes the place of the file's own
    if factors.location:
        yield "location"
    if factors.path_style:
        yield "path-style"
    yield from (PRIMITIVE_NEEDS[primitive] for primitive in primitives if primitive in PRIMITIVE_NEEDS)
    for operation in scenario.operations:
        yield from operation.needs


def with_factors(
    scenarios: Sequence[LoadedScenario], given: Mapping[str, Sequence[str]]
) -> list[LoadedScenario]:
    """Replace or add factors: in each scenario, those that apply to its operations.

    Raises `InvalidInputError` for impossible names and values, or for one that applies to no scenario.
    """
    changed = [_with_factors(loaded, given) for loaded in scenarios]
    for name in given:
        if not any(getattr(loaded.scenario.factors, name) for loaded in changed):
            raise InvalidInputError(
                f"--factor {name}: no scenario of this run has an operation of kind "
                f"{' or '.join(sorted(FACTORS[name]))} to apply it to"
            )
    return changed


def _with_factors(loaded: LoadedScenario, given: Mapping[str, Sequence[str]]) -> LoadedScenario:
    kinds = {operation.kind for operation in loaded.scenario.operations}
    applicable = {
        name: [_without_home(value) for value in values] if name == "location" else list(values)
        for name, values in given.items()
        if name not in FACTORS or FACTORS[name] & kinds  # the model refuses unknown names
    }
    try:
        factors = Factors.model_validate(applicable, strict=False).model_dump(exclude_none=True)
    except ValidationError as error:
        factor = error.errors(include_url=False)[0]["loc"][0]
        raise InvalidInputError(
            f"--factor {factor}: {first_problem(error)}",
            hint=f"The factors are {', '.join(Factors.model_fields)}.",
        ) from error
    changed = loaded.changed(factors=loaded.scenario.factors.model_copy(update=factors))
    for _, found, expected in never_succeeding(changed.scenario.model_dump()):
        raise InvalidInputError(f"--factor primitive: {loaded.name}: found {found}; expected {expected}")
    return changed


def _without_home(location: str) -> str:
    """Spell a folder below the home folder as ``~``, however it is reached: a record names no user.

    Windows has short names, such as ``JOHNDO~1``. Nothing on another drive is looked at: it may be
    another machine's.
    """
    home = os.path.expanduser("~")
    if os.path.splitdrive(location)[0].casefold() != os.path.splitdrive(home)[0].casefold():
        return location
    if not os.path.isabs(location):
        return location
    for spelled, base in ((location, home), (os.path.realpath(location), os.path.realpath(home))):
        if os.path.normcase(spelled).startswith(os.path.normcase(os.path.join(base, ""))):
            return f"~{spelled[len(base) :]}"
    return location
