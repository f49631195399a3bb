"""The folders that a run writes to: its private work folders, and where its results go."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.errors import FULL, InvalidInputError, StorageFullError
from harness.ownership import private_folder
from harness.payload.archive import remove_tree
from harness.payload.prepare import approximate_bytes
from harness.platform.base import Platform
from harness.run.clearing import clear_away
from harness.run.plan import Trial
from harness.scenario.load import LoadedScenario

COPIES_IN_A_TRIAL: Final = 3
"""At most this many copies of a payload exist in a trial: staged, placed, and the previous content."""
PREFIX: Final = "persist-harness-work-"


@dataclass
class Workspace:
    """The private folders of a run: one for payloads, and one in each location that is measured."""

    main: Path
    of_locations: dict[str, Path]
    trials: int = 0
    prefix: str = ""
    """Of the names of trials' folders: each process that works on the run has another."""

    def for_trial(self, trial: Trial) -> Path:
        """Return a folder that no trial has used: files in the last one may still be held."""
        self.trials += 1
        return (
            self.of_locations[trial.variant.factors.get("location", "")]
            / f"trial-{self.prefix}{self.trials}"
        )


def payload_bytes(scenarios: Sequence[LoadedScenario]) -> tuple[int, int]:
    """The bytes of all payloads, and those of the largest scenario, as far as they are declared."""
    sizes = [sum(map(approximate_bytes, loaded.scenario.payload)) for loaded in scenarios]
    return sum(sizes), max(sizes)


def work_parent(platform: Platform, scenarios: Sequence[LoadedScenario]) -> Path:
    """The folder in which a run makes its work folder."""
    whole, largest = payload_bytes(scenarios)
    chosen = platform.work_parent(whole + COPIES_IN_A_TRIAL * largest)
    return chosen or Path(tempfile.gettempdir())


@contextmanager
def workspace(platform: Platform, scenarios: Sequence[LoadedScenario]) -> Iterator[Workspace]:
    """Create private folders where the platform and the scenarios want to work; remove them at the end.

    Raises `InvalidInputError` for a location that is not a folder of this machine.
    """
    parent = work_parent(platform, scenarios)
    named = dict.fromkeys(
        name for loaded in scenarios for name in loaded.scenario.factors.location or ()
    )
    locations = {name: platform.find_folder(name) for name in named}
    with ExitStack() as created:
        main, *others = (
            created.enter_context(private_folder(path, PREFIX, clear_away, remove_tree))
            for path in (parent, *locations.values())
        )
        private = dict(zip(locations, others, strict=True))
        yield Workspace(main, {"": main, **private})


def nearest_folder(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(each for each in [folder, *folder.absolute().parents] if each.exists())


def check_writable(results: Path) -> None:
    """Check before anything is fetched that a run can be written to `results`; leave nothing behind.

    Raises `InvalidInputError`.
    """
    nearest = nearest_folder(results)
    if not _takes_folders(nearest):
        raise InvalidInputError(
            f"--results {results}{'' if nearest == results else f': {nearest}'} "
            "is not a writable folder",
            hint="Choose another folder.",
        )


def _takes_folders(parent: Path) -> bool:
    """Whether a folder can be made there: permissions, and controlled folder access, show only so."""
    try:
        made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    except OSError as error:
        return error.errno in FULL  # which is said when something is written
    clear_away(made)
    return True


def create_folder(folder: Path, hint: str) -> None:
    """Create `folder` and its parents, unless it exists.

    Raises `InvalidInputError` with `hint`, and `StorageFullError`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullError(f"{folder} cannot be created: {error.strerror}", hint=hint) from error
        raise InvalidInputError(f"{folder} cannot be created: {error.strerror}", hint=hint) from error
