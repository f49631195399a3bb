"""Notation with named parameters: how a line of the catalogue becomes a strategy that can be tuned.

``{name}`` stands for a parameter, and a part in brackets drops out while a parameter in it has no
value: ``10ms x2 [cap {cap_ms}] {max_attempts} attempts``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from harness.errors import InvalidInputError
from harness.strategy.durations import spell_duration, spell_number
from harness.strategy.notation import NotationError, parse

if TYPE_CHECKING:
    from harness.strategy.spec import StrategySpec

Codes = tuple[Annotated[int, Ge(1), Le(0xFFFF)], ...]
"""A parameter that lists Win32 error codes."""

_TYPES: Final[Mapping[str, tuple[Any, Callable[[Any], str]]]] = {
    "ms": (float, spell_duration),
    "number": (float, spell_number),
    "count": (int, str),
    "codes": (Annotated[Codes, MinLen(1), MaxLen(100)], lambda codes: ",".join(map(str, codes))),
    "notation": (str, lambda text: str(parse(text))),
}
"""The types of parameters: what pydantic checks a value against, and how notation spells the value."""
_BOUNDS: Final = {"above": Gt, "least": Ge, "most": Le}
_LONGEST: Final = 10_000
"""Filled in with a long list of codes, a template may be longer than notation that is typed."""


@dataclass(frozen=True)
class Template:
    """Notation in which parameters stand for values.

    `parameters` is a table of a TOML file. It has for each parameter its `type` (``ms``, ``number``,
    ``count``, ``codes`` or ``notation``), its `default` (without one, the part in brackets drops out by
    default) and its bounds (`above`, `least`, `most`). A parameter with `choices` needs no type: these
    are its values, each with the notation that it stands for.
    """

    notation: str
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    where: str = ""
    """Where it is written, for messages about it."""

    def maker(self) -> Callable[..., StrategySpec]:
        """Return a function like those in Python files: its keyword arguments are the parameters."""

        def make(**values: Any) -> StrategySpec:
            return self.spec(**values)

        parameters = [_parameter(name, entry) for name, entry in self.parameters.items()]
        vars(make)["__signature__"] = inspect.Signature(parameters)
        make.__annotations__ = {each.name: each.annotation for each in parameters}
        return make

    def spec(self, **values: Any) -> StrategySpec:
        """Fill in `values`, and defaults for the rest.

        Raises `InvalidInputError` where a parameter is invalid notation, or does not fit the rest.
        """
        if not self.parameters:
            return self._parsed()
        spelled = {
            name: _spelled(entry, values.get(name, entry.get("default")))
            for name, entry in self.parameters.items()
        }

        def unless_empty(part: re.Match[str]) -> str:
            return part[1] if all(spelled[name] for name in re.findall(r"\{(\w+)\}", part[1])) else ""

        text = re.sub(r"\[(.*?)\]", unless_empty, self.notation).format(**spelled)
        text = " ".join(text.split())
        try:
            return parse(text, longest=_LONGEST)
        except NotationError as error:
            raise InvalidInputError(
                f"the parameters make {text!r}, which is invalid at character {error.at + 1}: "
                f"{error.reason}",
                hint=f"They are filled in as {self.notation!r}; leave out the clauses that are in it.",
            ) from error

    def _parsed(self) -> StrategySpec:
        try:
            return parse(self.notation)
        except NotationError as error:
            if not self.where:
                raise
            raise InvalidInputError(f"{self.where}: {error.message}", hint=error.hint) from error


def _spelled(entry: Mapping[str, Any], value: Any) -> str:
    if value is None:
        return ""
    return str(entry["choices"][value]) if "choices" in entry else _TYPES[entry["type"]][1](value)


def _parameter(name: str, entry: Mapping[str, Any]) -> inspect.Parameter:
    default = entry.get("default")
    if "choices" in entry:
        annotation: Any = Literal[tuple(entry["choices"])]
    else:
        bounds = [bound(entry[key]) for key, bound in _BOUNDS.items() if key in entry]
        annotation = _TYPES[entry["type"]][0]
        annotation = Annotated[(annotation, *bounds)] if bounds else annotation
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=tuple(default) if isinstance(default, list) else default,
        annotation=annotation | None if default is None else annotation,
    )
