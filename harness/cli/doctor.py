"""What this machine can measure, and what is known about its antivirus."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from harness.clock import NS_PER_MS, sleep_overshoots_ns
from harness.errors import NotSupportedError
from harness.payload.cache import cache_folder, is_ready
from harness.payload.fetch import index_settings, without_login
from harness.platform.registry import PLATFORMS, get_platform, native_platform, why_not
from harness.record.manifest import environment
from harness.scenario.load import load_scenarios, shipped_names
from harness.wine import tools

if TYPE_CHECKING:
    from harness.platform.base import PlatformName

ELSEWHERE: Final = (
    "Holds by a real antivirus can only be measured on Windows; here, policies are tried against the "
    "documented sharing rules."
)


@dataclass(frozen=True)
class Diagnosis:
    """Facts and advice. Overshoots are of ``time.sleep`` on this machine, in milliseconds.

    `windows` has what `harness.platform.windows.environment.probe` found for the usual temporary
    folder; it is ``None`` elsewhere.
    """

    platforms: dict[str, str]
    environment: dict[str, str]
    windows: dict[str, Any] | None
    antivirus: dict[str, Any]
    sleep_overshoot_ms: dict[str, float]
    cache: str
    indexes: list[str]
    free_bytes: int
    ready: list[str]
    needs_fetching: list[str]
    advice: list[str]

    def as_json(self) -> dict[str, Any]:
        """The diagnosis as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class _Here:
    """What the machine's own kind of platform says."""

    windows: dict[str, Any] | None
    antivirus: dict[str, Any]
    advice: list[str]


def diagnose() -> Diagnosis:
    """Look at this machine; takes about a second, on Windows some more for its own answers."""
    here = _look(Path(tempfile.gettempdir()))
    scenarios = load_scenarios(shipped_names())
    ready = [loaded.name for loaded in scenarios if is_ready(loaded)]
    advice = list(here.advice)
    if importlib.util.find_spec("pip") is None:
        advice.append("There is no pip in this environment, so its configuration is read from PIP_*.")
    needs = [loaded.name for loaded in scenarios if loaded.name not in ready]
    if needs:
        advice.append(
            "Scenarios that need fetching run without a network as NAME:generated, on payloads of the "
            "same shape."
        )
    return Diagnosis(
        platforms={name: _availability(name) for name in PLATFORMS},
        environment=environment(),
        windows=here.windows,
        antivirus=here.antivirus,
        sleep_overshoot_ms={
            f"{wait_ms} ms": round(median(sleep_overshoots_ns(wait_ms / 1000, 20)) / NS_PER_MS, 3)
            for wait_ms in (1, 10)
        },
        cache=str(cache_folder()),
        indexes=[without_login(url) for url in index_settings().urls],
        free_bytes=shutil.disk_usage(tempfile.gettempdir()).free,
        ready=ready,
        needs_fetching=needs,
        advice=advice,
    )


def _availability(platform: PlatformName) -> str:
    """Whether one can measure on `platform` from here; under Wine, by way of a Windows Python."""
    reason = why_not(platform)
    if platform == "wine" and sys.platform == "linux":
        try:
            tools.require_linux()
            return f"works here, through {tools.wine_version()}"
        except NotSupportedError as error:
            return error.message
    return reason or "works here"


def _look(folder: Path) -> _Here:
    if sys.platform == "win32":
        from harness.platform.windows.environment.advice import advice  # noqa: PLC0415 - each for its own system
        from harness.platform.windows.environment.probe import probe  # noqa: PLC0415

        found = probe([folder])
        return _Here(found.facts(), found.antivirus().model_dump(), advice(found))
    return _Here(
        windows=None,
        antivirus=get_platform(native_platform()).describe({"work": folder}, {}).antivirus.model_dump(),
        advice=[ELSEWHERE],
    )
