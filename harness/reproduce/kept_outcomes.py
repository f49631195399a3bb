"""Outcomes of reproductions kept in a folder, a file for each release: what is there is not run again.

An outcome belongs to the text of its scenario. A release runs again if that was changed, if it was kept
from another lab, or if it was unknown how it ends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from harness.errors import InvalidInputError
from harness.outside_files import read_regular
from harness.preload.denial import write_whole
from harness.reproduce.lab_names import LabName
from harness.reproduce.model import release_order
from harness.reproduce.outcome import ProgramOutcome, ReleaseOutcome

MOST_BYTES: Final = 8 << 20
"""A release that tries once a millisecond for a minute takes 4 MB."""


@dataclass(frozen=True, slots=True)
class KeptOutcomes:
    """A folder with outcomes: of each release, a `ProgramOutcome` that has that release alone."""

    folder: Path

    def put(self, outcome: ProgramOutcome) -> None:
        """Keep the outcome of one release. Raises `OSError`."""
        (release,) = outcome.releases
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._file(outcome.name, release.version), _text(outcome))

    def get(self, name: str, version: str, scenario_sha256: str, lab: LabName) -> ReleaseOutcome | None:
        """The outcome of a release of a scenario with that text, in a lab; ``None`` if it is to be run.

        Raises `InvalidInputError` for a file with something else.
        """
        file = self._file(name, version)
        if not file.exists():
            return None
        outcome = _read(file)
        (release,) = outcome.releases
        of_this = (outcome.scenario_sha256, outcome.lab) == (scenario_sha256, lab)
        return release if of_this and release.found != "unknown" else None

    def all(self) -> list[ProgramOutcome]:
        """All that is kept, by the names of scenarios; releases in the order of their numbers.

        Raises `InvalidInputError` for a file with something else.
        """
        found = sorted(map(_read, sorted(self.folder.glob("*.json"))), key=lambda each: each.name)
        return [_merged(list(same)) for _, same in groupby(found, lambda each: each.name)]

    def _file(self, name: str, version: str) -> Path:
        return self.folder / f"{name}@{version}.json"


def _text(outcome: ProgramOutcome) -> str:
    return outcome.model_dump_json(by_alias=True, exclude={"found"}) + "\n"


def _read(file: Path) -> ProgramOutcome:
    try:
        outcome = ProgramOutcome.model_validate(json.loads(read_regular(file, MOST_BYTES)))
        (_,) = outcome.releases
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{file}: this is not the outcome of a release, as `harness reproduce --keep` writes it",
            hint="Move it away, or name another folder.",
        ) from error
    return outcome


def _merged(outcomes: Sequence[ProgramOutcome]) -> ProgramOutcome:
    releases = [release for each in outcomes for release in each.releases]
    releases.sort(key=lambda each: release_order(each.version))
    return outcomes[0].model_copy(update={"releases": releases})
