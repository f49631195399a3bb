"""The facts about a Windows machine in a few lines for people.

A fact that could not be read is replaced by the sentence that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from harness.platform.windows.environment.antivirus_state import WATCHING_KINDS
from harness.text import figures, size

_RUNS: Final[Mapping[Any, str]] = {True: "runs", False: "stopped"}


def key_facts(facts: Mapping[str, Any]) -> dict[str, str]:
    """The lines by their names, from the facts of an `Environment` as JSON."""
    machine = facts["machine"]
    rows = {
        "windows": _parts(facts["build"], "number", "version", "edition", "installation"),
        "machine": "; ".join(
            (
                f"{machine['logical_processors']} x {machine['processor']}, {machine['native']}",
                _known(machine["memory_bytes"], size),
                str(machine["model"]),
                f"hypervisor {_known(machine['hypervisor'], _yes)}",
            )
        ),
        "power": f"{machine['power_plan']}, on battery {_known(machine['on_battery'], _yes)}",
        "timer": _known(machine["timer_ms"], lambda found: f"ticks every {figures(found)} ms"),
        "long paths": _known(facts["long_paths"], lambda found: "on" if found else "off"),
        "services": ", ".join(f"{name} {state}" for name, state in facts["services"].items()),
        "scanners' filters": _filters(facts["minifilters"]),
        "registered": _products(facts["antivirus_products"]),
        "defender": _parts(facts["defender"], "mode", "real_time", "product_version", "engine_version"),
        "its settings": _parts(
            facts["defender_preferences"],
            *("exclusions", "cloud_protection", "sample_submission", "cloud_extended_timeout_s"),
        ),
    }
    for folder in facts["folders"]:
        volume = _parts(
            folder["volume"],
            *("name", "file_system", "drive_type", "posix_unlink_rename", "seek_penalty", "dev_drive"),
        )
        rows["temporary folder"] = f"{volume}; excluded from Defender: {folder['excluded']}"
    return rows


def _known(value: Any, form: Callable[[Any], str]) -> str:
    """Format a fact, unless it is the sentence that says why it could not be read."""
    return value if isinstance(value, str) else form(value)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _parts(facts: Any, *names: str) -> str:
    """Format some facts of a group, each with its name."""
    if isinstance(facts, str):
        return facts
    return ", ".join(f"{name.replace('_', ' ')} {_part(facts[name])}" for name in names)


def _part(value: Any) -> str:
    if isinstance(value, bool):
        return _yes(value)
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {part}" for name, part in value.items()) + ")"
    return "unknown" if value is None else str(value)


def _filters(facts: Any) -> str:
    """Name the drivers that may scan."""
    if isinstance(facts, str):
        return facts
    watching = [
        f"{driver['name']} ({driver['kind']}, {_RUNS.get(driver['running'], 'may be running')})"
        for driver in facts
        if driver["kind"] in WATCHING_KINDS
    ]
    return ", ".join(watching) or f"none, of {len(facts)} filters"


def _products(facts: Any) -> str:
    if isinstance(facts, str):
        return facts
    return ", ".join(f"{product['name']} ({product['state']})" for product in facts) or "none"
