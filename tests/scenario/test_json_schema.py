"""The JSON Schema: up to date where the shipped files name it, and true of them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest

from harness.scenario.json_schema import json_schema
from harness.scenario.load import shipped_folder

FILES: list[tuple[Path, Literal["scenario", "profile"]]] = [
    *((path, "scenario") for path in sorted(shipped_folder().glob("*.toml"))),
    *((path, "profile") for path in sorted((shipped_folder() / "profiles").glob("*.toml"))),
]


@pytest.mark.parametrize("kind", ["scenario", "profile"])
def test_the_schema_that_files_name_is_the_one_that_is_printed(
    kind: Literal["scenario", "profile"],
) -> None:
    """`nox -s schemas` writes it anew."""
    written = json.loads((shipped_folder() / f"{kind}.schema.json").read_text(encoding="utf-8"))
    assert written == json_schema(kind)


@pytest.mark.parametrize("kind", ["scenario", "profile"])
def test_every_key_has_a_description(kind: Literal["scenario", "profile"]) -> None:
    schema = json_schema(kind)
    for model in (schema, *schema["$defs"].values()):
        for key, about in model["properties"].items():
            assert about["description"].endswith("."), f"{model['title']}.{key}"


BOUNDED = {
    "number": ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}),
    "integer": ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}),
    "string": ({"maxLength"},),
    "array": ({"maxItems"},),
}


def unbounded(node: Any, where: str) -> Iterator[str]:
    """Yield each number, text and list below `node` that has no bound; a few values need none."""
    if isinstance(node, dict):
        if not {"const", "enum"} & node.keys():
            for bounds in BOUNDED.get(str(node.get("type")), ()):
                if not bounds & node.keys():
                    yield where
        for key, inner in node.items():
            yield from unbounded(inner, f"{where}/{key}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from unbounded(inner, f"{where}/{number}")


@pytest.mark.parametrize("kind", ["scenario", "profile"])
def test_every_number_text_and_list_is_bounded(kind: Literal["scenario", "profile"]) -> None:
    assert list(unbounded(json_schema(kind), "")) == []


@pytest.mark.parametrize(("path", "kind"), FILES, ids=[path.stem for path, _ in FILES])
def test_every_shipped_file_satisfies_its_schema(
    path: Path, kind: Literal["scenario", "profile"]
) -> None:
    jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), json_schema(kind))


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    schema = json_schema("scenario")
    raw = tomllib.loads((shipped_folder() / "script-install.toml").read_text(encoding="utf-8"))
    changes: list[dict[str, object]] = [
        {"bogus": 1},
        {"blocks": 0},
        {"strategies": []},
        {"quick": "yes"},
    ]
    for change in changes:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**raw, **change}, schema)
