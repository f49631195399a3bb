"""Outcomes of releases and findings of probes, made by hand for tests."""

from __future__ import annotations

from collections.abc import Sequence

from harness.reproduce.atlas import AtlasRow
from harness.reproduce.ending import Ending
from harness.reproduce.lab_names import LabName
from harness.reproduce.outcome import ProgramOutcome, ReleaseOutcome, Reproduction, SeenAttempt
from harness.reproduce.probed import ProbedCode, ProbedPath


def release(
    version: str,
    ending: Ending = "ok",
    denied_ms: Sequence[float] = (),
    passed_ms: Sequence[float] = (0.0,),
    found: Reproduction = "reproduced",
) -> ReleaseOutcome:
    """The outcome of a release with attempts at these times."""
    attempts = [
        *(SeenAttempt(at_ms=at, denied=True, error=13) for at in denied_ms),
        *(SeenAttempt(at_ms=at, denied=False, error=0) for at in passed_ms),
    ]
    return ReleaseOutcome(
        version=version,
        ending=ending,
        reason="",
        exit_code=0 if ending == "ok" else 1,
        elapsed_s=1.5,
        attempts=attempts,
        left_besides=[],
        expected=[ending],
        found=found,
        why="",
    )


def outcome(*releases: ReleaseOutcome, name: str = "tool", lab: LabName = "linux") -> ProgramOutcome:
    """The outcome of a program scenario."""
    return ProgramOutcome(
        name=name,
        title="A tool",
        reports=["https://example.org/1"],
        lab=lab,
        scenario_sha256="of its text",
        releases=list(releases),
    )


def probed_path(
    attempts: int, notation: str | None = None, ending: Ending = "failed", *, cut: bool = False
) -> ProbedPath:
    """A write path that is tried each 100 ms after 5."""
    times = [SeenAttempt(at_ms=100.0 * n, denied=True, error=13) for n in range(attempts)]
    code = ProbedCode(code=5, ending=ending, reason="", exit_code=1, attempts=times, paths=1)
    budget_ms = 100.0 * (attempts - 1)
    return ProbedPath(
        call="rename",
        source="a_*",
        target="b",
        words="renames a_* to b",
        count=1,
        alike=0,
        codes=[code],
        attempts=attempts,
        budget_ms=(budget_ms, budget_ms),
        stable=True,
        repeats=1,
        cut=cut,
        notation=notation,
        latest_ms=None,
        nearest=[],
        otherwise_than_claimed=[],
    )


def atlas_row(path: ProbedPath, release: str = "1.0") -> AtlasRow:
    """A row of an atlas."""
    return AtlasRow("tool", release, path, f"tool@{release}.json")
