"""The manifest of a run: all that is needed to repeat it, and all that its numbers depend on.

It names no user, host or home folder, so a results folder can be shared as it is.
"""

from __future__ import annotations

import json
import platform as machine
import sys
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from harness.errors import InvalidInputError
from harness.holds.profile import Profile
from harness.platform.antivirus import Antivirus
from harness.platform.base import PlatformName
from harness.record.migrate import MANIFESTS, migrated
from harness.record.trial_record import SCHEMA, Record
from harness.scenario.load import LoadedScenario, runs_only_shipped_code
from harness.scenario.model import Scenario

NAME: Final = "manifest.json"
_PACKAGES: Final = ("persist-harness", "tenacity", "pydantic", "distlib", "pyproject-hooks")


class StrategyEntry(Record):
    """A strategy as it was resolved: what it retries, and its attempts against a lasting failure.

    `attempts_ms` are its first attempts, of `attempts` in all; with jitter, those of
    the draw whose budget is in the middle.
    `source` is the text of the Python file that defines it, where one does.
    """

    label: str
    use: str
    origin: str
    source: str | None
    parameters: dict[str, Any]
    codes: list[int]
    attempts_ms: list[float]
    attempts: int
    budget_ms: float


class ItemEntry(Record):
    """One item of a payload: where its bytes came from, and its shape."""

    name: str
    file: str
    files: int
    bytes: int
    pe_files: int
    sha256: str | None
    origin: Literal["index", "generated", "made here"]


class ScenarioEntry(Record):
    """A scenario as it ran: its text, its content, and what it resolved to."""

    name: str
    text: str
    draw_key: str
    scenario: Scenario
    profiles: dict[str, Profile]
    strategies: list[StrategyEntry]
    items: list[ItemEntry]
    blocks: int | None
    shipped: bool
    generated: bool

    def loaded(self) -> LoadedScenario:
        """Return the scenario as `harness.scenario.load` would.

        A manifest may come from a stranger, and may claim that a scenario is shipped; so the payload
        and the strategies are compared with the shipped file before any of its code may run.
        """
        return LoadedScenario(
            name=self.name,
            scenario=self.scenario,
            profiles=self.profiles,
            text=self.text,
            folder=None,
            shipped=runs_only_shipped_code(self.name, self.scenario),
            generated=self.generated,
        )


class Manifest(Record):
    """``manifest.json``. `max_time_s` limits the time of a run, `blocks` of a scenario its trials."""

    schema_version: Annotated[int, Field(alias="schema")] = SCHEMA
    run: str
    started: datetime
    platform: PlatformName
    platform_facts: dict[str, Any]
    staging: Literal["written anew", "linked"]
    seed: int
    max_time_s: float | None
    scenarios: list[ScenarioEntry]
    environment: dict[str, str]
    packages: dict[str, str]
    antivirus: Antivirus

    def write(self, folder: Path) -> None:
        """Write it to a new file, once; a run never changes its manifest."""
        with (folder / NAME).open("x", encoding="utf-8") as file:
            file.write(self.model_dump_json(by_alias=True, indent=1))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run. Raises `InvalidInputError` if it is missing, invalid or too new."""
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{folder} is not a run: {NAME} cannot be read", hint="Runs are the folders in results/."
        ) from error
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path}: the file: {error}") from error
    if not isinstance(data, dict):
        raise InvalidInputError(f"{path}: the file: not an object")
    try:
        return Manifest.model_validate_json(json.dumps(migrated(data, str(path), MANIFESTS)))
    except ValidationError as error:
        what = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in what["loc"]) or "the file"
        raise InvalidInputError(f"{path}: {where}: {what['msg']}") from error


def environment() -> dict[str, str]:
    """Facts about the machine and the interpreter, without names of users or hosts."""
    return {
        "system": machine.system(),
        "release": machine.release(),
        "machine": machine.machine(),
        "python": machine.python_version(),
        "implementation": machine.python_implementation(),
        "byte_order": sys.byteorder,
    }


def packages() -> dict[str, str]:
    """Versions of the packages that results depend on."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    return found
