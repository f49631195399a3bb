"""The manifest of a run: all that is needed to repeat it, and all that its numbers depend on.

It names no user, host or home folder, so a results folder can be shared as it is.
"""

from __future__ import annotations

import json
import platform as machine
import sys
import sysconfig
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from harness.errors import InvalidInputError, found_instead
from harness.holds.profile import Profile
from harness.outside_files import read_regular
from harness.platform.antivirus import Antivirus
from harness.platform.base import PlatformName
from harness.record.check_sum import opened, sealed
from harness.record.migrate import MANIFESTS, migrated
from harness.record.older_strategies import resolved
from harness.record.trial_record import SCHEMA, Record, is_checked
from harness.record.void import refuse_void
from harness.scenario.bounds import LONGEST_RUN_S, MOST_BLOCKS, SEEDS
from harness.scenario.load import LoadedScenario, runs_only_shipped_code
from harness.scenario.model import Scenario
from harness.scenario.problems import found_and_expected
from harness.text import size
from harness.this_system import this_system

NAME: Final = "manifest.json"
MAX_BYTES: Final = 1 << 27
"""Read at once. The largest that is written has a million recorded hold times, of 30 bytes each."""
Integrity = Literal["intact", "changed", "unchecked"]
"""``changed``: not as it was written. ``unchecked``: older versions wrote no check sums."""
_OF_A_TRIAL: Final = (
    "payload",
    "operations",
    "volume",
    "concurrency",
    "writers",
    "processes",
    "after_failure",
    "time_limit_ms",
    "attempt_cost_ms",
    "run_again_after_ms",
    "run_again_times",
)
"""What of a scenario makes a trial; the rest says how many there are, and what is told of them."""
_PACKAGES: Final = ("persist-harness", "tenacity", "pydantic", "distlib", "pyproject-hooks")


class StrategyEntry(Record):
    """A strategy as it was resolved: what it retries, and its attempts against a lasting failure."""

    label: str
    """Name in tables."""
    use: str
    """Name of the strategy; ``notation`` for one in notation."""
    origin: str
    """Where it comes from: ``shipped``, ``catalogue``, ``notation``, a plug-in or a file."""
    source: str | None
    """Text of the Python file that defines it, where one does."""
    parameters: dict[str, Any]
    """Parameters as given."""
    notation: str | None = None
    """Its notation in full; ``null`` for what is made of code, and in records of older versions."""
    codes: list[int]
    """The known Win32 codes that it retries."""
    attempts_ms: list[float]
    """Starts of its first attempts in milliseconds; with jitter, of the draw with the median budget."""
    attempts: int
    """Number of attempts in all."""
    budget_ms: float
    """Time from the first attempt to the last, in milliseconds."""

    def is_made_as(self, other: StrategyEntry) -> bool:
        """Whether it is the same strategy, by its notation; where one has none, by its origin."""
        if self.notation and other.notation:
            return self.notation == other.notation
        mine, theirs = ((each.use, each.parameters, each.source) for each in (self, other))
        return mine == theirs


class ItemEntry(Record):
    """One item of a payload: where its bytes came from, and its shape."""

    name: str
    """Name of the item."""
    file: str
    """File name of the archive, or of the file itself."""
    files: int
    """Number of files."""
    bytes: int
    """Size of all files in bytes."""
    pe_files: int
    """Number of Windows programs and libraries (PE files)."""
    sha256: str | None
    """SHA-256 of an archive from the index."""
    origin: Literal["index", "generated", "made here"]
    """Where the bytes came from."""


class ScenarioEntry(Record):
    """A scenario as it ran: its text, its content, and what it resolved to."""

    name: str
    """Name of the scenario."""
    text: str
    """Text of the scenario file."""
    draw_key: str
    """Hash of all that draws depend on; runs with the same key and seed have the same holds."""
    scenario: Scenario
    """Content of the scenario file."""
    profiles: dict[str, Profile]
    """Content of its profile files, by name."""
    strategies: list[StrategyEntry]
    """Strategies as they were resolved."""
    remarks: list[str] = Field(default_factory=list)
    """What was said of them before the run: one strategy under two names, clauses that do nothing."""
    items: list[ItemEntry]
    """Items of the payload."""
    blocks: Annotated[int, Field(ge=1, le=MOST_BLOCKS)] | None
    """Number of blocks; ``null`` where time limits the run."""
    shipped: bool
    """Whether it is a scenario that the harness brought along."""
    generated: bool
    """Whether payloads were generated."""

    @property
    def sources(self) -> dict[str, str]:
        """The texts of the Python files that define strategies, by label."""
        return {made.label: made.source for made in self.strategies if made.source}

    def other_parts(self, other: ScenarioEntry) -> list[str]:
        """The keys of the scenario that make a trial, and that are not the same in another run."""
        return [
            key for key in _OF_A_TRIAL if getattr(self.scenario, key) != getattr(other.scenario, key)
        ]

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
    """``manifest.json``."""

    schema_version: Annotated[int, Field(alias="schema")] = SCHEMA
    """Version of the manifest."""
    run: str
    """Name of the run."""
    started: datetime
    """Start of the run, in UTC."""
    platform: PlatformName
    """Platform of the calls and the holds."""
    platform_facts: dict[str, Any]
    """Facts about the platform and the machine."""
    staging: Literal["written anew", "linked"]
    """How payloads were laid down for each trial."""
    seed: Annotated[int, Field(ge=0, lt=SEEDS)]
    """Seed of the draws and of the order of trials."""
    max_time_s: Annotated[float, Field(gt=0, le=LONGEST_RUN_S, allow_inf_nan=False)] | None
    """Limit of the run's time in seconds; ``null``: its blocks limit it."""
    scenarios: list[ScenarioEntry]
    """Scenarios as they ran."""
    environment: dict[str, str]
    """System and Python, without names of users or hosts."""
    packages: dict[str, str]
    """Versions of the packages that results depend on."""
    antivirus: Antivirus
    """What is proved about an antivirus."""
    _integrity: Integrity = PrivateAttr("intact")

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        if len({each.name for each in self.scenarios}) < len(self.scenarios):
            raise ValueError("must have each scenario once")
        return self

    @property
    def integrity(self) -> Integrity:
        """Whether the file that it was read from is as it was written."""
        return self._integrity

    def found(self, integrity: Integrity) -> Self:
        """Say how the file was found; return it."""
        self._integrity = integrity
        return self

    def write(self, folder: Path) -> None:
        """Write it to a new file, once; a run never changes its manifest.

        Raises `InvalidInputError` for one that is larger than `read_manifest` takes.
        """
        content = sealed(self.model_dump_json(by_alias=True, indent=1).encode())
        if len(content) > MAX_BYTES:
            raise InvalidInputError(
                f"the manifest of this run would have {size(len(content))}, and no reader takes more "
                f"than {size(MAX_BYTES)}",
                hint="Run fewer scenarios at once, or profiles with fewer recorded times.",
            )
        with (folder / NAME).open("xb") as file:
            file.write(content)


def refuse_run_folder(folder: Path) -> None:
    """Raise `InvalidInputError` if `folder` is a run, into which nothing else is written."""
    if (folder / NAME).exists():
        raise InvalidInputError(
            f"{folder} is a run, and nothing else goes into its folder", hint="Name another place."
        )


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a run.

    Raises `InvalidInputError` if it is missing, invalid or too new, or if the run is void. One that was
    changed is read as it is, and `Manifest.integrity` says so.
    """
    path = folder / NAME
    text = _text(path)
    refuse_void(folder)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path}: invalid JSON: {error}") from error
    if not isinstance(data, dict):
        raise InvalidInputError(f"{path}: not a JSON object")
    integrity: Integrity = "unchecked"
    if is_checked(data.get("schema", SCHEMA)):
        data.pop("check", None)
        integrity = "changed" if opened(text.encode()) is None else "intact"
    try:
        found = Manifest.model_validate_json(json.dumps(resolved(migrated(data, str(path), MANIFESTS))))
    except ValidationError as error:
        what = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in what["loc"]) or "the file"
        expected = found_instead(*found_and_expected(what))
        raise InvalidInputError(f"{path}: {where}: {expected}") from error
    return found.found(integrity)


def _text(path: Path) -> str:
    """The text of a manifest, with LF as line ends."""
    hint = "Runs are the folders in results/."
    if not path.parent.is_dir():
        raise InvalidInputError(f"there is no folder {path.parent}", hint=hint)
    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError as error:
        what = f"{path.parent} has no {NAME}, so it is not a run"
        raise InvalidInputError(what, hint=hint) from error
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path}: not a text file in UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def environment() -> dict[str, str]:
    """Facts about the machine and the interpreter, without names of users or hosts."""
    system, release, processor = this_system()
    return {
        "system": system,
        "release": release,
        "machine": processor,
        "python": machine.python_version(),
        "implementation": machine.python_implementation(),
        "built_for": sysconfig.get_platform(),
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
