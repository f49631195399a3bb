"""The JSON Schema of scenario and profile files, for editors, with the docstrings of their fields."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from typing_extensions import override

from harness.holds.profile import Profile
from harness.scenario.model import Scenario

if TYPE_CHECKING:
    from pydantic_core.core_schema import ModelSchema


def json_schema(kind: Literal["scenario", "profile"]) -> dict[str, Any]:
    """Return the schema of one kind of file (JSON Schema draft 2020-12)."""
    model = Scenario if kind == "scenario" else Profile
    schema = model.model_json_schema(by_alias=True, schema_generator=_DescribedFields)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


class _DescribedFields(GenerateJsonSchema):
    """Adds descriptions of fields.

    pydantic's own ``use_attribute_docstrings`` reads the source of every model when it is imported,
    which adds 0.25 s to the start of each command.
    """

    @override
    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        fields = schema["cls"].model_fields
        for name, text in field_descriptions(schema["cls"]).items():
            made["properties"][fields[name].alias or name]["description"] = text
        return made


def field_descriptions(cls: type) -> dict[str, str]:
    """Return the docstrings below the fields of a model or a dataclass, inherited ones included.

    A field with only one possible value, which selects the model, needs no docstring.
    """
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if not base.__module__.startswith("harness."):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        body = next(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
        for field, below in zip_longest(body, body[1:]):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name), annotation=annotation),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if not ast.unparse(annotation).startswith("ClassVar"):
                    found[name] = " ".join(text.split())
                case (
                    ast.AnnAssign(
                        target=ast.Name(id=name),
                        annotation=ast.Subscript(
                            value=ast.Name(id="Literal"), slice=ast.Constant(value=only)
                        ),
                    ),
                    _,
                ):
                    found[name] = f"Always ``{only!s}``."
    return found
