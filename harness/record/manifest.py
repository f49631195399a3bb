"""The manifest of a run: all it takes to repeat it, and all that its numbers depend on.

It names no user, host or home folder, so a results folder can be shared as it is.
"""

from __future__ import annotations

import json
import platform as machine
import secrets
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import InvalidInputError
from harness.holds.profile import Profile
from harness.platform.antivirus import Antivirus
from harness.platform.base import PlatformName
from harness.record.migrate import MANIFESTS, migrated
from harness.record.trial_record import SCHEMA
from harness.scenario.load import LoadedScenario, runs_only_shipped_code
from harness.scenario.model import Scenario
from harness.strategy.schedules import retried_codes
from harness.strategy.timetable import timetable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.payload.prepare import Item
    from harness.platform.base import Platform
    from harness.strategy import Strategy

NAME: Final = "manifest.json"
_PACKAGES: Final = ("persist-harness", "tenacity", "pydantic", "distlib", "pyproject-hooks")
SHOWN_ATTEMPTS: Final = 50


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class StrategyEntry(_Part):
    """A strategy as it was resolved: what it retries, and when it tries against a lasting failure.

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


class ItemEntry(_Part):
    """One item of a payload: where its bytes came from, and its shape."""

    name: str
    file: str
    files: int
    bytes: int
    pe_files: int
    sha256: str | None
    origin: Literal["index", "generated", "made here"]


class ScenarioEntry(_Part):
    """A scenario as it ran: its text, its meaning, and what it resolved to."""

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
        """The scenario as `harness.scenario.load` would give it.

        A manifest may come from a stranger: that it calls a scenario shipped proves nothing, so the
        payload and the strategies are compared with the shipped file before code of it may run.
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


class Manifest(_Part):
    """``manifest.json``. `max_time_s` bounds the time of a run, `blocks` of a scenario its trials."""

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
        """Write it once, into a new file; a run never changes its manifest."""
        with (folder / NAME).open("x", encoding="utf-8") as file:
            file.write(self.model_dump_json(by_alias=True, indent=1))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run. Raises `InvalidInputError` if that is none we know."""
    path = folder / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{folder} is no run: {NAME} cannot be read", hint="Runs are the folders in results/."
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


def new_run_id(now: datetime) -> str:
    """Name a run by its start in UTC and four random characters."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def strategy_entry(
    label: str,
    use: str,
    strategy: Strategy,
    *,
    origin: str,
    parameters: Mapping[str, Any],
    source: str | None = None,
) -> StrategyEntry:
    """Describe a strategy by what it does."""
    codes = retried_codes(strategy)
    times = timetable(strategy, code=next(iter(codes), None)).typical
    return StrategyEntry(
        label=label,
        use=use,
        origin=origin,
        source=source,
        parameters=dict(parameters),
        codes=list(codes),
        attempts_ms=list(times.attempts_ms[:SHOWN_ATTEMPTS]),
        attempts=len(times.attempts_ms),
        budget_ms=times.budget_ms,
    )


def item_entry(item: Item, sha256: str | None, origin: str) -> ItemEntry:
    """Describe an item of a payload."""
    return ItemEntry.model_validate(
        {
            "name": item.name,
            "file": item.file,
            "files": len(item.files),
            "bytes": item.size,
            "pe_files": sum(file.is_pe for file in item.files),
            "sha256": sha256,
            "origin": origin,
        }
    )


def environment() -> dict[str, str]:
    """Facts about machine and interpreter, without any name of user or host."""
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


def make_manifest(
    platform: Platform,
    scenarios: list[ScenarioEntry],
    *,
    measured: Mapping[str, Path],
    beside: Mapping[str, Path],
    seed: int,
    max_time_s: float | None,
) -> Manifest:
    """Put a manifest together, now; see `Platform.describe` for the folders."""
    described = platform.describe(measured, beside)
    started = datetime.now(UTC).replace(microsecond=0)
    return Manifest(
        run=new_run_id(started),
        started=started,
        platform=platform.name,
        platform_facts=described.facts,
        staging="written anew" if platform.is_real_time else "linked",
        seed=seed,
        max_time_s=max_time_s,
        scenarios=scenarios,
        environment=environment(),
        packages=packages(),
        antivirus=described.antivirus,
    )
