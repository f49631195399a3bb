"""Choose what a run measures: the cases that were asked for, can be measured here, and do not take ages.

What is left out is left out before the run begins, with the reason: nothing is measured in a weaker
form instead.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import ValidationError

from harness.errors import InvalidInputError, NotSupportedError
from harness.holds.length import longest_ms
from harness.scenario.cross_checks import never_succeeding
from harness.scenario.load import load_profile
from harness.scenario.model import FACTORS, TREE_KINDS, Factors
from harness.scenario.problems import expected_of, found_of
from harness.strategy.file_calls import DeletePrimitive
from harness.text import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from harness.holds.profile import HandleKind, Profile
    from harness.platform.base import Capability, Platform
    from harness.scenario.load import LoadedScenario
    from harness.scenario.model import Payload, Scenario

PATIENCE_MS: Final = 5_000.0
"""In real time, profiles whose holds can last longer are run only when asked for."""


@dataclass(frozen=True)
class Selection:
    """What to run, and the sentences about what is not."""

    scenarios: Sequence[LoadedScenario]
    left_out: Sequence[str]


def select(
    scenarios: Sequence[LoadedScenario],
    platform: Platform,
    *,
    profiles: Sequence[str] = (),
    first: Sequence[str] = (),
    long_holds: bool = False,
) -> Selection:
    """Choose the profiles of each scenario.

    `profiles` replaces those that the scenarios list, those of `first` come before them. Raises
    `NotSupportedError` if nothing is left, or a profile that was named cannot be measured here.
    """
    kept: list[LoadedScenario] = []
    primitives_out: list[str] = []
    left_out: list[str] = []
    for asked in scenarios:
        loaded, dropped = _without_primitives(asked, platform)
        primitives_out += dropped
        wanted: Mapping[str, Profile] = loaded.profiles
        if profiles:
            wanted = {name: load_profile(name, loaded) for name in profiles}
        wanted = {name: load_profile(name, loaded) for name in first} | dict(wanted)
        chosen = {}
        for name, profile in wanted.items():
            reason = _cannot(loaded.scenario, profile, platform) or _pointless(loaded.scenario, profile)
            if reason is None and platform.is_real_time and not (long_holds or profiles):
                reason = _too_long(profile)
            if reason is None:
                chosen[name] = profile
            else:
                left_out.append(f"{loaded.name}/{name}: {reason}")
        if chosen:
            kept.append(dataclasses.replace(loaded, profiles=chosen))
    if not kept or (profiles and left_out):
        raise NotSupportedError(
            f"not to be measured on {platform.name} as it was asked for:\n"
            + "\n".join(f"  {line}" for line in left_out),
            hint="`harness list` shows what else there is.",
        )
    return Selection(kept, [*primitives_out, *left_out])


PRIMITIVE_NEEDS: Final[Mapping[str | None, Capability]] = {
    "posix-rename": "posix-rename",
    "rust-rename": "posix-rename",
    "posix-delete": "posix-delete",
}


def _without_primitives(loaded: LoadedScenario, platform: Platform) -> tuple[LoadedScenario, list[str]]:
    """Leave the primitives that the platform lacks out of the factor, as long as others remain."""
    factors = loaded.scenario.factors
    reasons = {
        primitive: platform.cannot[need]
        for primitive in factors.primitive or ()
        if (need := PRIMITIVE_NEEDS.get(primitive)) is not None and need in platform.cannot
    }
    left = [primitive for primitive in factors.primitive or () if primitive not in reasons]
    if not reasons or not left:
        return loaded, []
    smaller = factors.model_copy(update={"primitive": left})
    scenario = loaded.scenario.model_copy(update={"factors": smaller})
    lines = [f"{loaded.name} primitive={name}: {reason}" for name, reason in reasons.items()]
    return dataclasses.replace(loaded, scenario=scenario), lines


def _cannot(scenario: Scenario, profile: Profile, platform: Platform) -> str | None:
    return next(
        (platform.cannot[need] for need in needs(scenario, profile) if need in platform.cannot), None
    )


def _pointless(scenario: Scenario, profile: Profile) -> str | None:
    """Why a profile would say something untrue of this scenario, if it would."""
    own_bytes = profile.ambient is not None and profile.ambient.freshness != "original"
    if own_bytes and not any(_has_programs(payload) for payload in scenario.payload):
        return "it has no programs or libraries that could be given bytes of their own"
    return None


def _has_programs(payload: Payload) -> bool:
    shape = getattr(payload, "shape", None)
    return payload.kind == "launcher" or (shape is not None and shape.pe is not None)


def _too_long(profile: Profile) -> str | None:
    longest = longest_ms(profile)
    if longest <= PATIENCE_MS:
        return None
    lasts = "for ever" if longest == float("inf") else f"up to {milliseconds(longest)}"
    return f"its holds last {lasts}; --long-holds runs it"


def needs(scenario: Scenario, profile: Profile) -> Iterator[Capability]:
    """What a platform must be able to do to measure this scenario under this profile."""
    if profile.ambient is not None:
        yield "ambient"
    yield from _needs_of_calls(scenario)
    kinds = {operation.kind for operation in scenario.operations}
    renames_trees = "rename" in kinds and any(payload.kind in TREE_KINDS for payload in scenario.payload)
    for hold in profile.holds:
        yield from _needs_of_handle(hold.handle, renames_trees=renames_trees)
        if hold.ends == "vanish" and "d" in hold.handle.share:
            yield "quarantine-after-moves"
        if "add-resource" in kinds:
            yield "resources-of-held-programs"
        if "remove" in kinds and ("d" in hold.handle.share or hold.handle.access == "attributes"):
            yield "deletes-while-open"


def _needs_of_calls(scenario: Scenario) -> Iterator[Capability]:
    factors = scenario.factors
    own = [getattr(operation, "primitive", None) for operation in scenario.operations]
    deletes = [primitive for primitive in own if primitive in get_args(DeletePrimitive)]
    primitives = [*deletes, *(factors.primitive or own)]  # the factor takes the place of the file's own
    if factors.location:
        yield "location"
    if factors.path_style:
        yield "path-style"
    yield from (PRIMITIVE_NEEDS[primitive] for primitive in primitives if primitive in PRIMITIVE_NEEDS)
    if any(operation.kind == "add-resource" for operation in scenario.operations):
        yield "program-resources"


def _needs_of_handle(handle: HandleKind, *, renames_trees: bool) -> Iterator[Capability]:
    in_moved_tree = renames_trees and handle.object in {"child", "largest-pe"}
    if handle.byte_range_lock:
        yield "range-locks"
    if handle.object == "target-parent":
        yield "target-parent-holds"
    if in_moved_tree:
        yield "open-child-blocks-rename" if handle.section is None else "sections-in-directories"


def with_factors(
    scenarios: Sequence[LoadedScenario], given: Mapping[str, Sequence[str]]
) -> list[LoadedScenario]:
    """Replace or add factors, in each scenario those that apply to its operations.

    Raises `InvalidInputError` for what they cannot be, or if one applies to none of the scenarios.
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
    factors: dict[str, Any] = loaded.scenario.factors.model_dump(exclude_none=True)
    kinds = {operation.kind for operation in loaded.scenario.operations}
    for name, values in given.items():
        if name not in FACTORS or FACTORS[name] & kinds:  # an unknown name is the model's to refuse
            factors[name] = [_READ.get(name, str)(value) for value in values]
    try:
        made = Factors.model_validate(factors)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        raise InvalidInputError(
            f"--factor {detail['loc'][0]}: found {found_of(detail['type'], detail['input'])}; "
            f"expected {expected_of(detail)}",
            hint=f"The factors are {', '.join(Factors.model_fields)}.",
        ) from error
    scenario = loaded.scenario.model_copy(update={"factors": made})
    if problem := next(never_succeeding(scenario.model_dump(), loaded.name), None):
        raise InvalidInputError(
            f"--factor primitive: {loaded.name}: found {problem.found}; expected {problem.expected}"
        )
    return dataclasses.replace(loaded, scenario=scenario)


def _without_home(location: str) -> str:
    """Spell a folder below one's home as ``~``: a record names no user."""
    home = os.path.expanduser("~")
    below = os.path.normcase(location).startswith(os.path.normcase(os.path.join(home, "")))
    return f"~{location[len(home) :]}" if below else location


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


_READ: Final[Mapping[str, Callable[[str], float | str]]] = {
    "pause_ms": _number,
    "location": _without_home,
}


def parse_factors(options: Iterable[str]) -> dict[str, list[str]]:
    """Read ``KEY=VALUE,VALUE`` options. Raises `InvalidInputError` for one that is not like that."""
    found: dict[str, list[str]] = {}
    for option in options:
        name, equals, values = option.partition("=")
        if not equals or not all(values.split(",")):
            raise InvalidInputError(
                f"--factor: found {option!r}; expected KEY=VALUE,VALUE such as path_style=plain,verbatim"
            )
        found.setdefault(name.strip(), []).extend(value.strip() for value in values.split(","))
    return found
