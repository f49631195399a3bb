"""The retry atlas: what probes found of the programs of all shipped reports, a file for each release.

A probe that is there already is not made again, so an atlas that was interrupted can be continued.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, InvalidInputError, NotSupportedError
from harness.platform.registry import native_platform
from harness.preload.denial import write_whole
from harness.reproduce.load_programs import LoadedProgram
from harness.reproduce.probe import ProbeOptions, probe_report
from harness.reproduce.probed import Probed, ProbedPath


@dataclass(frozen=True, slots=True)
class AtlasRow:
    """A write path of a release, as a probe found it."""

    program: str
    release: str
    path: ProbedPath
    file: str


def make_atlas(
    programs: Sequence[LoadedProgram],
    folder: Path,
    options: ProbeOptions,
    announce: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """Probe each release that the programs' scenarios expect something of, and that has no file yet.

    Returns the releases that could not be probed, each with the reason. Raises `NotSupportedError` on
    Windows.
    """
    if native_platform() != "emulated":
        raise NotSupportedError(
            "an atlas has attempts, which are not seen on Windows", hint="Make it on Linux, with Wine."
        )
    folder.mkdir(parents=True, exist_ok=True)
    left_out: dict[str, str] = {}
    for program in programs:
        for version in program.scenario.expected_versions:
            name = f"{program.name}@{version}"
            file = folder / f"{name}.json"
            if file.exists():
                continue
            announce(name)
            try:
                found = probe_report(program.name, program.scenario, version, options, announce)
            except HarnessError as error:
                left_out[name] = " ".join(error.message.split())
                continue
            write_whole(file, found.model_dump_json(by_alias=True) + "\n")
    return left_out


def read_probe(text: str) -> Probed:
    """Read what ``harness probe --json`` prints. Raises `ValueError` for anything else."""
    data = json.loads(text)
    if isinstance(data, dict):
        data.pop("answer", None)  # it follows from the rest
    return Probed.model_validate(data)


def atlas_rows(folder: Path) -> Iterator[AtlasRow]:
    """Yield the write paths in an atlas, by program and release.

    Raises `InvalidInputError` for a file that is not a probe.
    """
    for file in sorted(folder.glob("*.json")):
        try:
            found = read_probe(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InvalidInputError(f"{file}: this is not the JSON of a probe") from error
        for path in found.paths:
            yield AtlasRow(found.program or "", found.release or "", path, file.name)
