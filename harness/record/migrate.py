"""Records of older schemas: which are known, and how each becomes one of the current schema.

Every reader of journals, manifests and exports goes by these tables. What they do not lead to the
current schema is refused, with both versions named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from harness.errors import InvalidInputError
from harness.record.trial_record import SCHEMA
from harness.scenario.older_schemas import upgraded_parameters, upgraded_profile, upgraded_scenario

Migrations = Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]
"""By the schema that it starts from: the step to the next one."""


def unchanged(data: dict[str, Any]) -> dict[str, Any]:
    """The step to a schema that only allows more than the one before it."""
    return data


def _trial_of_3(data: dict[str, Any]) -> dict[str, Any]:
    """Rename what schema 3 renamed in a line of a journal."""
    data = {("freshness" if key == "identity" else key): value for key, value in data.items()}
    for part in (data, data.get("rerun"), *_dicts(data.get("operations"))):
        if isinstance(part, dict) and part.get("outcome") == "refused":
            part["outcome"] = "not-retried"
    for operation in _dicts(data.get("operations")):
        _rename(operation, "closed_us", "ready_us")
        for hold in _dicts(operation.get("holds")):
            _rename(hold, "closed_us", "released_us")
    return data


def _manifest_of_3(data: dict[str, Any]) -> dict[str, Any]:
    """Rename what schema 3 renamed in a manifest, its scenarios and profiles included."""
    for entry in _dicts(data.get("scenarios")):
        _rename(entry, "situation", "draw_key")
        if isinstance(scenario := entry.get("scenario"), dict):
            entry["scenario"] = upgraded_scenario(scenario)
        if isinstance(profiles := entry.get("profiles"), dict):
            entry["profiles"] = {
                name: upgraded_profile(profile) if isinstance(profile, dict) else profile
                for name, profile in profiles.items()
            }
        for made in _dicts(entry.get("strategies")):
            if made.get("source") is None and isinstance(parameters := made.get("parameters"), dict):
                made["use"], made["parameters"] = upgraded_parameters(made.get("use"), parameters)
    return data


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _rename(data: dict[str, Any], old: str, new: str) -> None:
    if old in data:
        data[new] = data.pop(old)


# Schema 2 added the value ``incomplete`` to `dest_state`; 4 added check sums, and to lines their run;
# 5 added `places` and `processes` to lines.
TRIALS: Final[Migrations] = {1: unchanged, 2: _trial_of_3, 3: unchanged, 4: unchanged}
"""Of a line of a journal, as read from JSON, without its check sum."""
MANIFESTS: Final[Migrations] = {1: unchanged, 2: _manifest_of_3, 3: unchanged, 4: unchanged}
"""Of a manifest, as read from JSON."""

_NAMES_OF_2: Final[Mapping[str, Mapping[str, str | None]]] = {
    "trials": {
        "freshness": "identity",
        "stage_cost_ms": "stage_ms",
        "persist_cost_ms": "persist_ms",
        "verify_cost_ms": "verify_ms",
        "draw": None,
        "held": None,
        "left": None,
        "max_attempts": None,
        "calls": None,
    },
    "operations": {"ready_ms": "closed_ms"},
    "holds": {"released_ms": "closed_ms"},
}
_NAMES_OF_3: Final[Mapping[str, Mapping[str, str | None]]] = {
    "runs": {"damaged": None, "damage": None, "manifest": None}
}
_BEFORE_3: Final = {**_NAMES_OF_2, **_NAMES_OF_3}
EXPORTS: Final[Mapping[int, Mapping[str, Mapping[str, str | None]]]] = {
    1: _BEFORE_3,
    2: _BEFORE_3,
    3: _NAMES_OF_3,
    4: {},
}
"""For an export, by schema and table: the older names of columns; ``None`` for those it lacks."""
_VALUES_OF_2: Final = {"refused": "not-retried"}
VALUES: Final[Mapping[int, Mapping[str, str]]] = {1: _VALUES_OF_2, 2: _VALUES_OF_2}
"""For an export, by schema: the new names of values of categories."""


def read_as_they_are(migrations: Migrations, *, current: int = SCHEMA) -> list[int]:
    """The schemas whose data are data of the current one as well: nothing changed since."""
    schemas = [current]
    while migrations.get(schemas[-1] - 1) is unchanged:
        schemas.append(schemas[-1] - 1)
    return schemas


def migrated(
    data: dict[str, Any], where: str, migrations: Migrations, *, current: int = SCHEMA
) -> dict[str, Any]:
    """`data` in the current schema; its key ``schema`` says which one it has (current if it has none).

    Raises `InvalidInputError`, which begins with `where`, for a schema that no steps lead on from.
    """
    found = data.get("schema", current)
    known = type(found) is int and all(version in migrations for version in range(found, current))
    if not known or found > current:
        raise InvalidInputError(
            f"{where} has schema {found!r}; this version reads schema {current}",
            hint="Made by a newer persist-harness: update this one." if known else None,
        )
    for version in range(found, current):
        data = migrations[version](data)
    return {**data, "schema": current}
