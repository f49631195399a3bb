"""Draw holds from a profile, the same ones for every strategy of a block.

A draw depends on a key (the seed, the scenario's draw key and the block), on the operation and on the
hold's number in its profile, never on how many numbers were drawn before. So adding a strategy, or
running half of a block again, changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.clock import NS_PER_MS
from harness.holds.distributions import UntilFailure
from harness.holds.profile import FILE_OBJECTS, FOLDER_OBJECTS, HoldTemplate, Profile


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that may be held: its path below the operation's source (``.`` for the source itself)."""

    path: str
    size: int
    is_pe: bool


@dataclass(frozen=True, slots=True)
class DrawnHold:
    """A hold before it is placed on an object; by default it is there from the start and stays.

    `child` is the path of the held file or folder below the source (or the target). `duration_ns` is
    ``None`` for a hold that is never released.
    """

    template: HoldTemplate
    child: str | None = None
    starts_ns: int = 0
    duration_ns: int | None = None
    release_after_failures: int | None = None


def case_key(seed: int, scenario: str, profile: Profile) -> str:
    """The beginning of the key of every draw of a case: equal where all draws are.

    `scenario` is its draw key (`LoadedScenario.draw_key`). Of the profile only its holds count, without
    evidence, sources and holders.
    """
    drawn_from = json.dumps(_without_citations(profile.model_dump()["holds"]), sort_keys=True)
    return f"{seed}/{scenario}/{hashlib.sha256(drawn_from.encode()).hexdigest()}"


def _without_citations(value: Any) -> Any:
    """Drop evidence, sources and holders: a better citation changes no draw."""
    if isinstance(value, dict):
        return {
            key: _without_citations(item)
            for key, item in value.items()
            if key not in {"evidence", "source", "holder"}
        }
    return [_without_citations(item) for item in value] if isinstance(value, list) else value


def draw_holds(profile: Profile, files: Sequence[HeldFile], key: str) -> list[DrawnHold]:
    """Draw the holds of one operation on `files`. `key` names the operation in its block."""
    return [
        hold
        for number, template in enumerate(profile.holds)
        for hold in _draws(template, files, f"{key}/{number}")
    ]


def _draws(template: HoldTemplate, files: Sequence[HeldFile], key: str) -> Iterator[DrawnHold]:
    """Yield the holds of one template: one for each file if it is on all, each with its repetitions."""
    each = [[file] for file in files] if template.handle.object == "children" else [files]
    for among in each:
        own_key = f"{key}/{among[0].path}" if template.handle.object == "children" else key
        rng = random.Random(own_key)
        hold = _draw(template, among, rng)
        if hold is not None:
            yield from _with_repetitions(hold, among, rng)


def _with_repetitions(
    hold: DrawnHold, files: Sequence[HeldFile], rng: random.Random
) -> Iterator[DrawnHold]:
    """Yield a hold and those that come again after it, each where the one before it is to end."""
    yield hold
    template = hold.template
    if template.again is None:
        return
    size = next((file.size for file in files if file.path == hold.child), 0)
    for _ in range(template.again.times):
        gap_ms = template.again.of.sample(rng)
        starts_ns = hold.starts_ns + (hold.duration_ns or 0) + round(gap_ms * NS_PER_MS)
        duration_ns = round(template.duration.of.sample(rng, size) * NS_PER_MS)
        hold = replace(hold, starts_ns=starts_ns, duration_ns=duration_ns)
        yield hold


def _draw(template: HoldTemplate, files: Sequence[HeldFile], rng: random.Random) -> DrawnHold | None:
    happens = rng.random() < template.probability.value
    if template.handle.object in FOLDER_OBJECTS:
        file = _pick_folder(files, rng)
    else:
        file = _pick(template, files, rng)
    if not happens or (template.pe_only and (file is None or not file.is_pe)):
        return None
    on_file = template.handle.object in FILE_OBJECTS | FOLDER_OBJECTS
    if on_file and file is None:
        return None
    starts_ms = template.delay.of.sample(rng)
    duration = template.duration.of
    duration_ms = duration.sample(rng, file.size if file is not None else 0)
    return DrawnHold(
        template,
        child=file.path if on_file and file is not None else None,
        starts_ns=round(starts_ms * NS_PER_MS),
        duration_ns=None if math.isinf(duration_ms) else round(duration_ms * NS_PER_MS),
        release_after_failures=duration.failures if isinstance(duration, UntilFailure) else None,
    )


def _pick(template: HoldTemplate, files: Sequence[HeldFile], rng: random.Random) -> HeldFile | None:
    """Choose the file whose size and kind matter for this hold."""
    chance = rng.random()  # always drawn, so that objects do not shift each other's draws
    programs = [file for file in files if file.is_pe]
    match template.handle.object:
        case "child" | "children":
            candidates = programs if template.pe_only else files
            return candidates[int(chance * len(candidates))] if candidates else None
        case "largest-pe":
            return max(programs, key=lambda file: (file.size, file.path), default=None)
        case _:
            return max(files, key=lambda file: (file.is_pe, file.size, file.path), default=None)


def _pick_folder(files: Sequence[HeldFile], rng: random.Random) -> HeldFile | None:
    """Choose a folder that files are in, other than the root; ``None`` if there is none."""
    chance = rng.random()
    folders = sorted({file.path.rpartition("/")[0] for file in files} - {""})
    if not folders:
        return None
    return HeldFile(folders[int(chance * len(folders))], 0, is_pe=False)
