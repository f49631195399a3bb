"""Records of older schemas: which are known, and how each becomes one of the current schema.

Every reader of journals, manifests and exports goes by these tables. What they do not lead to the
current schema is refused, with both versions named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harness.errors import InvalidInputError
from harness.record.trial_record import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Migrations = Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]
    """By the schema that it starts from: the step to the next one."""


def unchanged(data: dict[str, Any]) -> dict[str, Any]:
    """The step to a schema that only allows more than the one before it."""
    return data


# Schema 2 adds the value ``incomplete`` to `dest_state`, and changes nothing else.
TRIALS: Final[Migrations] = {1: unchanged}
"""Of a line of a journal, as read from JSON."""
MANIFESTS: Final[Migrations] = {1: unchanged}
"""Of a manifest, as read from JSON."""
EXPORTS: Final[Migrations] = {1: unchanged}
"""Of the columns of one file of an export, by their names."""


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
